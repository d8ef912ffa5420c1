//! Codes of the gateway, which any call can get, and those of the token call.

use super::super::class::{Class, StateFault};
use super::super::endpoint::Family;
use super::{On, Row, row, state};

const TOKEN: On = On::All(&[Family::Auth]);

#[rustfmt::skip]
pub(super) const ANY: &[Row] = &[
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
    row(&[99992354], On::Any, state(StateFault::Gone), "There is no such message, or not any more; check the id. An alert's message is sent anew with its next change.", "没有这条消息，或已不存在；请检查 ID。告警的消息会在下一次变化时重新发出。"),
    row(&[99992355, 99992356], On::Any, Class::Target, "There is no such chat; correct the chat id.", "没有这个群；请修正 chat_id。"),
    row(&[99992402], On::Any, Class::Bug, "The platform found a field of the request wrong (see its message); please report this.", "请求字段校验失败（见错误信息）；请反馈此问题。"),
    row(&[9499], On::Any, Class::Bug, "The platform could not read the request; please report this.", "平台无法解析请求；请反馈此问题。"),
    row(&[2200, 5000, 55001, 1503, 1642, 1663, 1668, 10101, 10500], On::Any, Class::Retry, "The platform has an internal error; nothing to do, it is tried again.", "平台内部错误；无需处理，会自动重试。"),
];

#[rustfmt::skip]
pub(super) const AUTH: &[Row] = &[
    row(&[10015, 20002], TOKEN, Class::Config, "app_id and app_secret do not belong together; copy both again from the developer console.", "app_id 与 app_secret 不匹配；请从开发者后台重新复制。"),
    row(&[10003], TOKEN, Class::Config, "app_id or app_secret has a wrong form; copy both again from the developer console.", "app_id 或 app_secret 格式错误；请从开发者后台重新复制。"),
    row(&[10005], TOKEN, Class::Config, "The app is not authorised in this tenant; have it installed by the tenant administrator.", "应用未获得该租户授权；请联系企业管理员安装。"),
    row(&[10014], TOKEN, Class::Config, "The app is stopped; enable it in the developer console.", "应用已停用；请在开发者后台启用。"),
    row(&[10012, 10013], TOKEN, Class::Auth, "The platform could not issue a token just now; it is tried again. For a store app: not supported, use a self-built app.", "平台暂时无法签发 token；会自动重试。商店应用不受支持，请使用自建应用。"),
];
