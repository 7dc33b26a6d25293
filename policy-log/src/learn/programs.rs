//! What is known of programs here: which are never generalised, and which only read files.
//!
//! Interpreters, wrappers and flags that run programs or write files are the linter's lists
//! (`policy_lang::lint::flags_to_forbid`).

/// Programs that stay as they were seen, word by word: what removes, moves or changes, what talks to
/// other machines, what hands out credentials, and what runs other programs.
pub(super) const EXACT_PROGRAMS: &[&str] = &[
    "rm",
    "rmdir",
    "unlink",
    "mv",
    "cp",
    "ln",
    "dd",
    "tee",
    "install",
    "truncate",
    "shred",
    "mkfs",
    "chmod",
    "chown",
    "chgrp",
    "setfacl",
    "mount",
    "umount",
    "kill",
    "pkill",
    "killall",
    "reboot",
    "shutdown",
    "uniq",
    "touch",
    "mkdir",
    "patch",
    "sudo",
    "doas",
    "su",
    "pkexec",
    "runuser",
    "curl",
    "wget",
    "aria2c",
    "ssh",
    "mosh",
    "scp",
    "sftp",
    "rsync",
    "nc",
    "ncat",
    "netcat",
    "socat",
    "telnet",
    "ftp",
    "ping",
    "dig",
    "nslookup",
    "host",
    "http",
    "https",
    "xh",
    "gh",
    "glab",
    "hub",
    "openssl",
    "gpg",
    "gpg2",
    "pass",
    "aws",
    "gcloud",
    "az",
    "vault",
    "op",
    "security",
    "secret-tool",
    "ssh-add",
    "ssh-keygen",
    "ssh-agent",
    "keyctl",
    "kubectl",
    "oc",
    "helm",
    "terraform",
    "tofu",
    "ansible",
    "pulumi",
    "find",
    "gfind",
    "xargs",
    "sed",
    "gsed",
    "vi",
    "vim",
    "nvim",
    "emacs",
    "ed",
    "ex",
    "nano",
    "gdb",
    "lldb",
    "expect",
    "tmux",
    "screen",
    "entr",
    "at",
    "batch",
    "crontab",
    "systemctl",
    "systemd-run",
    "launchctl",
    "service",
    "schtasks",
    "psql",
    "mysql",
    "sqlite3",
    "npx",
    "bunx",
    "pnpx",
    "uvx",
    "pipx",
    "source",
    ".",
    "trap",
    "alias",
    "builtin",
    "command",
    "just",
    "task",
    "rake",
    "invoke",
    "mage",
    "tar",
    "bsdtar",
    "unzip",
    "docker-compose",
    "env",
    "printenv",
    "export",
    "set",
];

/// Subcommands behind which nothing is generalised: what others see, what cannot be undone, what
/// takes packages or hands out credentials, and what runs what is named there.
pub(super) const EXACT_SUBCOMMANDS: &[&str] = &[
    "push",
    "publish",
    "deploy",
    "release",
    "upload",
    "send",
    "install",
    "add",
    "ci",
    "update",
    "upgrade",
    "run",
    "run-script",
    "exec",
    "dlx",
    "x",
    "eval",
    "sh",
    "shell",
    "apply",
    "delete",
    "destroy",
    "remove",
    "rm",
    "prune",
    "reset",
    "clean",
    "restore",
    "checkout",
    "rebase",
    "drop",
    "gc",
    "config",
    "login",
    "logout",
    "auth",
    "token",
    "secret",
    "secrets",
    "api",
    "ssh",
    "generate",
    "tool",
    "submodule",
    "bisect",
    "difftool",
    "mergetool",
    "filter-branch",
    "clone",
    "fetch",
    "pull",
    "remote",
];

/// Programs that show the files which their words name. They are held to the rules for files, by
/// `count`, so their words may vary.
const READERS: &[&str] = &[
    "cat", "head", "tail", "nl", "tac", "wc", "stat", "file", "du", "ls", "tree", "sort", "cut",
    "diff", "cmp",
];

/// The same, but the first word that is no flag is what they look for.
const SEARCHERS: &[&str] = &["grep", "rg"];

/// `sed` where all it does is to show some lines of files.
pub(super) const SHOWS_LINES: &str = "sed -n <[0-9]+(,[0-9]+)?p> {no -*} ...";

/// Whether [`SHOWS_LINES`] is what these words say: the words behind the program.
pub(super) fn shows_lines(words: &[Option<String>]) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let [Some(flag), Some(script), files @ ..] = words else { return false };
    let Some(lines) = script.strip_suffix('p') else { return false };
    let (from, to) = lines.split_once(',').unwrap_or((lines, lines));
    let is_file = |word: &Option<String>| word.as_ref().is_some_and(|word| !word.starts_with('-'));
    flag == "-n" && is_number(from) && is_number(to) && files.iter().all(is_file)
}

/// Whether a program's words are held to the rules for files.
pub(super) fn is_reader(program: &str) -> bool {
    READERS.contains(&program) || SEARCHERS.contains(&program)
}

/// The sentences that hold these programs to the rules for files; of those that are wanted.
pub(super) fn counts(wanted: impl Fn(&str) -> bool) -> String {
    let alternatives = |programs: &[&'static str]| {
        let programs: Vec<&str> = programs.iter().copied().filter(|name| wanted(name)).collect();
        match &programs[..] {
            [] => None,
            [one] => Some((*one).to_owned()),
            all => Some(format!("({})", all.join("|"))),
        }
    };
    let mut text = String::new();
    if let Some(readers) = alternatives(READERS) {
        text += &format!("count run \"{readers} ...\" as read operands\n");
    }
    if let Some(searchers) = alternatives(SEARCHERS) {
        text += &format!("count run \"{searchers} ...\" as read operands but first\n");
        text +=
            &format!("count run \"{searchers} {{-e|-f|--regexp|--file}} ...\" as read operands\n");
    }
    if wanted("sed") {
        text += &format!("count run \"{SHOWS_LINES}\" as read operands but first\n");
    }
    text
}
