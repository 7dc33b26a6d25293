//! The places that a request leads through: what must be asked of a real file system, so that its
//! links can be sent.
//!
//! The walk is the one that judges (rule P2), so the places are right where links stand before
//! `..`. With each link that is sent the walk comes further.

use std::collections::BTreeSet;

use super::path::{self, Places};
use super::{Context, context, of_action};
use crate::facts::{Args, Command, Object, Part, PathValue};
use crate::json::Json;
use crate::request::Request;
use crate::vocab::{Action, Floors};

/// Every place that a path of the request leads through, the links that were sent followed: of
/// the object, of redirections, of each word of a command that may be an operand, and of the
/// arguments of a call. At most [`path::MAX_PLACES`].
pub(crate) fn of_request(request: &Request<'_>) -> BTreeSet<String> {
    let places = Places::default();
    context::with_places(request, request.roots, Some(&places), &mut |ctx| {
        of_action(ctx, &mut |part| of_part(ctx, part));
    });
    places.take()
}

/// The paths of a part that were not walked when it was made.
fn of_part(ctx: &Context<'_>, part: &Part<'_>) {
    match part.object {
        Object::Command(command) => of_command(ctx, &command),
        Object::Tool { args: Args::Known(Json::Object(members)), .. } => {
            for (_, value) in members {
                if let Json::String(text) = value {
                    walk(ctx, text, ctx.cwd);
                }
            }
        }
        _ => {}
    }
}

/// Which words are operands only a policy knows (`count`), so every word is walked, and what
/// stands behind a `=` (`of=/dev/sda`, `--file=x`).
fn of_command(ctx: &Context<'_>, command: &Command<'_>) {
    walk(ctx, ".", command.cwd);
    for word in command.forms.iter().flat_map(|form| form.words) {
        match word.value() {
            Some(text) => {
                walk(ctx, text, command.base);
                if let Some((_, value)) = text.split_once('=') {
                    walk(ctx, value, command.base);
                }
            }
            None if word.under_home => walk(ctx, &format!("~{}", word.text), command.base),
            None => {}
        }
    }
}

fn walk(ctx: &Context<'_>, text: &str, base: PathValue<'_>) {
    path::path_parts(ctx, Action::Read, text, base, Floors::NONE, &mut |_| {});
}
