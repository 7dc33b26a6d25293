//! Parts as text, for tests that read like a table.

use std::fmt::Write;

use policy_eval::{Command, Endpoint, Judged, Object, PathValue, Request, Word, WordKind, canon};

/// The parts of a request, one a line: action, object, floors.
///
/// `~` stands before a form that is not certainly meant. A word that is known only at run time is
/// `<?>`, with `-` where it may be a flag and `*` where it may be several words. The folder is
/// shown where it is not the workspace.
pub(crate) fn show(request: &Request<'_>) -> String {
    let mut text = String::new();
    canon::parts(request, &mut |judged| {
        let _ = writeln!(text, "{}", show_part(judged));
    });
    text
}

fn show_part(judged: &Judged<'_>) -> String {
    let part = judged.part;
    let mut text = format!("{} {}", part.action, show_object(judged));
    for floor in part.floors.iter() {
        let _ = write!(text, " !{}", floor.name());
    }
    text
}

fn show_object(judged: &Judged<'_>) -> String {
    match judged.part.object {
        Object::Path(path) => show_path(path),
        Object::Command(command) => show_command(judged, &command),
        Object::Endpoint(Endpoint { host, port, .. }) => format!("{host:?} {port:?}"),
        object => format!("{object:?}"),
    }
}

fn show_path(path: PathValue<'_>) -> String {
    match path {
        PathValue::Known(path) => path.into(),
        PathValue::Unsent => "(not sent)".into(),
        PathValue::AtRunTime => "(at run time)".into(),
    }
}

fn show_command(judged: &Judged<'_>, command: &Command<'_>) -> String {
    let forms: Vec<String> = command
        .forms
        .iter()
        .map(|form| {
            let words: Vec<String> = form.words.iter().map(show_word).collect();
            format!("{}{}", if form.certain { "" } else { "~" }, words.join(" "))
        })
        .collect();
    let mut text = match (forms.is_empty(), command.nothing_runs) {
        (true, true) => "(nothing)".into(),
        (true, false) => "(unknown)".into(),
        _ => forms.join(" | "),
    };
    let is_workspace = |path: &str| judged.roots.contains(&("workspace", path));
    if command.cwd != command.base
        || !matches!(command.cwd, PathValue::Known(path) if is_workspace(path))
    {
        let _ = write!(text, " @ {}", show_path(command.cwd));
    }
    text
}

fn show_word(word: &Word<'_>) -> String {
    match word.kind {
        WordKind::Static => {
            let is_plain = |c: char| c.is_alphanumeric() || "-_./:=+,@%".contains(c);
            if !word.text.is_empty() && word.text.chars().all(is_plain) {
                word.text.to_owned()
            } else {
                format!("{:?}", word.text)
            }
        }
        WordKind::AtRunTime { may_be_flag, many } => format!(
            "<{}{}{}>",
            if word.under_home { format!("~{}", word.text) } else { "?".into() },
            if may_be_flag { "-" } else { "" },
            if many { "*" } else { "" },
        ),
    }
}
