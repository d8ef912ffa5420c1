//! Files of verbs: read, uploaded with a word on how far it is, and saved without writing over anything.

use super::args::Save;
use super::reach::{Downloaded, File, Way, failure};
use crate::cli::output::Failure;
use crate::verbs::content::Resource;
use crate::verbs::{LARGEST_FILE, LARGEST_IMAGE};
use anyhow::Context;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// From this size on a terminal is told that an upload is under way.
const BIG: usize = 1 << 20;
/// Longest name of a file that is made up from what the platform says, in characters.
const LONGEST_NAME: usize = 120;

/// A file or standard input.
pub struct Input {
    /// Its name without folders.
    pub name: String,
    /// All of it.
    pub bytes: bytes::Bytes,
}

/// Reads a file, or standard input for `-` and for nothing. Never more than could be sent.
///
/// # Errors
/// It cannot be read, is larger than any message, or a person would have to type it.
pub fn read(file: Option<&Path>, name: Option<&str>) -> anyhow::Result<Input> {
    let own = |fallback: &str| name.unwrap_or(fallback).to_owned();
    let most = u64::try_from(LARGEST_FILE).unwrap_or(u64::MAX) + 1;
    let mut bytes = Vec::new();
    let name = match file.filter(|path| *path != Path::new("-")) {
        None => {
            let stdin = std::io::stdin();
            if file.is_none() && stdin.is_terminal() {
                return Err(Failure::usage("name a FILE, or - for standard input").into());
            }
            stdin.lock().take(most).read_to_end(&mut bytes).context("standard input cannot be read")?;
            own("stdin")
        }
        Some(path) => {
            let fail = |error: std::io::Error| Failure::unreachable(format!("cannot read {}: {error}", path.display()));
            std::fs::File::open(path).map_err(fail)?.take(most).read_to_end(&mut bytes).map_err(fail)?;
            own(&path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
        }
    };
    if bytes.len() > LARGEST_FILE {
        return Err(Failure::usage(format!("{name} is larger than 30 MB, the most that the platform takes")).into());
    }
    Ok(Input { name, bytes: bytes.into() })
}

/// Whether the platform takes these bytes as a picture, by how they begin.
pub fn is_picture(bytes: &[u8]) -> bool {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let inner = |at: usize, word: &[u8]| bytes.get(at..at + word.len()) == Some(word);
    begins(b"\x89PNG") || begins(b"\xff\xd8\xff") || begins(b"GIF8") || begins(b"BM") || (begins(b"RIFF") && inner(8, b"WEBP"))
}

/// Uploads and gives the key.
///
/// # Errors
/// Too large or empty; the platform refuses it.
pub async fn upload(
    way: &Way,
    app: Option<&str>,
    input: Input,
    kind: Resource,
    plain: bool,
    duration: Option<Duration>,
) -> anyhow::Result<String> {
    let (most, words) = match kind {
        Resource::Image => (LARGEST_IMAGE, "an image has at most 10 MB; --kind file takes 30 MB"),
        Resource::File => (LARGEST_FILE, "a file has at most 30 MB"),
    };
    if input.bytes.is_empty() {
        return Err(Failure::usage(format!("{} is empty", input.name)).into());
    }
    if input.bytes.len() > most {
        return Err(Failure::usage(format!("{} has {}: {words}", input.name, size(input.bytes.len()))).into());
    }
    let label = format!("uploading {} ({})", input.name, size(input.bytes.len()));
    let big = input.bytes.len() >= BIG;
    let file = File { name: input.name, kind, plain, duration, bytes: input.bytes };
    let answer = told(big, &label, way.upload(app, file)).await.map_err(|error| failure(&error))?;
    let key = ["image_key", "file_key"].iter().find_map(|name| answer.get(*name)?.as_str());
    key.map(str::to_owned).context("the platform took the file and gave no key")
}

/// Says on a terminal, second by second, that something is under way.
pub async fn told<T>(big: bool, label: &str, work: impl Future<Output = T>) -> T {
    if !big || !std::io::stderr().is_terminal() {
        return work.await;
    }
    let mut work = std::pin::pin!(work);
    let mut seconds = 0u32;
    loop {
        line(&format!("{label} … {seconds} s"));
        tokio::select! {
            done = &mut work => {
                line("");
                return done;
            }
            () = tokio::time::sleep(Duration::from_secs(1)) => seconds += 1,
        }
    }
}

/// Replaces the last line of a terminal's standard error; nothing elsewhere.
pub fn line(text: &str) {
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        let mut stderr = stderr.lock();
        let _ = write!(stderr, "\r\x1b[K{}", crate::cli::output::plain(text));
        let _ = stderr.flush();
    }
}

/// Writes a download and says where to; `None`: standard output.
///
/// # Errors
/// The file is there already, or cannot be written.
pub fn save(file: &Downloaded, key: &str, asked: &Save) -> anyhow::Result<Option<PathBuf>> {
    if asked.output.as_deref() == Some(Path::new("-")) {
        let mut out = std::io::stdout().lock();
        return match out.write_all(&file.bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(None),
        };
    }
    let path = asked.output.clone().unwrap_or_else(|| PathBuf::from(name(file.name.as_deref(), key, &file.content_type)));
    let mut options = std::fs::OpenOptions::new();
    options.write(true);
    if asked.force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut target = options.open(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::usage(format!("{} is there already; --force overwrites it", path.display())),
        _ => Failure::unreachable(format!("cannot write {}: {error}", path.display())),
    })?;
    target.write_all(&file.bytes).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(Some(path))
}

/// A name that is safe in this folder: what the platform says, without folders, control characters and leading dots or
/// dashes; else the key with an ending by type.
fn name(said: Option<&str>, key: &str, content_type: &str) -> String {
    let last = said.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control() && !"<>:\"|?*".contains(*c)).take(LONGEST_NAME).collect();
    let kept = kept.trim().trim_start_matches(['.', '-']).trim_end_matches('.');
    if !kept.is_empty() {
        return kept.to_owned();
    }
    let ending = match content_type.split(';').next().unwrap_or_default().trim() {
        "image/png" => ".png",
        "image/jpeg" => ".jpg",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "application/pdf" => ".pdf",
        "text/plain" => ".txt",
        "video/mp4" => ".mp4",
        _ => "",
    };
    let key: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect();
    format!("{key}{ending}")
}

/// Bytes for people.
#[allow(clippy::cast_precision_loss)] // files are far smaller
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for (said, expected) in [
            (Some("app.log"), "app.log"),
            (Some("../../etc/passwd"), "passwd"),
            (Some("..\\..\\x.exe"), "x.exe"),
            (Some(".bashrc"), "bashrc"),
            (Some("-rf"), "rf"),
            (Some("a\nb:c.txt"), "abc.txt"),
            (Some(".."), "img_1.png"),
            (None, "img_1.png"),
            (Some("报告.pdf"), "报告.pdf"),
        ] {
            assert_eq!(name(said, "img_1", "image/png; x=y"), expected, "{said:?}");
        }
    }

    #[test]
    fn nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let file =
            |text: &'static str| Downloaded { content_type: String::new(), name: None, bytes: bytes::Bytes::from_static(text.as_bytes()) };
        let asked = |force| Save { output: Some(path.clone()), force };
        assert_eq!(save(&file("long text"), "k", &asked(false)).unwrap(), Some(path.clone()));
        let error = save(&file("b"), "k", &asked(false)).unwrap_err();
        assert!(error.to_string().contains("--force"), "{error}");
        save(&file("b"), "k", &asked(true)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "b");
    }

    #[test]
    fn pictures_are_told_by_their_first_bytes() {
        assert!(is_picture(b"\x89PNG\r\n") && is_picture(b"RIFF....WEBPVP8 ") && !is_picture(b"RIFF....WAVE") && !is_picture(b"text"));
    }
}
