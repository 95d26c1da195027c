-- Orders, stock and commands to shops, made from the journal and thrown away without loss. What is personal stays sealed.

create table orders (
    order_id text collate "C" primary key,
    record_id text collate "C" not null,
    shop text collate "C" not null,
    placed_at_ms bigint not null,
    version bigint not null,
    report_id text collate "C" not null,
    source text not null,
    -- `OrderState`.
    state bytea not null,
    -- Sealed `OrderPrivate` for `crm.order.<order>`; null: the customer was erased.
    sealed bytea
);
create index orders_by_record on orders (record_id, placed_at_ms desc, order_id desc);

-- Shops that have orders: an order's number alone is looked for in each.
create table order_shops (
    shop text collate "C" primary key
);

create table products (
    shop text collate "C" not null,
    sku text collate "C" not null,
    version bigint not null,
    name text not null,
    -- Number and name in the one spelling of searches.
    folded text not null,
    primary key (shop, sku)
);

create table places (
    shop text collate "C" not null,
    place text collate "C" not null,
    version bigint not null,
    name text not null,
    kind text not null,
    primary key (shop, place)
);

create table stock (
    shop text collate "C" not null,
    sku text collate "C" not null,
    place text collate "C" not null,
    free bigint not null,
    reserved bigint not null,
    version bigint not null,
    at_ms bigint not null,
    primary key (shop, sku, place)
);

create table commands (
    command_id text collate "C" primary key,
    shop text collate "C" not null,
    record_id text collate "C" not null,
    order_id text collate "C" not null,
    -- The protobuf numbers.
    kind smallint not null,
    state smallint not null,
    by_id text not null,
    conversation_id text not null,
    asked_at_ms bigint not null,
    at_ms bigint not null,
    attempts bigint not null,
    fault text not null,
    reason text not null,
    -- Sealed `CommandBody` and `ShopWords` for `crm.command.<command>`; null: nothing, or the customer was erased.
    body bytea,
    words bytea,
    -- Who carries it out, and the subject's last sequence.
    owner text not null,
    epoch bigint not null,
    sequence bigint not null,
    digest bytea not null,
    -- Whether the answer is told in the conversation, and whether that was done: null: not yet; empty: it was; else why it never will be.
    tell boolean not null,
    told text
);
create index commands_by_record on commands (record_id, asked_at_ms desc);
create index commands_by_order on commands (order_id, asked_at_ms desc);
-- Commands that shops have not answered.
create index commands_open on commands (asked_at_ms) where state in (1, 2);
-- Commands whose answer is still to be told, if they are asked or answered.
create index commands_untold on commands (asked_at_ms) where tell and told is null;

-- How far shops' events were read.
create table shop_feeds (
    shop text collate "C" primary key,
    next text not null,
    sequence bigint not null
);
