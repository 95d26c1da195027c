-- Webhooks, made from the journal and thrown away without loss.

create table webhooks (
    webhook_id text collate "C" primary key,
    name text not null,
    kinds text[] not null,
    -- Sealed `WebhookPrivate`, with the webhook's own key.
    private bytea not null,
    -- The protobuf number.
    state smallint not null,
    added_at_ms bigint not null,
    since_ms bigint not null,
    by_id text not null,
    -- `WebhookMoved`: how far it was told, the newest deliveries, how its receiver does.
    moved bytea not null,
    -- Who tells it, and the subject's last sequence.
    owner text not null,
    epoch bigint not null,
    sequence bigint not null
);

-- The unit of CRM in which a record was first heard of.
create table record_births (
    record_id text collate "C" primary key,
    sequence bigint not null
);

-- How far CRM was when a record last came to another customer. Not the same at two sites: batches end where they end.
create table record_moves (
    record_id text collate "C" primary key,
    sequence bigint not null
);
