//! The canonical layout: what it looks like, that it is one, and that it says the same.

use policy_eval::{OnFailure, RecordLevel, Remember, Tier};
use policy_lang::format::{FormatError, WIDTH, format, head, print};
use policy_lang::span::{Source, SourceId, Span, Spanned};
use policy_lang::syntax::ast::*;
use policy_lang::syntax::parse;
use proptest::prelude::*;

/// The canonical layout of a text that is a policy.
fn formatted(text: &str) -> String {
    format(&Source::new("test.policy", text)).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

#[test]
fn the_tour_of_the_language_has_one_layout() {
    let once = formatted(include_str!("../../examples/policies/tour.policy"));
    assert_eq!(formatted(&once), once);
    insta::assert_snapshot!(once, @r#"
    # lint: allow L010, L020, L021, L035, L038, L084, L090 because this is a tour of the language, not for use
    policy acme.agents version "2026.11" layer managed

    paths secrets    = "~/.ssh/**", "~/.aws/**", i"**/.env", i"**/.env.*", "**/*.pem"
    hosts registries = "packages.acme.com", "*.mirror.acme.com"
    hosts internal   = "**.corp.acme.com", "10.0.0.0/8"
    tools readers    = "github/get_*", "github/list_*"

    attribute ticket: string  # an attribute of our own; the runtime may send it

    default ask  # what no rule speaks of
    default read allow

    delegate run, write to project  # a project's own file may loosen the defaults for these

    sandbox workspace-write {
      allow write "$workspace/**", "$tmp/**"
      deny  write "$workspace/.git/**" because "Agents do not edit repository internals."
    }

    allow  run "git (status|diff|log|show) {no --output|--ext-diff} ..."
    allow  run "docker compose up ..." with outside sandbox
    review run "git commit ..."
    review run "git push ..."          unless branch in ("main", "release")
    no-force-push:
    deny   run "git push {--force|-f}" because "Rewrites shared history."
    deny   read, write secrets         because "Credentials stay out of agent reach."

    allow connect registries port 443
    deny  connect @metadata, @private except internal
    allow listen @loopback
    allow fetch "docs.rs", "**.python.org" when mode == cached

    allow  call readers
    review call "github/*" except readers with reviewer "guardian", timeout 90s, on failure ask
    deny   call "db/query"                when args.sql matches r"(?is).*\bdrop\b.*"
    count  call "files/read_file"         as read args.path
    count  run "cp ..."                   as read operands but last, write last operand

    deny use * unless store == keyring
    deny login unless workspace_id == "ws-acme"
    deny start when sandbox == "danger-full-access"

    mark "secret" read "$workspace/customer-data/**"
    deny connect * except internal when marked "secret"

    record metadata *
    record full     run, call
    record redacted prompt

    never  allow write * except "$workspace/**", "$tmp/**"  # proved when the policy is checked
    always deny  read secrets

    test "a forced push is stopped" {
      given sandbox = "workspace-write", workspace = "/home/dev/app"
      deny  run     "git push -f origin main"
      allow write   "/home/dev/app/src/lib.rs"
      ask   connect "evil.example:443"
    }
    "#);
}

#[test]
fn comments_stay_where_they_are() {
    insta::assert_snapshot!(formatted(
        r#"
# top


# head
policy a # name
  version "1"  # v
  layer managed # l
# after
paths secrets = # why
  "a",   # one
  # two
  "b"  # three
  # four
hosts internal="c"
sandbox x { # s
# inner

} # end
when a == 1 # head
and b { } # empty
test "x" { given a = 1, b = ("x", "y") allow read "a" # t
deny connect "x" port 80 where a = true }
id: # id
allow # verb
 read, write # acts
 "a", # obj
 "b" when a == 1 # cond
   and (b or c) # cond2
 because "foo" # last
# end"#
    ), @r#"
    # top

    # head
    policy a  # name
        version "1"  # v
        layer managed  # l

    # after
    paths secrets  =  # why
                     "a",  # one
                     # two
                     "b"  # three
    # four
    hosts internal = "c"

    sandbox x {  # s
      # inner
    }  # end

    when a == 1  # head
        and b {}  # empty

    test "x" {
      given a = 1, b = ("x", "y")
      allow read    "a"  # t
      deny  connect "x" port 80 where a = true
    }

    id:  # id
    allow  # verb
            read, write  # acts
            "a",  # obj
            "b"
          when a == 1  # cond
            and (b or c)  # cond2
          because "foo"  # last
    # end
    "#);
}

#[test]
fn a_sentence_too_wide_has_each_clause_on_its_line() {
    insta::assert_snapshot!(formatted(
        r#"review run "git push ..." except "git push --dry-run ..." when branch == "main" or risk > 50 and not interactive with reviewer "guardian", timeout 60s because "A push to main is seen by all."
allow run "ls"
deny read "/aaaaaaaaaaaaaaaaaaaaaaaa/**", "/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/**", "/cccccccccccccccccccccc/**" because "no"
sandbox inner { deny read "/aaaaaaaaaaaaaaaaaaaaaaaa/**", "/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/**" unless surface == ci because "no" }"#
    ), @r#"
    review run "git push ..." except "git push --dry-run ..."
           when branch == "main" or (risk > 50 and not interactive)
           with reviewer "guardian", timeout 60s
           because "A push to main is seen by all."
    allow  run "ls"
    deny   read "/aaaaaaaaaaaaaaaaaaaaaaaa/**", "/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/**",
             "/cccccccccccccccccccccc/**"
           because "no"

    sandbox inner {
      deny read "/aaaaaaaaaaaaaaaaaaaaaaaa/**", "/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb/**"
           unless surface == ci
           because "no"
    }
    "#);
}

#[test]
fn what_may_be_written_in_several_ways_has_one() {
    insta::assert_snapshot!(formatted(
        r#"
allow run "a" when ((a) and (b and c)) or not (not d)
allow run r"a" unless x when y
allow run "\u{41}\u{202e}\n\"\\" with timeout 60000ms, remember once
allow run "b" with timeout 7200s, on failure deny
count call "x/y" because "z" as read args.a.b
allow connect unix "/run/x", * port 1-1, 2-3
ask run "x" when g contains "a" and h in () and i in @private and not j is present"#
    ), @r#"
    allow run "a"               when (a and b and c) or not not d
    allow run r"a"              when y unless x
    allow run "A\u{202e}\n\"\\" with timeout 60s, remember once
    allow run "b"               with timeout 2h, on failure deny
    count call "x/y"            as read args.a.b because "z"
    allow connect unix "/run/x", * port 1, 2-3
    ask   run "x"               when g contains "a" and h in () and i in @private and not j is present
    "#);
}

#[test]
fn a_text_that_is_no_policy_is_left_alone() {
    let refused = format(&Source::new("a", "alow run \"x\""));
    assert!(matches!(refused, Err(FormatError::Invalid(errors)) if errors.len() == 1));
}

#[test]
fn a_head_names_a_sentence_whatever_its_layout() {
    let text = r#"
deny  run, read
  "a",   # why
  secrets except @x port 1-2
  when  (a == 1 and  b) unless c with outside sandbox because "no"
record full *
mark "m" call"#;
    let (file, errors) = parse(&Source::new("a", text), SourceId(0));
    assert_eq!(errors, []);
    let heads: Vec<String> = file
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Sentence(sentence) => Some(head(sentence)),
            _ => None,
        })
        .collect();
    assert_eq!(
        heads,
        [
            r#"deny run, read "a", secrets except @x port 1-2 when a == 1 and b unless c"#,
            "record full *",
            r#"mark "m" call"#,
        ]
    );
}

// ---- Any tree -----------------------------------------------------------------------------------

fn spanned<T>(node: T) -> Spanned<T> {
    Spanned { node, span: Span::default() }
}

fn text_of(value: String, kind: TextKind) -> Text {
    Text { value, kind, span: Span::default(), shifts: Vec::new() }
}

/// A name that is no word of the language.
fn name() -> impl Strategy<Value = Name> {
    "[a-z_][a-z0-9_-]{0,6}x".prop_map(spanned)
}

/// A string that is read by people.
fn message() -> impl Strategy<Value = Text> {
    prop_oneof![
        any::<String>().prop_map(|value| text_of(value, TextKind::Plain)),
        "[ -!#-~äß]{0,12}".prop_map(|value| text_of(value, TextKind::Raw)),
    ]
}

fn text() -> impl Strategy<Value = Text> {
    let ignoring_case = "[ -~\n]{0,12}".prop_map(|value| text_of(value, TextKind::IgnoreCase));
    prop_oneof![3 => message(), 1 => ignoring_case]
}

fn some<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 1..4)
}

fn any_of<T: std::fmt::Debug>(of: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(of, 0..4)
}

fn tier() -> impl Strategy<Value = Spanned<Tier>> {
    prop::sample::select(&Tier::ALL[..]).prop_map(spanned)
}

fn action() -> impl Strategy<Value = Name> {
    prop_oneof![4 => name(), 1 => Just(spanned("*".to_owned()))]
}

fn object() -> impl Strategy<Value = Object> {
    prop_oneof![
        4 => text().prop_map(Object::Pattern),
        1 => text().prop_map(|pattern| Object::Unix { pattern, span: Span::default() }),
        2 => name().prop_map(Object::Set),
        1 => name().prop_map(Object::Builtin),
        1 => Just(Object::Star(Span::default())),
    ]
}

fn attribute() -> impl Strategy<Value = AttributePath> {
    (name(), prop::collection::vec("[a-z0-9_-]{1,5}", 0..3)).prop_map(|(first, others)| {
        let names = std::iter::once(first.node).chain(others).collect();
        AttributePath { names, span: Span::default() }
    })
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::Text),
        any::<i64>().prop_map(|number| Value::Int(number, Span::default())),
        any::<bool>().prop_map(|truth| Value::Bool(truth, Span::default())),
        name().prop_map(Value::Word),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let set = any_of(scalar()).prop_map(|members| Value::Set(members, Span::default()));
    prop_oneof![4 => scalar(), 1 => set]
}

fn list() -> impl Strategy<Value = List> {
    prop_oneof![
        any_of(scalar()).prop_map(|values| List::Values(values, Span::default())),
        name().prop_map(List::Set),
        name().prop_map(List::Builtin),
    ]
}

fn question() -> impl Strategy<Value = Condition> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let op =
        prop::sample::select(vec![Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual]);
    let span = Span::default();
    prop_oneof![
        (attribute(), op.prop_map(spanned), value()).prop_map(move |(attribute, op, value)| {
            Condition::Compare { attribute, op, value, span }
        }),
        (attribute(), list()).prop_map(move |(attribute, list)| Condition::In {
            attribute,
            list,
            span
        }),
        (attribute(), text()).prop_map(move |(attribute, pattern)| Condition::Like {
            attribute,
            pattern,
            span
        }),
        (attribute(), text()).prop_map(move |(attribute, regex)| Condition::Matches {
            attribute,
            regex,
            span
        }),
        (attribute(), value()).prop_map(move |(attribute, value)| Condition::Contains {
            attribute,
            value,
            span
        }),
        message().prop_map(move |name| Condition::Marked { name, span }),
        attribute().prop_map(move |attribute| Condition::Present { attribute, span }),
        attribute().prop_map(Condition::Holds),
    ]
}

/// A condition as the parser makes them: `and` in `and` is one `and`.
fn condition() -> impl Strategy<Value = Condition> {
    let span = Span::default();
    question().prop_recursive(3, 12, 3, move |inner| {
        let operands = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            operands().prop_map(move |operands| {
                let flat = operands.into_iter().flat_map(|operand| match operand {
                    Condition::And(inner, _) => inner,
                    other => vec![other],
                });
                Condition::And(flat.collect(), span)
            }),
            operands().prop_map(move |operands| {
                let flat = operands.into_iter().flat_map(|operand| match operand {
                    Condition::Or(inner, _) => inner,
                    other => vec![other],
                });
                Condition::Or(flat.collect(), span)
            }),
            inner.clone().prop_map(move |operand| Condition::Not(Box::new(operand), span)),
        ]
    })
}

fn matches() -> impl Strategy<Value = Matches> {
    let ports =
        any_of((any::<u16>(), any::<u16>()).prop_map(|(a, b)| spanned((a.min(b), a.max(b)))));
    let conditions = (prop::option::of(condition()), prop::option::of(condition()));
    (some(action()), any_of(object()), any_of(object()), ports, conditions).prop_map(
        |(actions, objects, except, ports, (when, unless))| {
            let span = Span::default();
            Matches { actions, objects, except, ports, when, unless, span }
        },
    )
}

/// Options, each at most once.
fn options() -> impl Strategy<Value = Vec<Opt>> {
    let failure = prop::sample::select(vec![OnFailure::Allow, OnFailure::Ask, OnFailure::Deny]);
    let remember = prop::sample::select(vec![
        Remember::Always,
        Remember::Session,
        Remember::Once,
        Remember::Never,
    ]);
    let all = (
        prop::option::of(Just(OptKind::OutsideSandbox)),
        prop::option::of(message().prop_map(OptKind::Reviewer)),
        prop::option::of(any::<u32>().prop_map(OptKind::Timeout)),
        prop::option::of(failure.prop_map(OptKind::OnFailure)),
        prop::option::of(remember.prop_map(OptKind::Remember)),
    );
    all.prop_map(|(a, b, c, d, e)| {
        let given = [a, b, c, d, e].into_iter().flatten();
        given.map(|node| Opt { node, span: Span::default() }).collect()
    })
}

fn counted() -> impl Strategy<Value = Counted> {
    let what = prop_oneof![
        Just(Operands::All),
        Just(Operands::ButFirst),
        Just(Operands::ButLast),
        Just(Operands::First),
        Just(Operands::Last),
        some("[a-z0-9_-]{1,5}").prop_map(Operands::Argument),
    ];
    (action(), what).prop_map(|(action, what)| Counted { action, what, span: Span::default() })
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        4 => prop::sample::select(&Tier::ALL[..]).prop_map(Verb::Tier),
        1 => prop::sample::select(&RecordLevel::ALL[..]).prop_map(Verb::Record),
        1 => message().prop_map(Verb::Mark),
        1 => Just(Verb::Count),
    ]
}

fn sentence() -> impl Strategy<Value = Item> {
    let parts = (
        prop::option::of(name()),
        verb(),
        matches(),
        options(),
        some(counted()),
        prop::option::of(message()),
    );
    parts.prop_map(|(id, verb, matches, mut options, mut counted, because)| {
        if !matches!(verb, Verb::Tier(_)) {
            options.clear();
        }
        if verb != Verb::Count {
            counted.clear();
        }
        let (verb, span) = (spanned(verb), Span::default());
        Item::Sentence(Sentence { id, verb, matches, options, counted, because, span })
    })
}

fn proof() -> impl Strategy<Value = Item> {
    let claim = prop::sample::select(vec![Claim::Never, Claim::Always, Claim::AlwaysAtLeast]);
    let parts = (prop::option::of(name()), claim, tier(), matches(), prop::option::of(message()));
    parts.prop_map(|(id, claim, tier, matches, because)| {
        Item::Proof(Proof { id, claim, tier, matches, because, span: Span::default() })
    })
}

fn block_item() -> impl Strategy<Value = Item> {
    let leaf = prop_oneof![4 => sentence(), 1 => proof()];
    leaf.prop_recursive(2, 8, 3, |inner| {
        let head = prop_oneof![
            condition().prop_map(BlockHead::When),
            (name(), prop::option::of(name()))
                .prop_map(|(name, extends)| BlockHead::Sandbox { name, extends }),
        ];
        (head, any_of(inner)).prop_map(|(head, items)| {
            let span = Span::default();
            Item::Block(Block { head, items, span, head_span: span })
        })
    })
}

fn attribute_type() -> impl Strategy<Value = AttributeType> {
    prop_oneof![
        Just(AttributeType::String),
        Just(AttributeType::Int),
        Just(AttributeType::Bool),
        Just(AttributeType::Path),
        Just(AttributeType::Host),
        Just(AttributeType::Ip),
        Just(AttributeType::StringSet),
        some(message()).prop_map(AttributeType::OneOf),
    ]
}

fn facts() -> impl Strategy<Value = Vec<Given>> {
    let fact = (attribute(), value()).prop_map(|(attribute, value)| Given {
        attribute,
        value,
        span: Span::default(),
    });
    some(fact)
}

fn test_line() -> impl Strategy<Value = TestLine> {
    let span = Span::default();
    let example = prop_oneof![
        text().prop_map(Object::Pattern),
        text().prop_map(move |pattern| Object::Unix { pattern, span }),
    ];
    let port = prop::option::of(any::<u16>().prop_map(spanned));
    let with = prop_oneof![Just(Vec::new()), facts()];
    let expect = (tier(), action(), prop::option::of(example), port, with);
    prop_oneof![
        facts().prop_map(move |facts| TestLine::Given(facts, span)),
        expect.prop_map(move |(tier, action, object, port, with)| TestLine::Expect(Expect {
            tier,
            action,
            object,
            port,
            with,
            span
        })),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let span = Span::default();
    let set_kind = prop::sample::select(&SetKind::ALL[..]).prop_map(spanned);
    let free_actions = any_of(action());
    prop_oneof![
        6 => block_item(),
        2 => (set_kind, name(), some(object()))
            .prop_map(move |(kind, name, members)| Item::Set(Set { kind, name, members, span })),
        1 => (name(), any_of(text()))
            .prop_map(move |(name, within)| Item::Root(Root { name, within, span })),
        1 => (name(), attribute_type()).prop_map(move |(name, ty)| {
            Item::Attribute(Attribute { name, ty: spanned(ty), span })
        }),
        1 => (free_actions, tier())
            .prop_map(move |(actions, tier)| Item::Default(Default_ { actions, tier, span })),
        1 => (some(action()), some(name()))
            .prop_map(move |(actions, layers)| Item::Delegate(Delegate { actions, layers, span })),
        1 => (any::<bool>(), message())
            .prop_map(move |(rules, path)| Item::Include(Include { rules, path, span })),
        1 => some(name()).prop_map(move |floors| Item::Accept(Accept { floors, span })),
        1 => some(object()).prop_map(move |tools| Item::Trust(Trust { tools, span })),
        1 => (message(), any_of(test_line()))
            .prop_map(move |(name, lines)| Item::Test(Test { name, lines, span })),
    ]
}

fn file() -> impl Strategy<Value = File> {
    let header = (name(), prop::option::of(message()), prop::option::of(name()))
        .prop_map(|(name, version, layer)| Header { name, version, layer, span: Span::default() });
    (prop::option::of(header), prop::collection::vec(item(), 0..6))
        .prop_map(|(header, items)| File { header, items, comments: Vec::new() })
}

proptest! {
    #[test]
    fn any_tree_is_read_back_as_it_was_written(file in file()) {
        let text = print(&file);
        let (read, errors) = parse(&Source::new("test.policy", &text), SourceId(0));
        prop_assert_eq!(errors, [], "{}", text);
        prop_assert_eq!(read.without_places(), file, "{}", text);
        prop_assert_eq!(formatted(&text), text);
    }

    /// Reading piece by piece finds what reading the whole would have found.
    #[test]
    fn a_broken_sentence_costs_no_other(before in file(), after in prop::collection::vec(item(), 0..4)) {
        let rest = print(&File { items: after.clone(), ..File::default() });
        let text = format!("{}alow run \"x\"\n{rest}", print(&before));
        let (read, errors) = parse(&Source::new("test.policy", &text), SourceId(0));
        let codes: Vec<&str> = errors.iter().map(|error| error.code).collect();
        prop_assert_eq!(codes, ["P005"], "{}", text);
        let mut file = before;
        file.items.extend(after);
        prop_assert_eq!(read.without_places(), file, "{}", text);
    }

    /// Comments at any place between tokens.
    #[test]
    fn no_comment_is_lost_wherever_it_stands(
        file in file(),
        seeds in prop::collection::vec((any::<prop::sample::Index>(), 0..4usize), 1..8),
    ) {
        let text = print(&file);
        let mut gaps: Vec<usize> = gaps(&text);
        gaps.push(text.len());
        let mut places: Vec<(usize, usize)> =
            seeds.iter().map(|(index, kind)| (*index.get(&gaps), *kind)).collect();
        places.sort_unstable();
        places.dedup_by_key(|(place, _)| *place);
        let mut commented = String::new();
        let mut rest = 0;
        for (number, (place, kind)) in places.iter().enumerate() {
            commented.push_str(&text[rest..*place]);
            let before = ["", "\n", "\n\n  ", " "][*kind];
            commented.push_str(&format!("{before} # comment {number}\n"));
            rest = *place;
        }
        commented.push_str(&text[rest..]);
        let once = formatted(&commented);
        prop_assert_eq!(formatted(&once), once, "{}", commented);
    }

    #[test]
    fn lines_are_as_wide_as_they_must_be_and_no_wider(items in some(sentence())) {
        let file = File { items, ..File::default() };
        for line in print(&file).lines() {
            // Only a line that no place could part is wider.
            let parts = gaps(line.trim_start()).len();
            prop_assert!(line.chars().count() <= WIDTH || parts <= 1 || has_condition(line), "{}", line);
        }
    }
}

/// Conditions below the top are not parted.
fn has_condition(line: &str) -> bool {
    ["when ", "unless ", "and ", "or "].iter().any(|word| line.trim_start().starts_with(word))
}

/// The places between tokens where a text has blanks.
fn gaps(text: &str) -> Vec<usize> {
    let mut gaps = Vec::new();
    let mut in_text = false;
    let mut raw = false;
    let mut escaped = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '"' if !in_text => (in_text, raw) = (true, before == 'r'),
            '"' if !escaped => in_text = false,
            '\\' if in_text && !raw && !escaped => {
                escaped = true;
                before = c;
                continue;
            }
            ' ' | '\n' if !in_text => gaps.push(at),
            _ => {}
        }
        escaped = false;
        before = c;
    }
    gaps
}
