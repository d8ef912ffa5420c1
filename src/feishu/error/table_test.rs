//! The table against the documented list, row by row.

use super::table::{On, SUB_CODES, TABLE};
use super::{Answer, Class, ContentFault as Fault, Endpoint as E, StateFault as State, classify, explain, explain_answer};
use std::time::Duration;

const IM: &[E] = &[E::Send, E::Reply, E::Edit, E::Patch, E::Recall, E::Get, E::List];
const CHAT: &[E] = &[E::Chats, E::ChatInfo, E::IsInChat];

fn answer(http: u16, code: i64, msg: &str) -> Answer {
    Answer { http, code, msg: msg.to_owned(), log_id: None, reset: None, data: serde_json::Value::Null, json: true }
}

fn class(on: E, code: i64) -> Class {
    classify(on, &answer(if on == E::Hook { 200 } else { 400 }, code, ""))
}

/// (codes, endpoints, class): the documented list, restricted to the calls we make.
#[rustfmt::skip]
fn documented() -> Vec<(&'static [i64], &'static [E], Class)> {
    vec![
        (&[99991400, 1000004, 1000005], &E::ALL, Class::Rate { pause: None }),
        (&[99991403, 90003087, 90003088], &E::ALL, Class::Quota),
        (&[99991401, 99991662, 99991673, 99991672, 99991676, 99991679, 99992361], &E::ALL, Class::Config),
        (&[99991661, 99991201, 99991301, 99992402], &E::ALL, Class::Bug),
        (&[99991663, 99991664, 99991665, 99991671, 20013, 20014], &E::ALL, Class::Auth),
        (&[99991543, 10015, 20002, 10014], &[E::Token], Class::Config),
        (&[10012, 10013], &[E::Token], Class::Auth),
        (&[99992351, 99992352, 99992353, 99992359, 99992360, 99992363, 99992364, 99992381, 99992355, 99992356], &E::ALL, Class::Target),
        (&[99992354], &E::ALL, Class::State(State::Gone)),
        (&[9499], IM, Class::Bug),
        (&[9499], &[E::Hook], Class::Content(Fault::TooLong)),
        (&[2200, 5000, 55001, 1503, 1642, 1663, 1668, 10101, 10500], &E::ALL, Class::Retry),
        (&[230001], IM, Class::Bug),
        (&[230002, 230006, 230027], IM, Class::Config),
        (&[230013, 232009], IM, Class::Target),
        (&[230009], &[E::Recall], Class::State(State::TooOld)),
        (&[230011], &[E::Reply, E::Edit, E::Patch], Class::State(State::Recalled)),
        (&[230015], &[E::Send, E::Reply], Class::Bug),
        (&[230017], &[E::Send, E::Reply], Class::Content(Fault::Rich)),
        (&[230018, 230035], &[E::Send, E::Reply, E::Edit], Class::Config),
        (&[230019], &[E::Send], Class::Target),
        (&[230019], &[E::Reply], Class::Content(Fault::ThreadRefused)),
        (&[230020], &[E::Send, E::Reply, E::Edit, E::Patch], Class::Rate { pause: None }),
        (&[230022], &[E::Send, E::Reply, E::Edit], Class::Content(Fault::Sensitive)),
        (&[230025], &[E::Send, E::Reply, E::Edit, E::Patch], Class::Content(Fault::TooLong)),
        (&[230026], &[E::Recall], Class::State(State::Other)),
        (&[230028], &[E::Send, E::Reply, E::Edit, E::Patch], Class::Content(Fault::Sensitive)),
        (&[230029, 230034, 230053], &[E::Send], Class::Target),
        (&[230031], &[E::Patch], Class::State(State::TooOld)),
        (&[230036], &[E::Send], Class::Config),
        (&[230038], &[E::Send, E::Reply, E::Edit], Class::Target),
        (&[230049], &[E::Send, E::Reply], Class::Retry),
        (&[230050], &[E::Reply, E::Edit, E::Recall, E::Get], Class::State(State::Gone)),
        (&[230054], &[E::Send], Class::Content(Fault::Shape)),
        (&[230054], &[E::Reply, E::Edit, E::Recall], Class::State(State::Other)),
        (&[230055], &[E::Send, E::Reply, E::Edit], Class::Content(Fault::Rich)),
        (&[230071, 230072], &[E::Reply], Class::Content(Fault::ThreadRefused)),
        (&[230071, 230073, 230074], &[E::Edit], Class::State(State::Other)),
        (&[230072], &[E::Edit], Class::State(State::EditsUsed)),
        (&[230075], &[E::Edit], Class::State(State::TooOld)),
        (&[230073], &[E::List], Class::Target),
        (&[230075], &[E::Send, E::Reply], Class::Target),
        (&[230099], &[E::Send, E::Reply, E::Patch], Class::Content(Fault::Other)),
        (&[230110], &[E::Send, E::Reply, E::Edit, E::Patch, E::Get, E::List], Class::State(State::Recalled)),
        (&[230110], &[E::Recall], Class::Ok),
        (&[230111], &[E::Reply], Class::State(State::Gone)),
        (&[231203, 231204], &[E::List], Class::Config),
        (&[232001], CHAT, Class::Bug),
        (&[232004, 232025, 232034, 232002, 232014, 232016, 232017, 232033, 232037], CHAT, Class::Config),
        (&[232006, 232007, 232009, 232010, 232011], CHAT, Class::Target),
        (&[232019], CHAT, Class::Rate { pause: None }),
        (&[40001, 40011, 40012, 41012], &[E::BatchGetId], Class::Bug),
        (&[40003], &[E::BatchGetId], Class::Retry),
        (&[40004, 41050], &[E::BatchGetId], Class::Config),
        (&[40008, 40015, 42008, 43010], &[E::BatchGetId], Class::Target),
        (&[232096], &[E::ImageUpload], Class::Retry),
        (&[234001], &[E::ImageUpload], Class::Bug),
        (&[234002], &[E::ImageUpload], Class::Auth),
        (&[234007, 234009, 234041, 234042], &[E::ImageUpload], Class::Config),
        (&[234006, 234010, 234011, 234037, 234039], &[E::ImageUpload], Class::Content(Fault::Rich)),
        (&[19001, 19021, 19022, 19024], &[E::Hook], Class::Config),
        (&[19002], &[E::Hook], Class::Bug),
        (&[19036], &[E::Hook], Class::Content(Fault::TooLong)),
        (&[11232, 11233, 11247], &[E::Hook], Class::Rate { pause: None }),
        (&[11246, 11230, 18054], &[E::Hook], Class::Content(Fault::Other)),
        (&[11248, 11312], &[E::Hook], Class::Content(Fault::Sensitive)),
    ]
}

#[test]
fn every_documented_row() {
    for (codes, endpoints, expected) in documented() {
        for code in codes {
            for endpoint in endpoints {
                assert_eq!(class(*endpoint, *code), expected, "{endpoint} {code}");
            }
        }
    }
}

#[test]
fn every_row_of_the_table_is_documented_above() {
    let documented = documented();
    let extra = [99_991_668, 99_991_677, 10_003, 10_005, 234_019, 99_991_543];
    for row in TABLE {
        for code in row.codes {
            let known = documented.iter().any(|(codes, endpoints, class)| {
                codes.contains(code)
                    && *class == row.class
                    && match row.on {
                        On::Any => true,
                        On::All(family) => endpoints.iter().any(|e| e.family() == family),
                        On::Only(list) => list.iter().all(|e| endpoints.contains(e)),
                    }
            });
            assert!(known || extra.contains(code), "{code} on {:?} as {:?}", row.on, row.class);
        }
    }
}

#[test]
fn no_two_rows_of_the_same_reach_claim_a_code() {
    for (i, a) in TABLE.iter().enumerate() {
        for b in &TABLE[i + 1..] {
            let overlap = match (a.on, b.on) {
                (On::Only(x), On::Only(y)) => x.iter().any(|e| y.contains(e)),
                (x, y) => x == y,
            };
            assert!(!overlap || a.codes.iter().all(|code| !b.codes.contains(code)), "{:?} and {:?}", a.codes, b.codes);
        }
    }
}

#[test]
fn sentences_are_sentences() {
    for row in TABLE.iter().chain(SUB_CODES) {
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
    assert_eq!(classify(E::Hook, &answer(200, 11_246, "Service Internal Error")), Class::Retry);
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
