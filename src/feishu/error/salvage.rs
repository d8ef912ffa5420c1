//! The one thing worth finding in an answer that broke off: the id of the batch it tells about.
//!
//! Pure. The text is read string by string, as JSON: an id counts only with its closing quote, and only as the value of
//! the key `message_id`, so that neither half an id nor words inside some other text are taken for one.

/// The batch's id in the part of an answer that arrived; `None` unless it is complete.
pub(super) fn batch_id(body: &[u8]) -> Option<String> {
    let mut rest = body;
    let mut after_key = false;
    while let Some(start) = rest.iter().position(|byte| *byte == b'"') {
        let between = &rest[..start];
        let is_value = after_key && between.trim_ascii() == b":";
        let (text, tail) = string(&rest[start + 1..])?;
        if is_value {
            return std::str::from_utf8(text).ok().filter(|id| is_batch_id(id)).map(str::to_owned);
        }
        after_key = text == b"message_id";
        rest = tail;
    }
    None
}

/// Whether this is a batch's id, and not that of a message.
pub(super) fn is_batch_id(id: &str) -> bool {
    let known = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    id.strip_prefix("bm-").or_else(|| id.strip_prefix("bm_")).is_some_and(known)
}

/// The rest of a JSON string up to its closing quote, and what follows; `None` where it is cut.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"code":0,"msg":"成功","data":{"invalid_open_ids":["ou_x\"message_id\":\"bm-wrong\""],"message_id" : "bm-5a6b_7","invalid_user_ids":[]}}"#;

    #[test]
    fn only_a_complete_id_is_found_wherever_the_answer_is_cut() {
        let end = ANSWER.find("bm-5a6b_7\"").unwrap() + "bm-5a6b_7\"".len();
        for cut in 0..=ANSWER.len() {
            let expected = (cut >= end).then_some("bm-5a6b_7");
            assert_eq!(batch_id(&ANSWER.as_bytes()[..cut]).as_deref(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn other_texts_name_no_batch() {
        for body in [
            r#"{"msg":"message_id","data":{"x":"bm-1"}}"#,
            r#"{"data":{"message_id":"om_1"}}"#,
            r#"{"data":{"message_id":"bm-"}}"#,
            r#"{"data":{"message_id":"bm-1/../x"}}"#,
            r#"{"data":{"message_id":7,"text":"bm-1"}}"#,
            r#"{"content":"{\"message_id\":\"bm-1\"}"}"#,
            r#"["message_id","bm-1"]"#,
            "<html>message_id: bm-1</html>",
        ] {
            assert_eq!(batch_id(body.as_bytes()), None, "{body}");
        }
        assert_eq!(batch_id(br#"{"data":{"message_id":"bm_old"#), None);
        assert_eq!(batch_id(br#"{"data":{"message_id":"bm_old""#).as_deref(), Some("bm_old"));
        assert_eq!(batch_id(b"{\"msg\":\"\xff\xfe\",\"message_id\":\"bm-1\"").as_deref(), Some("bm-1"));
    }
}
