//! Codes of the groups' custom bots.

use super::super::class::{Class, ContentFault as Fault};
use super::super::endpoint::Family;
use super::{On, Row, content, row};

const HOOK: On = On::All(&[Family::Hook]);

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(&[9499], HOOK, content(Fault::TooLong), "The custom bot could not read the message, or it is over 20 KB; a shorter form is sent.", "自定义机器人无法解析消息，或消息超过 20 KB；将发送更短的版本。"),
    row(&[19001], HOOK, Class::Config, "There is no custom bot at this URL; copy the webhook URL again from the group's settings.", "该地址没有自定义机器人；请从群设置中重新复制 webhook 地址。"),
    row(&[19002], HOOK, Class::Bug, "The message has a wrong format; please report this.", "消息格式错误；请反馈此问题。"),
    row(&[19021], HOOK, Class::Config, "The signature does not match; check the bot's `secret` and this machine's clock (one hour is allowed).", "签名校验失败；请检查机器人的 secret 以及本机时间（允许偏差一小时）。"),
    row(&[19022], HOOK, Class::Config, "Our address is not in the custom bot's IP allow-list; add it in the group's settings.", "出口 IP 不在自定义机器人的白名单中；请在群设置中添加。"),
    row(&[19024], HOOK, Class::Config, "The custom bot demands a keyword that the message lacks; set `keyword` of this bot to one of those in the group's settings.", "消息不含自定义机器人要求的关键词；请把该机器人的 keyword 设为群设置中的一个关键词。"),
    row(&[19036], HOOK, content(Fault::TooLong), "The message is too long for a custom bot; a shorter form is sent.", "消息超过自定义机器人的长度限制；将发送更短的版本。"),
    row(&[11232, 11233, 11247], HOOK, Class::RATE, "The custom bot or its group is busy; nothing to do, sending goes on more slowly.", "自定义机器人或所在群繁忙；无需处理，会自动放慢发送。"),
    row(&[11246], HOOK, content(Fault::Other), "The card was refused (see the inner code); a simpler form is sent.", "卡片被拒绝（见内部错误码）；将发送更简单的版本。"),
    row(&[11248], HOOK, content(Fault::Sensitive), "The platform found sensitive words; the alert is shown with less detail.", "消息包含敏感内容；将以更少的细节展示。"),
    row(&[11312], HOOK, content(Fault::Sensitive), "The platform's audit refused the message; the alert is shown with less detail.", "消息未通过审核；将以更少的细节展示。"),
    row(&[11230, 18054], HOOK, content(Fault::Other), "The platform could not create the message; a simpler form is sent.", "平台无法创建该消息；将发送更简单的版本。"),
];
