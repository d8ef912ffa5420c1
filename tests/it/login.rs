//! Browsers log in by a form and a cookie, over real sockets; what people do is written down.

use crate::support::{CONFIG, Running, error, eventually};
use argon2::password_hash::{PasswordHasher, SaltString};
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// The hash of a password, cheap to verify.
pub fn phc(password: &str) -> String {
    let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, argon2::Params::new(64, 1, 1, None).unwrap());
    cheap.hash_password(password.as_bytes(), &salt).unwrap().to_string()
}

/// With the user `li`.
pub fn config(more: &str) -> String {
    CONFIG
        .replace("max_body: 64KiB", &format!("max_body: 64KiB, auth: {{ bearer_token: adm1n, users: {{ li: '{}' }} }}{more}", phc("pa:ss")))
}

async fn log_in(larkhook: &Running, user: &str, password: &str) -> Response {
    larkhook.post("/login", &json!({"user": user, "password": password})).await
}

/// The cookie of an answer, as a browser sends it back.
fn cookie(answer: &Response) -> String {
    let set = answer.headers().get_all("set-cookie").iter().next().unwrap().to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

async fn with(larkhook: &Running, cookie: &str, method: Method, path: &str) -> Response {
    larkhook.request(method, path).header("cookie", cookie).send().await.unwrap()
}

#[tokio::test]
async fn a_session_opens_what_its_password_does_and_ends() {
    let larkhook = Running::with(&config("")).await;
    let answer = log_in(&larkhook, "li", "pa:ss").await;
    assert_eq!(answer.status(), 200);
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("larkhook_session=") && set.contains("HttpOnly; SameSite=Strict") && !set.contains("Secure"), "{set}");
    let session = cookie(&answer);
    assert_eq!(with(&larkhook, &session, Method::GET, "/api/v1/jobs").await.status(), 200);
    assert_eq!(with(&larkhook, &session, Method::POST, "/-/reload").await.status(), 200);
    assert_eq!(error(with(&larkhook, "larkhook_session=0000", Method::GET, "/api/v1/jobs").await).await.0, 401);
    let foreign = larkhook.request(Method::POST, "/-/reload").header("cookie", &session).header("origin", "https://evil.example");
    assert_eq!(error(foreign.send().await.unwrap()).await.0, 403, "the cookie alone is not enough for a write");

    let out = with(&larkhook, &session, Method::POST, "/logout").await;
    assert!(out.status() == 200 && cookie(&out).ends_with("larkhook_session="), "{out:?}");
    assert_eq!(error(with(&larkhook, &session, Method::GET, "/api/v1/jobs").await).await.0, 401, "a session that is over stays over");

    // Another password in the configuration ends what was begun with the old one.
    let session = cookie(&log_in(&larkhook, "li", "pa:ss").await);
    std::fs::write(larkhook.config_file(), config("").replace(&phc("pa:ss"), &phc("other"))).unwrap();
    let reload = larkhook.request(Method::POST, "/-/reload").bearer_auth("adm1n").send().await.unwrap();
    assert_eq!(reload.status(), 200);
    assert_eq!(with(&larkhook, &session, Method::GET, "/api/v1/jobs").await.status(), 401);
    larkhook.stop().await;
}

#[tokio::test]
async fn pages_send_browsers_to_the_form_and_back() {
    let larkhook = Running::with(&config(", trusted_proxies: [127.0.0.0/8]")).await;
    let browser = |method: Method, path: &str| larkhook.request(method, path).header("accept", "text/html,*/*");
    let answer = browser(Method::GET, "/?state=dead").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/login?next=%2F%3Fstate%3Ddead".parse().unwrap()));
    let api = browser(Method::GET, "/api/v1/jobs").header("sec-fetch-mode", "cors").send().await.unwrap();
    assert!(api.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"), "no window of the browser's own");
    assert_eq!(error(api).await.0, 401);
    let page = browser(Method::GET, "/login?next=%2F%3Fstate%3Ddead&failed=wrong").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("action=\"/login?next=%2F%3Fstate%3Ddead\"") && page.contains("role=\"alert\""), "{page}");

    let form = |body: &'static str| {
        let request = browser(Method::POST, "/login?next=%2F%3Fstate%3Ddead")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-for", "192.0.2.9");
        request.header("content-type", "application/x-www-form-urlencoded").body(body).send()
    };
    let wrong = form("user=li&password=nope").await.unwrap();
    assert_eq!(wrong.headers()["location"], "/login?failed=wrong&next=%2F%3Fstate%3Ddead");
    assert!(!wrong.headers().contains_key("set-cookie"));
    let right = form("user=li&password=pa%3Ass").await.unwrap();
    assert_eq!((right.status().as_u16(), &right.headers()["location"]), (303, &"/?state=dead".parse().unwrap()));
    let set = right.headers()["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("__Host-larkhook_session=") && set.ends_with("; Secure"), "{set}");
    let session = cookie(&right);
    let home = browser(Method::GET, "/").header("cookie", &session).send().await.unwrap();
    assert_eq!(home.status(), 200);
    let foreign =
        browser(Method::POST, "/login").header("sec-fetch-site", "cross-site").body("user=li&password=pa%3Ass").send().await.unwrap();
    assert_eq!(error(foreign).await.0, 403, "nobody is logged in by another site");
    larkhook.stop().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_only() {
    let larkhook = Running::with(&config(", trusted_proxies: [127.0.0.0/8]")).await;
    let from = |ip: &'static str, password: &'static str| {
        let body = json!({"user": "li", "password": password});
        larkhook.request(Method::POST, "/login").header("x-forwarded-for", ip).json(&body).send()
    };
    let session = cookie(&from("192.0.2.1", "pa:ss").await.unwrap());
    for _ in 0..20 {
        assert_eq!(from("192.0.2.1", "guess").await.unwrap().status(), 401);
    }
    let slow = from("192.0.2.1", "another guess").await.unwrap();
    assert!(slow.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 200);
    assert_eq!(error(slow).await.0, 429);
    let basic = |ip: &'static str| {
        larkhook.request(Method::GET, "/api/v1/jobs").header("x-forwarded-for", ip).basic_auth("li", Some("guess")).send()
    };
    assert_eq!(basic("192.0.2.1").await.unwrap().status(), 429, "by whatever way it guesses");
    assert_eq!(basic("192.0.2.2").await.unwrap().status(), 401);
    assert_eq!(from("192.0.2.2", "pa:ss").await.unwrap().status(), 200, "others log in");
    let there = larkhook.request(Method::GET, "/api/v1/jobs").header("x-forwarded-for", "192.0.2.1");
    assert_eq!(there.header("cookie", &session).send().await.unwrap().status(), 200, "who is in stays in");
    larkhook.stop().await;
}

#[tokio::test]
async fn who_did_what_is_written_down() {
    let larkhook = Running::with(&config("")).await;
    larkhook.post("/hook/open", &json!({"key": "a", "status": "firing", "title": "Disk"})).await;
    assert_eq!(log_in(&larkhook, "li", "wrong").await.status(), 401);
    let session = cookie(&log_in(&larkhook, "li", "pa:ss").await);
    let json_of = |path: String| {
        let session = session.clone();
        let larkhook = &larkhook;
        async move { with(larkhook, &session, Method::GET, &path).await.json::<Value>().await.unwrap() }
    };
    let id = json_of("/api/v1/incidents".into()).await["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(with(&larkhook, &session, Method::POST, &format!("/api/v1/incidents/{id}/ack")).await.status(), 200);
    assert_eq!(with(&larkhook, &session, Method::POST, "/api/v1/jobs/none/retry").await.status(), 404);
    let token = |method, path: &str| larkhook.request(method, path).bearer_auth("adm1n");
    let verb = json!({"verb": {"send": {"to": "chat:oc_x", "body": {"msg_type": "text", "content": {"text": "secret words"}}}}});
    assert_eq!(token(Method::POST, "/api/v1/verbs").json(&verb).send().await.unwrap().status(), 200);
    assert_eq!(larkhook.request(Method::GET, "/api/v1/jobs").bearer_auth("wrong").send().await.unwrap().status(), 401);
    with(&larkhook, &session, Method::POST, "/logout").await;

    let log = token(Method::GET, "/api/v1/audit?limit=100").send().await.unwrap().text().await.unwrap();
    assert!(!log.contains("secret words") && !log.contains("pa:ss"), "no content and no password: {log}");
    let log: Value = serde_json::from_str(&log).unwrap();
    let rows: Vec<[&str; 4]> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| ["who", "action", "object", "result"].map(|name| e[name].as_str().unwrap()))
        .collect();
    let expected = [
        ["li", "logout", "li", "ok"],
        ["unknown", "login_refused", "", "unauthorized"],
        ["api", "send", "chat:oc_x", "ok"],
        ["li", "retry", "none", "not_found"],
        ["li", "ack", &id, "ok"],
        ["li", "login", "li", "ok"],
        ["unknown", "login_refused", "li", "unauthorized"],
    ];
    assert_eq!(rows, expected);
    assert!(log["items"].as_array().unwrap().iter().all(|entry| entry["peer"] == "127.0.0.1"), "{log}");
    let read = |path: String| async move { token(Method::GET, &path).send().await.unwrap().json::<Value>().await.unwrap() };
    let page = read("/api/v1/audit?limit=2".into()).await;
    let next = page["next"].as_str().unwrap();
    assert_eq!(read(format!("/api/v1/audit?limit=2&before={next}")).await["items"][0], log["items"][2]);
    assert_eq!(read("/api/v1/audit?who=li&action=ack".into()).await["items"].as_array().unwrap().len(), 1);
    let timeline = read(format!("/api/v1/incidents/{id}/timeline")).await;
    let acted: Vec<&Value> = timeline["items"].as_array().unwrap().iter().filter(|item| item["kind"] == "acted").collect();
    assert!(acted.len() == 1 && acted[0]["who"] == "li", "{timeline}");
    larkhook.stop().await;
}

/// A client that goes away in the middle: what it began is written down all the same.
#[tokio::test]
async fn what_was_abandoned_is_written_down_too() {
    use tokio::io::AsyncWriteExt;
    let larkhook = Running::new().await;
    let mut raw = tokio::net::TcpStream::connect(larkhook.app.addr()).await.unwrap();
    let head = "POST /api/v1/incidents/none/ack HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{";
    raw.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    drop(raw);
    eventually("it is in the log", || async {
        let log = larkhook.json("/api/v1/audit").await;
        matches!(log["items"][0]["result"].as_str(), Some("abandoned" | "invalid_payload"))
    })
    .await;
    larkhook.stop().await;
}
