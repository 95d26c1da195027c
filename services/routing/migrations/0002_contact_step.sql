-- What happened to each contact and why, in plain words: one row per event. Follows from the journal like the rest.
create table contact_step (
    contact_id text not null,
    -- Sequence of the journal message, and the event's place in it.
    sequence bigint not null,
    place integer not null,
    -- Milliseconds since the Unix epoch.
    at bigint not null,
    code text not null,
    ja text not null,
    en text not null,
    primary key (contact_id, sequence, place)
);
