//! Routing trees of any size, and an alert that ends at their last route.

use larkhook::alert::Labels;
use larkhook::config::load_str;
use larkhook::config::settings::Settings;
use std::fmt::Write;
use std::path::Path;

/// One child of the root per number, with these matchers on the service and the severity.
pub fn settings(routes: usize, matchers: fn(usize) -> String) -> Settings {
    let mut config = String::from(
        "
fallback: all
feishu: { apps: { ops: { platform: sandbox } } }
sources: { am: { kind: alertmanager, auth: none } }
receivers: [{ name: all, send: [{ to: chat:oc_a }] }]
route:
  receiver: all
  routes:
",
    );
    for n in 0..routes {
        writeln!(config, "    - {{ matchers: [{}], receiver: all }}", matchers(n)).unwrap();
    }
    load_str(&config, "bench.yaml", Path::new("."), &|_| None).unwrap().settings
}

/// An alert of the last of so many routes.
pub fn labels(routes: usize) -> Labels {
    let last = routes - 1;
    [
        ("alertname", "HighErrorRate"),
        ("cluster", "eu-central-1"),
        ("instance", "web-1.example.com:9100"),
        ("job", "node"),
        ("namespace", "shop"),
        ("service", &format!("shop-{last}-web")),
        ("severity", "critical"),
        ("team", "web"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// Two equalities.
pub fn equal(n: usize) -> String {
    format!("'service=\"shop-{n}-web\"', 'severity=\"critical\"'")
}

/// Lists of names, written as regular expressions.
pub fn names(n: usize) -> String {
    format!("'service=~\"shop-{n}-web|shop-{n}-db\"', 'severity=~\"critical|warning\"'")
}

/// Expressions that begin with words.
pub fn regex(n: usize) -> String {
    format!("'service=~\"shop-{n}-[a-z]+\"', 'severity=~\"critical|warning\"'")
}

/// Expressions that can begin and end with anything.
pub fn regex_inside(n: usize) -> String {
    format!("'service=~\".*-{n}-.*\"', 'severity=~\"critical|warning\"'")
}

/// Expressions in which there is no word to look for: each has to run.
pub fn regex_wordless(n: usize) -> String {
    format!("'service=~\"[a-z]+.[0-9]{{{n}}}.[a-z]+\"', 'severity=~\"critical|warning\"'")
}
