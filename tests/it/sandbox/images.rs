//! Image upload and download.

use super::{Answer, Bench};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const PATH: &str = "/open-apis/im/v1/images";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";

async fn upload(bench: &Bench, image_type: &str, bytes: Vec<u8>) -> Answer {
    let form = Form::new().text("image_type", image_type.to_owned()).part("image", Part::bytes(bytes).file_name("x.png"));
    bench.upload(PATH, form).await
}

#[tokio::test]
async fn images_are_uploaded_and_used_by_their_app_only() {
    let bench = Bench::start().await;
    let key = upload(&bench, "message", PNG.to_vec()).await.ok()["image_key"].as_str().unwrap().to_owned();
    assert!(key.starts_with("img_v3_"));
    bench.send("oc_a", "image", &json!({"image_key": key})).await.ok();
    let path = format!("{PATH}/{key}");
    let back = bench.http.get(bench.url(&path)).bearer_auth(&bench.token).send().await.unwrap();
    assert_eq!(back.headers()["content-type"], "image/png");
    assert_eq!(back.bytes().await.unwrap(), PNG);
    let other = bench.token_of("cli_other").await;
    bench.request("GET", &path, &Value::Null, Some(&other)).await.refused(400, 234_008);
    let body = super::message("oc_a", "image", &json!({"image_key": key}));
    bench.request("POST", "/open-apis/im/v1/messages?receive_id_type=chat_id", &body, Some(&other)).await.refused(400, 230_017);
    assert_eq!(bench.http.get(bench.url(&format!("/_sandbox/images/{key}"))).send().await.unwrap().bytes().await.unwrap(), PNG);
}

#[tokio::test]
async fn uploads_are_checked() {
    let bench = Bench::start().await;
    upload(&bench, "photo", PNG.to_vec()).await.refused(400, 234_001);
    upload(&bench, "message", Vec::new()).await.refused(400, 234_010);
    upload(&bench, "message", b"<svg/>".to_vec()).await.refused(400, 234_011);
    let mut big = PNG.to_vec();
    big.resize(10_000_001, 0);
    upload(&bench, "message", big).await.refused(400, 234_006);
    let wide = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x40\0\0\0\0\x01".to_vec();
    upload(&bench, "message", wide).await.refused(400, 234_039);
    bench.call("POST", PATH, &json!({"image_type": "message"})).await.refused(400, 234_001);
    bench.call("GET", "/open-apis/im/v1/images/nonsense", &Value::Null).await.refused(400, 234_001);
}
