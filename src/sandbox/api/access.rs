//! Tokens, the gateway's checks, the bot's own identity, and looking people up.

use crate::sandbox::answer::{Answer, Outcome, Refused, refuse, refuse_msg, too_many, words};
use crate::sandbox::api::params::{id_kind, strings};
use crate::sandbox::core::{Call, Core};
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::limits::Scope;
use crate::sandbox::people::IdKind;
use crate::sandbox::world::Person;
use crate::util::id::hash_id;
use serde_json::{Value, json};

/// `POST auth/v3/tenant_access_token/internal`
pub(crate) fn token(core: &mut Core, call: &Call) -> Outcome {
    let (Some(app_id), Some(secret)) = (call.text("app_id")?, call.text("app_secret")?) else { return Err(refuse(10_003)) };
    if app_id.is_empty() || secret.is_empty() {
        return Err(refuse(10_003));
    }
    match core.world.apps.get(app_id) {
        Some(app) if app.disabled => return Err(refuse(10_014)),
        Some(app) if !app.app_secret.is_empty() && app.app_secret != secret => return Err(refuse(10_015)),
        None if !core.world.knows_app(app_id) => return Err(refuse(99_991_543)),
        _ => {}
    }
    let (token, expire) = core.tokens.issue(app_id, call.now);
    Ok(Answer::flat(json!({"tenant_access_token": token, "app_access_token": token, "expire": expire})))
}

/// The gateway: token, app, scope, quota, rate.
pub(crate) fn authorise(core: &mut Core, call: &mut Call) -> Result<(), Refused> {
    let Some(header) = call.authorization.as_deref().filter(|header| !header.is_empty()) else { return Err(refuse(99_991_661)) };
    let Some(token) = header.strip_prefix("Bearer ").map(str::trim).filter(|token| !token.is_empty()) else {
        return Err(refuse(99_991_661));
    };
    if token.starts_with("u-") {
        return Err(refuse(99_991_668));
    }
    if !token.starts_with("t-") {
        return Err(refuse(99_991_671));
    }
    core.tokens.owner(token, call.now).ok_or_else(|| refuse(99_991_663))?.clone_into(&mut call.app);
    let app = core.world.app(&call.app);
    if app.disabled {
        return Err(refuse(99_991_662));
    }
    if app.denied.contains(call.endpoint.as_str()) {
        let msg = format!("{}: [{}]", words(99_991_672).trim_end_matches('.'), scopes(call.endpoint));
        return Err(refuse_msg(400, 99_991_672, msg));
    }
    if call.endpoint.counts_for_quota() {
        match &mut core.world.quota {
            Some(0) => return Err(refuse(99_991_403)),
            Some(left) => *left -= 1,
            None => {}
        }
    }
    if core.switches.limits
        && call.endpoint != Endpoint::BotInfo
        && let Err(full) = core.limits.admit(Scope::Api(call.endpoint.as_str(), call.app.clone()), call.now)
    {
        return Err(too_many(full.rule.calls, full.reset_ms));
    }
    // The v4 endpoints have a code of their own; of the help desk nothing is said.
    let is_im = !matches!(
        call.endpoint,
        Endpoint::BatchGetId
            | Endpoint::User
            | Endpoint::BotInfo
            | Endpoint::ImageGet
            | Endpoint::FileGet
            | Endpoint::BatchSend
            | Endpoint::LegacySend
            | Endpoint::HelpdeskSend
            | Endpoint::CardUpdate
    );
    if app.bot_off && is_im { Err(refuse(bot_off(call.endpoint))) } else { Ok(()) }
}

/// What is answered when the app's bot ability is off.
const fn bot_off(endpoint: Endpoint) -> i64 {
    use Endpoint as E;
    match endpoint {
        E::ImageUpload | E::FileUpload | E::Resource => 234_007,
        E::Chats | E::ChatSearch | E::ChatInfo | E::ChatCreate | E::Members | E::MembersAdd | E::MembersRemove | E::IsInChat => 232_025,
        _ => 230_006,
    }
}

/// Any one of these scopes is enough.
const fn scopes(endpoint: Endpoint) -> &'static str {
    use Endpoint as E;
    match endpoint {
        E::Send | E::Reply => "im:message, im:message:send_as_bot, im:message:send",
        E::Edit | E::Patch => "im:message, im:message:send_as_bot, im:message:update",
        E::Recall => "im:message, im:message:recall, im:message:send_as_bot",
        E::Forward | E::MergeForward | E::ThreadForward => "im:message, im:message:send_as_bot",
        E::Get | E::List => "im:message, im:message:readonly, im:message.group_msg",
        E::ReadUsers => "im:message, im:message:readonly, im:message:basic",
        E::Resource => "im:message, im:message:readonly, im:message.history:readonly",
        E::UrgentApp => "im:message.urgent, im:message.urgent:app_send",
        E::UrgentSms => "im:message.urgent:sms, im:message.urgent:sms_send",
        E::UrgentPhone => "im:message.urgent:phone, im:message.urgent:phone_send",
        E::PinCreate | E::PinDelete => "im:message, im:message.pins:write_only, im:message:send_as_bot",
        E::PinList => "im:message, im:message.pins:read, im:message:readonly",
        E::ReactionCreate | E::ReactionDelete => "im:message, im:message.reactions:write_only",
        E::ReactionList => "im:message.reactions:read, im:message:readonly",
        E::BatchSend | E::BatchProgress | E::BatchReadUser | E::BatchRecall => "im:message:send_multi_users, im:message:send_multi_depts",
        E::LegacySend => "im:message:send_as_bot",
        E::HelpdeskSend => "helpdesk:all",
        E::Chats | E::ChatSearch | E::ChatInfo | E::IsInChat => "im:chat, im:chat:readonly, im:chat:read",
        E::ChatCreate => "im:chat, im:chat:create",
        E::Members => "im:chat, im:chat.members:read",
        E::MembersAdd | E::MembersRemove => "im:chat, im:chat.members:write_only",
        E::ImageUpload | E::FileUpload => "im:resource, im:resource:upload",
        E::BatchGetId => "contact:user.id:readonly",
        E::User => "contact:contact.base:readonly, contact:user.base:readonly",
        E::Token | E::BotInfo | E::ImageGet | E::FileGet | E::Hook | E::CardUpdate | E::WsEndpoint | E::WsConnect | E::Callback => "none",
    }
}

/// `GET bot/v3/info`: flat, the bot beside the code.
pub(crate) fn bot_info(core: &mut Core, call: &Call) -> Outcome {
    let app = core.world.app(&call.app);
    let status = if app.bot_off { 1 } else { 2 };
    Ok(Answer::flat(json!({"bot": {
        "activate_status": status,
        "app_name": app.name,
        "avatar_url": "",
        "ip_white_list": [],
        "open_id": format!("ou_{}", hash_id(&["bot", &call.app]).get(..32).unwrap_or_default()),
    }})))
}

const MAX_LOOKUPS: usize = 50;

/// `POST contact/v3/users/batch_get_id`: one entry per value asked for, without `user_id` where nobody is.
pub(crate) fn batch_get_id(core: &mut Core, call: &Call) -> Outcome {
    let kind = id_kind(call, "user_id_type")?;
    let body = call.object()?;
    let (emails, mobiles) = (strings(call, "emails", MAX_LOOKUPS)?, strings(call, "mobiles", MAX_LOOKUPS)?);
    let resigned = body.get("include_resigned").and_then(Value::as_bool).unwrap_or_default();
    let mut users = Vec::with_capacity(emails.len() + mobiles.len());
    for email in emails {
        let found = core.world.person(IdKind::Email, &email, &call.app).ok().cloned();
        users.push(found_user("email", &email, found, kind, &call.app, resigned));
    }
    for mobile in mobiles {
        let found = core.world.by_mobile(&mobile).cloned();
        users.push(found_user("mobile", &mobile, found, kind, &call.app, resigned));
    }
    Ok(Answer::ok(json!({"user_list": users})))
}

fn found_user(key: &str, value: &str, person: Option<Person>, kind: IdKind, app_id: &str, resigned: bool) -> Value {
    let mut user = json!({key: value});
    if let Some(person) = person.filter(|person| !person.hidden && (resigned || !person.resigned)) {
        user["user_id"] = person.id_for(kind, app_id).into();
        user["status"] = json!({
            "is_frozen": false, "is_resigned": person.resigned, "is_activated": !person.resigned, "is_exited": false, "is_unjoin": false,
        });
    }
    user
}
