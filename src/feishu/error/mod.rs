//! What an answer of the platform means: endpoint and code to a class, and a sentence for people.
//!
//! Pure. The platform's HTTP status says little (custom bots refuse with 200, most message errors are 400), so
//! [`classify`] goes by (endpoint, code) from one table; the same number means different things on different
//! endpoints. Start at [`classify`], the rows are in `table`, what a call came to is [`Outcome`].

mod answer;
mod class;
mod endpoint;
mod explain;
mod outcome;
mod quota;
mod salvage;
mod table;

pub use answer::{Answer, ParseAs, sub_code};
pub use class::{Class, ContentFault, StateFault, classify};
pub use endpoint::{Endpoint, Family};
pub use explain::{Explanation, explain, explain_answer};
pub use outcome::{Doubt, NotSentReason, Outcome, Timed, UnknownReason};
pub use quota::quota_ends;
