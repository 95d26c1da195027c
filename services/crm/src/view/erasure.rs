//! Erased records leave the view, at every site.

use std::collections::BTreeSet;

use journal::Forgets;
use sqlx::PgConnection;

use super::{
    center::{CALLS, CONVERSATIONS},
    project::FACTS,
    regroup::{around, near},
    signed,
};
use crate::{
    order, shop,
    work::{self, WORKED},
};

/// Tables whose rows go with the record.
const TABLES: [&str; 11] = [
    "records",
    "identities",
    "fields",
    "findable",
    "consents",
    "links",
    "touchpoints",
    "threads",
    "record_births",
    "record_moves",
    "holds",
];

/// What the view forgets.
pub(crate) struct Erasures;

impl Forgets for Erasures {
    fn projections(&self) -> &'static [&'static str] {
        &[FACTS, CONVERSATIONS, CALLS, WORKED]
    }

    async fn forget(&mut self, tx: &mut PgConnection, erased: &[(String, u64)]) -> Result<(), sqlx::Error> {
        let records: Vec<String> = erased.iter().map(|(record, _)| record.clone()).collect();
        sqlx::query(
            "insert into erased_records (record_id, erased_at_ms) select * from unnest($1::text[], $2::bigint[]) \
             on conflict do nothing",
        )
        .bind(&records)
        .bind(erased.iter().map(|(_, at)| signed(*at)).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
        forget(tx, &records).await?;
        work::forget(tx, &records).await
    }
}

/// Takes all rows of these records away. Who was joined over one of them may be several customers now.
async fn forget(tx: &mut PgConnection, records: &[String]) -> Result<(), sqlx::Error> {
    let gone: BTreeSet<String> = records.iter().cloned().collect();
    let mut left: BTreeSet<String> = near(tx, gone.clone()).await?;
    let members: Vec<String> = sqlx::query_scalar(
        "select record_id from records where customer_id in (select customer_id from records where record_id = any($1))",
    )
    .bind(records)
    .fetch_all(&mut *tx)
    .await?;
    left.extend(members);
    for table in TABLES {
        let delete = format!("delete from {table} where record_id = any($1)");
        sqlx::query(sqlx::AssertSqlSafe(delete)).bind(records).execute(&mut *tx).await?;
    }
    order::view::forget(tx, records).await?;
    shop::view::forget(tx, records).await?;
    sqlx::query("delete from links where other_id = any($1)").bind(records).execute(&mut *tx).await?;
    around(tx, left.difference(&gone).cloned().collect(), 0).await
}
