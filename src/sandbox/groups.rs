//! Who is in a chat, and who rules it.

use crate::sandbox::world::{Chat, ChatMode, ChatStatus, World};

impl Chat {
    /// Whether the app's bot is a member.
    pub fn has_bot(&self, app_id: &str) -> bool {
        self.bots.contains(app_id) || (self.every_bot && !self.without_bots.contains(app_id))
    }

    /// Whether the person is a member.
    pub fn has_person(&self, open_id: &str) -> bool {
        self.members.contains(open_id) || (self.every_person && !self.without_people.contains(open_id))
    }

    /// Whether it is dissolved.
    pub fn dissolved(&self) -> bool {
        self.status == ChatStatus::Dissolved
    }

    /// Whether the app's bot may do what owner and administrators may.
    pub(crate) fn is_ruled_by(&self, app_id: &str) -> bool {
        self.creator == app_id || self.bot_managers.contains(app_id) || (self.creator.is_empty() && self.owner_id.is_empty())
    }

    /// How many bots it has; every bot counts as one.
    pub(crate) fn bot_count(&self) -> usize {
        if self.every_bot { self.bots.len().max(1) } else { self.bots.len() }
    }

    /// Puts a bot in.
    pub(crate) fn add_bot(&mut self, app_id: &str) {
        self.without_bots.remove(app_id);
        self.bots.insert(app_id.to_owned());
    }

    /// Takes a bot out.
    pub(crate) fn remove_bot(&mut self, app_id: &str) {
        self.bots.remove(app_id);
        self.bot_managers.remove(app_id);
        self.without_bots.insert(app_id.to_owned());
    }

    /// Puts a person in.
    pub(crate) fn add_person(&mut self, open_id: &str) {
        self.without_people.remove(open_id);
        self.members.insert(open_id.to_owned());
    }

    /// Takes a person out.
    pub(crate) fn remove_person(&mut self, open_id: &str) {
        self.members.remove(open_id);
        self.without_people.insert(open_id.to_owned());
    }
}

impl World {
    /// Whether the person is in the chat; who belongs to it as everybody does is listed from then on.
    pub(crate) fn is_member(&mut self, chat_id: &str, open_id: &str) -> bool {
        let Some(chat) = self.chats.get_mut(chat_id) else { return false };
        if !chat.has_person(open_id) {
            return false;
        }
        chat.members.insert(open_id.to_owned());
        true
    }

    /// Whether the bot still reaches the other side of a one-to-one chat; groups are reached always.
    pub(crate) fn is_reachable(&self, chat_id: &str) -> bool {
        let Some(chat) = self.chats.get(chat_id).filter(|chat| chat.mode == ChatMode::P2p) else { return true };
        let people = chat.members.iter().filter_map(|open_id| self.people.get(open_id));
        people.into_iter().all(|person| !person.resigned && !person.unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_and_people_can_be_taken_out() {
        let mut chat = Chat { every_bot: true, every_person: true, ..Chat::default() };
        chat.remove_bot("cli_a");
        chat.remove_person("ou_a");
        assert!(!chat.has_bot("cli_a") && chat.has_bot("cli_b") && !chat.has_person("ou_a") && chat.has_person("ou_b"));
        chat.add_bot("cli_a");
        chat.add_person("ou_a");
        assert!(chat.has_bot("cli_a") && chat.has_person("ou_a"));
    }

    #[test]
    fn a_chat_without_owner_and_creator_is_everybodys() {
        let mut chat = Chat::default();
        assert!(chat.is_ruled_by("cli_a"));
        chat.owner_id = "ou_1".to_owned();
        assert!(!chat.is_ruled_by("cli_a"));
        chat.bot_managers.insert("cli_a".to_owned());
        assert!(chat.is_ruled_by("cli_a") && !chat.is_ruled_by("cli_b"));
    }
}
