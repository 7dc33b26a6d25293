//! Policies of one to three layers.

use std::collections::BTreeSet;
use std::fmt;

use crate::{Dice, pattern};

/// The files of one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// At least one. Several may form one layer.
    pub files: Vec<PolicyFile>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Its layer.
    pub layer: &'static str,
    /// Whether it declares the names that generated sentences use. Sentences that use none can
    /// stand without.
    pub declares: bool,
    /// What it says.
    pub items: Vec<Item>,
}

/// What stands in a file or a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A sentence.
    Sentence(Sentence),
    /// A block: its head, and what stands in it.
    Block(String, Vec<Item>),
}

/// A sentence: what it cannot do without, then clauses that it can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The verb, the actions and the objects.
    pub head: String,
    /// In the order of the grammar.
    pub clauses: Vec<String>,
}

impl PolicyFile {
    /// A name for reports: the layer and the place among the files.
    pub fn name(&self, index: usize) -> String {
        format!("{}-{index}.policy", self.layer)
    }
}

impl fmt::Display for PolicyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "policy generated layer {}\n", self.layer)?;
        if self.declares {
            writeln!(f, "{DECLARATIONS}")?;
        }
        self.items.iter().try_for_each(|item| writeln!(f, "{item}"))
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Sentence(sentence) => {
                f.write_str(&sentence.head)?;
                sentence.clauses.iter().try_for_each(|clause| write!(f, " {clause}"))
            }
            Item::Block(head, items) => {
                writeln!(f, "{head} {{")?;
                items.iter().try_for_each(|item| writeln!(f, "{item}"))?;
                f.write_str("}")
            }
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files
            .iter()
            .enumerate()
            .try_for_each(|(index, file)| writeln!(f, "# --- {}\n{file}", file.name(index)))
    }
}

/// The names that every generated file declares.
const DECLARATIONS: &str = r#"paths   secrets  = "**/.env", "~/.ssh/**", "$workspace/.git/**", i"/A/b*"
hosts   inner    = "*.example.com", "10.0.0.0/8", "::1"
tools   readers  = "github/get", "files/*"
commands builders = "make ...", "git status"
strings branches = "main", "dev"
root data within "/d/**", "/w/a/**"
sandbox open {}
attribute ticket: string
attribute size: int
attribute area: path
attribute peer: host
attribute address: ip
attribute tags: set of string
attribute urgent: bool
attribute stage: one of ("dev", "prod")
"#;

const LAYERS: [&str; 5] = ["managed", "team", "user", "project", "session"];

/// How deep blocks may stand in each other.
const BLOCKS: usize = 2;

/// The actions that may share a sentence, and what their objects are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Path,
    Command,
    Host,
    Tool,
    Package,
    Name,
    Nothing,
}

const KINDS: [(Kind, &[&str], usize); 8] = [
    (Kind::Path, &["read", "write", "delete"], 5),
    (Kind::Command, &["run"], 6),
    (Kind::Host, &["connect", "listen", "fetch"], 4),
    (Kind::Tool, &["call"], 3),
    (Kind::Package, &["install"], 1),
    (Kind::Name, &["use"], 1),
    (Kind::Name, &["spawn"], 1),
    (Kind::Nothing, &["search", "login", "start", "prompt"], 2),
];

/// Makes a policy.
pub fn policy(dice: &mut Dice) -> Policy {
    let count = 1 + dice.below(3);
    let mut names = BTreeSet::new();
    let files = (0..count).map(|_| file(dice, &mut names)).collect();
    Policy { files }
}

fn file(dice: &mut Dice, names: &mut BTreeSet<String>) -> PolicyFile {
    let layer = dice.pick(&LAYERS);
    let mut items = defaults(dice);
    if dice.one_in(2) {
        let to = dice.pick_some(&["team", "user", "project", "session"]).join(", ");
        let actions = dice.pick_some(&["read", "write", "run", "connect", "call"]).join(", ");
        let actions = if dice.one_in(5) { "*".to_owned() } else { actions };
        items.push(plain(format!("delegate {actions} to {to}")));
    }
    let sentences = 1 + dice.below(10);
    items.extend((0..sentences).map(|_| item(dice, names, BLOCKS)));
    PolicyFile { layer, declares: true, items }
}

fn defaults(dice: &mut Dice) -> Vec<Item> {
    let mut items = Vec::new();
    if dice.one_in(2) {
        items.push(plain(format!("default {}", tier(dice))));
    }
    for action in ["read", "run", "connect", "call"] {
        if dice.one_in(4) {
            items.push(plain(format!("default {action} {}", tier(dice))));
        }
    }
    items
}

fn plain(head: String) -> Item {
    Item::Sentence(Sentence { head, clauses: vec![] })
}

fn item(dice: &mut Dice, names: &mut BTreeSet<String>, depth: usize) -> Item {
    match dice.below(24) {
        0 | 1 if depth > 0 => {
            let head = if dice.one_in(2) {
                let name = dice.pick(&["strict", "open"]);
                format!("sandbox {name}{}", if name == "strict" { " extends open" } else { "" })
            } else {
                format!("when {}", condition(dice, &[], 1))
            };
            let items = (0..1 + dice.below(3)).map(|_| item(dice, names, depth - 1)).collect();
            Item::Block(head, items)
        }
        2 if depth == BLOCKS => {
            let floors = dice.pick_some(&["control_flow", "assignments", "wrappers"]).join(", ");
            plain(format!("accept {floors}"))
        }
        3 if depth == BLOCKS => plain(format!("trust annotations of {}", pattern::tool(dice))),
        4 | 5 => Item::Sentence(count(dice)),
        6 => {
            let level = dice.pick(&["none", "metadata", "redacted", "full"]);
            Item::Sentence(spoken(dice, format!("record {level}")))
        }
        7 => {
            let name = dice.pick(&["secret", "seen"]);
            Item::Sentence(spoken(dice, format!("mark \"{name}\"")))
        }
        _ => Item::Sentence(tier_sentence(dice, names)),
    }
}

fn tier(dice: &mut Dice) -> &'static str {
    dice.pick(&["allow", "allow", "review", "ask", "deny"])
}

/// Makes a `deny` sentence that stands in any file with declarations.
pub fn deny_sentence(dice: &mut Dice) -> Item {
    Item::Sentence(spoken(dice, "deny".to_owned()))
}

/// Makes a `never` or `always` sentence that stands in any file with declarations.
pub fn claim_sentence(dice: &mut Dice) -> Item {
    let claim = dice.pick(&["never", "always", "always at least"]);
    let verb = format!("{claim} {}", tier(dice));
    Item::Sentence(spoken(dice, verb))
}

fn tier_sentence(dice: &mut Dice, names: &mut BTreeSet<String>) -> Sentence {
    let tier = tier(dice);
    let mut verb = tier.to_owned();
    if dice.one_in(4) {
        let name = format!("rule-{}", dice.below(1_000_000));
        if names.insert(name.clone()) {
            verb = format!("{name}: {tier}");
        }
    }
    let mut sentence = spoken(dice, verb);
    if dice.one_in(4) {
        let options = dice.pick_some(&[
            "outside sandbox",
            "reviewer \"ann\"",
            "reviewer \"bob\"",
            "timeout 90s",
            "timeout 5s",
            "on failure deny",
            "on failure ask",
            "remember once",
            "remember session",
        ]);
        let mut seen = BTreeSet::new();
        let once = options.into_iter().filter(|option| seen.insert(option.split(' ').next()));
        sentence.clauses.push(format!("with {}", once.collect::<Vec<_>>().join(", ")));
    }
    if dice.one_in(4) {
        sentence.clauses.push("because \"It is so.\"".to_owned());
    }
    sentence
}

/// A verb with actions, objects and conditions.
fn spoken(dice: &mut Dice, verb: String) -> Sentence {
    let (kind, actions) = kind(dice);
    if dice.one_in(20) {
        return conditional(dice, format!("{verb} *"), &[]);
    }
    let head = format!("{verb} {}", actions.join(", "));
    let with_objects = with_objects(dice, kind, &head, &actions);
    let mut sentence = conditional(dice, with_objects.head, &actions);
    sentence.clauses.splice(0..0, with_objects.clauses);
    sentence
}

fn kind(dice: &mut Dice) -> (Kind, Vec<&'static str>) {
    let weighted = KINDS.iter().flat_map(|entry| std::iter::repeat_n(entry, entry.2));
    let all: Vec<_> = weighted.collect();
    let (kind, actions, _) = dice.pick(&all);
    (*kind, dice.pick_some(actions))
}

fn with_objects(dice: &mut Dice, kind: Kind, head: &str, actions: &[&str]) -> Sentence {
    if kind == Kind::Nothing || dice.one_in(10) {
        let star = if dice.one_in(2) && kind != Kind::Nothing { " *" } else { "" };
        return Sentence { head: format!("{head}{star}"), clauses: vec![] };
    }
    let sockets = actions == ["connect"];
    let mut clauses = Vec::new();
    let objects = objects(dice, kind, sockets);
    if dice.one_in(4) {
        clauses.push(format!("except {}", self::objects(dice, kind, sockets)));
    }
    if kind == Kind::Host && !objects.contains("unix") && dice.one_in(3) {
        clauses.push(dice.pick(&["port 443", "port 3000-3999", "port 80, 443"]).to_owned());
    }
    Sentence { head: format!("{head} {objects}"), clauses }
}

fn objects(dice: &mut Dice, kind: Kind, sockets: bool) -> String {
    let count = 1 + dice.below(2);
    (0..count).map(|_| object(dice, kind, sockets)).collect::<Vec<_>>().join(", ")
}

fn object(dice: &mut Dice, kind: Kind, sockets: bool) -> String {
    let by_name = dice.one_in(5);
    match kind {
        Kind::Path if by_name => "secrets".to_owned(),
        Kind::Path => pattern::path(dice),
        Kind::Command if by_name => "builders".to_owned(),
        Kind::Command => pattern::command(dice),
        Kind::Host if sockets && dice.one_in(6) => format!("unix {}", pattern::path(dice)),
        Kind::Host if by_name && dice.one_in(2) => "inner".to_owned(),
        Kind::Host if by_name => pattern::built_in_hosts(dice),
        Kind::Host => pattern::host(dice),
        Kind::Tool if by_name => "readers".to_owned(),
        Kind::Tool => pattern::tool(dice),
        Kind::Package => pattern::package(dice),
        Kind::Name => pattern::name(dice),
        Kind::Nothing => "*".to_owned(),
    }
}

fn conditional(dice: &mut Dice, head: String, actions: &[&str]) -> Sentence {
    let mut clauses = Vec::new();
    if dice.one_in(3) {
        clauses.push(format!("when {}", condition(dice, actions, 2)));
    }
    if dice.one_in(5) {
        clauses.push(format!("unless {}", condition(dice, actions, 1)));
    }
    Sentence { head, clauses }
}

fn count(dice: &mut Dice) -> Sentence {
    const OPERANDS: [&str; 6] = [
        "read operands",
        "write operands",
        "read operands but last, write last operand",
        "read operands but first",
        "write first operand",
        "delete operands",
    ];
    let is_run = !dice.one_in(3);
    let (kind, action) = if is_run { (Kind::Command, "run") } else { (Kind::Tool, "call") };
    let objects = objects(dice, kind, false);
    let mut sentence = conditional(dice, format!("count {action} {objects}"), &[action]);
    let counted = match is_run {
        true => dice.pick(&OPERANDS),
        false => dice.pick(&["read args.path", "write args.path"]),
    };
    sentence.clauses.push(format!("as {counted}"));
    sentence
}

/// A condition that requests of all the actions can be asked; no action stands for all.
fn condition(dice: &mut Dice, actions: &[&str], depth: usize) -> String {
    match dice.below(8) {
        0 if depth > 0 => {
            let (one, other) = (condition(dice, actions, depth - 1), condition(dice, actions, 0));
            format!("({one} {} {other})", dice.pick(&["and", "or"]))
        }
        1 if depth > 0 => format!("not ({})", condition(dice, actions, depth - 1)),
        2..=4 => {
            let own: Vec<&str> = OWN_CONDITIONS
                .iter()
                .filter(|(of, _)| !actions.is_empty() && actions.iter().all(|a| of.contains(a)))
                .flat_map(|(_, conditions)| conditions.iter().copied())
                .collect();
            if own.is_empty() { condition(dice, actions, 0) } else { dice.pick(&own).to_owned() }
        }
        _ => dice.pick(&GENERAL_CONDITIONS).to_owned(),
    }
}

const GENERAL_CONDITIONS: [&str; 37] = [
    r#"branch == "main""#,
    r#"branch != "main""#,
    "branch in branches",
    r#"branch in ("main", "feature/a")"#,
    r#"branch like "feature/*""#,
    r#"branch matches r"(?i)MAIN|d.v""#,
    r#"sandbox == "strict""#,
    r#"user in ("ann", "bob")"#,
    r#"groups contains "admins""#,
    r#"groups == ("admins", "devs")"#,
    r#"agent like "agent-?""#,
    r#"model == "m1""#,
    r#"repo like "acme/*""#,
    "surface == ci",
    "surface in (cli, ide)",
    "platform == macos",
    "interactive",
    "interactive == false",
    "risk > 50",
    "risk <= 10",
    "risk == 7",
    r#"marked "secret""#,
    "ticket is present",
    "branch is present",
    r#"ticket matches r"[A-Z]+-[0-9]+""#,
    "size < 5",
    "size in (1, 7)",
    "area in secrets",
    r#"area like "$workspace/**""#,
    "peer in inner",
    r#"peer == "evil.test""#,
    "address in @private",
    r#"tags contains "x""#,
    r#"tags == ("x", "y")"#,
    "urgent",
    "stage == dev",
    "stage in (dev, prod)",
];

const OWN_CONDITIONS: [(&[&str], &[&str]); 12] = [
    (&["read", "write", "delete"], &["path in secrets", r#"path like "$workspace/**""#]),
    (
        &["run"],
        &[
            "escalated",
            "opaque == false",
            r#"argv contains "--force""#,
            r#"env contains "PATH""#,
            r#"cwd like "$workspace/**""#,
            r#"cwd == "/w/a""#,
            r#"program like "/opt/**""#,
            r#"line matches r"(?s).*push.*""#,
            r#"written matches r"(?s)git (push|log)( .*)?""#,
            r#"written like "*push*""#,
        ],
    ),
    (
        &["connect", "fetch"],
        &[r#"method == "GET""#, r#"scheme == "https""#, "host in inner", r#"url_path like "/a*""#],
    ),
    (&["connect", "listen", "fetch"], &["ip in @private", "port < 1024", "port in (443, 3000)"]),
    (&["connect"], &[r#"socket like "/w/**""#, "socket is present"]),
    (&["fetch", "search"], &["mode == cached", "mode != live"]),
    (
        &["call"],
        &[
            r#"server == "github""#,
            r#"tool like "g*""#,
            r#"args.path == "/w/a""#,
            r#"args.sql matches r"(?is).*\bdrop\b.*""#,
            "args.n > 3",
            "args.path is present",
            r#"args_text like "*drop*""#,
            "read_only",
            "destructive",
            "open_world == false",
            r#"origin like "npx *""#,
        ],
    ),
    (&["use"], &["store == keyring", "host in inner", r#"credential like "K*""#]),
    (&["login"], &[r#"workspace_id == "ws""#, r#"method == "sso""#]),
    (&["start"], &["network", "trusted == false", r#"approval == "never""#, "version is present"]),
    (&["install"], &["kind == mcp", r#"name == "github""#, "source in inner"]),
    (&["prompt"], &["length > 100"]),
];

/// The policy after some edits: sentences taken away, added, said otherwise, moved.
///
/// Moving changes nothing; the others may or may not.
pub fn edited(dice: &mut Dice, policy: &Policy, edits: usize) -> Policy {
    let mut policy = policy.clone();
    let mut names = BTreeSet::new();
    for _ in 0..edits {
        let file = dice.below(policy.files.len());
        let items = &mut policy.files[file].items;
        edit(dice, items, &mut names);
    }
    policy
}

fn edit(dice: &mut Dice, items: &mut Vec<Item>, names: &mut BTreeSet<String>) {
    if items.is_empty() {
        items.push(deny_sentence(dice));
        return;
    }
    let at = dice.below(items.len());
    match (dice.below(8), &mut items[at]) {
        (0 | 1, _) => {
            items.remove(at);
        }
        (2 | 3, _) => {
            let new = Item::Sentence(tier_sentence(dice, names));
            items.insert(at, new);
        }
        (4, _) => {
            let moved = items.remove(at);
            let to = dice.below(items.len() + 1);
            items.insert(to, moved);
        }
        (_, Item::Block(_, inner)) => edit(dice, inner, names),
        (5, Item::Sentence(sentence)) if !sentence.clauses.is_empty() => {
            let clause = dice.below(sentence.clauses.len());
            sentence.clauses.remove(clause);
        }
        (_, Item::Sentence(sentence)) => {
            let (from, to) = (dice.pick(&["allow", "review", "ask", "deny"]), tier(dice));
            sentence.head = sentence.head.replacen(from, to, 1);
        }
    }
}
