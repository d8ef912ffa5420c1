//! The `feishu` section: apps and custom bots.

use crate::config::decode::{At, Named, Secret, Word, section};
use crate::config::settings::{Api, OnUnknown, ReceiveType, UserIdType};

impl Word for OnUnknown {
    const WORDS: &'static [(&'static str, Self)] = &[("resend", OnUnknown::Resend), ("drop", OnUnknown::Drop)];
}

impl Word for Api {
    const WORDS: &'static [(&'static str, Self)] = &[("im_v1", Api::ImV1), ("v4", Api::V4)];
}

impl Word for ReceiveType {
    const WORDS: &'static [(&'static str, Self)] = &[("chat", ReceiveType::Chat), ("user", ReceiveType::User)];
}

impl Word for UserIdType {
    const WORDS: &'static [(&'static str, Self)] =
        &[("open_id", UserIdType::OpenId), ("user_id", UserIdType::UserId), ("union_id", UserIdType::UnionId)];
}

section! {
    /// Feishu and Lark.
    "`feishu`" Feishu {
        /// Apps by a name of your choice.
        apps: Option<Named<App>>,
        /// Group custom bots by a name of your choice.
        bots: Option<Named<Bot>>,
    }
}

section! {
    /// One app of the developer console.
    "an app" App {
        /// `cli_...` from the developer console. Needed unless the platform is `sandbox`.
        app_id: Option<At<String>>,
        /// The app's secret. Needed unless the platform is `sandbox`.
        app_secret: Option<Secret>,
        /// File with the app's secret.
        app_secret_file: Option<At<String>>,
        /// Where the app lives: `feishu` (default), `lark`, `sandbox`, or the base URL of a private deployment or a simulator.
        platform: Option<At<String>>,
        /// HTTP proxy for calls, such as `http://proxy:3128`. Default: none.
        proxy: Option<At<String>>,
        /// PEM file with further root certificates, for private deployments.
        ca_file: Option<At<String>>,
        /// Budgets; never above the platform's own limits.
        limits: Option<LimitsSection>,
        /// The tenant it is of, by a word of your choice: its apps share `monthly_calls`. Default: all apps of one platform are of one tenant.
        tenant: Option<At<String>>,
        /// The message API: `im_v1` (default), or `v4` for private deployments that have only `message/v4`: no edits there.
        api: Option<At<Api>>,
        /// Help desk whose bot writes to `helpdesk:` targets.
        helpdesk: Option<Helpdesk>,
    }
}

section! {
    /// A help desk, from its administration page.
    "`helpdesk`" Helpdesk {
        /// The help desk's id.
        id: Option<At<String>>,
        /// The help desk's token (a secret).
        token: Option<Secret>,
        /// File with the token.
        token_file: Option<At<String>>,
        /// Where its messages appear: `chat` (default, the person's service chat) or `user` (their private chat with its bot).
        receive: Option<At<ReceiveType>>,
        /// What stands after `helpdesk:`: `open_id` (default), `user_id` or `union_id`.
        user_id_type: Option<At<UserIdType>>,
    }
}

section! {
    /// Budgets of one app.
    "`limits`" LimitsSection {
        /// Calls per second and API. Default `40`, at most `50`.
        per_second: Option<At<u64>>,
        /// Calls per minute and API. Default `900`, at most `1000`.
        per_minute: Option<At<u64>>,
        /// Messages per second into one chat or to one person, which other bots share. Default `4`, at most `5`.
        per_chat: Option<At<u64>>,
        /// Calls a month that the tenant may make (the free edition has a quota). Default: no quota.
        monthly_calls: Option<At<u64>>,
    }
}

section! {
    /// One custom bot of a group.
    "a bot" Bot {
        /// The bot's webhook address (a secret), or `sandbox`.
        url: Option<Secret>,
        /// File with the webhook address.
        url_file: Option<At<String>>,
        /// Signing key, where the bot checks signatures.
        secret: Option<Secret>,
        /// File with the signing key.
        secret_file: Option<At<String>>,
        /// Word the bot demands in every message; it is put in where it is missing.
        keyword: Option<At<String>>,
        /// App whose look-ups serve mentions by e-mail or mobile number here. Default: the only app.
        app: Option<At<String>>,
        /// When a call's outcome is unknown: `resend` (default; once, marked as a possible duplicate) or `drop`.
        on_unknown: Option<At<OnUnknown>>,
    }
}
