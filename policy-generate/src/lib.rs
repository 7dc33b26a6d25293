//! Policies and requests by chance, for tests and benches.
//!
//! Everything here is text: policies are files of the language, requests are its JSON. So this
//! crate depends on nothing that it helps to test, and what a test prints can be given to the
//! command line as it is.
//!
//! Both are made over one small vocabulary: few folders, few words, few hosts. Then rules overlap,
//! exceptions matter and most requests are spoken of by several sentences, which is where engines
//! go wrong.
//!
//! One number makes one case: [`Dice`] is the only source of chance. For `proptest` there are
//! [`any_policy`] and [`any_request`]; a failure is made small by [`shrink_policy`] and
//! [`shrink_request`], which take away what the failure does not need.

mod dice;
mod pattern;
mod policy;
mod request;
mod shrink;
mod week;

pub use dice::Dice;
pub use policy::{
    Item, Policy, PolicyFile, Sentence, claim_sentence, deny_sentence, edited, policy,
};
pub use request::request;
pub use serde_json::Value as Request;
pub use shrink::{shrink_policy, shrink_request};
pub use week::{WeekAction, week};

use proptest::prelude::{Strategy, any};

/// Every policy that can be made, as a strategy.
pub fn any_policy() -> impl Strategy<Value = Policy> {
    any::<u64>().prop_map(|seed| policy(&mut Dice::new(seed))).no_shrink()
}

/// Every request that can be made, as a strategy.
pub fn any_request() -> impl Strategy<Value = Request> {
    any::<u64>().prop_map(|seed| request(&mut Dice::new(seed))).no_shrink()
}
