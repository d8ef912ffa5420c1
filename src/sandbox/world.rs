//! Who and what exists in the sandbox's tenant: apps, people, chats, custom bots.
//!
//! A *lenient* world (the default) makes what it is asked for the first time: any app, any `oc_` chat
//! with the bot in it, any `ou_`/`on_` person, any e-mail or mobile (not `.invalid`), any hook. What was
//! removed stays unknown. A strict world knows only what it lists. Look-ups are in `people.rs`.

use crate::sandbox::apps::App;
use crate::sandbox::batches::BatchRules;
use crate::sandbox::departments::{Department, Helpdesk};
use crate::sandbox::people::PeopleIndex;
use crate::util::id::hash_id;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The sandbox's tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default = "World::bare", deny_unknown_fields)]
pub struct World {
    /// Makes unknown apps, chats, people and hooks on first use.
    pub lenient: bool,
    /// The tenant's key, as messages name it.
    pub tenant_key: String,
    /// Calls left this month before 99991403; `None`: a paid edition without a quota.
    pub quota: Option<u64>,
    /// Seconds in which text and post may be edited (230075), as the tenant's administrator sets it.
    pub edit_window_s: Option<u32>,
    /// Seconds in which a message may be taken back (230009).
    pub recall_window_s: Option<u32>,
    /// Text messages left for urging people (230024); `None`: as many as wanted.
    pub urgent_sms: Option<u64>,
    /// Phone calls left for urging people (230024); `None`: as many as wanted.
    pub urgent_phone: Option<u64>,
    /// Apps by `app_id`. When there is one (but for those that are `unlisted`), only these get tokens.
    pub apps: BTreeMap<String, App>,
    /// People, by their `open_id`.
    pub people: BTreeMap<String, Person>,
    /// Chats by `chat_id`.
    pub chats: BTreeMap<String, Chat>,
    /// Custom bots by the token at the end of their URL.
    pub hooks: BTreeMap<String, Hook>,
    /// Departments, by their `open_department_id`.
    pub departments: BTreeMap<String, Department>,
    /// Help desks by id. When there is one, only listed ones are known.
    pub helpdesks: BTreeMap<String, Helpdesk>,
    /// How batches run.
    pub batch: BatchRules,
    /// Ids, addresses and hook tokens that were removed and are not made again.
    pub removed: BTreeSet<String>,
    /// The number of the newest chat.
    pub newest_chat: u64,
    #[serde(skip)]
    pub(crate) index: PeopleIndex,
}

/// A person.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// `ou_...`, as every app without an entry in `open_ids` sees it.
    pub open_id: String,
    /// Another `open_id` for some apps.
    pub open_ids: BTreeMap<String, String>,
    /// `on_...`
    pub union_id: String,
    /// The tenant's own id.
    pub user_id: String,
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// The mobile number, with country code.
    pub mobile: String,
    /// Has left (230029).
    pub resigned: bool,
    /// Outside the bot's availability (230013).
    pub unavailable: bool,
    /// Has stopped the bot (230053).
    pub stopped_bot: bool,
    /// Outside the app's contact data (41050).
    pub hidden: bool,
    /// Has an open ticket at the help desk, whose service group then takes no message.
    pub open_ticket: bool,
}

/// Chats, people and hooks that are made on first use, at most, of each.
pub(crate) const MAX_MADE: usize = 20_000;

/// The state of a chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatStatus {
    /// In use.
    #[default]
    Normal,
    /// Dissolved by its owner.
    Dissolved,
}

/// The kind of a chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatMode {
    /// A group.
    #[default]
    Group,
    /// A group of topics.
    Topic,
    /// A bot and one person.
    P2p,
}

/// A chat.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Chat {
    /// `oc_...`
    pub chat_id: String,
    /// Which of the world's chats it is, in the order they were made; 0 gives it the next number.
    pub number: u64,
    /// The name.
    pub name: String,
    /// The name in other languages: `zh_cn`, `en_us`, `ja_jp`.
    pub i18n_names: BTreeMap<String, String>,
    /// The description.
    pub description: String,
    /// Group, topics, or one person.
    pub mode: ChatMode,
    /// In use or dissolved.
    pub status: ChatStatus,
    /// Every bot is a member, except `without_bots`.
    pub every_bot: bool,
    /// Apps whose bot is a member.
    pub bots: BTreeSet<String>,
    /// Apps whose bot was removed.
    pub without_bots: BTreeSet<String>,
    /// Every person is a member and is listed from their first use, except `without_people`.
    pub every_person: bool,
    /// `open_id` of the members.
    pub members: BTreeSet<String>,
    /// `open_id` of people who were taken out.
    pub without_people: BTreeSet<String>,
    /// `open_id` of the owner; empty: a bot owns it.
    pub owner_id: String,
    /// The app that made it; empty, and without an owner, every bot rules it.
    pub creator: String,
    /// Apps whose bot is an administrator.
    pub bot_managers: BTreeSet<String>,
    /// Anybody may find and join it.
    pub public: bool,
    /// A group whose messages are all topics.
    pub topic_messages: bool,
    /// Settings given when it was made, as the platform names them.
    pub settings: BTreeMap<String, String>,
    /// Nobody but a few may speak (230035).
    pub muted: bool,
    /// The group's settings keep bots from speaking (230018).
    pub restricted: bool,
    /// `@all` is not allowed: a card with it is refused.
    pub no_at_all: bool,
    /// Replies in a topic are not allowed (230071).
    pub no_threads: bool,
    /// An encrypted chat (230075).
    pub secret: bool,
    /// Cards are not allowed (230054).
    pub no_cards: bool,
    /// With people of other tenants (no urgent notices: 230027).
    pub external: bool,
    /// Only owner and administrators may urge (230052).
    pub urgent_by_admins: bool,
    /// Only owner and administrators may pin (230046).
    pub pin_by_admins: bool,
    /// Folded away by its members: no urgent text messages and calls (230098).
    pub folded: bool,
    /// Restricted mode: nothing is forwarded (230070) or downloaded (234038).
    pub restricted_mode: bool,
}

/// A custom bot of a group.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hook {
    /// The end of its URL.
    pub token: String,
    /// Its group; empty makes one.
    pub chat_id: String,
    /// Its name.
    pub name: String,
    /// The signing secret; empty checks no signature.
    pub secret: String,
    /// At least one of these must occur; empty checks none.
    pub keywords: Vec<String>,
    /// Allowed addresses (single, CIDR, or `123.12.1.*`); empty allows all.
    pub ips: Vec<String>,
}

impl Default for World {
    fn default() -> Self {
        let mut world = Self {
            lenient: true,
            tenant_key: "736588c9260f175d".to_owned(),
            quota: None,
            edit_window_s: None,
            recall_window_s: None,
            urgent_sms: None,
            urgent_phone: None,
            apps: BTreeMap::new(),
            people: BTreeMap::new(),
            chats: BTreeMap::new(),
            hooks: BTreeMap::new(),
            departments: BTreeMap::new(),
            helpdesks: BTreeMap::new(),
            batch: BatchRules::default(),
            removed: BTreeSet::new(),
            newest_chat: 0,
            index: PeopleIndex::default(),
        };
        for (name, email, mobile) in [
            ("王磊", "wang@example.com", "+8613800000001"),
            ("李婷", "li@example.com", "+8613800000002"),
            ("张伟", "zhang@example.com", "+8613800000003"),
            ("陈晨", "chen@example.com", "+8613800000004"),
        ] {
            world.add_person(Person { name: name.to_owned(), email: email.to_owned(), mobile: mobile.to_owned(), ..Person::default() });
        }
        let everyone: BTreeSet<String> = world.people.keys().cloned().collect();
        for (chat_id, name) in [
            ("oc_00000000000000000000000000000001", "值班告警"),
            ("oc_00000000000000000000000000000002", "数据库告警"),
            ("oc_00000000000000000000000000000003", "业务告警"),
            ("oc_00000000000000000000000000000004", "运维备用"),
        ] {
            let (chat_id, name) = (chat_id.to_owned(), name.to_owned());
            world.add_chat(Chat { chat_id, name, every_bot: true, members: everyone.clone(), ..Chat::default() });
        }
        world.add_hook(Hook {
            token: "00000000-0000-0000-0000-000000000001".to_owned(), name: "告警机器人".to_owned(), ..Hook::default()
        });
        world
    }
}

impl World {
    /// A world that knows nothing and makes nothing.
    pub fn strict() -> Self {
        Self {
            lenient: false,
            apps: BTreeMap::new(),
            people: BTreeMap::new(),
            chats: BTreeMap::new(),
            hooks: BTreeMap::new(),
            newest_chat: 0,
            ..Self::default()
        }
    }

    /// Adds a person; ids that are empty are made from the others. Returns the `open_id`.
    pub fn add_person(&mut self, mut person: Person) -> String {
        let seed =
            [&person.open_id, &person.union_id, &person.user_id, &person.email, &person.mobile, &person.name].map(String::as_str).join("|");
        let made = hash_id(&[seed.as_str()]);
        let fill = |slot: &mut String, prefix: &str, len: usize| {
            if slot.is_empty() {
                *slot = format!("{prefix}{}", made.get(..len).unwrap_or(&made));
            }
        };
        fill(&mut person.open_id, "ou_", 32);
        fill(&mut person.union_id, "on_", 32);
        fill(&mut person.user_id, "", 8);
        if person.name.is_empty() {
            let local = person.email.split('@').next().unwrap_or_default();
            let tail = person.open_id.get(person.open_id.len().saturating_sub(4)..).unwrap_or_default();
            person.name = if local.is_empty() { format!("用户 {tail}") } else { local.to_owned() };
        }
        for id in [&person.open_id, &person.union_id, &person.user_id, &person.email, &person.mobile] {
            self.removed.remove(id);
        }
        let open_id = person.open_id.clone();
        self.index.add(&person, &self.people);
        self.people.insert(open_id.clone(), person);
        open_id
    }

    /// Adds or replaces a chat; returns its id.
    pub fn add_chat(&mut self, mut chat: Chat) -> String {
        if chat.chat_id.is_empty() {
            chat.chat_id = format!("oc_{}", hash_id(&["chat", &chat.name]).get(..32).unwrap_or_default());
        }
        if chat.name.is_empty() {
            chat.name = format!("群聊 {}", chat.chat_id.get(chat.chat_id.len().saturating_sub(4)..).unwrap_or_default());
        }
        self.removed.remove(&chat.chat_id);
        if chat.number == 0 {
            chat.number = self.chats.get(&chat.chat_id).map_or(self.newest_chat + 1, |known| known.number);
        }
        self.newest_chat = self.newest_chat.max(chat.number);
        let chat_id = chat.chat_id.clone();
        self.chats.insert(chat_id.clone(), chat);
        chat_id
    }

    /// Adds or replaces a custom bot, with a chat of its own where none is named.
    pub fn add_hook(&mut self, mut hook: Hook) {
        if hook.name.is_empty() {
            "自定义机器人".clone_into(&mut hook.name);
        }
        if hook.chat_id.is_empty() {
            let chat_id = format!("oc_{}", hash_id(&["hook", &hook.token]).get(..32).unwrap_or_default());
            let name = format!("{} 的群", hook.name);
            hook.chat_id = self.add_chat(Chat { chat_id, name, every_bot: true, every_person: self.lenient, ..Chat::default() });
        }
        self.removed.remove(&hook.token);
        self.hooks.insert(hook.token.clone(), hook);
    }

    /// The custom bot behind a URL.
    pub(crate) fn hook(&mut self, token: &str) -> Option<Hook> {
        let makes = self.lenient && self.hooks.len() < MAX_MADE && !token.is_empty() && !self.removed.contains(token);
        if makes && !self.hooks.contains_key(token) {
            self.add_hook(Hook { token: token.to_owned(), ..Hook::default() });
        }
        self.hooks.get(token).cloned()
    }

    /// The chat of this id, made when the world is lenient and the id looks like one.
    pub(crate) fn chat(&mut self, chat_id: &str) -> Option<&mut Chat> {
        let makes = self.lenient && self.chats.len() < MAX_MADE;
        if makes && !self.chats.contains_key(chat_id) && looks_like("oc_", chat_id) && !self.removed.contains(chat_id) {
            self.add_chat(Chat { chat_id: chat_id.to_owned(), every_bot: true, every_person: true, ..Chat::default() });
        }
        self.chats.get_mut(chat_id)
    }

    /// The chat of a bot and one person, made on first use.
    pub(crate) fn p2p(&mut self, app_id: &str, open_id: &str) -> String {
        let chat_id = format!("oc_{}", hash_id(&["p2p", app_id, open_id]).get(..32).unwrap_or_default());
        if !self.chats.contains_key(&chat_id) {
            let name = self.people.get(open_id).map_or_else(|| open_id.to_owned(), |person| person.name.clone());
            let (bots, members) = ([app_id.to_owned()].into(), [open_id.to_owned()].into());
            self.add_chat(Chat { chat_id: chat_id.clone(), name, mode: ChatMode::P2p, bots, members, ..Chat::default() });
        }
        chat_id
    }
}

impl Hook {
    /// Whether calls from this address are allowed.
    pub(crate) fn admits(&self, peer: IpAddr) -> bool {
        self.ips.is_empty() || self.ips.iter().any(|rule| admits(rule, peer))
    }
}

fn admits(rule: &str, peer: IpAddr) -> bool {
    if let Some(prefix) = rule.strip_suffix('*') {
        return peer.to_string().starts_with(prefix);
    }
    rule.parse::<ipnet::IpNet>().is_ok_and(|net| net.contains(&peer)) || rule.parse::<IpAddr>().is_ok_and(|ip| ip == peer)
}

/// Whether an id has the prefix and then only letters, digits, `_` and `-`.
pub(crate) fn looks_like(prefix: &str, id: &str) -> bool {
    id.strip_prefix(prefix)
        .is_some_and(|rest| (1..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-'))
}

/// When the moment is, as the platform writes it: milliseconds in a string.
pub(crate) fn ms_text(at: Timestamp) -> String {
    at.as_millisecond().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lenient_world_makes_chats_once_and_never_removed_ones() {
        let mut world = World::default();
        assert!(world.chat("oc_mine").is_some_and(|chat| chat.has_bot("cli_any")));
        assert!(world.chat("not-a-chat").is_none());
        world.removed.insert("oc_gone".to_owned());
        assert!(world.chat("oc_gone").is_none());
        assert!(World::strict().chat("oc_mine").is_none());
    }

    #[test]
    fn hooks_admit_by_address() {
        let hook = Hook { ips: vec!["10.0.0.0/8".to_owned(), "123.12.1.*".to_owned(), "::1".to_owned()], ..Hook::default() };
        for (peer, admitted) in [("10.2.3.4", true), ("123.12.1.9", true), ("123.12.2.9", false), ("::1", true), ("127.0.0.1", false)] {
            assert_eq!(hook.admits(peer.parse().unwrap()), admitted, "{peer}");
        }
    }
}
