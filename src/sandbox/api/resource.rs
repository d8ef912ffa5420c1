//! Downloading what a message carries: its image, file, audio or video, whoever uploaded it.

use crate::feishu::content::post_rules;
use crate::sandbox::answer::{Answer, Outcome, refuse, refuse_ext};
use crate::sandbox::api::params::{Codes, standing};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::files;
use crate::sandbox::messages::Message;
use serde_json::Value;

const CODES: Codes = Codes { recalled: 230_110, dissolved: 234_004, outside: 234_004, unreachable: 234_004 };

/// `GET im/v1/messages/:message_id/resources/:file_key`
pub(crate) fn download(core: &mut Core, call: &Call) -> Outcome {
    let image = match call.param("type") {
        "image" => true,
        "file" => false,
        _ => return Err(refuse_ext(234_001, "type is image or file")),
    };
    if core.messages.is_part(&call.id) {
        return Err(refuse(234_043));
    }
    let message = standing(core, call, &call.id, CODES)?;
    if core.world.chat(&message.chat_id).is_some_and(|chat| chat.restricted_mode) {
        return Err(refuse(234_038));
    }
    if matches!(message.msg_type.as_str(), "sticker" | "merge_forward" | "interactive") {
        return Err(refuse(234_043));
    }
    if !keys(&message, image).contains(&call.sub) {
        return Err(refuse(234_003));
    }
    let kept = if image {
        core.images.get(&call.sub).map(|(content_type, bytes)| Answer::raw(content_type, bytes.clone()))
    } else {
        core.files.get(&call.sub).map(|(info, bytes)| files::answer(info, bytes))
    };
    kept.ok_or_else(|| refuse_ext(234_003, "the sandbox has no bytes for this key"))
}

/// The keys that a message carries.
fn keys(message: &Message, image: bool) -> Vec<String> {
    let content = message.content();
    let key = |name: &str| content.get(name).and_then(Value::as_str).map(str::to_owned).into_iter().collect();
    match (message.msg_type.as_str(), image) {
        ("post", true) => post_rules::images(content).into_iter().map(|(_, key)| key).collect(),
        ("post", false) => post_rules::files(content).into_iter().map(|(_, key)| key).collect(),
        ("image" | "media", true) => key("image_key"),
        ("file" | "audio" | "media", false) => key("file_key"),
        _ => Vec::new(),
    }
}
