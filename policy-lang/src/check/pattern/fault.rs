//! What can be wrong with a pattern.

use std::ops::Range;

use super::{MAX_ALTERNATIVES, MAX_GAPS, MAX_PATTERN_BYTES, MAX_PATTERN_NESTING, MAX_STEPS};

/// A fault and the bytes of the string that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PatternError {
    pub fault: Fault,
    pub range: Range<usize>,
}

/// Why a string is no pattern of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // The messages say what each one is.
pub enum Fault {
    #[error("the pattern is empty")]
    Empty,
    #[error("the pattern is longer than {MAX_PATTERN_BYTES} bytes")]
    TooLong,
    #[error("the pattern has more than {MAX_STEPS} steps")]
    TooManySteps,
    #[error("the pattern has more than {MAX_GAPS} `{gap}`")]
    TooManyGaps { gap: &'static str },
    #[error("the pattern stands for more than {MAX_ALTERNATIVES} alternatives")]
    TooManyAlternatives,
    #[error("the pattern nests deeper than {MAX_PATTERN_NESTING}")]
    TooDeep,
    #[error("`{open}` is not closed")]
    Unclosed { open: &'static str, close: &'static str },
    #[error("`\\` stands before nothing")]
    LoneBackslash,
    #[error("an alternative is empty")]
    EmptyAlternative,
    #[error("the regex is wrong: {message}")]
    Regex { message: String },
    #[error("the regex is too large")]
    RegexTooLarge,
    #[error("the range `{first}-{last}` runs backwards")]
    ClassBackwards { first: char, last: char },
    #[error("the class names no character")]
    ClassEmpty,
    #[error("`[^…]` is written `[!…]` here")]
    ClassCaret,

    #[error("`{written}` is relative: relative to what?")]
    RelativePath { written: String },
    #[error("a path is written with `/`, not with `\\`")]
    Backslash,
    #[error("`{component}` cannot stand in a path pattern")]
    DotComponent { component: String },
    #[error("a component of the path is empty")]
    EmptyComponent,
    #[error("the path ends with `/`")]
    TrailingSlash { path: String },
    #[error("`**` stands alone between two `/`")]
    GapInComponent,
    #[error("a component of a path has no `/` in it")]
    SlashInComponent,
    #[error("unknown root `{name}`")]
    UnknownRoot { name: String, nearest: Option<String> },
    #[error("`{written}` names the home of another user")]
    OtherHome { written: String },
    #[error("`{drive}` without `/` behind it is a place that changes")]
    DriveRelative { drive: String },
    #[error("a root lies under an absolute path")]
    RelativeWithin,

    #[error("a host pattern has no scheme")]
    SchemeInHost { host: String, scheme: String },
    #[error("a host pattern ends with the host or its port")]
    PathInHost { host: String },
    #[error("`{found}` cannot stand in a host")]
    HostCharacter { found: char },
    #[error("a socket is written `unix \"…\"`")]
    SocketAsHost { path: String },
    #[error("a label of the host is empty")]
    EmptyLabel,
    #[error("`{label}` is not a label that a host name may have")]
    BadLabel { label: String },
    #[error("the host name is longer than 253 bytes")]
    LongHost,
    #[error("`**` stands only in front, as in `**.example.com`")]
    GapInHost,
    #[error("`{written}` is not an address")]
    BadAddress { written: String },
    #[error("`{written}` is an unusual spelling of an address")]
    UnusualAddress { written: String, address: String },
    #[error("`{written}` is a name, and names match no address")]
    StarInAddress { written: String, block: Option<String> },
    #[error("the address has bits behind the first {prefix}")]
    HostBits { prefix: u8, network: String },
    #[error("the length of a block is 0 to {most}")]
    BlockLength { most: u8 },
    #[error("`{written}` is not a port")]
    BadPort { written: String },
    #[error("the ports `{written}` run backwards")]
    PortsBackwards { written: String },

    #[error("`{operator}` joins commands, and a pattern is one command")]
    Operator { operator: String },
    #[error("`{operator}` redirects, and a pattern is one command")]
    Redirection { operator: String },
    #[error("`{written}` is known only when the command runs")]
    Expansion { written: String },
    #[error("`{written}` in a command is the text, not the home directory")]
    TildeInCommand { written: String },
    #[error("`(…)` stands for whole words")]
    GluedGroup,
    #[error("`{written}` in a command is text only in quotes")]
    BareBracket { written: char },
    #[error("`{{…}}` holds flags")]
    NotFlags,
    #[error("`{written}` is not a flag")]
    BadFlag { written: String },
    #[error("flags cannot stand in `(…)`")]
    FlagsInGroup,
    #[error("`{{…}}` follows a program")]
    FlagsWithoutProgram,
    #[error("`*` alone is a command of one word")]
    OneStar,

    #[error("`{written}` is not `server/tool`")]
    NotATool { written: String },
    #[error("`{written}` is not `kind/name`")]
    NotAPackage { written: String },
    #[error("unknown kind `{written}`")]
    UnknownKind { written: String, nearest: Option<String> },
}

impl Fault {
    /// The fault at bytes of the string.
    pub(super) fn at(self, range: Range<usize>) -> PatternError {
        PatternError { fault: self, range }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Empty => "C101",
            Fault::TooLong
            | Fault::TooManySteps
            | Fault::TooManyGaps { .. }
            | Fault::TooManyAlternatives
            | Fault::TooDeep
            | Fault::RegexTooLarge => "C102",
            Fault::Unclosed { .. } | Fault::LoneBackslash => "C103",
            Fault::EmptyAlternative => "C104",
            Fault::Regex { .. } => "C105",
            Fault::ClassBackwards { .. } | Fault::ClassEmpty | Fault::ClassCaret => "C106",
            Fault::RelativePath { .. } => "C110",
            Fault::Backslash => "C111",
            Fault::DotComponent { .. } | Fault::EmptyComponent | Fault::TrailingSlash { .. } => {
                "C112"
            }
            Fault::GapInComponent | Fault::SlashInComponent => "C113",
            Fault::UnknownRoot { .. } => "C114",
            Fault::OtherHome { .. } => "C115",
            Fault::DriveRelative { .. } => "C116",
            Fault::RelativeWithin => "C117",
            Fault::SchemeInHost { .. }
            | Fault::PathInHost { .. }
            | Fault::HostCharacter { .. }
            | Fault::SocketAsHost { .. } => "C120",
            Fault::EmptyLabel | Fault::BadLabel { .. } | Fault::LongHost | Fault::GapInHost => {
                "C121"
            }
            Fault::BadAddress { .. } | Fault::UnusualAddress { .. } => "C122",
            Fault::StarInAddress { .. } => "C123",
            Fault::HostBits { .. } | Fault::BlockLength { .. } => "C124",
            Fault::BadPort { .. } | Fault::PortsBackwards { .. } => "C125",
            Fault::Operator { .. } | Fault::Redirection { .. } => "C130",
            Fault::Expansion { .. } | Fault::TildeInCommand { .. } => "C131",
            Fault::GluedGroup | Fault::BareBracket { .. } => "C132",
            Fault::NotFlags
            | Fault::BadFlag { .. }
            | Fault::FlagsInGroup
            | Fault::FlagsWithoutProgram => "C133",
            Fault::OneStar => "C134",
            Fault::NotATool { .. } => "C140",
            Fault::NotAPackage { .. } => "C141",
            Fault::UnknownKind { .. } => "C142",
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Fault::Empty => "write `*` without quotes where everything is meant".to_owned(),
            Fault::TooLong | Fault::TooManySteps | Fault::TooManyAlternatives | Fault::TooDeep => {
                "write several patterns".to_owned()
            }
            Fault::TooManyGaps { gap } => format!("write several patterns with fewer `{gap}`"),
            Fault::RegexTooLarge => "repeat fewer times, or a smaller class".to_owned(),
            Fault::Unclosed { open, close } => {
                format!("close it with `{close}`, or write `{open}` as text: {}", as_text(open))
            }
            Fault::LoneBackslash => "the sign itself is `'\\'`".to_owned(),
            Fault::EmptyAlternative => "write two patterns, one without that part".to_owned(),
            Fault::Regex { .. } => return None,
            Fault::ClassBackwards { first, last } => format!("write `[{last}-{first}]`"),
            Fault::ClassEmpty => "name characters, as in `[a-z]`".to_owned(),
            Fault::ClassCaret => "write `[!…]`".to_owned(),

            Fault::RelativePath { written } if written.starts_with('!') => format!(
                "objects are taken away with `except`: `except \"{}\"`",
                written.trim_start_matches('!')
            ),
            Fault::RelativePath { written } if written.starts_with('%') => {
                "the home folder is `~/…`; another place is a root: `root NAME`, `$NAME/…`"
                    .to_owned()
            }
            Fault::RelativePath { written } => format!(
                "write `$workspace/{written}` for the one in the workspace, \
                 `**/{written}` for one anywhere"
            ),
            Fault::Backslash => "write `C:/Windows/**`; it matches both separators; a regex for one name stands in `<…>`"
                .to_owned(),
            Fault::DotComponent { .. } => {
                "paths are compared after `.` and `..` are resolved: write where it leads"
                    .to_owned()
            }
            Fault::EmptyComponent => "write one `/`".to_owned(),
            Fault::TrailingSlash { path } => format!(
                "write `{path}/**` for the folder and all in it, `{path}` for the folder alone"
            ),
            Fault::GapInComponent => "write `*` within a name, and `/**/` for any depth".to_owned(),
            Fault::SlashInComponent => "write one pattern for each path".to_owned(),
            Fault::UnknownRoot { name, nearest } => match nearest {
                Some(nearest) => format!("did you mean `${nearest}`?"),
                None => format!("declare it: `root {name}`"),
            },
            Fault::OtherHome { .. } => {
                "`~/` is the home of the person at work; write other homes as `/home/NAME/…`"
                    .to_owned()
            }
            Fault::DriveRelative { drive } => format!("write `{drive}/…`"),
            Fault::RelativeWithin => "write where it lies, as in `within \"/home/**\"`".to_owned(),

            Fault::SchemeInHost { host, scheme } => {
                format!("write only the host: `\"{host}\"`, and `when scheme == \"{scheme}\"`")
            }
            Fault::PathInHost { host } => {
                format!("write only the host: `\"{host}\"`; conditions on `url_path` see the rest")
            }
            Fault::HostCharacter { .. } => "write only the host, as in `example.com`".to_owned(),
            Fault::SocketAsHost { path } => format!("write `unix \"{path}\"`"),
            Fault::EmptyLabel => "write one dot between two labels, and none in front".to_owned(),
            Fault::BadLabel { .. } => {
                "a label is letters, digits and `-`, at most 63; beside `*`, `?` and `<regex>` \
                 ASCII only"
                    .to_owned()
            }
            Fault::LongHost => return None,
            Fault::GapInHost => "write `*` for one label in between".to_owned(),
            Fault::BadAddress { .. } => {
                "write `127.0.0.1`, `::1`, `[::1]:443` or a block such as `10.0.0.0/8`".to_owned()
            }
            Fault::UnusualAddress { address, .. } => {
                format!("write `{address}`; every spelling of it is matched")
            }
            Fault::StarInAddress { block: Some(block), .. } => format!("write the block `{block}`"),
            Fault::StarInAddress { block: None, .. } => {
                "write a block, as in `10.0.0.0/8`".to_owned()
            }
            Fault::HostBits { network, .. } => format!("write `{network}`"),
            Fault::BlockLength { .. } => "write a block, as in `10.0.0.0/8`".to_owned(),
            Fault::BadPort { .. } => {
                "write `:443` or `:8000-8999`; without a port every port is meant".to_owned()
            }
            Fault::PortsBackwards { .. } => "write the lower port first".to_owned(),

            Fault::Operator { operator } => format!(
                "every command of a line is judged by itself: write one pattern for each; \
                 as text it is `'{operator}'`"
            ),
            Fault::Redirection { operator } => format!(
                "what a redirection touches is judged as `read` or `write` of that file; \
                 as text it is `'{operator}'`"
            ),
            Fault::Expansion { .. } => {
                "write `*` for a word, `...` for any words, or quote it where the text itself is \
                 meant"
                    .to_owned()
            }
            Fault::TildeInCommand { .. } => {
                "write `*`, and say which files are meant: `count run … as read operands` and a \
                 rule for `read`"
                    .to_owned()
            }
            Fault::GluedGroup => "put blanks around it, or write several patterns".to_owned(),
            Fault::BareBracket { written } => format!("write `'{written}'`"),
            Fault::NotFlags => {
                "write `(a|b)` for one of several words, and quotes around a brace that is text"
                    .to_owned()
            }
            Fault::BadFlag { .. } => {
                "write `--force`, `-f` or, to forbid all, `-*`; values are left out".to_owned()
            }
            Fault::FlagsInGroup => "write them behind the group".to_owned(),
            Fault::FlagsWithoutProgram => "write the program first: `git push {-f}`".to_owned(),
            Fault::OneStar => {
                "write `*` without quotes for every command, `\"* ...\"` for a program with any \
                 words"
                    .to_owned()
            }

            Fault::NotATool { .. } => {
                "write both parts, as in `github/get_*`; `github/*` is all of a server".to_owned()
            }
            Fault::NotAPackage { .. } => "write both parts, as in `mcp/github`".to_owned(),
            Fault::UnknownKind { nearest: Some(nearest), .. } => {
                format!("did you mean `{nearest}`?")
            }
            Fault::UnknownKind { nearest: None, .. } => {
                "the kinds are `plugin`, `skill`, `mcp` and `hook`".to_owned()
            }
        })
    }
}

/// How an opening sign is written where it is text.
fn as_text(open: &str) -> &'static str {
    match open {
        "[" => "`[[]`",
        "{" => "`[{]`",
        "<" => "`[<]`",
        "(" => "`'('`",
        _ => "in the other quotes",
    }
}
