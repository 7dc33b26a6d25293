//! What hosts make of answers: the judge of the adapters, for tests and for the fuzz targets.

use policy_hosts::Runtime;
use policy_hosts::hook::{Answer, Host, Surface};
use serde_json::{Value, json};

/// What a host makes of an answer, from its own documentation and not from the adapter's tables.
/// `None` is no decision: what the host does then depends on the event.
pub(crate) fn host_reads(host: &Host, surface: &Surface, answer: &Answer) -> Option<&'static str> {
    let word = |value: &Value| match value.as_str() {
        Some("allow") => Some("allow"),
        Some("deny") => Some("deny"),
        Some("ask" | "ask_user") => Some("ask"),
        _ => None,
    };
    let said: Value = serde_json::from_str(&answer.stdout).unwrap_or(Value::Null);
    let exit_code_blocks =
        !matches!(host.runtime, Runtime::CopilotCli | Runtime::Cline | Runtime::OpenCode);
    match answer.exit_code {
        2 if exit_code_blocks => return Some("deny"),
        0 => {}
        // The plugin throws.
        _ if host.runtime == Runtime::OpenCode => return Some("deny"),
        // Any other code is a failed hook, and the call runs.
        _ => return Some("allow"),
    }
    if host.runtime == Runtime::AmazonQ {
        return Some("allow");
    }
    let output = &said["hookSpecificOutput"];
    match (host.runtime, surface.event()) {
        (Runtime::Codex, "PreToolUse") if said == Value::Null => Some("allow"),
        (_, "PermissionRequest") => word(&output["decision"]["behavior"]),
        (_, "permissionRequest") => word(&said["behavior"]),
        (Runtime::CopilotCli, _) => word(&said["permissionDecision"]),
        (Runtime::Cline, _) => Some(if said["cancel"] == json!(true) { "deny" } else { "allow" }),
        (Runtime::Cursor, "beforeSubmitPrompt") => {
            Some(if said["continue"] == json!(false) { "deny" } else { "allow" })
        }
        (Runtime::Cursor, _) => word(&said["permission"]),
        (Runtime::GeminiCli | Runtime::OpenCode | Runtime::OpenHands, _) => word(&said["decision"]),
        _ => word(&output["permissionDecision"]),
    }
}
