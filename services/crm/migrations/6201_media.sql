-- What each medium brought is counted over a span of days, whoever's touchpoints they are.
create index touchpoints_by_day on touchpoints (at_ms);
