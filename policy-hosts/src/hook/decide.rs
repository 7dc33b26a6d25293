//! From the requests of an event to one verdict, and the words for it.

use policy_eval::gather::Gatherer;
use policy_eval::{
    Decision, Floor, Floors, PartDecision, Policy, Request, RequestBuf, RuleRef, Session, Tier,
    safe,
};

use super::Event;
use super::surface::Told;

/// What is known beside the event.
#[derive(Debug, Default)]
pub struct Facts<'g> {
    /// The marks of the session.
    pub session: Session,
    /// Reads links of the running system, so that a rule holds for whatever leads to its files.
    pub gatherer: Option<&'g Gatherer<'g>>,
}

/// The decision for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The strictest tier over all its requests.
    pub tier: Tier,
    /// The marks that the session carries once the action is done.
    pub marks: Vec<String>,
    /// What the author of the rule says, or what decided where no rule did.
    why: String,
    /// Rule, layer and policy.
    by: String,
}

/// The longest part that a reason repeats.
const MOST_SHOWN: usize = 80;

impl Event {
    /// Decides its requests: the strictest decision counts.
    ///
    /// # Cost
    /// One decision a request, and a second one for the words where it is not allowed.
    pub fn decide(&self, policy: &Policy, facts: &Facts<'_>) -> Verdict {
        self.decide_each(policy, facts, &mut |_, _| {})
    }

    /// The same, handing out each request as it was decided, with its decision: for records.
    pub fn decide_each<'p>(
        &self,
        policy: &'p Policy,
        facts: &Facts<'_>,
        each: &mut dyn FnMut(&Request<'_>, &Decision<'p>),
    ) -> Verdict {
        Verdict::of_each(self.requests(), policy, facts, each)
    }
}

impl Verdict {
    /// Decides requests that are asked as one.
    pub(crate) fn of(requests: &[RequestBuf], policy: &Policy, facts: &Facts<'_>) -> Verdict {
        Verdict::of_each(requests, policy, facts, &mut |_, _| {})
    }

    fn of_each<'p>(
        requests: &[RequestBuf],
        policy: &'p Policy,
        facts: &Facts<'_>,
        each: &mut dyn FnMut(&Request<'_>, &Decision<'p>),
    ) -> Verdict {
        let mut verdict: Option<Verdict> = None;
        let mut marks: Vec<String> = Vec::new();
        for request in requests {
            request.with_request(|request| {
                with_facts(request, facts, |request| {
                    let decision = policy.decide(request);
                    each(request, &decision);
                    for mark in decision.marks.iter() {
                        if !marks.iter().any(|known| known == mark) {
                            marks.push(mark.to_owned());
                        }
                    }
                    if verdict.as_ref().is_none_or(|verdict| verdict.tier < decision.tier) {
                        verdict = Some(words(policy, request, &decision));
                    }
                });
            });
        }
        // An event has a request; if it ever had none, nothing is known of it.
        let mut verdict = verdict.unwrap_or_else(|| Verdict {
            tier: Tier::Deny,
            marks: Vec::new(),
            why: "The call is no action.".to_owned(),
            by: by(policy, "no request"),
        });
        verdict.marks = marks;
        verdict
    }
}

fn with_facts<R>(
    request: &Request<'_>,
    facts: &Facts<'_>,
    use_it: impl FnOnce(&Request<'_>) -> R,
) -> R {
    let marks: Vec<&str> = facts.session.marks().chain(request.marks.iter().copied()).collect();
    let request = Request { marks: &marks, ..*request };
    match facts.gatherer {
        Some(gatherer) => gatherer.gather(&request).with_request(&request, use_it),
        None => use_it(&request),
    }
}

/// The words for one decision.
fn words(policy: &Policy, request: &Request<'_>, decision: &Decision<'_>) -> Verdict {
    let part = part(policy, request, decision).unwrap_or_default();
    let (why, what) = match decision.rule {
        // The rule may have matched only because nobody knows what the call does.
        Some(rule) if decision.tier == Tier::Ask && decision.floors != Floors::NONE => {
            let about = rule.reason.map_or(String::new(), |why| format!(" It may be this: {why}"));
            (format!("{}{about}", not_understood(decision.floors)), rule_name(&rule))
        }
        Some(rule) => (of_rule(decision.tier, &rule, &part), rule_name(&rule)),
        None if decision.default => {
            let why = match decision.tier {
                Tier::Allow => "No rule speaks against this.".to_owned(),
                tier => format!("No rule allows {}, and the default is {tier}.", or_this(&part)),
            };
            (why, "default".to_owned())
        }
        None if decision.floors != Floors::NONE => {
            let names: Vec<_> = floors(decision.floors).map(Floor::name).collect();
            (not_understood(decision.floors), names.join(", "))
        }
        None => {
            let why = "This would leave the sandbox, which no rule allows.".to_owned();
            (why, "escalated".to_owned())
        }
    };
    Verdict { tier: decision.tier, marks: Vec::new(), why, by: by(policy, &what) }
}

fn not_understood(found: Floors) -> String {
    let why: Vec<_> = floors(found).map(Floor::describe).collect();
    format!("Not understood in full: {}.", why.join("; "))
}

fn floors(floors: Floors) -> impl Iterator<Item = Floor> {
    Floor::ALL.into_iter().filter(move |floor| floors.contains(*floor))
}

fn of_rule(tier: Tier, rule: &RuleRef<'_>, part: &str) -> String {
    match rule.reason {
        Some(reason) if part.is_empty() => reason.to_owned(),
        Some(reason) => format!("{reason} This is about {part}."),
        None => {
            let verb = match tier {
                Tier::Allow => "allows",
                Tier::Review => "wants a review of",
                Tier::Ask => "wants a person to see",
                Tier::Deny => "refuses",
            };
            format!("The policy {verb} {}.", or_this(part))
        }
    }
}

fn or_this(part: &str) -> &str {
    if part.is_empty() { "this" } else { part }
}

fn rule_name(rule: &RuleRef<'_>) -> String {
    format!("rule `{}`, layer {}", rule.name, rule.layer)
}

/// The part that decided, where the request has several. Of a command the program alone is told:
/// what stands behind it may be a secret.
fn part(policy: &Policy, request: &Request<'_>, decision: &Decision<'_>) -> Option<String> {
    if decision.tier == Tier::Allow {
        return None;
    }
    let mut parts: Vec<PartDecision<'_>> = Vec::new();
    policy.decide_parts(request, &mut |part| parts.push(part));
    if parts.len() < 2 {
        return None;
    }
    let part =
        parts.iter().find(|part| part.tier == decision.tier && part.rule == decision.rule)?;
    let shown = match part.part.strip_prefix("run ") {
        Some(command) => {
            let program = command.split_whitespace().next().unwrap_or_default();
            if program.contains('=') { "run …".to_owned() } else { format!("run {program} …") }
        }
        None => part.part.clone(),
    };
    let cut = shown.char_indices().nth(MOST_SHOWN).map(|(at, _)| &shown[..at]);
    Some(match cut {
        Some(cut) => format!("`{cut}…`"),
        None => format!("`{shown}`"),
    })
}

/// What decided, and the policy: its name, and as much of its digest as tells two apart.
fn by(policy: &Policy, what: &str) -> String {
    let digest = policy.digest();
    let digest = digest.strip_prefix("blake3:").unwrap_or(digest);
    let short = digest.get(..12).unwrap_or(digest);
    match policy.name() {
        Some(name) => format!("({what}, policy {name} {short})"),
        None => format!("({what}, policy {short})"),
    }
}

impl Verdict {
    /// The text of the answer: first what the author of the rule wrote, last which rule it was.
    pub(crate) fn reason(&self, told: Told, host: &str) -> String {
        let note = match (self.tier, told) {
            (Tier::Review, Told::Deny) => {
                format!(" A reviewer or a person must clear this, and {} cannot ask here.", host)
            }
            (Tier::Ask, Told::Deny) => {
                format!(" A person must clear this, and {} cannot ask here.", host)
            }
            _ => String::new(),
        };
        let text = format!("{}{note} {}", self.why.trim(), self.by);
        safe(&text).into_owned()
    }
}
