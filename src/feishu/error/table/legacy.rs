//! Codes of batches, of what became of them, of the legacy API and of the help desk.

use super::super::class::{Class, ContentFault as Fault, StateFault};
use super::super::endpoint::{Endpoint as E, Family};
use super::{On, Row, content, row, state};

/// Both `message/v4` calls: batches and the legacy send.
const LEGACY: On = On::All(&[Family::Legacy]);
const SEND_BATCH: On = On::Only(&[E::BatchSend]);
const SEND_V4: On = On::Only(&[E::LegacySend]);
const FOLLOW: On = On::All(&[Family::Batch]);
const DESK: On = On::All(&[Family::Helpdesk]);

#[rustfmt::skip]
pub(super) const V4: &[Row] = &[
    row(&[10002], SEND_BATCH, content(Fault::Other), "The platform could not create the message; a simpler form is sent.", "平台无法创建该消息；将发送更简单的版本。"),
    row(&[10002], SEND_V4, content(Fault::Other), "The platform could not create the message (see its words); a simpler form is sent.", "平台无法创建该消息（见错误信息）；将发送更简单的版本。"),
    row(&[10003], LEGACY, Class::Bug, "The platform found a parameter of the request wrong (see its message); check the ids and addresses in it.", "请求参数错误（见错误信息）；请检查其中的 ID 和地址。"),
    row(&[10010, 10034, 11239], LEGACY, Class::Target, "The person or chat belongs to another tenant; use one of the app's own tenant.", "该用户或群属于其他租户；请使用本租户的。"),
    row(&[10020, 10037], SEND_V4, state(StateFault::Gone), "There is no such message to answer; a new message carries the news.", "要回复的消息不存在；改用新消息通知。"),
    row(&[10029, 11213, 11231], LEGACY, Class::Target, "There is no such chat; correct the chat id.", "没有这个群；请修正 chat_id。"),
    row(&[10030], LEGACY, Class::Target, "The bot is not in this chat; add it to the chat.", "机器人不在该群；请把机器人加入群。"),
    row(&[11237], LEGACY, Class::Target, "The chat was dissolved; remove it from the configuration.", "该群已解散；请从配置中移除。"),
    row(&[11101, 11102, 11103, 11104, 11105, 11206], LEGACY, Class::Target, "There is no such person or department (open_id, user_id, email or department); correct the address.", "没有这个用户或部门（open_id、user_id、邮箱或部门不存在）；请修正地址。"),
    row(&[11236], LEGACY, Class::Target, "This person has left the company; correct the address.", "该用户已离职；请修正地址。"),
    row(&[11203], LEGACY, Class::Config, "The app may not send to many people; grant im:message:send_multi_users and publish a version.", "应用缺少批量发送给用户的权限；请开通 im:message:send_multi_users 并发布版本。"),
    row(&[11204], LEGACY, Class::Config, "The app may not send to departments; grant im:message:send_multi_depts and publish a version.", "应用缺少批量发送给部门的权限；请开通 im:message:send_multi_depts 并发布版本。"),
    row(&[11223, 11229], LEGACY, Class::Config, "The app may not send messages; grant im:message:send_as_bot and publish a version.", "应用缺少发送消息的权限；请开通 im:message:send_as_bot 并发布版本。"),
    row(&[11205, 11240], LEGACY, Class::Config, "The app has no bot, or its bot is not published; enable the bot in the developer console and publish a version.", "应用未启用机器人能力；请在开发者后台启用机器人并发布版本。"),
    row(&[11207, 11209, 11210, 11249], LEGACY, Class::Config, "The app is stopped, unknown or not installed in the tenant; enable it in the admin console.", "应用被停用、不存在或未在企业内安装；请在管理后台启用。"),
    row(&[11225], LEGACY, Class::Target, "The bot is not available to this person; widen the app's availability.", "机器人对该用户不可用；请扩大应用的可用范围。"),
    row(&[11221, 11227, 11244, 11245], LEGACY, content(Fault::Rich), "An image or file key of the message is not known to this app; the message goes without it.", "消息中的图片或文件 key 无效；消息将不带这些内容。"),
    row(&[11230, 18054], LEGACY, content(Fault::Other), "The platform could not create the message; a simpler form is sent.", "平台无法创建该消息；将发送更简单的版本。"),
    row(&[11246], LEGACY, content(Fault::Other), "The content was refused (see the inner code); a simpler form is sent.", "内容被拒绝（见内部错误码）；将发送更简单的版本。"),
    row(&[11248], LEGACY, content(Fault::Sensitive), "The platform found sensitive words; the alert is shown with less detail.", "消息包含敏感内容；将以更少的细节展示。"),
    row(&[11312], LEGACY, content(Fault::Sensitive), "The platform's audit refused the message; the alert is shown with less detail.", "消息未通过审核；将以更少的细节展示。"),
    row(&[11232, 11233], LEGACY, Class::RATE, "The platform or this chat is busy; nothing to do, sending goes on more slowly.", "平台或所在群繁忙；无需处理，会自动放慢发送。"),
    row(&[11247], SEND_BATCH, Class::Quota, "The app's 500,000 batch messages of the day are used up; they begin anew at midnight. Split the audience over days or use a chat.", "应用当日的 50 万条批量消息额度已用完，零点恢复；请分日发送或改用群。"),
    row(&[11247], SEND_V4, Class::RATE, "Messages are sent faster than the platform allows; nothing to do, sending goes on more slowly.", "消息发送频率超限；无需处理，会自动放慢发送。"),
    row(&[11235], LEGACY, content(Fault::Mentions), "Everybody may not be mentioned here; the message goes without mentions.", "此处不允许 @所有人；消息将不带 @。"),
    row(&[11242], LEGACY, Class::Config, "The chat is banned; ask the tenant administrator.", "该群已被封禁；请联系企业管理员。"),
    row(&[18053], LEGACY, Class::Bug, "The platform could not create the message from this request; please report this.", "平台无法按该请求创建消息；请反馈此问题。"),
    row(&[18120], LEGACY, Class::Target, "The bot may not write to this person privately; use a chat both are in.", "机器人不能与该用户单聊；请使用双方都在的群。"),
    row(&[18121], LEGACY, Class::Retry, "The same message is still being sent; it is looked at again in a moment.", "同一条消息正在发送中；稍后会再次确认。"),
    row(&[230100], SEND_BATCH, content(Fault::Other), "The platform takes this for a test message, which may not go to many people; a form with more content is needed.", "平台认为这是测试消息，不允许批量发送；请充实消息内容。"),
];

#[rustfmt::skip]
pub(super) const BATCH: &[Row] = &[
    row(&[230012], FOLLOW, state(StateFault::Other), "Another app sent this batch; ask with the app that sent it (`--app`).", "该批量消息由其他应用发送；请用发送它的应用查询（--app）。"),
    row(&[230030], FOLLOW, state(StateFault::Gone), "There is no such batch, or it is older than 30 days; check its id (bm-...).", "没有这条批量消息，或已超过 30 天；请检查其 ID（bm-...）。"),
];

#[rustfmt::skip]
pub(super) const HELPDESK: &[Row] = &[
    row(&[154000], DESK, Class::Bug, "The help desk found the request wrong (see its message); check the address in `to`. Cards must be JSON 1.0.", "服务台请求参数错误（见错误信息）；请检查 to 中的地址，卡片须为 JSON 1.0。"),
    row(&[154001], DESK, Class::Config, "The help desk's credentials were refused; copy `helpdesk.id` and `helpdesk.token` again from its admin console (same tenant as the app).", "服务台凭证无效；请从服务台后台重新复制 helpdesk.id 和 helpdesk.token（须与应用同租户）。"),
    row(&[154003], DESK, Class::Config, "The app or the token's owner may not use this help desk; grant helpdesk:all, publish a version, and check who owns the token.", "应用或 token 所有者无权使用该服务台；请开通 helpdesk:all、发布版本，并检查 token 的所有者。"),
    row(&[154004], DESK, Class::Target, "The help desk does not know this person; correct the address.", "服务台中没有这个用户；请修正地址。"),
    row(&[154005], DESK, Class::Config, "The help desk does not offer this; with `receive: chat` a person with an open ticket gets nothing, use `receive: user`.", "服务台不支持该操作；receive: chat 时有进行中工单的用户无法接收，请改用 receive: user。"),
    row(&[155000], DESK, Class::Retry, "The help desk has an internal error; nothing to do, it is tried again.", "服务台内部错误；无需处理，会自动重试。"),
];
