//! The least that an embedder needs: an artifact is loaded and one command is decided.
//!
//! ```text
//! policy compile agents.policy -o agents.policyc
//! cargo run --release -p policy-eval --example minimal -- agents.policyc git push --force
//! ```

use std::process::ExitCode;

use policy_eval::{Policy, Request, Tier};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [artifact, command @ ..] = &words[..] else {
        eprintln!("usage: minimal ARTIFACT COMMAND…");
        return ExitCode::from(2);
    };
    let loaded = std::fs::read(artifact).map_err(|error| error.to_string());
    let policy = match loaded.and_then(|bytes| Policy::load(bytes).map_err(|e| e.to_string())) {
        Ok(policy) => policy,
        Err(error) => {
            // Without a policy nothing is allowed.
            eprintln!("{artifact}: {error}");
            return ExitCode::from(2);
        }
    };
    let decision = policy.decide(&Request::argv(command));
    println!("{} {}", decision.tier.name(), decision.rule.map_or("-", |rule| rule.name));
    if decision.tier == Tier::Allow { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
