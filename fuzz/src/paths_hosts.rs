//! A text as a path and as a host: what is canonical stays as it is.

use policy_eval::{
    Floor, HostValue, Object, PathValue, Platform, Request, canon, is_control, safe,
};

/// The first line is read as a path, a URL and a host; the second is the folder, the third and
/// fourth a link.
///
/// Each path that is judged is in canonical form and names itself; each host names itself, and
/// once it is canonical no reader doubts it. Other spellings of what is certain are the same, or
/// doubtful: they loosen nothing.
pub fn paths_hosts(text: &str) {
    let mut lines = text.splitn(4, '\n');
    let mut line = || lines.next().unwrap_or("");
    let (object, cwd, from, to) = (line(), line(), line(), line());
    for platform in Platform::ALL {
        path(platform, object, cwd, &[(from, to)]);
    }
    spelled_host(object);
    host(&Request::url(object, "GET"));
    host(&Request::connect(object, 443));
    host(&Request { resolved: &[cwd], ..Request::connect(object, 443) });
    assert!(!safe(text).chars().any(is_control), "what is printed is safe");
}

fn path(platform: Platform, text: &str, cwd: &str, links: &[(&str, &str)]) {
    let roots: &[_] = match platform {
        Platform::Windows => &[("workspace", "C:/w"), ("home", "C:/Users/dev")],
        Platform::Linux | Platform::Macos => &[("workspace", "/w"), ("home", "/home/dev")],
    };
    let plain = Request { roots, platform: Some(platform), ..Request::read(text) };
    spelled(&plain, text);
    let linked = Request { cwd: Some(cwd), symlinks: links, ..plain };
    for request in [plain, linked] {
        for (path, floors) in paths(&request) {
            // Where the text was doubtful the likeliest reading is judged, in whatever form.
            let is_certain = floors.is_empty();
            let names_itself =
                paths(&Request { symlinks: &[], cwd: None, path: Some(&path), ..request });
            let first = names_itself.first().map(|(path, _)| path.as_str());
            if is_certain {
                assert_eq!(first, Some(&*path), "{platform:?}: {text:?} in {cwd:?}");
                assert!(canon::is_canonical_path(platform, &path), "{platform:?}: {path:?}");
            }
        }
    }
}

/// Slashes doubled and steps that lead nowhere.
fn spelled(plain: &Request<'_>, text: &str) {
    let meant = paths(plain);
    let [(meant, floors)] = &meant[..] else { return };
    // What stands before the first slash may be a drive, and two slashes at the start a server.
    let Some((start, rest)) = text.split_once('/') else { return };
    if !floors.is_empty() || rest.is_empty() || canon::MAX_REQUEST_BYTES < 4 * text.len() {
        return;
    }
    for between in ["//", "/./", "/x/../"] {
        let other = format!("{start}/{}", rest.replace('/', between));
        for (path, floors) in paths(&Request { path: Some(&other), ..*plain }) {
            assert!(path == *meant || !floors.is_empty(), "{path:?} of {other:?}, not {meant:?}");
        }
    }
}

fn paths(request: &Request<'_>) -> Vec<(String, policy_eval::Floors)> {
    let mut found = Vec::new();
    let mut count = 0;
    canon::parts(request, &mut |judged| {
        count += 1;
        if let Object::Path(PathValue::Known(path)) = judged.part.object {
            found.push((path.to_owned(), judged.part.floors));
        }
    });
    assert!(0 < count, "every request has a part");
    found
}

/// Capitals, and the dot at the end.
fn spelled_host(text: &str) {
    let names = |text: &str| {
        let mut found = Vec::new();
        canon::parts(&Request::connect(text, 443), &mut |judged| {
            if let Object::Endpoint(endpoint) = judged.part.object {
                found.push((format!("{:?}", endpoint.host), judged.part.floors));
            }
        });
        found
    };
    let meant = names(text);
    if meant.iter().any(|(_, floors)| !floors.is_empty()) || !text.is_ascii() || text.contains(':')
    {
        return;
    }
    for other in [text.to_ascii_uppercase(), format!("{text}.")] {
        for (host, floors) in names(&other) {
            let is_same = meant.iter().any(|(known, _)| *known == host);
            assert!(is_same || !floors.is_empty(), "{host} of {other:?}, not {meant:?}");
        }
    }
}

fn host(request: &Request<'_>) {
    let mut hosts = Vec::new();
    canon::parts(request, &mut |judged| {
        if let Object::Endpoint(endpoint) = judged.part.object {
            let is_certain = !judged.part.floors.contains(Floor::AmbiguousHost);
            match endpoint.host {
                HostValue::Name(name) => hosts.push((name.to_owned(), is_certain)),
                HostValue::Ip(ip) => hosts.push((ip.to_string(), is_certain)),
                HostValue::Other | HostValue::Unsent => {}
            }
        }
    });
    for (text, is_certain) in hosts {
        let mut first = None;
        canon::parts(&Request::connect(&text, 443), &mut |judged| {
            if let Object::Endpoint(endpoint) = judged.part.object {
                let again = match endpoint.host {
                    HostValue::Name(name) => name.to_owned(),
                    HostValue::Ip(ip) => ip.to_string(),
                    HostValue::Other | HostValue::Unsent => String::new(),
                };
                let stays = !is_certain || !judged.part.floors.contains(Floor::AmbiguousHost);
                first.get_or_insert((again, stays));
            }
        });
        assert_eq!(first, Some((text, true)), "{:?} {:?}", request.url, request.host);
    }
}
