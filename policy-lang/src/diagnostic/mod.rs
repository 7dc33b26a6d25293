//! Findings: one type for every stage, and how they are shown.
//!
//! The parser, the checker, the proofs and the lints all answer with [`Diagnostic`]s. A diagnostic
//! is data: a stable code, a message, places with labels, and what to do next. Showing it is a
//! separate step, because a terminal, a pipeline and an editor want different things:
//!
//! ```text
//!   parser ┐                     ┌ render             for people
//!   checker├──→ Vec<Diagnostic> ─┤ json::finding      for programs
//!   lints  ┘                     │ sarif::log         for code scanning
//!                                │ github::commands   for a workflow of GitHub Actions
//!                                └ junit::findings    for build servers
//! ```
//!
//! Sources are a slice of [`Source`]s that a [`SourceId`] indexes. A place that lies outside them
//! is clamped, never a panic.
//!
//! [`Source`]: crate::span::Source
//! [`SourceId`]: crate::span::SourceId

pub mod github;
mod hidden;
pub mod json;
pub mod junit;
mod markup;
pub(crate) mod place;
pub mod sarif;
mod text;

pub use hidden::is_hidden;
pub use markup::{escape_markup, grouped};
pub use text::{Style, render, render_all};

use crate::span::Location;

/// How bad a finding is, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Probably not what the author means.
    Warning,
    /// The policy is not valid.
    Error,
}

impl Level {
    /// All levels, least first.
    pub const ALL: [Level; 3] = [Level::Info, Level::Warning, Level::Error];

    /// The word that reports and options use.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    /// The level that a word names.
    pub fn from_name(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// One finding.
///
/// # Example
/// ```
/// use policy_lang::diagnostic::{Diagnostic, Level};
/// use policy_lang::span::{Location, SourceId, Span};
///
/// let at = Location { source: SourceId(0), span: Span::new(6, 10) };
/// let finding = Diagnostic::error("P004", at, "unknown action `raed`")
///     .primary("no action has this name")
///     .help("did you mean `read`?");
/// assert_eq!(finding.level, Level::Error);
/// assert_eq!(finding.location(), Some(at));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// The stable code: `P` for syntax, others for other stages.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in one sentence without a capital and a stop.
    pub message: String,
    /// Where it is wrong, and what else matters. The first primary label is *the* place.
    pub labels: Vec<Label>,
    /// What to do next.
    pub help: Option<String>,
    /// A request that proves the finding, in the shape of a request's JSON.
    pub witness: Option<serde_json::Value>,
    /// Changes to the text that would mend it. Empty where no safe change is known.
    pub fix: Vec<Edit>,
}

/// A place and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub location: Location,
    /// What is said of it. May be empty.
    pub text: String,
    /// Whether the finding is about this place; other labels are related places.
    pub primary: bool,
}

/// One change to a source: the bytes at a place give way to a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Edit {
    pub location: Location,
    pub text: String,
}

impl Diagnostic {
    /// A finding of some level at a place.
    pub fn new(
        code: &'static str,
        level: Level,
        location: Location,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            code,
            level,
            message: message.into(),
            labels: vec![Label { location, text: String::new(), primary: true }],
            help: None,
            witness: None,
            fix: Vec::new(),
        }
    }

    /// An error at a place.
    pub fn error(code: &'static str, location: Location, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Level::Error, location, message)
    }

    /// A warning at a place.
    pub fn warning(
        code: &'static str,
        location: Location,
        message: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, Level::Warning, location, message)
    }

    /// Says something at the finding's own place.
    #[must_use]
    pub fn primary(mut self, text: impl Into<String>) -> Diagnostic {
        if let Some(label) = self.labels.iter_mut().find(|label| label.primary) {
            label.text = text.into();
        }
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn label(mut self, location: Location, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { location, text: text.into(), primary: false });
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Adds the request that proves it.
    #[must_use]
    pub fn witness(mut self, request: serde_json::Value) -> Diagnostic {
        self.witness = Some(request);
        self
    }

    /// Adds a change that would mend it.
    #[must_use]
    pub fn edit(mut self, location: Location, text: impl Into<String>) -> Diagnostic {
        self.fix.push(Edit { location, text: text.into() });
        self
    }

    /// Where the finding is.
    pub fn location(&self) -> Option<Location> {
        self.labels.iter().find(|label| label.primary).map(|label| label.location)
    }
}

/// A code and what it means: what `--explain` prints.
///
/// Each stage has one list of these beside its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable code.
    pub code: &'static str,
    /// A short title.
    pub title: &'static str,
    /// A few sentences: what is wrong, why it matters, how to write it right.
    pub explanation: &'static str,
}

/// Of several names the one nearest to a misspelt one, where one is near enough to be meant.
///
/// Counts insertions, deletions, replacements and swaps of neighbours; at most a third of the
/// word may differ. Of equally near names the first wins.
///
/// ```
/// use policy_lang::diagnostic::nearest;
/// assert_eq!(nearest("alow", ["allow", "ask"]), Some("allow"));
/// assert_eq!(nearest("grant", ["allow", "ask"]), None);
/// ```
///
/// # Cost
/// The product of the lengths for each name. A word longer than 64 bytes is near to nothing.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    names
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (distance(&word, &name.to_lowercase()), name))
        .filter(|&(distance, name)| distance <= (name.chars().count().max(3)) / 3)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// The optimal string alignment distance of two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        rows[i][0] = i;
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_near_where_at_most_a_third_differs() {
        let names = ["allow", "review", "ask", "deny", "read"];
        for (word, near) in [
            ("alow", Some("allow")),
            ("ALLOW", Some("allow")),
            ("reveiw", Some("review")),
            ("dney", Some("deny")),
            ("raed", Some("read")),
            ("as", Some("ask")),
            ("forbid", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), near, "{word}");
        }
    }
}
