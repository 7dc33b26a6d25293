//! What an enforcer may open, as places that it can be told: with the roots bound, and nothing in it
//! that the policy does not allow whatever the circumstances are.
//!
//! ```text
//!   allow  read "$workspace/**"              an open place
//!   deny   read "$workspace/keys/**"         a closed place
//!   ask    read "/etc/**" when risk < 20     a closed place: a kernel knows no risk
//!   deny   read "**/.env"                    a closed pattern, which few enforcers can say
//! ```

use policy_eval::{Action, Attr, Tier};
use policy_lang::diagnostic::{Diagnostic, Level};
use policy_lang::model::pattern::{HostPattern, HostShape, PathBase, PathItem, PathPattern};
use policy_lang::model::{Atom, AttrRef, Effect, Formula, Model, Rule};
use policy_lang::scope;
use policy_lang::span::Location;

use super::{Roots, SandboxError};

/// A place: one path, and all below it where it is a folder that is named so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Absolute. The root of all files is empty.
    pub(super) path: String,
    /// `D/**`: all below it as well.
    pub(super) below: bool,
}

impl Place {
    pub(super) fn everything() -> Place {
        Place { path: String::new(), below: true }
    }

    pub(super) fn contains(&self, other: &Place) -> bool {
        match self.below {
            true => {
                other.path == self.path
                    || other.path.strip_prefix(&self.path).is_some_and(|rest| rest.starts_with('/'))
            }
            false => !other.below && other.path == self.path,
        }
    }

    /// Whether some path lies in both.
    pub(super) fn meets(&self, other: &Place) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The path as it is written.
    pub(super) fn shown(&self) -> &str {
        if self.path.is_empty() { "/" } else { &self.path }
    }
}

/// What is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    Place(Place),
    /// A pattern below a folder: of its components each a pattern.
    Pattern {
        folder: Place,
        items: Vec<PathItem>,
    },
}

impl What {
    /// A place that contains it.
    pub(super) fn hull(&self) -> &Place {
        match self {
            What::Place(place) => place,
            What::Pattern { folder, .. } => folder,
        }
    }
}

/// Something that is open or closed, and the rule that says so.
#[derive(Clone, Debug)]
pub(super) struct Said<T> {
    pub(super) what: T,
    pub(super) rule: String,
    pub(super) at: Location,
}

/// Reading, writing or deleting.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    /// The default allows it.
    pub(super) open: bool,
    pub(super) grants: Vec<Said<Place>>,
    pub(super) closed: Vec<Said<What>>,
}

impl Files {
    /// Whether a place is open in full, but for what is closed.
    pub(super) fn grants(&self, place: &Place) -> bool {
        self.open || self.grants.iter().any(|grant| grant.what.contains(place))
    }
}

/// A host, and its ports, first and last. None means each.
pub(super) type Reach = (HostPattern, Vec<(i64, i64)>);

/// Connecting or listening.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    /// The default allows it.
    pub(super) open: bool,
    pub(super) grants: Vec<Said<Reach>>,
    pub(super) closed: Vec<Said<Option<HostPattern>>>,
}

impl Hosts {
    /// Whether everything is allowed.
    pub(super) fn is_open(&self) -> bool {
        let any = |(host, ports): &Reach| {
            host.shape == HostShape::Any && host.ports.is_none() && ports.is_empty()
        };
        self.closed.is_empty() && (self.open || self.grants.iter().any(|grant| any(&grant.what)))
    }
}

/// What a sandbox may do.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    pub(super) read: Files,
    pub(super) write: Files,
    pub(super) delete: Files,
    pub(super) connect: Hosts,
    pub(super) listen: Hosts,
    /// What was made stricter already.
    pub(super) findings: Vec<Diagnostic>,
}

/// A finding: the enforcer is stricter than a rule.
pub(super) fn stricter(at: Location, what: String, help: &str) -> Diagnostic {
    let finding = Diagnostic::new("E004", Level::Warning, at, what);
    if help.is_empty() { finding } else { finding.help(help) }
}

/// Reads the bounds of a sandbox.
pub(super) fn bounds(model: &Model, sandbox: &str, roots: &Roots) -> Result<Bounds, SandboxError> {
    scope::scope(model, sandbox)?;
    let mut bounds = Bounds::default();
    bounds.read.open = model.default_tier(Action::Read) == Tier::Allow;
    bounds.write.open = model.default_tier(Action::Write) == Tier::Allow;
    bounds.delete.open = model.default_tier(Action::Delete) == Tier::Allow;
    bounds.connect.open = model.default_tier(Action::Connect) == Tier::Allow;
    bounds.listen.open = model.default_tier(Action::Listen) == Tier::Allow;
    for rule in &model.rules {
        let Effect::Tier(tier, _) = rule.effect else { continue };
        let Some(when) = scope::inside(&rule.when, sandbox) else { continue };
        for action in scope::ACTIONS {
            if !rule.actions.contains(action) {
                continue;
            }
            let counts =
                model.default_tier(action) == Tier::Allow || model.may_loosen(action, rule.layer);
            match tier {
                Tier::Allow if counts => bounds.open(model, rule, &when, action, roots)?,
                Tier::Allow => {}
                _ => bounds.close(model, rule, &when, action, roots)?,
            }
        }
    }
    Ok(bounds)
}

impl Bounds {
    fn files(&mut self, action: Action) -> Option<&mut Files> {
        match action {
            Action::Read => Some(&mut self.read),
            Action::Write => Some(&mut self.write),
            Action::Delete => Some(&mut self.delete),
            _ => None,
        }
    }

    fn hosts(&mut self, action: Action) -> &mut Hosts {
        match action {
            Action::Listen => &mut self.listen,
            _ => &mut self.connect,
        }
    }

    /// Adds what a rule allows, where nothing but places decides whether it holds.
    fn open(
        &mut self,
        model: &Model,
        rule: &Rule,
        when: &Formula,
        action: Action,
        roots: &Roots,
    ) -> Result<(), SandboxError> {
        let said = |what| Said { what, rule: rule.name.clone(), at: rule.at };
        let mut paths: Option<&[PathPattern]> = None;
        let mut hosts: Option<&[HostPattern]> = None;
        let mut ports = Vec::new();
        for part in when.conjuncts() {
            match part {
                Formula::True => {}
                Formula::Atom(Atom::Path(AttrRef::Builtin(Attr::Path), patterns))
                    if paths.is_none() =>
                {
                    paths = Some(patterns);
                }
                Formula::Atom(Atom::Destination(patterns)) if hosts.is_none() => {
                    hosts = Some(patterns);
                }
                Formula::Atom(Atom::Int(AttrRef::Builtin(Attr::Port), ranges))
                    if ports.is_empty() =>
                {
                    ports.clone_from(ranges);
                }
                Formula::Not(inner) => match &**inner {
                    // What a rule takes away from itself is closed: stricter where another rule opens it.
                    Formula::Atom(Atom::Path(AttrRef::Builtin(Attr::Path), patterns)) => {
                        let closed = resolve_all(model, patterns, roots)?;
                        if let Some(files) = self.files(action) {
                            files.closed.extend(closed.into_iter().map(said));
                        }
                    }
                    Formula::Atom(Atom::Destination(patterns)) => {
                        let said = |pattern: &HostPattern| Said {
                            what: Some(pattern.clone()),
                            rule: rule.name.clone(),
                            at: rule.at,
                        };
                        let closed = patterns.iter().map(said);
                        self.hosts(action).closed.extend(closed);
                    }
                    _ => {
                        self.conditional(rule);
                        return Ok(());
                    }
                },
                _ => {
                    self.conditional(rule);
                    return Ok(());
                }
            }
        }
        let Some(files) = self.files(action) else {
            let any = HostPattern {
                shape: HostShape::Any,
                ports: None,
                written: "*".to_owned(),
                at: rule.at,
            };
            let all = hosts.map_or_else(|| vec![any], <[HostPattern]>::to_vec);
            let said =
                |host| Said { what: (host, ports.clone()), rule: rule.name.clone(), at: rule.at };
            self.hosts(action).grants.extend(all.into_iter().map(said));
            return Ok(());
        };
        let Some(paths) = paths else {
            let what = Place::everything();
            files.grants.push(Said { what, rule: rule.name.clone(), at: rule.at });
            return Ok(());
        };
        let mut lost = false;
        for what in resolve_all(model, paths, roots)? {
            match what {
                What::Place(what) => {
                    files.grants.push(Said { what, rule: rule.name.clone(), at: rule.at });
                }
                What::Pattern { .. } => lost = true,
            }
        }
        if lost {
            let what = format!("`{}` opens paths by a pattern, which no folder is", rule.name);
            self.tell(stricter(rule.at, what, "only what is a path or `FOLDER/**` is opened"));
        }
        Ok(())
    }

    fn conditional(&mut self, rule: &Rule) {
        let what = format!("`{}` holds under conditions that no list can say", rule.name);
        self.tell(stricter(rule.at, what, "what it allows is closed"));
    }

    fn tell(&mut self, finding: Diagnostic) {
        if !self.findings.iter().any(|known| known.location() == finding.location()) {
            self.findings.push(finding);
        }
    }

    /// Closes all that a rule may speak of, whatever else it asks for.
    fn close(
        &mut self,
        model: &Model,
        rule: &Rule,
        when: &Formula,
        action: Action,
        roots: &Roots,
    ) -> Result<(), SandboxError> {
        let places = when.conjuncts().iter().find_map(|part| match part {
            Formula::Atom(Atom::Path(AttrRef::Builtin(Attr::Path), patterns)) => Some(patterns),
            _ => None,
        });
        if let Some(files) = self.files(action) {
            let all = match places {
                Some(patterns) => resolve_all(model, patterns, roots)?,
                None => vec![What::Place(Place::everything())],
            };
            let said = |what| Said { what, rule: rule.name.clone(), at: rule.at };
            files.closed.extend(all.into_iter().map(said));
            return Ok(());
        }
        let hosts = when.conjuncts().iter().find_map(|part| match part {
            Formula::Atom(Atom::Destination(patterns)) => Some(patterns),
            _ => None,
        });
        let all: Vec<Option<HostPattern>> = match hosts {
            Some(patterns) => patterns.iter().cloned().map(Some).collect(),
            None => vec![None],
        };
        let said = |what| Said { what, rule: rule.name.clone(), at: rule.at };
        self.hosts(action).closed.extend(all.into_iter().map(said));
        Ok(())
    }
}

/// The places that patterns stand for, one for each place that a root lies in.
fn resolve_all(
    model: &Model,
    patterns: &[PathPattern],
    roots: &Roots,
) -> Result<Vec<What>, SandboxError> {
    let mut all = Vec::new();
    for pattern in patterns {
        match pattern.base {
            PathBase::Absolute => all.push(resolve("", &pattern.items)),
            PathBase::Root(root) => {
                let name = model.roots.get(usize::from(root.0)).map_or("", |root| &*root.name);
                let mut bound = roots.iter().filter(|(root, _)| root == name).peekable();
                if bound.peek().is_none() {
                    return Err(SandboxError::Unbound { root: name.to_owned() });
                }
                all.extend(bound.map(|(_, path)| {
                    resolve(if *path == "/" { "" } else { path }, &pattern.items)
                }));
            }
        }
    }
    Ok(all)
}

fn resolve(base: &str, items: &[PathItem]) -> What {
    let mut path = base.to_owned();
    for (index, item) in items.iter().enumerate() {
        let literal = match item {
            PathItem::Component(token) if !token.fold => token.as_literal(),
            _ => None,
        };
        match literal {
            Some(name) => {
                path.push('/');
                path.push_str(name);
            }
            None if *item == PathItem::AnyDepth && index + 1 == items.len() => {
                return What::Place(Place { path, below: true });
            }
            None => {
                let folder = Place { path, below: true };
                return What::Pattern { folder, items: items[index..].to_vec() };
            }
        }
    }
    What::Place(Place { path, below: false })
}
