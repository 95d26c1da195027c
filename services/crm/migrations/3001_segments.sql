-- What holds of segments and offers: the newest event's settings.
create table segment_settings (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null,
    -- `SegmentSettings`.
    settings bytea not null
);

-- Figures look at what was bought and answered, however much else there is.
create index touchpoints_bought on touchpoints (record_id, at_ms desc) where kind in ('order', 'purchase', 'return', 'offer');
