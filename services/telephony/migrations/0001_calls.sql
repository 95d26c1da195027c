-- The view of all calls, made from the journal and thrown away without loss. Numbers, names and answers stay sealed; enums are the
-- numbers of the protobuf contract.

create table calls (
    call_id uuid primary key,
    -- The key made from the number: calls of one number are found by it, and it tells nobody the number.
    customer_id text not null,
    direction smallint not null,
    phase smallint not null,
    -- Why it ended; 0: it has not.
    end_kind smallint not null,
    began_at_ms bigint not null,
    -- 0: never.
    answered_at_ms bigint not null,
    -- 0: not yet.
    ended_at_ms bigint not null,
    -- The center's own number: the line that was dialled, or is shown.
    dialled text not null,
    trunk text not null,
    queue text not null,
    -- Who has it, or had it last; empty: nobody.
    agent_id text not null,
    -- Who began it, when the center called; empty: the customer.
    dialled_by text not null,
    -- The campaign that dialled; empty: none.
    campaign_id text not null,
    -- Everybody of the center who has had a leg in it.
    people text[] not null,
    recording smallint not null,
    parts integer not null,
    moved integer not null,
    held boolean not null,
    -- The message that the caller left: its part of the recording; 0: none.
    message_part integer not null,
    message_mailbox text not null,
    message_at_ms bigint not null,
    message_length_ms bigint not null,
    -- When and by whom the message was first heard; 0 and empty: by nobody.
    heard_at_ms bigint not null,
    heard_by text not null,
    -- The site whose gateway carries it, or carried it last.
    site text not null,
    -- The legs of a call that has not ended.
    legs bytea not null,
    number_box bytea,
    name_box bytea,
    answers_box bytea,
    -- Sequence of its last unit.
    sequence bigint not null
);
create index calls_by_time on calls (began_at_ms desc, call_id desc);
create index calls_by_customer on calls (customer_id, began_at_ms desc);
create index calls_by_agent on calls (agent_id, began_at_ms desc);
create index calls_by_queue on calls (queue, began_at_ms desc);
create index calls_by_people on calls using gin (people);
create index calls_living on calls (call_id) where phase <> 5;
create index calls_lost on calls (began_at_ms desc) where end_kind = 5;
create index calls_with_message on calls (message_at_ms desc) where message_part <> 0;

create table erased_customers (
    customer_id text primary key,
    erased_at_ms bigint not null
);

-- How far the key stream was searched for erasures.
create table erasure_position (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null
);
insert into erasure_position (sequence) values (0);
