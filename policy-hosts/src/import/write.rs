//! Sentences as they are written down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use policy_eval::Tier;
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
        Writer { head, declared: BTreeMap::new(), lines: Vec::new(), waiting: None }
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
                Ok(model) => match too_large(&model) {
                    None => return Ok(source.text.clone()),
                    Some(failure) => failure,
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
fn too_large(model: &Model) -> Option<Failure> {
    let error = compile::compile(model).err()?;
    let mut diagnostics: Vec<_> = compile::oversized(model).map(|error| error.finding()).collect();
    if diagnostics.is_empty() {
        diagnostics.push(error.finding());
    }
    Some(Failure { sources: model.sources.clone(), diagnostics })
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
