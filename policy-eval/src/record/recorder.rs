//! From a decision to its record.

use super::redact::Redactor;
use super::secrets::{Secrets, by_shape};
use super::{
    ApprovalRecord, DecisionRecord, Event, MOST_PARTS, PartRecord, Record, ResultRecord,
    RuleRecord, ShadowRecord, Time,
};
use crate::decision::{Decision, RuleRef};
use crate::digest::action_digest;
use crate::policy::Policy;
use crate::request::Request;
use crate::shadow::Shadowed;
use crate::tier::RecordLevel;

/// Makes records: what holds for all those of one call, and which texts are secret.
///
/// ```
/// # fn example(policy: &policy_eval::Policy) {
/// use policy_eval::record::{
///     ApprovalOutcome, ApprovalRecord, ApprovalScope, ApprovedBy, Recorder, Time,
/// };
/// use policy_eval::{Request, action_digest};
/// let recorder = Recorder {
///     runtime: Some("acme-agent"),
///     session: Some("s-17"),
///     secrets: &["the database's password"],
///     ..Recorder::default()
/// };
/// let now = || Time::from_unix_nanos(1_795_515_300_000_000_000); // your clock
/// let request = Request::shell("git push --force");
/// let decision = policy.decide(&request);
/// let asked = recorder.decision(now(), policy, &request, &decision);
/// // … a person says yes, to exactly this action …
/// let approved = ApprovalRecord {
///     outcome: ApprovalOutcome::Approved,
///     by: ApprovedBy::Person,
///     scope: ApprovalScope::Once,
///     approver: Some("ana".to_owned()),
/// };
/// let answered = recorder.approval(now(), &action_digest(&request), approved);
/// for record in asked.into_iter().chain([answered]) {
///     println!("{}", record.to_json());
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Recorder<'a> {
    /// The agent runtime.
    pub runtime: Option<&'a str>,
    /// The session of the agent.
    pub session: Option<&'a str>,
    /// The call, as the runtime names it.
    pub call_id: Option<&'a str>,
    /// Texts that stand in no record, whatever their case; also not percent-encoded.
    pub secrets: &'a [&'a str],
    /// The level of decisions for which the policy asks for less.
    pub at_least: RecordLevel,
}

impl Recorder<'_> {
    /// The record of a decision, as much of it as the policy says. None where that is nothing.
    ///
    /// The request must be the one that was decided, with the marks of the session
    /// ([`crate::Session::with_marks_of`]): its parts are judged again for the record.
    ///
    /// # Cost
    /// That of a decision and of [`action_digest`], and several allocations for each part, each
    /// attribute and each text in it. Make it after the answer was given. Linear in the request,
    /// and in the number of declared secrets.
    pub fn decision(
        &self,
        time: Time,
        policy: &Policy,
        request: &Request<'_>,
        decision: &Decision<'_>,
    ) -> Option<Record> {
        let level = self.at_least.max(decision.record);
        let told = self.told(level, policy, request, decision)?;
        Some(self.record(time, action_digest(request), Event::Decision(Box::new(told))))
    }

    /// The record of a difference between the policy in force and one that is tried, at the level
    /// that the policy in force asks for. None where that is nothing, or where there is no
    /// difference.
    ///
    /// # Cost
    /// As [`Recorder::decision`].
    pub fn shadow(
        &self,
        time: Time,
        request: &Request<'_>,
        both: &Shadowed<'_, '_>,
    ) -> Option<Record> {
        both.difference()?;
        let level = self.at_least.max(both.enforced.record);
        let decision = self.told(level, both.shadow_policy, request, &both.shadow)?;
        let rule = both.enforced.rule;
        let shadow = ShadowRecord {
            decision,
            enforced_tier: both.enforced.tier,
            enforced_rule: rule.map(|rule| rule.name.to_owned()),
            enforced_layer: rule.map(|rule| rule.layer),
            enforced_policy_digest: both.policy.digest().to_owned(),
        };
        Some(self.record(time, action_digest(request), Event::Shadow(Box::new(shadow))))
    }

    /// The record of what a person or a reviewer said of the action with this digest, which is what
    /// [`action_digest`] gave when they were asked. To nothing else does the answer apply.
    pub fn approval(&self, time: Time, action_digest: &str, approval: ApprovalRecord) -> Record {
        let approver =
            approval.approver.map(|name| self.redactor(RecordLevel::Full).identity(&name));
        let event = Event::Approval(ApprovalRecord { approver, ..approval });
        self.record(time, action_digest.to_owned(), event)
    }

    /// The record of what the runtime did about the action with this digest.
    pub fn result(&self, time: Time, action_digest: &str, result: ResultRecord) -> Record {
        self.record(time, action_digest.to_owned(), Event::Result(result))
    }

    fn record(&self, time: Time, action_digest: String, event: Event) -> Record {
        let redactor = self.redactor(RecordLevel::Full);
        let identity = |text: Option<&str>| text.map(|text| redactor.identity(text));
        Record {
            time,
            runtime: identity(self.runtime),
            session: identity(self.session),
            call_id: identity(self.call_id),
            action_digest,
            event,
        }
    }

    fn redactor(&self, level: RecordLevel) -> Redactor<'_> {
        Redactor { level, secrets: Secrets { declared: self.secrets } }
    }

    fn told(
        &self,
        record_level: RecordLevel,
        policy: &Policy,
        request: &Request<'_>,
        decision: &Decision<'_>,
    ) -> Option<DecisionRecord> {
        if record_level == RecordLevel::None {
            return None;
        }
        let mut secrets = self.secrets.to_vec();
        let sent = [
            request.shell,
            request.path,
            request.host,
            request.url,
            request.unix,
            request.source,
            request.cwd,
        ];
        secrets.extend(sent.into_iter().flatten().flat_map(by_shape));
        let redactor = Redactor { level: record_level, secrets: Secrets { declared: &secrets } };
        let mut parts = Vec::new();
        let mut parts_omitted = 0;
        let mut attributes = None;
        // The first part, until there is one that decided.
        let mut deciding: Option<(bool, Option<String>)> = None;
        policy.each_part(request, &mut |judged, part| {
            attributes.get_or_insert_with(|| redactor.context(judged));
            let is_listed = parts.len() < MOST_PARTS;
            let decided = part.tier == decision.tier && part.rule == decision.rule;
            let is_better = deciding.as_ref().is_none_or(|(known, _)| decided && !known);
            let object = if is_listed || is_better { redactor.object(judged) } else { None };
            if is_better {
                deciding = Some((decided, object.clone()));
            }
            if !is_listed {
                parts_omitted += 1;
                return;
            }
            parts.push(PartRecord {
                action: judged.part.action,
                object,
                tier: part.tier,
                rule: part.rule.map(|rule| rule.name.to_owned()),
                layer: part.rule.map(|rule| rule.layer),
                default: part.default,
                floors: part.floors,
                attributes: redactor.part_attributes(judged),
            });
        });
        Some(DecisionRecord {
            record_level,
            policy: policy.name().map(str::to_owned),
            policy_version: policy.version().map(str::to_owned),
            policy_digest: policy.digest().to_owned(),
            tier: decision.tier,
            rule: decision.rule.map(rule),
            default: decision.default,
            floors: decision.floors,
            marks: decision.marks.iter().map(str::to_owned).collect(),
            answer: None,
            action: request.action,
            object: deciding.and_then(|(_, object)| object),
            user: request.user.map(|user| redactor.identity(user)),
            agent: request.agent.map(|agent| redactor.identity(agent)),
            intent: request.intent.and_then(|intent| redactor.text(intent)),
            attributes: attributes.unwrap_or_default(),
            parts,
            parts_omitted,
            request: redactor.request(request),
        })
    }
}

fn rule(rule: RuleRef<'_>) -> RuleRecord {
    RuleRecord {
        name: rule.name.to_owned(),
        layer: rule.layer,
        file: rule.place.file.to_owned(),
        line: rule.place.line,
        column: rule.place.column,
        reason: rule.reason.map(str::to_owned),
    }
}
