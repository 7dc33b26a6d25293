#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| policy_fuzz::hook(text));
