//! What tree-sitter-bash sees in a line.

use tree_sitter::{Node, Parser};

/// A parser for bash.
pub(crate) fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).expect("the grammar fits the parser");
    parser
}

/// The words of each command whose words are all static; none where tree-sitter does not parse the
/// line or is known to read it in its own way.
pub(crate) fn commands(parser: &mut Parser, line: &str) -> Option<Vec<Vec<String>>> {
    if is_read_differently(line) {
        return None;
    }
    let tree = parser.parse(line, None)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        if node.kind() == "command" {
            found.extend(words(node, line));
        }
        let mut cursor = node.walk();
        open.extend(node.children(&mut cursor));
    }
    Some(found)
}

/// What tree-sitter-bash 0.25 is known to read differently from bash.
pub(crate) fn is_read_differently(line: &str) -> bool {
    // A backslash-newline inside a word splits it, a backslash-blank at an end of it is lost.
    line.contains("\\\n")
        || line.contains("\\ ")
        // Carriage return, vertical tab and form feed are blanks to it.
        || line.contains(['\r', '\u{b}', '\u{c}'])
        // Behind `!` a compound command becomes a command `{`, `for`, `done` …
        || ["! {", "! if", "! for", "! while", "! until", "! case", "! !"]
            .iter()
            .any(|negated| line.contains(negated))
        // A `!` glued to a quote is a negation to it.
        || line.contains("!'")
        || line.contains("!\"")
        // A `-` before a redirection with a descriptor is lost.
        || line.contains(" - ")
        // Backquotes in a heredoc and escaped ones in backquotes are not parsed, so what stands
        // behind them may be read as text or the reverse.
        || line.contains("\\`")
        || line.contains("<<") && line.contains('`')
        // `((…))` is a group in a group to it, also where it is arithmetic.
        || line.replace("$((", "").contains("((")
        || line.contains("<<") && line.contains("$((")
        // Behind `|&` a newline is a blank, and a word with `=` an assignment.
        || line.contains("|&")
        // The list behind a heredoc's delimiter becomes words of the command.
        || is_list_behind_heredoc(line)
        // A newline behind a pipeline is lost before a redirection or an assignment.
        || line.rsplit_once('\n').is_some_and(|(before, _)| before.contains('|'))
        // `5x=y` is an assignment to it, whatever the name.
        || line.split_whitespace().any(is_strange_assignment)
        // The digits at the end of `-n5>x` are a descriptor.
        || line.match_indices('>').any(|(at, _)| ends_in_digits(&line[..at]))
}

fn is_strange_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    let is_flag = name.starts_with('-');
    let starts_as_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    !(name.is_empty() || is_flag || starts_as_name && is_name)
}

/// Whether a text ends in a word that ends in digits and has something before them.
fn ends_in_digits(text: &str) -> bool {
    let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
    before.len() < text.len() && !before.is_empty() && !before.ends_with(char::is_whitespace)
}

fn is_list_behind_heredoc(line: &str) -> bool {
    line.lines().any(|line| {
        let behind = line.split_once("<<").map_or("", |(_, behind)| behind);
        !behind.starts_with('<') && behind.contains([';', '&'])
    })
}

/// The words of a command, where all are static.
fn words(command: Node<'_>, line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut cursor = command.walk();
    for child in command.children(&mut cursor) {
        match child.kind() {
            "command_name" => words.push(word(child.child(0)?, line)?),
            "variable_assignment" => {}
            "file_redirect" => words.extend(behind_redirect(child, line)?),
            "herestring_redirect" => {}
            _ => words.push(word(child, line)?),
        }
    }
    // What follows a redirection hangs on that redirection, and the redirection on the whole list
    // that the command ends.
    let mut node = command;
    while let Some(outer) = node.parent() {
        if outer.kind() == "redirected_statement" && outer.child(0) == Some(node) {
            words.extend(behind_redirects(outer, line)?);
        } else if !matches!(outer.kind(), "list" | "pipeline" | "negated_command")
            || outer.end_byte() != node.end_byte()
        {
            break;
        }
        node = outer;
    }
    Some(words)
}

fn behind_redirects(statement: Node<'_>, line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut cursor = statement.walk();
    for redirect in statement.children(&mut cursor) {
        match redirect.kind() {
            "file_redirect" => words.extend(behind_redirect(redirect, line)?),
            "heredoc_redirect" => words.extend(behind_heredoc(redirect, line)?),
            _ => {}
        }
    }
    Some(words)
}

/// Every destination but the first is a word of the command; `2>&-` has none of its own.
fn behind_redirect(redirect: Node<'_>, line: &str) -> Option<Vec<String>> {
    let mut cursor = redirect.walk();
    let closes = redirect.children(&mut cursor).any(|child| matches!(child.kind(), ">&-" | "<&-"));
    let destinations = redirect.children_by_field_name("destination", &mut cursor);
    destinations.skip(usize::from(!closes)).map(|node| word(node, line)).collect()
}

fn behind_heredoc(redirect: Node<'_>, line: &str) -> Option<Vec<String>> {
    let mut cursor = redirect.walk();
    let mut words = Vec::new();
    for child in redirect.children(&mut cursor) {
        match child.kind() {
            "file_redirect" => words.extend(behind_redirect(child, line)?),
            "word" | "string" | "raw_string" | "number" | "concatenation" => {
                words.push(word(child, line)?);
            }
            "simple_expansion" | "expansion" | "command_substitution" => return None,
            _ => {}
        }
    }
    Some(words)
}

/// The value of a word without anything that a shell expands.
fn word(node: Node<'_>, line: &str) -> Option<String> {
    let text = line.get(node.byte_range())?;
    match node.kind() {
        "word" | "number" => is_plain(text).then(|| text.to_owned()),
        "raw_string" => Some(text.get(1..text.len().checked_sub(1)?)?.to_owned()),
        "string" => {
            let mut cursor = node.walk();
            let is_text = node.named_children(&mut cursor).all(|c| c.kind() == "string_content");
            let inside = text.get(1..text.len().checked_sub(1)?)?;
            (is_text && !inside.contains(['\\', '$', '`'])).then(|| inside.to_owned())
        }
        "concatenation" => {
            let mut cursor = node.walk();
            let pieces = node.children(&mut cursor).map(|child| word(child, line));
            pieces.collect::<Option<String>>()
        }
        _ => None,
    }
}

/// Whether a bare word is what it says.
fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=+,@%^#".contains(c))
}
