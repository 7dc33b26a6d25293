//! A text through parser, checker, formatter and lints.

use policy_lang::check::no_includes;
use policy_lang::format::format;
use policy_lang::lint::{fix, lint};
use policy_lang::span::Source;

/// No text makes the checker or a lint panic. The layout of a text is its own layout, and it is as
/// valid as the text; what is mended stays valid.
pub fn parse(text: &str) {
    let is_valid =
        |text: &str| policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).is_ok();
    let model = policy_lang::load(vec![Source::new("a.policy", text)], &no_includes);
    if let Ok(model) = &model {
        let fixed = fix(&lint(model), &model.sources, 1);
        let mended = &fixed.sources[0].text;
        assert!(fixed.mended.is_empty() || is_valid(mended), "what is mended is valid: {mended}");
    }
    let before = model.is_ok();
    match format(&Source::new("a.policy", text)) {
        Ok(layout) => {
            let again = format(&Source::new("a.policy", &*layout)).expect("a layout has a layout");
            assert_eq!(layout, again, "the layout of a layout");
            assert_eq!(before, is_valid(&layout), "a layout is as valid as its text: {layout}");
        }
        Err(_) => assert!(!before, "a valid text has a layout"),
    }
}
