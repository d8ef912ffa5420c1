//! Every call of the platform as it is documented: what the client really sends, what it makes of a success and of each
//! documented error. [`cases`] has the calls, `tests/fixtures/platform/errors.txt` the errors.

mod cases;
mod documented;
mod errors;
mod files;
mod peer;
mod sdk;

use larkhook::config::settings::{Api, App, Helpdesk, Limits, Platform, ReceiveType, UserIdType};
use larkhook::feishu::client::{AppClient, Timeouts};
use larkhook::feishu::error::{Class, Endpoint, Family};
use peer::{Peer, Reply};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const JSON: &str = "application/json; charset=utf-8";

/// Parameters as documented, in the order in which we send them.
type Query = &'static [(&'static str, &'static str)];

fn client(peer: &Peer) -> AppClient {
    let helpdesk = Helpdesk {
        id: "6698486123456789012".to_owned(),
        token: "ht-0a1b2c3d".to_owned().into(),
        receive: ReceiveType::Chat,
        user_id_type: UserIdType::OpenId,
    };
    let app = App {
        name: "ops".to_owned(),
        app_id: "cli_a1b2c3d4e5f60718".to_owned(),
        app_secret: "a-secret-of-some-length".to_owned().into(),
        platform: Platform::Url(peer.base.clone()),
        proxy: None,
        ca_file: None,
        limits: Limits::default(),
        tenant: "test".to_owned(),
        api: Api::default(),
        helpdesk: Some(helpdesk),
    };
    let timeouts = Timeouts { connect: Duration::from_secs(5), call: Duration::from_secs(10), upload: Duration::from_secs(20) };
    AppClient::with_timeouts(&app, &peer.base, timeouts).unwrap()
}

fn owned(query: &[(&str, &str)]) -> Vec<(String, String)> {
    query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn every_call_is_sent_as_documented_and_its_success_is_read() {
    let peer = Peer::start().await;
    let client = client(&peer);
    for case in cases::all() {
        let endpoint = case.call.endpoint;
        // The bot's own identity is the one flat answer.
        let flat = json!({"code": 0, "msg": "ok", "bot": {"activate_status": 2, "app_name": "larkhook", "open_id": "ou_b"}});
        let success = if case.data.is_null() { flat } else { json!({"code": 0, "msg": "success", "data": case.data}) };
        peer.answers(Reply::json(200, &success));
        let outcome = client.call(&case.call).await.value;

        let seen = peer.seen().pop().unwrap();
        assert_eq!((seen.method.as_str(), seen.path.as_str()), (case.method, case.path), "{endpoint}");
        assert_eq!(seen.query, owned(case.query), "{endpoint}");
        assert_eq!(seen.json(), case.body, "{endpoint}");
        assert_eq!(seen.body.is_empty(), case.body.is_null(), "{endpoint}");
        assert_eq!(seen.header("content-type"), Some(JSON), "{endpoint}");
        assert_eq!(seen.header("authorization"), Some("Bearer t-g1044example"), "{endpoint}");
        let desk = (endpoint.family() == Family::Helpdesk).then_some("NjY5ODQ4NjEyMzQ1Njc4OTAxMjpodC0wYTFiMmMzZA==");
        assert_eq!(seen.header("x-lark-helpdesk-authorization"), desk, "{endpoint}");

        assert_eq!(outcome.class(endpoint), Class::Ok, "{outcome:?}");
        assert!(!outcome.is_unknown(endpoint));
        let answer = outcome.answer().unwrap();
        if case.data.is_null() {
            assert_eq!(answer.data["bot"]["open_id"], "ou_b");
        } else {
            assert_eq!(answer.data, case.data, "{endpoint}");
        }
        let id = case.data.get("message_id").and_then(Value::as_str);
        assert_eq!(answer.message_id(), id, "{endpoint}");
        assert_eq!(outcome.batch_id(), id.filter(|_| endpoint == Endpoint::BatchSend), "{endpoint}");
    }
}

#[tokio::test]
async fn a_token_is_asked_for_as_documented() {
    let peer = Peer::start().await;
    client(&peer).check_token().await.unwrap();
    let seen = peer.seen_token().pop().unwrap();
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/open-apis/auth/v3/tenant_access_token/internal"));
    assert_eq!((seen.header("content-type"), seen.header("authorization")), (Some(JSON), None));
    assert_eq!(seen.json(), json!({"app_id": "cli_a1b2c3d4e5f60718", "app_secret": "a-secret-of-some-length"}));
}

#[test]
fn every_endpoint_has_a_case() {
    let cases: BTreeSet<Endpoint> = cases::all().into_iter().map(|case| case.call.endpoint).collect();
    let elsewhere = [
        Endpoint::Token,
        Endpoint::ImageUpload,
        Endpoint::FileUpload,
        Endpoint::ImageGet,
        Endpoint::FileGet,
        Endpoint::Resource,
        Endpoint::Hook,
    ];
    for endpoint in Endpoint::ALL {
        assert_ne!(cases.contains(endpoint), elsewhere.contains(endpoint), "{endpoint}");
    }
}

#[test]
fn the_documents_name_every_call_and_class() {
    for (language, text) in [("en", include_str!("../../../docs/platform.md")), ("zh", include_str!("../../../docs/platform.zh-CN.md"))] {
        for endpoint in Endpoint::ALL {
            assert!(text.contains(&format!("`{endpoint}`")), "{language}: {endpoint}");
        }
        for case in cases::all() {
            // `im/v1/messages/:id/reply` for `/open-apis/im/v1/messages/om_1/reply`
            let id = |part: &str| part.contains(['_', '-']) && part.ends_with(char::is_numeric) || part == "r1";
            let path = case.path.trim_start_matches("/open-apis/");
            let path: Vec<&str> = path.split('/').map(|part| if id(part) { ":id" } else { part }).collect();
            let call = format!("`{} {}`", case.method, path.join("/"));
            assert!(text.contains(&call), "{language}: {call}");
        }
        for class in ["ok", "rate", "retry", "auth", "config", "quota", "target", "content", "state", "bug", "permanent", "unknown"] {
            assert!(text.contains(&format!("\n### {class}\n")), "{language}: {class}");
        }
    }
}
