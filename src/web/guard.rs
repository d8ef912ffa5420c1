//! Which writes a browser may make: those of our own pages. Programs send neither header and are let through.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Method, Uri};

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
    if let Some(site) = headers.get("sec-fetch-site") {
        return if site == "same-origin" || site == "none" { Ok(()) } else { Err(OtherSite) };
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.authority().map(http::uri::Authority::as_str));
    match (origin, host) {
        (Some(origin), Some(host)) if origin.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(OtherSite),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &Method, pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)));
        same_site(method, &Uri::from_static("/x"), &headers.collect()).is_ok()
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
}
