//! One part under one set of facts, and whether a formula holds in it.
//!
//! What is certain of a request still leaves several ways to take it: a root that is bound in
//! several places, a command with several forms, a file system that ignores case.
//!
//! ```text
//!   part ──► situations: one for each binding of the roots that matters; the strictest counts
//!                └──► readings: form × spelling; a rule may match in any, certainly in some
//! ```

use policy_eval::canon;
use policy_eval::{
    Action, Args, Attr, Attribute, CommandForm, HostValue, Judged, Object, PathValue, Truth, Type,
    Word, WordKind,
};

use super::command::Words;
use super::path::{self, Binding, Paths};
use super::{host, token};
use crate::model::pattern::{CommandPattern, PairPattern, TokenPattern};
use crate::model::{Atom, AttrRef, DeclaredAttribute, DeclaredType, Formula, Model, Root};

/// A part, with every root in one place.
pub(super) struct Situation<'a> {
    pub(super) model: &'a Model,
    pub(super) judged: &'a Judged<'a>,
    bindings: Vec<Binding<'a>>,
    /// The policy believes what the tool says of itself.
    trusted: bool,
    /// What is made of the part as text: arguments in canonical form, a command as it is written.
    made_text: Option<String>,
}

/// One way to take a part.
pub(super) struct Reading<'a> {
    pub(super) situation: &'a Situation<'a>,
    /// The words of the form; none where no command is known.
    pub(super) form: Option<CommandForm<'a>>,
    /// The name of the program is compared without its case.
    fold: bool,
    /// Whether this is what is certainly meant.
    certain: bool,
}

impl<'a> Situation<'a> {
    /// Every situation of a part. There is at least one.
    pub(super) fn all(model: &'a Model, judged: &'a Judged<'a>) -> Vec<Situation<'a>> {
        let paths = paths_of(model, judged);
        let mut bindings = vec![vec![]];
        for root in &model.roots {
            let places = places_of(root, model, judged, &paths);
            bindings = bindings
                .into_iter()
                .flat_map(|before| places.iter().map(move |&place| with(&before, place)))
                .collect();
        }
        bindings.into_iter().map(|bindings| Situation::new(model, judged, bindings)).collect()
    }

    fn new(model: &'a Model, judged: &'a Judged<'a>, bindings: Vec<Binding<'a>>) -> Self {
        let made_text = judged.made_text();
        let doubting = Situation { model, judged, bindings, trusted: false, made_text };
        let trusted = model
            .trusts
            .iter()
            .filter(|trust| model.may_loosen(Action::Call, trust.layer))
            .any(|trust| doubting.truth(&trust.when).is_certain());
        Situation { trusted, ..doubting }
    }

    /// What is known of a formula, whichever way the part is taken.
    pub(super) fn truth(&self, formula: &Formula) -> Truth {
        self.readings()
            .iter()
            .fold(Truth::NO, |any, reading| any | reading.weight(reading.truth(formula)))
    }

    /// Every way to take the part. There is at least one.
    pub(super) fn readings(&self) -> Vec<Reading<'_>> {
        let is_command = matches!(self.judged.part.object, Object::Command(_));
        let exact_and_folded =
            if is_command && ignores_case(self.judged) { &[false, true][..] } else { &[false] };
        exact_and_folded.iter().flat_map(|&fold| self.readings_in_spelling(fold)).collect()
    }

    fn command_was_sent(&self) -> bool {
        let request = self.judged.request;
        request.shell.is_some() || request.argv.is_some()
    }

    /// The ways to take the part with the program's name compared exactly, or as a file system that
    /// ignores case compares it. Paths are always compared as the platform compares them.
    pub(super) fn readings_in_spelling(&self, fold: bool) -> Vec<Reading<'_>> {
        let reading = |form: Option<CommandForm<'a>>| Reading {
            situation: self,
            form,
            fold,
            certain: !fold && form.is_none_or(|form| form.certain),
        };
        match self.judged.part.object {
            Object::Command(command) if !command.forms.is_empty() => {
                command.forms.iter().map(|&form| reading(Some(form))).collect()
            }
            Object::Command(command) if !command.nothing_runs && self.command_was_sent() => {
                vec![reading(Some(NOT_UNDERSTOOD))]
            }
            _ => vec![reading(None)],
        }
    }
}

/// A command that was sent and not understood: it may be any words.
const NOT_UNDERSTOOD: CommandForm<'static> = CommandForm {
    words: &[Word {
        text: "",
        kind: WordKind::AtRunTime { may_be_flag: true, many: true },
        under_home: false,
    }],
    certain: true,
};

impl Reading<'_> {
    /// What a truth in this reading says of the part: another form matches never certainly.
    pub(super) fn weight(&self, truth: Truth) -> Truth {
        if self.certain { truth } else { truth.of_another_form() }
    }

    /// What is known of a formula in this reading.
    pub(super) fn truth(&self, formula: &Formula) -> Truth {
        match formula {
            Formula::True => Truth::YES,
            Formula::Atom(atom) => self.atom(atom),
            Formula::Not(inner) => !self.truth(inner),
            Formula::And(parts) => {
                parts.iter().fold(Truth::YES, |all, part| all & self.truth(part))
            }
            Formula::Or(parts) => parts.iter().fold(Truth::NO, |any, part| any | self.truth(part)),
        }
    }

    /// The words of the command in this reading.
    pub(super) fn words(&self) -> Option<Words<'_>> {
        self.form.map(|form| Words { words: form.words, fold: self.fold })
    }

    fn atom(&self, atom: &Atom) -> Truth {
        let judged = self.situation.judged;
        match atom {
            Atom::Command(patterns) => self.command(patterns),
            Atom::Destination(patterns) => match judged.part.object {
                Object::Endpoint(endpoint) => {
                    host::is_destination(&endpoint, patterns, self.paths())
                }
                _ => Truth::NO,
            },
            Atom::Pair(patterns) => self.pair(patterns),
            Atom::Marked(mark) => Truth::known(
                self.situation
                    .model
                    .marks
                    .get(usize::from(mark.0))
                    .is_some_and(|name| judged.request.marks.contains(&name.as_str())),
            ),
            Atom::Present(attr) => Truth::known(self.is_present(attr)),
            Atom::Path(attr, patterns) => self.compare(attr, |value| match value {
                Attribute::Path(path) => Some(self.paths().lies_in(path, patterns)),
                _ => None,
            }),
            Atom::Host(attr, patterns) => self.compare(attr, |value| match value {
                Attribute::Host(host) => Some(host::is_host(host, patterns)),
                _ => None,
            }),
            Atom::Text(attr, patterns) => self.compare(attr, |value| match value {
                Attribute::Text(text) => Some(Truth::known(
                    patterns.iter().any(|pattern| token::matches(pattern, text, false)),
                )),
                _ => None,
            }),
            Atom::Int(attr, ranges) => self.compare(attr, |value| match value {
                Attribute::Int(number) => Some(Truth::known(
                    ranges.iter().any(|&(first, last)| (first..=last).contains(&number)),
                )),
                _ => None,
            }),
            Atom::Bool(attr) => self.compare(attr, |value| match value {
                Attribute::Bool(value) => Some(Truth::known(value)),
                _ => None,
            }),
            Atom::Contains(attr, pattern) => self.compare(attr, |value| has_member(value, pattern)),
            Atom::SetEquals(attr, members) => {
                self.compare(attr, |value| has_exactly(value, members))
            }
        }
    }

    /// Asks the value of an attribute. An answer of none means that values of this type are not
    /// what the atom takes: then it is as if the attribute had not been sent.
    fn compare(&self, attr: &AttrRef, ask: impl FnOnce(Attribute<'_>) -> Option<Truth>) -> Truth {
        match self.value(attr) {
            Attribute::Unsent => Truth::OPEN,
            Attribute::Absent => Truth::NO,
            Attribute::AtRunTime => Truth::BY_WORD,
            value => ask(value).unwrap_or(Truth::OPEN),
        }
    }

    fn value(&self, attr: &AttrRef) -> Attribute<'_> {
        let Situation { model, judged, trusted, made_text, .. } = self.situation;
        match attr {
            AttrRef::Builtin(Attr::ArgsText | Attr::Written) => made_text.as_deref().into(),
            AttrRef::Builtin(attr) => match (attr, judged.attribute(*attr)) {
                (Attr::ReadOnly, Attribute::Bool(true))
                | (Attr::Destructive | Attr::OpenWorld, Attribute::Bool(false))
                    if !trusted =>
                {
                    Attribute::Unsent
                }
                (_, value) => value,
            },
            AttrRef::Argument(names) => judged.argument(names),
            AttrRef::Declared(index) => match model.attributes.get(*index) {
                Some(declared) => declared_value(declared, judged),
                None => Attribute::Unsent,
            },
        }
    }

    fn is_present(&self, attr: &AttrRef) -> bool {
        match attr {
            // An argument that is a list or an object was sent, though nothing compares with it.
            AttrRef::Argument(names) => match self.situation.judged.args() {
                Args::Known(args) => {
                    names.iter().try_fold(args, |value, name| value.get(name)).is_some()
                }
                Args::Unknown => false,
            },
            _ => !matches!(
                self.value(attr),
                Attribute::Unsent
                    | Attribute::Absent
                    | Attribute::Path(PathValue::Unsent)
                    | Attribute::Host(HostValue::Unsent)
            ),
        }
    }

    fn command(&self, patterns: &[CommandPattern]) -> Truth {
        match (self.words(), self.situation.judged.part.object) {
            (Some(words), _) => {
                patterns.iter().fold(Truth::NO, |any, pattern| any | words.match_pattern(pattern))
            }
            (None, Object::Command(command)) if !command.nothing_runs => Truth::OPEN,
            (None, _) => Truth::NO,
        }
    }

    fn pair(&self, patterns: &[PairPattern]) -> Truth {
        let (first, second) = match self.situation.judged.part.object {
            Object::Tool { server, tool, .. } => (server, tool),
            Object::Package { kind, name } => (kind, name),
            _ => return Truth::NO,
        };
        let half = |pattern: &TokenPattern, name: Option<&str>| match name {
            Some(name) => Truth::known(token::matches(pattern, name, false)),
            None if pattern.is_any() => Truth::YES,
            None => Truth::OPEN,
        };
        patterns.iter().fold(Truth::NO, |any, pattern| {
            any | half(&pattern.first, first) & half(&pattern.second, second)
        })
    }

    fn paths(&self) -> Paths<'_> {
        let Situation { model, bindings, .. } = self.situation;
        Paths { model, bindings, fold: ignores_case(self.situation.judged) }
    }
}

fn with<T: Clone>(before: &[T], last: T) -> Vec<T> {
    before.iter().cloned().chain([last]).collect()
}

fn ignores_case(judged: &Judged<'_>) -> bool {
    judged.request.platform_or_default().ignores_case()
}

/// Every path that is known of a part.
fn paths_of<'a>(model: &Model, judged: &Judged<'a>) -> Vec<&'a str> {
    let attributes = [Attr::Path, Attr::Cwd, Attr::Program, Attr::Socket];
    let declared = model.attributes.iter().map(|declared| declared_value(declared, judged));
    attributes
        .iter()
        .map(|&attr| judged.attribute(attr))
        .chain(declared)
        .filter_map(|value| match value {
            Attribute::Path(PathValue::Known(path)) => Some(path),
            _ => None,
        })
        .collect()
}

/// The places of a root that a decision has to look at.
///
/// A place outside of what the policy says of the root is left out: the root is not bound there.
/// Of several places only those count that contain a path of the part; the part then lies outside
/// of the others.
fn places_of<'a>(
    root: &Root,
    model: &Model,
    judged: &Judged<'a>,
    paths: &[&str],
) -> Vec<Binding<'a>> {
    let bound: Vec<&str> = judged
        .roots
        .iter()
        .filter(|(name, folder)| *name == root.name && may_lie_at(root, folder, model, judged))
        .map(|&(_, folder)| folder)
        .collect();
    match bound[..] {
        [] => return vec![Binding::Unbound],
        [folder] => return vec![Binding::At(folder)],
        _ => {}
    }
    let contains_a_path = |folder: &&str| {
        let folder = path::components(folder);
        paths.iter().any(|path| {
            path::below(&path::components(path), &folder, ignores_case(judged)).is_some()
        })
    };
    let places: Vec<_> = bound.into_iter().filter(contains_a_path).map(Binding::At).collect();
    if places.is_empty() { vec![Binding::Elsewhere] } else { places }
}

fn may_lie_at(root: &Root, folder: &str, model: &Model, judged: &Judged<'_>) -> bool {
    let paths = Paths { model, bindings: &[], fold: ignores_case(judged) };
    root.within.is_empty() || paths.lies_in(PathValue::Known(folder), &root.within).can_hold()
}

/// A declared attribute, where it was sent as a value of its type.
fn declared_value<'a>(declared: &DeclaredAttribute, judged: &Judged<'a>) -> Attribute<'a> {
    let value = judged.declared(&declared.name);
    let ty = match declared.ty {
        DeclaredType::OneOf(_) => Type::String,
        DeclaredType::Builtin(ty) => ty,
    };
    match (ty, value) {
        (Type::String | Type::OneOf(_), Attribute::Text(_))
        | (Type::Int, Attribute::Int(_))
        | (Type::Bool, Attribute::Bool(_))
        | (Type::StringSet, Attribute::Set(_)) => value,
        (Type::Path, Attribute::Text(text)) => path_attribute(text, judged),
        (Type::Host, Attribute::Text(text)) => canon::host_attribute(text),
        (Type::Ip, Attribute::Text(text)) => match canon::host_attribute(text) {
            address @ Attribute::Host(HostValue::Ip(_)) => address,
            _ => Attribute::Unsent,
        },
        _ => Attribute::Unsent,
    }
}

fn path_attribute<'a>(text: &'a str, judged: &Judged<'_>) -> Attribute<'a> {
    if canon::is_canonical_path(judged.request.platform_or_default(), text) {
        Attribute::Path(PathValue::Known(text))
    } else {
        Attribute::Unsent
    }
}

fn has_member(set: Attribute<'_>, pattern: &TokenPattern) -> Option<Truth> {
    match set {
        Attribute::Set(members) => {
            Some(Truth::known(members.iter().any(|member| token::matches(pattern, member, false))))
        }
        Attribute::Words(words) => Some(words.iter().fold(Truth::NO, |any, word| {
            any | match word.value() {
                Some(value) => Truth::known(token::matches(pattern, value, false)),
                None => Truth::BY_WORD,
            }
        })),
        _ => None,
    }
}

fn has_exactly(set: Attribute<'_>, members: &[String]) -> Option<Truth> {
    let equal = |sent: &[&str]| {
        sent.iter().all(|sent| members.iter().any(|member| member == sent))
            && members.iter().all(|member| sent.contains(&member.as_str()))
    };
    match set {
        Attribute::Set(sent) => Some(Truth::known(equal(sent))),
        Attribute::Words(words) => {
            let known: Option<Vec<&str>> = words.iter().map(Word::value).collect();
            Some(known.map_or(Truth::BY_WORD, |known| Truth::known(equal(&known))))
        }
        _ => None,
    }
}
