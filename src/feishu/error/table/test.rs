//! The table against the documented list, pair by pair.

use super::super::{Answer, Class, ContentFault as Fault, Endpoint as E, classify, explain, explain_answer};
use super::{On, inner, lookup, rows};
use std::collections::BTreeSet;
use std::time::Duration;

#[path = "../../../../tests/it/contract/documented.rs"]
mod documented;

fn answer(http: u16, code: i64, msg: &str) -> Answer {
    Answer { http, code, msg: msg.to_owned(), log_id: None, reset: None, data: serde_json::Value::Null, json: true }
}

fn class(on: E, code: i64) -> Class {
    classify(on, &answer(if on == E::Hook { 200 } else { 400 }, code, ""))
}

fn endpoint(name: &str) -> E {
    *E::ALL.iter().find(|endpoint| endpoint.as_str() == name).unwrap_or_else(|| panic!("no endpoint {name}"))
}

#[test]
fn every_documented_pair_has_its_class_and_a_row() {
    for pair in documented::pairs() {
        let on = endpoint(&pair.endpoint);
        assert_eq!(classify(on, &answer(pair.http, pair.code, "")).detail(), pair.class, "{pair:?}");
        assert!(lookup(on, pair.code).is_some(), "{pair:?}");
    }
}

#[test]
fn no_row_reaches_further_than_the_documents() {
    let documented: BTreeSet<(String, i64)> = documented::pairs().into_iter().map(|pair| (pair.endpoint, pair.code)).collect();
    for on in E::ALL {
        for code in rows().flat_map(|row| row.codes) {
            let pair = (on.as_str().to_owned(), *code);
            assert_eq!(lookup(*on, *code).is_some(), documented.contains(&pair), "{pair:?}");
        }
    }
}

#[test]
fn every_endpoint_has_documented_errors() {
    let documented: BTreeSet<String> = documented::pairs().into_iter().map(|pair| pair.endpoint).collect();
    assert_eq!(documented, E::ALL.iter().map(|endpoint| endpoint.as_str().to_owned()).collect());
}

#[test]
fn no_two_rows_of_the_same_reach_claim_a_code() {
    let rows: Vec<_> = rows().collect();
    for (i, a) in rows.iter().enumerate() {
        for b in &rows[i + 1..] {
            let overlap = match (a.on, b.on) {
                (On::Only(x), On::Only(y)) => x.iter().any(|e| y.contains(e)),
                (On::All(x), On::All(y)) => x.iter().any(|e| y.contains(e)),
                (x, y) => x == y,
            };
            assert!(!overlap || a.codes.iter().all(|code| !b.codes.contains(code)), "{:?} and {:?}", a.codes, b.codes);
        }
    }
}

#[test]
fn sentences_are_sentences() {
    for row in rows().chain(inner::SUB_CODES).chain(inner::WORDS.iter().map(|entry| &entry.row)) {
        assert!(row.en.ends_with('.') && row.en.len() < 200, "{}", row.en);
        assert!(row.zh.ends_with('。') && !row.zh.contains(';'), "{}", row.zh);
    }
}

#[test]
fn inner_codes_decide() {
    let refused = |sub: i64, words: &str| {
        let msg = format!("Failed to create card content, ext=ErrCode: {sub}; ErrMsg: {words}; ErrorValue: x");
        let class = classify(E::Send, &answer(400, 230_099, &msg));
        assert_eq!(classify(E::Hook, &answer(200, 11_246, &msg)), class, "{sub}");
        class
    };
    let content = Class::Content;
    assert_eq!(refused(100_290, "invalid user id"), content(Fault::Mentions));
    assert_eq!(refused(11_310, "card action is lock"), content(Fault::Locked));
    assert_eq!(refused(11_310, "element exceeds the limit"), content(Fault::TooLong));
    assert_eq!(refused(11_310, "card table number over limit"), content(Fault::Rich));
    assert_eq!(refused(11_310, "template is not visible to app"), content(Fault::Template));
    assert_eq!(refused(11_310, "new words"), content(Fault::Other));
    for (sub, fault) in [
        (200_380, Fault::Template),
        (200_381, Fault::Template),
        (200_732, Fault::Template),
        (200_737, Fault::Template),
        (200_621, Fault::Other),
        (200_861, Fault::Other),
        (200_550, Fault::Rich),
        (200_570, Fault::Rich),
        (200_914, Fault::Rich),
        (200_915, Fault::Rich),
        (300_220, Fault::Rich),
        (300_230, Fault::Rich),
        (300_240, Fault::Rich),
        (123_456, Fault::Other),
    ] {
        assert_eq!(refused(sub, "x"), content(fault), "{sub}");
    }
    for on in [E::Hook, E::BatchSend, E::LegacySend] {
        let busy = answer(200, 11_246, "create content failed: Service Internal Error");
        assert_eq!(classify(on, &busy), Class::Retry);
        assert!(explain_answer(on, &busy).en.contains("internal error"));
    }
}

#[test]
fn one_code_says_several_things_in_words() {
    for words in ["Bot is NOT in the chat", "bot not in chat", "Bot/User can NOT be out of the chat."] {
        let outside = answer(200, 10_002, words);
        assert_eq!((classify(E::LegacySend, &outside), classify(E::BatchSend, &outside)), (Class::Config, Class::Content(Fault::Other)));
        assert!(explain_answer(E::LegacySend, &outside).en.contains("add it to the chat"));
    }
    assert_eq!(classify(E::LegacySend, &answer(200, 10_002, "send failed")), Class::Content(Fault::Other));
    let locked = answer(400, 230_099, "ext=ErrCode: 11310; ErrMsg: card action is lock");
    assert!(explain_answer(E::Patch, &locked).en.contains("using the card"));
}

#[test]
fn a_sentence_never_contradicts_the_class() {
    assert!(explain_answer(E::Send, &answer(429, 230_002, "")).en.contains("nothing to do"));
    assert!(explain_answer(E::Send, &answer(400, 230_020, "")).en.contains("all bots of a chat share"));
    assert!(explain_answer(E::Recall, &answer(400, 230_110, "")).en.contains("already"));
    assert!(explain_answer(E::BatchSend, &answer(200, 11_247, "")).en.contains("midnight"));
}

#[test]
fn the_algorithm_in_its_order() {
    let mut limited = answer(429, 99_991_400, "");
    limited.reset = Some(Duration::from_secs(52));
    assert_eq!(classify(E::Send, &limited), Class::Rate { pause: limited.reset });
    limited.json = false;
    assert_eq!(classify(E::Send, &limited), Class::Rate { pause: limited.reset });
    assert_eq!(classify(E::Send, &answer(429, 99_991_403, "")), Class::Quota);
    assert_eq!(classify(E::Send, &answer(429, 230_002, "")), Class::Rate { pause: None });

    let foreign = |http| Answer { json: false, ..answer(http, 0, "<html>") };
    assert_eq!(classify(E::Send, &foreign(502)), Class::Retry);
    for http in [200, 302, 403, 407] {
        assert_eq!(classify(E::Send, &foreign(http)), Class::Unknown);
    }
    for http in [200, 400, 500] {
        assert_eq!(classify(E::Send, &answer(http, 0, "")), Class::Ok);
        assert_eq!(classify(E::Send, &answer(http, 230_002, "")), Class::Config, "never by status");
    }
    assert_eq!(classify(E::Send, &answer(500, 424_242, "")), Class::Retry);
    assert_eq!(classify(E::Send, &answer(400, 99_991_455, "")), Class::Rate { pause: None });
    assert_eq!(classify(E::Send, &answer(400, 99_991_699, "")), Class::Config);
    assert_eq!(classify(E::Send, &answer(400, 424_242, "")), Class::Permanent);
}

#[test]
fn the_same_number_means_different_things() {
    assert_ne!(class(E::Edit, 230_072), class(E::Reply, 230_072));
    assert_ne!(class(E::Send, 230_054), class(E::Edit, 230_054));
    assert_eq!(class(E::Token, 40_003), Class::Permanent);
    assert_eq!(class(E::Send, 19_024), Class::Permanent);
}

#[test]
fn explanations_name_the_cause() {
    assert!(explain(E::Send, 230_002).en.contains("add it to the chat"));
    assert!(explain(E::Send, 230_002).zh.contains("机器人"));
    assert!(explain(E::Hook, 19_024).en.contains("`keyword`"));
    assert!(explain(E::Send, 100_290).en.contains("mentioned person"));
    assert!(explain(E::Send, 1).en.contains("code we do not know"));
    let refused = answer(400, 230_099, "ext=ErrCode: 200550; ErrMsg: chart");
    assert!(explain_answer(E::Patch, &refused).en.contains("chart"));
    assert!(explain_answer(E::Patch, &answer(400, 230_099, "")).en.contains("card was refused"));
}
