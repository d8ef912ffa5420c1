//! The shipped templates.

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../templates/", $name)))),*] };
}

/// Name and text of every shipped file.
pub const FILES: &[(&str, &str)] = files![
    "compact.card.hbs",
    "compact.post.hbs",
    "compact.text.hbs",
    "digest.card.hbs",
    "digest.post.hbs",
    "digest.text.hbs",
    "grafana.card.hbs",
    "grafana.post.hbs",
    "grafana.text.hbs",
    "incident.card.hbs",
    "incident.post.hbs",
    "incident.text.hbs",
    "partials/buttons.hbs",
    "partials/labels.hbs",
    "partials/list.hbs",
    "safe.card.hbs",
    "safe.post.hbs",
    "safe.text.hbs",
];
