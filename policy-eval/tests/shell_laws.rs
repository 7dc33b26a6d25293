//! Laws of shell text that hold for every text.

mod support;

use std::collections::BTreeSet;

use policy_eval::{Object, Request, canon};
use proptest::prelude::*;

const ROOTS: &[(&str, &str)] = &[("workspace", "/w"), ("home", "/home/dev")];

fn show(line: &str) -> String {
    support::show(&Request { roots: ROOTS, ..Request::shell(line) })
}

/// The words of each certain form without run-time words.
fn certain_commands(line: &str) -> BTreeSet<Vec<String>> {
    let mut commands = BTreeSet::new();
    let request = Request { roots: ROOTS, ..Request::shell(line) };
    canon::parts(&request, &mut |judged| {
        let Object::Command(command) = judged.part.object else { return };
        for form in command.forms.iter().filter(|form| form.certain) {
            let words: Option<Vec<String>> =
                form.words.iter().map(|word| word.value().map(str::to_owned)).collect();
            commands.extend(words);
        }
    });
    commands
}

/// A text between quotes that take everything as it stands.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// Pieces that mean something to a shell, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "-x",
        " ",
        "\n",
        ";",
        "&",
        "|",
        "&&",
        "(",
        ")",
        "{ ",
        "}",
        "'",
        "\"",
        "\\",
        "$(",
        "`",
        "${",
        "$((",
        "))",
        "$[",
        "]",
        "$x",
        "$'",
        "<",
        ">",
        "<<A\n",
        "\nA\n",
        "<(",
        "#",
        "*",
        "[[ ",
        " ]]",
        "if ",
        "then ",
        "fi ",
        "do ",
        "done ",
        "for i in ",
        "while ",
        "case x in ",
        ";;",
        "esac ",
        "f()",
        "x=",
        "a[",
        "~",
        "é",
        "\u{200b}",
        "\0",
        "cd ..",
        "bash -c ",
        "xargs ",
        "eval ",
        "find . -exec ",
        "env ",
        "time ",
        "coproc ",
        "function ",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-z]([a-z '\"$`;|&*~#{}\\\\-]{0,6}[a-z])?", 1..5).prop_map(
        |mut words| {
            // A program of its own, so that no wrapper or builtin is meant by chance.
            words.insert(0, "program".into());
            words
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_has_a_part(text in any::<String>()) {
        prop_assert!(!show(&text).is_empty(), "{:?}", text);
    }

    #[test]
    fn every_soup_has_the_same_parts_each_time(text in soup()) {
        let shown = show(&text);
        prop_assert!(!shown.is_empty());
        prop_assert_eq!(shown, show(&text));
    }

    #[test]
    fn quoted_words_are_the_words(words in words()) {
        let line: Vec<String> = words.iter().map(|word| quoted(word)).collect();
        prop_assert_eq!(certain_commands(&line.join(" ")), BTreeSet::from([words]));
    }

    #[test]
    fn blanks_and_wrapping_keep_the_certain_commands(words in words()) {
        let plain = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        let wide = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" \t\\\n ");
        let expected = BTreeSet::from([words]);
        for line in [
            format!("  {wide}\t# note"),
            format!("({plain})"),
            format!("{{ {plain}; }}"),
            format!("! {plain} &"),
            format!("timeout 5 nice {plain}"),
            format!("bash -c {}", quoted(&plain)),
            format!("sh -c {}", quoted(&format!("bash -lc {}", quoted(&plain)))),
        ] {
            prop_assert_eq!(&certain_commands(&line), &expected, "{}", line);
        }
    }

    #[test]
    fn what_stands_before_hides_nothing_behind_a_newline(text in soup()) {
        prop_assume!(!text.ends_with('\\'));
        // Whatever the text is, a line that ends cleanly does not swallow the next command
        // unless it is open, and then it does not parse.
        let line = format!("{text}\nlast-command x");
        let shown = show(&line);
        let is_seen = shown.contains("run last-command x");
        let is_unlifted = ["!syntax", "!too_large", "!dynamic_command", "!hidden_characters"]
            .iter()
            .any(|floor| shown.contains(floor));
        prop_assert!(is_seen || is_unlifted, "{}", shown);
    }
}

#[test]
fn deep_nesting_ends_at_the_published_limit() {
    for (open, close) in [("$(", ")"), ("(", " )"), ("{ ", "; }"), ("\"${x:-", "}\""), ("<(", ")")]
    {
        let nested = |depth: usize| format!("{}a{}", open.repeat(depth), close.repeat(depth));
        assert!(!show(&nested(10)).contains("too_large"), "{open}");
        assert!(show(&nested(canon::MAX_SHELL_DEPTH as usize + 2)).contains("too_large"), "{open}");
        assert!(show(&open.repeat(30_000)).contains("too_large"), "{open}");
    }
}

#[test]
fn a_deep_stack_of_scripts_ends_at_the_limit() {
    let mut line = String::from("rm x");
    for _ in 0..12 {
        line = format!("bash -c {}", quoted(&line));
        if line.len() > 60_000 {
            break;
        }
    }
    assert!(show(&line).contains("run rm x"), "twelve deep");
    let many = format!("{}rm x", "nice ".repeat(1000));
    assert!(show(&many).contains("too_large"));
}

#[test]
fn a_line_of_harmless_redirections_has_a_part() {
    for line in ["<&*", "2>&1", "> /dev/null", "<<< a", "bash -c '2>&1'", "{ 2>&1; }"] {
        assert!(!show(line).is_empty(), "{line}");
    }
}

#[test]
fn no_number_of_parts_hides_the_last() {
    let line = format!("{}rm x", "true; ".repeat(9000));
    assert!(show(&line).ends_with("run rm x\n"));
}

/// How many parts a line has, and what its forms hold: their bytes, and one for each word.
fn size_of_parts(line: &str) -> (usize, usize) {
    let (mut parts, mut size) = (0, 0);
    canon::parts(&Request::shell(line), &mut |judged| {
        parts += 1;
        if let Object::Command(command) = judged.part.object {
            let words = command.forms.iter().flat_map(|form| form.words);
            size += words.map(|word| 1 + word.text.len()).sum::<usize>();
        }
    });
    (parts, size)
}

/// A text over and over, up to the length of a long line.
fn filled(text: &str) -> String {
    text.repeat(60_000 / text.len())
}

#[test]
fn what_is_judged_grows_with_the_line_and_not_with_its_square() {
    for line in [
        format!("parallel ::: {}", filled("a ")),
        format!("bash -c '{}' {}", "a;".repeat(5000), "x ".repeat(10_000)),
        format!("bash -c '{}'", filled("a;")),
        format!("./bash -c '{}'", filled("a;")),
        format!("{}{}", "/bin/env ".repeat(60), filled("a ")),
        format!("{}{}", "xargs ".repeat(60), filled("a ")),
        format!("{}{}", "parallel ".repeat(15), filled("a ")),
        format!("find . {}", filled("-exec a {} + ")),
    ] {
        let (parts, size) = size_of_parts(&line);
        let start: String = line.chars().take(30).collect();
        assert!(parts <= line.len(), "{start}: {parts} parts");
        assert!(size <= (1 << 20) + 20 * line.len(), "{start}: {size} bytes");
    }
}

#[test]
fn a_wrapper_stays_a_form_of_some_part_however_many_there_are() {
    for (line, form) in [
        (format!("bash -c '{}rm x' secret {}", "a;".repeat(9000), filled("x ")), "secret"),
        (format!("parallel ::: secret {}", filled("a ")), "secret"),
        (format!("sudo {}env -i {}", "nice ".repeat(30), filled("rm ")), "sudo"),
    ] {
        let mut is_judged = false;
        canon::parts(&Request::shell(&line), &mut |judged| {
            if let Object::Command(command) = judged.part.object {
                let mut words = command.forms.iter().flat_map(|form| form.words);
                is_judged |= words.any(|word| word.text == form);
            }
        });
        assert!(is_judged, "{form}");
    }
}

#[test]
fn loops_in_scripts_in_loops_end_and_hide_nothing() {
    for line in [
        format!("{}{}; rm x", "eval for i do ".repeat(12), filled("a ")),
        format!("{}{}; rm x", "watch for i do ".repeat(14), filled("a ")),
        format!("{}{}; rm x", "watch while watch ".repeat(10), filled("a ")),
        format!("{}{}; rm x;{}", "for i in a; do ".repeat(60), filled("a;"), "done;".repeat(60)),
        format!("{}{}; rm x;{}", "while cd a; do ".repeat(60), filled("a;"), "done;".repeat(60)),
    ] {
        assert!(certain_commands(&line).contains(&vec!["rm".into(), "x".into()]), "{line:.30}");
    }
}

#[test]
fn parentheses_that_never_close_are_a_floor() {
    for text in ["((#${\n) )\n", "echo $((#${\n))\n", "$((", "((a "] {
        let shown = show(&format!("{}; rm x", filled(text)));
        assert!(shown.contains("!syntax") || shown.contains("!too_large"), "{text}");
    }
}
