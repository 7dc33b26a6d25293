//! A text as a line for the shell.

use std::collections::BTreeSet;

use policy_eval::{
    Command, Floor, Floors, Judged, Object, Part, Request, ShellKind, canon, describe,
};

const ROOTS: &[(&str, &str)] = &[("workspace", "/w"), ("home", "/home/dev")];

/// What is known of a line: its parts as text, and their floors joined.
struct Line {
    parts: BTreeSet<String>,
    floors: Floors,
}

impl Line {
    fn read(text: &str, shell_kind: ShellKind) -> Line {
        let mut line = Line { parts: BTreeSet::new(), floors: Floors::NONE };
        let request = Request { roots: ROOTS, shell_kind, ..Request::shell(text) };
        let mut count = 0;
        canon::parts(&request, &mut |judged| {
            count += 1;
            line.floors = line.floors.union(judged.part.floors);
            line.parts.insert(whole(judged));
        });
        assert!(0 < count, "every request has a part");
        line
    }

    /// Whether nothing that a policy could lift stands between the line and `allow`.
    fn is_at_least_ask(&self) -> bool {
        self.floors.iter().any(|floor| !floor.can_be_lifted())
    }
}

/// A part with all its forms.
fn whole(judged: &Judged<'_>) -> String {
    let part = judged.part;
    let Object::Command(command) = part.object else { return describe(part) };
    let mut text = format!("{:?} {:?}", command.cwd, part.floors);
    for form in command.forms {
        let forms = std::slice::from_ref(form);
        let one = Part { object: Object::Command(Command { forms, ..command }), ..*part };
        text.push_str(&format!(" {} {}", form.certain, describe(&one)));
    }
    text
}

/// No text makes the scanner panic, there is always a part, and grouping loosens nothing: what was
/// understood of a line is understood in a group, and what was not is not.
pub fn shell(text: &str) {
    let line = Line::read(text, ShellKind::Bash);
    let words: Vec<&str> = text.split('\n').collect();
    canon::parts(&Request::argv(&words), &mut |_| {});
    let zsh = Line::read(text, ShellKind::Zsh);
    assert!(zsh.floors.contains(Floor::Syntax), "zsh is never understood");
    // A backslash at the end would take the newline behind it along.
    if text.ends_with('\\') || canon::MAX_REQUEST_BYTES < text.len() + 8 {
        return;
    }
    for (group, end) in [(format!("( {text}\n)"), ')'), (format!("{{ {text}\n}}"), '}')] {
        let grouped = Line::read(&group, ShellKind::Bash);
        if line.is_at_least_ask() {
            // A text may end the group and begin another: `a) & (b` is two groups then.
            assert!(text.contains(end) || grouped.is_at_least_ask(), "loosened: {group:?}");
        } else if !grouped.is_at_least_ask() {
            let lost: Vec<_> = line.parts.difference(&grouped.parts).collect();
            assert!(lost.is_empty(), "not seen in {group:?}: {lost:?}");
        }
    }
}
