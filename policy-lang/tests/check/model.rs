//! A model in words, for snapshots.

use policy_eval::{Action, ActionSet, Tier};
use policy_lang::model::pattern::{TokenPattern, WordItem};
use policy_lang::model::{Atom, AttrRef, Formula, LayerModel, Model};

/// Rules, counts and the rest, one a line.
pub(crate) fn shown(model: &Model) -> String {
    let mut lines: Vec<String> = model.layers.iter().map(layer).collect();
    for rule in &model.rules {
        let when = formula(model, &rule.when);
        lines.push(format!("{} {}: {} {when}", rule.layer, rule.name, actions(rule.actions)));
    }
    for count in &model.counts {
        let when = formula(model, &count.when);
        lines.push(format!("{} {}: {:?} of {when}", count.layer, count.name, count.counted));
    }
    for accept in &model.accepts {
        let floors: Vec<_> = accept.floors.iter().map(|floor| floor.name()).collect();
        let when = formula(model, &accept.when);
        lines.push(format!("{} accept {}: {when}", accept.layer, floors.join(", ")));
    }
    for trust in &model.trusts {
        lines.push(format!("{} trust: {}", trust.layer, formula(model, &trust.when)));
    }
    for proof in &model.proofs {
        let when = formula(model, &proof.when);
        lines.push(format!("proof {}: {} {when}", proof.name, actions(proof.actions)));
    }
    for test in &model.tests {
        lines.push(format!("test {}", test.name));
        for case in &test.cases {
            lines.push(format!(
                "  {} {} {:?} {:?} {:?} {:?}",
                case.tier, case.action, case.object, case.port, case.roots, case.attributes
            ));
        }
    }
    lines.join("\n")
}

fn layer(layer: &LayerModel) -> String {
    let mut shown = format!("layer {}", layer.layer);
    for tier in Tier::ALL {
        let of = |action: &Action| layer.defaults[*action as usize] == Some(tier);
        let of: ActionSet = Action::ALL.into_iter().filter(of).collect();
        if !of.is_empty() {
            shown.push_str(&format!(", {tier} {}", actions(of)));
        }
    }
    for (of, to) in &layer.delegates {
        shown.push_str(&format!(", delegates {} to {to:?}", actions(*of)));
    }
    shown
}

fn actions(actions: ActionSet) -> String {
    if actions == ActionSet::ALL {
        return "*".to_owned();
    }
    actions.iter().map(Action::name).collect::<Vec<_>>().join("+")
}

fn formula(model: &Model, formula: &Formula) -> String {
    let all = |parts: &[Formula], word: &str| {
        let parts: Vec<String> = parts.iter().map(|part| self::formula(model, part)).collect();
        format!("({})", parts.join(word))
    };
    match formula {
        Formula::True => "true".to_owned(),
        Formula::Not(inner) => format!("not {}", self::formula(model, inner)),
        Formula::And(parts) => all(parts, " and "),
        Formula::Or(parts) => all(parts, " or "),
        Formula::Atom(atom) => self::atom(model, atom),
    }
}

fn atom(model: &Model, atom: &Atom) -> String {
    fn written<T>(list: &[T], text: impl Fn(&T) -> &str) -> String {
        let mut texts: Vec<&str> = list.iter().map(text).collect();
        texts.dedup();
        texts.join(", ")
    }
    let attr = |attr: &AttrRef| match attr {
        AttrRef::Builtin(attr) => attr.name().to_owned(),
        AttrRef::Argument(names) => format!("args.{}", names.join(".")),
        AttrRef::Declared(index) => format!("own.{}", model.attributes[*index].name),
    };
    match atom {
        Atom::Path(name, list) => format!("{} [{}]", attr(name), written(list, |p| &p.written)),
        Atom::Command(list) => {
            let one = |command: &policy_lang::model::pattern::CommandPattern| {
                let flags = command.flags.len();
                let shown = if flags == 0 { String::new() } else { format!(" +{flags}") };
                format!("{}{shown}", words(&command.items))
            };
            format!("command [{}]", list.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        Atom::Destination(list) => format!("destination [{}]", written(list, |p| &p.written)),
        Atom::Host(name, list) => format!("{} [{}]", attr(name), written(list, |p| &p.written)),
        Atom::Pair(list) => format!("pair [{}]", written(list, |p| &p.written)),
        Atom::Text(name, list) => {
            format!("{} [{}]", attr(name), list.iter().map(token).collect::<Vec<_>>().join(", "))
        }
        Atom::Int(name, ranges) => format!("{} {ranges:?}", attr(name)),
        Atom::Bool(name) => attr(name),
        Atom::Contains(name, member) => format!("{} has {}", attr(name), token(member)),
        Atom::SetEquals(name, members) => format!("{} == {members:?}", attr(name)),
        Atom::Marked(mark) => format!("marked {}", model.marks[mark.0 as usize]),
        Atom::Present(name) => format!("{} present", attr(name)),
    }
}

fn words(items: &[WordItem]) -> String {
    let one = |item: &WordItem| match item {
        WordItem::AnyWords => "...".to_owned(),
        WordItem::Word(word) => token(word),
        WordItem::Alternatives(parts) => {
            format!("({})", parts.iter().map(|part| words(part)).collect::<Vec<_>>().join("|"))
        }
    };
    items.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn token(token: &TokenPattern) -> String {
    let fold = if token.fold { "i" } else { "" };
    match token.as_literal() {
        Some(text) => format!("{fold}{text}"),
        None => format!("{fold}{:?}", token.pieces),
    }
}
