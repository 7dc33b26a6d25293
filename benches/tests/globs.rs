//! Patterns that float inside names multiply in an automaton. They are dealt out over several, and
//! the decisions are those of the interpreter.

use policy_eval::Request;
use policy_lang::check::no_includes;
use policy_lang::compile::compile;
use policy_lang::interp;
use policy_lang::span::Source;

#[test]
fn many_globs_inside_names_compile_and_decide() {
    let rules: String = (0..128).map(|n| format!("r{n}: deny write \"**/*a{n}b*\"\n")).collect();
    let text = format!("policy globs version \"1\"\n\ndefault ask\n\n{rules}");
    let source = Source::new("globs.policy", text);
    let model = policy_lang::load(vec![source], &no_includes).expect("it loads");
    let policy = compile(&model).expect("it compiles");
    for one in 0..130 {
        for path in [
            format!("/home/dev/a{one}b"),
            format!("/home/xa{}bx/xa{one}bx.a12bc", one + 1),
            format!("/a{one}/b/a{one}c"),
        ] {
            let request = Request::write(&path);
            let (decision, verdict) = (policy.decide(&request), interp::decide(&model, &request));
            let rule = verdict.rule.map(|rule| model.rules[rule].name.as_str());
            assert_eq!(decision.tier, verdict.tier, "{path}");
            assert_eq!(decision.rule.map(|rule| rule.name), rule, "{path}");
        }
    }
}
