//! A policy as rules and configuration of Codex.
//!
//! Codex runs what a rule allows *outside* its sandbox, and a few programs that it holds for
//! harmless inside it without a question. So `allow` is written where the policy allows a command
//! with `outside sandbox`; a harmless program that the policy does not allow gets `prompt`; and all
//! else is asked about (`approval_policy = "untrusted"`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use policy_eval::{Action, Tier};
use policy_lang::model::{Effect, Rule};

use crate::export::{Claimed, Claims, File, Form, Losses, Prefix, prefixes, sample};

/// Folders that the policy trusts; a program given by another path is asked about.
const FOLDERS: [&str; 3] = ["/bin", "/usr/bin", "/usr/local/bin"];

/// Programs that Codex runs in the sandbox without a question, whatever their arguments.
const HARMLESS: [&str; 24] = [
    "cat", "cd", "cut", "echo", "expr", "false", "grep", "head", "id", "ls", "nl", "numfmt",
    "paste", "pwd", "rev", "seq", "stat", "tac", "tail", "tr", "true", "uname", "uniq", "wc",
];

/// The same, and what their arguments must not be.
const MOSTLY_HARMLESS: [(&str, &str); 6] = [
    ("which", "which ..."),
    ("whoami", "whoami ..."),
    ("base64", "base64 {no -o|--output} ..."),
    ("find", "find {no -exec|-execdir|-ok|-okdir|-delete|-fls|-fprint|-fprint0|-fprintf} ..."),
    ("rg", "rg {no --pre|--hostname-bin|--search-zip|-z} ..."),
    ("sed", "sed -n <[0-9]+(,[0-9]+)?p> ..."),
];

pub(crate) fn export(claims: &Claims<'_>, losses: &mut Losses<'_>) -> (Vec<File>, usize) {
    let mut rules = Rules::default();
    let programs = HARMLESS
        .iter()
        .map(|program| (*program, format!("{program} ...")))
        .chain(MOSTLY_HARMLESS.iter().map(|(program, form)| (*program, (*form).to_owned())));
    for (program, form) in programs {
        let sentence = format!("always allow run {}", crate::import::quote::literal(&form));
        match claims.claim(&sentence).holds() {
            true => rules.silent.insert(program),
            false => rules.asked.insert(program),
        };
    }
    for rule in &claims.model.rules {
        if !rule.actions.contains(Action::Run) {
            continue;
        }
        match rule.effect {
            Effect::Tier(Tier::Allow, _) => rules.allow(rule, claims, losses),
            Effect::Tier(Tier::Review, _) => {
                let shown = sample(rule).and_then(|words| claims.command(&words, "ask"));
                let shown = shown.filter(|shown| shown.policy == Tier::Review);
                let help = "who answers is one setting for all of Codex, `approvals_reviewer`";
                losses.stricter(rule, "is asked about instead of reviewed", shown, help);
            }
            Effect::Tier(Tier::Deny, _) => rules.deny(rule, claims, losses),
            _ => {}
        }
    }
    if claims.model.default_tier(Action::Run) == Tier::Deny {
        rules.denies_the_rest = true;
    }
    losses.not_governed(&[Action::Run], "Codex");
    let proved = rules.allowed.len() + rules.silent.len();
    let files = vec![
        File { name: "default.rules", text: rules.text() },
        File { name: "config.toml", text: CONFIG.to_owned() },
    ];
    (files, proved)
}

const CONFIG: &str = "\
# Written by `policy export codex`. Ask about every command that no rule speaks of.
approval_policy = \"untrusted\"

# Commands read files, write none and reach no network; to do more is asked about.
sandbox_mode = \"read-only\"

# Search is not asked about, so it is off.
web_search = \"disabled\"
";

#[derive(Default)]
struct Rules {
    /// Harmless programs that the policy allows as well.
    silent: BTreeSet<&'static str>,
    /// Harmless programs that it does not.
    asked: BTreeSet<&'static str>,
    allowed: BTreeSet<Vec<String>>,
    denied: BTreeMap<Vec<String>, Option<String>>,
    denies_the_rest: bool,
}

impl Rules {
    fn allow(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        let candidates = prefixes(rule);
        if candidates.is_empty() {
            let what = "names no words that a command begins with, so its commands are asked about";
            losses.stricter(rule, what, None, "");
        }
        for prefix in candidates {
            match self.try_allow(&prefix, claims) {
                Tried::Allowed => {}
                Tried::InSandbox => {
                    let shown = claims.command(&prefix.words, "ask");
                    let shown = shown.filter(|shown| shown.policy == Tier::Allow);
                    losses.stricter(
                        rule,
                        "is asked about: Codex runs what a rule allows outside its sandbox",
                        shown,
                        "`with outside sandbox` says that this is meant",
                    );
                }
                Tried::Not(claimed) => {
                    let what = match &claimed {
                        Claimed::Fails(shown) => format!(
                            "is asked about: a rule of Codex would allow `{}` too, which is `{}`",
                            shown.request, shown.policy
                        ),
                        _ => "is asked about: that all of it is allowed was not proved".to_owned(),
                    };
                    let shown = claims.command(&prefix.words, "ask");
                    let shown = shown.filter(|shown| shown.policy == Tier::Allow);
                    losses.stricter(rule, &what, shown, "");
                }
            }
        }
    }

    fn try_allow(&mut self, prefix: &Prefix, claims: &Claims<'_>) -> Tried {
        if self.allowed.contains(&prefix.words) {
            return Tried::Allowed;
        }
        let claimed = claims.beginning(prefix, Form::Open);
        if !claimed.holds() {
            return Tried::Not(claimed);
        }
        if claims.beginning_outside(prefix).holds() {
            self.allowed.insert(prefix.words.clone());
            return Tried::Allowed;
        }
        match prefix.words.first().is_some_and(|program| self.silent.contains(&**program)) {
            true => Tried::Allowed,
            false => Tried::InSandbox,
        }
    }

    fn deny(&mut self, rule: &Rule, claims: &Claims<'_>, losses: &mut Losses<'_>) {
        for prefix in prefixes(rule) {
            if claims.claim(&format!("always deny run {}", prefix.open())).holds() {
                self.denied.insert(prefix.words, rule.reason.clone());
            }
        }
        let Some(words) = sample(rule) else {
            losses.left_to_the_hook(rule, None);
            return;
        };
        // The same command behind a wrapper, or with a flag somewhere else: no prefix sees it.
        let mut wrapped = vec!["timeout".to_owned(), "5".to_owned()];
        wrapped.extend(words.iter().cloned());
        let is_covered =
            |words: &[String]| self.denied.keys().any(|denied| words.starts_with(denied));
        let shown = [words, wrapped]
            .into_iter()
            .filter(|words| !is_covered(words))
            .filter_map(|words| claims.command(&words, "ask"))
            .find(|shown| shown.policy == Tier::Deny);
        losses.left_to_the_hook(rule, shown);
    }

    fn text(&self) -> String {
        let mut out = String::from(
            "# Written by `policy export codex`: nothing runs in silence that the policy would ask about.\n\
             # Commands that no rule speaks of are asked about, by `approval_policy` in `config.toml`.\n",
        );
        if self.denies_the_rest {
            out.push_str(
                "# The policy denies them; Codex has no rule for that, the hook does it.\n",
            );
        }
        let programs: BTreeSet<&String> =
            self.allowed.iter().filter_map(|words| words.first()).collect();
        let named: Vec<&&String> =
            programs.iter().filter(|program| !program.contains('/')).collect();
        if !named.is_empty() {
            out.push_str(
                "\n# Allowed by these paths only: another file of the name is asked about.\n",
            );
        }
        for program in named {
            let paths: Vec<String> =
                FOLDERS.iter().map(|folder| text(&format!("{folder}/{program}"))).collect();
            let _ = writeln!(
                out,
                "host_executable(name = {}, paths = [{}])",
                text(program),
                paths.join(", ")
            );
        }
        section(&mut out, "Allowed, and run outside the sandbox.", &self.allowed, "allow");
        if !self.asked.is_empty() {
            out.push_str("\n# Codex would run these without a question.\n");
            let all: Vec<String> = self.asked.iter().map(|program| text(program)).collect();
            let _ = writeln!(
                out,
                "prefix_rule(pattern = [[{}]], decision = \"prompt\")",
                all.join(", ")
            );
        }
        if !self.denied.is_empty() {
            out.push_str("\n# Denied.\n");
        }
        for (words, reason) in &self.denied {
            if (1..words.len()).any(|length| self.denied.contains_key(&words[..length])) {
                continue;
            }
            let justification = match reason.as_deref().map(str::trim) {
                Some(reason) if !reason.is_empty() => {
                    format!(", justification = {}", text(reason))
                }
                _ => String::new(),
            };
            let _ = writeln!(
                out,
                "prefix_rule(pattern = {}, decision = \"forbidden\"{justification})",
                list(words)
            );
        }
        out
    }
}

enum Tried {
    /// It runs without a question.
    Allowed,
    /// The policy allows it in the sandbox only.
    InSandbox,
    Not(Claimed),
}

fn section(out: &mut String, title: &str, all: &BTreeSet<Vec<String>>, decision: &str) {
    if !all.is_empty() {
        let _ = writeln!(out, "\n# {title}");
    }
    for words in all {
        // A rule for more words is a part of one for fewer.
        let is_covered = (1..words.len()).any(|length| all.contains(&words[..length]));
        if !is_covered {
            let _ =
                writeln!(out, "prefix_rule(pattern = {}, decision = \"{decision}\")", list(words));
        }
    }
}

fn list(words: &[String]) -> String {
    format!("[{}]", words.iter().map(|word| text(word)).collect::<Vec<_>>().join(", "))
}

/// A text of Starlark.
fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
