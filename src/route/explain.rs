//! How the tree came to its answer: every node with what became of it, then every hit with its targets.
//!
//! Serialises for `--format json`; the plain text form draws the tree.

use super::{BadTarget, Seen, Tree, alert_data};
use crate::alert::{Alert, Labels, Severity, Status};
use crate::config::settings::{ContentKind, GroupBy};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt;

/// The walk of one alert through the tree.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The source's name.
    pub source: String,
    /// The sender's receiver.
    pub receiver: String,
    /// The alert's labels.
    pub labels: Labels,
    /// How bad it is.
    pub severity: Severity,
    /// The tree from its root.
    pub root: NodeExplanation,
    /// Where it ended, in the order of the tree.
    pub hits: Vec<HitExplanation>,
}

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeExplanation {
    /// Where it stands.
    pub path: String,
    /// Its matchers.
    pub matchers: Vec<String>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The alert ends here.
    pub hit: bool,
    /// Its receiver, own or inherited; `None` where the sends stand in the route.
    pub receiver: Option<String>,
    /// Goes on with the next sibling after a match.
    #[serde(rename = "continue")]
    pub continue_matching: bool,
    /// Its children.
    pub routes: Vec<NodeExplanation>,
}

/// What became of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum Outcome {
    /// All matchers match.
    Matched,
    /// A matcher does not match.
    Failed {
        /// The first that does not.
        matcher: String,
        /// Its label.
        label: String,
        /// What the alert has there.
        value: Option<String>,
    },
    /// Never looked at.
    NotReached {
        /// The node that ended the search, or the parent that did not match.
        because: String,
    },
}

/// One place where the alert ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HitExplanation {
    /// The node.
    pub path: String,
    /// Its receiver.
    pub receiver: Option<String>,
    /// How alerts are grouped there: `None` as the sender groups, `["..."]` one by one.
    pub group_by: Option<Vec<String>>,
    /// Why nothing is sent at this time.
    pub muted: Option<String>,
    /// Its send entries.
    pub sends: Vec<SendExplanation>,
}

/// One send entry of a hit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendExplanation {
    /// Its name.
    pub name: String,
    /// Shape of the message.
    #[serde(rename = "as")]
    pub kind: ContentKind,
    /// Template name.
    pub template: String,
    /// The entry's own matcher that keeps this alert out.
    pub refused_by: Option<String>,
    /// Where it goes.
    pub targets: Vec<String>,
    /// What was rendered and is no target.
    pub bad_targets: Vec<BadTarget>,
    /// Who is mentioned.
    pub mentions: Vec<String>,
    /// What was rendered and is nobody.
    pub bad_mentions: Vec<BadTarget>,
}

impl Tree {
    /// Explains the way of an alert of which only the labels are known.
    pub fn explain(&self, labels: &Labels, source: &str, receiver: &str, now: Timestamp) -> Explanation {
        let alert = Alert {
            status: Status::Firing,
            labels: labels.clone(),
            annotations: Labels::new(),
            starts_at: now,
            ends_at: None,
            generator_url: String::new(),
            fingerprint: crate::alert::fingerprint(labels),
            extra: crate::alert::Extra::new(),
        };
        self.explain_alert(&alert, source, receiver, now)
    }

    /// Explains the way of an alert.
    pub fn explain_alert(&self, alert: &Alert, source: &str, receiver: &str, now: Timestamp) -> Explanation {
        let seen = Seen { labels: &alert.labels, source, receiver };
        let severity = self.severity.of(&alert.labels);
        let data = alert_data(alert, source, receiver, severity);
        let mut hits = Vec::new();
        let root = self.explain_node(0, seen, None, &mut |at| hits.push(explain_hit(self.nodes[at].hit(at, now), seen, &data)));
        Explanation { source: source.to_owned(), receiver: receiver.to_owned(), labels: alert.labels.clone(), severity, root, hits }
    }

    /// `because`: why the node is not reached.
    fn explain_node(&self, at: usize, seen: Seen<'_>, because: Option<&str>, on_hit: &mut impl FnMut(usize)) -> NodeExplanation {
        let node = &self.nodes[at];
        let outcome = match (because, seen.fails(self.index.matchers(at))) {
            (Some(because), _) => Outcome::NotReached { because: because.to_owned() },
            (None, Some(matcher)) => Outcome::Failed {
                matcher: matcher.to_string(),
                label: matcher.name.clone(),
                value: seen.get(&matcher.name).map(str::to_owned),
            },
            (None, None) => Outcome::Matched,
        };
        let matched = outcome == Outcome::Matched;
        let mut because = (!matched).then(|| because.map_or_else(|| format!("{} does not match", node.path), str::to_owned));
        let (mut taken, mut routes) = (false, Vec::new());
        for child in self.index.children(at) {
            let explained = self.explain_node(child, seen, because.as_deref(), on_hit);
            if explained.outcome == Outcome::Matched {
                taken = true;
                if !explained.continue_matching {
                    because = Some(format!("{} matches and does not continue", explained.path));
                }
            }
            routes.push(explained);
        }
        let hit = matched && !taken;
        if hit {
            on_hit(at);
        }
        NodeExplanation {
            path: node.path.clone(),
            matchers: self.index.matchers(at).map(ToString::to_string).collect(),
            outcome,
            hit,
            receiver: node.receiver.as_deref().map(str::to_owned),
            continue_matching: self.index.continues(at),
            routes,
        }
    }
}

fn explain_hit(hit: super::Hit<'_>, seen: Seen<'_>, data: &serde_json::Value) -> HitExplanation {
    let explain_send = |send: &std::sync::Arc<super::CompiledSend>| {
        let targets = send.targets(data);
        let (mentions, bad_mentions) = send.checked_mentions(data);
        SendExplanation {
            name: send.send.name.clone(),
            kind: send.send.kind,
            template: send.send.template.clone(),
            refused_by: seen.fails(&send.send.matchers).map(ToString::to_string),
            targets: targets.ok.iter().map(ToString::to_string).collect(),
            bad_targets: targets.bad,
            mentions: mentions.iter().map(ToString::to_string).collect(),
            bad_mentions,
        }
    };
    HitExplanation {
        path: hit.path.to_owned(),
        receiver: hit.receiver.map(str::to_owned),
        group_by: hit.group_by.map(|group_by| match group_by {
            GroupBy::All => vec!["...".to_owned()],
            GroupBy::Labels(labels) => labels.clone(),
        }),
        muted: hit.muted.map(|muted| muted.to_string()),
        sends: hit.sends.iter().map(explain_send).collect(),
    }
}

/// The last step of a path: `routes[0]` of `route.routes[1].routes[0]`.
fn step(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn draw(f: &mut fmt::Formatter<'_>, node: &NodeExplanation, lead: &str, last: Option<bool>) -> fmt::Result {
    let (branch, below) = match last {
        None => ("", ""),
        Some(false) => ("├─ ", "│  "),
        Some(true) => ("└─ ", "   "),
    };
    let mark = match node.outcome {
        Outcome::Matched => "✓",
        Outcome::Failed { .. } => "✗",
        Outcome::NotReached { .. } => "·",
    };
    let matchers = if node.matchers.is_empty() { "(everything)".to_owned() } else { node.matchers.join(", ") };
    write!(f, "{lead}{branch}{mark} {}  {matchers}", step(&node.path))?;
    match &node.outcome {
        Outcome::Matched if node.hit => {
            write!(f, "  → {}", node.receiver.as_deref().unwrap_or("its own send"))?;
            if node.continue_matching {
                f.write_str(", and on")?;
            }
        }
        Outcome::Matched => {}
        Outcome::Failed { label, value: Some(value), .. } => write!(f, "  but {label} is {value:?}")?,
        Outcome::Failed { label, value: None, .. } => write!(f, "  but there is no {label}")?,
        Outcome::NotReached { .. } => f.write_str("  not reached")?,
    }
    writeln!(f)?;
    let lead = format!("{lead}{below}");
    for (at, child) in node.routes.iter().enumerate() {
        draw(f, child, &lead, Some(at + 1 == node.routes.len()))?;
    }
    Ok(())
}

impl fmt::Display for NodeExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        draw(f, self, "", None)
    }
}

impl fmt::Display for HitExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "→ {}", self.receiver.as_deref().unwrap_or("its own send"))?;
        write!(f, "  by {}, ", self.path)?;
        match self.group_by.as_deref() {
            None => f.write_str("grouped as the sender does")?,
            Some([]) => f.write_str("all in one group")?,
            Some([all]) if all == "..." => f.write_str("one message per alert")?,
            Some(labels) => write!(f, "grouped by {}", labels.join(", "))?,
        }
        writeln!(f)?;
        if let Some(muted) = &self.muted {
            writeln!(f, "  nothing is sent now: {muted}")?;
        }
        if self.sends.is_empty() {
            writeln!(f, "  nothing to send: no send entry here")?;
        }
        for send in &self.sends {
            write!(f, "  send {}: {} {}", send.name, send.kind.as_str(), send.template)?;
            match (&send.refused_by, send.targets.as_slice()) {
                (Some(matcher), _) => write!(f, ", not for this alert: {matcher}")?,
                (None, []) => f.write_str(" to nobody: no target for this alert")?,
                (None, targets) => write!(f, " to {}", targets.join(", "))?,
            }
            if send.refused_by.is_none() && !send.mentions.is_empty() {
                write!(f, ", mentions {}", send.mentions.join(", "))?;
            }
            writeln!(f)?;
            for bad in &send.bad_targets {
                writeln!(f, "    no target: {bad}")?;
            }
            for bad in &send.bad_mentions {
                writeln!(f, "    no mention: {bad}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<String> = self.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        writeln!(f, "alert {{{}}}", labels.join(", "))?;
        write!(f, "from source {}", self.source)?;
        if !self.receiver.is_empty() {
            write!(f, ", the sender's receiver {:?}", self.receiver)?;
        }
        writeln!(f, ", severity {}\n", self.severity.as_str())?;
        writeln!(f, "{}", self.root)?;
        self.hits.iter().try_for_each(|hit| hit.fmt(f))
    }
}
