//! Path patterns: `/etc/**`, `$workspace/src/*.rs`, `~/.ssh/**`, `**/.env`, `C:/Windows/**`.

use std::collections::BTreeMap;

use super::fault::{Fault, PatternError};
use super::token::{Cursor, component_pieces};
use super::{MAX_ALTERNATIVES, MAX_GAPS, MAX_STEPS, check_length};
use crate::diagnostic::nearest;
use crate::model::pattern::{PathBase, PathItem, Piece, RootId, TokenPattern};

/// The roots that a file knows, by name.
pub(in crate::check) type Roots = BTreeMap<String, RootId>;

/// Where a pattern starts, and its steps.
pub(in crate::check) type ParsedPath = (PathBase, Vec<PathItem>);

/// Parses a path pattern.
pub(in crate::check) fn path(
    text: &str,
    fold: bool,
    roots: &Roots,
) -> Result<ParsedPath, PatternError> {
    check_length(text)?;
    let mut cursor = Cursor::new(text);
    let (base, mut items) = start(&mut cursor, roots)?;
    if cursor.peek().is_some() {
        components(&mut cursor, fold, &mut items)?;
    }
    if base == PathBase::Absolute {
        drop_macos_prefixes(&mut items, fold);
    }
    limits(text, &items)?;
    Ok((base, items))
}

/// What stands before the first `/`, and that `/`.
fn start(cursor: &mut Cursor<'_>, roots: &Roots) -> Result<ParsedPath, PatternError> {
    let text = cursor.rest();
    // The first component, as far as its text decides where the path starts.
    let first = text.split('/').next().unwrap_or(text);
    let len = first.len();
    let rooted = |cursor: &mut Cursor<'_>, root| {
        cursor.eat(first);
        cursor.eat("/");
        trailing_slash(text, cursor)?;
        Ok((PathBase::Root(root), vec![]))
    };
    if first.contains('\\') {
        let slash = first.find('\\').unwrap_or(0);
        return Err(Fault::Backslash.at(slash..slash + 1));
    }
    if first.is_empty() {
        cursor.eat("/");
        return Ok((PathBase::Absolute, vec![]));
    }
    if first == "~" {
        return rooted(cursor, known_root("home", 0..len, roots)?);
    }
    if first.starts_with('~') {
        return Err(Fault::OtherHome { written: first.to_owned() }.at(0..len));
    }
    if let Some(name) = first.strip_prefix('$') {
        return rooted(cursor, known_root(name, 0..len, roots)?);
    }
    if let Some(drive) = drive(first) {
        if first.len() != 2 || text.len() == 2 {
            return Err(Fault::DriveRelative { drive }.at(0..2));
        }
        cursor.eat(first);
        cursor.eat("/");
        return Ok((PathBase::Absolute, vec![PathItem::Component(TokenPattern::literal(&drive))]));
    }
    if first == "**" {
        return Ok((PathBase::Absolute, vec![]));
    }
    let written = text.trim_start_matches("./");
    Err(Fault::RelativePath { written: written.to_owned() }.at(0..text.len()))
}

fn known_root(
    name: &str,
    range: std::ops::Range<usize>,
    roots: &Roots,
) -> Result<RootId, PatternError> {
    roots.get(name).copied().ok_or_else(|| {
        let nearest = nearest(name, roots.keys().map(String::as_str)).map(str::to_owned);
        Fault::UnknownRoot { name: name.to_owned(), nearest }.at(range)
    })
}

/// `c:` as its canonical `C:`, where a component starts with a drive.
fn drive(component: &str) -> Option<String> {
    let mut characters = component.chars();
    let letter = characters.next().filter(char::is_ascii_alphabetic)?;
    (characters.next() == Some(':')).then(|| format!("{}:", letter.to_ascii_uppercase()))
}

/// A root with nothing behind its `/`: the slash is too much.
fn trailing_slash(text: &str, cursor: &Cursor<'_>) -> Result<(), PatternError> {
    match text.strip_suffix('/') {
        Some(path) if cursor.rest().is_empty() => {
            Err(Fault::TrailingSlash { path: path.to_owned() }.at(path.len()..text.len()))
        }
        _ => Ok(()),
    }
}

/// The components up to the end, `/` between them.
fn components(
    cursor: &mut Cursor<'_>,
    fold: bool,
    items: &mut Vec<PathItem>,
) -> Result<(), PatternError> {
    loop {
        let start = cursor.at();
        let pieces = component_pieces(cursor, 0)?;
        let written = cursor.since(start);
        let range = start..cursor.at();
        match written {
            "" if cursor.rest().is_empty() => {
                let path = cursor.since(0).trim_end_matches('/').to_owned();
                return Err(Fault::TrailingSlash { path }.at(start.saturating_sub(1)..start));
            }
            "" => return Err(Fault::EmptyComponent.at(start..start + 1)),
            "." | ".." => {
                return Err(Fault::DotComponent { component: written.to_owned() }.at(range));
            }
            // Two of them in a row say no more than one.
            "**" if items.last() == Some(&PathItem::AnyDepth) => {}
            "**" => items.push(PathItem::AnyDepth),
            _ => {
                if let Some(gap) = gap_in(written) {
                    return Err(Fault::GapInComponent.at(start + gap..start + gap + 2));
                }
                items.push(PathItem::Component(TokenPattern { pieces, fold }));
            }
        }
        if !cursor.eat("/") {
            return Ok(());
        }
    }
}

/// Where `**` stands in a component, outside `<…>` and `[…]`.
fn gap_in(component: &str) -> Option<usize> {
    let mut cursor = Cursor::new(component);
    while let Some(next) = cursor.peek() {
        let here = cursor.at();
        if cursor.rest().starts_with("**") {
            return Some(here);
        }
        // The component was read before, so a regex or class in it ends.
        match next {
            '<' => super::token::common_piece(&mut cursor).map(drop).ok()?,
            '[' => super::token::class_piece(&mut cursor).map(drop).ok()?,
            _ => drop(cursor.bump()),
        }
    }
    None
}

/// Writes a path of macOS as requests are written: `/private/etc` is `/etc`.
fn drop_macos_prefixes(items: &mut Vec<PathItem>, fold: bool) {
    let is = |items: &[PathItem], index: usize, names: &[&str]| match items.get(index) {
        Some(PathItem::Component(token)) => match &token.pieces[..] {
            [Piece::Literal(text)] => {
                names.iter().any(|name| text == name || fold && text.eq_ignore_ascii_case(name))
            }
            _ => false,
        },
        _ => false,
    };
    if is(items, 0, &["System"]) && is(items, 1, &["Volumes"]) && is(items, 2, &["Data"]) {
        items.drain(..3);
    }
    if is(items, 0, &["private"]) && is(items, 1, &["etc", "var", "tmp"]) {
        items.remove(0);
    }
}

fn limits(text: &str, items: &[PathItem]) -> Result<(), PatternError> {
    let whole = 0..text.len();
    if MAX_STEPS < items.len() {
        return Err(Fault::TooManySteps.at(whole));
    }
    if MAX_GAPS < items.iter().filter(|item| **item == PathItem::AnyDepth).count() {
        return Err(Fault::TooManyGaps { gap: "**" }.at(whole));
    }
    let alternatives = items.iter().fold(1_usize, |product, item| match item {
        PathItem::Component(token) => product.saturating_mul(expansions(&token.pieces)),
        PathItem::AnyDepth => product,
    });
    if MAX_ALTERNATIVES < alternatives {
        return Err(Fault::TooManyAlternatives.at(whole));
    }
    Ok(())
}

/// How many names without braces stand for the pieces. The depth is bounded.
fn expansions(pieces: &[Piece]) -> usize {
    pieces.iter().fold(1, |product: usize, piece| match piece {
        Piece::Alternatives(parts) => product.saturating_mul(
            parts.iter().fold(0, |sum: usize, part| sum.saturating_add(expansions(part))),
        ),
        _ => product,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::builtin_root;

    fn roots() -> Roots {
        policy_eval::BUILTIN_ROOTS
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), builtin_root(name)?)))
            .collect()
    }

    /// The pattern in a short form: the base, then each step; `''` around text.
    fn shown(text: &str) -> String {
        let (base, items) = match path(text, false, &roots()) {
            Ok(parsed) => parsed,
            Err(error) => return format!("{} at {:?}", error.fault, error.range),
        };
        let mut shown = match base {
            PathBase::Absolute => String::new(),
            PathBase::Root(RootId(root)) => format!("root {root}"),
        };
        for item in items {
            shown.push_str(" / ");
            match item {
                PathItem::AnyDepth => shown.push_str("**"),
                PathItem::Component(token) => {
                    for piece in token.pieces {
                        match piece {
                            Piece::Literal(text) => shown.push_str(&text),
                            other => shown.push_str(&format!("{other:?}")),
                        }
                    }
                }
            }
        }
        shown
    }

    #[test]
    fn paths_are_read_by_components() {
        for (text, expected) in [
            ("/", ""),
            ("/etc/**", " / etc / **"),
            ("/etc/**/**/x", " / etc / ** / x"),
            ("~", "root 1"),
            ("~/.ssh/**", "root 1 / .ssh / **"),
            ("$workspace", "root 0"),
            ("$tmp/a b/~x/$y", "root 2 / a b / ~x / $y"),
            ("**/.env", " / ** / .env"),
            ("c:/Windows/**", " / C: / Windows / **"),
            ("/a/*.rs", " / a / Star.rs"),
            ("/a/?", " / a / AnyChar"),
            ("/[a-c!]", " / Class { negated: false, ranges: [('a', 'c'), ('!', '!')] }"),
            ("/[!]-]", " / Class { negated: true, ranges: [(']', ']'), ('-', '-')] }"),
            ("/{a,b*}.c", " / Alternatives([[Literal(\"a\")], [Literal(\"b\"), Star]]).c"),
            ("/x<[^/]+(a|b)>", " / xRegex(\"[^/]+(a|b)\")"),
            ("/<(?P<n>a)\\>>/b", " / Regex(\"(?P<n>a)\\\\>\") / b"),
            ("/private/etc/hosts", " / etc / hosts"),
            ("/private/home", " / private / home"),
            ("/System/Volumes/Data/Users/x", " / Users / x"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_says_why_and_where() {
        for (text, expected) in [
            ("", "the pattern is empty at 0..0"),
            ("src/lib.rs", "`src/lib.rs` is relative: relative to what? at 0..10"),
            ("./src", "`src` is relative: relative to what? at 0..5"),
            ("*", "`*` is relative: relative to what? at 0..1"),
            ("C:\\Windows", "a path is written with `/`, not with `\\` at 2..3"),
            ("/a\\b", "a path is written with `/`, not with `\\` at 2..3"),
            ("C:x", "`C:` without `/` behind it is a place that changes at 0..2"),
            ("/a/../b", "`..` cannot stand in a path pattern at 3..5"),
            ("/a//b", "a component of the path is empty at 3..4"),
            ("/a/", "the path ends with `/` at 2..3"),
            ("~/", "the path ends with `/` at 1..2"),
            ("/a**", "`**` stands alone between two `/` at 2..4"),
            ("**.env", "`**.env` is relative: relative to what? at 0..6"),
            ("/{a/b,c}", "a component of a path has no `/` in it at 3..4"),
            ("/{a,b", "`{` is not closed at 1..2"),
            ("/[a", "`[` is not closed at 1..2"),
            ("/[z-a]", "the range `z-a` runs backwards at 2..5"),
            ("/[]", "the class names no character at 1..3"),
            ("/[^a]", "`[^…]` is written `[!…]` here at 1..3"),
            ("/<a(>", "the regex is wrong: unclosed group at 3..4"),
            ("/<a", "`<` is not closed at 1..2"),
            ("/<\\w{1000}>", "the regex is too large at 2..10"),
            ("~root/x", "`~root` names the home of another user at 0..5"),
            ("$wrokspace/x", "unknown root `wrokspace` at 0..10"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn limits_are_errors() {
        let deep = format!("/{}a{}", "{".repeat(9), "}".repeat(9));
        let gaps = "/**/a".repeat(33);
        let many = "/{a,b}".repeat(9);
        for (text, expected) in [
            (deep.as_str(), "the pattern nests deeper than 8"),
            (gaps.as_str(), "the pattern has more than 32 `**`"),
            (many.as_str(), "the pattern stands for more than 256 alternatives"),
            (&"/a".repeat(300), "the pattern has more than 256 steps"),
            (&"/a".repeat(3000), "the pattern is longer than 4096 bytes"),
        ] {
            assert!(shown(text).starts_with(expected), "{}", shown(text));
        }
        assert!(path(&"/**/a".repeat(30), false, &roots()).is_ok());
    }
}
