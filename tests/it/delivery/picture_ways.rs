//! Messages that are a picture, and what pictures may cost: each upload once, nobody held up, nothing kept for nobody.

use super::HOUR;
use super::pictures::{at, attachments, embedded, gallery, grafana, png, settle_all};
use crate::rig::{CONFIG, Rig};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn a_send_entry_can_be_the_picture_itself() {
    let gallery = gallery().await;
    let config = gallery.config(&CONFIG.replace("{ to: chat:oc_default }", "{ to: chat:oc_default, as: image }"));
    let rig = Rig::with(&config).await;
    grafana(&rig, "g", "default", &[("a", at(&gallery.url("a.png")))]).await;
    rig.settle().await;
    let cards = rig.cards("oc_default");
    assert_eq!((cards.len(), cards[0].msg_type.as_str()), (1, "image"));
    assert_eq!(rig.replies("oc_default").len(), 0, "the picture is there already");
    // Another alert: said by a reply, since a picture cannot be edited.
    grafana(&rig, "g", "default", &[("a", at(&gallery.url("a.png"))), ("b", json!({}))]).await;
    rig.settle().await;
    assert_eq!((rig.cards("oc_default").len(), rig.replies("oc_default").len()), (1, 1));
    assert_eq!(rig.replies("oc_default")[0].msg_type, "text");
    // Without a picture, or with a page in its place, the words go out.
    grafana(&rig, "none", "default", &[("c", json!({}))]).await;
    grafana(&rig, "page", "default", &[("d", at(&gallery.url("page")))]).await;
    rig.settle().await;
    let kinds: Vec<_> = rig.cards("oc_default").iter().map(|m| m.msg_type.clone()).collect();
    assert_eq!(kinds, ["image", "text", "text"]);
}

#[tokio::test]
async fn a_picture_for_several_chats_is_uploaded_once() {
    let gallery = gallery().await;
    let entries = "{ to: chat:oc_default, as: image }, { to: chat:oc_other, as: image }";
    let rig = Rig::with(&gallery.config(&CONFIG.replace("{ to: chat:oc_default }", entries))).await;
    rig.refuse("send", 230_020, 2);
    grafana(&rig, "url", "default", &[("a", at(&gallery.url("a.png")))]).await;
    rig.settle().await;
    for chat in ["oc_default", "oc_other"] {
        assert_eq!(rig.cards(chat).iter().map(|m| m.msg_type.as_str()).collect::<Vec<_>>(), ["image"]);
    }
    assert_eq!(rig.calls("image_upload").len(), 1, "neither a second chat nor a second try uploads again");
    grafana(&rig, "same", "default", &[("b", embedded(&png("/a.png")))]).await;
    rig.settle().await;
    assert_eq!((rig.cards("oc_other").len(), rig.calls("image_upload").len()), (2, 1));
    // A key that the platform does not know any more is not trusted again.
    rig.refuse("send", 230_017, 1);
    grafana(&rig, "lost", "default", &[("c", embedded(&png("/a.png")))]).await;
    rig.settle().await;
    grafana(&rig, "anew", "default", &[("d", embedded(&png("/a.png")))]).await;
    rig.settle().await;
    assert_eq!(rig.calls("image_upload").len(), 2);
}

#[tokio::test]
async fn where_only_words_can_go_an_entry_that_is_a_picture_sends_words() {
    let gallery = gallery().await;
    let desk = "platform: sandbox, helpdesk: { id: \"6698486123456789012\", token: ht-0a1b2c3d } }";
    let config = gallery.config(&CONFIG.replace("platform: sandbox }", desk));
    let labelled = config.replace("{ to: chat:oc_default }", "{ to: '{{labels.to}}', as: image }");
    let rig = Rig::with(&labelled).await;
    for (n, to) in ["helpdesk:ou_00000000000000000000000000000001", "bot:room"].into_iter().enumerate() {
        let mut alert = embedded(&png("a"));
        alert["labels"] = json!({"alertname": "x", "where": "default", "to": to});
        grafana(&rig, &format!("g{n}"), "default", &[("x", alert)]).await;
        rig.settle().await;
        assert!(rig.jobs().await.is_empty(), "{to}: {:?}", rig.jobs().await);
    }
    assert_eq!((rig.calls("helpdesk_send").len(), rig.of_bot().len()), (1, 1));
    // The legacy API takes no pictures either, and a reload may lead there.
    let picture = config.replace("{ to: chat:oc_default }", "{ to: chat:oc_default, as: image }");
    let rig = Rig::with(&picture).await;
    rig.refuse("send", 230_020, 1);
    grafana(&rig, "g", "default", &[("a", embedded(&png("a")))]).await;
    for _ in 0..400 {
        if !rig.calls("send").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let rig = rig.restart(&gallery.config(&CONFIG.replace("platform: sandbox }", "platform: sandbox, api: v4 }"))).await;
    rig.settle().await;
    assert_eq!((rig.calls("send").len(), rig.calls("legacy_send").len()), (1, 1));
    assert_eq!(rig.cards("oc_default")[0].msg_type, "text");
}

#[tokio::test]
async fn an_embedded_picture_is_kept_only_while_a_message_wants_it() {
    let gallery = gallery().await;
    let config = gallery.config(&CONFIG.replace("{ to: chat:oc_text, as: text }", "{ to: chat:oc_text, as: image }"));
    let rig = Rig::with(&config).await;
    let hash = |bytes: &[u8]| larkhook::util::id::hex(&<sha2::Sha256 as sha2::Digest>::digest(bytes));
    let upkeep = || larkhook::store::Upkeep { now: rig.now(), expire_after: 24 * HOUR, retention: 24 * HOUR };
    rig.sandbox.faults().set_outage(Some(larkhook::sandbox::Outage::Reset));
    // A custom bot shows none; a card and a message that is the picture want theirs; the fourth of a message is too many.
    grafana(&rig, "bot", "room", &[("a", embedded(&png("bot")))]).await;
    grafana(&rig, "card", "default", &[("a", embedded(&png("card")))]).await;
    grafana(&rig, "direct", "text", &[("a", embedded(&png("direct")))]).await;
    let many: Vec<(String, Value)> = (0..4).map(|n| (format!("n{n}"), embedded(&png(&format!("many{n}"))))).collect();
    let many: Vec<(&str, Value)> = many.iter().map(|(name, fields)| (name.as_str(), fields.clone())).collect();
    grafana(&rig, "many", "default", &many).await;
    rig.store.upkeep(upkeep()).await.unwrap();
    for (name, kept) in [("bot", false), ("card", true), ("direct", true), ("many0", true), ("many2", true), ("many3", false)] {
        assert_eq!(rig.store.blob(&hash(&png(name))).await.unwrap().is_some(), kept, "{name}");
    }
    rig.sandbox.faults().clear();
    settle_all(&rig).await;
    grafana(&rig, "second", "text", &[("a", embedded(&png("second")))]).await;
    settle_all(&rig).await;
    let kinds: Vec<_> = rig.cards("oc_text").iter().map(|m| m.msg_type.clone()).collect();
    assert_eq!(kinds, ["text", "image"], "it tries only once");
    rig.store.upkeep(upkeep()).await.unwrap();
    for name in ["card", "direct", "second", "many0", "many2"] {
        assert!(rig.store.blob(&hash(&png(name))).await.unwrap().is_none(), "{name} is shown");
    }
    let uploads = rig.calls("image_upload").len();
    // What the platform has needs no bytes.
    grafana(&rig, "again", "default", &[("again", embedded(&png("card")))]).await;
    settle_all(&rig).await;
    assert!(attachments(&rig).await.iter().all(|a| a.state == "shown"));
    assert_eq!(rig.calls("image_upload").len(), uploads);
}

/// Waits (real time) until it is so.
async fn soon(what: &str, so: impl AsyncFn() -> bool) {
    let started = std::time::Instant::now();
    while !so().await {
        assert!(started.elapsed() < Duration::from_secs(15), "not so: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_dead_picture_server_holds_only_its_own_pictures_up() {
    let dead = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = dead.local_addr().unwrap().port();
    let config = format!("{CONFIG}pictures: {{ hosts: ['127.0.0.1:{port}'], networks: [127.0.0.0/8], timeout: 50s }}\n");
    let rig = Rig::with(&config).await;
    let url = |n: u32| at(&format!("http://127.0.0.1:{port}/{n}.png"));
    grafana(&rig, "dead", "default", &[("a", url(1)), ("b", url(2)), ("c", url(3))]).await;
    rig.settle().await;
    grafana(&rig, "here", "text", &[("hot", embedded(&png("here")))]).await;
    soon("what lies here is there", async || rig.replies("oc_text").len() == 1).await;
    // The platform has the reply a moment before the store knows.
    soon("only the others wait", async || rig.store.stats().await.unwrap().attachments == 3).await;
}

#[tokio::test]
async fn a_paused_chat_holds_up_no_reply_elsewhere() {
    let gallery = gallery().await;
    let config = gallery.config(&CONFIG.replace("{ to: chat:oc_default }", "{ to: chat:oc_default, as: text }"));
    let rig = Rig::with(&config).await;
    rig.fault("reply", |f| {
        (f.code, f.count) = (Some(230_020), Some(1));
        f.headers.insert("x-ogw-ratelimit-reset".to_owned(), "100".to_owned());
    });
    let pictures: Vec<Value> = (0..3).map(|n| embedded(&png(&format!("p{n}")))).collect();
    grafana(&rig, "paused", "text", &[("a", pictures[0].clone()), ("b", pictures[1].clone()), ("c", pictures[2].clone())]).await;
    soon("the chat is paused", async || !rig.deliverer.status().paused.is_empty()).await;
    grafana(&rig, "free", "default", &[("hot", pictures[0].clone())]).await;
    soon("the other chat has its picture", async || rig.replies("oc_default").len() == 1).await;
    assert!(rig.replies("oc_text").len() <= 1, "at most the one that was under way");
    settle_all(&rig).await;
    assert_eq!(rig.replies("oc_text").len(), 3);
}
