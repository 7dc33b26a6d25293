//! What is told of a file beside the policy.

use std::sync::Arc;

use policy_lang::diagnostic::{Code, Diagnostic, Label, Level};
use policy_lang::span::{Location, Source, SourceId, Span};

/// What the codes of an import mean.
pub const CODES: [Code; 6] = [
    Code {
        code: "I001",
        title: "the file does not load",
        explanation: "The runtime would not load the file either. Some runtimes then go on without \
                      all of its rules, also without its denials; others do not start. Mend what \
                      the finding points at, and see that the runtime loads the file.",
    },
    Code {
        code: "I002",
        title: "a rule is malformed",
        explanation: "The runtime skips the rule, or no pattern of a policy says what it says. \
                      Nothing of it is in the policy. Where the rule denies something, mend it: \
                      as it stands it stops nothing.",
    },
    Code {
        code: "I003",
        title: "something does not carry over",
        explanation: "The policy is stricter here than the runtime, or says nothing of it: a request \
                      does not tell what the rule asks, or it is no rule at all, as a setting of the \
                      runtime is. The help says what to write instead, where there is something. As \
                      a note it only tells what changes nothing of the decisions.",
    },
    Code {
        code: "I004",
        title: "a rule never applies",
        explanation: "The runtime reads the rule and never consults it, nothing can match it, or \
                      other rules always decide before it does. A denial like this protects nothing: \
                      write it so that the runtime looks at it, or remove it.",
    },
    Code {
        code: "I005",
        title: "a key is not known",
        explanation: "The runtime drops keys that it does not know. A slip in the name of a key that \
                      restricts something lifts the restriction. A key of a newer version of the \
                      runtime is not known either.",
    },
    Code {
        code: "I006",
        title: "a permission covers everything",
        explanation: "The program that the rule names runs whatever it is given, or its expression \
                      matches anywhere in a command, so the rule allows every command. Allow what is \
                      meant by its own name: `uv run pytest`, not `uv run`.",
    },
];

/// Findings as they come up.
pub(crate) struct Report {
    pub(super) findings: Vec<Diagnostic>,
    pub(super) lost: bool,
    pub(super) invalid: bool,
    names: Vec<Arc<Source>>,
}

/// Codex, Claude Code and others warn of these, or refuse to suggest them.
const RUN_ANYTHING: [&str; 40] = [
    "bash",
    "sh",
    "zsh",
    "dash",
    "ksh",
    "fish",
    "pwsh",
    "powershell",
    "cmd",
    "python",
    "python3",
    "python2",
    "node",
    "deno",
    "bun",
    "ruby",
    "perl",
    "php",
    "lua",
    "awk",
    "env",
    "sudo",
    "doas",
    "su",
    "xargs",
    "eval",
    "exec",
    "ssh",
    "npx",
    "pnpx",
    "bunx",
    "uvx",
    "osascript",
    "make",
    "nix",
    "docker",
    "podman",
    "tclsh",
    "Rscript",
    "command",
];

impl Report {
    pub(super) fn new(files: &[Arc<Source>]) -> Report {
        Report { findings: Vec::new(), lost: false, invalid: false, names: files.to_vec() }
    }

    /// `settings.json:12`, for a comment.
    pub(crate) fn place(&self, at: Location) -> String {
        let Some(source) = self.names.get(at.source.0 as usize) else { return String::new() };
        format!("{}:{}", source.name, source.line_column(at.span.start as usize).0)
    }

    fn add(
        &mut self,
        code: &'static str,
        level: Level,
        at: Location,
        what: String,
    ) -> &mut Diagnostic {
        self.findings.push(Diagnostic::new(code, level, at, what));
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    /// The runtime would not load it at all.
    pub(crate) fn invalid(&mut self, at: Location, what: impl Into<String>) {
        self.invalid = true;
        self.add("I001", Level::Error, at, what.into());
    }

    /// The runtime goes on without the whole file.
    pub(crate) fn dropped_file(&mut self, at: Location, what: impl Into<String>, help: &str) {
        self.lost = true;
        self.add("I001", Level::Error, at, what.into()).help = Some(help.to_owned());
    }

    /// The runtime skips the rule.
    pub(crate) fn refused(&mut self, at: Location, what: impl Into<String>, help: Option<&str>) {
        self.lost = true;
        self.add("I002", Level::Error, at, what.into()).help = help.map(str::to_owned);
    }

    /// It is not in the policy, or the policy is stricter.
    pub(crate) fn lost(&mut self, at: Location, what: impl Into<String>, help: &str) {
        self.lost = true;
        self.add("I003", Level::Warning, at, what.into()).help =
            (!help.is_empty()).then(|| help.to_owned());
    }

    /// Worth knowing, and nothing is lost.
    pub(crate) fn note(&mut self, at: Location, what: impl Into<String>, help: &str) {
        self.add("I003", Level::Info, at, what.into()).help =
            (!help.is_empty()).then(|| help.to_owned());
    }

    /// The runtime never consults it.
    pub(crate) fn never(&mut self, at: Location, what: impl Into<String>, help: &str) {
        self.add("I004", Level::Warning, at, what.into()).help =
            (!help.is_empty()).then(|| help.to_owned());
    }

    /// The runtime does not know the key, and nor do we.
    pub(crate) fn unknown_key<'k>(
        &mut self,
        at: Location,
        key: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        self.lost = true;
        let nearest = policy_lang::diagnostic::nearest(key, known);
        let help = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
        self.add("I005", Level::Warning, at, format!("the key `{key}` is not known")).help = help;
    }

    /// Another rule of the same list covers it.
    pub(crate) fn covered(&mut self, at: Location, by: Location) {
        let what = "another rule covers this one".to_owned();
        let finding = self.add("I004", Level::Info, at, what);
        let label = Label { location: by, text: "this one".to_owned(), primary: false };
        finding.labels.push(label);
    }

    /// A rule before it always decides.
    pub(crate) fn shadowed(&mut self, at: Location, by: Location) {
        let what = "a rule with a higher priority always decides before this one".to_owned();
        let finding = self.add("I004", Level::Warning, at, what);
        let label = Label { location: by, text: "this one".to_owned(), primary: false };
        finding.labels.push(label);
    }

    /// A rule behind it always decides.
    pub(crate) fn overruled(&mut self, at: Location, by: Location) {
        let what = "a later rule overrules this one, and the last one counts".to_owned();
        let finding = self.add("I004", Level::Warning, at, what);
        let label = Label { location: by, text: "this one".to_owned(), primary: false };
        finding.labels.push(label);
    }

    /// An expression that is bound to no beginning.
    pub(crate) fn anywhere(&mut self, at: Location) {
        let what = "the expression matches anywhere in a command, also in its arguments".to_owned();
        self.add("I006", Level::Warning, at, what).help =
            Some("begin it with `^` and end it with `$`".to_owned());
    }

    /// Alternatives that leave the anchors around them.
    pub(crate) fn anchors(&mut self, at: Location) {
        let what =
            "of these alternatives the first only begins a command and the last only ends it";
        self.add("I006", Level::Warning, at, what.to_owned()).help =
            Some("put them into a group: `(a|b)`".to_owned());
    }

    /// A permission of a program with a subcommand that runs anything, or reaches anything.
    pub(crate) fn mistake_runner(&mut self, at: Location, words: &str) {
        let what = format!("`{words}` runs or reaches whatever it is given");
        self.add("I006", Level::Warning, at, what).help =
            Some("allow what is meant, as in `uv run pytest`".to_owned());
    }

    /// A permission of a program that runs anything.
    pub(crate) fn wide(&mut self, at: Location, program: &str) {
        let base = program.rsplit('/').next().unwrap_or(program);
        if RUN_ANYTHING.contains(&base) {
            let what = format!("`{base}` runs whatever it is given, so this allows every command");
            self.add("I006", Level::Warning, at, what).help =
                Some("allow the commands that are meant, by their own names".to_owned());
        }
    }
}

/// A place in one of the files.
pub(crate) fn at(file: usize, span: Span) -> Location {
    Location { source: SourceId(file as u32), span }
}
