//! Codes of uploads and downloads.

use super::super::class::{Class, ContentFault as Fault, StateFault};
use super::super::endpoint::{Endpoint as E, Family};
use super::{On, Row, content, row, state};

const FILE: On = On::All(&[Family::Upload]);
const UPLOAD: On = On::Only(&[E::ImageUpload, E::FileUpload]);
const DOWNLOAD: On = On::Only(&[E::ImageGet, E::FileGet, E::Resource]);

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(&[232096], UPLOAD, Class::Retry, "The platform takes no uploads at the moment; it is tried again.", "平台暂停上传；会自动重试。"),
    row(&[234019], DOWNLOAD, Class::Retry, "The platform could not read the file just now; try again in a moment.", "平台暂时无法读取该文件；请稍后重试。"),
    row(&[234001], FILE, Class::Bug, "The platform found a parameter of the upload or download wrong (see its message); check key, type and name.", "上传或下载的参数错误（见错误信息）；请检查 key、类型和名称。"),
    row(&[234002], FILE, Class::Auth, "The app's token was refused for files; check that the app has the permission im:resource.", "文件接口拒绝了 token；请检查应用是否有 im:resource 权限。"),
    row(&[234003], DOWNLOAD, state(StateFault::Gone), "This key does not stand in this message; take message and key from the same place.", "该 key 不属于这条消息；请使用同一条消息中的 key。"),
    row(&[234005], DOWNLOAD, state(StateFault::Gone), "The image or file does not exist any more; upload it again.", "图片或文件已不存在；请重新上传。"),
    row(&[234008], DOWNLOAD, state(StateFault::Other), "Another app uploaded this; only the app that did can download it by its key, others by the message it stands in.", "该文件由其他应用上传；只有上传者能按 key 下载，其他应用请通过所在的消息下载。"),
    row(&[234043], DOWNLOAD, state(StateFault::Other), "Files of such messages (cards, stickers, merged forwards) cannot be downloaded.", "此类消息（卡片、表情包、合并转发）中的文件不支持下载。"),
    row(&[230110], On::Only(&[E::Resource]), state(StateFault::Recalled), "The message was deleted by a person, and its files with it.", "消息已被人删除，其中的文件也不可用。"),
    row(&[234004], FILE, Class::Config, "The bot is not in the chat of this message; add it to the chat.", "机器人不在该消息所在的群；请把机器人加入群。"),
    row(&[234007], FILE, Class::Config, "The app has no bot; enable the bot in the developer console and publish a version.", "应用未启用机器人能力；请在开发者后台启用并发布版本。"),
    row(&[234009], FILE, Class::Config, "The app may not be used outside its tenant, or lacks a permission for this file; allow it and publish a version.", "应用未开通对外共享，或缺少该文件的权限；请开通并发布版本。"),
    row(&[234041, 234042], FILE, Class::Config, "The tenant's storage or key is not available; ask the tenant administrator.", "租户的存储或密钥不可用；请联系企业管理员。"),
    row(&[234006, 234010, 234011, 234037, 234038, 234039, 234040], UPLOAD, content(Fault::Rich), "The image or file is empty, too big or in an unknown format; the message goes without it.", "图片或文件为空、过大或格式不支持；消息将不带该内容。"),
    row(&[234006, 234010, 234011, 234037, 234039], DOWNLOAD, content(Fault::Rich), "The file is larger than the 100 MB that can be downloaded, or empty; open it in the client.", "文件超过可下载的 100 MB，或为空；请在客户端中打开。"),
    row(&[234038], DOWNLOAD, content(Fault::Rich), "The chat is in restricted mode, which forbids downloads; have its owner allow it.", "该群开启了防泄密模式，禁止下载；请让群主放行。"),
    row(&[234040], DOWNLOAD, content(Fault::Rich), "The bot cannot see this message; add it to the chat, and give it the messages from before it came.", "机器人看不到该消息；请把机器人加入群，并允许其查看入群前的消息。"),
];
