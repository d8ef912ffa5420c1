//! Who is let in, over real sockets: credentials before bodies, trusted proxies, users, and never a redirect.

use crate::support::{CONFIG, Running, error, fixture};
use argon2::password_hash::{PasswordHasher, SaltString};
use reqwest::Method;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn nothing_of_a_strangers_body_is_waited_for() {
    let config = CONFIG.replace("max_body: 64KiB", "max_body: 64KiB, auth: { bearer_token: adm1n }");
    let larkhook = Running::with(&config).await;
    for (path, status) in [
        ("/hook/locked", "401"),
        ("/hook/signed", "401"),
        ("/hook/nowhere", "404"),
        ("/hook/am?to=chat:oc_x", "403"),
        ("/api/v1/render", "401"),
        ("/api/v1/route", "401"),
        ("/api/v1/incidents/x/ack", "401"),
        ("/-/reload", "401"),
    ] {
        for length in ["Content-Length: 5000", "Content-Length: 99999999999", "Transfer-Encoding: chunked"] {
            let started = Instant::now();
            let mut raw = TcpStream::connect(larkhook.app.addr()).await.unwrap();
            raw.write_all(format!("POST {path} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n").as_bytes()).await.unwrap();
            let mut head = [0; 12];
            raw.read_exact(&mut head).await.unwrap();
            assert_eq!(&head[9..], status.as_bytes(), "{path} with {length}");
            assert!(started.elapsed() < Duration::from_secs(3), "{path} with {length}");
        }
    }
    let mut raw = TcpStream::connect(larkhook.app.addr()).await.unwrap();
    raw.write_all(b"POST /hook/am HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n").await.unwrap();
    let mut head = [0; 12];
    raw.read_exact(&mut head).await.unwrap();
    assert_eq!(&head[9..], b"413", "a size that is too much is refused before it comes");
    larkhook.stop().await;
}

#[tokio::test]
async fn addresses_are_those_of_clients_behind_trusted_proxies() {
    let behind = CONFIG
        .replace("max_body: 64KiB", "max_body: 64KiB, trusted_proxies: [127.0.0.0/8]")
        .replace("am: { kind: alertmanager, auth: none }", "am: { kind: alertmanager, auth: { allow_ips: [192.0.2.0/24] } }");
    let direct = behind.replace(", trusted_proxies: [127.0.0.0/8]", "");
    for (config, forwarded, status) in [
        (&behind, Some("192.0.2.7"), 200),
        (&behind, Some("198.51.100.1, 192.0.2.7"), 200),
        (&behind, Some("192.0.2.7, 198.51.100.1"), 403),
        (&behind, Some("nonsense"), 403),
        (&behind, None, 403),
        (&direct, Some("192.0.2.7"), 403),
    ] {
        let larkhook = Running::with(config).await;
        let request = larkhook.request(Method::POST, "/hook/am").body(fixture("am-single-firing"));
        let request = forwarded.into_iter().fold(request, |request, list| request.header("X-Forwarded-For", list));
        assert_eq!(request.send().await.unwrap().status(), status, "{forwarded:?}");
        larkhook.stop().await;
    }
}

#[tokio::test]
async fn users_get_in_with_their_password_only() {
    let salt = SaltString::encode_b64(b"0123456789abcdef").unwrap();
    let cheap = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, argon2::Params::new(64, 1, 1, None).unwrap());
    let phc = cheap.hash_password(b"pa:ss", &salt).unwrap().to_string();
    let larkhook =
        Running::with(&CONFIG.replace("max_body: 64KiB", &format!("max_body: 64KiB, auth: {{ users: {{ li: '{phc}' }} }}"))).await;
    let ask = |user: &'static str, password: &'static str| {
        larkhook.request(Method::GET, "/api/v1/jobs").basic_auth(user, Some(password)).header("X-Forwarded-For", "192.0.2.1").send()
    };
    for _ in 0..2 {
        assert_eq!(ask("li", "pa:ss").await.unwrap().status(), 200);
        for (user, password) in [("li", "pass"), ("Li", "pa:ss"), ("nobody", "pa:ss"), ("li", ""), ("", "")] {
            let answer = ask(user, password).await.unwrap();
            assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Basic"));
            assert_eq!(error(answer).await.0, 401, "{user}");
        }
    }
    let token = larkhook.request(Method::GET, "/api/v1/jobs").bearer_auth("").send().await.unwrap();
    assert_eq!(error(token).await.0, 401, "no token is configured, so none is right");
    larkhook.stop().await;
}

#[tokio::test]
async fn there_is_never_a_redirect() {
    let larkhook = Running::new().await;
    let paths = [
        "/hook/am/",
        "/hook",
        "/hook/",
        "//hook/am",
        "/hook//am",
        "/hook/am/..",
        "/api/v1",
        "/api/v1/jobs/",
        "/-/ready/",
        "/metrics/",
        "/-",
        "/index.html",
    ];
    for path in paths {
        for method in [Method::GET, Method::POST, Method::PUT, Method::HEAD, Method::OPTIONS] {
            let status = larkhook.request(method.clone(), path).send().await.unwrap().status();
            assert!(!status.is_redirection(), "{method} {path}: {status}");
        }
    }
    larkhook.stop().await;
}
