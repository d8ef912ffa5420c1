//! The HTTP edge, over real sockets: exact answers, who is let in, what is bounded.

use crate::support::{CONFIG, Running, error, eventually, fixture};
use flate2::Compression;
use flate2::write::GzEncoder;
use hmac::{Hmac, KeyInit, Mac};
use larkhook::util::id::hex;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_webhook_is_stored_shown_and_listed() {
    let larkhook = Running::new().await;
    let answer = larkhook.captured("am", "am-group-of-3").await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-request-id"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["status"], &body["groups"], &body["messages"]), (&json!("accepted"), &json!(1), &json!(1)), "{body}");
    assert!(body["event"].as_str().is_some_and(|event| event.len() == 32));
    larkhook.settle().await;
    assert_eq!(larkhook.sandbox().messages().len(), 1);

    let list = larkhook.json("/api/v1/incidents?state=open&limit=10").await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    assert!(list.get("next").is_none(), "{list}");
    let incident = larkhook.json(&format!("/api/v1/incidents/{id}")).await;
    assert_eq!(incident["instances"].as_array().unwrap().len(), 3);
    assert_eq!(incident["messages"][0]["platform_id"], larkhook.sandbox().messages()[0].message_id.as_str());
    assert_eq!(larkhook.json("/api/v1/messages").await["items"].as_array().unwrap().len(), 1);

    // somebody takes it: the card says so
    let answer = larkhook.post(&format!("/api/v1/incidents/{id}/ack"), &json!({"by": "李婷"})).await;
    assert_eq!(answer.status(), 200);
    larkhook.settle().await;
    eventually("the card names who took it", || async { larkhook.sandbox().messages()[0].content().to_string().contains("李婷") }).await;
    let answer = larkhook.request(Method::POST, &format!("/api/v1/incidents/{id}/resolve")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(larkhook.json("/api/v1/incidents?state=open").await["items"], json!([]));

    larkhook.settle().await;
    let metrics = larkhook.get("/metrics").await;
    assert_eq!(metrics.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let metrics = metrics.text().await.unwrap();
    for line in [
        r#"larkhook_events_total{source="am",result="accepted",reason=""} 1"#,
        r#"larkhook_alerts_total{source="am"} 3"#,
        r#"larkhook_http_requests_total{path="/hook/{source}",method="POST",status="2xx"} 1"#,
        r#"larkhook_jobs{state="ready"} 0"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    larkhook.stop().await;
}

#[tokio::test]
async fn a_storms_digest_is_listed_with_the_groups_inside() {
    let config = CONFIG
        .replace("platform: sandbox }", "platform: sandbox, limits: { per_chat: 1 } }")
        .replace("fallback:", "storm: { after: 3 }\nfallback:");
    let larkhook = Running::with(&config).await;
    assert_eq!(larkhook.json("/api/v1/digests").await["items"], json!([]));
    for n in 0..12 {
        larkhook.post("/hook/open", &json!({"key": format!("k{n}"), "status": "firing", "title": format!("Disk{n:02}")})).await;
    }
    let listed = || async { larkhook.json("/api/v1/digests?state=open").await["items"][0]["waiting"].as_i64() };
    eventually("the digest lists what waits", || async { listed().await.is_some_and(|waiting| waiting >= 5) }).await;
    let digest = larkhook.json("/api/v1/digests?state=open&limit=1").await["items"][0].clone();
    assert_eq!((&digest["state"], &digest["via"], &digest["severity"]), (&json!("open"), &json!("app:ops"), &json!("warning")), "{digest}");
    assert!(digest["platform_id"].as_str().is_some_and(|om| om.starts_with("om_")), "{digest}");
    let one = format!("/api/v1/digests/{}", digest["id"].as_str().unwrap());
    let (mut inside, mut before) = (std::collections::BTreeSet::new(), String::new());
    loop {
        let page = larkhook.json(&format!("{one}?limit=4{before}")).await;
        let groups = page["inside"].as_array().unwrap();
        assert!(groups.len() <= 4 && page["groups"].as_u64().unwrap() >= 5, "{page}");
        inside.extend(groups.iter().map(|group| group["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    assert!(inside.len() >= 5 && inside.iter().all(|title| title.starts_with("Disk")), "{inside:?}");
    assert_eq!(larkhook.json("/api/v1/digests?state=closed").await["items"], json!([]));
    assert_eq!(error(larkhook.get("/api/v1/digests/none").await).await.0, 404);
    assert_eq!(error(larkhook.get("/api/v1/digests?state=odd").await).await.0, 400);
    larkhook.stop().await;
}

#[tokio::test]
async fn refusals_say_what_is_wrong() {
    let larkhook = Running::new().await;
    let post = |path: &str, body: Vec<u8>| larkhook.request(Method::POST, path).body(body).send();

    let (status, said) = error(post("/hook/amm", b"{}".to_vec()).await.unwrap()).await;
    assert_eq!((status, said["code"].as_str()), (404, Some("not_found")));
    let message = said["message"].as_str().unwrap();
    assert!(message.contains("am, locked, open, signed") && message.contains("did you mean am?"), "{message}");

    let (status, said) = error(post("/hook/am/", b"{}".to_vec()).await.unwrap()).await;
    assert_eq!(status, 404, "never a redirect, which would lose the body");
    assert!(said["message"].as_str().unwrap().contains("no slash at the end"), "{said}");

    let answer = larkhook.get("/hook/am").await;
    let allow = answer.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("POST") && allow.contains("PUT"), "{allow}");
    assert_eq!(error(answer).await.0, 405);

    let (status, said) = error(post("/hook/am", b"{\"alerts\": [".to_vec()).await.unwrap()).await;
    assert_eq!((status, said["code"].as_str()), (400, Some("invalid_json")), "{said}");
    let (status, said) = error(post("/hook/am", b"{\"alerts\": 5}".to_vec()).await.unwrap()).await;
    assert_eq!((status, said["code"].as_str(), said["at"].as_str()), (400, Some("invalid_payload"), Some("/alerts")), "{said}");
    assert_eq!(error(post("/hook/am", Vec::new()).await.unwrap()).await.0, 400);

    let (status, said) = error(post("/hook/am", vec![b' '; 70_000]).await.unwrap()).await;
    assert_eq!(status, 413);
    assert!(said["message"].as_str().unwrap().contains("65536 bytes"), "{said}");

    let xml = larkhook.request(Method::POST, "/hook/am").header("content-type", "application/xml").body("<a/>");
    assert_eq!(error(xml.send().await.unwrap()).await.0, 415);
    let brotli = larkhook.request(Method::POST, "/hook/am").header("content-encoding", "br").body("x");
    assert_eq!(error(brotli.send().await.unwrap()).await.0, 415);

    let metrics = larkhook.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains(r#"larkhook_events_total{source="am",result="refused",reason="too_large"} 1"#), "{metrics}");
    larkhook.stop().await;
}

#[tokio::test]
async fn gzip_is_read_and_bounded() {
    let larkhook = Running::new().await;
    let zip = |bytes: &[u8]| {
        let mut zip = GzEncoder::new(Vec::new(), Compression::best());
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap()
    };
    let send = |body: Vec<u8>| larkhook.request(Method::POST, "/hook/am").header("content-encoding", "gzip").body(body).send();
    assert_eq!(send(zip(&fixture("am-single-firing"))).await.unwrap().status(), 200);
    let bomb = zip(&vec![b' '; 20_000_000]);
    assert!(bomb.len() < 64 * 1024);
    assert_eq!(error(send(bomb).await.unwrap()).await.0, 413);
    assert_eq!(error(send(b"no gzip".to_vec()).await.unwrap()).await.0, 400);
    larkhook.stop().await;
}

#[tokio::test]
async fn credentials_decide_before_the_body_is_read() {
    let larkhook = Running::new().await;
    let answer = larkhook.captured("locked", "am-single-firing").await;
    assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    assert_eq!(error(answer).await.0, 401);
    let right = larkhook.request(Method::POST, "/hook/locked").bearer_auth("t0ken").body(fixture("am-single-firing"));
    assert_eq!(right.send().await.unwrap().status(), 200);

    // Headers promise a body that never comes: the answer does not wait for it.
    let mut raw = tokio::net::TcpStream::connect(larkhook.app.addr()).await.unwrap();
    raw.write_all(b"POST /hook/locked HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n").await.unwrap();
    let mut head = [0; 16];
    tokio::time::timeout(Duration::from_secs(5), raw.read_exact(&mut head)).await.unwrap().unwrap();
    assert!(head.starts_with(b"HTTP/1.1 401"), "{}", String::from_utf8_lossy(&head));

    let body = fixture("grafana-firing");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"key").unwrap();
    mac.update(&body);
    let signature = hex(&mac.finalize().into_bytes());
    let signed = |body: Vec<u8>| larkhook.request(Method::POST, "/hook/signed").header("X-Signature", signature.clone()).body(body).send();
    assert_eq!(signed(body.clone()).await.unwrap().status(), 200);
    let mut changed = body;
    changed.push(b' ');
    assert_eq!(error(signed(changed).await.unwrap()).await.0, 401, "one byte more is not what was signed");
    larkhook.stop().await;
}

#[tokio::test]
async fn a_request_names_its_target_where_that_is_allowed() {
    let larkhook = Running::new().await;
    let event = json!({"key": "a", "status": "firing", "title": "Disk"});
    let there = "/hook/open?to=chat:oc_5ad11d72b830411d72b836c20";
    assert_eq!(larkhook.post(there, &event).await.status(), 200);
    assert_eq!(larkhook.post("/hook/open?to=bot:room", &event).await.status(), 200);
    larkhook.settle().await;
    let chats: Vec<String> = larkhook.sandbox().messages().iter().map(|message| message.chat_id.clone()).collect();
    assert_eq!(chats.len(), 2);
    assert!(chats.contains(&"oc_5ad11d72b830411d72b836c20".to_owned()), "{chats:?}");

    for (path, status, code) in [
        ("/hook/am?to=chat:oc_5ad11d72b830411d72b836c20", 403, "target_not_allowed"),
        ("/hook/open?to=email:ceo@example.com", 403, "target_not_allowed"),
        ("/hook/open?to=nonsense", 400, "invalid_target"),
        ("/hook/open?to=chat:oc_5ad11d72b830411d72b836c20&template=none", 400, "unknown_template"),
        ("/hook/open?templat=incident", 400, "unknown_parameter"),
    ] {
        let (got, said) = error(larkhook.post(path, &event).await).await;
        assert_eq!((got, said["code"].as_str()), (status, Some(code)), "{path}: {said}");
    }
    assert_eq!(larkhook.post("/hook/open?utm_source=x", &event).await.status(), 200, "strangers' parameters do not cost alerts");
    larkhook.stop().await;
}

#[tokio::test]
async fn a_request_names_lists_and_the_help_desk() {
    let desk = "    zdesk: { app_id: cli_0000000000000005, app_secret: s, platform: sandbox, helpdesk: { id: '6698486123456789012', token: ht-0a1b2c3d } }\n  bots:\n";
    let config = CONFIG
        .replace("  bots:\n", desk)
        .replace("sources:\n", "people: { teams: { dba: [open_id:ou_b] } }\nsources:\n")
        .replace("'bot:room'", "'team:*', 'open_id:ou_a', 'helpdesk:*'")
        .replace("00000000 }", "00000000, app: ops }");
    let larkhook = Running::with(&config).await;
    let event = json!({"key": "a", "status": "firing", "title": "Disk"});
    let to = "/hook/open?to=broadcast:[open_id:ou_a,team:dba],helpdesk:ou_1";
    assert_eq!(larkhook.post(to, &event).await.status(), 200);
    larkhook.settle().await;
    let calls = || larkhook.sandbox().calls().iter().map(|call| call.endpoint.as_str()).collect::<Vec<_>>();
    for endpoint in ["batch_send", "helpdesk_send"] {
        assert_eq!(calls().iter().filter(|call| **call == endpoint).count(), 1, "{:?}", calls());
    }
    for (to, status, part) in [
        ("broadcast:[open_id:ou_a,team:nobody]", 400, "team:nobody is not configured"),
        ("broadcast:[open_id:ou_a,open_id:ou_c]", 403, "open_id:ou_c is not among"),
        ("broadcast:[open_id:ou_a", 400, "write broadcast:["),
    ] {
        let (got, said) = error(larkhook.post(&format!("/hook/open?to={to}"), &event).await).await;
        assert!(got == status && said["message"].as_str().unwrap().contains(part), "{to}: {got} {said}");
    }
    larkhook.stop().await;
    let without = Running::with(&CONFIG.replace("'bot:room'", "'helpdesk:*'")).await;
    let (got, said) = error(without.post("/hook/open?to=helpdesk:ou_1", &event).await).await;
    assert!(got == 400 && said["message"].as_str().unwrap().contains("help desk"), "{said}");
    without.stop().await;
}

#[tokio::test]
async fn a_full_disk_means_again() {
    let small = |options: &mut larkhook::app::Options| options.max_pages = Some(70);
    let larkhook = Running::start(CONFIG, small).await.unwrap_or_else(|error| panic!("{error}"));
    let mut full = None;
    for n in 0..200 {
        let event = json!({"key": n.to_string(), "status": "firing", "title": "x".repeat(2000)});
        let answer = larkhook.post("/hook/open", &event).await;
        if answer.status() != 200 {
            full = Some(answer);
            break;
        }
    }
    let full = full.expect("the disk fills up");
    // What is smaller may still find a place.
    for n in 0..200 {
        let event = json!({"key": format!("small {n}"), "status": "firing", "title": "x"});
        if larkhook.post("/hook/open", &event).await.status() != 200 {
            break;
        }
    }
    assert_eq!(full.headers()["retry-after"], "5");
    let (status, said) = error(full).await;
    assert_eq!((status, said["code"].as_str()), (429, Some("disk_full")), "the source's own overload_status");
    assert_eq!(error(larkhook.captured("am", "am-single-firing").await).await.0, 503);
    let ready = larkhook.get("/-/ready").await;
    assert_eq!(ready.status(), 503);
    assert_eq!(ready.json::<Value>().await.unwrap()["store"], "failing");
    larkhook.app.stop(Duration::from_secs(10)).await;
}

#[tokio::test]
async fn only_this_machine_gets_in_without_server_auth() {
    let larkhook = Running::new().await;
    for path in ["/", "/api/v1/jobs", "/api/v1/incidents", "/api/v1/digests"] {
        assert_eq!(larkhook.get(path).await.status(), 200, "{path}");
        let proxied = larkhook.request(Method::GET, path).header("X-Forwarded-For", "127.0.0.1").send().await.unwrap();
        assert_eq!(error(proxied).await.0, 403, "{path} through a proxy");
        let rebound = larkhook.request(Method::GET, path).header("Host", "evil.example").send().await.unwrap();
        assert_eq!(error(rebound).await.0, 403, "{path} under a foreign name");
    }
    let foreign = larkhook.request(Method::POST, "/-/reload").header("Origin", "https://evil.example").send().await.unwrap();
    assert_eq!(error(foreign).await.0, 403);
    for path in ["/-/healthy", "/-/ready", "/metrics"] {
        let proxied = larkhook.request(Method::GET, path).header("X-Forwarded-For", "192.0.2.1").send().await.unwrap();
        assert_eq!(proxied.status(), 200, "{path} is for everybody");
    }
    let ready = larkhook.json("/-/ready").await;
    assert_eq!(
        (&ready["status"], &ready["config"]["ok"], &ready["backlog"]["dead"]),
        (&json!("ready"), &json!(true), &json!(0)),
        "{ready}"
    );
    let stranger = larkhook.request(Method::GET, "/-/ready").header("X-Forwarded-For", "192.0.2.1").send().await.unwrap();
    assert_eq!(stranger.json::<Value>().await.unwrap(), json!({"status": "ready", "store": "ok"}), "details are not for everybody");
    larkhook.stop().await;
}

#[tokio::test]
async fn server_auth_opens_to_its_token_only() {
    let config = CONFIG.replace("max_body: 64KiB", "max_body: 64KiB, auth: { bearer_token: adm1n }");
    let larkhook = Running::with(&config).await;
    assert_eq!(error(larkhook.get("/api/v1/jobs").await).await.0, 401, "loopback gets no discount");
    let with = |token: &str| larkhook.request(Method::GET, "/api/v1/jobs").bearer_auth(token).header("X-Forwarded-For", "192.0.2.1").send();
    assert_eq!(with("adm1n").await.unwrap().status(), 200);
    assert_eq!(error(with("admin").await.unwrap()).await.0, 401);
    larkhook.stop().await;
}

#[tokio::test]
async fn route_and_render_can_be_tried() {
    let larkhook = Running::new().await;
    let payload: Value = serde_json::from_slice(&fixture("am-single-firing")).unwrap();
    let asked = json!({"payload": payload, "source": "am"});
    let ways: Value = larkhook.post("/api/v1/route", &asked).await.json().await.unwrap();
    assert_eq!(ways["alerts"][0]["hits"][0]["receiver"], "default", "{ways}");
    let drawn: Value = larkhook.post("/api/v1/render", &asked).await.json().await.unwrap();
    let message = &drawn["messages"][0];
    assert_eq!((message["msg_type"].as_str(), &message["problems"]), (Some("interactive"), &json!([])), "{drawn}");
    assert!(message["content"].to_string().contains("HighMemoryUsage"));
    let text: Value =
        larkhook.post("/api/v1/render", &json!({"payload": payload, "source": "am", "as": "text"})).await.json().await.unwrap();
    assert_eq!(text["messages"][0]["msg_type"], "text");
    let (status, said) = error(larkhook.post("/api/v1/render", &json!({"payload": {}, "sorce": "am"})).await).await;
    assert_eq!((status / 100, said["code"].as_str()), (4, Some("invalid_payload")), "{said}");
    assert!(larkhook.sandbox().messages().is_empty(), "nothing is sent");
    larkhook.stop().await;
}

#[tokio::test]
async fn nothing_is_here_is_said_in_our_form() {
    let larkhook = Running::new().await;
    for path in ["/nope", "/api/v1/nope", "/hook", "/hook/", "/hook/am/x"] {
        let (status, said) = error(larkhook.get(path).await).await;
        assert_eq!((status, said["code"].as_str()), (404, Some("not_found")), "{path}");
    }
    assert_eq!(error(larkhook.get("/api/v1/jobs?state=odd").await).await.0, 400);
    assert_eq!(error(larkhook.get("/api/v1/incidents/none").await).await.0, 404);
    assert_eq!(error(larkhook.request(Method::DELETE, "/api/v1/jobs").send().await.unwrap()).await.0, 405);
    let page = larkhook.get("/").await;
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert!(page.text().await.unwrap().contains("/hook/am"));
    larkhook.stop().await;
}

#[tokio::test]
async fn the_chats_of_the_configuration_are_in_the_inbox_by_name() {
    let larkhook = Running::new().await;
    let sandbox = larkhook.app.sandbox().unwrap().url();
    let list = larkhook.client.get(format!("{sandbox}/inbox/chats")).send().await.unwrap().text().await.unwrap();
    assert!(list.contains("href=\"/inbox/chat/oc_default00000000000000000000\"") && list.contains(">default</span>"), "{list}");
    larkhook.stop().await;
}
