use insta::assert_snapshot;
use proptest::prelude::*;

use super::lexical;
use crate::canon::testing::{show, show_all};
use crate::canon::{is_canonical_path, parts};
use crate::facts::{Object, PathValue};
use crate::request::Request;
use crate::vocab::Platform;

const LINUX: &[(&str, &str)] = &[("workspace", "/home/dev/proj"), ("home", "/home/dev")];
const MACOS: &[(&str, &str)] = &[("workspace", "/Users/dev/proj"), ("home", "/Users/dev")];
const WINDOWS: &[(&str, &str)] =
    &[("workspace", "C:\\Users\\dev\\proj"), ("home", "C:\\Users\\dev")];

fn on(platform: Platform, texts: &[&str]) -> String {
    let roots = match platform {
        Platform::Linux => LINUX,
        Platform::Macos => MACOS,
        Platform::Windows => WINDOWS,
    };
    let platform = Some(platform);
    show_all(texts.iter().map(|text| (*text, Request { roots, platform, ..Request::read(text) })))
}

fn linked(links: &[(&str, &str)], text: &str) -> String {
    show(&Request { roots: LINUX, symlinks: links, ..Request::read(text) })
}

#[test]
fn dots_and_slashes_are_removed() {
    assert_snapshot!(on(Platform::Linux, &[
        "src/lib.rs",
        "./src/./a//b.rs",
        "src/../Cargo.toml",
        ".",
        "src/..hidden",
        "src/a..b/...",
        "../../../../../../etc/passwd",
        "a/b/../../../proj/../.aws/credentials",
        "//etc//passwd",
        "/etc/",
        "/",
        "/..",
        "/home/dev/./.ssh/./id_rsa/.",
    ]), @r"
    src/lib.rs
        read /home/dev/proj/src/lib.rs
    ./src/./a//b.rs
        read /home/dev/proj/src/a/b.rs
    src/../Cargo.toml
        read /home/dev/proj/Cargo.toml
    .
        read /home/dev/proj
    src/..hidden
        read /home/dev/proj/src/..hidden
    src/a..b/...
        read /home/dev/proj/src/a..b/...
    ../../../../../../etc/passwd
        read /etc/passwd
    a/b/../../../proj/../.aws/credentials
        read /home/dev/.aws/credentials
    //etc//passwd
        read /etc/passwd
    /etc/
        read /etc
    /
        read /
    /..
        read /
    /home/dev/./.ssh/./id_rsa/.
        read /home/dev/.ssh/id_rsa
    ");
}

#[test]
fn what_a_tool_may_expand_is_ambiguous() {
    assert_snapshot!(on(Platform::Linux, &[
        "~/.ssh/id_rsa",
        "~",
        "~//../x",
        "~root/x",
        "~+/x",
        "a/~/x",
        "$HOME/.ssh/id_rsa",
        "$X",
        "src/routes/$id.tsx",
        "%USERPROFILE%/.ssh/id_rsa",
        "a/%TEMP%/x",
        "100%/50%",
        "a%20b%20c",
        "",
    ]), @r"
    ~/.ssh/id_rsa
        read /home/dev/.ssh/id_rsa
    ~
        read /home/dev
    ~//../x
        read /home/x
    ~root/x
        read /home/dev/proj/~root/x [ambiguous_path]
    ~+/x
        read /home/dev/proj/~+/x [ambiguous_path]
    a/~/x
        read /home/dev/proj/a/~/x
    $HOME/.ssh/id_rsa
        read /home/dev/proj/$HOME/.ssh/id_rsa [ambiguous_path]
        read /home/dev/.ssh/id_rsa [ambiguous_path]
    $X
        read /home/dev/proj/$X [ambiguous_path]
    src/routes/$id.tsx
        read /home/dev/proj/src/routes/$id.tsx
    %USERPROFILE%/.ssh/id_rsa
        read /home/dev/proj/%USERPROFILE%/.ssh/id_rsa [ambiguous_path]
        read /home/dev/.ssh/id_rsa [ambiguous_path]
    a/%TEMP%/x
        read /home/dev/proj/a/%TEMP%/x [ambiguous_path]
    100%/50%
        read /home/dev/proj/100%/50%
    a%20b%20c
        read /home/dev/proj/a%20b%20c

        read /home/dev/proj [ambiguous_path]
    ");
}

#[test]
fn hidden_characters_and_nul_are_at_least_ask() {
    assert_snapshot!(on(Platform::Linux, &[
        "src/lib.rs\0.txt",
        "/etc/passwd\0.rs",
        "~/.ssh/id\0.rs",
        "src/a\u{1b}[2Kb.rs",
        "src/a\nb.rs",
        "src/\u{202e}gnp.rs",
        ".g\u{200c}it/config",
        "docs/café.md",
        "a b/c\td.txt",
    ]), @r"
    src/lib.rs\0.txt
        read /home/dev/proj/src/lib.rs\0.txt [hidden_characters]
        read /home/dev/proj/src/lib.rs [hidden_characters]
    /etc/passwd\0.rs
        read /etc/passwd\0.rs [hidden_characters]
        read /etc/passwd [hidden_characters]
    ~/.ssh/id\0.rs
        read /home/dev/.ssh/id\0.rs [hidden_characters]
        read /home/dev/.ssh/id [hidden_characters]
    src/a\u{1b}[2Kb.rs
        read /home/dev/proj/src/a\u{1b}[2Kb.rs [hidden_characters]
    src/a\nb.rs
        read /home/dev/proj/src/a\nb.rs [hidden_characters]
    src/\u{202e}gnp.rs
        read /home/dev/proj/src/\u{202e}gnp.rs [hidden_characters]
    .g\u{200c}it/config
        read /home/dev/proj/.g\u{200c}it/config [hidden_characters]
    docs/café.md
        read /home/dev/proj/docs/café.md
    a b/c\td.txt
        read /home/dev/proj/a b/c\td.txt
    ");
}

#[test]
fn links_of_processes_lead_nobody_knows_where() {
    assert_snapshot!(on(Platform::Linux, &[
        "/proc/self/environ",
        "/proc/self/root/etc/hosts",
        "/proc/self/cwd/../.ssh/id_rsa",
        "/proc/1/task/2/fd/3",
        "/dev/fd/3/x",
        "/dev/null",
    ]), @r"
    /proc/self/environ
        read /proc/self/environ
    /proc/self/root/etc/hosts
        read /proc/self/root/etc/hosts [ambiguous_path]
    /proc/self/cwd/../.ssh/id_rsa
        read /proc/self/.ssh/id_rsa [ambiguous_path]
    /proc/1/task/2/fd/3
        read /proc/1/task/2/fd/3 [ambiguous_path]
    /dev/fd/3/x
        read /dev/fd/3/x [ambiguous_path]
    /dev/null
        read /dev/null
    ");
}

#[test]
fn macos_has_several_names_for_one_folder() {
    assert_snapshot!(on(Platform::Macos, &[
        "/private/etc/hosts",
        "/PRIVATE/ETC/hosts",
        "/private/etchosts",
        "/private/tmp",
        "/System/Volumes/Data/Users/dev/.ssh/id_rsa",
        "/System/Volumes/Data",
        "/System/Volumes/Data/private/var/x",
        "/ſystem/volumes/DATA/System/Volumes/Data/x",
        "/System/Volumes/Database",
        "/.vol/16777220/2",
        "/System/Volumes/Data/.vol/1/2",
        "a/..namedfork/rsrc",
        "a/..NamedFork/../x",
        "cafe\u{301}/x.md",
    ]), @r"
    /private/etc/hosts
        read /etc/hosts
    /PRIVATE/ETC/hosts
        read /etc/hosts
    /private/etchosts
        read /private/etchosts
    /private/tmp
        read /tmp
    /System/Volumes/Data/Users/dev/.ssh/id_rsa
        read /Users/dev/.ssh/id_rsa
    /System/Volumes/Data
        read /
    /System/Volumes/Data/private/var/x
        read /var/x
    /ſystem/volumes/DATA/System/Volumes/Data/x
        read /x
    /System/Volumes/Database
        read /System/Volumes/Database
    /.vol/16777220/2
        read /.vol/16777220/2 [ambiguous_path]
    /System/Volumes/Data/.vol/1/2
        read /.vol/1/2 [ambiguous_path]
    a/..namedfork/rsrc
        read /Users/dev/proj/a/..namedfork/rsrc [ambiguous_path]
    a/..NamedFork/../x
        read /Users/dev/proj/a/x [ambiguous_path]
    café/x.md
        read /Users/dev/proj/café/x.md
    ");
}

#[test]
fn windows_paths_have_one_drive_and_one_separator() {
    assert_snapshot!(on(Platform::Windows, &[
        "src\\lib.rs",
        "src/lib.rs",
        "c:\\users\\DEV\\proj\\a.rs",
        "..\\..\\dev\\.ssh\\id_rsa",
        "C:\\Users\\dev\\proj\\..\\..\\..\\..\\..",
        "C:/Windows/System32",
        "\\Windows",
        "/Windows",
        "~\\x",
        "%USERPROFILE%\\.ssh\\id_rsa",
    ]), @r"
    src\\lib.rs
        read C:/Users/dev/proj/src/lib.rs
    src/lib.rs
        read C:/Users/dev/proj/src/lib.rs
    c:\\users\\DEV\\proj\\a.rs
        read C:/users/DEV/proj/a.rs
    ..\\..\\dev\\.ssh\\id_rsa
        read C:/Users/dev/.ssh/id_rsa
    C:\\Users\\dev\\proj\\..\\..\\..\\..\\..
        read C:/
    C:/Windows/System32
        read C:/Windows/System32
    \\Windows
        read C:/Windows
    /Windows
        read C:/Windows
    ~\\x
        read C:/Users/dev/x
    %USERPROFILE%\\.ssh\\id_rsa
        read C:/Users/dev/proj/%USERPROFILE%/.ssh/id_rsa [ambiguous_path]
        read C:/Users/dev/.ssh/id_rsa [ambiguous_path]
    ");
}

#[test]
fn what_windows_reads_in_its_own_way_is_ambiguous() {
    assert_snapshot!(on(Platform::Windows, &[
        "\\\\evil.test\\share\\x",
        "//evil.test/share/x",
        "\\\\?\\C:\\Users\\dev\\.ssh\\id_rsa",
        "\\??\\C:\\Users\\dev\\.ssh\\id_rsa",
        "//./C:/x",
        "\\\\.\\PhysicalDrive0",
        "\\\\?\\UNC\\server\\share",
        "C:notes.txt",
        "C:",
        "D:notes.txt",
        "D:\\x.txt",
        ".git.\\config",
        ".git \\config",
        ".git::$INDEX_ALLOCATION\\config",
        "README.md:hidden",
        "C:\\a:b",
        "GIT~1\\config",
        "PROGRA~1.TXT",
        "backup~1.json",
        "src\\CON",
        "NUL.txt",
        "com1 .tar.gz",
        "LPT²",
        "com10",
        "conin$",
        "console",
        "a*b",
        "a\"b",
        ".. \\x",
        "...",
    ]), @r#"
    \\\\evil.test\\share\\x
        read /evil.test/share/x [ambiguous_path]
    //evil.test/share/x
        read /evil.test/share/x [ambiguous_path]
    \\\\?\\C:\\Users\\dev\\.ssh\\id_rsa
        read C:/Users/dev/.ssh/id_rsa [ambiguous_path]
    \\??\\C:\\Users\\dev\\.ssh\\id_rsa
        read C:/Users/dev/.ssh/id_rsa [ambiguous_path]
    //./C:/x
        read C:/x [ambiguous_path]
    \\\\.\\PhysicalDrive0
        read /PhysicalDrive0 [ambiguous_path]
    \\\\?\\UNC\\server\\share
        read /UNC/server/share [ambiguous_path]
    C:notes.txt
        read C:/Users/dev/proj/notes.txt [ambiguous_path]
    C:
        read C:/Users/dev/proj [ambiguous_path]
    D:notes.txt
        read D:/notes.txt [ambiguous_path]
    D:\\x.txt
        read D:/x.txt [ambiguous_path]
    .git.\\config
        read C:/Users/dev/proj/.git/config [ambiguous_path]
    .git \\config
        read C:/Users/dev/proj/.git/config [ambiguous_path]
    .git::$INDEX_ALLOCATION\\config
        read C:/Users/dev/proj/.git/config [ambiguous_path]
    README.md:hidden
        read C:/Users/dev/proj/README.md [ambiguous_path]
    C:\\a:b
        read C:/a [ambiguous_path]
    GIT~1\\config
        read C:/Users/dev/proj/GIT~1/config [ambiguous_path]
    PROGRA~1.TXT
        read C:/Users/dev/proj/PROGRA~1.TXT [ambiguous_path]
    backup~1.json
        read C:/Users/dev/proj/backup~1.json
    src\\CON
        read C:/Users/dev/proj/src/CON [ambiguous_path]
    NUL.txt
        read C:/Users/dev/proj/NUL.txt [ambiguous_path]
    com1 .tar.gz
        read C:/Users/dev/proj/com1 .tar.gz [ambiguous_path]
    LPT²
        read C:/Users/dev/proj/LPT² [ambiguous_path]
    com10
        read C:/Users/dev/proj/com10
    conin$
        read C:/Users/dev/proj/conin$ [ambiguous_path]
    console
        read C:/Users/dev/proj/console
    a*b
        read C:/Users/dev/proj/a*b [ambiguous_path]
    a\"b
        read C:/Users/dev/proj/a"b [ambiguous_path]
    .. \\x
        read C:/Users/dev/proj/.. /x [ambiguous_path]
    ...
        read C:/Users/dev/proj/... [ambiguous_path]
    "#);
}

#[test]
fn a_relative_path_needs_a_folder() {
    let two = [("workspace", "/a"), ("workspace", "/b")];
    assert_snapshot!(show_all([
        ("nothing sent", Request::read("x")),
        ("cwd", Request { cwd: Some("/tmp/../srv"), ..Request::read("x") }),
        ("relative cwd", Request { cwd: Some("sub"), roots: LINUX, ..Request::read("x") }),
        ("lonely relative cwd", Request { cwd: Some("sub"), ..Request::read("/x") }),
        ("cwd under home", Request { cwd: Some("~/x"), roots: LINUX, ..Request::read("y") }),
        ("strange cwd", Request { cwd: Some("/a\nb"), ..Request::read("/x") }),
        ("two workspaces", Request { roots: &two, ..Request::read("x") }),
        ("no home", Request::read("~/x")),
        ("no path", Request { path: None, ..Request::read("") }),
    ]), @r"
    nothing sent
        read unsent [ambiguous_path]
    cwd
        read /srv/x
    relative cwd
        read /home/dev/proj/sub/x
    lonely relative cwd
        read /x
    cwd under home
        read /home/dev/x/y
    strange cwd
        read /x [hidden_characters]
    two workspaces
        read unsent [ambiguous_path]
    no home
        read unsent [ambiguous_path]
    no path
        read unsent [ambiguous_path]
    ");
}

#[test]
fn on_windows_another_drive_is_ambiguous() {
    let platform = Some(Platform::Windows);
    let read = |cwd, path| Request { cwd, platform, ..Request::read(path) };
    assert_snapshot!(show_all([
        ("same drive", read(Some("D:\\x"), "d:\\y")),
        ("another drive", read(Some("D:\\x"), "C:\\y")),
        ("no drive known", read(None, "C:\\y")),
        ("no drive at all", read(None, "\\y")),
        ("current drive", read(Some("D:\\x"), "\\y")),
        ("relative cwd", Request { roots: WINDOWS, ..read(Some("sub"), "y") }),
    ]), @r"
    same drive
        read D:/y
    another drive
        read C:/y [ambiguous_path]
    no drive known
        read C:/y [ambiguous_path]
    no drive at all
        read unsent [ambiguous_path]
    current drive
        read D:/y
    relative cwd
        read C:/Users/dev/proj/sub/y
    ");
}

#[test]
fn roots_that_are_not_understood_are_not_bound() {
    let roots = [
        ("tmp", "/private/tmp/"),
        ("home", "/Users/dev"),
        ("workspace", "relative"),
        ("cache", "/Users/dev/.cache"),
        ("cache", "$CACHE"),
    ];
    let platform = Some(Platform::Macos);
    let mut seen = Vec::new();
    parts(&Request { roots: &roots, platform, ..Request::read("/x") }, &mut |judged| {
        seen = judged.roots.iter().map(|(name, path)| format!("{name} {path}")).collect();
    });
    assert_eq!(seen, ["tmp /tmp", "home /Users/dev"]);
}

#[test]
fn links_are_followed_as_a_kernel_does() {
    for (links, text, parts) in [
        (&[("/home/dev/proj/out", "/etc")][..], "out/passwd", &["out/passwd", "/etc/passwd"][..]),
        (&[("/home/dev/proj/link", "/etc/ssl")], "link/../passwd", &["passwd", "/etc/passwd"]),
        (&[("/home/dev/proj/a", "b"), ("/home/dev/proj/b", "/x")], "a", &["a", "/x"]),
        (&[("/home/dev/proj/inner", "src")], "inner/x.rs", &["inner/x.rs", "src/x.rs"]),
        (&[("/home/dev/proj/g", "./.git/")], "g/config", &["g/config", ".git/config"]),
        (&[("/home/dev/proj", "/mnt/p")], "../x", &["/home/dev/x", "/mnt/x"]),
        (&[("/home/dev/proj/new", "/o")], "new/deep/f", &["new/deep/f", "/o/deep/f"]),
        // The second link is named by the way it was reached.
        (
            &[("/home/dev/proj/a", "/x"), ("/home/dev/proj/a/b", "/etc")],
            "a/b/c",
            &["a/b/c", "/etc/c"],
        ),
        (&[("out", "/etc")], "out/passwd", &["out/passwd", "/etc/passwd"]),
        (&[("/home/dev/proj/up", "../../..")], "up/up", &["up/up", "/up"]),
        (&[("/elsewhere", "/etc")], "x", &["x"]),
    ] {
        let expected: Vec<String> = parts
            .iter()
            .map(|path| match path.strip_prefix('/') {
                Some(_) => format!("read {path}"),
                None => format!("read /home/dev/proj/{path}"),
            })
            .collect();
        assert_eq!(linked(links, text), expected.join("\n"), "{links:?}");
    }
}

#[test]
fn loops_and_strange_links_are_at_least_ask() {
    for links in [
        &[("/home/dev/proj/loop", "loop")][..],
        &[("/home/dev/proj/loop", "b"), ("/home/dev/proj/b", "loop")],
        &[("/home/dev/proj/loop", "loop/x")],
        &[("/home/dev/proj/loop", "a"), ("/home/dev/proj/loop", "b")],
        &[("/home/dev/proj/loop", "")],
        &[("$X", "/etc")],
    ] {
        let shown = linked(links, "loop/x");
        assert!(shown.starts_with("read /home/dev/proj/loop/x"), "{shown}");
        assert!(shown.contains("[ambiguous_path]"), "{links:?} {shown}");
    }
}

#[test]
fn links_have_no_case_where_paths_have_none() {
    let request = |platform, links, path| Request {
        roots: if platform == Platform::Macos { MACOS } else { WINDOWS },
        symlinks: links,
        platform: Some(platform),
        ..Request::read(path)
    };
    assert_snapshot!(show_all([
        ("macos", request(Platform::Macos, &[("/Users/dev/proj/Out", "/private/etc")], "oUT/x")),
        ("short", request(Platform::Macos, &[("/etc/x", "/y")], "/private/ETC/X/z")),
        ("windows", request(Platform::Windows, &[("C:\\Users\\dev\\proj\\Out", "\\Windows")], "out\\x")),
        ("drive", request(Platform::Windows, &[("C:\\Users\\dev\\proj\\Out", "D:\\")], "out\\..\\x")),
    ]), @r"
    macos
        read /Users/dev/proj/oUT/x
        read /etc/x
    short
        read /etc/X/z
        read /y/z
    windows
        read C:/Users/dev/proj/out/x
        read C:/Windows/x
    drive
        read C:/Users/dev/proj/x
        read D:/x
    ");
}

#[test]
fn long_paths_are_judged_and_too_large() {
    let text = format!("/etc/{}", "a/".repeat(40_000));
    let shown = show(&Request::write(&text));
    assert!(shown.starts_with("write /etc/a/a"));
    assert!(shown.ends_with("[too_large]"));
}

fn only_path(platform: Platform, text: &str) -> Option<String> {
    let mut found = None;
    parts(&Request { platform: Some(platform), ..Request::read(text) }, &mut |judged| {
        if let Object::Path(PathValue::Known(path)) = judged.part.object
            && found.is_none()
        {
            found = Some(path.to_owned());
        }
    });
    found
}

fn platforms() -> impl Strategy<Value = Platform> {
    prop::sample::select(&Platform::ALL[..])
}

/// Texts made of what matters in paths.
fn path_texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(
        &[
            "/",
            "/",
            "\\",
            "..",
            ".",
            "a",
            "B",
            "~",
            "$HOME",
            "%A%",
            "C:",
            "d:",
            "\0",
            ":",
            " ",
            "é",
            "e\u{301}",
            "private",
            "etc",
            "System/Volumes/Data",
            "proc/self/root",
            "NUL",
            "A~1",
            "?",
            "\\\\?\\",
            "\u{200b}",
        ][..],
    );
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reading_twice_changes_nothing(platform in platforms(), text in path_texts()) {
        let text = format!("/{text}");
        // A share of another machine has no drive, so it has no canonical spelling either.
        let is_share = |path: &str| platform == Platform::Windows && path.starts_with('/');
        if let Some(path) = only_path(platform, &text).filter(|path| !is_share(path)) {
            let again = only_path(platform, &path);
            prop_assert_eq!(again.as_deref(), Some(path.as_str()));
        }
    }

    #[test]
    fn canonical_paths_have_no_way_up(platform in platforms(), text in path_texts()) {
        let roots = match platform {
            Platform::Linux => LINUX,
            Platform::Macos => MACOS,
            Platform::Windows => WINDOWS,
        };
        let request = Request { roots, platform: Some(platform), ..Request::read(&text) };
        parts(&request, &mut |judged| {
            let Object::Path(PathValue::Known(path)) = judged.part.object else { return };
            let names: Vec<&str> = path.split('/').skip(1).collect();
            let is_root = names == [""];
            assert!(is_root || names.iter().all(|n| !matches!(*n, "" | "." | "..")), "{path:?}");
            // What has no floor is canonical, whoever asks.
            if judged.part.floors.is_empty() {
                assert!(is_canonical_path(platform, path), "{path:?}");
            }
        });
    }

    #[test]
    fn nothing_panics(
        platform in platforms(),
        text in any::<String>(),
        pieces in path_texts(),
        cwd in path_texts(),
        links in prop::collection::vec((path_texts(), path_texts()), 0..4),
    ) {
        let links: Vec<(&str, &str)> = links.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let roots = [("home", cwd.as_str()), ("workspace", text.as_str())];
        for path in [&text, &pieces] {
            for cwd in [None, Some(cwd.as_str())] {
                let request = Request {
                    roots: &roots,
                    cwd,
                    symlinks: &links,
                    platform: Some(platform),
                    ..Request::write(path)
                };
                let mut count = 0;
                parts(&request, &mut |_| count += 1);
                prop_assert!(0 < count);
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_plain_is_read_as_it_stands(text in "(/(proc|dev|fd|self|a|%|\\.|~|\\$|é| |\u{7f})*){0,5}") {
        if lexical::is_plain(Platform::Linux, &text) {
            let read = lexical::read(Platform::Linux, &text, None, None);
            prop_assert_eq!(read.path.as_deref(), Some(text.as_str()));
            prop_assert!(read.floors.union(super::text_floors(&text)).is_empty());
        }
    }

    #[test]
    fn every_canonical_path_of_letters_is_plain(text in "[/.a]{2,8}") {
        prop_assert_eq!(
            lexical::is_plain(Platform::Linux, &text),
            is_canonical_path(Platform::Linux, &text)
        );
    }
}
