//! By which of the platform's ways a message leaves, and what each way can do.
//!
//! Pure. Everything that differs between the ways and is no rendering is said here once: which call sends, which answers,
//! whether what is shown can be edited.

use crate::config::settings::{AddressKind, Api, ContentKind};
use crate::feishu::content::{Channel, Limit};
use crate::feishu::error::Endpoint;
use crate::incident::state::MessageKey;
use crate::live::Live;
use crate::outbox::{Act, EditWay};

/// A way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// An app's bot by `im/v1`: everything there is.
    App,
    /// An app's bot by `message/v4`, where a private deployment has only that: no `uuid`, no edits.
    Legacy,
    /// The help desk's bot: only new messages.
    Helpdesk,
    /// Departments and lists of people: only new messages, in parts.
    Batch,
    /// A group's custom bot: only new messages.
    Bot,
}

impl Way {
    /// The way of a message.
    pub fn of(key: &MessageKey, live: &Live) -> Self {
        let Some(app) = key.via.strip_prefix("app:") else { return Way::Bot };
        match key.target_kind() {
            Some(AddressKind::Department | AddressKind::Broadcast) => Way::Batch,
            Some(AddressKind::Helpdesk) => Way::Helpdesk,
            _ => match live.settings.apps.get(app).map(|app| app.api) {
                Some(Api::V4) => Way::Legacy,
                Some(Api::ImV1) | None => Way::App,
            },
        }
    }

    /// Where it is known before any configuration: what a piece of work most likely leads to.
    pub fn guess(via: &str, target: &str) -> Self {
        match AddressKind::of(target) {
            _ if via.starts_with("bot:") => Way::Bot,
            Some(AddressKind::Department | AddressKind::Broadcast) => Way::Batch,
            Some(AddressKind::Helpdesk) => Way::Helpdesk,
            _ => Way::App,
        }
    }

    /// The call that makes a new message.
    pub fn send(self) -> Endpoint {
        match self {
            Way::App => Endpoint::Send,
            Way::Legacy => Endpoint::LegacySend,
            Way::Helpdesk => Endpoint::HelpdeskSend,
            Way::Batch => Endpoint::BatchSend,
            Way::Bot => Endpoint::Hook,
        }
    }

    /// The call of an act.
    pub fn endpoint(self, act: Act, shape: ContentKind) -> Endpoint {
        match (self, act) {
            (Way::App, Act::Edit) if shape == ContentKind::Card => Endpoint::Patch,
            (Way::App, Act::Edit) => Endpoint::Edit,
            (Way::App, Act::Reply | Act::EditByReply) => Endpoint::Reply,
            (way, _) => way.send(),
        }
    }

    /// How a message that was just sent is brought up to date.
    pub fn edit_way(self) -> EditWay {
        match self {
            Way::App => EditWay::Edit,
            Way::Legacy => EditWay::Reply,
            Way::Helpdesk | Way::Batch | Way::Bot => EditWay::New,
        }
    }

    /// Whether a repeat of the call is recognised by the platform.
    pub fn has_uuid(self) -> bool {
        self.send().has_uuid()
    }

    /// Over what it is written.
    pub fn channel(self) -> Channel {
        match self {
            Way::App => Channel::App,
            Way::Legacy | Way::Helpdesk | Way::Batch => Channel::Legacy,
            Way::Bot => Channel::CustomBot,
        }
    }

    /// What fits into one message.
    pub fn limit(self, kind: ContentKind) -> Limit {
        match self {
            Way::Bot => Limit::custom_bot(),
            _ => Limit::app(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_have_calls() {
        use ContentKind::{Card, Text};
        for (way, act, shape, endpoint) in [
            (Way::App, Act::Send, Card, Endpoint::Send),
            (Way::App, Act::Edit, Card, Endpoint::Patch),
            (Way::App, Act::Edit, Text, Endpoint::Edit),
            (Way::App, Act::EditByReply, Card, Endpoint::Reply),
            (Way::Legacy, Act::Send, Card, Endpoint::LegacySend),
            (Way::Legacy, Act::Reply, Text, Endpoint::LegacySend),
            (Way::Helpdesk, Act::Send, Card, Endpoint::HelpdeskSend),
            (Way::Batch, Act::Send, Card, Endpoint::BatchSend),
            (Way::Bot, Act::Send, Card, Endpoint::Hook),
        ] {
            assert_eq!(way.endpoint(act, shape), endpoint, "{way:?} {act:?}");
        }
    }

    #[test]
    fn only_the_app_repeats_safely() {
        for way in [Way::App, Way::Legacy, Way::Helpdesk, Way::Batch, Way::Bot] {
            assert_eq!(way.has_uuid(), way == Way::App);
            assert_eq!(way.edit_way() == EditWay::Edit, way == Way::App);
        }
    }
}
