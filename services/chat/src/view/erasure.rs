//! Erased customers leave the view and the caches, at every site.

use journal::Forgets;
use sqlx::PgConnection;

use super::{
    project::{CHAT_PROJECTION, empty},
    signed,
};
use crate::service::{Handle, Input};

/// What the view and the caches forget.
pub(crate) struct Erasures(pub Handle);

impl Forgets for Erasures {
    fn projections(&self) -> &'static [&'static str] {
        &[CHAT_PROJECTION]
    }

    async fn erased(&mut self, customers: &[(String, u64)]) {
        for (customer, _) in customers {
            // The service stops: its caches go with it.
            let _stopping = self.0.give(Input::Erased(customer.clone())).await;
        }
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
