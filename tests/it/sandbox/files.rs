//! Files: uploaded, sent, downloaded; and what messages carry.

use super::{Answer, Bench, message};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const PATH: &str = "/open-apis/im/v1/files";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

impl Bench {
    async fn file(&self, fields: &[(&'static str, &'static str)], bytes: Option<Vec<u8>>) -> Answer {
        let mut form = Form::new();
        for (name, value) in fields {
            form = form.text(*name, *value);
        }
        if let Some(bytes) = bytes {
            form = form.part("file", Part::bytes(bytes).file_name("f"));
        }
        self.upload(PATH, form).await
    }

    async fn file_key(&self, file_type: &'static str) -> String {
        let fields = [("file_type", file_type), ("file_name", "告警 1.csv"), ("duration", "3000")];
        let data = self.file(&fields, Some(b"bytes".to_vec())).await.ok();
        data["file_key"].as_str().unwrap().to_owned()
    }

    async fn image_key(&self) -> String {
        let form = Form::new().text("image_type", "message").part("image", Part::bytes(PNG).file_name("x.png"));
        self.upload("/open-apis/im/v1/images", form).await.ok()["image_key"].as_str().unwrap().to_owned()
    }

    async fn resource(&self, id: &str, key: &str, kind: &str) -> reqwest::Response {
        let path = format!("/open-apis/im/v1/messages/{id}/resources/{key}?type={kind}");
        self.http.get(self.url(&path)).bearer_auth(&self.token).send().await.unwrap()
    }
}

#[tokio::test]
async fn a_file_is_downloaded_by_its_app_only() {
    let bench = Bench::start().await;
    let key = bench.file_key("stream").await;
    assert!(key.starts_with("file_v3_"));
    let path = format!("{PATH}/{key}");
    let back = bench.http.get(bench.url(&path)).bearer_auth(&bench.token).send().await.unwrap();
    assert_eq!(back.headers()["content-type"], "application/octet-stream");
    assert_eq!(back.headers()["content-disposition"], "attachment; filename=\"___1.csv\"; filename*=UTF-8''%E5%91%8A%E8%AD%A6%201%2Ecsv");
    assert_eq!(back.bytes().await.unwrap(), "bytes");
    let other = bench.token_of("cli_other").await;
    bench.request("GET", &path, &Value::Null, Some(&other)).await.refused(400, 234_008);
    bench.call("GET", &format!("{PATH}/file_v3_unknown"), &Value::Null).await.refused(400, 234_005);
    bench.call("GET", &format!("{PATH}/nonsense"), &Value::Null).await.refused(400, 234_001);
    assert_eq!(bench.http.get(bench.url(&format!("/_sandbox/files/{key}"))).send().await.unwrap().bytes().await.unwrap(), "bytes");
}

#[tokio::test]
async fn uploads_of_files_are_checked() {
    let bench = Bench::start().await;
    let some = || Some(b"x".to_vec());
    for (fields, bytes, code) in [
        (vec![("file_type", "zip"), ("file_name", "a.zip")], some(), 234_001),
        (vec![("file_name", "a.zip")], some(), 234_001),
        (vec![("file_type", "pdf")], some(), 234_001),
        (vec![("file_type", "mp4"), ("file_name", "a.mp4"), ("duration", "long")], some(), 234_001),
        (vec![("file_type", "stream"), ("file_name", "a")], None, 234_001),
        (vec![("file_type", "stream"), ("file_name", "a")], Some(Vec::new()), 234_010),
        (vec![("file_type", "stream"), ("file_name", "a")], Some(vec![0; 30_000_001]), 234_006),
    ] {
        let answer = bench.file(&fields, bytes).await;
        assert_eq!((answer.http, answer.code()), (400, code), "{fields:?}");
    }
    bench.file(&[("file_type", "stream"), ("file_name", "a")], Some(vec![0; 30_000_000])).await.ok();
    bench.call("POST", PATH, &json!({"file_type": "stream"})).await.refused(400, 234_001);
    bench.world(json!({"op": "add_app", "app_id": "cli_a1b2c3d4e5f60718", "app": {"bot_off": true}}));
    bench.file(&[("file_type", "stream"), ("file_name", "a")], some()).await.refused(400, 234_007);
}

#[tokio::test]
async fn a_message_carries_what_was_uploaded_for_it() {
    let bench = Bench::start().await;
    let (opus, mp4, pdf) = (bench.file_key("opus").await, bench.file_key("mp4").await, bench.file_key("pdf").await);
    for (msg_type, key, code) in [
        ("audio", &opus, 0),
        ("media", &mp4, 0),
        ("file", &pdf, 0),
        ("audio", &pdf, 230_055),
        ("media", &opus, 230_055),
        ("file", &mp4, 230_055),
        ("sticker", &pdf, 230_055),
        ("sticker", &"file_v3_received".to_owned(), 0),
        ("file", &"nonsense".to_owned(), 230_017),
    ] {
        let chat = format!("oc_{msg_type}_{code}");
        let answer = bench.send(&chat, msg_type, &json!({"file_key": key})).await;
        assert_eq!(answer.code(), code, "{msg_type} {key}");
    }
    let media = bench.send("oc_m", "media", &json!({"file_key": mp4, "image_key": bench.image_key().await})).await.ok();
    let content: Value = serde_json::from_str(media["body"]["content"].as_str().unwrap()).unwrap();
    assert_eq!((&content["file_name"], &content["duration"]), (&json!("告警 1.csv"), &json!(3000)));
    bench.send("oc_m", "media", &json!({"file_key": mp4, "image_key": "nonsense"})).await.refused(400, 230_017);
    let other = bench.token_of("cli_other").await;
    let body = message("oc_a", "file", &json!({"file_key": pdf}));
    bench.request("POST", "/open-apis/im/v1/messages?receive_id_type=chat_id", &body, Some(&other)).await.refused(400, 230_017);
    let root = bench.sent("oc_a").await;
    let reply = |key: &str| json!({"msg_type": "file", "content": json!({"file_key": key}).to_string()});
    bench.reply(&root, reply(&pdf)).await.ok();
    bench.reply(&root, reply(&opus)).await.refused(400, 230_055);
    let post = |key: &str| json!({"zh_cn": {"content": [[{"tag": "media", "file_key": key}]]}});
    bench.send("oc_p", "post", &post(&mp4)).await.ok();
    bench.send("oc_p", "post", &post(&pdf)).await.refused(400, 230_055);
    bench.world(json!({"op": "set_lenient", "value": false}));
    bench.send("oc_a", "sticker", &json!({"file_key": "file_v3_received"})).await.refused(400, 230_017);
}

#[tokio::test]
async fn resources_are_read_by_whoever_is_in_the_chat() {
    let mut bench = Bench::start().await;
    let (image, pdf, mp4) = (bench.image_key().await, bench.file_key("pdf").await, bench.file_key("mp4").await);
    let id = |answer: Value| answer["message_id"].as_str().unwrap().to_owned();
    let picture = id(bench.send("oc_a", "image", &json!({"image_key": image})).await.ok());
    let file = id(bench.send("oc_a", "file", &json!({"file_key": pdf})).await.ok());
    let media = id(bench.send("oc_a", "media", &json!({"file_key": mp4, "image_key": image})).await.ok());
    let nodes = json!({"zh_cn": {"content": [[{"tag": "img", "image_key": image}], [{"tag": "media", "file_key": mp4}]]}});
    let post = id(bench.send("oc_a", "post", &nodes).await.ok());
    bench.token = bench.token_of("cli_other").await;
    for (id, key, kind, content_type) in [
        (&picture, &image, "image", "image/png"),
        (&file, &pdf, "file", "application/pdf"),
        (&media, &mp4, "file", "video/mp4"),
        (&media, &image, "image", "image/png"),
        (&post, &image, "image", "image/png"),
        (&post, &mp4, "file", "video/mp4"),
    ] {
        let response = bench.resource(id, key, kind).await;
        assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &content_type.parse().unwrap()), "{kind}");
    }
}

#[tokio::test]
async fn resources_are_refused_as_documented() {
    let bench = Bench::start().await;
    let (image, pdf) = (bench.image_key().await, bench.file_key("pdf").await);
    let id = |answer: Value| answer["message_id"].as_str().unwrap().to_owned();
    let file = id(bench.send("oc_a", "file", &json!({"file_key": pdf})).await.ok());
    let lost = id(bench.send("oc_a", "file", &json!({"file_key": "file_v3_lost"})).await.ok());
    let sticker = id(bench.send("oc_a", "sticker", &json!({"file_key": "file_v3_s"})).await.ok());
    let card = bench.card("oc_b", &super::card("x")).await;
    let recalled = bench.sent("oc_b").await;
    bench.sandbox.recall(&recalled, "ou_1");
    let path = "/open-apis/im/v1/messages/merge_forward?receive_id_type=chat_id";
    let merged = bench.call("POST", path, &json!({"receive_id": "oc_c", "message_id_list": [file]})).await.ok();
    let merged = merged["message"]["message_id"].as_str().unwrap().to_owned();
    let part = bench.sandbox.message(&merged).unwrap().children[0].message_id.clone();
    let guarded = id(bench.send("oc_g", "file", &json!({"file_key": pdf})).await.ok());
    bench.world(json!({"op": "update_chat", "chat_id": "oc_g", "restricted_mode": true}));
    let outside = id(bench.send("oc_o", "file", &json!({"file_key": pdf})).await.ok());
    bench.world(json!({"op": "remove_bot", "chat_id": "oc_o"}));
    for (id, key, kind, code) in [
        (&file, pdf.as_str(), "", 234_001),
        (&file, &pdf, "video", 234_001),
        (&file, &pdf, "image", 234_003),
        (&file, &image, "image", 234_003),
        (&file, "file_v3_other", "file", 234_003),
        (&lost, "file_v3_lost", "file", 234_003),
        (&sticker, "file_v3_s", "file", 234_043),
        (&card, &image, "image", 234_043),
        (&merged, &pdf, "file", 234_043),
        (&part, &pdf, "file", 234_043),
        (&recalled, &pdf, "file", 230_110),
        (&guarded, &pdf, "file", 234_038),
        (&outside, &pdf, "file", 234_004),
    ] {
        let response = bench.resource(id, key, kind).await;
        assert_eq!(response.status().as_u16(), 400, "{key} {kind}");
        assert_eq!(response.json::<Value>().await.unwrap()["code"], code, "{key} {kind}");
    }
}
