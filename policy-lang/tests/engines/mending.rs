//! Lints look at any policy, and what they mend is never looser.

use std::sync::Arc;

use policy_generate::Dice;
use policy_lang::check::no_includes;
use policy_lang::lint::{fix, lint};
use policy_lang::model::Model;
use policy_lang::span::Source;

use crate::answer::{Answer, read_request};

const POLICIES: u64 = 150;
const REQUESTS_PER_POLICY: usize = 40;

/// Sentences that can be mended, over what generated requests speak of.
const MENDABLE: &[&str] = &[
    "deny run \"git push --force ...\"",
    "ask run \"rm -rf ...\", \"git commit -m ...\"",
    "deny run \"git push (--force|-f) ...\"",
    "deny run \"git push -f {no -*} ...\"",
    "deny run \"git (push -f|commit) -f ...\"",
    "allow run \"git log ...\"",
    "allow run \"(make|sort|cat) ...\"",
    "allow run \"find ...\" with timeout 3s",
    "allow read \"/**\", \"/etc/**\", \"/etc/passwd\"",
    "deny write \"$workspace/**\", \"$workspace/a/**\", \"$workspace/**\" with remember never, timeout 1s",
    "deny write \"$workspace/.git/**\", \"**/.env\"",
    "allow connect \"**.example.com\", \"*.example.com\", \"example.com\", \"a.example.com:443\"",
    "deny connect \"10.0.0.0/8\", \"10.1.0.0/16\" except \"10.1.2.3\", \"10.1.2.3\"",
    "allow call \"github/*\", \"github/get_*\"",
    "review run \"ls ...\" with timeout 3s, on failure allow",
];

/// Mends until nothing more can be.
fn mended(mut model: Model) -> (Model, Vec<&'static str>) {
    let mut codes = Vec::new();
    for _ in 0..20 {
        let findings = lint(&model);
        let fixed = fix(&findings, &model.sources, model.given);
        if fixed.mended.is_empty() {
            return (model, codes);
        }
        codes.extend(fixed.mended.iter().map(|index| findings[*index].code));
        model = policy_lang::load(fixed.sources, &no_includes).expect("a mended policy is valid");
    }
    panic!("mending has no end");
}

#[test]
fn what_is_mended_is_never_looser() {
    // These take something away from what is allowed, or add to what is not.
    let tightens = ["L038", "L052", "L053", "L054", "L066"];
    let mut met = std::collections::BTreeSet::new();
    for seed in 0..POLICIES {
        let mut dice = Dice::new(seed);
        let policy = policy_generate::policy(&mut dice);
        let extra: Vec<&str> = (0..3).map(|_| dice.pick(MENDABLE)).collect();
        let files = policy.files.iter().enumerate();
        let sources: Vec<Arc<Source>> = files
            .map(|(index, file)| {
                let extra = if index == 0 { extra.join("\n") } else { String::new() };
                Source::new(file.name(index), format!("{file}\n{extra}\n"))
            })
            .collect();
        let load = || policy_lang::load(sources.clone(), &no_includes).expect("it is valid");
        let before = load();
        let (after, codes) = mended(load());
        // A word that is known only at run time may be any words in a pattern, but as a flag it has
        // to begin like one: `git a$X` may be `git push --force` for the one and not for the other.
        let flags_moved = codes.contains(&"L054");
        let may_tighten = codes.iter().any(|code| tightens.contains(code));
        met.extend(codes);
        for _ in 0..REQUESTS_PER_POLICY {
            let request = policy_generate::request(&mut dice);
            let Some(request) = read_request(&request) else { continue };
            request.with_request(|request| {
                let at_run_time = |text: &str| text.contains(['$', '`', '*', '?', '[', '{']);
                if flags_moved && request.shell.is_some_and(at_run_time) {
                    return;
                }
                let answers = [&before, &after].map(|model| Answer::interpreted(model, request));
                let [old, new] = &answers;
                let fits = old.tier <= new.tier && (may_tighten || old.tier == new.tier);
                let same = old.record == new.record && old.marks == new.marks;
                let texts: Vec<&str> = after.sources.iter().map(|source| &*source.text).collect();
                assert!(fits && same, "{request:?}\n{answers:#?}\n{}", texts.join("\n---\n"));
            });
        }
    }
    assert!(met.len() >= 6, "the fixes are met: {met:?}");
}
