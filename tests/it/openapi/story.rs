//! A story that calls every operation at least once with success, and meets what it may be refused for.

use super::caller::Caller;
use crate::support::{CONFIG, Running, eventually, fixture};
use larkhook::sandbox::Fault;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A chat that the sandbox takes nothing for.
const NOWHERE: &str = "chat:oc_000000000000000000000000dead";

/// The configuration of the story.
pub fn config() -> String {
    let people =
        "people: { teams: { dba: ['email:li@example.com', 'open_id:ou_a'] } }\ntemplates: [templates]\nui: { save_templates: true }\n";
    CONFIG.replace(
        "    send: [{ to: chat:oc_default00000000000000000000 }]",
        "    send: [{ to: chat:oc_default00000000000000000000, mention: ['team:dba'] }]",
    ) + people
}

/// With a folder for templates.
pub async fn running() -> Running {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("templates")).unwrap();
    std::fs::write(folder.path().join("larkhook.yaml"), config()).unwrap();
    Running::in_folder(std::sync::Arc::new(folder), |_| {}).await.unwrap_or_else(|error| panic!("{error}: {error:?}"))
}

/// A body that is right for an operation, as far as it takes one.
pub fn body(operation: &str) -> Value {
    let payload = json!({"key": "k", "status": "firing", "title": "Disk"});
    match operation {
        "POST /api/v1/route" | "POST /api/v1/render" => json!({"payload": payload, "source": "open"}),
        "POST /api/v1/jobs/retry" | "POST /api/v1/jobs/drop" => json!({"ids": ["x"], "filter": {"state": "dead"}}),
        "POST /login" => json!({"user": "li", "password": "x"}),
        "PUT /api/v1/templates/{name}" => json!({"text": "{{title}}"}),
        "POST /api/v1/verbs" => json!({"verb": {"chats": {}}}),
        "POST /hook/{source}" | "PUT /hook/{source}" => payload,
        _ => json!({}),
    }
}

/// Alerts, messages, a dead letter.
pub async fn prepare(caller: &Caller<'_>) {
    let endpoint = Some(serde_json::from_value(json!("send")).unwrap());
    let target = NOWHERE.strip_prefix("chat:").map(str::to_owned);
    caller.larkhook.sandbox().faults().add(Fault { endpoint, target, code: Some(230_013), ..Fault::default() });
    caller.done("/hook/am", &serde_json::from_slice(&fixture("am-group-of-3")).unwrap()).await;
    caller.done("/hook/open", &body("POST /hook/{source}")).await;
    caller.larkhook.settle().await;
}

#[tokio::test]
async fn every_operation_answers_as_the_file_says() {
    let larkhook = running().await;
    let caller = Caller::new(&larkhook);
    prepare(&caller).await;
    incidents(&caller).await;
    jobs(&caller).await;
    tools(&caller).await;
    templates(&caller).await;
    configuration(&caller).await;
    edge(&caller).await;
    let mut seen = caller.seen.lock().unwrap().clone();
    seen.extend(digests().await);
    seen.extend(sessions().await);
    let unseen: Vec<String> = caller
        .spec
        .operations
        .iter()
        .map(|o| o.name())
        .filter(|name| !seen.iter().any(|(of, status)| of == name && *status < 300))
        .collect();
    assert!(unseen.is_empty(), "nobody calls {unseen:?}");
    larkhook.stop().await;
}

/// Somebody logs in and out, and is found in the audit log.
async fn sessions() -> BTreeSet<(String, u16)> {
    let larkhook = Running::with(&crate::login::config("")).await;
    let caller = Caller::new(&larkhook);
    caller.done("/login", &json!({"user": "li", "password": "pa:ss"})).await;
    assert_eq!(caller.post("/login", &json!({"user": "li", "password": "no"})).await.status, 401);
    assert_eq!(caller.post("/login", &json!({"user": "li"})).await.status, 400);
    let form = larkhook.request(Method::POST, "/login?next=/x").header("accept", "text/html").body("user=li&password=pa%3Ass");
    assert_eq!(caller.check(caller.spec.find("POST", "/login").unwrap(), form).await.status, 303);
    caller.done("/logout", &json!({})).await;
    let audit = larkhook.request(Method::GET, "/api/v1/audit?action=login").bearer_auth("adm1n");
    let audit = caller.check(caller.spec.find("GET", "/api/v1/audit").unwrap(), audit).await;
    assert_eq!(audit.body["items"].as_array().unwrap().len(), 2, "{}", audit.text);
    let seen = caller.seen.lock().unwrap().clone();
    larkhook.stop().await;
    seen
}

/// A storm of its own.
async fn digests() -> BTreeSet<(String, u16)> {
    let config = CONFIG
        .replace("platform: sandbox }", "platform: sandbox, limits: { per_chat: 1 } }")
        .replace("fallback:", "storm: { after: 2 }\nfallback:");
    let larkhook = Running::with(&config).await;
    let caller = Caller::new(&larkhook);
    for n in 0..8 {
        caller.done("/hook/open", &json!({"key": format!("k{n}"), "status": "firing", "title": "Disk"})).await;
    }
    let listed = || async { caller.json("/api/v1/digests?state=open").await["items"][0]["id"].as_str().map(str::to_owned) };
    eventually("there is a digest", || async { listed().await.is_some() }).await;
    caller.json(&format!("/api/v1/digests/{}?limit=1", listed().await.unwrap())).await;
    let seen = caller.seen.lock().unwrap().clone();
    larkhook.stop().await;
    seen
}

async fn incidents(caller: &Caller<'_>) {
    let now = caller.json("/api/v1/now").await;
    let open = &now["open"];
    assert_eq!(
        (&open["counts"][0]["severity"], &open["counts"][0]["firing"], &open["counts"][0]["ages"][0]),
        (&json!("critical"), &json!(1), &json!(1)),
        "{now}"
    );
    assert_eq!(
        (&open["incidents"][0]["severity"], &open["incidents"][0]["places"][0]["state"]),
        (&json!("critical"), &json!("shown")),
        "{now}"
    );
    let hour = &now["last_hour"];
    assert_eq!(
        (&hour["accepted"], &hour["alerts"], &hour["sent"], &now["behind"]["waiting"]),
        (&json!(2), &json!(4), &json!(2), &json!(0)),
        "{now}"
    );
    let list = caller.json("/api/v1/incidents?state=open&limit=1").await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    let next = list["next"].as_str().unwrap();
    assert_eq!(caller.json(&format!("/api/v1/incidents?state=open&limit=1&before={next}")).await["items"].as_array().unwrap().len(), 1);
    let incident = format!("/api/v1/incidents/{id}");
    caller.json(&incident).await;
    caller.done(&format!("{incident}/ack"), &json!({"by": "李婷"})).await;
    caller.done(&format!("{incident}/unack"), &json!({})).await;
    caller.done(&format!("{incident}/resolve"), &json!({})).await;
    received(caller, &id).await;
    let message = caller.json("/api/v1/messages").await["items"][0]["id"].as_str().unwrap().to_owned();
    let message = caller.json(&format!("/api/v1/messages/{message}")).await;
    assert!(message["drawn"]["content"].is_object() && message["made"]["template"] == "incident", "{message}");
    for (filter, found) in [("severity=warning", 1), ("severity=info", 0), ("source=open", 1), ("text=DISK", 1), ("text=nowhere", 0)] {
        assert_eq!(caller.json(&format!("/api/v1/incidents?{filter}")).await["items"].as_array().unwrap().len(), found, "{filter}");
    }
    caller.json("/api/v1/digests?state=open").await;
    let none = ["incidents/none", "incidents/none/timeline", "digests/none", "messages/none", "events/none", "events/none/payload"];
    for path in none.map(|path| format!("/api/v1/{path}")) {
        let path = path.as_str();
        assert_eq!(caller.get(path).await.status, 404, "{path}");
    }
    for path in ["/api/v1/incidents?state=odd", "/api/v1/messages?limit=x", "/api/v1/digests?more=1"] {
        assert_eq!(caller.get(path).await.status, 400, "{path}");
    }
    for verb in ["ack", "unack", "resolve"] {
        assert_eq!(caller.post(&format!("/api/v1/incidents/none/{verb}"), &json!({})).await.status, 404, "{verb}");
    }
    assert_eq!(caller.post(&format!("{incident}/ack"), &json!({"buy": 1})).await.status, 400);
}

/// From the timeline to the body.
async fn received(caller: &Caller<'_>, incident: &str) {
    let timeline = caller.json(&format!("/api/v1/incidents/{incident}/timeline")).await;
    let items = timeline["items"].as_array().unwrap();
    let kinds: Vec<&str> = items.iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"received") && kinds.contains(&"called"), "{timeline}");
    let first = items.last().unwrap();
    assert_eq!((&first["kind"], &first["outcome"]), (&json!("received"), &json!("opened")), "{timeline}");
    assert_eq!(caller.json(&format!("/api/v1/incidents/{incident}/timeline?limit=1")).await["more"], json!(true));
    let event = first["event"].as_str().unwrap();
    let detail = caller.json(&format!("/api/v1/events/{event}")).await;
    assert_eq!(detail["incidents"], json!([{"incident": incident, "outcome": "opened"}]), "{detail}");
    assert_eq!(detail["ways"][0]["hits"][0]["receiver"], "default", "{detail}");
    let payload = caller.json(&format!("/api/v1/events/{event}/payload")).await;
    assert_eq!(payload, body("POST /hook/{source}"), "the newest incident");
    let events = caller.json("/api/v1/events?limit=1").await;
    assert_eq!(
        caller.json(&format!("/api/v1/events?before={}", events["next"].as_str().unwrap())).await["items"].as_array().unwrap().len(),
        1
    );
    assert_eq!(caller.json("/api/v1/events?source=am").await["items"].as_array().unwrap().len(), 1);
}

/// Makes a dead letter and returns its job.
async fn dead_letter(caller: &Caller<'_>, key: &str) -> String {
    let before = caller.json("/api/v1/jobs?state=dead").await["items"].as_array().unwrap().len();
    let event = json!({"key": key, "status": "firing", "title": "Nowhere"});
    caller.done(&format!("/hook/open?to={NOWHERE}"), &event).await;
    let dead = || async { caller.json("/api/v1/jobs?state=dead").await["items"].clone() };
    eventually("a dead letter", || async { dead().await.as_array().unwrap().len() > before }).await;
    dead().await[0]["id"].as_str().unwrap().to_owned()
}

async fn jobs(caller: &Caller<'_>) {
    let job = dead_letter(caller, "dead").await;
    caller.json(&format!("/api/v1/jobs/{job}")).await;
    caller.done(&format!("/api/v1/jobs/{job}/retry"), &json!({})).await;
    let job = dead_letter(caller, "dead too").await;
    caller.done(&format!("/api/v1/jobs/{job}/drop"), &json!({})).await;
    caller.json("/api/v1/jobs").await;
    caller.larkhook.settle().await;
    let day = "since=2020-01-01T00:00:00Z&until=2099-01-01T00:00:00Z";
    assert_eq!(caller.json(&format!("/api/v1/jobs?state=dead&reason=230013&{day}")).await["items"].as_array().unwrap().len(), 1);
    assert_eq!(caller.json("/api/v1/jobs?state=dead&reason=99999").await["items"], json!([]));
    elsewhere(caller).await;
    many(caller).await;
    caller.json("/api/v1/parked").await;
    caller.done("/api/v1/parked/retry", &json!({})).await;
    for (method, path) in [(Method::GET, ""), (Method::POST, "/retry"), (Method::POST, "/drop")] {
        assert_eq!(caller.call(method, &format!("/api/v1/jobs/none{path}"), None).await.status, 404, "{path}");
    }
    assert_eq!(caller.get("/api/v1/jobs?state=odd").await.status, 400);
}

/// A dead letter goes to another target, once.
async fn elsewhere(caller: &Caller<'_>) {
    let there = "chat:oc_00000000000000000000000000000b";
    let job = dead_letter(caller, "moves").await;
    let retry = format!("/api/v1/jobs/{job}/retry");
    for (to, status) in [("nonsense", 400), ("team:none", 400), ("bot:none", 400)] {
        assert_eq!(caller.post(&retry, &json!({"to": to})).await.status, status, "{to}");
    }
    caller.done(&retry, &json!({"to": there})).await;
    caller.larkhook.settle().await;
    let arrived = || caller.larkhook.sandbox().messages().iter().filter(|m| there.ends_with(&m.chat_id)).count();
    assert_eq!(arrived(), 1);
    assert_eq!(caller.post(&retry, &json!({"to": there})).await.status, 404, "it is no dead letter any more");
    // The sender reminds: the route's own target is not tried again for alerts that went elsewhere.
    let event = json!({"key": "moves", "status": "resolved", "title": "Nowhere"});
    caller.done(&format!("/hook/open?to={NOWHERE}"), &event).await;
    caller.larkhook.settle().await;
    let card = caller.larkhook.sandbox().messages().iter().find(|m| there.ends_with(&m.chat_id)).unwrap().content().to_string();
    assert!(card.contains("\"template\":\"green\""), "{card}");
    let taken = dead_letter(caller, "moves too").await;
    caller.done(&format!("/api/v1/jobs/{taken}/retry"), &json!({"to": "bot:room"})).await;
}

/// Many at once, by ids and by a filter, a few at a time.
async fn many(caller: &Caller<'_>) {
    for n in 0..5 {
        dead_letter(caller, &format!("many {n}")).await;
    }
    let dead = || async { caller.json("/api/v1/jobs?state=dead").await["items"].as_array().unwrap().len() };
    let before = dead().await;
    let two = json!({"filter": {"state": "dead", "source": "open", "limit": 2}});
    let done = caller.done("/api/v1/jobs/drop", &two).await;
    assert_eq!((&done["done"], &done["left"], &done["more"]), (&json!(2), &json!(before - 2), &json!(false)), "{done}");
    let rest = json!({"filter": {"state": "dead", "before": done["next"], "limit": 1}});
    assert_eq!(caller.done("/api/v1/jobs/drop", &rest).await["left"], json!(before - 3));
    assert_eq!(dead().await, before - 3);
    let id = caller.json("/api/v1/jobs?state=dead").await["items"][0]["id"].clone();
    let done = caller.done("/api/v1/jobs/retry", &json!({"ids": [id, "none"]})).await;
    assert_eq!((&done["done"], &done["missing"]), (&json!(1), &json!(["none"])));
    for wrong in [
        json!({}),
        json!({"ids": []}),
        json!({"filter": {}}),
        json!({"ids": ["x"], "filter": {"state": "dead"}}),
        json!({"ids": vec!["x"; 501]}),
    ] {
        assert_eq!(caller.post("/api/v1/jobs/retry", &wrong).await.status, 400, "{wrong}");
    }
}

async fn tools(caller: &Caller<'_>) {
    let payload: Value = serde_json::from_slice(&fixture("am-single-firing")).unwrap();
    let asked = json!({"payload": payload, "source": "am"});
    caller.done("/api/v1/route", &asked).await;
    let way = caller.done("/api/v1/route", &json!({"labels": {"alertname": "X", "severity": "p0"}})).await;
    assert_eq!((&way["alerts"][0]["severity"], &way["alerts"][0]["hits"][0]["receiver"]), (&json!("critical"), &json!("default")), "{way}");
    assert_eq!(caller.post("/api/v1/route", &json!({})).await.status, 400);
    caller.done("/api/v1/render", &asked).await;
    for path in ["/api/v1/route", "/api/v1/render"] {
        assert_eq!(caller.post(path, &json!({"payload": {}, "source": "ann"})).await.status, 400, "{path}");
        let long = caller.larkhook.request(Method::POST, path).header("content-type", "application/json").body(vec![b' '; 9 << 20]);
        assert_eq!(caller.check(caller.spec.find("POST", path).unwrap(), long).await.status, 413, "{path}");
        let xml = caller.larkhook.request(Method::POST, path).header("content-type", "application/xml").body("<a/>");
        assert_eq!(caller.check(caller.spec.find("POST", path).unwrap(), xml).await.status, 415, "{path}");
    }
    caller.done("/api/v1/verbs", &json!({"verb": {"chats": {}}})).await;
    let send_there = json!({"verb": {"send": {"to": NOWHERE, "body": {"msg_type": "text", "content": {"text": "x"}}}}});
    assert_eq!(caller.post("/api/v1/verbs", &send_there).await.status, 422);
    assert_eq!(caller.post("/api/v1/verbs", &json!({"verb": {"sned": {}}})).await.status, 400);
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89".to_vec();
    let upload = "/api/v1/verbs/upload?as=image&name=graph.png";
    let operation = caller.spec.find("POST", upload).unwrap();
    let key = caller.check(operation, caller.larkhook.request(Method::POST, upload).body(png)).await;
    assert_eq!(key.status, 200, "{}", key.text);
    let file = format!("/api/v1/verbs/download?key={}", key.body["image_key"].as_str().unwrap());
    assert_eq!(caller.get(&file).await.status, 200);
    assert_eq!(caller.get("/api/v1/verbs/download").await.status, 400);
    let empty = caller.larkhook.request(Method::POST, upload);
    assert_eq!(caller.check(operation, empty).await.status, 400);
}

async fn configuration(caller: &Caller<'_>) {
    let tree = caller.json("/api/v1/routes").await;
    assert_eq!((&tree["path"], &tree["hits"]), (&json!("route"), &json!(4)), "the alerts that named no target: {tree}");
    let config = caller.json("/api/v1/config").await;
    assert_eq!((&config["settings"]["ui"]["save_templates"], &config["reload"]["ok"]), (&json!(true), &json!(true)), "{config}");
    assert_eq!(config["settings"]["feishu"]["apps"]["ops"]["app_secret"], json!("***"));
    assert!(caller.json("/api/v1/config/people").await.get("checked").is_none());
    assert_eq!(caller.done("/api/v1/check-live", &json!({})).await["ok"], json!(true));
    let people = caller.json("/api/v1/config/people").await;
    let states: Vec<&str> = people["people"].as_array().unwrap().iter().map(|known| known["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"id") && states.iter().any(|state| matches!(*state, "found" | "not_found")), "{people}");
    assert!(people["checked"]["at"].is_string());
}

/// Write one, break it, mend it, save it, and see the next alert use it.
async fn templates(caller: &Caller<'_>) {
    let list = caller.json("/api/v1/templates").await;
    assert!(list["items"].as_array().unwrap().iter().any(|t| t["name"] == "incident.card" && t["used"] == true), "{list}");
    let text = caller.json("/api/v1/templates/incident.card").await["text"].as_str().unwrap().to_owned();
    assert!(text.contains("{{"));
    caller.json("/api/v1/templates/partials%2Flist").await;
    assert_eq!(caller.get("/api/v1/templates/incidnet.card").await.status, 404);
    assert!(caller.json("/api/v1/templates/help").await["helpers"].as_array().unwrap().len() > 30);

    let payload: Value = serde_json::from_slice(&fixture("am-group-of-3")).unwrap();
    let asked = |text: &str| json!({"payload": payload, "source": "am", "as": "text", "text": text, "all": true, "data": true});
    let broken = caller.done("/api/v1/render", &asked("{{title}}\n  {{#if firing}}")).await;
    assert_eq!((&broken["findings"][0]["line"], &broken["messages"]), (&json!(2), &json!([])), "{broken}");
    let unknown = caller.done("/api/v1/render", &asked("{{title}}\n {{nonsense title}}")).await;
    assert_eq!((&unknown["findings"][0]["line"], &unknown["findings"][0]["severity"]), (&json!(2), &json!("error")), "{unknown}");
    let drawn = caller.done("/api/v1/render", &asked("{{status}} {{counts.firing}} {{title}}")).await;
    let said = |messages: &Value| messages[0]["content"]["text"].as_str().unwrap().to_owned();
    let stages: Vec<String> = drawn["stages"].as_array().unwrap().iter().map(|stage| said(&stage["messages"])).collect();
    let title = said(&drawn["messages"]).rsplit(' ').next().unwrap().to_owned();
    assert_eq!(stages, [format!("firing 3 {title}"), format!("firing 2 {title}"), format!("resolved 0 {title}")]);
    assert_eq!(drawn["messages"][0]["data"]["counts"]["total"], json!(3), "{drawn}");
    let wrong_json = json!({"payload": payload, "source": "am", "text": "{\"schema\": \"2.0\",\n \"body\": oops}", "template": "mine"});
    let failed = caller.done("/api/v1/render", &wrong_json).await;
    assert_eq!(
        (&failed["messages"][0]["failure"]["line"], &failed["messages"][0]["template_used"]),
        (&json!(2), &json!("safe")),
        "{failed}"
    );
    assert_eq!(caller.post("/api/v1/render", &json!({"payload": payload, "source": "am", "template": "none"})).await.status, 400);

    let put = |name: &'static str, text: &str| {
        let body = json!({"text": text});
        async move { caller.call(Method::PUT, &format!("/api/v1/templates/{name}"), Some(&body)).await }
    };
    let refused = put("incident.card", "{{#if}").await;
    assert!(refused.status == 422 && refused.body["error"]["details"]["findings"][0]["line"] == 1, "{}", refused.text);
    for name in ["..%2F..%2Fx.card", "x", "x.html", "%2Fetc%2Fx.card"] {
        assert_eq!(put(name, "x").await.status, 400, "{name}");
    }
    let saved = put("incident.card", &text.replacen("\"title\"", "\"title\" ", 1)).await;
    assert_eq!((saved.status, &saved.body["reloaded"]), (200, &json!(true)), "{}", saved.text);
    let now = caller.json("/api/v1/templates/incident.card").await;
    assert!(now["origin"]["file"].as_str().unwrap().ends_with("templates/incident.card.hbs"), "{now}");
    let files: Vec<_> = std::fs::read_dir(caller.larkhook.path().join("templates")).unwrap().collect();
    assert_eq!(files.len(), 1, "nothing half-written is left: {files:?}");
}

async fn edge(caller: &Caller<'_>) {
    for path in ["/-/healthy", "/-/ready", "/metrics", "/api/v1/openapi.yaml"] {
        assert_eq!(caller.get(path).await.status, 200, "{path}");
    }
    caller.done("/-/reload", &json!({})).await;
    assert_eq!(caller.call(Method::PUT, "/-/reload", None).await.status, 200);
    let payload = body("PUT /hook/{source}");
    assert_eq!(caller.call(Method::PUT, "/hook/open", Some(&payload)).await.status, 200);
    for (path, status) in [("/hook/nobody", 404), ("/hook/locked", 401), ("/hook/am?to=chat:oc_x", 403), ("/hook/open?to=x", 400)] {
        assert_eq!(caller.post(path, &payload).await.status, status, "{path}");
    }
    std::fs::write(caller.larkhook.config_file(), "server: []").unwrap();
    assert_eq!(caller.post("/-/reload", &json!({})).await.status, 400);
    std::fs::write(caller.larkhook.config_file(), config()).unwrap();
    caller.done("/-/reload", &json!({})).await;
}
