//! What sentences speak of: actions, objects, ports.

use policy_eval::{Action, ActionSet, Attr, ObjectKind};

use super::conditions::not;
use super::error::CheckError;
use super::sentences::Checker;
use super::sets::{Kind, Patterns, builtin, lookup, parse, parse_socket};
use crate::diagnostic::nearest;
use crate::model::pattern::{CommandPattern, HostPattern, HostShape};
use crate::model::{Atom, AttrRef, Formula};
use crate::span::{Location, SourceId, Spanned};
use crate::syntax::ast::{self, Name, Object};

/// What the actions of a sentence are done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// One kind of object for all of them, and the attribute that has it where it is a string.
    One(Kind, Option<Attr>),
    /// None of them has an object.
    Nothing(Action),
    /// Two of them differ.
    Mixed(Action, Action),
}

/// The kind of an action's object, and the attribute that has it where it is a string.
fn subject(action: Action) -> Option<(Kind, Option<Attr>)> {
    Some(match action.object() {
        ObjectKind::Path => (Kind::Path, None),
        ObjectKind::Command => (Kind::Command, None),
        ObjectKind::Host => (Kind::Host, None),
        ObjectKind::Tool => (Kind::Tool, None),
        ObjectKind::Package => (Kind::Package, None),
        ObjectKind::Name if action == Action::Use => (Kind::Text, Some(Attr::Credential)),
        ObjectKind::Name => (Kind::Text, Some(Attr::Name)),
        ObjectKind::None => return None,
    })
}

fn common_subject(actions: ActionSet) -> Subject {
    let mut all = actions.iter();
    // Without an action there was an error already; anything will do.
    let Some(first) = all.next() else { return Subject::Nothing(Action::Prompt) };
    match (subject(first), all.find(|other| subject(*other) != subject(first))) {
        (_, Some(other)) => Subject::Mixed(first, other),
        (Some((kind, attr)), None) => Subject::One(kind, attr),
        (None, None) => Subject::Nothing(first),
    }
}

/// What an action takes, for people.
fn takes(action: Action) -> &'static str {
    match action {
        Action::Use => "a credential",
        Action::Spawn => "an agent",
        other => other.object().describe(),
    }
}

/// What others call our actions.
const HABITS: &[(&str, &str)] = &[
    ("all", "*"),
    ("any", "*"),
    ("anything", "*"),
    ("everything", "*"),
    ("bash", "run"),
    ("command", "run"),
    ("exec", "run"),
    ("execute", "run"),
    ("shell", "run"),
    ("list", "read"),
    ("view", "read"),
    ("create", "write"),
    ("edit", "write"),
    ("modify", "write"),
    ("patch", "write"),
    ("remove", "delete"),
    ("rm", "delete"),
    ("unlink", "delete"),
    ("http", "connect"),
    ("network", "connect"),
    ("bind", "listen"),
    ("browse", "fetch"),
    ("web", "fetch"),
    ("mcp", "call"),
    ("tool", "call"),
    ("credential", "use"),
    ("agent", "spawn"),
    ("subagent", "spawn"),
];

impl Checker<'_> {
    /// The actions that names name.
    pub(super) fn actions(&mut self, names: &[Name], file: SourceId) -> ActionSet {
        let mut actions = ActionSet::NONE;
        for name in names {
            if name.node == "*" {
                actions = ActionSet::ALL;
            } else if let Some(action) = self.action(name, file) {
                actions = actions.with(action);
            }
        }
        actions
    }

    /// The action that a name names.
    pub(super) fn action(&mut self, name: &Name, file: SourceId) -> Option<Action> {
        let action = Action::from_name(&name.node);
        if action.is_none() {
            let habit = HABITS.iter().find(|(habit, _)| *habit == name.node);
            let meant = habit.map(|(_, meant)| *meant);
            let nearest = meant.or_else(|| nearest(&name.node, Action::ALL.map(Action::name)));
            let error = CheckError::UnknownAction { name: name.node.clone(), nearest };
            self.report.add(error.at(Location { source: file, span: name.span }));
        }
        action
    }

    /// Objects, exceptions and ports, each as a condition. An action that is unknown was reported,
    /// so nothing follows from it.
    pub(super) fn objects(
        &mut self,
        matches: &ast::Matches,
        actions: ActionSet,
        file: SourceId,
    ) -> [Formula; 3] {
        if actions.is_empty() {
            return [Formula::True, Formula::True, Formula::True];
        }
        let subject = common_subject(actions);
        let place = Location { source: file, span: matches.span };
        let objects = self.one_of(&matches.objects, subject, actions, place);
        let except = if matches.except.is_empty() {
            Formula::True
        } else {
            not(self.one_of(&matches.except, subject, actions, place))
        };
        let ports = self.ports(&matches.ports, actions, file);
        [objects, except, ports]
    }

    /// The command patterns among objects, for finding operands.
    pub(super) fn commands(&mut self, objects: &[Object], file: SourceId) -> Vec<CommandPattern> {
        match self.patterns(objects, Kind::Command, ActionSet::NONE, file) {
            Patterns::Commands(patterns) => patterns,
            _ => Vec::new(),
        }
    }

    /// One of the objects; no object means every one. `place` is where the sentence says so.
    fn one_of(
        &mut self,
        objects: &[Object],
        subject: Subject,
        actions: ActionSet,
        place: Location,
    ) -> Formula {
        let file = place.source;
        let named = objects.iter().find(|object| !matches!(object, Object::Star(_)));
        match (subject, named) {
            (Subject::One(kind, attr), _) => {
                // Patterns beside a `*` add nothing, but they are checked.
                let patterns = self.patterns(objects, kind, actions, file);
                let star = objects.iter().any(|object| matches!(object, Object::Star(_)));
                match kind {
                    _ if !star && !objects.is_empty() => formula(patterns, attr),
                    Kind::Host => every_destination(place),
                    _ => Formula::True,
                }
            }
            (Subject::Nothing(action), Some(object)) => {
                let at = Location { source: file, span: object.span() };
                self.report.add(CheckError::NoObject { action }.at(at));
                Formula::True
            }
            (Subject::Mixed(first, second), Some(object)) => {
                let (takes, differs) = (takes(first), takes(second));
                let error = CheckError::MixedObjects { first, takes, second, differs };
                self.report.add(error.at(Location { source: file, span: object.span() }));
                Formula::True
            }
            (Subject::Nothing(_) | Subject::Mixed(..), None) => Formula::True,
        }
    }

    /// The patterns that objects stand for.
    fn patterns(
        &mut self,
        objects: &[Object],
        kind: Kind,
        actions: ActionSet,
        file: SourceId,
    ) -> Patterns {
        let mut patterns = Patterns::none(kind);
        for object in objects {
            if let Some(more) = self.object(object, kind, actions, file) {
                patterns.extend(more);
            }
        }
        patterns
    }

    /// The patterns of one object; `None` for `*` and for what is reported.
    pub(super) fn object(
        &mut self,
        object: &Object,
        kind: Kind,
        actions: ActionSet,
        file: SourceId,
    ) -> Option<Patterns> {
        let at = Location { source: file, span: object.span() };
        let (parsed, text) = match object {
            Object::Star(_) => return None,
            Object::Set(name) => {
                return self.members(name, kind, file);
            }
            Object::Builtin(name) if kind == Kind::Host => {
                return self.builtin(name, file);
            }
            Object::Builtin(_) => {
                self.report.add(CheckError::BuiltinMisplaced { wanted: kind.describe() }.at(at));
                return None;
            }
            Object::Unix { pattern, .. } => {
                let takes_sockets = |action| matches!(action, Action::Connect | Action::Listen);
                if let Some(action) = actions.iter().find(|action| !takes_sockets(*action)) {
                    let place = format!("`{action}`");
                    self.report.add(CheckError::SocketMisplaced { place }.at(at));
                    return None;
                }
                (parse_socket(pattern, file, &self.scopes), pattern)
            }
            Object::Pattern(text) => (parse(kind, text, file, &self.scopes), text),
        };
        self.afford(1, at)?;
        parsed.map_err(|error| self.report.add_pattern(error, text, file)).ok()
    }

    /// The members of the set that a name names.
    pub(super) fn members(&mut self, name: &Name, kind: Kind, file: SourceId) -> Option<Patterns> {
        let set = lookup(name, kind, file, &self.scopes, &mut self.report)?;
        let at = Location { source: file, span: name.span };
        // Nothing more is copied once the model is too large.
        self.afford(0, at)?;
        let (members, cost) = self.sets.members(set, kind);
        self.afford(cost, at)?;
        Some(members)
    }

    /// The members of `@name`.
    pub(super) fn builtin(&mut self, name: &Name, file: SourceId) -> Option<Patterns> {
        let at = Location { source: file, span: name.span };
        self.afford(0, at)?;
        let members = builtin(name, file, &mut self.report)?;
        self.afford(members.len(), at)?;
        Some(members)
    }

    fn ports(
        &mut self,
        ports: &[Spanned<(u16, u16)>],
        actions: ActionSet,
        file: SourceId,
    ) -> Formula {
        let Some(first) = ports.first() else { return Formula::True };
        if let Some(action) = actions.iter().find(|action| !action.has_port()) {
            let at = Location { source: file, span: first.span };
            self.report.add(CheckError::NoPort { action }.at(at));
        }
        // The parser has seen to it that the lower port comes first.
        let ranges = ports.iter().map(|ports| (i64::from(ports.node.0), i64::from(ports.node.1)));
        Formula::Atom(Atom::Int(AttrRef::Builtin(Attr::Port), ranges.collect()))
    }
}

/// The object matches one of the patterns. `attr` is the attribute of objects that are strings.
fn formula(patterns: Patterns, attr: Option<Attr>) -> Formula {
    Formula::Atom(match (patterns, attr) {
        (Patterns::Paths(list), _) => Atom::Path(AttrRef::Builtin(Attr::Path), list),
        (Patterns::Hosts(list), _) => Atom::Destination(list),
        (Patterns::Pairs(list), _) => Atom::Pair(list),
        (Patterns::Commands(list), _) => Atom::Command(list),
        (Patterns::Texts(list), attr) => {
            Atom::Text(AttrRef::Builtin(attr.unwrap_or(Attr::Name)), list)
        }
    })
}

/// `*` of `connect`, `listen` and `fetch`.
fn every_destination(at: Location) -> Formula {
    let written = "*".to_owned();
    Formula::Atom(Atom::Destination(vec![HostPattern {
        shape: HostShape::Any,
        ports: None,
        written,
        at,
    }]))
}
