//! What kind of picture some bytes are and how large it is, read from the header alone: nothing is decoded, so a
//! picture that claims to be enormous costs nothing.
//!
//! Formats and limits: the platform's image upload page, read 2026-05 (JPG, PNG, WEBP, GIF, BMP, ICO, TIFF, HEIC;
//! 12,000 pixels a side, GIF 2,000).

/// A format the platform takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// PNG
    Png,
    /// JPEG
    Jpeg,
    /// GIF
    Gif,
    /// WEBP
    Webp,
    /// BMP
    Bmp,
    /// ICO
    Ico,
    /// TIFF
    Tiff,
    /// HEIC
    Heic,
}

/// Why some bytes are no picture for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// No known format.
    #[error("this is no PNG, JPEG, GIF, WEBP, BMP, ICO, TIFF or HEIC picture")]
    Unknown,
    /// The header says no size, or nonsense.
    #[error("the header of this {} picture is broken", .0.ending())]
    Broken(Format),
    /// Too many pixels for the platform.
    #[error("the picture says it is {width} x {height} pixels; the platform takes {most} a side")]
    TooLarge {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// The limit of this format.
        most: u32,
    },
}

impl Format {
    /// By the first bytes; names and content types lie.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        Some(match bytes {
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Format::Png,
            [0xff, 0xd8, 0xff, ..] => Format::Jpeg,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Format::Gif,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Format::Webp,
            [b'B', b'M', ..] => Format::Bmp,
            [0, 0, 1, 0, ..] => Format::Ico,
            [b'I', b'I', 0x2a, 0, ..] | [b'M', b'M', 0, 0x2a, ..] => Format::Tiff,
            [_, _, _, _, b'f', b't', b'y', b'p', b'h', b'e', b'i' | b'v', b'c' | b'x' | b'm' | b's', ..]
            | [_, _, _, _, b'f', b't', b'y', b'p', b'm', b'i' | b's', b'f', b'1', ..] => Format::Heic,
            _ => return None,
        })
    }

    /// Ending of a file's name.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Jpeg => "jpg",
            Format::Gif => "gif",
            Format::Webp => "webp",
            Format::Bmp => "bmp",
            Format::Ico => "ico",
            Format::Tiff => "tiff",
            Format::Heic => "heic",
        }
    }

    /// Media type, as a server would say it.
    pub fn media_type(self) -> &'static str {
        match self {
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
            Format::Gif => "image/gif",
            Format::Webp => "image/webp",
            Format::Bmp => "image/bmp",
            Format::Ico => "image/x-icon",
            Format::Tiff => "image/tiff",
            Format::Heic => "image/heic",
        }
    }

    /// Most pixels a side.
    pub fn most(self) -> u32 {
        if self == Format::Gif { 2000 } else { 12_000 }
    }

    /// Width and height in pixels, as the header says; `None` where it is broken.
    pub fn size(self, bytes: &[u8]) -> Option<(u32, u32)> {
        let b = Bytes { all: bytes, little: true };
        let be = Bytes { all: bytes, little: false };
        match self {
            Format::Png => (bytes.get(12..16)? == b"IHDR").then_some((be.u32(16)?, be.u32(20)?)),
            Format::Gif => Some((b.u16(6)?, b.u16(8)?)),
            Format::Bmp if b.u32(14)? == 12 => Some((b.u16(18)?, b.u16(20)?)),
            // A negative height means top to bottom.
            Format::Bmp => Some((b.u32(18)?.cast_signed().unsigned_abs(), b.u32(22)?.cast_signed().unsigned_abs())),
            Format::Ico => ico(b),
            Format::Jpeg => jpeg(be),
            Format::Webp => webp(b),
            Format::Tiff => tiff(Bytes { all: bytes, little: bytes.first() == Some(&b'I') }),
            Format::Heic => heic(be, 0, bytes.len(), 0),
        }
    }
}

/// The format of a picture that the platform takes.
///
/// # Errors
/// Why it does not.
pub fn inspect(bytes: &[u8]) -> Result<Format, PictureError> {
    let format = Format::of(bytes).ok_or(PictureError::Unknown)?;
    let (width, height) = format.size(bytes).filter(|(w, h)| *w > 0 && *h > 0).ok_or(PictureError::Broken(format))?;
    let most = format.most();
    if width > most || height > most {
        return Err(PictureError::TooLarge { width, height, most });
    }
    Ok(format)
}

/// Bounds-checked numbers in one byte order.
#[derive(Clone, Copy)]
struct Bytes<'a> {
    all: &'a [u8],
    little: bool,
}

impl Bytes<'_> {
    fn number(self, at: usize, len: usize) -> Option<u32> {
        let part = self.all.get(at..at.checked_add(len)?)?;
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        Some(if self.little { part.iter().rev().fold(0, add) } else { part.iter().fold(0, add) })
    }

    fn u8(self, at: usize) -> Option<u32> {
        self.number(at, 1)
    }

    fn u16(self, at: usize) -> Option<u32> {
        self.number(at, 2)
    }

    fn u32(self, at: usize) -> Option<u32> {
        self.number(at, 4)
    }

    fn offset(self, at: usize) -> Option<usize> {
        usize::try_from(self.u32(at)?).ok()
    }
}

/// The largest of the icon's pictures; 0 stands for 256. Entries may hold a PNG, whose own header counts.
fn ico(b: Bytes<'_>) -> Option<(u32, u32)> {
    let count = usize::try_from(b.u16(4)?).ok()?;
    let mut size = (0, 0);
    for entry in (0..count.min(64)).map(|n| 6 + 16 * n) {
        let side = |value: u32| if value == 0 { 256 } else { value };
        let (mut width, mut height) = (side(b.u8(entry)?), side(b.u8(entry + 1)?));
        if let Some(inner) = b.all.get(b.offset(entry + 12)?..).filter(|inner| Format::of(inner) == Some(Format::Png)) {
            (width, height) = Format::Png.size(inner)?;
        }
        size = (size.0.max(width), size.1.max(height));
    }
    Some(size)
}

/// The first frame header among the segments.
fn jpeg(b: Bytes<'_>) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        while b.u8(at)? == 0xff && b.u8(at + 1)? == 0xff {
            at += 1;
        }
        let [0xff, marker] = *b.all.get(at..at + 2)? else { return None };
        match marker {
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Some((b.u16(at + 7)?, b.u16(at + 5)?)),
            // Without a length of their own.
            0x01 | 0xd0..=0xd7 => at += 2,
            0xd9 | 0xda => return None,
            _ => at += 2 + usize::try_from(b.u16(at + 2)?).ok().filter(|len| *len >= 2)?,
        }
    }
}

fn webp(b: Bytes<'_>) -> Option<(u32, u32)> {
    match b.all.get(12..16)? {
        b"VP8X" => Some((b.number(24, 3)? + 1, b.number(27, 3)? + 1)),
        b"VP8L" if b.u8(20)? == 0x2f => {
            let bits = b.u32(21)?;
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " if b.all.get(23..26)? == [0x9d, 0x01, 0x2a] => Some((b.u16(26)? & 0x3fff, b.u16(28)? & 0x3fff)),
        _ => None,
    }
}

/// Tags 256 and 257 of the first directory.
fn tiff(b: Bytes<'_>) -> Option<(u32, u32)> {
    let directory = b.offset(4)?;
    let count = usize::try_from(b.u16(directory)?).ok()?;
    let (mut width, mut height) = (None, None);
    for entry in (0..count.min(512)).map(|n| directory + 2 + 12 * n) {
        let value = match b.u16(entry + 2)? {
            3 => b.u16(entry + 8)?,
            4 => b.u32(entry + 8)?,
            _ => continue,
        };
        match b.u16(entry)? {
            256 => width = Some(value),
            257 => height = Some(value),
            _ => {}
        }
    }
    Some((width?, height?))
}

/// The largest `ispe` in `meta/iprp/ipco`.
fn heic(b: Bytes<'_>, from: usize, to: usize, depth: u8) -> Option<(u32, u32)> {
    let mut at = from;
    let mut size: Option<(u32, u32)> = None;
    while at + 8 <= to {
        let len = match b.offset(at)? {
            0 => to - at,
            len if len >= 8 && at + len <= to => len,
            _ => break,
        };
        let inside = match b.all.get(at + 4..at + 8)? {
            b"meta" if depth == 0 => heic(b, at + 12, at + len, 1),
            b"iprp" if depth == 1 => heic(b, at + 8, at + len, 2),
            b"ipco" if depth == 2 => heic(b, at + 8, at + len, 3),
            b"ispe" if depth == 3 => Some((b.u32(at + 12)?, b.u32(at + 16)?)),
            _ => None,
        };
        if let Some((width, height)) = inside {
            let (w, h) = size.unwrap_or_default();
            size = Some((w.max(width), h.max(height)));
        }
        at += len;
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &width.to_be_bytes(), &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat()
    }

    fn part(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len() + 8).unwrap().to_be_bytes(), kind.as_slice(), body].concat()
    }

    #[test]
    fn sizes_stand_in_headers() {
        let ispe = part(b"ispe", &[0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0]);
        let meta = part(b"meta", &[&[0u8; 4][..], &part(b"iprp", &part(b"ipco", &ispe))].concat());
        let heic = [part(b"ftyp", b"heic\0\0\0\0mif1"), meta].concat();
        let tiff =
            [&b"II\x2a\0\x08\0\0\0\x02\0"[..], &[0, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0], &[1, 1, 4, 0, 1, 0, 0, 0, 7, 0, 0, 0]].concat();
        let mut bmp = vec![0; 30];
        bmp[..2].copy_from_slice(b"BM");
        bmp[14] = 40;
        bmp[18] = 9;
        bmp[22..26].copy_from_slice(&(-7i32).to_le_bytes());
        let jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xff, 0xc0, 0, 17, 8, 0, 7, 0, 9, 3];
        for (bytes, format, size) in [
            (png(640, 480), Format::Png, (640, 480)),
            (b"GIF89a\x10\x00\x20\x00".to_vec(), Format::Gif, (16, 32)),
            (jpeg, Format::Jpeg, (9, 7)),
            (b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x0f\0\0\x07\0\0".to_vec(), Format::Webp, (16, 8)),
            (b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x10\0\x08\0".to_vec(), Format::Webp, (16, 8)),
            (bmp, Format::Bmp, (9, 7)),
            (b"\0\0\x01\0\x01\0\0\x20\0\0\0\0\0\0\0\0\0\0\xff\0\0\0".to_vec(), Format::Ico, (256, 32)),
            (tiff, Format::Tiff, (9, 7)),
            (heic, Format::Heic, (512, 256)),
        ] {
            assert_eq!(Format::of(&bytes), Some(format));
            assert_eq!(format.size(&bytes), Some(size), "{format:?}");
            assert_eq!(inspect(&bytes), Ok(format));
        }
    }

    #[test]
    fn bombs_and_strangers_are_refused() {
        for bytes in [b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice(), b"<!DOCTYPE html>", b"", b"\x1f\x8b\x08", b"%PDF-1.7"] {
            assert_eq!(inspect(bytes), Err(PictureError::Unknown));
        }
        assert_eq!(inspect(&png(100_000, 100_000)), Err(PictureError::TooLarge { width: 100_000, height: 100_000, most: 12_000 }));
        assert_eq!(inspect(b"GIF89a\xd1\x07\x01\x00"), Err(PictureError::TooLarge { width: 2001, height: 1, most: 2000 }));
        assert_eq!(inspect(&png(0, 5)), Err(PictureError::Broken(Format::Png)));
        assert_eq!(inspect(b"\x89PNG\r\n\x1a\n"), Err(PictureError::Broken(Format::Png)));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_fail(head in 0usize..9, tail in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let heads: [&[u8]; 9] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8X", b"BM", b"\0\0\x01\0", b"II\x2a\0", b"\0\0\0\x10ftypheic", b""];
            let _ = inspect(&[heads[head], &tail].concat());
        }
    }
}
