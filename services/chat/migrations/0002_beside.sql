-- Wrap-ups, ratings, who takes part. Rows written before it lack what older events say of these until the view is made anew (docs/chat.md).

alter table conversations
    -- What the customer chose before the chat; empty when nothing.
    add reason text not null default '',
    -- The last wrap-up; the code is empty while there is none. Tags one a line.
    add wrap_code text not null default '',
    add tags text not null default '',
    -- 0: nobody has to come back to it.
    add follow_up_at_ms bigint not null default 0,
    -- 1 to 5; 0: not rated.
    add rating smallint not null default 0,
    -- Agents beside the holder, one a line.
    add participants text not null default '';
