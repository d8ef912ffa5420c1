//! What the platform says to a configuration: credentials, bot, chats, people. Nothing is sent to anybody.
//!
//! [`ask`] asks now; [`known`] says what is known of people without asking.

use crate::config::settings::{Address, AddressKind, Platform};
use crate::feishu::check_live as ask;
use crate::feishu::check_live::Trouble;
use crate::feishu::people::Person;
use crate::live::{AppChannel, Live};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How good an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Result {
    /// As it should be.
    Good,
    /// It works, but maybe not as meant.
    Doubtful,
    /// It will not work.
    Bad,
}

/// One answer.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Of what: `app ops`, `chat:oc_x by ops`.
    pub about: String,
    /// How good it is.
    pub result: Result,
    /// In words, and what to do.
    pub says: String,
    /// The platform was not reached.
    pub unreachable: bool,
}

impl Answer {
    fn new(about: &str, result: Result, says: impl Into<String>) -> Self {
        Self { about: about.to_owned(), result, says: says.into(), unreachable: false }
    }

    fn trouble(about: &str, trouble: &Trouble) -> Self {
        Self { unreachable: !trouble.reached, ..Self::new(about, Result::Bad, trouble.to_string()) }
    }
}

/// A person whom the configuration names, and what is known of them.
#[derive(Debug, Clone, Serialize)]
pub struct Known {
    /// The app that asks for them.
    pub app: String,
    /// The configured address.
    pub address: String,
    /// found, not_found, failed, or unknown: nobody asked lately; id: the address is an id.
    pub state: &'static str,
    /// `ou_...`, where found.
    pub open_id: Option<String>,
    /// Why it failed.
    pub reason: Option<String>,
}

/// What is known of the people in routes, mentions and teams, without asking anybody.
pub fn known(live: &Live) -> Vec<Known> {
    let mut all = Vec::new();
    for (name, wanted) in wanted(live) {
        let Some(app) = live.channels.apps.get(&name) else { continue };
        for address in &wanted.people {
            let looked_up = matches!(address.kind, AddressKind::Email | AddressKind::Mobile);
            let (state, open_id, reason) = match app.people.known(address) {
                _ if !looked_up => ("id", None, None),
                None => ("unknown", None, None),
                Some(Person::Found(open_id)) => ("found", Some(open_id), None),
                Some(Person::NotFound) => ("not_found", None, None),
                Some(Person::Failed(_, why)) => ("failed", None, Some(why.to_string())),
            };
            all.push(Known { app: name.clone(), address: address.to_string(), state, open_id, reason });
        }
    }
    all
}

/// What is asked for one app.
#[derive(Default)]
struct Wanted {
    chats: BTreeSet<Address>,
    people: BTreeSet<Address>,
    /// Departments, and whether there are lists of people: both go by batches.
    departments: BTreeSet<Address>,
    batches: bool,
    /// Whom the help desk's bot writes to.
    helpdesk: BTreeSet<Address>,
    /// Addresses that are templates and cannot be asked about.
    templates: BTreeSet<String>,
}

/// Asks about every app that the routes use, its chats and its people.
pub async fn ask(live: &Live) -> Vec<Answer> {
    let mut answers = Vec::new();
    let wanted = wanted(live);
    for (name, app) in &live.channels.apps {
        if live.settings.apps.get(name).is_some_and(|app| app.platform == Platform::Sandbox) {
            let says = "not asked: the sandbox inside the process knows every chat and person";
            answers.push(Answer::new(&format!("app {name}"), Result::Good, says));
            continue;
        }
        let nothing = Wanted::default();
        of_app(name, app, wanted.get(name).unwrap_or(&nothing), &mut answers).await;
    }
    for name in live.channels.bots.keys() {
        let says = "not asked: a custom bot can only be asked by posting a message (larkhook send --to bot:NAME)";
        answers.push(Answer::new(&format!("bot {name}"), Result::Good, says));
    }
    answers
}

/// What each app has to reach, from the literal addresses of routes, mentions and teams.
fn wanted(live: &Live) -> BTreeMap<String, Wanted> {
    let mut wanted: BTreeMap<String, Wanted> = BTreeMap::new();
    for send in live.tree.sends() {
        let Some(app) = &send.send.app else { continue };
        let entry = wanted.entry(app.clone()).or_default();
        for text in send.send.to.iter().chain(&send.send.mention).filter(|text| *text != "all") {
            let Ok(address) = text.parse::<Address>() else {
                entry.templates.insert(text.clone());
                continue;
            };
            entry.batches |= matches!(address.kind, AddressKind::Broadcast | AddressKind::Department);
            for address in crate::route::expand(&address.members(), &live.settings) {
                match address.kind {
                    AddressKind::Chat => entry.chats.insert(address),
                    AddressKind::Department => entry.departments.insert(address),
                    AddressKind::Helpdesk => entry.helpdesk.insert(address),
                    AddressKind::Bot | AddressKind::Team | AddressKind::Broadcast => false,
                    AddressKind::OpenId | AddressKind::UserId | AddressKind::UnionId | AddressKind::Email | AddressKind::Mobile => {
                        entry.people.insert(address)
                    }
                };
            }
        }
    }
    wanted
}

async fn of_app(name: &str, app: &AppChannel, wanted: &Wanted, answers: &mut Vec<Answer>) {
    let about = format!("app {name}");
    if let Err(trouble) = ask::token(&app.client).await {
        answers.push(Answer::trouble(&about, &trouble));
        return;
    }
    match ask::bot_info(&app.client).await {
        Ok(bot) if bot.enabled => {
            answers.push(Answer::new(&about, Result::Good, format!("credentials are right, its bot is {:?}", bot.name)))
        }
        Ok(bot) => answers.push(Answer::new(
            &about,
            Result::Bad,
            format!("its bot {:?} is not enabled in the tenant: release a version of the app", bot.name),
        )),
        Err(trouble) => answers.push(Answer::trouble(&about, &trouble)),
    }
    for chat in &wanted.chats {
        answers.push(of_chat(name, app, chat).await);
    }
    let addresses: Vec<Address> = wanted.people.iter().cloned().collect();
    let found = ask::people(&app.people, &addresses).await;
    for address in &addresses {
        let about = format!("{address} by {name}");
        answers.push(match found.get(address) {
            None => Answer::new(&about, Result::Good, "needs no look-up"),
            Some(Person::Found(open_id)) => Answer::new(&about, Result::Good, format!("is {open_id}")),
            Some(Person::NotFound) => Answer::new(
                &about,
                Result::Bad,
                "nobody whom the app can see has this address: check it, and the app's availability and contact scopes",
            ),
            Some(Person::Failed(_, why)) => Answer::new(&about, Result::Bad, why.to_string()),
        });
    }
    if wanted.batches {
        let about = format!("departments and lists by {name}");
        answers.push(match ask::may_send_batches(&app.client).await {
            Ok(()) => Answer::new(&about, Result::Good, "the app may send batches (whether to departments or to people cannot be asked)"),
            Err(trouble) => Answer::trouble(&about, &trouble),
        });
    }
    for address in wanted.departments.iter().chain(&wanted.helpdesk) {
        let says = "not asked: only a message would tell (larkhook message send --to ...)";
        answers.push(Answer::new(&format!("{address} by {name}"), Result::Good, says));
    }
    for text in &wanted.templates {
        answers.push(Answer::new(&format!("{text} by {name}"), Result::Good, "depends on the alert, not asked"));
    }
}

async fn of_chat(name: &str, app: &AppChannel, chat: &Address) -> Answer {
    let about = format!("{chat} by {name}");
    match ask::is_in_chat(&app.client, &chat.value).await {
        Ok(true) => {}
        Ok(false) => return Answer::new(&about, Result::Bad, "the bot is not in this chat: add it in the chat's settings"),
        Err(trouble) => return Answer::trouble(&about, &trouble),
    }
    match ask::chat_info(&app.client, &chat.value).await {
        Ok(info) if info.dissolved => Answer::new(&about, Result::Bad, format!("{:?} is dissolved", info.name)),
        Ok(info) => match info.moderation.as_deref() {
            Some("all_members") | None => Answer::new(&about, Result::Good, format!("the bot is in {:?}", info.name)),
            Some(who) => {
                let says = format!("the bot is in {:?}, where only some may speak ({who}): let it speak in the chat's settings", info.name);
                Answer::new(&about, Result::Doubtful, says)
            }
        },
        Err(trouble) => Answer { result: Result::Doubtful, ..Answer::trouble(&about, &trouble) },
    }
}
