//! A text as a conversation over the Agent Client Protocol.

use policy_eval::Fields;
use policy_hosts::acp::hook::{Pass, Proxy};
use serde_json::Value;

use crate::hook::policy;

/// Lines that begin with `<` are the agent's, all others the editor's.
///
/// Under a policy that denies, nothing that the agent asks for goes on, and what goes back picks no
/// option that allows; under one that asks, it goes on as a question at most. Which method a line
/// has is read by serde_json, a second reader.
pub fn acp(text: &str) {
    for (tier, is_denied) in [("deny", true), ("ask", false)] {
        let policy = policy(&format!("policy p\n{tier} *\n"));
        let mut proxy = Proxy::new(policy, Fields::default(), Vec::new());
        for line in text.lines() {
            let Some(line) = line.strip_prefix('<') else {
                proxy.client_says(line);
                continue;
            };
            let pass = proxy.agent_says(line);
            let message = serde_json::from_str::<Value>(line).unwrap_or_default();
            let method = message["method"].as_str().unwrap_or_default();
            let is_question = method == "session/request_permission";
            let acts = method.starts_with("fs/") || method == "terminal/create";
            if !is_question && !acts {
                continue;
            }
            let may_go_on = !is_denied && is_question;
            let asks = !is_denied && matches!(pass, Pass::Instead(_));
            match &pass {
                Pass::On => assert!(may_go_on, "{tier}: it goes on: {line}"),
                Pass::Instead(_) => assert!(asks, "{tier}: it goes on: {line}"),
                Pass::Back(back) => is_refusal(&message, back),
                Pass::Dropped(_) => {}
            }
        }
    }
}

fn is_refusal(message: &Value, back: &str) {
    let said: Value = serde_json::from_str(back).expect("what goes back is JSON");
    let Some(chosen) = said["result"]["outcome"]["optionId"].as_str() else { return };
    let options = message["params"]["options"].as_array().map_or(&[][..], Vec::as_slice);
    let rejects = |option: &Value| {
        let kind = option["kind"].as_str().unwrap_or_default();
        option["optionId"] == chosen && kind.starts_with("reject")
    };
    assert!(options.iter().any(rejects), "{back} for {message}");
}
