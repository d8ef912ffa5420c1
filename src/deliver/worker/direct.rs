//! Messages that no template makes: the card of a chat that people can join. Where that cannot be had, a text takes its place.

use super::call::Prepared;
use super::{End, Worker};
use crate::config::settings::{Address, AddressKind, ContentKind, Direct};
use crate::deliver::ladder::Step;
use crate::feishu::call::Call;
use crate::outbox::{Act, CallMeta};
use crate::render::expr::Expr;
use crate::route::alert_data;
use crate::store::{JobRow, StoreError};
use crate::util::id;
use serde_json::json;

impl Worker<'_> {
    /// The first message as what the send entry says.
    pub(super) async fn send_direct(&self, generation: i64) -> Result<End, StoreError> {
        let content = match &self.owed.spec.direct {
            Some(Direct::ShareChat(chat)) => self.shared_chat(chat).map(|id| ("share_chat", json!({ "chat_id": id }).to_string())),
            Some(Direct::Image) | None => Err("there is no picture".to_owned()),
        };
        let (msg_type, content) = match content {
            Ok(content) => content,
            Err(why) => {
                tracing::warn!(delivery = self.owed.message, why, "sent as text in place of what the configuration asks for");
                let job = JobRow { step: Step::first(ContentKind::Text).name(), ..self.job.clone() };
                return Box::pin(Worker { job: &job, ..*self }.send(generation)).await;
            }
        };
        let meta = CallMeta {
            act: Act::Send,
            revision: self.owed.wanted,
            generation,
            shape: ContentKind::Text,
            schema: String::new(),
            told: self.told(),
            repeatable: self.way.has_uuid(),
            part: None,
        };
        let uuid = id::hash_id(&[self.owed.message.as_str(), &generation.to_string(), "direct"]);
        let call = self.receive_id().await.map(|(kind, value)| Prepared::App(Call::send(kind, &value, msg_type, &content, &uuid)));
        self.go(call, meta, self.way.send()).await
    }

    /// The chat that the entry's `share` names for the first alert.
    fn shared_chat(&self, template: &str) -> Result<String, String> {
        let alert = self.view.alerts.first().ok_or("there is no alert")?;
        let data = alert_data(&alert.alert, &self.view.source, &self.view.receiver, alert.severity);
        let text = Expr::compile(template).and_then(|expr| expr.eval(&data)).map_err(|error| error.to_string())?;
        let address: Address = text.trim().parse()?;
        match address.kind {
            AddressKind::Chat => address.check().map(|()| address.value),
            _ => Err(format!("{text:?} is no chat")),
        }
    }
}
