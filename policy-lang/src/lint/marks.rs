//! Which marks are set, and which are asked for.

use super::context::Context;
use crate::model::{Atom, AttrRef, Effect, MarkId};

/// Which marks of the model sentences set, and which conditions ask for. All are asked for where a
/// condition looks at the marks as a set.
pub(super) struct Marks {
    set: u64,
    asked: u64,
}

impl Marks {
    pub(super) fn of(context: &Context<'_>) -> Marks {
        let bit = |mark: MarkId| 1u64.checked_shl(mark.0.into()).unwrap_or(0);
        let set = context.model.rules.iter().fold(0, |set, rule| match rule.effect {
            Effect::Mark(mark) => set | bit(mark),
            _ => set,
        });
        let mut asked = 0;
        context.each_atom(&mut |atom| match atom {
            Atom::Marked(mark) => asked |= bit(*mark),
            Atom::Contains(AttrRef::Builtin(policy_eval::Attr::Marks), _)
            | Atom::SetEquals(AttrRef::Builtin(policy_eval::Attr::Marks), _) => asked = u64::MAX,
            _ => {}
        });
        Marks { set, asked }
    }

    pub(super) fn is_set(&self, context: &Context<'_>, name: &str) -> bool {
        has(context, self.set, name)
    }

    pub(super) fn is_asked_for(&self, context: &Context<'_>, name: &str) -> bool {
        has(context, self.asked, name)
    }
}

fn has(context: &Context<'_>, marks: u64, name: &str) -> bool {
    let index = context.model.marks.iter().position(|mark| mark == name);
    index.is_some_and(|index| index < 64 && marks >> index & 1 == 1)
}
