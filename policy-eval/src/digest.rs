//! One number for what was approved.
//!
//! An approval is bound to a digest of the request. It covers the canonical parts and every fact
//! that decisions read, and nothing else (`id` and `intent` are left out): two spellings of one
//! path, host or argument list have the same digest, and no action has that of another. Of shell
//! text the text itself counts too: rules may read it as `line`, and a person approved it as it
//! stood.
//!
//! The encoding is unambiguous: each value is a tag and its content, each text its length and its
//! bytes, each list its length and its items. Sets and named values are sorted first.

use core::net::IpAddr;

use crate::canon;
use crate::facts::{
    Args, Attribute, Command, Endpoint, HostValue, Object, Part, PathValue, Word, WordKind,
};
use crate::request::{Declared, Request};
use crate::vocab::{Attr, Floors};

/// Changes with the encoding, so that old approvals never fit by accident.
const VERSION: u8 = 1;

/// The digest of a request's canonical form: `blake3:` and 64 hex digits.
///
/// ```
/// use policy_eval::{Request, action_digest};
/// let one = action_digest(&Request::write("/etc//hosts"));
/// assert_eq!(one, action_digest(&Request::write("/etc/x/../hosts")));
/// assert_ne!(one, action_digest(&Request::read("/etc/hosts")));
/// ```
///
/// # Cost
/// That of [`canon::parts`], and one hash over what it hands out.
pub fn action_digest(request: &Request<'_>) -> String {
    let mut out = Encoder { hasher: blake3::Hasher::new() };
    out.tag(VERSION);
    out.declared(request.declared);
    out.set(request.failed_layers);
    out.optional(request.shell);
    let mut is_first = true;
    canon::parts(request, &mut |judged| {
        if is_first {
            is_first = false;
            out.roots(judged.roots);
            // What does not follow from a part's object is the same for all parts.
            for &attr in Attr::ALL {
                out.attribute(judged.attribute(attr));
            }
        }
        out.part(judged.part);
    });
    format!("blake3:{}", out.hasher.finalize().to_hex())
}

struct Encoder {
    hasher: blake3::Hasher,
}

impl Encoder {
    fn tag(&mut self, tag: u8) {
        self.hasher.update(&[tag]);
    }

    fn number(&mut self, value: u64) {
        self.hasher.update(&value.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.hasher.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn optional(&mut self, text: Option<&str>) {
        match text {
            None => self.tag(0),
            Some(text) => {
                self.tag(1);
                self.text(text);
            }
        }
    }

    fn set(&mut self, items: &[&str]) {
        let mut items = items.to_vec();
        items.sort_unstable();
        items.dedup();
        self.number(items.len() as u64);
        for item in items {
            self.text(item);
        }
    }

    fn roots(&mut self, roots: &[(&str, &str)]) {
        let mut roots = roots.to_vec();
        roots.sort_unstable();
        roots.dedup();
        self.number(roots.len() as u64);
        for (name, path) in roots {
            self.text(name);
            self.text(path);
        }
    }

    fn declared(&mut self, declared: &[(&str, Declared<'_>)]) {
        let mut declared = declared.to_vec();
        // The first value of a name counts, so the order among equal names must stay.
        declared.sort_by_key(|(name, _)| *name);
        self.number(declared.len() as u64);
        for (name, value) in declared {
            self.text(name);
            self.attribute(match value {
                Declared::Text(text) => Attribute::Text(text),
                Declared::Int(value) => Attribute::Int(value),
                Declared::Bool(value) => Attribute::Bool(value),
                Declared::Set(items) => Attribute::Set(items),
            });
        }
    }

    fn part(&mut self, part: &Part<'_>) {
        self.tag(0xff);
        self.text(part.action.name());
        self.tag(u8::from(part.alternative));
        self.floors(part.floors);
        self.object(&part.object);
    }

    fn floors(&mut self, floors: Floors) {
        self.number(floors.iter().count() as u64);
        for floor in floors.iter() {
            self.text(floor.name());
        }
    }

    fn object(&mut self, object: &Object<'_>) {
        match object {
            Object::None => self.tag(0),
            Object::Path(path) => {
                self.tag(1);
                self.path(*path);
            }
            Object::Command(command) => {
                self.tag(2);
                self.command(command);
            }
            Object::Endpoint(endpoint) => {
                self.tag(3);
                self.endpoint(endpoint);
            }
            Object::Tool { server, tool, args } => {
                self.tag(4);
                self.optional(*server);
                self.optional(*tool);
                match args {
                    Args::Unknown => self.tag(0),
                    Args::Known(args) => {
                        self.tag(1);
                        self.text(&args.canonical());
                    }
                }
            }
            Object::Package { kind, name } => {
                self.tag(5);
                self.optional(*kind);
                self.optional(*name);
            }
            Object::Name(name) => {
                self.tag(6);
                self.optional(*name);
            }
        }
    }

    fn command(&mut self, command: &Command<'_>) {
        self.number(command.forms.len() as u64);
        for form in command.forms {
            self.tag(u8::from(form.certain));
            self.words(form.words);
        }
        self.path(command.cwd);
        self.path(command.base);
        self.path(command.program);
        self.tag(u8::from(command.nothing_runs));
    }

    fn words(&mut self, words: &[Word<'_>]) {
        self.number(words.len() as u64);
        for word in words {
            self.text(word.text);
            match word.kind {
                WordKind::Static => self.tag(0),
                WordKind::AtRunTime { may_be_flag, many } => {
                    self.tag(1 + u8::from(may_be_flag) + 2 * u8::from(many));
                }
            }
            self.tag(u8::from(word.under_home));
        }
    }

    fn endpoint(&mut self, endpoint: &Endpoint<'_>) {
        self.host(endpoint.host);
        self.number(endpoint.port.map_or(0, |port| u64::from(port) + 1));
        self.optional(endpoint.scheme);
        self.attribute(endpoint.method);
        self.optional(endpoint.url_path);
        match endpoint.socket {
            None => self.tag(0),
            Some(path) => {
                self.tag(1);
                self.path(path);
            }
        }
        self.tag(u8::from(endpoint.resolved));
    }

    fn path(&mut self, path: PathValue<'_>) {
        match path {
            PathValue::Unsent => self.tag(0),
            PathValue::AtRunTime => self.tag(1),
            PathValue::Known(path) => {
                self.tag(2);
                self.text(path);
            }
        }
    }

    fn host(&mut self, host: HostValue<'_>) {
        match host {
            HostValue::Unsent => self.tag(0),
            HostValue::Other => self.tag(1),
            HostValue::Name(name) => {
                self.tag(2);
                self.text(name);
            }
            HostValue::Ip(IpAddr::V4(ip)) => {
                self.tag(3);
                self.bytes(&ip.octets());
            }
            HostValue::Ip(IpAddr::V6(ip)) => {
                self.tag(4);
                self.bytes(&ip.octets());
            }
        }
    }

    fn attribute(&mut self, value: Attribute<'_>) {
        match value {
            Attribute::Unsent => self.tag(0),
            Attribute::Absent => self.tag(1),
            Attribute::AtRunTime => self.tag(2),
            Attribute::Text(text) => {
                self.tag(3);
                self.text(text);
            }
            Attribute::Int(value) => {
                self.tag(4);
                self.hasher.update(&value.to_le_bytes());
            }
            Attribute::Bool(value) => {
                self.tag(5);
                self.tag(u8::from(value));
            }
            Attribute::Set(items) => {
                self.tag(6);
                self.set(items);
            }
            Attribute::Words(words) => {
                self.tag(7);
                self.words(words);
            }
            Attribute::Path(path) => {
                self.tag(8);
                self.path(path);
            }
            Attribute::Host(host) => {
                self.tag(9);
                self.host(host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOTS: &[(&str, &str)] = &[("workspace", "/w"), ("home", "/h")];

    #[test]
    fn spellings_of_one_action_have_one_digest() {
        let write = |path| Request { roots: ROOTS, ..Request::write(path) };
        let url = |url| Request::url(url, "GET");
        for (one, other) in [
            (write("a/../b"), write("/w/b")),
            (url("https://Api.example.com."), url("https://api.example.com:443/")),
            (
                Request { marks: &["a", "b"], ..write("x") },
                Request { marks: &["b", "a", "b"], intent: Some("why"), ..write("x") },
            ),
        ] {
            assert_eq!(action_digest(&one), action_digest(&other));
        }
    }

    #[test]
    fn whatever_a_decision_reads_changes_the_digest() {
        let base = Request { roots: ROOTS, ..Request::argv(&["git", "push"]) };
        let changed = [
            base,
            Request { argv: Some(&["git", "push", ""]), ..base },
            Request { argv: Some(&["gitpush"]), ..base },
            Request { branch: Some("main"), ..base },
            Request { branch: Some(""), ..base },
            Request { escalated: Some(true), ..base },
            Request { roots: &ROOTS[..1], ..base },
            Request { failed_layers: &["user"], ..base },
            Request { declared: &[("ticket", Declared::Text("1"))], ..base },
            Request { declared: &[("ticket", Declared::Int(1))], ..base },
            Request { cwd: Some("/w/sub"), ..base },
        ];
        let digests: std::collections::BTreeSet<String> =
            changed.iter().map(action_digest).collect();
        assert_eq!(digests.len(), changed.len());
    }
}
