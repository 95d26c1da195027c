-- The view of all records, made from the journal and thrown away without loss. What is personal stays sealed; what is searched by is a keyed hash.
-- Stamps are a fact's time (16 hexadecimal digits, milliseconds) and key: as bytes they sort as facts do.

create table records (
    record_id text collate "C" primary key,
    -- The smallest record of the set that it is joined with.
    customer_id text collate "C" not null,
    kind smallint not null,
    kind_stamp text collate "C",
    last_at_ms bigint not null
);
create index records_by_customer on records (customer_id);

create table identities (
    record_id text collate "C" not null,
    -- Keyed hash.
    identity bytea not null,
    kind smallint not null,
    -- Last said to be theirs, the same with proof, last said not to be.
    seen text collate "C",
    verified text collate "C",
    gone text collate "C",
    sealed bytea,
    -- The journal's subject that it was sealed for.
    place text,
    pieces integer[] not null,
    primary key (record_id, identity)
);
create index identities_by_hash on identities (identity);

create table fields (
    record_id text collate "C" not null,
    -- As `ProfileField`; 1000: the name that a customer typed into a channel's form.
    field smallint not null,
    stamp text collate "C" not null,
    -- Null: cleared.
    sealed bytea,
    place text,
    pieces integer[] not null,
    primary key (record_id, field)
);

-- All pieces of a record's fields and of the identities that it has: who is looked for by several words seldom has them in one place. Of numbers also
-- fives of digits.
create table findable (
    record_id text collate "C" primary key,
    pieces integer[] not null
);
create index findable_by_piece on findable using gin (pieces);

create table consents (
    record_id text collate "C" not null,
    purpose text collate "C" not null,
    channel text collate "C" not null,
    stamp text collate "C" not null,
    granted boolean not null,
    primary key (record_id, purpose, channel)
);

create table links (
    record_id text collate "C" not null,
    link_id text collate "C" not null,
    other_id text collate "C" not null,
    stamp text collate "C" not null,
    said_by text not null,
    primary key (record_id, link_id, other_id)
);
create index links_by_other on links (other_id);
create index links_by_id on links (link_id);

-- Stays when the record on which it was said is erased.
create table undone_links (
    link_id text collate "C" not null,
    record_id text collate "C" not null,
    primary key (link_id, record_id)
);
create index undone_links_by_record on undone_links (record_id);

create table touchpoints (
    record_id text collate "C" not null,
    -- `<fact id>/<source>`.
    fact text collate "C" not null,
    at_ms bigint not null,
    kind text not null,
    channel text not null,
    route text not null,
    reason text not null,
    mood smallint not null,
    reference text not null,
    stage smallint not null,
    amount bigint not null,
    sealed bytea,
    place text,
    primary key (record_id, fact)
);
create index touchpoints_by_time on touchpoints (record_id, at_ms desc, fact desc);

-- Whose a conversation or call is.
create table threads (
    thread_id text collate "C" primary key,
    record_id text collate "C" not null
);
create index threads_by_record on threads (record_id);

create table erased_records (
    record_id text collate "C" primary key,
    erased_at_ms bigint not null
);

-- How far the key stream was searched for erasures.
create table erasure_position (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null
);
insert into erasure_position (sequence) values (0);
