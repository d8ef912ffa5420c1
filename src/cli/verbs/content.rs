//! What a message is to say: text, JSON, a rendered template, or something that is uploaded first.

use super::args::{Content, Kind};
use super::files::{self, Input};
use super::reach::{Way, failure};
use crate::cli::output::{Failure, remark};
use crate::cli::{args, config, render};
use crate::config::settings::{Address, AddressKind, ContentKind};
use crate::preview::{self, Overrides};
use crate::util::clock::Clock;
use crate::verbs::content::Resource;
use crate::verbs::{Body, MsgType, Request, Verb, address, content as rules};
use anyhow::anyhow;
use serde_json::{Value, json};
use std::path::Path;

/// Makes the content, uploading what has to be uploaded. The flag: nobody said what kind it is.
///
/// # Errors
/// Files that cannot be read, JSON or templates that are wrong, uploads that are refused.
pub async fn gather(
    way: &Way,
    app: Option<&str>,
    config: Option<&Path>,
    asked: &Content,
    to: Option<&str>,
) -> anyhow::Result<(Body, bool)> {
    if let Some(key) = &asked.key {
        return Ok((keyed(way, app, asked, key).await?, false));
    }
    let template = asked.template.clone().or_else(|| {
        let path = asked.file.as_ref()?.to_str()?;
        path.ends_with(".hbs").then(|| path.to_owned())
    });
    if let Some(template) = template {
        return Ok((rendered(config, asked, &template, to)?, false));
    }
    if asked.data.is_some() {
        return Err(Failure::usage("--data goes with --template, or with a template's file such as mine.card.hbs").into());
    }
    match asked.kind {
        Some(kind @ (Kind::Image | Kind::File | Kind::Audio | Kind::Media)) => Ok((uploaded(way, app, asked, kind).await?, false)),
        Some(Kind::Sticker | Kind::ShareChat | Kind::ShareUser) => Err(Failure::usage("this kind of message needs --key").into()),
        kind => {
            let bytes = files::read(asked.file.as_deref(), asked.name.as_deref())?.bytes;
            let text = String::from_utf8(bytes.into()).map_err(|_| Failure::usage("this is no text; --kind file or image uploads it"))?;
            let named = kind.map(msg_type);
            let body = rules::read(&text, named).map_err(Failure::usage)?;
            Ok((body, named.is_none()))
        }
    }
}

/// Something that is there already.
async fn keyed(way: &Way, app: Option<&str>, asked: &Content, key: &str) -> anyhow::Result<Body> {
    let kind = asked.kind.unwrap_or(if key.starts_with("img_") { Kind::Image } else { Kind::File });
    let content = match kind {
        Kind::Image => json!({ "image_key": key }),
        Kind::File | Kind::Audio | Kind::Sticker => json!({ "file_key": key }),
        Kind::Media => with_cover(json!({ "file_key": key }), cover(way, app, asked).await?),
        Kind::ShareChat => json!({ "chat_id": address::chat(key).map_err(|error| failure(&error))? }),
        Kind::ShareUser => json!({ "user_id": open_id(way, app, key).await? }),
        Kind::Text | Kind::Post | Kind::Card => return Err(Failure::usage("texts, posts and cards have no --key").into()),
    };
    Ok(Body { msg_type: msg_type(kind), content })
}

/// A person's open_id, looked up where need be.
async fn open_id(way: &Way, app: Option<&str>, text: &str) -> anyhow::Result<String> {
    if text.starts_with("ou_") {
        return Ok(text.to_owned());
    }
    let verb = Verb::FindPeople { who: vec![text.to_owned()] };
    let found =
        way.run(&Request { app: app.map(str::to_owned), yes: false, default_uuid: None, verb }).await.map_err(|error| failure(&error))?;
    let id = found.pointer("/items/0/open_id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| anyhow!("nobody that the app can see has {text}"))
}

async fn uploaded(way: &Way, app: Option<&str>, asked: &Content, kind: Kind) -> anyhow::Result<Body> {
    let input = files::read(asked.file.as_deref(), asked.name.as_deref())?;
    let ending = input.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match kind {
        Kind::Audio if ending != "opus" => {
            let hint = "convert it: ffmpeg -i in.mp3 -acodec libopus -ac 1 -ar 16000 out.opus; or send it with --kind file";
            return Err(Failure::usage(format!("audio messages take OPUS files (.opus) only; {hint}")).into());
        }
        Kind::Media if ending != "mp4" => {
            return Err(Failure::usage("video messages take MP4 files (.mp4) only; or send it with --kind file").into());
        }
        _ => {}
    }
    let cover = if kind == Kind::Media { cover(way, app, asked).await? } else { None };
    let resource = if kind == Kind::Image { Resource::Image } else { Resource::File };
    let plain = kind == Kind::File && matches!(ending.as_str(), "opus" | "mp4");
    let key = files::upload(way, app, input, resource, plain, asked.duration).await?;
    let content = match kind {
        Kind::Image => json!({ "image_key": key }),
        Kind::Media => with_cover(json!({ "file_key": key }), cover),
        _ => json!({ "file_key": key }),
    };
    Ok(Body { msg_type: msg_type(kind), content })
}

/// The key of a video's picture.
async fn cover(way: &Way, app: Option<&str>, asked: &Content) -> anyhow::Result<Option<String>> {
    match asked.cover.as_deref() {
        None => Ok(None),
        Some(key) if key.starts_with("img_") && !Path::new(key).exists() => Ok(Some(key.to_owned())),
        Some(file) => {
            let input: Input = files::read(Some(Path::new(file)), None)?;
            files::upload(way, app, input, Resource::Image, false, None).await.map(Some)
        }
    }
}

fn with_cover(mut content: Value, cover: Option<String>) -> Value {
    if let (Some(map), Some(cover)) = (content.as_object_mut(), cover) {
        map.insert("image_key".to_owned(), cover.into());
    }
    content
}

/// A template's message for a payload, made as deliveries are.
fn rendered(config: Option<&Path>, asked: &Content, template: &str, to: Option<&str>) -> anyhow::Result<Body> {
    let Some(data) = &asked.data else {
        return Err(Failure::usage(format!("{template} is a template: name the payload it shows with --data")).into());
    };
    let kind = match asked.kind {
        None => None,
        Some(Kind::Text) => Some(ContentKind::Text),
        Some(Kind::Post) => Some(ContentKind::Post),
        Some(Kind::Card) => Some(ContentKind::Card),
        Some(_) => return Err(Failure::usage("templates make texts, posts and cards").into()),
    };
    // Where it goes decides what fits: custom bots take less.
    let to = to.and_then(|to| to.parse::<Address>().ok()).filter(|to| to.kind == AddressKind::Bot);
    let somewhere = Address { kind: AddressKind::Chat, value: "oc_preview".to_owned() };
    let overrides = Overrides { template: Some(template.to_owned()), kind, to: vec![to.unwrap_or(somewhere)], ..Overrides::default() };
    let (live, overrides) = render::prepared(&args::Config { config: config.map(Path::to_owned) }, overrides)?;
    let (bytes, value) = config::payload(data)?;
    let source = preview::source_for(&live, None, &value).map_err(Failure::usage)?;
    let made = preview::preview_always(&live, source, &bytes, &overrides, Clock::system().now());
    let made = made.map_err(|error| anyhow!("{}: {}", crate::cli::route::at(&error.at), error.message))?;
    let message = match made.messages.as_slice() {
        [one] => one,
        [] => return Err(Failure::usage(format!("{} holds no alert that is shown", data.display())).into()),
        several => {
            let message = format!("{} becomes {} messages; larkhook send sends them all", data.display(), several.len());
            return Err(Failure::usage(message).into());
        }
    };
    if message.template_used != template && !message.problems.is_empty() {
        return Err(anyhow!("the template failed:\n{}", message.problems.join("\n")));
    }
    for warning in &message.warnings {
        remark(&crate::cli::output::plain(warning));
    }
    let msg_type = match message.msg_type {
        "interactive" => MsgType::Interactive,
        "post" => MsgType::Post,
        _ => MsgType::Text,
    };
    Ok(Body { msg_type, content: message.content.clone() })
}

fn msg_type(kind: Kind) -> MsgType {
    match kind {
        Kind::Text => MsgType::Text,
        Kind::Post => MsgType::Post,
        Kind::Card => MsgType::Interactive,
        Kind::Image => MsgType::Image,
        Kind::File => MsgType::File,
        Kind::Audio => MsgType::Audio,
        Kind::Media => MsgType::Media,
        Kind::Sticker => MsgType::Sticker,
        Kind::ShareChat => MsgType::ShareChat,
        Kind::ShareUser => MsgType::ShareUser,
    }
}
