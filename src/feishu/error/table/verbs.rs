//! Codes of what is done with messages that exist: forward, read, urge, pin, react.

use super::super::class::{Class, StateFault};
use super::super::endpoint::{Endpoint as E, Family};
use super::{On, Row, row, state};

const FORWARDS: On = On::Only(&[E::Forward, E::MergeForward, E::ThreadForward]);
const READERS: On = On::Only(&[E::ReadUsers]);
const URGENT: On = On::Only(&[E::UrgentApp, E::UrgentSms, E::UrgentPhone]);
const PINS: On = On::Only(&[E::PinCreate, E::PinDelete, E::PinList]);
const HISTORY: On = On::Only(&[E::List]);
const REACTION: On = On::All(&[Family::Reaction]);

#[rustfmt::skip]
pub(super) const FORWARD: &[Row] = &[
    row(&[230050], FORWARDS, state(StateFault::Gone), "The bot cannot see this message; add the bot to the chat it stands in.", "机器人看不到该消息；请把机器人加入消息所在的群。"),
    row(&[230061], FORWARDS, state(StateFault::Other), "A message of this type cannot be forwarded; send its text instead.", "该类型的消息不支持转发；请改为发送其文字内容。"),
    row(&[230062, 230066], FORWARDS, Class::Target, "Nothing can be forwarded into or out of an encrypted chat; use another chat.", "加密群不支持转入或转出消息；请换一个群。"),
    row(&[230063], FORWARDS, Class::Target, "Messages cannot be forwarded to this kind of chat; use another target.", "不能向该类型的会话转发消息；请换一个目标。"),
    row(&[230064], FORWARDS, state(StateFault::Gone), "The message to forward is not valid; check its id.", "待转发的消息无效；请检查消息 ID。"),
    row(&[230065], FORWARDS, state(StateFault::Recalled), "The message to forward was recalled; there is nothing to forward.", "待转发的消息已被撤回；没有可转发的内容。"),
    row(&[230067], FORWARDS, state(StateFault::Other), "Messages of topics and of the stream cannot be forwarded together; forward them apart.", "话题消息与普通消息不能一起合并转发；请分开转发。"),
    row(&[230069], FORWARDS, state(StateFault::Other), "Only messages of one chat can be forwarded together; forward them apart.", "只能合并转发同一个群的消息；请分开转发。"),
    row(&[230070], FORWARDS, state(StateFault::Other), "The chat is in restricted mode, which forbids forwarding; have its owner allow it.", "该群开启了防泄密模式，禁止转发；请让群主放行。"),
    row(&[230073, 230074], FORWARDS, Class::Target, "The bot cannot see this topic; add the bot to its chat and check the topic's id.", "机器人看不到该话题；请把机器人加入其所在的群并检查话题 ID。"),
];

#[rustfmt::skip]
pub(super) const OTHER: &[Row] = &[
    // Reading.
    row(&[230050], On::Only(&[E::Get]), state(StateFault::Gone), "The bot cannot see this message; add the bot to the chat it stands in.", "机器人看不到该消息；请把机器人加入消息所在的群。"),
    row(&[230073, 230074], HISTORY, Class::Target, "The bot cannot see this topic; add the bot to its chat and check the topic's id.", "机器人看不到该话题；请把机器人加入其所在的群并检查话题 ID。"),
    row(&[231203, 231204], HISTORY, Class::Config, "The history of this chat is not open to bots (it is confidential); have its owner change that.", "该群的历史消息不对机器人开放（保密群）；请让群主调整。"),
    row(&[230012], READERS, state(StateFault::Other), "Only the sender sees who has read a message, and this one is not the bot's; ask about a message of the bot.", "只有发送者能查看已读情况，而该消息不是机器人发送的；请查询机器人自己的消息。"),
    row(&[230033], READERS, state(StateFault::TooOld), "Readers are known for seven days only, and this message is older.", "已读情况只保留 7 天，该消息已超过。"),

    // Urging.
    row(&[230001], URGENT, Class::Bug, "None of these people can be urged, or a parameter is wrong (see the message); check their ids and that they are in the chat.", "没有可加急的人，或参数错误（见错误信息）；请检查这些 ID 是否正确且在群内。"),
    row(&[230012], URGENT, state(StateFault::Other), "Only the sender may urge, and this message is not the bot's; urge on a message of the bot.", "只有发送者可以加急，而该消息不是机器人发送的；请对机器人自己的消息加急。"),
    row(&[230023], URGENT, Class::Target, "This person has 200 unread urgent messages and takes no more; reach them another way.", "该用户已有 200 条未读加急消息，无法再加急；请换一种方式联系。"),
    row(&[230024], URGENT, Class::Quota, "The tenant's quota for urging by SMS and phone is used up; have the administrator buy more, or urge in the app.", "企业的短信或电话加急额度已用完；请联系管理员购买，或改用应用内加急。"),
    row(&[230052], URGENT, Class::Config, "This chat or tenant does not let the bot urge; change the chat's urgent setting or ask the tenant administrator.", "该群或企业不允许机器人加急；请修改群的加急设置或联系企业管理员。"),
    row(&[230098], URGENT, state(StateFault::Other), "The chat is folded for this person, who can only be urged in the app; use that.", "该群已被对方折叠，只能使用应用内加急；请改用应用内加急。"),

    // Pinning.
    row(&[230011], PINS, state(StateFault::Recalled), "The message was recalled by a person; there is nothing to pin.", "消息已被人撤回；没有可 Pin 的内容。"),
    row(&[230045], PINS, Class::Target, "The chat does not exist any more; correct the chat id.", "该群已不存在；请修正 chat_id。"),
    row(&[230046], PINS, Class::Config, "Only the owner and administrators of this chat may pin; make the bot an administrator or change the chat's setting.", "只有群主和管理员可以 Pin；请把机器人设为管理员或修改群设置。"),
    row(&[230047, 230048], PINS, Class::RATE, "Pins are changed or read faster than the platform allows; nothing to do, it goes on more slowly.", "Pin 操作频率超限；无需处理，会自动放慢。"),
    row(&[230050], PINS, state(StateFault::Gone), "The bot cannot see this message; add the bot to the chat it stands in.", "机器人看不到该消息；请把机器人加入消息所在的群。"),
    row(&[230054], PINS, state(StateFault::Other), "A message of this type cannot be pinned; pin another one.", "该类型的消息不支持 Pin；请 Pin 其他消息。"),
    row(&[230111], PINS, state(StateFault::Gone), "The message destroys itself and cannot be pinned; pin another one.", "消息即将自动销毁，不能 Pin；请 Pin 其他消息。"),
];

#[rustfmt::skip]
pub(super) const REACTIONS: &[Row] = &[
    row(&[231001], REACTION, Class::Bug, "There is no such emoji; names are case-sensitive, for example DONE, OK, THUMBSUP.", "没有这个表情；名称区分大小写，例如 DONE、OK、THUMBSUP。"),
    row(&[231006, 231010, 231011, 231012, 231013, 231014], REACTION, Class::Bug, "The reaction's id, the page or another parameter is wrong (see the message); list the reactions and take the id from there.", "表情回复的 ID、分页或其他参数错误（见错误信息）；请先列出表情回复再取其 ID。"),
    row(&[231002, 231008], REACTION, Class::Config, "The bot is not in the chat or cannot see the message; add it to the chat.", "机器人不在该群或看不到该消息；请把机器人加入群。"),
    row(&[231018], REACTION, Class::Config, "The bot cannot see this message; add it to the chat, and give it the messages from before it came.", "机器人看不到该消息；请把机器人加入群，并允许其查看入群前的消息。"),
    row(&[231021], REACTION, Class::Config, "The chat is external and the app may not be shared outside; allow that in the developer console and publish a version.", "该群是外部群而应用未开通对外共享；请在开发者后台开通并发布版本。"),
    row(&[231022], REACTION, Class::Config, "The app is not available to this person; widen its availability in the developer console and publish a version.", "应用对该用户不可用；请在开发者后台扩大可用范围并发布版本。"),
    row(&[231003], REACTION, state(StateFault::Gone), "There is no such message any more; nothing to do.", "消息已不存在；无需处理。"),
    row(&[231004], REACTION, state(StateFault::Gone), "The chat of this message does not exist any more; nothing to do.", "消息所在的群已不存在；无需处理。"),
    row(&[231005, 231017], REACTION, state(StateFault::Other), "A message of this type takes no reactions; use another message.", "该类型的消息不支持表情回复；请换一条消息。"),
    row(&[231007], REACTION, state(StateFault::Other), "Only who reacted can take the reaction back, and this one is not the bot's.", "只有添加者能删除表情回复，而该表情不是机器人添加的。"),
    row(&[231015], REACTION, Class::Retry, "The same reaction is being made just now; it is tried again.", "相同的表情回复请求正在处理；会自动重试。"),
    row(&[231019, 231020], REACTION, Class::Target, "Reactions are not possible in this chat; use another message.", "该会话不支持表情回复；请换一条消息。"),
];
