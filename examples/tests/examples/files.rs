//! Where the examples lie, and how a policy is read from files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use policy_eval::Policy;
use policy_lang::model::Model;
use policy_lang::span::Source;

/// A file or folder of this package.
pub(crate) fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every policy below a folder, in the order of names.
pub(crate) fn policies_below(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry of a folder").path())
        .collect();
    entries.sort();
    let is_policy = |path: &Path| path.extension().is_some_and(|end| end == "policy");
    entries
        .into_iter()
        .flat_map(|path| match path.is_dir() {
            true => policies_below(&path),
            false => Some(path).filter(|path| is_policy(path)).into_iter().collect(),
        })
        .collect()
}

/// Reads a policy of one or more layers.
pub(crate) fn load(files: &[PathBuf]) -> (Model, Policy) {
    let sources = files.iter().map(|file| read(file).expect("an example")).collect();
    let model = policy_lang::load(sources, &include).unwrap_or_else(|failure| panic!("{failure}"));
    let policy = policy_lang::compile::compile(&model)
        .unwrap_or_else(|error| panic!("{}: {error}", files[0].display()));
    (model, policy)
}

/// Reads one text.
pub(crate) fn read(path: &Path) -> Result<Arc<Source>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Source::new(path.display().to_string(), text))
}

fn include(path: &str, from: &Source) -> Result<Arc<Source>, String> {
    let folder = Path::new(&from.name).parent().unwrap_or(Path::new(""));
    read(&folder.join(path))
}
