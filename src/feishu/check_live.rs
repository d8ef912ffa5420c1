//! The questions `check --live` asks the platform: token, bot, chats, people, the right to send to many. Each is one or
//! a few calls, none sends anything. Of the help desk, uploads and urging nothing can be asked without doing it.

use super::call::Call;
use super::client::AppClient;
use super::error::{Answer, Class, Doubt, Endpoint, Explanation, NotSentReason, Outcome};
use super::people::{People, Person};
use crate::config::settings::Address;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Pages of chats read at most (100 each).
const MOST_PAGES: usize = 50;

/// In the form of a batch's id, and none.
const NO_BATCH: &str = "bm-00000000000000000000000000000000";

/// Why a question has no answer.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// The call that failed.
    pub endpoint: Endpoint,
    /// Its class.
    pub class: Class,
    /// What it means and who has to do what.
    pub means: Explanation,
    /// The platform's own words, code and log id, or the transport's.
    pub detail: String,
    /// Whether the platform answered at all (else: could not be reached).
    pub reached: bool,
}

impl Trouble {
    fn of(endpoint: Endpoint, outcome: &Outcome) -> Self {
        let detail = match outcome {
            Outcome::Answered(answer) => {
                let log_id = answer.log_id.as_deref().unwrap_or("-");
                format!("{endpoint}: HTTP {}, code {}, {} (log id {log_id})", answer.http, answer.code, answer.msg)
            }
            Outcome::NotSent(_, text) | Outcome::Unknown(Doubt { text, .. }) => format!("{endpoint}: {text}"),
        };
        let class = outcome.class(endpoint);
        let reached = match outcome {
            Outcome::Answered(answer) => answer.json,
            Outcome::NotSent(NotSentReason::Token(class), _) => !matches!(class, Class::Retry | Class::Unknown),
            _ => false,
        };
        Self { endpoint, class, means: outcome.explain(endpoint), detail, reached }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.means.en, self.detail)
    }
}

impl std::error::Error for Trouble {}

/// The bot of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BotIdentity {
    /// Its open_id for this app.
    pub open_id: String,
    /// Its name.
    pub name: String,
    /// Whether it is enabled in the tenant.
    pub enabled: bool,
}

/// One chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Chat {
    /// `oc_...`
    pub chat_id: String,
    /// Its name.
    pub name: String,
    /// Whether it has people of other tenants.
    pub external: bool,
    /// Whether it was dissolved.
    pub dissolved: bool,
    /// Who may speak (`all_members`, `only_owner`, `moderator_list`), where the platform says so.
    pub moderation: Option<String>,
    /// Who may mention everybody (`all_members`, `only_owner`), where the platform says so.
    pub at_all: Option<String>,
}

/// The chats a bot is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChatList {
    /// In the order the platform gives.
    pub chats: Vec<Chat>,
    /// There are more than were read.
    pub more: bool,
}

/// Whether app and secret get a token.
///
/// # Errors
/// Why not.
pub async fn token(client: &AppClient) -> Result<(), Trouble> {
    client.check_token().await.map_err(|trouble| {
        let outcome = Outcome::NotSent(NotSentReason::Token(trouble.class), trouble.text);
        let mut out = Trouble::of(Endpoint::Token, &outcome);
        if let Some(code) = trouble.code {
            out.means = super::error::explain(Endpoint::Token, code);
        }
        out
    })
}

/// The bot itself. Counts towards a free tenant's monthly calls.
///
/// # Errors
/// Why there is no answer.
pub async fn bot_info(client: &AppClient) -> Result<BotIdentity, Trouble> {
    let answer = ask(client, &Call::bot_info()).await?;
    let bot = answer.data.get("bot").unwrap_or(&answer.data);
    Ok(BotIdentity {
        open_id: text(bot, "open_id"),
        name: text(bot, "app_name"),
        enabled: bot.get("activate_status").and_then(Value::as_i64) == Some(2),
    })
}

/// All groups the bot is in (private chats are not listed by the platform).
///
/// # Errors
/// Why there is no answer.
pub async fn chats(client: &AppClient) -> Result<ChatList, Trouble> {
    let mut list = ChatList { chats: Vec::new(), more: false };
    let mut page: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let answer = ask(client, &Call::chats(page.as_deref())).await?;
        let items = answer.data.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.chats.extend(items.iter().map(|item| read_chat(&text(item, "chat_id"), item)));
        let more = answer.data.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        page = answer.text("page_token").map(str::to_owned);
        list.more = more && page.is_some();
        if !list.more {
            break;
        }
    }
    Ok(list)
}

/// What a chat is and allows.
///
/// # Errors
/// Why there is no answer.
pub async fn chat_info(client: &AppClient, chat_id: &str) -> Result<Chat, Trouble> {
    let answer = ask(client, &Call::chat_info(chat_id)).await?;
    Ok(read_chat(chat_id, &answer.data))
}

/// Whether the bot is in a chat.
///
/// # Errors
/// Why there is no answer.
pub async fn is_in_chat(client: &AppClient, chat_id: &str) -> Result<bool, Trouble> {
    let answer = ask(client, &Call::is_in_chat(chat_id)).await?;
    Ok(answer.data.get("is_in_chat").and_then(Value::as_bool).unwrap_or(false))
}

/// Whether the app may send to departments or to lists of people: it has one of the two scopes. Asked by the progress of
/// a batch that does not exist, which an app without any of them may not ask for.
///
/// # Errors
/// Why not.
pub async fn may_send_batches(client: &AppClient) -> Result<(), Trouble> {
    let call = Call::batch_progress(NO_BATCH);
    let outcome = client.call(&call).await.value;
    match outcome.class(call.endpoint) {
        // "Unknown", "not yours" and "not an id" are said only to those who may ask.
        Class::Ok | Class::State(_) | Class::Bug => Ok(()),
        _ => Err(Trouble::of(call.endpoint, &outcome)),
    }
}

/// Who of these is found. Addresses that need no look-up are left out.
pub async fn people(people: &People, addresses: &[Address]) -> BTreeMap<Address, Person> {
    people.find(addresses).await
}

async fn ask(client: &AppClient, call: &Call) -> Result<Answer, Trouble> {
    match client.call(call).await.value {
        Outcome::Answered(answer) if super::error::classify(call.endpoint, &answer) == Class::Ok => Ok(answer),
        other => Err(Trouble::of(call.endpoint, &other)),
    }
}

fn text(value: &Value, field: &str) -> String {
    value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn read_chat(chat_id: &str, data: &Value) -> Chat {
    let optional = |field: &str| Some(text(data, field)).filter(|v| !v.is_empty());
    Chat {
        chat_id: chat_id.to_owned(),
        name: text(data, "name"),
        external: data.get("external").and_then(Value::as_bool).unwrap_or(false),
        dissolved: text(data, "chat_status").starts_with("dissolved"),
        moderation: optional("moderation_permission"),
        at_all: optional("at_all_permission"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feishu::testing::{Script, app, client_for};
    use serde_json::json;

    #[tokio::test]
    async fn reads_every_page() {
        let server = Script::start().await;
        server.token_ok();
        server.on("im/v1/chats", |request| {
            let second = request.target.contains("page_token=p2");
            let item = json!({"chat_id": if second {"oc_2"} else {"oc_1"}, "name": "ops", "external": second, "chat_status": "normal"});
            (200, json!({"code": 0, "data": {"items": [item], "has_more": !second, "page_token": if second {""} else {"p2"}}}))
        });
        server.on("bot/v3/info", |_| (200, json!({"code": 0, "bot": {"open_id": "ou_b", "app_name": "larkhook", "activate_status": 2}})));
        server.on("is_in_chat", |_| (200, json!({"code": 0, "data": {"is_in_chat": true}})));
        let client = client_for(&server, &app());
        token(&client).await.unwrap();
        let list = chats(&client).await.unwrap();
        assert_eq!(list.chats.iter().map(|c| c.chat_id.as_str()).collect::<Vec<_>>(), ["oc_1", "oc_2"]);
        assert!(!list.more && list.chats[1].external && !list.chats[0].dissolved);
        assert_eq!(bot_info(&client).await.unwrap(), BotIdentity { open_id: "ou_b".into(), name: "larkhook".into(), enabled: true });
        assert!(is_in_chat(&client, "oc_1").await.unwrap());
    }

    #[tokio::test]
    async fn the_right_to_send_to_many_is_asked_without_sending() {
        let server = Script::start().await;
        server.token_ok();
        let client = client_for(&server, &app());
        server.on("batch_messages", |_| (400, json!({"code": 230_030, "msg": "batch message not found"})));
        may_send_batches(&client).await.unwrap();
        server.on("batch_messages", |_| (400, json!({"code": 99_991_672, "msg": "im:message:send_multi_users is required"})));
        let trouble = may_send_batches(&client).await.unwrap_err();
        assert!(trouble.class == Class::Config && trouble.to_string().contains("send_multi_users"), "{trouble}");
        assert!(server.seen("im/v1/").iter().all(|request| request.method == "GET"));
    }

    #[tokio::test]
    async fn trouble_says_what_to_do() {
        let server = Script::start().await;
        server.on("tenant_access_token", |_| (200, json!({"code": 10015, "msg": "app secret invalid"})));
        let client = client_for(&server, &app());
        let trouble = token(&client).await.unwrap_err();
        assert!(trouble.reached && trouble.class == Class::Config, "{trouble:?}");
        assert!(trouble.to_string().contains("copy both again") && trouble.to_string().contains("10015"), "{trouble}");
        let trouble = bot_info(&client).await.unwrap_err();
        assert!(trouble.to_string().contains("app_secret"), "{trouble}");

        let gone = crate::feishu::testing::client_at(&crate::feishu::testing::unused_address().await, &app());
        assert!(!token(&gone).await.unwrap_err().reached);
    }
}
