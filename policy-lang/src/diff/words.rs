//! The words that every form of a report shares.

use policy_eval::{RequestBuf, safe, to_json};

use super::finding::Finding;
use super::{Answer, Aspect, Comparison, DecidedBy, Difference, Direction, Report, Sentence};
use crate::diagnostic::is_hidden;
use crate::format::duration;
use crate::model::RuleOptions;

/// What came of the comparison, in one line: `2 loosened, 1 tightened`.
pub(super) fn verdict(report: &Report, findings: &[Finding<'_>]) -> String {
    if report.is_equivalent() {
        return "equivalent, proved: both decide every request alike".to_owned();
    }
    if report.differences.is_empty() {
        return "incomplete: no difference was found, and not everything was compared".to_owned();
    }
    let directions = [Direction::Loosened, Direction::Tightened, Direction::Changed];
    let mut counts: Vec<String> = directions
        .into_iter()
        .map(|direction| (count(findings, direction), direction.name()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    if !report.is_complete() {
        counts.push("incomplete: not everything was compared".to_owned());
    }
    counts.join(", ")
}

/// How many findings have a direction.
pub(super) fn count(findings: &[Finding<'_>], direction: Direction) -> usize {
    findings.iter().filter(|one| one.direction == direction).count()
}

/// Both answers in what they differ in, each in the language's own words.
pub(super) fn effects(difference: &Difference) -> (String, String) {
    let effect = |answer: &Answer| match difference.aspect {
        Aspect::Tier => answer.tier.name().to_owned(),
        Aspect::Options => format!("{} {}", answer.tier, options(&answer.options)),
        Aspect::Record => format!("record {}", answer.record),
        Aspect::Marks if answer.marks.is_empty() => "no mark".to_owned(),
        Aspect::Marks => {
            let marks: Vec<_> = answer.marks.iter().map(|mark| format!("\"{mark}\"")).collect();
            format!("mark {}", marks.join(", "))
        }
    };
    (effect(&difference.from), effect(&difference.to))
}

/// The changes of the answer of a finding: `deny → allow, deny → ask`.
pub(super) fn changes(finding: &Finding<'_>) -> String {
    let arrow = |(before, after): (String, String)| format!("{before} → {after}");
    finding.effects().into_iter().map(arrow).collect::<Vec<_>>().join(", ")
}

/// `with outside sandbox, timeout 90s`; `without options`.
pub(super) fn options(options: &RuleOptions) -> String {
    let mut said = Vec::new();
    if options.outside_sandbox {
        said.push("outside sandbox".to_owned());
    }
    said.extend(options.reviewer.as_ref().map(|name| format!("reviewer \"{name}\"")));
    said.extend(options.timeout_ms.map(|time| format!("timeout {}", duration(time))));
    if options.on_failure != policy_eval::OnFailure::default() {
        said.push(format!("on failure {}", options.on_failure.name()));
    }
    if options.remember != policy_eval::Remember::default() {
        said.push(format!("remember {}", options.remember.name()));
    }
    match said.is_empty() {
        true => "without options".to_owned(),
        false => format!("with {}", said.join(", ")),
    }
}

/// What decided, where no rule did.
pub(super) const fn no_rule(decided_by: &DecidedBy) -> &'static str {
    match decided_by {
        DecidedBy::Default | DecidedBy::Rule(_) => "the default",
        DecidedBy::Floor => "what is not understood, or leaves the sandbox",
    }
}

/// `agents.policy:25:1`
pub(super) fn place(sentence: &Sentence) -> String {
    format!("{}:{}:{}", sentence.file, sentence.line, sentence.column)
}

/// What is said of a sentence that changed without another word.
pub(super) const SAME_WORDS: &str =
    "the same words; a set, an include or a block around them changed";

/// What is said where no sentence is at hand: a default that may be written or not.
pub(super) fn default_of(finding: &Finding<'_>) -> String {
    format!("the default of {}", super::finding::named(&finding.actions))
}

/// A text on one line.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    safe(&words.join(" ")).into_owned()
}

/// Pieces of a region: what stands between backticks is the policy's own text.
pub(super) enum Piece<'t> {
    Words(&'t str),
    Code(&'t str),
}

/// The pieces of a text with backticks. One without a partner is a word like any other.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('`') {
        let Some((code, after)) = behind.split_once('`') else { break };
        found.push(Piece::Words(before));
        found.push(Piece::Code(code));
        rest = after;
    }
    found.push(Piece::Words(rest));
    found.retain(|piece| !matches!(piece, Piece::Words("") | Piece::Code("")));
    found
}

/// A request as one line of JSON, with hidden characters written as `\u…`.
pub(super) fn request(witness: &RequestBuf) -> String {
    let json = witness.with_request(|request| to_json(request).canonical());
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(c);
        }
    }
    line
}

/// A command for a shell that asks both policies about the witness.
pub(super) fn command(comparison: &Comparison<'_>, difference: &Difference) -> String {
    let request = request(&difference.witness);
    // Only the JSON of a decision says all that is recorded and marked.
    let format = if difference.is_of_tier() { " --format human" } else { "" };
    let ask = |given: &[String], effect: &str| {
        let given: Vec<String> = given.iter().map(|name| quoted(name)).collect();
        let (given, effect) = (given.join(" "), one_line(effect));
        format!("# {effect}\npolicy decide {given}{format} --requests - <<'END'\n{request}\nEND")
    };
    let Comparison { old, new, .. } = comparison;
    let (before, after) = effects(difference);
    [ask(&old.given, &before), ask(&new.given, &after)].join("\n")
}

/// An argument as a POSIX shell reads it, and no option.
fn quoted(name: &str) -> String {
    let name = if name.starts_with('-') && name != "-" { format!("./{name}") } else { name.into() };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@~^+=,".contains(c);
    let begins_plain = !name.starts_with(['~', '=']);
    if !name.is_empty() && begins_plain && name.chars().all(plain) {
        return name;
    }
    format!("'{}'", safe(&name).replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_one_word_and_no_option() {
        for (name, expected) in [
            ("a.policy", "a.policy"),
            ("main:x/a.policy", "main:x/a.policy"),
            ("HEAD~1:a.policy", "HEAD~1:a.policy"),
            ("a b.policy", "'a b.policy'"),
            ("~x", "'~x'"),
            ("it's", r"'it'\''s'"),
            ("$(id)", "'$(id)'"),
            ("-rf", "./-rf"),
        ] {
            assert_eq!(quoted(name), expected);
        }
    }

    #[test]
    fn a_backtick_without_a_partner_is_a_word() {
        let shown = |text| -> Vec<String> {
            let show = |piece| match piece {
                Piece::Words(text) => text.to_owned(),
                Piece::Code(text) => format!("<{text}>"),
            };
            pieces(text).into_iter().map(show).collect()
        };
        assert_eq!(shown("`a` to `b`, `c"), ["<a>", " to ", "<b>", ", `c"]);
    }
}
