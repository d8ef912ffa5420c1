//! The pages and who may ask for them, as far as no browser is needed.

use super::Bench;
use reqwest::Method;
use serde_json::json;

/// Status of a request with these headers.
async fn status(bench: &Bench, method: Method, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = bench.http.request(method, format!("{}{path}", bench.sandbox.url())).body(r#"{"op":"set_lenient","value":true}"#);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn pages_of_other_sites_get_nothing() {
    let bench = Bench::start().await;
    let host = bench.sandbox.addr().to_string();
    let rebound = [("host", "evil.example:8065"), ("origin", "http://evil.example:8065"), ("sec-fetch-site", "same-origin")];
    for path in ["/inbox", "/inbox/world", "/_sandbox/messages", "/_sandbox/world", "/"] {
        assert_eq!(status(&bench, Method::GET, path, &rebound).await, 403, "{path}: a page that re-points its name");
        assert_ne!(status(&bench, Method::GET, path, &[]).await, 403, "{path}");
    }
    for path in ["/_sandbox/world", "/_sandbox/press", "/_sandbox/outage"] {
        assert_eq!(status(&bench, Method::POST, path, &rebound).await, 403, "{path}");
        let foreign = [("origin", "https://evil.example")];
        assert_eq!(status(&bench, Method::POST, path, &foreign).await, 403, "{path}");
        assert_eq!(status(&bench, Method::POST, path, &[("sec-fetch-site", "cross-site")]).await, 403, "{path}");
    }
    assert!(bench.sandbox.faults().outage().is_none());
    let own = format!("http://{host}");
    assert_eq!(status(&bench, Method::POST, "/_sandbox/world", &[("origin", &own), ("sec-fetch-site", "same-origin")]).await, 200);
    // Programs may call the platform by any name.
    let call = bench.http.post(format!("{}/open-apis/auth/v3/tenant_access_token/internal", bench.sandbox.url()));
    let call = call.header("host", "open.feishu.cn").json(&json!({"app_id": "cli_a", "app_secret": "s"}));
    assert_eq!(call.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn what_is_not_there_is_said() {
    let bench = Bench::start().await;
    for path in
        ["/inbox/chat/oc_none", "/inbox/message/om_none", "/inbox/calls/none", "/inbox/message/om_none/details", "/-/assets/x/none.css"]
    {
        assert_eq!(status(&bench, Method::GET, path, &[]).await, 404, "{path}");
    }
    let evil = "/inbox/chat/%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    let page = bench.http.get(format!("{}{evil}", bench.sandbox.url())).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-") && !policy.contains("unsafe-eval"), "{policy}");
    let text = page.text().await.unwrap();
    assert!(text.contains("&lt;script&gt;alert(1)") && !text.contains("<script>alert"), "{text}");
}
