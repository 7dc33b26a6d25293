//! Amazon Q Developer CLI: the tools of an agent file.
//!
//! Expressions about commands are put between `\A` and `\z` without a group, so that of `a|b` the
//! first only begins the command and the last only ends it. Denied ones see the whole line.

use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::Source;

use crate::import::gitignore::{Anchors, gitignore};
use crate::import::report::at;
use crate::import::tree::{self, Node};
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report, quote};

const ANCHORS: Anchors = Anchors { slash: "", single_folder_anywhere: false };

pub(crate) fn import(
    files: &[Arc<Source>],
    _options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    for (index, file) in files.iter().enumerate() {
        match tree::json(&file.text) {
            Ok(root) => agent(index, &root, writer, report),
            Err(fault) => report.invalid(at(index, fault.span), fault.message),
        }
    }
}

fn agent(file: usize, root: &Node, writer: &mut Writer, report: &mut Report) {
    writer.section("Tools that run without a question.");
    for item in root.get("allowedTools").map(Node::items).unwrap_or_default() {
        let from = at(file, item.span);
        let name = item.text().unwrap_or_default();
        let sentence = match name {
            "fs_read" | "read" => Sentence::new(Tier::Allow, "read"),
            "fs_write" | "write" => Sentence::new(Tier::Allow, "write, delete"),
            "execute_bash" | "shell" => Sentence::new(Tier::Allow, "run"),
            name => match name.strip_prefix('@') {
                Some(rest) => {
                    let (server, tool) = rest.split_once('/').unwrap_or((rest, "*"));
                    Sentence::new(Tier::Allow, "call")
                        .object(quote::literal(&format!("{server}/{tool}")))
                }
                None => Sentence::new(Tier::Allow, "call")
                    .object(quote::literal(&format!("amazon-q/{name}"))),
            },
        };
        writer.sentence(&sentence, report, from);
    }
    for entry in root.get("toolsSettings").map(Node::entries).unwrap_or_default() {
        match entry.key.as_str() {
            "execute_bash" | "shell" => commands(file, &entry.node, writer, report),
            "fs_read" | "read" => paths(file, &entry.node, "read", writer, report),
            "fs_write" | "write" => paths(file, &entry.node, "write, delete", writer, report),
            key => report.lost(
                at(file, entry.at),
                format!("the settings of `{key}` do not carry over"),
                "write rules with conditions on its arguments",
            ),
        }
    }
}

fn commands(file: usize, node: &Node, writer: &mut Writer, report: &mut Report) {
    writer.section("Commands.");
    for entry in node.entries() {
        let from = at(file, entry.at);
        let (tier, attribute) = match entry.key.as_str() {
            "allowedCommands" => (Tier::Allow, "written"),
            "deniedCommands" => (Tier::Deny, "line"),
            "denyByDefault" => {
                if entry.node.bool() == Some(true) {
                    writer.line_from("default run deny", report, from);
                }
                continue;
            }
            "autoAllowReadonly" => {
                if entry.node.bool() == Some(true) {
                    report.lost(
                        from,
                        "which commands only read is not documented",
                        "allow them by name",
                    );
                }
                continue;
            }
            key => {
                report.unknown_key(
                    from,
                    key,
                    ["allowedCommands", "deniedCommands", "denyByDefault", "autoAllowReadonly"],
                );
                continue;
            }
        };
        for item in entry.node.items() {
            let from = at(file, item.span);
            let Some(text) = item.text() else {
                report.refused(from, "an expression is a text", None);
                continue;
            };
            let parts = alternatives(text);
            if parts.len() > 1 {
                report.anchors(from);
            }
            let regex = quote::literal(&wrapped(&parts));
            let condition = format!("{attribute} matches {regex}");
            let mut sentence = Sentence::new(tier, "run");
            if attribute == "line" {
                sentence = sentence.when("line is present");
            }
            writer.sentence(&sentence.when(condition), report, from);
        }
    }
}

/// What `\A…\z` around an expression without a group means.
fn wrapped(parts: &[String]) -> String {
    match parts {
        [one] => one.clone(),
        [first, middle @ .., last] => {
            let mut all = vec![format!("{first}(?s:.*)")];
            all.extend(middle.iter().map(|part| format!("(?s:.*){part}(?s:.*)")));
            all.push(format!("(?s:.*){last}"));
            all.join("|")
        }
        [] => String::new(),
    }
}

/// The alternatives of an expression that stand in no group.
fn alternatives(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut in_class, mut escaped) = (0_usize, false, false);
    for c in text.chars() {
        if c == '|' && depth == 0 && !in_class && !escaped {
            parts.push(String::new());
            continue;
        }
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
}

fn paths(file: usize, node: &Node, actions: &str, writer: &mut Writer, report: &mut Report) {
    writer.section(&format!("Files: {actions}."));
    for (key, tier) in [("deniedPaths", Tier::Deny), ("allowedPaths", Tier::Allow)] {
        for item in node.get(key).map(Node::items).unwrap_or_default() {
            let from = at(file, item.span);
            match gitignore(item.text().unwrap_or_default(), Tier::Allow, ANCHORS) {
                Ok(pattern) => {
                    let sentence = Sentence::new(tier, actions).object(quote::literal(&pattern));
                    writer.sentence(&sentence, report, from);
                }
                Err(what) => report.refused(from, what, None),
            }
        }
    }
}
