//! A text that the pattern of a token matches, as plain as the pattern allows.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::interp::token_matches;
use crate::model::pattern::{Piece, TokenPattern, parse_regex};

/// A text that the pattern matches; none where no plain one is found.
pub(super) fn token(pattern: &TokenPattern) -> Option<String> {
    let mut plain = String::new();
    pieces(&pattern.pieces, &mut plain);
    // `x` for what may be empty reads better than nothing, and `*` alone must be something.
    let candidates = [plain.clone(), plain.replace('\0', "x"), plain.replace('\0', "")];
    candidates.into_iter().find(|text| !text.contains('\0') && token_matches(pattern, text))
}

/// Stars are written as `\0`, which no text of a pattern has.
fn pieces(pieces_: &[Piece], out: &mut String) {
    for piece in pieces_ {
        match piece {
            Piece::Literal(text) => out.push_str(text),
            Piece::AnyChar => out.push('x'),
            Piece::Star => out.push('\0'),
            Piece::Class { negated: false, ranges } => {
                out.extend(ranges.first().map(|(first, _)| *first));
            }
            Piece::Class { negated: true, ranges } => {
                let is_out =
                    |c: &char| !ranges.iter().any(|(first, last)| (first..=last).contains(&c));
                out.extend(['x', 'X', '0', '-', 'é'].iter().find(|c| is_out(c)));
            }
            Piece::Alternatives(all) => {
                if let Some(first) = all.first() {
                    pieces(first, out);
                }
            }
            Piece::Regex(source) => {
                if let Ok(hir) = parse_regex(source) {
                    regex(&hir, out);
                }
            }
        }
    }
}

/// More repetitions than this are no plain text.
const MOST_REPEATED: u32 = 16;

fn regex(hir: &Hir, out: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(Class::Unicode(class)) => {
            let usual = ['x', '0'];
            let has =
                |c: &&char| class.iter().any(|range| (range.start()..=range.end()).contains(*c));
            let first = class.iter().next().map(|range| range.start());
            out.extend(usual.iter().find(has).copied().or(first));
        }
        HirKind::Class(Class::Bytes(class)) => {
            out.extend(class.iter().next().map(|range| char::from(range.start())));
        }
        HirKind::Repetition(repetition) => {
            (0..repetition.min.min(MOST_REPEATED)).for_each(|_| regex(&repetition.sub, out));
        }
        HirKind::Capture(capture) => regex(&capture.sub, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| regex(part, out)),
        HirKind::Alternation(parts) => {
            if let Some(first) = parts.first() {
                regex(first, out);
            }
        }
    }
}
