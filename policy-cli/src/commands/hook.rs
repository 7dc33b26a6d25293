//! `policy hook`: an agent runtime asks, and gets its answer.
//!
//! The exit code and the output are the host's here, not those of the other commands. Whatever goes
//! wrong, a wrong flag included, ends in the strictest answer that the host understands, since most
//! hosts run the call where a hook fails in any way of its own.

mod acp;
mod journal;
mod wait;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser};
use policy_eval::gather::Gatherer;
use policy_eval::{BUILTIN_ROOTS, Fields, Platform, Policy, RecordLevel, Session};
use policy_hosts::Runtime;
use policy_hosts::hook::{self, Answer, Event, Facts, Host, Install, SessionDir};

use crate::input;
use crate::outcome::Stop;
use journal::Journal;
pub(crate) use journal::now;
use wait::Limit;

#[derive(Args, Debug)]
pub(crate) struct HookArgs {
    /// The agent runtime that asks.
    runtime: Runtime,
    /// Policy files; several are layers. A compiled policy loads the fastest.
    #[arg(long, required = true, num_args = 1.., value_name = "FILE")]
    policy: Vec<PathBuf>,
    /// Refuse every call unless the policy is a compiled one that the holder of this key signed, as
    /// `policy verify` takes one. The agent must not be able to write the key.
    #[arg(long, value_name = "PUB")]
    key: Option<PathBuf>,
    /// The event, where the host does not say it.
    #[arg(long, value_name = "EVENT")]
    event: Option<String>,
    /// Where a root lies. Without it `workspace` is where the host says the project is.
    #[arg(long, value_name = "NAME=PATH", value_parser = pair)]
    root: Vec<(String, String)>,
    /// An attribute of every request: `sandbox=workspace-write`, `interactive=false`.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// Keep the marks of sessions here. The agent must not be able to write there.
    #[arg(long, value_name = "DIR")]
    session_dir: Option<PathBuf>,
    /// Refuse what a person would be asked, for runs that nobody watches.
    #[arg(long)]
    deny_asks: bool,
    /// Refuse where there is no answer after so many seconds. Keep it below the host's own limit,
    /// behind which it runs the call.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,
    /// Write a record of each decision to this file, in which a later change shows. How much stands in
    /// it is said by the policy's `record` sentences; without any, nothing.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Record at least so much, also where the policy says less: metadata, redacted, full.
    #[arg(long, value_name = "LEVEL", requires = "log", value_parser = level)]
    record: Option<RecordLevel>,
    /// Sign heads of the log with this key, as `policy compile --sign` takes one.
    #[arg(long, value_name = "SECRET", requires = "log")]
    log_key: Option<PathBuf>,
    /// Refuse where the log cannot be written. Without it that is told on standard error alone.
    #[arg(long, requires = "log")]
    log_required: bool,
    /// Decide by these policy files too, and record where they differ. The answer is never theirs.
    #[arg(long, num_args = 1.., value_name = "FILE", requires = "log")]
    shadow: Vec<PathBuf>,
    /// Print what installs this hook, with these flags, and where it goes.
    #[arg(long)]
    print_config: bool,
    /// With `acp`: the agent to start, and its arguments.
    #[arg(last = true, value_name = "AGENT")]
    agent: Vec<OsString>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it is written NAME=VALUE".to_owned()),
    }
}

fn level(text: &str) -> Result<RecordLevel, String> {
    let level = RecordLevel::from_name(text).filter(|level| *level != RecordLevel::None);
    level.ok_or_else(|| "it is one of metadata, redacted, full".to_owned())
}

/// The command line of a hook alone.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Alone {
    #[command(flatten)]
    args: HookArgs,
}

/// The same without the other commands, where the words say so plainly: a host waits, and to lay
/// out the whole command line takes longer than the answer.
pub(crate) fn run_at_once(words: &[OsString]) -> Option<ExitCode> {
    let (first, rest) = words.split_first()?;
    if first != "hook" {
        return None;
    }
    // What is wrong, or help, is a matter of the whole command line.
    Alone::try_parse_from(rest).ok().map(|alone| run(&alone.args))
}

/// Answers, and says how the process ends.
pub(crate) fn run(args: &HookArgs) -> ExitCode {
    let host = Host::of(args.runtime);
    if args.print_config {
        let install = host.map_or(&policy_hosts::acp::hook::INSTALL, |host| &host.install);
        return match print_config(install, args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => stop(&error),
        };
    }
    // The one runtime without a hook has a proxy.
    let Some(host) = host else {
        if args.log.is_some() {
            return stop(
                "`policy hook acp` keeps no log: `--log` is for the hooks of the other runtimes",
            );
        }
        return acp::run(args);
    };
    if !args.agent.is_empty() {
        let reason = refused("only `policy hook acp` starts an agent");
        return ExitCode::from(print(&hook::refuse(host, args.event.as_deref(), &reason)));
    }
    let event = args.event.as_deref();
    let late = refused(&format!("there was no decision within {} seconds", args.timeout));
    let limit = Limit::new(args.timeout, hook::refuse(host, event, &late));
    let answer =
        catch_unwind(AssertUnwindSafe(|| answer(host, args, &limit))).unwrap_or_else(|_| {
            hook::refuse(host, event, &refused("`policy` failed by an error of its own"))
        });
    limit.answering();
    ExitCode::from(print(&answer))
}

/// Answers a command line that is not understood: the host waits for an answer all the same.
pub(crate) fn misused(words: &[OsString], error: &clap::Error) -> Option<ExitCode> {
    if !error.use_stderr() {
        return None; // Help was asked for.
    }
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let mut words = words.iter().copied();
    words.find(|word| *word == "hook")?;
    let rest: Vec<&str> = words.collect();
    let host = rest.iter().find_map(|word| Host::of(word.parse().ok()?))?;
    let event = rest.iter().position(|word| *word == "--event").and_then(|at| rest.get(at + 1));
    let error = error.to_string();
    let first = error.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let reason = refused(&format!("the hook's command line is wrong: {first}"));
    Some(ExitCode::from(print(&hook::refuse(host, event.copied(), &reason))))
}

/// The text of a refusal that no rule made.
fn refused(why: &str) -> String {
    let stop = if why.ends_with('?') { "" } else { "." };
    format!("The call is refused: {why}{stop}")
}

fn stop(reason: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {}", policy_eval::safe(reason));
    // The code that most hosts take for a refusal.
    ExitCode::from(2)
}

/// Prints an answer and gives its exit code. Where nobody reads it the code has to do.
fn print(answer: &Answer) -> u8 {
    let _ = io::stderr().write_all(answer.stderr.as_bytes());
    let mut out = io::stdout().lock();
    match out.write_all(answer.stdout.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => answer.exit_code,
        Err(_) => 2,
    }
}

fn answer(host: &'static Host, args: &HookArgs, limit: &Limit) -> Answer {
    let event = args.event.as_deref();
    let bytes = match limit.read_input() {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::TimedOut => return limit.late(),
        Err(error) => {
            return hook::refuse(host, event, &refused(&format!("it cannot be read: {error}")));
        }
    };
    let mut event = match Event::read(host, event, &bytes) {
        Ok(event) => event,
        Err(refused) => return refused.answer(),
    };
    if args.key.is_some() || !input::is_artifact_file(&args.policy) {
        // To check a text may take long, and a pipe or a terminal may never say a word.
        limit.watch();
    }
    match decide(&mut event, host, args) {
        Ok(answer) => answer,
        Err(reason) => event.refuse(&refused(&reason)),
    }
}

fn decide(event: &mut Event, host: &Host, args: &HookArgs) -> Result<Answer, String> {
    let policy = policy(args)?;
    let mut fields = Fields::default();
    for (name, value) in &args.set {
        fields.set_text(name, value).map_err(|error| format!("the flag `--set`: {error}"))?;
    }
    let roots = roots(event, host, args, &policy)?;
    let gatherer = gatherer(event, &roots, &mut fields);
    event.fill(&fields);
    if args.deny_asks {
        event.nobody_answers();
    }
    let kept = session_dir(event, args)?;
    let session = match &kept {
        Some(kept) => kept.load().map_err(|error| error.to_string())?,
        None => Session::new(),
    };
    let facts = Facts { session, gatherer: gatherer.as_ref() };
    let mut journal = args.log.as_deref().map(|log| Journal::new(log, args, event.session()));
    let verdict = event.decide_each(&policy, &facts, &mut |request, decision| {
        if let Some(journal) = &mut journal {
            journal.take(&policy, request, decision);
        }
    });
    if let Some(journal) = journal
        && let Err(why) = journal.write()
    {
        if args.log_required {
            return Err(why);
        }
        let _ = writeln!(io::stderr(), "policy: {}", policy_eval::safe(&why));
    }
    if let Some(kept) = kept
        && event.may_happen(&verdict)
    {
        // Before the answer: nobody says later whether the action was done.
        let marks = verdict.marks.iter().map(String::as_str);
        kept.add(marks).map_err(|error| error.to_string())?;
    }
    Ok(event.answer(&verdict))
}

/// The policy; where there is a key, one that was signed with it.
fn policy(args: &HookArgs) -> Result<Policy, String> {
    let policy = match &args.key {
        Some(key) => input::signed_policy(&args.policy, key),
        None => input::policy(&args.policy),
    };
    policy.map_err(|stop| unloadable(&stop))
}

fn session_dir(event: &Event, args: &HookArgs) -> Result<Option<SessionDir>, String> {
    let Some(dir) = &args.session_dir else { return Ok(None) };
    match event.session() {
        Some(session) => Ok(Some(SessionDir::new(dir, args.runtime, session))),
        None => {
            Err(format!("{} does not say its session, which `--session-dir` needs", args.runtime))
        }
    }
}

/// Why there is no policy, in one sentence without its end.
fn unloadable(stop: &Stop) -> String {
    match stop {
        Stop::Unable(what) | Stop::Usage(what) => what.clone(),
        Stop::Invalid(failure) => match failure.diagnostics.first() {
            None => "the policy is not valid".to_owned(),
            Some(first) => {
                let place = first.location().and_then(|location| {
                    let source = failure.sources.get(location.source.0 as usize)?;
                    let (line, column) = source.line_column(location.span.start as usize);
                    Some(format!("{}:{line}:{column}: ", source.name))
                });
                format!("{}{}", place.unwrap_or_default(), first.message)
            }
        },
        Stop::Closed => "the policy cannot be read".to_owned(),
    }
}

/// Where the roots lie: what a flag says, else the host, else the environment.
fn roots(
    event: &Event,
    host: &Host,
    args: &HookArgs,
    policy: &Policy,
) -> Result<Vec<(String, String)>, String> {
    check_names(args, policy)?;
    let mut roots = system_roots(args);
    if is_free(args, "workspace") {
        let project = host.project.and_then(|name| std::env::var(name).ok());
        let project = project.filter(|project| !project.is_empty());
        let bind = |path: &str| ("workspace".to_owned(), path.to_owned());
        match (project, event.workspaces()) {
            (Some(project), _) => roots.push(bind(&project)),
            (None, [_, ..]) => roots.extend(event.workspaces().iter().map(|path| bind(path))),
            (None, []) => roots.extend(event.cwd().map(bind)),
        }
    }
    Ok(roots)
}

/// What flags say, and what the environment says of the roots that every system has.
fn system_roots(args: &HookArgs) -> Vec<(String, String)> {
    let mut roots = args.root.clone();
    let system = [("home", std::env::home_dir()), ("tmp", Some(std::env::temp_dir()))];
    for (name, path) in system {
        if let (true, Some(path)) = (is_free(args, name), path.as_deref().and_then(Path::to_str)) {
            roots.push((name.to_owned(), path.to_owned()));
        }
    }
    roots
}

/// Whether no flag binds a root.
fn is_free(args: &HookArgs, root: &str) -> bool {
    !args.root.iter().any(|(name, _)| name == root)
}

/// A root that the policy does not have would bind nothing, and rules would silently not hold.
fn check_names(args: &HookArgs, policy: &Policy) -> Result<(), String> {
    let is_own = |name: &str| !BUILTIN_ROOTS.contains(&name);
    let Some((name, _)) = args.root.iter().find(|(name, _)| is_own(name)) else { return Ok(()) };
    let tables = policy.tables().map_err(|error| format!("the policy does not load: {error}"))?;
    if tables.roots.iter().any(|root| *root.name == **name) {
        return Ok(());
    }
    Err(format!("the flag `--root`: the policy has no root `{name}`"))
}

/// What reads links, where the host's paths are those of this system; else the roots go into the
/// fields.
fn gatherer(
    event: &Event,
    roots: &[(String, String)],
    fields: &mut Fields,
) -> Option<Gatherer<'static>> {
    if event.platform() == Platform::Windows && !cfg!(windows) {
        roots.iter().for_each(|(name, path)| fields.bind(name, path));
        return None;
    }
    let gatherer = Gatherer::new();
    Some(roots.iter().fold(gatherer, |gatherer, (name, path)| gatherer.root(name, path)))
}

// ---- The configuration ----------------------------------------------------------------------

fn print_config(install: &Install, args: &HookArgs) -> Result<(), String> {
    if let Some(missing) = args.policy.iter().chain(&args.key).find(|path| !path.exists()) {
        return Err(format!("cannot read `{}`: no such file", missing.display()));
    }
    let words = command_line(args)?;
    let line: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    let argv: Vec<_> = words.iter().map(|word| json_string(word)).collect();
    let line = line.join(" ");
    let quoted = json_string(&line);
    let within = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let args_behind = argv.get(1..).unwrap_or_default().join(", ");
    let snippet = install
        .snippet
        .replace("{program}", argv.first().map_or("", |program| program))
        .replace("{args}", &format!("[{args_behind}]"))
        .replace("{command}", within.unwrap_or(&quoted))
        .replace("{line}", &line)
        .replace("{argv}", &format!("[{}]", argv.join(", ")));
    let _ = writeln!(io::stderr(), "Put this into {}.", install.place);
    writeln!(io::stdout(), "{}", snippet.trim_end()).map_err(|error| error.to_string())
}

/// The command line of the hook, with the flags that were given, in full paths: a host may start
/// it from any folder.
fn command_line(args: &HookArgs) -> Result<Vec<String>, String> {
    let text = |path: PathBuf| {
        path.into_os_string()
            .into_string()
            .map_err(|path| format!("`{}` is not UTF-8", path.display()))
    };
    let full = |path: &Path| {
        let full = std::path::absolute(path).map_err(|error| error.to_string());
        full.and_then(text)
    };
    let program = std::env::current_exe().map_err(|error| error.to_string()).and_then(text)?;
    let mut words = vec![program, "hook".to_owned(), args.runtime.name().to_owned()];
    for policy in &args.policy {
        words.extend(["--policy".to_owned(), full(policy)?]);
    }
    if let Some(key) = &args.key {
        words.extend(["--key".to_owned(), full(key)?]);
    }
    for (flag, pairs) in [("--root", &args.root), ("--set", &args.set)] {
        for (name, value) in pairs {
            words.extend([flag.to_owned(), format!("{name}={value}")]);
        }
    }
    if let Some(dir) = &args.session_dir {
        words.extend(["--session-dir".to_owned(), full(dir)?]);
    }
    if args.deny_asks {
        words.push("--deny-asks".to_owned());
    }
    for (flag, path) in [("--log", &args.log), ("--log-key", &args.log_key)] {
        if let Some(path) = path {
            words.extend([flag.to_owned(), full(path)?]);
        }
    }
    if let Some(level) = args.record {
        words.extend(["--record".to_owned(), level.name().to_owned()]);
    }
    if args.log_required {
        words.push("--log-required".to_owned());
    }
    for policy in &args.shadow {
        words.extend(["--shadow".to_owned(), full(policy)?]);
    }
    if !args.agent.is_empty() {
        words.push("--".to_owned());
        for word in &args.agent {
            words.push(text(PathBuf::from(word))?);
        }
    }
    Ok(words)
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-=:+@%,".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn json_string(text: &str) -> String {
    let mut out = String::new();
    policy_eval::json::write_string(text, &mut out);
    out
}
