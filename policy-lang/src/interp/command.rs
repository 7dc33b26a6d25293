//! Commands against command patterns, where words may be known only when the command runs.
//!
//! A pattern is laid over the words in every possible way. A way is *certain* where it uses only
//! words whose value is known, or such items as take any word. The best way counts:
//!
//! ```text
//!   git push ...        git push origin     yes
//!                       git push $X         yes       `...` takes whatever it is
//!                       git $X origin       by word   `$X` may be `push`
//!                       git commit          no
//! ```

use std::collections::BTreeMap;

use policy_eval::{Truth, Word, WordKind};

use super::token;
use crate::model::pattern::{CommandPattern, Flag, FlagConstraint, TokenPattern, WordItem};

/// The words of a command, as one reading takes them.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    pub(super) words: &'a [Word<'a>],
    /// The name of the program is compared as the file system compares names.
    pub(super) fold: bool,
}

/// How far a pattern may have come: the positions in front of words that it may have reached, and
/// how certainly. In front of a word that stands for several, some of them may be used up.
type Reached = BTreeMap<usize, Truth>;

impl Words<'_> {
    /// Whether the command matches.
    pub(super) fn match_pattern(&self, pattern: &CommandPattern) -> Truth {
        let items = self.reach(&pattern.items).remove(&self.words.len()).unwrap_or(Truth::NO);
        pattern.flags.iter().fold(items, |all, constraint| all & self.meets(constraint))
    }

    /// Where the shortest beginning ends that may match the items.
    pub(super) fn shortest_beginning(&self, items: &[WordItem]) -> Option<usize> {
        self.reach(items).into_keys().next()
    }

    fn reach(&self, items: &[WordItem]) -> Reached {
        self.reach_from(items, Reached::from([(0, Truth::YES)]))
    }

    fn reach_from(&self, items: &[WordItem], start: Reached) -> Reached {
        items.iter().fold(self.with_several_words_over(start), |reached, item| {
            let next = match item {
                WordItem::Word(pattern) => best(reached.into_iter().filter_map(|(at, so_far)| {
                    let (end, truth) = self.take_word(pattern, at)?;
                    Some((end, so_far & truth))
                })),
                WordItem::AnyWords => best(reached.into_iter().flat_map(|(at, so_far)| {
                    (at..=self.words.len()).map(move |end| (end, so_far))
                })),
                WordItem::Alternatives(all) => {
                    best(all.iter().flat_map(|items| self.reach_from(items, reached.clone())))
                }
            };
            self.with_several_words_over(next)
        })
    }

    /// A word that stands for several may stand for none, or for no more than were used up.
    fn with_several_words_over(&self, mut reached: Reached) -> Reached {
        for (at, word) in self.words.iter().enumerate() {
            if let WordKind::AtRunTime { many: true, .. } = word.kind
                && let Some(&so_far) = reached.get(&at)
            {
                let behind = reached.entry(at + 1).or_insert(Truth::NO);
                *behind = *behind | so_far & Truth::BY_WORD;
            }
        }
        reached
    }

    /// Where a pattern of one word ends that starts at a word, and how certainly it matches.
    fn take_word(&self, pattern: &TokenPattern, at: usize) -> Option<(usize, Truth)> {
        let word = self.words.get(at)?;
        match word.kind {
            WordKind::Static => {
                let fold = self.fold && at == 0;
                token::matches(pattern, word.text, fold).then_some((at + 1, Truth::YES))
            }
            WordKind::AtRunTime { many: true, .. } => Some((at, Truth::BY_WORD)),
            WordKind::AtRunTime { many: false, .. } if pattern.is_any() => {
                Some((at + 1, Truth::YES))
            }
            WordKind::AtRunTime { many: false, .. } => Some((at + 1, Truth::BY_WORD)),
        }
    }

    /// Whether the flags are there, or are not, as the constraint says.
    fn meets(&self, constraint: &FlagConstraint) -> Truth {
        let found = self.has_flag(constraint);
        if constraint.forbids { !found } else { found }
    }

    /// Words that are known only when the command runs may make the region start earlier than
    /// where it starts for certain. Only behind the certain start is a flag there for certain.
    fn has_flag(&self, constraint: &FlagConstraint) -> Truth {
        let starts = self.reach(&constraint.after);
        let earliest = starts.keys().next();
        let certain = starts.iter().find(|(_, truth)| truth.is_certain()).map(|(at, _)| at);
        let behind = |start: Option<&usize>| {
            start.map_or(Truth::NO, |&start| self.has_flag_behind(start, constraint))
        };
        behind(certain) | behind(earliest) & Truth::BY_WORD
    }

    /// The words that are one of the flags, or may be, counted from where that is looked for.
    pub(super) fn flag_words(&self, constraint: &FlagConstraint) -> Vec<usize> {
        let Some(start) = self.shortest_beginning(&constraint.after) else { return vec![] };
        let is_one = |word: &Word<'_>| {
            let mut flags = constraint.flags.iter();
            flags.any(|flag| is_flag(word, flag, constraint.abbreviates).can_hold())
        };
        (start..self.words.len())
            .take_while(|&at| self.words[at].value() != Some("--"))
            .filter(|&at| is_one(&self.words[at]))
            .collect()
    }

    fn has_flag_behind(&self, start: usize, constraint: &FlagConstraint) -> Truth {
        self.words[start..]
            .iter()
            .take_while(|word| word.value() != Some("--"))
            .flat_map(|word| constraint.flags.iter().map(move |flag| (word, flag)))
            .fold(Truth::NO, |any, (word, flag)| any | is_flag(word, flag, constraint.abbreviates))
    }
}

/// Whether a word that stands where flags may stand is the flag.
fn is_flag(word: &Word<'_>, flag: &Flag, abbreviates: bool) -> Truth {
    let text = match word.kind {
        WordKind::Static => word.text,
        WordKind::AtRunTime { may_be_flag: true, .. } => return Truth::BY_WORD,
        WordKind::AtRunTime { may_be_flag: false, .. } => return Truth::NO,
    };
    let Some(behind_dash) = text.strip_prefix('-') else { return Truth::NO };
    let another_form = |is_so: bool| if is_so { Truth::OPEN } else { Truth::NO };
    match flag {
        Flag::Any => Truth::YES,
        Flag::Whole(name) => Truth::known(is_named(behind_dash, name)),
        Flag::Long(name) => match behind_dash.strip_prefix('-') {
            None => Truth::NO,
            Some(long) if is_named(long, name) => Truth::YES,
            Some(long) => {
                let written = long.split('=').next().unwrap_or(long);
                another_form(abbreviates && !written.is_empty() && name.starts_with(written))
            }
        },
        Flag::Short(letter) => {
            if is_named(behind_dash, letter.encode_utf8(&mut [0; 4])) {
                Truth::YES
            } else {
                // In a cluster, or with its value attached.
                another_form(!behind_dash.starts_with('-') && behind_dash.contains(*letter))
            }
        }
    }
}

/// Whether a flag without its dashes has the name, with a value behind `=` or without.
fn is_named(flag: &str, name: &str) -> bool {
    flag.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// Where several ways lead to one position, the best counts.
fn best(ways: impl Iterator<Item = (usize, Truth)>) -> Reached {
    let mut best = Reached::new();
    for (at, truth) in ways {
        let known = best.entry(at).or_insert(Truth::NO);
        *known = *known | truth;
    }
    best
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;
    use crate::model::pattern::Piece;
    use crate::span::{Location, SourceId, Span};

    /// `$X` is a word known when the command runs, `$*` several; with `-` in front it may be a flag.
    fn word(text: &str) -> Word<'_> {
        let (may_be_flag, name) = match text.strip_prefix('-') {
            Some(rest) if rest.starts_with('$') => (true, rest),
            _ => (false, text),
        };
        match name.strip_prefix('$') {
            Some(name) => {
                let kind = WordKind::AtRunTime { may_be_flag, many: name == "*" };
                Word { text: "", kind, under_home: false }
            }
            None => Word::known(text),
        }
    }

    fn item(text: &str) -> WordItem {
        match text {
            "..." => WordItem::AnyWords,
            "*" => WordItem::Word(TokenPattern::any()),
            _ if text.starts_with('(') => WordItem::Alternatives(
                text.trim_matches(['(', ')'])
                    .split('|')
                    .map(|words| words.split(',').map(item).collect())
                    .collect(),
            ),
            _ => WordItem::Word(match text.strip_suffix('*') {
                Some(start) => TokenPattern {
                    pieces: vec![Piece::Literal(start.to_owned()), Piece::Star],
                    fold: false,
                },
                None => TokenPattern::literal(text),
            }),
        }
    }

    fn items(text: &str) -> Vec<WordItem> {
        text.split_whitespace().map(item).collect()
    }

    fn truth(pattern: &str, flags: &[FlagConstraint], command: &str) -> Truth {
        let words: Vec<_> = command.split_whitespace().map(word).collect();
        let at = Location { source: SourceId(0), span: Span::default() };
        let (items, flags) = (items(pattern), flags.to_vec());
        let pattern = CommandPattern { items, flags, written: String::new(), at };
        Words { words: &words, fold: false }.match_pattern(&pattern)
    }

    #[test]
    fn words_known_at_run_time_match_by_word() {
        let (yes, by_word, no) = (Truth::YES, Truth::BY_WORD, Truth::NO);
        for (pattern, command, expected) in [
            ("git push ...", "git push", yes),
            ("git push ...", "git push origin $*", yes),
            ("git push", "git push origin", no),
            ("git push ...", "git $X origin", by_word),
            ("git push ...", "git $* origin", by_word),
            ("git push origin", "git $*", by_word),
            ("git push origin", "git $X", no),
            ("git push", "git push $*", by_word),
            ("git push", "git push $X", no),
            ("cd *", "cd $X", yes),
            ("cd *", "cd $*", by_word),
            ("cd *", "cd a b", no),
            ("cat *.md", "cat $X", by_word),
            ("cat R*", "cat README", yes),
            ("(git|hg,-q) st*", "hg -q status", yes),
            ("(git|hg,-q) st*", "hg status", no),
            ("... a ... b", "x a y b", yes),
            ("... a ... b", "x a b y", no),
        ] {
            assert_eq!(truth(pattern, &[], command), expected, "`{pattern}` on `{command}`");
        }
    }

    #[test]
    fn flags_are_looked_for_behind_what_precedes_them_and_before_two_dashes() {
        let force = FlagConstraint {
            forbids: false,
            flags: vec![Flag::Long("force".to_owned()), Flag::Short('f')],
            after: items("git push"),
            abbreviates: true,
        };
        let no_force = FlagConstraint { forbids: true, abbreviates: false, ..force.clone() };
        let (yes, open, by_word, no) = (Truth::YES, Truth::OPEN, Truth::BY_WORD, Truth::NO);
        for (command, forced, not_forced) in [
            ("git push origin -f", yes, no),
            ("git push --force=x", yes, no),
            ("git push -uf", open, open),
            ("git push -fu", open, open),
            ("git push --for", open, yes),
            ("git push --forced", no, yes),
            ("git push -- -f", no, yes),
            ("git push -$X", by_word, by_word),
            ("git push $X", no, yes),
            ("git push origin", no, yes),
            ("git -f push", no, no),
        ] {
            assert_eq!(truth("git push ...", from_ref(&force), command), forced, "{command}");
            assert_eq!(
                truth("git push ...", from_ref(&no_force), command),
                not_forced,
                "{command}"
            );
        }
        // `$*` may be `push`, or `push --`.
        assert_eq!(truth("git push ...", from_ref(&force), "git $* -f"), by_word);
        let exec = FlagConstraint {
            forbids: true,
            flags: vec![Flag::Whole("exec".to_owned()), Flag::Any],
            after: items("find"),
            abbreviates: false,
        };
        assert_eq!(truth("find ...", from_ref(&exec), "find . -name"), no);
        let exec = FlagConstraint { flags: vec![Flag::Whole("exec".to_owned())], ..exec };
        assert_eq!(truth("find ...", from_ref(&exec), "find . -execdir"), yes);
        assert_eq!(truth("find ...", from_ref(&exec), "find . -exec"), no);
    }
}
