//! Whether two views are equal.

use sqlx::PgPool;

/// A digest of the whole view: equal at two sites exactly when their rows are, whatever the order and time in which the rows came. The pool must
/// be in the schema [`SCHEMA`](super::SCHEMA).
///
/// # Errors
/// When the database fails.
pub async fn digest(pool: &PgPool) -> Result<[u8; 32], sqlx::Error> {
    let digest: Vec<u8> = sqlx::query_scalar(
        "select sha256(convert_to(concat_ws('|', \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from records t), \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from identities t), \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from fields t), \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from consents t), \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from links t), \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from undone_links t), \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from touchpoints t), \
         (select concat_ws(':', count(*), sum(hashtextextended(t::text, 1)::numeric), sum(hashtextextended(t::text, 2)::numeric)) from threads t)), \
         'UTF8'))",
    )
    .fetch_one(pool)
    .await?;
    <[u8; 32]>::try_from(digest).map_err(|_| sqlx::Error::Protocol("the digest is not 32 bytes".to_owned()))
}
