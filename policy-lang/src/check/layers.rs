//! Layers: which files stand in which, and what each says apart from its rules.

use std::collections::{BTreeMap, BTreeSet};

use policy_eval::{Action, ActionSet, Layer, Tier};

use super::error::{CheckError, Report};
use super::files::Files;
use super::sentences::Checker;
use crate::diagnostic::{Diagnostic, nearest};
use crate::model::LayerModel;
use crate::span::{Location, SourceId, Span};
use crate::syntax::ast::{Item, Name};

/// A file and a layer that it stands in.
pub(super) type Standing = (Layer, SourceId);

/// The given files with their layers, in an order that does not depend on the one given.
pub(super) fn given(files: &Files, report: &mut Report) -> Vec<Standing> {
    for file in files.all() {
        if let Some(name) = layer_name(files, file)
            && Layer::from_name(&name.node).is_none()
        {
            report.add(unknown_layer(name, file));
        }
    }
    let layer = |file: SourceId| {
        layer_name(files, file)
            .and_then(|name| Layer::from_name(&name.node))
            .unwrap_or(Layer::Managed)
    };
    let mut given: Vec<_> = files.given().iter().map(|&file| (layer(file), file)).collect();
    given.sort_by_key(|&(layer, file)| (layer, &files.source(file).name, file));
    given
}

fn layer_name(files: &Files, file: SourceId) -> Option<&Name> {
    files.tree(file).header.as_ref()?.layer.as_ref()
}

fn unknown_layer(name: &Name, file: SourceId) -> Diagnostic {
    let nearest = nearest(&name.node, Layer::ALL.map(Layer::name));
    let error = CheckError::UnknownLayer { name: name.node.clone(), nearest };
    error.at(Location { source: file, span: name.span })
}

/// Which file's sentences stand in which layer: each given file in its own, and what it
/// `include rules` in the same.
pub(super) fn standing(files: &Files, given: &[Standing]) -> Vec<Standing> {
    let mut standing = BTreeSet::new();
    let mut next = given.to_vec();
    while let Some((layer, file)) = next.pop() {
        if standing.insert((layer, file)) {
            let rules = files.includes(file).iter().filter(|included| included.rules);
            next.extend(rules.map(|included| (layer, included.file)));
        }
    }
    let mut standing: Vec<_> = standing.into_iter().collect();
    standing.sort_by_key(|&(layer, file)| (layer, &files.source(file).name, file));
    standing
}

impl Checker<'_> {
    /// What the layers say apart from their rules. A project is never the top.
    pub(super) fn layers(&mut self, given: &[Standing]) -> Vec<LayerModel> {
        let mut layers: Vec<LayerDraft> = Vec::new();
        if given.first().is_none_or(|(layer, _)| *layer == Layer::Project) {
            layers.push(LayerDraft::new(Layer::Managed));
        }
        for &(layer, file) in given {
            if layers.last().is_none_or(|last| last.layer != layer) {
                layers.push(LayerDraft::new(layer));
            }
            let own = self.own_layer(layer, file);
            if let Some(draft) = layers.last_mut() {
                draft.join(own);
            }
        }
        layers
            .into_iter()
            .enumerate()
            .map(|(index, draft)| draft.finish(if index == 0 { Some(Tier::Ask) } else { None }))
            .collect()
    }

    /// The defaults and delegations of one file.
    fn own_layer(&mut self, layer: Layer, file: SourceId) -> LayerDraft {
        let mut draft = LayerDraft::new(layer);
        let mut places: BTreeMap<Option<Action>, Span> = BTreeMap::new();
        for item in &self.files.tree(file).items {
            match item {
                Item::Default(default) => {
                    let tier = default.tier.node;
                    let mut write = |checker: &mut Self, action: Option<Action>, span: Span| {
                        if let Some(first) = places.insert(action, span) {
                            checker.default_twice(action, span, first, file);
                        }
                        draft.write(action, tier);
                    };
                    if default.actions.is_empty() {
                        write(self, None, default.span);
                    }
                    for name in &default.actions {
                        if name.node == "*" {
                            write(self, None, name.span);
                        } else if let Some(action) = self.action(name, file) {
                            write(self, Some(action), name.span);
                        }
                    }
                }
                Item::Delegate(delegate) => {
                    let actions = self.actions(&delegate.actions, file);
                    let layers =
                        delegate.layers.iter().filter_map(|name| self.layer(name, file)).collect();
                    draft.delegates.push((actions, layers));
                }
                _ => {}
            }
        }
        draft
    }

    fn default_twice(&mut self, action: Option<Action>, span: Span, first: Span, file: SourceId) {
        let what = action.map_or("all other actions".to_owned(), |action| format!("`{action}`"));
        let error = CheckError::DefaultTwice { what };
        let first = Location { source: file, span: first };
        self.report.add(error.at(Location { source: file, span }).label(first, "the other one"));
    }

    fn layer(&mut self, name: &Name, file: SourceId) -> Option<Layer> {
        let layer = Layer::from_name(&name.node);
        if layer.is_none() {
            self.report.add(unknown_layer(name, file));
        }
        layer
    }
}

/// A layer while its files are read.
struct LayerDraft {
    layer: Layer,
    general: Option<Tier>,
    own: [Option<Tier>; Action::COUNT],
    delegates: Vec<(ActionSet, Vec<Layer>)>,
}

impl LayerDraft {
    fn new(layer: Layer) -> LayerDraft {
        LayerDraft { layer, general: None, own: [None; Action::COUNT], delegates: Vec::new() }
    }

    fn write(&mut self, action: Option<Action>, tier: Tier) {
        let slot = match action {
            Some(action) => &mut self.own[action as usize],
            None => &mut self.general,
        };
        // `None` is smaller than every tier, so the strictest of several stays.
        *slot = (*slot).max(Some(tier));
    }

    /// Joins another file of the layer: the strictest of what both write for the same actions.
    fn join(&mut self, other: LayerDraft) {
        self.general = self.general.max(other.general);
        for (own, other) in self.own.iter_mut().zip(other.own) {
            *own = (*own).max(other);
        }
        self.delegates.extend(other.delegates);
    }

    /// The layer, with a tier for actions that nothing is written for.
    fn finish(self, unwritten: Option<Tier>) -> LayerModel {
        let general = self.general.or(unwritten);
        let defaults = self.own.map(|own| own.or(general));
        LayerModel { layer: self.layer, defaults, delegates: self.delegates }
    }
}
