//! What those who make calls ask and tell beside their permit: what waits, what is held, what an outcome says of the target.

use super::Shared;
use crate::config::settings::Carrier;
use crate::deliver::breaker::Breaker;
use crate::deliver::limiter::{Admit, Demand, Scope};
use crate::feishu::error::Endpoint;
use crate::store::Park;
use jiff::Timestamp;

impl Shared {
    /// Whether the month's calls of an app run out: it should save those it can do without.
    pub fn saves(&self, app: &str) -> bool {
        let now = self.clock.now();
        self.lock().limiter.saver(app, now)
    }

    /// Until when a call would have to wait; nothing is counted.
    pub fn waits(&self, carrier: &Carrier, message: &str, endpoint: Endpoint) -> Option<Timestamp> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        match state.limiter.peek(&demand(carrier, Some(message), endpoint), now) {
            Admit::Yes => None,
            Admit::WaitUntil(until, _) => Some(until),
        }
    }

    /// Until when nothing but probes goes to a target: it is parked, or its app is in trouble.
    pub fn held(&self, carrier: &Carrier) -> Option<Timestamp> {
        let mut state = self.lock();
        let now = self.now(&mut state);
        let parked =
            [carrier.target.as_str(), "*"].into_iter().filter_map(|target| state.parked.get(&(carrier.via.clone(), target.to_owned())));
        let open = state.breakers.get(&carrier.via).and_then(Breaker::open_until);
        parked.copied().chain(open).max().filter(|until| *until > now)
    }

    /// Follows what was recorded about the target; says whether a trouble that was told is over.
    pub fn parking(&self, carrier: &Carrier, park: &Park) -> Option<(String, String)> {
        let mut state = self.lock();
        match park {
            Park::Keep => None,
            Park::Park { target, probe_at, .. } => {
                state.parked.insert((carrier.via.clone(), target.clone()), *probe_at);
                if target == "*" { None } else { state.works(&carrier.via, &["*"]) }
            }
            Park::AppWorks => state.works(&carrier.via, &["*"]),
            Park::Clear => state.works(&carrier.via, &[carrier.target.as_str(), "*"]),
        }
    }

    /// Remembers a trouble; `false` where it was told already.
    pub fn trouble(&self, via: &str, target: &str) -> bool {
        self.lock().troubled.insert((via.to_owned(), target.to_owned()))
    }
}

/// The budgets of a call. Edits of a message have their own and do not spend the chat's; a batch reaches each person by
/// itself, at a pace of the platform's own.
pub(super) fn demand<'a>(carrier: &'a Carrier, message: Option<&'a str>, api: Endpoint) -> Demand<'a> {
    let target = carrier.target.as_str();
    let scope = match (carrier.bot_name(), api) {
        (Some(name), _) => Scope::Bot(name),
        (_, Endpoint::Patch | Endpoint::Edit) => message.map_or(Scope::None, Scope::Message),
        (_, Endpoint::BatchSend | Endpoint::BatchProgress | Endpoint::BatchReadUser) => Scope::None,
        (_, Endpoint::ImageUpload | Endpoint::FileUpload) => Scope::None,
        _ if target.starts_with("chat:") => Scope::Chat(target),
        _ => Scope::Person(target),
    };
    Demand { app: carrier.app_name(), api, scope }
}
