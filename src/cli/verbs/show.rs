//! How the answers of verbs look to people. Everything here comes from outside: it is printed without control characters.

use crate::cli::output::{ERROR, FAINT, GOOD, STRONG, WARNING, column, plain, styled};
use crate::cli::view;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::io::{self, Write};

/// Width of a drawing.
const COLUMNS: usize = 92;

type Out<'o> = &'o mut dyn Write;

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Milliseconds or seconds in a string, as this machine's time.
fn time(text: &str) -> String {
    let Ok(number) = text.parse::<i64>() else { return plain(text) };
    let ms = if number < 100_000_000_000 { number.saturating_mul(1000) } else { number };
    let at = Timestamp::from_millisecond(ms).map(|at| at.to_zoned(TimeZone::system()));
    at.map_or_else(|_| plain(text), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter().map(short).collect::<Vec<_>>().join(", "),
        other => plain(&other.to_string()),
    }
}

fn ids(out: Out<'_>, value: &Value) -> io::Result<()> {
    let what = [
        ("not_found", "nobody has"),
        ("invalid_user_id_list", "not reached"),
        ("invalid_id_list", "not possible for"),
        ("not_existed_id_list", "there is no"),
        ("pending_approval_id_list", "waits for approval"),
        ("invalid_message_id_list", "not forwarded"),
        ("invalid_open_ids", "not reached"),
        ("invalid_user_ids", "not reached"),
        ("invalid_union_ids", "not reached"),
        ("invalid_department_ids", "not reached"),
    ];
    for (name, words) in what {
        let ids = list(value, name);
        if !ids.is_empty() {
            writeln!(out, "  {} {}", styled(format!("{words}:"), WARNING), ids.iter().map(short).collect::<Vec<_>>().join(", "))?;
        }
    }
    Ok(())
}

/// A message that was sent, or several.
pub fn sent(out: Out<'_>, value: &Value) -> io::Result<()> {
    let items = list(value, "items");
    if items.is_empty() && list(value, "batches").is_empty() {
        return one_sent(out, value);
    }
    for item in items {
        one_sent(out, item)?;
    }
    for batch in list(value, "batches") {
        let count = batch.get("ids").and_then(Value::as_u64).unwrap_or(0);
        writeln!(out, "{} {}  to {count} ids", styled("batch", GOOD), styled(plain(text(batch, "/message_id")), STRONG))?;
        ids(out, batch)?;
    }
    ids(out, value)
}

fn one_sent(out: Out<'_>, value: &Value) -> io::Result<()> {
    let id = [text(value, "/message_id"), text(value, "/message/message_id")].into_iter().find(|id| !id.is_empty());
    let to = [text(value, "/to"), text(value, "/chat_id"), text(value, "/message/chat_id")].into_iter().find(|to| !to.is_empty());
    let to = to.map(|to| format!("  to {}", plain(to))).unwrap_or_default();
    if let Some(error) = value.pointer("/error/message").and_then(Value::as_str) {
        return writeln!(out, "{}{to}: {}", styled("failed", ERROR), plain(error));
    }
    // Custom bots give no id.
    let id = id.map(|id| format!(" {}", styled(plain(id), STRONG))).unwrap_or_default();
    writeln!(out, "{}{id}{to}", styled("sent", GOOD))?;
    ids(out, value)
}

/// Something was done, and to what.
pub fn done(out: Out<'_>, word: &str, value: &Value) -> io::Result<()> {
    let found = ["/message_id", "/batch_id", "/chat_id", "/pin/message_id", "/reaction_id"]
        .iter()
        .map(|at| text(value, at))
        .find(|id| !id.is_empty());
    writeln!(out, "{}{}", styled(word, GOOD), plain(&found.map(|id| format!(" {id}")).unwrap_or_default()))?;
    ids(out, value)
}

/// Members that were added or removed.
pub fn changed(out: Out<'_>, word: &str, value: &Value) -> io::Result<()> {
    writeln!(out, "{} {}", styled(word, GOOD), value.get("done").and_then(Value::as_u64).unwrap_or(0))?;
    ids(out, value)
}

/// People who were urged.
pub fn urged(out: Out<'_>, value: &Value) -> io::Result<()> {
    let count = value.get("urged").and_then(Value::as_u64).unwrap_or(0);
    writeln!(out, "{} {count} {}", styled("urged", GOOD), if count == 1 { "person" } else { "people" })?;
    ids(out, value)
}

/// A reaction's id.
pub fn reaction(out: Out<'_>, value: &Value) -> io::Result<()> {
    let (emoji, id) = (text(value, "/reaction_type/emoji_type"), text(value, "/reaction_id"));
    writeln!(out, "{} {}  {}", styled("reacted", GOOD), plain(emoji), styled(plain(id), STRONG))
}

/// One message, drawn; of a merged one also what is in it.
pub fn message(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        head(out, item)?;
        let (kind, content) = content(item);
        view::write(out, "  ", &view::draw(kind, &content, COLUMNS))?;
        writeln!(out)?;
    }
    Ok(())
}

/// One line a message.
pub fn history(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        let (kind, content) = content(item);
        let words = match kind {
            "text" | "post" | "interactive" => view::paint(&view::headline(kind, &content)),
            _ => plain(&format!("[{kind}]")),
        };
        let sender = text(item, "/sender/id");
        let at = time(text(item, "/create_time"));
        writeln!(out, "{}  {}  {}  {words}", styled(at, FAINT), plain(text(item, "/message_id")), column(sender, 20))?;
    }
    more(out, value, "no message")
}

fn head(out: Out<'_>, item: &Value) -> io::Result<()> {
    let deleted = item.get("deleted").and_then(Value::as_bool).unwrap_or(false);
    let state = if deleted { "recalled" } else { text(item, "/msg_type") };
    writeln!(
        out,
        "{}  {}  {}",
        styled(plain(text(item, "/message_id")), STRONG),
        styled(time(text(item, "/create_time")), FAINT),
        plain(&format!("{state}  from {}  in {}", text(item, "/sender/id"), text(item, "/chat_id")))
    )
}

/// Kind and content of a message as it is read.
fn content(item: &Value) -> (&str, Value) {
    let kind = text(item, "/msg_type");
    let raw = text(item, "/body/content");
    let content: Value = serde_json::from_str(raw).unwrap_or_else(|_| Value::String(raw.to_owned()));
    // A post that is read has one language and no level for it.
    let flat = kind == "post" && content.get("content").is_some();
    (kind, if flat { serde_json::json!({ "zh_cn": content }) } else { content })
}

/// Who has read it.
pub fn readers(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        let at = time(text(item, "/timestamp"));
        writeln!(out, "{}  {}  {}", styled(at, FAINT), column(text(item, "/user_id"), 36), plain(text(item, "/name")))?;
    }
    more(out, value, "nobody has read it")
}

/// Reactions.
pub fn reactions(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        let (emoji, who, id) = (text(item, "/reaction_type/emoji_type"), text(item, "/operator/operator_id"), text(item, "/reaction_id"));
        writeln!(out, "{}  {}  {}  {}", styled(time(text(item, "/action_time")), FAINT), column(emoji, 14), column(who, 36), plain(id))?;
    }
    more(out, value, "no reaction")
}

/// Pins.
pub fn pins(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        let (id, who) = (text(item, "/message_id"), text(item, "/operator_id"));
        writeln!(out, "{}  {}  {}", styled(time(text(item, "/create_time")), FAINT), plain(id), plain(who))?;
    }
    more(out, value, "no pin")
}

/// Chats.
pub fn chats(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        let more = if text(item, "/chat_status") == "dissolved" { "  dissolved" } else { "" };
        writeln!(out, "{}  {}{}", column(text(item, "/chat_id"), 36), plain(text(item, "/name")), styled(more, WARNING))?;
    }
    more(out, value, "no chat")
}

/// Members of a chat.
pub fn members(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        writeln!(out, "{}  {}", column(text(item, "/member_id"), 36), plain(text(item, "/name")))?;
    }
    more(out, value, "nobody is in it")
}

/// People that were looked up.
pub fn people(out: Out<'_>, value: &Value) -> io::Result<()> {
    for item in list(value, "items") {
        let id = ["open_id", "user_id", "union_id"].iter().find_map(|kind| item.get(*kind)?.as_str());
        match id {
            Some(id) => writeln!(out, "{}  {}  {}", column(text(item, "/address"), 36), column(id, 36), plain(text(item, "/name")))?,
            None => writeln!(out, "{}  {}", column(text(item, "/address"), 36), styled("nobody that the app can see", WARNING))?,
        }
    }
    Ok(())
}

/// How far a batch is.
pub fn progress(out: Out<'_>, value: &Value) -> io::Result<()> {
    let count = |at: &str| value.pointer(at).map(short).filter(|text| text != "null");
    let send = |name: &str| count(&format!("/batch_message_send_progress/{name}")).unwrap_or_else(|| "-".to_owned());
    writeln!(out, "{}", styled(plain(text(value, "/batch_id")), STRONG))?;
    // Right after it was sent the platform has not counted yet whom it reaches.
    let begun = if send("valid_user_ids_count") == "0" { "  (not begun)" } else { "" };
    writeln!(out, "  sent      {} of {}{begun}", send("success_user_ids_count"), send("valid_user_ids_count"))?;
    let read = count("/read_user/read_count").unwrap_or_else(|| send("read_user_ids_count"));
    writeln!(out, "  read      {read}")?;
    if value.pointer("/batch_message_recall_progress/recall").and_then(Value::as_bool) == Some(true) {
        writeln!(out, "  recalled  {}", count("/batch_message_recall_progress/recall_count").unwrap_or_default())?;
    }
    Ok(())
}

/// An object, one line a field.
pub fn fields(out: Out<'_>, value: &Value) -> io::Result<()> {
    for (name, field) in value.as_object().into_iter().flatten() {
        let shown = short(field);
        if !shown.is_empty() && !matches!(field, Value::Null | Value::Object(_)) {
            writeln!(out, "{}  {shown}", styled(column(name, 26), FAINT))?;
        }
    }
    Ok(())
}

fn more(out: Out<'_>, value: &Value, nothing: &str) -> io::Result<()> {
    if list(value, "items").is_empty() {
        return writeln!(out, "{}", styled(nothing, FAINT));
    }
    match value.get("has_more").and_then(Value::as_bool) {
        Some(true) => writeln!(out, "{}", styled("there are more: --limit", FAINT)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(show: fn(Out<'_>, &Value) -> io::Result<()>, value: &Value) -> String {
        let mut out = Vec::new();
        show(&mut out, value).unwrap();
        anstream::adapter::strip_str(&String::from_utf8(out).unwrap()).to_string()
    }

    #[test]
    fn answers_are_lines() {
        assert_eq!(shown(sent, &json!({"message_id": "om_1", "to": "chat:oc_1"})), "sent om_1  to chat:oc_1\n");
        assert_eq!(shown(sent, &json!({"to": "bot:room"})), "sent  to bot:room\n");
        let batch = json!({"batches": [{"message_id": "bm-1", "ids": 3, "invalid_open_ids": ["ou_x"]}], "not_found": ["email:a@b.c"]});
        assert_eq!(shown(sent, &batch), "batch bm-1  to 3 ids\n  not reached: ou_x\n  nobody has: email:a@b.c\n");
        let each = json!({"items": [{"to": "open_id:ou_1", "error": {"message": "no\u{1b}[31m"}}]});
        assert_eq!(shown(sent, &each), "failed  to open_id:ou_1: no·[31m\n");
        let found = json!({"items": [{"address": "email:a@b.c", "found": false}]});
        assert!(shown(people, &found).ends_with("nobody that the app can see\n"));
        let moving = json!({"batch_id": "bm-1", "batch_message_send_progress": {"valid_user_ids_count": 5, "success_user_ids_count": 3},
            "read_user": {"read_count": "2", "total_count": "5"}});
        assert_eq!(shown(progress, &moving), "bm-1\n  sent      3 of 5\n  read      2\n");
        assert_eq!(shown(pins, &json!({"items": []})), "no pin\n");
    }
}
