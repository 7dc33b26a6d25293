//! `policy decide`: one request from flags, or a stream of them.

use std::path::{Path, PathBuf};

use clap::Args;
use policy_eval::json::JsonError;
use policy_eval::{
    Attr, Decision, Fields, PartDecision, Policy, RequestBuf, Tier, action_digest, safe,
};
use policy_lang::diagnostic::nearest;

use crate::documents::DecisionDocument;
use crate::input::{self, Lines};
use crate::outcome::{Outcome, Stop};
use crate::request::RequestArgs;
use crate::show;
use crate::ui::{Format, Ui};

#[derive(Args, Debug)]
pub(crate) struct DecideArgs {
    /// Policy files; several are layers. `-` is standard input.
    #[arg(required = true, value_name = "POLICY")]
    policies: Vec<PathBuf>,
    /// Decide the requests of a JSON Lines file, one an answer. `-` is standard input. --set, --root
    /// and --cwd are taken where a request does not say them.
    #[arg(long, value_name = "FILE", conflicts_with = "what")]
    requests: Option<PathBuf>,
    /// `human` for one request, `json` for a file of them.
    #[arg(long)]
    format: Option<Format>,
    /// Exit with 10 for review, 11 for ask, 12 for deny; of several requests, the strictest.
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    request: RequestArgs,
}

pub(crate) fn run(args: &DecideArgs, ui: &mut Ui) -> Result<Outcome, Stop> {
    let reads_twice = args.requests.as_deref().is_some_and(input::is_stdin)
        && args.policies.iter().any(|path| input::is_stdin(path));
    if reads_twice {
        return Err(Stop::usage("standard input can be read only once"));
    }
    let loaded = input::load(&args.policies)?;
    let tier = match &args.requests {
        Some(path) => {
            let defaults = args.request.known.fields(&loaded.model)?;
            let format = args.format.unwrap_or(Format::Json);
            stream(&loaded.policy, path, &defaults, format, ui)?
        }
        None => {
            let request = args.request.request(&loaded.model)?;
            let format = args.format.unwrap_or(Format::Human);
            answer(&loaded.policy, &request, format, ui)?
        }
    };
    Ok(if args.exit_code { Outcome::Decided(tier) } else { Outcome::Done })
}

/// Decides line after line; nothing is kept of one when the next is read.
fn stream(
    policy: &Policy,
    path: &Path,
    defaults: &Fields,
    format: Format,
    ui: &mut Ui,
) -> Result<Tier, Stop> {
    let name = input::name(path);
    let unreadable = |reason| Stop::Unable(format!("cannot read `{name}`: {reason}"));
    let mut lines = Lines::new(input::open(path).map_err(unreadable)?);
    let mut strictest = Tier::Allow;
    loop {
        if lines.would_wait() {
            // Whoever sends requests one by one waits for the answers before.
            ui.finish()?;
        }
        ui.progress(lines.number());
        let request = match lines.next() {
            Ok(None) => return Ok(strictest),
            Ok(Some(line)) if line.trim_ascii().is_empty() => continue,
            Ok(Some(line)) => RequestBuf::from_json(line).map_err(malformed),
            Err(reason) => Err(format!(": {reason}")),
        };
        let mut request =
            request.map_err(|reason| Stop::Unable(format!("{name}:{}{reason}", lines.number())))?;
        if let Some(reason) = undeclared(policy, &request) {
            return Err(Stop::Unable(format!("{name}:{}: {reason}", lines.number())));
        }
        request.fill(defaults);
        strictest = strictest.max(answer(policy, &request, format, ui)?);
    }
}

/// What is wrong with an attribute in `context` that the policy does not declare: a slip of the pen
/// would else count as not sent.
fn undeclared(policy: &Policy, request: &RequestBuf) -> Option<String> {
    let name =
        request.declared_names().find(|name| policy.declared().all(|known| known != *name))?;
    let known = policy.declared().chain(Attr::ALL.iter().map(|attr| attr.name()));
    let help = match nearest(name, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("the policy would declare it: `attribute {}: string`", safe(name)),
    };
    Some(format!("unknown attribute `{}` in `context`; {help}", safe(name)))
}

/// Behind file and line; the line of the error is that of the request.
fn malformed(error: JsonError) -> String {
    format!(":{}: {}", error.column, error.message)
}

fn answer(
    policy: &Policy,
    request: &RequestBuf,
    format: Format,
    ui: &mut Ui,
) -> Result<Tier, Stop> {
    let mut parts: Vec<PartDecision<'_>> = Vec::new();
    let (decision, digest): (Decision<'_>, _) = request.with_request(|request| {
        let decision = policy.decide_parts(request, &mut |part| parts.push(part));
        (decision, (format == Format::Json).then(|| action_digest(request)))
    });
    match digest {
        Some(digest) => {
            ui.document(&DecisionDocument::new(policy, request.id(), &decision, &parts, digest))?;
        }
        None => show::decision(ui, &decision, &parts)?,
    }
    Ok(decision.tier)
}
