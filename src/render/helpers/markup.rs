//! Things that are more than text: `link at font json urlEncode`. In messages they become tokens that are
//! written for the place they stand in.

use super::{Args, text};
use crate::render::marks::{Mark, has_mark};
use crate::render::write::{escape, url};
use serde_json::Value;

/// `{{link "Runbook" annotations.runbook_url}}`: a link where links can stand, else its label.
pub fn link(args: &Args<'_, '_>) -> Value {
    let (label, url) = (args.text(0), args.text(1));
    if !args.marked || has_mark(&label) || has_mark(&url) {
        return label.into();
    }
    Mark::Link { label, url }.token().into()
}

/// `{{at this}}` over `mentions`, `{{at "ou_..."}}`, `{{at labels.owner_open_id}}`. Only the template itself and
/// the configuration can mention everybody.
pub fn at(args: &Args<'_, '_>) -> Value {
    let id = match args.value(0) {
        Value::Object(mention) => text(mention.get("id").unwrap_or(&Value::Null)),
        other => text(other),
    };
    if has_mark(&id) || !args.marked {
        // Mentions of the configuration carry their token already.
        return id.into();
    }
    // As it will be written: `all!` would be everybody too.
    let mut written = String::new();
    escape::attribute(&mut written, &id);
    if written.is_empty() || (written.eq_ignore_ascii_case("all") && args.literal(0).is_none()) {
        return Value::Null;
    }
    Mark::At(written).token().into()
}

/// `{{font "red" text}}`: coloured in a card's markdown, plain elsewhere.
pub fn font(args: &Args<'_, '_>) -> Value {
    let (color, text) = (args.text(0), args.text(1));
    if !args.marked || has_mark(&color) || has_mark(&text) {
        return text.into();
    }
    Mark::Font { color, text }.token().into()
}

/// `{{json labels}}`: the value as JSON, where a JSON value stands; as text in a text message.
pub fn json(args: &Args<'_, '_>) -> Value {
    let text = args.value(0).to_string();
    if args.marked { Mark::Json(text).token().into() } else { text.into() }
}

/// `{{urlEncode x}}`: percent-encoded once, also inside of a link that is encoded anyway.
pub fn url_encode(args: &Args<'_, '_>) -> Value {
    let text = url::encode(&args.text(0));
    if args.marked { Mark::Encoded(text).token().into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::helpers::tests::plain;
    use crate::render::marks::{Seg, escape, segments};
    use handlebars::Handlebars;
    use serde_json::json;

    fn marked(template: &str, data: &Value) -> Vec<Mark> {
        let mut engine = Handlebars::new();
        engine.register_escape_fn(escape);
        crate::render::helpers::register_marked(&mut engine);
        let text = engine.render_template(template, data).unwrap();
        segments(&text)
            .unwrap()
            .into_iter()
            .map(|seg| match seg {
                Seg::Mark(mark) => mark,
                Seg::Lit(text) => panic!("text {text:?} of {template}"),
            })
            .collect()
    }

    #[test]
    fn markup_becomes_tokens() {
        let data = json!({"u": "https://x/", "evil": "all", "owner": "ou_1", "m": {"id": Mark::At("all".into()).token()}, "l": {"a": "b"}});
        for (template, wanted) in [
            ("{{link \"L\" u}}", Mark::Link { label: "L".into(), url: "https://x/".into() }),
            ("{{at owner}}", Mark::At("ou_1".into())),
            ("{{at m}}", Mark::At("all".into())),
            ("{{m.id}}", Mark::At("all".into())),
            ("{{at \"all\"}}", Mark::At("all".into())),
            ("{{at evil}}", Mark::Value(String::new())),
            ("{{json l}}", Mark::Json("{\"a\":\"b\"}".into())),
            ("{{urlEncode \"a b\"}}", Mark::Encoded("a%20b".into())),
            ("{{font \"red\" owner}}", Mark::Font { color: "red".into(), text: "ou_1".into() }),
            ("{{time \"1970-01-01T00:00:01Z\"}}", Mark::Time { ms: 1000, style: crate::render::marks::TimeStyle::Time }),
        ] {
            assert_eq!(marked(template, &data), vec![wanted], "{template}");
        }
    }

    #[test]
    fn plain_form() {
        let data = json!({"l": {"a": "b/c d"}});
        assert_eq!(
            plain("{{json l}}|{{urlEncode l.a}}|{{link \"L\" l.a}}|{{font \"red\" l.a}}", &data),
            "{\"a\":\"b/c d\"}|b%2Fc%20d|L|b/c d"
        );
    }
}
