//! Colours of a card: the platform's named palette, and colours of the card's own as `rgba(..)`.
//!
//! Whatever is written into the page comes from the tables here or from numbers that were parsed; never the text itself.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::{self, Display};

/// Hues of the palette.
const HUES: [&str; 14] = [
    "blue",
    "carmine",
    "green",
    "grey",
    "indigo",
    "lime",
    "orange",
    "purple",
    "red",
    "sunflower",
    "turquoise",
    "violet",
    "wathet",
    "yellow",
];
/// Steps of each hue, light to dark (in the dark theme dark to light).
const STEPS: [&str; 11] = ["50", "100", "200", "300", "350", "400", "500", "600", "700", "800", "900"];
/// The steps that only grey has, and the ones drawn for them.
const GREY_STEPS: [(&str, &str); 6] = [("00", "50"), ("650", "600"), ("750", "700"), ("850", "800"), ("950", "900"), ("1000", "900")];

/// A colour.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Colour {
    /// A hue, readable as text.
    Hue(&'static str),
    /// A hue in a step.
    Step(&'static str, &'static str),
    /// The usual one of the place.
    Default,
    /// White; with `bg-white` what is white in the light theme.
    White,
    /// `bg-white`
    Ground,
    /// One for light, one for dark.
    Own(Rgba, Rgba),
}

/// Red, green, blue; opacity in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rgba(u8, u8, u8, u16);

impl Rgba {
    /// `rgba(r,g,b,a)` or `rgb(r,g,b)`.
    fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix("rgba(").or_else(|| text.trim().strip_prefix("rgb("))?.strip_suffix(')')?;
        let mut parts = inner.split(',').map(str::trim);
        let mut channel = || parts.next()?.parse::<u8>().ok();
        let (r, g, b) = (channel()?, channel()?, channel()?);
        let alpha = match parts.next() {
            None => 1000,
            Some(part) => part.parse::<f32>().ok().filter(|a| (0.0..=1.0).contains(a)).map(|a| (a * 1000.0).round() as u16)?,
        };
        parts.next().is_none().then_some(Self(r, g, b, alpha))
    }
}

impl Display for Rgba {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rgba({},{},{},{}.{:03})", self.0, self.1, self.2, self.3 / 1000, self.3 % 1000)
    }
}

impl Colour {
    /// The class that sets the colour variable; the classes `fg` and `bg` use it.
    pub fn class(&self) -> Option<String> {
        match self {
            Self::Hue(hue) => Some(format!("c-{hue}")),
            Self::Step(hue, step) => Some(format!("c-{hue}-{step}")),
            Self::White => Some("c-white".to_owned()),
            Self::Ground => Some("c-ground".to_owned()),
            Self::Default | Self::Own(..) => None,
        }
    }

    /// The colour as CSS.
    pub fn css(&self) -> Option<String> {
        match self {
            Self::Hue(hue) => Some(format!("var(--lk-{hue})")),
            Self::Step(hue, step) => Some(format!("var(--lk-{hue}-{step})")),
            Self::White => Some("#fff".to_owned()),
            Self::Ground => Some("var(--lk-ground)".to_owned()),
            Self::Own(light, dark) => Some(format!("light-dark({light},{dark})")),
            Self::Default => None,
        }
    }

    /// What an own colour, which has no class, needs in `style`.
    pub fn style(&self) -> Option<String> {
        match self {
            Self::Own(..) => self.css().map(|css| format!("--c:{css}")),
            _ => None,
        }
    }
}

/// A colour of the palette by name.
pub(super) fn named(word: &str) -> Option<Colour> {
    match word {
        "default" => return Some(Colour::Default),
        "white" => return Some(Colour::White),
        "bg-white" => return Some(Colour::Ground),
        "neutral" => return Some(Colour::Hue("grey")),
        _ => {}
    }
    let (hue, step) = word.split_once('-').map_or((word, None), |(hue, step)| (hue, Some(step)));
    let hue = *HUES.iter().find(|known| **known == hue)?;
    let Some(step) = step else { return Some(Colour::Hue(hue)) };
    let known = STEPS.iter().find(|known| **known == step).copied();
    let step = known.or_else(|| GREY_STEPS.iter().find(|(grey, _)| hue == "grey" && *grey == step).map(|(_, near)| *near))?;
    Some(Colour::Step(hue, step))
}

/// A hue for tags, headers and the like: a name of the palette without its step, `grey` where it is none.
pub(super) fn hue(word: &str) -> &'static str {
    match named(word) {
        Some(Colour::Hue(hue) | Colour::Step(hue, _)) => hue,
        _ => "grey",
    }
}

/// The colours that a card defines for itself (`config.style.color`).
#[derive(Debug, Clone, Default)]
pub(super) struct Own(BTreeMap<String, (Rgba, Rgba)>);

impl Own {
    pub fn of(card: &Value) -> Self {
        let defined = card.pointer("/config/style/color").and_then(Value::as_object);
        let colours = defined.into_iter().flatten().take(64).filter_map(|(name, modes)| {
            let of = |key: &str| modes.get(key).and_then(Value::as_str).and_then(Rgba::parse);
            let light = of("light_mode").or_else(|| of("dark_mode"))?;
            Some((name.clone(), (light, of("dark_mode").unwrap_or(light))))
        });
        Self(colours.collect())
    }

    /// A colour by name: of the card first, then of the palette.
    pub fn find(&self, word: &str) -> Option<Colour> {
        match self.0.get(word) {
            Some((light, dark)) => Some(Colour::Own(*light, *dark)),
            None => named(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_of_the_palette() {
        for (word, css) in [
            ("red", Some("var(--lk-red)")),
            ("red-500", Some("var(--lk-red-500)")),
            ("grey-650", Some("var(--lk-grey-600)")),
            ("red-650", None),
            ("red;x:y", None),
            ("url(x)", None),
            ("white", Some("#fff")),
            ("default", None),
        ] {
            assert_eq!(named(word).and_then(|colour| colour.css()).as_deref(), css, "{word}");
        }
        assert_eq!((hue("carmine"), hue("red-100"), hue("neutral"), hue("bogus")), ("carmine", "red", "grey", "grey"));
    }

    #[test]
    fn own_colours_are_printed_anew() {
        let card = json!({"config": {"style": {"color": {
            "cus-0": {"light_mode": "rgba(5,157,178,0.52)", "dark_mode": "rgba(78, 23, 108, 0.49)"},
            "bad": {"light_mode": "rgba(1,2,3,1);background:url(x)"},
            "worse": {"light_mode": "rgba(1,2,300,1)"}}}}});
        let own = Own::of(&card);
        assert_eq!(own.find("cus-0").and_then(|c| c.css()).as_deref(), Some("light-dark(rgba(5,157,178,0.520),rgba(78,23,108,0.490))"));
        assert_eq!((own.find("bad"), own.find("worse")), (None, None));
    }
}
