//! The `pictures` section.

use super::values::Ctx;
use crate::config::raw;
use crate::config::settings::{HostPattern, Pictures};
use std::time::Duration;

/// Longer than this a fetch holds one of the few places for others.
const LONGEST: Duration = Duration::from_secs(60);

/// Hosts, networks and bounds.
pub fn pictures(raw: Option<&raw::PicturesSection>, cx: &mut Ctx) -> Pictures {
    let default = Pictures::default();
    let Some(raw) = raw else { return default };
    let hosts = raw.hosts.iter().flat_map(|list| &list.0).filter_map(|at| cx.parse(at, "bad-host", "a host", HostPattern::parse)).collect();
    let pictures = Pictures {
        hosts,
        networks: cx.networks(raw.networks.as_ref()),
        max_bytes: cx.size(raw.max_bytes.as_ref(), default.max_bytes),
        timeout: cx.duration(raw.timeout.as_ref(), default.timeout, false),
    };
    if let Some(at) = raw.max_bytes.as_ref().filter(|_| pictures.max_bytes > Pictures::MAX_BYTES) {
        cx.out.error("out-of-bounds", at.span, "`max_bytes` is above 10MiB, which the platform does not take").hint("at most 10MiB");
    }
    if let Some(at) = raw.timeout.as_ref().filter(|_| pictures.timeout > LONGEST) {
        cx.out.error("out-of-bounds", at.span, "`timeout` is above 60s: slow servers would hold up the other pictures").hint("at most 60s");
    }
    if let (Some(at), None) = (raw.networks.as_ref().and_then(|list| list.0.first()), raw.hosts.as_ref()) {
        cx.out
            .warning("no-effect", at.span, "`networks` without `hosts` does nothing: no picture is fetched")
            .hint("name the hosts too, such as `hosts: [grafana.example.com]`");
    }
    pictures
}
