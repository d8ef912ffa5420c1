//! Every metric family, as fields of one struct.
//!
//! The registry belongs to one `App`, so two of them in one process do not collide. Counters get `_total` and
//! help texts their full stop from the encoder. Add a family here, with its help text and its label set.

use super::labels::{
    Attachment, Budget, Build, Call, Dropped, Endpoint, Event, GroupOutcome, Outcome, Path, Reason, Render, Request, Source, State,
    Template, Via,
};
use super::recent::{Counted, Recent};
use jiff::Timestamp;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

/// Media type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A gauge of seconds or of a moment.
pub type Seconds = Gauge<f64, AtomicU64>;

/// Counts per label set.
pub type Counters<L> = Family<L, Counter>;

/// Numbers per label set.
pub type Gauges<L> = Family<L, Gauge>;

/// Distributions per label set.
pub type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

macro_rules! families {
    ($($(#[doc = $help:literal])+ $field:ident: $type:ty = $name:literal $(, unit $unit:ident)? $(, new $new:expr)?;)+) => {
        /// The process's metrics. Fields are shared handles: recording never locks for long and never fails.
        #[derive(Debug)]
        pub struct Metrics {
            registry: Registry,
            /// The last hour, for people.
            pub recent: Recent,
            $($(#[doc = $help])+ pub $field: $type,)+
        }

        impl Metrics {
            /// A fresh registry with every family in it.
            pub fn new() -> Self {
                let mut registry = Registry::with_prefix("larkhook");
                $(
                    let $field: $type = families!(@new $($new)?);
                    let help = concat!($($help),+).trim().trim_end_matches('.');
                    families!(@register registry, $name, help, $field $(, $unit)?);
                )+
                Self { registry, recent: Recent::default(), $($field),+ }.started()
            }
        }
    };
    (@new) => { Default::default() };
    (@new $new:expr) => { $new };
    (@register $registry:ident, $name:literal, $help:ident, $field:ident) => {
        $registry.register($name, $help, $field.clone());
    };
    (@register $registry:ident, $name:literal, $help:ident, $field:ident, $unit:ident) => {
        $registry.register_with_unit($name, $help, Unit::$unit, $field.clone());
    };
}

families! {
    /// What is running; always 1.
    build_info: Gauges<Build> = "build_info";
    /// Requests answered, by path template, method and status class.
    http_requests: Counters<Request> = "http_requests";
    /// Time from the first byte of a request to its answer, by path template.
    http_duration: Histograms<Path> = "http_request_duration", unit Seconds, new Family::new_with_constructor(request_buckets);
    /// Open connections.
    http_connections: Gauge = "http_connections";

    /// Webhooks by source, result and, where refused, the error code.
    events: Counters<Event> = "events";
    /// Alerts in accepted webhooks, by source.
    alerts: Counters<Source> = "alerts";
    /// What webhooks did to groups of alerts, by source and outcome; duplicates among them.
    groups: Counters<GroupOutcome> = "groups";
    /// Alerts routed to at least one message, by source.
    alerts_routed: Counters<Source> = "alerts_routed";
    /// Alerts that led to no message, by source and reason.
    alerts_dropped: Counters<Dropped> = "alerts_dropped";

    /// Renders by template and outcome.
    renders: Counters<Render> = "renders";
    /// Messages that a broken template left to the built-in safe one, by the template that failed.
    template_fallbacks: Counters<Template> = "template_fallbacks";
    /// Time to render and fit one message.
    render_duration: Histogram = "render_duration", unit Seconds, new Histogram::new(RENDER_BUCKETS);

    /// Calls to the platform, by app or bot, endpoint and class of the answer.
    calls: Counters<Call> = "platform_calls";
    /// Time of a call to the platform, by endpoint.
    call_duration: Histograms<Endpoint> = "platform_call_duration", unit Seconds, new Family::new_with_constructor(call_buckets);
    /// Time between a change and the moment it was shown in the chat.
    delivery_lag: Histogram = "delivery_lag", unit Seconds, new Histogram::new(LAG_BUCKETS);
    /// Messages first sent, edits and replies that reached the platform, by step.
    deliveries: Counters<Endpoint> = "deliveries";
    /// Times a message waited for a budget, by budget.
    budget_waits: Counters<Budget> = "budget_waits";
    /// Whether calls of an app or bot are held back after failures: 0 closed, 1 probing, 2 open.
    breaker_state: Gauges<Via> = "breaker_state";
    /// Steps down the ladder after the platform refused a content, by what was left out.
    ladder_steps: Counters<Reason> = "ladder_steps";
    /// Calls whose outcome stayed unknown and may have been delivered twice, by app or bot.
    possible_duplicates: Counters<Via> = "possible_duplicates";

    /// Digests of storms, by what happened: crowded (opened), cleared (over), spoilt (over, and could not be kept up to date).
    digests: Counters<Reason> = "digests";
    /// Groups in digests, by result: listed while they waited, ended (told by the digest, no message of their own).
    digest_groups: Counters<Outcome> = "digest_groups";

    /// Steps of pictures and files that follow messages, by kind and result: uploaded, known (uploaded before), sent, unchanged, again, refused.
    attachments: Counters<Attachment> = "attachments";
    /// Pictures fetched for alerts, by result: ok, or what stood in the way.
    fetches: Counters<Outcome> = "fetch";

    /// Jobs by state.
    jobs: Gauges<State> = "jobs";
    /// Age of the oldest job that waits to be worked on.
    oldest_ready: Seconds = "oldest_ready_job_age", unit Seconds;
    /// Targets that nothing is sent to until a probe succeeds.
    parked_targets: Gauge = "parked_targets";
    /// Effects given up, by reason.
    dead_letters: Counters<Reason> = "dead_letters";
    /// Incidents that are open.
    incidents_open: Gauge = "incidents_open";

    /// Commits to disk.
    commits: Counter = "commits";
    /// Changes that were committed; many go into one commit under load.
    commit_changes: Counter = "commit_changes";
    /// Time spent in commits.
    commit_time: Counter<f64, AtomicU64> = "commit_time", unit Seconds;
    /// Commits that failed.
    commit_failures: Counter = "commit_failures";
    /// Size of the database file and its journal in bytes.
    database_size: Gauge = "database_size", unit Bytes;

    /// Reloads of the configuration, by result.
    reloads: Counters<Outcome> = "config_reloads";
    /// Whether the last reload was taken over: 1 yes, 0 no, the one before still runs.
    reload_ok: Gauge = "config_last_reload_successful";
    /// When the running configuration was taken over.
    reload_at: Seconds = "config_last_reload_success_timestamp", unit Seconds;
    /// Whether an app of this configuration talks to the built-in sandbox in place of the platform.
    sandbox: Gauge = "sandbox_in_use";
}

const RENDER_BUCKETS: [f64; 8] = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.02, 0.1, 0.5];
const LAG_BUCKETS: [f64; 12] = [0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 21600.0];

fn request_buckets() -> Histogram {
    Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0])
}

fn call_buckets() -> Histogram {
    Histogram::new([0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0])
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    fn started(self) -> Self {
        self.build_info.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        for state in ["ready", "dead"] {
            self.jobs.get_or_create(&State { state }).set(0);
        }
        self
    }

    /// All families as OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        // Writing into a String cannot fail; a half-written exposition would lack its end mark and be refused.
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "metrics could not be written");
        }
        text
    }

    /// A webhook that was stored.
    pub fn event_accepted(&self, source: &str) {
        self.recent.count(Counted::Accepted, 1);
        self.event(source, "accepted", "");
    }

    /// A webhook that was understood and, by its source's own rules, led to nothing.
    pub fn event_ignored(&self, source: &str) {
        self.event(source, "ignored", "");
    }

    /// A webhook that was answered with an error.
    pub fn event_refused(&self, source: &str, reason: &'static str) {
        self.recent.count(Counted::Refused, 1);
        self.event(source, "refused", reason);
    }

    fn event(&self, source: &str, result: &'static str, reason: &'static str) {
        self.events.get_or_create(&Event { source: source.to_owned(), result, reason }).inc();
    }

    /// Alerts in accepted webhooks.
    pub fn alerts_received(&self, source: &str, count: u64) {
        self.recent.count(Counted::Alerts, count);
        self.alerts.get_or_create(&Source { source: source.to_owned() }).inc_by(count);
    }

    /// Alerts that belong in at least one message.
    pub fn alerts_routed(&self, source: &str, count: u64) {
        self.alerts_routed.get_or_create(&Source { source: source.to_owned() }).inc_by(count);
    }

    /// What became of groups: opened, changed, resolved, duplicate ...
    pub fn group_outcome(&self, source: &str, outcome: &'static str, count: u64) {
        self.groups.get_or_create(&GroupOutcome { source: source.to_owned(), outcome }).inc_by(count);
    }

    /// Alerts that led to no message.
    pub fn alerts_dropped(&self, source: &str, reason: &'static str, count: u64) {
        self.alerts_dropped.get_or_create(&Dropped { source: source.to_owned(), reason }).inc_by(count);
    }

    /// One finished call to the platform.
    pub fn call(&self, via: &str, endpoint: &'static str, class: &'static str, took: Duration) {
        if class != "ok" {
            self.recent.count(Counted::Failed(class), 1);
        }
        self.calls.get_or_create(&Call { via: via.to_owned(), endpoint, class }).inc();
        self.call_duration.get_or_create(&Endpoint { endpoint }).observe(took.as_secs_f64());
    }

    /// The store's own counters of its writer, which only grow.
    pub fn commits_are(&self, commits: u64, changes: u64, micros: u64, failures: u64) {
        use std::sync::atomic::Ordering::Relaxed;
        self.commits.inner().store(commits, Relaxed);
        self.commit_changes.inner().store(changes, Relaxed);
        self.commit_time.inner().store(Duration::from_micros(micros).as_secs_f64().to_bits(), Relaxed);
        self.commit_failures.inner().store(failures, Relaxed);
    }

    /// One render; a fallback is counted by the template that failed.
    pub fn render(&self, template: &str, outcome: &'static str, took: Duration) {
        self.renders.get_or_create(&Render { template: template.to_owned(), outcome }).inc();
        self.render_duration.observe(took.as_secs_f64());
        if outcome == "fallback" {
            self.template_fallbacks.get_or_create(&Template { template: template.to_owned() }).inc();
        }
    }

    /// A reload of the configuration, also the first load.
    pub fn reloaded(&self, ok: bool, now: Timestamp) {
        self.reloads.get_or_create(&Outcome { result: if ok { "ok" } else { "failed" } }).inc();
        self.reload_ok.set(i64::from(ok));
        if ok {
            self.reload_at.set(now.as_duration().as_secs_f64());
        }
    }

    /// How many jobs are in a state now.
    pub fn jobs_in(&self, state: &'static str, count: u64) {
        self.jobs.get_or_create(&State { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_openmetrics() {
        let metrics = Metrics::new();
        metrics.event_refused("am", "invalid_json");
        metrics.call("ops", "send", "ok", Duration::from_millis(30));
        metrics.reloaded(true, Timestamp::from_second(1_700_000_000).unwrap());
        metrics.render("incident", "fallback", Duration::from_millis(1));
        let text = metrics.encode();
        for line in [
            r#"larkhook_events_total{source="am",result="refused",reason="invalid_json"} 1"#,
            r#"larkhook_platform_calls_total{via="ops",endpoint="send",class="ok"} 1"#,
            r#"larkhook_platform_call_duration_seconds_bucket{le="0.05",endpoint="send"} 1"#,
            "larkhook_config_last_reload_success_timestamp_seconds 1700000000.0",
            r#"larkhook_template_fallbacks_total{template="incident"} 1"#,
            r#"larkhook_jobs{state="ready"} 0"#,
            "# HELP larkhook_events Webhooks by source, result and, where refused, the error code.",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn every_family_has_help_that_ends_once() {
        for line in Metrics::new().encode().lines().filter(|line| line.starts_with("# HELP")) {
            assert!(line.ends_with('.') && !line.ends_with(".."), "{line}");
        }
    }
}
