-- The view of all conversations, made from the journal and thrown away without loss. Texts and names stay sealed.

create table conversations (
    conversation_id uuid primary key,
    customer_id text not null,
    phase smallint not null,
    -- Who holds it; once closed, who held it last; null while waiting.
    agent_id text,
    queue text not null,
    to_agent_id text,
    round integer not null,
    last_number bigint not null,
    last_at_ms bigint not null,
    -- When the phase or round last changed.
    changed_at_ms bigint not null,
    language text not null,
    name_box bytea,
    last_text_box bytea,
    -- The agent who held it last, and how far they have read.
    reader_id text,
    read_up_to bigint not null
);
create index conversations_by_customer on conversations (customer_id, last_at_ms desc);
create index conversations_by_agent on conversations (agent_id, last_at_ms desc);
create index conversations_by_time on conversations (last_at_ms desc);
create index conversations_waiting on conversations (conversation_id) where phase = 1;

create table messages (
    conversation_id uuid not null,
    number bigint not null,
    message_id uuid not null,
    by_kind smallint not null,
    by_id text not null,
    at_ms bigint not null,
    -- Null once the customer was erased.
    text_box bytea,
    primary key (conversation_id, number)
);

-- Contacts that are on the routing floor now, as far as they are conversations.
create table contacts (
    conversation_id uuid not null,
    round integer not null,
    -- Null while nobody holds it.
    agent_id text,
    -- The routing message that says so.
    sequence bigint not null,
    changed_at_ms bigint not null,
    primary key (conversation_id, round)
);

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
