//! Cursor: `permissions.json`, `cli.json` and `sandbox.json`.
//!
//! What an entry of the terminal's list means beyond its first word is not public: it is read as a
//! beginning of words. Deny beats allow, and what no entry speaks of is asked about.

use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::{Location, Source};

use crate::import::command::Specifier;
use crate::import::gitignore::{Anchors, gitignore};
use crate::import::report::at;
use crate::import::tree::{self, Node};
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report, quote};

const ANCHORS: Anchors = Anchors { slash: "", single_folder_anywhere: false };

const KEYS: [&str; 11] = [
    "permissions",
    "mcpAllowlist",
    "terminalAllowlist",
    "autoRun",
    "type",
    "additionalReadwritePaths",
    "additionalReadonlyPaths",
    "disableTmpWrite",
    "enableSharedBuildCache",
    "networkPolicy",
    "version",
];

pub(crate) fn import(
    files: &[Arc<Source>],
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    for (index, file) in files.iter().enumerate() {
        match tree::json(&file.text) {
            Ok(root) => settings(index, &root, options, writer, report),
            Err(fault) => report.invalid(at(index, fault.span), fault.message),
        }
    }
}

fn settings(file: usize, root: &Node, options: Options, writer: &mut Writer, report: &mut Report) {
    for entry in root.entries() {
        let from = at(file, entry.at);
        match entry.key.as_str() {
            "permissions" => {
                for (key, tier) in [("deny", Tier::Deny), ("allow", Tier::Allow)] {
                    writer.section(&format!("Rules that {key}."));
                    for item in entry.node.get(key).map(Node::items).unwrap_or_default() {
                        let from = at(file, item.span);
                        let text = item.text().unwrap_or_default();
                        match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
                            Some((tool, inner)) => {
                                rule(tool, inner.trim(), tier, from, options, writer, report);
                            }
                            None => report.refused(from, "a rule is `Tool(pattern)`", None),
                        }
                    }
                }
            }
            "terminalAllowlist" => {
                writer.section("Commands that run without a question.");
                for item in entry.node.items() {
                    let text = format!("{}:*", item.text().unwrap_or_default());
                    rule("Shell", &text, Tier::Allow, at(file, item.span), options, writer, report);
                }
            }
            "mcpAllowlist" => {
                writer.section("Tools that run without a question.");
                for item in entry.node.items() {
                    let text = item.text().unwrap_or_default();
                    rule("Mcp", text, Tier::Allow, at(file, item.span), options, writer, report);
                }
            }
            "type" => match entry.node.text() {
                Some("workspace_readwrite") => {
                    writer.section("The sandbox.");
                    let sentence = Sentence::new(Tier::Allow, "read, write, delete")
                        .object("\"$workspace/**\"");
                    writer.sentence(&sentence, report, from);
                }
                Some("workspace_readonly") => {
                    let sentence = Sentence::new(Tier::Allow, "read").object("\"$workspace/**\"");
                    writer.sentence(&sentence, report, from);
                }
                _ => report.lost(from, "without a sandbox nothing limits commands", ""),
            },
            "additionalReadwritePaths" => {
                paths(file, &entry.node, "read, write, delete", writer, report)
            }
            "additionalReadonlyPaths" => paths(file, &entry.node, "read", writer, report),
            "networkPolicy" => network(file, &entry.node, writer, report),
            "autoRun" => report.lost(
                from,
                "what a model is told in prose is no rule",
                "write rules with `review` for what a reviewer may clear",
            ),
            "disableTmpWrite" => {
                if entry.node.bool() == Some(false) {
                    let sentence =
                        Sentence::new(Tier::Allow, "read, write, delete").object("\"$tmp/**\"");
                    writer.sentence(&sentence, report, from);
                }
            }
            "enableSharedBuildCache" => {
                report.lost(from, "where the build cache lies is not said", "")
            }
            "version" => {}
            key => report.unknown_key(from, key, KEYS),
        }
    }
}

fn paths(file: usize, node: &Node, actions: &str, writer: &mut Writer, report: &mut Report) {
    for item in node.items() {
        let text = item.text().unwrap_or_default();
        let sentence = Sentence::new(Tier::Allow, actions);
        put_path(text, sentence, at(file, item.span), writer, report);
    }
}

fn put_path(
    text: &str,
    sentence: Sentence,
    from: Location,
    writer: &mut Writer,
    report: &mut Report,
) {
    match gitignore(text, Tier::Allow, ANCHORS) {
        Ok(pattern) => writer.sentence(&sentence.object(quote::literal(&pattern)), report, from),
        Err(what) => report.refused(from, what, None),
    }
}

fn network(file: usize, node: &Node, writer: &mut Writer, report: &mut Report) {
    writer.section("The network of commands.");
    if let Some(default) = node.get("default") {
        let tier = if default.text() == Some("allow") { "allow" } else { "deny" };
        writer.line_from(&format!("default connect {tier}"), report, at(file, default.span));
    }
    for (key, tier) in [("deny", Tier::Deny), ("allow", Tier::Allow)] {
        for item in node.get(key).map(Node::items).unwrap_or_default() {
            let host = item.text().unwrap_or_default().to_lowercase();
            let sentence = Sentence::new(tier, "connect").object(quote::literal(&host));
            writer.sentence(&sentence, report, at(file, item.span));
        }
    }
}

fn rule(
    tool: &str,
    inner: &str,
    tier: Tier,
    from: Location,
    options: Options,
    writer: &mut Writer,
    report: &mut Report,
) {
    let sentence = match tool {
        "Shell" => {
            // A program alone is the program with any words.
            let is_bare = !inner.contains([' ', '*', ':']);
            let text = if is_bare { format!("{inner}:*") } else { inner.to_owned() };
            let spec = Specifier::new(&text);
            if let [program] = &spec.words[..]
                && tier == Tier::Allow
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
        "Read" => return put_path(inner, Sentence::new(tier, "read"), from, writer, report),
        "Write" => {
            return put_path(inner, Sentence::new(tier, "write, delete"), from, writer, report);
        }
        "WebFetch" => Sentence::new(tier, "fetch").object(quote::literal(&inner.to_lowercase())),
        "Mcp" => match inner.split_once(':') {
            Some((server, tool)) => {
                Sentence::new(tier, "call").object(quote::literal(&format!("{server}/{tool}")))
            }
            None => return report.refused(from, "a tool is `server:tool`", None),
        },
        other => {
            let known = ["Shell", "Read", "Write", "WebFetch", "Mcp"];
            let nearest = policy_lang::diagnostic::nearest(other, known);
            let help = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
            return report.refused(from, format!("`{other}` is no kind of rule"), help.as_deref());
        }
    };
    writer.sentence(&sentence, report, from);
}
