//! Pictures: `img` and `img_combination`.

use super::{Pen, div, i18n, word};
use crate::draw::text::picture;
use crate::draw::{items, size};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// Sizes by name, in pixels: width and height.
const SIZES: [(&str, i32); 5] = [("large", 160), ("medium", 80), ("small", 40), ("tiny", 16), ("stretch_without_padding", 0)];

/// The component `img`.
pub(super) fn img(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let key = i18n::chosen(map, "img_key", &["i18n_img_key"], pen.language);
    let alt = div::words(map.get("alt"), pen);
    let title = div::words(map.get("title"), pen);
    let cropped = matches!(word(map, "scale_type"), "crop_center" | "crop_top");
    let mut class = String::new();
    match word(map, "scale_type") {
        "crop_center" => class.push_str("crop"),
        "crop_top" => class.push_str("crop top"),
        _ => {}
    }
    let mut style = String::new();
    if let Some(radius) = size::px(word(map, "corner_radius"), 0, 999) {
        style.push_str(&format!("border-radius:{radius}px;"));
    }
    let named = SIZES.iter().find(|(name, _)| *name == word(map, "size")).map(|(_, edge)| (*edge, *edge));
    let mut pair = word(map, "size").split_whitespace().map(|edge| size::px(edge, 1, 999));
    let measured = pair.next().flatten().zip(pair.next().flatten());
    if let Some((width, height)) = named.or(measured).filter(|(width, _)| cropped && *width > 0) {
        style.push_str(&format!("inline-size:{width}px;block-size:{height}px;"));
    } else if let Some(width) = map.get("custom_width").and_then(Value::as_i64).filter(|width| *width > 0) {
        style.push_str(&format!("max-inline-size:{}px;", width.clamp(16, 999)));
    } else if word(map, "mode") == "tiny" {
        style.push_str("max-inline-size:40px;");
    }
    html! {
        figure.lk-figure {
            @if !title.is_empty() { figcaption dir="auto" { (div::label(map.get("title"), pen)) } }
            div.lk-frame.(class) style=[Some(style).filter(|style| !style.is_empty())] { (picture(key, alt, pen.look)) }
        }
    }
}

/// Several pictures in a pattern.
pub(super) fn combination(map: &Map<String, Value>, pen: &Pen<'_>) -> Markup {
    let (class, most) = match word(map, "combination_mode") {
        "double" => ("double", 2),
        "triple" => ("triple", 3),
        "trisect" => ("trisect", 9),
        _ => ("bisect", 6),
    };
    let style = size::px(word(map, "corner_radius"), 0, 99).map(|radius| format!("border-radius:{radius}px"));
    html! {
        div.lk-combo.(class) style=[style] {
            @for image in items(map.get("img_list")).iter().take(most) {
                div.lk-frame.crop { (picture(image.get("img_key").and_then(Value::as_str).unwrap_or_default(), "", pen.look)) }
            }
        }
    }
}
