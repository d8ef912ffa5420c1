//! Everything that knows the Feishu/Lark platform; nothing in here knows alerts.
//!
//! Pure: [`error`] (what an answer means, who has to do what), [`call`] (one call as exact bytes) and [`callback`] (what the
//! platform tells an app, and its answers). Effects: [`client`] (calls with a token), [`token`], [`webhook_bot`] (group
//! custom bots), [`people`] (look-ups), [`check_live`] (questions `check --live` asks). Retries belong to `deliver`: nothing in here waits and
//! tries again, except once after a refused token. Start reading at [`client::AppClient::call`].

pub mod call;
pub mod callback;
pub mod check_live;
pub mod client;
#[cfg(test)]
mod client_test;
pub mod content;
pub mod error;
mod http;
pub mod people;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod token;
pub mod webhook_bot;
