//! The properties of a card and its components, as tables.
//!
//! A property that stands in no table is refused in 2.0. `V1` marks what only 1.0 has, `V2` what only 2.0.

use Kind::{Any, Arr, Behaviors, Bool, Element, Elements, Icon, Is, List, Num, NumOrStr, Obj, ObjOrStr, One, Str, Text, Url};

/// What a property holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Any,
    Str,
    Bool,
    Num,
    NumOrStr,
    Obj,
    ObjOrStr,
    Arr,
    /// One of these words.
    One(&'static [&'static str]),
    /// An address to open; empty is none.
    Url,
    /// A text element of one of these tags.
    Text(&'static [&'static str]),
    Icon,
    /// An object of this shape.
    Is(&'static Shape),
    /// A list of objects of this shape.
    List(&'static Shape),
    /// A list of components.
    Elements,
    /// One component.
    Element,
    Behaviors,
}

/// Where a property or component exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum In {
    Both,
    V1,
    V2,
}

/// One property: name, kind, whether it must be there, where it exists.
pub(super) type Prop = (&'static str, Kind, bool, In);

/// The properties of one kind of object.
#[derive(Debug)]
pub(super) struct Shape {
    pub name: &'static str,
    pub props: &'static [Prop],
    /// Has further properties that are not listed here.
    pub open: bool,
    pub exists: In,
    /// Carries `tag`, `element_id` and `margin`.
    pub component: bool,
    pub container: bool,
}

const fn opt(name: &'static str, kind: Kind) -> Prop {
    (name, kind, false, In::Both)
}
const fn req(name: &'static str, kind: Kind) -> Prop {
    (name, kind, true, In::Both)
}
const fn v1(name: &'static str, kind: Kind) -> Prop {
    (name, kind, false, In::V1)
}
const fn v2(name: &'static str, kind: Kind) -> Prop {
    (name, kind, false, In::V2)
}
const fn part(name: &'static str, props: &'static [Prop]) -> Shape {
    Shape { name, props, open: false, exists: In::Both, component: false, container: false }
}
const fn comp(name: &'static str, props: &'static [Prop]) -> Shape {
    Shape { name, props, open: false, exists: In::Both, component: true, container: false }
}
const fn cont(name: &'static str, props: &'static [Prop]) -> Shape {
    Shape { name, props, open: false, exists: In::Both, component: true, container: true }
}

const PLAIN: Kind = Text(&["plain_text"]);
const PLAIN_OR_MD: Kind = Text(&["plain_text", "lark_md"]);
const PLAIN_OR_MARKDOWN: Kind = Text(&["plain_text", "markdown", "lark_md"]);

pub(super) static CARD: Shape = part(
    "card",
    &[
        opt("schema", One(&["1.0", "2.0"])),
        opt("config", Is(&CONFIG)),
        opt("card_link", Is(&LINK)),
        opt("header", Is(&HEADER)),
        v2("body", Is(&BODY)),
        v1("elements", Elements),
        v1("i18n_elements", Obj),
        v1("fallback", Obj),
    ],
);
static CONFIG: Shape = part(
    "config",
    &[
        opt("update_multi", Bool),
        opt("enable_forward", Bool),
        opt("enable_forward_interaction", Bool),
        opt("width_mode", Str),
        opt("wide_screen_mode", Bool),
        v1("compact_width", Bool),
        opt("use_custom_translation", Bool),
        opt("style", Is(&STYLE)),
        v2("summary", Is(&SUMMARY)),
        v2("locales", Arr),
        v2("streaming_mode", Bool),
        v2("streaming_config", Obj),
    ],
);
static STYLE: Shape = part("style", &[opt("text_size", Obj), opt("color", Obj)]);
static SUMMARY: Shape = part("summary", &[opt("content", Str), opt("i18n_content", Obj)]);
pub(super) static LINK: Shape = part("link", &[opt("url", Url), opt("pc_url", Url), opt("ios_url", Url), opt("android_url", Url)]);
static HEADER: Shape = part(
    "header",
    &[
        opt("title", PLAIN_OR_MD),
        opt("subtitle", PLAIN_OR_MD),
        opt("text_tag_list", List(&TEXT_TAG)),
        opt("i18n_text_tag_list", Obj),
        opt("template", Str),
        opt("icon", Icon),
        v1("ud_icon", Icon),
        v1("i18n", Obj),
        v2("padding", Str),
    ],
);
static TEXT_TAG: Shape =
    part("text_tag", &[req("tag", One(&["text_tag"])), v2("element_id", Str), req("text", PLAIN_OR_MD), opt("color", Str)]);
static BODY: Shape = part(
    "body",
    &[
        opt("direction", Str),
        opt("padding", Str),
        opt("horizontal_spacing", Str),
        opt("horizontal_align", Str),
        opt("vertical_spacing", Str),
        opt("vertical_align", Str),
        opt("elements", Elements),
    ],
);

/// A text element.
pub(super) static TEXT: Shape = part(
    "text",
    &[
        req("tag", Str),
        v2("element_id", Str),
        opt("content", Str),
        opt("i18n_content", Obj),
        v1("i18n", Obj),
        opt("text_size", Str),
        opt("text_color", Str),
        opt("text_align", Str),
        opt("lines", Num),
    ],
);
pub(super) static ICON: Shape = part(
    "icon",
    &[
        opt("tag", One(&["standard_icon", "custom_icon"])),
        opt("token", Str),
        opt("color", Str),
        opt("img_key", Str),
        opt("size", Str),
        opt("style", Obj),
    ],
);
pub(super) static OPEN_URL: Shape =
    part("open_url", &[req("type", Str), req("default_url", Url), opt("pc_url", Url), opt("ios_url", Url), opt("android_url", Url)]);
pub(super) static CALLBACK: Shape = part("callback", &[req("type", Str), req("value", ObjOrStr)]);
pub(super) static FORM_ACTION: Shape = part("form_action", &[req("type", Str), req("behavior", One(&["submit", "reset"]))]);
static CONFIRM: Shape = part("confirm", &[opt("title", PLAIN), opt("text", PLAIN)]);
static OPTION: Shape =
    part("option", &[opt("text", PLAIN), opt("value", Str), opt("icon", Icon), opt("multi_url", Is(&LINK)), v1("url", Url)]);
static ACTION: Shape = part("action", &[opt("multi_url", Is(&LINK))]);
static PERSON_REF: Shape = part("person", &[req("id", Str)]);
static IMAGE_REF: Shape = part("image", &[req("img_key", Str), opt("transparent", Bool)]);
static FIELD: Shape = part("field", &[opt("is_short", Bool), req("text", PLAIN_OR_MD)]);
static BORDER: Shape = part("border", &[opt("color", Str), opt("corner_radius", Str)]);
static PANEL_HEADER: Shape = part(
    "panel header",
    &[
        req("title", PLAIN_OR_MARKDOWN),
        opt("background_color", Str),
        opt("vertical_align", Str),
        opt("padding", Str),
        opt("position", Str),
        opt("width", Str),
        opt("icon", Icon),
        opt("icon_position", Str),
        opt("icon_expanded_angle", Num),
    ],
);
static HEADER_STYLE: Shape = part(
    "header_style",
    &[
        opt("text_align", Str),
        opt("text_size", Str),
        opt("background_style", Str),
        opt("text_color", Str),
        opt("bold", Bool),
        opt("lines", Num),
    ],
);
static TABLE_COLUMN: Shape = part(
    "table column",
    &[
        req("name", Str),
        opt("display_name", Str),
        opt("i18n_display_name", Obj),
        opt("width", Str),
        opt("vertical_align", Str),
        opt("horizontal_align", Str),
        req("data_type", One(&["text", "lark_md", "markdown", "number", "options", "persons", "date"])),
        opt("format", Is(&NUMBER_FORMAT)),
        opt("date_format", Str),
    ],
);
static NUMBER_FORMAT: Shape = part("format", &[opt("symbol", Str), opt("precision", Num), opt("separator", Bool)]);

/// Properties of layout that containers share.
macro_rules! layout {
    ($($more:expr),* $(,)?) => {
        &[
            opt("direction", Str), opt("padding", Str), opt("horizontal_spacing", Str), opt("horizontal_align", Str),
            opt("vertical_spacing", Str), opt("vertical_align", Str), $($more),*
        ]
    };
}

/// Properties that interactive components share.
macro_rules! active {
    ($($more:expr),* $(,)?) => {
        &[
            opt("name", Str), opt("required", Bool), opt("disabled", Bool), opt("disabled_tips", PLAIN), opt("hover_tips", PLAIN),
            opt("width", Str), opt("confirm", Is(&CONFIRM)), opt("behaviors", Behaviors), opt("value", Any), $($more),*
        ]
    };
}

const SELECT: &[Prop] = active![
    opt("placeholder", PLAIN),
    opt("type", Str),
    opt("options", List(&OPTION)),
    opt("initial_option", Str),
    opt("initial_index", Num),
    opt("selected_values", Arr),
];
const PICKER: &[Prop] =
    active![opt("placeholder", PLAIN), opt("initial_date", Str), opt("initial_time", Str), opt("initial_datetime", Str),];

static COMPONENTS: &[Shape] = &[
    comp("div", &[opt("text", PLAIN_OR_MD), opt("icon", Icon), opt("width", Str), v1("fields", List(&FIELD)), v1("extra", Element)]),
    comp(
        "markdown",
        &[opt("content", Str), opt("i18n_content", Obj), opt("text_align", Str), opt("text_size", Str), opt("icon", Icon), v1("href", Obj)],
    ),
    comp("hr", &[]),
    comp(
        "img",
        &[
            opt("img_key", Str),
            opt("i18n_img_key", Obj),
            opt("alt", PLAIN),
            opt("title", PLAIN_OR_MD),
            opt("corner_radius", Str),
            opt("scale_type", Str),
            opt("size", Str),
            opt("transparent", Bool),
            opt("preview", Bool),
            opt("mode", Str),
            opt("custom_width", NumOrStr),
            opt("compact_width", Bool),
        ],
    ),
    comp(
        "img_combination",
        &[req("combination_mode", Str), opt("combination_transparent", Bool), opt("corner_radius", Str), req("img_list", List(&IMAGE_REF))],
    ),
    comp("person", &[req("user_id", Str), opt("size", Str), opt("show_avatar", Bool), opt("show_name", Bool), opt("style", Str)]),
    comp(
        "person_list",
        &[
            req("persons", List(&PERSON_REF)),
            opt("show_name", Bool),
            opt("show_avatar", Bool),
            opt("size", Str),
            opt("lines", Num),
            opt("drop_invalid_user_id", Bool),
            opt("icon", Icon),
            opt("ud_icon", Icon),
        ],
    ),
    comp("chart", &[opt("aspect_ratio", Str), opt("color_theme", Str), req("chart_spec", Obj), opt("preview", Bool), opt("height", Str)]),
    comp(
        "table",
        &[
            opt("page_size", Num),
            opt("row_height", Str),
            opt("row_max_height", NumOrStr),
            opt("freeze_first_column", Bool),
            opt("header_style", Is(&HEADER_STYLE)),
            req("columns", List(&TABLE_COLUMN)),
            req("rows", Arr),
        ],
    ),
    Shape { open: true, ..comp("audio", &[]) },
    Shape { open: true, ..comp("select_img", &[]) },
    cont(
        "column_set",
        &[
            req("columns", Elements),
            opt("flex_mode", Str),
            opt("background_style", Str),
            opt("horizontal_spacing", Str),
            opt("horizontal_align", Str),
            opt("action", Is(&ACTION)),
        ],
    ),
    comp(
        "column",
        layout![opt("width", Str), opt("weight", Num), opt("background_style", Str), opt("elements", Elements), opt("action", Is(&ACTION)),],
    ),
    cont(
        "collapsible_panel",
        layout![
            opt("expanded", Bool),
            req("header", Is(&PANEL_HEADER)),
            opt("border", Is(&BORDER)),
            opt("background_color", Str),
            opt("spacing", Str),
            opt("elements", Elements),
        ],
    ),
    cont(
        "interactive_container",
        layout![
            opt("width", Str),
            opt("height", Str),
            opt("background_style", Str),
            opt("has_border", Bool),
            opt("border_color", Str),
            opt("corner_radius", Str),
            opt("behaviors", Behaviors),
            opt("hover_tips", PLAIN),
            opt("disabled", Bool),
            opt("disabled_tips", PLAIN),
            opt("confirm", Is(&CONFIRM)),
            opt("elements", Elements),
        ],
    ),
    cont("form", layout![req("name", Str), req("elements", Elements), opt("confirm", Is(&CONFIRM))]),
    Shape { exists: In::V1, ..comp("action", &[opt("layout", Str), req("actions", Elements)]) },
    Shape { exists: In::V1, ..comp("note", &[req("elements", Arr), opt("icon", Icon)]) },
    comp(
        "button",
        active![
            opt("type", Str),
            opt("size", Str),
            opt("text", PLAIN_OR_MD),
            opt("icon", Icon),
            opt("form_action_type", One(&["submit", "reset"])),
            opt("action_type", Str),
            v1("url", Url),
            opt("multi_url", Is(&LINK)),
            v1("complex_interaction", Bool),
        ],
    ),
    comp(
        "input",
        active![
            opt("input_type", Str),
            opt("max_length", Num),
            opt("rows", Num),
            opt("auto_resize", Bool),
            opt("max_rows", Num),
            opt("default_value", Str),
            opt("placeholder", PLAIN),
            opt("label", PLAIN),
            opt("label_position", Str),
            opt("show_icon", Bool),
            opt("fallback", Obj),
        ],
    ),
    comp("overflow", active![opt("options", List(&OPTION))]),
    comp("select_static", SELECT),
    comp("multi_select_static", SELECT),
    comp("select_person", SELECT),
    comp("multi_select_person", SELECT),
    comp("date_picker", PICKER),
    comp("picker_time", PICKER),
    comp("picker_datetime", PICKER),
    comp(
        "checker",
        active![
            opt("checked", Bool),
            opt("text", PLAIN_OR_MD),
            opt("overall_checkable", Bool),
            opt("button_area", Obj),
            opt("checked_style", Obj),
            opt("padding", Str),
        ],
    ),
];

/// The component of a tag, where the schema has it.
pub(super) fn component(tag: &str, is_v2: bool) -> Option<&'static Shape> {
    COMPONENTS.iter().find(|shape| shape.name == tag).filter(|shape| exists(shape.exists, is_v2))
}

/// Whether something exists in the schema.
pub(super) fn exists(place: In, is_v2: bool) -> bool {
    match place {
        In::Both => true,
        In::V1 => !is_v2,
        In::V2 => is_v2,
    }
}
