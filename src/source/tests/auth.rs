use super::*;
use http::HeaderValue;
use secrecy::SecretString;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/inbound/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn recorded(name: &str, header: &str) -> String {
    let headers: serde_json::Value = serde_json::from_slice(&fixture(name)).unwrap();
    let (_, value) = headers.as_object().unwrap().iter().find(|(key, _)| key.starts_with(header)).unwrap();
    value.as_str().unwrap().to_owned()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    headers
}

fn hmac(secret: &str, header: &str, timestamp_header: Option<&str>, prefix: &str) -> Auth {
    Auth::Hmac {
        secret: SecretString::from(secret),
        header: header.to_owned(),
        timestamp_header: timestamp_header.map(str::to_owned),
        max_age: Duration::from_secs(300),
        prefix: prefix.to_owned(),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn denied(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Denied(reason) => reason.reason(),
        Verdict::Ok => "ok",
        Verdict::NeedsBody => "needs_body",
    }
}

#[test]
fn headers_decide_for_all_but_hmac() {
    let bearer = Auth::BearerToken(SecretString::from("s3cret"));
    let basic = Auth::Basic { username: "am".to_owned(), password: SecretString::from("p:äss") };
    let header = Auth::Header { name: "x-gitlab-token".to_owned(), value: SecretString::from("sample-secret-token") };
    let apikey = Auth::Header { name: "authorization".to_owned(), value: SecretString::from("ApiKey k-42") };
    let encoded = |text: &str| format!("Basic {}", STANDARD.encode(text));
    let good = encoded("am:p:äss");
    type Sent = Vec<(&'static str, String)>;
    let table: Vec<(&Auth, Sent, &str)> = vec![
        (&Auth::None, vec![], "ok"),
        (&bearer, vec![("authorization", "Bearer s3cret".into())], "ok"),
        (&bearer, vec![("authorization", "bearer  s3cret ".into())], "ok"),
        (&bearer, vec![("authorization", "Bearer s3cre".into())], "wrong"),
        (&bearer, vec![("authorization", "Bearer ".into())], "wrong"),
        (&bearer, vec![("authorization", "s3cret".into())], "malformed"),
        (&bearer, vec![("authorization", good.clone())], "malformed"),
        (&bearer, vec![("authorization", "Bearer s3cret".into()), ("authorization", "Bearer s3cret".into())], "malformed"),
        (&bearer, vec![], "missing"),
        (&basic, vec![("authorization", good.clone())], "ok"),
        (&basic, vec![("authorization", good.trim_end_matches('=').replace("Basic", "BASIC"))], "ok"),
        (&basic, vec![("authorization", encoded("am:p"))], "wrong"),
        (&basic, vec![("authorization", encoded("ma:p:äss"))], "wrong"),
        (&basic, vec![("authorization", encoded("nocolon"))], "malformed"),
        (&basic, vec![("authorization", "Basic ?".into())], "malformed"),
        (&header, vec![("x-gitlab-token", recorded("gitlab-pipeline-failed.headers.json", "X-Gitlab-Token"))], "ok"),
        (&header, vec![("x-gitlab-token", "other".into())], "wrong"),
        (&header, vec![], "missing"),
        (&apikey, vec![("authorization", "ApiKey k-42".into())], "ok"),
    ];
    for (auth, sent, expected) in table {
        let pairs: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let verdict = check(auth, &headers(&pairs));
        assert_eq!(denied(&verdict), expected, "{auth:?} {sent:?}");
        assert_eq!(check_body(auth, &headers(&pairs), b"x", at(0)), verdict, "the body changes nothing");
    }
}

#[test]
fn recorded_signatures_of_grafana() {
    let body = fixture("grafana-firing.json");
    let file = "grafana-firing.headers.json";
    let plain = recorded(file, "X-Grafana-Alerting-Signature (no timestamp");
    let stamped = recorded(file, "X-Grafana-Alerting-Signature (timestamp");
    let stamp = recorded(file, "X-Grafana-Alerting-Timestamp");
    let seconds: i64 = stamp.parse().unwrap();
    let auth = hmac("shared-secret-for-samples", "x-grafana-alerting-signature", None, "");
    let sent = headers(&[("x-grafana-alerting-signature", &plain)]);
    assert_eq!(check(&auth, &sent), Verdict::NeedsBody);
    assert_eq!(check_body(&auth, &sent, &body, at(0)), Verdict::Ok);
    assert_eq!(check_body(&auth, &headers(&[("x-grafana-alerting-signature", &plain.to_uppercase())]), &body, at(0)), Verdict::Ok);
    assert_eq!(denied(&check_body(&auth, &sent, &body[1..], at(0))), "bad_signature");
    assert_eq!(denied(&check_body(&hmac("other", "x-grafana-alerting-signature", None, ""), &sent, &body, at(0))), "bad_signature");

    let auth = hmac("shared-secret-for-samples", "x-grafana-alerting-signature", Some("x-grafana-alerting-timestamp"), "");
    let sent = headers(&[("x-grafana-alerting-signature", &stamped), ("x-grafana-alerting-timestamp", &stamp)]);
    for (now, expected) in [(0, "ok"), (300, "ok"), (-300, "ok"), (301, "stale"), (-301, "stale")] {
        assert_eq!(denied(&check_body(&auth, &sent, &body, at(seconds + now))), expected, "{now}");
    }
    let moved = headers(&[("x-grafana-alerting-signature", &stamped), ("x-grafana-alerting-timestamp", "1795316001")]);
    assert_eq!(denied(&check_body(&auth, &moved, &body, at(seconds))), "bad_signature", "the timestamp is signed");
    let without = headers(&[("x-grafana-alerting-signature", &plain)]);
    assert_eq!(check(&auth, &without), Verdict::Denied(DeniedReason::Missing("x-grafana-alerting-timestamp".to_owned())));
}

#[test]
fn recorded_signature_of_sentry() {
    let signature = recorded("sentry-issue-alert.headers.json", "Sentry-Hook-Signature");
    let auth = hmac("sample-client-secret", "sentry-hook-signature", None, "");
    let body = fixture("sentry-issue-alert.json");
    assert_eq!(check_body(&auth, &headers(&[("sentry-hook-signature", &signature)]), &body, at(0)), Verdict::Ok);
}

#[test]
fn prefixes_and_forms_of_signatures() {
    // HMAC-SHA256 with the key "key" over the usual sentence
    let hex = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    let body = b"The quick brown fox jumps over the lazy dog";
    let auth = hmac("key", "x-hub-signature-256", None, "sha256=");
    let prefixed = format!("sha256={hex}");
    let table = [
        (prefixed.as_str(), "needs_body", "ok"),
        (hex, "malformed", "malformed"),
        ("sha256=", "malformed", "malformed"),
        (&prefixed[..prefixed.len() - 2], "malformed", "malformed"),
        ("sha256=zz", "malformed", "malformed"),
        ("sha1=abc", "malformed", "malformed"),
    ];
    for (sent, first, then) in table {
        let sent = headers(&[("x-hub-signature-256", sent)]);
        assert_eq!(denied(&check(&auth, &sent)), first, "{sent:?}");
        assert_eq!(denied(&check_body(&auth, &sent, body, at(0))), then, "{sent:?}");
    }
    let text = DeniedReason::Stale(Duration::from_secs(300)).to_string();
    assert_eq!(text, "the timestamp is more than 5m away from our clock");
    assert_eq!(challenge(&auth), None);
}
