//! From a command to the parts that are judged.

use super::{Context, hidden};
use crate::facts::{Command, CommandForm, Object, Part, PathValue, Word};
use crate::vocab::{Action, Floor, Floors};

/// Hands out the parts of a command.
pub(crate) fn parts(ctx: &Context<'_>, emit: &mut dyn FnMut(&Part<'_>)) {
    let request = ctx.request;
    let words: Vec<Word<'_>> =
        request.argv.unwrap_or_default().iter().map(|text| Word::known(text)).collect();
    let mut floors = Floors::NONE;
    let is_unknown = request.shell.is_some();
    let no_program = words.first().is_none_or(|word| word.text.trim().is_empty());
    if is_unknown || no_program {
        floors = floors.with(Floor::Syntax);
    }
    if words.iter().any(|word| hidden::in_data(word.text)) {
        floors = floors.with(Floor::HiddenCharacters);
    }
    let form = [CommandForm { words: &words, certain: true }];
    let command = Command {
        forms: if is_unknown || no_program { &[] } else { &form },
        cwd: ctx.cwd,
        base: ctx.cwd,
        program: PathValue::Unsent,
        line: request.shell,
        nothing_runs: false,
    };
    let object = Object::Command(command);
    emit(&Part { action: Action::Run, object, floors, alternative: false });
}
