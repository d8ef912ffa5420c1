//! Verbs about chats and their members.

use super::address;
use super::error::{ErrorKind, VerbError};
use super::run::{App, Executor, with};
use super::{CreateChat, Verb};
use crate::deliver::limiter::Scope;
use crate::feishu::call::{Call, NewChat};
use serde_json::{Value, json};

/// People that one call adds or removes.
const PEOPLE_A_CALL: usize = 50;
/// Bots that one call adds or removes.
const BOTS_A_CALL: usize = 5;
/// Longest words that a search takes, in characters; longer ones find nothing.
const LONGEST_SEARCH: usize = 64;

impl Executor<'_> {
    pub(super) async fn look(&self, app: App<'_>, verb: &Verb) -> Result<Value, VerbError> {
        let call = match verb {
            Verb::Chats { page } => Call::chats(page.as_deref()),
            Verb::SearchChats { words, .. } if words.trim().is_empty() || words.chars().count() > LONGEST_SEARCH => {
                return Err(VerbError::usage(format!("a search has 1 to {LONGEST_SEARCH} characters")).at("words"));
            }
            // A bare minus sign is an operator of the search.
            Verb::SearchChats { words, page } if words.contains('-') && !words.contains('"') => {
                Call::chat_search(&format!("\"{words}\""), page.as_deref())
            }
            Verb::SearchChats { words, page } => Call::chat_search(words, page.as_deref()),
            Verb::Chat { chat } => {
                let chat = address::chat(chat)?;
                let data = self.call(app, &Call::chat_info(chat), Scope::None).await?.data;
                return Ok(with(data, &[("chat_id", json!(chat))]));
            }
            Verb::Members { chat, page } => Call::members(address::chat(chat)?, page.as_deref()),
            _ => return Err(VerbError::usage("this verb looks at no chat")),
        };
        self.call(app, &call, Scope::None).await.map(|answer| with(answer.data, &[]))
    }

    pub(super) async fn create_chat(&self, app: App<'_>, new: &CreateChat, uuid: &str) -> Result<Value, VerbError> {
        if new.name.trim().is_empty() {
            return Err(VerbError::usage("a chat needs a name").at("name"));
        }
        if let Some(other) = new.urgent_by.as_deref().filter(|by| !matches!(*by, "only_owner" | "all_members")) {
            return Err(VerbError::usage(format!("{other:?} cannot urge: only_owner or all_members can")).at("urgent_by"));
        }
        let (people, mut not_found) = if new.people.is_empty() { <_>::default() } else { self.open_ids(app, &new.people).await? };
        if people.len() > PEOPLE_A_CALL {
            let message = format!("a chat begins with at most {PEOPLE_A_CALL} people, not {}; add the others afterwards", people.len());
            return Err(VerbError::usage(message).at("people"));
        }
        let owner = match &new.owner {
            None => None,
            Some(owner) => {
                let (ids, missing) = self.open_ids(app, std::slice::from_ref(owner)).await?;
                not_found.extend(missing);
                match ids.as_slice() {
                    [one] => Some(one.clone()),
                    _ => return Err(VerbError::new(ErrorKind::Refused, format!("{owner} is not exactly one person")).at("owner")),
                }
            }
        };
        let chat = NewChat {
            name: Some(new.name.clone()),
            description: new.description.clone(),
            owner_id: owner,
            user_id_list: people,
            bot_id_list: Vec::new(),
            chat_type: new.public.then(|| "public".to_owned()),
            group_message_type: new.topics.then(|| "thread".to_owned()),
            urgent_setting: new.urgent_by.clone(),
        };
        let answer = self.call(app, &Call::chat_create(&chat, uuid), Scope::None).await?;
        Ok(with(answer.data, &[("uuid", json!(uuid)), ("not_found", json!(not_found))]))
    }

    /// Adds or removes people and bots, call after call: the platform refuses changes of one chat at the same time.
    pub(super) async fn members(&self, app: App<'_>, chat: &str, who: &[String], add: bool) -> Result<Value, VerbError> {
        let chat = address::chat(chat)?;
        let (bots, people): (Vec<String>, Vec<String>) = who.iter().cloned().partition(|text| text.starts_with("cli_"));
        let mut lists: Vec<(&str, Vec<String>, usize)> = Vec::new();
        let mut not_found = Vec::new();
        if !people.is_empty() {
            let range = self.range(app, &self.people(&people)?).await?;
            lists.extend(range.by_kind().map(|(kind, ids)| (kind, ids.clone(), PEOPLE_A_CALL)));
            not_found = range.not_found;
        }
        for bot in &bots {
            address::id(bot, "cli_", "an app")?;
        }
        lists.push(("app_id", bots, BOTS_A_CALL));
        if lists.iter().all(|(_, ids, _)| ids.is_empty()) {
            let message = if not_found.is_empty() { "nobody is named".to_owned() } else { format!("nobody has {}", not_found.join(", ")) };
            return Err(VerbError::usage(message).at("who"));
        }
        let (mut done, mut refused) = (0, serde_json::Map::new());
        for (kind, ids, most) in &lists {
            for part in ids.chunks(*most) {
                let part: Vec<&str> = part.iter().map(String::as_str).collect();
                let call = if add { Call::members_add(chat, kind, &part) } else { Call::members_remove(chat, kind, &part) };
                let answer = self.call(app, &call, Scope::None).await;
                let answer = answer.map_err(|error| if done > 0 { error.after(json!({ "done": done })) } else { error })?;
                done += part.len();
                for (name, list) in answer.data.as_object().into_iter().flatten() {
                    let Some(list) = list.as_array() else { continue };
                    done = done.saturating_sub(list.len());
                    if let Some(all) = refused.entry(name.clone()).or_insert_with(|| json!([])).as_array_mut() {
                        all.extend(list.iter().cloned());
                    }
                }
            }
        }
        Ok(with(Value::Object(refused), &[("chat_id", json!(chat)), ("done", json!(done)), ("not_found", json!(not_found))]))
    }
}
