//! Visual Studio Code: which commands its agent runs without a question.
//!
//! A key is the beginning of a command or `/a regular expression/`. A command is approved where a
//! key says `true` and none says `false`; `false` asks, and so does silence.

use std::sync::Arc;

use policy_eval::Tier;
use policy_lang::span::Source;

use crate::import::report::at;
use crate::import::tree::{self, Entry, Value};
use crate::import::write::{Sentence, Writer};
use crate::import::{Options, Report, quote};

const TERMINAL: &str = "chat.tools.terminal.autoApprove";

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
        for entry in root.entries() {
            match entry.key.as_str() {
                TERMINAL => {
                    writer
                        .section("Commands in the terminal. What no key speaks of is asked about.");
                    for rule in entry.node.entries() {
                        terminal(index, rule, options, writer, report);
                    }
                }
                key if key.starts_with("chat.tools.") => report.lost(
                    at(index, entry.at),
                    format!("`{key}` does not carry over"),
                    "write rules for `write`, `fetch` and `call`",
                ),
                // Settings of an editor hold much else.
                _ => {}
            }
        }
    }
}

fn terminal(file: usize, rule: &Entry, options: Options, writer: &mut Writer, report: &mut Report) {
    let from = at(file, rule.at);
    let (approve, by_line) = match &rule.node.value {
        Value::Bool(value) => (*value, false),
        Value::Null => return,
        Value::Table(_) => {
            let is_set = |key: &str| rule.node.get(key).and_then(tree::Node::bool);
            match is_set("approve") {
                Some(approve) => (approve, is_set("matchCommandLine") == Some(true)),
                None => return report.refused(from, "`approve` is missing", None),
            }
        }
        _ => return report.refused(from, "a command is approved or not", None),
    };
    let tier = if approve { Tier::Allow } else { Tier::Ask };
    let key = rule.key.trim();
    let sentence = Sentence::new(tier, "run");
    let attribute = if by_line { "line" } else { "written" };
    let regex = match expression(key) {
        Some(Ok(regex)) => {
            if approve && !key.starts_with("/^") {
                report.anywhere(from);
            }
            regex
        }
        Some(Err(flags)) => {
            let what = format!("the flags `{flags}` of an expression do not carry over");
            return report.refused(from, what, None);
        }
        None => {
            if approve && !key.contains(' ') {
                report.wide(from, key);
            }
            if options.tighten && !by_line {
                let words: Vec<String> = key.split_whitespace().map(quote::word).collect();
                let pattern = quote::literal(&format!("{} ...", words.join(" ")));
                return writer.sentence(&sentence.object(pattern), report, from);
            }
            let words: Vec<String> = key.split_whitespace().map(quote::written).collect();
            format!("{}(\\W.*)?", words.join(" "))
        }
    };
    let regex = quote::literal(&format!("(?s){regex}"));
    writer.sentence(&sentence.when(format!("{attribute} matches {regex}")), report, from);
}

/// `/expression/flags`, which matches anywhere.
fn expression(key: &str) -> Option<Result<String, String>> {
    let (body, flags) = key.strip_prefix('/')?.rsplit_once('/')?;
    let body = match flags {
        "" => body.to_owned(),
        "i" => format!("(?i:{body})"),
        other => return Some(Err(other.to_owned())),
    };
    Some(Ok(format!(".*({body}).*")))
}
