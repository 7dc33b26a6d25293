//! Taking away from a failing case what the failure does not need.
//!
//! Both functions go on until nothing more can be taken away. `fails` must say whether the
//! smaller case still fails in the same way; one that is no valid case does not.

use serde_json::Value;

use crate::{Item, Policy};

/// Makes a policy smaller: fewer files, fewer items, fewer clauses.
pub fn shrink_policy(mut policy: Policy, mut fails: impl FnMut(&Policy) -> bool) -> Policy {
    while let Some(smaller) = smaller_policies(&policy).into_iter().find(|policy| fails(policy)) {
        policy = smaller;
    }
    policy
}

/// Makes a request smaller: fewer fields, shorter lists and texts.
pub fn shrink_request(mut request: Value, mut fails: impl FnMut(&Value) -> bool) -> Value {
    while let Some(smaller) = smaller_values(&request).into_iter().find(|request| fails(request)) {
        request = smaller;
    }
    request
}

fn smaller_policies(policy: &Policy) -> Vec<Policy> {
    let mut all = Vec::new();
    if policy.files.len() > 1 {
        all.extend(without_each(&policy.files).map(|files| Policy { files }));
    }
    for (index, file) in policy.files.iter().enumerate() {
        let mut with = |change: &dyn Fn(&mut crate::PolicyFile)| {
            let mut smaller = policy.clone();
            change(&mut smaller.files[index]);
            all.push(smaller);
        };
        if file.declares {
            with(&|file| file.declares = false);
        }
        for items in smaller_items(&file.items) {
            with(&|file| file.items.clone_from(&items));
        }
    }
    all
}

fn smaller_items(items: &[Item]) -> Vec<Vec<Item>> {
    let mut all: Vec<Vec<Item>> = without_each(items).collect();
    for (index, item) in items.iter().enumerate() {
        for replacement in smaller_item(item) {
            let mut smaller = items.to_vec();
            smaller.splice(index..=index, replacement);
            all.push(smaller);
        }
    }
    all
}

/// What may stand instead of an item: what is in the block, or the item with less in it.
fn smaller_item(item: &Item) -> Vec<Vec<Item>> {
    match item {
        Item::Block(head, items) => {
            let smaller = smaller_items(items).into_iter();
            let blocks = smaller.map(|items| vec![Item::Block(head.clone(), items)]);
            [items.clone()].into_iter().chain(blocks).collect()
        }
        Item::Sentence(sentence) => without_each(&sentence.clauses)
            .map(|clauses| vec![Item::Sentence(crate::Sentence { clauses, ..sentence.clone() })])
            .collect(),
    }
}

fn smaller_values(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(members) => {
            let removable = members.keys().filter(|name| *name != "action");
            let fewer = removable.map(|name| {
                let mut fewer = members.clone();
                fewer.shift_remove(name);
                Value::Object(fewer)
            });
            let smaller = members.iter().filter(|(name, _)| *name != "action");
            let smaller = smaller.flat_map(|(name, member)| {
                smaller_values(member).into_iter().map(|value| {
                    let mut changed = members.clone();
                    changed.insert(name.clone(), value);
                    Value::Object(changed)
                })
            });
            fewer.chain(smaller).collect()
        }
        Value::Array(items) => {
            let fewer = without_each(items).map(Value::Array);
            let smaller = items.iter().enumerate().flat_map(|(index, item)| {
                smaller_values(item).into_iter().map(move |value| {
                    let mut changed = items.clone();
                    changed[index] = value;
                    Value::Array(changed)
                })
            });
            fewer.chain(smaller).collect()
        }
        Value::String(text) => shorter_texts(text).map(Value::String).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => vec![],
    }
}

/// A text without one of its words, or without its last path component.
fn shorter_texts(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<&str> = text.split(' ').collect();
    let fewer_words: Vec<String> = match words.len() {
        1 => vec![],
        _ => without_each(&words).map(|words| words.join(" ")).collect(),
    };
    let parent = text.rfind('/').filter(|&at| at > 0).map(|at| text[..at].to_owned());
    fewer_words.into_iter().chain(parent)
}

/// The lists with one element less.
fn without_each<T: Clone>(items: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..items.len()).map(|index| {
        let mut fewer = items.to_vec();
        fewer.remove(index);
        fewer
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dice, policy, request};

    #[test]
    fn one_seed_makes_one_case() {
        let case = |seed| {
            let mut dice = Dice::new(seed);
            (policy(&mut dice).to_string(), request(&mut dice).to_string())
        };
        assert_eq!(case(7), case(7));
        assert_ne!(case(7), case(8));
    }

    #[test]
    fn what_the_failure_needs_is_left() {
        let fails = |policy: &Policy| policy.to_string().contains("deny");
        let seed = (0..).find(|&seed| fails(&policy(&mut Dice::new(seed)))).expect("one denies");
        let small = shrink_policy(policy(&mut Dice::new(seed)), fails);
        let [file] = &small.files[..] else { panic!("{small}") };
        let [Item::Sentence(sentence)] = &file.items[..] else { panic!("{small}") };
        assert!(!file.declares && sentence.clauses.is_empty(), "{small}");

        let fails = |request: &Value| request.to_string().contains("/w/a");
        let long = serde_json::json!({
            "action": "write", "path": "/w/a/b", "cwd": "/x", "context": {"branch": "main"}
        });
        let short = serde_json::json!({"action": "write", "path": "/w/a"});
        assert_eq!(shrink_request(long, fails), short);
    }
}
