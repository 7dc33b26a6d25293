//! The names of runtimes.

use std::fmt;
use std::str::FromStr;

/// An agent runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Runtime {
    /// Claude Code.
    ClaudeCode,
    /// Codex.
    Codex,
    /// Gemini CLI.
    GeminiCli,
    /// Cursor.
    Cursor,
    /// GitHub Copilot CLI.
    CopilotCli,
    /// Visual Studio Code.
    VsCode,
    /// Qwen Code.
    QwenCode,
    /// opencode.
    OpenCode,
    /// Cline.
    Cline,
    /// OpenHands.
    OpenHands,
    /// Amazon Q Developer CLI.
    AmazonQ,
    /// Any host that speaks the Agent Client Protocol.
    Acp,
}

/// A name that is none of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no runtime; there are {}", names())]
pub struct UnknownRuntime {
    /// What was given.
    pub name: String,
}

fn names() -> String {
    Runtime::ALL.map(Runtime::name).join(", ")
}

impl Runtime {
    /// All of them.
    pub const ALL: [Runtime; 12] = [
        Runtime::ClaudeCode,
        Runtime::Codex,
        Runtime::GeminiCli,
        Runtime::Cursor,
        Runtime::CopilotCli,
        Runtime::VsCode,
        Runtime::QwenCode,
        Runtime::OpenCode,
        Runtime::Cline,
        Runtime::OpenHands,
        Runtime::AmazonQ,
        Runtime::Acp,
    ];

    /// The name on the command line.
    ///
    /// ```
    /// use policy_hosts::Runtime;
    /// assert_eq!("claude-code".parse(), Ok(Runtime::ClaudeCode));
    /// assert_eq!(Runtime::ClaudeCode.name(), "claude-code");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Runtime::ClaudeCode => "claude-code",
            Runtime::Codex => "codex",
            Runtime::GeminiCli => "gemini-cli",
            Runtime::Cursor => "cursor",
            Runtime::CopilotCli => "copilot-cli",
            Runtime::VsCode => "vscode",
            Runtime::QwenCode => "qwen-code",
            Runtime::OpenCode => "opencode",
            Runtime::Cline => "cline",
            Runtime::OpenHands => "openhands",
            Runtime::AmazonQ => "amazon-q",
            Runtime::Acp => "acp",
        }
    }

    /// The name as its makers write it.
    pub fn title(self) -> &'static str {
        match self {
            Runtime::ClaudeCode => "Claude Code",
            Runtime::Codex => "Codex",
            Runtime::GeminiCli => "Gemini CLI",
            Runtime::Cursor => "Cursor",
            Runtime::CopilotCli => "GitHub Copilot CLI",
            Runtime::VsCode => "Visual Studio Code",
            Runtime::QwenCode => "Qwen Code",
            Runtime::OpenCode => "opencode",
            Runtime::Cline => "Cline",
            Runtime::OpenHands => "OpenHands",
            Runtime::AmazonQ => "Amazon Q Developer CLI",
            Runtime::Acp => "the Agent Client Protocol",
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Runtime {
    type Err = UnknownRuntime;

    fn from_str(name: &str) -> Result<Runtime, UnknownRuntime> {
        Runtime::ALL
            .into_iter()
            .find(|runtime| runtime.name() == name)
            .ok_or_else(|| UnknownRuntime { name: name.to_owned() })
    }
}
