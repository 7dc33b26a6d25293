//! One pair of files for each lint: `x.rs` looks, `x.md` explains.
//!
//! A new one is a static `LINT` with a free code and a name that reads well behind "allow", a `check`
//! that gives findings to the report (which is the gate: see `allowance`), a page with the sections
//! *Reported*, *Fixed* where it mends, and *Not reported*, and a line in [`LINTS`]. The tests in
//! `tests/lints.rs` do the rest; `UPDATE_DOCS=1` writes the table in `docs/lints.md`.
//!
//! A finding's own place is where an author would mend it, inside of one sentence or declaration:
//! that is what a comment allows. An edit goes along only where it loosens nothing.

use super::Lint;

mod absolute_include;
mod any_program;
mod any_tool;
mod broad_escape;
mod broad_write;
mod case_sensitive_name;
mod command_runner;
mod condition_always_false;
mod condition_always_true;
mod confusable_name;
mod daemon_socket;
mod dangerous_delegation;
mod default_allow;
mod denial_without_reason;
mod duplicate_rule;
mod equivalent_rule;
mod escaped_hidden_character;
mod fails_open;
mod flag_in_place;
mod floors_lifted;
mod hand_written_home;
mod idle_exception;
mod ineffective_loosening;
mod interpreter;
mod mark_never_asked;
mod mark_never_set;
mod missed_folder;
mod misspelt_sandbox;
mod never_decides;
mod never_matches;
mod no_tests;
mod open_door;
mod open_inside;
mod option_without_effect;
mod public_suffix_wildcard;
mod raw_text_condition;
mod record_without_effect;
mod redundant_pattern;
mod redundant_rule;
mod remembered_always;
mod secret_left_writable;
mod trust_of_all;
mod twin_roots;
mod unanswerable_ask;
mod unanswered_ask;
mod unknown_allowance;
mod unnamed_rule;
mod unreasoned_allowance;
mod unrestricted_credentials;
mod unrestricted_install;
mod untested_rule;
mod unused_allowance;
mod unused_attribute;
mod unused_root;
mod unused_sandbox;
mod unused_set;
mod unversioned_policy;
mod url_by_glob;
mod wrapper_allowed;
mod writable_hooks;
mod writable_settings;
mod writing_flag;

/// Every lint, in the order of the codes. L001 to L019 are for those that need a proof.
pub static LINTS: &[&Lint] = &[
    &never_matches::LINT,
    &never_decides::LINT,
    &redundant_rule::LINT,
    &condition_always_true::LINT,
    &condition_always_false::LINT,
    &duplicate_rule::LINT,
    &equivalent_rule::LINT,
    &idle_exception::LINT,
    &ineffective_loosening::LINT,
    &dangerous_delegation::LINT,
    &unanswerable_ask::LINT,
    &denial_without_reason::LINT,
    &unnamed_rule::LINT,
    &unversioned_policy::LINT,
    &broad_write::LINT,
    &missed_folder::LINT,
    &hand_written_home::LINT,
    &secret_left_writable::LINT,
    &writable_hooks::LINT,
    &writable_settings::LINT,
    &redundant_pattern::LINT,
    &twin_roots::LINT,
    &case_sensitive_name::LINT,
    &public_suffix_wildcard::LINT,
    &open_inside::LINT,
    &open_door::LINT,
    &daemon_socket::LINT,
    &url_by_glob::LINT,
    &any_program::LINT,
    &interpreter::LINT,
    &command_runner::LINT,
    &writing_flag::LINT,
    &flag_in_place::LINT,
    &wrapper_allowed::LINT,
    &raw_text_condition::LINT,
    &any_tool::LINT,
    &unrestricted_credentials::LINT,
    &unrestricted_install::LINT,
    &trust_of_all::LINT,
    &default_allow::LINT,
    &floors_lifted::LINT,
    &fails_open::LINT,
    &unanswered_ask::LINT,
    &remembered_always::LINT,
    &broad_escape::LINT,
    &option_without_effect::LINT,
    &record_without_effect::LINT,
    &unused_set::LINT,
    &unused_root::LINT,
    &mark_never_set::LINT,
    &mark_never_asked::LINT,
    &unused_attribute::LINT,
    &unused_sandbox::LINT,
    &misspelt_sandbox::LINT,
    &confusable_name::LINT,
    &escaped_hidden_character::LINT,
    &absolute_include::LINT,
    &untested_rule::LINT,
    &no_tests::LINT,
    &unreasoned_allowance::LINT,
    &unknown_allowance::LINT,
    &unused_allowance::LINT,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What takes nothing away is known last, so the last lint is that of unused allowances.
    #[test]
    fn they_stand_in_the_order_of_their_codes() {
        assert!(LINTS.is_sorted_by_key(|lint| lint.code.code));
        assert_eq!(LINTS.last().map(|lint| lint.name), Some("unused-allowance"));
    }
}
