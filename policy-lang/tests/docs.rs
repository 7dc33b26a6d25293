//! What the documentation shows is true: every policy in it loads, in the layout it shows or not.

use std::fs;
use std::path::Path;

use policy_lang::check::no_includes;
use policy_lang::load;
use policy_lang::span::Source;

#[test]
fn every_policy_in_the_documentation_loads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for page in ["README.md", "docs/language.md", "docs/lints.md"] {
        let text = fs::read_to_string(root.join(page)).expect("the page is there");
        let blocks: Vec<&str> = text
            .split("```policy\n")
            .skip(1)
            .map(|behind| behind.split("```").next().unwrap_or(""))
            .collect();
        assert!(!blocks.is_empty(), "{page} shows a policy");
        for block in blocks {
            if let Err(failure) = load(vec![Source::new(page, block)], &no_includes) {
                panic!("{failure}\n{block}");
            }
        }
    }
}
