//! What the `fallback` receiver is told of delivery's own troubles, and when they are over.

use super::dispatch::Shared;
use super::quota::QuotaWarning;
use crate::config::settings::Carrier;
use crate::feishu::error::{Endpoint, explain};
use crate::live::Live;
use crate::pipeline::{self, Notice};
use crate::render::model::{View, ViewAlert};
use crate::store::Owed;
use jiff::Timestamp;

/// What the `fallback` receiver is told.
#[derive(Clone)]
pub(super) struct Trouble<'a> {
    /// The message in trouble.
    pub owed: &'a Owed,
    /// Who carried it.
    pub carrier: &'a Carrier,
    /// What it shows.
    pub view: &'a View,
    /// It is a dead letter.
    pub dead: bool,
    /// Its target was parked now.
    pub parked: Option<String>,
    /// The trouble of this target is over.
    pub over: Option<(String, String)>,
    /// Endpoint and code of the answer.
    pub answer: Option<(Endpoint, i64)>,
    /// Why, in the platform's words.
    pub why: String,
}

/// Tells the `fallback` receiver of a trouble or its end. Troubles of such notices themselves are only logged.
pub(super) async fn tell(shared: &Shared, live: &Live, trouble: &Trouble<'_>, now: Timestamp) {
    let carrier = trouble.carrier;
    if trouble.owed.facts.source == pipeline::SELF {
        return;
    }
    let (name, via, target, resolved) = match (&trouble.over, &trouble.parked) {
        (Some((via, target)), _) => ("DeliveryTrouble", via.as_str(), target.as_str(), true),
        (_, Some(target)) => ("DeliveryTrouble", carrier.via.as_str(), target.as_str(), false),
        _ if trouble.dead => ("DeliveryTrouble", carrier.via.as_str(), carrier.target.as_str(), false),
        _ => return,
    };
    if trouble.parked.is_some() && !shared.trouble(via, target) {
        return;
    }
    if trouble.dead {
        shared.trouble(via, target);
    }
    let what = if target == "*" { via.to_owned() } else { format!("{target} ({via})") };
    let advice =
        trouble.answer.map(|(endpoint, code)| format!(". {}", explain(endpoint, code).text(live.settings.locale))).unwrap_or_default();
    let summary = match (resolved, trouble.dead) {
        (true, _) => format!("{what} works again"),
        (_, true) => format!("a message to {what} is lost: {}{advice}", trouble.why),
        _ => format!("{what} cannot be reached, its messages wait: {}{advice}", trouble.why),
    };
    let lost: Vec<String> = trouble.view.alerts.iter().take(5).map(title).collect();
    let notice = Notice {
        name,
        via: via.to_owned(),
        target: target.to_owned(),
        reason: if trouble.dead { "dead" } else { "parked" }.to_owned(),
        summary,
        lost: lost.join("\n"),
        resolved,
    };
    match pipeline::tell(&shared.store, &live.settings, &live.tree, &notice, now).await {
        Ok(true) => {}
        Ok(false) => tracing::warn!(to = notice.target, summary = notice.summary, "no fallback receiver hears of this"),
        Err(error) => tracing::error!(%error, summary = notice.summary, "the fallback receiver cannot be told"),
    }
}

/// Tells the `fallback` receiver of people whom a message to many could not name.
pub(super) async fn invalid(shared: &Shared, live: &Live, owed: &Owed, ids: &[String], now: Timestamp) {
    if owed.facts.source == pipeline::SELF {
        return;
    }
    let shown: Vec<&str> = ids.iter().take(20).map(String::as_str).collect();
    let more = ids.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let summary = format!(
        "{} of {} ({}) got no message, the platform does not know them: {}{more}. Correct them in the configuration.",
        ids.len(),
        owed.key.target.chars().take(80).collect::<String>(),
        owed.key.via,
        shown.join(", ")
    );
    tracing::warn!(delivery = owed.message, invalid = ids.len(), "some ids are not known to the platform");
    let notice = Notice {
        name: "UnknownPeople",
        via: owed.key.via.clone(),
        target: owed.key.target.clone(),
        reason: "invalid_ids".to_owned(),
        summary,
        lost: String::new(),
        resolved: false,
    };
    if let Err(error) = pipeline::tell(&shared.store, &live.settings, &live.tree, &notice, now).await {
        tracing::error!(%error, "the fallback receiver cannot be told");
    }
}

/// Tells the `fallback` receiver that an app's month runs out of calls.
pub(super) async fn quota(shared: &Shared, live: &Live, warning: &QuotaWarning, now: Timestamp) {
    let (used, of) = (warning.usage.used, warning.usage.of.unwrap_or_default());
    let summary =
        format!("app {} has used {used} of {of} calls of {}; cosmetic edits are saved from now on", warning.app, warning.usage.month);
    tracing::warn!(app = warning.app, used, of, "the month's calls run out");
    let notice = Notice {
        name: "QuotaRunsOut",
        via: format!("app:{}", warning.app),
        target: format!("quota {}", warning.usage.month),
        reason: "quota".to_owned(),
        summary,
        lost: String::new(),
        resolved: false,
    };
    if let Err(error) = pipeline::tell(&shared.store, &live.settings, &live.tree, &notice, now).await {
        tracing::error!(%error, "the fallback receiver cannot be told");
    }
}

fn title(alert: &ViewAlert) -> String {
    let name = alert.alert.labels.get("alertname").map_or("", String::as_str);
    let summary = alert.alert.annotations.get("summary").map_or("", String::as_str);
    format!("{} {name} {summary}", alert.severity.as_str()).trim().to_owned()
}
