//! The tree of a card or a post: which place each string is, from its path and the `tag` beside it, and what
//! has to go when a link is refused.

use super::inline::{self, Dialect};
use super::{Writer, escape, url};
use crate::render::marks::{self, BARE, Mark, OPEN, Seg};
use serde_json::{Map, Number, Value};

/// Why a tree cannot be a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// JSON pointer to it.
    pub at: String,
    /// The token or key it is about, to find the line of the template.
    pub token: Option<String>,
}

impl Fault {
    pub(super) fn broken(token: String) -> Self {
        let message = "a helper changed the text of a mention, link or time; apply it to the plain value".to_owned();
        Self { message, at: String::new(), token: Some(token) }
    }

    /// The same, seen from one level above.
    fn under(mut self, part: &str) -> Self {
        let part = part.replace('~', "~0").replace('/', "~1");
        self.at.insert_str(0, &format!("/{part}"));
        self
    }
}

fn fault<T>(message: impl Into<String>, token: Option<&str>) -> Result<T, Fault> {
    Err(Fault { message: message.into(), at: String::new(), token: token.map(str::to_owned) })
}

/// How a string is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing parses it.
    Plain,
    /// Markup.
    Inline(Dialect),
    /// Ids, colours, enumerations.
    Attribute,
    /// A person's id.
    Person,
    /// A link.
    Url,
    /// Not for people: chart data, callback values.
    Verbatim,
    /// Maybe markup.
    Neutral,
    /// A number is expected.
    Number,
    /// No value may stand here.
    Fixed,
}

/// What the surroundings say.
#[derive(Clone, Copy)]
struct Around<'t> {
    place: Place,
    /// Holds for everything below.
    zone: bool,
    /// Keys may come from values.
    free_keys: bool,
    /// The tag of the nearest object with one.
    tag: &'t str,
    /// The member is words, whatever they look like.
    is_text: bool,
    /// Variables of a template card that are declared as markdown.
    markdown: &'t [String],
}

/// Which tree it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A card.
    Card,
    /// A post.
    Post,
}

/// Writes every token of the tree.
///
/// # Errors
/// A token where none may stand.
pub fn write(value: Value, shape: Shape, writer: &Writer<'_>) -> Result<Value, Fault> {
    let mut value = value;
    let mut markdown = Vec::new();
    if shape == Shape::Card
        && value.get("type").and_then(Value::as_str) == Some("template")
        && let Some(Value::Array(names)) = value.as_object_mut().and_then(|map| map.remove("markdown_variables"))
    {
        markdown = names.into_iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    }
    let v2 = value.get("schema").and_then(Value::as_str) == Some("2.0");
    let walk = Walk { writer, shape, v2 };
    let around = Around { place: Place::Plain, zone: false, free_keys: false, tag: "", is_text: false, markdown: &markdown };
    Ok(walk.any(value, around)?.unwrap_or(Value::Null))
}

struct Walk<'a, 'w> {
    writer: &'a Writer<'w>,
    shape: Shape,
    v2: bool,
}

impl Walk<'_, '_> {
    fn any(&self, value: Value, around: Around<'_>) -> Result<Option<Value>, Fault> {
        match value {
            Value::String(text) => self.string(text, around),
            Value::Array(items) => self.array(items, around),
            Value::Object(map) => self.object(map, around),
            other => Ok(Some(other)),
        }
    }

    fn array(&self, items: Vec<Value>, around: Around<'_>) -> Result<Option<Value>, Fault> {
        let mut out = Vec::with_capacity(items.len());
        let around = Around { is_text: false, ..around };
        for (i, item) in items.into_iter().enumerate() {
            out.extend(self.any(item, around).map_err(|fault| fault.under(&i.to_string()))?);
        }
        Ok(Some(Value::Array(out)))
    }

    fn object(&self, mut map: Map<String, Value>, around: Around<'_>) -> Result<Option<Value>, Fault> {
        if around.zone {
            return self.members(map, |_| around, around.free_keys).map(|(map, _)| Some(Value::Object(map)));
        }
        let own_tag = match map.get("tag") {
            Some(Value::String(tag)) if marks::has_mark(tag) => {
                return fault("a value cannot stand in `tag`", Some(tag)).map_err(|fault| fault.under("tag"));
            }
            Some(Value::String(tag)) => Some(tag.clone()),
            _ => None,
        };
        if own_tag.as_deref() == Some("at") && self.writer.no_mentions && self.shape == Shape::Post {
            return Ok(None);
        }
        let tag = own_tag.as_deref().unwrap_or(around.tag);
        let rows = if own_tag.as_deref() == Some("table") { map.remove("rows") } else { None };
        let base = Around { tag, ..around };
        let dialect = if self.v2 && tag == "markdown" { Dialect::Card } else { Dialect::LarkMd };
        let (mut out, lost) = self.members(map, |key| child(key, base, dialect), around.tag == "template_variable")?;
        if let Some(rows) = rows {
            let rows = self.rows(rows, out.get("columns")).map_err(|fault| fault.under("rows"))?;
            out.insert("rows".to_owned(), rows);
        }
        Ok(if lost.is_empty() { Some(Value::Object(out)) } else { without(out, own_tag.as_deref(), &lost) })
    }

    /// Writes the members of an object, where they are; the second value names those that lost something or are gone.
    fn members<'t>(
        &self,
        map: Map<String, Value>,
        around: impl Fn(&str) -> Around<'t>,
        free_keys: bool,
    ) -> Result<(Map<String, Value>, Vec<String>), Fault> {
        let mut map = self.names(map, free_keys)?;
        let (mut lost, mut gone) = (Vec::new(), Vec::new());
        for (key, value) in &mut map {
            let before = size(value);
            let around = Around { is_text: is_text(key), ..around(key) };
            match self.any(value.take(), around).map_err(|fault| fault.under(key))? {
                Some(written) => {
                    if size(&written) < before {
                        lost.push(key.clone());
                    }
                    *value = written;
                }
                None => gone.push(key.clone()),
            }
        }
        for key in &gone {
            map.remove(key);
        }
        lost.append(&mut gone);
        Ok((map, lost))
    }

    /// With names that came from values written.
    fn names(&self, map: Map<String, Value>, free: bool) -> Result<Map<String, Value>, Fault> {
        let Some(name) = map.keys().find(|name| marks::has_mark(name)) else { return Ok(map) };
        if !free {
            return fault("a value cannot be the name of a field", Some(name));
        }
        let write = |name: String| marks::segments(&name).map(|segs| self.writer.verbatim(&segs)).map_err(Fault::broken);
        map.into_iter().map(|(name, value)| Ok((write(name)?, value))).collect()
    }

    /// Table cells, by the type of their column.
    fn rows(&self, rows: Value, columns: Option<&Value>) -> Result<Value, Fault> {
        let kind = |name: &str| {
            columns
                .and_then(Value::as_array)
                .and_then(|columns| columns.iter().find(|c| c.get("name").and_then(Value::as_str) == Some(name)))
                .and_then(|column| column.get("data_type"))
                .and_then(Value::as_str)
                .unwrap_or("text")
                .to_owned()
        };
        // `"rows": {{json view.rows}}`: the cells are values, written for their columns like any other.
        let mut from_json = None;
        let rows = match rows {
            Value::String(text) => {
                let segs = marks::segments(&text).map_err(Fault::broken)?;
                let [Seg::Mark(Mark::Json(json))] = segs.as_slice() else {
                    return fault("the rows of a table are a list", Some(&text));
                };
                let rows = serde_json::from_str(json).unwrap_or(Value::Null);
                from_json = Some(text);
                rows
            }
            rows => rows,
        };
        let Value::Array(rows) = rows else { return Ok(Value::Array(Vec::new())) };
        let mut out = Vec::with_capacity(rows.len());
        for (i, row) in rows.into_iter().enumerate() {
            let written = match row {
                Value::Object(map) => {
                    let around = |key: &str| {
                        let place = match kind(key).as_str() {
                            "lark_md" => Place::Inline(Dialect::LarkMd),
                            "markdown" => Place::Inline(Dialect::Card),
                            "number" | "date" => Place::Number,
                            "persons" => Place::Person,
                            _ => Place::Plain,
                        };
                        Around { place, zone: true, free_keys: false, tag: "table", is_text: is_text(key), markdown: &[] }
                    };
                    match &from_json {
                        None => Value::Object(self.members(map, around, true).map_err(|fault| fault.under(&i.to_string()))?.0),
                        Some(text) => {
                            let mut row = Map::new();
                            for (key, cell) in map {
                                let cell = self.leaves(cell, around(&key), text).map_err(|fault| fault.under(&i.to_string()))?;
                                row.extend(cell.map(|cell| (key, cell)));
                            }
                            Value::Object(row)
                        }
                    }
                }
                other => other,
            };
            out.push(written);
        }
        Ok(Value::Array(out))
    }

    fn string(&self, text: String, around: Around<'_>) -> Result<Option<Value>, Fault> {
        if !marks::has_mark(&text) {
            // A missing value can leave a link empty.
            let empty_link = around.place == Place::Url && text.trim().is_empty();
            let strip = self.writer.no_mentions && matches!(around.place, Place::Inline(_)) && text.contains("<at");
            return Ok(match around.place {
                _ if empty_link => None,
                Place::Inline(dialect) if strip || text.contains("]()") => {
                    Some(inline::write(&[Seg::Lit(&text)], dialect, self.writer).into())
                }
                _ => Some(Value::String(text)),
            });
        }
        let segs = marks::segments(&text).map_err(Fault::broken)?;
        let bare = text.strip_prefix(OPEN).is_some_and(|rest| rest.starts_with(BARE));
        if let (true, [Seg::Mark(mark)]) = (bare, segs.as_slice()) {
            return self.bare(mark, around, &text);
        }
        if segs.iter().any(|seg| matches!(seg, Seg::Mark(Mark::Json(_)))) {
            return fault("JSON inside of quotes: write {{json x}} without quotes around it", Some(&text));
        }
        self.place(&segs, around, &text)
    }

    fn place(&self, segs: &[Seg<'_>], around: Around<'_>, text: &str) -> Result<Option<Value>, Fault> {
        Ok(match around.place {
            Place::Plain | Place::Verbatim => Some(self.writer.verbatim(segs).into()),
            Place::Inline(dialect) => Some(inline::write(segs, dialect, self.writer).into()),
            Place::Fixed => return fault("a value cannot stand here", Some(text)),
            Place::Url => match url::compose(segs, self.writer) {
                Ok(url) => Some(url.into()),
                Err(why) => {
                    self.writer.warn_link(&self.writer.verbatim(segs), why);
                    None
                }
            },
            Place::Attribute | Place::Person => {
                let (mut out, mut trusted) = (String::new(), false);
                for seg in segs {
                    match seg {
                        Seg::Lit(text) => out.push_str(text),
                        Seg::Mark(Mark::At(id)) => {
                            trusted = true;
                            escape::attribute(&mut out, id);
                        }
                        Seg::Mark(mark) => escape::attribute(&mut out, &self.writer.plain(mark)),
                    }
                }
                let person = around.place == Place::Person;
                if person && (out.is_empty() || (!trusted && out.eq_ignore_ascii_case("all"))) { None } else { Some(out.into()) }
            }
            Place::Neutral => {
                let mut out = String::new();
                for seg in segs {
                    match seg {
                        Seg::Lit(text) => out.push_str(text),
                        Seg::Mark(mark) => {
                            let start = out.is_empty() || out.ends_with('\n');
                            escape::neutral(&mut out, &self.writer.plain(mark), start);
                        }
                    }
                }
                Some(out.into())
            }
            Place::Number => {
                let text = match segs {
                    [Seg::Mark(Mark::Time { ms, .. })] => ms.to_string(),
                    segs => self.writer.verbatim(segs),
                };
                number(text.trim())
            }
        })
    }

    /// A token that stood outside of quotes: a scalar, or the JSON of `{{json x}}`.
    fn bare(&self, mark: &Mark, around: Around<'_>, text: &str) -> Result<Option<Value>, Fault> {
        match mark {
            Mark::Missing => Ok(None),
            Mark::Json(json) => {
                let value = serde_json::from_str(json).unwrap_or(Value::Null);
                self.leaves(value, around, text)
            }
            Mark::Time { ms, .. } if matches!(around.place, Place::Plain | Place::Verbatim) => Ok(Some((*ms).into())),
            mark => {
                let open = matches!(around.place, Place::Plain | Place::Verbatim) && !around.is_text;
                let value = self.writer.plain(mark);
                match value.as_str() {
                    "true" if open => Ok(Some(Value::Bool(true))),
                    "false" if open => Ok(Some(Value::Bool(false))),
                    text if open && number(text).is_some() => Ok(number(text)),
                    _ => self.place(&[Seg::Mark(mark.clone())], around, text),
                }
            }
        }
    }

    /// JSON that came as a value: every leaf is a value.
    fn leaves(&self, value: Value, around: Around<'_>, text: &str) -> Result<Option<Value>, Fault> {
        Ok(match value {
            Value::String(leaf) => self.place(&[Seg::Mark(Mark::Value(leaf))], around, text)?,
            Value::Array(items) => {
                let mut out = Vec::with_capacity(items.len());
                for item in items {
                    out.extend(self.leaves(item, around, text)?);
                }
                Some(Value::Array(out))
            }
            Value::Object(map) if !around.zone && map.contains_key("tag") => {
                return fault("a value cannot be an element: its `tag` would come from outside", Some(text));
            }
            Value::Object(map) => {
                let mut out = Map::new();
                for (key, item) in map {
                    out.extend(self.leaves(item, around, text)?.map(|item| (key, item)));
                }
                Some(Value::Object(out))
            }
            other => Some(other),
        })
    }
}

/// What is left of an object that lost members, mostly to refused links; `lost` names those gone or shrunk.
fn without(mut out: Map<String, Value>, tag: Option<&str>, lost: &[String]) -> Option<Value> {
    let gone = |key: &str| lost.iter().any(|lost| lost == key);
    let empty = |out: &Map<String, Value>, key: &str| out.get(key).and_then(Value::as_array).is_some_and(Vec::is_empty);
    let Some(tag) = tag else {
        // `multi_url`, `card_link`, a behavior: nothing without its link. Everything else keeps the rest.
        let link = gone("default_url") || (gone("url") && !out.contains_key("pc_url"));
        return if link || out.is_empty() { None } else { Some(Value::Object(out)) };
    };
    match tag {
        "a" if gone("href") => {
            out.insert("tag".to_owned(), Value::from("text"));
        }
        "at" if gone("user_id") => return None,
        "button" | "overflow" | "interactive_container"
            if gone("url") || gone("multi_url") || empty(&out, "behaviors") || empty(&out, "options") =>
        {
            if empty(&out, "behaviors") {
                out.remove("behaviors");
            }
            if !out.contains_key("behaviors") && !out.contains_key("value") {
                let elements = (tag == "interactive_container").then(|| out.remove("elements")).flatten()?;
                return Some(serde_json::json!({"tag": "column_set",
                    "columns": [{"tag": "column", "width": "weighted", "weight": 1, "elements": elements}]}));
            }
        }
        "column" if empty(&out, "elements") => return None,
        "column_set" if empty(&out, "columns") => return None,
        "action" if empty(&out, "actions") => return None,
        _ => {}
    }
    Some(Value::Object(out))
}

/// How many members, to see whether something was taken away below.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(map) => map.len(),
        _ => 0,
    }
}

fn is_text(key: &str) -> bool {
    matches!(key, "content" | "text" | "title" | "display_name" | "name")
}

/// A JSON number as JSON spells it; anything else is none.
fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plausible = digits.starts_with(|c: char| c.is_ascii_digit()) && text.len() <= 24;
    if !plausible || (digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")) {
        return None;
    }
    serde_json::from_str::<Number>(text).ok().map(Value::Number)
}

/// What the key of a member says about its value.
fn child<'t>(key: &str, base: Around<'t>, dialect: Dialect) -> Around<'t> {
    let plain = Around { place: Place::Plain, ..base };
    let zone = |place| Around { place, zone: true, ..base };
    match key {
        "tag" | "schema" => Around { place: Place::Fixed, ..base },
        "chart_spec" => zone(Place::Verbatim),
        "value" if !matches!(base.tag, "plain_text" | "lark_md" | "markdown") => zone(Place::Verbatim),
        "template_variable" if base.markdown.is_empty() => Around { free_keys: true, ..zone(Place::Neutral) },
        "template_variable" => Around { place: Place::Neutral, tag: "template_variable", ..base },
        key if base.tag == "template_variable" => {
            let declared = base.markdown.iter().any(|name| name == key);
            zone(if declared { Place::Inline(Dialect::Card) } else { Place::Neutral })
        }
        "content" | "i18n_content" | "i18n" if matches!(base.tag, "markdown" | "lark_md") => {
            Around { place: Place::Inline(dialect), ..base }
        }
        "text" if base.tag == "md" => Around { place: Place::Inline(Dialect::PostMd), ..base },
        "url" | "pc_url" | "ios_url" | "android_url" | "default_url" => Around { place: Place::Url, ..base },
        "href" => Around { place: Place::Url, ..base },
        "user_id" | "open_id" | "email" => Around { place: Place::Person, ..base },
        "id" | "color" | "template" | "text_color" | "background_color" | "font_color" | "background_style" | "border_color" | "token"
        | "img_key" | "image_key" | "size" | "text_size" | "text_align" | "element_id" | "type" | "data_type" | "width" | "height"
        | "flex_mode" | "emoji_type" | "language" | "template_id" | "icon_position" => Around { place: Place::Attribute, ..base },
        // The language level of an `i18n_content` keeps the place of what it translates.
        "zh_cn" | "en_us" | "ja_jp" | "zh_hk" | "zh_tw" => base,
        _ => plain,
    }
}
