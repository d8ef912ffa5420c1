//! Limits: what is cut, in which order, and that it is said.

use super::*;
use crate::feishu::content::size;
use crate::render::samples;

fn many(n: usize) -> View {
    let mut view = samples::view(&vec![State::Firing; n], Severity::Critical, now());
    for (i, a) in view.alerts.iter_mut().enumerate() {
        a.alert.labels.insert("pod".into(), format!("checkout-{i:05}-{}", "x".repeat(40)));
    }
    view
}

fn fits(rendered: &Rendered, ask: &Request<'_>) {
    let bytes = size::wire_bytes(&rendered.content, ask.channel);
    assert!(bytes <= ask.limit.bytes, "{bytes} of {}", ask.limit.bytes);
    assert_eq!(rendered.failure, None);
}

#[test]
fn storms_fit_and_say_what_is_left_out() {
    let renderer = built_in();
    for kind in [ContentKind::Card, ContentKind::Post, ContentKind::Text] {
        for (n, channel) in [(200, Channel::App), (600, Channel::CustomBot)] {
            let view = many(n);
            for (template, locale, words) in [
                ("incident", Locale::Zh, ("还有 ", " 个")),
                ("compact", Locale::En, ("and ", " more")),
                ("safe", Locale::Zh, ("还有 ", " 个")),
            ] {
                let mut ask = request(template, kind, &view);
                ask.locale = locale;
                ask.channel = channel;
                if channel == Channel::CustomBot {
                    ask.limit = Limit::custom_bot();
                }
                let rendered = renderer.render(&ask);
                fits(&rendered, &ask);
                assert!(kind != ContentKind::Card || rendered.omitted > 0 || template == "safe", "{template} {n}");
                if kind == ContentKind::Card && rendered.omitted > 0 {
                    let bytes = size::wire_bytes(&rendered.content, channel);
                    assert!(bytes > ask.limit.bytes * 85 / 100, "{template} {n}: only {bytes} of {}", ask.limit.bytes);
                    let said = format!("{}{}{}", words.0, rendered.omitted, words.1);
                    assert!(rendered.content.visible_text().contains(&said), "{said}");
                }
            }
        }
    }
}

#[test]
fn long_values_are_cut_before_alerts_are_left_out() {
    let renderer = built_in();
    let mut view = samples::view(&[State::Firing, State::Firing], Severity::Critical, now());
    for a in &mut view.alerts {
        a.alert.annotations.insert("description".into(), "很长。".repeat(20_000));
        a.alert.labels.insert("big".into(), "👩‍💻".repeat(5_000));
    }
    for kind in [ContentKind::Card, ContentKind::Post, ContentKind::Text] {
        let ask = request("incident", kind, &view);
        let rendered = renderer.render(&ask);
        fits(&rendered, &ask);
        assert_eq!(rendered.omitted, 0);
        assert!(!rendered.content.visible_text().contains('\u{FFFD}'));
    }
}

#[test]
fn resolved_then_mildest_then_oldest_are_left_out() {
    let mut view = many(6);
    for (i, (state, severity, minutes)) in [
        (State::Firing, Severity::Critical, 50),
        (State::Firing, Severity::Critical, 10),
        (State::Firing, Severity::Info, 5),
        (State::Firing, Severity::Warning, 5),
        (State::Gone, Severity::Critical, 1),
        (State::Resolved, Severity::Critical, 1),
    ]
    .into_iter()
    .enumerate()
    {
        view.alerts[i].state = state;
        view.alerts[i].severity = severity;
        view.alerts[i].alert.starts_at = now() - jiff::SignedDuration::from_mins(minutes);
    }
    let kept = |keep: usize| -> Vec<usize> {
        let listed = crate::render::display::listed(&view, keep);
        listed.iter().map(|a| view.alerts.iter().position(|b| b == *a).unwrap()).collect()
    };
    assert_eq!(kept(9), [0, 1, 2, 3, 4, 5]);
    assert_eq!(kept(5), [0, 1, 2, 3, 4]);
    assert_eq!(kept(4), [0, 1, 2, 3]);
    assert_eq!(kept(3), [0, 1, 3]);
    assert_eq!(kept(2), [0, 1]);
    assert_eq!(kept(1), [1]);
    assert_eq!(kept(0), [0_usize; 0]);
}

#[test]
fn elements_and_tables_have_limits_too() {
    let each = "{\"schema\":\"2.0\",\"body\":{\"elements\":[{{#each alerts}}{\"tag\":\"div\",\"text\":{\"tag\":\"plain_text\",\"content\":\"{{name}}\"}},{{/each}}]}}";
    let tables = "{\"schema\":\"2.0\",\"body\":{\"elements\":[{{#each alerts}}{\"tag\":\"table\",\"columns\":[{\"name\":\"a\",\"data_type\":\"text\"}],\"rows\":[{\"a\":\"{{name}}\"}]},{{/each}}]}}";
    let renderer = renderer(&[file("each.card.hbs", each), file("tables.card.hbs", tables)]);
    let view = many(150);
    let rendered = renderer.render(&request("each", ContentKind::Card, &view));
    let elements = size::elements(value_of(&rendered.content));
    assert!(elements <= 200 && elements > 180, "{elements}");
    assert!(rendered.content.visible_text().contains(&format!("还有 {} 个", rendered.omitted)));
    let view = many(8);
    let rendered = renderer.render(&request("tables", ContentKind::Card, &view));
    assert_eq!(size::tables(value_of(&rendered.content)), 5);
    assert_eq!(rendered.omitted, 0);
    assert!(rendered.content.visible_text().contains("• checkout-00007-"), "{}", rendered.content.visible_text());
}

#[test]
fn at_most_eight_renderings() {
    let view = many(500);
    for bytes_per_alert in [10, 100, 1000, 20_000] {
        for base in [100, 10_000, 27_000, 40_000] {
            let mut count = 0;
            let limit = Limit::app(ContentKind::Text);
            let limit = Limit { bytes: 30_000, ..limit };
            let fitted = crate::render::fit::fit(&view, limit, Channel::App, |_, keep| {
                count += 1;
                Ok::<_, ()>(Content::Text("x".repeat(base + bytes_per_alert * keep)))
            })
            .unwrap();
            assert!(count <= 8 && fitted.renders == count, "{count} renders");
            assert_eq!(fitted.fits, base < 30_000, "{base} + {bytes_per_alert}");
            if fitted.fits && fitted.omitted > 0 && bytes_per_alert < 1000 {
                let bytes = size::wire_bytes(&fitted.content, Channel::App);
                assert!(bytes > 27_000 || base > 26_000, "{bytes} with {base} + {bytes_per_alert}");
            }
        }
    }
}

#[test]
fn degraded_forms() {
    let renderer = built_in();
    let view = many(6);
    let mut ask = request("incident", ContentKind::Card, &view);
    let people = [mention("ou_1")];
    ask.mentions = &people;
    let full = renderer.render(&ask);
    assert!(full.content.to_content_string().contains("\"tag\":\"table\"") && full.content.to_content_string().contains("<at id=ou_1>"));
    ask.degrade = Degrade { no_rich: true, ..Degrade::default() };
    let plain = renderer.render(&ask);
    assert!(!plain.content.to_content_string().contains("\"tag\":\"table\""));
    assert!(plain.content.visible_text().contains("• 告警 · checkout-00000-"), "{}", plain.content.visible_text());
    ask.degrade = Degrade { no_mentions: true, ..Degrade::default() };
    assert!(!renderer.render(&ask).content.to_content_string().contains("<at"));
    ask.degrade = Degrade { safe: true, ..Degrade::default() };
    assert_eq!(renderer.render(&ask).template_used, "safe");
}

/// Not a benchmark: a guard against costs that grow with the square of the alerts.
#[test]
fn cost_grows_with_the_alerts_only() {
    let renderer = built_in();
    let time = |n: usize| {
        let view = many(n);
        let ask = request("incident", ContentKind::Card, &view);
        let best = (0..3).map(|_| {
            let start = std::time::Instant::now();
            renderer.render(&ask);
            start.elapsed()
        });
        best.min().unwrap_or_default()
    };
    let (small, big) = (time(10), time(1000));
    println!("10 alerts {small:?}, 1000 alerts {big:?}, 200 alerts {:?}", time(200));
    assert!(big < small * 800, "10 alerts {small:?}, 1000 alerts {big:?}");
}
