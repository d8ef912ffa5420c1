//! What delivery does in the store for one call, without the call.

use larkhook::config::settings::{Carrier, ContentKind};
use larkhook::outbox::{Act, CallMeta};
use larkhook::store::{Begin, Finish, Next, Owed, Park, Patch, Store, Tried};

/// Keeps the call that the message is owed, and records that it went well.
pub async fn send(store: &Store, message: Owed) {
    let job = message.sync.unwrap();
    let now = message.opened_at;
    let meta = CallMeta {
        act: Act::Send,
        revision: message.revision,
        generation: 1,
        shape: ContentKind::Card,
        schema: "2.0".to_owned(),
        told: "{}".to_owned(),
        repeatable: true,
        part: None,
        images: Vec::new(),
        told_of: None,
        left_out: false,
    };
    let call = Some(("x".repeat(4000), meta));
    let carrier = Carrier { via: message.key.via, target: message.key.target };
    let begin = Begin { job: job.id.clone(), fence: job.fence, via: carrier.via.clone(), step: String::new(), call, now, lease_until: now };
    let fence = store.begin(begin).await.unwrap().unwrap();
    let finish = Finish {
        job: job.id,
        message: message.message,
        fence,
        carrier,
        now,
        tried: Some(Tried { endpoint: "send", http: 200, code: Some(0), class: "ok", ..Tried::default() }),
        patch: Patch { platform_id: Some("om_x".to_owned()), shown: Some(message.revision), generation: Some(1), ..Patch::default() },
        next: Next::Done,
        park: Park::Keep,
        seen: (message.revision, message.repeats),
    };
    store.finish(finish).await.unwrap();
}
