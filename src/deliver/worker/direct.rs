//! Messages that no template makes: the alert's picture, the card of a chat that people can join. Where that cannot be had, a text takes its place.

use super::call::Prepared;
use super::{End, Worker};
use crate::config::settings::{Address, AddressKind, ContentKind, Direct};
use crate::deliver::ladder::Step;
use crate::deliver::outcome::words;
use crate::feishu::call::{Call, Upload};
use crate::fetch::Picture;
use crate::incident::pictures;
use crate::outbox::{Act, CallMeta};
use crate::render::expr::Expr;
use crate::route::alert_data;
use crate::store::{AttachmentKind, JobRow, KnownUpload, StoreError};
use crate::util::id;
use serde_json::json;
use sha2::{Digest, Sha256};

impl Worker<'_, '_> {
    /// The first message as what the send entry says.
    pub(super) async fn send_direct(&self, generation: i64) -> Result<End, StoreError> {
        let content = match &self.owed.spec.direct {
            Some(Direct::ShareChat(chat)) => self.shared_chat(chat).map(|id| ("share_chat", json!({ "chat_id": id }), Vec::new())),
            Some(Direct::Image) => self.picture().await.map(|key| ("image", json!({ "image_key": key }), vec![key])),
            None => Err("the configuration asks for nothing else any more".to_owned()),
        };
        let (msg_type, content, images) = match content {
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
            images,
            left_out: false,
            told_of: None,
        };
        let uuid = id::hash_id(&[self.owed.message.as_str(), &generation.to_string(), "direct"]);
        let call =
            self.receive_id().await.map(|(kind, value)| Prepared::App(Call::send(kind, &value, msg_type, &content.to_string(), &uuid)));
        self.go(call, meta, self.way.send()).await
    }

    /// The first picture of the alerts, uploaded. The message is that picture: it waits for it, but tries only once.
    async fn picture(&self) -> Result<String, String> {
        let wanted = pictures::wanted(self.view.alerts.iter().map(|alert| (&alert.alert, alert.state)));
        let source = wanted.first().map(|picture| picture.source.as_str()).ok_or("no alert has a picture")?;
        let store = &self.shared.store;
        let name = self.carrier.app_name().unwrap_or_default();
        let app = self.live.channels.apps.get(name).ok_or("the app is not configured any more")?;
        let fetched = match source.strip_prefix(pictures::HASH_PREFIX) {
            Some(hash) => match store.uploaded(name, AttachmentKind::Picture, hash).await {
                Ok(Some(key)) => return Ok(key),
                _ => match store.blob(hash).await.map_err(|error| error.to_string())? {
                    Some(bytes) => Picture::of(bytes.into()),
                    None => return Err("the embedded picture is not kept any more".to_owned()),
                },
            },
            None => self.live.fetcher.fetch(source).await,
        };
        let picture = fetched.map_err(|error| error.to_string())?;
        let hash = id::hex(&Sha256::digest(&picture.bytes));
        let _uploading = self.shared.uploads.take(name, &hash).await;
        if let Ok(Some(key)) = store.uploaded(name, AttachmentKind::Picture, &hash).await {
            return Ok(key);
        }
        let upload = Upload::image(&format!("picture.{}", picture.format.ending()), picture.bytes);
        let permit = self.shared.admit(self.carrier, &self.owed.message, upload.endpoint).await;
        let permit = permit.ok_or("delivery stops")?;
        let answer = app.client.upload(&upload).await;
        let class = answer.value.class(upload.endpoint);
        self.shared.metrics.call(&self.carrier.via, upload.endpoint.as_str(), class.as_str(), answer.took);
        permit.made(&answer.value, self.shared.clock.now());
        let key = answer.value.answer().and_then(|answer| answer.text("image_key")).map(str::to_owned);
        let key = key.ok_or_else(|| words(&answer.value, class))?;
        let known =
            KnownUpload { app: name.to_owned(), kind: AttachmentKind::Picture, hash, key: key.clone(), at: self.shared.clock.now() };
        if let Err(error) = store.remember_upload(known).await {
            // It costs another upload, not the message.
            tracing::warn!(delivery = self.owed.message, %error, "the picture's key is not kept");
        }
        Ok(key)
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
