//! From a policy to a runtime's own permission rules.
//!
//! A runtime can say less than a policy: most compare the beginning of a command and nothing else.
//! So a rule of the configuration is written only where it is *proved* to hold:
//!
//! ```text
//!   rules of the policy ─► candidates: `git status …`
//!                              │  always allow run "git status ..."  ?
//!                              ├─ holds        the configuration allows it
//!                              ├─ a request    it stays asked about; the request is told
//!                              └─ not proved   it stays asked about; that is told
//! ```
//!
//! What runs without a question under the configuration is therefore never more than what does under
//! the policy. A denial that the runtime cannot say in full becomes a question there, which the hook
//! answers; each is told, with a request.

mod claims;
mod commands;
mod objects;
mod words;

pub(crate) use claims::{Claimed, Claims, Form, Shown, but_for};
pub(crate) use commands::{Prefix, is_open, prefixes, sample};
pub(crate) use objects::{hosts, object, pairs, paths, restraints};
pub(crate) use words::{is_plain_name, plain_command};

use policy_eval::{Action, Tier};
use policy_lang::compile::CompileError;
use policy_lang::diagnostic::{Code, Diagnostic, Level};
use policy_lang::model::{Model, Rule};
use policy_lang::span::Location;

use crate::runtime::Runtime;

/// What the codes of an export mean.
pub const CODES: [Code; 4] = [
    Code {
        code: "E001",
        title: "the configuration is stricter here",
        explanation: "The runtime cannot say what the rule says, so it asks where the policy is \
                      silent, or does not do at all what the policy would ask about. The finding \
                      shows a request. Nothing runs there that the policy does not allow; where the \
                      question is a burden, write the rule in a form that the runtime can say.",
    },
    Code {
        code: "E002",
        title: "left to the hook",
        explanation: "The runtime cannot say all that the rule denies. It asks about the rest, and \
                      does nothing silently. With `policy hook` in place the rest is denied as well: \
                      `policy hook RUNTIME --print-config` prints what installs it.",
    },
    Code {
        code: "E003",
        title: "not a matter of this configuration",
        explanation: "The rule speaks of something that the runtime has no permission for. Only the \
                      hook holds it. Without the hook such requests go on as the runtime does by \
                      itself.",
    },
    Code {
        code: "E004",
        title: "the sandbox is closed here",
        explanation: "What enforces the sandbox cannot say what the rule says, so it opens less: it \
                      knows no patterns below a folder, no hosts, no ports, or does not tell writing \
                      from deleting. A sandbox asks nobody, so what depends on a condition, is asked \
                      about or is reviewed is closed too.",
    },
];

/// The runtimes that a policy can be written for.
pub const SUPPORTED: [Runtime; 4] =
    [Runtime::Codex, Runtime::ClaudeCode, Runtime::GeminiCli, Runtime::OpenCode];

/// How a policy is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `policy hook` is installed beside the configuration, so what the runtime does not see is
    /// refused. Only opencode's rules depend on it.
    pub with_hook: bool,
}

/// One file of a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What the runtime calls it.
    pub name: &'static str,
    /// What stands in it.
    pub text: String,
}

/// A configuration, and what it does not say.
#[derive(Clone, Debug)]
pub struct Export {
    /// The files; the main one comes first.
    pub files: Vec<File>,
    /// What is lost. Places are in the policy.
    pub findings: Vec<Diagnostic>,
    /// How many rules of the configuration allow something, each of them proved.
    pub proved: usize,
}

impl Export {
    /// Whether the policy says something that the configuration does not.
    pub fn is_lossy(&self) -> bool {
        self.findings.iter().any(|finding| finding.level != Level::Info)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// No configuration is written for this runtime.
    #[error("a policy cannot be exported to `{runtime}`; it can to {}", supported())]
    Unsupported {
        /// The runtime.
        runtime: Runtime,
    },
    /// The policy is larger than the published limits.
    #[error(transparent)]
    TooLarge(#[from] CompileError),
}

fn supported() -> String {
    SUPPORTED.map(Runtime::name).join(", ")
}

/// Writes a policy as the configuration of a runtime that is never silent where the policy is not. A
/// denial may become a question, which is told.
///
/// # Example
/// ```
/// use policy_hosts::{Runtime, export};
/// use policy_lang::{check::no_includes, load, span::Source};
///
/// let text = "allow run \"docker ps ...\" with outside sandbox\ndeny run \"git push ...\"";
/// let model = load(vec![Source::new("a.policy", text)], &no_includes)?;
/// let written = export::export(Runtime::Codex, &model, export::Options::default())
///     .expect("Codex is supported");
/// assert!(written.files[0].text.contains(r#"["docker", "ps"], decision = "allow""#));
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Errors
/// When there is no export to the runtime, and when the policy is larger than the limits.
///
/// # Cost
/// A proof for each rule that is written, some milliseconds as a rule. A proof that is cut short by
/// its budget makes the configuration stricter.
pub fn export(runtime: Runtime, model: &Model, options: Options) -> Result<Export, ExportError> {
    if !SUPPORTED.contains(&runtime) {
        return Err(ExportError::Unsupported { runtime });
    }
    let claims = Claims::new(model)?;
    let mut losses = Losses { model, findings: Vec::new() };
    let (files, proved) = match runtime {
        Runtime::Codex => crate::codex::export(&claims, &mut losses),
        Runtime::ClaudeCode => crate::claude_code::export(&claims, &mut losses),
        Runtime::GeminiCli => crate::gemini_cli::export(&claims, &mut losses),
        Runtime::OpenCode => crate::opencode::export(&claims, options, &mut losses),
        _ => return Err(ExportError::Unsupported { runtime }),
    };
    losses.findings.sort_by_key(|finding| (finding.location(), finding.code));
    Ok(Export { files, findings: losses.findings, proved })
}

/// What is lost, as it comes up. A rule is told once for each code.
pub(crate) struct Losses<'m> {
    model: &'m Model,
    findings: Vec<Diagnostic>,
}

impl Losses<'_> {
    fn add(
        &mut self,
        code: &'static str,
        level: Level,
        at: Location,
        what: String,
        shown: Option<Shown>,
        help: &str,
    ) {
        let is_told = |one: &Diagnostic| one.code == code && one.location() == Some(at);
        if self.findings.iter().any(is_told) {
            return;
        }
        let mut finding = Diagnostic::new(code, level, at, what);
        if let Some(shown) = shown {
            finding = finding.primary(format!(
                "`{}` is `{}` by the policy and `{}` there",
                shown.request, shown.policy, shown.runtime
            ));
            finding = finding.witness(shown.json);
        }
        if !help.is_empty() {
            finding = finding.help(help);
        }
        self.findings.push(finding);
    }

    /// The runtime asks or refuses where the policy does not.
    pub(crate) fn stricter(&mut self, rule: &Rule, what: &str, shown: Option<Shown>, help: &str) {
        let what = format!("`{}` {what}", rule.name);
        self.add("E001", Level::Warning, rule.at, what, shown, help);
    }

    /// What a rule allows and the configuration does not, in part or in full.
    pub(crate) fn in_part(&mut self, rule: &Rule, lost: Option<Claimed>) {
        let what = match lost {
            None => return,
            Some(Claimed::Fails(shown)) => format!(
                "is not allowed in full: `{}` is `{}`, and a rule would allow it too",
                shown.request, shown.policy
            ),
            Some(_) => "is asked about, in part or in full".to_owned(),
        };
        self.stricter(rule, &what, None, "");
    }

    /// The runtime has no reviewer.
    pub(crate) fn review(&mut self, rule: &Rule, claims: &Claims<'_>, governed: &[Action]) {
        if !governed.iter().any(|&action| rule.actions.contains(action)) {
            return;
        }
        let words = commands::sample(rule).filter(|_| rule.actions.contains(Action::Run));
        let shown = words.and_then(|words| claims.command(&words, "ask"));
        let shown = shown.filter(|shown| shown.policy == Tier::Review);
        self.stricter(rule, "is asked about instead of reviewed", shown, "");
    }

    /// The beginnings of the commands that a rule allows; where it names none, that is told.
    pub(crate) fn beginnings(&mut self, rule: &Rule) -> Vec<Prefix> {
        let all = commands::prefixes(rule);
        if all.is_empty() {
            let what = "names no words that a command begins with, so its commands are asked about";
            self.stricter(rule, what, None, "");
        }
        all
    }

    /// The runtime asks where the policy denies.
    pub(crate) fn left_to_the_hook(&mut self, rule: &Rule, shown: Option<Shown>) {
        let what = format!("`{}` is not denied in full by the configuration", rule.name);
        let help = "what is left is asked about; `policy hook` denies it";
        self.add("E002", Level::Warning, rule.at, what, shown, help);
    }

    /// Rules about actions that the runtime has no permissions for.
    pub(crate) fn not_governed(&mut self, governed: &[Action], runtime: &str) {
        for rule in &self.model.rules {
            let policy_lang::model::Effect::Tier(..) = rule.effect else { continue };
            let others: Vec<String> = rule
                .actions
                .iter()
                .filter(|action| !governed.contains(action))
                .map(|action| format!("`{action}`"))
                .collect();
            if others.is_empty() {
                continue;
            }
            let what = format!(
                "`{}` speaks of {}, which this configuration of {runtime} does not",
                rule.name,
                others.join(", ")
            );
            let level = match rule.effect {
                policy_lang::model::Effect::Tier(Tier::Allow, _) => Level::Info,
                _ => Level::Warning,
            };
            self.add("E003", level, rule.at, what, None, "`policy hook` holds it");
        }
    }
}
