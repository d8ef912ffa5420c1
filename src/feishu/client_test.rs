//! The clients against a scripted server.

use super::call::{Audience, Call, Upload};
use super::client::{AppClient, Outcome, UnknownReason};
use super::content::Content;
use super::error::{Class, Endpoint as E, NotSentReason};
use super::testing::{Act, QUICK, Script, app, client_at, client_for, unused_address};
use super::webhook_bot::Hook;
use crate::config::settings::{Bot, OnUnknown};
use crate::util::clock::from_ms;
use serde_json::{Value, json};

fn send() -> Call {
    Call::send("chat_id", "oc_1", "text", r#"{"text":"hi"}"#, "u-1")
}

async fn outcome(act: impl Fn() -> Act + Send + Sync + 'static) -> Outcome {
    let server = Script::start().await;
    server.token_ok();
    server.on("im/v1/messages", move |_| act());
    client_for(&server, &app()).call(&send()).await.value
}

#[tokio::test]
async fn a_call_is_as_documented() {
    let server = Script::start().await;
    server.token_ok();
    server.on("im/v1/messages", |_| (200, json!({"code": 0, "msg": "success", "data": {"message_id": "om_1", "chat_id": "oc_1"}})));
    let client = client_for(&server, &app());
    let timed = client.call(&send()).await;
    let answer = timed.value.answer().unwrap();
    assert_eq!((answer.message_id(), answer.log_id.as_deref()), (Some("om_1"), Some("LOG")));
    client.call(&Call::get("om_1")).await;

    let token = &server.seen("tenant_access_token")[0];
    assert_eq!(serde_json::from_str::<Value>(&token.body).unwrap(), json!({"app_id": "cli_a1", "app_secret": "planted-secret"}));
    assert_eq!(token.header("authorization"), None);
    let seen = server.seen("im/v1/messages");
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("POST", "/open-apis/im/v1/messages?receive_id_type=chat_id"));
    assert_eq!(seen[0].header("authorization"), Some("Bearer t-1"));
    assert_eq!(seen[0].header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(seen[0].header("user-agent"), Some(concat!("larkhook/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(seen[0].body.as_bytes(), send().body);
    assert_eq!(seen[1].target, "/open-apis/im/v1/messages/om_1?card_msg_content_type=user_card_content");
    assert_eq!(server.count("tenant_access_token"), 1);
}

#[tokio::test]
async fn refused_and_unknown_names_are_not_sent() {
    let outcome = client_at(&unused_address().await, &app()).call(&send()).await.value;
    assert!(matches!(outcome, Outcome::NotSent(NotSentReason::Token(Class::Retry), _)), "{outcome:?}");

    // With a token in hand the send itself meets the closed door.
    let server = Script::start().await;
    server.token_ok();
    let closed = unused_address().await;
    let hook = hook(&format!("{closed}/open-apis/bot/v2/hook/x"));
    let outcome = hook.post(&json!({}), from_ms(0)).await.value;
    assert!(matches!(outcome, Outcome::NotSent(NotSentReason::Refused, _)), "{outcome:?}");
    assert!(!outcome.is_unknown(E::Hook) && outcome.is_outage(E::Hook) && outcome.class(E::Hook) == Class::Retry);

    // A label of 64 letters is no name anywhere; a local one does not go through the machine's HTTP_PROXY.
    let hook = self::hook(&format!("http://{}.localhost/open-apis/bot/v2/hook/x", "a".repeat(64)));
    let outcome = hook.post(&json!({}), from_ms(0)).await.value;
    assert!(matches!(outcome, Outcome::NotSent(NotSentReason::Dns, _)), "{outcome:?}");
}

#[tokio::test]
async fn what_breaks_after_the_connection_is_unknown() {
    for (act, expected) in [
        ((|| Act::Hang) as fn() -> Act, UnknownReason::Timeout),
        (|| Act::Reset, UnknownReason::Reset),
        (|| Act::Cut(r#"{"code":0"#), UnknownReason::CutBody),
    ] {
        let outcome = outcome(act).await;
        assert!(matches!(&outcome, Outcome::Unknown(doubt) if doubt.reason == expected), "{outcome:?}");
        assert!(outcome.is_unknown(E::Send) && outcome.is_outage(E::Send));
        assert_eq!(outcome.class(E::Send), Class::Retry);
    }
}

#[tokio::test]
async fn a_cut_answer_still_names_its_batch() {
    let server = Script::start().await;
    server.token_ok();
    let audience = Audience { open_ids: vec!["ou_a".to_owned()], ..Audience::default() };
    let call = Call::batch_send(&Content::Text("hi".to_owned()), &audience);
    let client = client_for(&server, &app());
    let batch = async |act: fn() -> Act| {
        server.on("batch_send", move |_| act());
        client.call(&call).await.value
    };
    let cut = batch(|| Act::Cut(r#"{"code":0,"data":{"message_id":"bm-1","inv"#)).await;
    assert!(cut.is_unknown(E::BatchSend) && cut.batch_id() == Some("bm-1"), "{cut:?}");
    let cut = batch(|| Act::Cut(r#"{"code":0,"data":{"message_id":"bm-1"#)).await;
    assert!(cut.is_unknown(E::BatchSend) && cut.batch_id().is_none(), "{cut:?}");
    // A length that fits hides the cut.
    let cut = batch(|| Act::Answer(200, Vec::new(), r#"{"code":0,"data":{"message_id":"bm-1",""#.to_owned())).await;
    assert!(cut.is_unknown(E::BatchSend) && cut.batch_id() == Some("bm-1"), "{cut:?}");
    let refused = batch(|| (200, json!({"code": 10002, "msg": "create failed", "data": {"message_id": "bm-2"}})).into()).await;
    assert!(!refused.is_unknown(E::BatchSend) && refused.batch_id() == Some("bm-2"), "{refused:?}");
    let sent = batch(|| (200, json!({"code": 0, "data": {"message_id": "bm-3"}})).into()).await;
    assert_eq!((sent.class(E::BatchSend), sent.batch_id()), (Class::Ok, Some("bm-3")));
}

#[tokio::test]
async fn limits_bring_their_reset() {
    let limited = outcome(|| {
        Act::Answer(429, vec![("x-ogw-ratelimit-reset", "52".to_owned())], json!({"code": 99991400, "msg": "limit"}).to_string())
    })
    .await;
    assert_eq!(limited.class(E::Send), Class::Rate { pause: Some(std::time::Duration::from_secs(52)) });
    assert!(!limited.is_unknown(E::Send) && !limited.is_outage(E::Send));
}

#[tokio::test]
async fn server_errors_may_have_worked() {
    let page = outcome(|| Act::Answer(502, Vec::new(), "<html>bad gateway".to_owned())).await;
    assert!(page.class(E::Send) == Class::Retry && page.is_unknown(E::Send) && page.is_outage(E::Send));
    let sending = outcome(|| (400, json!({"code": 230049})).into()).await;
    assert!(sending.is_unknown(E::Send) && !sending.is_outage(E::Send));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = Script::start().await;
    server.token_ok();
    let to = format!("{}/elsewhere", server.base);
    server.on("im/v1/messages", move |_| Act::Answer(302, vec![("location", to.clone())], String::new()));
    let outcome = client_for(&server, &app()).call(&send()).await.value;
    assert_eq!((outcome.class(E::Send), outcome.answer().unwrap().http), (Class::Unknown, 302));
    assert_eq!(server.count("elsewhere"), 0);
}

#[tokio::test]
async fn an_expired_token_is_replaced_once_and_the_bytes_repeated() {
    let server = Script::start().await;
    server.token_ok();
    server.on("im/v1/messages", |request| match request.header("authorization") {
        Some("Bearer t-1") => (400, json!({"code": 99991663, "msg": "token expired"})),
        _ => (200, json!({"code": 0, "data": {"message_id": "om_1"}})),
    });
    let client = client_for(&server, &app());
    assert_eq!(client.call(&send()).await.value.class(E::Send), Class::Ok);
    let seen = server.seen("im/v1/messages");
    assert_eq!((seen.len(), server.count("tenant_access_token")), (2, 2));
    assert_eq!(seen[0].body, seen[1].body);

    server.on("im/v1/messages", |_| (400, json!({"code": 99991663, "msg": "token expired"})));
    assert_eq!(client.call(&send()).await.value.class(E::Send), Class::Auth);
    assert_eq!(server.count("im/v1/messages"), 4, "one second round, not more");
}

#[tokio::test]
async fn concurrent_calls_share_one_token_fetch() {
    let server = Script::start().await;
    server.token_ok();
    server.on("im/v1/messages", |_| (200, json!({"code": 0, "data": {}})));
    let client = client_for(&server, &app());
    futures_util::future::join_all((0..20).map(|_| async { client.call(&send()).await })).await;
    assert_eq!((server.count("tenant_access_token"), server.count("im/v1/messages")), (1, 20));
}

#[tokio::test]
async fn images_go_as_a_form() {
    let server = Script::start().await;
    server.token_ok();
    server.on("im/v1/images", |_| (200, json!({"code": 0, "data": {"image_key": "img_v3_1"}})));
    let timed = client_for(&server, &app()).upload(&Upload::image("chart.png", bytes::Bytes::from_static(b"PNG"))).await;
    assert_eq!(timed.value.answer().unwrap().text("image_key"), Some("img_v3_1"));
    let seen = &server.seen("im/v1/images")[0];
    assert!(seen.header("content-type").unwrap().starts_with("multipart/form-data; boundary="));
    assert!(seen.body.contains("name=\"image_type\"\r\n\r\nmessage") && seen.body.contains("filename=\"chart.png\""));
}

#[tokio::test]
async fn no_secret_in_any_text() {
    let client = client_at(&unused_address().await, &app());
    let outcome = client.call(&send()).await.value;
    for text in [format!("{client:?} {outcome:?}"), format!("{:?}", client.check_token().await)] {
        assert!(!text.contains("planted-secret"), "{text}");
    }
    let bad = AppClient::new(&app(), "not a url with planted-secret").unwrap_err();
    assert!(!format!("{bad} {bad:?}").contains("planted"), "{bad:?}");
}

fn bot() -> Bot {
    Bot {
        name: "db-room".to_owned(),
        url: "sandbox".to_owned().into(),
        secret: Some("demo".to_owned().into()),
        keyword: None,
        app: None,
        on_unknown: OnUnknown::Resend,
    }
}

fn hook(url: &str) -> Hook {
    Hook::with_net(&bot(), url, None, None, QUICK).unwrap()
}

#[tokio::test]
async fn custom_bots_are_signed_at_call_time_and_never_named() {
    let server = Script::start().await;
    server.on("bot/v2/hook", |_| (200, json!({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})));
    let hook = hook(&format!("{}/open-apis/bot/v2/hook/planted-token", server.base));
    let body = json!({"msg_type": "text", "content": {"text": "hi"}});
    assert_eq!(hook.post(&body, from_ms(1_599_360_473_000)).await.value.class(E::Hook), Class::Ok);
    let sent: Value = serde_json::from_str(&server.seen("hook")[0].body).unwrap();
    assert_eq!(sent["timestamp"], "1599360473");
    assert_eq!(sent["sign"], "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    assert_eq!(sent["content"], body["content"]);

    server.on("bot/v2/hook", |request| Act::Answer(404, Vec::new(), format!("{} was not found", request.target)));
    let outcome = hook.post(&body, from_ms(0)).await.value;
    assert!(!format!("{hook:?} {outcome:?}").contains("planted"), "{outcome:?}");
    server.on("bot/v2/hook", |_| Act::Reset);
    let outcome = hook.post(&body, from_ms(0)).await.value;
    assert!(outcome.is_unknown(E::Hook) && !format!("{outcome:?}").contains("planted"), "{outcome:?}");
}

#[test]
fn first_generation_hooks_are_refused() {
    let error = Hook::new(&bot(), "https://open.feishu.cn/open-apis/bot/hook/planted").unwrap_err();
    assert!(error.to_string().contains("first generation") && !format!("{error:?}").contains("planted"));
}

#[tokio::test]
async fn a_slow_token_does_not_outlast_the_lease() {
    let server = Script::start().await;
    server.on("tenant_access_token", |_| Act::Hang);
    let client = client_for(&server, &app());
    let timed = client.call(&send()).await;
    assert!(matches!(timed.value, Outcome::NotSent(NotSentReason::Token(Class::Retry), _)), "{timed:?}");
    assert!(timed.took <= client.longest_call() + QUICK.call, "{timed:?}");
}

/// A self-signed root nobody uses, for what needs any certificate.
const ROOT: &str = include_str!("testing_root.pem");

fn app_with_root(folder: &tempfile::TempDir) -> crate::config::settings::App {
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, ROOT).unwrap();
    crate::config::settings::App { ca_file: Some(path), ..app() }
}

#[tokio::test]
async fn a_failed_handshake_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = Script::start().await; // speaks no TLS
    let client = client_at(&server.base.replace("http:", "https:"), &app_with_root(&folder));
    let outcome = client.call(&send()).await.value;
    assert!(matches!(&outcome, Outcome::NotSent(NotSentReason::Token(Class::Retry), text) if text.contains("no token")), "{outcome:?}");
    let url = format!("{}/open-apis/bot/v2/hook/x", server.base.replace("http:", "https:"));
    let root = app_with_root(&folder).ca_file;
    let hook = Hook::with_net(&bot(), &url, None, root.as_deref(), QUICK).unwrap();
    let outcome = hook.post(&json!({}), from_ms(0)).await.value;
    assert!(matches!(&outcome, Outcome::NotSent(NotSentReason::Tls, _)), "{outcome:?}");
}

#[test]
fn bad_roots_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut with = app_with_root(&folder);
    assert!(AppClient::new(&with, "https://open.private.example").is_ok());
    std::fs::write(with.ca_file.as_ref().unwrap(), "no certificate").unwrap();
    let error = AppClient::new(&with, "https://open.private.example").unwrap_err();
    assert!(error.to_string().contains("ca.pem holds no PEM certificate"), "{error}");
    with.ca_file = Some(folder.path().join("missing.pem"));
    let error = AppClient::new(&with, "https://open.private.example").unwrap_err();
    assert!(error.to_string().contains("missing.pem could not be read"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_refuses_means_not_sent() {
    let with = crate::config::settings::App { proxy: Some(unused_address().await), ..app() };
    let server = Script::start().await;
    let outcome = client_at(&server.base, &with).call(&send()).await.value;
    assert!(matches!(outcome, Outcome::NotSent(..)) && server.count("") == 0, "{outcome:?}");
    let bad = crate::config::settings::App { proxy: Some("::".to_owned()), ..app() };
    assert!(AppClient::new(&bad, &server.base).is_err());
}

#[tokio::test]
async fn long_answers_are_not_read_to_the_end() {
    let long = outcome(|| Act::Answer(200, Vec::new(), "x".repeat(5 << 20))).await;
    assert!(matches!(&long, Outcome::Unknown(doubt) if doubt.reason == UnknownReason::TooLong), "{long:?}");
}

#[tokio::test]
async fn a_pages_answer_counts_as_outage() {
    let page = outcome(|| Act::Answer(403, Vec::new(), "<html>login".to_owned())).await;
    assert!(page.class(E::Send) == Class::Unknown && page.is_outage(E::Send) && page.is_unknown(E::Send));
    assert!(page.explain(E::Send).en.contains("Something other than the platform"));
    let refused = outcome(|| (400, json!({"code": 230002, "msg": "Bot NOT in chat"})).into()).await;
    assert!(!refused.is_outage(E::Send) && !refused.is_unknown(E::Send));
    assert_eq!((refused.reason(E::Send), refused.code()), ("config", Some(230_002)));
}

#[tokio::test]
async fn a_handshake_that_hangs_ends_with_the_connect_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/open-apis/bot/v2/hook/x", silent.local_addr().unwrap());
    let hook = Hook::with_net(&bot(), &url, None, app_with_root(&folder).ca_file.as_deref(), QUICK_CONNECT).unwrap();
    let outcome = hook.post(&json!({}), from_ms(0)).await.value;
    assert!(matches!(&outcome, Outcome::NotSent(NotSentReason::ConnectTimeout, _)), "{outcome:?}");
}

const QUICK_CONNECT: super::client::Timeouts =
    super::client::Timeouts { connect: std::time::Duration::from_millis(100), call: std::time::Duration::from_secs(5), ..QUICK };
