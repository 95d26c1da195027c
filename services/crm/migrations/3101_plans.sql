-- What holds of the templates of success plans: the newest event's settings, with their versions.
create table plan_settings (
    only_row boolean primary key default true check (only_row),
    sequence bigint not null,
    -- `PlanTemplates`.
    settings bytea not null
);
