//! The door for embedders: a policy, shared and swapped.

use std::sync::{Arc, PoisonError, RwLock};

use crate::decision::Decision;
use crate::engine::tables::Tables;
use crate::engine::{InvalidTables, decide};
use crate::explain::{Explanation, PartDecision, decide_parts, explain};
use crate::request::Request;
use crate::tier::Tier;
use crate::vocab::{Action, Layer};

/// A compiled policy of one or more layers.
///
/// It never changes, has no cache and no lock inside, and cloning it counts a reference: share it
/// between threads as it is. `policy_lang::compile` makes one from text.
#[derive(Clone, Debug)]
pub struct Policy {
    tables: Arc<Tables>,
}

impl Policy {
    /// The policy that a compiler laid down in tables.
    ///
    /// # Errors
    /// When some index leaves its table, or some walk would not end. After this no decision can.
    ///
    /// # Cost
    /// Linear in the size of the tables.
    pub fn from_tables(tables: Tables) -> Result<Policy, InvalidTables> {
        tables.check()?;
        Ok(Policy { tables: Arc::new(tables) })
    }

    /// Decides one request.
    ///
    /// Every request gets an answer: what the policy does not speak of gets the default of its
    /// action, and what is not understood is at least `ask`.
    ///
    /// # Cost
    /// For a request that is already canonical: one hash a token, one probe a question, no
    /// allocation, no lock, no clock. Paths to be resolved, folded names, words known only at run
    /// time and counted operands may allocate.
    #[inline]
    pub fn decide(&self, request: &Request<'_>) -> Decision<'_> {
        decide(&self.tables, request)
    }

    /// Decides one request and hands out what became of each part of it, in their order.
    ///
    /// # Cost
    /// That of [`Policy::decide`], and some text for each part.
    pub fn decide_parts<'p>(
        &'p self,
        request: &Request<'_>,
        each: &mut dyn FnMut(PartDecision<'p>),
    ) -> Decision<'p> {
        decide_parts(&self.tables, request, each)
    }

    /// Decides one request and says why: its parts, every rule that matched, and what was not sent
    /// and mattered. The decision in it is the one that [`Policy::decide`] gives.
    pub fn explain(&self, request: &Request<'_>) -> Explanation<'_> {
        explain(&self.tables, request)
    }

    /// The name in the header of the highest layer that has one.
    pub fn name(&self) -> Option<&str> {
        self.tables.name.as_deref()
    }

    /// The version in that header.
    pub fn version(&self) -> Option<&str> {
        self.tables.version.as_deref()
    }

    /// `blake3:…` over the canonical sources of all layers: equal digests, equal policies.
    pub fn digest(&self) -> &str {
        &self.tables.digest
    }

    /// The default tier of an action.
    pub fn default_tier(&self, action: Action) -> Tier {
        self.tables.plans[action as usize].default.unwrap_or(Tier::Ask)
    }

    /// Name and layer of every rule, in the order in which decisions prefer them.
    pub fn rules(&self) -> impl Iterator<Item = (&str, Layer)> {
        self.tables.rules.iter().map(|rule| (&*rule.name, rule.layer))
    }

    /// The attributes that the policy declares, by name.
    pub fn declared(&self) -> impl Iterator<Item = &str> + Clone {
        self.tables.declared.iter().map(|name| &**name)
    }

    /// The tables, for printing and measuring them.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }
}

/// A policy that can be replaced while others decide with it.
///
/// ```
/// # fn example(policy: policy_eval::Policy, newer: policy_eval::Policy) {
/// use policy_eval::{Live, Request};
/// let live = Live::new(policy);
/// let policy = live.current(); // keeps this version for as long as it is held
/// let decision = policy.decide(&Request::read("/etc/hosts"));
/// live.swap(newer); // decisions under way end on the version that they began with
/// # }
/// ```
#[derive(Debug)]
pub struct Live {
    current: RwLock<Policy>,
}

impl Live {
    /// A handle that starts with this policy.
    pub fn new(policy: Policy) -> Live {
        Live { current: RwLock::new(policy) }
    }

    /// The policy in force. Hold it for as long as one action is decided, so that all its parts
    /// see one version.
    pub fn current(&self) -> Policy {
        // A thread that panicked while it swapped left one whole policy or the other.
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another policy in force, and gives back the one that was.
    pub fn swap(&self, policy: Policy) -> Policy {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, policy)
    }
}
