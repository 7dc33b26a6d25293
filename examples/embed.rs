//! A small agent loop: what a runtime does with each of the four tiers.
//!
//! ```text
//!   request ─► decide ─┬─ allow ────────────────────────────► done
//!                      ├─ review ─► reviewer ── clears it ───► done
//!                      │               ├─ refuses ───────────► refused
//!                      │               └─ no answer ─► the rule's `on failure`
//!                      ├─ ask ─────► approval that is held? ─► done
//!                      │               └─ else the person at the terminal; nobody there: refused
//!                      └─ deny ───────────────────────────────► refused, with the reason
//! ```
//!
//! The agent here is a list of things to do, and doing them is a line of text. Try it:
//!
//! ```text
//!   cargo run -p examples                                   # answer y, n or nothing
//!   cargo run -p examples < /dev/null                       # nobody is there: what asks is refused
//!   cargo run -p examples -- examples/policies/ci-runner.policy
//! ```

use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use policy_eval::{
    Decision, OnFailure, Options, Policy, Remember, Request, Session, Tier, action_digest, safe,
};
use policy_lang::span::Source;

const WORKSTATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policies/workstation.policy");

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let files = if files.is_empty() { vec![WORKSTATION.to_owned()] } else { files };
    let policy = match load(&files) {
        Ok(policy) => policy,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::FAILURE;
        }
    };
    let mut agent = Agent::new(policy, guardian, Terminal::open());
    for request in things_to_do() {
        let outcome = agent.attempt(&request);
        println!("{}\n  {}", title(&request), outcome.text());
    }
    ExitCode::SUCCESS
}

/// What the agent wants to do. A runtime fills in all that it knows: a fact that is not sent can
/// only make a decision stricter.
fn things_to_do() -> Vec<Request<'static>> {
    const ROOTS: &[(&str, &str)] =
        &[("workspace", "/home/dev/app"), ("home", "/home/dev"), ("tmp", "/tmp")];
    let actions = [
        Request::shell("rg -n TODO src | head -20"),
        Request::shell("cargo test 2>&1 | tail -5"),
        Request::write("src/lib.rs"),
        Request::shell("git commit -m 'parser: accept trailing commas'"),
        Request::shell("git commit -m 'wip: later'"),
        Request::shell("git fetch origin"),
        Request::shell("git fetch origin"), // The rule says that one yes holds for the session.
        Request::shell("git push origin topic"),
        Request::shell("git push --force origin main"),
        Request::read(".env"),
        Request::connect("example.com", 443),
    ];
    actions
        .map(|action| Request {
            roots: ROOTS,
            cwd: Some("/home/dev/app"),
            interactive: Some(true),
            ..action
        })
        .to_vec()
}

fn title(request: &Request<'_>) -> String {
    let what = request.shell.or(request.path).or(request.host).unwrap_or_default();
    format!("{} {}", request.action, safe(what))
}

/// Reads and compiles a policy once. Deciding needs no file after that.
fn load(files: &[String]) -> Result<Policy, String> {
    let mut sources = Vec::new();
    for file in files {
        sources.push(read(Path::new(file))?);
    }
    let includes = |path: &str, from: &Source| {
        let folder = Path::new(&from.name).parent().unwrap_or(Path::new(""));
        read(&folder.join(path))
    };
    policy_lang::compile(sources, &includes).map_err(|failure| failure.to_string())
}

fn read(path: &Path) -> Result<Arc<Source>, String> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    Ok(Source::new(name, text))
}

// ---- The loop -----------------------------------------------------------------------------------

/// What became of an action.
enum Outcome {
    /// It was done; who let it pass.
    Done(&'static str),
    /// It was not; the agent is told why, so that it can do something else.
    Refused(String),
}

impl Outcome {
    fn text(&self) -> String {
        match self {
            Outcome::Done(by) => format!("done ({by})"),
            Outcome::Refused(reason) => format!("refused: {reason}"),
        }
    }
}

/// One session of an agent.
struct Agent {
    policy: Policy,
    session: Session,
    approvals: Approvals,
    reviewer: Reviewer,
    terminal: Terminal,
}

impl Agent {
    fn new(policy: Policy, reviewer: Reviewer, terminal: Terminal) -> Agent {
        let approvals = Approvals::default();
        Agent { policy, session: Session::new(), approvals, reviewer, terminal }
    }

    /// Decides an action, gets it cleared where that is due, and does it.
    fn attempt(&mut self, request: &Request<'_>) -> Outcome {
        // A clone counts a reference; it keeps this version to the end of the action.
        let policy = self.policy.clone();
        let decision = self.session.decide(&policy, request);
        let cleared = match decision.tier {
            Tier::Allow => Ok("silent"),
            Tier::Review => self.review(&policy, request, &decision),
            Tier::Ask => self.ask(&policy, request, &decision),
            Tier::Deny => Err(reason(&decision)),
        };
        match cleared {
            Ok(by) => {
                // … here the action happens, inside the sandbox unless the options say otherwise …
                self.session.done(&decision);
                Outcome::Done(by)
            }
            Err(reason) => Outcome::Refused(reason),
        }
    }

    fn review(
        &mut self,
        policy: &Policy,
        request: &Request<'_>,
        decision: &Decision<'_>,
    ) -> Result<&'static str, String> {
        match ask_reviewer(self.reviewer, title(request), &decision.options) {
            Some(Verdict::Clear) => Ok("reviewed"),
            Some(Verdict::Refuse(reason)) => Err(format!("the reviewer says: {reason}")),
            None => match decision.options.on_failure {
                OnFailure::Allow => Ok("the reviewer did not answer, and the rule lets it pass"),
                OnFailure::Ask => self.ask(policy, request, decision),
                OnFailure::Deny => Err("the reviewer did not answer".to_owned()),
            },
        }
    }

    fn ask(
        &mut self,
        policy: &Policy,
        request: &Request<'_>,
        decision: &Decision<'_>,
    ) -> Result<&'static str, String> {
        // An approval holds for exactly what was approved, under exactly the policy that asked.
        let key =
            ApprovalKey { action: action_digest(request), policy: policy.digest().to_owned() };
        if self.approvals.take(&key) {
            return Ok("approved before");
        }
        let question = format!("May it {}? {}", title(request), reason(decision));
        match self.terminal.ask(&question, timeout(&decision.options)) {
            Answer::Yes => {
                self.approvals.keep(key, decision.options.remember);
                Ok("approved")
            }
            Answer::No => Err("a person said no".to_owned()),
            Answer::Nobody => Err("it needs a person, and nobody is there".to_owned()),
            Answer::TooLate => match decision.options.on_failure {
                OnFailure::Allow => Ok("nobody answered, and the rule lets it pass"),
                OnFailure::Ask | OnFailure::Deny => Err("nobody answered in time".to_owned()),
            },
        }
    }
}

/// Why it was decided so, in words for a person or an agent.
fn reason(decision: &Decision<'_>) -> String {
    if let Some(rule) = decision.rule {
        return match rule.reason {
            Some(reason) => format!("{reason} (rule `{}`)", rule.name),
            None => format!("rule `{}`", rule.name),
        };
    }
    match decision.floors.iter().next() {
        Some(floor) => floor.describe().to_owned(),
        None => "no rule speaks of it".to_owned(),
    }
}

// ---- Approvals ------------------------------------------------------------------------------------

/// What an approval is bound to.
#[derive(PartialEq, Eq, Hash)]
struct ApprovalKey {
    action: String,
    policy: String,
}

/// Approvals that hold for some time. `always` would go to a file of the runtime, under the same
/// key; this loop ends with its process, so it keeps them like those of the session.
#[derive(Default)]
struct Approvals {
    held: HashMap<ApprovalKey, Remember>,
}

impl Approvals {
    /// Whether the approval is held. One that holds once is used up.
    fn take(&mut self, key: &ApprovalKey) -> bool {
        let how_long = self.held.get(key).copied();
        if how_long == Some(Remember::Once) {
            self.held.remove(key);
        }
        how_long.is_some()
    }

    fn keep(&mut self, key: ApprovalKey, how_long: Remember) {
        if how_long != Remember::Never {
            self.held.insert(key, how_long);
        }
    }
}

// ---- The reviewer ----------------------------------------------------------------------------------

/// What a reviewer says.
enum Verdict {
    Clear,
    Refuse(String),
}

/// A reviewer gets the action as text, and may take long or never answer. A real one is a model
/// with a task of its own, that has not read what the agent has read.
type Reviewer = fn(String) -> Option<Verdict>;

/// Stands in for such a model: it wants messages that say something.
fn guardian(action: String) -> Option<Verdict> {
    if action.contains("wip") {
        return Some(Verdict::Refuse("say what the commit is for".to_owned()));
    }
    Some(Verdict::Clear)
}

/// Asks in a thread of its own, so that a reviewer that hangs costs no more than the time-out.
fn ask_reviewer(reviewer: Reviewer, action: String, options: &Options<'_>) -> Option<Verdict> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        // Where nobody waits any more, the answer is of no use.
        let _ = sender.send(reviewer(action));
    });
    receiver.recv_timeout(timeout(options)).ok().flatten()
}

/// A rule may say how long to wait; without its word two minutes are enough.
fn timeout(options: &Options<'_>) -> Duration {
    Duration::from_millis(options.timeout_ms.unwrap_or(120_000).into())
}

// ---- The person ------------------------------------------------------------------------------------

/// What a person says, or that there is none.
enum Answer {
    Yes,
    No,
    /// Nothing was said in time.
    TooLate,
    /// The input is closed: a pipeline, a daemon, a terminal that went away.
    Nobody,
}

/// How many lines may be typed before they are asked for; the rest waits outside.
const TYPED_AHEAD: usize = 16;

/// The person at the other end of standard input.
struct Terminal {
    lines: Receiver<String>,
}

impl Terminal {
    /// Reads in a thread of its own, so that a question can have a time-out.
    fn open() -> Terminal {
        let (sender, lines) = mpsc::sync_channel(TYPED_AHEAD);
        thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Terminal { lines }
    }

    fn ask(&self, question: &str, timeout: Duration) -> Answer {
        // What was typed before the question is no answer to it.
        self.lines.try_iter().take(TYPED_AHEAD).for_each(drop);
        print!("{question} [y/N] ");
        if std::io::stdout().flush().is_err() {
            return Answer::Nobody;
        }
        let answer = match self.lines.recv_timeout(timeout) {
            Ok(line) if matches!(line.trim(), "y" | "yes") => Answer::Yes,
            Ok(_) => Answer::No,
            Err(RecvTimeoutError::Timeout) => Answer::TooLate,
            Err(RecvTimeoutError::Disconnected) => Answer::Nobody,
        };
        println!();
        answer
    }
}
