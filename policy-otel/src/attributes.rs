//! From a record to what a log record says: the event, its severity, a line for people, attributes.
//!
//! Nothing is said that the record's own JSON would not hold: every value is a field of the record or
//! a word of a closed list. What a terminal or a log would obey is escaped, as it is there.

use std::fmt::Write as _;

use opentelemetry::Key;
use opentelemetry::logs::{AnyValue, Severity};
use policy_eval::json::Json;
use policy_eval::record::{DecisionRecord, Event, PartRecord, Record, SCHEMA_VERSION};
use policy_eval::{Action, Floor, Floors, Layer, RecordLevel, Tier, is_control, is_unseen, safe};

use crate::names;

/// What one log record says.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) event: &'static str,
    pub(crate) severity: Severity,
    pub(crate) body: String,
    pub(crate) attributes: Vec<(Key, AnyValue)>,
}

/// What a record says as a log record.
pub(crate) fn log(record: &Record) -> Log {
    let mut out = Attributes { list: Vec::with_capacity(32) };
    out.int(names::SCHEMA_VERSION, SCHEMA_VERSION);
    out.optional(names::RUNTIME, record.runtime.as_deref());
    out.optional(names::SESSION_ID, record.session.as_deref());
    out.optional(names::CALL_ID, record.call_id.as_deref());
    out.text(names::ACTION_DIGEST, &record.action_digest);
    let (event, severity, body) = match &record.event {
        Event::Decision(decision) => {
            out.decision(decision);
            (names::DECISION_EVENT, severity(decision.tier), sentence(decision))
        }
        Event::Shadow(shadow) => {
            out.text(names::ENFORCED_TIER, shadow.enforced_tier.name());
            out.optional(names::ENFORCED_RULE, shadow.enforced_rule.as_deref());
            out.optional(names::ENFORCED_LAYER, shadow.enforced_layer.map(Layer::name));
            out.text(names::ENFORCED_DIGEST, &shadow.enforced_policy_digest);
            out.decision(&shadow.decision);
            let body =
                format!("would {}; in force: {}", sentence(&shadow.decision), shadow.enforced_tier);
            (names::SHADOW_EVENT, Severity::Info, body)
        }
        Event::Approval(approval) => {
            let (outcome, by, scope) =
                (approval.outcome.name(), approval.by.name(), approval.scope.name());
            out.text(names::APPROVAL, outcome);
            out.text(names::APPROVAL_BY, by);
            out.text(names::APPROVAL_SCOPE, scope);
            out.optional(names::APPROVER, approval.approver.as_deref());
            (names::APPROVAL_EVENT, Severity::Info, format!("{outcome} by {by}, {scope}"))
        }
        Event::Result(result) => {
            let mut body = result.outcome.name().to_owned();
            out.text(names::RESULT, result.outcome.name());
            if let Some(code) = result.exit_code {
                let _ = write!(body, ", exit code {code}");
                out.int(names::EXIT_CODE, code);
            }
            if let Some(duration) = result.duration_ms {
                out.int(names::DURATION_MS, i64::try_from(duration).unwrap_or(i64::MAX));
            }
            (names::RESULT_EVENT, Severity::Info, body)
        }
    };
    Log { event, severity, body, attributes: out.list }
}

fn severity(tier: Tier) -> Severity {
    if tier == Tier::Deny { Severity::Warn } else { Severity::Info }
}

/// As reports say it: deny run git push --force: Rewrites shared history. (rule `no-force-push`)
fn sentence(decision: &DecisionRecord) -> String {
    let mut out = format!("{} {}", decision.tier, decision.action);
    if let Some(object) = &decision.object {
        let _ = write!(out, " {}", safe(object));
    }
    match &decision.rule {
        Some(rule) => {
            if let Some(reason) = &rule.reason {
                let _ = write!(out, ": {}", safe(reason));
            }
            let _ = write!(out, " (rule `{}`)", safe(&rule.name));
        }
        None if decision.default => out.push_str(" (by default)"),
        None => {
            if let Some(floor) = decision.floors.iter().next() {
                let _ = write!(out, " ({})", floor.name());
            }
        }
    }
    out
}

struct Attributes {
    list: Vec<(Key, AnyValue)>,
}

impl Attributes {
    fn text(&mut self, name: &'static str, value: &str) {
        self.list.push((name.into(), string(value)));
    }

    fn optional(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn int(&mut self, name: &'static str, value: i64) {
        self.list.push((name.into(), AnyValue::Int(value)));
    }

    /// A list that is left out where it is empty.
    fn texts<'t>(&mut self, name: &'static str, items: impl Iterator<Item = &'t str>) {
        let items: Vec<AnyValue> = items.map(string).collect();
        if !items.is_empty() {
            self.list.push((name.into(), AnyValue::ListAny(Box::new(items))));
        }
    }

    fn decision(&mut self, decision: &DecisionRecord) {
        self.text(names::TIER, decision.tier.name());
        self.optional(names::ANSWER, decision.answer.map(Tier::name));
        if let Some(rule) = &decision.rule {
            self.text(names::RULE, &rule.name);
            self.optional(names::RULE_REASON, rule.reason.as_deref());
            self.text(names::RULE_LAYER, rule.layer.name());
            self.text(names::RULE_FILE, &rule.file);
            self.int(names::RULE_LINE, rule.line.into());
            self.int(names::RULE_COLUMN, rule.column.into());
        }
        if decision.default {
            self.list.push((names::DEFAULT.into(), AnyValue::Boolean(true)));
        }
        self.texts(names::FLOORS, decision.floors.iter().map(Floor::name));
        self.texts(names::MARKS, decision.marks.iter().map(String::as_str));
        self.optional(names::RULESET, decision.policy.as_deref());
        self.optional(names::POLICY_VERSION, decision.policy_version.as_deref());
        self.text(names::POLICY_DIGEST, &decision.policy_digest);
        self.text(names::RECORD_LEVEL, decision.record_level.name());
        self.text(names::ACTION, decision.action.name());
        self.optional(names::OBJECT, decision.object.as_deref());
        self.optional(names::USER_ID, decision.user.as_deref());
        self.optional(names::AGENT_NAME, decision.agent.as_deref());
        self.optional(names::INTENT, decision.intent.as_deref());
        let is_full = decision.record_level == RecordLevel::Full;
        let action = decision.action;
        for (name, value) in &decision.attributes {
            self.attribute(name, value, action, is_full);
        }
        self.action(decision, is_full);
        if 1 < decision.parts.len() {
            let parts: Vec<String> = decision.parts.iter().map(part_json).collect();
            self.texts(names::PARTS, parts.iter().map(String::as_str));
        }
        if decision.parts_omitted != 0 {
            let omitted = i64::try_from(decision.parts_omitted).unwrap_or(i64::MAX);
            self.int(names::PARTS_OMITTED, omitted);
        }
        if let Some(request) = &decision.request {
            self.text(names::REQUEST, &json_text(request));
        }
    }

    /// The part that decided under the names that others use. They stand for real values, so what is
    /// a shape of one stays under our own.
    fn action(&mut self, decision: &DecisionRecord, is_full: bool) {
        let decided = |part: &&PartRecord| {
            part.tier == decision.tier
                && part.rule.as_deref() == decision.rule.as_ref().map(|rule| &*rule.name)
        };
        let part = decision.parts.iter().find(decided).or(decision.parts.first());
        let action = part.map_or(decision.action, |part| part.action);
        for (name, value) in part.map(|part| &*part.attributes).unwrap_or_default() {
            self.attribute(name, value, action, is_full);
        }
        match action {
            Action::Call => {
                self.text(names::OPERATION, "execute_tool");
                self.text(names::MCP_METHOD, "tools/call");
            }
            Action::Spawn => self.text(names::OPERATION, "invoke_agent"),
            _ => {}
        }
        let Some(object) = part.and_then(|part| part.object.as_deref()) else { return };
        match action {
            Action::Call => {
                // `<str:5>` and `(not sent)` are no names.
                let is_name = |name: &&str| !name.starts_with(['<', '(']);
                if let Some((server, tool)) = object.split_once('/') {
                    self.optional(names::MCP_SERVER, Some(server).filter(is_name));
                    self.optional(names::TOOL_NAME, Some(tool).filter(is_name));
                }
            }
            _ if !is_full || object.starts_with('(') => {}
            Action::Run => self.text(names::COMMAND_LINE, object),
            Action::Read | Action::Write | Action::Delete => self.text(names::FILE_PATH, object),
            Action::Connect | Action::Fetch | Action::Listen => {
                let (address, socket) = address(object);
                self.text(names::SERVER_ADDRESS, address);
                if socket {
                    self.text(names::NETWORK_TRANSPORT, "unix");
                }
            }
            _ => {}
        }
    }

    fn attribute(&mut self, name: &str, value: &Json, action: Action, is_full: bool) {
        let is_network = matches!(action, Action::Connect | Action::Fetch | Action::Listen);
        let standard = match (name, value) {
            ("port", _) if is_network => names::SERVER_PORT,
            ("scheme", Json::String(scheme)) if is_network => match &**scheme {
                "tcp" => names::NETWORK_TRANSPORT,
                // The socket says it.
                "unix" => return,
                _ => names::URL_SCHEME,
            },
            ("method", _) if is_network => names::HTTP_METHOD,
            ("url_path", _) if is_network && is_full => names::URL_PATH,
            ("cwd", _) if is_full => names::WORKING_DIRECTORY,
            ("program", _) if is_full => names::EXECUTABLE_PATH,
            ("args", _) if is_full => names::TOOL_ARGUMENTS,
            ("branch", _) if is_full => names::BRANCH,
            ("model", _) => names::MODEL,
            ("platform", Json::String(platform)) => {
                let platform = if **platform == *"macos" { "darwin" } else { platform };
                return self.text(names::OS_TYPE, platform);
            }
            _ => "",
        };
        let key = match standard {
            "" => Key::from(format!("policy.attribute.{}", safe(name))),
            standard => Key::from(standard),
        };
        // A part may say again what holds for all of them.
        if !self.list.iter().any(|(known, _)| *known == key)
            && let Some(value) = any_value(value)
        {
            self.list.push((key, value));
        }
    }
}

/// The host of `host:port (resolved)`, or the path of `unix path`.
fn address(object: &str) -> (&str, bool) {
    if let Some(path) = object.strip_prefix("unix ") {
        return (path, true);
    }
    let object = object.strip_suffix(" (resolved)").unwrap_or(object);
    let host = match object.rsplit_once(':') {
        // Of an address of IPv6 without a port the last colon is its own.
        Some((host, port))
            if port.bytes().all(|byte| byte.is_ascii_digit())
                && (!host.contains(':') || host.ends_with(']')) =>
        {
            host
        }
        _ => object,
    };
    (host.trim_start_matches('[').trim_end_matches(']'), false)
}

fn string(text: &str) -> AnyValue {
    AnyValue::String(safe(text).into_owned().into())
}

/// A value of a record. What has members is JSON text: few collectors keep maps in attributes.
fn any_value(value: &Json) -> Option<AnyValue> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(value) => AnyValue::Boolean(*value),
        Json::String(text) => string(text),
        Json::Number(number) => match value.as_i64() {
            Some(number) => AnyValue::Int(number),
            None => number.parse().map_or_else(|_| string(number), AnyValue::Double),
        },
        Json::Array(items) if items.iter().all(|item| item.as_str().is_some()) => {
            AnyValue::ListAny(Box::new(
                items.iter().filter_map(|item| item.as_str()).map(string).collect(),
            ))
        }
        Json::Array(_) | Json::Object(_) => AnyValue::String(json_text(value).into()),
    })
}

/// Canonical JSON in which whatever a terminal or a log would obey is written as `\u…`.
fn json_text(value: &Json) -> String {
    let text = value.canonical();
    if !text.chars().any(|c| is_control(c) || is_unseen(c)) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        // Such a character can only stand in a string.
        if is_control(c) || is_unseen(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn part_json(part: &PartRecord) -> String {
    let text = |text: &str| Json::String(text.into());
    let floors = |floors: Floors| floors.iter().map(|floor| text(floor.name())).collect();
    let mut members: Vec<(Box<str>, Json)> =
        vec![("action".into(), text(part.action.name())), ("tier".into(), text(part.tier.name()))];
    members.extend(part.object.as_deref().map(|object| ("object".into(), text(object))));
    members.extend(part.rule.as_deref().map(|rule| ("rule".into(), text(rule))));
    members.extend(part.layer.map(|layer| ("layer".into(), text(layer.name()))));
    if part.default {
        members.push(("default".into(), Json::Bool(true)));
    }
    if !part.floors.is_empty() {
        members.push(("floors".into(), Json::Array(floors(part.floors))));
    }
    if !part.attributes.is_empty() {
        members.push(("attributes".into(), Json::Object(part.attributes.clone())));
    }
    json_text(&Json::Object(members))
}
