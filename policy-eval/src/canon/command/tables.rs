//! What is known of programs: one list each, data and nothing else.
//!
//! A row that is missing can only tighten a decision: a wrapper that is not listed is another
//! program, an option that is not listed is not understood. A row that is *wrong* could hide a
//! command, so rows say only what the programs' manuals say.

/// How the command behind a wrapper is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// The wrapper is what it wraps (S9).
    Transparent,
    /// What it wraps, and at least `ask` unless `accept wrappers` (S10).
    Raising,
    /// Another program; what it wraps is judged as another form, so that denials hold.
    Opaque,
}

/// A program that runs another one, and its options.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrapper {
    pub(super) name: &'static str,
    pub(super) how: How,
    /// Options of one letter that take no value.
    pub(super) short: &'static str,
    /// Options of one letter that take one, attached or as the next word.
    pub(super) short_value: &'static str,
    /// Options of one letter whose value, if any, is attached.
    pub(super) short_attached: &'static str,
    /// Long options without a value, or with one behind `=`.
    pub(super) long: &'static [&'static str],
    /// Long options whose value may be the next word.
    pub(super) long_value: &'static [&'static str],
    /// Options that take a value and change what is run, so that they are not understood.
    pub(super) strange_value: &'static [&'static str],
    /// Options with which it runs nothing.
    pub(super) query: &'static [&'static str],
    /// How many words stand before the command: the duration of `timeout`.
    pub(super) operands: usize,
    /// Whether `NAME=VALUE` may stand before the command.
    pub(super) assignments: bool,
    /// Options that give the command as text, which is scanned: `-c`, `--command`.
    pub(super) script: &'static [&'static str],
    /// What it does where no command stands behind it.
    pub(super) alone: Alone,
    /// What becomes of the words of the command.
    pub(super) inner: Inner,
}

/// What a wrapper does without a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    /// It runs nothing that is not in the line: it fails, or shows something.
    RunsNothing,
    /// It runs a shell, or what its standard input says (S11).
    RunsUnseen,
}

/// What becomes of the words behind a wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// They are run as they stand.
    Words,
    /// They are run in the shell that reads the line, so that a `cd` stays.
    SameShell,
    /// They are joined with blanks and given to a shell.
    Joined,
    /// Words that nobody knows yet follow (`xargs`).
    Extended,
    /// Joined, with words that nobody knows, up to `:::` (`parallel`).
    Parallel,
}

const PLAIN: Wrapper = Wrapper {
    name: "",
    how: How::Transparent,
    short: "",
    short_value: "",
    short_attached: "",
    long: &[],
    long_value: &[],
    strange_value: &[],
    query: &[],
    operands: 0,
    assignments: false,
    script: &[],
    alone: Alone::RunsNothing,
    inner: Inner::Words,
};
const RAISING: Wrapper = Wrapper { how: How::Raising, ..PLAIN };
const OPAQUE: Wrapper = Wrapper { how: How::Opaque, ..PLAIN };

/// Every wrapper but the shells and `find`, which have readers of their own.
pub(super) const WRAPPERS: &[Wrapper] = &[
    Wrapper { name: "builtin", inner: Inner::SameShell, ..PLAIN },
    Wrapper {
        name: "command",
        short: "p",
        query: &["-v", "-V", "-pv", "-pV"],
        inner: Inner::SameShell,
        ..PLAIN
    },
    Wrapper {
        name: "env",
        short: "iv0",
        short_value: "u",
        long: &["ignore-environment", "debug", "null"],
        long_value: &["unset"],
        strange_value: &["S", "C", "split-string", "chdir"],
        script: &["S", "split-string"],
        assignments: true,
        ..PLAIN
    },
    Wrapper {
        name: "nice",
        short: "0123456789",
        short_value: "n",
        long_value: &["adjustment"],
        ..PLAIN
    },
    // Of zsh; bash has no program of this name.
    Wrapper { name: "noglob", ..PLAIN },
    Wrapper { name: "nohup", ..PLAIN },
    Wrapper {
        name: "stdbuf",
        short_value: "ioe",
        long_value: &["input", "output", "error"],
        ..PLAIN
    },
    Wrapper {
        name: "time",
        short: "pv",
        long: &["portability", "verbose"],
        strange_value: &["f", "o", "format", "output"],
        ..PLAIN
    },
    Wrapper {
        name: "timeout",
        short: "vpf",
        short_value: "ks",
        long: &["foreground", "preserve-status", "verbose"],
        long_value: &["kill-after", "signal"],
        operands: 1,
        ..PLAIN
    },
    Wrapper { name: "busybox", ..RAISING },
    Wrapper { name: "toybox", ..RAISING },
    Wrapper {
        name: "chroot",
        long: &["skip-chdir"],
        long_value: &["userspec", "groups"],
        operands: 1,
        alone: Alone::RunsUnseen,
        ..RAISING
    },
    Wrapper {
        name: "chrt",
        short: "abdefimorRv",
        short_value: "TPD",
        long: &["all-tasks", "batch", "deadline", "ext", "fifo", "idle", "other", "rr"],
        long_value: &["sched-runtime", "sched-period", "sched-deadline"],
        query: &["-p", "--pid", "-m", "--max"],
        operands: 1,
        ..RAISING
    },
    Wrapper { name: "exec", short: "cl", short_value: "a", ..RAISING },
    Wrapper {
        name: "flock",
        short: "sxeunoFv",
        short_value: "wE",
        long: &["shared", "exclusive", "unlock", "nonblock", "nb", "close", "no-fork", "verbose"],
        long_value: &["timeout", "wait", "conflict-exit-code"],
        operands: 1,
        script: &["c", "command"],
        ..RAISING
    },
    Wrapper {
        name: "ionice",
        short: "t",
        short_value: "cn",
        long: &["ignore"],
        long_value: &["class", "classdata"],
        query: &["-p", "-P", "-u", "--pid", "--pgid", "--uid"],
        ..RAISING
    },
    Wrapper { name: "ltrace", short: "bcCfhiLrStTV", short_value: "aAeDlnopsuwxFX", ..RAISING },
    Wrapper {
        name: "nsenter",
        short: "aFZe",
        short_value: "tSGN",
        short_attached: "muinpUCTrwW",
        long: &[
            "all",
            "mount",
            "uts",
            "ipc",
            "net",
            "pid",
            "cgroup",
            "user",
            "time",
            "root",
            "wd",
            "no-fork",
            "preserve-credentials",
        ],
        long_value: &["target", "setuid", "setgid"],
        alone: Alone::RunsUnseen,
        ..RAISING
    },
    Wrapper {
        name: "parallel",
        short: "0kmqtuXz",
        short_value: "jPnNasLS",
        long: &[
            "null",
            "keep-order",
            "quote",
            "verbose",
            "ungroup",
            "line-buffer",
            "dry-run",
            "bar",
            "progress",
            "eta",
            "no-notice",
            "will-cite",
            "no-run-if-empty",
            "tag",
            "xargs",
            "pipe",
        ],
        long_value: &[
            "jobs",
            "max-procs",
            "max-args",
            "max-replace-args",
            "arg-file",
            "delay",
            "timeout",
            "retries",
            "joblog",
            "results",
            "halt",
            "colsep",
            "workdir",
            "tmpdir",
            "sshlogin",
        ],
        // Another text for `{}`.
        strange_value: &["I"],
        alone: Alone::RunsUnseen,
        inner: Inner::Parallel,
        ..RAISING
    },
    Wrapper {
        name: "script",
        short: "aefqr",
        short_value: "BEIOTmo",
        short_attached: "t",
        long: &["append", "return", "flush", "force", "quiet", "timing"],
        long_value: &["echo", "log-in", "log-out", "log-io", "log-timing", "output-limit"],
        operands: 1,
        script: &["c", "command"],
        alone: Alone::RunsUnseen,
        ..RAISING
    },
    Wrapper { name: "setsid", short: "cfw", long: &["ctty", "fork", "wait"], ..RAISING },
    Wrapper {
        name: "strace",
        short: "cCdDfFhiknNqrtTvVwxyYzZ",
        short_value: "abeEIoOpPsSuUX",
        ..RAISING
    },
    Wrapper {
        name: "taskset",
        short: "ac",
        long: &["all-tasks", "cpu-list"],
        query: &["-p", "-cp", "-pc", "--pid"],
        operands: 1,
        ..RAISING
    },
    Wrapper {
        name: "unshare",
        short: "cfr",
        short_value: "lSGRw",
        short_attached: "muinpUCT",
        long: &[
            "mount",
            "uts",
            "ipc",
            "net",
            "pid",
            "user",
            "cgroup",
            "time",
            "fork",
            "mount-proc",
            "map-root-user",
            "map-current-user",
            "map-auto",
            "kill-child",
            "keep-caps",
        ],
        long_value: &[
            "map-user",
            "map-group",
            "map-users",
            "map-groups",
            "propagation",
            "setgroups",
            "root",
            "wd",
            "setuid",
            "setgid",
            "monotonic",
            "boottime",
            "load-interp",
            "owner",
        ],
        alone: Alone::RunsUnseen,
        ..RAISING
    },
    Wrapper {
        name: "watch",
        short: "bcCdegprtwx",
        short_value: "nq",
        long: &[
            "beep",
            "color",
            "no-color",
            "differences",
            "errexit",
            "chgexit",
            "precise",
            "no-rerun",
            "no-title",
            "no-wrap",
            "exec",
        ],
        long_value: &["interval", "equexit"],
        inner: Inner::Joined,
        ..RAISING
    },
    Wrapper {
        name: "xargs",
        short: "0oprtx",
        short_value: "adEIJLnPRsS",
        short_attached: "eil",
        long: &[
            "null",
            "eof",
            "replace",
            "max-lines",
            "interactive",
            "no-run-if-empty",
            "open-tty",
            "verbose",
            "exit",
            "show-limits",
        ],
        long_value: &[
            "arg-file",
            "delimiter",
            "max-args",
            "max-chars",
            "max-procs",
            "process-slot-var",
        ],
        inner: Inner::Extended,
        ..RAISING
    },
    Wrapper { name: "caffeinate", short: "dimsu", short_value: "tw", ..OPAQUE },
    Wrapper { name: "chronic", short: "ev", ..OPAQUE },
    Wrapper {
        name: "doas",
        short: "Lns",
        short_value: "aCu",
        query: &["-L"],
        alone: Alone::RunsUnseen,
        ..OPAQUE
    },
    Wrapper { name: "eatmydata", ..OPAQUE },
    Wrapper {
        name: "fakeroot",
        short: "uv",
        short_value: "lsib",
        alone: Alone::RunsUnseen,
        ..OPAQUE
    },
    Wrapper { name: "gosu", operands: 1, ..OPAQUE },
    Wrapper { name: "ifne", short: "n", ..OPAQUE },
    Wrapper { name: "nocorrect", ..OPAQUE },
    Wrapper {
        name: "pkexec",
        long: &["disable-internal-agent", "keep-cwd"],
        long_value: &["user"],
        alone: Alone::RunsUnseen,
        ..OPAQUE
    },
    Wrapper {
        name: "runuser",
        short: "lmpPf",
        short_value: "ugGsw",
        long: &["login", "preserve-environment"],
        long_value: &["user", "group", "shell"],
        script: &["c", "command", "session-command"],
        alone: Alone::RunsUnseen,
        ..OPAQUE
    },
    Wrapper {
        name: "su",
        short: "lmpPf",
        short_value: "gGsw",
        long: &["login", "preserve-environment"],
        long_value: &["group", "shell"],
        operands: 1,
        script: &["c", "command", "session-command"],
        alone: Alone::RunsUnseen,
        ..OPAQUE
    },
    Wrapper { name: "su-exec", operands: 1, ..OPAQUE },
    Wrapper {
        name: "sudo",
        short: "ABbEeHiKklnPSsVvN",
        short_value: "aCcDghpRrTtUu",
        long: &[
            "askpass",
            "background",
            "preserve-env",
            "set-home",
            "login",
            "non-interactive",
            "preserve-groups",
            "stdin",
            "shell",
            "reset-timestamp",
            "no-update",
        ],
        long_value: &[
            "close-from",
            "group",
            "host",
            "prompt",
            "chroot",
            "chdir",
            "role",
            "type",
            "user",
            "command-timeout",
            "other-user",
        ],
        query: &["-l", "-v", "-V", "--list", "--validate", "--version"],
        assignments: true,
        alone: Alone::RunsUnseen,
        ..OPAQUE
    },
    Wrapper { name: "unbuffer", short: "p", ..OPAQUE },
    Wrapper {
        name: "xvfb-run",
        short: "al",
        short_value: "efnpsw",
        long: &["auto-servernum", "listen-tcp"],
        long_value: &[
            "error-file",
            "auth-file",
            "server-num",
            "xauth-protocol",
            "server-args",
            "wait",
        ],
        ..OPAQUE
    },
];

/// Shells that are looked through with a static `-c` script (S9).
pub(super) const SHELLS: &[&str] = &["bash", "dash", "ksh", "sh", "zsh"];
/// Shells whose language is not read: they are never understood (S11).
pub(super) const OTHER_SHELLS: &[&str] = &[
    "ash",
    "cmd",
    "csh",
    "elvish",
    "fish",
    "mksh",
    "nu",
    "powershell",
    "pwsh",
    "rbash",
    "tcsh",
    "yash",
];
/// One-letter options of a shell that leave the script what it is: exit on errors, on unset
/// variables, a login shell.
pub(super) const SHELL_FLAGS: &str = "elu";
/// Long options of a shell that leave the script what it is.
pub(super) const SHELL_LONG_FLAGS: &[&str] = &["--login", "--noprofile", "--norc"];
/// What `-o` may set without changing what the script runs.
pub(super) const SHELL_OPTIONS: &[&str] = &["errexit", "nounset", "pipefail"];

/// Commands that run text that nobody can see (S5), with builtins that register code.
pub(super) const RUN_TEXT: &[&str] =
    &[".", "alias", "bind", "compgen", "complete", "enable", "eval", "fc", "source", "trap"];
/// Of those, the ones whose operands are shell text, judged too so that denials hold.
pub(super) const RUN_OPERANDS: &[&str] = &["eval", "trap"];
/// Builtins that set or export variables (S8).
pub(super) const DECLARE: &[&str] =
    &["declare", "export", "local", "readonly", "set", "shopt", "typeset"];
/// Builtins of which a variable can be set by other means.
pub(super) const SET_VARIABLES: &[&str] =
    &["getopts", "let", "mapfile", "printf", "read", "readarray", "unset", "wait"];
/// Builtins that evaluate a subscript in their operands: `read 'a[$(id)]'` runs `id`.
pub(super) const EVALUATE_SUBSCRIPTS: &[&str] = &[
    "[",
    "declare",
    "export",
    "getopts",
    "let",
    "local",
    "mapfile",
    "printf",
    "read",
    "readarray",
    "readonly",
    "test",
    "typeset",
    "unset",
    "wait",
];
/// Builtins that run what their option `-C` says.
pub(super) const CALL_BACK: &[&str] = &["mapfile", "readarray"];
/// Commands that leave the folder where nobody knows.
pub(super) const LOSE_FOLDER: &[&str] = &[".", "eval", "popd", "pushd", "source", "trap"];

/// Variables whose static values may be set before a command (S8); `LC_*` is one more.
pub(super) const SAFE_VARIABLES: &[&str] =
    &["CI", "COLUMNS", "FORCE_COLOR", "LANG", "NO_COLOR", "RUST_BACKTRACE", "RUST_LOG", "TZ"];
/// Variables that hold blanks, or text of an attacker, without being set in the line. A word with
/// one of them outside quotes may split, so that it may be a flag whatever it begins with.
pub(super) const SPLIT_VARIABLES: &[&str] = &[
    "BASH_COMMAND",
    "BASH_EXECUTION_STRING",
    "DIRSTACK",
    "IFS",
    "OLDPWD",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "PWD",
    "READLINE_LINE",
    "REPLY",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_ORIGINAL_COMMAND",
    "_",
];

/// The folders whose programs are their base names (S12).
pub(super) const TRUSTED_FOLDERS: &[&str] = &["/bin", "/usr/bin", "/usr/local/bin"];

/// Whether a program stands in none of the tables of wrappers, shells and builtins, as most
/// programs of a line do. May be false for a program that does not stand there either.
pub(super) fn is_ordinary(name: &str) -> bool {
    let bit = fingerprint(name.as_bytes());
    KNOWN_PROGRAMS[bit / 64] >> (bit % 64) & 1 == 0
}

/// The programs that have readers of their own.
const OWN_READERS: &[&str] = &["cd", "find"];

/// A set of fingerprints, so that an ordinary program costs one look instead of a hundred.
const KNOWN_PROGRAMS: [u64; 16] = {
    let mut set = [0; 16];
    let lists: &[&[&str]] = &[
        SHELLS,
        OTHER_SHELLS,
        RUN_TEXT,
        RUN_OPERANDS,
        DECLARE,
        SET_VARIABLES,
        EVALUATE_SUBSCRIPTS,
        CALL_BACK,
        LOSE_FOLDER,
        OWN_READERS,
    ];
    let mut list = 0;
    while list < lists.len() {
        let mut index = 0;
        while index < lists[list].len() {
            let bit = fingerprint(lists[list][index].as_bytes());
            set[bit / 64] |= 1 << (bit % 64);
            index += 1;
        }
        list += 1;
    }
    let mut index = 0;
    while index < WRAPPERS.len() {
        let bit = fingerprint(WRAPPERS[index].name.as_bytes());
        set[bit / 64] |= 1 << (bit % 64);
        index += 1;
    }
    set
};

/// A number below 1024 made of the length of a name and its first and last bytes.
const fn fingerprint(name: &[u8]) -> usize {
    match name {
        [] => 0,
        [first, .., last] => (*first as usize * 37 + *last as usize * 11 + name.len() * 129) % 1024,
        [only] => *only as usize,
    }
}

/// Options of a program that stand before its subcommand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Globals {
    pub(super) program: &'static str,
    /// Those without a value, or with one behind `=`.
    pub(super) flags: &'static [&'static str],
    /// Those whose value may be the next word.
    pub(super) values: &'static [&'static str],
    /// Those that certainly change nothing (S15).
    pub(super) harmless: &'static [&'static str],
}

/// Programs with global options. Without these options a command is another form of itself.
pub(super) const GLOBALS: &[Globals] = &[
    Globals {
        program: "git",
        flags: &[
            "--bare",
            "--exec-path",
            "--glob-pathspecs",
            "--icase-pathspecs",
            "--list-cmds",
            "--literal-pathspecs",
            "--no-advice",
            "--no-lazy-fetch",
            "--no-optional-locks",
            "--no-pager",
            "--no-replace-objects",
            "--noglob-pathspecs",
            "--paginate",
            "-P",
            "-p",
        ],
        values: &[
            "--attr-source",
            "--config-env",
            "--git-dir",
            "--namespace",
            "--super-prefix",
            "--work-tree",
            "-C",
            "-c",
        ],
        harmless: &["--no-pager", "-P"],
    },
    Globals {
        program: "cargo",
        flags: &["--frozen", "--locked", "--offline", "--quiet", "--verbose", "-q", "-v", "-vv"],
        values: &["--color", "--config", "-C", "-Z"],
        harmless: &[],
    },
    Globals {
        program: "docker",
        flags: &["--debug", "--tls", "--tlsverify", "-D"],
        values: &[
            "--config",
            "--context",
            "--host",
            "--log-level",
            "--tlscacert",
            "--tlscert",
            "--tlskey",
            "-H",
            "-c",
            "-l",
        ],
        harmless: &[],
    },
    Globals {
        program: "kubectl",
        flags: &["--insecure-skip-tls-verify", "--match-server-version", "--warnings-as-errors"],
        values: &[
            "--as",
            "--as-group",
            "--cache-dir",
            "--certificate-authority",
            "--client-certificate",
            "--client-key",
            "--cluster",
            "--context",
            "--kubeconfig",
            "--namespace",
            "--request-timeout",
            "--server",
            "--token",
            "--user",
            "-n",
            "-s",
        ],
        harmless: &[],
    },
    Globals {
        program: "npm",
        flags: &[
            "--global",
            "--no-audit",
            "--no-fund",
            "--quiet",
            "--silent",
            "--yes",
            "-g",
            "-q",
            "-s",
            "-y",
        ],
        values: &["--loglevel", "--prefix", "--registry", "--workspace", "-C", "-w"],
        harmless: &[],
    },
    Globals {
        program: "pnpm",
        flags: &["--recursive", "--silent", "-r", "-s", "-w"],
        values: &["--dir", "--filter", "-C", "-F"],
        harmless: &[],
    },
    Globals { program: "yarn", flags: &["--silent", "-s"], values: &["--cwd"], harmless: &[] },
    Globals {
        program: "systemctl",
        flags: &[
            "--global",
            "--no-ask-password",
            "--no-block",
            "--no-pager",
            "--now",
            "--quiet",
            "--system",
            "--user",
            "-q",
        ],
        values: &["--host", "--machine", "--root", "-H", "-M"],
        harmless: &[],
    },
    Globals { program: "terraform", flags: &["-chdir"], values: &[], harmless: &[] },
    Globals {
        program: "helm",
        flags: &["--debug"],
        values: &["--kube-context", "--kubeconfig", "--namespace", "-n"],
        harmless: &[],
    },
    Globals {
        program: "aws",
        flags: &[
            "--debug",
            "--no-cli-pager",
            "--no-paginate",
            "--no-sign-request",
            "--no-verify-ssl",
        ],
        values: &["--ca-bundle", "--endpoint-url", "--output", "--profile", "--query", "--region"],
        harmless: &[],
    },
    Globals {
        program: "gcloud",
        flags: &["--quiet", "-q"],
        values: &["--account", "--configuration", "--format", "--project", "--verbosity"],
        harmless: &[],
    },
];

/// The flags of a program that reads or changes the files that its operands name.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileFlags {
    pub(super) programs: &'static [&'static str],
    /// Options of one letter that take no value.
    pub(super) short: &'static str,
    /// Options of one letter whose value is no path, attached or the next word.
    pub(super) short_value: &'static str,
    /// Long options without a value, or with one behind `=` that is no path.
    pub(super) long: &'static [&'static str],
    /// Long options whose value, no path, may be the next word.
    pub(super) long_value: &'static [&'static str],
}

/// Flags that are known to carry no path. A flag that is not here keeps the default of a counted
/// command.
pub(super) const FILE_FLAGS: &[FileFlags] = &[
    FileFlags {
        programs: &["cat"],
        short: "AbeEnstTuv",
        short_value: "",
        long: &[
            "show-all",
            "number-nonblank",
            "show-ends",
            "number",
            "squeeze-blank",
            "show-tabs",
            "show-nonprinting",
        ],
        long_value: &[],
    },
    FileFlags {
        programs: &["ls", "dir", "vdir"],
        short: "aAbBcCdDfFgGhHiklLmnNopqQrRsStuUvxXZ1",
        short_value: "ITw",
        long: &[
            "all",
            "almost-all",
            "author",
            "escape",
            "block-size",
            "ignore-backups",
            "color",
            "directory",
            "dired",
            "classify",
            "file-type",
            "format",
            "full-time",
            "group-directories-first",
            "no-group",
            "human-readable",
            "si",
            "dereference",
            "dereference-command-line",
            "hide",
            "hyperlink",
            "indicator-style",
            "inode",
            "kibibytes",
            "numeric-uid-gid",
            "literal",
            "hide-control-chars",
            "show-control-chars",
            "quote-name",
            "quoting-style",
            "reverse",
            "recursive",
            "size",
            "sort",
            "time",
            "time-style",
            "context",
            "zero",
        ],
        long_value: &["ignore", "tabsize", "width"],
    },
    FileFlags {
        programs: &["head", "tail"],
        short: "0123456789fFqrvz",
        short_value: "cns",
        long: &["quiet", "silent", "verbose", "zero-terminated", "follow", "retry"],
        long_value: &["bytes", "lines", "sleep-interval", "pid", "max-unchanged-stats"],
    },
    FileFlags {
        programs: &["wc"],
        short: "clLmw",
        short_value: "",
        long: &["bytes", "chars", "lines", "max-line-length", "words", "total"],
        long_value: &[],
    },
    FileFlags {
        programs: &["touch"],
        short: "acfhm",
        short_value: "dt",
        long: &["no-create", "no-dereference", "time"],
        long_value: &["date"],
    },
    FileFlags {
        programs: &["mkdir", "rmdir"],
        short: "pvZ",
        short_value: "m",
        long: &["parents", "verbose", "ignore-fail-on-non-empty", "context"],
        long_value: &["mode"],
    },
    FileFlags {
        programs: &["rm"],
        short: "dfiIrRvxW",
        short_value: "",
        long: &[
            "force",
            "interactive",
            "one-file-system",
            "no-preserve-root",
            "preserve-root",
            "recursive",
            "dir",
            "verbose",
        ],
        long_value: &[],
    },
    FileFlags { programs: &["unlink"], short: "", short_value: "", long: &[], long_value: &[] },
    FileFlags {
        programs: &["cp"],
        short: "abdfHilLnpPrRsuvxXZ",
        short_value: "",
        long: &[
            "archive",
            "attributes-only",
            "backup",
            "copy-contents",
            "force",
            "interactive",
            "link",
            "dereference",
            "no-clobber",
            "no-dereference",
            "preserve",
            "no-preserve",
            "recursive",
            "reflink",
            "remove-destination",
            "sparse",
            "strip-trailing-slashes",
            "symbolic-link",
            "no-target-directory",
            "update",
            "verbose",
            "one-file-system",
            "context",
        ],
        long_value: &[],
    },
    FileFlags {
        programs: &["mv"],
        short: "bfinTuvZ",
        short_value: "",
        long: &[
            "backup",
            "force",
            "interactive",
            "no-clobber",
            "strip-trailing-slashes",
            "no-target-directory",
            "update",
            "verbose",
            "context",
            "exchange",
            "no-copy",
        ],
        long_value: &[],
    },
    FileFlags {
        programs: &["ln"],
        short: "bdfFiLnPrsTv",
        short_value: "",
        long: &[
            "backup",
            "directory",
            "force",
            "interactive",
            "logical",
            "no-dereference",
            "physical",
            "relative",
            "symbolic",
            "no-target-directory",
            "verbose",
        ],
        long_value: &[],
    },
    FileFlags {
        programs: &["chmod", "chown", "chgrp"],
        short: "cfhHLPRv",
        short_value: "",
        long: &[
            "changes",
            "dereference",
            "no-dereference",
            "no-preserve-root",
            "preserve-root",
            "quiet",
            "silent",
            "verbose",
            "recursive",
        ],
        long_value: &[],
    },
    FileFlags {
        programs: &["stat", "file", "realpath", "readlink", "basename", "dirname"],
        short: "abeEfLmnqsvz",
        short_value: "",
        long: &["brief", "dereference", "terse", "zero"],
        long_value: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_stands_in_one_row() {
        let mut names: Vec<&str> = WRAPPERS.iter().map(|row| row.name).collect();
        names.extend(SHELLS);
        names.extend(OTHER_SHELLS);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let mut files: Vec<&str> =
            FILE_FLAGS.iter().flat_map(|row| row.programs).copied().collect();
        let count = files.len();
        files.sort_unstable();
        files.dedup();
        assert_eq!(files.len(), count);
    }

    #[test]
    fn most_programs_are_ordinary_and_none_of_the_known_is() {
        let wrappers = WRAPPERS.iter().map(|row| row.name);
        let lists = [SHELLS, OTHER_SHELLS, RUN_TEXT, DECLARE, SET_VARIABLES, EVALUATE_SUBSCRIPTS];
        let more = [LOSE_FOLDER, CALL_BACK, RUN_OPERANDS, OWN_READERS];
        for name in wrappers.chain(lists.into_iter().chain(more).flatten().copied()) {
            assert!(!is_ordinary(name), "{name}");
        }
        let usual =
            ["git", "ls", "cat", "cargo", "npm", "rg", "grep", "rm", "make", "head", "echo"];
        let ordinary = usual.iter().filter(|name| is_ordinary(name)).count();
        assert!(usual.len() * 3 < ordinary * 4, "{ordinary}");
    }

    #[test]
    fn an_option_stands_in_one_list() {
        for row in WRAPPERS {
            let mut letters: Vec<char> = row
                .short
                .chars()
                .chain(row.short_value.chars())
                .chain(row.short_attached.chars())
                .collect();
            letters.sort_unstable();
            for long in row.long {
                assert!(!row.long_value.contains(long), "{} --{long}", row.name);
            }
            for letter in letters.windows(2) {
                assert_ne!(letter[0], letter[1], "{}", row.name);
            }
        }
    }
}
