//! Files for commands and calls whose operands are counted: of each kind that rules tell apart one,
//! with what else has to be so that it is answered in that way.

use std::rc::Rc;

use policy_eval::engine::tables::Source;
use policy_eval::{Action, Attr, Platform};

use crate::analysis::machine::{Budget, Step};
use crate::analysis::question::Aspect;
use crate::analysis::search::Flow;
use crate::analysis::setup::Setup;
use crate::analysis::space::{Fact, Reading, Value};
use crate::analysis::witness::path_text;
use crate::model::{Model, words};
use crate::syntax::ast::Operands;

/// The most files of one comparison.
const MOST: usize = 160;

/// How many ways to answer are looked for in the region of one rule, and at what price.
const OF_RULE: usize = 4;
const BUDGET: u64 = 20_000;

/// A file, and what its answer depends on.
pub(super) struct File {
    path: String,
    folder: Vec<Rc<str>>,
    name: Rc<str>,
    /// Facts beside its path; the path once more where roots lie in it.
    values: Vec<(Fact, Value)>,
}

impl File {
    fn new(
        path: &[Rc<str>],
        values: Vec<(Fact, Value)>,
        platform: Option<Platform>,
    ) -> Option<File> {
        let (name, folder) = path.split_last()?;
        let path = path_text(path, platform);
        Some(File { path, folder: folder.to_vec(), name: name.clone(), values })
    }

    /// Whether it is known which roots are bound where it is answered so.
    pub(super) fn is_bound(&self) -> bool {
        !self.values.is_empty()
    }
}

const PATH: Fact = Fact::Path(Source::Builtin(Attr::Path));
const CWD: Fact = Fact::Path(Source::Builtin(Attr::Cwd));

/// Files that the rules of both sides answer in different ways.
///
/// # Cost
/// A short search for each rule about files.
pub(super) fn files(
    setup: &Setup<'_>,
    models: [&Model; 2],
    platform: Option<Platform>,
) -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for action in Action::ALL {
        let clauses = models.iter().flat_map(|model| &model.counts).flat_map(|one| &one.counted);
        if !clauses.into_iter().any(|clause| clause.action == action) {
            continue;
        }
        let mut search = setup.search(action, Aspect::Tier, platform, Reading::Plain);
        for subject in std::iter::once(None).chain((0..search.question().own).map(Some)) {
            let mut known = Vec::new();
            let mut budget = Budget { left: BUDGET };
            // What is not found in time is not tried.
            let _ = search.explore(subject, &mut budget, &mut |_, leaf| {
                let ranks = leaf.answers.map(|answer| answer.rank);
                if !known.contains(&ranks)
                    && let Some(file) = of_values(leaf.values, platform)
                {
                    known.push(ranks);
                    files.push(file);
                }
                if known.len() < OF_RULE && files.len() < MOST {
                    Flow::Continue
                } else {
                    Flow::Stop
                }
            });
        }
    }
    let components = |path: &str| {
        path.split('/').filter(|part| !part.is_empty()).map(Rc::from).collect::<Vec<Rc<str>>>()
    };
    let mut named = vec!["/srv/elsewhere/notes".to_owned(), "/etc/passwd".to_owned()];
    for model in models {
        for rule in &model.rules {
            words::each_path(&rule.when, &mut |pattern| {
                let path = words::sample_path(model, pattern);
                if named.len() < MOST / 2 && !named.contains(&path) {
                    named.push(path);
                }
            });
        }
    }
    files
        .extend(named.iter().filter_map(|path| File::new(&components(path), Vec::new(), platform)));
    files
}

fn of_values(values: &[(Fact, Value)], platform: Option<Platform>) -> Option<File> {
    let path = values.iter().find_map(|(fact, value)| match (fact, value) {
        (fact, Value::Path(tokens, _)) if *fact == PATH => Some(tokens.clone()),
        _ => None,
    });
    let path = path.unwrap_or_else(|| ["srv", "elsewhere", "notes"].map(Rc::from).to_vec());
    File::new(&path, values.to_vec(), platform)
}

/// The arguments of calls that `count` sentences name.
pub(super) fn counted_arguments(models: [&Model; 2]) -> Vec<Box<[Box<str>]>> {
    let mut found: Vec<Box<[Box<str>]>> = Vec::new();
    for clause in models.iter().flat_map(|model| &model.counts).flat_map(|one| &one.counted) {
        if let Operands::Argument(names) = &clause.what {
            let names: Box<[Box<str>]> = names.iter().map(|name| name.as_str().into()).collect();
            if !found.contains(&names) {
                found.push(names);
            }
        }
    }
    found
}

/// The values of a command or a call, with a file that it works on: as one operand, as two, as the
/// folder that it runs in, as what lies in that folder, as the arguments that are counted. None
/// where the file needs something else to be so.
pub(super) fn varied(
    values: &[(Fact, Value)],
    file: &File,
    arguments: &[Box<[Box<str>]>],
) -> Vec<Vec<(Fact, Value)>> {
    let mut together = values.to_vec();
    for (fact, value) in &file.values {
        match values.iter().find(|(known, _)| known == fact) {
            Some((_, known)) if known != value => return Vec::new(),
            Some(_) => {}
            None => together.push((fact.clone(), value.clone())),
        }
    }
    for argument in arguments {
        let fact = Fact::Value(Source::Argument(argument.clone()));
        together.retain(|(known, _)| *known != fact);
        together.push((fact, Value::Text(file.path.clone())));
    }
    let mut all = Vec::new();
    let words = together.iter().position(|(_, value)| matches!(value, Value::Words(_)));
    let Some(place) = words else { return vec![together] };
    let Value::Words(steps) = &together[place].1 else { return vec![together] };
    for count in 1..=2 {
        let mut varied = together.clone();
        varied[place].1 = Value::Words(with_operands(steps, &file.path, count));
        all.push(varied);
    }
    if !together.iter().any(|(fact, _)| *fact == CWD) {
        let is_named = |step: &Step| matches!(step, Step::Token(token) if **token == *file.name);
        let mut folders = vec![file.folder.clone()];
        if !steps.iter().any(is_named) {
            let own = std::slice::from_ref(&file.name);
            folders.push([&file.folder[..], own].concat());
        }
        for folder in folders {
            let mut varied = together.clone();
            varied.push((CWD, Value::Path(folder, Vec::new())));
            all.push(varied);
        }
    }
    all
}

/// The steps of a command with a file in place of an operand that no pattern names, or behind it.
fn with_operands(steps: &[Step], file: &str, count: usize) -> Vec<Step> {
    let mut steps = steps.to_vec();
    let is_free = |step: &Step| matches!(step, Step::Token(token) if matches!(&**token, "something" | "other" | "example"));
    let mut left = count;
    for step in steps.iter_mut().rev() {
        if left > 0 && is_free(step) {
            *step = Step::Token(file.into());
            left -= 1;
        }
    }
    steps.extend((0..left).map(|_| Step::Token(file.into())));
    steps
}

/// The values of a command with a word more, of no meaning: behind its program, and at its end.
pub(super) fn with_one_more_word(values: &[(Fact, Value)]) -> Vec<Vec<(Fact, Value)>> {
    let words = values.iter().enumerate().find_map(|(place, (_, value))| match value {
        Value::Words(steps) if !steps.is_empty() => Some((place, steps)),
        _ => None,
    });
    let Some((place, steps)) = words else { return Vec::new() };
    let mut places = vec![1, steps.len()];
    places.dedup();
    let with_word = |at: usize| {
        let mut steps = steps.clone();
        steps.insert(at, Step::Token("something".into()));
        let mut values = values.to_vec();
        values[place].1 = Value::Words(steps);
        values
    };
    places.into_iter().map(with_word).collect()
}
