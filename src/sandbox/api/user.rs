//! One person of the address book.

use crate::sandbox::answer::{Answer, Outcome, field, refuse};
use crate::sandbox::api::params::id_kind;
use crate::sandbox::core::{Call, Core};
use crate::sandbox::people::NoPerson;
use serde_json::json;

/// `GET contact/v3/users/:user_id`
pub(crate) fn get(core: &mut Core, call: &Call) -> Outcome {
    let kind = id_kind(call, "user_id_type")?;
    if !matches!(call.param("department_id_type"), "" | "department_id" | "open_department_id") {
        let options = "department_id_type options: [department_id,open_department_id]";
        return Err(field("department_id_type", call.param("department_id_type"), options));
    }
    let person = match core.world.person(kind, &call.id, &call.app) {
        Ok(person) => person,
        Err(NoPerson::OtherApp) => return Err(refuse(99_992_361)),
        Err(NoPerson::Unknown) => return Err(refuse(41_012)),
    };
    if person.hidden {
        return Err(refuse(41_050));
    }
    Ok(Answer::ok(json!({"user": {
        "open_id": person.open_id_for(&call.app), "union_id": person.union_id, "user_id": person.user_id,
        "name": person.name, "en_name": "", "nickname": "", "email": person.email, "mobile": person.mobile,
        "mobile_visible": true, "gender": 0,
        "avatar": {"avatar_72": "", "avatar_240": "", "avatar_640": "", "avatar_origin": ""},
        "status": {
            "is_frozen": false, "is_resigned": person.resigned, "is_activated": !person.resigned, "is_exited": false, "is_unjoin": false,
        },
        "department_ids": [], "leader_user_id": "", "city": "", "country": "", "work_station": "", "join_time": 0,
        "is_tenant_manager": false, "employee_no": "", "employee_type": 1,
    }})))
}
