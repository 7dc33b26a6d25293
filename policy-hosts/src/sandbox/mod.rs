//! The scope of a sandbox as the configuration of what enforces it.
//!
//! A policy speaks of more than a kernel can hold a process to. What is written opens never more than
//! the policy allows in that sandbox, whatever the circumstances are; what the enforcer cannot say is
//! closed, and told:
//!
//! ```text
//!   model, sandbox, roots ─► bounds: open and closed places, hosts    `bounds`
//!                               │  what this enforcer can leave out of a folder
//!                               ▼
//!                            access: folders to read, folders to write   `access`
//!                               └─► text of codex, claude, bwrap, landlock, seatbelt
//! ```

mod access;
mod bounds;
mod bwrap;
mod claude;
mod codex;
mod landlock;
mod network;
mod seatbelt;

use std::str::FromStr;

use policy_eval::Platform;
use policy_eval::canon::is_canonical_path;
use policy_lang::diagnostic::{Diagnostic, nearest};
use policy_lang::model::Model;
use policy_lang::scope::UnknownSandbox;

/// Where roots lie: names and absolute paths. A name may stand several times.
pub type Roots = [(String, String)];

/// What holds a process to a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enforcer {
    /// A permission profile of Codex.
    Codex,
    /// The section `sandbox` of Claude Code's settings.
    Claude,
    /// A script that starts bubblewrap.
    Bwrap,
    /// Rules of Landlock, as JSON.
    Landlock,
    /// A profile of macOS' `sandbox-exec`.
    Seatbelt,
}

impl Enforcer {
    /// Each of them.
    pub const ALL: [Enforcer; 5] = [
        Enforcer::Codex,
        Enforcer::Claude,
        Enforcer::Bwrap,
        Enforcer::Landlock,
        Enforcer::Seatbelt,
    ];

    /// As the command line names it.
    pub fn name(self) -> &'static str {
        match self {
            Enforcer::Codex => "codex",
            Enforcer::Claude => "claude",
            Enforcer::Bwrap => "bwrap",
            Enforcer::Landlock => "landlock-json",
            Enforcer::Seatbelt => "seatbelt",
        }
    }
}

/// No enforcer has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown enforcer `{name}`; {}", known(.name))]
pub struct UnknownEnforcer {
    /// The name.
    pub name: String,
}

fn known(name: &str) -> String {
    let all = Enforcer::ALL.map(Enforcer::name);
    match nearest(name, all) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("there is {}", all.join(", ")),
    }
}

impl FromStr for Enforcer {
    type Err = UnknownEnforcer;

    fn from_str(name: &str) -> Result<Enforcer, UnknownEnforcer> {
        let known = Enforcer::ALL.into_iter().find(|enforcer| enforcer.name() == name);
        known.ok_or_else(|| UnknownEnforcer { name: name.to_owned() })
    }
}

/// Why there is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// There is no sandbox of this name.
    #[error(transparent)]
    Unknown(#[from] UnknownSandbox),
    /// A rule speaks of a root, and nobody said where it lies.
    #[error("where `{root}` lies is not known; say it by `--root {root}=PATH`")]
    Unbound {
        /// The name of the root.
        root: String,
    },
    /// A root does not lie in an absolute path in its plain form.
    #[error("`{root}` lies in `{path}`, which is no absolute path in its plain form")]
    NotAPlace {
        /// The name of the root.
        root: String,
        /// Where it is said to lie.
        path: String,
    },
}

/// A configuration, and what it closes although the policy does not.
#[derive(Clone, Debug)]
pub struct Enforcement {
    /// The configuration.
    pub text: String,
    /// Where it is stricter. Places are in the policy.
    pub findings: Vec<Diagnostic>,
}

/// Writes the scope of a sandbox for an enforcer. Nothing is open that the policy does not allow there.
///
/// # Example
/// ```
/// use policy_hosts::sandbox::{Enforcer, write};
/// use policy_lang::{check::no_includes, load, span::Source};
///
/// let text = "default read allow\nsandbox box {\n  allow write, delete \"$workspace/**\"\n}";
/// let model = load(vec![Source::new("a.policy", text)], &no_includes)?;
/// let roots = [("workspace".to_owned(), "/srv/app".to_owned())];
/// let written = write(Enforcer::Bwrap, &model, "box", &roots).expect("the root is bound");
/// assert!(written.text.contains("--bind-try /srv/app /srv/app"));
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Errors
/// When no file declares the sandbox, when a rule speaks of a root that is not bound, and when a root
/// lies in no absolute path.
///
/// # Cost
/// One pass over the rules, and a comparison of each open place with each closed one.
pub fn write(
    enforcer: Enforcer,
    model: &Model,
    sandbox: &str,
    roots: &Roots,
) -> Result<Enforcement, SandboxError> {
    for (root, path) in roots {
        // A quote or a control sign would need another spelling in each of the formats.
        let is_plain = !path.chars().any(|c| c.is_control() || "\"'\\".contains(c));
        if !is_canonical_path(Platform::Linux, path) || !is_plain {
            let (root, path) = (root.clone(), path.clone());
            return Err(SandboxError::NotAPlace { root, path });
        }
    }
    let bounds = bounds::bounds(model, sandbox, roots)?;
    let mut findings = bounds.findings.clone();
    let text = match enforcer {
        Enforcer::Codex => codex::text(sandbox, &bounds, &mut findings),
        Enforcer::Claude => claude::text(&bounds, &mut findings),
        Enforcer::Bwrap => bwrap::text(&bounds, &mut findings),
        Enforcer::Landlock => landlock::text(&bounds, &mut findings),
        Enforcer::Seatbelt => seatbelt::text(&bounds, &mut findings),
    };
    findings.sort_by_key(Diagnostic::location);
    findings.dedup_by(|a, b| a.location() == b.location() && a.message == b.message);
    Ok(Enforcement { text, findings })
}
