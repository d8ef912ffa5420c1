//! Which URLs may be fetched and which addresses may be connected to. Pure.
//!
//! Two locks, both must open: the host is named in the configuration, and every address that its name leads to is public
//! or in a listed network. The URL parser has turned `http://2130706433/` and `http://0x7f.1/` into addresses before.

use super::FetchError;
use crate::config::settings::Pictures;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Longest URL looked at, in bytes.
const LONGEST_URL: usize = 4096;

/// Who may be asked.
#[derive(Debug, Clone)]
pub struct Policy {
    settings: Pictures,
}

/// A URL that may be asked for, once its addresses are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Without fragment.
    pub url: Url,
    /// As in the URL; IPv6 in brackets.
    pub host: String,
    /// As in the URL, or the scheme's own.
    pub port: u16,
    /// Where the host is an address: that one.
    pub address: Option<IpAddr>,
}

impl Policy {
    /// The policy of a configuration.
    pub fn new(settings: Pictures) -> Self {
        Self { settings }
    }

    /// Whether a URL of an alert may be asked for.
    ///
    /// # Errors
    /// Why not.
    pub fn url(&self, text: &str) -> Result<Target, FetchError> {
        if self.settings.hosts.is_empty() {
            return Err(FetchError::Off);
        }
        if text.len() > LONGEST_URL {
            return Err(FetchError::BadUrl(format!("it is longer than {LONGEST_URL} bytes")));
        }
        let mut url = Url::parse(text).map_err(|error| FetchError::BadUrl(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme(url.scheme().chars().take(20).collect()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Userinfo);
        }
        url.set_fragment(None);
        let address = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => None,
            None => return Err(FetchError::BadUrl("it names no host".to_owned())),
        };
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or_default();
        let target = Target { url, host, port, address };
        // First, so that nobody is advised to list an inner address that an alert came up with.
        if let Some(address) = target.address {
            self.addresses(&target, &[address])?;
        }
        if !self.settings.hosts.iter().any(|pattern| pattern.admits(&target.host, port)) {
            return Err(FetchError::Host { host: target.host, port });
        }
        Ok(target)
    }

    /// Whether all addresses of a target may be connected to. One that may not refuses the whole: a name that leads to the
    /// outside and the inside at once is a trick or a mistake.
    ///
    /// # Errors
    /// The first one that may not.
    pub fn addresses(&self, target: &Target, addresses: &[IpAddr]) -> Result<(), FetchError> {
        match addresses.iter().find(|address| !admits(&self.settings.networks, **address)) {
            Some(address) => Err(FetchError::Address { host: target.host.clone(), address: *address }),
            None => Ok(()),
        }
    }
}

/// Public, or in a listed network.
fn admits(networks: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    is_public(address) || networks.iter().any(|network| network.contains(&address))
}

/// Whether an address is meant for the whole Internet. Everything that is not plainly so is not (registries of special
/// addresses, IANA 2025), and neither are the addresses under which clouds tell a machine its secrets.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let special = match ip.octets() {
        [0 | 10 | 127, ..] => true,
        // Shared address space of carriers; 100.100.100.200 is a cloud's metadata.
        [100, 64..=127, ..] => true,
        [169, 254, ..] => true,
        [172, 16..=31, ..] => true,
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [192, 168, ..] | [192, 31, 196, _] | [192, 52, 193, _] | [192, 175, 48, _] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // A cloud's metadata and wire server, on a public address.
        [168, 63, 129, 16] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let special = match s {
        // Teredo, ORCHID, benchmarks and other protocols; documentation; 6to4, which wraps an IPv4 address.
        [0x2001, 0..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] => true,
        [0x3fff, 0..=0x0fff, ..] => true,
        _ => false,
    };
    // Only 2000::/3 is given out; NAT64, mapped, unique local, link-local and multicast addresses lie outside.
    s[0] & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::HostPattern;
    use proptest::prelude::*;

    fn policy(hosts: &[&str], networks: &[&str]) -> Policy {
        Policy::new(Pictures {
            hosts: hosts.iter().map(|h| HostPattern::parse(h).unwrap()).collect(),
            networks: networks.iter().map(|n| n.parse().unwrap()).collect(),
            ..Pictures::default()
        })
    }

    #[test]
    fn addresses_that_are_not_public() {
        for text in [
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001:0:1::1",
            "2001:db8::1",
            "100::1",
            "fec0::1",
            "3fff::1",
            "5f00::1",
            "4000::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in
            ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.63.255.255", "100.128.0.1", "2606:4700::1111", "2400:3200::1", "::ffff:8.8.8.8"]
        {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn urls_that_are_not_fetched() {
        let policy =
            policy(&["g.example.com", "*.cdn.example.com", "127.0.0.1", "[::1]", "[::ffff:7f00:1]", "10.0.0.1", "169.254.169.254"], &[]);
        for (url, why) in [
            ("", "url"),
            ("not a url", "url"),
            ("/relative.png", "url"),
            ("ftp://g.example.com/x.png", "url"),
            ("file:///etc/passwd", "url"),
            ("data:image/png;base64,AAAA", "url"),
            ("gopher://g.example.com/", "url"),
            ("http://u:p@g.example.com/x.png", "url"),
            ("http://g.example.com@127.0.0.1/x.png", "url"),
            ("http://evil.example.com/x.png", "host"),
            ("http://g.example.com.evil.com/x.png", "host"),
            ("http://g.example.com:22/x.png", "host"),
            ("http://cdn.example.com/x.png", "host"),
            ("http://localhost/x.png", "host"),
            ("http://127.0.0.1/x.png", "address"),
            ("http://2130706433/x.png", "address"),
            ("http://0x7f000001/x.png", "address"),
            ("http://0177.0.0.1/x.png", "address"),
            ("http://127.1/x.png", "address"),
            ("http://[::1]/x.png", "address"),
            ("http://[::ffff:127.0.0.1]/x.png", "address"),
            ("http://10.0.0.1/x.png", "address"),
            ("http://169.254.169.254/latest/meta-data/", "address"),
        ] {
            assert_eq!(policy.url(url).unwrap_err().as_str(), why, "{url}");
        }
        for url in ["https://g.example.com/a?b#c", "http://G.EXAMPLE.com:80/x", "https://a.b.cdn.example.com/x", "http://g.example.com./x"]
        {
            assert!(policy.url(url).is_ok(), "{url}");
        }
        assert_eq!(policy.url("https://g.example.com/a#secret").unwrap().url.as_str(), "https://g.example.com/a");
    }

    #[test]
    fn listed_networks_are_open_and_one_bad_address_refuses_all() {
        let policy = policy(&["g.example.com"], &["10.0.0.0/8", "fd00::/8"]);
        let target = policy.url("http://g.example.com/x.png").unwrap();
        let check = |list: &[&str]| policy.addresses(&target, &list.iter().map(|a| a.parse().unwrap()).collect::<Vec<_>>());
        assert_eq!(check(&["10.1.1.1", "1.1.1.1", "::ffff:10.0.0.1", "fd12::1"]), Ok(()));
        assert!(check(&["1.1.1.1", "192.168.0.1"]).is_err());
        assert!(check(&["::ffff:127.0.0.1"]).is_err());
    }

    #[test]
    fn nobody_is_advised_to_list_an_inner_address() {
        let policy = policy(&["g.example.com"], &[]);
        for url in ["http://169.254.169.254/latest/meta-data", "http://[::1]/x.png", "http://2130706433/x.png"] {
            assert!(matches!(policy.url(url), Err(FetchError::Address { .. })), "{url}");
        }
        assert!(matches!(policy.url("http://1.1.1.1/x.png"), Err(FetchError::Host { .. })));
    }

    #[test]
    fn nothing_is_fetched_without_hosts() {
        assert_eq!(policy(&[], &["0.0.0.0/0"]).url("http://1.1.1.1/x.png"), Err(FetchError::Off));
    }

    proptest! {
        /// The standard library's own words for addresses agree: nothing of those is ever admitted.
        #[test]
        fn never_admits_what_is_not_global(bits in any::<u128>(), v4 in any::<u32>(), shape in 0u8..4) {
            let v4 = Ipv4Addr::from(v4);
            let address = match shape {
                0 => IpAddr::V4(v4),
                1 => IpAddr::V6(v4.to_ipv6_mapped()),
                2 => IpAddr::V6(Ipv6Addr::from(bits)),
                _ => IpAddr::V6(Ipv6Addr::from(bits >> 3 | 1 << 125)),
            };
            let bad = match address.to_canonical() {
                IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local() || ip.is_multicast() || ip.is_broadcast()
                    || ip.is_documentation() || ip.is_unspecified() || ip.octets()[0] == 0 || ip.octets()[0] >= 224
                    || ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64,
                IpAddr::V6(ip) => ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || ip.is_unique_local()
                    || ip.is_unicast_link_local() || ip.to_ipv4().is_some() || ip.segments()[0] >> 13 != 1,
            };
            prop_assert!(!(bad && admits(&[], address)), "{address}");
        }
    }
}
