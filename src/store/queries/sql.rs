//! Jobs as lists show them: dead, ready, or parked with everyone that could carry them.

/// Whether everyone that could carry a message (`m`) is parked: its app or the target there; of bots that take turns,
/// `bot:[a,b]`, each of them.
macro_rules! all_parked {
    () => {
        "(exists (select 1 from parked p where p.via = m.via and p.target in (m.target, '*')) or m.via like 'bot:[%' and not exists \
         (select 1 from json_each('[\"bot:' || replace(substr(m.via, 6, length(m.via) - 6), ',', '\",\"bot:') || '\"]') bot \
         where not exists (select 1 from parked p where p.via = bot.value)))"
    };
}

/// Jobs `j` that are due or will be.
pub const READY: &str = concat!("j.state = 'ready' and not ", all_parked!());
/// Jobs `j` that wait for somebody to change a setting.
pub const PARKED: &str = concat!("j.state = 'ready' and ", all_parked!());
/// The columns of a job in a list.
pub const JOBS: &str = concat!(
    "select j.id, j.kind, case when j.state = 'ready' and ",
    all_parked!(),
    " then 'parked' else j.state end as state, m.id as message, m.incident_id, i.title, i.source, m.via, m.target, m.severity, j.created_at, j.due_at, \
     j.attempts, j.step, j.reason from jobs j join messages m on m.id = j.message_id join incidents i on i.id = m.incident_id"
);
