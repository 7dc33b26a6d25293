use insta::assert_snapshot;
use proptest::prelude::*;

use crate::canon::testing::{show, show_all};
use crate::request::Request;
use crate::vocab::Action;

fn urls(texts: &[&str]) -> String {
    show_all(texts.iter().map(|text| (*text, Request::url(text, "GET"))))
}

fn hosts(texts: &[&str]) -> String {
    show_all(texts.iter().map(|text| (*text, Request::connect(text, 443))))
}

#[test]
fn what_every_reader_takes_alike_is_certain() {
    assert_snapshot!(urls(&[
        "https://api.example.com/v1/x",
        "https://API.Example.COM./v1",
        "https://api.example.com:443/",
        "http://localhost:3000",
        "http://[::1]:3000/",
        "ws://localhost:3100/hmr",
        "https://docs.example.org/a%20b?next=https://evil.test/#@x",
        "https://bücher.example/",
        "https://xn--bcher-kva.example/",
        "https://r3---sn-x.example/",
        "https://_dmarc.example/",
    ]), @r"
    https://api.example.com/v1/x
        connect https api.example.com 443 GET /v1/x
    https://API.Example.COM./v1
        connect https api.example.com 443 GET /v1
    https://api.example.com:443/
        connect https api.example.com 443 GET /
    http://localhost:3000
        connect http localhost 3000 GET /
    http://[::1]:3000/
        connect http ::1 3000 GET /
    ws://localhost:3100/hmr
        connect ws localhost 3100 GET /hmr
    https://docs.example.org/a%20b?next=https://evil.test/#@x
        connect https docs.example.org 443 GET /a%20b
    https://bücher.example/
        connect https xn--bcher-kva.example 443 GET /
    https://xn--bcher-kva.example/
        connect https xn--bcher-kva.example 443 GET /
    https://r3---sn-x.example/
        connect https r3---sn-x.example 443 GET /
    https://_dmarc.example/
        connect https _dmarc.example 443 GET /
    ");
}

#[test]
fn a_doubtful_authority_is_judged_as_browsers_read_it() {
    assert_snapshot!(urls(&[
        "https://api.example.com@evil.test/",
        "https://api.example.com:443@evil.test/",
        "https://api.example.com%2f@evil.test/",
        "https://evil.test#@api.example.com/",
        "https://evil.test?@api.example.com/",
        "https://api.example.com\\@evil.test/",
        "https:/\\evil.test/",
        "https:evil.test",
        "https:///api.example.com/",
        "//evil.test/x",
        "evil.test/x",
        "https://api.example.com\t.evil.test/",
        "https://api.example.com\n.evil.test/",
        "https://evil.test\0.api.example.com/",
        "https://api%2eexample%2ecom/",
        "https://evil.test%00.api.example.com/",
        "https://api.example.com:99999/",
        "https://api.example.com:80:443/",
        "https://api.example.com:/",
        "https://api.example.com:+443/",
        "https://api.example.com:0443/",
        "https://[::1",
        "https://::1]/",
        "https://[::1]x:80/",
        "https://",
        "",
        "https://api..example.com/",
        "https://api.example.com../",
        "https://api.example.com /",
        " https://api.example.com/",
        "https://*.example.com/",
    ]), @r"
    https://api.example.com@evil.test/
        connect https evil.test 443 GET / [ambiguous_host]
    https://api.example.com:443@evil.test/
        connect https evil.test 443 GET / [ambiguous_host]
    https://api.example.com%2f@evil.test/
        connect https evil.test 443 GET / [ambiguous_host]
    https://evil.test#@api.example.com/
        connect https evil.test 443 GET /
    https://evil.test?@api.example.com/
        connect https evil.test 443 GET /
    https://api.example.com\\@evil.test/
        connect https api.example.com 443 GET /@evil.test/ [ambiguous_host]
    https:/\\evil.test/
        connect https evil.test 443 GET / [ambiguous_host]
    https:evil.test
        connect https evil.test 443 GET / [ambiguous_host]
    https:///api.example.com/
        connect https api.example.com 443 GET / [ambiguous_host]
    //evil.test/x
        connect - evil.test GET /x [ambiguous_host]
    evil.test/x
        connect - evil.test GET /x [ambiguous_host]
    https://api.example.com\t.evil.test/
        connect https api.example.com.evil.test 443 GET / [ambiguous_host]
    https://api.example.com\n.evil.test/
        connect https api.example.com.evil.test 443 GET / [hidden_characters ambiguous_host]
    https://evil.test\0.api.example.com/
        connect https other 443 GET / [hidden_characters ambiguous_host]
    https://api%2eexample%2ecom/
        connect https api.example.com 443 GET / [ambiguous_host]
    https://evil.test%00.api.example.com/
        connect https other 443 GET / [ambiguous_host]
    https://api.example.com:99999/
        connect https api.example.com GET / [ambiguous_host]
    https://api.example.com:80:443/
        connect https api.example.com GET / [ambiguous_host]
    https://api.example.com:/
        connect https api.example.com GET / [ambiguous_host]
    https://api.example.com:+443/
        connect https api.example.com GET / [ambiguous_host]
    https://api.example.com:0443/
        connect https api.example.com GET / [ambiguous_host]
    https://[::1
        connect https other GET / [ambiguous_host]
    https://::1]/
        connect https other GET / [ambiguous_host]
    https://[::1]x:80/
        connect https ::1 GET / [ambiguous_host]
    https://
        connect https other 443 GET / [ambiguous_host]

        connect - other GET / [ambiguous_host]
    https://api..example.com/
        connect https other 443 GET / [ambiguous_host]
    https://api.example.com../
        connect https other 443 GET / [ambiguous_host]
    https://api.example.com /
        connect https other 443 GET / [ambiguous_host]
     https://api.example.com/
        connect https api.example.com 443 GET / [ambiguous_host]
    https://*.example.com/
        connect https other 443 GET / [ambiguous_host]
    ");
}

#[test]
fn other_schemes_keep_their_name() {
    assert_snapshot!(urls(&[
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "ftp://api.example.com/",
        "gopher://api.example.com:443/_x",
        "data:text/plain,x",
        "javascript://api.example.com/%0ax",
        "ssh://git@github.com:22/x",
    ]), @r"
    file:///etc/passwd
        connect file other GET /etc/passwd [ambiguous_host]
    FILE:///etc/passwd
        connect file other GET /etc/passwd [ambiguous_host]
    ftp://api.example.com/
        connect ftp api.example.com GET /
    gopher://api.example.com:443/_x
        connect gopher api.example.com 443 GET /_x
    data:text/plain,x
        connect data other GET text/plain,x [ambiguous_host]
    javascript://api.example.com/%0ax
        connect javascript api.example.com GET /%0Ax
    ssh://git@github.com:22/x
        connect ssh github.com 22 GET /x [ambiguous_host]
    ");
}

#[test]
fn every_spelling_of_an_address_is_that_address() {
    assert_snapshot!(urls(&[
        "http://169.254.169.254/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0XA9.0xFE.43518/",
        "http://0251.0376.0251.0376/",
        "http://169.254.43518/",
        "http://127.1:8080/",
        "http://127.0.0.1./",
        "http://0/",
        "http://0x/",
        "http://198.51.100.08/",
        "http://１２７.０.０.１/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://4294967296/",
        "http://example.123/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::1]/",
        "http://[::]:3000/",
        "http://[0:0:0:0:0:0:0:1]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00:ec2::254]/",
        "http://[v1.x]/",
    ]), @r"
    http://169.254.169.254/
        connect http 169.254.169.254 80 GET /
    http://2852039166/
        connect http 169.254.169.254 80 GET / [ambiguous_host]
    http://0xa9fea9fe/
        connect http 169.254.169.254 80 GET / [ambiguous_host]
    http://0XA9.0xFE.43518/
        connect http 169.254.169.254 80 GET / [ambiguous_host]
    http://0251.0376.0251.0376/
        connect http 169.254.169.254 80 GET / [ambiguous_host]
    http://169.254.43518/
        connect http 169.254.169.254 80 GET / [ambiguous_host]
    http://127.1:8080/
        connect http 127.0.0.1 8080 GET / [ambiguous_host]
    http://127.0.0.1./
        connect http 127.0.0.1 80 GET / [ambiguous_host]
    http://0/
        connect http 0.0.0.0 80 GET / [ambiguous_host]
    http://0x/
        connect http 0.0.0.0 80 GET / [ambiguous_host]
    http://198.51.100.08/
        connect http 198.51.100.8 80 GET / [ambiguous_host]
    http://１２７.０.０.１/
        connect http 127.0.0.1 80 GET / [ambiguous_host]
    http://1.2.3.4.5/
        connect http other 80 GET / [ambiguous_host]
    http://256.1.1.1/
        connect http other 80 GET / [ambiguous_host]
    http://4294967296/
        connect http other 80 GET / [ambiguous_host]
    http://example.123/
        connect http other 80 GET / [ambiguous_host]
    http://[::ffff:169.254.169.254]/
        connect http 169.254.169.254 80 GET / [ambiguous_host]
    http://[::ffff:a9fe:a9fe]/
        connect http 169.254.169.254 80 GET / [ambiguous_host]
    http://[64:ff9b::a9fe:a9fe]/
        connect http 64:ff9b::a9fe:a9fe 80 GET /
        connect http 169.254.169.254 80 GET /
    http://[::a9fe:a9fe]/
        connect http ::a9fe:a9fe 80 GET /
        connect http 169.254.169.254 80 GET /
    http://[2002:a9fe:a9fe::1]/
        connect http 2002:a9fe:a9fe::1 80 GET /
        connect http 169.254.169.254 80 GET /
    http://[::]:3000/
        connect http :: 3000 GET /
    http://[0:0:0:0:0:0:0:1]/
        connect http ::1 80 GET /
    http://[fe80::1%25eth0]/
        connect http fe80::1 80 GET / [ambiguous_host]
    http://[fd00:ec2::254]/
        connect http fd00:ec2::254 80 GET /
    http://[v1.x]/
        connect http other 80 GET / [ambiguous_host]
    ");
}

#[test]
fn names_outside_ascii_are_mapped_as_uts_46_says() {
    assert_snapshot!(urls(&[
        "https://\u{430}pi.example.com/",
        "https://xn--pi-7kc.example.com/",
        "https://api.example.com\u{3002}evil.test/",
        "https://api.example.com\u{2024}evil.test/",
        "https://ａｐｉ.example.com/",
        "https://xn--a/",
        "https://xn--/",
        "https://faß.example/",
        "https://\u{202e}api.example.com/",
        "https://api\u{200b}.example.com/",
    ]), @r"
    https://аpi.example.com/
        connect https xn--pi-6kc.example.com 443 GET /
    https://xn--pi-7kc.example.com/
        connect https xn--pi-7kc.example.com 443 GET /
    https://api.example.com。evil.test/
        connect https api.example.com.evil.test 443 GET /
    https://api.example.com․evil.test/
        connect https other 443 GET / [ambiguous_host]
    https://ａｐｉ.example.com/
        connect https api.example.com 443 GET /
    https://xn--a/
        connect https other 443 GET / [ambiguous_host]
    https://xn--/
        connect https other 443 GET / [ambiguous_host]
    https://faß.example/
        connect https xn--fa-hia.example 443 GET / [ambiguous_host]
    https://\u{202e}api.example.com/
        connect https other 443 GET / [hidden_characters ambiguous_host]
    https://api\u{200b}.example.com/
        connect https api.example.com 443 GET / [hidden_characters]
    ");
}

#[test]
fn long_labels_and_names_are_doubtful() {
    let label = "a".repeat(64);
    assert!(show(&Request::connect(&format!("{label}.evil.test"), 1)).contains("[ambiguous_host]"));
    let name = "a.".repeat(128);
    assert!(show(&Request::connect(&name, 1)).contains("[ambiguous_host]"));
    let fits = format!("{}.test", "a".repeat(63));
    assert!(!show(&Request::connect(&fits, 1)).contains('['));
}

#[test]
fn a_raw_host_is_a_bare_name_or_address() {
    assert_snapshot!(hosts(&[
        "api.example.com",
        "Api.Example.com.",
        "127.0.0.1",
        "::1",
        "2130706433",
        "[::1]",
        "fe80::1%eth0",
        "api.example.com:443",
        "evil.test\0.api.example.com",
        "user@evil.test",
        "evil.test/x",
        "*.example.com",
        ".cdn.example.net",
        "a b",
        "api.example.com ",
        "",
    ]), @r"
    api.example.com
        connect tcp api.example.com 443
    Api.Example.com.
        connect tcp api.example.com 443
    127.0.0.1
        connect tcp 127.0.0.1 443
    ::1
        connect tcp ::1 443
    2130706433
        connect tcp 127.0.0.1 443 [ambiguous_host]
    [::1]
        connect tcp ::1 443 [ambiguous_host]
    fe80::1%eth0
        connect tcp fe80::1 443 [ambiguous_host]
    api.example.com:443
        connect tcp api.example.com 443 [ambiguous_host]
    evil.test\0.api.example.com
        connect tcp other 443 [hidden_characters ambiguous_host]
    user@evil.test
        connect tcp other 443 [ambiguous_host]
    evil.test/x
        connect tcp other 443 [ambiguous_host]
    *.example.com
        connect tcp other 443 [ambiguous_host]
    .cdn.example.net
        connect tcp other 443 [ambiguous_host]
    a b
        connect tcp other 443 [ambiguous_host]
    api.example.com 
        connect tcp other 443 [ambiguous_host]

        connect tcp other 443 [ambiguous_host]
    ");
}

#[test]
fn listening_at_no_host_is_listening_everywhere() {
    let listen = |host| Request { host, port: Some(3000), ..Request::new(Action::Listen) };
    assert_snapshot!(show_all([
        ("127.0.0.1", listen(Some("127.0.0.1"))),
        ("empty", listen(Some(""))),
        ("0.0.0.0", listen(Some("0.0.0.0"))),
        ("not sent", listen(None)),
    ]), @r"
    127.0.0.1
        listen - 127.0.0.1 3000
    empty
        listen - other 3000
    0.0.0.0
        listen - 0.0.0.0 3000
    not sent
        listen - unsent 3000 [ambiguous_host]
    ");
}

#[test]
fn resolved_addresses_are_parts() {
    let url = Request::url("https://api.example.com/", "GET");
    assert_snapshot!(show(&Request {
        resolved: &["203.0.113.5", "::ffff:10.0.0.5", "64:ff9b::a00:5", "0x7f.1", "nonsense"],
        ..url
    }), @r"
    connect https api.example.com 443 GET /
    connect https 203.0.113.5 443 GET / (resolved)
    connect https 10.0.0.5 443 GET / (resolved)
    connect https 64:ff9b::a00:5 443 GET / (resolved)
    connect https 10.0.0.5 443 GET / (resolved)
    connect https 127.0.0.1 443 GET / (resolved) [ambiguous_host]
    connect https other 443 GET / (resolved) [ambiguous_host]
    ");
}

#[test]
fn a_host_header_must_name_the_host() {
    for (header, same) in [
        ("api.example.com", true),
        ("API.example.com.:443", true),
        ("evil.test", false),
        ("api.example.com@evil.test", false),
        ("", false),
        ("api.example.com:x", false),
    ] {
        let url = Request::url("https://api.example.com/", "GET");
        let shown = show(&Request { host_header: Some(header), ..url });
        assert_eq!(!shown.contains("ambiguous_host"), same, "{header}");
    }
}

#[test]
fn what_is_sent_beside_a_url_must_not_contradict_it() {
    let url = Request::url("https://api.example.com/", "GET");
    for (request, same) in [
        (Request { port: Some(443), scheme: Some("HTTPS"), ..url }, true),
        (Request { port: Some(80), ..url }, false),
        (Request { scheme: Some("http"), ..url }, false),
    ] {
        assert_eq!(!show(&request).contains("ambiguous_host"), same);
    }
}

#[test]
fn sockets_are_paths() {
    let unix = |path| Request { unix: Some(path), ..Request::new(Action::Connect) };
    assert_snapshot!(show_all([
        ("plain", unix("/var/run/docker.sock")),
        ("other spelling", unix("/var/run/../run/docker.sock")),
        ("abstract", unix("\0docker")),
        ("empty", unix("")),
    ]), @r"
    plain
        connect unix /var/run/docker.sock
    other spelling
        connect unix /var/run/docker.sock
    abstract
        connect unix unsent [hidden_characters ambiguous_path]
        connect unix unsent [hidden_characters ambiguous_path]
    empty
        connect unix unsent [ambiguous_path]
    ");
}

#[test]
fn url_paths_are_canonical() {
    for (path, canonical) in [
        ("", "/"),
        ("/a//b", "/a//b"),
        ("/a/../admin", "/admin"),
        ("/a/%2e%2E/admin", "/admin"),
        ("/%61dmin", "/admin"),
        ("/a%2fb", "/a%2Fb"),
        ("/a%zz%", "/a%zz%"),
        ("/a/.", "/a/"),
        ("/a/..", "/"),
        ("/../..", "/"),
        ("/a\\..\\b", "/b"),
    ] {
        let url = format!("http://h.example{path}");
        let shown = show(&Request::url(&url, "GET"));
        assert_eq!(shown, format!("connect http h.example 80 GET {canonical}"));
    }
}

#[test]
fn the_host_of_an_attribute_is_taken_where_it_is_canonical() {
    use crate::canon::host_attribute;
    use crate::facts::{Attribute, HostValue};
    for (text, host) in [
        ("packages.acme.com", Some("packages.acme.com")),
        ("https://packages.acme.com:8443/x", Some("packages.acme.com")),
        ("Packages.acme.com", None),
        ("https://user@packages.acme.com/", None),
        ("git@github.com:acme/web", None),
        ("packages.acme.com:443", None),
        ("", None),
    ] {
        let expected =
            host.map_or(Attribute::Unsent, |name| Attribute::Host(HostValue::Name(name)));
        assert_eq!(host_attribute(text), expected, "{text}");
    }
}

/// What we call certain, the reader of browsers takes for the same host and port.
fn agrees_with_browsers(text: &str) -> Result<(), TestCaseError> {
    let shown = show(&Request::url(text, "GET"));
    if shown.contains('[') || shown.contains(" other ") {
        return Ok(());
    }
    let url = url::Url::parse(text);
    prop_assert!(url.is_ok(), "certain but no URL: {text:?} {shown}");
    let Ok(url) = url else { return Ok(()) };
    let host = match url.host() {
        Some(url::Host::Ipv6(ip)) => ip.to_string(),
        Some(host) => host.to_string(),
        None => String::new(),
    };
    let host = host.strip_suffix('.').unwrap_or(&host).to_ascii_lowercase();
    let first = shown.lines().next().unwrap_or_default();
    let words: Vec<&str> = first.split(' ').collect();
    prop_assert_eq!(words.get(2).copied(), Some(host.as_str()), "{:?}", text);
    if let Some(port) = url.port_or_known_default() {
        let port = port.to_string();
        let has_default = matches!(url.scheme(), "http" | "https" | "ws" | "wss");
        if has_default {
            prop_assert_eq!(words.get(3).copied(), Some(port.as_str()), "{:?}", text);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn certain_hosts_are_those_of_browsers(
        scheme in "(https?|HTTP|wss?|ftp|x)",
        slashes in "(://|://|:/|:|:///|:/\\\\)",
        host in "([a-zA-Z0-9._~%@:\\[\\]-]{0,12}|(0x[0-9a-f]{1,3}|0?[0-9]{1,3})(\\.[0-9]{1,3}){0,4}|[a-zß。ü]{1,5}\\.[a-z]{1,3}|\\[[0-9a-f:.]{2,20}\\])",
        port in "(|:[0-9]{0,6})",
        rest in "(|[/?#\\\\][ -~]{0,8})",
    ) {
        agrees_with_browsers(&format!("{scheme}{slashes}{host}{port}{rest}"))?;
    }

    #[test]
    fn no_text_is_a_panic(text in any::<String>(), header in any::<String>()) {
        let resolved = [text.as_str()];
        let header = Some(header.as_str());
        show(&Request { resolved: &resolved, host_header: header, ..Request::url(&text, &text) });
        show(&Request { resolved: &resolved, host_header: header, ..Request::connect(&text, 1) });
    }

    #[test]
    fn a_canonical_host_stays_as_it_is(text in "[a-zA-Z0-9.\\[\\]:%-]{1,16}") {
        let shown = show(&Request::connect(&text, 1));
        let words: Vec<&str> = shown.split(' ').collect();
        if let Some(host) = words.get(2).filter(|host| **host != "other") {
            let again = show(&Request::connect(host, 1));
            prop_assert!(again.starts_with(&format!("connect tcp {host} 1")), "{again}");
        }
    }
}
