//! Each documented error of each call: its class, its sentence, and for deliveries what happens next.

use super::documented::{Pair, pairs};
use super::files::{downloads, uploads};
use super::peer::{Peer, Reply};
use super::{cases, client};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use larkhook::config::settings::{Bot, ContentKind, OnUnknown};
use larkhook::deliver::ladder::Step;
use larkhook::deliver::retry::{self, FallbackVerb, Next, Reason, Tried};
use larkhook::feishu::call::{Call, Upload};
use larkhook::feishu::client::Outcome;
use larkhook::feishu::error::{Class, Endpoint};
use larkhook::feishu::webhook_bot::Hook;
use serde_json::json;
use std::collections::BTreeMap;

/// How an endpoint is called.
enum Way {
    Call(Call),
    Upload(Upload),
    Download(Call),
    Hook,
    Token,
}

fn ways() -> BTreeMap<Endpoint, Way> {
    let mut ways: BTreeMap<Endpoint, Way> = cases::all().into_iter().map(|case| (case.call.endpoint, Way::Call(case.call))).collect();
    ways.extend(uploads().into_iter().map(|(upload, ..)| (upload.endpoint, Way::Upload(upload))));
    ways.extend(downloads().into_iter().map(|(call, ..)| (call.endpoint, Way::Download(call))));
    ways.extend([(Endpoint::Hook, Way::Hook), (Endpoint::Token, Way::Token)]);
    ways
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_error_has_its_class_sentence_and_reaction() {
    let mut ways = ways();
    let mut errors: BTreeMap<String, Vec<Pair>> = BTreeMap::new();
    for pair in pairs() {
        errors.entry(pair.endpoint.clone()).or_default().push(pair);
    }
    let all = Endpoint::ALL.iter().map(|endpoint| (*endpoint, ways.remove(endpoint).unwrap(), errors.remove(endpoint.as_str()).unwrap()));
    join_all(all.map(|(endpoint, way, pairs)| async move { check(endpoint, &way, &pairs).await })).await;
}

async fn check(endpoint: Endpoint, way: &Way, pairs: &[Pair]) {
    let peer = Peer::start().await;
    let client = client(&peer);
    let hook = hook(&peer);
    for pair in pairs {
        peer.answers(Reply::error(pair.http, pair.code));
        let outcome = match way {
            Way::Call(call) => client.call(call).await.value,
            Way::Upload(upload) => client.upload(upload).await.value,
            Way::Download(call) => client.download(call).await.value.unwrap_err(),
            Way::Hook => hook.post(&json!({"msg_type": "text", "content": {"text": "x"}}), Timestamp::UNIX_EPOCH).await.value,
            Way::Token => {
                peer.answers_token(Reply::error(pair.http, pair.code));
                let trouble = super::client(&peer).check_token().await.unwrap_err();
                assert_eq!((trouble.class.detail(), trouble.code), (pair.class.as_str(), Some(pair.code)), "{pair:?}");
                continue;
            }
        };
        assert_eq!(outcome.code(), Some(pair.code), "{pair:?} {outcome:?}");
        let class = outcome.class(endpoint);
        assert_eq!(class.detail(), pair.class, "{pair:?}");
        // A token that is refused is replaced once, nothing else is asked twice by the client.
        let rounds = if class == Class::Auth && !matches!(way, Way::Hook) { 2 } else { 1 };
        assert_eq!(peer.seen().len(), rounds, "{pair:?}");
        let sentence = outcome.explain(endpoint);
        assert!(sentence.en.ends_with('.') && sentence.zh.ends_with('。') && sentence.en != sentence.zh, "{pair:?}");
        assert!(!sentence.en.contains("code we do not know"), "{pair:?}");
        if endpoint.shows_content() {
            reaction(endpoint, &outcome, class, pair);
        }
    }
}

fn hook(peer: &Peer) -> Hook {
    let url = format!("{}/open-apis/bot/v2/hook/x", peer.base);
    let bot =
        Bot { name: "room".to_owned(), url: url.clone().into(), secret: None, keyword: None, app: None, on_unknown: OnUnknown::Resend };
    Hook::new(&bot, &url).unwrap()
}

/// What `deliver` does next about a card in its first form.
fn reaction(endpoint: Endpoint, outcome: &Outcome, class: Class, pair: &Pair) {
    let now = Timestamp::UNIX_EPOCH;
    let unknown = outcome.is_unknown(endpoint);
    let tried = Tried {
        endpoint,
        class,
        code: outcome.code(),
        answered: true,
        unknown,
        unknown_since: unknown.then_some(now),
        step: Step::first(ContentKind::Card),
        in_thread: endpoint == Endpoint::Reply,
        attempt: 1,
        give_up_at: now + SignedDuration::from_hours(24),
        on_unknown: OnUnknown::Resend,
        resent: false,
    };
    let next = retry::next(&tried, now, 0.5);
    let edit = endpoint.is_edit();
    let right = match (pair.class.as_str(), &next) {
        ("ok", Next::Done) => true,
        ("rate", Next::RetryAt { reason: Reason::Limited, same_bytes: false, .. }) => true,
        ("auth", Next::RetryAt { reason: Reason::TokenRefused, .. }) => true,
        // The call may have worked: with a uuid the same bytes, an edit its newest state, the rest is told as a duplicate.
        ("retry", Next::RetryAt { same_bytes, possible_duplicate, .. }) => {
            *same_bytes == endpoint.has_uuid() && *possible_duplicate != (edit || endpoint.has_uuid())
        }
        ("config", Next::Park { reason: Reason::Setting, .. }) => true,
        ("quota", Next::Park { reason: Reason::QuotaUsedUp, .. }) => true,
        ("target", Next::Dead { reason: Reason::NoSuchTarget }) => true,
        ("bug", Next::NextStep { reason: Reason::Refused, .. }) => true,
        ("content_thread_refused", Next::Fallback { to: FallbackVerb::PlainReply, .. }) => true,
        (content, Next::NextStep { step, reason: Reason::ContentRefused }) if content.starts_with("content_") => *step != tried.step,
        ("state_recalled", Next::LeaveAlone { .. }) => true,
        ("state_too_old" | "state_edits_used" | "state_other", Next::Fallback { to: FallbackVerb::TextReply, .. }) => edit,
        ("state_gone" | "state_other", Next::Fallback { to: FallbackVerb::New, .. }) => true,
        // About a message that is not the one to change or answer.
        ("state_gone" | "state_recalled", Next::Dead { reason: Reason::MessageGone }) => !edit && endpoint != Endpoint::Reply,
        _ => false,
    };
    assert!(right, "{pair:?} leads to {next:?}");
}
