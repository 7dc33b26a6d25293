//! Mending texts: the edits that findings carry, applied.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Edit};
use crate::format::format;
use crate::span::Source;

/// What became of the texts.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The sources, in their order; those that nothing was mended in are the same as before.
    pub sources: Vec<Arc<Source>>,
    /// The findings that were mended: indices into those that were given.
    pub mended: Vec<usize>,
}

/// Applies the edits of findings to the sources that they speak of, the first `given` of which may
/// change. Edits of one finding are applied together or not at all; of findings whose edits touch
/// the same bytes the first wins, so mend, look again and mend until nothing is left.
///
/// A text that stood in the canonical layout still does so afterwards.
///
/// # Example
/// ```
/// use policy_lang::{check::no_includes, lint, load, span::Source};
///
/// let source = Source::new("a.policy", "deny read \"/etc/**\", \"/etc/shadow\"\n");
/// let model = load(vec![source], &no_includes)?;
/// let fixed = lint::fix(&lint::lint(&model), &model.sources, 1);
/// assert_eq!(fixed.sources[0].text, "deny read \"/etc/**\"\n");
/// # Ok::<(), policy_lang::Failure>(())
/// ```
///
/// # Cost
/// Linear in the length of the texts, and every two edits of one source are compared.
pub fn fix(findings: &[Diagnostic], sources: &[Arc<Source>], given: usize) -> Fixed {
    let mut edits: Vec<Vec<&Edit>> = vec![Vec::new(); sources.len()];
    let mut mended = Vec::new();
    for (index, finding) in findings.iter().enumerate() {
        let fits = |edit: &Edit| {
            let source = edit.location.source.0 as usize;
            source < given && sources.get(source).is_some_and(|source| is_inside(edit, source))
        };
        let is_free = |edit: &Edit| {
            edits[edit.location.source.0 as usize].iter().all(|other| !overlap(edit, other))
        };
        if finding.fix.is_empty() || !finding.fix.iter().all(|edit| fits(edit) && is_free(edit)) {
            continue;
        }
        for edit in &finding.fix {
            edits[edit.location.source.0 as usize].push(edit);
        }
        mended.push(index);
    }
    let sources = sources.iter().zip(edits).map(|(source, edits)| apply(source, edits)).collect();
    Fixed { sources, mended }
}

fn is_inside(edit: &Edit, source: &Source) -> bool {
    source.text.get(edit.location.span.range()).is_some()
}

/// Whether two edits touch the same bytes, or the same place between two.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.location.span, other.location.span);
    one.start <= other.end && other.start <= one.end
}

fn apply(source: &Arc<Source>, mut edits: Vec<&Edit>) -> Arc<Source> {
    if edits.is_empty() {
        return Arc::clone(source);
    }
    edits.sort_by_key(|edit| edit.location.span.start);
    let mut text = String::with_capacity(source.text.len());
    let mut done = 0;
    for edit in edits {
        let range = edit.location.span.range();
        text.push_str(source.text.get(done..range.start).unwrap_or(""));
        text.push_str(&edit.text);
        done = range.end;
    }
    text.push_str(source.text.get(done..).unwrap_or(""));
    let was_laid_out = format(source).is_ok_and(|layout| layout == source.text);
    let mended = Source::new(source.name.clone(), text);
    match format(&mended) {
        Ok(layout) if was_laid_out => Source::new(source.name.clone(), layout),
        _ => mended,
    }
}
