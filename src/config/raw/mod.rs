//! The configuration as typed: one struct per section, one doc comment per key.
//!
//! The doc comments are the JSON schema's descriptions. Each says unit, default and an example; what is
//! legal together is decided in [`super::check`].

mod feishu;
mod route;
mod source;

pub use feishu::*;
pub use route::*;
pub use source::*;

use super::decode::{At, Named, OneOrMany, Req, Secret, Word, section};
use crate::config::settings::Locale;

impl Word for Locale {
    const WORDS: &'static [(&'static str, Self)] = &[("zh", Locale::Zh), ("en", Locale::En)];
}

section! {
    /// The configuration of larkhook.
    "the configuration" Config {
        /// The listener, its limits and who may open the console.
        server: Option<Server>,
        /// The database: `sqlite:FILE`. Default `sqlite:larkhook.db`.
        storage: Option<At<String>>,
        /// How long closed incidents, attempts and events are kept. A duration; default `30d`.
        retention: Option<At<String>>,
        /// Time zone of text and post messages; cards show the reader's own. Default `Asia/Shanghai`.
        timezone: Option<At<String>>,
        /// Language of the built-in templates: `zh` or `en`. Default `zh`; a receiver may set its own.
        locale: Option<At<Locale>>,
        /// Name of the receiver that hears of parked, dead and unroutable alerts. Default: nobody.
        fallback: Option<At<String>>,
        /// A group not heard of for so long is closed. Keep it above Alertmanager's `repeat_interval`. A duration; default `25h`.
        expire_after: Option<At<String>>,
        /// Firing again so soon after resolved reopens the same message. A duration; default `10m`; `0` never.
        reopen_within: Option<At<String>>,
        /// Delivery of one change is given up after so long. A duration; default `24h`.
        give_up_after: Option<At<String>>,
        /// Which labels say how bad an alert is, and which words mean what.
        severity: Option<SeveritySection>,
        /// Links in alerts that only work inside the cluster: prefix to replacement, such as `'http://prometheus-0:9090': https://prometheus.example.com`.
        rewrite_links: Option<Named<At<String>>>,
        /// Feishu and Lark: apps and custom bots.
        feishu: Option<Feishu>,
        /// Teams of people.
        people: Option<People>,
        /// Senders by name; the name is the path: `POST /hook/{name}`.
        sources: Req<Named<Source>>,
        /// Folders whose templates overlay the built-in ones; later ones win. Default: none.
        templates: Option<OneOrMany<At<String>>>,
        /// Named time intervals in Alertmanager's form, for `mute_time_intervals` and `active_time_intervals`.
        time_intervals: Option<Vec<NamedIntervals>>,
        /// The root of the routing tree.
        route: Req<Route>,
        /// Named lists of places to send to.
        receivers: Option<Vec<Receiver>>,
        /// What happens when very many alerts begin at once.
        storm: Option<Storm>,
        /// Pictures that alerts bring along or point to.
        pictures: Option<PicturesSection>,
        /// What the console may change.
        ui: Option<UiSection>,
    }
}

section! {
    /// What the console may change.
    "`ui`" UiSection {
        /// Templates may be saved from a browser, into the first folder of `templates`. Default `false`.
        save_templates: Option<At<bool>>,
    }
}

section! {
    /// The listener, its limits and who may open the console.
    "`server`" Server {
        /// Address and port to listen on. Default `127.0.0.1:8064`; `0.0.0.0:8064` for all addresses.
        listen: Option<At<String>>,
        /// Largest body of a webhook, before and after inflating. A size; default `8MiB`, at most `64MiB`.
        max_body: Option<At<String>>,
        /// Serve HTTPS.
        tls: Option<TlsSection>,
        /// Own address, for links in messages, such as `https://larkhook.example.com`. Default: no such links.
        public_url: Option<At<String>>,
        /// Addresses or networks whose `X-Forwarded-For` counts, such as `10.0.0.0/8`. Default: none.
        trusted_proxies: Option<OneOrMany<At<String>>>,
        /// Who may open console, API and reload. Default: true loopback only.
        auth: Option<ServerAuthSection>,
    }
}

section! {
    /// Serve HTTPS.
    "`server.tls`" TlsSection {
        /// PEM file with the certificate chain.
        cert_file: Req<At<String>>,
        /// PEM file with the private key.
        key_file: Req<At<String>>,
    }
}

section! {
    /// Who may open console, API and reload: any of these ways.
    "`server.auth`" ServerAuthSection {
        /// A token for `Authorization: Bearer`.
        bearer_token: Option<Secret>,
        /// File with that token.
        bearer_token_file: Option<At<String>>,
        /// User names to argon2 hashes (`$argon2id$...`) for `Authorization: Basic`.
        users: Option<Named<Secret>>,
    }
}

section! {
    /// Which labels say how bad an alert is, and which words mean what.
    "`severity`" SeveritySection {
        /// Label names in order of trust; the first with a known word decides. Default `[severity, level, priority]`.
        labels: Option<OneOrMany<At<String>>>,
        /// The words for each severity; a list given here replaces that severity's built-in words.
        map: Option<SeverityMap>,
        /// For alerts without any known word. Default `warning`.
        default: Option<At<crate::alert::Severity>>,
    }
}

section! {
    /// The words for each severity.
    "`severity.map`" SeverityMap {
        /// Default `[critical, page, fatal, disaster, emergency, p0, p1]`.
        critical: Option<OneOrMany<At<String>>>,
        /// Default `[warning, warn, error, high, average, p2]`.
        warning: Option<OneOrMany<At<String>>>,
        /// Default `[info, information, notice, low, none, p3, p4]`.
        info: Option<OneOrMany<At<String>>>,
    }
}

impl Word for crate::alert::Severity {
    const WORDS: &'static [(&'static str, Self)] = &[("critical", Self::Critical), ("warning", Self::Warning), ("info", Self::Info)];
}

section! {
    /// Teams of people.
    "`people`" People {
        /// Team names to people: `email:`, `mobile:`, `open_id:`, `user_id:` or `union_id:` addresses.
        teams: Option<Named<OneOrMany<At<String>>>>,
    }
}

section! {
    /// What happens when very many alerts begin at once.
    "`storm`" Storm {
        /// First messages waiting for one chat before they become one digest; `0`: never. Default `20`.
        after: Option<At<u64>>,
    }
}

section! {
    /// Pictures that alerts bring along or point to. Embedded ones need no setting.
    "`pictures`" PicturesSection {
        /// Hosts that pictures may be fetched from, such as `grafana.example.com`, `'*.cdn.example.com'` (any name below) or `grafana:3000`; without a port 80 and 443. Default: nothing is fetched.
        hosts: Option<OneOrMany<At<String>>>,
        /// Networks that are not public and may be fetched from all the same, such as `10.0.0.0/8`. Default: none.
        networks: Option<OneOrMany<At<String>>>,
        /// Largest picture. A size; default and most `10MiB`, which is what the platform takes.
        max_bytes: Option<At<String>>,
        /// Longest time of one fetch. A duration; default `10s`.
        timeout: Option<At<String>>,
    }
}
