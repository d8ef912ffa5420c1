//! Messages by type: texts, posts and cards by their own modules, files and shares here.

use super::look::Look;
use super::text::{avatar, picture};
use super::{card, icon, post, text, url};
use crate::util::text::truncate;
use maud::{Markup, html};
use serde_json::Value;

/// A message of any type.
pub(super) fn draw(msg_type: &str, content: &Value, look: &Look<'_>) -> Markup {
    let word = |key: &str| content.get(key).and_then(Value::as_str).unwrap_or_default();
    let say = |zh, en| look.locale.say(zh, en);
    match msg_type {
        "interactive" => html! { div.lk-msg.lk-interactive { (card::draw(content, look)) } },
        "post" => html! { div.lk-msg.lk-rich { (post::message(content, look)) } },
        "text" => html! { div.lk-msg.lk-text { (text::message(content.as_str().unwrap_or_else(|| word("text")), look)) } },
        "image" => html! { div.lk-msg.lk-media { (picture(word("image_key"), "", look)) } },
        "file" | "folder" => html! { div.lk-msg { (file(word("file_key"), word("file_name"), "file-link_outlined", look)) } },
        "audio" => html! {
            div.lk-msg { span.lk-chip { (icon::standard("headset_outlined")) (say("语音", "Audio")) " " (seconds(content)) } (file_link(word("file_key"), look)) }
        },
        "media" => html! { div.lk-msg.lk-media { (video(word("file_key"), word("image_key"), word("file_name"), look)) } },
        "sticker" => html! { div.lk-msg { (picture(word("file_key"), say("表情包", "Sticker"), look)) } },
        "share_chat" => {
            let id = if word("chat_id").is_empty() { word("share_chat_id") } else { word("chat_id") };
            let name = look.world.chat(id);
            html! { div.lk-msg { (share(name.as_deref().unwrap_or(id), say("群名片", "Chat"))) } }
        }
        "share_user" => {
            let id = word("user_id");
            let name = look.world.person(id);
            html! { div.lk-msg { (share(name.as_deref().unwrap_or(id), say("个人名片", "Contact"))) } }
        }
        "system" => html! { div.lk-msg.lk-system { bdi { (truncate(&divider(content, look), 80)) } } },
        "merge_forward" => html! {
            div.lk-msg { span.lk-chip { (icon::standard("chat_outlined")) (say("合并转发的消息", "Merged and forwarded messages")) } }
        },
        other => {
            html! { div.lk-msg { span.lk-chip { (say("无法绘制的消息类型", "A message of a type that is not drawn")) " " code { (truncate(other, 40)) } } } }
        }
    }
}

/// What a divider says, in the reader's language.
pub(super) fn divider(content: &Value, look: &Look<'_>) -> String {
    let text = content.pointer("/params/divider_text");
    let wanted = look.locale.say("zh_CN", "en_US");
    let in_language = text.and_then(|text| text.get("i18n_text")).and_then(|all| all.get(wanted));
    let shown = in_language.or_else(|| text.and_then(|text| text.get("text"))).and_then(Value::as_str);
    shown.unwrap_or(look.locale.say("系统消息", "System message")).to_owned()
}

fn seconds(content: &Value) -> String {
    content.get("duration").and_then(Value::as_u64).map(|ms| format!("{}″", ms.div_ceil(1000))).unwrap_or_default()
}

/// A file: its name, as a link where it can be had.
fn file(key: &str, name: &str, token: &str, look: &Look<'_>) -> Markup {
    let known = look.world.file(key);
    let name = known.as_ref().map(|file| file.name.as_str()).filter(|name| !name.is_empty()).unwrap_or(name);
    let name = if name.is_empty() { key } else { name };
    let href = known.as_ref().and_then(|file| file.url.as_deref()).and_then(url::own);
    html! {
        div.lk-file {
            (icon::standard(token))
            @match href {
                Some(href) => { a href=(href) target="_blank" rel="noopener noreferrer" { bdi { (truncate(name, 120)) } } }
                None => { bdi { (truncate(name, 120)) } }
            }
        }
    }
}

fn file_link(key: &str, look: &Look<'_>) -> Markup {
    let known = look.world.file(key);
    html! { @if known.is_some() { (file(key, "", "headset_outlined", look)) } }
}

/// A video: its cover, and its name.
pub(super) fn video(key: &str, cover: &str, name: &str, look: &Look<'_>) -> Markup {
    html! {
        div.lk-video {
            @if !cover.is_empty() { (picture(cover, look.locale.say("视频封面", "Video cover"), look)) }
            (file(key, name, "video_outlined", look))
        }
    }
}

fn share(name: &str, what: &str) -> Markup {
    html! {
        div.lk-share {
            (avatar(name))
            div { div.lk-name { bdi { (truncate(name, 60)) } } div.lk-sub { (what) } }
        }
    }
}
