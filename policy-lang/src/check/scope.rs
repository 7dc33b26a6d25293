//! What each file knows: the sets, roots, attributes and sandboxes that it declares or includes.

use std::collections::{BTreeMap, BTreeSet};

use policy_eval::{Attr, BUILTIN_ROOTS, Type};

use super::error::{CheckError, Report};
use super::files::Files;
use super::pattern::{self, Fault, PatternError, Roots};
use super::{MAX_ROOTS, MAX_SANDBOXES};
use crate::diagnostic::{Diagnostic, nearest};
use crate::model::pattern::{PathBase, PathPattern, RootId};
use crate::model::{DeclaredAttribute, DeclaredType, Root};
use crate::span::{Location, SourceId, Span};
use crate::syntax::ast::{self, AttributeType, BlockHead, Item, Name, SetKind};

/// Names a set by where it is declared: its file, and its place among the items of the file.
pub(super) type SetRef = (SourceId, usize);

/// The names that one file may use.
#[derive(Clone, Default)]
pub(super) struct Scope {
    pub(super) sets: BTreeMap<String, (SetRef, SetKind)>,
    pub(super) roots: Roots,
    /// Indices into the declared attributes.
    pub(super) attributes: BTreeMap<String, usize>,
    pub(super) sandboxes: BTreeSet<String>,
}

impl Scope {
    /// Adds what an included file knows. A set of one name from two files is an error.
    fn include(&mut self, inner: &Scope, files: &Files, report: &mut Report) {
        for (name, &(set, kind)) in &inner.sets {
            self.declare_set(name, set, kind, files, report);
        }
        self.roots.extend(inner.roots.iter().map(|(name, &root)| (name.clone(), root)));
        self.attributes.extend(inner.attributes.iter().map(|(name, &index)| (name.clone(), index)));
        self.sandboxes.extend(inner.sandboxes.iter().cloned());
    }

    fn declare_set(
        &mut self,
        name: &str,
        set: SetRef,
        kind: SetKind,
        files: &Files,
        report: &mut Report,
    ) {
        match self.sets.insert(name.to_owned(), (set, kind)) {
            // Two ways may lead to one declaration.
            Some((other, _)) if other != set => {
                report.add(declared_twice(
                    "set",
                    name,
                    set_name(files, set).1,
                    set_name(files, other).1,
                ));
            }
            _ => {}
        }
    }
}

/// The names of all files.
pub(super) struct Scopes {
    by_file: Vec<Scope>,
    pub(super) roots: Vec<Root>,
    pub(super) attributes: Vec<DeclaredAttribute>,
    sandboxes: Sandboxes,
}

impl Scopes {
    /// Reads the declarations of all files.
    pub(super) fn read(files: &Files, report: &mut Report) -> Scopes {
        let mut scopes = Scopes {
            by_file: vec![Scope::default(); files.sources.len()],
            roots: read_roots(files, report),
            attributes: read_attributes(files, report),
            sandboxes: Sandboxes::read(files, report),
        };
        for file in files.included_first() {
            scopes.by_file[file.0 as usize] = scopes.scope(files, file, report);
        }
        scopes.sandboxes.check(&scopes.by_file, report);
        scopes
    }

    /// What a file knows.
    pub(super) fn of(&self, file: SourceId) -> &Scope {
        &self.by_file[file.0 as usize]
    }

    /// A sandbox and every one that extends it, in the file and in files that include it.
    pub(super) fn derived(&self, file: SourceId, name: &str) -> BTreeSet<String> {
        self.sandboxes.derived(file, name)
    }

    /// What a file declares and includes. The scopes of what it includes are there already.
    fn scope(&self, files: &Files, file: SourceId, report: &mut Report) -> Scope {
        let mut scope = Scope { roots: builtin_roots(), ..Scope::default() };
        for included in files.includes(file) {
            scope.include(self.of(included.file), files, report);
        }
        for (index, item) in files.tree(file).items.iter().enumerate() {
            match item {
                Item::Set(set) => {
                    let (name, kind) = (&set.name.node, set.kind.node);
                    scope.declare_set(name, (file, index), kind, files, report);
                }
                Item::Root(root) => {
                    let name = &root.name.node;
                    if let Some(id) = self.roots.iter().position(|known| known.name == *name) {
                        scope.roots.insert(name.clone(), RootId(id as u16));
                    }
                }
                Item::Attribute(attribute) => {
                    let name = &attribute.name.node;
                    if let Ok(id) = self.attributes.binary_search_by_key(&name, |known| &known.name)
                    {
                        scope.attributes.insert(name.clone(), id);
                    }
                }
                _ => {}
            }
        }
        let own = self.sandboxes.declared.keys().filter(|(declarer, _)| *declarer == file);
        scope.sandboxes.extend(own.map(|(_, name)| name.clone()));
        scope
    }
}

fn declared_twice(what: &'static str, name: &str, at: Location, first: Location) -> Diagnostic {
    let name = name.to_owned();
    CheckError::DeclaredTwice { what, name }.at(at).label(first, "declared here already")
}

/// The name of a set, and where it is declared.
pub(super) fn set_name(files: &Files, (file, index): SetRef) -> (String, Location) {
    match files.tree(file).items.get(index) {
        Some(Item::Set(set)) => {
            (set.name.node.clone(), Location { source: file, span: set.name.span })
        }
        // A reference is made from a set, so there is one.
        _ => (String::new(), Location { source: file, span: Span::default() }),
    }
}

fn builtin_roots() -> Roots {
    BUILTIN_ROOTS
        .iter()
        .enumerate()
        .map(|(index, name)| ((*name).to_owned(), RootId(index as u16)))
        .collect()
}

/// Declarations of one name, each with its place, in the order of files.
type Declarations<'f, T> = Vec<(&'f T, Location)>;

/// What files declare, by name, at least one declaration each. Several files may declare one
/// thing, but each file only once.
fn declarations<'f, T>(
    files: &'f Files,
    what: &'static str,
    report: &mut Report,
    pick: impl Fn(&'f Item) -> Option<(&'f T, &'f Name)>,
) -> BTreeMap<&'f str, Declarations<'f, T>> {
    let mut by_name: BTreeMap<&str, Declarations<'f, T>> = BTreeMap::new();
    for file in files.all() {
        for (declaration, name) in files.tree(file).items.iter().filter_map(&pick) {
            let at = Location { source: file, span: name.span };
            let known = by_name.entry(&name.node).or_default();
            match known.iter().find(|(_, other)| other.source == file) {
                Some((_, first)) => report.add(declared_twice(what, &name.node, at, *first)),
                None => known.push((declaration, at)),
            }
        }
    }
    by_name
}

/// The built-in roots, then the declared ones by name. A built-in root may be declared to say
/// where it lies.
fn read_roots(files: &Files, report: &mut Report) -> Vec<Root> {
    let declared = declarations(files, "root", report, |item| match item {
        Item::Root(root) => Some((root, &root.name)),
        _ => None,
    });
    let mut roots: Vec<Root> = BUILTIN_ROOTS
        .iter()
        .map(|name| Root { name: (*name).to_owned(), within: Vec::new(), at: None })
        .collect();
    for (name, declarations) in declared {
        let root = declared_root(name, &declarations, report);
        if let Some(known) = roots.iter_mut().find(|known| known.name == name) {
            *known = root;
        } else if roots.len() < MAX_ROOTS {
            roots.push(root);
        } else if let Some(at) = root.at {
            report.add_once("roots", CheckError::TooMany { what: "roots", most: MAX_ROOTS }.at(at));
        }
    }
    roots
}

/// One root from its declarations. Those that say where it lies must agree.
fn declared_root(name: &str, declarations: &[(&ast::Root, Location)], report: &mut Report) -> Root {
    let mut bounded = declarations.iter().filter(|(root, _)| !root.within.is_empty());
    let first = bounded.next();
    if let Some((root, at)) = first {
        let values = |root: &ast::Root| -> Vec<String> {
            root.within.iter().map(|text| text.value.clone()).collect()
        };
        for (_, place) in bounded.filter(|(other, _)| values(other) != values(root)) {
            let error = CheckError::TwoPlaces { name: name.to_owned() };
            report.add(error.at(*place).label(*at, "the other place"));
        }
    }
    let within = first.map_or(Vec::new(), |(root, at)| within(root, at.source, report));
    Root { name: name.to_owned(), within, at: declarations.first().map(|(_, at)| *at) }
}

/// The patterns of `within`: absolute ones, since a root may not hang on another.
fn within(root: &ast::Root, file: SourceId, report: &mut Report) -> Vec<PathPattern> {
    let mut patterns = Vec::new();
    for text in &root.within {
        let fold = text.kind == ast::TextKind::IgnoreCase;
        let at = Location { source: file, span: text.span };
        match pattern::path(&text.value, fold, &builtin_roots()) {
            Ok((base @ PathBase::Absolute, items)) => {
                patterns.push(PathPattern { base, items, written: text.value.clone(), at });
            }
            Ok(_) => report.add(CheckError::from(Fault::RelativeWithin).at(at)),
            Err(PatternError { fault: Fault::RelativePath { .. }, .. }) => {
                report.add(CheckError::from(Fault::RelativeWithin).at(at));
            }
            Err(error) => report.add_pattern(error, text, file),
        }
    }
    patterns
}

/// The declared attributes by name.
fn read_attributes(files: &Files, report: &mut Report) -> Vec<DeclaredAttribute> {
    let declared = declarations(files, "attribute", report, |item| match item {
        Item::Attribute(attribute) => Some((attribute, &attribute.name)),
        _ => None,
    });
    let mut attributes = Vec::new();
    for (name, declarations) in declared {
        let Some(&(first, at)) = declarations.first() else { continue };
        if Attr::from_name(name).is_some() || name == "args" {
            let name = name.to_owned();
            report.add(CheckError::OwnName { what: "attributes", name }.at(at));
        }
        let ty = declared_type(&first.ty.node);
        for (other, place) in &declarations[1..] {
            if declared_type(&other.ty.node) != ty {
                let place = Location { source: place.source, span: other.ty.span };
                let error = CheckError::TwoTypes { name: name.to_owned() };
                let first = Location { source: at.source, span: first.ty.span };
                report.add(error.at(place).label(first, "the other type"));
            }
        }
        attributes.push(DeclaredAttribute { name: name.to_owned(), ty, at });
    }
    attributes
}

/// A type as the model has it. The words of a closed list are sorted: their order says nothing.
fn declared_type(ty: &AttributeType) -> DeclaredType {
    DeclaredType::Builtin(match ty {
        AttributeType::String => Type::String,
        AttributeType::Int => Type::Int,
        AttributeType::Bool => Type::Bool,
        AttributeType::Path => Type::Path,
        AttributeType::Host => Type::Host,
        AttributeType::Ip => Type::Ip,
        AttributeType::StringSet => Type::StringSet,
        AttributeType::OneOf(words) => {
            let words: BTreeSet<String> = words.iter().map(|word| word.value.clone()).collect();
            return DeclaredType::OneOf(words.into_iter().collect());
        }
    })
}

/// Which sandbox extends which, and which files see it.
struct Sandboxes {
    /// By file and name, where the name first stands.
    declared: BTreeMap<(SourceId, String), Location>,
    /// From a sandbox to those that extend it, and the files that say so.
    extended_by: BTreeMap<String, BTreeMap<String, BTreeSet<SourceId>>>,
    /// Every name behind `extends`, and the sandbox that extends it.
    extends: Vec<(Location, String, String)>,
    /// For each file those that include it, on any way, and itself.
    includers: Vec<BTreeSet<SourceId>>,
}

impl Sandboxes {
    fn read(files: &Files, report: &mut Report) -> Sandboxes {
        let mut sandboxes = Sandboxes {
            declared: BTreeMap::new(),
            extended_by: BTreeMap::new(),
            extends: Vec::new(),
            includers: files.all().map(|file| BTreeSet::from([file])).collect(),
        };
        for file in files.all() {
            sandboxes.heads(&files.tree(file).items, file, report);
        }
        for file in files.included_first().into_iter().rev() {
            // Whoever includes this file includes what it includes.
            let outer = sandboxes.includers[file.0 as usize].clone();
            for included in files.includes(file) {
                sandboxes.includers[included.file.0 as usize].extend(&outer);
            }
        }
        sandboxes
    }

    /// Takes in the heads of `sandbox` blocks, nested ones too. The parser bounds the nesting.
    fn heads(&mut self, items: &[Item], file: SourceId, report: &mut Report) {
        for item in items {
            let Item::Block(block) = item else { continue };
            if let BlockHead::Sandbox { name, extends } = &block.head {
                self.head(name, extends.as_ref(), file, report);
            }
            self.heads(&block.items, file, report);
        }
    }

    fn head(&mut self, name: &Name, extends: Option<&Name>, file: SourceId, report: &mut Report) {
        let at = Location { source: file, span: name.span };
        let key = (file, name.node.clone());
        if MAX_SANDBOXES <= self.declared.len() && !self.declared.contains_key(&key) {
            let error = CheckError::TooMany { what: "sandboxes", most: MAX_SANDBOXES };
            return report.add_once("sandboxes", error.at(at));
        }
        self.declared.entry(key).or_insert(at);
        let Some(parent) = extends else { return };
        let children = self.extended_by.entry(parent.node.clone()).or_default();
        if children.entry(name.node.clone()).or_default().insert(file) {
            let at = Location { source: file, span: parent.span };
            self.extends.push((at, parent.node.clone(), name.node.clone()));
        }
    }

    fn derived(&self, file: SourceId, name: &str) -> BTreeSet<String> {
        let visible = &self.includers[file.0 as usize];
        let mut derived = BTreeSet::from([name.to_owned()]);
        let mut new = vec![name];
        while let Some(parent) = new.pop() {
            for (child, files) in self.extended_by.get(parent).into_iter().flatten() {
                if !files.is_disjoint(visible) && derived.insert(child.clone()) {
                    new.push(child);
                }
            }
        }
        derived
    }

    /// Each `extends` names a sandbox that its file knows, and leads to no circle.
    fn check(&self, scopes: &[Scope], report: &mut Report) {
        let mut in_circle: BTreeSet<&str> = BTreeSet::new();
        for (at, parent, name) in &self.extends {
            let known = &scopes[at.source.0 as usize].sandboxes;
            if !known.contains(parent) {
                let others = known.iter().map(String::as_str).filter(|known| known != name);
                let nearest = nearest(parent, others).map(str::to_owned);
                let error = CheckError::UnknownSandbox { name: parent.clone(), nearest };
                report.add_once(parent, error.at(*at));
            } else if !in_circle.contains(parent.as_str())
                && self.derived(at.source, name).contains(parent)
            {
                in_circle.extend([name.as_str(), parent.as_str()]);
                let error = CheckError::Circle { what: "sandbox", name: name.clone() };
                report.add(error.at(*at));
            }
        }
    }
}
