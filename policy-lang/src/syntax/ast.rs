//! The syntax tree: what a file says, before anything is looked up.
//!
//! Names are still text and patterns are still strings. One tree is one file; nothing in it
//! refers to another.

use policy_eval::{RecordLevel, Tier};

use crate::span::{Span, Spanned};

/// A name as written.
pub type Name = Spanned<String>;

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What it stands for, escapes replaced.
    pub value: String,
    /// How it is written.
    pub kind: TextKind,
    /// The whole literal, with prefix and quotes.
    pub span: Span,
    /// For each escape: the byte of `value` behind it, and the byte of the source behind it. Empty
    /// where value and source run in step.
    pub shifts: Vec<(u32, u32)>,
}

/// How a string literal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextKind {
    /// `"…"`
    Plain,
    /// `r"…"`
    Raw,
    /// `i"…"`: ignores ASCII case.
    IgnoreCase,
}

impl Text {
    /// Where bytes `start..end` of the value stand in the source.
    pub fn place(&self, start: usize, end: usize) -> Span {
        let prefix = match self.kind {
            TextKind::Plain => 1,
            TextKind::Raw | TextKind::IgnoreCase => 2,
        };
        let at = |byte: usize| {
            let (value, source) = self
                .shifts
                .iter()
                .rev()
                .find(|(value, _)| *value as usize <= byte)
                .map_or((0, self.span.start as usize + prefix), |&(v, s)| (v as usize, s as usize));
            (source + byte - value).min(self.span.end as usize)
        };
        Span::new(at(start), at(end).max(at(start)))
    }
}

/// A whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct File {
    pub header: Option<Header>,
    pub items: Vec<Item>,
    /// Every comment, in order; the formatter puts them back.
    pub comments: Vec<Comment>,
}

/// `policy NAME version "…" layer NAME`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Header {
    pub name: Name,
    pub version: Option<Text>,
    pub layer: Option<Name>,
    pub span: Span,
}

/// From `#` to the end of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Comment {
    pub text: String,
    pub span: Span,
    /// Nothing but blanks stands before it on its line.
    pub own_line: bool,
}

/// What stands at the top of a file or in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Item {
    Set(Set),
    Root(Root),
    Attribute(Attribute),
    Default(Default_),
    Delegate(Delegate),
    Include(Include),
    Accept(Accept),
    Trust(Trust),
    Sentence(Sentence),
    Block(Block),
    Proof(Proof),
    Test(Test),
}

impl Item {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Item::Set(item) => item.span,
            Item::Root(item) => item.span,
            Item::Attribute(item) => item.span,
            Item::Default(item) => item.span,
            Item::Delegate(item) => item.span,
            Item::Include(item) => item.span,
            Item::Accept(item) => item.span,
            Item::Trust(item) => item.span,
            Item::Sentence(item) => item.span,
            Item::Block(item) => item.span,
            Item::Proof(item) => item.span,
            Item::Test(item) => item.span,
        }
    }
}

/// `paths NAME = "…", "…"`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Set {
    pub kind: Spanned<SetKind>,
    pub name: Name,
    /// Patterns, and the names of other sets of the same kind.
    pub members: Vec<Object>,
    pub span: Span,
}

/// What the members of a set are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SetKind {
    Paths,
    Hosts,
    Tools,
    Commands,
    Strings,
}

impl SetKind {
    /// All kinds.
    pub const ALL: [SetKind; 5] =
        [SetKind::Paths, SetKind::Hosts, SetKind::Tools, SetKind::Commands, SetKind::Strings];

    /// The keyword.
    pub const fn name(self) -> &'static str {
        match self {
            SetKind::Paths => "paths",
            SetKind::Hosts => "hosts",
            SetKind::Tools => "tools",
            SetKind::Commands => "commands",
            SetKind::Strings => "strings",
        }
    }
}

/// `root NAME [within "PATTERN"{, "PATTERN"}]`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Root {
    pub name: Name,
    pub within: Vec<Text>,
    pub span: Span,
}

/// `attribute NAME: TYPE`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Attribute {
    pub name: Name,
    pub ty: Spanned<AttributeType>,
    pub span: Span,
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AttributeType {
    String,
    Int,
    Bool,
    Path,
    Host,
    Ip,
    StringSet,
    OneOf(Vec<Text>),
}

/// `default TIER` or `default ACTIONS TIER`, in the order that the language's page shows:
/// `default ask`, `default read allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Default_ {
    /// Empty: the general default.
    pub actions: Vec<Name>,
    pub tier: Spanned<Tier>,
    pub span: Span,
}

/// `delegate ACTIONS to LAYERS`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Delegate {
    pub actions: Vec<Name>,
    pub layers: Vec<Name>,
    pub span: Span,
}

/// `include ["rules"] "FILE"`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Include {
    pub rules: bool,
    pub path: Text,
    pub span: Span,
}

/// `accept FLOOR{, FLOOR}`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Accept {
    pub floors: Vec<Name>,
    pub span: Span,
}

/// `trust annotations of "server/tool"{, …}`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Trust {
    pub tools: Vec<Object>,
    pub span: Span,
}

/// What a sentence says of what it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Verb {
    Tier(Tier),
    Record(RecordLevel),
    Mark(Text),
    Count,
}

/// `[ID:] VERB ACTIONS [OBJECTS] [except …] [port …] [when …] [unless …] [with …] [as …] [because …]`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Sentence {
    pub id: Option<Name>,
    pub verb: Spanned<Verb>,
    pub matches: Matches,
    pub options: Vec<Opt>,
    /// Only of `count`.
    pub counted: Vec<Counted>,
    pub because: Option<Text>,
    pub span: Span,
}

/// The part that sentences and proofs share: what they speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Matches {
    /// `*` stands as the name `*`.
    pub actions: Vec<Name>,
    pub objects: Vec<Object>,
    pub except: Vec<Object>,
    pub ports: Vec<Spanned<(u16, u16)>>,
    pub when: Option<Condition>,
    pub unless: Option<Condition>,
    /// From the first action to the last port or condition.
    pub span: Span,
}

/// What an action is done to, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Object {
    Pattern(Text),
    /// `unix "PATH"`
    Unix {
        pattern: Text,
        span: Span,
    },
    Set(Name),
    /// `@name`, without the `@`.
    Builtin(Name),
    Star(Span),
}

impl Object {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Object::Pattern(text) => text.span,
            Object::Unix { span, .. } | Object::Star(span) => *span,
            Object::Set(name) | Object::Builtin(name) => name.span,
        }
    }
}

/// One option of `with`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Opt {
    pub node: OptKind,
    pub span: Span,
}

/// What an option says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptKind {
    /// `outside sandbox`
    OutsideSandbox,
    /// `reviewer "NAME"`
    Reviewer(Text),
    /// `timeout 90s`, in milliseconds
    Timeout(u32),
    /// `on failure ask`
    OnFailure(policy_eval::OnFailure),
    /// `remember session`
    Remember(policy_eval::Remember),
}

/// `read operands but last` behind the `as` of a `count` sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counted {
    pub action: Name,
    pub what: Operands,
    pub span: Span,
}

/// Which words or arguments name the paths that are touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operands {
    /// `operands`
    All,
    /// `operands but first`
    ButFirst,
    /// `operands but last`
    ButLast,
    /// `first operand`
    First,
    /// `last operand`
    Last,
    /// `args.path`: the names behind `args`
    Argument(Vec<String>),
}

/// `when CONDITION { … }` or `sandbox NAME [extends NAME] { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Block {
    pub head: BlockHead,
    pub items: Vec<Item>,
    pub span: Span,
    pub head_span: Span,
}

/// What a block says of its sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BlockHead {
    When(Condition),
    Sandbox { name: Name, extends: Option<Name> },
}

/// The name of an attribute: `branch`, `args.sql`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct AttributePath {
    pub names: Vec<String>,
    pub span: Span,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition. `and` and `or` hold their operands flat.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Condition {
    Or(Vec<Condition>, Span),
    And(Vec<Condition>, Span),
    Not(Box<Condition>, Span),
    Compare {
        attribute: AttributePath,
        op: Spanned<Comparison>,
        value: Value,
        span: Span,
    },
    In {
        attribute: AttributePath,
        list: List,
        span: Span,
    },
    /// Text, or a pattern of the attribute's own type.
    Like {
        attribute: AttributePath,
        pattern: Text,
        span: Span,
    },
    Matches {
        attribute: AttributePath,
        regex: Text,
        span: Span,
    },
    Contains {
        attribute: AttributePath,
        value: Value,
        span: Span,
    },
    Marked {
        name: Text,
        span: Span,
    },
    Present {
        attribute: AttributePath,
        span: Span,
    },
    /// A bool that stands alone.
    Holds(AttributePath),
}

impl Condition {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Condition::Or(_, span)
            | Condition::And(_, span)
            | Condition::Not(_, span)
            | Condition::Compare { span, .. }
            | Condition::In { span, .. }
            | Condition::Like { span, .. }
            | Condition::Matches { span, .. }
            | Condition::Contains { span, .. }
            | Condition::Marked { span, .. }
            | Condition::Present { span, .. } => *span,
            Condition::Holds(path) => path.span,
        }
    }
}

/// What stands behind `in`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum List {
    Values(Vec<Value>, Span),
    Set(Name),
    Builtin(Name),
}

/// A value in a condition or a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Value {
    Text(Text),
    Int(i64, Span),
    Bool(bool, Span),
    /// A bare word of a closed list.
    Word(Name),
    Set(Vec<Value>, Span),
}

impl Value {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Value::Text(text) => text.span,
            Value::Int(_, span) | Value::Bool(_, span) | Value::Set(_, span) => *span,
            Value::Word(name) => name.span,
        }
    }
}

/// `never TIER …`, `always TIER …`, `always at least TIER …`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Proof {
    pub id: Option<Name>,
    pub claim: Claim,
    pub tier: Spanned<Tier>,
    pub matches: Matches,
    pub because: Option<Text>,
    pub span: Span,
}

/// What a proof claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Claim {
    Never,
    Always,
    AlwaysAtLeast,
}

/// `test "NAME" { … }`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Test {
    pub name: Text,
    pub lines: Vec<TestLine>,
    pub span: Span,
}

/// A line of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TestLine {
    /// `given NAME = VALUE, …`
    Given(Vec<Given>, Span),
    /// `TIER ACTION OBJECT [port N] [where NAME = VALUE, …]`
    Expect(Expect),
}

/// `NAME = VALUE`
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Given {
    pub attribute: AttributePath,
    pub value: Value,
    pub span: Span,
}

/// What a test expects of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Expect {
    pub tier: Spanned<Tier>,
    pub action: Name,
    /// A concrete value, or `unix "PATH"`.
    pub object: Option<Object>,
    pub port: Option<Spanned<u16>>,
    pub with: Vec<Given>,
    pub span: Span,
}
