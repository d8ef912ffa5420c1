//! The long connection with a small client: bootstrap, upgrade, pings, fragments, acks.

use super::{BUTTON, US, button, card_of, card_with_button};
use crate::sandbox::Bench;
use futures_util::{SinkExt, StreamExt};
use larkhook::feishu::callback::envelope::{self, Incoming};
use larkhook::feishu::callback::fragments::Fragments;
use larkhook::feishu::callback::frame::{Ack, ClientConfig, Frame, Kind, header};
use larkhook::sandbox::{Outcome, Switches};
use larkhook::util::clock::from_ms;
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

struct Client {
    socket: Socket,
    service: i32,
    fragments: Fragments,
    frames: usize,
}

async fn bootstrap(bench: &Bench, app_id: &str, secret: &str) -> Value {
    let answer = bench.open("POST", "/callback/ws/endpoint", &json!({"AppID": app_id, "AppSecret": secret})).await;
    assert_eq!(answer.http, 200, "{}", answer.json);
    answer.json
}

async fn url_for(bench: &Bench) -> String {
    bootstrap(bench, US, "s").await["data"]["URL"].as_str().unwrap().to_owned()
}

impl Client {
    async fn connect(bench: &Bench) -> Self {
        let url = url_for(bench).await;
        let service = url.split("service_id=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        let (socket, _) = connect_async(&url).await.unwrap();
        Self { socket, service, fragments: Fragments::default(), frames: 0 }
    }

    async fn send(&mut self, frame: &Frame) {
        self.socket.send(Message::Binary(frame.encode().into())).await.unwrap();
    }

    /// The next frame; `None`: closed.
    async fn next(&mut self) -> Option<Frame> {
        loop {
            match tokio::time::timeout(Duration::from_secs(5), self.socket.next()).await.unwrap()? {
                Ok(Message::Binary(bytes)) => return Some(Frame::read(&bytes).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next whole message.
    async fn message(&mut self) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            self.frames += 1;
            if let Some(whole) = self.fragments.push(frame, from_ms(0)).unwrap() {
                return Some(whole);
            }
        }
    }

    async fn answer(&mut self, code: i64, answer: Option<Value>) -> Frame {
        let frame = self.message().await.unwrap();
        let ack = Ack { code, answer: answer.map(|answer| answer.to_string().into_bytes()) };
        self.send(&frame.acked(&ack, 12)).await;
        frame
    }
}

fn refused(error: Error) -> (u16, String, String) {
    let Error::Http(response) = error else { panic!("{error}") };
    let text = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    (response.status().as_u16(), text("Handshake-Status"), text("Handshake-Autherrcode"))
}

#[tokio::test]
async fn a_press_goes_to_the_connection_and_its_ack_is_the_answer() {
    let bench = Bench::start().await;
    let mut client = Client::connect(&bench).await;
    let id = bench.card("oc_a", &card_with_button()).await;
    let answer = json!({"toast": {"type": "success", "content": "ok"}, "card": {"type": "raw", "data": card_of(json!([]))}});
    let (pressed, frame) = tokio::join!(bench.press(&id, BUTTON, json!({})), client.answer(200, Some(answer)));
    let pressed = pressed.unwrap();
    assert_eq!((pressed.outcome, pressed.toast.unwrap().content.as_str()), (Outcome::ToastAndCard, "ok"));
    assert_eq!((frame.kind(), frame.service, frame.header(header::SUM), client.frames), (Kind::Event, client.service, Some("1"), 1));
    let Ok(Incoming::Event(event)) = envelope::read(frame.payload()) else { panic!("{frame:?}") };
    assert_eq!(
        (event.kind.as_str(), event.app_id.as_str(), &event.event["action"]["value"]),
        ("card.action.trigger", US, &json!({"act": "ack"}))
    );
    let request = pressed.request.unwrap();
    assert!(request.url.starts_with("long_connection:") && request.headers["type"] == "event");
    assert_eq!(pressed.response.unwrap().headers["biz_rt"], "12");
    assert_eq!(bench.sandbox.message(&id).unwrap().versions.len(), 2);
}

#[tokio::test]
async fn large_messages_come_in_fragments() {
    let bench = Bench::start().await;
    bench.sandbox.set_switches(Switches { fragment_bytes: 100, ..bench.sandbox.switches() });
    let mut client = Client::connect(&bench).await;
    let value = json!({"long": "磁盘".repeat(500)});
    let id = bench.card("oc_a", &card_of(json!([button("x", value.clone())]))).await;
    let (pressed, frame) = tokio::join!(bench.press(&id, "/body/elements/0", json!({})), client.answer(200, None));
    assert_eq!(pressed.unwrap().outcome, Outcome::Nothing);
    assert!(client.frames > 30, "{}", client.frames);
    let Ok(Incoming::Event(event)) = envelope::read(frame.payload()) else { panic!("{frame:?}") };
    assert_eq!(event.event["action"]["value"], value);
}

#[tokio::test]
async fn wrong_and_missing_acks_are_errors() {
    let bench = Bench::start().await;
    let mut client = Client::connect(&bench).await;
    let id = bench.card("oc_a", &card_with_button()).await;
    let (pressed, _) = tokio::join!(bench.press(&id, BUTTON, json!({})), client.answer(500, None));
    assert_eq!(pressed.unwrap().code, Some(200_671));
    let (pressed, _) = tokio::join!(bench.press(&id, BUTTON, json!({})), client.answer(200, Some(json!("text"))));
    assert_eq!(pressed.unwrap().code, Some(200_672));
    let garbled = async {
        let frame = client.message().await.unwrap();
        client.send(&Frame { payload: Some(b"ok".to_vec()), ..frame }).await;
    };
    let (pressed, ()) = tokio::join!(bench.press(&id, BUTTON, json!({})), garbled);
    assert_eq!(pressed.unwrap().code, Some(200_672));
    // No ack at all; and an ack of something else is none.
    let other = async {
        let frame = client.message().await.unwrap();
        let mut ack = frame.acked(&Ack { code: 200, answer: None }, 0);
        ack.headers.iter_mut().filter(|header| header.key == header::MESSAGE_ID).for_each(|header| header.value.push('x'));
        client.send(&ack).await;
    };
    let (pressed, ()) = tokio::join!(bench.press(&id, BUTTON, json!({})), other);
    let pressed = pressed.unwrap();
    assert_eq!((pressed.code, pressed.response), (Some(200_341), None));
    let leave = async {
        client.message().await.unwrap();
        client.socket.close(None).await.unwrap();
    };
    let (pressed, ()) = tokio::join!(bench.press(&id, BUTTON, json!({})), leave);
    assert_eq!(pressed.unwrap().code, Some(200_080));
    let pressed = bench.press(&id, BUTTON, json!({})).await.unwrap();
    assert_eq!((pressed.code, pressed.request), (Some(200_340), None), "nobody is connected any more");
}

#[tokio::test]
async fn pings_are_answered_with_what_clients_should_do() {
    let bench = Bench::start().await;
    let config = ClientConfig { ping_interval: 7, reconnect_nonce: 1, ..ClientConfig::default() };
    bench.sandbox.set_switches(Switches { client_config: config, ..bench.sandbox.switches() });
    let answer = bootstrap(&bench, US, "s").await;
    let expected = json!({"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 1, "PingInterval": 7});
    assert_eq!((&answer["code"], &answer["data"]["ClientConfig"]), (&json!(0), &expected));
    let mut client = Client::connect(&bench).await;
    client.socket.send(Message::Text("ignored".into())).await.unwrap();
    client.socket.send(Message::Binary(vec![255, 255].into())).await.unwrap();
    client.send(&Frame::ping(client.service)).await;
    let pong = client.next().await.unwrap();
    assert_eq!((pong.kind(), pong.service, pong.client_config()), (Kind::Pong, client.service, Some(config)));
}

#[tokio::test]
async fn who_may_not_connect_is_told_why() {
    let bench = Bench::start().await;
    let code = async |app_id: &str, secret: &str| bootstrap(&bench, app_id, secret).await["code"].as_i64().unwrap();
    assert_eq!((code(US, "any").await, code("", "s").await, code(US, "").await), (0, 1_000_040_344, 1_000_040_344));
    bench.world(json!({"op": "add_app", "app_id": US, "app": {"app_secret": "right"}}));
    bench.world(json!({"op": "add_app", "app_id": "cli_off", "app": {"disabled": true}}));
    assert_eq!(
        (code(US, "wrong").await, code("cli_x", "s").await, code("cli_off", "s").await, code(US, "right").await),
        (514, 514, 403, 0)
    );
    assert_eq!(bench.open("POST", "/callback/ws/endpoint", &Value::Null).await.http, 400);

    let base = bench.sandbox.url().replace("http:", "ws:");
    let error = connect_async(format!("{base}/ws/v2?device_id=x&service_id=1")).await.unwrap_err();
    assert_eq!(refused(error), (401, "514".to_owned(), "514".to_owned()));
    let bench = Bench::start().await;
    let url = url_for(&bench).await;
    let first = connect_async(&url).await.unwrap();
    assert!(connect_async(&url).await.is_err(), "a URL is good once");
    drop(first);
    let late = url_for(&bench).await;
    bench.sandbox.advance(Duration::from_secs(61));
    assert_eq!(refused(connect_async(&late).await.unwrap_err()).1, "514");
    let url = url_for(&bench).await;
    bench.world(json!({"op": "add_app", "app_id": US, "app": {"disabled": true}}));
    assert_eq!(refused(connect_async(&url).await.unwrap_err()), (403, "403".to_owned(), String::new()));
}

#[tokio::test]
async fn an_app_has_fifty_connections_which_share_the_work() {
    let bench = Bench::start().await;
    let spare = url_for(&bench).await;
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(Client::connect(&bench).await);
    }
    assert_eq!(bootstrap(&bench, US, "s").await["code"], 1_000_040_350);
    assert_eq!(refused(connect_async(&spare).await.unwrap_err()), (401, "514".to_owned(), "1000040350".to_owned()));
    assert_eq!(bench.sandbox.connections().len(), 50);
    let listed = bench.open("GET", "/_sandbox/connections", &Value::Null).await.json;
    let id = listed["connections"][0]["device_id"].as_str().unwrap().to_owned();
    assert_eq!(bench.open("DELETE", &format!("/_sandbox/connections/{id}"), &Value::Null).await.json["closed"], 1);
    while bench.sandbox.connections().len() == 50 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(bench.sandbox.close_connections(Some(US)), 49);
    for client in &mut clients {
        assert!(client.next().await.is_none());
    }
}

#[tokio::test]
async fn connections_go_wrong_on_demand_and_end_with_the_sandbox() {
    let bench = Bench::start().await;
    let fault = json!({"endpoint": "ws_connect", "status": 514, "code": 1_000_040_350, "count": 1});
    bench.open("POST", "/_sandbox/faults", &fault).await;
    assert_eq!(refused(connect_async(url_for(&bench).await).await.unwrap_err()), (401, "514".to_owned(), "1000040350".to_owned()));
    bench.open("POST", "/_sandbox/faults", &json!({"endpoint": "ws_endpoint", "code": 1, "status": 200, "count": 1})).await;
    assert_eq!(bootstrap(&bench, US, "s").await["code"], 1);
    bench.open("POST", "/_sandbox/faults", &json!({"endpoint": "ws_connect", "action": "reset", "count": 1})).await;
    assert!(connect_async(url_for(&bench).await).await.is_err());
    let mut client = Client::connect(&bench).await;
    assert!(bench.sandbox.counts().iter().any(|count| count.endpoint.as_str() == "ws_connect" && count.http == 101));
    bench.sandbox.stop();
    assert!(client.next().await.is_none());
    bench.tracker.close();
    tokio::time::timeout(Duration::from_secs(5), bench.tracker.wait()).await.unwrap();
}
