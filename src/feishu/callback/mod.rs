//! How the platform tells an app what people do: the wire, for both of its ends.
//!
//! Pure: time, nonces and initialisation vectors come in as arguments, bytes go in and out. [`crypt`] and
//! [`signature`] are the webhook's protection, [`envelope`] what stands inside, [`open()`] the order in which an app
//! checks a request, [`answer`] what it may answer; [`frame`] and [`fragments`] are the long connection.
//! Written from `open.feishu.cn/document/server-docs/event-subscription-guide`, read 2026-11, and the official SDKs.

pub mod answer;
pub mod crypt;
pub mod envelope;
pub mod fragments;
pub mod frame;
mod open;
pub mod signature;
#[cfg(test)]
mod tests;

pub use open::{Keys, OpenError, Signed, open};
