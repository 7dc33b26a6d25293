//! What the checker makes of policies.

use std::sync::Arc;

use policy_lang::check::{Failure, no_includes};
use policy_lang::load;
use policy_lang::model::Model;
use policy_lang::span::Source;

fn load_text(text: &str) -> Result<Model, Failure> {
    load(vec![Source::new("a.policy", text)], &no_includes)
}

fn must_load(text: &str) -> Model {
    load_text(text).unwrap_or_else(|failure| panic!("{failure}"))
}

#[test]
fn the_tour_is_a_policy() {
    let text = include_str!("../../examples/policies/tour.policy");
    let model = must_load(text);
    assert_eq!(model.name.as_deref(), Some("acme.agents"));
    assert_eq!(model.tests.len(), 1);
    assert_eq!(model.proofs.len(), 2);
    let _: &Arc<Source> = model.source(model.rules[0].at.source);
}
