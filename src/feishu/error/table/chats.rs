//! Codes of chats, their members, and people.

use super::super::class::{Class, ContentFault as Fault};
use super::super::endpoint::{Endpoint as E, Family};
use super::{On, Row, content, row};

const CHAT: On = On::All(&[Family::Chat]);
const CONTACT: On = On::All(&[Family::Contact]);

#[rustfmt::skip]
pub(super) const CHATS: &[Row] = &[
    row(&[232001], CHAT, Class::Bug, "The platform found a parameter of the request wrong (see its message); check the ids in it.", "请求参数错误（见错误信息）；请检查其中的 ID。"),
    row(&[232004, 232034], CHAT, Class::Config, "The app is not installed in the tenant; install it in the admin console.", "应用未在企业内安装；请在管理后台安装。"),
    row(&[232025], CHAT, Class::Config, "The app has no bot, or its bot is not published; enable the bot in the developer console and publish a version.", "应用未启用机器人能力；请在开发者后台启用机器人并发布版本。"),
    row(&[232006, 232007], CHAT, Class::Target, "There is no such chat; correct the chat id.", "没有这个群；请修正 chat_id。"),
    row(&[232010], CHAT, Class::Target, "The chat belongs to another tenant; use one of the app's own tenant.", "该群属于其他租户；请使用本租户的群。"),
    row(&[232011], CHAT, Class::Target, "The bot is not in this chat; add it to the chat.", "机器人不在该群；请把机器人加入群。"),
    row(&[232002, 232014, 232016, 232017], CHAT, Class::Config, "Only the chat's owner, an administrator or the bot that made the chat may do this; make the bot one of them, or grant im:chat:operate_as_owner.", "仅群主、管理员或创建该群的机器人可以这样做；请授予机器人相应身份，或开通 im:chat:operate_as_owner。"),
    row(&[232033], CHAT, Class::Config, "The chat is external and the app may not be shared outside; allow that in the developer console and publish a version.", "该群是外部群而应用未开通对外共享；请在开发者后台开通并发布版本。"),
    row(&[232037, 232093, 232095], CHAT, Class::Config, "The bot lacks the right to do this in the chat (see the message); ask the chat's owner or the tenant administrator.", "机器人在该群没有此操作权限（见错误信息）；请联系群主或企业管理员。"),
    row(&[232057], CHAT, Class::Config, "Restricted mode is not in the tenant's licence; leave it out or ask the tenant administrator.", "企业版本不支持防泄密模式；请去掉该设置或联系企业管理员。"),
    row(&[232078, 232091], CHAT, Class::Config, "The tenant does not allow such chats (public ones, for example); make a private one or ask the tenant administrator.", "企业不允许创建此类群（例如公开群）；请创建私有群或联系企业管理员。"),
    row(&[232012, 232030, 232031, 232035, 232043], CHAT, Class::Target, "Some of these people do not exist or cannot be seen by the app; correct the ids or widen the app's availability.", "部分用户不存在或对应用不可见；请修正 ID 或扩大应用的可用范围。"),
    row(&[232021], CHAT, Class::Target, "There is no such bot; use the app's id (cli_...) of a bot in this tenant.", "没有这个机器人；请使用本租户机器人的应用 ID（cli_...）。"),
    row(&[232022], CHAT, Class::Target, "Some of these people have left the company; leave them out.", "部分用户已离职；请去掉。"),
    row(&[232024], CHAT, Class::Target, "The app is not available to some of these people; widen its availability in the developer console and publish a version.", "应用对部分用户不可用；请在开发者后台扩大可用范围并发布版本。"),
    row(&[232027], CHAT, Class::Target, "None of the ids is valid; correct them.", "没有有效的 ID；请修正。"),
    row(&[232028], CHAT, Class::Target, "People of other tenants cannot join an internal chat; leave them out or use an external chat.", "外部用户不能加入内部群；请去掉或使用外部群。"),
    row(&[232029, 232032], CHAT, Class::Target, "A person, or the owner, belongs to another tenant; use people of the app's own tenant.", "用户或群主属于其他租户；请使用本租户的用户。"),
    row(&[232076], CHAT, Class::Target, "The chat's owner cannot be removed; hand the chat over first.", "不能移除群主；请先转让群主。"),
    row(&[232013, 232044], CHAT, Class::Target, "The chat is full, or this person is in as many chats as possible; use another chat.", "群人数已满，或该用户加入的群已达上限；请换一个群。"),
    row(&[232020, 232042], CHAT, content(Fault::Other), "The chat's name or description is too long, too short or not allowed; change it.", "群名称或描述过长、过短或不合规；请修改。"),
    row(&[232023], CHAT, content(Fault::Sensitive), "The chat's name or description did not pass the platform's review; change it.", "群名称或描述未通过审核；请修改。"),
    row(&[232008, 232026, 232041, 232047, 232075, 232079, 232090], CHAT, content(Fault::Other), "This is not possible in a chat of this type, or a setting contradicts another (see the message); change the request.", "该类型的群不支持此操作，或设置互相冲突（见错误信息）；请修改请求。"),
    row(&[232069], CHAT, content(Fault::Other), "A public chat cannot be made like this; make a private one.", "无法这样创建公开群；请创建私有群。"),
    row(&[232019], CHAT, Class::RATE, "Several changes to one chat came at once; it is tried again.", "对同一个群的操作过于密集；会自动重试。"),
    row(&[232068], On::Only(&[E::ChatCreate]), Class::Retry, "The same chat is being made just now; it is asked for again with the same uuid.", "相同的群正在创建中；会用相同的 uuid 再次请求。"),
];

#[rustfmt::skip]
pub(super) const PEOPLE: &[Row] = &[
    row(&[40001, 40011, 40012, 41012], CONTACT, Class::Bug, "The platform found a parameter of the look-up wrong (see its message); check the id and its type.", "通讯录查询参数错误（见错误信息）；请检查 ID 及其类型。"),
    row(&[40003], CONTACT, Class::Retry, "The directory has an internal error; nothing to do, it is tried again.", "通讯录内部错误；无需处理，会自动重试。"),
    row(&[40004, 41050], CONTACT, Class::Config, "The app may not see these people; widen its contact data range in the developer console and publish a version.", "应用的通讯录权限范围不包含这些人；请在开发者后台扩大范围并发布版本。"),
    row(&[40008, 40015, 42008, 43010], CONTACT, Class::Target, "There is no such person or department here; correct the address.", "没有这个用户或部门；请修正地址。"),
];
