-- A company's own words: the newest event's, as people wrote them.
create table word_settings (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null,
    -- `CompanyWords`.
    words bytea not null
);
