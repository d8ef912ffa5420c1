//! Uploads are forms, downloads are bytes.

use super::peer::{FormPart, Peer, Reply};
use super::{JSON, Query, client, owned};
use bytes::Bytes;
use larkhook::feishu::call::{Call, FileType, Upload};
use larkhook::feishu::client::{Outcome, UnknownReason};
use larkhook::feishu::error::{Class, Endpoint};
use serde_json::json;

fn field(name: &str, value: &str) -> FormPart {
    FormPart { name: name.to_owned(), file_name: None, bytes: value.as_bytes().to_vec() }
}

fn file(name: &str, file_name: &str, bytes: &[u8]) -> FormPart {
    FormPart { name: name.to_owned(), file_name: Some(file_name.to_owned()), bytes: bytes.to_vec() }
}

/// Bytes that a careless reader of forms or texts would break.
const BYTES: &[u8] = b"\x89PNG\r\n\r\n--\x00\xff\r\n--x\r\n";

/// Each upload beside its path, its form and the key of the answer.
pub fn uploads() -> Vec<(Upload, &'static str, Vec<FormPart>, &'static str)> {
    let bytes = || Bytes::from_static(BYTES);
    let (images, files) = ("/open-apis/im/v1/images", "/open-apis/im/v1/files");
    let form = |kind: &str, name: &str, ascii: &str| vec![field("file_type", kind), field("file_name", name), file("file", ascii, BYTES)];
    let mut timed = form("mp4", "a.mp4", "a.mp4");
    timed.insert(2, field("duration", "3000"));
    vec![
        (Upload::image("chart.png", bytes()), images, vec![field("image_type", "message"), file("image", "chart.png", BYTES)], "image_key"),
        (
            Upload::file(FileType::Stream, "告警 \"1\".csv", None, bytes()),
            files,
            form("stream", "告警 \"1\".csv", "____1_.csv"),
            "file_key",
        ),
        (Upload::file(FileType::Mp4, "a.mp4", Some(3000), bytes()), files, timed, "file_key"),
    ]
}

/// Each download beside its path and query.
pub fn downloads() -> Vec<(Call, &'static str, Query)> {
    vec![
        (Call::image("img_v3_x"), "/open-apis/im/v1/images/img_v3_x", &[]),
        (Call::file("file_v3_x"), "/open-apis/im/v1/files/file_v3_x", &[]),
        (Call::resource("om_1", "file_v3_x", "file"), "/open-apis/im/v1/messages/om_1/resources/file_v3_x", &[("type", "file")]),
        (Call::resource("om_1", "img_v3_x", "image"), "/open-apis/im/v1/messages/om_1/resources/img_v3_x", &[("type", "image")]),
    ]
}

#[tokio::test]
async fn uploads_are_forms_as_documented() {
    let peer = Peer::start().await;
    let client = client(&peer);
    for (upload, path, form, key) in uploads() {
        peer.answers(Reply::json(200, &json!({"code": 0, "msg": "success", "data": {key: "key_v3_1"}})));
        let outcome = client.upload(&upload).await.value;
        let seen = peer.seen().pop().unwrap();
        assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.query.len()), ("POST", path, 0));
        assert_eq!(seen.header("authorization"), Some("Bearer t-g1044example"));
        assert_eq!(seen.form(), form);
        assert_eq!(outcome.class(upload.endpoint), Class::Ok);
        assert_eq!(outcome.answer().unwrap().text(key), Some("key_v3_1"));
    }
}

fn bytes_reply(kind: &str, disposition: Option<&str>, body: &'static [u8]) -> Reply {
    let mut headers = vec![("content-type", kind.to_owned())];
    headers.extend(disposition.map(|value| ("content-disposition", value.to_owned())));
    Reply { status: 200, headers, body: Bytes::from_static(body) }
}

#[tokio::test]
async fn downloads_are_asked_for_as_documented() {
    let peer = Peer::start().await;
    let client = client(&peer);
    for (call, path, query) in downloads() {
        peer.answers(bytes_reply("image/png", None, BYTES));
        let file = client.download(&call).await.value.unwrap();
        assert_eq!((file.content_type.as_str(), &file.bytes[..], file.file_name), ("image/png", BYTES, None));
        let seen = peer.seen().pop().unwrap();
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", path));
        assert_eq!(seen.query, owned(query));
        // Asked for as JSON, the platform names the file.
        assert_eq!((seen.header("content-type"), seen.body.len()), (Some(JSON), 0));
    }
}

#[tokio::test]
async fn a_file_has_the_name_the_platform_gives_it_and_no_path() {
    let peer = Peer::start().await;
    let client = client(&peer);
    for (disposition, name) in [
        (r#"attachment; filename="alerts.csv""#, "alerts.csv"),
        ("attachment; filename=alerts.csv", "alerts.csv"),
        (r#"attachment; filename="x.csv"; filename*=UTF-8''%E5%91%8A%E8%AD%A6.csv"#, "告警.csv"),
        (r#"attachment; filename="../../etc/passwd""#, "passwd"),
        ("attachment; filename*=UTF-8''..%2F..%5Cx.csv", "x.csv"),
    ] {
        // A file of JSON is a file, because it has a name.
        peer.answers(bytes_reply("application/json", Some(disposition), b"{\"code\":7}"));
        let file = client.download(&Call::file("file_v3_x")).await.value.unwrap();
        assert_eq!((file.file_name.as_deref(), &file.bytes[..]), (Some(name), &b"{\"code\":7}"[..]), "{disposition}");
    }
}

#[tokio::test]
async fn what_is_no_file_is_not_taken_for_one() {
    let peer = Peer::start().await;
    let client = client(&peer);
    let call = Call::resource("om_1", "file_v3_x", "file");
    peer.answers(bytes_reply("text/html; charset=utf-8", None, b"<html>please log in</html>"));
    let page = client.download(&call).await.value.unwrap_err();
    assert_eq!(page.class(Endpoint::Resource), Class::Unknown, "{page:?}");
    peer.answers(Reply::json(200, &json!({"code": 234_003, "msg": "File not in msg."})));
    assert_eq!(client.download(&call).await.value.unwrap_err().code(), Some(234_003));

    let mut long = bytes_reply("application/octet-stream", Some("attachment; filename=big"), b"start");
    long.headers.push(("content-length", (200u64 << 20).to_string()));
    peer.answers(long);
    let outcome = client.download(&call).await.value.unwrap_err();
    assert!(matches!(&outcome, Outcome::Unknown(doubt) if doubt.reason == UnknownReason::TooLong), "{outcome:?}");
    assert!(outcome.explain(Endpoint::Resource).en.contains("longer than any"));
}
