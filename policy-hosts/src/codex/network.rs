//! The network proxy of Codex: allowed and denied domains, local addresses, rules for one host.
//!
//! A denied domain wins, then a local address is refused unless it is listed by itself, then an
//! allowed domain serves; what is left is refused.

use policy_eval::Tier;
use policy_lang::span::{Location, Span};

use crate::import::Report;
use crate::import::quote;
use crate::import::report::at;
use crate::import::tree::{Node, Value};
use crate::import::write::{Sentence, Writer};

/// `network_rule(…)`
#[derive(Clone, Debug)]
pub(super) struct HostRule {
    pub(super) host: String,
    pub(super) protocol: &'static str,
    pub(super) tier: Tier,
    pub(super) because: Option<String>,
    pub(super) from: Location,
}

/// Addresses that are no public ones.
const LOCAL: &str = "hosts local = @loopback, @private, @link_local, @metadata, @multicast, @unspecified, \
    \"0.0.0.0/8\", \"192.0.0.0/24\", \"192.0.2.0/24\", \"198.18.0.0/15\", \"198.51.100.0/24\", \
    \"203.0.113.0/24\", \"240.0.0.0/4\"";

/// A table of the network, in whichever spelling.
#[derive(Default)]
struct Proxy {
    allowed: Vec<(Vec<String>, Location)>,
    denied: Vec<(Vec<String>, Location)>,
    review: Vec<(Vec<String>, Location)>,
    local_binding: bool,
    /// Only the managed list counts; what is not on it is denied, not asked about.
    is_managed: bool,
    managed_only: bool,
    sockets: Vec<(String, bool, Location)>,
    all_sockets: Option<Location>,
    limited: Option<Location>,
    enabled: Option<bool>,
    from: Option<Location>,
}

const KEYS: [&str; 21] = [
    "enabled",
    "mode",
    "domains",
    "allowed_domains",
    "denied_domains",
    "review_domains",
    "managed_allowed_domains_only",
    "unix_sockets",
    "allow_unix_sockets",
    "allow_local_binding",
    "dangerously_allow_all_unix_sockets",
    "dangerously_allow_non_loopback_proxy",
    "allow_upstream_proxy",
    "http_port",
    "socks_port",
    "proxy_url",
    "socks_url",
    "enable_socks5",
    "enable_socks5_udp",
    "header_injections",
    "mitm",
];

pub(super) fn write(
    configs: &[(usize, Node)],
    rules: &[HostRule],
    writer: &mut Writer,
    report: &mut Report,
) {
    let mut proxy = Proxy::default();
    for (file, node) in configs {
        let requires = report.place(at(*file, node.span)).contains("requirements");
        for (path, is_managed) in [
            (&["experimental_network"][..], true),
            (&["network_proxy"], true),
            (&["permissions", "network"], requires),
            (&["network"], false),
        ] {
            if let Some(table) = node.at(path) {
                read(*file, table, is_managed, &mut proxy, report);
            }
        }
        let name = node.get("default_permissions").and_then(Node::text);
        for profile in node.get("permissions").map(Node::entries).unwrap_or_default() {
            let is_chosen = profile.key != "network" && name.is_none_or(|name| name == profile.key);
            if let Some(table) = profile.node.get("network").filter(|_| is_chosen) {
                read(*file, table, false, &mut proxy, report);
                trap(*file, node, table, report);
            }
        }
    }
    if proxy.from.is_none() && rules.is_empty() {
        return;
    }
    writer.heading("The network.");
    if let Some(from) = proxy.from {
        lists(&proxy, from, writer, report);
    }
    for rule in rules {
        let schemes = match rule.protocol {
            "http" => "scheme in (\"http\", \"tcp\")",
            "https" => "scheme in (\"https\", \"tcp\")",
            _ => "scheme == \"tcp\"",
        };
        let host = rule.host.split(':').next().unwrap_or(&rule.host);
        let sentence = Sentence::new(rule.tier, "connect")
            .object(quote::literal(host))
            .when(schemes)
            .because(rule.because.as_deref());
        writer.sentence(&sentence, report, rule.from);
    }
}

/// Without the feature the lists of a profile do nothing at all.
fn trap(file: usize, node: &Node, table: &Node, report: &mut Report) {
    let has_lists = table.get("domains").is_some();
    let is_on = node.at(&["features", "network_proxy"]).and_then(Node::bool) == Some(true);
    if has_lists && !is_on && table.get("enabled").and_then(Node::bool) == Some(true) {
        report.never(
            at(file, table.span),
            "Codex does not look at these domains: everything can be reached, denied ones too",
            "set `network_proxy = true` under `[features]`; the policy reads the lists as they are meant",
        );
    }
}

fn read(file: usize, table: &Node, is_managed: bool, proxy: &mut Proxy, report: &mut Report) {
    proxy.from.get_or_insert(at(file, table.span));
    proxy.is_managed |= is_managed;
    for entry in table.entries() {
        let from = at(file, entry.at);
        let node = &entry.node;
        match entry.key.as_str() {
            "domains" => domains(file, node, proxy, report),
            "allowed_domains" => patterns(file, node, List::Allowed, proxy, report),
            "denied_domains" => patterns(file, node, List::Denied, proxy, report),
            "review_domains" => patterns(file, node, List::Review, proxy, report),
            "allow_local_binding" => proxy.local_binding = truth(file, node, report),
            "managed_allowed_domains_only" => proxy.managed_only = truth(file, node, report),
            "enabled" => proxy.enabled = Some(truth(file, node, report)),
            "mode" if node.text() == Some("limited") => proxy.limited = Some(from),
            "mode" if node.text() == Some("full") => {}
            "unix_sockets" => {
                for socket in node.entries() {
                    let is_allowed = socket.node.text() == Some("allow");
                    proxy.sockets.push((socket.key.clone(), is_allowed, at(file, socket.at)));
                }
            }
            "allow_unix_sockets" => {
                for socket in node.items() {
                    if let Some(path) = socket.text() {
                        proxy.sockets.push((path.to_owned(), true, at(file, socket.span)));
                    }
                }
            }
            "dangerously_allow_all_unix_sockets" => {
                if truth(file, node, report) {
                    proxy.all_sockets = Some(from);
                }
            }
            "header_injections" | "mitm" => report.lost(
                from,
                format!("`{}` changes requests, which a policy does not", entry.key),
                "keep it in the configuration of the proxy",
            ),
            key if KEYS.contains(&key) => {}
            key => report.unknown_key(from, key, KEYS),
        }
    }
}

fn truth(file: usize, node: &Node, report: &mut Report) -> bool {
    node.bool().unwrap_or_else(|| {
        report.invalid(
            at(file, node.span),
            format!("true or false is expected, not {}", node.kind()),
        );
        false
    })
}

#[derive(Clone, Copy, PartialEq)]
enum List {
    Allowed,
    Denied,
    Review,
}

fn domains(file: usize, node: &Node, proxy: &mut Proxy, report: &mut Report) {
    if !matches!(node.value, Value::Table(_)) {
        report.invalid(at(file, node.span), "`domains` is a table of patterns");
    }
    for entry in node.entries() {
        let list = match entry.node.text() {
            Some("allow") => List::Allowed,
            Some("deny" | "none") => List::Denied,
            _ => {
                report.invalid(at(file, entry.node.span), "a domain is `allow` or `deny`");
                continue;
            }
        };
        pattern(file, &entry.key, entry.at, list, proxy, report);
    }
}

fn patterns(file: usize, node: &Node, list: List, proxy: &mut Proxy, report: &mut Report) {
    if !matches!(node.value, Value::List(_)) {
        report.invalid(at(file, node.span), "a list of patterns is expected");
    }
    for item in node.items() {
        match item.text() {
            Some(text) => pattern(file, text, item.span, list, proxy, report),
            None => report.invalid(at(file, item.span), "a pattern is a text"),
        }
    }
}

fn pattern(
    file: usize,
    text: &str,
    span: Span,
    list: List,
    proxy: &mut Proxy,
    report: &mut Report,
) {
    let from = at(file, span);
    match host_patterns(text) {
        Err(what) => report.invalid(from, what),
        Ok((all, _)) if all == ["*"] && list != List::Allowed => {
            report.invalid(from, "`*` stands only among allowed domains");
        }
        Ok((all, note)) => {
            match note {
                Some(Note::Port) => report.never(
                    from,
                    "Codex drops the port of a pattern, so this is every port",
                    "leave the port out",
                ),
                Some(Note::Labels) => report.lost(
                    from,
                    "a `*` further on spans any number of labels; the policy knows up to eight",
                    "",
                ),
                None => {}
            }
            let list = match list {
                List::Allowed => &mut proxy.allowed,
                List::Denied => &mut proxy.denied,
                List::Review => &mut proxy.review,
            };
            list.push((all, from));
        }
    }
}

enum Note {
    Port,
    Labels,
}

/// A `*` that spans labels stands for this many.
const MOST_LABELS: usize = 8;

/// The pattern as ours.
fn host_patterns(text: &str) -> Result<(Vec<String>, Option<Note>), String> {
    let text = text.trim().to_ascii_lowercase();
    if text.contains("://") {
        return Err("a pattern has no scheme".to_owned());
    }
    if text.is_empty() || text.contains(['{', '}', '/', ' ', '!', '<', '>']) {
        return Err(format!("`{text}` is no pattern of a domain"));
    }
    if text == "*" || text == "[*]" {
        return Ok((vec!["*".to_owned()], None));
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
        return match inner.parse::<std::net::Ipv6Addr>() {
            Ok(address) => Ok((vec![address.to_string()], None)),
            Err(_) => Err(format!("`{text}` is no pattern of a domain")),
        };
    }
    if text.contains(['[', ']']) {
        return Err(format!("`{text}` is no pattern of a domain"));
    }
    let is_address = text.parse::<std::net::IpAddr>().is_ok();
    let (name, note) = match text.rsplit_once(':') {
        Some((name, port)) if !is_address && port.bytes().all(|b| b.is_ascii_digit()) => {
            (name.to_owned(), Some(Note::Port))
        }
        _ => (text.clone(), None),
    };
    let name = name.trim_end_matches('.').to_owned();
    if is_address {
        return Ok((vec![name], note));
    }
    let (front, rest) = match name.strip_prefix("**.") {
        Some(rest) => ("**.", rest),
        None => match name.strip_prefix("*.") {
            Some(rest) => ("*.", rest),
            None => ("", name.as_str()),
        },
    };
    let labels: Vec<&str> = rest.split('.').collect();
    if labels.iter().any(|label| label.is_empty()) {
        return Err(format!("`{text}` is no pattern of a domain"));
    }
    // `*example.com` begins anywhere, so also further in front.
    let front = if front.is_empty() && rest.starts_with('*') { "**." } else { front };
    let Some(wide) = labels.iter().skip(1).position(|label| label.contains('*')).map(|at| at + 1)
    else {
        return Ok((vec![format!("{front}{rest}")], note));
    };
    let all = (0..MOST_LABELS)
        .map(|more| {
            let mut labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
            let label = labels[wide].clone();
            let (before, behind) = label.split_once('*').unwrap_or((&label, ""));
            if more > 0 {
                let mut between = vec![format!("{before}*")];
                between.extend(std::iter::repeat_n("*".to_owned(), more - 1));
                between.push(format!("*{behind}"));
                labels.splice(wide..=wide, between);
            }
            format!("{front}{}", labels.join("."))
        })
        .collect();
    Ok((all, Some(note.unwrap_or(Note::Labels))))
}

/// Patterns that name one local host by itself.
fn is_listed_local(patterns: &[String]) -> bool {
    patterns
        .iter()
        .all(|pattern| pattern.parse::<std::net::IpAddr>().is_ok() || pattern == "localhost")
}

fn objects(patterns: &[String]) -> Vec<String> {
    patterns
        .iter()
        .map(|pattern| if pattern == "*" { "*".to_owned() } else { quote::literal(pattern) })
        .collect()
}

fn lists(proxy: &Proxy, from: Location, writer: &mut Writer, report: &mut Report) {
    let asks = proxy.is_managed && !proxy.managed_only && proxy.enabled != Some(false);
    let unknown = if asks { Tier::Ask } else { Tier::Deny };
    writer.line_from(&format!("default connect {}", unknown.name()), report, from);
    if !proxy.local_binding {
        writer.line(LOCAL);
    }
    for (patterns, from) in &proxy.denied {
        let sentence = Sentence::new(Tier::Deny, "connect").objects(objects(patterns));
        writer.sentence(&sentence, report, *from);
    }
    if !proxy.local_binding {
        let all = || proxy.allowed.iter().flat_map(|(patterns, _)| patterns);
        let mut listed: Vec<String> = all()
            .filter(|pattern| pattern.parse::<std::net::IpAddr>().is_ok())
            .map(|pattern| quote::literal(pattern))
            .collect();
        if all().any(|pattern| pattern == "localhost") {
            // Also what the name resolves to; as addresses those are still on no list.
            listed.push("@loopback".to_owned());
        }
        let sentence = Sentence::new(Tier::Deny, "connect")
            .object("local")
            .except(listed)
            .because(Some("Local addresses are not open."));
        writer.sentence(&sentence, report, from);
    }
    for (patterns, from) in &proxy.review {
        let sentence = Sentence::new(Tier::Ask, "connect").objects(objects(patterns));
        writer.sentence(&sentence, report, *from);
    }
    for (patterns, from) in &proxy.allowed {
        let mut sentence = Sentence::new(Tier::Allow, "connect").objects(objects(patterns));
        if !proxy.local_binding && !is_listed_local(patterns) {
            sentence.except.push("local".to_owned());
        }
        if patterns == &["*"] {
            // Sockets are no hosts.
            sentence.except.push("unix \"/**\"".to_owned());
        }
        if proxy.limited.is_some() {
            sentence.when.push("method in (\"GET\", \"HEAD\", \"OPTIONS\")".to_owned());
        }
        writer.sentence(&sentence, report, *from);
    }
    for (path, is_allowed, from) in &proxy.sockets {
        let tier = if *is_allowed { Tier::Allow } else { Tier::Deny };
        let sentence =
            Sentence::new(tier, "connect").object(format!("unix {}", quote::literal(path)));
        writer.sentence(&sentence, report, *from);
    }
    if let Some(from) = proxy.all_sockets {
        let sentence = Sentence::new(Tier::Allow, "connect").object("unix \"/**\"");
        writer.sentence(&sentence, report, from);
    }
}
