use super::answer::{Answer, AnswerError, Card, ToastKind};
use super::envelope::{self, EnvelopeError, Event, Incoming};
use super::fragments::{Bounds, FragmentError, Fragments};
use super::frame::{Ack, ClientConfig, DATA, Frame, FrameError, Kind, header};
use super::{Keys, OpenError, Signed, crypt::CryptKey, open, signature};
use crate::util::clock::from_ms;
use crate::util::id::hex;
use serde_json::json;

const SERVICE: i32 = 33_554_678;
const PAYLOAD: &str = r#"{"schema":"2.0","header":{"event_id":"ev-1","event_type":"card.action.trigger"},"event":{}}"#;
const PARTS: [&str; 2] = [
    "0807100918f681801020012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201322a080a037365711201302a0f0a0874726163655f69641203742d3142287b22736368656d61223a22322e30222c22686561646572223a7b226576656e745f6964223a226576",
    "0807100918f681801020012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201322a080a037365711201312a0f0a0874726163655f69641203742d3142332d31222c226576656e745f74797065223a22636172642e616374696f6e2e74726967676572227d2c226576656e74223a7b7d7d",
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|n| u8::from_str_radix(&hex[2 * n..2 * n + 2], 16).unwrap()).collect()
}

fn part(seq: usize) -> Frame {
    Frame::read(&bytes(PARTS[seq])).unwrap()
}

/// A fragment of `m`, `seq` of `sum`.
fn fragment(id: &str, seq: &str, sum: &str, payload: &str) -> Frame {
    let frame = Frame { method: DATA, payload: Some(payload.into()), ..Frame::default() };
    frame.with(header::TYPE, "event").with(header::MESSAGE_ID, id).with(header::SUM, sum).with(header::SEQ, seq)
}

#[test]
fn pings_and_pongs_have_the_official_bytes() {
    let ping = "0800100018f681801020002a0c0a0474797065120470696e67";
    assert_eq!(hex(&Frame::ping(SERVICE).encode()), ping);
    assert_eq!(Frame::read(&bytes(ping)).unwrap().kind(), Kind::Ping);
    let pong = "0800100018f681801020002a0c0a04747970651204706f6e6742547b225265636f6e6e656374436f756e74223a2d312c225265636f6e6e656374496e74657276616c223a3132302c225265636f6e6e6563744e6f6e6365223a33302c2250696e67496e74657276616c223a3132307d";
    assert_eq!(hex(&Frame::pong(SERVICE, Some(&ClientConfig::default())).encode()), pong);
    let read = Frame::read(&bytes(pong)).unwrap();
    assert_eq!((read.kind(), read.client_config()), (Kind::Pong, Some(ClientConfig::default())));
    assert_eq!(Frame::pong(SERVICE, None).client_config(), None);
    assert!(matches!(Frame::read(b"\xff\xff"), Err(FrameError::Protobuf(_))));
}

#[test]
fn fragments_have_the_official_bytes_and_come_together_in_any_order() {
    for (seq, bytes) in PARTS.iter().enumerate() {
        assert_eq!(hex(&part(seq).encode()), *bytes);
    }
    for order in [[0, 1], [1, 0]] {
        let mut fragments = Fragments::default();
        assert_eq!(fragments.push(part(order[0]), from_ms(0)), Ok(None));
        assert_eq!(fragments.push(part(order[0]), from_ms(1)), Ok(None), "repeated");
        let whole = fragments.push(part(order[1]), from_ms(4000)).unwrap().unwrap();
        assert_eq!((whole.payload(), whole.header(header::SEQ)), (PAYLOAD.as_bytes(), Some(["0", "1"][order[1]])));
        assert_eq!(fragments.waiting(), 0);
    }
}

#[test]
fn splitting_is_undone_by_putting_together() {
    let frame = Frame { seq_id: 7, log_id: 9, service: SERVICE, method: DATA, ..Frame::default() };
    let frame = frame.with(header::TYPE, "event").with(header::MESSAGE_ID, "m-1");
    for size in [1, 40, 91, 1000] {
        let parts = frame.split(PAYLOAD.as_bytes(), size);
        assert_eq!(parts.len(), PAYLOAD.len().div_ceil(size));
        let mut fragments = Fragments::default();
        let wholes: Vec<Frame> = parts.into_iter().filter_map(|part| fragments.push(part, from_ms(0)).unwrap()).collect();
        assert_eq!((wholes.len(), wholes[0].payload()), (1, PAYLOAD.as_bytes()), "{size}");
    }
    assert_eq!(frame.split(b"", 10).len(), 1);
}

#[test]
fn fragments_are_bounded_in_time_number_and_size() {
    let mut fragments = Fragments::within(Bounds { ttl_ms: 5000, parts: 3, bytes: 10, messages: 2 });
    for (seq, sum) in [("0", "4"), ("3", "3"), ("1", "0"), ("1", "1")] {
        let refused = fragments.push(fragment("m", seq, sum, "x"), from_ms(0));
        assert!(matches!(refused, Err(FragmentError::Count { .. })), "{seq} of {sum}: {refused:?}");
    }
    for (id, seq, sum) in [("", "0", "2"), ("m", "x", "2"), ("m", "0", "-2")] {
        assert_eq!(fragments.push(fragment(id, seq, sum, "x"), from_ms(0)), Err(FragmentError::Headers), "{id} {seq} {sum}");
    }
    assert_eq!(fragments.push(fragment("m", "0", "2", "1234"), from_ms(0)), Ok(None));
    assert!(matches!(fragments.push(fragment("m", "1", "3", "1"), from_ms(0)), Err(FragmentError::Count { .. })), "another sum");
    assert_eq!(fragments.push(fragment("n", "0", "2", "1234567"), from_ms(0)), Err(FragmentError::Full), "bytes");
    assert_eq!(fragments.push(fragment("n", "0", "2", "1234"), from_ms(3000)), Ok(None));
    assert_eq!(fragments.push(fragment("o", "0", "2", "1"), from_ms(5000)), Err(FragmentError::Full), "messages");
    assert_eq!(fragments.push(fragment("m", "1", "2", "1"), from_ms(5001)), Ok(None), "the first half is forgotten");
    assert_eq!(fragments.waiting(), 2);
    let whole = fragments.push(fragment("n", "1", "2", "56"), from_ms(8000)).unwrap().unwrap();
    assert_eq!(whole.payload(), b"123456");
    let alone = Frame { method: DATA, payload: Some(b"{}".to_vec()), ..Frame::default() };
    assert_eq!(fragments.push(alone.clone(), from_ms(8000)), Ok(Some(alone)), "without sum it is whole");
}

#[test]
fn acks_have_the_official_bytes() {
    let official = "0807100918f681801020012a0d0a047479706512056576656e742a110a0a6d6573736167655f696412036d2d312a080a0373756d1201322a080a037365711201312a0f0a0874726163655f69641203742d312a0c0a0662697a5f72741202313242527b22636f6465223a3230302c2264617461223a2265794a306232467a6443493665794a306558426c496a6f696333566a5932567a63794973496d4e76626e526c626e51694f694a7661794a3966513d3d227d";
    let answer = br#"{"toast":{"type":"success","content":"ok"}}"#.to_vec();
    let ack = Ack { code: 200, answer: Some(answer) };
    let frame = part(1).acked(&ack, 12);
    assert_eq!(hex(&frame.encode()), official);
    assert_eq!(frame.ack(), Ok(ack));
    let silent = Ack { code: 500, answer: None };
    assert_eq!(part(1).acked(&silent, 0).ack(), Ok(silent));
    let with = |payload: &str| Frame { payload: Some(payload.into()), ..Frame::default() }.ack();
    assert_eq!(with(r#"{"code":200,"headers":null,"data":null}"#), Ok(Ack { code: 200, answer: None }));
    assert_eq!(with(r#"{"code":200,"data":"***"}"#), Err(FrameError::Data));
    assert_eq!(with("ok"), Err(FrameError::Ack));
    assert_eq!(part(0).kind(), Kind::Event);
}

#[test]
fn envelopes_of_both_versions_are_read() {
    let v2 = |time: &str| {
        let header = json!({"event_id": "f7984f25", "event_type": "im.message.receive_v1", "create_time": time, "token": "vt",
            "app_id": "cli_x", "tenant_key": "t"});
        match envelope::read(json!({"schema": "2.0", "header": header, "event": {"a": 1}}).to_string().as_bytes()).unwrap() {
            Incoming::Event(event) => event,
            other => panic!("{other:?}"),
        }
    };
    let event = v2("1608725989000");
    assert_eq!((event.id.as_str(), event.kind.as_str(), event.app_id.as_str()), ("f7984f25", "im.message.receive_v1", "cli_x"));
    assert_eq!(event.created, Some(from_ms(1_608_725_989_000)));
    assert_eq!(v2("1608725989000123").created.unwrap().as_microsecond(), 1_608_725_989_000_123);
    assert_eq!(v2("soon").created, None);
    assert_eq!(envelope::read(&event.to_body()), Ok(Incoming::Event(event.clone())));
    let pressed = Event { kind: envelope::CARD_ACTION.to_owned(), ..event };
    assert!(String::from_utf8(pressed.to_body()).unwrap().contains(r#""create_time":"1608725989000000""#));

    let v1 = br#"{"ts":"1608725989.123","uuid":"u1","token":"vt","type":"event_callback","event":{"type":"message","app_id":"cli_x"}}"#;
    let Incoming::Event(event) = envelope::read(v1).unwrap() else { panic!("no event") };
    assert_eq!((event.id.as_str(), event.kind.as_str(), event.created), ("u1", "message", Some(from_ms(1_608_725_989_000))));

    for (body, error) in [
        ("nothing", EnvelopeError::NotJson),
        ("[]", EnvelopeError::NotJson),
        ("{}", EnvelopeError::Unknown),
        (r#"{"schema":"2.0","header":{}}"#, EnvelopeError::Missing("header.event_type")),
        (r#"{"schema":"2.0","header":{"event_type":"x"}}"#, EnvelopeError::Missing("event")),
        (r#"{"type":"event_callback","event":{}}"#, EnvelopeError::Missing("event.type")),
    ] {
        assert_eq!(envelope::read(body.as_bytes()), Err(error), "{body}");
    }
}

#[test]
fn requests_are_opened_in_order() {
    let keys = Keys { encrypt_key: "kitty-hawk-1903", verification_token: "vt-alpha" };
    let plain = Keys { encrypt_key: "", verification_token: "vt-alpha" };
    let seal = |body: &[u8]| envelope::encrypted_body(&CryptKey::new(keys.encrypt_key).encrypt(body, [3; 16]));
    let event = Event {
        id: "e".to_owned(),
        kind: "k".to_owned(),
        created: None,
        token: "vt-alpha".to_owned(),
        app_id: String::new(),
        tenant_key: String::new(),
        event: json!({}),
    };
    let sealed = seal(&event.to_body());
    let signature = signature::sign("1", "n", keys.encrypt_key, &sealed);
    let signed = Signed { timestamp: "1", nonce: "n", signature: &signature };
    assert_eq!(open(&sealed, Some(signed), keys), Ok(Incoming::Event(event.clone())));
    assert_eq!(open(&event.to_body(), None, plain), Ok(Incoming::Event(event.clone())));

    let challenge = envelope::challenge_body("c0ffee42", "vt-alpha");
    let expected = Incoming::Challenge { challenge: "c0ffee42".to_owned(), token: "vt-alpha".to_owned() };
    assert_eq!(open(&seal(&challenge), None, keys), Ok(expected.clone()), "challenges need no signature");
    assert_eq!(open(&challenge, None, plain), Ok(expected));
    assert_eq!(envelope::challenge_answer("c"), json!({"challenge": "c"}));

    assert_eq!(open(&sealed, None, keys), Err(OpenError::Unsigned));
    assert_eq!(open(&sealed, Some(Signed { nonce: "m", ..signed }), keys), Err(OpenError::Signature));
    assert_eq!(open(&event.to_body(), Some(signed), keys), Err(OpenError::Plain));
    assert_eq!(open(&sealed, Some(signed), plain), Err(OpenError::Encrypted));
    let stranger = Event { token: "vt-other".to_owned(), ..event };
    assert_eq!(open(&stranger.to_body(), None, plain), Err(OpenError::Token));
    assert!(matches!(open(br#"{"encrypt":"AAAA"}"#, None, keys), Err(OpenError::Decrypt(_))));
}

#[test]
fn answers_are_read() {
    let read = |body: &str| Answer::read(body.as_bytes());
    assert_eq!(read("{}"), Ok(Answer::default()));
    assert_eq!(read(r#"{"msg":"success","toast":null}"#), Ok(Answer::default()));
    let body = json!({"toast": {"type": "success", "content": "Acknowledged", "i18n": {"zh_cn": "已确认"}},
        "card": {"type": "raw", "data": {"schema": "2.0"}}});
    let answer = read(&body.to_string()).unwrap();
    let toast = answer.toast.clone().unwrap();
    assert_eq!((toast.kind, toast.text("zh_cn"), toast.text("en_us")), (ToastKind::Success, "已确认", "Acknowledged"));
    assert_eq!(answer.card, Some(Card::Raw(json!({"schema": "2.0"}))));
    assert_eq!(serde_json::to_value(&answer).unwrap(), body);
    assert_eq!(read(r#"{"toast":{"content":"x"}}"#).unwrap().toast.unwrap().kind, ToastKind::Info);
    for body in ["", "ok", "[]", "\"{}\"", r#"{"toast":"x"}"#, r#"{"toast":{"type":"loud"}}"#] {
        assert!(matches!(read(body), Err(AnswerError::Body(_))), "{body}");
    }
    for body in
        [r#"{"card":"{}"}"#, r#"{"card":{"type":"raw","data":"{}"}}"#, r#"{"card":{"type":"x","data":{}}}"#, r#"{"card":{"elements":[]}}"#]
    {
        assert!(matches!(read(body), Err(AnswerError::Card(_))), "{body}");
    }
}

proptest::proptest! {
    #[test]
    fn other_peoples_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), text in "\\PC{0,80}") {
        if let Ok(frame) = Frame::read(&bytes) {
            assert_eq!(Frame::read(&frame.encode()).as_ref(), Ok(&frame));
            let _ = (frame.kind(), frame.ack(), Fragments::default().push(frame, from_ms(0)));
        }
        let crypt = CryptKey::new(&text);
        assert_eq!(crypt.decrypt(&crypt.encrypt(&bytes, [9; 16])).as_ref(), Ok(&bytes));
        let _ = (crypt.decrypt(&text), Answer::read(text.as_bytes()), open(&bytes, None, Keys { encrypt_key: &text, verification_token: "" }));
    }

    #[test]
    fn fragments_never_keep_more_than_their_bounds(parts in proptest::collection::vec((0_u8..4, 0_usize..6, 0_usize..6, 0_usize..9), 0..80)) {
        let mut fragments = Fragments::within(Bounds { ttl_ms: 20, parts: 4, bytes: 20, messages: 3 });
        for (at, (id, seq, sum, size)) in (0..).zip(parts) {
            let _ = fragments.push(fragment(&id.to_string(), &seq.to_string(), &sum.to_string(), &"x".repeat(size)), from_ms(at));
            assert!(fragments.waiting() <= 3);
        }
    }
}
