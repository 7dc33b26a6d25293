//! Records as JSON: one line each, always with the same fields in the same order.
//!
//! The line obeys no one: whatever a terminal or a log would obey, or a person would not see, is
//! written as `\u…`. Reading is as strict as that of requests: an unknown field, a wrong type or a
//! kind with the fields of another is an error with its place.

use core::fmt::Write as _;

use super::{
    ApprovalOutcome, ApprovalRecord, ApprovalScope, ApprovedBy, DecisionRecord, Event, PartRecord,
    Record, ResultOutcome, ResultRecord, RuleRecord, SCHEMA_VERSION, ShadowRecord,
};
use crate::json::{Json, JsonError, Step};
use crate::request_json::unknown;
use crate::text::{is_control, is_unseen};
use crate::tier::{RecordLevel, Tier};
use crate::vocab::{Action, Floor, Floors, Layer};

impl Record {
    /// The record as one line of JSON, without a line feed. No character in it is one that a
    /// terminal or a log obeys.
    ///
    /// # Cost
    /// One text that grows as it is written.
    pub fn to_json(&self) -> String {
        let mut out = Writer::new();
        out.number("schema_version", SCHEMA_VERSION);
        out.text("kind", self.event.kind());
        out.text("time", &self.time.to_string());
        out.optional("runtime", self.runtime.as_deref());
        out.optional("session", self.session.as_deref());
        out.optional("call_id", self.call_id.as_deref());
        out.text("action_digest", &self.action_digest);
        match &self.event {
            Event::Decision(decision) => out.decision(decision),
            Event::Shadow(shadow) => {
                out.text("enforced_tier", shadow.enforced_tier.name());
                out.optional("enforced_rule", shadow.enforced_rule.as_deref());
                out.optional("enforced_layer", shadow.enforced_layer.map(Layer::name));
                out.text("enforced_policy_digest", &shadow.enforced_policy_digest);
                out.decision(&shadow.decision);
            }
            Event::Approval(approval) => {
                out.text("approval", approval.outcome.name());
                out.text("approval_by", approval.by.name());
                out.text("approval_scope", approval.scope.name());
                out.optional("approver", approval.approver.as_deref());
            }
            Event::Result(result) => {
                out.text("result", result.outcome.name());
                if let Some(code) = result.exit_code {
                    out.number("exit_code", code);
                }
                if let Some(duration) = result.duration_ms {
                    out.number("duration_ms", duration);
                }
            }
        }
        out.finish()
    }

    /// The record in a line.
    ///
    /// # Errors
    /// When the line is no JSON object, is of another [`SCHEMA_VERSION`], or has a field that is
    /// unknown, missing, of another kind of record or of another type. The error says which, and
    /// where.
    ///
    /// # Cost
    /// One pass over the line, one allocation for each text and list in it.
    pub fn from_json(line: &str) -> Result<Record, JsonError> {
        let json = Json::parse(line)?;
        Record::of_json(json).map_err(|misfit| {
            let byte = crate::json::locate(line, &misfit.steps);
            JsonError::at_byte(line, byte, misfit.message)
        })
    }

    fn of_json(json: Json) -> Result<Record, Misfit> {
        let mut members = Members::of(json, "a record")?;
        // First, since another version may have any fields.
        let version = members.take("schema_version")?;
        if version.as_i64() != Some(SCHEMA_VERSION) {
            return Err(members.misfit(
                "schema_version",
                format!(
                    "records of schema version {SCHEMA_VERSION} are read here, found `{}`",
                    shown(&version)
                ),
            ));
        }
        let kind = members.text("kind")?;
        let time = members.text("time")?;
        let time = time.parse().map_err(|error: super::TimeError| {
            members.misfit("time", format!("{error}, found `{}`", cut(&time)))
        })?;
        let runtime = members.optional_text("runtime")?;
        let session = members.optional_text("session")?;
        let call_id = members.optional_text("call_id")?;
        let action_digest = members.text("action_digest")?;
        let event = match &*kind {
            "decision" => Event::Decision(Box::new(members.decision()?)),
            "shadow" => Event::Shadow(Box::new(ShadowRecord {
                enforced_tier: members.word("enforced_tier", Tier::from_name)?,
                enforced_rule: members.optional_text("enforced_rule")?,
                enforced_layer: members.optional_word("enforced_layer", Layer::from_name)?,
                enforced_policy_digest: members.text("enforced_policy_digest")?,
                decision: members.decision()?,
            })),
            "approval" => Event::Approval(ApprovalRecord {
                outcome: members.word("approval", ApprovalOutcome::from_name)?,
                by: members.word("approval_by", ApprovedBy::from_name)?,
                scope: members.word("approval_scope", ApprovalScope::from_name)?,
                approver: members.optional_text("approver")?,
            }),
            "result" => Event::Result(ResultRecord {
                outcome: members.word("result", ResultOutcome::from_name)?,
                exit_code: members.optional_number("exit_code")?,
                duration_ms: members.optional_number("duration_ms")?,
            }),
            other => {
                let kinds = ["decision", "shadow", "approval", "result"];
                return Err(members.misfit("kind", unknown("kind", other, kinds.into_iter())));
            }
        };
        members.done()?;
        Ok(Record { time, runtime, session, call_id, action_digest, event })
    }
}

// ---- Writing --------------------------------------------------------------------------------

struct Writer {
    out: String,
}

impl Writer {
    fn new() -> Writer {
        // Most records fit; a longer one grows.
        let mut out = String::with_capacity(1024);
        out.push('{');
        Writer { out }
    }

    fn finish(mut self) -> String {
        self.out.push('}');
        self.out
    }

    fn name(&mut self, name: &str) {
        if !self.out.ends_with(['{', '[']) {
            self.out.push(',');
        }
        write_visible(name, &mut self.out);
        self.out.push(':');
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        write_visible(value, &mut self.out);
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn number(&mut self, name: &str, value: impl core::fmt::Display) {
        self.name(name);
        let _ = write!(self.out, "{value}");
    }

    /// A list that is left out where it is empty.
    fn texts<'t>(&mut self, name: &str, items: impl Iterator<Item = &'t str>) {
        let mut items = items.peekable();
        if items.peek().is_none() {
            return;
        }
        self.name(name);
        self.out.push('[');
        for (index, item) in items.enumerate() {
            if 0 < index {
                self.out.push(',');
            }
            write_visible(item, &mut self.out);
        }
        self.out.push(']');
    }

    /// A flag that is left out where it is false.
    fn flag(&mut self, name: &str, value: bool) {
        if value {
            self.name(name);
            self.out.push_str("true");
        }
    }

    fn attributes(&mut self, attributes: &[(Box<str>, Json)]) {
        if !attributes.is_empty() {
            self.name("attributes");
            self.out.push('{');
            for (name, value) in attributes {
                self.name(name);
                write_value(value, &mut self.out);
            }
            self.out.push('}');
        }
    }

    fn decision(&mut self, decision: &DecisionRecord) {
        self.text("tier", decision.tier.name());
        if let Some(rule) = &decision.rule {
            self.text("rule", &rule.name);
            self.text("layer", rule.layer.name());
            self.text("file", &rule.file);
            self.number("line", rule.line);
            self.number("column", rule.column);
            self.optional("reason", rule.reason.as_deref());
        }
        self.flag("default", decision.default);
        self.texts("floors", decision.floors.iter().map(Floor::name));
        self.texts("marks", decision.marks.iter().map(String::as_str));
        self.optional("answer", decision.answer.map(Tier::name));
        self.optional("policy", decision.policy.as_deref());
        self.optional("policy_version", decision.policy_version.as_deref());
        self.text("policy_digest", &decision.policy_digest);
        self.text("record_level", decision.record_level.name());
        self.text("action", decision.action.name());
        self.optional("object", decision.object.as_deref());
        self.optional("user", decision.user.as_deref());
        self.optional("agent", decision.agent.as_deref());
        self.optional("intent", decision.intent.as_deref());
        self.attributes(&decision.attributes);
        self.name("parts");
        self.out.push('[');
        for (index, part) in decision.parts.iter().enumerate() {
            if 0 < index {
                self.out.push(',');
            }
            self.part(part);
        }
        self.out.push(']');
        if decision.parts_omitted != 0 {
            self.number("parts_omitted", decision.parts_omitted);
        }
        if let Some(request) = &decision.request {
            self.name("request");
            write_value(request, &mut self.out);
        }
    }

    fn part(&mut self, part: &PartRecord) {
        self.out.push('{');
        self.text("action", part.action.name());
        self.optional("object", part.object.as_deref());
        self.text("tier", part.tier.name());
        self.optional("rule", part.rule.as_deref());
        self.optional("layer", part.layer.map(Layer::name));
        self.flag("default", part.default);
        self.texts("floors", part.floors.iter().map(Floor::name));
        self.attributes(&part.attributes);
        self.out.push('}');
    }
}

/// A value with its members in their order.
fn write_value(value: &Json, out: &mut String) {
    match value {
        Json::String(text) => write_visible(text, out),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if 0 < index {
                    out.push(',');
                }
                write_value(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (index, (name, value)) in members.iter().enumerate() {
                if 0 < index {
                    out.push(',');
                }
                write_visible(name, out);
                out.push(':');
                write_value(value, out);
            }
            out.push('}');
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => out.push_str(&value.canonical()),
    }
}

/// A string with its quotes. What a terminal or a log obeys, or a person does not see, is escaped.
fn write_visible(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_control(c) || is_unseen(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

// ---- Reading --------------------------------------------------------------------------------

/// What does not fit, and the members that lead there.
struct Misfit {
    steps: Vec<Step>,
    message: String,
}

/// The members of an object that are not read yet.
struct Members {
    members: Vec<(Box<str>, Json)>,
    /// The names that were asked for, for a message about one that was not.
    known: Vec<&'static str>,
    /// The member of the record that this is a part of.
    within: Option<&'static str>,
}

impl Members {
    fn of(json: Json, what: &str) -> Result<Members, Misfit> {
        match json {
            Json::Object(members) => Ok(Members { members, known: Vec::new(), within: None }),
            other => {
                let message = format!("expected {what}, an object, found {}", other.describe());
                Err(Misfit { steps: Vec::new(), message })
            }
        }
    }

    fn misfit(&self, name: &str, message: String) -> Misfit {
        // Steps go through objects alone; the parts are a list.
        Misfit { steps: vec![Step::Value(self.within.unwrap_or(name).into())], message }
    }

    fn optional(&mut self, name: &'static str) -> Option<Json> {
        self.known.push(name);
        let at = self.members.iter().position(|(known, _)| **known == *name)?;
        Some(self.members.remove(at).1)
    }

    fn take(&mut self, name: &'static str) -> Result<Json, Misfit> {
        let steps = self.within.map(|within| Step::Value(within.into()));
        self.optional(name).ok_or_else(|| Misfit {
            steps: steps.into_iter().collect(),
            message: format!("`{name}` is missing"),
        })
    }

    fn expected(&self, name: &str, what: &str, value: &Json) -> Misfit {
        self.misfit(name, format!("`{name}`: expected {what}, found `{}`", shown(value)))
    }

    fn text(&mut self, name: &'static str) -> Result<String, Misfit> {
        match self.take(name)? {
            Json::String(text) => Ok(text.into()),
            other => Err(self.expected(name, "a string", &other)),
        }
    }

    fn optional_text(&mut self, name: &'static str) -> Result<Option<String>, Misfit> {
        match self.optional(name) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.into())),
            Some(other) => Err(self.expected(name, "a string", &other)),
        }
    }

    fn word<T>(&mut self, name: &'static str, of: fn(&str) -> Option<T>) -> Result<T, Misfit> {
        let text = self.text(name)?;
        of(&text).ok_or_else(|| self.misfit(name, format!("unknown `{name}` `{}`", cut(&text))))
    }

    fn optional_word<T>(
        &mut self,
        name: &'static str,
        of: fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Misfit> {
        match self.optional_text(name)? {
            None => Ok(None),
            Some(text) => of(&text)
                .map(Some)
                .ok_or_else(|| self.misfit(name, format!("unknown `{name}` `{}`", cut(&text)))),
        }
    }

    fn optional_number<T: core::str::FromStr>(
        &mut self,
        name: &'static str,
    ) -> Result<Option<T>, Misfit> {
        match self.optional(name) {
            None => Ok(None),
            Some(Json::Number(text)) if text.parse::<T>().is_ok() => Ok(text.parse().ok()),
            Some(other) => Err(self.expected(name, "a whole number", &other)),
        }
    }

    fn number<T: core::str::FromStr>(&mut self, name: &'static str) -> Result<T, Misfit> {
        let value = self.take(name)?;
        let number = match &value {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.expected(name, "a whole number", &value))
    }

    fn flag(&mut self, name: &'static str) -> Result<bool, Misfit> {
        match self.optional(name) {
            None => Ok(false),
            Some(Json::Bool(value)) => Ok(value),
            Some(other) => Err(self.expected(name, "true or false", &other)),
        }
    }

    fn texts(&mut self, name: &'static str) -> Result<Vec<String>, Misfit> {
        let value = match self.optional(name) {
            None => return Ok(Vec::new()),
            Some(value) => value,
        };
        let items = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        items.ok_or_else(|| self.expected(name, "a list of strings", &value))
    }

    fn floors(&mut self) -> Result<Floors, Misfit> {
        let mut floors = Floors::NONE;
        for name in self.texts("floors")? {
            let floor = Floor::ALL.into_iter().find(|floor| floor.name() == name);
            let message = || format!("unknown floor `{}`", cut(&name));
            floors = floors.with(floor.ok_or_else(|| self.misfit("floors", message()))?);
        }
        Ok(floors)
    }

    fn attributes(&mut self) -> Result<Vec<(Box<str>, Json)>, Misfit> {
        match self.optional("attributes") {
            None => Ok(Vec::new()),
            Some(Json::Object(members)) => Ok(members),
            Some(other) => Err(self.expected("attributes", "an object", &other)),
        }
    }

    fn rule(&mut self) -> Result<Option<RuleRecord>, Misfit> {
        let Some(name) = self.optional_text("rule")? else { return Ok(None) };
        Ok(Some(RuleRecord {
            name,
            layer: self.word("layer", Layer::from_name)?,
            file: self.text("file")?,
            line: self.number("line")?,
            column: self.number("column")?,
            reason: self.optional_text("reason")?,
        }))
    }

    fn decision(&mut self) -> Result<DecisionRecord, Misfit> {
        let record_level = self.word("record_level", RecordLevel::from_name)?;
        if record_level == RecordLevel::None {
            let message = "at the level `none` there is no record".to_owned();
            return Err(self.misfit("record_level", message));
        }
        let request = self.optional("request");
        if request.is_some() && record_level != RecordLevel::Full {
            let message = "a request stands in records of the level `full` alone".to_owned();
            return Err(self.misfit("request", message));
        }
        if let Some(other) = request.as_ref().filter(|request| request.as_object().is_none()) {
            return Err(self.expected("request", "an object", other));
        }
        Ok(DecisionRecord {
            record_level,
            policy: self.optional_text("policy")?,
            policy_version: self.optional_text("policy_version")?,
            policy_digest: self.text("policy_digest")?,
            tier: self.word("tier", Tier::from_name)?,
            rule: self.rule()?,
            default: self.flag("default")?,
            floors: self.floors()?,
            marks: self.texts("marks")?,
            answer: self.optional_word("answer", Tier::from_name)?,
            action: self.word("action", Action::from_name)?,
            object: self.optional_text("object")?,
            user: self.optional_text("user")?,
            agent: self.optional_text("agent")?,
            intent: self.optional_text("intent")?,
            attributes: self.attributes()?,
            parts: self.parts()?,
            parts_omitted: self.optional_number("parts_omitted")?.unwrap_or(0),
            request,
        })
    }

    fn parts(&mut self) -> Result<Vec<PartRecord>, Misfit> {
        let items = match self.take("parts")? {
            Json::Array(items) => items,
            other => return Err(self.expected("parts", "a list", &other)),
        };
        let within = |misfit: Misfit| Misfit { steps: vec![Step::Value("parts".into())], ..misfit };
        items
            .into_iter()
            .map(|item| {
                let mut part = Members::of(item, "a part").map_err(within)?;
                part.within = Some("parts");
                let read = PartRecord {
                    action: part.word("action", Action::from_name)?,
                    object: part.optional_text("object")?,
                    tier: part.word("tier", Tier::from_name)?,
                    rule: part.optional_text("rule")?,
                    layer: part.optional_word("layer", Layer::from_name)?,
                    default: part.flag("default")?,
                    floors: part.floors()?,
                    attributes: part.attributes()?,
                };
                part.done()?;
                Ok(read)
            })
            .collect()
    }

    fn done(self) -> Result<(), Misfit> {
        let Some((name, _)) = self.members.first() else { return Ok(()) };
        let message = unknown("field", name, self.known.iter().copied());
        let last = match self.within {
            Some(within) => Step::Value(within.into()),
            None => Step::Name(name.clone()),
        };
        Err(Misfit { steps: vec![last], message })
    }
}

/// A value as a message repeats it.
fn shown(value: &Json) -> String {
    match value {
        Json::Array(_) | Json::Object(_) => value.describe().to_owned(),
        other => cut(&other.canonical()),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision() -> Record {
        Record {
            time: "2026-11-24T10:15:00.5Z".parse().unwrap(),
            runtime: Some("claude-code".into()),
            session: Some("s-17".into()),
            call_id: None,
            action_digest: "blake3:00".into(),
            event: Event::Decision(Box::new(DecisionRecord {
                record_level: RecordLevel::Full,
                policy: Some("acme.agents".into()),
                policy_version: Some("2026.11".into()),
                policy_digest: "blake3:11".into(),
                tier: Tier::Deny,
                rule: Some(RuleRecord {
                    name: "no-force-push".into(),
                    layer: Layer::Managed,
                    file: "acme.policy".into(),
                    line: 24,
                    column: 1,
                    reason: Some("Rewrites shared history.".into()),
                }),
                default: false,
                floors: Floors::of(Floor::Wrappers),
                marks: vec!["secret".into()],
                answer: Some(Tier::Deny),
                action: Action::Run,
                object: Some("git push -f \u{1b}[2K\u{202e}\u{e0001}é".into()),
                user: Some("ana".into()),
                agent: None,
                intent: Some("a\nb".into()),
                attributes: vec![("branch".into(), Json::String("main".into()))],
                parts: vec![PartRecord {
                    action: Action::Run,
                    object: Some("git push -f".into()),
                    tier: Tier::Deny,
                    rule: Some("no-force-push".into()),
                    layer: Some(Layer::Managed),
                    default: false,
                    floors: Floors::of(Floor::Wrappers),
                    attributes: vec![("escalated".into(), Json::Bool(false))],
                }],
                parts_omitted: 0,
                request: Some(Json::parse(r#"{"action":"run","shell":"git push -f"}"#).unwrap()),
            })),
        }
    }

    fn all() -> Vec<Record> {
        let first = decision();
        let Event::Decision(decision) = first.event.clone() else { unreachable!() };
        let shadow = ShadowRecord {
            decision: *decision,
            enforced_tier: Tier::Ask,
            enforced_rule: None,
            enforced_layer: None,
            enforced_policy_digest: "blake3:22".into(),
        };
        let with = |event| Record { event, ..first.clone() };
        vec![
            first.clone(),
            with(Event::Shadow(Box::new(shadow))),
            with(Event::Approval(ApprovalRecord {
                outcome: ApprovalOutcome::Approved,
                by: ApprovedBy::Person,
                scope: ApprovalScope::Session,
                approver: Some("ana".into()),
            })),
            with(Event::Result(ResultRecord {
                outcome: ResultOutcome::Failed,
                exit_code: Some(-1),
                duration_ms: Some(u64::MAX),
            })),
        ]
    }

    #[test]
    fn every_kind_is_read_back() {
        for record in all() {
            assert_eq!(Record::from_json(&record.to_json()), Ok(record));
        }
    }

    #[test]
    fn a_line_obeys_nobody() {
        for record in all() {
            let line = record.to_json();
            assert!(!line.chars().any(|c| c == '\n' || is_control(c) || is_unseen(c)), "{line}");
        }
        let line = decision().to_json();
        assert!(line.contains(r"git push -f \u001b[2K\u202e\udb40\udc01é"), "{line}");
    }

    #[test]
    fn what_does_not_fit_is_told_with_its_place() {
        let line = decision().to_json();
        for (from, to, message) in [
            (
                r#""schema_version":1"#,
                r#""schema_version":2"#,
                "records of schema version 1 are read here, found `2`",
            ),
            (r#""schema_version":1,"#, "", "`schema_version` is missing"),
            (
                r#""kind":"decision""#,
                r#""kind":"decisions""#,
                "unknown kind `decisions`; did you mean `decision`?",
            ),
            (r#""kind":"decision""#, r#""kind":"approval""#, "`approval` is missing"),
            (r#""tier":"deny","rule""#, r#""tier":"forbid","rule""#, "unknown `tier` `forbid`"),
            (r#""tier":"deny","rule""#, r#""teir":"deny","rule""#, "`tier` is missing"),
            (r#""user""#, r#""usr""#, "unknown field `usr`; did you mean `user`?"),
            (r#""line":24"#, r#""line":-1"#, "`line`: expected a whole number, found `-1`"),
            (
                r#""layer":"managed","file":"acme.policy","#,
                r#""layer":"managed","#,
                "`file` is missing",
            ),
            (
                r#"0.5Z"#,
                r#"0.5"#,
                "expected a time of RFC 3339 in UTC, like `2026-11-24T10:15:00.5Z`, found `2026-11-24T10:15:00.5`",
            ),
            (r#""escalated":false"#, r#""escalated":fals"#, "expected a value"),
            (
                r#""floors":["wrappers"],"marks""#,
                r#""floors":["wrap"],"marks""#,
                "unknown floor `wrap`",
            ),
            (
                r#""record_level":"full""#,
                r#""record_level":"none""#,
                "at the level `none` there is no record",
            ),
            (
                r#""record_level":"full""#,
                r#""record_level":"redacted""#,
                "a request stands in records of the level `full` alone",
            ),
        ] {
            let changed = line.replacen(from, to, 1);
            assert_ne!(changed, line, "{from}");
            let error = Record::from_json(&changed).unwrap_err();
            assert_eq!(error.message, message, "{changed}");
        }
    }
}
