//! The scope of a sandbox: what a kernel can hold a process to.
//!
//! A policy speaks of single requests; an operating system takes lists of paths and hosts when a
//! process starts. This is the part of a policy that fits such lists: rules about paths and
//! destinations that hold in one sandbox whatever else is the case. Rules with further conditions
//! do not fit, and are listed apart, so that nobody takes the scope for the whole policy.
//!
//! ```text
//!   rule ── sandbox = NAME ──► no longer holds      left out
//!                          ├─► objects, exceptions  an entry
//!                          └─► and more conditions  listed apart
//! ```

use std::collections::BTreeSet;

use policy_eval::{Action, Attr, Layer, Tier};

use crate::diagnostic::nearest;
use crate::interp::token_matches;
use crate::model::{Atom, AttrRef, Effect, Formula, Model, Rule, words};
use crate::span::{Location, SourceId};
use crate::syntax::ast::{BlockHead, Item};

/// The actions that an operating system can hold a process to.
pub const ACTIONS: [Action; 5] =
    [Action::Read, Action::Write, Action::Delete, Action::Connect, Action::Listen];

/// What a sandbox holds a process to.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Its name.
    pub sandbox: String,
    /// One for each of [`ACTIONS`].
    pub actions: Vec<ActionScope>,
    /// Rules that hold in the sandbox under conditions that no list can say.
    pub conditional: Vec<Conditional>,
}

/// What holds for one action.
#[derive(Clone, Debug)]
pub struct ActionScope {
    /// The action.
    pub action: Action,
    /// What holds where no entry does.
    pub default: Tier,
    /// The strictest first. Of those that match, the strictest counts.
    pub entries: Vec<Entry>,
}

/// One rule as a list of places.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it says.
    pub tier: Tier,
    /// Patterns as written; `*` is everything.
    pub patterns: Vec<String>,
    /// Patterns that are taken away.
    pub except: Vec<String>,
    /// Ports, first and last. Empty: every port, but for what a pattern says itself.
    pub ports: Vec<(i64, i64)>,
    /// The rule.
    pub rule: String,
    /// Its layer.
    pub layer: Layer,
    /// Where it stands.
    pub at: Location,
}

/// A rule that does not fit into lists.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Conditional {
    pub actions: Vec<Action>,
    pub tier: Tier,
    pub rule: String,
    pub layer: Layer,
    /// When it holds, in words.
    pub condition: String,
    pub at: Location,
}

/// There is no sandbox of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no sandbox `{name}`; {}", known(.nearest.as_deref(), .names))]
pub struct UnknownSandbox {
    /// The name.
    pub name: String,
    /// The nearest right one.
    pub nearest: Option<String>,
    /// All that there are.
    pub names: Vec<String>,
}

fn known(nearest: Option<&str>, names: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if names.is_empty() => "this policy declares none".to_owned(),
        None => format!("this policy has `{}`", names.join("`, `")),
    }
}

/// Every sandbox that the files of a policy declare.
pub fn sandboxes(model: &Model) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, source) in model.sources.iter().enumerate() {
        let (file, _) = crate::syntax::parse(source, SourceId(index as u32));
        collect(&file.items, &mut names);
    }
    names
}

/// The parser bounds how deep blocks nest.
fn collect(items: &[Item], names: &mut BTreeSet<String>) {
    for item in items {
        let Item::Block(block) = item else { continue };
        if let BlockHead::Sandbox { name, .. } = &block.head {
            names.insert(name.node.clone());
        }
        collect(&block.items, names);
    }
}

/// The scope of a sandbox.
///
/// # Errors
/// When no file of the policy declares the sandbox.
pub fn scope(model: &Model, sandbox: &str) -> Result<Scope, UnknownSandbox> {
    let names = sandboxes(model);
    if !names.contains(sandbox) {
        let nearest = nearest(sandbox, names.iter().map(String::as_str)).map(str::to_owned);
        let names = names.into_iter().collect();
        return Err(UnknownSandbox { name: sandbox.to_owned(), nearest, names });
    }
    let mut scope = Scope {
        sandbox: sandbox.to_owned(),
        actions: ACTIONS
            .map(|action| ActionScope {
                action,
                default: model.default_tier(action),
                entries: Vec::new(),
            })
            .into(),
        conditional: Vec::new(),
    };
    // Rules stand in rank order: the strictest first.
    for rule in &model.rules {
        scope.add(model, rule);
    }
    Ok(scope)
}

impl Scope {
    fn add(&mut self, model: &Model, rule: &Rule) {
        let Effect::Tier(tier, _) = rule.effect else { return };
        let actions: Vec<Action> =
            ACTIONS.into_iter().filter(|&action| rule.actions.contains(action)).collect();
        if actions.is_empty() {
            return;
        }
        let Some(when) = inside(&rule.when, &self.sandbox) else { return };
        let places = match places(&when) {
            Some(places) => places,
            None => {
                self.conditional.push(Conditional {
                    actions,
                    tier,
                    rule: rule.name.clone(),
                    layer: rule.layer,
                    condition: words::formula(model, &when),
                    at: rule.at,
                });
                return;
            }
        };
        for scope in &mut self.actions {
            // A layer that may not loosen says nothing by allowing more than the default does.
            let counts = scope.default <= tier || model.may_loosen(scope.action, rule.layer);
            if actions.contains(&scope.action) && counts {
                scope.entries.push(Entry {
                    tier,
                    patterns: places.patterns.clone(),
                    except: places.except.clone(),
                    ports: places.ports.clone(),
                    rule: rule.name.clone(),
                    layer: rule.layer,
                    at: rule.at,
                });
            }
        }
    }
}

/// The formula where the sandbox is known; `None` where it can no longer hold.
pub fn inside(formula: &Formula, sandbox: &str) -> Option<Formula> {
    match formula {
        Formula::True => Some(Formula::True),
        Formula::Atom(Atom::Text(AttrRef::Builtin(Attr::Sandbox), patterns)) => {
            patterns.iter().any(|pattern| token_matches(pattern, sandbox)).then_some(Formula::True)
        }
        Formula::Atom(Atom::Present(AttrRef::Builtin(Attr::Sandbox))) => Some(Formula::True),
        Formula::Atom(_) => Some(formula.clone()),
        Formula::Not(inner) => match inside(inner, sandbox) {
            None => Some(Formula::True),
            Some(Formula::True) => None,
            Some(inner) => Some(Formula::Not(Box::new(inner))),
        },
        Formula::And(parts) => {
            let parts =
                parts.iter().map(|part| inside(part, sandbox)).collect::<Option<Vec<_>>>()?;
            Some(Formula::and(parts))
        }
        Formula::Or(parts) => {
            let mut left: Vec<Formula> =
                parts.iter().filter_map(|part| inside(part, sandbox)).collect();
            match left.len() {
                0 => None,
                _ if left.contains(&Formula::True) => Some(Formula::True),
                1 => left.pop(),
                _ => Some(Formula::Or(left)),
            }
        }
    }
}

struct Places {
    patterns: Vec<String>,
    except: Vec<String>,
    ports: Vec<(i64, i64)>,
}

/// The formula as places, where it is nothing but objects and exceptions from them.
fn places(formula: &Formula) -> Option<Places> {
    let parts = match formula {
        Formula::And(parts) => &parts[..],
        one => std::slice::from_ref(one),
    };
    let mut places = Places { patterns: Vec::new(), except: Vec::new(), ports: Vec::new() };
    for part in parts {
        match part {
            Formula::True => {}
            Formula::Not(inner) => match &**inner {
                Formula::Atom(atom) => places.except.extend(written(atom)?),
                _ => return None,
            },
            Formula::Atom(Atom::Int(AttrRef::Builtin(Attr::Port), ranges))
                if places.ports.is_empty() =>
            {
                places.ports.clone_from(ranges);
            }
            Formula::Atom(atom) if places.patterns.is_empty() => {
                places.patterns = written(atom)?;
            }
            _ => return None,
        }
    }
    if places.patterns.is_empty() {
        places.patterns.push("*".to_owned());
    }
    Some(places)
}

/// The patterns of an atom about the object of an action.
fn written(atom: &Atom) -> Option<Vec<String>> {
    let mut written: Vec<String> = match atom {
        Atom::Path(AttrRef::Builtin(Attr::Path), patterns) => {
            patterns.iter().map(|pattern| pattern.written.clone()).collect()
        }
        Atom::Destination(patterns) => {
            patterns.iter().map(|pattern| pattern.written.clone()).collect()
        }
        _ => return None,
    };
    // A built-in set is many patterns that are written alike.
    written.dedup();
    Some(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::no_includes;
    use crate::span::Source;

    fn shown(text: &str, sandbox: &str) -> String {
        let model = crate::check::load(vec![Source::new("a.policy", text)], &no_includes).unwrap();
        let scope = match scope(&model, sandbox) {
            Ok(scope) => scope,
            Err(error) => return error.to_string(),
        };
        let mut out = String::new();
        for action in &scope.actions {
            out += &format!("{} default {}\n", action.action, action.default);
            for entry in &action.entries {
                out += &format!(
                    "  {} {:?} except {:?} ports {:?}\n",
                    entry.tier, entry.patterns, entry.except, entry.ports
                );
            }
        }
        for one in &scope.conditional {
            out += &format!("{} {:?} when {}\n", one.tier, one.actions, one.condition);
        }
        out
    }

    const POLICY: &str = r#"
default read allow
paths secrets = "~/.ssh/**", "**/.env"
deny read, write secrets
sandbox base {
  allow write "$workspace/**" except "$workspace/.git/**"
}
sandbox wide extends base {
  allow connect "a.example" port 443
  allow delete "$workspace/**" when branch == "main"
}
allow connect * unless sandbox == "base"
"#;

    #[test]
    fn rules_become_lists_and_conditions_stand_apart() {
        insta::assert_snapshot!(shown(POLICY, "wide"), @r#"
        read default allow
          deny ["~/.ssh/**", "**/.env"] except [] ports []
        write default ask
          deny ["~/.ssh/**", "**/.env"] except [] ports []
          allow ["$workspace/**"] except ["$workspace/.git/**"] ports []
        delete default ask
        connect default ask
          allow ["a.example"] except [] ports [(443, 443)]
          allow ["*"] except [] ports []
        listen default ask
        allow [Delete] when path in $workspace/** and branch == "main"
        "#);
        insta::assert_snapshot!(shown(POLICY, "base"), @r#"
        read default allow
          deny ["~/.ssh/**", "**/.env"] except [] ports []
        write default ask
          deny ["~/.ssh/**", "**/.env"] except [] ports []
          allow ["$workspace/**"] except ["$workspace/.git/**"] ports []
        delete default ask
        connect default ask
        listen default ask
        "#);
        insta::assert_snapshot!(shown(POLICY, "bse"), @"there is no sandbox `bse`; did you mean `base`?");
    }
}
