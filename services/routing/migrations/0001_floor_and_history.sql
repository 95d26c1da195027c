-- Both tables follow from the journal and may be dropped with their schema: they are made again.

-- The floor as of a journal position, so that a start replays only what came after.
create table floor_snapshot (
    floor text primary key,
    -- Stream sequence up to which it holds everything.
    position bigint not null,
    -- Last sequence of the floor's own subject then.
    subject_last bigint not null,
    -- The claim that stood then; null when nobody had claimed the floor.
    owner text,
    epoch bigint not null,
    body bytea not null
);

-- What became of each contact. Times are milliseconds since the Unix epoch.
create table contact_history (
    contact_id text primary key,
    -- Sequence of the last journal message that changed it.
    sequence bigint not null,
    queue_id text,
    priority integer,
    -- The agent it was first kept for; null: anybody with the skills.
    only_agent_id text,
    enqueued_at bigint,
    released_at bigint,
    first_offered_at bigint,
    offers integer not null,
    declined integer not null,
    timed_out integer not null,
    -- Offers that ended because the agent went away or offline.
    taken_back integer not null,
    accepted_at bigint,
    agent_id text,
    ended_at bigint,
    -- True when the customer left before the work was done.
    withdrawn boolean
);

create index contact_history_enqueued_at on contact_history (enqueued_at);
