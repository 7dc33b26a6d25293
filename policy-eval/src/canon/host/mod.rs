//! Destinations: from URLs, hosts and sockets to what can be compared (rules W1 to W9).
//!
//! Readers of URLs disagree, and a guard that reads one host where the client connects to another
//! guards nothing. So the reader here takes what RFC 3986 and the WHATWG parser read alike. Where
//! they differ the floor `ambiguous_host` is set; the host that the WHATWG parser would take is
//! judged all the same, so that a denial of it holds.

mod address;
mod name;
#[cfg(all(test, feature = "idna"))]
mod tests;
mod url;

use std::borrow::Cow;
use std::net::IpAddr;

pub use url::default_port;

use super::{Context, hidden, path};
use crate::facts::{Attribute, Endpoint, HostValue, Object, Part, PathValue};
use crate::request::Request;
use crate::text::has;
use crate::vocab::{Action, Floor, Floors};

/// A host in canonical form.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Host<'t> {
    /// Lower case, ASCII, no trailing dot.
    Name(Cow<'t, str>),
    Ip(IpAddr),
    /// Not understood.
    Other,
}

/// A host as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct HostRead<'t> {
    host: Host<'t>,
    /// Whether every reader takes the text for this host.
    is_certain: bool,
}

impl<'t> HostRead<'t> {
    const UNKNOWN: HostRead<'static> = HostRead { host: Host::Other, is_certain: false };

    const fn certain(host: Host<'t>) -> HostRead<'t> {
        HostRead { host, is_certain: true }
    }

    fn doubtful(self) -> HostRead<'t> {
        HostRead { is_certain: false, ..self }
    }

    fn into_owned(self) -> HostRead<'static> {
        let host = match self.host {
            Host::Name(name) => Host::Name(Cow::Owned(name.into_owned())),
            Host::Ip(ip) => Host::Ip(ip),
            Host::Other => Host::Other,
        };
        HostRead { host, is_certain: self.is_certain }
    }

    fn value(&self) -> HostValue<'_> {
        match &self.host {
            Host::Name(name) => HostValue::Name(name),
            Host::Ip(ip) => HostValue::Ip(*ip),
            Host::Other => HostValue::Other,
        }
    }
}

/// Hands out the parts of a destination: the host, the IPv4 address that an IPv6 address carries,
/// and each address that the name resolved to.
pub(super) fn parts(ctx: &Context<'_>, emit: &mut dyn FnMut(&Part<'_>)) {
    let request = ctx.request;
    if let Some(socket) = request.unix {
        socket_parts(ctx, socket, emit);
    }
    if let Some(text) = request.url {
        url_parts(ctx, text, emit);
    }
    if let Some(text) = request.host {
        raw_parts(ctx, text, emit);
    }
    if request.unix.is_none() && request.url.is_none() && request.host.is_none() {
        let endpoint = Endpoint { host: HostValue::Unsent, ..of_raw_host(ctx.request) };
        let floors = method_floors(ctx).with(Floor::AmbiguousHost);
        endpoint_parts(ctx, endpoint, floors, emit);
    }
}

/// What is known of a host that is not the destination itself: the source of what is installed,
/// the host that a credential is for, an attribute that a policy declares.
///
/// Takes a canonical name or address, or a URL with such a host. Anything else counts as not
/// sent, which can only make a decision stricter.
///
/// ```
/// use policy_eval::{Attribute, HostValue, canon::host_attribute};
/// let host = host_attribute("https://packages.acme.com/x");
/// assert_eq!(host, Attribute::Host(HostValue::Name("packages.acme.com")));
/// assert_eq!(host_attribute("https://a@b.example/"), Attribute::Unsent);
/// ```
///
/// # Cost
/// One pass; nothing is kept that was not borrowed from the text.
pub fn host_attribute(text: &str) -> Attribute<'_> {
    if hidden::in_name(text) {
        return Attribute::Unsent;
    }
    let read = if has(text, "://") {
        let url = url::read(text);
        if url.is_certain { url.host } else { HostRead::UNKNOWN }
    } else {
        raw(text)
    };
    match read {
        HostRead { host: Host::Name(Cow::Borrowed(name)), is_certain: true } => {
            Attribute::Host(HostValue::Name(name))
        }
        HostRead { host: Host::Ip(ip), is_certain: true } => Attribute::Host(HostValue::Ip(ip)),
        _ => Attribute::Unsent,
    }
}

fn socket_parts(ctx: &Context<'_>, socket: &str, emit: &mut dyn FnMut(&Part<'_>)) {
    path::path_parts(ctx, ctx.request.action, socket, ctx.cwd, Floors::NONE, &mut |part| {
        let Object::Path(path) = part.object else { return };
        let endpoint = Endpoint {
            host: HostValue::Other,
            port: None,
            scheme: Some("unix"),
            method: Attribute::Absent,
            url_path: None,
            socket: Some(path),
            resolved: false,
        };
        emit(&Part { object: Object::Endpoint(endpoint), ..*part });
    });
}

fn url_parts(ctx: &Context<'_>, text: &str, emit: &mut dyn FnMut(&Part<'_>)) {
    let request = ctx.request;
    let cleaned = url::without_line_breaks(text);
    let url = url::read(&cleaned);
    let contradicts = |sent: Option<&str>, read: Option<&str>| {
        sent.is_some_and(|sent| read.is_none_or(|read| !sent.eq_ignore_ascii_case(read)))
    };
    let is_certain = url.is_certain
        && cleaned.len() == text.len()
        && url.host.is_certain
        && !contradicts(request.scheme, url.scheme.as_deref())
        && request.port.is_none_or(|port| Some(port) == url.port)
        && is_host_of_header(ctx, &url.host);
    let mut floors = method_floors(ctx);
    if hidden::in_name(text) {
        floors = floors.with(Floor::HiddenCharacters);
    }
    if !is_certain {
        floors = floors.with(Floor::AmbiguousHost);
    }
    let endpoint = Endpoint {
        host: url.host.value(),
        port: url.port,
        scheme: url.scheme.as_deref().map(url_scheme),
        method: request.method.into(),
        url_path: Some(&url.path),
        socket: None::<PathValue<'_>>,
        resolved: false,
    };
    endpoint_parts(ctx, endpoint, floors, emit);
}

/// The scheme of a URL, as rules see it. `tcp` and `unix` name connections without a URL; a URL that
/// says so is something else.
fn url_scheme(scheme: &str) -> &str {
    match scheme {
        "tcp" => "url:tcp",
        "unix" => "url:unix",
        other => other,
    }
}

/// The destination of a request, where it is plain: see [`super::plain`].
#[inline(always)]
pub(super) fn plain<'a>(request: &Request<'a>) -> Option<Endpoint<'a>> {
    let text = request.host?;
    let host = if name::is_plain(text) {
        HostValue::Name(text)
    } else {
        HostValue::Ip(IpAddr::V4(text.parse().ok()?))
    };
    Some(Endpoint { host, ..of_raw_host(request) })
}

fn raw_parts(ctx: &Context<'_>, text: &str, emit: &mut dyn FnMut(&Part<'_>)) {
    let read = raw(text);
    let is_every_interface = ctx.request.action == Action::Listen && text.is_empty();
    let mut floors = method_floors(ctx);
    // A name that is read as it stands hides nothing.
    let is_as_written = matches!(&read.host, Host::Name(Cow::Borrowed(name)) if *name == text);
    if !is_as_written && hidden::in_name(text) {
        floors = floors.with(Floor::HiddenCharacters);
    }
    let is_certain = read.is_certain && is_host_of_header(ctx, &read);
    if !is_certain && !is_every_interface {
        floors = floors.with(Floor::AmbiguousHost);
    }
    let endpoint = Endpoint { host: read.value(), ..of_raw_host(ctx.request) };
    endpoint_parts(ctx, endpoint, floors, emit);
}

/// What a destination without a URL has. Where no scheme was sent, a connection is a raw one: it
/// has no method.
#[inline]
fn of_raw_host<'a>(request: &Request<'a>) -> Endpoint<'a> {
    let is_raw = request.action == Action::Connect
        && request.scheme.is_none_or(|scheme| scheme.eq_ignore_ascii_case("tcp"));
    let (scheme, method) = if is_raw {
        (Some("tcp"), Attribute::Absent)
    } else {
        (request.scheme, request.method.into())
    };
    Endpoint {
        host: HostValue::Unsent,
        port: request.port.or_else(|| scheme.and_then(default_port)),
        scheme,
        method,
        url_path: request.url_path,
        socket: None,
        resolved: false,
    }
}

fn endpoint_parts(
    ctx: &Context<'_>,
    endpoint: Endpoint<'_>,
    floors: Floors,
    emit: &mut dyn FnMut(&Part<'_>),
) {
    let mut emit = |endpoint: Endpoint<'_>, floors: Floors| {
        let object = Object::Endpoint(endpoint);
        emit(&Part { action: ctx.request.action, object, floors, alternative: false });
    };
    emit(endpoint, floors);
    if let HostValue::Ip(ip) = endpoint.host
        && let Some(carried) = address::carried(ip)
    {
        emit(Endpoint { host: HostValue::Ip(carried.into()), ..endpoint }, floors);
    }
    for text in ctx.request.resolved {
        let read = address::of_resolver(text);
        let more = if read.is_certain { Floors::NONE } else { Floors::of(Floor::AmbiguousHost) };
        let floors = floors.union(more);
        let resolved = Endpoint { host: read.value(), resolved: true, ..endpoint };
        emit(resolved, floors);
        if let Host::Ip(ip) = read.host
            && let Some(carried) = address::carried(ip)
        {
            emit(Endpoint { host: HostValue::Ip(carried.into()), ..resolved }, floors);
        }
    }
}

fn method_floors(ctx: &Context<'_>) -> Floors {
    match ctx.request.method {
        Some(method) if hidden::in_name(method) => Floors::of(Floor::HiddenCharacters),
        _ => Floors::NONE,
    }
}

/// Whether the `Host` header, where one was sent, names this host (W7). A port in it is left
/// aside.
fn is_host_of_header(ctx: &Context<'_>, read: &HostRead<'_>) -> bool {
    ctx.request.host_header.is_none_or(|header| {
        let named = url::host_and_port(header);
        named.is_certain
            && named.host.is_certain
            && named.host.host == read.host
            && !hidden::in_name(header)
    })
}

/// Reads a host that stands alone: a bare name or a bare address (W9).
fn raw(text: &str) -> HostRead<'_> {
    if name::is_plain(text) {
        return HostRead::certain(Host::Name(Cow::Borrowed(text)));
    }
    raw_carefully(text)
}

fn raw_carefully(text: &str) -> HostRead<'_> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return address::read_ip(ip);
    }
    if let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return address::bracketed(inside).doubtful();
    }
    match text.split_once(':') {
        None => name::read(text),
        Some((_, rest)) if rest.contains(':') => address::bracketed(text).doubtful(),
        Some((host, _)) => name::read(host).doubtful(),
    }
}
