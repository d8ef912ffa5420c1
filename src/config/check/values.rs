//! Values that stand for themselves: durations, sizes, zones, URLs, networks, files, secrets, templates.

use crate::config::decode::{At, OneOrMany, Secret};
use crate::config::diagnostic::Out;
use crate::config::node::Span;
use crate::config::settings::ContentKind;
use crate::render::expr::Expr;
use crate::util::{duration, text};
use ipnet::IpNet;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use url::Url;

/// What checking needs at hand.
pub struct Ctx<'o> {
    /// Where findings go.
    pub out: &'o mut Out,
    /// The file's folder.
    pub dir: &'o Path,
    /// Files read besides the configuration itself.
    pub files: Vec<PathBuf>,
    /// The template of each send entry; a draft in `out` goes with each.
    pub templates: Vec<(String, ContentKind)>,
}

impl Ctx<'_> {
    /// Parses a text; a value that came from a variable is not quoted in the finding.
    pub fn parse<T>(
        &mut self,
        at: &At<String>,
        code: &'static str,
        what: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        match parse(&at.value) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(at, code, what, &error);
                None
            }
        }
    }

    /// A finding on a value: `error` may say `what is wrong; what to do`.
    pub fn refuse(&mut self, at: &At<String>, code: &'static str, what: &str, error: &str) {
        if let Some(raw) = &at.raw {
            self.out.error(code, at.span, format!("the value of {raw} is not {what}"));
            return;
        }
        match error.split_once("; ") {
            Some((message, hint)) => self.out.error(code, at.span, message).hint(hint),
            None => self.out.error(code, at.span, error),
        };
    }

    /// A duration, or its default.
    pub fn duration(&mut self, at: Option<&At<String>>, default: Duration, zero: bool) -> Duration {
        let parse = |text: &str| match duration::parse(text)? {
            Duration::ZERO if !zero => Err("it must be longer than 0; leave the key out for its default".to_owned()),
            value => Ok(value),
        };
        at.and_then(|at| self.parse(at, "bad-duration", "a duration like 30s, 5m or 1h30m", parse)).unwrap_or(default)
    }

    /// A number within bounds, or its default.
    pub fn number(&mut self, at: Option<&At<u64>>, key: &str, default: u32, max: u32, why: &str) -> u32 {
        let Some(at) = at else { return default };
        match u32::try_from(at.value) {
            Ok(value) if (1..=max).contains(&value) => value,
            Ok(0) => {
                self.out.error("out-of-bounds", at.span, format!("`{key}` must be at least 1"));
                default
            }
            _ => {
                self.out.error("out-of-bounds", at.span, format!("`{key}` is above {max}, {why}")).hint(format!("at most {max}"));
                default
            }
        }
    }

    /// A size in bytes between 1 KiB and 64 MiB, or its default.
    pub fn size(&mut self, at: Option<&At<String>>, default: usize) -> usize {
        at.and_then(|at| self.parse(at, "bad-size", "a size like 8MiB", size)).unwrap_or(default)
    }

    /// A time zone by its IANA name.
    pub fn zone(&mut self, at: &At<String>) -> Option<TimeZone> {
        if let Ok(zone) = TimeZone::get(&at.value) {
            return Some(zone);
        }
        if at.value.contains("Beij") {
            self.refuse(at, "bad-zone", "a time zone", &format!("`{}` is not a time zone; China's is Asia/Shanghai", at.value));
            return None;
        }
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let near = text::suggest(&at.value, known.iter().map(String::as_str));
        let hint = near.map_or("write an IANA name such as Asia/Shanghai or UTC".to_owned(), |near| format!("did you mean {near}?"));
        self.refuse(at, "bad-zone", "a time zone", &format!("`{}` is not a time zone; {hint}", at.value));
        None
    }

    /// An absolute http or https URL without credentials; the text is without a trailing slash.
    pub fn url(&mut self, at: &At<String>) -> Option<(String, Url)> {
        let (text, url) = self.url_with_credentials(at)?;
        if !url.username().is_empty() || url.password().is_some() {
            self.out.secret(at.span);
            self.out.error("bad-url", at.span, "credentials in this address are not used").hint("take `user:password@` out");
            return None;
        }
        Some((text, url))
    }

    /// An absolute http or https URL, such as a proxy's.
    pub fn url_with_credentials(&mut self, at: &At<String>) -> Option<(String, Url)> {
        let example = "write it like https://host.example.com";
        let parse = |text: &str| {
            let url = Url::parse(text).map_err(|error| format!("not a URL: {error}; {example}"))?;
            let fits = matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() && url.fragment().is_none();
            if fits {
                Ok((text.trim_end_matches('/').to_owned(), url))
            } else {
                Err(format!("not an absolute http or https URL without query; {example}"))
            }
        };
        self.parse(at, "bad-url", "an http or https URL", parse)
    }

    /// Networks; a single address is a network of one.
    pub fn networks(&mut self, list: Option<&OneOrMany<At<String>>>) -> Vec<IpNet> {
        let parse = |text: &str| {
            let single = || text.parse::<IpAddr>().map(IpNet::from);
            text.parse::<IpNet>()
                .or_else(|_| single())
                .map_err(|_| format!("`{text}` is not an address or network; write it like 10.0.0.0/8 or 192.0.2.7"))
        };
        list.iter().flat_map(|list| &list.0).filter_map(|at| self.parse(at, "bad-network", "an address or network", parse)).collect()
    }

    /// A path, relative to the file's folder.
    pub fn path(&self, text: &str) -> PathBuf {
        self.dir.join(text)
    }

    /// The content of a file that must be readable.
    pub fn read(&mut self, at: &At<String>) -> Option<(PathBuf, String)> {
        let path = self.path(&at.value);
        self.files.push(path.clone());
        match std::fs::read_to_string(&path) {
            Ok(content) => Some((path, content)),
            Err(error) => {
                let message = format!("cannot read {}: {error}", at.raw.clone().unwrap_or_else(|| path.display().to_string()));
                self.out.error("unreadable-file", at.span, message).hint("relative paths start at this file's folder");
                None
            }
        }
    }

    /// A PEM file.
    pub fn pem(&mut self, at: &At<String>, what: &str) -> Option<PathBuf> {
        let (path, content) = self.read(at)?;
        if !content.contains("-----BEGIN ") || !content.contains(&format!("{what}-----")) {
            let message = format!("the file has no PEM block of a {}", what.to_lowercase());
            self.out.error("bad-pem", at.span, message).hint(format!("it must contain -----BEGIN {what}-----"));
            return None;
        }
        Some(path)
    }

    /// A secret, from its key or from the file named by `{key}_file`.
    pub fn secret(&mut self, direct: Option<&Secret>, file: Option<&At<String>>, key: &str) -> Option<SecretString> {
        if let (Some(direct), Some(file)) = (direct, file) {
            let message = format!("`{key}` is given as well, on line {}", direct.span.line);
            self.out.error("secret-twice", file.span, message).hint(format!("keep `{key}` or `{key}_file`"));
        }
        let (value, span) = match (direct, file) {
            (Some(direct), _) => (direct.value.clone()?, direct.span),
            (None, Some(file)) => (self.secret_file(file)?, file.span),
            (None, None) => return None,
        };
        if value.trim().is_empty() {
            self.out.error("empty", span, format!("`{key}` is empty"));
        }
        if value.chars().any(char::is_control) {
            self.out.error("bad-secret", span, format!("`{key}` has a line break or another control character"));
        }
        Some(value.into())
    }

    /// Like [`Ctx::secret`], for one that must be there.
    pub fn secret_required(&mut self, direct: Option<&Secret>, file: Option<&At<String>>, key: &str, owner: Span) -> SecretString {
        if direct.is_none() && file.is_none() && !self.out.excused(owner, &[key, &format!("{key}_file")]) {
            let hint = format!("write `{key}: ${{NAME}}` to take it from the environment, or `{key}_file: path`");
            self.out.error("missing-key", owner, format!("`{key}` is missing here")).hint(hint);
        }
        self.secret(direct, file, key).unwrap_or_default()
    }

    fn secret_file(&mut self, at: &At<String>) -> Option<String> {
        let (path, content) = self.read(at)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if std::fs::metadata(&path).is_ok_and(|meta| meta.permissions().mode() & 0o004 != 0) {
                let shown = at.raw.clone().unwrap_or_else(|| path.display().to_string());
                let message = format!("everybody on this machine may read {shown}");
                self.out.warning("secret-readable", at.span, message).hint("chmod o-r it");
            }
        }
        let trimmed = content.strip_suffix('\n').map(|rest| rest.strip_suffix('\r').unwrap_or(rest));
        Some(trimmed.unwrap_or(&content).to_owned())
    }

    /// A Handlebars expression that compiles; its text.
    pub fn template(&mut self, at: &At<String>) -> Option<String> {
        match Expr::compile(&at.value) {
            Ok(_) => Some(at.value.clone()),
            Err(error) => {
                let span = At { span: at.span.inside(error.column.saturating_sub(1), 1), ..at.with(at.value.clone()) };
                self.refuse(
                    &span,
                    "bad-template",
                    "a template",
                    &format!("this template does not compile: {}", text::truncate(&error.message, 120)),
                );
                None
            }
        }
    }

    /// Refuses names that do not fit into paths and addresses.
    pub fn name(&mut self, at: &At<String>, what: &str) {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if at.value.is_empty() || !at.value.chars().all(fits) {
            self.out.error("bad-name", at.span, format!("`{}` cannot name {what}", at.value)).hint("use letters, digits, `-`, `_` and `.`");
        }
    }
}

/// `8MiB`, `512KiB`, `1MB`, `65536`.
fn size(text: &str) -> Result<usize, String> {
    let help = "write it like 8MiB or 512KiB";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: usize = number.parse().map_err(|_| format!("`{text}` is not a size; {help}"))?;
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KB" => 1000,
        "KiB" => 1 << 10,
        "MB" => 1_000_000,
        "MiB" => 1 << 20,
        other => return Err(format!("`{other}` is not a unit of size; {help}")),
    };
    match number.checked_mul(factor) {
        Some(bytes) if (1 << 10..=64 << 20).contains(&bytes) => Ok(bytes),
        _ => Err(format!("`{text}` is out of bounds; between 1KiB and 64MiB")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes() {
        for (text, bytes) in [("8MiB", 8 << 20), ("512KiB", 512 << 10), ("1MB", 1_000_000), ("65536", 65536)] {
            assert_eq!(super::size(text), Ok(bytes));
        }
        for text in ["", "8", "8GiB", "65MiB", "-1MiB", "8 megs"] {
            assert!(super::size(text).is_err(), "{text}");
        }
    }
}
