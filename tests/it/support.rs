//! The real App for end-to-end tests: port 0, a sandbox inside, a temporary folder, an HTTP client.

use larkhook::app::{App, Options, Origin, StartError};
use larkhook::sandbox;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A configuration with one source of each kind and everything to one chat of the sandbox.
pub const CONFIG: &str = r#"
server: { listen: "127.0.0.1:0", max_body: 64KiB }
fallback: default
feishu:
  apps:
    ops: { app_id: cli_a1b2c3d4e5f6a7b8, app_secret: s, platform: sandbox }
  bots:
    room: { url: sandbox }
sources:
  am: { kind: alertmanager, auth: none }
  locked: { kind: alertmanager, auth: { bearer_token: t0ken } }
  signed:
    kind: grafana
    auth: { hmac: { secret: key, header: X-Signature } }
  open:
    kind: json
    auth: none
    allow_to: ['chat:*', 'bot:room']
    overload_status: 429
    fields: { key: '{{key}}', status: '{{status}}', title: '{{title}}' }
route: { receiver: default }
receivers:
  - name: default
    send: [{ to: chat:oc_default00000000000000000000 }]
"#;

/// A running larkhook and its folder.
pub struct Running {
    pub app: App,
    pub client: Client,
    pub folder: Arc<tempfile::TempDir>,
}

impl Running {
    /// With [`CONFIG`].
    pub async fn new() -> Self {
        Self::with(CONFIG).await
    }

    /// With a configuration of its own.
    pub async fn with(config: &str) -> Self {
        Self::start(config, |_| {}).await.unwrap_or_else(|error| panic!("{error}: {error:?}"))
    }

    /// With options of its own; the configuration lies in `larkhook.yaml` of a new folder.
    pub async fn start(config: &str, change: impl FnOnce(&mut Options)) -> Result<Self, StartError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("larkhook.yaml"), config).unwrap();
        Self::in_folder(Arc::new(folder), change).await
    }

    /// In a folder that is there already: what was stored is found again.
    pub async fn in_folder(folder: Arc<tempfile::TempDir>, change: impl FnOnce(&mut Options)) -> Result<Self, StartError> {
        let mut options = Options::new(Origin::File(folder.path().join("larkhook.yaml")));
        options.env = Arc::new(|_| None);
        options.watch = false;
        change(&mut options);
        let app = App::start(options).await?;
        Ok(Self { app, client: client(), folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn config_file(&self) -> PathBuf {
        self.path().join("larkhook.yaml")
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.app.url())
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    /// GET as JSON, which must succeed.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    /// A captured body of a real sender.
    pub async fn captured(&self, source: &str, name: &str) -> Response {
        self.request(Method::POST, &format!("/hook/{source}")).body(fixture(name)).send().await.unwrap()
    }

    pub fn sandbox(&self) -> &sandbox::Handle {
        self.app.sandbox().expect("the configuration has an app of the sandbox")
    }

    /// Waits until nothing is owed that can be delivered.
    pub async fn settle(&self) {
        eventually("everything is delivered", || async { self.app.store().stats().await.unwrap().ready == 0 }).await;
    }

    pub async fn stop(self) -> Arc<tempfile::TempDir> {
        let folder = Arc::clone(&self.folder);
        assert!(self.app.stop(Duration::from_secs(10)).await, "it stops in order");
        folder
    }
}

/// A client that asks nobody on the way and follows no redirect.
pub fn client() -> Client {
    larkhook::feishu::tls::init();
    let builder = Client::builder().no_proxy().tls_certs_only([]).redirect(reqwest::redirect::Policy::none());
    builder.timeout(Duration::from_secs(20)).build().unwrap()
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/inbound/{name}.json"))).unwrap()
}

/// The `error` object of an answer, and its status.
pub async fn error(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let error = body.get("error").unwrap_or_else(|| panic!("{status} without an error: {body}")).clone();
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    (status, error)
}

/// Waits until something holds; fails with its name after ten seconds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited in vain: {what}");
}
