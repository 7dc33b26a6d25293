//! Shell lines by chance: valid ones for the most part, with everything that a scanner must see
//! through, and little of what tree-sitter reads in its own way.

use policy_generate::Dice;

/// The line of a seed.
pub(crate) fn line(seed: u64) -> String {
    let mut writer = Writer { dice: Dice::new(seed), text: String::new(), depth: 0 };
    writer.lines();
    // Now and then a line is cut, as an agent's output may be.
    if writer.dice.one_in(40) {
        let cut = writer.dice.below(writer.text.len() + 1);
        let cut = (0..=cut).rev().find(|&at| writer.text.is_char_boundary(at)).unwrap_or(0);
        writer.text.truncate(cut);
    }
    writer.text
}

const PROGRAMS: &[&str] = &[
    "ls",
    "cat",
    "git",
    "rm",
    "curl",
    "make",
    "grep",
    "sed",
    "cargo",
    "echo",
    "printf",
    "cd",
    "timeout",
    "env",
    "xargs",
    "sudo",
    "bash",
    "eval",
    "find",
    "./run.sh",
    "/usr/bin/git",
    "nohup",
];
/// Names of programs that have to be read first.
const NAMES: &[&str] =
    &["'rm'", "\"ls\"", "r'm'", "$X", "~/bin/x", "c\"u\"rl", "a*", "@", "5", "é", "$'ls'", "l\\s"];
const WORDS: &[&str] = &[
    "a",
    "b.txt",
    "src/lib.rs",
    "-rf",
    "--force",
    "-n",
    "5",
    "origin",
    "main",
    "HEAD",
    "/etc/hosts",
    "status",
    "push",
    "-x",
    "--",
    "x=y",
    "a#b",
    "+1",
    "@",
    "%s",
    "a:b",
    "é",
    "..",
];
/// Words that mean something where a command begins, and nothing elsewhere.
const KEYWORDS: &[&str] = &["-", "in", "do", "then", "}", "!", "time", "if", "fi", "{"];
const INSIDE: &[&str] =
    &["a b", "x", "", "$", "; rm x", "| y", "#", "(", "}", "<<E", "&&", "don", "`", "\\"];
const OPERATORS: &[&str] = &["; ", " ; ", ";", " && ", "&&", " || ", " | ", "|", " & ", "\n"];
const REDIRECTIONS: &[&str] = &[
    " > out",
    " >> log",
    " < in",
    " 2>&1",
    " >&2",
    " 2> /dev/null",
    " &> all",
    "> x",
    " <in",
    " >| f",
    " 3< f",
    " <<< w",
    " 2>&-",
];

/// How deep substitutions and groups nest.
const MAX_DEPTH: usize = 4;

struct Writer {
    dice: Dice,
    text: String,
    depth: usize,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn pick(&mut self, all: &[&str]) {
        let text = self.dice.pick(all).to_owned();
        self.push(&text);
    }

    fn lines(&mut self) {
        self.list();
        while self.dice.one_in(4) {
            self.push("\n");
            if self.dice.one_in(3) { self.heredoc() } else { self.list() }
        }
        if self.dice.one_in(8) {
            self.push(" # a comment; rm x");
        }
        if self.dice.one_in(8) {
            self.pick(&[";", "\n", " ", "&"]);
        }
    }

    fn list(&mut self) {
        self.command();
        while self.dice.one_in(3) {
            self.pick(OPERATORS);
            self.command();
        }
    }

    /// A list one level deeper; a plain word where that is too deep.
    fn nested(&mut self, before: &str, after: &str) {
        if MAX_DEPTH <= self.depth {
            return self.push("deep");
        }
        self.depth += 1;
        self.push(before);
        self.list();
        self.push(after);
        self.depth -= 1;
    }

    fn command(&mut self) {
        match self.dice.below(24) {
            0 => self.nested("(", ")"),
            1 => self.nested("{ ", "; }"),
            2 => {
                self.nested("if ", "; then ");
                self.list();
                self.push("; fi");
            }
            3 => {
                self.push("for i in a b; do ");
                self.list();
                self.push("; done");
            }
            4 => {
                self.nested("while ", "; do ");
                self.list();
                self.push("; done");
            }
            5 => {
                self.push("case ");
                self.word();
                self.push(" in a|b) ");
                self.list();
                self.push(";; *) ");
                self.list();
                self.push(" ;; esac");
            }
            6 => self.nested("f() { ", "; }"),
            7 => self.push("[[ -n a && b == c ]]"),
            _ => {
                if self.dice.one_in(20) {
                    self.push("! ");
                }
                self.simple();
            }
        }
        if self.dice.one_in(12) {
            self.pick(REDIRECTIONS);
        }
    }

    fn simple(&mut self) {
        if self.dice.one_in(8) {
            self.pick(&["A=1 ", "LANG=C ", "X=\"a b\" ", "P=$(pwd) ", "B= "]);
        }
        if self.dice.one_in(20) {
            // What stands behind is no word with `=`, which tree-sitter reads in its own way.
            self.pick(&["> x ", "2>&1 ", "< in "]);
            self.pick(PROGRAMS);
        } else if self.dice.one_in(10) {
            self.pick(NAMES);
        } else {
            self.pick(PROGRAMS);
        }
        while !self.dice.one_in(3) {
            self.push(" ");
            self.word();
            if self.dice.one_in(12) {
                self.pick(REDIRECTIONS);
            }
        }
    }

    fn word(&mut self) {
        self.piece();
        while self.dice.one_in(6) {
            self.piece();
        }
    }

    fn piece(&mut self) {
        match self.dice.below(20) {
            0 => self.quoted("'", "'"),
            1 => self.quoted("\"", "\""),
            2 => self.quoted("$'", "'"),
            3 => {
                self.pick(&["$X", "${X}", "\"$X\"", "$1", "$?", "~", "~/x", "*.rs", "a?", "{a,b}"])
            }
            4 => self.nested("$(", ")"),
            5 => self.nested("\"$(", ")\""),
            6 if self.depth == 0 => self.backquoted(),
            7 => self.nested("<(", ")"),
            8 if self.dice.one_in(4) => self.pick(KEYWORDS),
            9 => self.pick(&["\\;", "\\$", "\\\"", "a\\b", "${X:-y}", "$((1 + 2))"]),
            _ => self.pick(WORDS),
        }
    }

    fn quoted(&mut self, before: &str, after: &str) {
        let inside = self.dice.pick(INSIDE);
        let is_possible = match before {
            "'" => !inside.contains('\''),
            _ => !inside.contains(['\\', '`']),
        };
        let inside = if is_possible { inside.to_owned() } else { "z".to_owned() };
        self.push(before);
        self.push(&inside);
        self.push(after);
    }

    /// Backquotes around something without backquotes.
    fn backquoted(&mut self) {
        self.push("`");
        self.pick(PROGRAMS);
        self.push(" ");
        self.pick(WORDS);
        self.push("`");
    }

    fn heredoc(&mut self) {
        self.pick(&["cat", "tee x", "bash"]);
        let (written, end) =
            [("E", "E"), ("'E'", "E"), ("\"E F\"", "E F"), ("\\E", "E")][self.dice.below(4)];
        self.push(" <<");
        self.push(written);
        if self.dice.one_in(3) {
            self.pick(&[" | grep x", " > out", " && ls a", "; ls b"]);
        }
        self.push("\ntext; rm -rf x\n");
        if self.dice.one_in(2) {
            self.nested("$(", ")\n");
        }
        self.push(end);
        self.push("\n");
    }
}
