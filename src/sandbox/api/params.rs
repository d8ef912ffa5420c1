//! Parameters that many endpoints share: pages, kinds of ids, lists of ids; and the message a call is about.

use crate::sandbox::answer::{Refused, field, refuse};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::messages::Message;
use crate::sandbox::people::IdKind;
use serde_json::Value;
use std::sync::Arc;

/// `page_size`, within its documented bounds.
pub(crate) fn page_size(call: &Call, default: usize, max: usize) -> Result<usize, Refused> {
    match call.param("page_size") {
        "" => Ok(default),
        text => match text.parse() {
            Ok(size) if (1..=max).contains(&size) => Ok(size),
            _ => Err(field("page_size", text, format!("the range is 1 to {max}"))),
        },
    }
}

/// `page_token`: where the page before ended.
pub(crate) fn page_token(call: &Call) -> Result<Option<u64>, Refused> {
    match call.param("page_token") {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| field("page_token", text, "invalid page_token")),
    }
}

/// A page of something, with the token of the next one.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub items: Vec<T>,
    pub has_more: bool,
    /// Empty on the last page.
    pub token: String,
}

impl<T> Page<T> {
    /// The first `size` of what is left. `mark` tells of the last item where the next page begins.
    pub fn cut(rest: impl Iterator<Item = T>, size: usize, mark: impl Fn(&T) -> String) -> Self {
        let mut items: Vec<T> = rest.take(size + 1).collect();
        let has_more = items.len() > size;
        items.truncate(size);
        let token = if has_more { items.last().map(mark).unwrap_or_default() } else { String::new() };
        Self { items, has_more, token }
    }

    /// The page of a list that only grows at its end; the token is a position.
    pub fn by_position(all: impl Iterator<Item = T>, start: Option<u64>, size: usize) -> Self {
        let start = usize::try_from(start.unwrap_or_default()).unwrap_or(usize::MAX);
        let mut page = Self::cut(all.skip(start), size, |_| String::new());
        if page.has_more {
            page.token = (start + size).to_string();
        }
        page
    }
}

/// The kind of people's ids that a query parameter names; `open_id` where it is absent.
pub(crate) fn id_kind(call: &Call, name: &'static str) -> Result<IdKind, Refused> {
    match call.param(name) {
        "" => Ok(IdKind::Open),
        text => match IdKind::parse(text) {
            Some(kind) if kind != IdKind::Email => Ok(kind),
            _ => Err(field(name, text, format!("{name} options: [open_id,union_id,user_id]"))),
        },
    }
}

/// A list of strings in the body; empty when absent.
pub(crate) fn strings(call: &Call, name: &'static str, max: usize) -> Result<Vec<String>, Refused> {
    match call.object()?.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) if items.len() > max => Err(field(name, "", format!("the max len is {max}"))),
        Some(Value::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(|| refuse(9499))).collect(),
        Some(_) => Err(refuse(9499)),
    }
}

/// Codes for a message that cannot be worked with; they differ between endpoints.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Codes {
    pub recalled: i64,
    pub dissolved: i64,
    pub outside: i64,
    /// The other side of a one-to-one chat has left or is out of the bot's reach.
    pub unreachable: i64,
}

/// What most endpoints answer.
pub(crate) const USUAL: Codes = Codes { recalled: 230_110, dissolved: 232_009, outside: 230_002, unreachable: 230_013 };

/// The message, which still stands in a chat that the bot is in.
pub(crate) fn standing(core: &mut Core, call: &Call, message_id: &str, codes: Codes) -> Result<Arc<Message>, Refused> {
    let message = core.message(message_id)?;
    match core.world.chat(&message.chat_id) {
        Some(chat) if chat.dissolved() => return Err(refuse(codes.dissolved)),
        Some(chat) if !chat.has_bot(&call.app) => return Err(refuse(codes.outside)),
        Some(_) => {}
        None => return Err(refuse(codes.dissolved)),
    }
    if !core.world.is_reachable(&message.chat_id) {
        return Err(refuse(codes.unreachable));
    }
    if message.recalled.is_some() { Err(refuse(codes.recalled)) } else { Ok(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_end_with_what_there_is() {
        let page = Page::cut(1..=5, 2, ToString::to_string);
        assert_eq!((page.items, page.has_more, page.token.as_str()), (vec![1, 2], true, "2"));
        let page = Page::cut(1..=2, 2, ToString::to_string);
        assert_eq!((page.items, page.has_more, page.token.as_str()), (vec![1, 2], false, ""));
        let page = Page::by_position(1..=5, Some(2), 2);
        assert_eq!((page.items, page.token.as_str()), (vec![3, 4], "4"));
    }
}
