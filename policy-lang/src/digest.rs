//! The name of what a policy says.

use crate::model::Model;

/// `blake3:…` over the texts of all layers: equal texts, equal digests. The order in which files
/// were given plays no part.
pub(crate) fn of(model: &Model) -> String {
    let mut texts: Vec<&str> = model.sources.iter().map(|source| source.text.as_str()).collect();
    texts.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    format!("blake3:{}", hasher.finalize().to_hex())
}
