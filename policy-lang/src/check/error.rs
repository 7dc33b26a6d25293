//! What can be wrong with a policy that parses, and the codes under which it is explained.

use std::collections::HashSet;

use policy_eval::{Action, ActionSet, Attr, Layer};

use super::pattern::{Fault, PatternError};
use super::{MAX_ERRORS, MAX_FILES};
use crate::diagnostic::{Diagnostic, nearest};
use crate::span::{Location, SourceId};
use crate::syntax::ast::Text;

/// One thing that does not mean anything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The messages say what each is.
pub enum CheckError {
    // Files and layers.
    #[error("`{path}` cannot be read: {reason}")]
    IncludeUnread { path: String, reason: String },
    #[error("this file includes itself")]
    IncludeCycle,
    #[error("the policy has more than {MAX_FILES} files")]
    TooManyFiles,
    #[error("unknown layer `{name}`")]
    UnknownLayer { name: String, nearest: Option<&'static str> },

    // Names.
    #[error("unknown action `{name}`")]
    UnknownAction { name: String, nearest: Option<&'static str> },
    #[error("unknown set `{name}`")]
    UnknownSet { name: String, nearest: Option<String>, keyword: Option<&'static str> },
    #[error("unknown built-in set `@{name}`")]
    UnknownBuiltin { name: String, nearest: Option<&'static str> },
    #[error("unknown sandbox `{name}`")]
    UnknownSandbox { name: String, nearest: Option<String> },
    #[error("unknown floor `{name}`")]
    UnknownFloor { name: String, nearest: Option<&'static str> },
    #[error("the floor `{name}` is never lifted")]
    FixedFloor { name: String },
    #[error("the {what} `{name}` is declared twice")]
    DeclaredTwice { what: &'static str, name: String },
    #[error("`{name}` is one of the language's own {what}")]
    OwnName { what: &'static str, name: String },
    #[error("the attribute `{name}` has two types")]
    TwoTypes { name: String },
    #[error("the root `{name}` lies in two places")]
    TwoPlaces { name: String },
    #[error("the {what} `{name}` contains itself")]
    Circle { what: &'static str, name: String },
    #[error("two sentences are called `{id}`")]
    DuplicateId { id: String },
    #[error("there are more than {most} {what}")]
    TooMany { what: &'static str, most: usize },
    #[error("`{attribute}` is never one of no values")]
    EmptyList { attribute: String },

    // Objects.
    #[error("`{set}` is a set of {kind}, and {wanted} is wanted here")]
    WrongSet { set: String, kind: &'static str, wanted: &'static str },
    #[error("`{attribute}` is text, and `{set}` is a set of paths")]
    ArgumentInPaths { attribute: String, set: String },
    #[error("{wanted} is wanted here, not a built-in set of hosts")]
    BuiltinMisplaced { wanted: &'static str },
    #[error("`{action}` has no object")]
    NoObject { action: Action },
    #[error("`{first}` takes {takes}, `{second}` takes {differs}")]
    MixedObjects { first: Action, takes: &'static str, second: Action, differs: &'static str },
    #[error("{place} has no sockets")]
    SocketMisplaced { place: String },
    #[error("`*` cannot stand in a set")]
    StarInSet,
    #[error("`{action}` has no port")]
    NoPort { action: Action },
    #[error(transparent)]
    Pattern(#[from] Fault),

    // Conditions.
    #[error("unknown attribute `{name}`")]
    UnknownAttribute { name: String, nearest: Option<String> },
    #[error("`{action}` has no `{name}`")]
    AttributeOfOthers { name: String, action: Action, of: ActionSet, nearest: Option<String> },
    #[error("`{operator}` does not go with `{attribute}`, which is {ty}")]
    WrongOperator { operator: &'static str, attribute: String, ty: String, possible: String },
    #[error("`{attribute}` is {ty}, and only a truth value stands alone")]
    NotABool { attribute: String, ty: String, possible: String },
    #[error("`{attribute}` is {ty}, and this is {found}")]
    WrongValue { attribute: String, ty: String, found: String, possible: String },
    #[error("`contains` asks for one member")]
    NotAMember { attribute: String },
    #[error("`{attribute}` is never `{word}`")]
    NotInList { attribute: String, word: String, words: String, nearest: Option<String> },
    #[error("`{attribute}` has no port")]
    PortInCondition { attribute: String },

    // Sentences.
    #[error("the default of {what} is written twice")]
    DefaultTwice { what: String },
    #[error("`count` is for `run` or `call`, one of them")]
    CountOfOther,
    #[error("a request counts as `read`, `write` or `delete`, not as `{action}`")]
    CountAsOther { action: Action },
    #[error("`{action}` has no {what}")]
    CountWhat { action: Action, what: &'static str },

    // Tests.
    #[error("`{action}` needs an object")]
    ObjectMissing { action: Action },
    #[error("`{attribute}` follows from what the line says is done; it cannot be set")]
    Follows { attribute: &'static str },
    #[error("this test asks nothing")]
    EmptyTest,
    #[error("`{object}` has another port than {port}")]
    TwoPorts { object: String, port: u16 },
    #[error("a mark needs a name")]
    EmptyMark,
}

impl CheckError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CheckError::IncludeUnread { .. } => "C001",
            CheckError::IncludeCycle => "C002",
            CheckError::TooManyFiles | CheckError::TooMany { .. } => "C003",
            CheckError::UnknownLayer { .. } => "C004",
            CheckError::UnknownAction { .. } => "C010",
            CheckError::UnknownSet { .. } | CheckError::UnknownBuiltin { .. } => "C011",
            CheckError::UnknownSandbox { .. } => "C012",
            CheckError::UnknownFloor { .. } | CheckError::FixedFloor { .. } => "C013",
            CheckError::DeclaredTwice { .. } => "C014",
            CheckError::OwnName { .. } => "C015",
            CheckError::TwoTypes { .. } | CheckError::TwoPlaces { .. } => "C016",
            CheckError::Circle { .. } => "C017",
            CheckError::DuplicateId { .. } => "C018",
            CheckError::EmptyList { .. } => "C019",
            CheckError::WrongSet { .. }
            | CheckError::ArgumentInPaths { .. }
            | CheckError::BuiltinMisplaced { .. } => "C020",
            CheckError::NoObject { .. } => "C021",
            CheckError::MixedObjects { .. } => "C022",
            CheckError::SocketMisplaced { .. } => "C023",
            CheckError::StarInSet => "C024",
            CheckError::NoPort { .. } => "C025",
            CheckError::Pattern(fault) => fault.code(),
            CheckError::UnknownAttribute { .. } => "C030",
            CheckError::AttributeOfOthers { .. } => "C031",
            CheckError::WrongOperator { .. } | CheckError::NotABool { .. } => "C032",
            CheckError::WrongValue { .. } | CheckError::NotAMember { .. } => "C033",
            CheckError::NotInList { .. } => "C034",
            CheckError::PortInCondition { .. } => "C035",
            CheckError::DefaultTwice { .. } => "C040",
            CheckError::CountOfOther
            | CheckError::CountAsOther { .. }
            | CheckError::CountWhat { .. } => "C042",
            CheckError::ObjectMissing { .. } => "C050",
            CheckError::Follows { .. } => "C051",
            CheckError::EmptyTest => "C052",
            CheckError::TwoPorts { .. } => "C053",
            CheckError::EmptyMark => "C043",
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            CheckError::IncludeUnread { .. } => "the path is relative to the file it stands in",
            CheckError::IncludeCycle => {
                "move what both need into a third file, and include that in both"
            }
            CheckError::TooManyFiles => return None,
            CheckError::UnknownLayer { nearest, .. } => {
                return Some(or_list(*nearest, "the layers are", Layer::ALL.map(Layer::name)));
            }
            CheckError::UnknownAction { nearest, .. } => {
                return Some(or_list(*nearest, "the actions are", Action::ALL.map(Action::name)));
            }
            CheckError::UnknownSet { name, .. } if Attr::from_name(name).is_some() => {
                return Some(format!(
                    "`{name}` is an attribute: compare it, as in `{name} == \"…\"`, or \
                     `{name} contains \"…\"` where it is a set"
                ));
            }
            CheckError::UnknownSet { nearest: Some(nearest), .. } => return did_you_mean(nearest),
            CheckError::UnknownSet { name, keyword: Some(keyword), .. } => {
                return Some(format!(
                    "declare it, as in `{keyword} {name} = \"…\"`, or include the file that does; \
                     a pattern stands in quotes"
                ));
            }
            CheckError::UnknownSet { .. } => "a pattern stands in quotes",
            CheckError::UnknownBuiltin { nearest, .. } => {
                let names = super::pattern::BuiltinSet::ALL.iter().map(|set| set.name());
                return match nearest {
                    Some(nearest) => did_you_mean(&format!("@{nearest}")),
                    None => Some(format!("they are {}", quoted(names, "@"))),
                };
            }
            CheckError::UnknownSandbox { nearest: Some(nearest), .. } => {
                return did_you_mean(nearest);
            }
            CheckError::UnknownSandbox { name, .. } => {
                return Some(format!("declare it: `sandbox {name} {{ }}`"));
            }
            CheckError::UnknownFloor { nearest: Some(nearest), .. } => {
                return did_you_mean(nearest);
            }
            CheckError::UnknownFloor { .. } | CheckError::FixedFloor { .. } => {
                "`accept` takes `control_flow`, `assignments` and `wrappers`"
            }
            CheckError::DeclaredTwice { .. } => "leave one out, or give it another name",
            CheckError::OwnName { .. } => "choose another name",
            CheckError::TwoTypes { .. } => {
                "the runtime sends one value for all layers: write the same type in both"
            }
            CheckError::TwoPlaces { .. } => {
                "the runtime binds it for all layers: write the same `within` in both"
            }
            CheckError::Circle { .. } => "take it out of one of them",
            CheckError::DuplicateId { .. } => "reports name sentences by their ids: rename one",
            CheckError::TooMany { .. } => return None,
            CheckError::EmptyList { attribute } => {
                return Some(format!("write values, as in `{attribute} in (\"a\", \"b\")`"));
            }
            CheckError::WrongSet { .. } => "write a set of the right kind, or patterns",
            CheckError::ArgumentInPaths { attribute, set } => {
                return Some(format!(
                    "say which file the call touches, `count call \"SERVER/TOOL\" as read \
                     {attribute}`, and write a rule for `read {set}`"
                ));
            }
            CheckError::BuiltinMisplaced { .. } => {
                "they stand in sentences of `connect`, `listen` and `fetch`, and behind `host in`"
            }
            CheckError::NoObject { .. } => "leave the object out, and say more with `when`",
            CheckError::MixedObjects { .. } => "write one sentence for each",
            CheckError::SocketMisplaced { .. } => "sockets belong to `connect` and `listen`",
            CheckError::StarInSet => "write patterns or names of sets",
            CheckError::NoPort { .. } => "ports belong to `connect`, `listen` and `fetch`",
            CheckError::Pattern(fault) => return fault.help(),
            CheckError::UnknownAttribute { name, .. } if name.contains('.') => {
                "only the arguments of a call have names behind a dot: `args.NAME`"
            }
            CheckError::UnknownAttribute { name, .. } if name == "true" || name == "false" => {
                "a condition asks about the request: without `when` a sentence holds always"
            }
            CheckError::UnknownAttribute { name, .. } if name == "args" => "write `args.NAME`",
            CheckError::UnknownAttribute { name, nearest: Some(nearest) } => {
                return Some(format!(
                    "did you mean `{nearest}`? One of your own is declared: \
                     `attribute {name}: string`"
                ));
            }
            CheckError::UnknownAttribute { name, nearest: None } => {
                return Some(format!(
                    "an attribute of your own is declared: `attribute {name}: string`"
                ));
            }
            CheckError::AttributeOfOthers { name, action, of, nearest } => {
                return Some(owners(name, *action, *of, nearest.as_deref()));
            }
            CheckError::WrongOperator { possible, .. }
            | CheckError::NotABool { possible, .. }
            | CheckError::WrongValue { possible, .. } => {
                return Some(format!("write {possible}"));
            }
            CheckError::NotAMember { attribute } => {
                return Some(format!(
                    "write `{attribute} contains \"a\" and {attribute} contains \"b\"`"
                ));
            }
            CheckError::NotInList { nearest: Some(nearest), .. } => return did_you_mean(nearest),
            CheckError::NotInList { words, .. } => return Some(format!("it is {words}")),
            CheckError::PortInCondition { .. } => "write `and port == 443`",
            CheckError::DefaultTwice { .. } => "keep one of them",
            CheckError::CountOfOther => {
                "write `count run \"cp ...\" as read operands but last` or \
                 `count call \"files/read_file\" as read args.path`"
            }
            CheckError::CountAsOther { .. } => "what a command or a call touches is a file",
            CheckError::CountWhat { action: Action::Call, .. } => "write `as read args.path`",
            CheckError::CountWhat { .. } => "write `as read operands`",
            CheckError::ObjectMissing { .. } => "write it in quotes behind the action",
            CheckError::Follows { attribute: "args_text" } => {
                "say the arguments, as in `where args.path = \"/x\"`"
            }
            CheckError::Follows { .. } => "leave it out, and say it with the action and its object",
            CheckError::EmptyTest => "write what is expected, as in `deny read \"/etc/shadow\"`",
            CheckError::TwoPorts { .. } => "one line is one request: leave one of the ports out",
            CheckError::EmptyMark => "name it, as in `mark \"secret\" read …`",
        };
        Some(help.to_owned())
    }

    /// As a finding at a place.
    pub(super) fn at(&self, location: Location) -> Diagnostic {
        let mut finding = Diagnostic::error(self.code(), location, self.to_string());
        finding.help = self.help();
        finding
    }
}

fn did_you_mean(name: &str) -> Option<String> {
    Some(format!("did you mean `{name}`?"))
}

/// Who has an attribute, and what the action has that is spelt much like it.
fn owners(name: &str, action: Action, of: ActionSet, nearest: Option<&str>) -> String {
    let (verb, them) = if of.iter().count() == 1 { ("has", "it") } else { ("have", "them") };
    let all = quoted(of.iter().map(Action::name), "");
    let nearest = nearest.map(|nearest| format!("; `{action}` has `{nearest}`"));
    let nearest = nearest.unwrap_or_default();
    format!("{all} {verb} `{name}`: write a sentence for {them} alone{nearest}")
}

/// The nearest name, else all of them.
fn or_list<const N: usize>(nearest: Option<&str>, intro: &str, all: [&str; N]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("{intro} {}", quoted(all, "")),
    }
}

/// `a`, `b` and `c`
pub(super) fn quoted<'n>(names: impl IntoIterator<Item = &'n str>, prefix: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{prefix}{name}`")).collect();
    match &names[..] {
        [front @ .., last] if !front.is_empty() => format!("{} and {last}", front.join(", ")),
        _ => names.concat(),
    }
}

/// Collects what is found, each thing once.
#[derive(Default)]
pub(super) struct Report {
    found: Vec<Diagnostic>,
    seen: HashSet<(&'static str, Location)>,
    names: HashSet<(&'static str, SourceId, String)>,
}

impl Report {
    /// Adds a finding, unless the same stands at the same place: a block's condition is read for
    /// each layer that its file stands in.
    pub(super) fn add(&mut self, finding: Diagnostic) {
        let Some(at) = finding.location() else { return };
        if self.seen.insert((finding.code, at)) {
            self.found.push(finding);
        }
    }

    /// Adds a finding about a name, unless the file has one about the same name: one missing
    /// declaration is one error.
    pub(super) fn add_once(&mut self, name: &str, finding: Diagnostic) {
        let Some(at) = finding.location() else { return };
        if self.names.insert((finding.code, at.source, name.to_owned())) {
            self.add(finding);
        }
    }

    /// Adds what is wrong with the pattern in a string.
    pub(super) fn add_pattern(&mut self, error: PatternError, text: &Text, source: SourceId) {
        let span = text.place(error.range.start, error.range.end);
        // An empty place says nothing to a reader; the whole string does.
        let span = if span.start == span.end { text.span } else { span };
        let finding = |fault: Fault| CheckError::from(fault).at(Location { source, span });
        match error.fault {
            fault @ Fault::UnknownRoot { .. } => {
                let name = fault.to_string();
                self.add_once(&name, finding(fault));
            }
            fault => self.add(finding(fault)),
        }
    }

    /// The nearest of several names. Looking is slow where names are many, so only the first ones
    /// are looked at, and for what comes after the last error that is shown none.
    pub(super) fn nearest<'n>(
        &self,
        word: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<&'n str> {
        const MOST: usize = 2000;
        if self.found.len() < MAX_ERRORS {
            nearest(word, names.into_iter().take(MOST))
        } else {
            None
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What was found, in the order of places; of very many the first.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|finding| finding.location());
        self.found.truncate(MAX_ERRORS);
        self.found
    }
}
