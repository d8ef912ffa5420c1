//! A small HTTP/1.1 client that costs little beside what it measures.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// `GET /-/healthy`.
    Healthy,
    /// Every body is another group of one alert.
    NewGroups,
    /// Every connection has its group, of which one alert begins a new life with every body.
    SameGroups,
    /// All connections speak of one group.
    OneGroup,
    /// One body again and again, as the twins of a cluster send it.
    Twins,
    /// Every body is another group of twenty alerts.
    Twenty,
}

/// What came of it.
pub struct Run {
    pub took: Duration,
    pub refused: u64,
    /// Sorted.
    pub times: Vec<Duration>,
}

impl Run {
    /// Answers of 2xx a second.
    pub fn rate(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }

    pub fn quantile(&self, share: f64) -> Duration {
        let at = ((self.times.len() as f64 * share) as usize).min(self.times.len().saturating_sub(1));
        self.times.get(at).copied().unwrap_or_default()
    }
}

/// Asks on so many connections for so long, each as fast as it is answered.
pub async fn run(addr: SocketAddr, load: Load, connections: usize, time: Duration) -> Run {
    // Names differ from run to run: nothing is known from the warm-up.
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let counter = &COUNTER;
    let started = Instant::now();
    let refused = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..connections as u64)
        .map(|of| {
            let refused = Arc::clone(&refused);
            tokio::spawn(async move {
                let mut connection = Connection::open(addr).await;
                let mut times = Vec::with_capacity(1 << 16);
                while started.elapsed() < time {
                    let n = counter.fetch_add(1, Ordering::Relaxed);
                    let chat = format!("oc_bench{}", n % 16);
                    let request = match load {
                        Load::Healthy => None,
                        Load::NewGroups => Some(body(&format!("new{n}"), &chat, &[(0, n)])),
                        Load::SameGroups => Some(body(&format!("same{of}"), "oc_same", &[(0, n)])),
                        Load::OneGroup => Some(body("one", "oc_one", &[(0, n)])),
                        Load::Twins => Some(body("twin", "oc_twin", &[(0, 1)])),
                        Load::Twenty => Some(body(&format!("twenty{n}"), &chat, &std::array::from_fn::<_, 20, _>(|i| (i as u64, n)))),
                    };
                    let asked = Instant::now();
                    let status = match &request {
                        None => connection.get("/-/healthy").await,
                        Some(body) => connection.post(body).await,
                    };
                    match status {
                        Ok(200) => times.push(asked.elapsed()),
                        Ok(_) => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(_) => {
                            refused.fetch_add(1, Ordering::Relaxed);
                            connection = Connection::open(addr).await;
                        }
                    }
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let took = started.elapsed();
    times.sort_unstable();
    Run { took, refused: refused.load(Ordering::Relaxed), times }
}

/// So many new groups, as fast as they are taken.
pub async fn fill(addr: SocketAddr, connections: usize, groups: u64) {
    let next = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..connections)
        .map(|_| {
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let mut connection = Connection::open(addr).await;
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= groups {
                        return;
                    }
                    let body = body(&format!("fill{n}"), &format!("oc_fill{}", n % 200), &[(0, n)]);
                    while connection.post(&body).await.unwrap() != 200 {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// An Alertmanager body that fires: alerts as (instance, second of their start).
pub fn body(group: &str, chat: &str, alerts: &[(u64, u64)]) -> String {
    write("firing", group, chat, alerts)
}

/// The same, all over.
pub fn over(group: &str, chat: &str, alerts: &[(u64, u64)]) -> String {
    write("resolved", group, chat, alerts)
}

fn write(status: &str, group: &str, chat: &str, alerts: &[(u64, u64)]) -> String {
    let end = if status == "firing" { "0001-01-01T00:00:00Z" } else { "2030-01-01T00:00:00Z" };
    let alerts: Vec<String> = alerts
        .iter()
        .map(|(instance, second)| {
            let start = jiff::Timestamp::from_second(1_700_000_000 + i64::try_from(*second).unwrap()).unwrap();
            format!(
                r#"{{"status":"{status}","labels":{{"alertname":"{group}","chat":"{chat}","cluster":"prod-shanghai","instance":"checkout-7d9f-{instance}","job":"checkout","namespace":"shop","severity":"critical"}},"annotations":{{"description":"过去 5 分钟 /checkout 的错误率高于阈值，用户无法付款。","runbook_url":"https://runbooks.example.com/HighErrorRate","summary":"结账接口 5xx 超过 5%"}},"startsAt":"{start}","endsAt":"{end}","generatorURL":"https://prometheus.example.com/graph?g0.expr=up","fingerprint":"{instance:016x}"}}"#
            )
        })
        .collect();
    format!(
        r#"{{"receiver":"feishu","status":"{status}","alerts":[{}],"groupLabels":{{"alertname":"{group}"}},"commonLabels":{{"alertname":"{group}"}},"commonAnnotations":{{}},"externalURL":"http://alertmanager:9093","version":"4","groupKey":"{{}}:{{alertname=\"{group}\"}}","truncatedAlerts":0}}"#,
        alerts.join(",")
    )
}

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub async fn open(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(4096) }
    }

    pub async fn get(&mut self, path: &str) -> std::io::Result<u16> {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
    }

    pub async fn post(&mut self, body: &str) -> std::io::Result<u16> {
        let head = "POST /hook/am HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
        self.ask(&format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await
    }

    async fn ask(&mut self, request: &str) -> std::io::Result<u16> {
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let text = std::str::from_utf8(&self.buffer[..head]).unwrap_or_default();
            let length = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if self.buffer.len() >= head + 4 + length.unwrap_or(0) {
                return Ok(text.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0));
            }
        }
    }
}
