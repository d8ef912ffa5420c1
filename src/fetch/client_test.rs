//! Fetches from servers on this machine that do everything wrong.

use super::*;
use crate::config::settings::HostPattern;
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

fn png(width: u32) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &9u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat()
}

/// A server that says `head` and `body`, then goes on with `more` for ever.
struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
    _task: AbortOnDropHandle<()>,
}

#[derive(Clone)]
struct Says {
    head: String,
    body: Vec<u8>,
    more: Option<(Vec<u8>, Duration)>,
}

fn ok(body: Vec<u8>) -> Says {
    Says { head: format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n", body.len()), body, more: None }
}

async fn server(says: Says) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    let task = AbortOnDropHandle::new(TaskTracker::new().spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer(stream, &says, &seen).await;
        }
    }));
    Server { port, requests, _task: task }
}

async fn answer(mut stream: TcpStream, says: &Says, seen: &Mutex<Vec<String>>) {
    let mut request = vec![0; 4096];
    let read = stream.read(&mut request).await.unwrap_or(0);
    seen.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
    let _ = stream.write_all(format!("{}Connection: close\r\n\r\n", says.head).as_bytes()).await;
    let _ = stream.write_all(&says.body).await;
    while let Some((bytes, pause)) = &says.more {
        if stream.write_all(bytes).await.is_err() {
            break;
        }
        tokio::time::sleep(*pause).await;
    }
}

/// Answers with one list after another; the last stays.
struct Script(Mutex<Vec<Vec<IpAddr>>>, Mutex<u32>);

impl Resolve for Script {
    fn resolve<'a>(&'a self, _: &'a str, _: u16) -> Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send + 'a>> {
        *self.1.lock().unwrap() += 1;
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        Box::pin(async move { Ok(answer) })
    }
}

fn script(answers: &[&[&str]]) -> Arc<Script> {
    let answers = answers.iter().map(|list| list.iter().map(|a| a.parse().unwrap()).collect()).collect();
    Arc::new(Script(Mutex::new(answers), Mutex::new(0)))
}

fn settings(port: u16, networks: &[&str]) -> Pictures {
    Pictures {
        hosts: [format!("127.0.0.1:{port}"), format!("g.example:{port}")].iter().map(|h| HostPattern::parse(h).unwrap()).collect(),
        networks: networks.iter().map(|n| n.parse().unwrap()).collect(),
        max_bytes: 64 << 10,
        timeout: Duration::from_millis(600),
    }
}

async fn fetch(says: Says) -> Result<Picture, FetchError> {
    let server = server(says).await;
    Fetcher::new(&settings(server.port, &["127.0.0.0/8"])).fetch(&format!("http://127.0.0.1:{}/a.png", server.port)).await
}

#[tokio::test]
async fn a_picture_comes_through_without_credentials_or_tricks() {
    let server = server(ok(png(7))).await;
    let fetcher = Fetcher::new(&settings(server.port, &["127.0.0.1/32"]));
    let picture = fetcher.fetch(&format!("http://127.0.0.1:{}/a.html?x=1#frag", server.port)).await.unwrap();
    assert_eq!((picture.format, picture.bytes.to_vec()), (Format::Png, png(7)), "its bytes say what it is");
    let request = server.requests.lock().unwrap()[0].to_lowercase();
    assert!(request.starts_with("get /a.html?x=1 http/1.1\r\n") && request.contains("accept-encoding: identity\r\n"), "{request}");
    for word in ["authorization", "cookie", "referer", "gzip"] {
        assert!(!request.contains(word), "{request}");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_refused_by_its_bytes() {
    for body in
        [b"<html>sign in</html>".to_vec(), b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>".to_vec(), Vec::new(), vec![0; 40]]
    {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {}\r\n", body.len());
        assert_eq!(fetch(Says { head, body, more: None }).await.unwrap_err().as_str(), "no_picture");
    }
    assert_eq!(fetch(ok(png(100_000))).await.unwrap_err().as_str(), "no_picture", "a bomb by its header");
}

#[tokio::test]
async fn redirects_and_errors_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let head = format!("HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:1/x.png\r\nContent-Length: 0\r\n");
        assert_eq!(fetch(Says { head, body: Vec::new(), more: None }).await.unwrap_err().as_str(), "redirect");
    }
    for (status, temporary) in [(401, false), (403, false), (404, true), (500, true), (206, false)] {
        let says = Says { head: format!("HTTP/1.1 {status} X\r\nContent-Length: 24\r\n"), body: png(1)[..24].to_vec(), more: None };
        let error = fetch(says).await.unwrap_err();
        assert_eq!((error.as_str(), error.is_temporary()), ("status", temporary), "{status}");
    }
}

#[tokio::test]
async fn compressed_bodies_are_not_unpacked() {
    for encoding in ["gzip", "br", "deflate", "identity, gzip"] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: 2\r\n");
        assert_eq!(fetch(Says { head, body: vec![0x1f, 0x8b], more: None }).await.unwrap_err().as_str(), "encoded");
    }
}

#[tokio::test]
async fn endless_slow_and_silent_servers_are_left() {
    let started = std::time::Instant::now();
    let head = "HTTP/1.1 200 OK\r\n".to_owned();
    let endless = Says { head: head.clone(), body: png(1), more: Some((vec![0; 16 << 10], Duration::ZERO)) };
    assert_eq!(fetch(endless).await.unwrap_err().as_str(), "too_big");
    let says_so = Says { head: "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n".to_owned(), body: png(1), more: None };
    assert_eq!(fetch(says_so).await.unwrap_err().as_str(), "too_big");
    let drips = Says { head, body: png(1), more: Some((vec![0], Duration::from_millis(20))) };
    assert_eq!(fetch(drips).await.unwrap_err().as_str(), "slow");
    let silent = Says { head: String::new(), body: Vec::new(), more: Some((Vec::new(), Duration::from_secs(60))) };
    assert!(matches!(fetch(silent).await, Err(error) if error.is_temporary()));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn names_that_lead_inside_are_refused() {
    for answer in [&["127.0.0.1"][..], &["10.0.0.7"], &["1.1.1.1", "192.168.1.1"], &["::ffff:169.254.169.254"], &["fe80::1"]] {
        let fetcher = Fetcher::with_resolver(&settings(80, &[]), script(&[answer]));
        assert_eq!(fetcher.fetch("http://g.example/x.png").await.unwrap_err().as_str(), "address", "{answer:?}");
    }
    let fetcher = Fetcher::with_resolver(&settings(80, &[]), script(&[&[]]));
    assert_eq!(fetcher.fetch("http://g.example/x.png").await.unwrap_err().as_str(), "resolve");
}

/// The first answer is checked and is the one connected to: a name that changes its mind gains nothing.
#[tokio::test]
async fn a_name_is_resolved_once() {
    let server = server(ok(png(3))).await;
    let url = format!("http://g.example:{}/x.png", server.port);
    let resolver = script(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let fetcher = Fetcher::with_resolver(&settings(server.port, &["127.0.0.1/32"]), Arc::clone(&resolver) as Arc<dyn Resolve>);
    assert!(fetcher.fetch(&url.replace("g.example", "g.example.")).await.is_ok());
    assert_eq!(*resolver.1.lock().unwrap(), 1, "no second look-up by whoever connects");
    assert_eq!(fetcher.fetch(&url).await.unwrap_err().as_str(), "address", "and each fetch checks anew");
    assert!(server.requests.lock().unwrap()[0].contains(&format!("host: g.example.:{}", server.port)));
}
