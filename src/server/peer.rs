//! Who is at the other end: the peer of the connection, and the client behind trusted proxies.

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Facts of the connection a request came in on; in every request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// The other end of the TCP connection.
    pub peer: SocketAddr,
    /// Whether it speaks TLS with us.
    pub tls: bool,
}

/// Headers by which a proxy says that it forwarded a request.
const FORWARDING: [&str; 8] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server", "x-real-ip", "via", "cf-connecting-ip"];

/// Whether any proxy says it forwarded this request.
pub fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name)) || headers.keys().any(|name| name.as_str().starts_with("x-forwarded"))
}

/// The client's address: the peer's, or, where the peer is a trusted proxy, the nearest address in
/// `X-Forwarded-For` that is not one. Text that is no address ends the search: what stands before it was
/// written by somebody nobody trusts.
pub fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let mut client = peer.to_canonical();
    if !is_trusted(client) {
        return client;
    }
    let hops: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    for hop in hops.iter().rev() {
        let Some(ip) = parse_hop(hop) else { break };
        client = ip;
        if !is_trusted(ip) {
            break;
        }
    }
    client
}

/// `1.2.3.4`, `1.2.3.4:567`, `2001:db8::1`, `[2001:db8::1]:567`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let ip = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|addr| addr.ip())).ok();
    ip.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok()).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, http::HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let of = |peer: &str, list: &[(&'static str, &'static str)]| client_ip(peer.parse().unwrap(), &headers(list), &trusted).to_string();
        assert_eq!(of("192.0.2.9", &[("x-forwarded-for", "203.0.113.1")]), "192.0.2.9");
        assert_eq!(of("10.0.0.1", &[("x-forwarded-for", "203.0.113.1")]), "203.0.113.1");
        // the client wrote the first one itself
        assert_eq!(of("10.0.0.1", &[("x-forwarded-for", "10.9.9.9, 203.0.113.7, 10.0.0.2")]), "203.0.113.7");
        assert_eq!(of("10.0.0.1", &[("x-forwarded-for", "203.0.113.1"), ("x-forwarded-for", "198.51.100.2:4711")]), "198.51.100.2");
        assert_eq!(of("10.0.0.1", &[("x-forwarded-for", "203.0.113.1, nonsense, 10.0.0.3")]), "10.0.0.3");
        assert_eq!(of("::ffff:10.0.0.1", &[("x-forwarded-for", "[2001:db8::1]:99")]), "2001:db8::1");
        assert_eq!(of("10.0.0.1", &[]), "10.0.0.1");
    }
}
