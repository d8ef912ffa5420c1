//! One line that says what a message is about, for a list of chats.

use super::look::Look;
use super::{card, message, post, text};
use crate::util::text::truncate;
use serde_json::Value;

/// Characters of the line.
const MAX: usize = 200;

/// The line of a message.
pub(super) fn line(msg_type: &str, content: &Value, look: &Look<'_>) -> String {
    let word = |key: &str| content.get(key).and_then(Value::as_str).unwrap_or_default();
    let say = |zh, en| look.locale.say(zh, en);
    let named = |what: &str, name: &str| if name.is_empty() { what.to_owned() } else { format!("{what} {name}") };
    let file_name = || look.world.file(word("file_key")).map(|file| file.name).unwrap_or_else(|| word("file_name").to_owned());
    let shown = match msg_type {
        "text" => text::plain(content.as_str().unwrap_or_else(|| word("text")), look),
        "post" => post::plain(content, look),
        "interactive" => {
            let shown = card::plain(content, look);
            if shown.trim().is_empty() { say("[卡片]", "[Card]").to_owned() } else { shown }
        }
        "image" => say("[图片]", "[Image]").to_owned(),
        "file" | "folder" => named(say("[文件]", "[File]"), &file_name()),
        "audio" => say("[语音]", "[Audio]").to_owned(),
        "media" => named(say("[视频]", "[Video]"), &file_name()),
        "sticker" => say("[表情]", "[Sticker]").to_owned(),
        "share_chat" => named(say("[群名片]", "[Chat]"), &look.world.chat(word("chat_id")).unwrap_or_default()),
        "share_user" => named(say("[个人名片]", "[Contact]"), &look.world.person(word("user_id")).unwrap_or_default()),
        "system" => message::divider(content, look),
        "merge_forward" => say("[合并转发]", "[Merged messages]").to_owned(),
        other => format!("[{}]", truncate(other, 40)),
    };
    let words: Vec<&str> = shown.split_whitespace().take(MAX).collect();
    truncate(&words.join(" "), MAX).into_owned()
}
