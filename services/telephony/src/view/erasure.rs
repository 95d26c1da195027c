//! Erased customers leave the view, at every site.

use journal::Forgets;
use sqlx::PgConnection;

use super::{
    project::{PROJECTION, empty},
    signed,
};

/// What the view forgets.
pub(super) struct Erasures;

impl Forgets for Erasures {
    fn projections(&self) -> &'static [&'static str] {
        &[PROJECTION]
    }

    async fn forget(&mut self, tx: &mut PgConnection, erased: &[(String, u64)]) -> Result<(), sqlx::Error> {
        let customers: Vec<String> = erased.iter().map(|(customer, _)| customer.clone()).collect();
        sqlx::query(
            "insert into erased_customers (customer_id, erased_at_ms) select * from unnest($1::text[], $2::bigint[]) \
             on conflict do nothing",
        )
        .bind(&customers)
        .bind(erased.iter().map(|(_, at)| signed(*at)).collect::<Vec<_>>())
        .execute(&mut *tx)
        .await?;
        empty(tx, &customers).await
    }
}
