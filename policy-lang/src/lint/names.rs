//! Where names are used: what files declare, and what they and others ask for.

use std::collections::BTreeSet;

use super::context::{Context, File, attribute, each_item, walk};
use crate::syntax::ast::{BlockHead, Condition, Item, List, Object, Text, Value};

/// The names of sets that stand somewhere, in any file.
pub(super) fn sets_in_use<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let mut used = BTreeSet::new();
    for file in context.files {
        each_item(&file.tree.items, &mut |item| {
            let objects: Vec<&'a Object> = match item {
                Item::Sentence(sentence) => {
                    sentence.matches.objects.iter().chain(&sentence.matches.except).collect()
                }
                Item::Proof(proof) => {
                    proof.matches.objects.iter().chain(&proof.matches.except).collect()
                }
                Item::Trust(trust) => trust.tools.iter().collect(),
                Item::Set(set) => set.members.iter().collect(),
                _ => Vec::new(),
            };
            used.extend(objects.into_iter().filter_map(|object| match object {
                Object::Set(name) => Some(name.node.as_str()),
                _ => None,
            }));
        });
        for condition in context.conditions(file) {
            walk(condition, &mut |part| {
                if let Condition::In { list: List::Set(name), .. } = part {
                    used.insert(&name.node);
                }
            });
        }
    }
    used
}

/// The texts that conditions compare an attribute with, and their files.
pub(super) fn compared_with<'a>(context: &Context<'a>, name: &str) -> Vec<(&'a File, &'a Text)> {
    let mut found = Vec::new();
    for file in context.files {
        for condition in context.conditions(file) {
            walk(condition, &mut |part| {
                if attribute(part).is_none_or(|path| path.names != [name]) {
                    return;
                }
                let values: Vec<&'a Value> = match part {
                    Condition::Compare { value, .. } => vec![value],
                    Condition::In { list: List::Values(values, _), .. } => values.iter().collect(),
                    _ => Vec::new(),
                };
                found.extend(values.into_iter().filter_map(|value| match value {
                    Value::Text(text) => Some((file, text)),
                    _ => None,
                }));
            });
        }
    }
    found
}

/// The names of sandboxes that blocks declare, in any file.
pub(super) fn sandboxes<'a>(context: &Context<'a>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for file in context.files {
        each_item(&file.tree.items, &mut |item| {
            if let Item::Block(block) = item
                && let BlockHead::Sandbox { name, .. } = &block.head
            {
                names.insert(name.node.as_str());
            }
        });
    }
    names
}

/// What a string is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It names something, or is a pattern of names.
    Name,
    /// A regex.
    Regex,
    /// People read it.
    Prose,
}

/// Calls a function with every string literal of a file.
pub(super) fn each_text<'a>(file: &'a File, visit: &mut impl FnMut(Role, &'a Text)) {
    if let Some(version) = file.tree.header.as_ref().and_then(|header| header.version.as_ref()) {
        visit(Role::Prose, version);
    }
    each_item(&file.tree.items, &mut |item| match item {
        Item::Set(set) => objects(&set.members, visit),
        Item::Root(root) => root.within.iter().for_each(|text| visit(Role::Name, text)),
        Item::Include(include) => visit(Role::Name, &include.path),
        Item::Trust(trust) => objects(&trust.tools, visit),
        Item::Sentence(sentence) => {
            objects(&sentence.matches.objects, visit);
            objects(&sentence.matches.except, visit);
            sentence.because.iter().for_each(|text| visit(Role::Prose, text));
        }
        Item::Proof(proof) => {
            objects(&proof.matches.objects, visit);
            objects(&proof.matches.except, visit);
            proof.because.iter().for_each(|text| visit(Role::Prose, text));
        }
        Item::Test(test) => visit(Role::Prose, &test.name),
        _ => {}
    });
    let mut found = Vec::new();
    super::context::conditions_of(&file.tree.items, &mut found);
    for condition in found {
        walk(condition, &mut |part| match part {
            Condition::Matches { regex, .. } => visit(Role::Regex, regex),
            Condition::Like { pattern: text, .. } | Condition::Marked { name: text, .. } => {
                visit(Role::Name, text);
            }
            Condition::Compare { value, .. } | Condition::Contains { value, .. } => {
                values(std::slice::from_ref(value), visit);
            }
            Condition::In { list: List::Values(list, _), .. } => values(list, visit),
            _ => {}
        });
    }
}

fn objects<'a>(list: &'a [Object], visit: &mut impl FnMut(Role, &'a Text)) {
    for object in list {
        if let Object::Pattern(text) | Object::Unix { pattern: text, .. } = object {
            visit(Role::Name, text);
        }
    }
}

fn values<'a>(list: &'a [Value], visit: &mut impl FnMut(Role, &'a Text)) {
    for value in list {
        match value {
            Value::Text(text) => visit(Role::Name, text),
            Value::Set(inner, _) => values(inner, visit),
            _ => {}
        }
    }
}
