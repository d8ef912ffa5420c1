//! The processes that are measured; they end with their handles.

use crate::client::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn spawn(dir: &Path, name: &str, args: &[&str]) -> Child {
    let log = std::fs::File::create(dir.join(format!("{name}.log"))).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_larkhook"));
    command.args(args).current_dir(dir).stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap()
}

/// Ends its process.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `larkhook sandbox`.
pub struct Stand {
    pub url: String,
    http: reqwest::Client,
    process: Ends,
}

impl Stand {
    pub async fn start(dir: &Path) -> Self {
        let process = Ends(spawn(dir, "sandbox", &["--format", "json", "sandbox", "--listen", "127.0.0.1:0"]));
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            let text = std::fs::read_to_string(dir.join("sandbox.log")).unwrap_or_default();
            if let Some(found) = text.split('"').find(|part| part.starts_with("http://")) {
                larkhook::feishu::tls::init();
                let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
                return Self { url: found.to_owned(), http, process };
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the sandbox does not start");
    }

    /// What its own API answers.
    pub async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    /// Asks its own API for something.
    pub async fn post(&self, path: &str, body: &Value) {
        let answer = self.http.post(format!("{}{path}", self.url)).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    pub async fn delete(&self, path: &str) {
        self.http.delete(format!("{}{path}", self.url)).send().await.unwrap();
    }

    pub async fn messages(&self) -> Vec<Value> {
        self.get("/_sandbox/messages").await["messages"].as_array().unwrap().clone()
    }

    /// When the message of each chat arrived.
    pub async fn arrived(&self) -> BTreeMap<String, jiff::Timestamp> {
        let entry = |m: &Value| (m["chat_id"].as_str().unwrap().to_owned(), m["created"].as_str().unwrap().parse().unwrap());
        self.messages().await.iter().map(entry).collect()
    }

    /// When each call that sent a message was answered, of the last thousand calls.
    pub async fn sent(&self) -> Vec<jiff::Timestamp> {
        let all = self.get("/_sandbox/calls").await;
        let sent = |call: &&Value| call["endpoint"] == "send" && call["code"] == 0;
        all["recent"].as_array().unwrap().iter().filter(sent).map(|call| call["at"].as_str().unwrap().parse().unwrap()).collect()
    }

    /// How many calls ended with one of these codes; all of them where none is named.
    pub async fn calls(&self, codes: &[i64]) -> u64 {
        let all = self.get("/_sandbox/calls").await;
        let meant = |count: &&Value| codes.is_empty() || count["code"].as_i64().is_some_and(|code| codes.contains(&code));
        all["counts"].as_array().unwrap().iter().filter(meant).filter_map(|count| count["count"].as_u64()).sum()
    }

    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }
}

/// `larkhook serve` in a folder, with the database that is there.
pub struct Service {
    pub addr: SocketAddr,
    pub started_in: Duration,
    process: Ends,
}

impl Service {
    /// One app, and the chat as the alert names it.
    pub async fn start(dir: &Path, sandbox: &str) -> Self {
        let config = format!(
            "fallback: all\nfeishu: {{ apps: {{ ops: {{ app_id: cli_bench, app_secret: s, platform: '{sandbox}' }} }} }}\n\
             sources: {{ am: {{ kind: alertmanager, auth: none }} }}\nroute: {{ receiver: all }}\n\
             receivers: [{{ name: all, send: [{{ to: 'chat:{{{{labels.chat}}}}' }}] }}]\n"
        );
        Self::with_config(dir, &config).await
    }

    pub async fn with_config(dir: &Path, config: &str) -> Self {
        std::fs::create_dir_all(dir).unwrap();
        std::fs::write(dir.join("larkhook.yaml"), config).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let started = Instant::now();
        let listen = free.to_string();
        let process = Ends(spawn(dir, "larkhook", &["serve", "-c", "larkhook.yaml", "--listen", &listen, "--log-level", "warn"]));
        while started.elapsed() < Duration::from_secs(60) {
            if tokio::net::TcpStream::connect(free).await.is_ok()
                && Connection::open(free).await.get("/-/ready").await.is_ok_and(|s| s == 200)
            {
                return Self { addr: free, started_in: started.elapsed(), process };
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("larkhook does not start: {}", std::fs::read_to_string(dir.join("larkhook.log")).unwrap_or_default());
    }

    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// What its API answers.
    pub async fn get(&self, path: &str) -> Value {
        let http = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        http.get(format!("http://{}{path}", self.addr)).send().await.unwrap().json().await.unwrap()
    }
}
