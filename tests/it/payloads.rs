//! Every captured body through the real server, as the message that people see; and every kind of broken body, with the
//! exact answer that its sender gets.

use crate::semantics::transcript;
use crate::support::{Running, error, fixture};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::StreamExt;
use larkhook::app::Origin;
use larkhook::feishu::content::card;
use larkhook::util::clock::Clock;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/inbound");

/// Body, source, and the recorded headers that it came with.
/// Headers of a request.
type Headers = &'static [(&'static str, &'static str)];

const PAYLOADS: &[(&str, &str, Headers)] = &[
    ("am-200-alerts-1-first-flush-partial", "am", &[]),
    ("am-200-alerts-2-full", "am", &[]),
    ("am-60-labels", "am", &[]),
    ("am-after-silence-expired", "am", &[]),
    ("am-empty-annotations", "am", &[]),
    ("am-flap-1-firing", "am", &[]),
    ("am-flap-2-resolved", "am", &[]),
    ("am-flap-3-firing-again", "am", &[]),
    ("am-from-prometheus-firing", "am", &[]),
    ("am-from-prometheus-resolved", "am", &[]),
    ("am-group-by-all-labels", "am", &[]),
    ("am-group-of-3", "am", &[]),
    ("am-hostile-characters", "am", &[]),
    ("am-long-annotation-40k", "am", &[]),
    ("am-max-alerts-truncated", "am", &[]),
    ("am-mixed-1-all-firing", "am", &[]),
    ("am-mixed-2-two-resolved", "am", &[]),
    ("am-mixed-3-rest-resolved", "am", &[]),
    ("am-newer-fields", "am", &[]),
    ("am-receiver-name-escaped", "am", &[]),
    ("am-repeat-1-first", "am", &[]),
    ("am-repeat-2-repeated", "am", &[]),
    ("am-resolved-1-firing", "am", &[]),
    ("am-resolved-2-all-resolved", "am", &[]),
    ("am-silenced-member-1", "am", &[]),
    ("am-silenced-member-2", "am", &[]),
    ("am-silenced-member-3", "am", &[]),
    ("am-silenced-member-4", "am", &[]),
    ("am-single-firing", "am", &[]),
    ("gitlab-pipeline-failed", "gitlab", &[("X-Gitlab-Token", "sample-secret-token"), ("X-Gitlab-Event", "Pipeline Hook")]),
    (
        "grafana-firing",
        "grafana-stamped",
        &[
            ("X-Grafana-Alerting-Signature", "3b0022214923aca5c095d1efc78b9b04532ad98773bba9f68d857ffd1fee2ea9"),
            ("X-Grafana-Alerting-Timestamp", "1795316000"),
        ],
    ),
    ("grafana-legacy-alerting", "grafana", &[]),
    ("grafana-legacy-ok", "grafana", &[]),
    ("grafana-mixed", "grafana", &[]),
    ("grafana-nodata", "grafana", &[]),
    ("grafana-resolved", "grafana", &[]),
    (
        "sentry-issue-alert",
        "sentry",
        &[
            ("Sentry-Hook-Resource", "event_alert"),
            ("Sentry-Hook-Timestamp", "1795315939"),
            ("Sentry-Hook-Signature", "6ed67b3e6234765f1ae6981d793547d284ebdb46b0ee8db1792ee4e86f06fc79"),
        ],
    ),
    ("uptime-kuma-down", "uptime-kuma", &[("Authorization", "Bearer kuma")]),
    ("uptime-kuma-test", "uptime-kuma", &[("Authorization", "Bearer kuma")]),
    ("uptime-kuma-up", "uptime-kuma", &[("Authorization", "Bearer kuma")]),
    ("zabbix-problem", "zabbix", &[("Authorization", "Bearer zabbix")]),
    ("zabbix-recovery", "zabbix", &[("Authorization", "Bearer zabbix")]),
];

/// The JSON example with sources for the others added. `max_body` is the default.
fn config() -> String {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/json-source.yaml")).unwrap();
    let more = "sources:
  am: { kind: alertmanager, auth: none }
  grafana: { kind: grafana, auth: none }
  grafana-signed: { kind: grafana, auth: { hmac: { secret: shared-secret-for-samples, header: X-Grafana-Alerting-Signature } } }
  grafana-stamped:
    kind: grafana
    auth:
      hmac:
        secret: shared-secret-for-samples
        header: X-Grafana-Alerting-Signature
        timestamp_header: X-Grafana-Alerting-Timestamp
";
    assert!(example.contains("\nsources:\n"));
    example.replace("\nsources:\n", &format!("\n{more}"))
}

/// A larkhook for which it is 2026-11-22 10:54 in Shanghai, just after the bodies were sent.
async fn running() -> Running {
    at(Clock::tokio("2026-11-22T02:54:00Z".parse().unwrap())).await
}

async fn at(clock: Clock) -> Running {
    let change = |options: &mut larkhook::app::Options| {
        let Origin::File(path) = &options.origin else { panic!("{:?}", options.origin) };
        let folder = path.parent().unwrap().to_owned();
        options.origin = Origin::Text { text: config(), folder };
        options.listen = Some(([127, 0, 0, 1], 0).into());
        options.clock = clock;
        options.env = Arc::new(|name| {
            let value = match name {
                "GITLAB_TOKEN" => "sample-secret-token",
                "SENTRY_SECRET" => "sample-client-secret",
                "ZABBIX_TOKEN" => "zabbix",
                "KUMA_TOKEN" => "kuma",
                _ => return None,
            };
            Some(value.to_owned())
        });
    };
    Running::start("", change).await.unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

fn hook(larkhook: &Running, source: &str, headers: &[(&str, &str)]) -> RequestBuilder {
    let request = larkhook.request(Method::POST, &format!("/hook/{source}")).header("Content-Type", "application/json");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

#[test]
fn every_captured_body_is_in_the_table() {
    let mut found: Vec<String> = std::fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("api-") && !name.ends_with(".headers.json"))
        .map(|name| name.trim_end_matches(".json").to_owned())
        .collect();
    found.sort();
    let tested: Vec<&str> = PAYLOADS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(found, tested);
    for (name, _, headers) in PAYLOADS {
        let Ok(recorded) = std::fs::read_to_string(Path::new(FOLDER).join(format!("{name}.headers.json"))) else { continue };
        for (_, value) in *headers {
            assert!(recorded.contains(value), "{value} was not recorded with {name}");
        }
    }
}

/// What one body becomes, alone on a new larkhook.
async fn shown(name: &str, source: &str, headers: &[(&str, &str)]) -> String {
    // no second passes, so that every run shows the same
    let now = "2026-11-22T02:54:00Z".parse().unwrap();
    let larkhook = at(Clock::from_fn(move || now)).await;
    let answer = hook(&larkhook, source, headers).body(fixture(name)).send().await.unwrap();
    let status = answer.status();
    let said: Value = answer.json().await.unwrap();
    assert_eq!(status, 200, "{name}: {said}");
    larkhook.settle().await;
    let mut messages = larkhook.sandbox().messages();
    messages.sort_by(|a, b| (a.created, &a.message_id).cmp(&(b.created, &b.message_id)));
    for version in messages.iter().flat_map(|message| &message.versions) {
        assert!(version.bytes <= 30 * 1024, "{name}: {} bytes", version.bytes);
        if version.content.get("schema").is_some() {
            assert_eq!(card::validate(&version.content), [], "{name}");
        }
    }
    let jobs = larkhook.json("/api/v1/jobs?state=dead").await;
    assert_eq!(jobs["items"], json!([]), "{name}");
    let text = format!("{} groups, {} messages\n{}", said["groups"], said["messages"], transcript(&messages));
    larkhook.stop().await;
    text
}

#[tokio::test]
async fn every_captured_body_becomes_its_message() {
    let all = PAYLOADS.iter().map(|(name, source, headers)| async move { (*name, shown(name, source, headers).await) });
    let mut all = futures_util::stream::iter(all).buffered(6);
    while let Some((name, text)) = all.next().await {
        insta::assert_snapshot!(name, text);
    }
}

#[tokio::test]
async fn credentials_of_real_senders_are_checked() {
    let larkhook = running().await;
    let refused = [
        ("gitlab", "gitlab-pipeline-failed", vec![("X-Gitlab-Token", "sample-secret-tokem")]),
        ("gitlab", "gitlab-pipeline-failed", vec![]),
        ("sentry", "sentry-issue-alert", vec![("Sentry-Hook-Signature", "6ed67b3e")]),
        ("zabbix", "zabbix-problem", vec![("Authorization", "Bearer kuma")]),
        ("uptime-kuma", "uptime-kuma-down", vec![("Authorization", "Basic a3VtYQ==")]),
        // the vector of the other variant
        (
            "grafana-signed",
            "grafana-firing",
            vec![("X-Grafana-Alerting-Signature", "3b0022214923aca5c095d1efc78b9b04532ad98773bba9f68d857ffd1fee2ea9")],
        ),
        (
            "grafana-stamped",
            "grafana-firing",
            vec![("X-Grafana-Alerting-Signature", "3b0022214923aca5c095d1efc78b9b04532ad98773bba9f68d857ffd1fee2ea9")],
        ),
    ];
    for (source, body, headers) in refused {
        let (status, said) = error(hook(&larkhook, source, &headers).body(fixture(body)).send().await.unwrap()).await;
        assert_eq!((status, said["code"].as_str()), (401, Some("unauthorized")), "{source}: {said}");
    }
    let unstamped = [("X-Grafana-Alerting-Signature", "3552b0db6ce56e190acf979ac1224af1aefa881a5490c0352f2424cdba2415e6")];
    let answer = hook(&larkhook, "grafana-signed", &unstamped).body(fixture("grafana-firing")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    larkhook.stop().await;
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut zip = GzEncoder::new(Vec::new(), Compression::best());
    zip.write_all(bytes).unwrap();
    zip.finish().unwrap()
}

/// A body of Alertmanager's shape around alerts.
fn am(alerts: &str) -> Vec<u8> {
    format!(r#"{{"version":"4","groupKey":"k","receiver":"r","status":"firing","alerts":{alerts}}}"#).into_bytes()
}

type Refused =
    (&'static str, &'static str, &'static [(&'static str, &'static str)], Vec<u8>, u16, &'static str, &'static str, Option<&'static str>);

#[tokio::test]
async fn bodies_without_an_alert_are_refused_with_a_reason() {
    let larkhook = running().await;
    let deep = |open: &str, close: &str| am(&format!("[{}{}]", open.repeat(10_000), close.repeat(10_000)));
    let kuma: &[(&str, &str)] = &[("Authorization", "Bearer kuma")];
    let form: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];
    let table: Vec<Refused> = vec![
        ("nothing", "am", &[], vec![], 400, "invalid_json", "the body is empty", None),
        ("blanks", "am", &[], b" \r\n".to_vec(), 400, "invalid_json", "the body is empty", None),
        ("no JSON", "am", &[], b"hello".to_vec(), 400, "invalid_json", "the body is not JSON: expected value at line 1 column 1", None),
        ("HTML", "am", &[], b"<html>".to_vec(), 400, "invalid_json", "line 1 column 1", None),
        ("cut off", "am", &[], fixture("am-single-firing")[..300].to_vec(), 400, "invalid_json", "EOF while parsing", None),
        ("two bodies", "am", &[], b"{}{}".to_vec(), 400, "invalid_json", "trailing characters", None),
        ("NaN", "am", &[], am("[{\"value\":NaN}]"), 400, "invalid_json", "expected value", None),
        ("null", "am", &[], b"null".to_vec(), 400, "invalid_payload", "an object with alerts was expected, not null", None),
        ("text", "am", &[], b"\"x\"".to_vec(), 400, "invalid_payload", "not a text", None),
        ("number", "grafana", &[], b"5".to_vec(), 400, "invalid_payload", "not a number", None),
        ("list", "am", &[], b"[{\"labels\":{}}]".to_vec(), 400, "invalid_payload", "put an Alertmanager in between", None),
        ("no alerts", "am", &[], b"{\"status\":\"firing\"}".to_vec(), 400, "invalid_payload", "no list of alerts here", Some("/alerts")),
        ("empty alerts", "am", &[], am("[]"), 400, "invalid_payload", "the list of alerts is empty", Some("/alerts")),
        ("alerts: null", "am", &[], am("null"), 400, "invalid_payload", "not null", Some("/alerts")),
        ("alerts: object", "am", &[], am("{}"), 400, "invalid_payload", "not an object", Some("/alerts")),
        ("alerts: text", "grafana", &[], am("\"x\""), 400, "invalid_payload", "not a text", Some("/alerts")),
        ("an alert that is none", "am", &[], am("[5]"), 400, "invalid_payload", "an alert is an object, not a number", Some("/alerts/0")),
        ("deep lists", "am", &[], deep("[", "]"), 400, "too_deep", "deeper than 127 levels", None),
        ("deep objects", "am", &[], deep("{\"a\":", "}"), 400, "too_deep", "deeper than 127 levels", None),
        ("deep and open", "am", &[], "[".repeat(50_000).into_bytes(), 400, "too_deep", "deeper than 127 levels", None),
        ("half a surrogate at the end", "am", &[], b"{\"a\":\"\\ud8".to_vec(), 400, "invalid_json", "the body is not JSON", None),
        ("UTF-16", "am", &[], "{}".encode_utf16().flat_map(u16::to_be_bytes).collect(), 400, "invalid_json", "not JSON", None),
        ("gzip without saying so", "am", &[], gzip(b"{}"), 400, "invalid_json", "not JSON", None),
        ("no gzip", "am", &[("content-encoding", "gzip")], b"{}".to_vec(), 400, "invalid_encoding", "the body is not valid gzip", None),
        (
            "half a gzip",
            "am",
            &[("content-encoding", "gzip")],
            gzip(&fixture("am-single-firing"))[..200].to_vec(),
            400,
            "invalid_encoding",
            "the body is not valid gzip",
            None,
        ),
        (
            "bomb",
            "am",
            &[("content-encoding", "gzip")],
            gzip(&vec![b' '; 20_000_000]),
            413,
            "too_large",
            "the body is larger than 8388608 bytes when inflated",
            None,
        ),
        (
            "bomb in a bomb",
            "am",
            &[("content-encoding", "gzip, gzip")],
            gzip(&gzip(&vec![b' '; 20_000_000])),
            413,
            "too_large",
            "when inflated",
            None,
        ),
        (
            "many encodings",
            "am",
            &[("content-encoding", "gzip, gzip, gzip")],
            b"{}".to_vec(),
            415,
            "unsupported_encoding",
            "is not supported; send gzip",
            None,
        ),
        ("brotli", "am", &[("content-encoding", "br")], b"x".to_vec(), 415, "unsupported_encoding", "\"br\" is not supported", None),
        ("too large", "am", &[], vec![b'x'; 8 * 1024 * 1024 + 1], 413, "too_large", "larger than 8388608 bytes (server.max_body)", None),
        ("XML", "am", &[("content-type", "application/xml")], b"<a/>".to_vec(), 415, "unsupported_type", "send application/json", None),
        ("empty form", "am", form, b"&&".to_vec(), 400, "invalid_form", "it has no fields", None),
        ("form without JSON", "am", form, b"a=b".to_vec(), 400, "invalid_payload", "no list of alerts here", Some("/alerts")),
        (
            "multipart without boundary",
            "uptime-kuma",
            &[("Authorization", "Bearer kuma"), ("content-type", "multipart/form-data")],
            b"x".to_vec(),
            400,
            "invalid_form",
            "no boundary",
            None,
        ),
        ("list of nulls", "uptime-kuma", kuma, b"[null]".to_vec(), 400, "invalid_payload", "an event was expected, not null", Some("/0")),
        ("a text for json", "uptime-kuma", kuma, b"\"x\"".to_vec(), 400, "invalid_payload", "not a text", None),
    ];
    for (what, source, headers, body, status, code, message, at) in table {
        let started = Instant::now();
        let kind = headers.iter().any(|(name, _)| *name == "content-type");
        let request = larkhook.request(Method::POST, &format!("/hook/{source}"));
        let request = if kind { request } else { request.header("content-type", "application/json") };
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let (got, said) = error(request.body(body).send().await.unwrap()).await;
        assert_eq!((got, said["code"].as_str(), said["at"].as_str()), (status, Some(code), at), "{what}: {said}");
        let sentence = said["message"].as_str().unwrap();
        assert!(sentence.contains(message) && sentence.len() < 300, "{what}: {sentence}");
        assert!(started.elapsed() < Duration::from_secs(5), "{what} took {:?}", started.elapsed());
    }
    let stats = larkhook.app.store().stats().await.unwrap();
    assert_eq!(stats.open_incidents, 0, "nothing of it is stored");
    larkhook.stop().await;
}

#[tokio::test]
async fn bodies_with_an_alert_are_taken_however_odd() {
    let larkhook = running().await;
    let labels: Vec<String> = (0..500).map(|n| format!("\"label_{n}\":\"{}\"", "v".repeat(40))).collect();
    let form: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];
    let encoded = |text: &[u8]| url::form_urlencoded::byte_serialize(text).collect::<String>();
    let kuma = fixture("uptime-kuma-down");
    let table: Vec<(&str, &str, Headers, Vec<u8>)> = vec![
        ("an empty alert", "am", &[], am("[{}]")),
        ("everything null", "am", &[], br#"{"receiver":null,"groupKey":null,"status":null,"groupLabels":null,"commonLabels":null,"truncatedAlerts":null,"alerts":[{"status":null,"labels":null,"annotations":null,"startsAt":null,"endsAt":null,"generatorURL":null,"fingerprint":null}]}"#.to_vec()),
        ("everything of a wrong type", "am", &[], br#"{"receiver":5,"groupKey":["a"],"status":{},"groupLabels":"x","commonLabels":7,"truncatedAlerts":"many","externalURL":false,"alerts":[{"status":1,"labels":["a"],"annotations":"b","startsAt":{"a":1},"endsAt":[],"generatorURL":5,"fingerprint":{}}]}"#.to_vec()),
        ("labels of other types", "am", &[], am(r#"[{"labels":{"alertname":5,"a":true,"b":null,"c":{"d":[1]},"e":1.5e300}}]"#)),
        ("huge numbers", "am", &[], am(r#"[{"labels":{"alertname":"n"},"startsAt":99999999999999999999999999,"value":123456789012345678901234567890,"small":1e-400}]"#)),
        ("one good among bad", "am", &[], am(r#"[5,null,"x",{"labels":{"alertname":"good"}}]"#)),
        ("duplicate keys", "am", &[], br#"{"alerts":5,"alerts":[{"labels":{"alertname":"a","alertname":"b"}}],"status":"x","status":"firing"}"#.to_vec()),
        ("lone surrogates", "am", &[], am(r#"[{"labels":{"alertname":"\ud800x\udc00","\udfff":"y"}}]"#)),
        ("NUL", "am", &[], am(r#"[{"labels":{"alertname":"a\u0000b"}}]"#)),
        ("raw controls", "am", &[], am("[{\"labels\":{\"alertname\":\"a\nb\tc\u{1}\"}}]")),
        ("no UTF-8", "am", &[], am("[{\"labels\":{\"alertname\":\"@@\"}}]").iter().map(|b| if *b == b'@' { 0xff } else { *b }).collect()),
        ("the renderer's marks", "am", &[], am("[{\"labels\":{\"alertname\":\"\u{fdd0}aYWxs\u{fdd1}\"}}]")),
        ("a byte order mark", "am", &[], [b"\xef\xbb\xbf".to_vec(), fixture("am-single-firing")].concat()),
        ("500 labels", "am", &[], am(&format!("[{{\"labels\":{{{}}}}}]", labels.join(",")))),
        ("unknown fields", "am", &[], br#"{"foo":{"bar":[1]},"alerts":[{"labels":{"alertname":"u"},"x":{"y":1}}]}"#.to_vec()),
        ("reserved labels", "am", &[], am(r#"[{"labels":{"alertname":"r","__source__":"gitlab","__receiver__":"x"}}]"#)),
        ("127 levels", "am", &[], am(&format!("[{{\"x\":{}{}}}]", "[".repeat(123), "]".repeat(123)))),
        ("no content type", "am", &[("content-type", "")], fixture("am-single-firing")),
        ("plain text, as Amazon says", "am", &[("content-type", "text/plain; charset=UTF-8")], fixture("am-single-firing")),
        ("a vendor's JSON", "am", &[("content-type", "application/vnd.x+json")], fixture("am-single-firing")),
        ("curl -d", "am", form, fixture("am-single-firing")),
        ("a form with payload", "am", form, format!("a=b&payload={}", encoded(&fixture("am-single-firing"))).into_bytes()),
        ("a form of one field", "am", form, encoded(&fixture("am-single-firing")).into_bytes()),
        ("multipart", "uptime-kuma", &[("Authorization", "Bearer kuma"), ("content-type", "multipart/form-data; boundary=XX")],
            [b"--XX\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n".as_slice(), &kuma, b"\r\n--XX--\r\n"].concat()),
        ("gzip", "am", &[("content-encoding", "gzip")], gzip(&fixture("am-200-alerts-2-full"))),
        ("gzip twice", "am", &[("content-encoding", "gzip, gzip")], gzip(&gzip(&fixture("am-group-of-3")))),
    ];
    for (what, source, headers, body) in table {
        let kind = headers.iter().any(|(name, _)| *name == "content-type");
        let request = larkhook.request(Method::POST, &format!("/hook/{source}"));
        let request = if kind { request } else { request.header("content-type", "application/json") };
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.body(body).send().await.unwrap();
        let (status, said) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{what}: {said}");
    }
    larkhook.stop().await;
}

/// The marks, NUL and broken characters never get as far as a message.
#[tokio::test]
async fn odd_characters_are_shown_as_replaced() {
    let larkhook = running().await;
    let body = am(r#"[{"labels":{"alertname":"a\u0000b\ud800c\ufdd0aYWxs\ufdd1"},"annotations":{"summary":"<at id=all></at>"}}]"#);
    assert_eq!(hook(&larkhook, "am", &[]).body(body).send().await.unwrap().status(), 200);
    larkhook.settle().await;
    let text = larkhook.sandbox().messages()[0].content().to_string();
    assert!(text.contains("a\u{fffd}b\u{fffd}c\u{fffd}aYWxs\u{fffd}"), "{text}");
    assert!(!text.contains("<at id=all>") || text.contains("plain_text"), "{text}");
    larkhook.stop().await;
}

/// Twice the alerts may take twice the time and some, not four times.
#[tokio::test]
async fn time_grows_with_the_number_of_alerts_only() {
    let larkhook = running().await;
    let body = |group: &str, count: usize| {
        let alert = |n: usize| {
            json!({"status": "firing", "labels": {"alertname": "Many", "instance": format!("host-{n}"), "severity": "warning"},
                "annotations": {"summary": "x".repeat(200)}, "startsAt": "2026-11-22T02:50:00Z", "fingerprint": format!("{n:016x}")})
        };
        let alerts: Vec<Value> = (0..count).map(alert).collect();
        json!({"groupKey": group, "receiver": "r", "status": "firing", "alerts": alerts}).to_string()
    };
    let mut took = Vec::new();
    for (group, count) in [("warm", 50), ("a", 1000), ("b", 4000)] {
        let body = body(group, count);
        let started = Instant::now();
        let answer = hook(&larkhook, "am", &[]).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{count}");
        took.push(started.elapsed());
    }
    assert!(took[1] < Duration::from_secs(10), "{took:?}");
    assert!(took[2] < took[1] * 4 * 3 + Duration::from_secs(1), "not linear: {took:?}");
    larkhook.stop().await;
}

#[tokio::test]
async fn methods_and_paths() {
    let larkhook = running().await;
    let body = fixture("am-single-firing");
    let put = larkhook.request(Method::PUT, "/hook/am").body(body.clone()).send().await.unwrap();
    assert_eq!(put.status(), 200);
    for (method, path, status, message) in [
        (Method::POST, "/hook/zabix", 404, "did you mean zabbix?"),
        (Method::POST, "/hook/zabix", 404, "am, gitlab, grafana, grafana-signed, grafana-stamped, sentry, uptime-kuma, zabbix"),
        (Method::POST, "/hook/am/", 404, "no slash at the end: /hook/\"am\""),
        (Method::POST, "/hook//am", 404, "webhooks go to /hook/<source>"),
        (Method::POST, "//hook/am", 404, ""),
        (Method::POST, "/hook/am%2f", 404, "no source is called \"am/\""),
        (Method::POST, "/hook/%00", 404, "no source is called"),
        (Method::POST, "/hook/%ff", 400, ""),
        (Method::POST, "/HOOK/am", 404, ""),
        (Method::GET, "/hook/am", 405, "POST or PUT"),
        (Method::DELETE, "/hook/am", 405, "POST or PUT"),
        (Method::PATCH, "/hook/am", 405, "POST or PUT"),
    ] {
        let (got, said) = error(larkhook.request(method.clone(), path).body(body.clone()).send().await.unwrap()).await;
        assert_eq!(got, status, "{method} {path}: {said}");
        assert!(said["message"].as_str().unwrap().contains(message), "{method} {path}: {said}");
    }
    larkhook.stop().await;
}
