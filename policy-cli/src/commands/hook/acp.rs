//! `policy hook acp`: starts an agent and stands between it and its editor.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use policy_eval::Fields;
use policy_hosts::acp::hook::{Pass, Proxy, Released};

use super::{HookArgs, stop, system_roots};

/// The longest message. A file that is written stands in one as a whole.
const MOST_BYTES: u64 = 64 << 20;

/// Runs the agent until it ends, and ends as it did.
pub(super) fn run(args: &HookArgs) -> ExitCode {
    match start(args) {
        Ok((proxy, child)) => {
            serve(proxy, child).unwrap_or_else(|error| stop(&format!("the agent: {error}")))
        }
        Err(reason) => stop(&reason),
    }
}

fn start(args: &HookArgs) -> Result<(Proxy, Child), String> {
    let Some((program, arguments)) = args.agent.split_first() else {
        return Err(
            "say which agent to start: `policy hook acp --policy FILE -- AGENT ARGS…`".into()
        );
    };
    if args.session_dir.is_some() {
        return Err(
            "`--session-dir` is for hooks; the proxy keeps marks for as long as it runs".into()
        );
    }
    let policy = super::policy(args)?;
    super::check_names(args, &policy)?;
    let mut fields = Fields::default();
    for (name, value) in &args.set {
        fields.set_text(name, value).map_err(|error| format!("the flag `--set`: {error}"))?;
    }
    let mut proxy = Proxy::new(policy, fields, system_roots(args)).reading_links();
    if args.deny_asks {
        proxy = proxy.denying_asks();
    }
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start `{}`: {error}", program.to_string_lossy()))?;
    Ok((proxy, child))
}

/// What both directions share. The agent's input is closed where the editor hangs up.
struct Shared {
    proxy: Proxy,
    to_agent: Option<ChildStdin>,
}

fn serve(proxy: Proxy, mut child: Child) -> io::Result<ExitCode> {
    let to_agent = child.stdin.take();
    let from_agent = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let shared = Arc::new(Mutex::new(Shared { proxy, to_agent }));
    let of_editor = Arc::clone(&shared);
    thread::spawn(move || {
        let served = lines(io::stdin().lock(), |line| {
            let mut shared = of_editor.lock().unwrap_or_else(PoisonError::into_inner);
            shared.editor_says(line)
        });
        let mut shared = of_editor.lock().unwrap_or_else(PoisonError::into_inner);
        shared.to_agent = None;
        drop(served);
    });
    let served = lines(from_agent, |line| {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.agent_says(line)
    });
    if served.is_err() {
        // Without its editor, or with a message that is too long, the agent is of no use.
        let _ = child.kill();
    }
    let code = child.wait()?.code().and_then(|code| u8::try_from(code).ok());
    served.map(|()| ExitCode::from(code.unwrap_or(1)))
}

impl Shared {
    fn editor_says(&mut self, line: &str) -> io::Result<()> {
        let (pass, released) = self.proxy.client_says(line);
        match pass {
            Pass::On => self.tell_agent(line),
            Pass::Back(line) => tell_editor(&line)?,
            Pass::Instead(line) => self.tell_agent(&line),
            Pass::Dropped(_) => {}
        }
        match released {
            Some(Released::ToClient(line)) => tell_editor(&line)?,
            Some(Released::ToAgent(line)) => self.tell_agent(&line),
            Some(Released::Nothing) | None => {}
        }
        Ok(())
    }

    fn agent_says(&mut self, line: &str) -> io::Result<()> {
        match self.proxy.agent_says(line) {
            Pass::On => tell_editor(line),
            Pass::Back(line) => {
                self.tell_agent(&line);
                Ok(())
            }
            Pass::Instead(line) => tell_editor(&line),
            Pass::Dropped(why) => {
                let _ = writeln!(io::stderr(), "policy: {}", policy_eval::safe(&why));
                Ok(())
            }
        }
    }

    /// An agent that reads no more has ended, which the end of its output tells.
    fn tell_agent(&mut self, line: &str) {
        if let Some(agent) = &mut self.to_agent {
            let _ = agent.write_all(format!("{line}\n").as_bytes()).and_then(|()| agent.flush());
        }
    }
}

fn tell_editor(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Hands out one line after the other. A message that is no text or too long ends the connection.
fn lines(from: impl Read, mut each: impl FnMut(&str) -> io::Result<()>) -> io::Result<()> {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = Read::take(&mut reader, MOST_BYTES).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if read as u64 == MOST_BYTES {
            return Err(io::Error::other("a message is too long"));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let text = std::str::from_utf8(&line).map_err(io::Error::other)?;
        if !text.trim().is_empty() {
            each(text)?;
        }
    }
}
