//! From a compiled policy back to the checked one.
//!
//! An artifact carries the texts that it was made from. What works on the checked policy (a
//! comparison, a scope, the graph, tests) reads and checks them again, and believes them only where
//! they have the artifact's digest.

use std::collections::HashMap;
use std::sync::Arc;

use policy_eval::{LoadError, Policy};

use crate::check::{self, Failure};
use crate::model::Model;
use crate::span::Source;

/// Why there is no checked policy to an artifact.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// It holds no texts.
    #[error(transparent)]
    Sources(#[from] LoadError),
    /// Its texts are no valid policy in this version of the language.
    #[error(transparent)]
    Invalid(Failure),
    /// Its texts are not those that it was made from.
    #[error("the texts in the compiled policy do not have its digest")]
    Digest,
}

/// The checked policy that an artifact was made from.
///
/// # Example
/// ```
/// use policy_lang::{artifact, check::no_includes, compile, span::Source};
///
/// let policy = compile(vec![Source::new("a.policy", "deny write \"/etc/**\"")], &no_includes)?;
/// let model = artifact::model(&policy)?;
/// assert_eq!(model.rules.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the artifact holds no texts, or others than those that it was made from, or when they are
/// no valid policy in this version of the language.
///
/// # Cost
/// That of reading and checking the texts.
pub fn model(policy: &Policy) -> Result<Model, ArtifactError> {
    let stored = policy.sources()?;
    let sources: Vec<Arc<Source>> =
        policy.files().zip(&stored.texts).map(|(name, text)| Source::new(name, &**text)).collect();
    let mut leads: HashMap<(&Source, &str), &Arc<Source>> = HashMap::new();
    for (from, path, to) in &stored.includes {
        let (Some(from), Some(to)) = (sources.get(*from as usize), sources.get(*to as usize))
        else {
            return Err(ArtifactError::Digest);
        };
        leads.insert((&**from, &**path), to);
    }
    let given = sources.iter().take(stored.given as usize).cloned().collect();
    let model = check::load(given, &|path, from| {
        let found = leads.get(&(from, path)).map(|source| Arc::clone(source));
        found.ok_or_else(|| "the compiled policy does not hold it".to_owned())
    })
    .map_err(ArtifactError::Invalid)?;
    if crate::digest::of(&model) == policy.digest() {
        Ok(model)
    } else {
        Err(ArtifactError::Digest)
    }
}
