//! A request decided by two engines.

use std::sync::OnceLock;

use policy_eval::json::Json;
use policy_eval::{Action, Floors, Policy, Request, RequestBuf, Tier, action_digest, to_json};
use policy_lang::compile::compile;
use policy_lang::interp;
use policy_lang::model::Model;
use policy_lang::span::Source;

/// Policies that use most of the language.
const POLICIES: [&str; 4] = [
    include_str!("../../examples/policies/tour.policy"),
    include_str!("../../examples/policies/reference/shell-open.policy"),
    include_str!("../../examples/policies/reference/net-managed.policy"),
    "accept control_flow, assignments, wrappers
     paths inside = \"$workspace/**\"
     default allow
     count run \"(cat|cp) ...\" as read operands
     count call \"files/*\" as write args.path
     deny  read, write i\"**/.env\", \"$workspace/secret/**\"
     deny  run \"rm {-r|-R|--recursive} {-f|--force} ...\"
     ask   run \"git ... push ...\" when cwd in inside
     deny  call \"*/drop_*\" when args.table like \"prod*\"",
];

const INCLUDED: &str = include_str!("../../examples/policies/reference/commands.policy");

fn policies() -> &'static [(Model, Policy)] {
    static LOADED: OnceLock<Vec<(Model, Policy)>> = OnceLock::new();
    LOADED.get_or_init(|| {
        let resolver = |name: &str, _: &Source| Ok(Source::new(name, INCLUDED));
        let load = |text: &&str| {
            let model = policy_lang::load(vec![Source::new("a.policy", *text)], &resolver);
            let model = model.unwrap_or_else(|error| panic!("{error}\n{text}"));
            let policy = compile(&model).expect("a valid policy compiles");
            (model, policy)
        };
        POLICIES.iter().map(load).collect()
    })
}

/// What is compared: tier, rule, default, floors.
#[derive(Debug, PartialEq)]
struct Answer<'a>(Tier, Option<&'a str>, bool, Floors);

/// Every text that is a request is decided, by all engines alike, and written as JSON it is the
/// same request. A text that is none is the object of a request.
pub fn decide(text: &str) {
    match RequestBuf::from_json(text) {
        Ok(request) => request.with_request(of_request),
        Err(_) => about(text),
    }
}

/// Requests whose object is the text.
fn about(text: &str) {
    let roots = [("workspace", "/w"), ("home", "/home/dev")];
    let words: Vec<&str> = text.split(' ').collect();
    let args = Json::Object(vec![("path".into(), Json::String(text.into()))]);
    for request in [
        Request::shell(text),
        Request::argv(&words),
        Request::read(text),
        Request::url(text, "GET"),
        Request::connect(text, 443),
        Request { args: Some(&args), ..Request::call("files", text) },
        Request { args_json: Some(text), ..Request::call("db", "query") },
        Request { joined: Some(text), servers: &words, ..Request::new(Action::Call) },
        Request { name: Some(text), kind: Some("mcp"), ..Request::new(Action::Install) },
    ] {
        of_request(&Request { roots: &roots, ..request });
    }
}

fn of_request(request: &Request<'_>) {
    for (model, policy) in policies() {
        let verdict = interp::decide(model, request);
        let rule = verdict.rule.map(|index| &*model.rules[index].name);
        let judged = Answer(verdict.tier, rule, verdict.default, verdict.floors);
        let decision = policy.decide(request);
        let rule = decision.rule.map(|rule| rule.name);
        let answer = Answer(decision.tier, rule, decision.default, decision.floors);
        assert_eq!(answer, judged, "the compiled engine against the interpreter: {request:?}");
        assert_eq!(policy.explain(request).decision, decision, "explaining: {request:?}");
    }
    let json = to_json(request).canonical();
    if let Ok(again) = RequestBuf::from_json(&json) {
        let digest = again.with_request(action_digest);
        assert_eq!(digest, action_digest(request), "written and read again: {json}");
    }
}
