//! Calls to departments and lists of people, and what became of them.
//!
//! A batch has no `uuid`: a call whose outcome is unknown is asked about by [`Call::batch_progress`] where its id is
//! known, and else cannot be told. Source: the batch message pages, read 2026-05.

use super::{Call, Method, segment};
use crate::feishu::content::Content;
use crate::feishu::error::Endpoint;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Most ids in each list of one call.
pub const BATCH_IDS: usize = 200;

/// Who a batch goes to; each list at most [`BATCH_IDS`] long, departments with all below them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// `od-...`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub department_ids: Vec<String>,
    /// `ou_...`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_ids: Vec<String>,
    /// The tenant's own ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_ids: Vec<String>,
    /// `on_...`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub union_ids: Vec<String>,
}

impl Audience {
    /// Nobody.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ids in all lists.
    pub fn len(&self) -> usize {
        self.department_ids.len() + self.open_ids.len() + self.user_ids.len() + self.union_ids.len()
    }

    /// Parts that one call each can take, in order. Every list is cut at the same places.
    pub fn chunks(&self) -> Vec<Audience> {
        let lists = [&self.department_ids, &self.open_ids, &self.user_ids, &self.union_ids];
        let parts = lists.iter().map(|list| list.len().div_ceil(BATCH_IDS)).max().unwrap_or(0);
        let part = |list: &Vec<String>, n: usize| list.iter().skip(n * BATCH_IDS).take(BATCH_IDS).cloned().collect();
        (0..parts)
            .map(|n| Audience {
                department_ids: part(&self.department_ids, n),
                open_ids: part(&self.open_ids, n),
                user_ids: part(&self.user_ids, n),
                union_ids: part(&self.union_ids, n),
            })
            .collect()
    }
}

impl Call {
    /// Sends one message to everybody in `audience`, each alone with the bot. It cannot be edited, answered or urged.
    pub fn batch_send(content: &Content, audience: &Audience) -> Self {
        Self::batch_send_value(content.msg_type(), legacy_envelope(content), audience)
    }

    /// The same with content of any kind the call takes (text, image, post, share_chat, interactive), in its envelope:
    /// `{"content": ..}` or `{"card": ..}`.
    pub fn batch_send_value(msg_type: &str, envelope: Value, audience: &Audience) -> Self {
        let mut body = json!(audience);
        if let (Some(body), Value::Object(envelope)) = (body.as_object_mut(), envelope) {
            body.insert("msg_type".to_owned(), msg_type.into());
            body.extend(envelope);
        }
        Self::new(Endpoint::BatchSend, Method::Post, "/open-apis/message/v4/batch_send/").json(&body)
    }

    /// How many people a batch (`bm-...`, at most 30 days old) has reached, and how many have read it.
    pub fn batch_progress(batch_id: &str) -> Self {
        Self::new(Endpoint::BatchProgress, Method::Get, batch(batch_id, "/get_progress"))
    }

    /// How many people have read a batch.
    pub fn batch_read_user(batch_id: &str) -> Self {
        Self::new(Endpoint::BatchReadUser, Method::Get, batch(batch_id, "/read_user"))
    }

    /// Recalls a batch; the platform does it bit by bit.
    pub fn batch_recall(batch_id: &str) -> Self {
        Self::new(Endpoint::BatchRecall, Method::Delete, batch(batch_id, ""))
    }
}

fn batch(id: &str, rest: &str) -> String {
    format!("/open-apis/im/v1/batch_messages/{}{rest}", segment(id))
}

/// `content` as an object, a card beside it, one more level around a post.
pub(super) fn legacy_envelope(content: &Content) -> Value {
    let mut body = content.to_bot_body();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("msg_type");
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_cut_where_a_call_ends() {
        let ids = |n: usize, word: &str| (0..n).map(|i| format!("{word}{i}")).collect::<Vec<_>>();
        let audience = Audience { open_ids: ids(450, "ou_"), union_ids: ids(201, "on_"), ..Audience::default() };
        let chunks = audience.chunks();
        let sizes: Vec<_> = chunks.iter().map(|c| (c.open_ids.len(), c.union_ids.len())).collect();
        assert_eq!(sizes, [(200, 200), (200, 1), (50, 0)]);
        assert_eq!(chunks.iter().flat_map(|c| c.open_ids.clone()).collect::<Vec<_>>(), audience.open_ids);
        assert!(Audience::default().chunks().is_empty());
    }

    #[test]
    fn a_batch_takes_objects() {
        let audience = Audience { open_ids: vec!["ou_a".into()], ..Audience::default() };
        let body = |content: &Content| String::from_utf8(Call::batch_send(content, &audience).body).unwrap();
        assert_eq!(body(&Content::Text("x".into())), r#"{"content":{"text":"x"},"msg_type":"text","open_ids":["ou_a"]}"#);
        assert_eq!(
            body(&Content::Post(json!({"zh_cn": {}}))),
            r#"{"content":{"post":{"zh_cn":{}}},"msg_type":"post","open_ids":["ou_a"]}"#
        );
        assert_eq!(body(&Content::Card(json!({}))), r#"{"card":{},"msg_type":"interactive","open_ids":["ou_a"]}"#);
        assert_eq!(Call::batch_send(&Content::Text(String::new()), &audience).path, "/open-apis/message/v4/batch_send/");
    }
}
