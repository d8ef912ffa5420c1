//! What stands inside a message of the platform: the inner codes of refused cards, and codes that say several things in
//! words.

use super::super::class::{Class, ContentFault as Fault};
use super::super::endpoint::{Endpoint as E, Family};
use super::{On, Row, content, row};

/// Codes whose message carries an inner one, `ErrCode: <n>`.
pub(super) const WITH_INNER: &[i64] = &[230_099, 11_246];

/// Inner codes of a refused card.
#[rustfmt::skip]
pub(super) const SUB_CODES: &[Row] = &[
    row(&[100290], On::Any, content(Fault::Mentions), "A mentioned person does not exist here; the message goes without mentions. Correct the address in `mention`.", "被 @ 的用户不存在；消息将不带 @。请修正 mention 中的地址。"),
    row(&[11310], On::Any, content(Fault::Other), "The card breaks a limit (elements, tables), or its template is not open to the app; a simpler form is sent.", "卡片超出限制（组件数、表格数），或模板对应用不可见；将发送更简单的版本。"),
    row(&[200380], On::Any, content(Fault::Template), "The card template does not exist or is not published; publish it in the card builder.", "卡片模板不存在或未发布；请在卡片搭建工具中发布。"),
    row(&[200381], On::Any, content(Fault::Template), "The card template is not open to this app; add the app to the template's users in the card builder.", "卡片模板未对该应用开放；请在卡片搭建工具中添加应用。"),
    row(&[200732, 200737], On::Any, content(Fault::Template), "A variable of the card template has the wrong type or form; compare the template's variables.", "卡片模板变量的类型或格式不符；请核对模板变量。"),
    row(&[200621], On::Any, content(Fault::Other), "The card's JSON was refused (an unknown property, or it cannot be read); run `larkhook check` on the template.", "卡片 JSON 被拒绝（未知属性或无法解析）；请用 larkhook check 检查模板。"),
    row(&[200861], On::Any, content(Fault::Other), "The card uses a tag that card JSON 2.0 does not have; run `larkhook check` on the template.", "卡片使用了 JSON 2.0 不支持的 tag；请用 larkhook check 检查模板。"),
    row(&[200550], On::Any, content(Fault::Rich), "The card's chart was refused; the message goes without it.", "卡片中的图表被拒绝；消息将不带图表。"),
    row(&[200570], On::Any, content(Fault::Rich), "An image key of the card is not known to this app; the message goes without images.", "卡片中的图片 key 无效；消息将不带图片。"),
    row(&[200914, 200915], On::Any, content(Fault::Rich), "A table of the card was refused; the message goes without it.", "卡片中的表格被拒绝；消息将不带表格。"),
    row(&[300220, 300230, 300240], On::Any, content(Fault::Rich), "The card's audio was refused; the message goes without it.", "卡片中的音频被拒绝；消息将不带音频。"),
];

/// A narrower meaning of codes or inner codes, where the message has one of these words (in lower case).
pub(super) struct Words {
    /// Any of them.
    pub words: &'static [&'static str],
    /// What it then means.
    pub row: Row,
}

/// In the order in which they are looked for.
#[rustfmt::skip]
pub(super) const WORDS: &[Words] = &[
    Words { words: &["service internal error"], row: row(&[11246], On::All(&[Family::Legacy, Family::Hook]), Class::Retry, "The platform has an internal error; nothing to do, it is tried again.", "平台内部错误；无需处理，会自动重试。") },
    Words { words: &["not in the chat", "not in chat", "not in the group", "not in group", "out of the chat"], row: row(&[10002], On::Only(&[E::LegacySend]), Class::Config, "The bot is not in this chat; add it to the chat.", "机器人不在该群；请把机器人加入群。") },
    Words { words: &["is lock"], row: row(&[11310], On::Any, content(Fault::Locked), "Somebody is using the card just now; it is tried again in a moment.", "有人正在操作该卡片；稍后会自动重试。") },
    Words { words: &["table number"], row: row(&[11310], On::Any, content(Fault::Rich), "The card has more tables than the platform allows; the message goes without them.", "卡片中的表格过多；消息将不带表格。") },
    Words { words: &["exceeds the limit", "over limit"], row: row(&[11310], On::Any, content(Fault::TooLong), "The card has more elements than the platform allows; a shorter form is sent.", "卡片组件数超限；将发送更短的版本。") },
    Words { words: &["template"], row: row(&[11310], On::Any, content(Fault::Template), "The card template is not open to this app; add the app to the template's users in the card builder.", "卡片模板未对该应用开放；请在卡片搭建工具中添加应用。") },
];
