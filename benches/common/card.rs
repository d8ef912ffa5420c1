//! What is to be rendered, for benches.

use jiff::Timestamp;
use larkhook::alert::{Severity, State};
use larkhook::config::settings::{ContentKind, Locale};
use larkhook::feishu::content::{Channel, Kind, Limit};
use larkhook::render::model::View;
use larkhook::render::{Degrade, Request, samples};

/// A critical group of so many firing alerts.
pub fn view(alerts: usize, now: Timestamp) -> View {
    samples::view(&vec![State::Firing; alerts], Severity::Critical, now)
}

/// In Chinese, for an app.
pub fn request<'a>(template: &'a str, kind: ContentKind, view: &'a View, now: Timestamp) -> Request<'a> {
    let size = match kind {
        ContentKind::Card => Kind::Card,
        ContentKind::Post => Kind::Post,
        ContentKind::Text => Kind::Text,
    };
    Request {
        template,
        kind,
        view,
        locale: Locale::Zh,
        mentions: &[],
        degrade: Degrade::default(),
        limit: Limit::app(size),
        channel: Channel::App,
        now,
        keyword: None,
    }
}
