//! Label sets of the metric families. Words are `&'static str` taken from enums; `String`s are names from the
//! configuration, so that cardinality is bounded by what the operator wrote.

use prometheus_client::encoding::EncodeLabelSet;

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $type:ty),+ $(,)? })+) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub struct $name { $($(#[$fdoc])* pub $field: $type),+ })+
    };
}

labels! {
    /// What became of a picture or file that follows a message.
    Attachment {
        /// `picture`, `csv` or `json`.
        kind: &'static str,
        /// `uploaded`, `known`, `sent`, `again`, `refused` ...
        result: &'static str,
    }
    /// One webhook and what became of it.
    Event {
        /// Source name.
        source: String,
        /// `accepted`, `ignored` or `refused`.
        result: &'static str,
        /// Error code of a refusal; empty otherwise.
        reason: &'static str,
    }
    /// What a webhook did to a group.
    GroupOutcome {
        /// Source name.
        source: String,
        /// `opened`, `changed`, `resolved`, `duplicate` ...
        outcome: &'static str,
    }
    /// Alerts that led to no message, and why.
    Dropped {
        /// Source name.
        source: String,
        /// `muted`, `unroutable`, `duplicate`, `ignored`, `came_and_went` ...
        reason: &'static str,
    }
    /// Something by source.
    Source {
        /// Source name.
        source: String,
    }
    /// A render and its outcome.
    Render {
        /// Template name.
        template: String,
        /// `ok`, or `failed`: the built-in safe template carried it.
        outcome: &'static str,
    }
    /// A template.
    Template {
        /// Template name.
        template: String,
    }
    /// One platform call.
    Call {
        /// App or bot name.
        via: String,
        /// Endpoint.
        endpoint: &'static str,
        /// Class of the answer.
        class: &'static str,
    }
    /// An endpoint.
    Endpoint {
        /// Endpoint.
        endpoint: &'static str,
    }
    /// An app or bot.
    Via {
        /// App or bot name.
        via: String,
    }
    /// Jobs by state.
    State {
        /// `ready`, `leased`, `parked`, `dead`.
        state: &'static str,
    }
    /// Which budget made a call wait.
    Budget {
        /// `app_second`, `app_minute`, `chat`, `person`, `message`, `bot`, `pause`.
        budget: &'static str,
    }
    /// Why.
    Reason {
        /// A low-cardinality word.
        reason: &'static str,
    }
    /// An outcome.
    Outcome {
        /// `ok` or `failed`.
        result: &'static str,
    }
    /// One HTTP request.
    Request {
        /// Path template, never the path.
        path: String,
        /// Method.
        method: &'static str,
        /// Status class: `2xx`, `4xx` ...
        status: &'static str,
    }
    /// Requests to one place.
    Path {
        /// Path template, never the path.
        path: String,
    }
    /// What is running.
    Build {
        /// Version of larkhook.
        version: &'static str,
    }
}
