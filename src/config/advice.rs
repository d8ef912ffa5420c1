//! Keys that are no typing mistakes: Alertmanager's own, and larkhook's that come later.

/// What to say of such a key.
pub struct Advice {
    /// The finding's code.
    pub code: &'static str,
    /// Why it is refused.
    pub message: &'static str,
    /// What to do instead.
    pub hint: &'static str,
}

const LATER: &str = "not in this version";
const FOREIGN: &str = "a key of Alertmanager that does not apply here";

/// Keys of later versions: section, key, what to do until then.
const LATER_KEYS: &[(&str, &str, &str)] = &[
    ("an app", "callbacks", "leave it out; buttons come with a later version"),
    ("an app", "helpdesk", "leave it out; send to a chat"),
    ("a source", "api", "leave it out; silences from a message come with a later version"),
    ("a source", "prometheus", "leave it out; charts come with a later version"),
    ("a `send` entry", "buttons", "leave it out; buttons come with a later version"),
    ("a `send` entry", "pin", "leave it out; pinning comes with a later version"),
    ("a `send` entry", "escalate", "leave it out; use `mention` with `mention_on: [fire, worse, reopen, repeat]` until then"),
];

/// Keys pasted from Alertmanager: section, key, what to do instead.
const FOREIGN_KEYS: &[(&str, &str, &str)] = &[
    ("a route", "group_wait", "leave it in Alertmanager; here a message appears at once and is edited as its group changes"),
    ("a route", "group_interval", "leave it in Alertmanager; here the message is edited whenever something changes"),
    ("a route", "repeat_interval", "leave it in Alertmanager; its repeats are answered by `lifecycle.on_repeat` of the send entry"),
    ("a route", "match", "write `matchers: ['name=\"value\"']`"),
    ("a route", "match_re", "write `matchers: ['name=~\"expression\"']`"),
    ("the configuration", "global", "credentials stand under `feishu`; there are no other global keys"),
    ("the configuration", "inhibit_rules", "leave them in Alertmanager; what it inhibits is shown as no longer reported"),
    ("the configuration", "mute_time_intervals", "write `time_intervals`"),
    ("a receiver", "webhook_configs", "write `send: [{ to: 'chat:oc_...' }]`"),
    ("a receiver", "email_configs", "larkhook only writes to Feishu and Lark: `send: [{ to: 'chat:oc_...' }]`"),
    ("a receiver", "wechat_configs", "larkhook only writes to Feishu and Lark: `send: [{ to: 'chat:oc_...' }]`"),
    ("a receiver", "slack_configs", "larkhook only writes to Feishu and Lark: `send: [{ to: 'chat:oc_...' }]`"),
];

/// Keys that stand elsewhere: section, key, where.
const MISPLACED_KEYS: &[(&str, &str, &str)] = &[
    ("a `send` entry", "locale", "`locale` is a key of the receiver, or of the whole configuration"),
    ("a `send` entry", "on_resolve", "write it under `lifecycle`"),
    ("a `send` entry", "on_change", "write it under `lifecycle`"),
    ("a `send` entry", "on_repeat", "write it under `lifecycle`"),
    ("a `send` entry", "continue", "`continue` is a key of a route"),
    ("a receiver", "to", "write it in an entry of `send`: `send: [{ to: ... }]`"),
    ("a receiver", "matchers", "receivers do not choose; write them in a route or in an entry of `send`"),
    ("a source", "allow_ips", "write it under `auth`"),
    ("a source", "bearer_token", "write it under `auth`"),
    ("a source", "hmac", "write it under `auth`"),
    ("the configuration", "apps", "write it under `feishu`"),
    ("the configuration", "bots", "write it under `feishu`"),
    ("the configuration", "teams", "write it under `people`"),
    ("the configuration", "listen", "write it under `server`"),
    ("the configuration", "routes", "write it under `route`"),
];

/// Keys that must be there: what they look like.
const MISSING_KEYS: &[(&str, &str)] = &[
    ("sources", "for example `sources: { alertmanager: { kind: alertmanager, auth: { bearer_token: \"${HOOK_TOKEN}\" } } }`"),
    ("route", "for example `route: { receiver: default }`"),
    ("auth", "for example `auth: { bearer_token: \"${HOOK_TOKEN}\" }`; also basic, header, hmac, or the word none"),
    ("kind", "one of alertmanager, grafana, json"),
    ("send", "for example `send: [{ to: 'chat:oc_...' }]`"),
    ("to", "for example `to: chat:oc_...`"),
    ("name", "give it a name"),
];

/// What a missing key looks like.
pub fn missing(key: &str) -> Option<&'static str> {
    MISSING_KEYS.iter().find(|(known, _)| *known == key).map(|(_, hint)| *hint)
}

/// What to say of `key` in `section`, if it is such a key.
pub fn of(section: &str, key: &str) -> Option<Advice> {
    let find = |table: &[(&str, &str, &'static str)]| table.iter().find(|(s, k, _)| *s == section && *k == key).map(|(.., hint)| *hint);
    let in_table = |table, code, message| find(table).map(|hint| Advice { code, message, hint });
    in_table(LATER_KEYS, "later", LATER)
        .or_else(|| in_table(FOREIGN_KEYS, "not-alertmanager", FOREIGN))
        .or_else(|| in_table(MISPLACED_KEYS, "misplaced-key", "it does not stand here"))
}
