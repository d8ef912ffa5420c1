//! Icons of the platform by token (`warning_filled`), drawn anew as small inline SVG in the colour of the text.
//!
//! Only tokens that cards of alerts use have a drawing; of any other token a dot is shown, with the token as its title.

use maud::{Markup, PreEscaped, html};

/// Shapes by the token without its ending; 24 units wide. `currentColor` is the pen.
const SHAPES: &[(&str, &str)] = &[
    ("alarm", r#"<circle cx="12" cy="13" r="7.5"/><path d="M12 9v4l2.5 2M4 5l3-2.5M20 5l-3-2.5"/>"#),
    ("alarm-clock", r#"<circle cx="12" cy="13" r="7.5"/><path d="M12 9v4l2.5 2M4 5l3-2.5M20 5l-3-2.5"/>"#),
    ("alerts-off", r#"<path d="M6 17V11a6 6 0 0 1 9-5.2M18 10v7H8M10 20.5h4M3 3l18 18"/>"#),
    ("bell", r#"<path d="M6 17v-6a6 6 0 0 1 12 0v6l1.5 1h-15zM10 20.5h4"/>"#),
    ("buzz", r#"<path d="M13 2 5 13.5h6L10 22l9-12h-6.5z"/>"#),
    ("calendar", r#"<rect x="3.5" y="5" width="17" height="15" rx="2"/><path d="M3.5 10h17M8 3v4M16 3v4"/>"#),
    ("chat", r#"<path d="M4 5h16v11H10l-4 3.5V16H4z"/>"#),
    ("check", r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#),
    ("close", r#"<path d="m6 6 12 12M18 6 6 18"/>"#),
    ("done", r#"<path d="m5 12.5 4.5 4.5L19 7.5"/>"#),
    ("down", r#"<path d="m6 9.5 6 6 6-6"/>"#),
    ("down-small-ccm", r#"<path d="m8 10.5 4 4 4-4"/>"#),
    ("error", r#"<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6M15 9l-6 6" class="k"/>"#),
    ("file-link", r#"<path d="M6 3h8l4 4v14H6zM14 3v4h4"/>"#),
    ("headset", r#"<path d="M4 15v-3a8 8 0 0 1 16 0v3M4 14h3v6H5.5A1.5 1.5 0 0 1 4 18.5zM20 14h-3v6h1.5a1.5 1.5 0 0 0 1.5-1.5z"/>"#),
    ("history", r#"<path d="M4 12a8 8 0 1 0 2.5-5.8L4 8.5M4 4v4.5h4.5M12 8v4.5l3 1.5"/>"#),
    (
        "image",
        r#"<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="m4 17 5-5 4 4 3-3 4 4"/><circle cx="15.5" cy="9.5" r="1.3"/>"#,
    ),
    ("info", r#"<circle cx="12" cy="12" r="9"/><path d="M12 11v5.5M12 7.3v.4" class="k"/>"#),
    ("link-copy", r#"<path d="M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1-1"/>"#),
    ("member", r#"<circle cx="12" cy="8" r="4"/><path d="M4.5 20a7.5 7.5 0 0 1 15 0z"/>"#),
    ("more", r#"<circle cx="5.5" cy="12" r="1"/><circle cx="12" cy="12" r="1"/><circle cx="18.5" cy="12" r="1"/>"#),
    ("no", r#"<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6M15 9l-6 6" class="k"/>"#),
    ("report", r#"<path d="M4 20V4M4 5h15l-3.5 4 3.5 4H4"/>"#),
    ("right", r#"<path d="m9.5 6 6 6-6 6"/>"#),
    ("robot", r#"<rect x="4" y="8" width="16" height="11" rx="3"/><path d="M12 4v4" /><path d="M9 12.5v1.5M15 12.5v1.5" class="k"/>"#),
    ("safe", r#"<path d="M12 3 5 5.5V12c0 4 3 7 7 9 4-2 7-5 7-9V5.5z"/><path d="m9 11.5 2.2 2.2L15 10" class="k"/>"#),
    ("search", r#"<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>"#),
    (
        "setting",
        r#"<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M18.4 5.6l-2.1 2.1M7.7 16.3l-2.1 2.1"/>"#,
    ),
    ("succeed", r#"<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16 9.5" class="k"/>"#),
    ("time", r#"<circle cx="12" cy="12" r="9"/><path d="M12 7v5.5l3.5 2" class="k"/>"#),
    ("up", r#"<path d="m6 14.5 6-6 6 6"/>"#),
    ("video", r#"<rect x="3" y="6" width="12" height="12" rx="2"/><path d="m15 10.5 6-3v9l-6-3z"/>"#),
    ("warning", r#"<path d="M12 3.5 2.5 20h19z"/><path d="M12 10v4.5M12 17v.4" class="k"/>"#),
    ("yes", r#"<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16 9.5" class="k"/>"#),
];

/// The icon of a token.
pub fn standard(token: &str) -> Markup {
    let (name, filled) = match token.rsplit_once('_') {
        Some((name, "filled" | "colorful")) => (name, true),
        Some((name, "outlined")) => (name, false),
        _ => (token, false),
    };
    let shape = SHAPES.binary_search_by_key(&name, |(known, _)| known).ok().map(|at| SHAPES[at].1);
    match shape {
        Some(shape) => html! {
            svg.lk-icon.filled[filled] viewBox="0 0 24 24" aria-hidden="true" { (PreEscaped(shape)) }
        },
        None => html! {
            svg.lk-icon.filled viewBox="0 0 24 24" role="img" aria-label=(token) {
                title { (token) }
                circle cx="12" cy="12" r="4" {}
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_found_and_others_shown_as_a_dot() {
        assert!(SHAPES.is_sorted_by_key(|(name, _)| *name));
        let known = "warning_filled warning_outlined error_filled succeed_filled info_filled alarm_outlined alarm-clock_filled bell_filled \
            bell_outlined buzz_filled alerts-off_filled time_outlined history_outlined robot_filled report_outlined done_outlined \
            close_outlined check_outlined yes_filled no_filled member_outlined safe_outlined down-small-ccm_outlined chat_outlined";
        for token in known.split_whitespace() {
            assert!(!standard(token).into_string().contains("<title>"), "{token}");
        }
        assert!(standard("<b>_filled").into_string().contains("<title>&lt;b&gt;_filled</title>"));
    }
}
