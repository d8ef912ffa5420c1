//! Changing the world while it runs: what an administrator or a person would do.

use crate::sandbox::apps::{App, Callback};
use crate::sandbox::batches::BatchRules;
use crate::sandbox::core::Core;
use crate::sandbox::departments::{Department, Helpdesk};
use crate::sandbox::people::IdKind;
use crate::sandbox::world::{Chat, ChatStatus, Hook, Person, World};
use serde::{Deserialize, Serialize};

/// One change of the world (`POST /_sandbox/world`, one or a list).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum WorldOp {
    /// Replaces the world by a fresh default one (`strict`: an empty one that makes nothing).
    Reset {
        /// Empty, and makes nothing on first use.
        #[serde(default)]
        strict: bool,
    },
    /// Makes or stops making unknown ids on first use.
    SetLenient {
        /// Whether it makes them.
        value: bool,
    },
    /// Sets the calls left this month; absent: no quota.
    SetQuota {
        /// Calls left.
        left: Option<u64>,
    },
    /// Sets the administrator's windows for edits and recalls, in seconds; absent: none.
    SetWindows {
        /// For edits of text and post (230075).
        edit_s: Option<u32>,
        /// For recalls (230009).
        recall_s: Option<u32>,
    },
    /// Sets how many people may still be urged by text message and by phone; absent: as many as wanted.
    SetUrgentQuota {
        /// Text messages left (230024).
        sms: Option<u64>,
        /// Calls left (230024).
        phone: Option<u64>,
    },
    /// Lists an app: from then on only listed apps get tokens.
    AddApp {
        /// Its id.
        app_id: String,
        /// The app.
        #[serde(default)]
        app: App,
    },
    /// Changes how an app is told of pressed cards, without the challenge that its console would send; absent fields stay. An
    /// app that was not listed does not become so.
    UpdateApp {
        /// Its id.
        app_id: String,
        /// The bot's name.
        name: Option<String>,
        /// How it is told.
        callback: Option<Callback>,
        /// The Verification Token.
        verification_token: Option<String>,
        /// The Encrypt Key; empty: callbacks are plain.
        encrypt_key: Option<String>,
    },
    /// Removes an app; its tokens and connections end.
    RemoveApp {
        /// Its id.
        app_id: String,
    },
    /// Adds or replaces a person.
    AddPerson {
        /// The person.
        person: Person,
    },
    /// Removes a person for good.
    RemovePerson {
        /// Any of their ids or addresses.
        id: String,
    },
    /// Adds or replaces a chat.
    AddChat {
        /// The chat.
        chat: Chat,
    },
    /// Removes a chat as if it never was.
    RemoveChat {
        /// The chat.
        chat_id: String,
    },
    /// Dissolves a chat.
    DissolveChat {
        /// The chat.
        chat_id: String,
    },
    /// Takes the bot out of a chat.
    RemoveBot {
        /// The chat.
        chat_id: String,
        /// Whose bot; absent: every bot.
        app_id: Option<String>,
    },
    /// Puts the bot into a chat.
    AddBot {
        /// The chat.
        chat_id: String,
        /// Whose bot; absent: every bot.
        app_id: Option<String>,
    },
    /// Changes what is allowed in a chat; absent fields stay.
    UpdateChat {
        /// The chat.
        chat_id: String,
        /// The name.
        name: Option<String>,
        /// Nobody but a few may speak (230035).
        muted: Option<bool>,
        /// Bots may not speak (230018).
        restricted: Option<bool>,
        /// `@all` is not allowed.
        no_at_all: Option<bool>,
        /// Topics are not allowed (230071).
        no_threads: Option<bool>,
        /// Encrypted (230075).
        secret: Option<bool>,
        /// Cards are not allowed (230054).
        no_cards: Option<bool>,
        /// With people of other tenants.
        external: Option<bool>,
        /// Only owner and administrators may urge (230052).
        urgent_by_admins: Option<bool>,
        /// Only owner and administrators may pin (230046).
        pin_by_admins: Option<bool>,
        /// Folded away (230098).
        folded: Option<bool>,
        /// Nothing is forwarded or downloaded (230070, 234038).
        restricted_mode: Option<bool>,
        /// `open_id` of the owner; empty: a bot owns it.
        owner_id: Option<String>,
    },
    /// Puts a person into a chat.
    AddMember {
        /// The chat.
        chat_id: String,
        /// Any id or address.
        person: String,
    },
    /// Takes a person out of a chat.
    RemoveMember {
        /// The chat.
        chat_id: String,
        /// Any id or address.
        person: String,
    },
    /// Adds or replaces a custom bot.
    AddHook {
        /// The bot.
        hook: Hook,
    },
    /// Adds or replaces a department.
    AddDepartment {
        /// The department.
        department: Department,
    },
    /// Removes a department for good; its people stay.
    RemoveDepartment {
        /// Its `open_department_id`.
        id: String,
    },
    /// Lists a help desk: from then on only listed ones are known.
    AddHelpdesk {
        /// The help desk.
        helpdesk: Helpdesk,
    },
    /// Opens or closes a person's ticket at the help desk.
    SetTicket {
        /// Any id or address.
        person: String,
        /// Whether a ticket is open.
        open: bool,
    },
    /// Sets how batches run; absent fields have their defaults.
    SetBatch {
        /// The rules.
        rules: BatchRules,
    },
    /// Removes a custom bot for good.
    RemoveHook {
        /// The end of its URL.
        token: String,
    },
}

/// Why the world could not be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// No such chat.
    #[error("there is no chat {0:?} and none is made by that name")]
    NoChat(String),
    /// No such person.
    #[error("there is no person {0:?}")]
    NoPerson(String),
    /// Nothing listed by that name.
    #[error("there is no {0} {1:?}")]
    Nothing(&'static str, String),
}

impl Core {
    /// Applies one change.
    pub fn apply(&mut self, op: WorldOp) -> Result<(), WorldError> {
        match op {
            WorldOp::Reset { strict } => self.world = if strict { World::strict() } else { World::default() },
            WorldOp::SetLenient { value } => self.world.lenient = value,
            WorldOp::SetQuota { left } => self.world.quota = left,
            WorldOp::SetWindows { edit_s, recall_s } => (self.world.edit_window_s, self.world.recall_window_s) = (edit_s, recall_s),
            WorldOp::SetUrgentQuota { sms, phone } => (self.world.urgent_sms, self.world.urgent_phone) = (sms, phone),
            WorldOp::AddApp { app_id, app } => {
                self.world.apps.insert(app_id, app);
            }
            WorldOp::UpdateApp { app_id, name, callback, verification_token, encrypt_key } => {
                let mut app = self.world.app(&app_id);
                app.name = name.unwrap_or(app.name);
                app.callback = callback.unwrap_or(app.callback);
                app.verification_token = verification_token.unwrap_or(app.verification_token);
                app.encrypt_key = encrypt_key.unwrap_or(app.encrypt_key);
                self.world.apps.insert(app_id, app);
            }
            WorldOp::RemoveApp { app_id } => {
                self.tokens.expire(Some(&app_id));
                self.sockets.close(Some(&app_id));
                return self.world.apps.remove(&app_id).map(|_| ()).ok_or(WorldError::Nothing("app", app_id));
            }
            WorldOp::AddPerson { person } => {
                self.world.add_person(person);
            }
            WorldOp::RemovePerson { id } => return self.remove_person(id),
            WorldOp::AddChat { chat } => {
                self.world.add_chat(chat);
            }
            WorldOp::RemoveChat { chat_id } => {
                self.world.chats.remove(&chat_id);
                self.world.removed.insert(chat_id);
            }
            WorldOp::DissolveChat { chat_id } => self.chat(&chat_id)?.status = ChatStatus::Dissolved,
            WorldOp::RemoveBot { chat_id, app_id } => {
                let chat = self.chat(&chat_id)?;
                match app_id {
                    Some(app_id) => chat.remove_bot(&app_id),
                    None => {
                        chat.bots.clear();
                        chat.every_bot = false;
                    }
                }
            }
            WorldOp::AddBot { chat_id, app_id } => {
                let chat = self.chat(&chat_id)?;
                match app_id {
                    Some(app_id) => chat.add_bot(&app_id),
                    None => {
                        chat.without_bots.clear();
                        chat.every_bot = true;
                    }
                }
            }
            WorldOp::UpdateChat {
                chat_id,
                name,
                muted,
                restricted,
                no_at_all,
                no_threads,
                secret,
                no_cards,
                external,
                urgent_by_admins,
                pin_by_admins,
                folded,
                restricted_mode,
                owner_id,
            } => {
                let chat = self.chat(&chat_id)?;
                chat.name = name.unwrap_or_else(|| std::mem::take(&mut chat.name));
                chat.owner_id = owner_id.unwrap_or_else(|| std::mem::take(&mut chat.owner_id));
                for (slot, value) in [
                    (&mut chat.muted, muted),
                    (&mut chat.restricted, restricted),
                    (&mut chat.no_at_all, no_at_all),
                    (&mut chat.no_threads, no_threads),
                    (&mut chat.secret, secret),
                    (&mut chat.no_cards, no_cards),
                    (&mut chat.external, external),
                    (&mut chat.urgent_by_admins, urgent_by_admins),
                    (&mut chat.pin_by_admins, pin_by_admins),
                    (&mut chat.folded, folded),
                    (&mut chat.restricted_mode, restricted_mode),
                ] {
                    *slot = value.unwrap_or(*slot);
                }
            }
            WorldOp::AddMember { chat_id, person } => {
                let open_id = self.open_id(&person)?;
                self.chat(&chat_id)?.add_person(&open_id);
            }
            WorldOp::RemoveMember { chat_id, person } => {
                let open_id = self.open_id(&person)?;
                self.chat(&chat_id)?.remove_person(&open_id);
            }
            WorldOp::AddHook { hook } => self.world.add_hook(hook),
            WorldOp::AddDepartment { department } => {
                self.world.add_department(department);
            }
            WorldOp::RemoveDepartment { id } => {
                self.world.departments.remove(&id);
                self.world.removed.insert(id);
            }
            WorldOp::AddHelpdesk { helpdesk } => {
                self.world.helpdesks.insert(helpdesk.helpdesk_id.clone(), helpdesk);
            }
            WorldOp::SetTicket { person, open } => {
                let open_id = self.open_id(&person)?;
                if let Some(person) = self.world.people.get_mut(&open_id) {
                    person.open_ticket = open;
                }
            }
            WorldOp::SetBatch { rules } => self.world.batch = rules,
            WorldOp::RemoveHook { token } => {
                self.world.hooks.remove(&token);
                self.world.removed.insert(token);
            }
        }
        Ok(())
    }

    fn chat(&mut self, chat_id: &str) -> Result<&mut Chat, WorldError> {
        self.world.chat(chat_id).ok_or_else(|| WorldError::NoChat(chat_id.to_owned()))
    }

    /// The `open_id` of whoever has this id, address or mobile number.
    pub fn open_id(&mut self, id: &str) -> Result<String, WorldError> {
        let found = if id.starts_with('+') {
            self.world.by_mobile(id).map(|person| person.open_id.clone())
        } else if id.contains('@') {
            self.world.person(IdKind::Email, id, "").ok().map(|person| person.open_id.clone())
        } else {
            self.world.anyone(id, "").map(|person| person.open_id.clone())
        };
        found.ok_or_else(|| WorldError::NoPerson(id.to_owned()))
    }

    fn remove_person(&mut self, id: String) -> Result<(), WorldError> {
        let known = self.open_id(&id);
        self.world.removed.insert(id);
        let Some(person) = self.world.people.remove(&known?) else { return Ok(()) };
        let ids = [person.open_id, person.union_id, person.user_id, person.email, person.mobile];
        self.world.removed.extend(ids.into_iter().chain(person.open_ids.into_values()).filter(|id| !id.is_empty()));
        Ok(())
    }
}
