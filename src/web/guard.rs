//! What a browser may be made to ask for: writes only by our own pages, and on this machine only by a name of this machine, so that a page
//! which re-points its own name (DNS rebinding) gets nothing. Programs send none of the headers and are let through.

use http::header::ORIGIN;
use http::{HeaderMap, Method, Uri};
use std::net::IpAddr;

/// Why a write is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a page of another site asked for this through the browser; open the page here and try again")]
pub struct OtherSite;

/// Lets a request through, unless a browser makes it for another site and it changes something.
///
/// # Errors
/// [`OtherSite`], by `Sec-Fetch-Site` and `Origin`.
pub fn same_site(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), OtherSite> {
    if method.is_safe() {
        return Ok(());
    }
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(OtherSite);
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    match (origin, host(headers, uri)) {
        (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(OtherSite),
    }
}

/// Whether a `Host` value (or URI authority) is a loopback name: `localhost`, `127.x.y.z`, `[::1]`, any port.
pub fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((inside, port)) if port.is_empty() || port.starts_with(':') => inside,
            _ => return false,
        },
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// The host the client asked for, from the `Host` header or, in HTTP/2, the authority. Several different ones
/// count as none.
pub fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let mut named = headers.get_all(http::header::HOST).iter().map(|value| value.to_str().unwrap_or(""));
    let first = named.next().or_else(|| uri.authority().map(http::uri::Authority::as_str))?;
    if named.next().is_some() || uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(first)) {
        return None;
    }
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        same_site(method, &Uri::from_static("/x"), &headers(pairs)).is_ok()
    }

    #[test]
    fn only_our_own_pages_write() {
        let post = Method::POST;
        assert!(ask(&post, &[("host", "localhost:1")]), "programs");
        assert!(ask(&post, &[("host", "localhost:1"), ("origin", "http://localhost:1")]));
        assert!(!ask(&post, &[("host", "localhost:1"), ("origin", "http://localhost:2")]));
        assert!(!ask(&post, &[("host", "localhost:1"), ("origin", "null")]));
        assert!(!ask(&post, &[("sec-fetch-site", "cross-site"), ("host", "localhost:1"), ("origin", "http://localhost:1")]));
        assert!(ask(&post, &[("sec-fetch-site", "same-origin")]));
        assert!(ask(&Method::GET, &[("sec-fetch-site", "cross-site")]), "links");
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, http::HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn loopback_hosts() {
        for host in ["localhost", "LOCALHOST:8064", "127.0.0.1", "127.8.9.1:80", "[::1]:8064", "[::1]"] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in ["", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "[::1]x", "evil.example:8064", "[2001:db8::1]"]
        {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn two_hosts_are_none() {
        let uri: Uri = "/".parse().unwrap();
        assert_eq!(host(&headers(&[("host", "localhost")]), &uri), Some("localhost"));
        assert_eq!(host(&headers(&[("host", "localhost"), ("host", "evil.example")]), &uri), None);
        let absolute: Uri = "http://evil.example/".parse().unwrap();
        assert_eq!(host(&headers(&[("host", "localhost")]), &absolute), None);
        assert_eq!(host(&headers(&[]), &absolute), Some("evil.example"));
    }
}
