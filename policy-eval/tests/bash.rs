//! Bash is the judge: whatever bash runs must be among the parts of the line.
//!
//! Lines are made from a grammar, from tokens in any order, and by mutation of lines that were
//! hard once. Each is run by bash in an empty folder without a single program on its path: every
//! name that bash looks up, and the builtins that the lines use, end in a function that writes the
//! words down. Then
//!
//! - each command that bash ran is a form of some part, its words equal where they are static, or
//!   the line has a floor that no policy lifts;
//! - a word that cannot be a flag was none;
//! - where bash found a syntax error, so did the scanner.
//!
//! `POLICY_BASH_LINES` says how many lines are tried, `POLICY_BASH_SEED` where they begin. Without
//! bash the test says so and passes.

use std::io::Read;
use std::process::{Command, Stdio};

use policy_eval::{Floor, Floors, Object, Request, Word, WordKind, canon};

/// Run by bash before each line: nothing but functions that write down what is called.
///
/// The records go where standard output went, so that the reader sees its end only when the last
/// background process is gone. No shell runs more than a few commands, whatever loops it is in. A
/// record is the number of words and the words, each ended by NUL.
const PRELUDE: &str = r#"
exec 200>&1 1>/dev/null
ulimit -t 2
FUNCNEST=8
__record() { printf '%s\0' "$#" "$@" >&200; case $1 in f*) return 1;; esac; }
set -T
trap '((__commands++ < 60)) || exit' DEBUG
command_not_found_handle() { __record "$@"; }
echo() { __record echo "$@"; builtin echo "$@"; }
pwd() { __record pwd "$@"; builtin pwd "$@"; }
cd() { __record cd "$@"; builtin cd "$@"; }
"#;

const HOME: &str = "/nonexistent-home";
/// Runs with more records than this are stopped.
const MOST_RECORDS: usize = 2000;
/// How many shorter lines are tried for one that bash complains of.
const MOST_TRIES: usize = 200;
/// How many complaints are enough.
const MOST_COMPLAINTS: usize = 12;

/// What bash says of text that it cannot read. Errors in arithmetic come only when it runs.
const SYNTAX_ERRORS: &[&str] = &[
    "syntax error near",
    "syntax error in conditional",
    "syntax error: unexpected",
    "conditional binary operator expected",
    "unexpected EOF",
    "delimited by end-of-file",
];

/// What bash did with a line.
struct Run {
    commands: Vec<Vec<String>>,
    has_syntax_error: bool,
}

struct Bash {
    folder: std::path::PathBuf,
    prelude: std::path::PathBuf,
    program: std::path::PathBuf,
}

impl Bash {
    /// None where there is no bash.
    fn new() -> Option<Bash> {
        let folder = std::env::temp_dir().join(format!("policy-bash-{}", std::process::id()));
        let work = folder.join("a/b/c/d");
        std::fs::create_dir_all(&work).ok()?;
        let prelude = folder.join("prelude");
        std::fs::write(&prelude, PRELUDE).ok()?;
        let path = std::env::var_os("PATH")?;
        let program = std::env::split_paths(&path)
            .map(|folder| folder.join("bash"))
            .find(|file| file.is_file())?;
        Some(Bash { folder, prelude, program })
    }

    fn run(&self, line: &str) -> Run {
        let work = self.folder.join("a/b/c/d");
        let _ = std::fs::create_dir_all(&work);
        let mut child = Command::new(&self.program)
            .args(["--norc", "-c", line])
            .env_clear()
            .env("BASH_ENV", &self.prelude)
            .env("PATH", self.folder.join("no-programs"))
            .env("HOME", HOME)
            .env("LC_ALL", "C.UTF-8")
            .env("X", "x y")
            .env("Y", "-f")
            .current_dir(&work)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("bash starts");
        let mut stderr = child.stderr.take().expect("it is piped");
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.by_ref().take(1 << 20).read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut records = Vec::new();
        let stdout = child.stdout.take().expect("it is piped");
        let limit = (MOST_RECORDS * 40) as u64;
        let _ = stdout.take(limit).read_to_end(&mut records);
        if records.len() as u64 >= limit {
            let _ = child.kill();
        }
        let _ = child.wait();
        let errors = errors.join().unwrap_or_default();
        let has_syntax_error = SYNTAX_ERRORS.iter().any(|message| errors.contains(message));
        Run { commands: read_records(&records), has_syntax_error }
    }
}

impl Drop for Bash {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn read_records(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut words = bytes.split(|&byte| byte == 0).map(String::from_utf8_lossy);
    let mut commands = Vec::new();
    while let Some(count) = words.next().and_then(|count| count.parse::<usize>().ok()) {
        let command: Vec<String> =
            words.by_ref().take(count).map(|word| word.into_owned()).collect();
        if command.len() < count {
            break;
        }
        commands.push(command);
    }
    commands
}

/// What the scanner made of a line: the forms of its parts, owned, and all floors.
struct Scanned {
    forms: Vec<Vec<OwnedWord>>,
    floors: Floors,
}

struct OwnedWord {
    text: String,
    kind: WordKind,
    under_home: bool,
}

impl OwnedWord {
    fn new(word: &Word<'_>) -> OwnedWord {
        OwnedWord { text: word.text.into(), kind: word.kind, under_home: word.under_home }
    }

    /// Whether one word of bash may come from it.
    fn matches(&self, word: &str) -> bool {
        match self.kind {
            WordKind::Static => self.text == word,
            WordKind::AtRunTime { .. } if self.under_home => word == format!("{HOME}{}", self.text),
            WordKind::AtRunTime { may_be_flag, .. } => may_be_flag || !word.starts_with('-'),
        }
    }

    fn is_many(&self) -> bool {
        matches!(self.kind, WordKind::AtRunTime { many: true, .. })
    }
}

fn scan(line: &str) -> Scanned {
    let mut scanned = Scanned { forms: Vec::new(), floors: Floors::NONE };
    let roots = [("workspace", "/w"), ("home", HOME)];
    let request = Request { roots: &roots, ..Request::shell(line) };
    canon::parts(&request, &mut |judged| {
        scanned.floors = scanned.floors.union(judged.part.floors);
        if let Object::Command(command) = judged.part.object {
            for form in command.forms {
                scanned.forms.push(form.words.iter().map(OwnedWord::new).collect());
            }
        }
    });
    scanned
}

fn is_form(form: &[OwnedWord], words: &[String]) -> bool {
    match form.split_first() {
        None => words.is_empty(),
        Some((first, rest)) => {
            let takes_one =
                words.first().is_some_and(|word| first.matches(word) && is_form(rest, &words[1..]));
            let takes_none = first.is_many() && is_form(rest, words);
            let takes_more = first.is_many()
                && words
                    .first()
                    .is_some_and(|word| first.matches(word) && is_form(form, &words[1..]));
            takes_one || takes_none || takes_more
        }
    }
}

fn is_lifted_by_none(floors: Floors) -> bool {
    floors.iter().any(|floor| !floor.can_be_lifted() && floor != Floor::AmbiguousPath)
}

/// What is wrong with a line, if anything.
fn complaint(bash: &Bash, line: &str) -> Result<bool, String> {
    let scanned = scan(line);
    if is_lifted_by_none(scanned.floors) {
        return Ok(false);
    }
    let run = bash.run(line);
    if run.has_syntax_error {
        return Err(format!("bash finds a syntax error in {line:?}"));
    }
    for words in &run.commands {
        if !scanned.forms.iter().any(|form| is_form(form, words)) {
            return Err(format!("bash runs {words:?} in {line:?}"));
        }
    }
    Ok(!run.commands.is_empty())
}

// ---- Lines --------------------------------------------------------------------------------

/// Xorshift: the same lines for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }
}

/// Lines that were hard for some reader, and lines for the mutations to start from.
const SEEDS: &[&str] = &[
    "t1 a && f1 b || t2 c; t3 & t4 | t5 |& t6",
    "t1 \"a $(t2 \"b $(t3)\" c)\" `t4 \\`t5\\``",
    "t1 <<EOF\n$(t2) `t3` \\$(t4) ${X}\nEOF\nt5",
    "t1 <<'EOF'\n$(t2)\nEOF\nt3",
    "t1 <<-A <<B; t2\n\ta $(t3)\n\tA\nb\nB\nt4",
    "t1 <<EOF\nx\\\nEOF\n$(t2)\nEOF\nt3",
    "t1 <<E\\\nOF\n$(t2)\nEOF\nt3",
    "t1 $(t2 <<A\n$(t3)\nA\n) b",
    "{ t1; (t2; t3) > o1; } 2>&1 | t4",
    "if t1; then t2; elif t3; then t4; else t5; fi; t6",
    "for i in a $(t1) b; do t2 $i; done; while f1; do t3; done; until t4; do t5; done",
    "for ((i=0; i<2; i++)); do t1 $i; done; for i; do t2; done",
    "case x$(t1) in a|b) t2;; x) t3;;& (y*) t4;& *) t5; esac; t6",
    "[[ -n $(t1) && a < b || ( c =~ ^(d|e)$ ) ]] && t2",
    "(( 1 + $(t1; builtin echo 1) )) && t2; ((t3) ; t4); ( (t5) )",
    "t1 $((t2); t3) $((1 + (2)))",
    "g() { t1; }; g; function h { t2; }; h",
    "A=1 t1; A=(1 $(t2) 3) B[1 + 1]=x t3; C=$(t4)",
    "t1 a\\ b 'c d' \"e\\\"f\" $'g\\x41\\n' g\"h\"'i' \\\nj k\\\nl",
    "t1 $X \"$X\" ${X} a$Z ~ ~/x *.none [a]* {a,b} x{1..3} {a} a{b,c $ \"$\" a#b #c",
    "! t1 | t2; time t3; time -p t4; ! time t5",
    "t1 <(t2) >(t3) a<(t4) 2<(t5)",
    "t1 > o1 2>> o2 >| o3 &> o4 &>> o5 <> o6 >& o7 < o1 {fd}> o8 2>&1 3<&0 >&-",
    "t1 <<< \"$(t2)\" <<< a",
    "t1 #c\nt2 a#b ;# c\n#\nt3\\\n#d",
    "echo a; pwd; cd ..; command t1; builtin echo x; command -v t1",
    "t1 \"${Z:-$(t2)}\" ${X#a} $[1+1] \"$[ $(t3) ]\"",
    "i\\\nf t1; th\\\nen t2; f\\\ni",
    "coproc t1; coproc N { t2; }; t3",
    "t1 a;\n\n; t2",
    "select i in a; do t1; break; done",
    "t1 &\\\n& t2 |\\\n| t3",
    "t1 $\\\n(t2) \"$\\\n(t3)\" `t\\\n4`",
    "t1 {a,b}{c,d} {} {,} a{,}b {x..z} \"{a,b}\" {a,$(t2)}",
    "eval t1",
    "t1 in do done then fi esac { } ! [[ ]] time",
    "{ t1 } ; }",
    "t1 'a\nb' \"c\nd\" `t2\n`",
    "t1\tb\t;\tt2",
    "t1 \"a`t2 \\\"b\\\"`c\" \"`t3 \"d\"`\"",
    "a=b=c t1; a+=b t2; 1a=b t3; a-b=c t4",
    "t1 a=(b); t2",
    "t1 $'a\\'b' $'\\0' $'a\\0b'c $'\\101' $'\\cA' $'\\q'",
    "t1 ${X}y \"${X}\"z $X$Y $Y a$Y",
    "[ -n a ] && t1; test a && t2; [[ a ]] || t3",
];

const TOKENS: &[&str] = &[
    "t1",
    "t2",
    "f1",
    "f2",
    "a",
    "b",
    "-x",
    "x=1",
    "LANG=C",
    " ",
    " ",
    " ",
    "\n",
    ";",
    "&",
    "&&",
    "||",
    "|",
    "|&",
    "(",
    ")",
    "{ ",
    " }",
    "; }",
    "!",
    "! ",
    "'",
    "\"",
    "'a b'",
    "\"a b\"",
    "\\",
    "\\\n",
    "$(",
    "`",
    "${",
    "}",
    "$((",
    "))",
    "((",
    "$[",
    "]",
    "$X",
    "\"$X\"",
    "${X}",
    "$",
    "$'",
    "$\"",
    "<",
    ">",
    ">>",
    "<<",
    "<<-",
    "<<<",
    "<<A\n",
    "\nA\n",
    "A",
    "<<'A'",
    "2>",
    "&>",
    ">&",
    "1",
    "2",
    "<(",
    ">(",
    "#",
    " #",
    "*",
    "?",
    "[",
    "{a,b}",
    "{1..2}",
    "~",
    "=",
    "+=",
    "[[ ",
    " ]]",
    "if ",
    "then ",
    "else ",
    "elif ",
    " fi",
    "while ",
    "do ",
    " done",
    "for i in ",
    "case a in ",
    "a) ",
    ";;",
    " esac",
    "function g ",
    "coproc ",
    "time ",
    "echo ",
    "cd a",
    "in ",
    "select i in ",
    ":",
    ",",
    "..",
    "-p ",
];

fn line(random: &mut Random) -> String {
    match random.below(3) {
        0 => list(random, 3),
        1 => {
            let count = 2 + random.below(12);
            (0..count).map(|_| random.pick(TOKENS)).collect()
        }
        _ => mutated(random),
    }
}

fn mutated(random: &mut Random) -> String {
    let mut line: Vec<char> = random.pick(SEEDS).chars().collect();
    for _ in 0..1 + random.below(3) {
        let at = random.below(line.len() + 1);
        match random.below(4) {
            0 if at < line.len() => {
                line.remove(at);
            }
            1 => {
                let end = (at + random.below(12)).min(line.len());
                let piece: Vec<char> = line[at..end].to_vec();
                let to = random.below(line.len() + 1);
                line.splice(to..to, piece);
            }
            _ => {
                let token: Vec<char> = random.pick(TOKENS).chars().collect();
                line.splice(at..at, token);
            }
        }
    }
    line.into_iter().collect()
}

fn list(random: &mut Random, depth: usize) -> String {
    let mut text = command(random, depth);
    for _ in 0..random.below(3) {
        text.push_str(
            random.pick(&[" && ", " || ", "; ", "\n", " | ", " & ", ";\n", " |& ", "&&\n"]),
        );
        text.push_str(&command(random, depth));
    }
    text
}

fn command(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return simple(random, 0);
    }
    let inner = depth - 1;
    let inside = |random: &mut Random| list(random, inner);
    match random.below(16) {
        0 => format!("({})", inside(random)),
        1 => format!("{{ {}; }}", inside(random)),
        2 => format!("if {}; then {}; fi", inside(random), inside(random)),
        3 => format!("for i in {}; do {}; done", word(random, inner), inside(random)),
        4 => format!(
            "case {} in {}) {};; *) {};; esac",
            word(random, inner),
            random.pick(&["a", "x*", "a|b"]),
            inside(random),
            inside(random)
        ),
        5 => format!("! {}", simple(random, inner)),
        6 => format!("while f1; do {}; done", inside(random)),
        7 => format!("[[ {} == {} ]]", word(random, inner), word(random, inner)),
        8 => format!("{{ {}\n}} > o{}", inside(random), random.below(3)),
        9 => format!(
            "{} <<A\n{}\nA\n{}",
            simple(random, inner),
            word(random, inner),
            simple(random, inner)
        ),
        10 => format!("time {}", simple(random, inner)),
        11 => {
            format!("if {}\nthen {}\nelse {}\nfi", inside(random), inside(random), inside(random))
        }
        _ => simple(random, inner),
    }
}

fn simple(random: &mut Random, depth: usize) -> String {
    let mut text = String::new();
    if random.below(5) == 0 {
        text.push_str(random.pick(&["A=1 ", "LANG=C ", "A+=b ", "A[1]=c "]));
    }
    text.push_str(random.pick(&[
        "t1",
        "t2",
        "f1",
        "t\"3\"",
        "t'4'",
        "\\t5",
        "t$'6'",
        "t\\\n7",
        "echo",
        "command t8",
    ]));
    for _ in 0..random.below(4) {
        text.push(' ');
        text.push_str(&word(random, depth));
    }
    if random.below(5) == 0 {
        text.push_str(random.pick(&[
            " > o1", " 2>&1", " >> o2", " < o1", " &> o3", " <<< a", " >& o2", " {v}> o1",
        ]));
    }
    text
}

fn word(random: &mut Random, depth: usize) -> String {
    if depth > 0 && random.below(3) == 0 {
        let inner = list(random, depth - 1);
        let is_simple = !inner.contains(['\\', '`', '\'']);
        return match random.below(6) {
            0 => format!("$({inner})"),
            1 => format!("\"a $({inner}) b\""),
            2 => format!("<({inner})"),
            3 if is_simple => format!("`{inner}`"),
            4 if is_simple && !inner.contains('"') => format!("\"`{inner}`\""),
            _ => format!("x$( {inner} )y"),
        };
    }
    random
        .pick(&[
            "a",
            "-b",
            "'c d'",
            "\"e f\"",
            "g\\ h",
            "$X",
            "\"$X\"",
            "${X}",
            "$Y",
            "x$Z",
            "*.none",
            "{a,b}",
            "x{1,2}",
            "{}",
            "~",
            "~/x",
            "a=b",
            "$'\\x41'",
            "\"a\\\"b\"",
            "\"a\\b\"",
            "#x",
            "a#b",
            "$?",
            "$#",
            "--",
            "''",
            "\"\"",
            "a''b",
            "@",
            "%",
            "[a]*",
            "$HOME/x",
            "\"$HOME/x\"",
            "a\\\nb",
            "!",
            "}",
            "in",
            "do",
            "x=~/y",
        ])
        .to_owned()
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The smallest line that still has a complaint, by leaving out characters.
fn shrunk(bash: &Bash, line: &str) -> String {
    let mut best = line.to_owned();
    let mut tries = 0;
    let mut size = best.len() / 2;
    while size > 0 && tries < MOST_TRIES {
        let mut at = 0;
        let mut is_smaller = false;
        while at < best.len() {
            let end = (at + size).min(best.len());
            let shorter = match (best.get(..at), best.get(end..)) {
                (Some(start), Some(rest)) => format!("{start}{rest}"),
                _ => break,
            };
            tries += 1;
            if is_safe(&shorter) && complaint(bash, &shorter).is_err() {
                best = shorter;
                is_smaller = true;
            } else {
                at += size;
            }
        }
        if !is_smaller {
            size /= 2;
        }
    }
    best
}

/// Lines that name paths are not run: nothing outside the folder may be touched.
fn is_safe(line: &str) -> bool {
    let outside = line.replace("~/x", "").replace("~/y", "").replace("$HOME/x", "");
    !outside.contains('/') && !outside.contains('\0')
}

#[test]
fn whatever_bash_runs_is_a_part() {
    let Some(bash) = Bash::new() else {
        println!("skipped: there is no bash here");
        return;
    };
    let count = number("POLICY_BASH_LINES", 2000);
    let mut random = Random(number("POLICY_BASH_SEED", 0x5eed_1234_abcd_0001));
    let made = std::iter::repeat_with(|| line(&mut random)).take(count as usize);
    let lines = SEEDS.iter().map(|seed| (*seed).to_owned()).chain(made);
    let mut decided = 0;
    let mut complaints = Vec::new();
    for line in lines.filter(|line| is_safe(line)) {
        match complaint(&bash, &line) {
            Ok(is_decided) => decided += u64::from(is_decided),
            Err(_) => {
                let line = shrunk(&bash, &line);
                complaints.extend(complaint(&bash, &line).err());
                if complaints.len() >= MOST_COMPLAINTS {
                    break;
                }
            }
        }
    }
    complaints.sort();
    complaints.dedup();
    assert!(complaints.is_empty(), "{} complaints:\n{}", complaints.len(), complaints.join("\n"));
    // The floors must not make this test easy.
    assert!(decided * 4 > count, "only {decided} of {count} lines were compared");
    println!("{decided} lines run by bash: each command is a part");
}
