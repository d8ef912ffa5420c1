use super::*;
use std::io::Write;

const MAX: usize = 4096;

fn decoded(content_type: &str, encoding: &str, raw: &[u8]) -> Result<String, BodyError> {
    decode(Some(content_type), Some(encoding), raw, MAX).map(|body| String::from_utf8_lossy(&body).into_owned())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn types() {
    let json = r#"{"a":"b=c&d"}"#;
    let form = "application/x-www-form-urlencoded";
    let table = [
        ("application/json", json, json),
        ("application/json; charset=utf-8", json, json),
        ("text/plain; charset=UTF-8", json, json),
        ("application/cloudevents+json", json, json),
        ("application/xml", json, json),
        ("", json, json),
        (form, json, json),
        (form, " [1]", " [1]"),
        (form, "payload=%7B%22a%22%3A1%7D&other=x", r#"{"a":1}"#),
        (form, "x=1&data=%5B1%5D", "[1]"),
        (form, "json=%7B+not+json", "{ not json"),
        (form, "alarm=%7B%22a%22%3A%22%2B%22%7D", r#"{"a":"+"}"#),
        (
            "application/x-www-form-urlencoded; charset=UTF-8",
            "alertName=CPU%20%E9%AB%98&dimensions=%7BuserId%3D1%7D&detail=%7B%22v%22%3A2%7D&empty=&tag=a&tag=b",
            r#"{"alertName":"CPU 高","detail":{"v":2},"dimensions":"{userId=1}","empty":"","tag":["a","b"]}"#,
        ),
        (form, "payload=plain", r#"{"payload":"plain"}"#),
    ];
    for (content_type, raw, expected) in table {
        assert_eq!(decoded(content_type, "", raw.as_bytes()).unwrap(), expected, "{content_type} {raw}");
    }
    assert_eq!(decode(None, None, b"{}", MAX).unwrap(), Cow::Borrowed(b"{}"));
}

#[test]
fn multipart_forms() {
    let body = "--XX\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n--XXworld\r\n--XX\r\ncontent-disposition: form-data; name=data\r\nContent-Type: application/json\r\n\r\n{\"msg\":\"\\n--X\"}\r\n--XX--\r\n";
    assert_eq!(decoded("multipart/form-data; boundary=XX", "", body.as_bytes()).unwrap(), "{\"msg\":\"\\n--X\"}");
    let body = "preamble\r\n--b c\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b c\r\nContent-Disposition: form-data\r\n\r\n2\r\n--b c--";
    assert_eq!(decoded("multipart/form-data; boundary=\"b c\"", "", body.as_bytes()).unwrap(), r#"{"a":"1"}"#);
    for (content_type, body) in [
        ("multipart/form-data", "--XX"),
        ("multipart/form-data; boundary=XX", "--XX\r\n\r\ncut"),
        ("multipart/form-data; boundary=XX", "--XX--"),
    ] {
        assert!(matches!(decoded(content_type, "", body.as_bytes()), Err(BodyError::Form(_))), "{body}");
    }
}

#[test]
fn encodings() {
    let json = br#"{"a":1}"#;
    let mut twice = gzip(b"{\"a\":");
    twice.extend(gzip(b"1}"));
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(json).unwrap();
    for (encoding, raw) in [
        ("gzip", gzip(json)),
        ("X-GZIP", gzip(json)),
        ("gzip", twice),
        ("gzip, gzip", gzip(&gzip(json))),
        ("deflate", zlib.finish().unwrap()),
        ("identity", json.to_vec()),
    ] {
        assert_eq!(decoded("application/json", encoding, &raw).unwrap().as_bytes(), json, "{encoding}");
    }
    let bomb = gzip(&vec![b' '; 100 * MAX]);
    assert!(bomb.len() < MAX);
    assert_eq!(decoded("", "gzip", &bomb), Err(BodyError::TooLarge { max: MAX, inflated: true }));
    assert_eq!(decoded("", "gzip", &gzip(&[b' '; MAX])).unwrap().len(), MAX);
    assert_eq!(decoded("", "", &[b' '; MAX + 1]), Err(BodyError::TooLarge { max: MAX, inflated: false }));
    assert_eq!(decoded("", "gzip", json), Err(BodyError::Inflate("gzip")));
    let mut cut = gzip(json);
    cut.truncate(cut.len() - 4);
    assert_eq!(decoded("", "gzip", &cut), Err(BodyError::Inflate("gzip")));
    assert_eq!(decoded("", "br", json), Err(BodyError::Encoding("br".to_owned())));
    assert!(matches!(decoded("", "gzip,gzip,gzip", json), Err(BodyError::Encoding(_))));
    assert_eq!(decoded("text/html", "", b"<html>"), Err(BodyError::Type("text/html".to_owned())));
    assert_eq!(decoded("application/x-www-form-urlencoded", "", b""), Err(BodyError::Form("it has no fields")));
}

#[test]
fn errors_have_status_and_code() {
    let table = [
        (BodyError::TooLarge { max: 10, inflated: true }, 413, "too_large", "the body is larger than 10 bytes when inflated"),
        (BodyError::Encoding("br".to_owned()), 415, "unsupported_encoding", "Content-Encoding \"br\" is not supported"),
        (BodyError::Type("image/png".to_owned()), 415, "unsupported_type", "send application/json"),
        (BodyError::Inflate("gzip"), 400, "invalid_encoding", "not valid gzip"),
        (BodyError::Form("it has no fields"), 400, "invalid_form", "it has no fields"),
    ];
    for (error, status, code, part) in table {
        assert_eq!((error.status(), error.code()), (status, code));
        assert!(error.to_string().contains(part), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_decode_or_are_refused(
        raw in "(--XX|\r\n|\n|-|;|=|&|%|\"|name=|Content-Disposition: form-data; name=a|[{}a-z])*",
        encoding in proptest::sample::select(vec!["", "gzip", "deflate"]),
        content_type in proptest::sample::select(vec!["multipart/form-data; boundary=XX", "application/x-www-form-urlencoded", "application/json"]),
    ) {
        let _ = decode(Some(content_type), Some(encoding), raw.as_bytes(), MAX);
    }
}
