//! The words of the language that name things: actions, attributes, layers, floors, platforms.
//!
//! Each table stands here and nowhere else. The checker, the interpreter, the evaluator, the
//! renderers and the documentation read these lists.

use core::fmt;

/// What an agent wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)] // The names are the language's own; the table in `docs/language.md` explains them.
pub enum Action {
    Read,
    Write,
    Delete,
    Run,
    Connect,
    Listen,
    Fetch,
    Search,
    Call,
    Use,
    Login,
    Start,
    Install,
    Spawn,
    Prompt,
}

/// What an action is done to: decides which patterns its sentences take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A file system path.
    Path,
    /// The words of a command.
    Command,
    /// A host name, an address, or a Unix socket.
    Host,
    /// `server/tool`.
    Tool,
    /// `kind/name` of something to install.
    Package,
    /// A credential or an agent, by name.
    Name,
    /// The action has no object.
    None,
}

impl ObjectKind {
    /// What an error message calls it, with its article.
    pub const fn describe(self) -> &'static str {
        match self {
            ObjectKind::Path => "a path",
            ObjectKind::Command => "a command",
            ObjectKind::Host => "a host or an address",
            ObjectKind::Tool => "a tool (`server/tool`)",
            ObjectKind::Package => "`kind/name`",
            ObjectKind::Name => "a name",
            ObjectKind::None => "nothing",
        }
    }
}

impl Action {
    /// Every action, in the order of the table in the language's page.
    pub const ALL: [Action; 15] = [
        Action::Read,
        Action::Write,
        Action::Delete,
        Action::Run,
        Action::Connect,
        Action::Listen,
        Action::Fetch,
        Action::Search,
        Action::Call,
        Action::Use,
        Action::Login,
        Action::Start,
        Action::Install,
        Action::Spawn,
        Action::Prompt,
    ];
    /// How many actions there are.
    pub const COUNT: usize = Action::ALL.len();

    /// The word of the language.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Read => "read",
            Action::Write => "write",
            Action::Delete => "delete",
            Action::Run => "run",
            Action::Connect => "connect",
            Action::Listen => "listen",
            Action::Fetch => "fetch",
            Action::Search => "search",
            Action::Call => "call",
            Action::Use => "use",
            Action::Login => "login",
            Action::Start => "start",
            Action::Install => "install",
            Action::Spawn => "spawn",
            Action::Prompt => "prompt",
        }
    }

    /// The action that a word names.
    pub fn from_name(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    /// What its sentences are about.
    pub const fn object(self) -> ObjectKind {
        match self {
            Action::Read | Action::Write | Action::Delete => ObjectKind::Path,
            Action::Run => ObjectKind::Command,
            Action::Connect | Action::Listen | Action::Fetch => ObjectKind::Host,
            Action::Call => ObjectKind::Tool,
            Action::Use | Action::Spawn => ObjectKind::Name,
            Action::Install => ObjectKind::Package,
            Action::Search | Action::Login | Action::Start | Action::Prompt => ObjectKind::None,
        }
    }

    /// Whether `port` may follow the objects.
    pub const fn has_port(self) -> bool {
        matches!(self, Action::Connect | Action::Listen | Action::Fetch)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ActionSet(u16);

impl ActionSet {
    /// Every action: what `*` means.
    pub const ALL: ActionSet = ActionSet((1 << Action::COUNT as u16) - 1);
    /// No action.
    pub const NONE: ActionSet = ActionSet(0);

    /// The set with one action more.
    #[must_use]
    pub const fn with(self, action: Action) -> ActionSet {
        ActionSet(self.0 | 1 << action as u16)
    }

    /// Whether the action is in the set.
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u16) != 0
    }

    /// The actions of either set.
    #[must_use]
    pub const fn union(self, other: ActionSet) -> ActionSet {
        ActionSet(self.0 | other.0)
    }

    /// Its actions, in the order of [`Action::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.into_iter().filter(move |&action| self.contains(action))
    }

    /// Whether it has no action.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One bit for each action, in the order of [`Action::ALL`].
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// The set with these bits; others are dropped.
    pub(crate) const fn from_bits(bits: u16) -> ActionSet {
        ActionSet(bits & ActionSet::ALL.0)
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> ActionSet {
        actions.into_iter().fold(ActionSet::NONE, ActionSet::with)
    }
}

/// Where a policy file stands, from most to least authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Layer {
    Managed,
    Team,
    User,
    Project,
    Session,
}

impl Layer {
    /// All layers, most authority first.
    pub const ALL: [Layer; 5] =
        [Layer::Managed, Layer::Team, Layer::User, Layer::Project, Layer::Session];

    /// The word of the language.
    pub const fn name(self) -> &'static str {
        match self {
            Layer::Managed => "managed",
            Layer::Team => "team",
            Layer::User => "user",
            Layer::Project => "project",
            Layer::Session => "session",
        }
    }

    /// The layer that a word names.
    pub fn from_name(name: &str) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| layer.name() == name)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The operating system whose names a request uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Platform {
    #[default]
    Linux,
    Macos,
    Windows,
}

impl Platform {
    /// All platforms.
    pub const ALL: [Platform; 3] = [Platform::Linux, Platform::Macos, Platform::Windows];

    /// The word of the language.
    pub const fn name(self) -> &'static str {
        match self {
            Platform::Linux => "linux",
            Platform::Macos => "macos",
            Platform::Windows => "windows",
        }
    }

    /// The platform that a word names.
    pub fn from_name(name: &str) -> Option<Platform> {
        Platform::ALL.into_iter().find(|platform| platform.name() == name)
    }

    /// Whether its usual file systems take names that differ in case for the same.
    pub const fn ignores_case(self) -> bool {
        !matches!(self, Platform::Linux)
    }
}

/// Why a request is at least `ask`, whatever the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Floor {
    /// The text does not parse, or its language is not understood.
    Syntax,
    /// The command's name is computed, or it runs text that nobody can see.
    DynamicCommand,
    /// Control characters, or characters that a person does not see.
    HiddenCharacters,
    /// Longer or deeper than the published limits.
    TooLarge,
    /// Two readers may take the destination for different hosts.
    AmbiguousHost,
    /// Two readers may take the path for different files.
    AmbiguousPath,
    /// A layer that was named could not be loaded.
    FailedLayer,
    /// The arguments of a call are not one well-formed JSON object.
    MalformedArguments,
    /// `if`, `for` and the like around the commands. Lifted by `accept control_flow`.
    ControlFlow,
    /// A variable is set. Lifted by `accept assignments`.
    Assignments,
    /// A program that runs another program. Lifted by `accept wrappers`.
    Wrappers,
}

impl Floor {
    /// Every floor.
    pub const ALL: [Floor; 11] = [
        Floor::Syntax,
        Floor::DynamicCommand,
        Floor::HiddenCharacters,
        Floor::TooLarge,
        Floor::AmbiguousHost,
        Floor::AmbiguousPath,
        Floor::FailedLayer,
        Floor::MalformedArguments,
        Floor::ControlFlow,
        Floor::Assignments,
        Floor::Wrappers,
    ];

    /// The name that decisions carry.
    pub const fn name(self) -> &'static str {
        match self {
            Floor::Syntax => "syntax",
            Floor::DynamicCommand => "dynamic_command",
            Floor::HiddenCharacters => "hidden_characters",
            Floor::TooLarge => "too_large",
            Floor::AmbiguousHost => "ambiguous_host",
            Floor::AmbiguousPath => "ambiguous_path",
            Floor::FailedLayer => "failed_layer",
            Floor::MalformedArguments => "malformed_arguments",
            Floor::ControlFlow => "control_flow",
            Floor::Assignments => "assignments",
            Floor::Wrappers => "wrappers",
        }
    }

    /// Whether a policy may lift it with `accept`.
    pub const fn can_be_lifted(self) -> bool {
        matches!(self, Floor::ControlFlow | Floor::Assignments | Floor::Wrappers)
    }

    /// The floor that a word of `accept` names, where it may be lifted.
    pub fn liftable(name: &str) -> Option<Floor> {
        Floor::ALL.into_iter().find(|floor| floor.can_be_lifted() && floor.name() == name)
    }

    /// One sentence for a person.
    pub const fn describe(self) -> &'static str {
        match self {
            Floor::Syntax => "the request does not parse",
            Floor::DynamicCommand => "the command is known only when it runs",
            Floor::HiddenCharacters => "it has control characters or characters nobody sees",
            Floor::TooLarge => "it is larger than the published limits",
            Floor::AmbiguousHost => "two readers may take the destination for different hosts",
            Floor::AmbiguousPath => "two readers may take the path for different files",
            Floor::FailedLayer => "a layer of the policy could not be loaded",
            Floor::MalformedArguments => "the arguments are not one well-formed JSON object",
            Floor::ControlFlow => "commands stand inside shell control flow",
            Floor::Assignments => "a shell variable is set",
            Floor::Wrappers => "a program that runs other programs",
        }
    }
}

/// A set of floors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Floors(u16);

impl Floors {
    /// No floor.
    pub const NONE: Floors = Floors(0);

    /// The set of one floor.
    pub const fn of(floor: Floor) -> Floors {
        Floors(1 << floor as u16)
    }

    /// The set with one floor more.
    #[must_use]
    pub const fn with(self, floor: Floor) -> Floors {
        Floors(self.0 | 1 << floor as u16)
    }

    /// The floors of either set.
    #[must_use]
    pub const fn union(self, other: Floors) -> Floors {
        Floors(self.0 | other.0)
    }

    /// The floors of this set that are not in `other`.
    #[must_use]
    pub const fn without(self, other: Floors) -> Floors {
        Floors(self.0 & !other.0)
    }

    /// Whether the floor is in the set.
    pub const fn contains(self, floor: Floor) -> bool {
        self.0 & (1 << floor as u16) != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One bit for each floor, in the order of [`Floor::ALL`].
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    /// The set with these bits; others are dropped.
    pub(crate) const fn from_bits(bits: u16) -> Floors {
        Floors(bits & ((1 << Floor::ALL.len()) - 1))
    }

    /// Its floors, in the order of [`Floor::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Floor> {
        Floor::ALL.into_iter().filter(move |&floor| self.contains(floor))
    }
}

/// What values an attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Any text.
    String,
    /// A whole number of 64 bits with a sign.
    Int,
    /// True or false.
    Bool,
    /// A file system path.
    Path,
    /// A host name or an address.
    Host,
    /// An address.
    Ip,
    /// Several texts, in no order.
    StringSet,
    /// One of a closed list of words.
    OneOf(&'static [&'static str]),
    /// Whatever the tool's argument holds: text, number or truth value.
    Json,
}

impl Type {
    /// What an error message calls it.
    pub const fn describe(self) -> &'static str {
        match self {
            Type::String => "a string",
            Type::Int => "a number",
            Type::Bool => "true or false",
            Type::Path => "a path",
            Type::Host => "a host",
            Type::Ip => "an address",
            Type::StringSet => "a set of strings",
            Type::OneOf(_) => "one of a closed list of words",
            Type::Json => "an argument of a tool",
        }
    }
}

macro_rules! attributes {
    ($($variant:ident $name:literal [$($action:ident)*] $ty:expr;)*) => {
        /// A fact about a request that conditions may speak of.
        ///
        /// The arguments of a tool and the attributes that a policy declares are not in this list.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Attr { $($variant),* }

        impl Attr {
            /// Every attribute, those of single actions first.
            pub const ALL: &'static [Attr] = &[$(Attr::$variant),*];

            /// The word of the language.
            pub const fn name(self) -> &'static str {
                match self { $(Attr::$variant => $name),* }
            }

            /// What values it has.
            pub const fn ty(self) -> Type {
                match self { $(Attr::$variant => $ty),* }
            }

            /// The actions whose requests have it.
            pub const fn actions(self) -> ActionSet {
                match self {
                    $(Attr::$variant => attributes!(@set $($action)*)),*
                }
            }
        }
    };
    (@set All) => { ActionSet::ALL };
    (@set $($action:ident)*) => { ActionSet::NONE$(.with(Action::$action))* };
}

attributes! {
    Path "path" [Read Write Delete] Type::Path;
    Argv "argv" [Run] Type::StringSet;
    Cwd "cwd" [Run] Type::Path;
    Program "program" [Run] Type::Path;
    Env "env" [Run] Type::StringSet;
    Escalated "escalated" [Run] Type::Bool;
    Opaque "opaque" [Run] Type::Bool;
    Line "line" [Run] Type::String;
    Written "written" [Run] Type::String;
    Host "host" [Connect Fetch Use] Type::Host;
    Ip "ip" [Connect Listen Fetch] Type::Ip;
    Port "port" [Connect Listen Fetch] Type::Int;
    Scheme "scheme" [Connect Fetch] Type::String;
    Method "method" [Connect Fetch Login] Type::String;
    UrlPath "url_path" [Connect Fetch] Type::String;
    Socket "socket" [Connect Listen] Type::Path;
    Mode "mode" [Fetch Search] Type::OneOf(&["cached", "live"]);
    Server "server" [Call] Type::String;
    Tool "tool" [Call] Type::String;
    ArgsText "args_text" [Call] Type::String;
    ReadOnly "read_only" [Call] Type::Bool;
    Destructive "destructive" [Call] Type::Bool;
    OpenWorld "open_world" [Call] Type::Bool;
    Origin "origin" [Call] Type::String;
    Credential "credential" [Use] Type::String;
    Store "store" [Use] Type::OneOf(&["keyring", "file", "env"]);
    WorkspaceId "workspace_id" [Login] Type::String;
    Approval "approval" [Start] Type::String;
    SearchMode "search_mode" [Start] Type::String;
    Network "network" [Start] Type::Bool;
    Version "version" [Start] Type::String;
    Trusted "trusted" [Start] Type::Bool;
    Kind "kind" [Install] Type::OneOf(&["plugin", "skill", "mcp", "hook"]);
    Name "name" [Install Spawn] Type::String;
    Source "source" [Install] Type::Host;
    Length "length" [Prompt] Type::Int;
    Sandbox "sandbox" [All] Type::String;
    User "user" [All] Type::String;
    Groups "groups" [All] Type::StringSet;
    Agent "agent" [All] Type::String;
    Model "model" [All] Type::String;
    Repo "repo" [All] Type::String;
    Branch "branch" [All] Type::String;
    Surface "surface" [All] Type::OneOf(&["cli", "ide", "ci", "cloud"]);
    Platform "platform" [All] Type::OneOf(&["linux", "macos", "windows"]);
    Interactive "interactive" [All] Type::Bool;
    Risk "risk" [All] Type::Int;
    Marks "marks" [All] Type::StringSet;
}

impl Attr {
    /// The attribute that a word names, for one action.
    pub fn from_name(name: &str) -> Option<Attr> {
        Attr::ALL.iter().copied().find(|attr| attr.name() == name)
    }
}

/// The roots that every policy knows; a file may declare more.
pub const BUILTIN_ROOTS: [&str; 3] = ["workspace", "home", "tmp"];
