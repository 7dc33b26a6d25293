//! Qwen Code: permissions in the grammar of Claude Code, with other meanings.
//!
//! One `/` is the root of the project, a host stands behind `WebFetch` and includes what is below
//! it, and `Read` governs every tool that reads.

use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::{Location, Source};

use crate::import::command::Specifier;
use crate::import::gitignore::{Anchors, gitignore};
use crate::import::report::at;
use crate::import::tree;
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report, quote};

const ANCHORS: Anchors = Anchors { slash: "$workspace", single_folder_anywhere: false };

const TOOLS: [&str; 12] = [
    "Bash",
    "Read",
    "Edit",
    "Write",
    "Grep",
    "Glob",
    "ListFiles",
    "WebFetch",
    "WebSearch",
    "Agent",
    "Task",
    "Skill",
];

pub(crate) fn import(
    files: &[Arc<Source>],
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    for (index, file) in files.iter().enumerate() {
        let root = match tree::json(&file.text) {
            Ok(root) => root,
            Err(fault) => {
                report.invalid(at(index, fault.span), fault.message);
                continue;
            }
        };
        let Some(permissions) = root.get("permissions") else { continue };
        for entry in permissions.entries() {
            let tier = match entry.key.as_str() {
                "allow" => Tier::Allow,
                "ask" => Tier::Ask,
                "deny" => Tier::Deny,
                key => {
                    report.unknown_key(at(index, entry.at), key, ["allow", "ask", "deny"]);
                    continue;
                }
            };
            writer.section(&format!("Rules that {}.", entry.key));
            for item in entry.node.items() {
                let from = at(index, item.span);
                match item.text() {
                    Some(text) => rule(text.trim(), tier, from, options, writer, report),
                    None => report.refused(from, "a rule is a text", None),
                }
            }
        }
    }
}

fn rule(
    text: &str,
    tier: Tier,
    from: Location,
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    let (name, specifier) = match text.split_once('(') {
        None => (text, None),
        Some((name, rest)) => match rest.strip_suffix(')') {
            Some(specifier) if !specifier.trim().is_empty() => (name, Some(specifier)),
            _ => return report.refused(from, "the parentheses are not closed, or empty", None),
        },
    };
    let specifier = specifier.filter(|specifier| *specifier != "*");
    let sentence = match (name, specifier) {
        ("Bash", None) => Sentence::new(tier, "run"),
        ("Bash", Some(specifier)) => {
            let spec = Specifier::new(specifier);
            if let [program] = &spec.words[..]
                && tier == Tier::Allow
                && (spec.any_words || spec.any_end)
            {
                report.wide(from, program);
            }
            if options.tighten {
                Sentence::new(tier, "run").object(quote::literal(&spec.pattern()))
            } else {
                let regex = quote::literal(&format!("(?s){}", spec.regex()));
                Sentence::new(tier, "run").when(format!("written matches {regex}"))
            }
        }
        ("Read" | "Edit" | "Write" | "Grep" | "Glob" | "ListFiles", specifier) => {
            let actions = if matches!(name, "Edit" | "Write") { "write, delete" } else { "read" };
            let sentence = Sentence::new(tier, actions);
            match specifier.map(|specifier| gitignore(specifier, tier, ANCHORS)) {
                None => sentence,
                Some(Ok(pattern)) => sentence.object(quote::literal(&pattern)),
                Some(Err(what)) => return report.refused(from, what, None),
            }
        }
        ("WebFetch", None) => Sentence::new(tier, "fetch"),
        ("WebFetch", Some(host)) => {
            let host =
                host.trim().trim_start_matches("domain:").trim_start_matches("*.").to_lowercase();
            Sentence::new(tier, "fetch").object(quote::literal(&format!("**.{host}")))
        }
        ("WebSearch", None) => Sentence::new(tier, "search"),
        ("Agent" | "Task", name) => {
            Sentence::new(tier, "spawn").object(name.map_or("*".to_owned(), quote::literal))
        }
        (name, None) if name.starts_with("mcp__") => {
            let rest = name.trim_start_matches("mcp__");
            let (server, tool) = rest.split_once("__").unwrap_or((rest, "*"));
            Sentence::new(tier, "call").object(quote::literal(&format!("{server}/{tool}")))
        }
        (name, _) => {
            let nearest = policy_lang::diagnostic::nearest(name, TOOLS);
            let help = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
            return report.refused(
                from,
                format!("`{name}` is no tool that is known"),
                help.as_deref(),
            );
        }
    };
    writer.sentence(&sentence, report, from);
}
