//! What is gathered from a real file system, compared with what the operating system does.

#![cfg(unix)]

use std::fs;
use std::io::{Error, ErrorKind};
use std::net::IpAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use policy_eval::gather::{Gathered, Gatherer, system_addresses};
use policy_eval::{
    Action, Floor, Floors, HostValue, Object, PathValue, Request, canon, counted_parts,
};
use proptest::prelude::*;

/// `ELOOP`.
const LOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };

/// A folder of its own for each test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("policy-gather-{}-{number}", std::process::id());
        let path = fs::canonicalize(std::env::temp_dir()).unwrap().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn text(&self, below: &str) -> String {
        let path = if below.is_empty() { self.0.clone() } else { self.0.join(below) };
        path.into_os_string().into_string().unwrap()
    }

    fn dir(&self, name: &str) -> &Folder {
        fs::create_dir_all(self.0.join(name)).unwrap();
        self
    }

    fn file(&self, name: &str) -> &Folder {
        fs::write(self.0.join(name), "").unwrap();
        self
    }

    fn link(&self, name: &str, target: &str) -> &Folder {
        symlink(target, self.0.join(name)).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The paths that are judged of a request, and their floors joined.
fn judged(request: &Request<'_>) -> (Vec<String>, Floors) {
    let mut paths = Vec::new();
    let mut floors = Floors::NONE;
    let mut see = |judged: &policy_eval::Judged<'_>| {
        floors = floors.union(judged.part.floors);
        if let Object::Path(PathValue::Known(path)) = judged.part.object {
            paths.push(path.to_owned());
        }
    };
    canon::parts(request, &mut |judged| {
        see(judged);
        // As a policy with `count run "… ..." as read operands` would.
        if let Object::Command(command) = judged.part.object {
            for word in command.forms.iter().flat_map(|form| form.words.iter().skip(1)) {
                counted_parts(judged, Action::Read, word, &mut see);
            }
        }
    });
    (paths, floors)
}

/// What is judged of a request that starts in the folder, with what was gathered.
fn gathered(folder: &Folder, request: Request<'_>) -> (Vec<String>, Floors, Gathered) {
    let cwd = folder.text("");
    let request = Request { cwd: Some(&cwd), ..request };
    let gathered = Gatherer::new().gather(&request);
    let (paths, floors) = gathered.with_request(&request, judged);
    (paths, floors, gathered)
}

/// A small world with links of every kind.
fn world() -> Folder {
    let folder = Folder::new();
    folder.dir("real/deep").dir("other").file("real/deep/file").file("other/file");
    folder
        .link("to_dir", "real/deep")
        .link("to_link", "to_dir")
        .link("to_parent", "..")
        .link("real/deep/up", "../../other")
        .link("to_file", "real/deep/file")
        .link("to_missing", "real/new/file")
        .link("absolute", &folder.text("other"))
        .link("dots", "./real/../real/deep/./up")
        .link("loop_a", "loop_b")
        .link("loop_b", "loop_a")
        .link("itself", "itself");
    folder
}

#[test]
fn what_is_judged_is_what_the_system_opens() {
    let folder = world();
    for path in [
        "real/deep/file",
        "to_dir/file",
        "to_link/file",
        "to_dir/../deep/file",
        "to_link/../../other/file",
        "to_dir/up/file",
        "to_dir/up/../other/file",
        "to_file",
        "absolute/file",
        "dots/file",
        "dots/../real/deep",
        "real/./deep//up/",
        "to_parent/..",
    ] {
        let (paths, floors, _) = gathered(&folder, Request::read(path));
        let real = fs::canonicalize(folder.0.join(path)).unwrap();
        let real = real.to_str().unwrap();
        assert_eq!(paths.last().map(String::as_str), Some(real), "{path}");
        assert_eq!(floors, Floors::NONE, "{path}");
    }
}

/// Pieces of paths and of targets: folders, links, a file, and what leads up.
fn path() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["d", "e", "f", "l0", "l1", "l2", "l3", "..", "."]);
    prop::collection::vec(piece, 1..6).prop_map(|pieces| pieces.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Links by chance: where the system finds a file we judge that file, and where it finds a loop
    /// so do we.
    #[test]
    fn random_links_lead_where_the_system_says(
        links in prop::collection::vec((0..3usize, path()), 4),
        paths in prop::collection::vec(path(), 8),
    ) {
        let folder = Folder::new();
        folder.dir("d/e").file("f").file("d/f").file("d/e/f");
        for (index, (depth, target)) in links.iter().enumerate() {
            folder.link(&format!("{}l{index}", ["", "d/", "d/e/"][*depth]), target);
        }
        for path in &paths {
            let (judged, floors, _) = gathered(&folder, Request::read(path));
            match fs::canonicalize(folder.0.join(path)) {
                Ok(real) => {
                    prop_assert_eq!(judged.last().map(String::as_str), real.to_str());
                    prop_assert_eq!(floors, Floors::NONE);
                }
                Err(error) if error.raw_os_error() == Some(LOOP) => {
                    prop_assert!(floors.contains(Floor::AmbiguousPath), "{}", path);
                }
                Err(_) => {}
            }
        }
    }
}

#[test]
fn a_file_that_does_not_exist_yet_is_where_its_folder_leads() {
    let folder = world();
    for (path, real) in [
        ("to_dir/new", "real/deep/new"),
        ("to_dir/up/a/b/c", "other/a/b/c"),
        ("to_missing", "real/new/file"),
        ("to_link/../new", "real/new"),
        ("none/../to_dir/new", "real/deep/new"),
    ] {
        let (paths, floors, _) = gathered(&folder, Request::write(path));
        assert_eq!(paths.last(), Some(&folder.text(real)), "{path}");
        assert_eq!(floors, Floors::NONE, "{path}");
    }
}

#[test]
fn a_loop_is_ambiguous_as_it_is_an_error_of_the_system() {
    let folder = world();
    for path in ["loop_a", "loop_b/x", "itself", "to_dir/../../loop_a/x"] {
        assert!(fs::canonicalize(folder.0.join(path)).is_err(), "{path}");
        let (_, floors, _) = gathered(&folder, Request::read(path));
        assert!(floors.contains(Floor::AmbiguousPath), "{path}");
    }
}

#[test]
fn a_long_chain_of_links_is_a_loop_and_reading_it_ends() {
    let folder = Folder::new();
    folder.file("end").link("link0", "end");
    for index in 1..=100 {
        folder.link(&format!("link{index}"), &format!("link{}", index - 1));
    }
    for (path, is_loop) in [("link39", false), ("link40", true), ("link100", true)] {
        let (paths, floors, gathered) = gathered(&folder, Request::read(path));
        assert_eq!(floors.contains(Floor::AmbiguousPath), is_loop, "{path}");
        // Linux itself follows as many.
        assert_eq!(fs::metadata(folder.0.join(path)).is_err(), is_loop, "{path}");
        assert!(is_loop || paths.last() == Some(&folder.text("end")), "{path}");
        assert!(gathered.links().len() <= canon::MAX_LINKS + 1, "{path}");
    }
}

#[test]
fn the_files_of_a_command_are_followed() {
    let folder = world();
    let args = policy_eval::json::Json::parse(r#"{"path": "to_dir/../x", "n": 1}"#).unwrap();
    for (request, real) in [
        (Request::shell("echo > to_dir/../x"), "real/x"),
        (Request::shell("cat < to_link/file"), "real/deep/file"),
        (Request::shell("cd to_dir && cat ../x"), "real/x"),
        (Request::shell("cd to_dir/up && echo > new"), "other/new"),
        (Request::shell("cat 'to_dir'/up/f\\ile"), "other/file"),
        (Request::shell("bash -c 'cd absolute; cat ../to_dir/file'"), "real/deep/file"),
        (Request::argv(&["cat", "to_dir/file"]), "real/deep/file"),
    ] {
        let (paths, _, _) = gathered(&folder, request);
        assert!(paths.contains(&folder.text(real)), "{request:?}: {paths:?}");
    }
    let call = Request { args: Some(&args), ..Request::call("files", "read_file") };
    let (_, _, links) = gathered(&folder, call);
    assert_eq!(links.links(), [(folder.text("to_dir"), "real/deep".to_owned())]);
}

#[test]
fn what_the_runtime_sends_itself_stays() {
    let folder = world();
    let sent = [("/elsewhere", "/etc")];
    let cwd = folder.text("real");
    let request = Request { symlinks: &sent, cwd: Some(&cwd), ..Request::read("deep/up/file") };
    let gathered = Gatherer::new().root("workspace", &folder.text("")).gather(&request);
    gathered.with_request(&request, |request| {
        assert!(request.symlinks.contains(&sent[0]));
        assert_eq!(judged(request).0.last(), Some(&folder.text("other/file")));
    });
}

#[test]
fn what_cannot_be_read_is_at_least_ask() {
    let folder = Folder::new();
    folder.dir("open");
    // A link whose target is no text. (A folder without permissions does not stop a superuser.)
    let no_text = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
    symlink(Path::new::<std::ffi::OsStr>(no_text), folder.0.join("odd")).unwrap();
    let (_, floors, gathered_odd) = gathered(&folder, Request::read("odd/x"));
    assert!(floors.contains(Floor::AmbiguousPath));
    assert_eq!(gathered_odd.unread()[0].what, folder.text("odd"));
    let (_, floors, gathered_open) = gathered(&folder, Request::read("open/x"));
    assert_eq!((floors, gathered_open.unread()), (Floors::NONE, &[][..]));
}

#[test]
fn too_many_places_are_not_asked() {
    let folder = Folder::new();
    let line: String = (0..5000).map(|index| format!("cat f{index};")).collect();
    let (_, floors, gathered) = gathered(&folder, Request::shell(&line));
    assert!(floors.contains(Floor::AmbiguousPath));
    assert_eq!(gathered.unread().len(), 1);
}

#[test]
fn texts_that_are_no_paths_are_nothing() {
    let folder = Folder::new();
    let long = "x".repeat(5000);
    for path in ["a\0b", "", &long, "\u{202e}", "~nobody/x", "$X"] {
        let (_, _, gathered) = gathered(&folder, Request::read(path));
        assert_eq!((gathered.links(), gathered.unread()), (&[][..], &[][..]), "{path:?}");
    }
}

#[test]
fn a_root_has_both_spellings_of_its_folder() {
    let folder = world();
    folder.dir("project").link("app", "project");
    let spelled = folder.text("app");
    let gatherer = Gatherer::new().root("workspace", &spelled);
    let request = Request::write("src/lib.rs");
    gatherer.gather(&request).with_request(&request, |request| {
        let real = folder.text("project");
        assert_eq!(request.roots, [("workspace", &*spelled), ("workspace", &*real)]);
        assert_eq!(request.cwd, Some(&*spelled));
        assert_eq!(
            judged(request).0,
            [format!("{spelled}/src/lib.rs"), format!("{real}/src/lib.rs")]
        );
    });
    let bound = Request { roots: &[("workspace", "/w")], ..request };
    gatherer.gather(&bound).with_request(&bound, |request| {
        assert_eq!(request.roots, [("workspace", "/w")]);
    });
}

#[test]
fn the_session_is_read_only_where_that_is_asked_for() {
    let request = Request::read("x");
    let nothing = Gatherer::new().gather(&request);
    nothing.with_request(&request, |request| {
        assert_eq!((request.cwd, request.roots), (None, &[][..]));
    });
    let cwd = std::env::current_dir().unwrap();
    let gathered = Gatherer::new().current_folder().gather(&request);
    gathered.with_request(&request, |request| assert_eq!(request.cwd, cwd.to_str()));
}

/// The addresses that are judged, as text; `-` for what is none.
fn addresses(request: &Request<'_>) -> (Vec<String>, Floors) {
    let mut found = Vec::new();
    let mut floors = Floors::NONE;
    canon::parts(request, &mut |judged| {
        floors = floors.union(judged.part.floors);
        if let Object::Endpoint(endpoint) = judged.part.object
            && endpoint.resolved
        {
            found.push(match endpoint.host {
                HostValue::Ip(ip) => ip.to_string(),
                _ => "-".to_owned(),
            });
        }
    });
    (found, floors)
}

#[test]
fn names_of_hosts_are_resolved_and_nothing_else() {
    let resolver = |name: &str| -> Result<Vec<IpAddr>, Error> {
        match name {
            "two.example" => Ok(vec![[10, 0, 0, 1].into(), "::1".parse().unwrap()]),
            "none.example" => Ok(vec![]),
            _ => Err(Error::new(ErrorKind::NotFound, "no such name")),
        }
    };
    for (request, expected, is_doubtful) in [
        (Request::connect("two.example", 443), &["10.0.0.1", "::1"][..], false),
        (Request::url("https://TWO.example./x", "GET"), &["10.0.0.1", "::1"], false),
        (Request::connect("192.0.2.1", 443), &[], false),
        (Request::connect("none.example", 443), &["-"], true),
        (Request::connect("lost.example", 443), &["-"], true),
        (Request::read("two.example"), &[], false),
    ] {
        let cwd = Request { cwd: Some("/"), ..request };
        let gathered = Gatherer::new().addresses(&resolver).gather(&cwd);
        let (found, floors) = gathered.with_request(&cwd, addresses);
        assert_eq!(found, expected, "{request:?}");
        assert_eq!(floors.contains(Floor::AmbiguousHost), is_doubtful, "{request:?}");
        assert_eq!(gathered.unread().len(), usize::from(is_doubtful), "{request:?}");
    }
}

#[test]
fn the_systems_resolver_knows_this_machine() {
    let found = system_addresses("localhost").unwrap();
    assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback));
}
