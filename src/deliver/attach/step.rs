//! One attachment's next step: find its bytes and upload them, or send the key as a reply.
//!
//! An upload that was not recorded is made again and costs a file that nobody uses. A reply is kept with its exact bytes
//! before it is made and repeated as it is, so that people get it once.

use super::list;
use super::rules::{self, Follow, Tried};
use crate::config::settings::{Api, Carrier, ContentKind};
use crate::deliver::dispatch::Permit;
use crate::deliver::dispatch::Shared;
use crate::deliver::outcome::words;
use crate::deliver::retry::UUID_TRUSTED;
use crate::deliver::view::view;
use crate::feishu::call::{Call, FileType, Upload};
use crate::feishu::error::{Endpoint, Outcome, Timed};
use crate::fetch::Picture;
use crate::incident::pictures::HASH_PREFIX;
use crate::live::{AppChannel, Live};
use crate::outbox::EditWay;
use crate::store::{AttachWrite, Attachment, AttachmentKind, Stage, StoreError};
use crate::util::clock::{after, since};
use crate::util::{failpoint, id};
use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Somebody else uploads the same bytes: the key is there soon.
const SOON: Duration = Duration::from_millis(300);

/// Bytes ready to be uploaded, or why there are none.
enum Found {
    Bytes { file_name: String, bytes: Bytes },
    Later(String),
    Never(String),
}

/// Moves one attachment one step on.
pub(super) async fn run(shared: &Shared, one: &Attachment) -> Result<(), StoreError> {
    let live = shared.live.load_full();
    let carrier = Carrier { via: one.key.via.clone(), target: one.key.target.clone() };
    let step = Step { shared, live: &live, one, carrier: &carrier };
    let app = carrier.app_name().and_then(|name| live.channels.apps.get(name));
    let Some(app) = app else { return step.refuse(format!("{} is not configured any more", one.key.via)).await };
    if live.settings.apps.get(app.client.name()).is_some_and(|app| app.api == Api::V4) {
        return step.refuse("this app only has the legacy API, which takes no pictures and files".to_owned()).await;
    }
    if let Some(until) = shared.held(&carrier) {
        return step.later(until, "the chat or the app cannot be reached at the moment".to_owned(), true, false).await;
    }
    match &one.stage {
        Stage::Upload => step.upload(app).await,
        Stage::Reply { key, kept } => step.reply(app, key, kept.as_ref()).await,
    }
}

struct Step<'a> {
    shared: &'a Shared,
    live: &'a Live,
    one: &'a Attachment,
    carrier: &'a Carrier,
}

impl Step<'_> {
    /// The shape in which the message itself can show a picture; `None`: only a reply can.
    fn shows(&self) -> Option<ContentKind> {
        let shape = [ContentKind::Card, ContentKind::Post].into_iter().find(|kind| kind.as_str() == self.one.shown_kind)?;
        (self.one.kind == AttachmentKind::Picture && self.one.edit_way == EditWay::Edit).then_some(shape)
    }

    /// Finds the bytes and gives them to the platform, unless it has them.
    async fn upload(&self, app: &AppChannel) -> Result<(), StoreError> {
        if self.shows().is_some_and(|shape| !self.live.renderer.shows_images(&self.one.template, shape)) {
            return self.refuse(format!("the template {} shows no `images`", self.one.template)).await;
        }
        // A picture by its hash may be there already, kept or not.
        if let Some(hash) = self.one.source.strip_prefix(HASH_PREFIX)
            && let Some(key) = self.shared.store.uploaded(app.client.name(), self.one.kind, hash).await?
        {
            return self.uploaded(app, hash.to_owned(), key, "known").await;
        }
        let endpoint = if self.one.kind == AttachmentKind::Picture { Endpoint::ImageUpload } else { Endpoint::FileUpload };
        if let Some(until) = self.shared.waits(self.carrier, &self.one.message, endpoint) {
            return self.no_room(until).await;
        }
        let (file_name, bytes) = match self.find().await? {
            Found::Bytes { file_name, bytes } => (file_name, bytes),
            Found::Never(why) => return self.refuse(why).await,
            Found::Later(why) => return self.again(rules::again(&self.tried()), why).await,
        };
        let hash = id::hex(&Sha256::digest(&bytes));
        if self.one.sent_hash.as_ref() == Some(&hash) {
            return self.write(AttachWrite::Unchanged, "unchanged").await;
        }
        let Some(_uploading) = self.shared.uploads.try_take(app.client.name(), &hash) else {
            return self.later(after(self.shared.clock.now(), SOON), "the same bytes are being uploaded".to_owned(), false, false).await;
        };
        if let Some(key) = self.shared.store.uploaded(app.client.name(), self.one.kind, &hash).await? {
            return self.uploaded(app, hash, key, "known").await;
        }
        let (upload, field) = match self.one.kind {
            AttachmentKind::Picture => (Upload::image(&file_name, bytes), "image_key"),
            AttachmentKind::Csv | AttachmentKind::Json => (Upload::file(FileType::Stream, &file_name, None, bytes), "file_key"),
        };
        let permit = match self.shared.admit_after_alerts(self.carrier, &self.one.message, upload.endpoint) {
            Ok(permit) => permit,
            Err(until) => return self.no_room(until).await,
        };
        let answer = app.client.upload(&upload).await;
        self.learn(permit, upload.endpoint, &answer);
        let key = answer.value.answer().and_then(|answer| answer.text(field)).map(str::to_owned);
        match (rules::follow(&self.tried(), upload.endpoint, &answer.value), key) {
            (Follow::Done, Some(key)) => {
                failpoint::hit("uploaded");
                self.uploaded(app, hash, key, "uploaded").await
            }
            (Follow::Done, None) => self.refuse(format!("the platform's answer has no {field}")).await,
            (follow, _) => self.again(follow, words(&answer.value, answer.value.class(upload.endpoint))).await,
        }
    }

    /// What to upload.
    async fn find(&self) -> Result<Found, StoreError> {
        if self.one.kind != AttachmentKind::Picture {
            return self.list().await;
        }
        let fetched = match self.one.source.strip_prefix(HASH_PREFIX) {
            Some(hash) => match self.shared.store.blob(hash).await? {
                Some(bytes) => Picture::of(bytes.into()),
                None => return Ok(Found::Never("the embedded picture is not kept any more".to_owned())),
            },
            None => {
                let fetched = self.live.fetcher.fetch(&self.one.source).await;
                self.shared.metrics.fetched(fetched.as_ref().map_or_else(|error| error.as_str(), |_| "ok"));
                fetched
            }
        };
        Ok(match fetched {
            Ok(picture) => Found::Bytes { file_name: format!("picture.{}", picture.format.ending()), bytes: picture.bytes },
            Err(error) if error.is_temporary() => Found::Later(error.to_string()),
            Err(error) => Found::Never(error.to_string()),
        })
    }

    /// The message's alerts as they are now.
    async fn list(&self) -> Result<Found, StoreError> {
        let Some(owed) = self.shared.store.owed(&self.one.message).await? else {
            return Ok(Found::Never("there is no such message any more".to_owned()));
        };
        let view = view(&owed);
        let (ending, bytes) = match self.one.kind {
            AttachmentKind::Csv => ("csv", list::csv(&view)),
            AttachmentKind::Json | AttachmentKind::Picture => ("json", list::json(&view)),
        };
        if bytes.len() > list::LONGEST {
            return Ok(Found::Never(format!("the list has {} bytes, the platform takes {}", bytes.len(), list::LONGEST)));
        }
        Ok(Found::Bytes { file_name: format!("alerts-{}.{ending}", view.alerts.len()), bytes: bytes.into() })
    }

    /// Cards and posts show a picture by their next edit; everything else is a reply.
    async fn uploaded(&self, app: &AppChannel, hash: String, key: String, result: &'static str) -> Result<(), StoreError> {
        let by_edit = self.shows().is_some();
        self.write(AttachWrite::Uploaded { app: app.client.name().to_owned(), hash, key, by_edit }, result).await
    }

    async fn reply(&self, app: &AppChannel, key: &str, kept: Option<&(String, Timestamp)>) -> Result<(), StoreError> {
        let one = self.one;
        let kept = kept.and_then(|(text, since)| Some((text.clone(), serde_json::from_str::<Call>(text).ok()?, *since)));
        let (text, call) = match kept {
            Some((_, _, began)) if since(began, self.shared.clock.now()) > UUID_TRUSTED => {
                return self.refuse("it stays unknown whether the reply with it arrived".to_owned()).await;
            }
            Some((text, call, _)) => (text, call),
            None => {
                let (kind, field) = if one.kind == AttachmentKind::Picture { ("image", "image_key") } else { ("file", "file_key") };
                let content = serde_json::json!({ field: key }).to_string();
                let place = if one.in_thread { "thread" } else { "plain" };
                let uuid = id::hash_id(&[one.id.as_str(), "attachment", &(one.replies + 1).to_string(), place]);
                let call = Call::reply(&one.platform_id, kind, &content, one.in_thread, &uuid);
                (serde_json::to_string(&call).unwrap_or_default(), call)
            }
        };
        let permit = match self.shared.admit_after_alerts(self.carrier, &one.message, Endpoint::Reply) {
            Ok(permit) => permit,
            Err(until) => return self.no_room(until).await,
        };
        if !self.shared.store.attach(&one.id, AttachWrite::Begin { call: text }, self.shared.clock.now()).await? {
            return Ok(());
        }
        failpoint::hit("attachment-kept");
        let answer = app.client.call(&call).await;
        failpoint::hit("attachment-answered");
        self.learn(permit, Endpoint::Reply, &answer);
        match rules::follow(&self.tried(), Endpoint::Reply, &answer.value) {
            Follow::Done => self.write(AttachWrite::Sent, "sent").await,
            Follow::KeyRefused if one.kind == AttachmentKind::Picture => {
                self.write(AttachWrite::KeyRefused { key: key.to_owned() }, "key_refused").await
            }
            follow => self.again(follow, words(&answer.value, answer.value.class(Endpoint::Reply))).await,
        }
    }

    /// Metrics, and what the answer says of budgets. The app's breaker hears nothing of it: trouble with pictures must not
    /// hold alerts back.
    fn learn(&self, permit: Permit<'_>, endpoint: Endpoint, answer: &Timed<Outcome>) {
        let class = answer.value.class(endpoint);
        self.shared.metrics.call(&self.carrier.via, endpoint.as_str(), class.as_str(), answer.took);
        permit.made(&answer.value, self.shared.clock.now());
    }

    fn tried(&self) -> Tried {
        let now = self.shared.clock.now();
        let reply = matches!(self.one.stage, Stage::Reply { .. });
        Tried {
            first: self.one.first_try_at.unwrap_or(now),
            attempts: self.one.attempts.saturating_add(1),
            in_thread: reply && self.one.in_thread,
            open: matches!(self.one.stage, Stage::Reply { kept: Some(_), .. }),
            now,
            random: rand::random::<f64>(),
        }
    }

    async fn again(&self, follow: Follow, why: String) -> Result<(), StoreError> {
        // A reply was counted when it was begun.
        let counted = matches!(self.one.stage, Stage::Upload);
        match follow {
            Follow::Again { at, keep } => self.later(at, why, keep, counted).await,
            Follow::Plain => {
                let now = self.shared.clock.now();
                let plain = AttachWrite::Later { due_at: now, reason: why, keep: false, plain: true, tried: false };
                self.write(plain, "again").await
            }
            Follow::Done | Follow::KeyRefused | Follow::GiveUp => self.refuse(why).await,
        }
    }

    async fn later(&self, due_at: Timestamp, reason: String, keep: bool, tried: bool) -> Result<(), StoreError> {
        self.write(AttachWrite::Later { due_at, reason, keep, plain: false, tried }, "again").await
    }

    /// Put back: a place is not for waiting.
    async fn no_room(&self, until: Timestamp) -> Result<(), StoreError> {
        self.later(until, "alerts go first, or the platform takes no more at the moment".to_owned(), true, false).await
    }

    async fn refuse(&self, reason: String) -> Result<(), StoreError> {
        let one = self.one;
        if one.source.starts_with("http") && self.live.settings.pictures.hosts.is_empty() {
            // Nobody asked for pictures: nothing is missed.
            tracing::debug!(delivery = one.message, "the alert's picture is not fetched");
            return self.write(AttachWrite::Refused { reason }, "off").await;
        }
        tracing::warn!(
            delivery = one.message,
            kind = one.kind.as_str(),
            host = host_of(&one.source),
            why = reason,
            "goes without an attachment"
        );
        self.write(AttachWrite::Refused { reason }, "refused").await
    }

    async fn write(&self, write: AttachWrite, result: &'static str) -> Result<(), StoreError> {
        self.shared.metrics.attached(self.one.kind.as_str(), result);
        self.shared.store.attach(&self.one.id, write, self.shared.clock.now()).await?;
        failpoint::hit("attachment-recorded");
        Ok(())
    }
}

/// Where a picture comes from, for logs: paths and queries of picture URLs may hold signatures, and some hold a password.
fn host_of(source: &str) -> String {
    let host = url::Url::parse(source).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_name_hosts_only() {
        for (source, host) in [
            ("https://user:secret@grafana.example:3000/render/secret.png?sig=secret#secret", "grafana.example"),
            ("http://[::1]:80/secret", "[::1]"),
            ("sha256:abcdef", ""),
            ("secret", ""),
            ("", ""),
        ] {
            assert_eq!(host_of(source), host);
        }
    }
}
