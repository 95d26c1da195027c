//! What each medium brought, counted by this site's database: all SQL.

use proto::crm::v1 as pb;
use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::Asked;
use crate::view::signed;

/// Places that are no row's: all others together, and all together.
const OTHER: i64 = 0;
const TOTAL: i64 = -1;

/// The span's touchpoints by the index of times; the purchases of these customers by the index of what was bought. A purchase counts once for a row,
/// however many of its touchpoints came before; a cancelled one for none.
const COUNT: &str = "with touched as materialized (select t.kind, t.channel, t.route, t.at_ms, r.customer_id \
     from touchpoints t join records r using (record_id) where t.at_ms >= $1 and t.at_ms < $2 \
     and ($3 = '' or t.kind = $3) and ($4 = '' or t.channel = $4)), \
    named as materialized (select kind, channel, route, row_number() over \
     (order by count(*) desc, kind collate \"C\", channel collate \"C\", route collate \"C\") as place \
     from touched group by kind, channel, route), \
    placed as materialized (select case when n.place <= $5 then n.place else 0 end as place, t.customer_id, t.at_ms \
     from touched t join named n using (kind, channel, route)), \
    heard as (select place, count(*) as touchpoints, count(distinct customer_id) as people from placed group by place \
     union all select -1, count(*), count(distinct customer_id) from placed), \
    bought as materialized (select c.customer_id, p.* from (select distinct customer_id from placed) c \
     join records r on r.customer_id = c.customer_id cross join lateral \
     (select record_id, fact, at_ms, amount from touchpoints b where b.record_id = r.record_id \
      and b.kind in ('order', 'purchase') and b.reason <> 'cancelled' and b.at_ms > $1 and b.at_ms < $2 + $6 \
      and not exists (select 1 from touchpoints k where k.record_id = b.record_id and k.kind in ('order') \
       and k.reason = 'cancelled' and b.reference <> '' and k.reference = b.reference)) p), \
    won as materialized (select distinct p.place, b.customer_id, b.record_id, b.fact, b.amount from placed p \
     join bought b on b.customer_id = p.customer_id and b.at_ms > p.at_ms and b.at_ms <= p.at_ms + $6), \
    gained as (select place, count(distinct customer_id) as buyers, count(*) as purchases, sum(amount)::bigint as amount \
     from won group by place \
     union all select -1, count(distinct customer_id), count(*), sum(amount)::bigint \
     from (select distinct customer_id, record_id, fact, amount from won) once) \
    select h.place, coalesce(n.kind, '') as kind, coalesce(n.channel, '') as channel, coalesce(n.route, '') as route, \
    h.touchpoints, h.people, coalesce(g.buyers, 0) as buyers, coalesce(g.purchases, 0) as purchases, \
    coalesce(g.amount, 0) as amount, (select count(*) from named) as rows \
    from heard h left join named n on n.place = h.place left join gained g on g.place = h.place order by h.place";

/// Counts. A statement that takes longer than 20 seconds is given up.
pub(super) async fn count(pool: &PgPool, asked: &Asked) -> Result<pb::CountMediaResponse, sqlx::Error> {
    let mut tx = pool.begin().await?;
    sqlx::query("set local statement_timeout = '20s'").execute(&mut *tx).await?;
    let rows = sqlx::query(COUNT)
        .bind(signed(asked.from_ms))
        .bind(signed(asked.until_ms))
        .bind(&asked.kind)
        .bind(&asked.channel)
        .bind(i64::from(asked.rows))
        .bind(signed(asked.within_ms))
        .fetch_all(&mut *tx)
        .await?;
    let mut told = pb::CountMediaResponse::default();
    for row in &rows {
        told.of = row.try_get::<i64, _>("rows")?.unsigned_abs();
        match row.try_get("place")? {
            OTHER => told.other = Some(counted(row)?),
            TOTAL => told.total = Some(counted(row)?),
            _ => told.rows.push(counted(row)?),
        }
    }
    Ok(told)
}

fn counted(row: &PgRow) -> Result<pb::MediaRow, sqlx::Error> {
    let number = |name: &str| row.try_get::<i64, _>(name).map(i64::unsigned_abs);
    Ok(pb::MediaRow {
        kind: row.try_get("kind")?,
        channel: row.try_get("channel")?,
        route: row.try_get("route")?,
        touchpoints: number("touchpoints")?,
        people: number("people")?,
        buyers: number("buyers")?,
        purchases: number("purchases")?,
        amount: row.try_get("amount")?,
    })
}
