//! Policies and requests by choice, decided by all engines.

use policy_eval::Policy;
use policy_generate::Dice;
use policy_lang::compile::compile;

use crate::answer::{Answer, load, read_request};

/// How many requests each policy is asked.
const REQUESTS: usize = 20;
/// How many sentences or blocks each file has at most.
const SENTENCES: usize = 8;

/// Each byte is one choice in the making of a policy, then of requests. The interpreter, the
/// interpreter of the policy's layout and the loaded artifact decide alike.
pub fn engines(bytes: &[u8]) {
    let mut dice = Dice::from_bytes(bytes);
    let mut text = policy_generate::policy(&mut dice);
    // Few sentences, so that many policies are tried.
    text.files.iter_mut().for_each(|file| file.items.truncate(SENTENCES));
    let case = load(&text).unwrap_or_else(|error| panic!("{error}\n\n{text}"));
    let formatted = case.formatted();
    let policy = compile(&case.model).expect("a valid policy compiles");
    let policy = Policy::load(policy.artifact().to_vec()).expect("it loads");
    assert_eq!(policy.verify(), Ok(()));
    for _ in 0..REQUESTS {
        let request = policy_generate::request(&mut dice);
        let sent = read_request(&request).expect("a generated request is a request");
        sent.with_request(|sent| {
            let judged = Answer::interpreted(&case.model, sent);
            let again = Answer::interpreted(&formatted, sent);
            assert_eq!(again, judged, "the layout\n{text}\n{request}");
            let decided = Answer::decided(&policy.decide(sent));
            assert_eq!(decided, judged, "the artifact\n{text}\n{request}");
        });
    }
}
