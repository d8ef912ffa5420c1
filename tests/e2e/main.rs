//! End-to-end tests: the `larkhook` binary as processes, real Alertmanagers, real kills.
//!
//! Every process is started on loopback in a temporary folder and ended by its own id. `LARKHOOK_E2E=required` (CI)
//! makes a missing program an error instead of a skip; `LARKHOOK_E2E_BIN` tests another binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::print_stderr, clippy::disallowed_methods)]

mod alertmanager;
mod attachments;
mod batches;
mod kill;
mod process;
mod service;
mod stand_in;

use std::time::{Duration, Instant};

/// A plain HTTP client without proxies.
pub fn client() -> reqwest::Client {
    larkhook::feishu::tls::init();
    reqwest::Client::builder().tls_certs_only([]).no_proxy().timeout(Duration::from_secs(15)).build().unwrap()
}

/// Asks again and again until there is an answer; the last refusal is the panic.
pub async fn wait_until<T>(what: &str, within: Duration, mut ask: impl AsyncFnMut() -> Result<T, String>) -> T {
    let end = Instant::now() + within;
    loop {
        match ask().await {
            Ok(found) => return found,
            Err(why) if Instant::now() > end => panic!("{what}: not within {within:?}: {why}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}
