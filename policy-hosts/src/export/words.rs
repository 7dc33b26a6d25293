//! Names and words that a configuration may hold as they are.

use super::Prefix;

/// Words that stand for themselves in any shell and any pattern, behind one another.
///
/// The first word must not set a variable.
pub(crate) fn plain_command(prefix: &Prefix) -> Option<String> {
    let is_plain = |word: &String| {
        !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-+/=@,:%".contains(c))
    };
    let sets = prefix.words.first().is_some_and(|word| word.contains('='));
    (!sets && prefix.words.iter().all(is_plain)).then(|| prefix.words.join(" "))
}

/// A name of a server or a tool that stands for itself.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}
