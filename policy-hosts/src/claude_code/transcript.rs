//! The transcripts of Claude Code: `~/.claude/projects/*/*.jsonl`.
//!
//! A message of the assistant holds `tool_use` items, a message of the user `tool_result` items. A
//! call that a person refused has an error with a text of the host's; so has one that its rules or a
//! hook refused. Read from descriptions that people published, for versions 1.0 to 2.1; no
//! transcript of a real session was at hand.

use policy_eval::json::Json;

use crate::transcript::{Became, Said, State, text};

/// Reads one line.
pub(crate) fn read(state: &mut State, line: &Json, each: &mut dyn FnMut(Said)) {
    if let Some(session) = text(line, "sessionId") {
        state.session(session);
    }
    if let Some(cwd) = text(line, "cwd") {
        state.moved(cwd);
    }
    if let Some(branch) = text(line, "gitBranch") {
        state.branch = Some(branch.to_owned());
    }
    let Some(message) = line.get("message") else { return };
    if let Some(model) = text(message, "model") {
        state.model = Some(model.to_owned());
    }
    for item in message.get("content").and_then(Json::as_array).unwrap_or_default() {
        match text(item, "type") {
            Some("tool_use") => each(Said::Call {
                id: text(item, "id").unwrap_or_default().to_owned(),
                tool: text(item, "name").unwrap_or_default().to_owned(),
                args: item.get("input").cloned().unwrap_or(Json::Null),
                cwd: None,
                // An argument says so, which the tables read.
                escalated: false,
            }),
            Some("tool_result") => each(Said::Became {
                id: text(item, "tool_use_id").unwrap_or_default().to_owned(),
                outcome: outcome(item),
            }),
            _ => {}
        }
    }
}

fn outcome(item: &Json) -> Became {
    if item.get("is_error").and_then(Json::as_bool) != Some(true) {
        return Became::Done;
    }
    let content = item.get("content");
    let parts = content.and_then(Json::as_array).unwrap_or_default();
    let first = parts.iter().find_map(|part| text(part, "text"));
    let said = content.and_then(Json::as_str).or(first).unwrap_or_default();
    let says = |words: &str| said.contains(words);
    if says("doesn't want to proceed with this tool use") {
        Became::Denied
    } else if says("Permission to use")
        || says("you haven't granted it yet")
        || says("blocked by hook")
    {
        Became::Refused
    } else {
        Became::Done
    }
}
