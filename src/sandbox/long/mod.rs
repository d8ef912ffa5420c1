//! The long connection: apps are told of pressed cards over a WebSocket that they opened.
//!
//! [`endpoint`] gives out the URL and takes the upgrade, [`registry`] knows who is connected, [`session`] is one connection.
//! A message goes to one connection of the app, chosen at random; it is acked within three seconds or lost.

mod endpoint;
mod registry;
mod session;

pub(crate) use endpoint::{routes, url};
pub use registry::ConnectionInfo;
pub(crate) use registry::{Push, Sockets};
