//! What a host reads: standard output, standard error and an exit code.

use policy_eval::Tier;
use serde_json::{Map, Value, json};

use super::surface::{Form, Host, Surface, Told};

/// What is printed and how the process ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Nothing, or one line of JSON.
    pub stdout: String,
    /// Nothing, or the reason of a refusal.
    pub stderr: String,
    /// 0, or 2 where the host reads it as a refusal.
    pub exit_code: u8,
}

/// The answer to an event for a decision.
pub(crate) fn of_tier(surface: &Surface, tier: Tier, asks_nobody: bool, reason: &str) -> Answer {
    answer(surface, surface.told(tier, asks_nobody), reason)
}

/// The strictest answer that a host understands, whatever the event was.
///
/// Where the event is not known, it says no in the forms of all of them.
pub(crate) fn refusal(host: &Host, surface: Option<&Surface>, reason: &str) -> Answer {
    if let Some(surface) = surface {
        return answer(surface, Told::Deny, reason);
    }
    let mut said = Map::new();
    let mut exit_code = 0;
    for surface in host.surfaces {
        if let Some(Value::Object(members)) = surface.form.says(Told::Deny, reason) {
            for (name, value) in members {
                said.entry(name).or_insert(value);
            }
        }
        exit_code = exit_code.max(surface.refusal);
    }
    let said = (!said.is_empty()).then_some(Value::Object(said));
    written(said, Told::Deny, reason, exit_code)
}

fn answer(surface: &Surface, told: Told, reason: &str) -> Answer {
    written(surface.form.says(told, reason), told, reason, surface.refusal)
}

fn written(said: Option<Value>, told: Told, reason: &str, refusal: u8) -> Answer {
    let is_refusal = told == Told::Deny;
    Answer {
        stdout: said.map_or(String::new(), |said| format!("{said}\n")),
        stderr: if is_refusal { format!("{reason}\n") } else { String::new() },
        exit_code: if is_refusal { refusal } else { 0 },
    }
}

impl Form {
    /// What stands on standard output.
    fn says(self, told: Told, reason: &str) -> Option<Value> {
        let word = match told {
            Told::Allow => "allow",
            Told::Ask => "ask",
            Told::Deny => "deny",
            Told::NoObjection | Told::LeaveQuestion => return None,
        };
        let is_allowed = told == Told::Allow;
        Some(match self {
            Form::PreToolUse => json!({"hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": word,
                "permissionDecisionReason": reason,
            }}),
            Form::PermissionRequest => {
                let decision = match is_allowed {
                    true => json!({"behavior": "allow"}),
                    false => json!({"behavior": "deny", "message": reason}),
                };
                json!({"hookSpecificOutput": {
                    "hookEventName": "PermissionRequest",
                    "decision": decision,
                }})
            }
            Form::Decision(_) if is_allowed => json!({"decision": "allow"}),
            Form::Decision(ask) => {
                let word = if told == Told::Ask { ask } else { word };
                json!({"decision": word, "reason": reason})
            }
            Form::Permission if is_allowed => json!({"permission": "allow"}),
            Form::Permission => {
                json!({"permission": word, "user_message": reason, "agent_message": reason})
            }
            Form::Continue if is_allowed => json!({"continue": true}),
            Form::Continue => json!({"continue": false, "user_message": reason}),
            Form::PermissionDecision if is_allowed => json!({"permissionDecision": "allow"}),
            Form::PermissionDecision => {
                json!({"permissionDecision": word, "permissionDecisionReason": reason})
            }
            Form::Behavior if is_allowed => json!({"behavior": "allow"}),
            Form::Behavior => json!({"behavior": "deny", "message": reason}),
            Form::Cancel if is_allowed => json!({"cancel": false}),
            Form::Cancel => json!({"cancel": true, "errorMessage": reason}),
            Form::ExitCode => return None,
        })
    }
}
