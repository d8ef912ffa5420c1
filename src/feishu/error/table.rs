//! Every code we know, by endpoint: its class, and a sentence for people in English and Chinese.
//!
//! Codes and meanings: the error lists of the platform's API pages and its general code list, read 2026-05. One
//! number can have several rows; the narrowest wins (endpoint, then family, then any). A new endpoint adds rows.

use super::class::{Class, ContentFault as Fault, StateFault};
use super::endpoint::{Endpoint as E, Family};

/// Where a code has this meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    /// Wherever no narrower row says otherwise.
    Any,
    /// All endpoints of a family.
    All(Family),
    /// These endpoints.
    Only(&'static [E]),
}

/// One meaning of some codes.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    /// The codes.
    pub codes: &'static [i64],
    /// Where.
    pub on: On,
    /// What it asks for.
    pub class: Class,
    /// What it means and what to do.
    pub en: &'static str,
    /// The same in Chinese.
    pub zh: &'static str,
}

const fn row(codes: &'static [i64], on: On, class: Class, en: &'static str, zh: &'static str) -> Row {
    Row { codes, on, class, en, zh }
}

const IM: On = On::All(Family::Message);
const CHAT: On = On::All(Family::Chat);
const UPLOAD: On = On::All(Family::Upload);
const CONTACT: On = On::All(Family::Contact);
const HOOK: On = On::All(Family::Hook);
const TOKEN: On = On::All(Family::Auth);
const SAY: On = On::Only(&[E::Send, E::Reply]);
const WRITE: On = On::Only(&[E::Send, E::Reply, E::Edit]);
const SHOW: On = On::Only(&[E::Send, E::Reply, E::Edit, E::Patch]);
const SEND: On = On::Only(&[E::Send]);
const REPLY: On = On::Only(&[E::Reply]);
const EDIT: On = On::Only(&[E::Edit]);
const PATCH: On = On::Only(&[E::Patch]);
const RECALL: On = On::Only(&[E::Recall]);
const HISTORY: On = On::Only(&[E::List]);

const fn content(fault: Fault) -> Class {
    Class::Content(fault)
}
const fn state(fault: StateFault) -> Class {
    Class::State(fault)
}

/// The table.
#[rustfmt::skip]
pub(super) const TABLE: &[Row] = &[
    // Gateway and general codes.
    row(&[99991400], On::Any, Class::RATE, "The app makes calls faster than the platform allows; nothing to do, sending goes on more slowly.", "应用调用频率超限；无需处理，会自动放慢发送。"),
    row(&[1000004, 1000005], On::Any, Class::RATE, "The app makes calls faster than the platform allows; nothing to do, sending goes on more slowly.", "应用调用频率超限；无需处理，会自动放慢发送。"),
    row(&[99991403], On::Any, Class::Quota, "The tenant's monthly number of API calls is used up; upgrade the plan or wait for the first of next month.", "租户本月 API 调用额度已用完；请升级套餐或等到下月 1 日。"),
    row(&[90003087, 90003088], On::Any, Class::Quota, "The tenant's licence does not cover this any more; ask the tenant administrator.", "租户的授权额度不足；请联系企业管理员。"),
    row(&[99991401], On::Any, Class::Config, "Our address is not in the app's IP allow-list (the message names it); add it in the developer console.", "出口 IP 不在应用的 IP 白名单中（错误信息里有该 IP）；请在开发者后台添加。"),
    row(&[99991661], On::Any, Class::Bug, "The request carried no token; please report this.", "请求未携带 token；请反馈此问题。"),
    row(&[99991663, 99991664, 99991665, 99991671, 20013, 20014], On::Any, Class::Auth, "The app's token was refused, also after a new one was fetched; check that app and platform address belong together.", "应用 token 无效，重新获取后仍被拒绝；请检查应用与平台地址是否匹配。"),
    row(&[99991668, 99991677], On::Any, Class::Bug, "This call does not accept an app's token; please report this.", "该接口不接受应用身份的 token；请反馈此问题。"),
    row(&[99991662, 99991673], On::Any, Class::Config, "The app is disabled or not installed in the tenant; enable it in the admin console.", "应用被停用或未在企业内安装；请在管理后台启用。"),
    row(&[99991672, 99991676, 99991679], On::Any, Class::Config, "The app lacks a permission (the message lists which); grant it in the developer console and publish a version.", "应用缺少权限（错误信息里列出了所需权限）；请在开发者后台开通并发布版本。"),
    row(&[99991543], On::Any, Class::Config, "app_id or app_secret is wrong; copy both again from the developer console, and check that the platform is feishu or lark as the app is.", "app_id 或 app_secret 错误；请从开发者后台重新复制，并确认 platform 是 feishu 还是 lark。"),
    row(&[99991201, 99991301], On::Any, Class::Bug, "The platform does not know this path or method; check the platform address, else please report this.", "平台不认识该路径或方法；请检查平台地址，否则请反馈此问题。"),
    row(&[99992351, 99992352, 99992353, 99992359, 99992360, 99992363, 99992364], On::Any, Class::Target, "There is no such person (open_id, user_id or union_id); correct the address.", "没有这个用户（open_id、user_id 或 union_id 不存在）；请修正地址。"),
    row(&[99992361], On::Any, Class::Config, "This open_id belongs to another app; use an email or union_id, or this app's own open_id.", "该 open_id 属于其他应用；请改用邮箱、union_id 或本应用的 open_id。"),
    row(&[99992381], On::Any, Class::Target, "This union_id belongs to another tenant; correct the address.", "该 union_id 属于其他租户；请修正地址。"),
    row(&[99992354], On::Any, state(StateFault::Gone), "There is no such message any more; the next change is shown by a new one.", "消息已不存在；下一次变化会用新消息展示。"),
    row(&[99992355, 99992356], On::Any, Class::Target, "There is no such chat; correct the chat id.", "没有这个群；请修正 chat_id。"),
    row(&[99992402], On::Any, Class::Bug, "The platform found a field of the request wrong (see its message); please report this.", "请求字段校验失败（见错误信息）；请反馈此问题。"),
    row(&[9499], On::Any, Class::Bug, "The platform could not read the request; please report this.", "平台无法解析请求；请反馈此问题。"),
    row(&[2200, 5000, 55001, 1503, 1642, 1663, 1668, 10101, 10500], On::Any, Class::Retry, "The platform has an internal error; nothing to do, it is tried again.", "平台内部错误；无需处理，会自动重试。"),

    // Tokens.
    row(&[10015, 20002], TOKEN, Class::Config, "app_id and app_secret do not belong together; copy both again from the developer console.", "app_id 与 app_secret 不匹配；请从开发者后台重新复制。"),
    row(&[10003], TOKEN, Class::Config, "app_id or app_secret has a wrong form; copy both again from the developer console.", "app_id 或 app_secret 格式错误；请从开发者后台重新复制。"),
    row(&[10005], TOKEN, Class::Config, "The app is not authorised in this tenant; have it installed by the tenant administrator.", "应用未获得该租户授权；请联系企业管理员安装。"),
    row(&[10014], TOKEN, Class::Config, "The app is stopped; enable it in the developer console.", "应用已停用；请在开发者后台启用。"),
    row(&[10012, 10013], TOKEN, Class::Auth, "The platform could not issue a token just now; it is tried again. For a store app: not supported, use a self-built app.", "平台暂时无法签发 token；会自动重试。商店应用不受支持，请使用自建应用。"),

    // Messages.
    row(&[230001], IM, Class::Bug, "The platform found a parameter of the request wrong (see its message); check the address in `to`.", "请求参数错误（见错误信息）；请检查 to 中的地址。"),
    row(&[230002], IM, Class::Config, "The bot is not in this chat; add it to the chat.", "机器人不在该群；请把机器人加入群。"),
    row(&[230006], IM, Class::Config, "The app has no bot, or its bot is not published; enable the bot in the developer console and publish a version.", "应用未启用机器人能力；请在开发者后台启用机器人并发布版本。"),
    row(&[230013], IM, Class::Target, "The bot is not available to this person, or the person has left; widen the app's availability.", "机器人对该用户不可用（或该用户已离职）；请扩大应用的可用范围。"),
    row(&[230027], IM, Class::Config, "The app lacks a permission for this, or the chat is external and the app may not be shared outside; grant it and publish a version.", "应用缺少权限，或该群是外部群而应用未开通对外共享；请开通并发布版本。"),
    row(&[230110], IM, state(StateFault::Recalled), "The message was deleted by a person; it is left alone.", "消息已被人删除；不再更新。"),
    row(&[232009], IM, Class::Target, "The chat was dissolved; remove it from the configuration.", "该群已解散；请从配置中移除。"),
    row(&[230110], RECALL, Class::Ok, "The message was deleted already.", "消息早已被删除。"),
    row(&[230009], RECALL, state(StateFault::TooOld), "The message is too old to be recalled.", "消息已超过可撤回时间。"),
    row(&[230026], RECALL, state(StateFault::Other), "The bot may not recall this message.", "机器人无权撤回该消息。"),
    row(&[230011], On::Only(&[E::Reply, E::Edit, E::Patch]), state(StateFault::Recalled), "The message was recalled by a person; it is left alone.", "消息已被人撤回；不再更新。"),
    row(&[230015], SAY, Class::Bug, "A private chat cannot be shared; please report this.", "单聊不能被分享；请反馈此问题。"),
    row(&[230017], SAY, content(Fault::Rich), "An image or file of the message was uploaded by another app; upload it with this app.", "消息中的图片或文件由其他应用上传；请用本应用重新上传。"),
    row(&[230018], WRITE, Class::Config, "The chat's settings let only some people speak; allow the bot to speak there.", "群设置限制了发言；请允许机器人在群内发言。"),
    row(&[230019], SEND, Class::Target, "The topic does not exist; use the chat's id.", "话题不存在；请使用群的 chat_id。"),
    row(&[230019], REPLY, content(Fault::ThreadRefused), "The topic does not exist any more; the reply goes into the stream.", "话题已不存在；改为在群内回复。"),
    row(&[230020], SHOW, Class::RATE, "This chat or person gets more messages a second than the platform allows (all bots of a chat share that limit); nothing to do, sending goes on more slowly.", "该群或用户的消息频率超限（群内所有机器人共享限额）；无需处理，会自动放慢发送。"),
    row(&[230022], WRITE, content(Fault::Sensitive), "The platform found sensitive words; the alert is shown with less detail.", "消息包含敏感内容；将以更少的细节展示。"),
    row(&[230025], SHOW, content(Fault::TooLong), "The message is too long; a shorter form is sent.", "消息过长；将发送更短的版本。"),
    row(&[230028], SHOW, content(Fault::Sensitive), "The tenant's data protection refused the text (phone numbers, mail addresses); keep such values out of labels or the template.", "消息未通过企业数据防泄漏检查（如手机号、邮箱）；请勿在标签或模板中放入此类内容。"),
    row(&[230029], SEND, Class::Target, "This person has left the company; correct the address.", "该用户已离职；请修正地址。"),
    row(&[230031], PATCH, state(StateFault::TooOld), "The card is older than 14 days and cannot be changed any more; a reply carries the news.", "卡片发送已超过 14 天，无法更新；改用回复通知。"),
    row(&[230034], SEND, Class::Target, "The address is not valid for its kind; correct the id, email or chat in `to`.", "接收者 ID 与类型不符；请修正 to 中的 ID、邮箱或群。"),
    row(&[230035], WRITE, Class::Config, "The bot may not speak here (muted, blocked, or forbidden by the tenant); allow it.", "机器人在此无发言权限（被禁言、被屏蔽或被企业限制）；请放行。"),
    row(&[230036], SEND, Class::Config, "The tenant's encryption key was deleted; ask the tenant administrator.", "租户加密密钥已被删除；请联系企业管理员。"),
    row(&[230038], WRITE, Class::Target, "Private messages into another tenant are not possible; use a person of the app's own tenant.", "不能跨租户发送单聊消息；请使用本租户的用户。"),
    row(&[230049], SAY, Class::Retry, "The same message is still being sent; it is looked at again in a moment.", "同一条消息正在发送中；稍后会再次确认。"),
    row(&[230050], On::Only(&[E::Reply, E::Edit, E::Recall, E::Get]), state(StateFault::Gone), "The bot cannot see this message; a new message carries the news.", "机器人看不到该消息；改用新消息通知。"),
    row(&[230053], SEND, Class::Target, "This person has stopped the bot; they must enable it again.", "该用户已停用机器人；需由其本人重新启用。"),
    row(&[230054], SEND, content(Fault::Shape), "This chat does not take this type of message; a simpler type is sent.", "该群不支持此类消息；将改用更简单的类型。"),
    row(&[230054], On::Only(&[E::Reply, E::Edit, E::Recall]), state(StateFault::Other), "A message of this type cannot be changed or answered.", "该类型的消息不支持此操作。"),
    row(&[230055], WRITE, content(Fault::Rich), "A file's type does not fit the message's type.", "文件类型与消息类型不匹配。"),
    row(&[230071, 230072], REPLY, content(Fault::ThreadRefused), "This chat or message takes no replies in a topic; the reply goes into the stream.", "该群或该消息不支持话题回复；改为普通回复。"),
    row(&[230071], EDIT, state(StateFault::Other), "Only the sender may edit a message, and this one is not ours; a reply carries the news.", "只有发送者能编辑消息；改用回复通知。"),
    row(&[230072], EDIT, state(StateFault::EditsUsed), "The message was edited 20 times, which is all the platform allows; a reply carries the news.", "消息已编辑 20 次，达到上限；改用回复通知。"),
    row(&[230073, 230074], EDIT, state(StateFault::Other), "Messages in encrypted chats cannot be edited; a reply carries the news.", "加密群中的消息不能编辑；改用回复通知。"),
    row(&[230075], EDIT, state(StateFault::TooOld), "The time in which messages may be edited is over; a reply carries the news.", "已超过可编辑时间；改用回复通知。"),
    row(&[230073], HISTORY, Class::Target, "The bot cannot see this topic.", "机器人看不到该话题。"),
    row(&[230075], SAY, Class::Target, "Bots cannot write into encrypted chats; use another chat.", "机器人不能在加密群中发言；请换一个群。"),
    row(&[230099], On::Only(&[E::Send, E::Reply, E::Patch]), content(Fault::Other), "The card was refused (see the inner code); a simpler form is sent.", "卡片被拒绝（见内部错误码）；将发送更简单的版本。"),
    row(&[230111], REPLY, state(StateFault::Gone), "The message destroys itself and takes no reply; a new message carries the news.", "消息即将自动销毁，不能回复；改用新消息通知。"),
    row(&[231203, 231204], HISTORY, Class::Config, "The history of this chat is not open to bots.", "该群的历史消息不对机器人开放。"),

    // Chats.
    row(&[232001], CHAT, Class::Bug, "The platform found a parameter of the request wrong (see its message).", "请求参数错误（见错误信息）。"),
    row(&[232004, 232034], CHAT, Class::Config, "The app is not installed in the tenant; install it in the admin console.", "应用未在企业内安装；请在管理后台安装。"),
    row(&[232025], CHAT, Class::Config, "The app has no bot, or its bot is not published; enable the bot in the developer console and publish a version.", "应用未启用机器人能力；请在开发者后台启用机器人并发布版本。"),
    row(&[232006, 232007], CHAT, Class::Target, "There is no such chat; correct the chat id.", "没有这个群；请修正 chat_id。"),
    row(&[232009], CHAT, Class::Target, "The chat was dissolved; remove it from the configuration.", "该群已解散；请从配置中移除。"),
    row(&[232010], CHAT, Class::Target, "The chat belongs to another tenant; use one of the app's own tenant.", "该群属于其他租户；请使用本租户的群。"),
    row(&[232011], CHAT, Class::Target, "The bot is not in this chat; add it to the chat.", "机器人不在该群；请把机器人加入群。"),
    row(&[232002, 232014, 232016, 232017, 232033, 232037], CHAT, Class::Config, "The bot lacks the right to do this in the chat.", "机器人在该群没有此操作权限。"),
    row(&[232019], CHAT, Class::RATE, "Several changes to one chat came at once; it is tried again.", "对同一个群的操作过于密集；会自动重试。"),

    // People.
    row(&[40001, 40011, 40012, 41012], CONTACT, Class::Bug, "The platform found a parameter of the look-up wrong (see its message).", "通讯录查询参数错误（见错误信息）。"),
    row(&[40003], CONTACT, Class::Retry, "The directory has an internal error; nothing to do, it is tried again.", "通讯录内部错误；无需处理，会自动重试。"),
    row(&[40004, 41050], CONTACT, Class::Config, "The app may not see these people; widen its contact data range in the developer console and publish a version.", "应用的通讯录权限范围不包含这些人；请在开发者后台扩大范围并发布版本。"),
    row(&[40008, 40015, 42008, 43010], CONTACT, Class::Target, "There is no such person or department here; correct the address.", "没有这个用户或部门；请修正地址。"),

    // Images and files.
    row(&[232096, 234019], UPLOAD, Class::Retry, "The platform takes no uploads at the moment; it is tried again.", "平台暂停上传；会自动重试。"),
    row(&[234001], UPLOAD, Class::Bug, "The platform found a parameter of the upload wrong (see its message).", "上传参数错误（见错误信息）。"),
    row(&[234002], UPLOAD, Class::Auth, "The app's token was refused for uploads; check that the app has the permission im:resource.", "上传时 token 被拒绝；请检查应用是否有 im:resource 权限。"),
    row(&[234007], UPLOAD, Class::Config, "The app has no bot; enable the bot in the developer console and publish a version.", "应用未启用机器人能力；请在开发者后台启用并发布版本。"),
    row(&[234009, 234041, 234042], UPLOAD, Class::Config, "The tenant's storage or key is not available; ask the tenant administrator.", "租户的存储或密钥不可用；请联系企业管理员。"),
    row(&[234006, 234010, 234011, 234037, 234039], UPLOAD, content(Fault::Rich), "The image is empty, too big or in an unknown format; the message goes without it.", "图片为空、过大或格式不支持；消息将不带该图片。"),

    // Group custom bots.
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

/// Inner codes of a refused card (230099, 11246).
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

/// The narrowest row of a code on an endpoint.
pub(super) fn lookup(endpoint: E, code: i64) -> Option<&'static Row> {
    let narrowness = |row: &Row| match row.on {
        On::Only(list) if list.contains(&endpoint) => 3,
        On::All(family) if family == endpoint.family() => 2,
        On::Any => 1,
        _ => 0,
    };
    TABLE.iter().filter(|row| row.codes.contains(&code) && narrowness(row) > 0).max_by_key(|row| narrowness(row))
}

/// The row of an inner code.
pub(super) fn lookup_sub(code: i64) -> Option<&'static Row> {
    SUB_CODES.iter().find(|row| row.codes.contains(&code))
}

/// Whether the message of this code carries an inner code.
pub(super) fn has_sub_codes(code: i64) -> bool {
    matches!(code, 230_099 | 11_246)
}
