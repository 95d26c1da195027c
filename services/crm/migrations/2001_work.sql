-- Cases and tasks, made from the stream WORK and thrown away without loss. Texts stay sealed inside the events.

create table work_events (
    subject text not null,
    sequence bigint not null,
    -- Place inside its unit.
    place integer not null,
    event bytea not null,
    primary key (subject, sequence, place)
);

create table cases (
    case_id text primary key,
    record_id text not null,
    department text not null,
    -- Null: nobody has it.
    owner text,
    solved boolean not null,
    -- What lists are in the order of: due time while it is open, the end's negative time once it is solved.
    sort_ms bigint not null,
    -- When the next tick is due; null: never.
    next_ms bigint,
    -- Bit 0: nobody answered in time; bit 1: not solved in time.
    late smallint not null
);
create index cases_by_record on cases (record_id);
create index cases_in_order on cases (solved, sort_ms, case_id);
create index cases_next on cases (next_ms) where next_ms is not null;
create index cases_late on cases (case_id) where late > 0;

create table tasks (
    task_id text primary key,
    record_id text not null,
    -- Empty: none.
    case_id text not null,
    plan text not null,
    -- 1 planned, 2 due, 3 done, 4 cancelled.
    phase smallint not null,
    at_ms bigint not null,
    -- When the next tick is due; null: never.
    next_ms bigint,
    -- Its conversation shall be open (true), closed (false), or is not wanted (null).
    wanted boolean
);
create index tasks_by_record on tasks (record_id);
create index tasks_by_case on tasks (case_id, plan);
create index tasks_in_order on tasks (at_ms, task_id);
create index tasks_next on tasks (next_ms) where next_ms is not null;
create index tasks_wanted on tasks (task_id) where wanted is not null;

-- Conversations that tasks became.
create table task_talks (
    conversation_id text primary key,
    closed boolean not null,
    -- Code of the last wrap-up; empty: none.
    code text not null
);
