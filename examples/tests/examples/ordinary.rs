//! An ordinary day: what the workstation policy says of commands that people run all the time.
//!
//! Each line of the file is `{"request": …, "tier": …, "harmless": …}`: the request as a runtime
//! sends it, the tier that it is to get, and whether a person would call it harmless.

use std::fs;

use policy_eval::{RequestBuf, Tier};
use serde_json::Value;

use crate::files::{example, load};

struct Line {
    request: RequestBuf,
    shell: String,
    tier: Tier,
    harmless: bool,
}

fn lines() -> Vec<Line> {
    let text = fs::read_to_string(example("requests/ordinary.jsonl")).expect("the day");
    let line = |text: &str| -> Option<Line> {
        let value: Value = serde_json::from_str(text).ok()?;
        Some(Line {
            request: RequestBuf::from_json(&value["request"].to_string()).ok()?,
            shell: value["request"]["shell"].as_str()?.to_owned(),
            tier: Tier::from_name(value["tier"].as_str()?)?,
            harmless: value["harmless"].as_bool()?,
        })
    };
    text.lines().map(|text| line(text).unwrap_or_else(|| panic!("not a line: {text}"))).collect()
}

#[test]
fn every_command_gets_the_tier_that_it_is_to_get() {
    let (_, policy) = load(&[example("policies/workstation.policy")]);
    let mut wrong = Vec::new();
    for line in lines() {
        let got = line.request.with_request(|request| policy.decide(request));
        if got.tier != line.tier {
            let rule = got.rule.map_or("no rule", |rule| rule.name);
            wrong.push(format!("{}: {} expected, {} by {rule}", line.shell, line.tier, got.tier));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nine_of_ten_harmless_commands_are_silent() {
    let lines = lines();
    let harmless = lines.iter().filter(|line| line.harmless).count();
    let silent = lines.iter().filter(|line| line.harmless && line.tier == Tier::Allow).count();
    assert!(300 <= harmless && harmless * 9 <= silent * 10, "{silent} of {harmless}");
}
