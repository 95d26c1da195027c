-- How many belonged to each segment on a day: the first event of the day's subject.
create table segment_days (
    day integer primary key,
    -- `SegmentDay`.
    counted bytea not null
);
