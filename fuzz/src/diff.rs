//! Two policies by choice, compared.

use policy_eval::RequestBuf;
use policy_generate::Dice;
use policy_lang::diff::compare;

use crate::answer::load;
use crate::sound;

/// How many requests each pair of policies is asked.
const REQUESTS: usize = 20;
/// How many sentences or blocks each file has at most.
const SENTENCES: usize = 4;
/// Less than usual, so that one pair of policies takes no second.
const BUDGET: u64 = 20_000;

/// Each byte is one choice in the making of a policy, of edits to it, then of requests. The
/// interpreter confirms each difference that is told; where the comparison is complete, no request
/// shows one that is not told.
pub fn diff(bytes: &[u8]) {
    let mut dice = Dice::from_bytes(bytes);
    let mut old_text = policy_generate::policy(&mut dice);
    // Few sentences, so that many pairs are compared.
    old_text.files.iter_mut().for_each(|file| file.items.truncate(SENTENCES));
    let edits = 1 + dice.below(6);
    let new_text = policy_generate::edited(&mut dice, &old_text, edits);
    // An edit may make a policy that is not valid.
    let (Ok(old), Ok(new)) = (load(&old_text), load(&new_text)) else { return };
    let report = compare(&old.model, &new.model, BUDGET).expect("a valid policy compiles");
    let requests: Vec<RequestBuf> = (0..REQUESTS)
        .map(|_| policy_generate::request(&mut dice).to_string())
        .map(|request| RequestBuf::from_json(&request).expect("a request"))
        .collect();
    if let Err((what, request)) = sound::check([&old.model, &new.model], &report, &requests) {
        let request = request.with_request(|request| policy_eval::to_json(request).canonical());
        panic!("{what}\n--- old\n{old_text}\n--- new\n{new_text}\n{request}");
    }
}
