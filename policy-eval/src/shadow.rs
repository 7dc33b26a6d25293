//! Trying a policy without putting it in force: both decide, one counts.

use crate::decision::Decision;
use crate::policy::Policy;
use crate::request::Request;

/// What the policy in force said of a request, and what another one would have said.
///
/// ```
/// # fn example(policy: &policy_eval::Policy, next: &policy_eval::Policy) {
/// use policy_eval::{Request, Shadowed};
/// let both = Shadowed::decide(policy, next, &Request::shell("make deploy"));
/// // Only this counts.
/// let decision = &both.enforced;
/// if let Some(difference) = both.difference() {
///     eprintln!("{}: {} → {}", difference.name(), decision.tier, both.shadow.tier);
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Shadowed<'e, 's> {
    /// The policy in force.
    pub policy: &'e Policy,
    /// The policy that is tried.
    pub shadow_policy: &'s Policy,
    /// The decision that counts.
    pub enforced: Decision<'e>,
    /// The decision that would have been.
    pub shadow: Decision<'s>,
}

/// How a decision differs from the one in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Difference {
    /// A looser tier.
    Loosened,
    /// A stricter tier.
    Tightened,
    /// The same tier with other options or marks.
    Changed,
}

impl Difference {
    /// One word for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Difference::Loosened => "loosened",
            Difference::Tightened => "tightened",
            Difference::Changed => "changed",
        }
    }
}

impl<'e, 's> Shadowed<'e, 's> {
    /// Decides a request by both policies. The one that is tried has no part in the other's answer.
    ///
    /// # Cost
    /// Two decisions.
    pub fn decide(
        policy: &'e Policy,
        shadow_policy: &'s Policy,
        request: &Request<'_>,
    ) -> Shadowed<'e, 's> {
        let (enforced, shadow) = (policy.decide(request), shadow_policy.decide(request));
        Shadowed { policy, shadow_policy, enforced, shadow }
    }

    /// How the second decision differs in what happens to the action. None where it does not: which
    /// rule says it, and how much is recorded, are no difference.
    pub fn difference(&self) -> Option<Difference> {
        use core::cmp::Ordering;
        match self.shadow.tier.cmp(&self.enforced.tier) {
            Ordering::Less => Some(Difference::Loosened),
            Ordering::Greater => Some(Difference::Tightened),
            Ordering::Equal => {
                let same = self.enforced.options == self.shadow.options
                    && self.enforced.marks.iter().eq(self.shadow.marks.iter());
                (!same).then_some(Difference::Changed)
            }
        }
    }
}
