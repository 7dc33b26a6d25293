//! Examples of a rule, as Codex reads them: `match = ["git push origin"]`.

use std::collections::BTreeMap;

/// A line as words: blanks part them, quotes and backslashes keep them together, and `#` at the
/// start of a word begins a comment. None where a quote does not end.
///
/// Nothing else of a shell is read: `&&` is a word.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '#' if word.is_none() => {
                rest.find(|&c| c == '\n');
            }
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '\\' => match rest.next()? {
                            '\n' => {}
                            c @ ('$' | '`' | '"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => match rest.next()? {
                '\n' => {}
                c => word.get_or_insert_default().push(c),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// Whether a pattern matches the words that a command begins with. A program that is given by a
/// path is also looked up by its base name, where `programs` has no list of that name or has the
/// path in it.
pub(super) fn is_matched(
    pattern: &[Vec<String>],
    words: &[String],
    programs: &BTreeMap<String, Vec<String>>,
) -> bool {
    let ([first, rest @ ..], [program, arguments @ ..]) = (pattern, words) else { return false };
    let rest_is_matched = rest.len() <= arguments.len()
        && rest.iter().zip(arguments).all(|(all, word)| all.contains(word));
    let is_named = first.contains(program)
        || program.rsplit_once('/').is_some_and(|(_, base)| {
            first.iter().any(|name| name == base)
                && programs.get(base).is_none_or(|paths| is_listed(program, paths))
        });
    rest_is_matched && is_named
}

fn is_listed(program: &str, paths: &[String]) -> bool {
    paths.iter().any(|path| match path.strip_prefix('~') {
        // Where that lies is not known here, so nothing is held against the example.
        Some(below) => program.ends_with(below),
        None => path == program,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_codex_0_169_splits_them() {
        for (line, words) in [
            ("git push # hi", Some(vec!["git", "push"])),
            ("git push#a", Some(vec!["git", "push#a"])),
            ("#git push", Some(vec![])),
            (r"git pu\sh", Some(vec!["git", "push"])),
            (r#"a "b \" \x 'c'" '' d'e f'"#, Some(vec!["a", r#"b " \x 'c'"#, "", "de f"])),
            ("git push && ls", Some(vec!["git", "push", "&&", "ls"])),
            ("a \"b", None),
            ("a \\", None),
        ] {
            let words: Option<Vec<String>> =
                words.map(|words| words.into_iter().map(str::to_owned).collect());
            assert_eq!(split(line), words, "{line}");
        }
    }

    #[test]
    fn a_program_given_by_a_path_is_looked_up_by_its_name() {
        let words = |all: &[&str]| all.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let pattern = [words(&["git", "hub"]), words(&["push", "pull"])];
        let listed = BTreeMap::from([("git".to_owned(), words(&["/opt/git", "~/own/git"]))]);
        for (command, free, bound) in [
            (&["git", "push"][..], true, true),
            (&["git"], false, false),
            (&["git", "fetch"], false, false),
            (&["/usr/bin/git", "pull", "x"], true, false),
            (&["/opt/git", "pull"], true, true),
            (&["/home/ana/own/git", "pull"], true, true),
            (&["./hub", "pull"], true, true),
        ] {
            let command = words(command);
            assert_eq!(is_matched(&pattern, &command, &BTreeMap::new()), free, "{command:?}");
            assert_eq!(is_matched(&pattern, &command, &listed), bound, "{command:?}");
        }
    }
}
