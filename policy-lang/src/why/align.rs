//! How far a sequence of tokens is from a pattern over tokens, and where they part.
//!
//! The pattern is laid over the tokens in every way, where a token may be exchanged, put in or
//! left out at a price; the cheapest way counts. This is the edit distance, with a pattern on one
//! side.
//!
//! ```text
//!   git (status|diff) ...   over   git push origin     1: `status` for `push`
//!   /home/dev/app/**        over   /home/dev/x/a.rs    1: `app` for `x`
//! ```

use std::borrow::Cow;
use std::rc::Rc;

use policy_eval::canon;

use super::sample;
use crate::interp::token_matches;
use crate::model::pattern::TokenPattern;
use crate::model::words;

/// A step of a pattern over tokens.
pub(super) enum Item<'p> {
    /// One token.
    One(Token<'p>),
    /// Any number of tokens, none included.
    Many,
    /// One of several sequences.
    Either(Vec<Vec<Item<'p>>>),
}

/// What one token has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token<'p> {
    Pattern(&'p TokenPattern),
    Exactly(&'p str),
    /// Anything.
    Any,
}

impl Token<'_> {
    fn takes(self, token: Option<&str>, fold: bool) -> bool {
        let pattern = match (self, token) {
            (Token::Any, _) => return true,
            (Token::Pattern(pattern), None) => return pattern.is_any(),
            (Token::Exactly(_), None) => return false,
            (Token::Exactly(text), Some(token)) => return same(text, token, fold),
            (Token::Pattern(pattern), Some(token)) => (pattern, token),
        };
        let (pattern, token) = pattern;
        match pattern.as_literal() {
            Some(literal) => same(literal, token, fold),
            None => {
                token_matches(pattern, token) || fold && token_matches(pattern, &canon::fold(token))
            }
        }
    }

    /// A text that it takes.
    pub(super) fn sample(self) -> Option<String> {
        match self {
            Token::Pattern(pattern) => sample::token(pattern),
            Token::Exactly(text) => Some(text.to_owned()),
            Token::Any => Some("x".to_owned()),
        }
    }

    /// As the policy writes it.
    pub(super) fn written(self) -> Cow<'static, str> {
        match self {
            Token::Pattern(pattern) => words::token(pattern).into(),
            Token::Exactly(text) => text.to_owned().into(),
            Token::Any => "*".into(),
        }
    }
}

fn same(one: &str, other: &str, fold: bool) -> bool {
    one == other || fold && canon::fold(one) == canon::fold(other)
}

/// A difference between tokens and pattern.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edit<'p> {
    /// Another token stands at the position.
    Replace(usize, Token<'p>),
    /// A token is missing in front of the position.
    Insert(usize, Token<'p>),
    /// The token at the position is one too many.
    Remove(usize),
}

/// The cheapest way to lay a pattern over tokens.
#[derive(Clone, Debug)]
pub(super) struct Alignment<'p> {
    pub(super) cost: u32,
    /// From left to right.
    pub(super) edits: Vec<Edit<'p>>,
}

/// Tokens that patterns are laid over.
pub(super) struct Tokens<'t> {
    /// None for one that is not known.
    pub(super) tokens: &'t [Option<&'t str>],
    /// Names that differ in case are the same.
    pub(super) fold: bool,
    /// What an edit at a position costs.
    pub(super) price: fn(usize) -> u32,
    /// Ways that cost more than this are not followed.
    pub(super) limit: u32,
}

/// More tokens than this are not laid under patterns.
const MOST_TOKENS: usize = 64;

#[derive(Clone)]
struct Way<'p> {
    cost: u32,
    last: Option<Rc<Step<'p>>>,
}

struct Step<'p> {
    edit: Edit<'p>,
    before: Option<Rc<Step<'p>>>,
}

type Ways<'p> = Vec<Option<Way<'p>>>;

impl<'t> Tokens<'t> {
    /// The cheapest way within the limit; none where there is none, or where there are too many
    /// tokens to look.
    ///
    /// # Cost
    /// Tokens times items.
    pub(super) fn align<'p>(&self, items: &[Item<'p>]) -> Option<Alignment<'p>> {
        if MOST_TOKENS < self.tokens.len() {
            return None;
        }
        let mut ways: Ways<'p> = vec![None; self.tokens.len() + 1];
        ways[0] = Some(Way { cost: 0, last: None });
        self.drop_tokens(&mut ways);
        let way = self.walk(items, ways).pop().flatten()?;
        let mut edits = Vec::new();
        let mut step = way.last.as_ref();
        while let Some(one) = step {
            edits.push(one.edit);
            step = one.before.as_ref();
        }
        edits.reverse();
        Some(Alignment { cost: way.cost, edits })
    }

    fn walk<'p>(&self, items: &[Item<'p>], start: Ways<'p>) -> Ways<'p> {
        let mut ways = start;
        for item in items {
            if ways.iter().all(Option::is_none) {
                return ways;
            }
            ways = match item {
                Item::One(token) => self.one(*token, &ways),
                Item::Many => {
                    let mut best: Option<Way<'p>> = None;
                    ways.iter()
                        .map(|way| {
                            if let Some(way) = way
                                && best.as_ref().is_none_or(|best| way.cost < best.cost)
                            {
                                best = Some(way.clone());
                            }
                            best.clone()
                        })
                        .collect()
                }
                Item::Either(all) => {
                    let mut joined: Ways<'p> = vec![None; ways.len()];
                    for items in all {
                        for (at, way) in self.walk(items, ways.clone()).into_iter().enumerate() {
                            better(&mut joined[at], way);
                        }
                    }
                    joined
                }
            };
            self.drop_tokens(&mut ways);
        }
        ways
    }

    fn one<'p>(&self, token: Token<'p>, ways: &Ways<'p>) -> Ways<'p> {
        let mut next: Ways<'p> = vec![None; ways.len()];
        for (at, way) in ways.iter().enumerate() {
            let Some(way) = way else { continue };
            if let Some(found) = self.tokens.get(at) {
                let taken = match token.takes(*found, self.fold) {
                    true => Some(way.clone()),
                    false => self.with(way, at, 0, Edit::Replace(at, token)),
                };
                better(&mut next[at + 1], taken);
            }
            // Another token in its place reads better than one more.
            let dearer = 1;
            better(&mut next[at], self.with(way, at, dearer, Edit::Insert(at, token)));
        }
        next
    }

    /// Any token may be left out.
    fn drop_tokens<'p>(&self, ways: &mut Ways<'p>) {
        for at in 0..self.tokens.len() {
            if let Some(way) = &ways[at] {
                let dropped = self.with(way, at, 0, Edit::Remove(at));
                better(&mut ways[at + 1], dropped);
            }
        }
    }

    fn with<'p>(&self, way: &Way<'p>, at: usize, extra: u32, edit: Edit<'p>) -> Option<Way<'p>> {
        let cost = way.cost + (self.price)(at) + extra;
        (cost <= self.limit)
            .then(|| Way { cost, last: Some(Rc::new(Step { edit, before: way.last.clone() })) })
    }
}

/// Of two ways to one position the cheaper counts.
fn better<'p>(known: &mut Option<Way<'p>>, way: Option<Way<'p>>) {
    let Some(way) = way else { return };
    if known.as_ref().is_none_or(|known| way.cost < known.cost) {
        *known = Some(way);
    }
}

/// The tokens with the edits made; none where a token is not known, or has no plain text.
pub(super) fn edited(tokens: &[Option<&str>], edits: &[Edit<'_>]) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut edits = edits.iter().peekable();
    for at in 0..=tokens.len() {
        while let Some(Edit::Insert(_, token)) =
            edits.next_if(|edit| matches!(edit, Edit::Insert(before, _) if *before == at))
        {
            out.push(token.sample()?);
        }
        let Some(token) = tokens.get(at) else { break };
        match edits
            .next_if(|edit| matches!(edit, Edit::Replace(own, _) | Edit::Remove(own) if *own == at))
        {
            Some(Edit::Replace(_, token)) => out.push(token.sample()?),
            Some(_) => {}
            None => out.push((*token)?.to_owned()),
        }
    }
    Some(out)
}
