-- Contacts are found by their company: the pieces of `company_id` (field 8) are the four parts of the keyed hash of its value.
create index contacts_by_company on fields (pieces) where field = 8;

-- Rows written before have no such pieces. Where there are any, the view is made anew from the journal; who was erased stays erased.
do $$
begin
    if exists (select 1 from fields where field = 8) then
        truncate records, identities, fields, findable, consents, links, undone_links, touchpoints, threads, orders, order_shops,
            products, places, stock, shop_feeds, commands, work_events, cases, tasks, task_talks, segment_settings, segment_days,
            plan_settings, webhooks, record_births, record_moves, retention_settings, retention_runs, holds, word_settings;
        if to_regclass('journal_position') is not null then
            update journal_position set sequence = 0;
        end if;
        if to_regclass('journal_poison') is not null then
            delete from journal_poison;
        end if;
    end if;
end
$$;
