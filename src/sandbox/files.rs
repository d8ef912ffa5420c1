//! Uploaded files: kinds, limits, download by the app that uploaded them.

use crate::sandbox::answer::{Answer, Outcome, refuse, refuse_ext};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::uploads::{KeyState, Shelf};
use crate::util::id::new_id;
use axum::body::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

const MAX_FILE: usize = 30_000_000;

/// What a file was uploaded as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Opus,
    Mp4,
    Other(&'static str),
}

/// What is known about a file.
#[derive(Debug, Clone)]
pub(crate) struct FileInfo {
    pub kind: FileKind,
    pub name: String,
    pub duration_ms: Option<u64>,
}

/// The files kept.
pub(crate) type Files = Shelf<FileInfo>;

/// No files yet.
pub(crate) fn none() -> Files {
    Shelf::new(["file_v2_", "file_v3_"])
}

impl FileKind {
    fn parse(file_type: &str) -> Option<Self> {
        Some(match file_type {
            "opus" => Self::Opus,
            "mp4" => Self::Mp4,
            "pdf" => Self::Other("application/pdf"),
            "doc" | "xls" | "ppt" | "stream" => Self::Other("application/octet-stream"),
            _ => return None,
        })
    }

    /// The message type that carries it.
    pub const fn msg_type(self) -> &'static str {
        match self {
            Self::Opus => "audio",
            Self::Mp4 => "media",
            Self::Other(_) => "file",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Opus => "audio/ogg",
            Self::Mp4 => "video/mp4",
            Self::Other(content_type) => content_type,
        }
    }
}

/// `POST im/v1/files`
pub(crate) fn upload(core: &mut Core, call: &Call) -> Outcome {
    let upload = call.upload()?;
    let kind = FileKind::parse(upload.text("file_type"))
        .ok_or_else(|| refuse_ext(234_001, "file_type is one of opus, mp4, pdf, doc, xls, ppt, stream"))?;
    let name = upload.text("file_name").to_owned();
    if name.is_empty() {
        return Err(refuse_ext(234_001, "file_name is required"));
    }
    let duration_ms = match upload.text("duration") {
        "" => None,
        text => Some(text.parse().map_err(|_| refuse_ext(234_001, "duration is in milliseconds"))?),
    };
    let Some(bytes) = &upload.bytes else { return Err(refuse_ext(234_001, "file is required")) };
    if bytes.is_empty() {
        return Err(refuse(234_010));
    }
    if bytes.len() > MAX_FILE {
        return Err(refuse(234_006));
    }
    let key = format!("file_v3_{}", new_id());
    core.files.add(key.clone(), &call.app, FileInfo { kind, name, duration_ms }, bytes.clone());
    Ok(Answer::ok(json!({"file_key": key})))
}

/// `GET im/v1/files/:file_key`
pub(crate) fn download(core: &Core, call: &Call) -> Outcome {
    match (core.files.state(&call.id, &call.app), core.files.get(&call.id)) {
        (KeyState::Own, Some((info, bytes))) => Ok(answer(info, bytes)),
        (KeyState::OtherApp, _) => Err(refuse(234_008)),
        (KeyState::Invalid, _) => Err(refuse(234_001)),
        _ => Err(refuse(234_005)),
    }
}

/// A file as a download, with its name.
pub(crate) fn answer(info: &FileInfo, bytes: &Bytes) -> Answer {
    let plain: String = info.name.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\') { c } else { '_' }).collect();
    let encoded = utf8_percent_encode(&info.name, NON_ALPHANUMERIC);
    Answer::raw(info.kind.content_type(), bytes.clone())
        .with_header("content-disposition", format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"))
}
