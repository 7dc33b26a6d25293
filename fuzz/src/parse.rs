//! A text through parser, checker and formatter.

use policy_lang::check::no_includes;
use policy_lang::format::format;
use policy_lang::span::Source;

/// No text makes the checker panic. The layout of a text is its own layout, and it is as valid as
/// the text.
pub fn parse(text: &str) {
    let is_valid =
        |text: &str| policy_lang::load(vec![Source::new("a.policy", text)], &no_includes).is_ok();
    let before = is_valid(text);
    match format(&Source::new("a.policy", text)) {
        Ok(layout) => {
            let again = format(&Source::new("a.policy", &*layout)).expect("a layout has a layout");
            assert_eq!(layout, again, "the layout of a layout");
            assert_eq!(before, is_valid(&layout), "a layout is as valid as its text: {layout}");
        }
        Err(_) => assert!(!before, "a valid text has a layout"),
    }
}
