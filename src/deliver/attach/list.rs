//! The full list of a message's alerts as files: CSV for people with a spreadsheet, JSON for programs. Pure; the same alerts
//! give the same bytes.

use crate::render::model::{View, ViewAlert};
use serde_json::json;
use std::collections::BTreeSet;

/// Longest file that the platform takes, in bytes.
pub const LONGEST: usize = 30 << 20;
/// Most label columns; more than so many help nobody.
const MOST_COLUMNS: usize = 200;
/// The columns that are not labels.
const BEFORE: [&str; 3] = ["status", "severity", "alertname"];
const AFTER: [&str; 3] = ["startsAt", "endsAt", "summary"];

/// UTF-8 with byte order mark, which spreadsheets need to tell it from the local charset; every cell in quotes, and none of
/// them a formula: a label `=cmd|...` must not run on the machine of whoever opens the file.
pub fn csv(view: &View) -> Vec<u8> {
    let names: BTreeSet<&str> =
        view.alerts.iter().flat_map(|a| a.alert.labels.keys()).map(String::as_str).filter(|n| *n != "alertname").collect();
    let names: Vec<&str> = names.into_iter().take(MOST_COLUMNS).collect();
    let mut out = String::from("\u{feff}");
    let heads = names.iter().map(|name| match BEFORE.iter().chain(&AFTER).any(|own| own == name) {
        true => format!("label_{name}"),
        false => (*name).to_owned(),
    });
    row(&mut out, BEFORE.map(str::to_owned).into_iter().chain(heads).chain(AFTER.map(str::to_owned)));
    for one in &view.alerts {
        let label = |name: &str| one.alert.labels.get(name).cloned().unwrap_or_default();
        let before = [one.state.as_str().to_owned(), one.severity.as_str().to_owned(), label("alertname")];
        let ends_at = one.alert.ends_at.map(|at| at.to_string()).unwrap_or_default();
        let after = [one.alert.starts_at.to_string(), ends_at, summary(one)];
        row(&mut out, before.into_iter().chain(names.iter().map(|name| label(name))).chain(after));
    }
    out.into_bytes()
}

/// The alerts as their sender reported them, with what larkhook knows of them.
pub fn json(view: &View) -> Vec<u8> {
    let alerts: Vec<_> = view
        .alerts
        .iter()
        .map(|one| {
            let a = &one.alert;
            json!({"status": one.state.as_str(), "severity": one.severity.as_str(), "labels": a.labels, "annotations": a.annotations,
                "startsAt": a.starts_at.to_string(), "endsAt": a.ends_at.map(|at| at.to_string()), "generatorURL": a.generator_url,
                "fingerprint": a.fingerprint})
        })
        .collect();
    let whole = json!({"incident": view.incident, "source": view.source, "receiver": view.receiver, "groupKey": view.group_key,
        "groupLabels": view.group_labels, "truncatedAlerts": view.truncated, "alerts": alerts});
    let mut text = serde_json::to_string_pretty(&whole).unwrap_or_default();
    text.push('\n');
    text.into_bytes()
}

fn summary(one: &ViewAlert) -> String {
    let annotation = |name: &str| one.alert.annotations.get(name).filter(|text| !text.is_empty());
    annotation("summary").or_else(|| annotation("description")).or_else(|| annotation("message")).cloned().unwrap_or_default()
}

fn row(out: &mut String, cells: impl Iterator<Item = String>) {
    for (n, cell) in cells.enumerate() {
        if n > 0 {
            out.push(',');
        }
        out.push('"');
        if is_formula(&cell) {
            out.push('\'');
        }
        for c in cell.chars() {
            match c {
                '"' => out.push_str("\"\""),
                '\0' => {}
                c => out.push(c),
            }
        }
        out.push('"');
    }
    out.push_str("\r\n");
}

/// Spreadsheets skip blanks before they look for a formula, and some take fullwidth signs for plain ones.
fn is_formula(cell: &str) -> bool {
    let first = cell.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\0']).chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '%' | '＝' | '＋' | '－' | '＠'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::{Severity, State};
    use crate::render::samples;

    #[test]
    fn a_list_of_everything_in_cells_that_are_only_text() {
        let now = "2025-11-22T03:30:00Z".parse().unwrap();
        let mut view = samples::view(&[State::Firing; 8], Severity::Warning, now);
        for (n, value) in ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "a\"b,c\nd", "＝1"].into_iter().enumerate() {
            let Some(one) = view.alerts.get_mut(n) else { break };
            one.alert.labels.insert("hostile".to_owned(), value.to_owned());
            one.alert.labels.insert("=name".to_owned(), "x".to_owned());
            one.alert.labels.insert("status".to_owned(), "mine".to_owned());
        }
        let text = String::from_utf8(csv(&view)).unwrap();
        assert!(text.starts_with("\u{feff}\"status\",\"severity\",\"alertname\","));
        assert!(text.lines().next().unwrap().ends_with("\"startsAt\",\"endsAt\",\"summary\""));
        assert!(text.contains("\"label_status\"") && text.contains("\"'=name\""));
        for (hostile, written) in
            [("=cmd", "\"'=cmd|' /C calc'!A0\""), ("+1", "\"'+1\""), (" =1", "\"' =1\""), ("a\"b", "\"a\"\"b,c\nd\""), ("＝1", "\"'＝1\"")]
        {
            assert!(text.contains(written), "{hostile}: {text}");
        }
        assert_eq!(text.matches("\r\n").count(), view.alerts.len() + 1);
        let whole: serde_json::Value = serde_json::from_slice(&json(&view)).unwrap();
        assert_eq!(whole["alerts"].as_array().unwrap().len(), view.alerts.len());
        assert_eq!((csv(&view), json(&view)), (csv(&view.clone()), json(&view.clone())));
    }

    proptest::proptest! {
        #[test]
        fn no_cell_begins_a_formula(cell in ".{0,40}") {
            let mut out = String::new();
            row(&mut out, [cell].into_iter());
            let inside = out.trim_end().strip_prefix('"').unwrap();
            let first = inside.trim_start_matches([' ', '\u{a0}']).chars().next();
            proptest::prop_assert!(!matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r')), "{:?}", out);
        }
    }
}
