//! A text as what a runtime sends to its hook.

use std::sync::OnceLock;

use policy_eval::Policy;
use policy_hosts::HOSTS;
use policy_hosts::hook::{Answer, Event, Facts, Host, Surface};
use policy_lang::check::no_includes;
use policy_lang::span::Source;
use serde_json::Value;

use crate::reads::host_reads;

const ALLOWS: &str = "policy p\nallow *\naccept control_flow, assignments, wrappers\n";

pub(crate) fn policy(text: &str) -> Policy {
    policy_lang::compile(vec![Source::new("a.policy", text)], &no_includes)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// One that denies, one that asks, one that allows.
fn policies() -> &'static [Policy; 3] {
    static LOADED: OnceLock<[Policy; 3]> = OnceLock::new();
    let texts = ["policy p\ndeny *\n", "policy p\ndefault ask\ndefault prompt ask\n", ALLOWS];
    LOADED.get_or_init(|| texts.map(policy))
}

/// The first line chooses the host, and the event where the command line says one; the rest is what
/// the host sends.
///
/// Under a policy that denies or asks, no host reads an answer as "run it", judged by what its
/// documentation says and not by the adapter's tables; under one that allows, no host reads "run it"
/// from what serde_json, a second reader, does not take for an object.
pub fn hook(text: &str) {
    let (mut choices, text) = crate::case::case(text);
    let host = HOSTS[choices.below(HOSTS.len())];
    let event = choices.below(host.surfaces.len() + 1).checked_sub(1);
    let asked = event.map(|index| host.surfaces[index].event());
    let [denies, asks, allows] = policies();
    let runs =
        |surface: &Surface, answer: &Answer| host_reads(host, surface, answer) == Some("allow");
    match Event::read(host, asked, text.as_bytes()) {
        Err(refused) => {
            let answer = refused.answer();
            for surface in meant(host, asked, text) {
                let event = surface.event();
                assert!(!runs(surface, &answer), "{} {event}: {answer:?}", host.runtime);
            }
        }
        Ok(mut event) => {
            // Windows' tools put a byte order mark before what they send.
            let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
            let is_object = serde_json::from_str::<Value>(text).is_ok_and(|json| json.is_object());
            assert!(is_object, "no JSON object is no event");
            assert!(!event.requests().is_empty(), "an event stands for a request");
            for policy in [denies, asks] {
                let answer = event.answer(&event.decide(policy, &Facts::default()));
                assert!(!runs(event.surface(), &answer), "{}: {answer:?}", host.runtime);
            }
            let _ = event.answer(&event.decide(allows, &Facts::default()));
            event.nobody_answers();
            let answer = event.answer(&event.decide(asks, &Facts::default()));
            let read = host_reads(host, event.surface(), &answer);
            assert_eq!(read, Some("deny"), "{}: {answer:?}", host.runtime);
        }
    }
}

/// The events that a payload may be of: the one that the command line says, else those that are named
/// in it, else any.
fn meant(host: &'static Host, asked: Option<&str>, text: &str) -> Vec<&'static Surface> {
    if let Some(surface) = asked.and_then(|event| host.surface(event)) {
        return vec![surface];
    }
    let json = serde_json::from_str::<Value>(text).unwrap_or_default();
    let members = json.as_object().into_iter().flatten();
    let named: Vec<_> = members.filter_map(|(_, value)| host.surface(value.as_str()?)).collect();
    // Where two are named nobody knows which; the answer then says no in every form.
    if named.is_empty() { host.surfaces.iter().collect() } else { named }
}
