//! Uploaded images: recognised by their first bytes, measured, downloaded by the app that uploaded them.

use crate::feishu::content::picture::Format;
use crate::sandbox::answer::{Answer, Outcome, Refused, refuse, refuse_ext};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::uploads::Shelf;
use crate::util::id::new_id;
use serde_json::json;

pub(crate) use crate::sandbox::uploads::KeyState;

const MAX_IMAGE: usize = 10_000_000;
/// Most pixels a side of an avatar.
const AVATAR_SIDE: u32 = 4096;

/// The images kept, each with its content type.
pub(crate) type Images = Shelf<&'static str>;

/// No images yet.
pub(crate) fn none() -> Images {
    Shelf::new(["img_v2_", "img_v3_"])
}

/// `POST im/v1/images`
pub(crate) fn upload(core: &mut Core, call: &Call) -> Outcome {
    let upload = call.upload()?;
    let image_type = upload.text("image_type");
    if !matches!(image_type, "message" | "avatar") {
        return Err(refuse_ext(234_001, "image_type is message or avatar"));
    }
    let Some(bytes) = &upload.bytes else { return Err(refuse_ext(234_001, "image is required")) };
    if bytes.is_empty() {
        return Err(refuse(234_010));
    }
    if bytes.len() > MAX_IMAGE {
        return Err(refuse(234_006));
    }
    let format = Format::of(bytes).ok_or_else(|| refuse(234_011))?;
    check_size(format, bytes, image_type == "avatar")?;
    let key = format!("img_v3_{}", new_id());
    core.images.add(key.clone(), &call.app, format.media_type(), bytes.clone());
    Ok(Answer::ok(json!({"image_key": key})))
}

/// `GET im/v1/images/:image_key`
pub(crate) fn download(core: &Core, call: &Call) -> Outcome {
    match (core.images.state(&call.id, &call.app), core.images.get(&call.id)) {
        (KeyState::Own, Some((content_type, bytes))) => Ok(Answer::raw(content_type, bytes.clone())),
        (KeyState::OtherApp, _) => Err(refuse(234_008)),
        (KeyState::Invalid, _) => Err(refuse(234_001)),
        _ => Err(refuse(234_005)),
    }
}

fn check_size(format: Format, bytes: &[u8], avatar: bool) -> Result<(), Refused> {
    let most = if avatar { AVATAR_SIDE } else { format.most() };
    match format.size(bytes) {
        Some((width, height)) if width > most || height > most => Err(refuse(234_039)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_limits_by_use() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 0x20, 0, 0, 0, 0, 5]);
        assert!(check_size(Format::Png, &png, false).is_ok());
        assert!(check_size(Format::Png, &png, true).is_err());
        assert!(check_size(Format::Gif, b"GIF89a\xd1\x07\x01\x00", false).is_err());
        assert!(check_size(Format::Gif, b"GIF89a", false).is_ok(), "a header without a size is taken");
    }
}
