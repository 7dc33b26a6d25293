//! The door for embedders: a policy, shared and swapped.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::artifact::{Extent, Frame, LoadError};
use crate::decision::{Decision, RuleRef};
use crate::engine::tables::{Effect, Tables};
use crate::engine::{self, Index, InvalidTables, Section, Sources, View, decide};
use crate::explain::{
    Explanation, Judgement, PartDecision, decide_each, decide_parts, each_part, explain,
};
use crate::facts::{Judged, Part};
use crate::request::Request;
use crate::tier::Tier;
use crate::vocab::{Action, Layer};

/// A compiled policy of one or more layers.
///
/// It never changes, has no cache and no lock inside, and cloning it counts a reference: share it
/// between threads as it is. `policy_lang::compile` makes one from text, [`Policy::load`] from the
/// bytes that `policy compile` writes.
#[derive(Clone)]
pub struct Policy {
    loaded: Arc<Loaded>,
}

struct Loaded {
    bytes: Cow<'static, [u8]>,
    frame: Frame<{ Section::COUNT }>,
    index: Index,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.name())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}

impl Policy {
    /// The policy in the bytes of an artifact, which are kept and read where they lie. They need no
    /// alignment; a `Vec<u8>` and a `&'static [u8]` are both taken without a copy.
    ///
    /// Bytes that were damaged do not load. Bytes that a person made on purpose may load, and may
    /// then decide anything, but no decision panics, goes on for ever, or reads outside them.
    /// Against that a signature helps: `Policy::load_signed`, with the feature `signature`.
    ///
    /// ```
    /// use policy_eval::{LoadError, Policy};
    /// let error = Policy::load(b"deny write \"/etc/**\"".as_slice()).unwrap_err();
    /// assert_eq!(error, LoadError::NoArtifact);
    /// ```
    ///
    /// # Errors
    /// When the bytes are no artifact, one of another format version, cut off, damaged, or made by
    /// no compiler.
    ///
    /// # Cost
    /// One checksum over the bytes, and a copy of the index: a few kilobytes, whatever the number
    /// of rules.
    pub fn load(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Policy, LoadError> {
        let bytes = bytes.into();
        let frame = Frame::read(&bytes)?;
        let index = Index::read(&bytes, &frame)?;
        Ok(Policy { loaded: Arc::new(Loaded { bytes, frame, index }) })
    }

    /// The policy in the bytes of an artifact that is signed with a key. [`Policy::load`] takes
    /// signed artifacts too, and does not ask by whom.
    ///
    /// # Errors
    /// When [`Policy::load`] does not load the bytes, when they are not signed, and when the
    /// signature is that of another key or over other bytes.
    ///
    /// # Cost
    /// That of [`Policy::load`], and a BLAKE3 hash over the bytes.
    #[cfg(feature = "signature")]
    pub fn load_signed(
        bytes: impl Into<Cow<'static, [u8]>>,
        key: &crate::PublicKey,
    ) -> Result<Policy, LoadError> {
        let bytes = bytes.into();
        key.check(&bytes, crate::artifact::length(&bytes)?)?;
        Policy::load(bytes)
    }

    /// The policy that a compiler laid down in tables.
    ///
    /// # Errors
    /// When some index leaves its table, or some walk would not end. After this no decision can.
    ///
    /// # Cost
    /// Linear in the size of the tables.
    pub fn from_tables(tables: &Tables) -> Result<Policy, InvalidTables> {
        tables.check()?;
        Policy::load(engine::write(tables))
            .map_err(|_| InvalidTables { what: "what was written does not load" })
    }

    /// The bytes of the artifact, to be kept and loaded again. A signature is not among them.
    pub fn artifact(&self) -> &[u8] {
        &self.loaded.bytes[..self.loaded.frame.length]
    }

    /// Checks what [`Policy::load`] takes on trust: every index in every table, and that the digest
    /// is that of the texts and of the rules' names and places. A policy that a compiler wrote
    /// always passes.
    ///
    /// # Errors
    /// When something does not fit.
    ///
    /// # Cost
    /// A copy of everything, and one pass over it.
    pub fn verify(&self) -> Result<(), InvalidTables> {
        let tables = self.tables()?;
        tables.check()?;
        if engine::digest(&tables) != self.loaded.frame.digest {
            return Err(InvalidTables { what: "the digest" });
        }
        Ok(())
    }

    #[inline]
    fn view(&self) -> View<'_> {
        View::new(&self.loaded.bytes, &self.loaded.index)
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
        decide(&self.view(), request)
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
        decide_parts(&self.view(), request, each)
    }

    /// Hands out each part of a request as it was judged, and what became of it.
    pub(crate) fn each_part<'p>(
        &'p self,
        request: &Request<'_>,
        each: &mut dyn FnMut(&Judged<'_>, Judgement<'p>),
    ) {
        each_part(&self.view(), request, each);
    }

    /// Decides one request and hands out each part as it was judged, with its tier and the rule that
    /// decided it: what [`Policy::decide_parts`] tells, without the text.
    ///
    /// ```
    /// # fn example(policy: policy_eval::Policy) {
    /// use policy_eval::Request;
    /// let mut asked = 0;
    /// let request = Request::shell("ls && git push");
    /// policy.decide_each(&request, &mut |_part, tier, _rule| {
    ///     asked += usize::from(tier == policy_eval::Tier::Ask);
    /// });
    /// # }
    /// ```
    ///
    /// # Cost
    /// That of [`Policy::decide`].
    pub fn decide_each<'p>(
        &'p self,
        request: &Request<'_>,
        each: &mut dyn FnMut(&Part<'_>, Tier, Option<RuleRef<'p>>),
    ) -> Decision<'p> {
        decide_each(&self.view(), request, each)
    }

    /// Decides one request and says why: its parts, every rule that matched, and what was not sent
    /// and mattered. The decision in it is the one that [`Policy::decide`] gives.
    pub fn explain(&self, request: &Request<'_>) -> Explanation<'_> {
        explain(&self.view(), request)
    }

    /// The name in the header of the highest layer that has one.
    pub fn name(&self) -> Option<&str> {
        self.loaded.index.name.as_deref()
    }

    /// The version in that header.
    pub fn version(&self) -> Option<&str> {
        self.loaded.index.version.as_deref()
    }

    /// `blake3:…` over the texts of all layers and the names and places of their rules: equal
    /// digests, equal policies. [`Policy::verify`] compares it with what it speaks of.
    pub fn digest(&self) -> &str {
        &self.loaded.index.digest
    }

    /// The default tier of an action.
    pub fn default_tier(&self, action: Action) -> Tier {
        self.loaded.index.plans[action as usize].default.unwrap_or(Tier::Ask)
    }

    /// Name and layer of every rule, in the order in which decisions prefer them.
    pub fn rules(&self) -> impl Iterator<Item = (&str, Layer)> {
        let view = self.view();
        let rules = 0..self.loaded.index.rules.rows;
        rules.filter_map(move |rule| view.rule_ref(rule)).map(|rule| (rule.name, rule.layer))
    }

    /// Every rule that gives a tier, with its tier, in the order in which decisions prefer them.
    /// Sentences that only record or mark are left out: they decide nothing.
    pub fn deciding_rules(&self) -> impl Iterator<Item = (RuleRef<'_>, Tier)> {
        let view = self.view();
        let rules = 0..self.loaded.index.rules.rows;
        rules.filter_map(move |rule| match view.effect(rule) {
            Effect::Tier(tier, _) => Some((view.rule_ref(rule)?, tier)),
            Effect::Record(_) | Effect::Mark(_) => None,
        })
    }

    /// The attributes that the policy declares, by name.
    pub fn declared(&self) -> impl Iterator<Item = &str> + Clone {
        self.loaded.index.declared.iter().map(|name| &**name)
    }

    /// The names of the files that the policy was made from.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &str> {
        self.loaded.index.files.iter().map(|name| &**name)
    }

    /// The texts of these files, and how they include one another.
    ///
    /// # Errors
    /// When the bytes hold none.
    pub fn sources(&self) -> Result<Sources, LoadError> {
        let section = self.loaded.frame.sections[Section::Sources as usize];
        Sources::read(section.of(&self.loaded.bytes))
    }

    /// How many bytes each section of the artifact takes.
    pub fn sections(&self) -> impl Iterator<Item = (Section, usize)> {
        let lengths = self.loaded.frame.sections.iter().map(|Extent { length, .. }| *length);
        Section::ALL.into_iter().zip(lengths)
    }

    /// A copy of the tables, for checking, printing and measuring them.
    ///
    /// # Errors
    /// When the bytes hold none.
    pub fn tables(&self) -> Result<Tables, InvalidTables> {
        const BROKEN: InvalidTables = InvalidTables { what: "some part lies outside" };
        let view = self.view();
        let sources = self.sources().map_err(|_| BROKEN)?;
        let tables = view.thaw(sources);
        if view.is_broken() { Err(BROKEN) } else { Ok(tables) }
    }
}

/// A policy that can be replaced while others decide with it.
///
/// A policy that does not load changes nothing: the last good one stays in force, and
/// [`Live::status`] says why the other is not.
///
/// ```
/// # fn example(policy: policy_eval::Policy, bytes: Vec<u8>) {
/// use policy_eval::{Live, Request};
/// let live = Live::new(policy);
/// let policy = live.current(); // keeps this version for as long as it is held
/// let decision = policy.decide(&Request::read("/etc/hosts"));
/// // Decisions under way end on the version that they began with.
/// if let Err(error) = live.load(bytes) {
///     eprintln!("{error}; {} stays in force", live.status().digest);
/// }
/// # }
/// ```
///
/// # Cost
/// Readers wait while a reference is exchanged and no longer: a policy is loaded before it is put
/// in force, and the old one is freed by whoever holds it last.
#[derive(Debug)]
pub struct Live {
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    current: Policy,
    swaps: u64,
    failure: Option<Arc<str>>,
}

/// What a [`Live`] handle has in force.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The digest of the policy in force.
    pub digest: String,
    /// How many times it was replaced.
    pub swaps: u64,
    /// Why the last policy that was to be put in force is not; none where it is.
    pub failure: Option<Arc<str>>,
}

impl Live {
    /// A handle that starts with this policy.
    pub fn new(policy: Policy) -> Live {
        Live { state: RwLock::new(State { current: policy, swaps: 0, failure: None }) }
    }

    /// The policy in force. Hold it for as long as one action is decided, so that all its parts
    /// see one version.
    pub fn current(&self) -> Policy {
        self.read().current.clone()
    }

    /// Puts another policy in force, and gives back the one that was.
    pub fn swap(&self, policy: Policy) -> Policy {
        let mut state = self.write();
        state.swaps += 1;
        state.failure = None;
        std::mem::replace(&mut state.current, policy)
    }

    /// Puts the policy in the bytes of an artifact in force, and gives back the one that was.
    ///
    /// # Errors
    /// When [`Policy::load`] does not load the bytes. The policy in force stays.
    pub fn load(&self, bytes: impl Into<Cow<'static, [u8]>>) -> Result<Policy, LoadError> {
        self.replace(Policy::load(bytes))
    }

    /// The same for an artifact that is signed with a key.
    ///
    /// # Errors
    /// When [`Policy::load_signed`] does not load the bytes. The policy in force stays.
    #[cfg(feature = "signature")]
    pub fn load_signed(
        &self,
        bytes: impl Into<Cow<'static, [u8]>>,
        key: &crate::PublicKey,
    ) -> Result<Policy, LoadError> {
        self.replace(Policy::load_signed(bytes, key))
    }

    /// Puts a policy in force that was made in another way, where that succeeded: compiled from
    /// text, read from a file. Gives back the one that was.
    ///
    /// # Errors
    /// What was handed in. The policy in force stays.
    pub fn replace<E: fmt::Display>(&self, made: Result<Policy, E>) -> Result<Policy, E> {
        match made {
            Ok(policy) => Ok(self.swap(policy)),
            Err(error) => {
                let failure = error.to_string().into();
                self.write().failure = Some(failure);
                Err(error)
            }
        }
    }

    /// What is in force, and why the last attempt to replace it failed, if it did.
    pub fn status(&self) -> Status {
        let state = self.read();
        Status {
            digest: state.current.digest().to_owned(),
            swaps: state.swaps,
            failure: state.failure.clone(),
        }
    }

    // A thread that panicked while it held the lock left one whole policy or the other.

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}
