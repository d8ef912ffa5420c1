//! Pictures in the shipped templates.

use super::{built_in, now, request};
use crate::alert::{Severity, State};
use crate::config::settings::ContentKind;
use crate::feishu::content::Content;
use crate::render::model::Image;
use crate::render::{Degrade, samples};

#[test]
fn cards_and_posts_show_images_and_do_without() {
    let mut view = samples::view(&[State::Firing, State::Firing], Severity::Critical, now());
    view.images = ["img_v3_a", "img_v3_b"].map(|key| Image { key: key.into(), alt: "x\"}<at id=all></at>".into() }).into();
    for name in ["incident", "grafana", "compact"] {
        for kind in [ContentKind::Card, ContentKind::Post] {
            assert!(built_in().shows_images(name, kind), "{name} {kind:?}");
            let full = built_in().try_render(&request(name, kind, &view)).unwrap().content;
            let text = full.to_content_string();
            assert!(text.contains("\"img_v3_a\"") && text.contains("\"img_v3_b\""), "{name} {kind:?} {text}");
            if let Content::Post(post) = &full {
                let paragraphs = post["zh_cn"]["content"].as_array().unwrap();
                assert!(paragraphs.iter().any(|p| *p == serde_json::json!([{"tag": "img", "image_key": "img_v3_a"}])), "{post}");
            }
            let mut simple = request(name, kind, &view);
            simple.degrade = Degrade { no_rich: true, ..Degrade::default() };
            assert!(!built_in().try_render(&simple).unwrap().content.to_content_string().contains("img_v3_"), "{name} {kind:?}");
        }
        assert!(!built_in().shows_images(name, ContentKind::Text));
    }
    assert!(!built_in().shows_images("safe", ContentKind::Card));
}
