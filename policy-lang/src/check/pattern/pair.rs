//! Patterns of two halves: `server/tool`, and `kind/name` of something to install.

use policy_eval::{Attr, Type};

use super::check_length;
use super::fault::{Fault, PatternError};
use super::token::glob_of;
use crate::diagnostic::nearest;
use crate::model::pattern::TokenPattern;

/// Parses `server/tool`, with `*` and `?` in each part.
pub(in crate::check) fn tool(
    text: &str,
    fold: bool,
) -> Result<(TokenPattern, TokenPattern), PatternError> {
    check_length(text)?;
    match text.split_once('/') {
        Some((server, tool)) if !server.is_empty() && !tool.is_empty() && !tool.contains('/') => {
            Ok((glob_of(server, fold), glob_of(tool, fold)))
        }
        _ => Err(Fault::NotATool { written: text.to_owned() }.at(0..text.len())),
    }
}

/// Parses `kind/name`, with `*` and `?` in each part. A name may have further `/`.
pub(in crate::check) fn package(
    text: &str,
    fold: bool,
) -> Result<(TokenPattern, TokenPattern), PatternError> {
    check_length(text)?;
    let Some((kind, name)) = text.split_once('/').filter(|(k, n)| !k.is_empty() && !n.is_empty())
    else {
        return Err(Fault::NotAPackage { written: text.to_owned() }.at(0..text.len()));
    };
    let known = match Attr::Kind.ty() {
        Type::OneOf(words) => words,
        _ => &[],
    };
    let is_known =
        |word: &&'static str| if fold { word.eq_ignore_ascii_case(kind) } else { *word == kind };
    if !kind.contains(['*', '?']) && !known.iter().any(is_known) {
        let nearest = nearest(kind, known.iter().copied()).map(str::to_owned);
        return Err(Fault::UnknownKind { written: kind.to_owned(), nearest }.at(0..kind.len()));
    }
    Ok((glob_of(kind, fold), glob_of(name, fold)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_two_halves() {
        for (text, expected) in [
            ("github/get_*", None),
            ("*/*", None),
            ("github", Some("`github` is not `server/tool`")),
            ("github/", Some("`github/` is not `server/tool`")),
            ("/x", Some("`/x` is not `server/tool`")),
            ("a/b/c", Some("`a/b/c` is not `server/tool`")),
        ] {
            let fault = tool(text, false).err().map(|error| error.fault.to_string());
            assert_eq!(fault.as_deref(), expected, "{text}");
        }
        for (text, expected) in [
            ("mcp/@acme/github", None),
            ("*/x", None),
            ("mpc/x", Some("unknown kind `mpc`")),
            ("mcp", Some("`mcp` is not `kind/name`")),
        ] {
            let fault = package(text, false).err().map(|error| error.fault.to_string());
            assert_eq!(fault.as_deref(), expected, "{text}");
        }
    }
}
