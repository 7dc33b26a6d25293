//! Destinations.
use super::{Context, path};
use crate::facts::{Attribute, Endpoint, HostValue, Object, Part, PathValue};
use crate::vocab::{Floor, Floors};

/// Hands out the parts of a destination.
pub(super) fn parts(ctx: &Context<'_>, emit: &mut dyn FnMut(&Part<'_>)) {
    let request = ctx.request;
    if let Some(socket) = request.unix {
        path::path_parts(ctx, request.action, socket, ctx.cwd, Floors::NONE, &mut |part| {
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
        return;
    }
    let (scheme, rest) = match request.url {
        Some(url) => url.split_once("://").unwrap_or(("", url)),
        None => ("tcp", request.host.unwrap_or_default()),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()),
        None => (authority, request.port),
    };
    let value = match host.parse() {
        Ok(ip) => HostValue::Ip(ip),
        Err(_) => HostValue::Name(host),
    };
    let endpoint = Endpoint {
        host: value,
        port,
        scheme: Some(scheme),
        method: request.method.map_or(Attribute::Absent, Attribute::Text),
        url_path: None,
        socket: None::<PathValue<'_>>,
        resolved: false,
    };
    let floors = if host.is_empty() { Floors::of(Floor::AmbiguousHost) } else { Floors::NONE };
    let object = Object::Endpoint(endpoint);
    emit(&Part { action: request.action, object, floors, alternative: false });
}

/// A host that is not the destination itself.
pub fn host_attribute(_text: &str) -> Attribute<'_> {
    Attribute::Unsent
}
