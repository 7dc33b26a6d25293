//! The hosts that have a hook, and their tables for people.

use crate::hook::{Host, Told};
use crate::runtime::Runtime;
use crate::transcript::Transcript;

/// The hosts, in the order of [`Runtime::ALL`].
pub static HOSTS: [&Host; HOST_COUNT] = [
    &crate::claude_code::hook::HOST,
    &crate::codex::hook::HOST,
    &crate::gemini_cli::hook::HOST,
    &crate::cursor::hook::HOST,
    &crate::copilot_cli::hook::HOST,
    &crate::vscode::hook::HOST,
    &crate::qwen_code::hook::HOST,
    &crate::opencode::hook::HOST,
    &crate::cline::hook::HOST,
    &crate::openhands::hook::HOST,
    &crate::amazon_q::hook::HOST,
];
const HOST_COUNT: usize = 11;

impl Host {
    /// The host of a runtime; none where it has no hook of this kind.
    ///
    /// ```
    /// use policy_hosts::{Runtime, hook::Host};
    /// assert_eq!(Host::of(Runtime::Codex).unwrap().title, "Codex");
    /// ```
    pub fn of(runtime: Runtime) -> Option<&'static Host> {
        HOSTS.into_iter().find(|host| host.runtime == runtime)
    }
}

impl Transcript {
    /// A reader of the transcripts of a runtime; none where they are not read.
    pub fn of(runtime: Runtime) -> Option<Transcript> {
        match runtime {
            Runtime::ClaudeCode => Some(Transcript::new(
                &crate::claude_code::hook::HOST,
                crate::claude_code::transcript::read,
            )),
            Runtime::Codex => {
                Some(Transcript::new(&crate::codex::hook::HOST, crate::codex::transcript::read))
            }
            _ => None,
        }
    }
}

/// The ability table as Markdown: what a host is told for each tier.
///
/// ```
/// assert!(policy_hosts::ability_table().contains("| codex | PreToolUse |"));
/// ```
pub fn ability_table() -> String {
    let mut table =
        "| runtime | event | allow | review | ask | deny |\n|---|---|---|---|---|---|\n".to_owned();
    for host in HOSTS {
        for surface in host.surfaces {
            let told = surface.told.map(Told::name).join(" | ");
            table.push_str(&format!("| {} | {} | {told} |\n", host.runtime, surface.event()));
        }
    }
    table
}

/// The table of tools as Markdown: what a call of a host's tool is a request for.
///
/// ```
/// let table = policy_hosts::tool_table();
/// assert!(table.contains("| claude-code | `Bash` | `run` of `command` |"), "{table}");
/// ```
pub fn tool_table() -> String {
    let mut table = "| runtime | tools | requests |\n|---|---|---|\n".to_owned();
    for host in HOSTS {
        for tool in host.tools {
            let names: Vec<String> = tool.names.iter().map(|name| format!("`{name}`")).collect();
            let names = names.join(", ");
            let when = tool.when.map_or(String::new(), |(argument, values)| {
                let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
                format!(" where `{argument}` is {}", values.join(", "))
            });
            let effects: Vec<String> =
                tool.effects.iter().map(crate::hook::Effect::describe).collect();
            let effects = effects.join("; ");
            table.push_str(&format!("| {} | {names}{when} | {effects} |\n", host.runtime));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use policy_eval::Tier;

    use super::*;

    #[test]
    fn no_host_is_told_anything_looser_than_the_tier() {
        for host in HOSTS {
            for surface in host.surfaces {
                let [allow, review, ask, deny] = surface.told;
                let place = format!("{} {}", host.runtime, surface.event());
                assert!(matches!(allow, Told::Allow | Told::NoObjection), "{place}");
                for told in [review, ask] {
                    assert!(
                        matches!(told, Told::Ask | Told::LeaveQuestion | Told::Deny),
                        "{place}: {told:?}"
                    );
                }
                assert_eq!(deny, Told::Deny, "{place}");
                for tier in [Tier::Review, Tier::Ask, Tier::Deny] {
                    assert_eq!(surface.told(tier, true), Told::Deny, "{place}");
                }
            }
        }
    }

    #[test]
    fn each_event_of_a_host_is_told_from_the_others() {
        for host in HOSTS {
            let mut names: Vec<_> = host.surfaces.iter().flat_map(|s| s.events).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", host.runtime);
        }
    }
}
