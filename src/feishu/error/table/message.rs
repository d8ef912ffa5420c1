//! Codes of sending, replying, editing and recalling, and those that all message calls share.

use super::super::class::{Class, ContentFault as Fault, StateFault};
use super::super::endpoint::{Endpoint as E, Family};
use super::{On, Row, content, row, state};

const IM: On = On::All(&[Family::Message, Family::Reaction]);
const IM_AND_BATCH: On = On::All(&[Family::Message, Family::Reaction, Family::Batch]);
const SAY: On = On::Only(&[E::Send, E::Reply]);
const WRITE: On = On::Only(&[E::Send, E::Reply, E::Edit]);
const SHOW: On = On::Only(&[E::Send, E::Reply, E::Edit, E::Patch]);
/// Calls that put a message somewhere.
const DELIVER: On = On::Only(&[E::Send, E::Reply, E::Forward, E::MergeForward, E::ThreadForward]);
/// The same and edits: calls that need the right to speak.
const SPEAK: On = On::Only(&[E::Send, E::Reply, E::Edit, E::Forward, E::MergeForward, E::ThreadForward]);
/// Calls that limits by chat, person and message are about.
const LIMITED: On = On::Only(&[E::Send, E::Reply, E::Edit, E::Patch, E::Forward, E::MergeForward, E::ThreadForward]);
/// Calls that name whom a message goes to.
const ADDRESSED: On = On::Only(&[E::Send, E::Forward, E::MergeForward, E::ThreadForward]);
const SEND: On = On::Only(&[E::Send]);
const REPLY: On = On::Only(&[E::Reply]);
const EDIT: On = On::Only(&[E::Edit]);
const PATCH: On = On::Only(&[E::Patch]);
const RECALL: On = On::Only(&[E::Recall]);

#[rustfmt::skip]
pub(super) const SHARED: &[Row] = &[
    row(&[230001], IM_AND_BATCH, Class::Bug, "The platform found a parameter of the request wrong (see its message); check the ids and addresses in it.", "请求参数错误（见错误信息）；请检查其中的 ID 和地址。"),
    row(&[230002], IM, Class::Config, "The bot is not in this chat; add it to the chat.", "机器人不在该群；请把机器人加入群。"),
    row(&[230006], IM_AND_BATCH, Class::Config, "The app has no bot, or its bot is not published; enable the bot in the developer console and publish a version.", "应用未启用机器人能力；请在开发者后台启用机器人并发布版本。"),
    row(&[230013], IM, Class::Target, "The bot is not available to this person, or the person has left; widen the app's availability.", "机器人对该用户不可用（或该用户已离职）；请扩大应用的可用范围。"),
    row(&[230027], IM_AND_BATCH, Class::Config, "The app lacks a permission for this, or the chat is external and the app may not be shared outside; grant it and publish a version.", "应用缺少权限，或该群是外部群而应用未开通对外共享；请开通并发布版本。"),
    row(&[230110], IM, state(StateFault::Recalled), "The message was deleted by a person; it is left alone.", "消息已被人删除；不再更新。"),
    row(&[232009], On::All(&[Family::Message, Family::Reaction, Family::Chat]), Class::Target, "The chat was dissolved; remove it from the configuration.", "该群已解散；请从配置中移除。"),
];

#[rustfmt::skip]
pub(super) const SINGLE: &[Row] = &[
    row(&[230110], RECALL, Class::Ok, "The message was deleted already.", "消息早已被删除。"),
    row(&[230009], On::Only(&[E::Recall, E::BatchRecall]), state(StateFault::TooOld), "The message is too old to be recalled (the tenant's administrator sets how long that is possible); correct it by a new one.", "消息已超过可撤回时间（由企业管理员设置）；请发送新消息更正。"),
    row(&[230026], On::Only(&[E::Recall, E::BatchRecall]), state(StateFault::Other), "The bot may not recall this message; only its sender, or the owner or an administrator of the chat can.", "机器人无权撤回该消息；只有发送者、群主或管理员可以。"),
    row(&[230011], On::Only(&[E::Reply, E::Edit, E::Patch]), state(StateFault::Recalled), "The message was recalled by a person; it is left alone.", "消息已被人撤回；不再更新。"),
    row(&[230015], SAY, Class::Bug, "A private chat cannot be shared; share a group the bot is in.", "单聊不能被分享；请分享机器人所在的群。"),
    row(&[230017], SAY, content(Fault::Rich), "An image or file of the message was uploaded by another app; upload it with this app.", "消息中的图片或文件由其他应用上传；请用本应用重新上传。"),
    row(&[230018], SPEAK, Class::Config, "The chat's settings let only some people speak; allow the bot to speak there.", "群设置限制了发言；请允许机器人在群内发言。"),
    row(&[230019], ADDRESSED, Class::Target, "The topic does not exist; use the chat's id.", "话题不存在；请使用群的 chat_id。"),
    row(&[230019], REPLY, content(Fault::ThreadRefused), "The topic does not exist any more; the reply goes into the stream.", "话题已不存在；改为在群内回复。"),
    row(&[230020], LIMITED, Class::RATE, "This chat or person gets more messages a second than the platform allows (all bots of a chat share that limit); nothing to do, sending goes on more slowly.", "该群或用户的消息频率超限（群内所有机器人共享限额）；无需处理，会自动放慢发送。"),
    row(&[230022], WRITE, content(Fault::Sensitive), "The platform found sensitive words; the alert is shown with less detail.", "消息包含敏感内容；将以更少的细节展示。"),
    row(&[230025], SHOW, content(Fault::TooLong), "The message is too long; a shorter form is sent.", "消息过长；将发送更短的版本。"),
    row(&[230028], SHOW, content(Fault::Sensitive), "The tenant's data protection refused the text (phone numbers, mail addresses); keep such values out of labels or the template.", "消息未通过企业数据防泄漏检查（如手机号、邮箱）；请勿在标签或模板中放入此类内容。"),
    row(&[230029], ADDRESSED, Class::Target, "This person has left the company; correct the address.", "该用户已离职；请修正地址。"),
    row(&[230031], PATCH, state(StateFault::TooOld), "The card is older than 14 days and cannot be changed any more; a reply carries the news.", "卡片发送已超过 14 天，无法更新；改用回复通知。"),
    row(&[230034], ADDRESSED, Class::Target, "The address is not valid for its kind; correct the id, email or chat in `to`.", "接收者 ID 与类型不符；请修正 to 中的 ID、邮箱或群。"),
    row(&[230035], SPEAK, Class::Config, "The bot may not speak here (muted, blocked, or forbidden by the tenant); allow it.", "机器人在此无发言权限（被禁言、被屏蔽或被企业限制）；请放行。"),
    row(&[230036], ADDRESSED, Class::Config, "The tenant's encryption key was deleted; ask the tenant administrator.", "租户加密密钥已被删除；请联系企业管理员。"),
    row(&[230038], SPEAK, Class::Target, "Private messages into another tenant are not possible; use a person of the app's own tenant.", "不能跨租户发送单聊消息；请使用本租户的用户。"),
    row(&[230049], DELIVER, Class::Retry, "The same message is still being sent; it is looked at again in a moment.", "同一条消息正在发送中；稍后会再次确认。"),
    row(&[230050], On::Only(&[E::Reply, E::Edit, E::Recall]), state(StateFault::Gone), "The bot cannot see this message; a new message carries the news.", "机器人看不到该消息；改用新消息通知。"),
    row(&[230053], ADDRESSED, Class::Target, "This person has stopped the bot; they must enable it again.", "该用户已停用机器人；需由其本人重新启用。"),
    row(&[230054], SEND, content(Fault::Shape), "This chat does not take this type of message; a simpler type is sent.", "该群不支持此类消息；将改用更简单的类型。"),
    row(&[230054], On::Only(&[E::Reply, E::Edit, E::Recall]), state(StateFault::Other), "A message of this type cannot be changed or answered; a new message carries the news.", "该类型的消息不支持此操作；改用新消息通知。"),
    row(&[230055], WRITE, content(Fault::Rich), "A file's type does not fit the message's type (a video is uploaded as mp4, audio as opus); upload it again as what it is.", "文件类型与消息类型不匹配（视频用 mp4，语音用 opus）；请按正确类型重新上传。"),
    row(&[230071, 230072], REPLY, content(Fault::ThreadRefused), "This chat or message takes no replies in a topic; the reply goes into the stream.", "该群或该消息不支持话题回复；改为普通回复。"),
    row(&[230071], EDIT, state(StateFault::Other), "Only the sender may edit a message, and this one is not ours; a reply carries the news.", "只有发送者能编辑消息；改用回复通知。"),
    row(&[230072], EDIT, state(StateFault::EditsUsed), "The message was edited 20 times, which is all the platform allows; a reply carries the news.", "消息已编辑 20 次，达到上限；改用回复通知。"),
    row(&[230073, 230074], EDIT, state(StateFault::Other), "Messages in encrypted chats cannot be edited; a reply carries the news.", "加密群中的消息不能编辑；改用回复通知。"),
    row(&[230075], EDIT, state(StateFault::TooOld), "The time in which messages may be edited is over; a reply carries the news.", "已超过可编辑时间；改用回复通知。"),
    row(&[230075], SAY, Class::Target, "Bots cannot write into encrypted chats; use another chat.", "机器人不能在加密群中发言；请换一个群。"),
    row(&[230099], On::Only(&[E::Send, E::Reply, E::Patch]), content(Fault::Other), "The card was refused (see the inner code); a simpler form is sent.", "卡片被拒绝（见内部错误码）；将发送更简单的版本。"),
    row(&[230111], REPLY, state(StateFault::Gone), "The message destroys itself and takes no reply; a new message carries the news.", "消息即将自动销毁，不能回复；改用新消息通知。"),
];
