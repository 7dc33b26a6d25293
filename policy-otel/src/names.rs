//! Every name that leaves: events, attributes and metrics, in one table each.
//!
//! `docs/otel.md` shows these tables, and a test compares them. Names of OpenTelemetry's semantic
//! conventions are used where there are some; what a policy says has none yet, so those begin with
//! `policy.`. The names for agents and MCP are in development and may change; they change here, with
//! [`VERSION`].

use std::fmt::Write as _;

/// The version of the names. It changes when a name changes or gets another meaning.
pub const VERSION: &str = "1";

/// The version of the semantic conventions that the standard names are those of.
pub const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.42.0";

/// The name of the instrumentation scope.
pub const SCOPE: &str = "policy-otel";

/// Whose name an attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Of the semantic conventions, stable.
    Stable,
    /// Of the semantic conventions, in development: may change.
    Development,
    /// Of the conventions for generative AI, which are in development in a repository of their own.
    GenAi,
    /// Our own.
    Own,
}

impl Status {
    const fn name(self) -> &'static str {
        match self {
            Status::Stable => "stable",
            Status::Development => "development",
            Status::GenAi => "development (GenAI)",
            Status::Own => "own",
        }
    }
}

/// One name of the table.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The name. One that ends in `*` is the beginning of several.
    pub name: &'static str,
    /// Whose it is.
    pub status: Status,
    /// The field of a record that it comes from.
    pub field: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

macro_rules! names {
    ($(#[$doc:meta])* $table:ident: $($constant:ident $name:literal $status:ident $field:literal $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $constant: &str = $name;)*

        $(#[$doc])*
        pub const $table: &[Name] = &[
            $(Name { name: $name, status: Status::$status, field: $field, meaning: $meaning }),*
        ];
    };
}

names! {
    /// The attributes of log records and metrics.
    ATTRIBUTES:
    NAMES_VERSION "policy.names.version" Own "" "The version of this table; on the scope";
    SCHEMA_VERSION "policy.record.schema_version" Own "schema_version" "The version of the record's fields";
    RUNTIME "policy.runtime" Own "runtime" "The agent runtime";
    SESSION_ID "session.id" Development "session" "The session of the agent";
    CALL_ID "gen_ai.tool.call.id" GenAi "call_id" "The call, as the runtime names it";
    ACTION_DIGEST "policy.action.digest" Own "action_digest" "What binds decision, approval and result of one action";

    TIER "policy.tier" Own "tier" "The verdict: what the policy said (`allow`, `review`, `ask`, `deny`)";
    ANSWER "policy.answer" Own "answer" "What the runtime was told, where it cannot do all that a policy says";
    RULE "security_rule.name" Development "rule" "The rule that decided; in metrics also `_default`, `_floor`, `_other`";
    RULE_REASON "security_rule.description" Development "reason" "The reason that the rule gives";
    RULESET "security_rule.ruleset.name" Development "policy" "The name of the policy";
    RULE_LAYER "policy.rule.layer" Own "layer" "The layer that the rule stands in";
    RULE_FILE "policy.rule.file" Own "file" "The file that the rule stands in";
    RULE_LINE "policy.rule.line" Own "line" "Its line";
    RULE_COLUMN "policy.rule.column" Own "column" "Its column";
    DEFAULT "policy.default" Own "default" "True where the default decided";
    FLOORS "policy.floors" Own "floors" "What was not understood";
    MARKS "policy.marks" Own "marks" "The marks that the session carries once the action is done";
    POLICY_VERSION "policy.version" Own "policy_version" "The version of the policy";
    POLICY_DIGEST "policy.digest" Own "policy_digest" "The digest of the policy";
    RECORD_LEVEL "policy.record.level" Own "record_level" "How much of the action stands here (`metadata`, `redacted`, `full`)";

    ACTION "policy.action" Own "action" "What the agent wants to do (`run`, `write`, `connect` …)";
    OBJECT "policy.object" Own "object" "What it does it to, as the level says";
    USER_ID "user.id" Development "user" "The user";
    AGENT_NAME "gen_ai.agent.name" GenAi "agent" "The agent";
    INTENT "policy.intent" Own "intent" "Why the agent does it";
    PARTS "policy.parts" Own "parts" "Where there are several: each part, as JSON text";
    PARTS_OMITTED "policy.parts.omitted" Own "parts_omitted" "How many parts more there were";
    REQUEST "policy.request" Own "request" "The request as JSON text, at the level `full` alone";
    ATTRIBUTE "policy.attribute.*" Own "attributes" "Any other attribute, by its name in the language; those of the part that decided too";

    OPERATION "gen_ai.operation.name" GenAi "action" "`execute_tool` of `call`, `invoke_agent` of `spawn`";
    TOOL_NAME "gen_ai.tool.name" GenAi "object" "The tool of a `call`";
    TOOL_ARGUMENTS "gen_ai.tool.call.arguments" GenAi "attributes.args" "The arguments of a `call` as JSON text, at the level `full`";
    MCP_METHOD "mcp.method.name" GenAi "action" "`tools/call` of a `call`";
    MCP_SERVER "policy.mcp.server" Own "object" "The server of a `call`";
    COMMAND_LINE "process.command_line" Development "object" "The command of a `run`, at the level `full`";
    WORKING_DIRECTORY "process.working_directory" Development "attributes.cwd" "Where it runs, at the level `full`";
    EXECUTABLE_PATH "process.executable.path" Development "attributes.program" "The program's path, at the level `full`";
    FILE_PATH "file.path" Development "object" "The path of a `read`, `write` or `delete`, at the level `full`";
    SERVER_ADDRESS "server.address" Stable "object" "The host, address or socket of a `connect`, `fetch` or `listen`, at the level `full`";
    SERVER_PORT "server.port" Stable "attributes.port" "Its port";
    NETWORK_TRANSPORT "network.transport" Stable "attributes.scheme" "`tcp` or `unix` of a raw connection";
    URL_SCHEME "url.scheme" Stable "attributes.scheme" "The scheme of a URL";
    URL_PATH "url.path" Stable "attributes.url_path" "The path of a URL, at the level `full`";
    HTTP_METHOD "http.request.method" Stable "attributes.method" "The method of a `connect` or `fetch`";
    MODEL "gen_ai.request.model" GenAi "attributes.model" "The model that the agent is";
    BRANCH "vcs.ref.head.name" Development "attributes.branch" "The branch, at the level `full`";
    OS_TYPE "os.type" Development "attributes.platform" "The platform (`linux`, `darwin`, `windows`)";

    ENFORCED_TIER "policy.enforced.tier" Own "enforced_tier" "Of a shadow: what the policy in force said";
    ENFORCED_RULE "policy.enforced.rule" Own "enforced_rule" "The rule that it said it by";
    ENFORCED_LAYER "policy.enforced.layer" Own "enforced_layer" "The layer of that rule";
    ENFORCED_DIGEST "policy.enforced.digest" Own "enforced_policy_digest" "The digest of the policy in force";

    APPROVAL "policy.approval.outcome" Own "approval" "What was said (`approved`, `denied`)";
    APPROVAL_BY "policy.approval.by" Own "approval_by" "Who said it (`person`, `reviewer`)";
    APPROVAL_SCOPE "policy.approval.scope" Own "approval_scope" "For how long it holds (`once`, `session`)";
    APPROVER "policy.approval.approver" Own "approver" "Their name";

    RESULT "policy.result.outcome" Own "result" "What the runtime then did (`done`, `failed`, `not_done`)";
    EXIT_CODE "process.exit.code" Development "exit_code" "How a program ended";
    DURATION_MS "policy.result.duration_ms" Own "duration_ms" "How long it took, in milliseconds";

    DROP_REASON "policy.drop.reason" Own "" "Why records were dropped (`queue_full`, `rejected`, `shut_down`)";
    DROPPED_KIND "policy.record.kind" Own "kind" "The kind of the records that were dropped";
    DROPPED_RECORDS "policy.dropped.records" Own "" "How many records were dropped since the last such event";
    DROPPED_DENIALS "policy.dropped.denials" Own "" "How many of them were decisions to deny";
}

names! {
    /// The event names of log records.
    EVENTS:
    DECISION_EVENT "policy.decision" Own "decision" "The policy in force decided";
    SHADOW_EVENT "policy.shadow" Own "shadow" "A policy that is tried would have decided otherwise; it decided nothing";
    APPROVAL_EVENT "policy.approval" Own "approval" "A person or a reviewer answered";
    RESULT_EVENT "policy.result" Own "result" "The runtime did it, or did not";
    DROPPED_EVENT "policy.telemetry.dropped" Own "" "Records were dropped; sent when the collector takes records again";
}

names! {
    /// The metrics. In place of the field stand the attributes.
    METRICS:
    DECISIONS "policy.decisions" Own "policy.action, policy.tier, security_rule.name" "Counts decisions";
    APPROVALS "policy.approvals" Own "policy.approval.outcome, policy.approval.by, policy.approval.scope, security_rule.name" "Counts answers of persons and reviewers, by the rule that asked";
    APPROVAL_WAIT "policy.approval.wait" Own "policy.approval.outcome, policy.approval.by" "Histogram of the seconds from an ask to its answer";
    RESULTS "policy.results" Own "policy.result.outcome" "Counts what runtimes did";
    DIFFERENCES "policy.shadow.differences" Own "policy.enforced.tier, policy.tier" "Counts where a policy that is tried differs";
    DROPPED "policy.telemetry.dropped" Own "policy.drop.reason, policy.record.kind, policy.tier" "Counts records that were dropped";
}

/// An event of Codex, and what it is here.
#[derive(Clone, Copy, Debug)]
pub struct SeedEvent {
    /// The event name in Codex.
    pub codex: &'static str,
    /// The event name here, and which of them.
    pub event: &'static str,
    /// What stands where, `theirs` → `ours`.
    pub attributes: &'static str,
}

/// The event of a user's prompt in Codex.
pub const CODEX_USER_PROMPT: &str = "codex.user_prompt";
/// The event of an answer to a tool call in Codex.
pub const CODEX_TOOL_DECISION: &str = "codex.tool_decision";
/// The event of what became of a tool call in Codex.
pub const CODEX_TOOL_RESULT: &str = "codex.tool_result";
/// The event of the network proxy in Codex.
pub const CODEX_NETWORK: &str = "codex.network_proxy.policy_decision";

/// What is asked of Codex's events, asked of these.
pub const SEED_EVENTS: &[SeedEvent] = &[
    SeedEvent {
        codex: CODEX_USER_PROMPT,
        event: "`policy.decision` with `policy.action` = `prompt`",
        attributes: "`prompt_length` → `policy.attribute.length`; the prompt itself is never there",
    },
    SeedEvent {
        codex: CODEX_TOOL_DECISION,
        event: "`policy.decision` (what the policy said), `policy.approval` (what a person or a reviewer said)",
        attributes: "`tool_name` → `gen_ai.tool.name` of `call`, else `policy.action`; `call_id` → `gen_ai.tool.call.id`; `decision` → `policy.tier`, `policy.approval.outcome`; `source` → `policy.approval.by`",
    },
    SeedEvent {
        codex: "codex.guardian_assessment",
        event: "`policy.approval` with `policy.approval.by` = `reviewer`",
        attributes: "its attributes are not documented",
    },
    SeedEvent {
        codex: CODEX_TOOL_RESULT,
        event: "`policy.result`",
        attributes: "`call_id` → `gen_ai.tool.call.id`; `success` → `policy.result.outcome`; `duration_ms` → `policy.result.duration_ms`; arguments stand in the decision as its level says, output nowhere",
    },
    SeedEvent {
        codex: "codex.tool_decision, codex.tool_result of an MCP tool",
        event: "`policy.decision` with `mcp.method.name` = `tools/call`",
        attributes: "`mcp_server` → `policy.mcp.server`; `tool_name` → `gen_ai.tool.name`; `mcp_server_origin` → `policy.attribute.origin`",
    },
    SeedEvent {
        codex: CODEX_NETWORK,
        event: "`policy.decision` with `policy.action` = `connect`, `fetch` or `listen`",
        attributes: "`network.policy.decision` → `policy.tier`; `network.policy.reason` → `security_rule.name`; `server.address`, `server.port`, `http.request.method` keep their names",
    },
    SeedEvent {
        codex: "codex.sandbox_outcome",
        event: "`policy.decision` with `policy.attribute.escalated`, then `policy.result`",
        attributes: "`outcome` → `policy.result.outcome`",
    },
];

/// The tables as Markdown: what `docs/otel.md` holds between its markers.
pub fn tables() -> [(&'static str, String); 4] {
    let table = |names: &[Name], head: &str| {
        let columns = head.matches('|').count() - 1;
        let mut out = format!("{head}\n|{}\n", "---|".repeat(columns));
        for Name { name, status, field, meaning } in names {
            let fields: Vec<String> = field
                .split(", ")
                .filter(|field| !field.is_empty())
                .map(|field| format!("`{field}`"))
                .collect();
            let _ = write!(out, "| `{name}` | {} | {meaning} |", fields.join(", "));
            if columns == 4 {
                let _ = write!(out, " {} |", status.name());
            }
            out.push('\n');
        }
        out
    };
    let mut seed = "| Codex | here | attributes |\n|---|---|---|\n".to_owned();
    for SeedEvent { codex, event, attributes } in SEED_EVENTS {
        let codex = codex.replace(", ", "`, `").replace(" of an MCP tool", "` of an MCP tool");
        let quote = if codex.ends_with("tool") { "" } else { "`" };
        let _ = writeln!(seed, "| `{codex}{quote} | {event} | {attributes} |");
    }
    [
        ("events", table(EVENTS, "| event | kind of record | when |")),
        (
            "attributes",
            table(ATTRIBUTES, "| attribute | field of the record | what it says | status |"),
        ),
        ("metrics", table(METRICS, "| metric | attributes | what it is |")),
        ("codex", seed),
    ]
}
