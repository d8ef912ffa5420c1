//! Any text as a configuration.
//!
//! Promised: no text breaks the reader or the drawing of what is wrong with it; every finding has its place in the file;
//! secrets are drawn nowhere; what is accepted can be compiled. Parts: choices, the text, values of variables.

use super::parts::Parts;
use larkhook::config::{Findings, load_str};
use larkhook::route::Tree;
use larkhook::source::Compiled;
use std::path::Path;
use std::sync::Arc;

/// What some variables hold; it may be drawn nowhere.
const SECRET: &str = "hunter2-hunter2";

/// Runs one input.
pub fn run(data: &[u8]) {
    let mut parts = Parts::of(data);
    let text = parts.text();
    // Devices never end; that is the operator's own doing and no matter of the text.
    if ["/dev", "/proc", "/sys"].iter().any(|place| text.contains(place)) {
        return;
    }
    let (a, b) = (parts.text(), parts.text());
    let env = |name: &str| match name {
        "A" => Some(a.to_string()),
        "B" => Some(b.to_string()),
        "EMPTY" => Some(String::new()),
        name if name.ends_with("SECRET") || name.ends_with("TOKEN") || name.ends_with("PASSWORD") => Some(SECRET.to_owned()),
        _ => None,
    };
    let lines = text.replace("\r\n", "\n").split(['\r', '\n']).count();
    match load_str(&text, "larkhook.yaml", Path::new("/nonexistent"), &env) {
        Ok(loaded) => {
            drawn(&loaded.warnings, lines);
            assert_eq!(loaded.warnings.errors(), 0);
            for template in &loaded.templates {
                assert!(!template.missing.render(false).is_empty());
            }
            Tree::new(&loaded.settings).unwrap_or_else(|error| panic!("accepted and cannot be compiled: {error}"));
            for source in loaded.settings.sources.values() {
                Compiled::new(Arc::clone(source)).unwrap_or_else(|error| panic!("accepted and cannot be compiled: {error}"));
            }
            let shown = format!("{}{}{:?}", loaded.settings.summary(), loaded.settings.redacted(), loaded.settings);
            assert!(!shown.contains(SECRET) || names_secret(&text, &a, &b), "{shown}");
        }
        Err(findings) => {
            assert!(findings.errors() > 0, "refused without a reason");
            drawn(&findings, lines);
        }
    }
}

/// A variable that is put where no secret belongs (a name, an address) is shown as what stands there.
fn names_secret(text: &str, a: &str, b: &str) -> bool {
    [text, a, b].iter().any(|text| text.contains(SECRET))
        || ["SECRET", "TOKEN", "PASSWORD"].iter().any(|word| text.contains(&format!("{word}}}")))
}

fn drawn(findings: &Findings, lines: usize) {
    for finding in &findings.0 {
        assert!(finding.line >= 1 && finding.line <= lines.max(1) + 1, "line {} of {lines}: {finding:?}", finding.line);
        assert!(finding.column >= 1 && finding.end_column >= finding.column, "{finding:?}");
        assert!(!finding.message.is_empty() && !finding.code.is_empty(), "{finding:?}");
        assert!(!finding.render(true).is_empty());
    }
    assert!(!findings.render(false).contains(SECRET), "{}", findings.render(false));
    assert!(serde_json::to_string(findings).is_ok());
}
