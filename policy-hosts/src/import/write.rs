//! Sentences as they are written down.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use policy_eval::{Policy, Request, Tier, shell_word};
use policy_lang::model::Model;
use policy_lang::span::{Location, Source};
use policy_lang::{Failure, check, compile};

use super::quote;
use super::{ImportError, Report};
use crate::runtime::Runtime;

/// One sentence. Objects and conditions are policy text: what comes from a file went through
/// [`quote`].
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    pub(crate) verb: String,
    pub(crate) actions: String,
    pub(crate) objects: Vec<String>,
    pub(crate) except: Vec<String>,
    /// All of these must hold.
    pub(crate) when: Vec<String>,
    /// None of these may hold.
    pub(crate) unless: Vec<String>,
    pub(crate) outside_sandbox: bool,
    pub(crate) because: Option<String>,
}

impl Sentence {
    pub(crate) fn new(tier: Tier, actions: &str) -> Sentence {
        Sentence::of(tier.name(), actions)
    }

    pub(crate) fn of(verb: &str, actions: &str) -> Sentence {
        Sentence {
            verb: verb.to_owned(),
            actions: actions.to_owned(),
            objects: Vec::new(),
            except: Vec::new(),
            when: Vec::new(),
            unless: Vec::new(),
            outside_sandbox: false,
            because: None,
        }
    }

    pub(crate) fn object(mut self, object: impl Into<String>) -> Sentence {
        self.objects.push(object.into());
        self
    }

    pub(crate) fn objects(mut self, objects: impl IntoIterator<Item = String>) -> Sentence {
        self.objects.extend(objects);
        self
    }

    pub(crate) fn except(mut self, objects: impl IntoIterator<Item = String>) -> Sentence {
        self.except.extend(objects);
        self
    }

    pub(crate) fn when(mut self, condition: impl Into<String>) -> Sentence {
        self.when.push(condition.into());
        self
    }

    pub(crate) fn unless(mut self, condition: impl Into<String>) -> Sentence {
        self.unless.push(condition.into());
        self
    }

    pub(crate) fn because(mut self, reason: Option<&str>) -> Sentence {
        self.because = reason.map(str::to_owned);
        self
    }
}

/// What places in the policy are said to be in.
pub(super) const NAME: &str = "imported.policy";

/// The policy as it grows.
pub(crate) struct Writer {
    head: String,
    /// Attributes that sentences ask for, with their types.
    declared: BTreeMap<String, &'static str>,
    /// Each a sentence, a comment or nothing, with where it comes from.
    lines: Vec<(String, Option<Location>)>,
    /// A heading that waits for what stands under it.
    waiting: Option<String>,
    examples: Vec<Example>,
}

/// A command of which the files say whether a rule matches it.
struct Example {
    words: Vec<String>,
    /// The tier of the rule, where it matches.
    tier: Option<Tier>,
    rule: Location,
    from: Location,
}

/// A list that is longer than this has a name of its own rather than a line.
const MOST_INLINE: usize = 8;

impl Writer {
    pub(super) fn new(runtime: Runtime, files: &[Arc<Source>]) -> Writer {
        let names: Vec<String> =
            files.iter().map(|file| quote::comment(file.name.trim())).collect();
        let head = format!(
            "# What {} does with {}, read by `policy import {runtime}`.\n\npolicy imported.{runtime} layer managed\n\n",
            runtime.title(),
            names.join(", "),
        );
        Writer {
            head,
            declared: BTreeMap::new(),
            lines: Vec::new(),
            waiting: None,
            examples: Vec::new(),
        }
    }

    /// A comment on a line of its own, with a blank line in front.
    pub(crate) fn heading(&mut self, text: &str) {
        self.waiting = Some(quote::comment(text));
        self.told_heading();
    }

    /// The same, where something comes under it.
    pub(crate) fn section(&mut self, text: &str) {
        self.waiting = Some(quote::comment(text));
    }

    fn told_heading(&mut self) {
        if let Some(heading) = self.waiting.take() {
            self.lines.push((String::new(), None));
            self.lines.push((format!("# {heading}"), None));
        }
    }

    /// Policy text of our own.
    pub(crate) fn line(&mut self, text: &str) {
        self.told_heading();
        self.lines.push((text.replace('\n', " "), None));
    }

    /// Policy text of our own, with where it comes from.
    pub(crate) fn line_from(&mut self, text: &str, report: &Report, from: Location) {
        self.told_heading();
        let place = quote::comment(&report.place(from));
        self.lines.push((format!("{text}  # {place}"), Some(from)));
    }

    /// A sentence, with where it comes from.
    pub(crate) fn sentence(&mut self, sentence: &Sentence, report: &Report, from: Location) {
        self.put(sentence, &report.place(from), Some(from));
    }

    /// A sentence that comes from no line.
    pub(crate) fn sentence_of(&mut self, sentence: &Sentence) {
        self.put(sentence, "", None);
    }

    fn put(&mut self, sentence: &Sentence, place: &str, from: Option<Location>) {
        let Sentence { verb, actions, objects, except, when, unless, because, .. } = sentence;
        self.told_heading();
        // A long list of objects would be one line that nobody reads.
        let chunks: Vec<&[String]> =
            if objects.is_empty() { vec![&[]] } else { objects.chunks(MOST_INLINE).collect() };
        for objects in chunks {
            let mut line = format!("{verb} {actions}");
            if !objects.is_empty() {
                let _ = write!(line, " {}", objects.join(", "));
            }
            if !except.is_empty() {
                let _ = write!(line, " except {}", except.join(", "));
            }
            if !when.is_empty() {
                let _ = write!(line, " when {}", joined(when, " and "));
            }
            if !unless.is_empty() {
                let _ = write!(line, " unless {}", joined(unless, " or "));
            }
            if sentence.outside_sandbox {
                line.push_str(" with outside sandbox");
            }
            if let Some(because) = because {
                let _ = write!(line, " because {}", quote::literal(because));
            }
            if !place.is_empty() {
                let _ = write!(line, "  # {}", quote::comment(place));
            }
            self.lines.push((line, from));
        }
    }

    /// Declares an attribute that the hook sends.
    pub(crate) fn declare(&mut self, name: &str, ty: &'static str) {
        self.declared.insert(name.to_owned(), ty);
    }

    /// A command that the rule at a place matches, with its tier; or does not match. It becomes a
    /// test, where the policy agrees.
    pub(crate) fn example(
        &mut self,
        words: &[String],
        tier: Option<Tier>,
        rule: Location,
        from: Location,
    ) {
        self.examples.push(Example { words: words.to_vec(), tier, rule, from });
    }

    /// The text, which is a policy. A sentence that is none (the file has a name that no pattern of
    /// ours can hold) is left out and told.
    ///
    /// # Errors
    /// When something that comes from no line of the files is wrong: an error of the importer.
    pub(super) fn finish(mut self, report: &mut Report) -> Result<String, ImportError> {
        let mut head = self.head;
        if !self.declared.is_empty() {
            head.push_str("# What the hook sends of a call beside the action.\n");
        }
        for (name, ty) in &self.declared {
            let _ = writeln!(head, "attribute {name}: {ty}");
        }
        let before = head.lines().count();
        loop {
            let mut text = head.clone();
            for (line, _) in &self.lines {
                text.push_str(line);
                text.push('\n');
            }
            let source = Source::new(NAME, text);
            let failure = match check::load(vec![source.clone()], &check::no_includes) {
                Ok(model) => match compile::compile(&model) {
                    Ok(policy) => {
                        let from = |line: usize| self.lines.get(line.checked_sub(before + 1)?)?.1;
                        let tests = tests(&self.examples, &policy, from, report);
                        let text = source.text.clone() + &tests;
                        let with_tests = vec![Source::new(NAME, text.clone())];
                        if check::load(with_tests, &check::no_includes).is_ok() {
                            return Ok(text);
                        }
                        for example in &self.examples {
                            let what = "no test of a policy says this";
                            report.lost(example.from, what, "no test is written for any example");
                        }
                        return Ok(source.text.clone());
                    }
                    Err(error) => too_large(&model, &error),
                },
                Err(failure) => failure,
            };
            let mut wrong: Vec<(usize, Location, String)> = Vec::new();
            for finding in &failure.diagnostics {
                let Some(at) = finding.location() else { continue };
                let line = source.line_column(at.span.start as usize).0 as usize;
                let index = line.saturating_sub(before + 1);
                if let Some((_, Some(from))) = self.lines.get(index) {
                    wrong.push((index, *from, finding.message.clone()));
                }
            }
            if wrong.is_empty() {
                return Err(ImportError::Unwritable(failure));
            }
            wrong.sort_by_key(|(index, ..)| *index);
            wrong.dedup_by_key(|(index, ..)| *index);
            for (index, from, message) in wrong.into_iter().rev() {
                self.lines.remove(index);
                let what = format!("no pattern of a policy says this: {message}");
                report.refused(
                    from,
                    what,
                    Some("write a rule of your own that is at least as strict"),
                );
            }
        }
    }
}

/// Why a checked policy does not compile: the rules whose patterns are too large.
fn too_large(model: &Model, error: &compile::CompileError) -> Failure {
    let mut diagnostics: Vec<_> = compile::oversized(model).map(|error| error.finding()).collect();
    if diagnostics.is_empty() {
        diagnostics.push(error.finding());
    }
    Failure { sources: model.sources.clone(), diagnostics }
}

/// Examples as tests of the policy, which says what it decides of each. One that it decides in
/// another way than the files say is told. `from` says where a line of the policy comes from.
fn tests(
    examples: &[Example],
    policy: &Policy,
    from: impl Fn(usize) -> Option<Location>,
    report: &mut Report,
) -> String {
    if examples.is_empty() {
        return String::new();
    }
    let mut text = String::from("\n# The examples that stand at the rules.\n");
    let mut names = BTreeSet::new();
    for example in examples {
        let words: Vec<_> = example.words.iter().map(|word| shell_word(word)).collect();
        let line = words.join(" ");
        let decision = policy.decide(&Request::shell(&line));
        let tier = decision.tier;
        match example.tier {
            Some(least) if tier < least => {
                let what = format!("this example is `{least}` there, and `{tier}` in the policy");
                report.lost(example.from, what, "no test is written for it");
                continue;
            }
            None if decision
                .rule
                .is_some_and(|rule| from(rule.place.line as usize) == Some(example.rule)) =>
            {
                let what = "the rule does not match this example there, and does in the policy";
                report.lost(example.from, what, "no test is written for it");
                continue;
            }
            _ => {}
        }
        let verb = if example.tier.is_some() { "matches" } else { "does not match" };
        let name = format!("the rule of {} {verb} {line}", report.place(example.rule));
        if !names.insert(name.clone()) {
            continue;
        }
        let (name, line) = (quote::literal(&name), quote::literal(&line));
        let place = quote::comment(&report.place(example.from));
        let _ = writeln!(text, "test {name} {{\n{tier} run {line}  # {place}\n}}");
    }
    text
}

/// Conditions joined; parentheses where one of them is made of several.
fn joined(conditions: &[String], operator: &str) -> String {
    match conditions {
        [one] => one.clone(),
        all => {
            let all: Vec<String> = all
                .iter()
                .map(|one| {
                    let is_several = one.contains(" and ") || one.contains(" or ");
                    if is_several { format!("({one})") } else { one.clone() }
                })
                .collect();
            all.join(operator)
        }
    }
}
