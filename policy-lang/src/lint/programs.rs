//! What is known of programs that do more than their names say: one list each.
//!
//! A row says only what the program's manual says. A program that is missing is not reported.

use std::collections::HashMap;

use super::Lint;
use super::allowance::Report;
use super::context::{Context, Offence, Sentence};
use crate::interp::token_matches;
use crate::model::pattern::{CommandPattern, Flag, TokenPattern, WordItem};
use crate::span::{Location, Span};

/// What makes a command dangerous.
#[derive(Clone, Copy, Debug)]
pub(super) enum Danger {
    /// Whatever it is told.
    Always,
    /// Where any words may follow.
    Words,
    /// These flags.
    Flags(&'static [&'static str]),
}

/// Commands that begin alike, and what they do beside what they are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) programs: &'static [&'static str],
    /// The words that follow the program, one of them; empty: none need follow.
    pub(super) then: &'static [&'static str],
    pub(super) danger: Danger,
    /// Behind the program's name: "runs what `-c` names".
    pub(super) does: &'static str,
}

use Danger::{Always, Flags, Words};

const fn row(
    programs: &'static [&'static str],
    then: &'static [&'static str],
    danger: Danger,
    does: &'static str,
) -> Row {
    Row { programs, then, danger, does }
}

/// Programs that run a program text: a file, or an argument. Shells are not among them: the engine
/// reads what they run.
pub(super) const INTERPRETERS: &[&str] = &[
    "python",
    "python2",
    "python3",
    "pypy",
    "pypy3",
    "node",
    "nodejs",
    "deno",
    "ruby",
    "perl",
    "php",
    "lua",
    "luajit",
    "tclsh",
    "Rscript",
    "julia",
    "groovy",
    "scala",
    "jshell",
    "ghci",
    "runghc",
    "elixir",
    "erl",
    "escript",
    "osascript",
    "guile",
    "racket",
    "sbcl",
    "swift",
    "ts-node",
    "tsx",
    "irb",
    "ipython",
    "gawk",
    "awk",
    "mawk",
    "nawk",
    "bpython",
];

/// Flags of interpreters behind which code or the name of code stands.
pub(super) const CODE_FLAGS: &[&str] =
    &["-c", "-e", "-E", "-m", "-p", "-r", "--eval", "--print", "eval", "run", "-Command", "/c"];

/// Programs that run other programs, where the engine cannot see which.
pub(super) const RUNNERS: &[Row] = &[
    row(&["git"], &[], Words, "runs programs: with `-c`, by an alias, with `bisect run`"),
    row(&["git"], &["config"], Words, "sets programs that git runs later: pagers, hooks, aliases"),
    row(
        &["git"],
        &["submodule", "bisect", "difftool", "mergetool", "filter-branch"],
        Words,
        "runs programs that its words name",
    ),
    row(&["git"], &["rebase"], Flags(&["-x", "--exec"]), "runs what `--exec` names"),
    row(&["git"], &["grep"], Flags(&["-O", "--open-files-in-pager"]), "runs what `-O` names"),
    row(
        &["make", "gmake"],
        &[],
        Flags(&["-f", "--file", "--makefile", "-C", "--directory", "--eval"]),
        "runs the recipes of any file",
    ),
    row(&["just", "task", "rake", "invoke", "mage"], &[], Words, "runs any recipe of any file"),
    row(
        &["npm", "pnpm", "yarn", "bun"],
        &[],
        Words,
        "runs scripts and packages: `exec`, `run`, `dlx`",
    ),
    row(
        &["npm", "pnpm", "yarn", "bun"],
        &["run", "run-script", "exec", "dlx", "x"],
        Words,
        "runs any script or package",
    ),
    row(&["npx", "bunx", "pnpx", "uvx", "pipx"], &[], Words, "fetches a package and runs it"),
    row(
        &["uv", "poetry", "pipenv", "pdm", "hatch", "rye", "bundle"],
        &["run", "exec"],
        Words,
        "runs any program",
    ),
    row(&["cargo"], &[], Words, "runs any program whose name begins with `cargo-`"),
    row(
        &["cargo"],
        &["build", "check", "test", "clippy", "run", "doc", "bench"],
        Flags(&["--config"]),
        "runs the compiler wrapper that `--config` names",
    ),
    row(&["go"], &[], Words, "runs programs: `run`, `generate`, `tool`"),
    row(&["go"], &["run"], Words, "fetches a package and runs it"),
    row(
        &["go"],
        &["test", "vet", "build"],
        Flags(&["-exec", "-toolexec"]),
        "runs what `-exec` or `-toolexec` names",
    ),
    row(
        &["docker", "podman", "nerdctl"],
        &[],
        Words,
        "runs any program in a container, which may have any folder of the machine",
    ),
    row(
        &["docker", "podman", "nerdctl"],
        &["run", "exec", "create", "build"],
        Words,
        "runs any program in a container, which may have any folder of the machine",
    ),
    row(&["kubectl", "oc"], &[], Words, "runs programs in the cluster, and changes it"),
    row(&["kubectl", "oc"], &["exec", "run", "debug"], Words, "runs programs in the cluster"),
    row(
        &["sudo", "doas", "pkexec", "su", "runuser"],
        &[],
        Always,
        "runs a program as another user, which no sandbox holds",
    ),
    row(&["ssh", "mosh"], &[], Words, "runs any program on another machine"),
    row(&["scp", "sftp"], &[], Flags(&["-S", "-o"]), "runs what `-S` or `-o ProxyCommand` names"),
    row(&["rsync"], &[], Flags(&["-e", "--rsh"]), "runs what `-e` names"),
    row(
        &["tar", "bsdtar"],
        &[],
        Flags(&["-I", "--use-compress-program", "--to-command", "--checkpoint-action"]),
        "runs what `-I`, `--to-command` or `--checkpoint-action` names",
    ),
    row(
        &["fd", "fdfind"],
        &[],
        Flags(&["-x", "-X", "--exec", "--exec-batch"]),
        "runs what `-x` names",
    ),
    row(&["rg"], &[], Flags(&["--pre", "--hostname-bin"]), "runs what `--pre` names"),
    row(&["ag", "ack", "bat", "batcat"], &[], Flags(&["--pager"]), "runs what `--pager` names"),
    row(&["man"], &[], Flags(&["-P", "--pager", "-H", "--html"]), "runs what `-P` or `-H` names"),
    row(&["sort"], &[], Flags(&["--compress-program"]), "runs what `--compress-program` names"),
    row(&["sed", "gsed"], &[], Words, "runs programs and writes files: its commands `e` and `w`"),
    row(
        &["vi", "vim", "nvim", "emacs", "ed", "ex", "nano"],
        &[],
        Words,
        "is an editor, which runs what it is told",
    ),
    row(
        &["gdb", "lldb", "expect", "tmux", "screen", "entr", "at", "batch"],
        &[],
        Words,
        "runs any program",
    ),
    row(
        &["crontab", "systemctl", "systemd-run", "launchctl", "service", "schtasks"],
        &[],
        Words,
        "runs programs later, or as a service",
    ),
    row(
        &["psql", "mysql", "sqlite3"],
        &[],
        Words,
        "has commands of its own that run programs and read files",
    ),
    row(&["gh"], &[], Words, "runs extensions and aliases, and calls everything behind your token"),
];

/// Programs whose flags write or remove files.
pub(super) const WRITERS: &[Row] = &[
    row(
        &["git"],
        &["diff", "log", "show", "whatchanged"],
        Flags(&["--output"]),
        "writes the file that `--output` names",
    ),
    row(
        &["git"],
        &["format-patch", "archive"],
        Flags(&["-o", "--output", "--output-directory"]),
        "writes where `-o` says",
    ),
    row(&["sort"], &[], Flags(&["-o", "--output"]), "writes the file that `-o` names"),
    row(&["tree"], &[], Flags(&["-o"]), "writes the file that `-o` names"),
    row(
        &["find", "gfind"],
        &[],
        Flags(&["-delete", "-fprint", "-fprint0", "-fprintf", "-fls"]),
        "removes what it finds with `-delete`, and writes files with `-fprint`",
    ),
    row(&["date"], &[], Flags(&["-s", "--set"]), "sets the clock with `-s`"),
    row(
        &["curl"],
        &[],
        Flags(&[
            "-o",
            "-O",
            "--output",
            "--remote-name",
            "-K",
            "--config",
            "-T",
            "--upload-file",
            "-D",
            "--dump-header",
            "-c",
            "--cookie-jar",
        ]),
        "writes the file that `-o` names, and sends the file that `-T` names",
    ),
    row(&["wget", "aria2c"], &[], Words, "writes what it fetches, where its flags say"),
    row(
        &["tee", "dd", "install", "truncate", "shred"],
        &[],
        Words,
        "writes the files that its words name",
    ),
    row(
        &["less"],
        &[],
        Flags(&["-o", "-O", "--log-file", "--LOG-FILE"]),
        "writes the file that `-o` names",
    ),
    row(&["yq"], &[], Flags(&["-i", "--inplace"]), "changes files with `-i`"),
    row(
        &["openssl", "gpg"],
        &[],
        Flags(&["-out", "-o", "--output"]),
        "writes the file that its flags name",
    ),
];

/// Programs whose inner command the engine judges by itself, so that to allow them allows nothing.
pub(super) const WRAPPERS: &[&str] = &[
    "env", "nice", "nohup", "stdbuf", "time", "timeout", "xargs", "parallel", "watch", "strace",
    "ltrace", "flock", "busybox", "setsid", "ionice", "chrt", "taskset", "unshare", "nsenter",
    "chroot", "script", "exec", "eval", "bash", "sh", "zsh", "dash", "ksh", "fish", "pwsh",
];

/// The beginning of a command pattern: words one after the other, and whether any words may follow
/// them at once. A pattern with alternatives has several.
#[derive(Clone, Debug)]
pub(super) struct Beginning<'p> {
    pub(super) words: Vec<&'p TokenPattern>,
    /// `...` or `*` stands behind the words.
    pub(super) is_open: bool,
}

/// How many words of a pattern are looked at.
const MOST_WORDS: usize = 4;
/// How many beginnings of a pattern are looked at.
const MOST_BEGINNINGS: usize = 256;

/// The beginnings of a pattern.
pub(super) fn beginnings(pattern: &CommandPattern) -> Vec<Beginning<'_>> {
    let mut found = Vec::new();
    begin(&mut Vec::new(), &mut vec![&pattern.items], &mut found);
    found
}

/// Follows the items on the top of `open`, then those below: what stands behind an alternative.
fn begin<'p>(
    words: &mut Vec<&'p TokenPattern>,
    open: &mut Vec<&'p [WordItem]>,
    found: &mut Vec<Beginning<'p>>,
) {
    if MOST_BEGINNINGS <= found.len() {
        return;
    }
    while open.last().is_some_and(|items| items.is_empty()) {
        open.pop();
    }
    let ends = |is_open| Beginning { words: words.clone(), is_open };
    let Some(items) = open.last().copied().filter(|_| words.len() < MOST_WORDS) else {
        found.push(ends(false));
        return;
    };
    match &items[0] {
        WordItem::AnyWords => found.push(ends(true)),
        WordItem::Word(word) if word.is_any() => found.push(ends(true)),
        WordItem::Word(word) => {
            let mut rest = open.clone();
            rest.pop();
            rest.push(&items[1..]);
            words.push(word);
            begin(words, &mut rest, found);
            words.pop();
        }
        WordItem::Alternatives(all) => {
            for alternative in all {
                let mut rest = open.clone();
                rest.pop();
                rest.push(&items[1..]);
                rest.push(alternative);
                begin(words, &mut rest, found);
            }
        }
    }
}

/// Whether any words, or a word of any kind, may stand somewhere in the pattern.
pub(super) fn has_gap(items: &[WordItem]) -> bool {
    items.iter().any(|item| match item {
        WordItem::AnyWords => true,
        WordItem::Word(word) => word.is_any(),
        WordItem::Alternatives(all) => all.iter().any(|items| has_gap(items)),
    })
}

/// Of the names those that a word of a pattern may be.
pub(super) fn named<'n>(word: &TokenPattern, names: &[&'n str]) -> Option<&'n str> {
    match word.as_literal() {
        Some(text) => names.iter().copied().find(|name| *name == text),
        None => names.iter().copied().find(|name| token_matches(word, name)),
    }
}

/// The flags of a list that a pattern does not forbid.
pub(super) fn not_forbidden(
    pattern: &CommandPattern,
    flags: &'static [&'static str],
) -> Vec<&'static str> {
    let forbids = |flag: &Flag| {
        pattern.flags.iter().any(|constraint| {
            constraint.forbids
                && (constraint.flags.contains(flag) || constraint.flags.contains(&Flag::Any))
        })
    };
    flags.iter().copied().filter(|written| !forbids(&flag(written))).collect()
}

/// A flag of the tables above as patterns have it.
fn flag(written: &str) -> Flag {
    match written.strip_prefix("--") {
        Some(long) => Flag::Long(long.to_owned()),
        None => {
            let letters = written.trim_start_matches('-');
            let mut chars = letters.chars();
            match (chars.next(), chars.next()) {
                (Some(letter), None) => Flag::Short(letter),
                _ => Flag::Whole(letters.to_owned()),
            }
        }
    }
}

/// What a pattern reaches.
pub(super) struct Reached {
    pub(super) row: &'static Row,
    /// The program's name.
    pub(super) program: &'static str,
    /// The flags that make it dangerous and are not forbidden.
    pub(super) flags: Vec<&'static str>,
}

/// The first row of a table that a pattern reaches.
pub(super) fn reaches(pattern: &CommandPattern, table: &'static [Row]) -> Option<Reached> {
    beginnings(pattern).iter().find_map(|beginning| {
        let (program, rest) = beginning.words.split_first()?;
        if program.is_any() {
            return None;
        }
        table.iter().find_map(|row| {
            let name = named(program, row.programs)?;
            let (open, flags) = match row.danger {
                Danger::Always => (true, Vec::new()),
                Danger::Words => {
                    let exact = if row.then.is_empty() { 0 } else { 1 };
                    (rest.len() == exact && beginning.is_open, Vec::new())
                }
                Danger::Flags(flags) => {
                    let flags = not_forbidden(pattern, flags);
                    (!flags.is_empty() && has_gap(&pattern.items), flags)
                }
            };
            let follows = match (row.then, rest.first()) {
                ([], _) => true,
                (then, Some(word)) => named(word, then).is_some(),
                (_, None) => false,
            };
            (open && follows).then_some(Reached { row, program: name, flags })
        })
    })
}

/// What must be forbidden behind the first words of a command before any words may follow them:
/// flags that run other programs or write files. None where nothing that can be forbidden is enough:
/// an interpreter, a wrapper, a program that runs what its words say.
///
/// # Example
/// ```
/// use policy_lang::lint::flags_to_forbid;
/// assert_eq!(flags_to_forbid(&["cargo", "test"]), Some(vec!["--config"]));
/// assert_eq!(flags_to_forbid(&["python3"]), None);
/// ```
pub fn flags_to_forbid(words: &[&str]) -> Option<Vec<&'static str>> {
    let (program, rest) = words.split_first()?;
    if INTERPRETERS.contains(program) || WRAPPERS.contains(program) {
        return None;
    }
    let mut forbidden = Vec::new();
    for row in RUNNERS.iter().chain(WRITERS).filter(|row| row.programs.contains(program)) {
        let follows = row.then.is_empty() || rest.first().is_some_and(|it| row.then.contains(it));
        match row.danger {
            _ if !follows => {}
            Danger::Always => return None,
            Danger::Words if row.then.is_empty() && !rest.is_empty() => {}
            Danger::Words => return None,
            Danger::Flags(flags) => {
                for flag in flags {
                    if !forbidden.contains(flag) {
                        forbidden.push(*flag);
                    }
                }
            }
        }
    }
    Some(forbidden)
}

/// Reports the patterns of a sentence that reach a table. What is missing is a brace that forbids
/// flags, where that is enough.
pub(super) fn report_reached(
    context: &Context<'_>,
    report: &mut Report<'_>,
    sentence: &Sentence<'_>,
    lint: &Lint,
    table: &'static [Row],
    does: &str,
) {
    let mut braces: HashMap<Location, String> = HashMap::new();
    let mut offences = Vec::new();
    for pattern in sentence.commands() {
        let Some(reached) = reaches(pattern, table) else { continue };
        if !reached.flags.is_empty() {
            braces.insert(pattern.at, format!("{{no {}}}", reached.flags.join("|")));
        }
        let why = format!("`{}` {}", reached.program, reached.row.does);
        offences.push(Offence { at: pattern.at, written: pattern.written.clone(), why });
    }
    sentence.report(
        context,
        report,
        lint,
        offences,
        |names| format!("{names} {does}"),
        |finding, offences| {
            let brace = offences.first().and_then(|first| braces.get(&first.at));
            let Some(brace) = brace else {
                return finding
                    .help("name what is meant, word by word; or let a person see it: `ask`");
            };
            let finding = finding.help(format!("forbid it: `{brace}`"));
            // In the sentence itself nothing else hangs on the pattern, and less is allowed.
            match (offences, offences.first().and_then(|first| before_last_gap(context, first.at)))
            {
                ([only], Some(at)) if finding.location() == Some(only.at) => {
                    finding.edit(at, format!("{brace} "))
                }
                _ => finding,
            }
        },
    );
}

/// The place before the `...` at the end of a pattern.
fn before_last_gap(context: &Context<'_>, at: Location) -> Option<Location> {
    let text = context.text(at);
    let end = at.span.start as usize + text.strip_suffix(" ...\"")?.len() + 1;
    Some(Location { source: at.source, span: Span::new(end, end) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::no_includes;
    use crate::span::Source;
    use policy_eval::{Request, Tier};

    /// What becomes of a command where only commands that begin with its program are allowed.
    fn tier(program: &str, line: &str) -> Tier {
        let text = format!("default ask\nallow run \"{program} ...\"\n");
        let policy = crate::compile(vec![Source::new("a.policy", text)], &no_includes).unwrap();
        policy.decide(&Request::shell(line)).tier
    }

    #[test]
    fn what_wrappers_run_is_judged_by_itself() {
        for program in WRAPPERS {
            let line = match *program {
                "timeout" => "timeout 5 rm x".to_owned(),
                program => format!("{program} rm x"),
            };
            assert_eq!(tier(program, &line), Tier::Ask, "{line}");
        }
    }

    #[test]
    fn what_interpreters_and_runners_run_is_not() {
        for program in INTERPRETERS {
            assert_eq!(tier(program, &format!("{program} x")), Tier::Allow, "{program}");
        }
        for row in RUNNERS.iter().filter(|row| row.then.is_empty()) {
            for program in row.programs {
                assert_eq!(tier(program, &format!("{program} rm x")), Tier::Allow, "{program}");
            }
        }
    }
}
