//! Agent runtimes: what each asks before it acts, and how each is configured.
//!
//! One folder a runtime. A runtime calls a hook and wants an answer in its own form ([`hook`]); it has
//! a permission system of its own, which can be read as a policy ([`import`]) or written from one
//! ([`export`]); what enforces a sandbox is told its scope ([`sandbox`]). What a runtime cannot express becomes the stricter thing that it can, and is told.

pub mod acp;
mod amazon_q;
mod claude_code;
mod cline;
mod codex;
mod copilot_cli;
mod cursor;
pub mod export;
mod gemini_cli;
pub mod hook;
mod hosts;
pub mod import;
mod opencode;
mod openhands;
mod qwen_code;
mod runtime;
pub mod sandbox;
pub mod transcript;
mod vscode;

pub use hosts::{HOSTS, ability_table, tool_table};
pub use runtime::{Runtime, UnknownRuntime};
