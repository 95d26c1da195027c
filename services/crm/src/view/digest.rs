//! Whether two views are equal.

use sqlx::PgPool;

/// What two sites have alike once they heard the same. Not here: how far each is (`journal_position`, `erasure_position`, `record_moves`).
const TABLES: &[&str] = &[
    "records",
    "identities",
    "fields",
    "findable",
    "consents",
    "links",
    "undone_links",
    "touchpoints",
    "threads",
    "orders",
    "order_shops",
    "products",
    "places",
    "stock",
    "shop_feeds",
    "commands",
    "work_events",
    "cases",
    "tasks",
    "task_talks",
    "erased_records",
    "segment_settings",
    "segment_days",
    "plan_settings",
    "word_settings",
    "webhooks",
    "record_births",
    "retention_settings",
    "retention_runs",
    "holds",
];

/// A digest of the whole view: equal at two sites exactly when their rows are, whatever the order and time in which the rows came. The pool must
/// be in the schema [`SCHEMA`](super::SCHEMA).
///
/// # Errors
/// When the database fails.
pub async fn digest(pool: &PgPool) -> Result<[u8; 32], sqlx::Error> {
    let table = |name: &&str| {
        format!(
            "(select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), \
             sum(hashtextextended(t::text, 2)::numeric)) from {name} t)"
        )
    };
    let tables: Vec<String> = TABLES.iter().map(table).collect();
    let query = format!("select sha256(convert_to(concat_ws('|', {}), 'UTF8'))", tables.join(", "));
    let digest: Vec<u8> = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(pool).await?;
    <[u8; 32]>::try_from(digest).map_err(|_| sqlx::Error::Protocol("the digest is not 32 bytes".to_owned()))
}
