//! Where pictures of alerts may be fetched from, and within which bounds.

use ipnet::IpNet;
use std::fmt;
use std::time::Duration;

/// The `pictures` section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// Hosts that pictures may be fetched from; none: nothing is fetched.
    pub hosts: Vec<HostPattern>,
    /// Networks that are not public and may be connected to all the same.
    pub networks: Vec<IpNet>,
    /// Longest picture in bytes. The platform takes 10 MB.
    pub max_bytes: usize,
    /// Longest time of one fetch, from the name's look-up to the last byte.
    pub timeout: Duration,
}

impl Default for Pictures {
    fn default() -> Self {
        Self { hosts: Vec::new(), networks: Vec::new(), max_bytes: Self::MAX_BYTES, timeout: Duration::from_secs(10) }
    }
}

impl Pictures {
    /// What the platform takes.
    pub const MAX_BYTES: usize = 10 << 20;
}

/// `grafana.example.com`, `*.cdn.example.com`, `grafana:3000`, `10.0.0.5`, `[fd00::5]:3000`. Without a port: 80 and 443.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    /// Lower case, in the form that URLs have it (punycode, canonical addresses).
    host: String,
    /// `*.`: any name below, not the host itself.
    below: bool,
    port: Option<u16>,
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, and how to write it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = "write a host such as grafana.example.com, '*.cdn.example.com' or grafana:3000";
        if text.contains("://") || text.contains(['/', '@', '?', '#']) || text.trim().is_empty() {
            return Err(format!("`{text}` is not a host; {form}"));
        }
        let (rest, below) = text.trim().strip_prefix("*.").map_or((text.trim(), false), |rest| (rest, true));
        if rest.contains('*') {
            return Err(format!("`{text}`: a star stands only at the beginning, for any name below; {form}"));
        }
        // The URL parser knows how hosts are written in URLs. Its scheme has no default port here that it would swallow.
        let url = url::Url::parse(&format!("ws://{rest}")).map_err(|error| format!("`{text}` is not a host: {error}; {form}"))?;
        let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_owned();
        if host.is_empty() || below && !matches!(url.host(), Some(url::Host::Domain(_))) {
            return Err(format!("`{text}` is not a host; {form}"));
        }
        let port = if rest.ends_with(":80") { Some(80) } else { url.port() };
        Ok(Self { host, below, port })
    }

    /// Whether the host of a URL (as its parser writes it) and the port fit.
    pub fn admits(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.');
        let name = if self.below {
            host.strip_suffix(self.host.as_str()).and_then(|rest| rest.strip_suffix('.')).is_some_and(|rest| !rest.is_empty())
        } else {
            host == self.host
        };
        name && self.port.map_or(matches!(port, 80 | 443), |own| own == port)
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.below { "*." } else { "" };
        write!(f, "{star}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_admit_what_they_name() {
        for (pattern, host, port, fits) in [
            ("grafana.example.com", "grafana.example.com", 443, true),
            ("Grafana.Example.com", "grafana.example.com", 80, true),
            ("grafana.example.com", "grafana.example.com.", 443, true),
            ("grafana.example.com", "grafana.example.com", 3000, false),
            ("grafana.example.com", "x.grafana.example.com", 443, false),
            ("*.example.com", "a.b.example.com", 443, true),
            ("*.example.com", "example.com", 443, false),
            ("*.example.com", "evilexample.com", 443, false),
            ("grafana:3000", "grafana", 3000, true),
            ("grafana:3000", "grafana", 443, false),
            ("grafana:80", "grafana", 443, false),
            ("127.0.0.1", "127.0.0.1", 80, true),
            ("[fd00::5]:3000", "[fd00::5]", 3000, true),
            ("图.example.com", "xn--7hu.example.com", 443, false),
        ] {
            let pattern = HostPattern::parse(pattern).unwrap();
            assert_eq!(pattern.admits(host, port), fits, "{pattern} {host}:{port}");
        }
        for wrong in ["", " ", "https://x", "x/y", "a@b", "*", "*.*.x", "a*.x", "*.10.0.0.1", "x:99999"] {
            assert!(HostPattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
