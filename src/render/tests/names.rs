//! What is refused when templates are loaded, and where errors point.

use super::*;
use crate::render::failure::Level;

fn errors(files: &[TemplateFile]) -> Vec<String> {
    let findings = match Renderer::new(files, options()) {
        Ok(renderer) => renderer.findings().to_vec(),
        Err(findings) => findings,
    };
    findings
        .into_iter()
        .map(|f| {
            let level = if f.severity == Level::Warning { "warning " } else { "" };
            format!("{level}{f}{}", f.hint.as_ref().map(|hint| format!(" [{hint}]")).unwrap_or_default())
        })
        .collect()
}

#[test]
fn unknown_names_are_found_where_they_stand() {
    for (template, wanted) in [
        ("a\n  {{lables.x}}", "templates/x.text.hbs:2:3: there is nothing named \"lables\" [did you mean labels?]"),
        ("{{#if (eq statuss \"firing\")}}x{{/if}}", "there is nothing named \"statuss\" [did you mean status?]"),
        ("{{instance}}", "there is nothing named \"instance\" [labels and annotations are below labels and annotations: labels.instance]"),
        ("{{#each alerts}}{{labels.x}}{{../statu}}{{/each}}", "there is nothing named \"statu\" [did you mean status?]"),
        ("{{#each alerts}}{{@root.titel}}{{/each}}", "there is nothing named \"titel\" [did you mean title?]"),
        ("{{#each labels as |v k|}}{{k}}{{v}}{{w}}{{/each}}{{vv}}", "there is nothing named \"vv\""),
        ("{{humanise 5}}", "there is no helper \"humanise\" [did you mean humanize?]"),
        ("{{title (trunc title 5)}}", "there is no helper \"trunc\" [did you mean truncate?]"),
        ("{{#labels}}x{{/labels}}", "there is no block helper \"labels\" [write {{#each labels}}, {{#with labels}} or {{#if labels}}]"),
        ("{{#upper title}}x{{/upper}}", "upper is no block"),
        ("{{log \"x\"}}", "there is no helper \"log\""),
        ("{{> partials/lst}}", "there is no partial \"partials/lst\" [did you mean partials/list?]"),
        ("{{> (lookup labels \"x\")}}", "must be fixed"),
        ("{{> list view.lines}}", "partials are files named partials/"),
        ("{{#each view.linse}}{{/each}}", "`view` has no \"linse\" [did you mean lines?]"),
        ("{{#with view}}{{titel}}{{/with}}", "`view` has no \"titel\""),
        (
            "{{#each alerts}}{{lables.x}}{{/each}}",
            "warning templates/x.text.hbs:1:17: alerts have no \"lables\" of their own; a sender may add one [did you mean labels?]",
        ),
        ("ok\n {{{labels.x}}}", "warning templates/x.text.hbs:2:2: {{{labels.x}}} is written as trusted markup"),
        ("{{#if}", "templates/x.text.hbs:1:"),
        ("{{#if title}}x", "templates/x.text.hbs:"),
        ("a\nb\u{FDD0}", "templates/x.text.hbs:2:2: U+FDD0"),
        ("\\uFdD1", "templates/x.text.hbs:1:1: U+FDD0"),
    ] {
        let found = errors(&[file("x.text.hbs", template)]);
        assert!(found.iter().any(|f| f.contains(wanted)), "{template}: {found:#?}");
        assert_eq!(found.len(), 1, "{template}: {found:#?}");
    }
}

#[test]
fn everything_is_reported_at_once_and_good_names_pass() {
    assert_eq!(errors(&[file("x.text.hbs", "{{a}} {{b}}\n{{c d}}")]).len(), 4);
    for template in [
        "{{status}} {{labels.anything.[k8s.io/x]}} {{payload.deep.er}} {{incident.acked.by}} {{alerts.0.labels.x}} {{title}} {{t \"firing\"}}",
        "{{#each alerts}}{{#with labels}}{{x}}{{../status}}{{@index}}{{/with}}{{/each}}{{#each (sort alerts)}}{{labels.x}}{{/each}}",
        "{{#each firing as |a i|}}{{a.labels.x}}{{i}}{{else}}{{status}}{{/each}} {{this.title}} {{./title}} {{len alerts}}",
        "{{#*inline \"p\"}}{{anything}}{{/inline}}{{> p}}{{! comment }}{{!-- x --}}",
        "{{#each (groupBy alerts \"labels.x\")}}{{key}} {{len items}}{{/each}}",
    ] {
        assert_eq!(errors(&[file("x.text.hbs", template)]), Vec::<String>::new(), "{template}");
    }
}

#[test]
fn partials_are_checked_where_they_are_included() {
    let ok = [file("x.text.hbs", "{{#each alerts}}{{> partials/a n=1}}{{/each}}"), file("partials/a.hbs", "{{labels.x}} {{n}}")];
    assert_eq!(errors(&ok), Vec::<String>::new());
    let bad = [file("x.text.hbs", "{{> partials/a}}"), file("partials/a.hbs", "\n{{tittle}}")];
    assert_eq!(errors(&bad), ["templates/partials/a.hbs:2:1: there is nothing named \"tittle\" [did you mean title?]"]);
    let circle =
        [file("x.text.hbs", "{{> partials/a}}"), file("partials/a.hbs", "{{> partials/b}}"), file("partials/b.hbs", "{{> partials/a}}")];
    let found = errors(&circle);
    assert!(found.iter().any(|f| f.contains("in a circle: x.text > partials/a > partials/b > partials/a")), "{found:?}");
    let itself = [file("x.text.hbs", "x"), file("partials/a.hbs", "{{#if title}}{{> partials/a}}{{/if}}")];
    assert!(errors(&itself).iter().any(|f| f.contains("circle")), "{:?}", errors(&itself));
}

#[test]
fn files_need_a_name_and_a_size() {
    for name in ["x.hbs", "x.card.json", ".card.hbs", "partials/.hbs", "x.crad.hbs"] {
        assert!(errors(&[file(name, "x")])[0].contains("is not the name of a template"), "{name}");
    }
    assert!(errors(&[file("x.text.hbs", &"x".repeat(300_000))])[0].contains("larger than"));
}

#[test]
fn later_files_win_and_origins_are_told() {
    let renderer = renderer(&[file("incident.text.hbs", "one"), file("incident.text.hbs", "two {{title}}")]);
    let view = view_of(&[]);
    let rendered = renderer.render(&request("incident", ContentKind::Text, &view));
    assert_eq!(rendered.content, Content::Text("two HighErrorRate".into()));
    let templates = renderer.templates();
    assert!(templates.contains(&("incident".into(), ContentKind::Text, crate::render::Origin::File("templates/incident.text.hbs".into()))));
    assert!(templates.contains(&("incident".into(), ContentKind::Card, crate::render::Origin::BuiltIn)));
    assert!(renderer.has("compact", ContentKind::Post) && !renderer.has("compcat", ContentKind::Post));
}

#[test]
fn broken_json_points_at_the_template() {
    let template =
        "{\"schema\":\"2.0\",\n \"body\":{\"elements\":[\n  {{#each alerts}}\n  {\"tag\":\"hr\"}\n  {\"tag\":\"hr\"},\n  {{/each}}\n ]}}";
    let failure = try_render(ContentKind::Card, template, &[]).unwrap_err();
    assert_eq!((failure.file.as_str(), failure.line, failure.column), ("templates/x.card.hbs", 5, 3), "{failure}");
    // Inside of a partial the partial is named.
    let files = [file("x.card.hbs", "{\"body\":{\n{{> partials/a}}\n}}"), file("partials/a.hbs", "\n\"elements\": [1 2]")];
    let view = view_of(&[]);
    let failure = renderer(&files).try_render(&request("x", ContentKind::Card, &view)).unwrap_err();
    assert_eq!((failure.file.as_str(), failure.line), ("templates/partials/a.hbs", 2), "{failure}");
}

#[test]
fn output_is_bounded() {
    let template = format!(
        "{{{{#each labels}}}}{{{{#each ../labels}}}}{{{{#each ../../labels}}}}{}{{{{/each}}}}{{{{/each}}}}{{{{/each}}}}",
        "x".repeat(20_000)
    );
    let failure = try_render(ContentKind::Text, &template, &[]).unwrap_err();
    assert!(failure.message.contains("more than 4 MiB"), "{failure}");
}

#[test]
fn a_broken_template_never_costs_an_alert() {
    for (kind, template) in [
        (ContentKind::Card, "{\"body\":\n oops}"),
        (ContentKind::Post, "{}"),
        (ContentKind::Card, "{\"schema\":\"{{title}}\",\"body\":{}}"),
    ] {
        let renderer = renderer(&[file(&format!("x.{}.hbs", kind.as_str()), template)]);
        let view = view_of(&[]);
        let rendered = renderer.render(&request("x", kind, &view));
        assert_eq!(rendered.template_used, "safe");
        let failure = rendered.failure.expect("a reason");
        let shown = rendered.content.visible_text();
        assert!(shown.contains("HighErrorRate") && shown.contains(&failure.message) && shown.contains("templates/x."), "{shown}");
        if kind == ContentKind::Card {
            assert!(shown.contains("模板错误"), "{shown}");
        }
    }
    // Even when the user's own `safe` is broken, or the template does not exist.
    let renderer = renderer(&[file("safe.text.hbs", "{{{{raw}}}}{{{{/raw}}}}{{#each alerts}}{{lookup}}{{/each}}")]);
    let view = view_of(&[]);
    let rendered = renderer.render(&request("nope", ContentKind::Text, &view));
    assert!(rendered.content.visible_text().contains("HighErrorRate"), "{rendered:?}");
    assert!(rendered.failure.unwrap().message.contains("there is no template"));
}
