//! What one session of an agent carries from action to action: its marks.

use std::collections::BTreeSet;

use crate::decision::Decision;
use crate::policy::Policy;
use crate::request::Request;

/// The marks of one session.
///
/// A `mark` sentence marks the session once a matching action is done; rules `when marked "…"`
/// then apply. The session adds its marks to each request, and takes up those of a decision when
/// the caller says that the action happened.
///
/// ```
/// # fn example(policy: policy_eval::Policy) {
/// use policy_eval::{Request, Session, Tier};
/// let mut session = Session::new();
/// let decision = session.decide(&policy, &Request::read("/data/customers.csv"));
/// if decision.tier == Tier::Allow {
///     // … the file is read …
///     session.done(&decision);
/// }
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    marks: BTreeSet<Box<str>>,
}

impl Session {
    /// A session without marks.
    pub fn new() -> Session {
        Session::default()
    }

    /// A session that goes on with the marks it had.
    pub fn with_marks<'m>(marks: impl IntoIterator<Item = &'m str>) -> Session {
        Session { marks: marks.into_iter().map(Into::into).collect() }
    }

    /// Decides a request that carries the session's marks beside its own.
    pub fn decide<'p>(&self, policy: &'p Policy, request: &Request<'_>) -> Decision<'p> {
        self.with_marks_of(request, |request| policy.decide(request))
    }

    /// Calls `use_it` with the request as [`Session::decide`] decides it: with the session's marks
    /// beside its own.
    pub fn with_marks_of<R>(
        &self,
        request: &Request<'_>,
        use_it: impl FnOnce(&Request<'_>) -> R,
    ) -> R {
        if self.marks.is_empty() {
            return use_it(request);
        }
        let marks: Vec<&str> =
            request.marks.iter().copied().chain(self.marks.iter().map(|mark| &**mark)).collect();
        use_it(&Request { marks: &marks, ..*request })
    }

    /// The action happened: the session carries the decision's marks from now on.
    pub fn done(&mut self, decision: &Decision<'_>) {
        for mark in decision.marks.iter() {
            if !self.marks.contains(mark) {
                self.marks.insert(mark.into());
            }
        }
    }

    /// Its marks, in the order of their names.
    pub fn marks(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().map(|mark| &**mark)
    }
}
