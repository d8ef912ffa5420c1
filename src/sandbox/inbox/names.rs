//! Names and pictures for what is drawn, asked of the world one at a time: the state is never held while a page is made.

use crate::draw;
use crate::sandbox::core::{Core, Shared};
use crate::sandbox::messages::{Message, Sender};

/// The world as drawing asks for it.
pub(super) struct Names<'a>(pub &'a Shared);

impl draw::World for Names<'_> {
    fn person(&self, id: &str) -> Option<String> {
        let core = self.0.lock();
        if let Some(person) = core.world.people.get(id) {
            return Some(person.name.clone());
        }
        let found = core.world.people.values().find(|person| person.union_id == id || person.user_id == id || person.email == id);
        found.map(|person| person.name.clone())
    }

    fn chat(&self, id: &str) -> Option<String> {
        self.0.lock().world.chats.get(id).map(|chat| chat.name.clone())
    }

    fn image(&self, key: &str) -> Option<String> {
        self.0.lock().images.get(key).map(|_| format!("/_sandbox/images/{key}"))
    }

    fn file(&self, key: &str) -> Option<draw::File> {
        let core = self.0.lock();
        core.files.get(key).map(|(info, _)| draw::File { name: info.name.clone(), url: Some(format!("/_sandbox/files/{key}")) })
    }
}

/// Who sent it, by name, and whether it is a bot.
pub(super) fn sender(core: &Core, sender: &Sender) -> (String, bool) {
    match sender {
        Sender::App(id) => (core.world.app(id).name, true),
        Sender::Hook(token) => (core.world.hooks.get(token).map_or_else(|| token.clone(), |hook| hook.name.clone()), true),
        Sender::Person(id) => (core.world.people.get(id).map_or_else(|| id.clone(), |person| person.name.clone()), false),
    }
}

/// A number that is another one after each change of the message.
pub(super) fn revision(message: &Message) -> String {
    let version = message.versions.last().map_or(0, |version| version.number);
    let touched = message.reactions.len() + message.reads.len() + message.urgents.len();
    format!(
        "{version}.{touched}.{}.{}.{}",
        message.updated.as_millisecond(),
        u8::from(message.pin.is_some()),
        u8::from(message.recalled.is_some())
    )
}
