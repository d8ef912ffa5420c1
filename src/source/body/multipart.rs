//! The text fields of a `multipart/form-data` body that is already in memory (Uptime Kuma sends one).

use super::BodyError;

/// More parts than any sender of alerts has.
const MAX_PARTS: usize = 200;

/// Names and texts of the parts; parts without a name are left out.
pub(super) fn fields(content_type: &str, body: &[u8]) -> Result<Vec<(String, String)>, BodyError> {
    let boundary = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty() && boundary.len() <= 70);
    let boundary = boundary.ok_or(BodyError::Form("its Content-Type has no boundary"))?;
    let delimiter = format!("--{boundary}");
    let mut rest = body.strip_prefix(delimiter.as_bytes()).map(Some).unwrap_or_else(|| after(body, &format!("\n{delimiter}")));
    let mut fields = Vec::new();
    while let Some(part) = rest.filter(|part| !part.starts_with(b"--")) {
        if fields.len() == MAX_PARTS {
            return Err(BodyError::Form("it has too many parts"));
        }
        let Some(end) = end_of(part, &format!("\n{delimiter}")) else {
            return Err(BodyError::Form("its last part does not end"));
        };
        let (part, next) = part.split_at(end);
        rest = next.get(delimiter.len() + 1..);
        let Some((head, content)) = split(part) else { continue };
        let head = String::from_utf8_lossy(head);
        let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"));
        if let Some(name) = disposition.and_then(|line| parameter(line, "name")) {
            let content = content.strip_suffix(b"\r").unwrap_or(content);
            fields.push((name, String::from_utf8_lossy(content).into_owned()));
        }
    }
    Ok(fields)
}

/// Where the next delimiter stands; a longer word that only starts like it is content.
fn end_of(part: &[u8], delimiter: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + find(part.get(from..)?, delimiter.as_bytes())?;
        match part.get(at + delimiter.len()) {
            None | Some(b'\r' | b'\n' | b'-' | b' ' | b'\t') => return Some(at),
            Some(_) => from = at + 1,
        }
    }
}

/// Head and content of a part, at its empty line.
fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let (at, length) = match (find(part, b"\r\n\r\n"), find(part, b"\n\n")) {
        (Some(crlf), Some(lf)) if lf < crlf => (lf, 2),
        (Some(crlf), _) => (crlf, 4),
        (None, lf) => (lf?, 2),
    };
    Some((part.get(..at)?.trim_ascii(), part.get(at + length..)?))
}

fn after<'b>(body: &'b [u8], mark: &str) -> Option<&'b [u8]> {
    body.get(find(body, mark.as_bytes())? + mark.len()..)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// A parameter of a header line, quoted or not.
fn parameter(line: &str, wanted: &str) -> Option<String> {
    line.split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.to_owned())
    })
}
