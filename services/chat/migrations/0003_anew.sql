-- Rows written before 0002 lack what older events say of wrap-ups, ratings and participants, and events of kinds that an older
-- version did not know were set aside. So the view is made anew from the journal; who was erased stays erased.

truncate conversations, messages;

do $$
begin
    if to_regclass('journal_position') is not null then
        update journal_position set sequence = 0 where projection = 'chat';
    end if;
    if to_regclass('journal_poison') is not null then
        delete from journal_poison where projection = 'chat';
    end if;
end
$$;
