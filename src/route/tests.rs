use super::*;
use crate::alert::matcher::Matcher;
use crate::alert::time_interval::{RawTimeInterval, TimeInterval};
use crate::alert::{Alert, Labels, Severity, SeverityRules, Status};
use crate::config::settings::*;
use jiff::Timestamp;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn send(name: &str, to: &[&str]) -> Send {
    Send {
        direct: None,
        name: name.to_owned(),
        to: to.iter().map(|to| (*to).to_owned()).collect(),
        app: None,
        kind: ContentKind::Card,
        template: "incident".to_owned(),
        matchers: Vec::new(),
        mention: Vec::new(),
        mention_on: MENTION_ON.to_vec(),
        attach: Vec::new(),
        lifecycle: Lifecycle::default(),
        locale: Locale::Zh,
    }
}

fn receiver(name: &str, sends: Vec<Send>) -> (String, Arc<Receiver>) {
    (name.to_owned(), Arc::new(Receiver { name: name.to_owned(), locale: Locale::Zh, send: sends }))
}

pub(super) fn route(matchers: &[&str], receiver: Option<&str>) -> Route {
    Route {
        path: String::new(),
        receiver: receiver.map(str::to_owned),
        send: Vec::new(),
        group_by: None,
        matchers: matchers.iter().map(|text| Matcher::parse(text).unwrap()).collect(),
        continue_matching: false,
        mute_time_intervals: Vec::new(),
        active_time_intervals: Vec::new(),
        routes: Vec::new(),
    }
}

fn with_paths(mut route: Route, path: &str) -> Route {
    route.path = path.to_owned();
    route.routes = route.routes.into_iter().enumerate().map(|(at, child)| with_paths(child, &format!("{path}.routes[{at}]"))).collect();
    route
}

fn interval(json: &str) -> Vec<TimeInterval> {
    vec![TimeInterval::parse(&serde_json::from_str::<RawTimeInterval>(json).unwrap()).unwrap()]
}

pub(super) fn settings(root: Route) -> Settings {
    let team = ["email:li@example.com", "mobile:+8613800000000"].map(|text| text.parse().unwrap()).to_vec();
    Settings {
        server: Server {
            listen: "127.0.0.1:0".parse().unwrap(),
            max_body: 1,
            tls: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            auth: None,
        },
        storage: "x.db".into(),
        retention: Duration::ZERO,
        timezone: jiff::tz::TimeZone::UTC,
        locale: Locale::Zh,
        fallback: Some("default".to_owned()),
        expire_after: Duration::ZERO,
        reopen_within: Duration::ZERO,
        give_up_after: Duration::ZERO,
        severity: SeverityRules::default(),
        rewrite_links: Vec::new(),
        apps: BTreeMap::new(),
        bots: BTreeMap::from([(
            "db-room".to_owned(),
            Bot {
                name: "db-room".to_owned(),
                url: "sandbox".into(),
                secret: None,
                keyword: None,
                app: None,
                on_unknown: OnUnknown::Resend,
            },
        )]),
        teams: BTreeMap::from([("dba".to_owned(), team)]),
        sources: BTreeMap::new(),
        templates: Vec::new(),
        time_intervals: BTreeMap::from([
            (
                "nights".to_owned(),
                interval(
                    r#"{"times":[{"start_time":"22:00","end_time":"24:00"},{"start_time":"00:00","end_time":"08:00"}],"location":"Asia/Shanghai"}"#,
                ),
            ),
            ("weekdays".to_owned(), interval(r#"{"weekdays":["monday:friday"],"location":"Asia/Shanghai"}"#)),
        ]),
        route: with_paths(root, "route"),
        receivers: [
            receiver("default", vec![send("0", &["chat:oc_default"])]),
            receiver("dba", vec![send("db", &["chat:oc_aaaa", "chat:{{labels.feishu_chat}}"]), send("1", &["bot:db-room"])]),
            receiver("a", vec![send("0", &["chat:oc_a"])]),
            receiver("b", vec![send("0", &["chat:oc_b"])]),
        ]
        .into(),
        storm_after: 20,
        save_templates: false,
        pictures: Pictures::default(),
    }
}

pub(super) fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Sunday noon in Shanghai.
fn now() -> Timestamp {
    "2026-11-22T04:00:00Z".parse().unwrap()
}

/// The tree of the example configuration.
fn example() -> Route {
    let mut critical = route(&[r#"severity="critical""#, r#"team=~"db|cache""#], Some("dba"));
    critical.continue_matching = true;
    let mut billing = route(&[r#"__source__="grafana""#, r#"__receiver__="billing""#], None);
    billing.send = vec![Send { kind: ContentKind::Post, ..send("0", &["bot:db-room"]) }];
    let mut info = route(&[r#"severity="info""#], Some("default"));
    info.mute_time_intervals = vec!["nights".to_owned()];
    let mut root = route(&[], Some("default"));
    root.routes = vec![critical, billing, info];
    root
}

fn hits(tree: &Tree, pairs: &[(&str, &str)], source: &str, receiver: &str) -> Vec<String> {
    let hits = tree.route(&labels(pairs), source, receiver, now());
    hits.iter().map(|hit| format!("{} {}", hit.path, hit.receiver.unwrap_or("-"))).collect()
}

#[test]
fn first_match_wins_unless_it_continues() {
    let tree = Tree::new(&settings(example())).unwrap();
    assert_eq!(hits(&tree, &[], "am", ""), ["route default"]);
    assert_eq!(hits(&tree, &[("severity", "critical"), ("team", "db")], "am", ""), ["route.routes[0] dba"]);
    assert_eq!(
        hits(&tree, &[("severity", "critical"), ("team", "db")], "grafana", "billing"),
        ["route.routes[0] dba", "route.routes[1] -"]
    );
    assert_eq!(hits(&tree, &[("severity", "critical"), ("team", "web")], "am", ""), ["route default"]);
    assert_eq!(hits(&tree, &[("severity", "info")], "grafana", "billing"), ["route.routes[1] -"]);
    let forged = [("__source__", "grafana"), ("__receiver__", "billing")];
    assert_eq!(hits(&tree, &forged, "am", "x"), ["route default"], "an alert cannot set the reserved labels");
}

#[test]
fn receivers_sends_and_grouping_are_inherited_and_intervals_are_not() {
    let mut leaf = route(&[r#"leaf="1""#], None);
    leaf.routes = vec![route(&[r#"deep="1""#], Some("b"))];
    let mut inline = route(&[r#"x="1""#], None);
    inline.send = vec![send("in place", &["bot:db-room"])];
    inline.group_by = Some(GroupBy::All);
    inline.mute_time_intervals = vec!["nights".to_owned(), "weekdays".to_owned()];
    inline.active_time_intervals = vec!["weekdays".to_owned()];
    inline.routes = vec![leaf];
    let mut both = route(&[r#"both="1""#], Some("a"));
    both.send = vec![send("too", &["bot:db-room"])];
    let mut root = route(&[r#"never="matched""#], Some("default"));
    root.group_by = Some(GroupBy::Labels(vec!["alertname".to_owned()]));
    root.routes = vec![inline, both];
    let tree = Tree::new(&settings(root)).unwrap();
    let one = |pairs: &[(&str, &str)], now: &str| {
        let found = tree.route(&labels(pairs), "s", "r", now.parse().unwrap());
        assert_eq!(found.len(), 1);
        let hit = &found[0];
        let sends: Vec<String> = hit.sends.iter().map(|send| format!("{}/{}", send.receiver, send.send.name)).collect();
        (hit.receiver.map(str::to_owned), hit.group_by.cloned(), sends.join(" "), hit.muted.map(|muted| muted.to_string()))
    };
    let grouped = Some(GroupBy::Labels(vec!["alertname".to_owned()]));
    let noon = "2026-11-23T04:00:00Z";
    assert_eq!(one(&[], noon), (Some("default".into()), grouped.clone(), "default/0".into(), None), "the root matches everything");
    assert_eq!(
        one(&[("x", "1"), ("leaf", "1")], "2026-11-22T04:00:00Z"),
        (None, Some(GroupBy::All), "route.routes[0]/in place".into(), None)
    );
    assert_eq!(one(&[("x", "1"), ("leaf", "1"), ("deep", "1")], noon).0, Some("b".into()));
    assert_eq!(one(&[("both", "1")], noon), (Some("a".into()), grouped, "a/0 route.routes[1]/too".into(), None));
    let muted = |now: &str| one(&[("x", "1")], now).3;
    assert_eq!(muted("2026-11-23T15:00:00Z").unwrap(), "muted by time interval \"nights\"");
    assert_eq!(muted(noon).unwrap(), "muted by time interval \"weekdays\"");
    assert_eq!(muted("2026-11-22T04:00:00Z").unwrap(), "outside of its active time interval \"weekdays\"");
}

#[test]
fn what_does_not_exist_is_found_when_compiled() {
    let error = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings(example());
        change(&mut settings);
        Tree::new(&settings).map(|_| ()).unwrap_err().to_string()
    };
    type Change<'c> = &'c dyn Fn(&mut Settings);
    let table: [(Change, &str); 5] = [
        (
            &|s| s.route.routes[0].receiver = Some("dbaa".into()),
            "route.routes[0].receiver: there is no receiver \"dbaa\"; did you mean dba?",
        ),
        (&|s| s.fallback = Some("gone".into()), "fallback: there is no receiver \"gone\""),
        (
            &|s| s.route.routes[2].mute_time_intervals.push("night".into()),
            "route.routes[2].mute_time_intervals[1]: there is no time interval \"night\"; did you mean nights?",
        ),
        (&|s| s.route.routes[1].send[0].to[0] = "chat:{{x".into(), "route.routes[1].send[0].to[0]: "),
        (
            &|s| {
                let mut send = send("0", &["chat:oc_1"]);
                send.mention = vec!["{{#if}}".into()];
                s.receivers.extend([receiver("bad", vec![send])]);
            },
            "receivers.bad.send[0].mention[0]: ",
        ),
    ];
    for (change, expected) in table {
        let error = error(change);
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn fallback_and_all_sends() {
    let tree = Tree::new(&settings(example())).unwrap();
    let (name, sends) = tree.fallback().unwrap();
    assert_eq!((name, sends.len()), ("default", 1));
    let all: Vec<String> = tree.sends().iter().map(|send| format!("{}/{}", send.receiver, send.send.name)).collect();
    assert_eq!(all, ["default/0", "dba/db", "dba/1", "route.routes[1]/0"], "each once");
}

fn compiled(to: &[&str], mention: &[&str], matchers: &[&str]) -> Arc<CompiledSend> {
    let mut root = route(&[], None);
    root.send = vec![Send {
        mention: mention.iter().map(|text| (*text).to_owned()).collect(),
        matchers: matchers.iter().map(|text| Matcher::parse(text).unwrap()).collect(),
        ..send("0", to)
    }];
    Arc::clone(Tree::new(&settings(root)).unwrap().sends()[0])
}

fn data(pairs: &[(&str, &str)]) -> serde_json::Value {
    json!({"labels": labels(pairs)})
}

#[test]
fn targets_are_rendered_and_validated() {
    let to = |to: &[&str], pairs: &[(&str, &str)]| {
        let targets = compiled(to, &[], &[]).targets(&data(pairs));
        let ok: Vec<String> = targets.ok.iter().map(ToString::to_string).collect();
        let bad: Vec<String> = targets.bad.iter().map(|bad| format!("{}: {}", bad.text, bad.why)).collect();
        (ok.join(" "), bad.join("; "))
    };
    let both = ["chat:oc_aaaa", "chat:{{labels.chat}}"];
    assert_eq!(to(&both, &[("chat", "oc_b")]), ("chat:oc_aaaa chat:oc_b".into(), String::new()));
    assert_eq!(to(&both, &[("chat", "oc_aaaa")]), ("chat:oc_aaaa".into(), String::new()), "each once");
    assert_eq!(to(&both, &[]), ("chat:oc_aaaa".into(), String::new()), "no such label is no mistake");
    assert_eq!(to(&both, &[("chat", " oc_b, oc_c;oc_b ")]).0, "chat:oc_aaaa chat:oc_b chat:oc_c");
    assert_eq!(to(&["team:dba", "bot:db-room"], &[]).0, "team:dba bot:db-room");
    // db-room is the only bot here: a set that shrinks to one is that one.
    assert_eq!(to(&["bot:[db-room, {{labels.second}}]"], &[]).0, "bot:db-room");
    let (ok, bad) = to(&["bot:[db-room, {{labels.second}}]"], &[("second", "nobody")]);
    assert!(ok == "bot:db-room" && bad.contains("there is no bot of that name"), "{ok} / {bad}");
    let only = ["{{#if labels.chat}}chat:{{labels.chat}}{{/if}}"];
    assert_eq!(to(&only, &[]), (String::new(), String::new()));
    for (value, why) in [
        ("oc_a b", "has a character"),
        ("oc_<at>", "has a character"),
        ("oc_a,team:dba", "an id has only letters"),
        ("../x", "an id has only letters"),
    ] {
        let (ok, bad) = to(&both, &[("chat", value)]);
        assert!(!ok.contains("team") && bad.contains(why), "{value}: {ok} / {bad}");
    }
    let any = ["{{labels.to}}"];
    for (value, why) in [
        ("email:li", "looks like li@example.com"),
        ("mobile:abc", "looks like +86138"),
        ("team:dbaa", "there is no team of that name; did you mean dba?"),
        ("bot:x", "there is no bot of that name"),
        ("oc_1", "is not an address"),
        ("chatt:oc_1", "did you mean chat?"),
    ] {
        let (ok, bad) = to(&any, &[("to", value)]);
        assert!(ok.is_empty() && bad.contains(why), "{value}: {ok} / {bad}");
    }
    let long = compiled(&any, &[], &[]).targets(&data(&[("to", &"x".repeat(5000))]));
    assert_eq!(long.bad[0].text.chars().count(), 100);
}

#[test]
fn only_the_configuration_mentions_everybody() {
    let calls = |template: &str, who: &str| {
        let send = compiled(&["chat:oc_a"], &[template], &[]);
        let data = data(&[("who", who)]);
        send.mentions(&data).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    for template in ["{{labels.who}}", "open_id:{{labels.who}}", "user_id:{{labels.who}}", "open_id:a{{labels.who}}"] {
        for who in ["all", "ALL", " all ", "ll", "all,all", "x;all"] {
            let calls = calls(template, who);
            assert!(
                !calls.iter().any(|call| call.rsplit(':').next().is_some_and(|id| id.eq_ignore_ascii_case("all"))),
                "{template} {who}: {calls:?}"
            );
        }
    }
    for template in ["all", "{{#if labels.who}}all{{/if}}", "{{default labels.nobody \"all\"}}"] {
        assert_eq!(calls(template, "x"), ["all"], "{template}");
    }
}

#[test]
fn mentions_are_people() {
    let send = compiled(&["chat:oc_1"], &["team:dba", "email:{{labels.owner}}", "{{labels.who}}", "all", "chat:oc_1"], &[]);
    assert!(send.needs_data());
    let (mentions, bad) = send.checked_mentions(&data(&[("owner", "li@example.com,wang@example.com"), ("who", "nobody")]));
    let texts: Vec<String> = mentions.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["team:dba", "email:li@example.com", "email:wang@example.com", "all"]);
    assert_eq!(mentions, send.mentions(&data(&[("owner", "li@example.com,wang@example.com")])));
    assert_eq!(bad.len(), 2);
    assert!(bad[1].why.contains("only people"), "{bad:?}");
    let all = compiled(&["chat:oc_1"], &["email:{{labels.owner}}"], &[]);
    assert!(all.mentions(&data(&[("owner", "all")])).is_empty(), "a value after a kind never means everybody");
    assert!(!compiled(&["chat:oc_1"], &["all"], &[]).needs_data());
}

#[test]
fn send_entries_have_their_own_matchers() {
    let send = compiled(&["chat:oc_1"], &[], &[r#"severity=~"critical|warning""#, r#"__source__!="test""#]);
    assert!(send.admits(&labels(&[("severity", "warning")]), "am", ""));
    assert!(!send.admits(&labels(&[("severity", "info")]), "am", ""));
    assert!(!send.admits(&labels(&[("severity", "warning")]), "test", ""));
}

#[test]
fn teams_expand_to_their_members() {
    let addresses: Vec<Address> =
        ["email:li@example.com", "team:dba", "chat:oc_1", "team:gone"].iter().map(|text| text.parse().unwrap()).collect();
    let expanded: Vec<String> = expand(&addresses, &settings(example())).iter().map(ToString::to_string).collect();
    assert_eq!(expanded, ["email:li@example.com", "mobile:+8613800000000", "chat:oc_1"]);
}

#[test]
fn templates_see_the_alert_under_the_senders_names() {
    let alert = Alert {
        status: Status::Firing,
        labels: labels(&[("team", "db")]),
        annotations: labels(&[("summary", "s")]),
        starts_at: now(),
        ends_at: None,
        generator_url: "http://p".to_owned(),
        fingerprint: "f".to_owned(),
        extra: [("ruleUID".to_owned(), json!("u")), ("labels".to_owned(), json!("odd"))].into(),
    };
    insta::assert_json_snapshot!("alert_data", alert_data(&alert, "am", "team-x", Severity::Critical));
}

#[test]
fn explains_every_node() {
    let mut root = example();
    root.routes[2].routes = vec![route(&[r#"a!~"b""#], None)];
    root.routes[0].routes = vec![route(&[r#"team="db""#, r#"cluster="x""#], Some("a"))];
    let mut settings = settings(root);
    let mut dba = settings.receivers["dba"].send.clone();
    dba[0].mention = vec!["team:dba".into(), "email:{{labels.owner}}".into()];
    dba[1].matchers = vec![Matcher::parse(r#"env="prod""#).unwrap()];
    settings.receivers.extend([receiver("dba", dba)]);
    let tree = Tree::new(&settings).unwrap();
    let pairs = [("alertname", "Disk \"full\""), ("severity", "critical"), ("team", "db"), ("feishu_chat", "oc x"), ("owner", "li")];
    let explained = tree.explain(&labels(&pairs), "grafana", "billing", now());
    insta::assert_snapshot!("explained", explained.to_string());
    insta::assert_json_snapshot!("explained_json", explained);
    let at_night = tree.explain(&labels(&[("severity", "info")]), "am", "", "2026-11-22T15:00:00Z".parse().unwrap());
    insta::assert_snapshot!("explained_at_night", at_night.to_string());
}
