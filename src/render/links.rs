//! Where a reader can go from a message: runbook, graph, dashboard, panel, a new silence.

use super::data::Shown;
use super::display::Facts;
use super::model::View;
use super::words;
use super::write::url;
use crate::alert::{Labels, State};
use crate::config::settings::Locale;
use serde_json::{Map, Value, json};

const RUNBOOK: &[&str] = &["runbook_url", "runbook", "runbookURL", "runbookUrl"];
const DASHBOARD: &[&str] = &["dashboard_url", "dashboard", "dashboardURL", "grafana_url"];

/// Where a reader can go from here; every one has passed the rules for links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    runbook: Option<String>,
    graph: Option<String>,
    dashboard: Option<String>,
    panel: Option<String>,
    silence: Option<String>,
}

impl Links {
    /// As templates see them.
    pub fn to_json(&self) -> Value {
        let mut out = Map::new();
        for (name, link) in [
            ("runbook", &self.runbook),
            ("graph", &self.graph),
            ("dashboard", &self.dashboard),
            ("panel", &self.panel),
            ("silence", &self.silence),
        ] {
            if let Some(link) = link {
                out.insert(name.to_owned(), link.clone().into());
            }
        }
        Value::Object(out)
    }

    /// At most three, in order of use.
    pub fn buttons(&self, locale: Locale) -> Value {
        let look = self
            .panel
            .as_ref()
            .map(|url| ("graph", url))
            .or(self.dashboard.as_ref().map(|url| ("dashboard", url)))
            .or(self.graph.as_ref().map(|url| ("graph", url)));
        let all = [self.runbook.as_ref().map(|url| ("runbook", url)), look, self.silence.as_ref().map(|url| ("silence", url))];
        all.into_iter()
            .flatten()
            .map(|(key, url)| {
                let style = if key == "runbook" { "primary" } else { "default" };
                json!({"key": key, "label": words::word(locale, key), "url": url, "style": style})
            })
            .collect()
    }
}

/// Finds the links of a view: common annotations first, else those of the worst firing alert.
pub fn links(view: &View, facts: &Facts, shown: &Shown<'_>) -> Links {
    let Some(lead) = view.alerts.iter().filter(|a| a.state == State::Firing).max_by_key(|a| a.severity).or(view.alerts.first()) else {
        return Links::default();
    };
    let accept = |link: &str| url::acceptable(link, shown.rewrite_links);
    let annotated = |names: &[&str]| {
        names.iter().find_map(|name| facts.annotations.get(*name).or_else(|| lead.alert.annotations.get(*name)).and_then(|v| accept(v)))
    };
    let extra = |name: &str| lead.alert.extra.get(name).and_then(Value::as_str).and_then(accept);
    Links {
        runbook: annotated(RUNBOOK),
        graph: accept(&lead.alert.generator_url),
        dashboard: extra("dashboardURL").or_else(|| annotated(DASHBOARD)),
        panel: extra("panelURL"),
        silence: extra("silenceURL").or_else(|| silence(view, facts, shown)),
    }
}

/// Alertmanager's own page for a new silence, with the matchers filled in.
fn silence(view: &View, facts: &Facts, shown: &Shown<'_>) -> Option<String> {
    let is_grafana = view.payload.contains_key("orgId") || view.alerts.iter().any(|a| a.alert.extra.contains_key("silenceURL"));
    if is_grafana || view.external_url.is_empty() {
        return None;
    }
    let base = url::acceptable(&view.external_url, shown.rewrite_links)?;
    let page = |labels: &Labels| {
        let filter: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={}", Value::from(value.as_str()))).collect();
        format!("{}/#/silences/new?filter={}", base.trim_end_matches('/'), url::encode(&format!("{{{}}}", filter.join(", "))))
    };
    let labels = if facts.labels.is_empty() { &view.group_labels } else { &facts.labels };
    [page(labels), page(&view.group_labels)].into_iter().find(|url| url.len() < 1500).filter(|_| !labels.is_empty())
}
