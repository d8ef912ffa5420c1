//! Uploaded images: recognised by their first bytes, measured, downloaded by the app that uploaded them.

use crate::sandbox::answer::{Answer, Outcome, Refused, refuse, refuse_ext};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::uploads::Shelf;
use crate::util::id::new_id;
use serde_json::json;

pub(crate) use crate::sandbox::uploads::KeyState;

const MAX_IMAGE: usize = 10_000_000;

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
    let content_type = recognise(bytes).ok_or_else(|| refuse(234_011))?;
    check_size(content_type, bytes, image_type == "avatar")?;
    let key = format!("img_v3_{}", new_id());
    core.images.add(key.clone(), &call.app, content_type, bytes.clone());
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

fn check_size(content_type: &str, bytes: &[u8], avatar: bool) -> Result<(), Refused> {
    let max = match (content_type, avatar) {
        (_, true) => 4096,
        ("image/gif", _) => 2000,
        _ => 12_000,
    };
    match dimensions(content_type, bytes) {
        Some((width, height)) if width > max || height > max => Err(refuse(234_039)),
        _ => Ok(()),
    }
}

fn recognise(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'B', b'M', ..] => "image/bmp",
        [0, 0, 1, 0, ..] => "image/x-icon",
        [b'I', b'I', 0x2a, 0, ..] | [b'M', b'M', 0, 0x2a, ..] => "image/tiff",
        [_, _, _, _, b'f', b't', b'y', b'p', b'h' | b'm', ..] => "image/heic",
        _ => return None,
    })
}

/// Width and height, for the formats where they stand in the header.
fn dimensions(content_type: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    let be32 = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let le32 = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let le16 = |at: usize| Some(u32::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let be16 = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    match content_type {
        "image/png" => Some((be32(16)?, be32(20)?)),
        "image/gif" => Some((le16(6)?, le16(8)?)),
        "image/bmp" => Some((le32(18)?, le32(22)?)),
        "image/jpeg" => {
            let mut at = 2;
            while let Some([0xff, marker]) = bytes.get(at..at + 2) {
                if matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf) {
                    return Some((be16(at + 7)?, be16(at + 5)?));
                }
                at += 2 + usize::try_from(be16(at + 2)?).ok()?;
            }
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_known_by_their_bytes() {
        assert_eq!(recognise(b"\x89PNG\r\n\x1a\n...."), Some("image/png"));
        assert_eq!(recognise(b"GIF89a"), Some("image/gif"));
        assert_eq!(recognise(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(recognise(b"<svg/>"), None);
    }

    #[test]
    fn sizes_are_read_from_headers() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 0x30, 0, 0, 0, 0, 5]);
        assert_eq!(dimensions("image/png", &png), Some((12_288, 5)));
        assert!(check_size("image/png", &png, false).is_err());
        assert_eq!(dimensions("image/gif", b"GIF89a\x10\x00\x20\x00"), Some((16, 32)));
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 17, 8, 0, 7, 0, 9, 3];
        assert_eq!(dimensions("image/jpeg", &jpeg), Some((9, 7)));
        assert_eq!(dimensions("image/jpeg", &[0xff, 0xd8, 0xff, 0xe0]), None);
    }
}
