//! Sentences as they are written down.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::{Location, Source};

use super::Report;
use super::quote;
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

/// The policy as it grows.
pub(crate) struct Writer {
    head: String,
    /// Attributes that sentences ask for, with their types.
    declared: BTreeMap<String, &'static str>,
    text: String,
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
        Writer { head, declared: BTreeMap::new(), text: String::new(), waiting: None }
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
            let _ = writeln!(self.text, "\n# {heading}");
        }
    }

    /// Policy text of our own.
    pub(crate) fn line(&mut self, text: &str) {
        self.told_heading();
        let _ = writeln!(self.text, "{text}");
    }

    /// Policy text of our own, with where it comes from.
    pub(crate) fn line_from(&mut self, text: &str, report: &Report, from: Location) {
        self.told_heading();
        let _ = writeln!(self.text, "{text}  # {}", quote::comment(&report.place(from)));
    }

    /// A sentence, with where it comes from.
    pub(crate) fn sentence(&mut self, sentence: &Sentence, report: &Report, from: Location) {
        self.sentence_of(sentence, &report.place(from));
    }

    pub(crate) fn sentence_of(&mut self, sentence: &Sentence, from: &str) {
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
            if !from.is_empty() {
                let _ = write!(line, "  # {}", quote::comment(from));
            }
            let _ = writeln!(self.text, "{line}");
        }
    }

    /// Declares an attribute that the hook sends.
    pub(crate) fn declare(&mut self, name: &str, ty: &'static str) {
        self.declared.insert(name.to_owned(), ty);
    }

    pub(super) fn finish(self) -> String {
        let mut text = self.head;
        if !self.declared.is_empty() {
            text.push_str("# What the hook sends of a call beside the action.\n");
        }
        for (name, ty) in self.declared {
            let _ = writeln!(text, "attribute {name}: {ty}");
        }
        text + &self.text
    }
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
