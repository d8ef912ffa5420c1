//! Who may connect and who is connected: tickets that were given out, and the open connections of each app.

use crate::feishu::callback::frame::Frame;
use crate::sandbox::clock::ms_between;
use crate::util::id::new_id;
use jiff::Timestamp;
use rand::RngExt;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Connections that one app may have.
pub(crate) const MAX_OF_APP: usize = 50;
/// Connections of all apps together; the sandbox's own limit.
const MAX: usize = 1024;
/// URLs that were given out and not used yet.
const MAX_TICKETS: usize = 4096;
/// How long a URL is good. Every try to connect begins with a new one.
const TICKET_MS: i64 = 60_000;
/// Messages that wait for a connection's turn to write.
const QUEUE: usize = 64;
/// The platform's numbers are of this size.
const FIRST_SERVICE: i32 = 33_554_433;

/// A message for an app, and where its ack goes.
#[derive(Debug)]
pub(crate) struct Push {
    pub message_id: String,
    /// Its fragments, in order.
    pub frames: Vec<Frame>,
    pub ack: oneshot::Sender<Frame>,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub info: ConnectionInfo,
    pub queue: mpsc::Sender<Push>,
    /// Ends it.
    pub close: CancellationToken,
}

/// What is known of an open connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionInfo {
    /// Its id, the `device_id` of its URL.
    pub device_id: String,
    /// Whose it is.
    pub app_id: String,
    /// The `service_id` of its URL, which frames repeat.
    pub service_id: i32,
    /// Since when.
    pub since: Timestamp,
}

/// Why nobody connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The app has its fifty.
    App,
    /// There are too many altogether.
    Sandbox,
}

#[derive(Debug)]
struct Ticket {
    app_id: String,
    service_id: i32,
    given: Timestamp,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    /// By `device_id`.
    tickets: HashMap<String, Ticket>,
    /// By app.
    open: BTreeMap<String, Vec<Arc<Connection>>>,
    given: i32,
}

impl Sockets {
    /// Whether one more of the app fits.
    pub fn room(&self, app_id: &str) -> Result<(), NoRoom> {
        let total: usize = self.open.values().map(Vec::len).sum();
        match self.open.get(app_id) {
            Some(open) if open.len() >= MAX_OF_APP => Err(NoRoom::App),
            _ if total >= MAX || self.tickets.len() >= MAX_TICKETS => Err(NoRoom::Sandbox),
            _ => Ok(()),
        }
    }

    /// Lets the app connect once: `device_id` and `service_id` of the URL.
    pub fn give(&mut self, app_id: &str, now: Timestamp) -> (String, i32) {
        self.tickets.retain(|_, ticket| ms_between(ticket.given, now) <= TICKET_MS);
        let (device_id, service_id) = (new_id(), FIRST_SERVICE.wrapping_add(self.given));
        self.given = self.given.wrapping_add(1);
        self.tickets.insert(device_id.clone(), Ticket { app_id: app_id.to_owned(), service_id, given: now });
        (device_id, service_id)
    }

    /// Whose URL this is, while it is good.
    pub fn owner(&self, device_id: &str, now: Timestamp) -> Option<&str> {
        let ticket = self.tickets.get(device_id).filter(|ticket| ms_between(ticket.given, now) <= TICKET_MS)?;
        Some(&ticket.app_id)
    }

    /// Opens the connection of a URL, which is used up by that.
    pub fn open(&mut self, device_id: &str, now: Timestamp) -> Option<(Arc<Connection>, mpsc::Receiver<Push>)> {
        let ticket = self.tickets.remove(device_id)?;
        let (queue, pushes) = mpsc::channel(QUEUE);
        let Ticket { app_id, service_id, .. } = ticket;
        let info = ConnectionInfo { device_id: device_id.to_owned(), app_id: app_id.clone(), service_id, since: now };
        let connection = Arc::new(Connection { info, queue, close: CancellationToken::new() });
        self.open.entry(app_id).or_default().push(Arc::clone(&connection));
        Some((connection, pushes))
    }

    /// Takes note that a connection has ended.
    pub fn closed(&mut self, connection: &ConnectionInfo) {
        if let Some(open) = self.open.get_mut(&connection.app_id) {
            open.retain(|other| other.info.device_id != connection.device_id);
            if open.is_empty() {
                self.open.remove(&connection.app_id);
            }
        }
    }

    /// One connection of the app, whichever.
    pub fn any(&self, app_id: &str) -> Option<Arc<Connection>> {
        let open = self.open.get(app_id)?;
        open.get(rand::rng().random_range(0..open.len())).map(Arc::clone)
    }

    /// All open connections.
    pub fn all(&self) -> Vec<ConnectionInfo> {
        self.open.values().flatten().map(|connection| connection.info.clone()).collect()
    }

    /// Ends one connection, or all of an app, or (`None`) all; how many there were.
    pub fn close(&self, id: Option<&str>) -> usize {
        let fits = |connection: &&Arc<Connection>| id.is_none_or(|id| connection.info.device_id == id || connection.info.app_id == id);
        self.open.values().flatten().filter(fits).map(|connection| connection.close.cancel()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::from_ms;

    #[test]
    fn urls_are_good_once_for_a_minute() {
        let mut sockets = Sockets::default();
        let (first, service) = sockets.give("cli_a", from_ms(0));
        let (second, other) = sockets.give("cli_a", from_ms(0));
        assert_ne!((&first, service), (&second, other));
        assert_eq!((sockets.owner(&first, from_ms(60_000)), sockets.owner(&first, from_ms(60_001))), (Some("cli_a"), None));
        assert!(sockets.open(&first, from_ms(1)).is_some());
        assert!(sockets.open(&first, from_ms(1)).is_none());
        sockets.give("cli_b", from_ms(60_001));
        assert_eq!(sockets.tickets.len(), 1, "{second} is forgotten");
    }

    #[test]
    fn an_app_has_fifty_connections_and_each_has_its_turn() {
        let mut sockets = Sockets::default();
        let mut kept = Vec::new();
        for _ in 0..MAX_OF_APP {
            assert_eq!(sockets.room("cli_a"), Ok(()));
            let (device_id, _) = sockets.give("cli_a", from_ms(0));
            kept.push(sockets.open(&device_id, from_ms(0)).unwrap());
        }
        assert_eq!((sockets.room("cli_a"), sockets.room("cli_b")), (Err(NoRoom::App), Ok(())));
        let seen: std::collections::HashSet<String> = (0..2000).map(|_| sockets.any("cli_a").unwrap().info.device_id.clone()).collect();
        assert!(seen.len() > 40, "{}", seen.len());
        assert!(sockets.any("cli_b").is_none());
        sockets.closed(&kept[0].0.info);
        assert_eq!((sockets.room("cli_a"), sockets.all().len(), sockets.close(Some("cli_a"))), (Ok(()), 49, 49));
        assert!(kept[1].0.close.is_cancelled() && !kept[0].0.close.is_cancelled());
    }
}
