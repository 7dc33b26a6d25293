//! The rollouts of Codex: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.
//!
//! Each line is `{timestamp, type, payload}`. `session_meta` and `turn_context` say where the session
//! runs and how, `response_item` what the model called and what came of it. Read from descriptions
//! that people published of versions 0.46 to 0.65, and the names of tools and fields in the source;
//! no rollout of a real session was at hand.

use policy_eval::json::Json;

use crate::transcript::{Became, Said, State, text};

/// Reads one line.
pub(crate) fn read(state: &mut State, line: &Json, each: &mut dyn FnMut(Said)) {
    let Some(payload) = line.get("payload") else { return };
    match text(line, "type") {
        Some("session_meta") => {
            if let Some(id) = text(payload, "id") {
                state.session(id);
            }
            moved(state, payload);
            let branch = payload.get("git").and_then(|git| text(git, "branch"));
            state.branch = branch.map(str::to_owned).or(state.branch.take());
        }
        Some("turn_context") => {
            moved(state, payload);
            if let Some(model) = text(payload, "model") {
                state.model = Some(model.to_owned());
            }
            // The mode is a word, or an object that names it.
            let policy = payload.get("sandbox_policy");
            let mode = policy.and_then(|policy| {
                policy.as_str().or(text(policy, "type")).or(text(policy, "mode"))
            });
            state.sandbox = mode.map(str::to_owned).or(state.sandbox.take());
        }
        Some("response_item") => item(payload, each),
        _ => {}
    }
}

fn moved(state: &mut State, payload: &Json) {
    if let Some(cwd) = text(payload, "cwd") {
        state.moved(cwd);
    }
}

fn item(item: &Json, each: &mut dyn FnMut(Said)) {
    let id = || text(item, "call_id").or(text(item, "id")).unwrap_or_default().to_owned();
    let name = || text(item, "name").unwrap_or_default().to_owned();
    match text(item, "type") {
        Some("function_call") => {
            // A text that is no JSON is told with the name of the tool.
            let args = item.get("arguments").cloned().unwrap_or(Json::Null);
            let read = args.as_str().and_then(|args| Json::parse(args).ok());
            let args = read.unwrap_or(args);
            let escalated = text(&args, "sandbox_permissions") == Some("require_escalated")
                || args.get("with_escalated_permissions").and_then(Json::as_bool) == Some(true);
            let cwd = text(&args, "workdir").filter(|cwd| !cwd.is_empty()).map(str::to_owned);
            // The tables read the folder of `exec_command` themselves.
            let cwd = cwd.filter(|_| text(item, "name") != Some("exec_command"));
            each(Said::Call { id: id(), tool: name(), args, cwd, escalated });
        }
        Some("custom_tool_call") => {
            let args = item.get("input").cloned().unwrap_or(Json::Null);
            each(Said::Call { id: id(), tool: name(), args, cwd: None, escalated: false });
        }
        Some("local_shell_call") => {
            let Some(action) = item.get("action") else { return };
            let cwd = text(action, "working_directory").map(str::to_owned);
            let (tool, args) = ("local_shell".to_owned(), action.clone());
            each(Said::Call { id: id(), tool, args, cwd, escalated: false });
        }
        Some("web_search_call") => {
            let (tool, args) = ("web_search".to_owned(), Json::Object(Vec::new()));
            each(Said::Call { id: id(), tool, args, cwd: None, escalated: false });
        }
        Some("function_call_output" | "custom_tool_call_output") => {
            let output = item.get("output");
            let said = output.and_then(|out| out.as_str().or(text(out, "content")));
            let said = said.unwrap_or_default();
            let outcome = match () {
                () if said.contains("rejected by user") => Became::Denied,
                () if said.starts_with("exec command rejected") => Became::Refused,
                () => Became::Done,
            };
            each(Said::Became { id: id(), outcome });
        }
        _ => {}
    }
}
