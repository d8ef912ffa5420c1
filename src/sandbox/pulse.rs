//! What open pages are told: that something of a kind has changed. What, they then ask.

use std::collections::BTreeSet;
use tokio::sync::broadcast;

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Topic {
    /// A message of this chat is new or another than before.
    Chat(String),
    /// A call was made.
    Calls,
    /// Faults or an outage.
    Chaos,
    /// Who and what exists, or what is switched on.
    World,
    /// Everything.
    All,
}

/// Tells whoever listens; costs nothing where nobody does.
#[derive(Debug, Clone)]
pub(crate) struct Pulse(broadcast::Sender<Topic>);

impl Default for Pulse {
    fn default() -> Self {
        Self(broadcast::Sender::new(1024))
    }
}

impl Pulse {
    /// Tells what has changed.
    pub fn beat(&self, topic: impl FnOnce() -> Topic) {
        if self.0.receiver_count() > 0 {
            let _ = self.0.send(topic());
        }
    }

    /// What changes from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Topic> {
        self.0.subscribe()
    }
}

impl Topic {
    /// Its names in the pages.
    pub fn names(&self, names: &mut BTreeSet<String>) {
        match self {
            Self::Chat(chat_id) => {
                names.insert("chats".to_owned());
                names.insert(format!("chat:{chat_id}"));
            }
            Self::Calls => drop(names.insert("calls".to_owned())),
            Self::Chaos => drop(names.insert("chaos".to_owned())),
            Self::World => names.extend(["world".to_owned(), "chats".to_owned()]),
            Self::All => drop(names.insert("*".to_owned())),
        }
    }
}
