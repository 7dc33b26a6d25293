//! What a hook decided, for the log: records are made beside the decision and never change it.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use policy_eval::record::{Record, Recorder, Time};
use policy_eval::{Decision, Policy, Request, Shadowed};
use policy_log::chain::Log;

use super::HookArgs;
use crate::commands::compile::secret_key;
use crate::input;

pub(super) struct Journal<'a> {
    log: &'a Path,
    args: &'a HookArgs,
    recorder: Recorder<'a>,
    shadow: Option<Policy>,
    now: Time,
    records: Vec<Record>,
}

impl<'a> Journal<'a> {
    pub(super) fn new(log: &'a Path, args: &'a HookArgs, session: Option<&'a str>) -> Journal<'a> {
        let recorder = Recorder {
            runtime: Some(args.runtime.name()),
            session,
            at_least: args.record.unwrap_or_default(),
            ..Recorder::default()
        };
        Journal { log, args, recorder, shadow: shadow(args), now: now(), records: Vec::new() }
    }

    pub(super) fn take(&mut self, policy: &Policy, request: &Request<'_>, decision: &Decision<'_>) {
        self.records.extend(self.recorder.decision(self.now, policy, request, decision));
        if let Some(shadow_policy) = &self.shadow {
            let shadow = shadow_policy.decide(request);
            let both = Shadowed { policy, shadow_policy, enforced: *decision, shadow };
            self.records.extend(self.recorder.shadow(self.now, request, &both));
        }
    }

    /// Appends what was taken.
    pub(super) fn write(self) -> Result<(), String> {
        if self.records.is_empty() {
            return Ok(());
        }
        let why = |error| format!("the log `{}` cannot be written: {error}", self.log.display());
        let mut log = Log::open(self.log).map_err(why)?;
        if let Some(path) = &self.args.log_key {
            let key = secret_key(path)
                .map_err(|_| format!("the key of the log, `{}`, cannot be used", path.display()))?;
            log = log.with_key(key, policy_log::chain::HEADS_EVERY);
        }
        log.append(self.now, &self.records).map(|_| ()).map_err(why)
    }
}

/// The policy that is tried. One that does not load is told and changes nothing.
fn shadow(args: &HookArgs) -> Option<Policy> {
    if args.shadow.is_empty() {
        return None;
    }
    match input::policy(&args.shadow) {
        Ok(policy) => Some(policy),
        Err(stop) => {
            let why = super::unloadable(&stop);
            let _ = writeln!(io::stderr(), "policy: no shadow: {}", policy_eval::safe(&why));
            None
        }
    }
}

/// The time by the clock of the system; the beginning of 1970 where it is set before that.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_unix_nanos(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
