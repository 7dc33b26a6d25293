//! Laws that follow from the language's page, for every policy and every request.
//!
//! A law makes from one policy a second, or from one request others, and compares what is decided.

use policy_generate::{Dice, Item, Policy, PolicyFile, Request, shrink_policy, shrink_request};
use serde_json::{Value, json};

use crate::answer::{Answer, Case, load, read_request};

const POLICIES: u64 = 100;
const REQUESTS_PER_POLICY: usize = 60;

#[test]
fn order_never_matters() {
    policy_law(|policy, dice| [policy.clone(), shuffled(policy, dice)], |one, other| one == other);
}

#[test]
fn adding_a_denial_never_loosens() {
    policy_law(
        |policy, dice| {
            let mut with_denial = policy.clone();
            let file = dice.below(policy.files.len());
            with_denial.files[file].items.push(policy_generate::deny_sentence(dice));
            with_denial.files[file].declares = true;
            [policy.clone(), with_denial]
        },
        |before, after| before.tier <= after.tier,
    );
}

#[test]
fn a_lower_layer_loosens_nothing_that_was_not_delegated() {
    policy_law(
        |policy, dice| {
            let mut above = without_items(policy, |item| item.starts_with("delegate"));
            for file in &mut above.files {
                if file.layer == "session" {
                    file.layer = "project";
                }
            }
            let mut with_lower = above.clone();
            with_lower.files.extend(
                policy_generate::policy(dice)
                    .files
                    .into_iter()
                    .map(|file| PolicyFile { layer: "session", ..file }),
            );
            [above, with_lower]
        },
        |above, with_lower| above.tier <= with_lower.tier,
    );
}

#[test]
fn removing_an_attribute_never_loosens() {
    // Whether an attribute `is present` is always known, so policies that ask for it can tell.
    request_law(
        |policy| without_items(policy, |item| item.contains("is present")),
        without_each_attribute,
        |sent, others| others.iter().all(|other| sent.tier <= other.tier),
    );
}

#[test]
fn a_root_that_is_not_bound_is_at_least_as_strict_as_any_binding() {
    request_law(Policy::clone, without_each_root, |bound, others| {
        others.iter().all(|unbound| bound.tier <= unbound.tier)
    });
}

#[test]
fn several_bindings_of_a_root_are_as_strict_as_one_of_them() {
    request_law(Policy::clone, with_each_binding, |several, each| {
        let tiers = || each.iter().map(|answer| answer.tier);
        each.is_empty()
            || tiers().min() <= Some(several.tier) && Some(several.tier) <= tiers().max()
    });
}

/// Compares two policies that are made from one.
fn policy_law(relate: fn(&Policy, &mut Dice) -> [Policy; 2], holds: fn(&Answer, &Answer) -> bool) {
    for seed in 0..POLICIES {
        let mut dice = Dice::new(seed);
        let policy = policy_generate::policy(&mut dice);
        let related = |policy: &Policy| {
            let [one, other] = relate(policy, &mut other_dice(seed));
            let cases = [load(&one).ok()?, load(&other).ok()?];
            Some(move |request: &Request| {
                let request = read_request(request)?;
                let answers = request.with_request(|request| {
                    cases.each_ref().map(|case| Answer::interpreted(&case.model, request))
                });
                (!holds(&answers[0], &answers[1])).then_some(answers)
            })
        };
        let breaks = related(&policy).expect("a generated policy is valid");
        for _ in 0..REQUESTS_PER_POLICY {
            let request = policy_generate::request(&mut dice);
            if breaks(&request).is_none() {
                continue;
            }
            let policy = shrink_policy(policy, |policy| {
                related(policy).is_some_and(|breaks| breaks(&request).is_some())
            });
            let breaks = related(&policy).expect("what was made smaller is valid");
            let request = shrink_request(request, |request| breaks(request).is_some());
            let (answers, [one, other]) =
                (breaks(&request), relate(&policy, &mut other_dice(seed)));
            panic!("{one}\n# against\n\n{other}\n{request}\n\n{answers:#?}");
        }
    }
}

/// Dice that throw differently from those that made the policy.
fn other_dice(seed: u64) -> Dice {
    Dice::new(!seed)
}

/// Compares a request with others that are made from it.
fn request_law(
    prepare: fn(&Policy) -> Policy,
    relate: fn(&Request) -> Vec<Request>,
    holds: fn(&Answer, &[Answer]) -> bool,
) {
    let breaks = |case: &Case, request: &Request| {
        let decide = |request: &Request| {
            let request = read_request(request)?;
            Some(request.with_request(|request| Answer::interpreted(&case.model, request)))
        };
        let answer = decide(request)?;
        let others: Vec<_> = relate(request).iter().filter_map(decide).collect();
        (!holds(&answer, &others)).then_some((answer, others))
    };
    for seed in 0..POLICIES {
        let mut dice = Dice::new(seed);
        let policy = prepare(&policy_generate::policy(&mut dice));
        let case = load(&policy).expect("a generated policy is valid");
        for _ in 0..REQUESTS_PER_POLICY {
            let request = policy_generate::request(&mut dice);
            if breaks(&case, &request).is_none() {
                continue;
            }
            let policy = shrink_policy(policy, |policy| {
                load(policy).is_ok_and(|case| breaks(&case, &request).is_some())
            });
            let case = load(&policy).expect("what was made smaller is valid");
            let request = shrink_request(request, |request| breaks(&case, request).is_some());
            let answers = breaks(&case, &request);
            panic!("{policy}\n{request}\n# against {:#?}\n\n{answers:#?}", relate(&request));
        }
    }
}

/// The same files and sentences in another order.
fn shuffled(policy: &Policy, dice: &mut Dice) -> Policy {
    let mut policy = policy.clone();
    shuffle(&mut policy.files, dice);
    policy.files.iter_mut().for_each(|file| shuffle_items(&mut file.items, dice));
    policy
}

fn shuffle_items(items: &mut [Item], dice: &mut Dice) {
    shuffle(items, dice);
    for item in items {
        if let Item::Block(_, items) = item {
            shuffle_items(items, dice);
        }
    }
}

fn shuffle<T>(all: &mut [T], dice: &mut Dice) {
    for last in (1..all.len()).rev() {
        all.swap(last, dice.below(last + 1));
    }
}

fn without_items(policy: &Policy, is_unwanted: fn(&str) -> bool) -> Policy {
    let mut policy = policy.clone();
    for file in &mut policy.files {
        file.items.retain(|item| !is_unwanted(&item.to_string()));
    }
    policy
}

/// The requests with one attribute less.
///
/// Left out are those whose absence says something: an escalation that is not asked for, marks
/// that were not set, the platform (which is then Linux), and where the path of the request starts
/// from or leads to. So is what a command runs: without it other parts are gone too.
fn without_each_attribute(request: &Request) -> Vec<Request> {
    const OF_ACTIONS: [&str; 21] = [
        "path",
        "host",
        "port",
        "url",
        "unix",
        "server",
        "tool",
        "args",
        "credential",
        "name",
        "kind",
        "source",
        "store",
        "mode",
        "origin",
        "env",
        "network",
        "trusted",
        "approval",
        "workspace_id",
        "annotations",
    ];
    const OF_CONTEXT: [&str; 19] = [
        "branch",
        "sandbox",
        "user",
        "groups",
        "agent",
        "model",
        "repo",
        "surface",
        "interactive",
        "risk",
        "ticket",
        "size",
        "area",
        "peer",
        "address",
        "tags",
        "urgent",
        "stage",
        "unheard",
    ];
    let own = OF_ACTIONS.iter().filter_map(|name| without(request, &[name]));
    let general = OF_CONTEXT.iter().filter_map(|name| without(request, &["context", name]));
    let arguments =
        ["path", "sql", "n"].into_iter().filter_map(|name| without(request, &["args", name]));
    own.chain(general).chain(arguments).collect()
}

/// The requests in which one root less is bound.
fn without_each_root(request: &Request) -> Vec<Request> {
    let Some(roots) = independent_roots(request) else { return vec![] };
    roots.iter().filter_map(|name| without(request, &["roots", name])).collect()
}

/// For the first root with several bindings, the requests with one of them each.
fn with_each_binding(request: &Request) -> Vec<Request> {
    let names = independent_roots(request).unwrap_or_default();
    let several = |name: &&str| request["roots"][*name].is_array();
    let Some(name) = names.into_iter().find(several) else { return vec![] };
    let bindings = request["roots"][name].as_array().into_iter().flatten();
    bindings
        .map(|binding| {
            let mut request = request.clone();
            request["roots"][name] = json!(binding);
            request
        })
        .collect()
}

/// The roots that are bound, where nothing but patterns depends on them: no path of the request
/// starts from one.
fn independent_roots(request: &Request) -> Option<Vec<&str>> {
    let text = request.to_string();
    let starts_from_a_root = text.contains('~')
        || text.contains("HOME")
        || request.get("cwd").is_none()
        || request["context"]["platform"] == "windows";
    if starts_from_a_root {
        return None;
    }
    Some(request.get("roots")?.as_object()?.keys().map(String::as_str).collect())
}

/// The request without the member at a path of names; none where it has no such member.
fn without(request: &Request, path: &[&str]) -> Option<Request> {
    let (last, folders) = path.split_last()?;
    let mut less = request.clone();
    folders
        .iter()
        .try_fold(&mut less, |value, name| value.get_mut(name))
        .and_then(Value::as_object_mut)?
        .shift_remove(*last)?;
    Some(less)
}
