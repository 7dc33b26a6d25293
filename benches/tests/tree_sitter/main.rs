//! Another reader of the shell's language as a witness: tree-sitter-bash.
//!
//! Every command that tree-sitter sees in a line, and whose words are all static, is among our
//! parts in one of its forms; or we say that the line is not understood. So a command that the
//! scanner overlooks is found, in the lines of the corpus, in ordinary ones and in generated ones.
//!
//! `POLICY_SHELL_LINES` says how many lines are generated, `POLICY_SHELL_SEED` from which on. Real
//! bash stays the judge (`policy-eval/tests`): tree-sitter reads some things differently, and
//! [`tree::is_read_differently`] names each of them.

mod lines;
mod tree;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use policy_eval::{Floor, Floors, Object, Request, canon};

/// What came of comparing lines.
#[derive(Debug, Default)]
struct Count {
    lines: usize,
    /// Lines that tree-sitter does not parse, or reads in its own way.
    left_out: usize,
    /// Lines that we do not parse.
    not_understood: usize,
    /// Commands that were looked for.
    commands: usize,
    differences: Vec<String>,
}

impl Count {
    /// Compares one line.
    fn compare(&mut self, parser: &mut tree_sitter::Parser, line: &str) {
        self.lines += 1;
        let Some(commands) = tree::commands(parser, line) else {
            self.left_out += 1;
            return;
        };
        let (ours, floors) = our_commands(line);
        if floors.contains(Floor::Syntax) || floors.contains(Floor::TooLarge) {
            self.not_understood += 1;
            return;
        }
        self.commands += commands.len();
        for command in commands {
            let behind = behind_keywords(&command);
            if !(behind.is_empty() || ours.contains(&command) || ours.contains(behind)) {
                self.differences.push(format!("{command:?} in {line:?}, where we see {ours:?}"));
            }
        }
    }

    /// Fails where there was a difference, or where nearly nothing was compared.
    #[track_caller]
    fn check(&self, least_commands: usize) {
        let Count { lines, left_out, not_understood, commands, differences } = self;
        println!("{lines} lines, {left_out} left out, {not_understood} not understood");
        println!("{commands} commands, {} differences", differences.len());
        let shown: Vec<&str> = differences.iter().take(20).map(String::as_str).collect();
        assert!(shown.is_empty(), "{} differences:\n{}", differences.len(), shown.join("\n"));
        assert!(least_commands <= *commands, "only {commands} commands in {lines} lines");
        assert!(left_out + not_understood < lines / 2, "most lines are compared");
    }
}

/// To tree-sitter `time` and `coproc` are commands; to bash they are keywords where a pipeline
/// begins.
fn behind_keywords(words: &[String]) -> &[String] {
    let is_keyword = |word: &String| matches!(word.as_str(), "time" | "coproc");
    let is_option = |word: &String| matches!(word.as_str(), "-p" | "--");
    let Some(first) = words.iter().position(|word| !is_keyword(word)) else { return &[] };
    let options = words[first..].iter().take_while(|word| 0 < first && is_option(word)).count();
    &words[first + options..]
}

/// The words of every form of every command that we see in a line, where all of them are static.
fn our_commands(line: &str) -> (BTreeSet<Vec<String>>, Floors) {
    let mut found = BTreeSet::new();
    let mut floors = Floors::NONE;
    canon::parts(&Request::shell(line), &mut |judged| {
        floors = floors.union(judged.part.floors);
        let Object::Command(command) = judged.part.object else { return };
        for form in command.forms {
            let words = form.words.iter().map(|word| word.value().map(str::to_owned));
            found.extend(words.collect::<Option<Vec<String>>>());
        }
    });
    (found, floors)
}

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn generated_lines() {
    let lines = number("POLICY_SHELL_LINES", 5_000);
    let first = number("POLICY_SHELL_SEED", 0);
    let mut parser = tree::parser();
    let mut count = Count::default();
    for seed in first..first + lines {
        count.compare(&mut parser, &lines::line(seed as u64));
    }
    count.check(lines / 2);
}

#[test]
fn seeds_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/seeds/shell");
    let mut parser = tree::parser();
    let mut count = Count::default();
    for entry in fs::read_dir(folder).expect("the seeds are there") {
        let path = entry.expect("the seeds are readable").path();
        count.compare(&mut parser, &fs::read_to_string(path).expect("the seeds are text"));
    }
    count.check(20);
}

/// The shell lines of a file of requests, one a line; none where there is no such file.
fn shell_lines(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(path).unwrap_or_default();
    let request = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok();
    let shell = |json: serde_json::Value| Some(json["request"]["shell"].as_str()?.to_owned());
    text.lines().filter_map(request).filter_map(shell).collect()
}

#[test]
fn lines_that_people_write() {
    let mut parser = tree::parser();
    for file in ["examples/requests/ordinary.jsonl", "../shared/corpus/bypass_dev.jsonl"] {
        let lines = shell_lines(file);
        let mut count = Count::default();
        lines.iter().for_each(|line| count.compare(&mut parser, line));
        if !lines.is_empty() {
            count.check(100);
        }
    }
}
