-- Whom the center forgets after a time, and whom it must keep; made from the journal and thrown away without loss.

create table retention_settings (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null,
    at_ms bigint not null,
    -- `RetentionSettings`.
    settings bytea not null
);

create table retention_runs (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null,
    -- `RetentionRun`: the newest.
    run bytea not null
);

create table holds (
    record_id text collate "C" primary key,
    -- Sealed, for `crm.hold.<record>`.
    reason bytea not null,
    by_id text not null,
    at_ms bigint not null
);
