//! What was seen in requests, part by part, as far as a sentence can say it exactly.

use std::collections::BTreeMap;

use policy_eval::{
    Action, Endpoint, Floor, Floors, HostValue, Judged, Object, PathValue, Request, canon, describe,
};
use policy_hosts::import::quote;
use policy_lang::interp;
use policy_lang::model::Model;

use super::commands::Commands;
use super::files::{self, Place};

/// What was seen, and how often.
#[derive(Default)]
pub(super) struct Seen {
    /// By the folder that they ran in, as a pattern; none where it was not sent.
    pub(super) commands: BTreeMap<Option<String>, Commands>,
    pub(super) files: BTreeMap<&'static str, BTreeMap<Place, u64>>,
    /// Everything else, as the sentence behind `allow`.
    pub(super) others: BTreeMap<String, u64>,
    /// Commands stood in `if`, `for` and the like.
    pub(super) control_flow: bool,
}

/// One thing to allow.
enum Thing {
    Command(Option<String>, Vec<Option<String>>),
    File(&'static str, Place),
    Other(String),
}

/// Hands out every part that a policy with these `count` sentences judges.
fn each_part(request: &Request<'_>, counts: &Model, visit: &mut dyn FnMut(&Judged<'_>)) {
    canon::parts(request, &mut |judged| {
        visit(judged);
        interp::counted(counts, judged, visit);
    });
}

impl Seen {
    /// The programs of the commands.
    pub(super) fn programs(&self) -> impl Iterator<Item = &str> {
        let words = self.commands.values().flat_map(|commands| commands.keys());
        words.filter_map(|words| words.first()?.as_deref())
    }

    /// Whether a command has a word that is known only when it runs.
    pub(super) fn has_unknown_words(&self) -> bool {
        let mut all = self.commands.values().flat_map(|commands| commands.keys());
        all.any(|words| words.iter().any(Option::is_none))
    }

    /// Adds a request that was seen so often.
    ///
    /// # Errors
    /// When no rule that is learned can make it silent: why. Then nothing is added.
    pub(super) fn add(
        &mut self,
        request: &Request<'_>,
        counts: &Model,
        count: u64,
    ) -> Result<(), String> {
        if request.escalated == Some(true) {
            return Err("it asked to leave the sandbox".to_owned());
        }
        let mut things = Vec::new();
        let mut why = None;
        let mut control_flow = false;
        each_part(request, counts, &mut |judged| {
            control_flow |= judged.part.floors.contains(Floor::ControlFlow);
            match thing(judged) {
                Ok(thing) => things.extend(thing),
                Err(reason) => why = why.take().or(Some(reason)),
            }
        });
        if let Some(why) = why {
            return Err(why);
        }
        self.control_flow |= control_flow;
        for thing in things {
            *match thing {
                Thing::Command(cwd, words) => {
                    self.commands.entry(cwd).or_default().entry(words).or_default()
                }
                Thing::File(action, place) => {
                    self.files.entry(action).or_default().entry(place).or_default()
                }
                Thing::Other(sentence) => self.others.entry(sentence).or_default(),
            } += count;
        }
        Ok(())
    }
}

/// A request in a few words, safe to print.
pub(super) fn described(request: &Request<'_>) -> String {
    const LONGEST: usize = 200;
    let mut text = String::new();
    canon::parts(request, &mut |judged| {
        if text.len() < LONGEST {
            let joint = if text.is_empty() { "" } else { ", " };
            text += joint;
            text += &describe(judged.part);
        }
    });
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// What a part is; none where nothing has to allow it.
fn thing(judged: &Judged<'_>) -> Result<Option<Thing>, String> {
    let part = judged.part;
    let lifted = Floors::of(Floor::ControlFlow);
    if let Some(floor) = part.floors.without(lifted).iter().next() {
        return Err(format!("a person sees what is marked `{}`", floor.name()));
    }
    let action = part.action.name();
    Ok(Some(match part.object {
        Object::Path(path) => Thing::File(action, place(path, judged)?),
        Object::Command(command) if command.nothing_runs => return Ok(None),
        Object::Command(command) => {
            let form = command.forms.iter().find(|form| form.certain);
            let form = form.ok_or("what would run is not known")?;
            let words = form.words.iter().map(|word| word.value().map(str::to_owned)).collect();
            Thing::Command(folder(command.cwd, judged)?, words)
        }
        Object::Endpoint(endpoint) if endpoint.resolved => return Ok(None),
        Object::Endpoint(endpoint) => endpoint_sentence(action, &endpoint, judged)?,
        Object::Tool { server, tool, .. } => named(action, &[server, tool], String::new())?,
        Object::Package { kind, name } => {
            let source = judged.request.source;
            named(action, &[kind, name], equals(&[("source", source)]))?
        }
        Object::Name(name) => {
            let (store, host) = match part.action {
                Action::Use => (judged.request.store, judged.request.host),
                _ => (None, None),
            };
            named(action, &[name], equals(&[("store", store), ("host", host)]))?
        }
        Object::None => match part.action {
            Action::Search => {
                Thing::Other(format!("search{}", equals(&[("mode", judged.request.mode)])))
            }
            Action::Prompt => Thing::Other("prompt".to_owned()),
            _ => return Err(format!("a rule for `{action}` is for a person to write")),
        },
    }))
}

fn place(path: PathValue<'_>, judged: &Judged<'_>) -> Result<Place, String> {
    match path {
        PathValue::Known(path) => Ok(files::place(path, judged.roots)),
        PathValue::Unsent => Err("the file was not sent".to_owned()),
        PathValue::AtRunTime => Err("the file is known only when the command runs".to_owned()),
    }
}

/// The folder that a command runs in, as a pattern: the project, or exactly where it was.
fn folder(cwd: PathValue<'_>, judged: &Judged<'_>) -> Result<Option<String>, String> {
    match cwd {
        PathValue::Unsent => Ok(None),
        PathValue::AtRunTime => Err("its folder is known only when it runs".to_owned()),
        PathValue::Known(path) => Ok(Some(match files::place(path, judged.roots) {
            (files::WORKSPACE, _) => format!("{}/**", files::WORKSPACE),
            place => files::written(&place),
        })),
    }
}

fn endpoint_sentence(
    action: &str,
    endpoint: &Endpoint<'_>,
    judged: &Judged<'_>,
) -> Result<Thing, String> {
    if let Some(socket) = endpoint.socket {
        let socket = quote::literal(&files::written(&place(socket, judged)?));
        return Ok(Thing::Other(format!("{action} unix {socket}")));
    }
    let host = match endpoint.host {
        HostValue::Name(name) => name.to_owned(),
        HostValue::Ip(address) => address.to_string(),
        HostValue::Other | HostValue::Unsent => return Err("the host is not known".to_owned()),
    };
    let port = endpoint.port.ok_or("the port was not sent")?;
    let mode = if action == Action::Fetch.name() { judged.request.mode } else { None };
    let mode = equals(&[("mode", mode)]);
    Ok(Thing::Other(format!("{action} {} port {port}{mode}", quote::literal(&host))))
}

/// A sentence about a name of one or two halves.
fn named(action: &str, names: &[Option<&str>], condition: String) -> Result<Thing, String> {
    let mut all = Vec::new();
    for name in names {
        let name = name.ok_or("its name was not sent")?;
        // In these patterns both signs match more than themselves.
        if name.contains(['*', '?']) {
            return Err("its name cannot be written exactly".to_owned());
        }
        all.push(name);
    }
    Ok(Thing::Other(format!("{action} {}{condition}", quote::literal(&all.join("/")))))
}

/// A condition that what was sent is what it was.
fn equals(facts: &[(&str, Option<&str>)]) -> String {
    let sent: Vec<String> = facts
        .iter()
        .filter_map(|(name, value)| Some(format!("{name} == {}", quote::literal((*value)?))))
        .collect();
    if sent.is_empty() { String::new() } else { format!(" when {}", sent.join(" and ")) }
}
