//! Severity: which labels say it and which words mean what.

use super::Labels;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How bad. Ordered: critical is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For the record.
    Info,
    /// Somebody should look.
    Warning,
    /// Somebody must act now.
    Critical,
}

impl Severity {
    /// All, mildest first.
    pub const ALL: [Severity; 3] = [Severity::Info, Severity::Warning, Severity::Critical];

    /// The word used in configuration, templates and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// The `severity` section: labels in order of trust, words to severities, and what holds otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct SeverityRules {
    /// Label names; the first one present with a known word decides.
    pub labels: Vec<String>,
    /// Lower-case word to severity.
    pub words: BTreeMap<String, Severity>,
    /// For alerts that none of the labels describes.
    pub default: Severity,
}

impl SeverityRules {
    /// The severity of an alert with these labels. Words are compared trimmed and in lower case.
    pub fn of(&self, labels: &Labels) -> Severity {
        self.labels
            .iter()
            .filter_map(|name| labels.get(name))
            .find_map(|value| self.words.get(&value.trim().to_lowercase()).copied())
            .unwrap_or(self.default)
    }
}

impl Default for SeverityRules {
    fn default() -> Self {
        let words = [
            (Severity::Critical, &["critical", "page", "fatal", "disaster", "emergency", "p0", "p1"][..]),
            (Severity::Warning, &["warning", "warn", "error", "high", "average", "p2"][..]),
            (Severity::Info, &["info", "information", "notice", "low", "none", "p3", "p4"][..]),
        ];
        Self {
            labels: ["severity", "level", "priority"].map(str::to_owned).to_vec(),
            words: words.iter().flat_map(|(severity, words)| words.iter().map(|word| ((*word).to_owned(), *severity))).collect(),
            default: Severity::Warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_label_with_a_known_word_decides() {
        let rules = SeverityRules::default();
        let of = |pairs: &[(&str, &str)]| rules.of(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        assert_eq!(of(&[("severity", "CRITICAL ")]), Severity::Critical);
        assert_eq!(of(&[("severity", "odd"), ("level", "info")]), Severity::Info);
        assert_eq!(of(&[("priority", "P1")]), Severity::Critical);
        assert_eq!(of(&[]), Severity::Warning);
    }
}
