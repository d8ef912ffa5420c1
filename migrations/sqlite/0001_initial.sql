-- Times are epoch milliseconds, JSON is text, ids are text. But for `without rowid` SQLite and PostgreSQL read the same.

-- Each index is paid for by every accepted alert: about four microseconds, and a page of the journal where its keys come in no order.

-- Accepted webhook bodies, in their order: what a sender was told is stored.
create table events (
    number      integer primary key,
    id          text   not null,           -- begins with the time
    source      text   not null,
    received_at bigint not null,
    body        blob   not null,
    outcome     text   not null            -- JSON: groups, messages, counts of what was not sent and why, its first entry in heard and how many
);

-- Which accepted body had to do with which incident, in their order; each names the incident's one before, so that no index is needed.
create table heard (
    number      integer primary key,
    incident_id text   not null,
    event       bigint not null,           -- number of the event
    at          bigint not null,
    outcome     text   not null,           -- opened | reopened | changed | repeated | unchanged
    before      bigint                     -- number of the incident's entry before; null: its first
);

-- Digest of what each sender group told last: an equal one is an HA twin, a retry or a repeat.
create table told (
    sender_group text   not null primary key,
    digest       text   not null,
    applied_at   bigint not null
) without rowid;
create index told_by_time on told (applied_at);

-- And of what it told shortly before that, which late twins bring again.
create table told_before (
    sender_group text   not null,
    digest       text   not null,
    applied_at   bigint not null,
    primary key (sender_group, digest)
) without rowid;
create index told_before_by_time on told_before (applied_at);

-- One alert group from first firing to resolved or expired.
create table incidents (
    id           text   not null primary key,
    group_id     text   not null,
    source       text   not null,
    receiver     text   not null,
    group_key    text   not null,
    group_labels text   not null,          -- JSON object
    external_url text   not null,
    payload      text   not null,          -- JSON object: other top-level fields of the newest body
    truncated    bigint not null,
    phase        text   not null,          -- firing | gone | resolved | expired | test | storm (a digest of ours, while it lives)
    severity     text   not null,
    title        text   not null,
    opened_at    bigint not null,
    heard_at     bigint not null,
    ended_at     bigint,                   -- resolved or expired at
    acked_by     text,
    acked_at     bigint,
    heard        bigint                    -- its newest entry in heard
);
-- Of a group one at the most is open, and those before it ended one after the other.
create index incidents_by_group on incidents (group_id, ended_at);
create index incidents_open on incidents (heard_at, phase) where phase in ('firing', 'gone');
create index incidents_open_by_id on incidents (id, phase, severity, acked_at, opened_at) where phase in ('firing', 'gone');
create index incidents_of_storms on incidents (id) where phase = 'storm';
create index incidents_ended on incidents (ended_at) where ended_at is not null;

-- The newest life of each alert of an incident.
create table instances (
    incident_id  text   not null references incidents (id) on delete cascade,
    sender_group text   not null,
    fingerprint  text   not null,
    state        text   not null,          -- firing | resolved | gone | expired
    severity     text   not null,
    changed_at   bigint not null,
    alert        text   not null,          -- JSON of the alert as last reported
    messages     text   not null,          -- JSON array of the ids of the messages it is routed to
    primary key (incident_id, sender_group, fingerprint)
);
create index instances_firing on instances (sender_group, fingerprint) where state = 'firing';

-- One living message: (incident, app or bot, target, send name).
create table messages (
    id           text   not null primary key,
    incident_id  text   not null references incidents (id) on delete cascade,
    via          text   not null,          -- app:NAME, bot:NAME, or bot:[A,B] whose bots take turns
    target       text   not null,          -- the configured address
    send_name    text   not null,
    spec         text   not null,          -- JSON: receiver, kind, template, locale, lifecycle, mention_on
    mentions     text   not null,          -- JSON array of configured addresses
    phase        text   not null,          -- living | left (a person recalled it: it is left alone) | told (it ended inside a digest)
    status       text   not null,          -- of the instances routed to it
    severity     text   not null,
    revision     bigint not null,          -- grows with every change of what it shows
    wanted       bigint not null,          -- the revision it should show
    shown        bigint not null,          -- the revision it shows; 0: never sent
    renew        bigint not null,          -- the send generation wanted
    generation   bigint not null,          -- the send generation shown
    repeats      bigint not null,          -- reminders of the sender so far
    ended_at     bigint,                   -- when nothing routed to it fired any more
    edit_way     text   not null,          -- edit | reply | new: how it is brought up to date
    duplicate    bigint not null,          -- 1: an earlier call's outcome stays unknown
    platform_id  text,
    chat_id      text,
    shown_kind   text,
    shown_schema text,
    sent_at      bigint,
    updates      bigint not null,          -- versions shown
    replies      bigint not null,          -- replies sent: the sequence of their uuids
    replied_view text,                     -- JSON digest of the view that people were last told of
    digest       text                      -- the digest (a message) that last listed it while it waited
) without rowid;
create index messages_by_incident on messages (incident_id);
-- First messages that wait, which a digest lists; digests; and whom each listed.
create index messages_waiting on messages (via, target) where shown = 0 and phase = 'living';
create index messages_storms on messages (id) where send_name = 'storm';
create index messages_of_digest on messages (digest, id) where digest is not null;
-- Pictures sent as messages of their own that are not sent yet: few, and their bytes are needed until then.
create index messages_of_pictures on messages (incident_id) where platform_id is null and json_extract(spec, '$.direct') = 'image';

-- One owed effect of one message.
create table jobs (
    id            text   not null primary key,
    message_id    text   not null references messages (id) on delete cascade,
    kind          text   not null,         -- sync | reply
    state         text   not null,         -- ready | dead | done
    verb          text   not null,         -- reply: thread | reply; sync: edit
    mention       bigint not null,         -- 1: a moment of mention_on
    created_at    bigint not null,
    due_at        bigint not null,
    first_try_at  bigint,
    attempts      bigint not null,
    fence         bigint not null,
    lease_until   bigint,
    step          text   not null,         -- ladder step
    call          text,                    -- JSON of the exact call while its outcome is not recorded
    call_meta     text,                    -- JSON: revision, generation, view digest of that call
    unknown_since bigint,                  -- first moment at which the call's outcome was unknown
    via           text,                    -- the app or bot that made the last call; repeats of unknown ones go by the same
    reason        text                     -- why it waits or died: class, code, words
) without rowid;
create unique index jobs_of_message on jobs (message_id, kind, state);
create index jobs_ready on jobs (created_at, id) where state = 'ready';
create index jobs_dead on jobs (id) where state = 'dead';

-- One call made for a job; in their order.
create table attempts (
    id          integer primary key,
    job_id      text   not null,
    message_id  text   not null references messages (id) on delete cascade,
    at          bigint not null,
    via         text   not null,           -- the app or bot that made it
    endpoint    text   not null,
    http        bigint not null,
    code        bigint,
    class       text   not null,
    log_id      text,
    duration_ms bigint not null,
    step        text   not null,
    revision    bigint not null,
    note        text   not null
);
create index attempts_by_message on attempts (message_id);

-- Messages to departments and lists of people: what a generation says.
create table part_contents (
    message_id text   not null references messages (id) on delete cascade,
    generation bigint not null,
    step       text   not null,            -- ladder step of the content
    content    text   not null,            -- JSON of the content
    unknown    text   not null,            -- JSON array of the addresses that nobody was found for
    primary key (message_id, generation)
);

-- The parts of such a generation: one call each.
create table parts (
    message_id text   not null references messages (id) on delete cascade,
    generation bigint not null,
    part       bigint not null,
    audience   text   not null,            -- JSON of whom it goes to
    state      text   not null,            -- planned | asking | sent | unknown | lost | superseded
    duplicate  bigint not null,            -- 1: it may have arrived twice
    batch_id   text,                       -- bm-...
    invalid    text,                       -- JSON array of the ids that the platform did not know
    reason     text,                       -- why it is lost
    sent_at    bigint,
    valid      bigint not null,            -- people it goes to, as the platform says
    success    bigint not null,
    read       bigint not null,
    recalled   bigint not null,
    next_look  bigint,                     -- when its progress is looked at
    primary key (message_id, generation, part)
);
create index parts_followed on parts (next_look) where next_look is not null;

-- Targets on which nothing is sent until a probe succeeds.
create table parked (
    via      text   not null,
    target   text   not null,              -- the configured address, or * for the whole app
    since    bigint not null,
    probe_at bigint not null,
    reason   text   not null,
    primary key (via, target)
);

-- Calls counted against a tenant's monthly quota, a lower bound: others use the same tenant.
create table usage (
    app   text   not null,
    month text   not null,                 -- 2026-11
    used  bigint not null,
    primary key (app, month)
);

-- What people did or tried to do, in its order.
create table audit (
    number      integer primary key,
    at          bigint not null,
    who         text   not null,
    peer        text   not null,           -- address of the client
    action      text   not null,
    object      text   not null,
    incident_id text,                      -- the incident it is about
    result      text   not null            -- ok | code of the refusal | abandoned
);
create index audit_by_incident on audit (incident_id, number) where incident_id is not null;

-- Pictures that came inside alerts, by the hash of their bytes; alerts name them by it. Kept while a message wants them.
create table blobs (
    hash    text   not null primary key,   -- sha256, hex
    bytes   blob   not null,
    kept_at bigint not null                -- last time an alert named it
);
create index blobs_by_time on blobs (kept_at);

-- What an app has uploaded: the platform's key by content. Keys work for the uploading app only.
create table uploads (
    app     text   not null,
    kind    text   not null,               -- image | file
    hash    text   not null,
    key     text   not null,
    used_at bigint not null,
    primary key (app, kind, hash)
);
create index uploads_by_time on uploads (used_at);
create index uploads_by_key on uploads (key);

-- A picture or file that follows a message. Never in the way of the message itself.
create table attachments (
    id            text   not null primary key,
    message_id    text   not null references messages (id) on delete cascade,
    kind          text   not null,         -- picture | csv | json
    source        text   not null,         -- picture: its URL, or sha256:HASH of a blob; else empty
    alt           text   not null,         -- picture: what it is, in words
    state         text   not null,         -- waiting | reply | uploaded | shown | sent | refused | superseded
    created_at    bigint not null,
    due_at        bigint not null,
    first_try_at  bigint,
    attempts      bigint not null,
    hash          text,                    -- of the bytes uploaded
    key           text,                    -- the platform's
    call          text,                    -- JSON of the exact reply while its outcome is not recorded
    unknown_since bigint,                  -- when that reply was begun
    plain         bigint not null,         -- 1: a topic was refused
    again         bigint not null,         -- 1: the list changed while this was under way
    replies       bigint not null,         -- the sequence of its uuids
    sent_hash     text,                    -- of the list people have
    sent_at       bigint,
    dropped       bigint not null,         -- times the platform did not know the key
    reason        text                     -- why it waits or was given up
);
create unique index attachments_of_message on attachments (message_id, kind, source);
create index attachments_wanting on attachments (source) where state in ('waiting', 'uploaded', 'reply');
create index attachments_due on attachments (due_at) where state in ('waiting', 'reply');
