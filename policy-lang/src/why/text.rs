//! The answers in words.

use std::borrow::Cow;
use std::fmt;

use policy_eval::{Attr, Tier, safe};

use super::change::{Change, Value};
use super::{Cause, Difference, Fix, Nearby, NearestDenial, Obstacle, WhyNot, quoted};
use crate::model::{AttrRef, Effect, Model, Rule, words};

/// ``branch is `main`, not `dev` ``: one difference as a clause of a sentence.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { what, sent, is, needs, place } = self;
        if let Some(place) = place {
            return f.write_str(place);
        }
        let one = if needs.starts_with("other than") { "one " } else { "" };
        match is.as_deref().map(value) {
            None if !sent => write!(f, "{what} was not sent; it asks for {one}{needs}"),
            None => write!(f, "{what} is not {one}{needs}"),
            Some(is) if needs.starts_with("not ") => write!(f, "{what} is {is}"),
            Some(is) if needs.starts_with('`') => write!(f, "{what} is {is}, not {needs}"),
            Some(is) => write!(f, "{what} is {is}; it asks for {one}{needs}"),
        }
    }
}

/// A value as it stands in a sentence.
fn value(is: &str) -> Cow<'_, str> {
    let is_bare = is.parse::<i64>().is_ok()
        || ["true", "false", "nothing", "empty", "known only at run time"].contains(&is);
    if is_bare { is.into() } else { format!("`{is}`").into() }
}

/// A difference that keeps a rule from matching: ``store is `env`; `keyring` would lift that``.
fn way_out(difference: &Difference) -> String {
    let Difference { what, sent, is, needs, place } = difference;
    if let Some(place) = place {
        return place.clone();
    }
    let is = match is {
        None if !sent => "was not sent".to_owned(),
        None => "is what it is".to_owned(),
        Some(is) => format!("is {}", value(is)),
    };
    if needs.starts_with("other than") && *sent && difference.is.is_some() {
        return format!("{what} {is}");
    }
    if needs.starts_with("other than") && *sent {
        return format!("{what} is {}", needs.trim_start_matches("other than "));
    }
    format!("{what} {is}; {needs} would lift that")
}

impl WhyNot {
    /// The answer for people, a line each, indented by two where a line belongs to the one before.
    /// Safe to print.
    ///
    /// # Cost
    /// Linear in what it says, which is a dozen lines at most.
    pub fn lines(&self, model: &Model) -> Vec<String> {
        let mut lines = Vec::new();
        for obstacle in &self.obstacles {
            lines.push(obstacle_line(model, obstacle));
            lines.extend(obstacle.fix.as_ref().map(|fix| format!("  {}", fix_line(fix))));
        }
        match self.more_obstacles {
            0 => {}
            1 => lines.push("1 rule more stands in the way".to_owned()),
            more => lines.push(format!("{more} rules more stand in the way")),
        }
        if self.nearest.is_empty() && self.asks_for_rules() {
            lines.push("no rule that would allow it is near".to_owned());
        }
        for nearby in &self.nearest {
            nearby_lines(model, nearby, &mut lines);
        }
        match self.others {
            0 => {}
            1 => lines.push(format!("1 other part is {} as well", self.tier)),
            others => lines.push(format!("{others} other parts are {} as well", self.tier)),
        }
        lines
    }
}

impl WhyNot {
    /// Whether a rule could help.
    fn asks_for_rules(&self) -> bool {
        let is_default = |one: &Obstacle| matches!(one.cause, Cause::Default(_));
        let is_layer = |one: &Obstacle| matches!(one.cause, Cause::Layer(_));
        self.obstacles.iter().any(is_default) && !self.obstacles.iter().any(is_layer)
    }
}

impl NearestDenial {
    /// The answer for people, as of [`WhyNot::lines`].
    pub fn lines(&self, model: &Model) -> Vec<String> {
        let rule = rule_text(model, self.rule);
        let first = match &self.fix {
            Some(fix) => format!("{}: {rule} {} it", fix_object(fix), verb(fix.tier)),
            None => format!("{rule} {} what is near", verb(tier(&model.rules[self.rule]))),
        };
        vec![first, format!("  {}", clauses(&self.differences))]
    }
}

fn obstacle_line(model: &Model, obstacle: &Obstacle) -> String {
    match obstacle.cause {
        Cause::Rule { rule, tier, certain } => {
            let name = rule_text(model, rule);
            let verb = verb(tier);
            let may = if certain { verb.to_owned() } else { format!("may match, and {verb}") };
            let mut line = format!("{name} {may} it");
            let differences: Vec<_> = obstacle.differences.iter().map(way_out).collect();
            if !differences.is_empty() {
                line += &format!(": {}", differences.join(", and "));
            }
            line
        }
        Cause::Default(tier) => format!("no rule allows it for certain, and the default is {tier}"),
        Cause::Floor(floor) if floor.can_be_lifted() => {
            format!("{}; `accept {}` in a policy lifts that", floor.describe(), floor.name())
        }
        Cause::Floor(floor) => format!("{}; no rule lifts that", floor.describe()),
        Cause::Sandbox => {
            "it asks to leave the sandbox; only a rule `with outside sandbox` lets it".to_owned()
        }
        Cause::Layer(rule) => {
            let layer = model.rules[rule].layer;
            format!(
                "{} matches, but nothing lets layer {layer} loosen this action",
                rule_text(model, rule)
            )
        }
    }
}

fn nearby_lines(model: &Model, nearby: &Nearby, lines: &mut Vec<String>) {
    let name = rule_text(model, nearby.rule);
    let tier = tier(&model.rules[nearby.rule]);
    if nearby.differences.is_empty() {
        lines.push(format!("{name} matches, and gives {tier}"));
        return;
    }
    lines.push(format!("nearest {tier}: {name}"));
    let mut line = format!("  {}", clauses(&nearby.differences));
    if let Some(fix) = &nearby.fix {
        line += &format!("; {}", fix_line(fix));
    }
    lines.push(line);
    if let Some(still) = &nearby.still {
        lines.push(match still.rule {
            Some(rule) => {
                format!("  with that, {} still {} it", rule_text(model, rule), verb(still.tier))
            }
            None => format!("  with that, it is still {}", still.tier),
        });
    }
}

fn clauses(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join(", and ")
}

/// `` `run git push` is review ``, `with branch = "topic" it is review`.
fn fix_line(fix: &Fix) -> String {
    let mut line = match &fix.part {
        Some(_) => format!("{} would be {}", fix_object(fix), fix.tier),
        None => format!("{} it would be {}", fix_object(fix), fix.tier),
    };
    if let Some(whole) = fix.whole {
        line += &format!(", and the whole still {whole}");
    }
    line
}

fn fix_object(fix: &Fix) -> String {
    let with = match fix.changes.len() {
        0 => String::new(),
        _ => format!("with {}", fix.changes.join(" and ")),
    };
    match &fix.part {
        None => with,
        Some(part) if with.is_empty() => format!("`{part}`"),
        Some(part) => format!("`{part}` {with}"),
    }
}

/// What a rule does to a request that is stopped.
const fn verb(tier: Tier) -> &'static str {
    match tier {
        Tier::Deny => "denies",
        Tier::Ask => "asks for",
        Tier::Review => "wants a review of",
        Tier::Allow => "allows",
    }
}

/// The tier that a rule writes.
const fn tier(rule: &Rule) -> Tier {
    match rule.effect {
        Effect::Tier(tier, _) => tier,
        Effect::Record(_) | Effect::Mark(_) => Tier::Allow,
    }
}

fn rule_text(model: &Model, rule: usize) -> String {
    let rule = &model.rules[rule];
    let name = safe(&rule.name);
    if rule.named { format!("`{name}`") } else { format!("“{name}”") }
}

/// A change in words; none for one of the object, which is shown as it then reads.
pub(super) fn change(model: &Model, change: &Change) -> Option<String> {
    Some(match change {
        Change::Attribute(attr, value) => {
            let name = words::attribute(model, attr);
            let name = safe(&name);
            match value {
                None => format!("no {name}"),
                Some(value) => format!("{name} = {}", value_text(attr, value)),
            }
        }
        Change::Mark(mark, true) => format!("the mark {}", quoted(mark)),
        Change::Mark(mark, false) => format!("no mark {}", quoted(mark)),
        _ => return None,
    })
}

fn value_text(attr: &AttrRef, value: &Value) -> String {
    match value {
        Value::Text(text) => format!("\"{}\"", safe(text)),
        Value::Int(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        // The other members are the request's own, which explanations do not show.
        Value::Set(members) if !matches!(attr, AttrRef::Builtin(Attr::Groups | Attr::Env)) => {
            format!("{} members", members.len())
        }
        Value::Set(members) => {
            let members: Vec<_> =
                members.iter().map(|member| format!("\"{}\"", safe(member))).collect();
            format!("({})", members.join(", "))
        }
    }
}
