//! What a text that is not a policy is told, and that no text does harm.

use policy_lang::diagnostic::{Diagnostic, Style, render_all};
use policy_lang::span::{Source, SourceId};
use policy_lang::syntax::ast::{File, Item, Sentence};
use policy_lang::syntax::error::CODES;
use policy_lang::syntax::{LARGEST_FILE, MOST_ERRORS, MOST_NESTED, parse};
use proptest::prelude::*;

const TOUR: &str = include_str!("../../examples/policies/tour.policy");

fn read(text: &str) -> (File, Vec<Diagnostic>) {
    parse(&Source::new("test.policy", text), SourceId(0))
}

/// Each error as `LINE:COLUMN CODE message (help)`.
fn errors(text: &str) -> String {
    let source = Source::new("test.policy", text);
    let (_, errors) = parse(&source, SourceId(0));
    let line = |error: &Diagnostic| {
        let at = error.location().expect("an error has a place");
        let (line, column) = source.line_column(at.span.start as usize);
        let help = error.help.as_ref().map_or(String::new(), |help| format!("\n    {help}"));
        format!("{line}:{column} {} {}{help}\n", error.code, error.message)
    };
    errors.iter().map(line).collect()
}

/// The errors as people see them.
fn shown(text: &str) -> String {
    let source = Source::new("test.policy", text);
    let (_, errors) = parse(&source, SourceId(0));
    render_all(&errors, &[source], Style::Plain)
}

#[test]
fn errors_show_the_place_and_what_to_do() {
    insta::assert_snapshot!(shown(
        r#"
allow run "cargo test" wehn branch == "main"
deny  run "rm -rf \d"  # never
"#
    ), @r#"
    error[P005]: unknown word `wehn`
     --> test.policy:2:24
      |
    2 | allow run "cargo test" wehn branch == "main"
      |                        ^^^^
      |
      = help: did you mean `when`?

    error[P008]: unknown escape `\d`
     --> test.policy:3:19
      |
    3 | deny  run "rm -rf \d"  # never
      |                   ^^
      |
      = help: the escapes are `\"`, `\\`, `\n` and `\u{…}`; in `r"…"` a `\` stands for itself
    "#);
}

#[test]
fn misspelt_words_have_a_right_one() {
    insta::assert_snapshot!(errors(
        r#"
alow run "a"
dney read "b"
allow run "c" unles x == 1
allow run "d" becuase "e"
deny login wehn x == 1
allow search
reveiw run "f"
allow run "g" with revewer "h"
attribute a: strng
record ful *
pathz p = "/x"
"#
    ), @r"
    2:1 P005 unknown word `alow`
        did you mean `allow`?
    3:1 P005 unknown word `dney`
        did you mean `deny`?
    4:15 P005 unknown word `unles`
        did you mean `unless`?
    5:15 P005 unknown word `becuase`
        did you mean `because`?
    6:12 P005 unknown word `wehn`
        did you mean `when`?
    8:1 P005 unknown word `reveiw`
        did you mean `review`?
    9:20 P005 unknown word `revewer`
        did you mean `reviewer`?
    10:14 P005 unknown word `strng`
        did you mean `string`?
    11:8 P005 unknown word `ful`
        did you mean `full`?
    12:1 P005 unknown word `pathz`
        did you mean `paths`?
    ");
}

#[test]
fn verbs_of_other_languages() {
    insta::assert_snapshot!(errors(
        r#"
forbid run "a"
prompt run "b"
block connect *
permit read "/x"
"#
    ), @r"
    2:1 P006 `forbid` is not of this language
        it is written `deny` here
    3:1 P006 `prompt` is not of this language
        it is written `ask` here
    4:1 P006 `block` is not of this language
        it is written `deny` here
    5:1 P006 `permit` is not of this language
        it is written `allow` here
    ");
}

#[test]
fn operators_of_other_languages() {
    insta::assert_snapshot!(errors(
        r#"
allow run "a" when x == 1 && y == 2 || !z;
allow run "b" when x = 1 and y <> 2 and z === 3
allow run "c" when branch not in ("main")
allow run "d" when branch is not present
allow run "e" when branch =~ "main"
allow run "f" when branch == null
"#
    ), @r#"
    2:27 P006 `&&` is not of this language
        it is written `and` here
    2:37 P006 `||` is not of this language
        it is written `or` here
    2:40 P006 `!` is not of this language
        it is written `not` here
    2:42 P006 `;` is not of this language
        nothing stands between sentences: leave it out
    3:22 P006 `=` is not of this language
        it is written `==` here
    3:32 P006 `<>` is not of this language
        it is written `!=` here
    3:43 P006 `===` is not of this language
        it is written `==` here
    4:27 P006 `not in` is not of this language
        write `not branch in …`
    5:30 P006 `is not` is not of this language
        write `not branch is present`
    6:27 P006 `=~` is not of this language
        it is written `matches r"…"` here
    "#);
}

#[test]
fn comments_and_quotes_of_other_languages() {
    insta::assert_snapshot!(errors(
        r##"
// a comment
/* another
*/
allow run 'a'
allow run “b”
allow run b"c"
allow run r#"d"#
deny  run "e" because i"f"
"##
    ), @r#"
    2:1 P006 `//` is not of this language
        a comment begins with `#`
    3:1 P006 `/*` is not of this language
        a comment begins with `#`
    5:11 P006 `'` is not of this language
        strings stand in double quotes: `"…"`
    6:11 P006 `“` is not of this language
        strings stand in double quotes: `"…"`
    7:11 P009 `b` before a string is not of this language
        `r"…"` takes every character as it is, `i"…"` ignores ASCII case
    9:23 P009 `i` says nothing before a reason
        leave it out
    "#);
}

#[test]
fn words_of_other_languages() {
    insta::assert_snapshot!(errors(
        r#"
allow run "a" if x == 1
allow run "b" reason "c"
allow run all
deny run "d" -> ask
allow ["run"]
deny run "e" else allow
let x = "f"
"#
    ), @r#"
    2:15 P006 `if` is not of this language
        it is written `when` here
    3:15 P006 `reason` is not of this language
        it is written `because` here
    5:14 P006 `->` is not of this language
        the verb stands first: `deny run "…" when …`
    6:7 P006 `[` is not of this language
        lists have no brackets: members stand behind one another with commas
    7:14 P006 `else` is not of this language
        there is no `else`: other rules or the default decide the rest
    "#);
}

/// What authors get wrong most: one error for each slip, and the way out as it is written here.
#[test]
fn slips_are_told_the_way_out() {
    let cases = include_str!("syntax/slips.policies").split("---\n");
    let shown: String = cases.map(|case| format!("{case}{}\n", errors(case))).collect();
    insta::assert_snapshot!("slips", shown);
}

#[test]
fn files_of_other_languages() {
    for text in [
        "{\"permissions\": {\"allow\": []}}",
        "[permissions]\nallow = []\n",
        "key = \"value\"\n",
        "---\na: b\n",
        "permissions:\n  - allow\n",
        "version: 1\nrules:\n  - allow\n",
        "permissions:\n  allow:\n    - x\n",
        "package a.b\ndefault allow := false\n",
        "permit(principal, action, resource);\n",
        "prefix_rule(pattern = [\"git\"])\n",
        "<policy></policy>",
    ] {
        let (file, errors) = read(text);
        assert_eq!(file, File { comments: file.comments.clone(), ..File::default() });
        let codes: Vec<&str> = errors.iter().map(|error| error.code).collect();
        assert_eq!(codes, ["P018"], "{text}");
    }
}

#[test]
fn strings_and_escapes() {
    insta::assert_snapshot!(errors(
        "deny run \"a\nallow run \"b\\\"\nask run \"ok \\n \\u{e4} \\\\ \\\"\"\n\
         deny run \"\\d \\u{110000} \\u{} \\u41 \\é\" because r\"\\d\""
    ), @r#"
    1:10 P007 this string is not closed
        a string ends on its line with `"`; a new line in it is written `\n`
    2:11 P007 this string is not closed
        a string ends on its line with `"`; a new line in it is written `\n`
    4:11 P008 unknown escape `\d`
        the escapes are `\"`, `\\`, `\n` and `\u{…}`; in `r"…"` a `\` stands for itself
    4:14 P008 unknown escape `\u{110000}`
        a character by its number is `\u{…}`: up to six hexadecimal digits
    4:25 P008 unknown escape `\u{}`
        a character by its number is `\u{…}`: up to six hexadecimal digits
    4:30 P008 unknown escape `\u`
        a character by its number is `\u{…}`: up to six hexadecimal digits
    4:35 P008 unknown escape `\é`
        the escapes are `\"`, `\\`, `\n` and `\u{…}`
    "#);
}

#[test]
fn clauses() {
    insta::assert_snapshot!(errors(
        r#"
allow run "a" because "b" when c == 1
allow run "d" when e == 1 when f == 2
allow run "g" unless h when i
record full run with timeout 3s
mark "m" run as read operands
count run "cp ..."
never allow run with outside sandbox
allow run "j" with timeout 3s, timeout 4s
"#
    ), @r"
    2:27 P012 `when` stands behind `because`
        the order is `except`, `port`, `when` and `unless`, `with`, `as`, `because`
    3:27 P011 `when` stands twice
        put both conditions into one, with `and` or `or`
    5:17 P013 `record` takes no `with`
        `with` belongs to sentences that begin with `allow`, `review`, `ask` or `deny`
    6:14 P013 `mark` takes no `as`
        only `count` sentences end in `as …`
    7:1 P014 `count` does not say what the request counts as
        end the sentence with `as`, an action, and `operands`, `first operand` or `args.NAME`
    8:17 P013 a proof takes no `with`
        `with` belongs to sentences that begin with `allow`, `review`, `ask` or `deny`
    9:32 P011 `timeout` stands twice
        leave one of them out
    ");
}

#[test]
fn numbers() {
    insta::assert_snapshot!(errors(
        r#"
allow connect * port 65536
allow connect * port -1
allow connect * port 90-80
allow connect * port http
allow run "a" with timeout 5000000000s
allow run "b" with timeout 5
allow run "c" when risk > 99999999999999999999
"#
    ), @r"
    2:22 P016 `65536` is not a port (0 to 65535)
    3:22 P016 `-1` is not a port (0 to 65535)
    4:22 P016 `90-80` is not a range: the smaller port comes first
    5:22 P004 expected a number, found `http`
    6:28 P016 `5000000000s` is not a time of at most 49 days
    7:28 P004 expected a time such as `90s`, found `5`
    8:27 P016 `99999999999999999999` is not a number of 64 bits
    ");
}

#[test]
fn names_and_objects() {
    insta::assert_snapshot!(errors(
        r#"
paths default = "/x"
when: allow run "a"
deny read foo bar
deny read "b" "c"
deny read,
deny
run "d"
default allow read
paths p "e"
hosts h ==
"#
    ), @r"
    2:7 P017 `default` is a word of the language and cannot be a name
        choose another name
    4:15 P004 expected a clause or the next sentence, found `bar`
    5:15 P004 expected a clause or the next sentence, found a string
        members of a list have commas between them
    7:1 P004 expected an action, found `deny`
    9:15 P004 expected a sentence, found `read`
        the tier stands last: `default read ask`
    10:9 P004 expected `=`, found a string
    11:9 P006 `==` is not of this language
        it is written `=` here; `==` compares in conditions
    ");
}

#[test]
fn declarations() {
    insta::assert_snapshot!(errors(
        r#"
delegate run project
accept
trust "a"
attribute x string
root
include foo
count run "x" as read foo
always least ask run
test foo { }
sandbox "x" { allow run "y" wehn }
"#
    ), @r#"
    2:14 P004 expected `to`, found `project`
    4:1 P004 expected a name, found `trust`
    4:7 P004 expected `annotations`, found a string
    5:13 P004 expected `:`, found `string`
    7:1 P004 expected the rest of the sentence, found `include`
    7:9 P004 expected a string or `rules`, found `foo`
        text stands in double quotes: `"foo"`
    8:23 P004 expected `first`, `last`, `args.NAME` or `operands`, found `foo`
    9:8 P004 expected `allow`, `review`, `ask`, `deny` or `at`, found `least`
    10:6 P004 expected a string, found `foo`
        text stands in double quotes: `"foo"`
    11:9 P004 expected a name, found a string
    11:29 P005 unknown word `wehn`
        did you mean `when`?
    "#);
}

#[test]
fn what_stands_in_the_wrong_place() {
    insta::assert_snapshot!(errors(
        r#"
allow run "a"
policy p
sandbox s {
  paths x = "/y"
  test "t" { ask run "b" }
}
given a = 1
}
test "u" {
  allow run foo
  allow run *
  deny run "c" when x == 1
  given a == 1
}
"#
    ), @r#"
    3:1 P015 `policy` does not stand here
        the header stands once, and first in its file
    5:3 P015 a set does not stand in a block
        put it at the top of the file
    6:3 P015 a test does not stand in a block
        put it at the top of the file, and name the sandbox with `given`
    8:1 P015 `given` does not stand here
        it belongs to the lines of a `test`
    9:1 P010 `}` closes nothing
        take it out, or look for what should open it
    11:13 P020 `foo` stands without quotes
        patterns stand in quotes: `"foo"`
    12:13 P004 expected a concrete value in quotes, `port`, `where`, the next sentence or `}`, found `*`
        a test asks about one request, so its object is concrete
    13:16 P006 `when` is not of this language
        a test states what is so: `where x = 1`
    14:11 P006 `==` is not of this language
        it is written `=` here; `==` compares in conditions
    "#);
}

#[test]
fn brackets() {
    insta::assert_snapshot!(errors("deny run \"a\" when (b == 1\nallow run \"c\"\n"), @r"2:1 P004 expected `or`, `and` or `)`, found `allow`");
    insta::assert_snapshot!(errors("sandbox a {\n  allow run \"b\"\n\npaths c = \"/d\"\n"), @r"
    1:11 P010 this `{` is not closed
        put `}` where the block ends
    ");
    insta::assert_snapshot!(errors("test \"a\" {\n  allow run \"b\"\npaths c = \"/d\"\n"), @r"
    1:10 P010 this `{` is not closed
        put `}` where the block ends
    ");
    insta::assert_snapshot!(errors("allow run \"a\"\n) ]\nallow run \"b\"\n"), @r"
    2:1 P010 `)` closes nothing
        take it out, or look for what should open it
    ");
}

#[test]
fn hidden_characters_are_errors_everywhere() {
    let text = "# a\u{202e}b\nallow run \"c\u{200b}\" # \u{26a0}\u{fe0f} d\rdeny read *\nask\u{a0}run \"d\"\n";
    insta::assert_snapshot!(errors(text), @r"
    1:4 P003 hidden character U+202E
        take it out; in a string it may be written as `\u{…}`
    2:13 P003 hidden character U+200B
        take it out; in a string it may be written as `\u{…}`
    2:22 P003 hidden character U+000D
        take it out; in a string it may be written as `\u{…}`
    3:4 P004 expected an action, found `\u{a0}`
        this blank is none of the language: put a space in its place
    ");
    assert_eq!(errors("\u{feff}allow run \"a\" # \u{e4}\u{1f600}\r\n"), "");
}

/// Each broken sentence is one error, the others are read.
#[test]
fn one_error_for_each_broken_sentence() {
    let text = r#"
policy p version 3
allow run "a"
alow run "b"
allow run "c" when x == and
  y == 2
  or z
deny read "d"
sandbox s {
  allow run "e"
  deny rum "f" "g"
  when x { ask run "h" }
  when y == { deny run "i" }
  record fool *
}
deny run "j" when
count run "k" as raed operands, foo
ask run "l"
"#;
    insta::assert_snapshot!(errors(text), @r#"
    2:18 P004 expected a string, found `3`
        text stands in double quotes: `"3"`
    4:1 P005 unknown word `alow`
        did you mean `allow`?
    5:25 P004 expected a value, found `and`
    11:16 P004 expected a clause, the next sentence or `}`, found a string
        members of a list have commas between them
    13:13 P004 expected a value, found `{`
    14:10 P004 expected `none`, `metadata`, `redacted` or `full`, found `fool`
    17:1 P004 expected the rest of the sentence, found `count`
    18:1 P004 expected `first`, `last`, `args.NAME` or `operands`, found `ask`
    "#);
    let (file, _) = read(text);
    assert_eq!(sentences(&file.items), 5);
}

/// How many sentences there are, in blocks as well.
fn sentences(items: &[Item]) -> usize {
    let count = |item: &Item| match item {
        Item::Sentence(Sentence { .. }) => 1,
        Item::Block(block) => sentences(&block.items),
        _ => 0,
    };
    items.iter().map(count).sum()
}

#[test]
fn every_error_is_explained() {
    let mut codes: Vec<&str> = CODES.iter().map(|code| code.code).collect();
    let listed = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), listed);
    let most = MOST_ERRORS + 1;
    let all = [
        TOUR.replace("allow", "alow"),
        ";".repeat(most),
        "x".repeat(LARGEST_FILE + 1),
        "(".repeat(most),
    ];
    for text in &all {
        for error in read(text).1 {
            assert!(codes.contains(&error.code), "{}", error.code);
        }
    }
}

// ---- Limits and hostile texts -------------------------------------------------------------------

#[test]
fn an_empty_file_is_a_policy() {
    for text in ["", "\n", "# nothing", "\u{feff}"] {
        let (file, errors) = read(text);
        assert_eq!((file.header, file.items, errors), (None, Vec::new(), Vec::new()), "{text:?}");
    }
}

#[test]
fn a_file_too_large_is_one_error() {
    let rule = "deny read \"/etc/shadow\"\n";
    let text = rule.repeat(20_000_000 / rule.len());
    insta::assert_snapshot!(errors(&text), @r"
    1:1 P001 the file has 19999992 bytes, and 4194304 are the most
        split it, and put the parts together with `include rules`
    ");
}

#[test]
fn nesting_has_a_limit() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("allow run \"a\" when {}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let blocks = |depth: usize| format!("{}{}", "when a {".repeat(depth), "}".repeat(depth));
    for depth in [1, MOST_NESTED] {
        assert_eq!(errors(&nested("(", "b", ")", depth)), "", "{depth}");
        assert_eq!(errors(&nested("not ", "b", "", depth)), "", "{depth}");
        assert_eq!(errors(&blocks(depth)), "", "{depth}");
    }
    for depth in [MOST_NESTED + 1, 10_000] {
        let limit = |text: &str| read(text).1.iter().all(|error| error.code == "P002");
        assert!(limit(&nested("(", "b", ")", depth)), "{depth}");
        assert!(limit(&nested("not ", "b", "", depth)), "{depth}");
        assert!(limit(&nested("not (", "b", ")", depth)), "{depth}");
        assert!(limit(&blocks(depth)), "{depth}");
    }
}

#[test]
fn only_so_many_errors_are_shown() {
    let (_, errors) = read(&"alow run \"a\"\n".repeat(10_000));
    assert_eq!(errors.len(), MOST_ERRORS + 1);
    assert_eq!(errors.last().map(|error| error.code), Some("P019"));
}

/// Words and signs of the language in any order.
fn soup() -> impl Strategy<Value = String> {
    let words: Vec<&'static str> = TOUR
        .split_inclusive([' ', '\n', '(', ')', ','])
        .chain(["{", "}", "(", ")", "\"", "'", "#", "//", "/*", ";", "=", "!", "not ", "\u{202e}"])
        .collect();
    prop::collection::vec(prop::sample::select(words), 0..60).prop_map(|words| words.concat())
}

/// The tour with a piece of it taken out or doubled.
fn broken_tour() -> impl Strategy<Value = String> {
    (0..TOUR.len(), 0..40usize, any::<bool>()).prop_map(|(start, length, double)| {
        let boundary = |mut at: usize| {
            while !TOUR.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (start, end) = (boundary(start), boundary((start + length).min(TOUR.len())));
        let piece = if double { TOUR[start..end].repeat(2) } else { String::new() };
        format!("{}{piece}{}", &TOUR[..start], &TOUR[end..])
    })
}

proptest! {
    #[test]
    fn any_text_has_a_tree_or_errors_with_places(
        text in prop_oneof![any::<String>(), soup(), broken_tour()]
    ) {
        let (_, errors) = read(&text);
        for error in errors {
            let span = error.location().expect("an error has a place").span;
            prop_assert!(span.start <= span.end && span.end as usize <= text.len());
            prop_assert!(text.get(span.range()).is_some(), "{:?} cuts a character", span);
        }
    }
}
