//! The platform's endpoints. Each handler is one synchronous step on the locked state: check, limit,
//! effect, answer.

pub(crate) mod access;
pub(crate) mod batch;
pub(crate) mod chat_create;
pub(crate) mod chats;
pub(crate) mod edit;
pub(crate) mod forward;
pub(crate) mod helpdesk;
pub(crate) mod hook;
pub(crate) mod legacy;
pub(crate) mod members;
pub(crate) mod object;
pub(crate) mod params;
pub(crate) mod pins;
pub(crate) mod reactions;
pub(crate) mod read;
pub(crate) mod readers;
pub(crate) mod resource;
pub(crate) mod send;
pub(crate) mod update;
pub(crate) mod urgent;
pub(crate) mod user;
pub(crate) mod v4;

pub(crate) use v4::status_of;

use crate::sandbox::answer::{Outcome, refuse};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::messages::UrgentKind;
use crate::sandbox::{files, images, long};

/// Runs one call against the state.
pub(crate) fn handle(core: &mut Core, call: &mut Call) -> Outcome {
    if call.endpoint.needs_token() {
        access::authorise(core, call)?;
    }
    let call = &*call;
    batch::untouched(core, call)?;
    match call.endpoint {
        Endpoint::Token => access::token(core, call),
        Endpoint::Send => send::send(core, call),
        Endpoint::Reply => send::reply(core, call),
        Endpoint::Edit => edit::edit(core, call),
        Endpoint::Patch => edit::patch(core, call),
        Endpoint::Recall => edit::recall(core, call),
        Endpoint::Forward => forward::forward(core, call),
        Endpoint::MergeForward => forward::merge_forward(core, call),
        Endpoint::ThreadForward => forward::thread_forward(core, call),
        Endpoint::ReadUsers => readers::list(core, call),
        Endpoint::Resource => resource::download(core, call),
        Endpoint::UrgentApp => urgent::urge(core, call, UrgentKind::App),
        Endpoint::UrgentSms => urgent::urge(core, call, UrgentKind::Sms),
        Endpoint::UrgentPhone => urgent::urge(core, call, UrgentKind::Phone),
        Endpoint::PinCreate => pins::create(core, call),
        Endpoint::PinDelete => pins::delete(core, call),
        Endpoint::PinList => pins::list(core, call),
        Endpoint::ReactionCreate => reactions::create(core, call),
        Endpoint::ReactionDelete => reactions::delete(core, call),
        Endpoint::ReactionList => reactions::list(core, call),
        Endpoint::Get => read::get(core, call),
        Endpoint::List => read::list(core, call),
        Endpoint::Chats => chats::list(core, call),
        Endpoint::ChatSearch => chats::search(core, call),
        Endpoint::ChatCreate => chat_create::create(core, call),
        Endpoint::Members => members::list(core, call),
        Endpoint::MembersAdd => members::add(core, call),
        Endpoint::MembersRemove => members::remove(core, call),
        Endpoint::User => user::get(core, call),
        Endpoint::ChatInfo => chats::info(core, call),
        Endpoint::IsInChat => chats::is_in_chat(core, call),
        Endpoint::BatchGetId => access::batch_get_id(core, call),
        Endpoint::BotInfo => access::bot_info(core, call),
        Endpoint::ImageUpload => images::upload(core, call),
        Endpoint::ImageGet => images::download(core, call),
        Endpoint::FileUpload => files::upload(core, call),
        Endpoint::FileGet => files::download(core, call),
        Endpoint::BatchSend => batch::send(core, call),
        Endpoint::BatchProgress => batch::progress(core, call),
        Endpoint::BatchReadUser => batch::read_user(core, call),
        Endpoint::BatchRecall => batch::recall(core, call),
        Endpoint::LegacySend => legacy::send(core, call),
        Endpoint::HelpdeskSend => helpdesk::send(core, call),
        Endpoint::CardUpdate => update::update(core, call),
        Endpoint::Hook => hook::post(core, call),
        Endpoint::WsEndpoint => long::url(core, call),
        Endpoint::WsConnect | Endpoint::Callback => Err(refuse(99_991_201)),
    }
}
