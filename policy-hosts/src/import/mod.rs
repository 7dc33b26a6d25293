//! From a runtime's own permission rules to a policy.
//!
//! ```text
//!   settings.json, *.rules, *.toml ─► tree: values with places
//!                                       │
//!                  one reader a runtime ├─► Writer: sentences, each with where it came from
//!                                       └─► Report: what is lost, what looks like a mistake
//! ```
//!
//! A policy that is read *faithfully* decides as the runtime does, also where that is weak: most
//! runtimes compare the text of a command, so most rules become conditions on `written`. Read with
//! [`Options::tighten`] the same rules become command patterns, which know wrappers, paths of
//! programs and spellings of flags. What no policy can say becomes the stricter thing, and the
//! report says so.
//!
//! The files are not trusted. Nothing in them becomes policy text but inside string literals and
//! comments, which `quote` escapes; what is written is formatted and checked before it is handed
//! out.

pub(crate) mod command;
pub(crate) mod gitignore;
pub mod quote;
pub(crate) mod report;
pub(crate) mod tree;
pub(crate) mod write;

pub use report::CODES;
pub(crate) use report::Report;

use std::sync::Arc;

use policy_lang::Failure;
use policy_lang::diagnostic::Diagnostic;
use policy_lang::format::format;
use policy_lang::span::Source;

use crate::runtime::Runtime;
use write::Writer;

/// How rules are read.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Rules about commands become command patterns, which see through wrappers and spellings,
    /// where the runtime compares text.
    pub tighten: bool,
    /// Codex: a program given by a path is also looked up by its base name, as sessions do. Without
    /// it rules are read as `codex execpolicy check` reads them.
    pub resolve_programs: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { tighten: false, resolve_programs: true }
    }
}

/// What was read.
#[derive(Clone, Debug)]
pub struct Import {
    /// The policy, in the canonical layout.
    pub policy: String,
    /// What does not carry over, and what looks like a mistake. Places are in the files given.
    pub findings: Vec<Diagnostic>,
    /// Whether something that the files say is not in the policy.
    pub lost: bool,
}

/// Why there is no policy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Rules of this runtime cannot be read.
    #[error("rules of `{runtime}` cannot be imported; those of {} can", supported())]
    Unsupported {
        /// The runtime.
        runtime: Runtime,
    },
    /// The runtime would not load the files. Places are in the files given.
    #[error("the rules are not valid")]
    Invalid(Vec<Diagnostic>),
    /// What was written is no policy: an error of the reader.
    #[error("the policy that was written is not valid, which is an error of the importer")]
    Unwritable(Failure),
}

/// The runtimes whose rules can be read.
pub const SUPPORTED: [Runtime; 8] = [
    Runtime::Codex,
    Runtime::ClaudeCode,
    Runtime::GeminiCli,
    Runtime::OpenCode,
    Runtime::VsCode,
    Runtime::Cursor,
    Runtime::QwenCode,
    Runtime::AmazonQ,
];

fn supported() -> String {
    SUPPORTED.map(Runtime::name).join(", ")
}

/// Reads the rules of a runtime as a policy.
///
/// Several files are read together, in the order given.
///
/// # Example
/// ```
/// use policy_hosts::{Runtime, import};
/// use policy_lang::span::Source;
///
/// let rules = Source::new("default.rules", "prefix_rule(pattern = [\"git\", \"push\"], decision = \"prompt\")");
/// let options = import::Options { tighten: true, ..import::Options::default() };
/// let read = import::import(Runtime::Codex, &[rules], options)?;
/// assert!(read.policy.contains("ask run \"git push ...\""));
/// assert!(!read.lost);
/// # Ok::<(), import::ImportError>(())
/// ```
///
/// # Errors
/// When rules of the runtime cannot be read, and when the runtime itself would refuse the files.
///
/// # Cost
/// Linear in the length of the files, and what it costs to check the policy.
pub fn import(
    runtime: Runtime,
    files: &[Arc<Source>],
    options: Options,
) -> Result<Import, ImportError> {
    let mut report = Report::new(files);
    let mut writer = Writer::new(runtime, files);
    let read = match runtime {
        Runtime::Codex => crate::codex::import,
        Runtime::ClaudeCode => crate::claude_code::import,
        Runtime::GeminiCli => crate::gemini_cli::import,
        Runtime::OpenCode => crate::opencode::import,
        Runtime::VsCode => crate::vscode::import,
        Runtime::Cursor => crate::cursor::import,
        Runtime::QwenCode => crate::qwen_code::import,
        Runtime::AmazonQ => crate::amazon_q::import,
        _ => return Err(ImportError::Unsupported { runtime }),
    };
    read(files, options, &mut writer, &mut report);
    if report.invalid {
        return Err(ImportError::Invalid(report.findings));
    }
    let text = writer.finish(&mut report)?;
    let source = Source::new(write::NAME, text);
    let policy = format(&source).unwrap_or_else(|_| source.text.clone());
    let Report { findings, lost, .. } = report;
    Ok(Import { policy, findings, lost })
}
