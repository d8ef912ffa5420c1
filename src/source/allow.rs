//! Where requests may come from (`allow_ips`) and what they may name as their target (`allow_to`, `?to=`).

use crate::config::settings::{Address, AddressKind};
use crate::util::text::split_list;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr};

/// Whether a peer may send; an empty list lets everybody. IPv4 in IPv6 counts as IPv4.
pub fn ip(allowed: &[IpNet], peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    let plain = |net: &IpNet| match net {
        IpNet::V6(net) => mapped(net.network(), net.prefix_len()).unwrap_or(IpNet::V6(*net)),
        IpNet::V4(net) => IpNet::V4(*net),
    };
    allowed.is_empty() || allowed.iter().any(|net| plain(net).contains(&peer))
}

/// `::ffff:10.0.0.0/104` as `10.0.0.0/8`.
fn mapped(network: Ipv6Addr, prefix: u8) -> Option<IpNet> {
    let network = network.to_ipv4_mapped()?;
    IpNet::new(IpAddr::V4(network), prefix.checked_sub(96)?).ok()
}

/// Why a `?to=` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToError {
    /// No address: answered with 400.
    #[error("{0}")]
    Invalid(String),
    /// No pattern admits it: answered with 403.
    #[error("{to} is not among the targets that this source may name{}", hint(.allowed))]
    Forbidden {
        /// The address.
        to: String,
        /// The source's patterns.
        allowed: Vec<String>,
    },
}

fn hint(allowed: &[String]) -> String {
    if allowed.is_empty() { " (it has no allow_to)".to_owned() } else { format!(" (allow_to: {})", allowed.join(", ")) }
}

/// Reads what a request names as its targets: addresses, several with commas between them, each admitted by a pattern. A
/// broadcast is admitted as a whole, or member by member.
///
/// # Errors
/// The first that is no address or that no pattern admits; all or nothing.
pub fn to(patterns: &[String], text: &str) -> Result<Vec<Address>, ToError> {
    let mut targets: Vec<Address> = Vec::new();
    for part in split_list(text).into_iter().map(str::trim).filter(|part| !part.is_empty()) {
        let address: Address = part.parse().map_err(ToError::Invalid)?;
        address.check().map_err(|why| ToError::Invalid(format!("{part:?}: {why}")))?;
        let admitted = |address: &Address| {
            let name = address.to_string();
            patterns.iter().any(|pattern| glob(pattern, &name))
        };
        if !admitted(&address)
            && let Some(refused) = address.members().iter().find(|member| !admitted(member))
        {
            return Err(ToError::Forbidden { to: refused.to_string(), allowed: patterns.to_vec() });
        }
        if !targets.contains(&address) {
            targets.push(address);
        }
    }
    if targets.is_empty() { Err(ToError::Invalid("`to` is empty; write kind:value, e.g. chat:oc_...".to_owned())) } else { Ok(targets) }
}

/// Checks a pattern of `allow_to`: a known kind (or `*` for all), a colon, and a value with `*` for any run of characters.
///
/// # Errors
/// What is wrong with it.
pub fn check_pattern(pattern: &str) -> Result<(), String> {
    if pattern == "*" {
        return Ok(());
    }
    let Some((kind, value)) = pattern.split_once(':') else {
        return Err(format!("{pattern:?} is not a pattern of addresses; write it like chat:*, chat:oc_..., bot:db-room"));
    };
    if kind != "*" && !AddressKind::ALL.iter().any(|known| known.as_str() == kind) {
        let known = AddressKind::ALL.map(AddressKind::as_str);
        let hint = crate::util::text::suggest(kind, known).map(|hint| format!("; did you mean {hint}?")).unwrap_or_default();
        return Err(format!("unknown kind of address {kind:?} in {pattern:?}: one of {}{hint}", known.join(", ")));
    }
    if value.is_empty() { Err(format!("nothing after the colon in {pattern:?}; write * for any")) } else { Ok(()) }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run of characters, also none.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_peers() {
        let nets: Vec<IpNet> = ["10.0.0.0/8", "2001:db8::/32", "::ffff:192.168.1.0/120"].iter().map(|net| net.parse().unwrap()).collect();
        let table = [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.1", false),
            ("2001:db8::1", true),
            ("2001:db9::1", false),
            ("192.168.1.7", true),
            ("192.168.2.7", false),
            ("::1", false),
        ];
        for (peer, expected) in table {
            assert_eq!(ip(&nets, peer.parse().unwrap()), expected, "{peer}");
        }
        assert!(ip(&[], "192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn globs() {
        let table = [
            ("chat:*", "chat:oc_1", true),
            ("chat:*", "bot:db-room", false),
            ("chat:*", "xchat:oc_1", false),
            ("bot:db-room", "bot:db-room", true),
            ("bot:db-room", "bot:db-room2", false),
            ("bot:db-*", "bot:db-", true),
            ("email:*@example.com", "email:li@example.com", true),
            ("email:*@example.com", "email:li@example.com.evil", false),
            ("*:*a*b*c", "chat:xaxbxc", true),
            ("*:*a*b*c", "chat:xbxaxc", false),
            ("*", "anything", true),
            ("ab*ba", "aba", false),
            ("", "", true),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn targets_that_a_request_names() {
        let patterns = ["chat:*".to_owned(), "bot:db-room".to_owned()];
        let names = |text: &str| to(&patterns, text).map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(names("chat:oc_1, bot:db-room,chat:oc_1").unwrap(), ["chat:oc_1", "bot:db-room"]);
        for (text, part) in [("", "is empty"), ("oc_1", "is not an address"), ("chat:a*b", "chat"), ("chatt:oc_1", "did you mean chat")] {
            assert!(matches!(names(text), Err(ToError::Invalid(why)) if why.contains(part)), "{text}: {:?}", names(text));
        }
        let refused = names("chat:oc_1,team:dba").unwrap_err();
        assert_eq!(refused.to_string(), "team:dba is not among the targets that this source may name (allow_to: chat:*, bot:db-room)");
        assert!(to(&[], "chat:oc_1").unwrap_err().to_string().contains("no allow_to"));
    }

    #[test]
    fn broadcasts_that_a_request_names() {
        let names = |patterns: &[&str], text: &str| {
            let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            to(&patterns, text).map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>()).map_err(|error| error.to_string())
        };
        let text = "chat:oc_1, broadcast:[open_id:ou_1, team:dba],chat:oc_2";
        let expected = ["chat:oc_1", "broadcast:[open_id:ou_1,team:dba]", "chat:oc_2"];
        for patterns in [&["*"][..], &["chat:*", "broadcast:*"], &["chat:*", "team:dba", "open_id:*"]] {
            assert_eq!(names(patterns, text).unwrap(), expected, "{patterns:?}");
        }
        let refused = names(&["chat:*", "team:*"], text).unwrap_err();
        assert!(refused.starts_with("open_id:ou_1 is not among"), "{refused}");
        assert!(names(&["broadcast:[team:*]"], "broadcast:[team:dba]").is_ok());
        assert!(names(&["*"], "broadcast:[team:dba,chat:oc_1").unwrap_err().contains("write broadcast:["));
        assert!(names(&["*"], "broadcast:[chat:oc_1]").unwrap_err().contains("cannot stand in a broadcast"));
    }

    #[test]
    fn bots_that_take_turns() {
        let names = |patterns: &[&str], text: &str| {
            let patterns: Vec<String> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
            to(&patterns, text).map(|list| list.iter().map(ToString::to_string).collect::<Vec<_>>()).map_err(|error| error.to_string())
        };
        for patterns in [&["bot:*"][..], &["bot:[a,b]"], &["bot:a", "bot:b"]] {
            assert_eq!(names(patterns, "bot:[b, a]").unwrap(), ["bot:[a,b]"], "{patterns:?}");
        }
        assert!(names(&["bot:a"], "bot:[a,b]").unwrap_err().starts_with("bot:b is not among"));
        assert!(names(&["bot:*"], "bot:[a]").unwrap_err().contains("one bot takes no turns"));
    }

    #[test]
    fn patterns_are_checked() {
        for good in ["chat:*", "*:x", "*", "email:*@example.com"] {
            assert_eq!(check_pattern(good), Ok(()), "{good}");
        }
        for (bad, part) in [("oc_1", "write it like"), ("chta:*", "did you mean chat?"), ("chat:", "write * for any")] {
            assert!(check_pattern(bad).unwrap_err().contains(part), "{bad}");
        }
    }
}
