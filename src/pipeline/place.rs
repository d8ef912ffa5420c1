//! Routed alerts to the groups and messages they belong in.

use super::AcceptOptions;
use crate::alert::{Alert, Batch, Labels, Mode, Severity};
use crate::config::settings::{self, Address, AddressKind, ContentKind, GroupBy, Lifecycle, MENTION_ON, Settings};
use crate::incident::digest;
use crate::incident::event::{Place, Report, Reported};
use crate::incident::state::{Facts, MessageKey, MessageSpec};
use crate::route::{CompiledSend, MentionAddress, Tree, alert_data};
use crate::store::{GroupReport, SenderGroup};
use crate::util::id::hash_id;
use jiff::Timestamp;
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// Places the batches of one body.
pub(crate) struct Placer<'a> {
    settings: &'a Settings,
    tree: &'a Tree,
    source: &'a str,
    options: &'a AcceptOptions,
    now: Timestamp,
    specs: HashMap<String, Arc<MessageSpec>>,
    groups: Vec<SenderGroup>,
    left_out: BTreeMap<&'static str, u64>,
    hits: BTreeMap<usize, u64>,
}

/// An alert as the templates of addresses see it; made once, and only if one of them looks.
struct Seen<'a> {
    alert: &'a Alert,
    source: &'a str,
    receiver: &'a str,
    severity: Severity,
    data: OnceCell<Value>,
}

impl Seen<'_> {
    fn by(&self, send: &CompiledSend) -> &Value {
        if !send.needs_data() {
            return &Value::Null;
        }
        self.data.get_or_init(|| alert_data(self.alert, self.source, self.receiver, self.severity))
    }
}

/// Our group and the alerts reported in it.
type Reports = BTreeMap<String, Report>;

impl<'a> Placer<'a> {
    pub(crate) fn new(settings: &'a Settings, tree: &'a Tree, source: &'a str, options: &'a AcceptOptions, now: Timestamp) -> Self {
        Self {
            settings,
            tree,
            source,
            options,
            now,
            specs: HashMap::new(),
            groups: Vec::new(),
            left_out: BTreeMap::new(),
            hits: BTreeMap::new(),
        }
    }

    /// The sender groups, and what was left out and why.
    pub(crate) fn finish(self) -> (Vec<SenderGroup>, BTreeMap<&'static str, u64>) {
        (self.groups, self.left_out)
    }

    /// How many alerts ended at which node of the tree.
    pub(crate) fn hits(&self) -> &BTreeMap<usize, u64> {
        &self.hits
    }

    /// Places one batch.
    pub(crate) fn batch(&mut self, mut batch: Batch) {
        // Two contact points that name different targets speak of different groups, though sender and key are the same.
        let mut group_key = batch.group_key.clone();
        for to in &self.options.to {
            group_key.push_str(&format!("\u{0}{to}"));
        }
        let sender_group = digest::sender_group(self.source, &batch.receiver, &group_key);
        let digest = (batch.mode != Mode::Test).then(|| digest::digest(&batch));
        let listed: BTreeSet<String> = batch.alerts.iter().map(|a| a.fingerprint.clone()).collect();
        let mut reports = Reports::new();
        for alert in std::mem::take(&mut batch.alerts) {
            self.alert(&batch, &sender_group, &Arc::new(alert), &mut reports);
        }
        let reports = reports
            .into_iter()
            .map(|(group_id, mut report)| {
                let here: BTreeSet<&str> = report.alerts.iter().map(|r| r.alert.fingerprint.as_str()).collect();
                report.elsewhere = listed.iter().filter(|f| !here.contains(f.as_str())).cloned().collect();
                GroupReport { group_id, report }
            })
            .collect();
        self.groups.push(SenderGroup { id: sender_group, mode: batch.mode, digest, truncated: batch.truncated > 0, listed, reports });
    }

    fn alert(&mut self, batch: &Batch, sender_group: &str, alert: &Arc<Alert>, reports: &mut Reports) {
        let severity = self.settings.severity_of(&alert.labels);
        let seen = Seen { alert, source: self.source, receiver: &batch.receiver, severity, data: OnceCell::new() };
        if !self.options.to.is_empty() {
            let mut places = self.requested();
            if places.is_empty() {
                places = self.unroutable(&seen);
            }
            let (group_id, facts) = self.group(batch, sender_group, alert, None);
            report(
                reports,
                group_id,
                facts,
                batch.mode,
                sender_group,
                Reported { alert: Arc::clone(alert), severity, places, muted: false },
            );
            return;
        }
        let hits = self.tree.route(&alert.labels, self.source, &batch.receiver, self.now);
        let (mut routed, mut muted_only) = (false, false);
        let mut found: BTreeMap<String, (Arc<Facts>, Vec<Place>, bool)> = BTreeMap::new();
        for hit in &hits {
            *self.hits.entry(hit.node).or_default() += 1;
            let (group_id, facts) = self.group(batch, sender_group, alert, hit.group_by);
            let muted = hit.muted.is_some();
            let entry = found.entry(group_id).or_insert_with(|| (facts, Vec::new(), true));
            entry.2 &= muted;
            if muted {
                muted_only = true;
                continue;
            }
            for send in hit.sends {
                if send.admits(&alert.labels, self.source, &batch.receiver) {
                    let places = self.places(send, &seen);
                    routed |= !places.is_empty();
                    entry.1.extend(places);
                } else {
                    *self.left_out.entry("filtered").or_default() += 1;
                    routed = true;
                }
            }
        }
        if muted_only && !routed {
            *self.left_out.entry("muted").or_default() += 1;
        } else if !routed {
            let places = self.unroutable(&seen);
            let (group_id, facts) = self.group(batch, sender_group, alert, None);
            found.entry(group_id).or_insert_with(|| (facts, Vec::new(), false)).1.extend(places);
        }
        for (group_id, (facts, places, muted)) in found {
            report(reports, group_id, facts, batch.mode, sender_group, Reported { alert: Arc::clone(alert), severity, places, muted });
        }
    }

    /// The fallback receiver's messages, for an alert that leads nowhere.
    fn unroutable(&mut self, seen: &Seen<'_>) -> Vec<Place> {
        *self.left_out.entry("unroutable").or_default() += 1;
        self.tree.fallback().map(|(_, sends)| sends).unwrap_or_default().iter().flat_map(|send| self.places(send, seen)).collect()
    }

    /// The group an alert belongs to: the sender's own, or the route's.
    fn group(&self, batch: &Batch, sender_group: &str, alert: &Alert, by: Option<&GroupBy>) -> (String, Arc<Facts>) {
        let (group_id, group_key, group_labels) = match by {
            None => (hash_id(&["sender", sender_group]), batch.group_key.clone(), batch.group_labels.clone()),
            Some(GroupBy::All) => (hash_id(&["alert", sender_group, &alert.fingerprint]), alert.fingerprint.clone(), alert.labels.clone()),
            Some(GroupBy::Labels(names)) => {
                let labels: Labels = names.iter().filter_map(|n| Some((n.clone(), alert.labels.get(n)?.clone()))).collect();
                let key = names.iter().map(|n| format!("{n}={:?}", labels.get(n).map_or("", String::as_str))).collect::<Vec<_>>().join(",");
                (hash_id(&["route", self.source, &key]), key, labels)
            }
        };
        let facts = Facts {
            source: self.source.to_owned(),
            receiver: batch.receiver.clone(),
            group_key,
            group_labels,
            external_url: batch.external_url.clone(),
            payload: batch.extra.clone(),
            truncated: batch.truncated,
        };
        (group_id, Arc::new(facts))
    }

    /// The messages that a send entry makes of an alert.
    fn places(&mut self, send: &CompiledSend, seen: &Seen<'_>) -> Vec<Place> {
        let data = seen.by(send);
        let targets = send.targets(data);
        if !targets.bad.is_empty() {
            *self.left_out.entry("bad_target").or_default() += targets.bad.len() as u64;
        }
        let mentions: Vec<String> = send
            .mentions(data)
            .into_iter()
            .flat_map(|mention| match mention {
                MentionAddress::All => vec!["all".to_owned()],
                MentionAddress::Person(address) => self.expand(&address).iter().map(Address::to_string).collect(),
            })
            .collect();
        let spec = self.spec(send);
        let name = format!("{}/{}", send.receiver, send.send.name);
        let addresses: BTreeSet<Address> = targets.ok.iter().flat_map(|address| self.expand(address)).collect();
        addresses
            .into_iter()
            .filter_map(|address| {
                Some(Place { key: key(&address, send.send.app.as_deref(), &name)?, spec: Arc::clone(&spec), mentions: mentions.clone() })
            })
            .collect()
    }

    /// The messages for targets that the request names itself.
    fn requested(&mut self) -> Vec<Place> {
        let spec = Arc::new(MessageSpec {
            receiver: self.source.to_owned(),
            kind: ContentKind::Card,
            direct: None,
            template: self.options.template.clone().unwrap_or_else(|| "incident".to_owned()),
            locale: self.settings.locale,
            mention_on: MENTION_ON.to_vec(),
            attach: Vec::new(),
            lifecycle: (&Lifecycle::default()).into(),
        });
        let apps = &self.settings.apps;
        let first = apps.keys().next().map(String::as_str);
        let desk = apps.iter().find(|(_, app)| app.helpdesk.is_some()).map(|(name, _)| name.as_str());
        let app = |kind| if kind == AddressKind::Helpdesk { desk } else { first };
        let addresses: BTreeSet<Address> = self.options.to.iter().flat_map(|address| self.expand(address)).collect();
        addresses
            .into_iter()
            .filter_map(|address| {
                Some(Place { key: key(&address, app(address.kind), "request")?, spec: Arc::clone(&spec), mentions: Vec::new() })
            })
            .collect()
    }

    /// A team's members, or the address itself.
    fn expand(&self, address: &Address) -> Vec<Address> {
        if address.kind != AddressKind::Team {
            return vec![address.clone()];
        }
        self.settings.teams.get(&address.value).cloned().unwrap_or_default()
    }

    fn spec(&mut self, send: &CompiledSend) -> Arc<MessageSpec> {
        let name = format!("{}/{}", send.receiver, send.send.name);
        Arc::clone(self.specs.entry(name).or_insert_with(|| Arc::new(spec(&send.receiver, &send.send))))
    }
}

/// How messages of a send entry are made.
pub(super) fn spec(receiver: &str, send: &settings::Send) -> MessageSpec {
    MessageSpec {
        receiver: receiver.to_owned(),
        kind: send.kind,
        direct: send.direct.clone(),
        template: send.template.clone(),
        locale: send.locale,
        mention_on: send.mention_on.clone(),
        attach: send.attach.clone(),
        lifecycle: (&send.lifecycle).into(),
    }
}

/// Identity of the message for an address; `None` where an app is needed and there is none.
pub(super) fn key(address: &Address, app: Option<&str>, send_name: &str) -> Option<MessageKey> {
    let via = match address.kind {
        AddressKind::Bot => address.to_string(),
        _ => format!("app:{}", app?),
    };
    Some(MessageKey { via, target: address.to_string(), send_name: send_name.to_owned() })
}

fn report(reports: &mut Reports, group_id: String, facts: Arc<Facts>, mode: Mode, sender_group: &str, reported: Reported) {
    reports
        .entry(group_id)
        .or_insert_with(|| Report {
            facts,
            mode,
            sender_group: sender_group.to_owned(),
            repeat: false,
            alerts: Vec::new(),
            elsewhere: BTreeSet::new(),
        })
        .alerts
        .push(reported);
}
