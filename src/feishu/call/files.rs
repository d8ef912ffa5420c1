//! Uploads (multipart, not JSON) and downloads (bytes, not JSON) of images and files.
//!
//! Keys belong to the app that uploaded. Source: the image, file and message resource pages, read 2026-05.

use super::messages::message;
use super::{Call, Method, segment};
use crate::feishu::error::Endpoint;

/// What a file is uploaded as; it must fit the message it is sent in (230055).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileType {
    /// Audio messages.
    Opus,
    /// Video messages.
    Mp4,
    /// PDF
    Pdf,
    /// Word
    Doc,
    /// Excel
    Xls,
    /// PowerPoint
    Ppt,
    /// Everything else.
    Stream,
}

impl FileType {
    /// The platform's word.
    pub fn as_str(self) -> &'static str {
        match self {
            FileType::Opus => "opus",
            FileType::Mp4 => "mp4",
            FileType::Pdf => "pdf",
            FileType::Doc => "doc",
            FileType::Xls => "xls",
            FileType::Ppt => "ppt",
            FileType::Stream => "stream",
        }
    }

    /// By the ending of a file's name.
    pub fn of_name(name: &str) -> Self {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        match ending.as_str() {
            "opus" => FileType::Opus,
            "mp4" => FileType::Mp4,
            "pdf" => FileType::Pdf,
            "doc" | "docx" => FileType::Doc,
            "xls" | "xlsx" => FileType::Xls,
            "ppt" | "pptx" => FileType::Ppt,
            _ => FileType::Stream,
        }
    }
}

/// An upload: a form, not JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// Which call.
    pub endpoint: Endpoint,
    /// Path below the base URL.
    pub path: &'static str,
    /// The form's fields in order.
    pub fields: Vec<(&'static str, String)>,
    /// The field that holds the bytes.
    pub part: Part,
}

/// The bytes of an upload.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// The form field's name.
    pub field: &'static str,
    /// The file's name, in ASCII: readers see the form's `file_name`, and the platform has been seen to refuse forms
    /// whose part has another alphabet in its name.
    pub file_name: String,
    /// The file.
    pub bytes: bytes::Bytes,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({} {}, {} bytes)", self.endpoint, self.part.file_name, self.part.bytes.len())
    }
}

impl Upload {
    /// An image for messages: JPG, PNG, WEBP, GIF, BMP, ICO, TIFF or HEIC, at most 10 MB and 12,000 pixels a side (GIF
    /// 2,000). The answer's `data` has `image_key`.
    pub fn image(file_name: &str, bytes: bytes::Bytes) -> Self {
        Self {
            endpoint: Endpoint::ImageUpload,
            path: "/open-apis/im/v1/images",
            fields: vec![("image_type", "message".to_owned())],
            part: Part { field: "image", file_name: ascii_name(file_name), bytes },
        }
    }

    /// A file for messages, at most 30 MB, shown as `file_name` (with its ending); `duration_ms` for audio and video. The
    /// answer's `data` has `file_key`.
    pub fn file(file_type: FileType, file_name: &str, duration_ms: Option<u64>, bytes: bytes::Bytes) -> Self {
        let mut fields = vec![("file_type", file_type.as_str().to_owned()), ("file_name", file_name.to_owned())];
        fields.extend(duration_ms.map(|ms| ("duration", ms.to_string())));
        let part = Part { field: "file", file_name: ascii_name(file_name), bytes };
        Self { endpoint: Endpoint::FileUpload, path: "/open-apis/im/v1/files", fields, part }
    }
}

impl Call {
    /// Downloads an image the app itself uploaded.
    pub fn image(image_key: &str) -> Self {
        Self::new(Endpoint::ImageGet, Method::Get, format!("/open-apis/im/v1/images/{}", segment(image_key)))
    }

    /// Downloads a file the app itself uploaded, at most 100 MB.
    pub fn file(file_key: &str) -> Self {
        Self::new(Endpoint::FileGet, Method::Get, format!("/open-apis/im/v1/files/{}", segment(file_key)))
    }

    /// Downloads an image or file that stands in a message; `kind` is `image` or `file`.
    pub fn resource(message_id: &str, key: &str, kind: &str) -> Self {
        let path = message(message_id, &format!("/resources/{}", segment(key)));
        Self::new(Endpoint::Resource, Method::Get, path).with("type", kind)
    }
}

fn ascii_name(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_keeps_the_name_and_its_part_an_ascii_one() {
        let upload = Upload::file(FileType::of_name("告警 1.CSV"), "告警 1.CSV", None, bytes::Bytes::new());
        assert_eq!(upload.part.file_name, "___1.CSV");
        assert_eq!(upload.fields, [("file_type", "stream".to_owned()), ("file_name", "告警 1.CSV".to_owned())]);
        let upload = Upload::file(FileType::of_name("x.Mp4"), "x.Mp4", Some(3000), bytes::Bytes::new());
        assert_eq!(upload.fields[2], ("duration", "3000".to_owned()));
        assert_eq!((upload.fields[0].1.as_str(), upload.part.file_name.as_str()), ("mp4", "x.Mp4"));
    }

    #[test]
    fn a_resource_stays_in_its_message() {
        let call = Call::resource("om_1", "../x", "file");
        assert_eq!(call.path, "/open-apis/im/v1/messages/om_1/resources/..%2Fx");
        assert_eq!(call.query, [("type".to_owned(), "file".to_owned())]);
    }
}
