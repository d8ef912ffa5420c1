//! Real Alertmanagers (Debian's package) post to larkhook; the sandbox shows what people see.

mod story;
mod twins;

use crate::process::{Process, free_port};
use crate::service::{Probe, Service};
use crate::stand_in::{Arrived, StandIn};
use crate::{client, wait_until};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For one thing to be seen: Alertmanager's interval, a loaded machine, a retry.
const SEEN: Duration = Duration::from_secs(60);
/// Above the 90 s in which an equal snapshot counts as a twin.
const REPEAT: &str = "95s";
const CHAT: &str = "oc_alertmanager";

/// Where Debian puts it; `None` is a skip, and an error in CI.
fn program() -> Option<PathBuf> {
    let found = ["/usr/bin/prometheus-alertmanager", "/usr/local/bin/alertmanager"].iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        assert_ne!(std::env::var("LARKHOOK_E2E").as_deref(), Ok("required"), "no Alertmanager: apt-get install prometheus-alertmanager");
        println!("SKIPPED: no Alertmanager here (apt-get install prometheus-alertmanager)");
    }
    found
}

/// One Alertmanager.
struct Alertmanager {
    url: String,
    http: reqwest::Client,
    _process: Process,
}

impl Alertmanager {
    /// Starts one that posts to `hook` and knows no peers.
    async fn start(program: &Path, dir: &Path, name: &str, hook: &str) -> Self {
        let config = format!(
            "route: {{ receiver: feishu, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: {REPEAT} }}
receivers:
  - name: feishu
    webhook_configs: [{{ url: '{hook}', send_resolved: true }}]
"
        );
        std::fs::write(dir.join(format!("{name}.yml")), config).unwrap();
        let port = free_port();
        let args = [
            format!("--config.file={name}.yml"),
            format!("--storage.path={name}-data"),
            format!("--web.listen-address=127.0.0.1:{port}"),
            format!("--web.external-url=http://{name}.example:9093"),
            "--cluster.listen-address=".to_owned(),
            "--log.level=warn".to_owned(),
        ];
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut process = Process::start(name, program, &args, &[], dir);
        let (url, http) = (format!("http://127.0.0.1:{port}"), client());
        wait_until("Alertmanager is ready", SEEN, async || {
            if !process.running() {
                panic!("Alertmanager ended:\n{}", process.tail(20));
            }
            let answer = http.get(format!("{url}/-/ready")).send().await.map_err(|error| error.to_string())?;
            if answer.status().is_success() { Ok(()) } else { Err(answer.status().to_string()) }
        })
        .await;
        Self { url, http, _process: process }
    }

    /// Tells it that alerts fire, or have ended.
    async fn alerts(&self, name: &str, instances: &[&str], firing: bool) {
        let now = jiff::Timestamp::now();
        let ends = (!firing).then(|| now.to_string());
        let alert = |instance: &&str| {
            json!({
                "labels": {"alertname": name, "instance": instance, "severity": "critical", "room": CHAT},
                "annotations": {"summary": format!("{name} on {instance}")},
                "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up%3D%3D0",
                "endsAt": ends,
            })
        };
        let alerts: Vec<Value> = instances.iter().map(alert).collect();
        self.post("alerts", &json!(alerts)).await;
    }

    /// Silences one instance; the silence's id.
    async fn silence(&self, instance: &str) -> String {
        let now = jiff::Timestamp::now();
        let silence = json!({
            "matchers": [{"name": "instance", "value": instance, "isRegex": false}],
            "startsAt": now.to_string(), "endsAt": (now + jiff::SignedDuration::from_hours(1)).to_string(),
            "createdBy": "wang", "comment": "maintenance",
        });
        self.post("silences", &silence).await["silenceID"].as_str().unwrap().to_owned()
    }

    async fn unsilence(&self, id: &str) {
        let answer = self.http.delete(format!("{}/api/v2/silence/{id}", self.url)).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.http.post(format!("{}/api/v2/{path}", self.url)).json(body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }
}

/// Sandbox and service, ready; alerts also go through the built-in card into another chat.
async fn bridge(dir: &Path) -> (StandIn, Service) {
    let sandbox = StandIn::start(dir).await;
    let config = format!(
        "fallback: ops
templates: [templates]
feishu:
  apps:
    ops: {{ app_id: cli_e2e, app_secret: secret, platform: '{}' }}
sources:
  alertmanager: {{ kind: alertmanager, auth: none }}
route: {{ receiver: ops }}
receivers:
  - name: ops
    send:
      - {{ to: 'chat:{CHAT}', template: probe }}
      - {{ to: 'chat:{CHAT}_cards', mention: all }}
",
        sandbox.url
    );
    let mut service = Service::new(dir.to_owned(), &config);
    service.start(None);
    service.ready().await;
    (sandbox, service)
}

/// The one message of a group, once it shows what is wanted.
async fn shows(sandbox: &StandIn, name: &str, wanted: impl Fn(&Probe) -> bool) -> Arrived {
    let message = wait_until(&format!("{name} is shown"), SEEN, async || {
        let mut roots = sandbox.roots(CHAT).await;
        roots.retain(|root| root.probe().is_some_and(|probe| probe.title == name));
        match &roots[..] {
            [] => Err("no message".to_owned()),
            [root] if root.probe().is_some_and(|probe| wanted(&probe)) => Ok(root.clone()),
            [root] => Err(format!("{:?}", root.probes())),
            more => panic!("{} messages for one group: {more:#?}", more.len()),
        }
    })
    .await;
    let cards = sandbox.roots(&format!("{CHAT}_cards")).await;
    let of_group = cards.iter().filter(|card| card.versions[0].to_string().contains(name)).count();
    assert!(of_group <= 1, "{of_group} cards of {name}");
    message
}

fn names(range: std::ops::Range<u32>) -> Vec<String> {
    let mut names: Vec<String> = range.map(|n| format!("host{n:03}")).collect();
    names.sort();
    names
}
