//! A message drawn as the platform takes it, with what is odd about it.

use super::{Overrides, PreviewMessage};
use crate::alert::State;
use crate::config::settings::{Address, AddressKind, Carrier, ContentKind, MentionOn};
use crate::deliver::view;
use crate::deliver::way::Way;
use crate::feishu::content::{Channel, Content, Limit, card, post_rules};
use crate::incident::state::{MessageKey, MessageSpec, Phase};
use crate::live::Live;
use crate::render::model::{Mention, View};
use crate::render::{Degrade, Request};
use crate::store::Owed;
use jiff::Timestamp;

/// A message before it is drawn.
pub(super) struct Sheet<'a> {
    /// Where it goes; what differs between them does not show.
    pub keys: &'a [&'a MessageKey],
    pub spec: &'a MessageSpec,
    pub view: &'a View,
    /// Configured addresses.
    pub mentions: Vec<&'a str>,
}

/// A stored message as its rows say now, drawn anew: what it shows once it is up to date. `None`: no template makes it.
pub fn drawn(live: &Live, owed: &Owed, now: Timestamp) -> Option<PreviewMessage> {
    if owed.spec.direct.is_some() || owed.phase == Phase::Storm {
        return None;
    }
    let mut view = view::view(owed);
    // What is shown already is the last update, not the next.
    if owed.sync.is_none() && owed.shown >= owed.wanted {
        view.update = view.update.saturating_sub(1).max(1);
    }
    // An edit cannot change the type that is shown.
    let kind = match owed.shown_kind.as_deref() {
        Some("post") => Some(ContentKind::Post),
        Some("text") => Some(ContentKind::Text),
        Some(_) => Some(ContentKind::Card),
        None => None,
    };
    let mentions = owed.mentions.iter().map(String::as_str).collect();
    let sheet = Sheet { keys: &[&owed.key], spec: &owed.spec, view: &view, mentions };
    Some(draw(live, &sheet, &Overrides { kind, ..Overrides::default() }, now))
}

pub(super) fn draw(live: &Live, sheet: &Sheet<'_>, overrides: &Overrides, now: Timestamp) -> PreviewMessage {
    let Sheet { keys, spec, view, mentions } = sheet;
    let kind = overrides.kind.unwrap_or(spec.kind);
    let template = overrides.template.as_deref().unwrap_or(&spec.template);
    let locale = overrides.locale.unwrap_or(spec.locale);
    // Of bots that take turns the first one's: any of them may send it.
    let carriers = keys.first().map(|key| Carrier::all(&key.via, &key.target)).unwrap_or_default();
    let bot = carriers.first().and_then(Carrier::bot_name);
    let way = keys.first().map_or(Way::App, |key| Way::of(key, live));
    let (channel, limit) = (way.channel(), way.limit(kind));
    let told = spec.mention_on.contains(&MentionOn::Fire) && view.status() == State::Firing;
    let people: Vec<Mention> = if told { mentions.iter().map(|text| mention(text)).collect() } else { Vec::new() };
    let request = Request {
        template,
        kind,
        view,
        locale,
        mentions: &people,
        degrade: Degrade::default(),
        limit,
        channel,
        now,
        keyword: bot.and_then(|name| live.settings.bots.get(name)).and_then(|bot| bot.keyword.as_deref()),
    };
    let renderer = overrides.renderer.as_deref().unwrap_or(&live.renderer);
    let rendered = renderer.render(&request);
    let mut problems: Vec<String> = rendered.failure.iter().map(ToString::to_string).collect();
    problems.extend(refused(&rendered.content, channel, limit));
    PreviewMessage {
        targets: keys.iter().map(|key| key.target.clone()).collect(),
        via: keys.iter().map(|key| key.via.clone()).collect(),
        send: keys.first().map(|key| key.send_name.clone()).unwrap_or_default(),
        kind,
        template: template.to_owned(),
        template_used: rendered.template_used,
        locale,
        mentions: if told { mentions.iter().map(|text| (*text).to_owned()).collect() } else { Vec::new() },
        msg_type: rendered.content.msg_type(),
        bytes: rendered.content.wire_bytes_for(channel),
        limit_bytes: limit.bytes,
        content: match rendered.content {
            Content::Card(value) | Content::Post(value) => value,
            Content::Text(text) => serde_json::json!({ "text": text }),
        },
        omitted: rendered.omitted,
        warnings: rendered.warnings.iter().map(|warning| warning.message.clone()).collect(),
        problems,
        failure: rendered.failure,
        data: overrides.data.then(|| renderer.data(&request)),
    }
}

/// What the platform would refuse.
pub(super) fn refused(content: &Content, channel: Channel, limit: Limit) -> Vec<String> {
    let mut problems: Vec<String> = match content {
        Content::Card(value) => {
            card::validate(value).iter().map(|fault| format!("{}: {} ({})", fault.path, fault.message, fault.code)).collect()
        }
        Content::Post(value) => {
            let faults = post_rules::validate(value, channel.is_plain());
            faults.iter().map(|fault| format!("{}: {}", fault.path, fault.message)).collect()
        }
        Content::Text(_) => Vec::new(),
    };
    let bytes = content.wire_bytes_for(channel);
    if bytes > limit.bytes {
        problems.push(format!("{bytes} bytes are more than the {} that are taken", limit.bytes));
    }
    problems
}

/// A mention before look-up: the address's own text stands for the person.
fn mention(text: &str) -> Mention {
    if text == "all" {
        return Mention::All;
    }
    let id = text.parse::<Address>().map_or_else(
        |_| text.to_owned(),
        |address| match address.kind {
            AddressKind::Mobile => address.value.trim_start_matches('+').to_owned(),
            _ => address.value,
        },
    );
    Mention::User { id }
}
