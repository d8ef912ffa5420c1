//! Severity and state as colour and sign: `severityColor severityIcon`. They take a severity or a state.

use super::Args;
use serde_json::Value;

/// `{{severityColor severity}}`: a header colour of the platform.
pub fn color(args: &Args<'_, '_>) -> Value {
    match args.text(0).as_str() {
        "critical" => "red",
        "warning" => "orange",
        "info" => "blue",
        "resolved" => "green",
        "firing" => "red",
        _ => "grey",
    }
    .into()
}

/// `{{severityIcon severity}}`: an emoji for places without colour.
pub fn icon(args: &Args<'_, '_>) -> Value {
    match args.text(0).as_str() {
        "critical" | "firing" => "🔴",
        "warning" => "🟠",
        "info" => "🔵",
        "resolved" => "✅",
        _ => "⚪",
    }
    .into()
}

#[cfg(test)]
mod tests {
    use crate::render::helpers::tests::plain;
    use serde_json::json;

    #[test]
    fn table() {
        for (word, wanted) in
            [("critical", "red🔴"), ("warning", "orange🟠"), ("info", "blue🔵"), ("resolved", "green✅"), ("gone", "grey⚪")]
        {
            assert_eq!(plain("{{severityColor x}}{{severityIcon x}}", &json!({"x": word})), wanted);
        }
    }
}
