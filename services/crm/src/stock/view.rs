//! Stock in rows, and found again. All SQL of stock. Nothing here is personal.

use std::collections::BTreeMap;

use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1::{StockLevel, StockReported};
use sqlx::{FromRow, PgConnection, PgPool};

use super::{
    level::{Spot, take},
    report::is_stock,
};
use crate::view::signed;

/// Takes the stock of a batch in.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let mut held: BTreeMap<Spot, StockLevel> = BTreeMap::new();
    // Names are kept apart from the levels: a level without one leaves it as it was.
    let mut products: BTreeMap<(String, String), (u64, String)> = BTreeMap::new();
    let mut places: BTreeMap<(String, String), (u64, String, String)> = BTreeMap::new();
    for unit in units.iter().filter(|unit| is_stock(&unit.subject)) {
        for bytes in &unit.unit.events {
            let report = StockReported::decode(bytes.clone());
            let report = report.map_err(|error| ProjectError::Poison(format!("decoding stock: {error}")))?;
            for level in report.levels {
                let product = products.entry((level.shop.clone(), level.sku.clone())).or_default();
                *product = product.clone().max((named(level.version, &level.name), level.name.clone()));
                let place = places.entry((level.shop.clone(), level.place.clone())).or_default();
                let version = named(level.version, &level.place_name);
                *place = place.clone().max((version, level.place_name.clone(), level.place_kind.clone()));
                take(&mut held, level);
            }
        }
    }
    if held.is_empty() {
        return Ok(());
    }
    write_products(tx, &products.into_iter().collect::<Vec<_>>()).await?;
    write_places(tx, &places.into_iter().collect::<Vec<_>>()).await?;
    write_levels(tx, &held.into_values().collect::<Vec<_>>()).await?;
    Ok(())
}

/// A name that is not told is older than any.
fn named(version: u64, name: &str) -> u64 {
    if name.is_empty() { 0 } else { version }
}

type Product = ((String, String), (u64, String));
type PlaceRow = ((String, String), (u64, String, String));

async fn write_products(tx: &mut PgConnection, rows: &[Product]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into products (shop, sku, version, name, folded) \
         select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[]) \
         on conflict (shop, sku) do update set version = excluded.version, name = excluded.name, folded = excluded.folded \
         where (excluded.version, excluded.name collate \"C\") > (products.version, products.name collate \"C\")",
    )
    .bind(column(rows, |((shop, _), _)| shop.clone()))
    .bind(column(rows, |((_, sku), _)| sku.clone()))
    .bind(column(rows, |(_, (version, _))| signed(*version)))
    .bind(column(rows, |(_, (_, name))| name.clone()))
    .bind(column(rows, |((_, sku), (_, name))| folded(&format!("{sku} {name}"))))
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_places(tx: &mut PgConnection, rows: &[PlaceRow]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into places (shop, place, version, name, kind) \
         select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[]) \
         on conflict (shop, place) do update set version = excluded.version, name = excluded.name, kind = excluded.kind \
         where (excluded.version, excluded.name collate \"C\", excluded.kind collate \"C\") > \
         (places.version, places.name collate \"C\", places.kind collate \"C\")",
    )
    .bind(column(rows, |((shop, _), _)| shop.clone()))
    .bind(column(rows, |((_, place), _)| place.clone()))
    .bind(column(rows, |(_, (version, ..))| signed(*version)))
    .bind(column(rows, |(_, (_, name, _))| name.clone()))
    .bind(column(rows, |(_, (.., kind))| kind.clone()))
    .execute(tx)
    .await?;
    Ok(())
}

/// By the rank of [`super::level::rank`].
async fn write_levels(tx: &mut PgConnection, rows: &[StockLevel]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into stock (shop, sku, place, free, reserved, version, at_ms) \
         select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) \
         on conflict (shop, sku, place) do update set free = excluded.free, reserved = excluded.reserved, \
         version = excluded.version, at_ms = excluded.at_ms \
         where (excluded.version, -excluded.free, -excluded.reserved, excluded.at_ms) > \
         (stock.version, -stock.free, -stock.reserved, stock.at_ms)",
    )
    .bind(column(rows, |it| it.shop.clone()))
    .bind(column(rows, |it| it.sku.clone()))
    .bind(column(rows, |it| it.place.clone()))
    .bind(column(rows, |it| i64::from(it.free)))
    .bind(column(rows, |it| i64::from(it.reserved)))
    .bind(column(rows, |it| signed(it.version)))
    .bind(column(rows, |it| signed(it.at_ms)))
    .execute(tx)
    .await?;
    Ok(())
}

fn column<T, V>(rows: &[T], of: impl Fn(&T) -> V) -> Vec<V> {
    rows.iter().map(of).collect()
}

/// One spelling, so that widths, capitals and kana do not matter.
fn folded(text: &str) -> String {
    spelling::text::fold(text)
}

#[derive(FromRow)]
struct Row {
    shop: String,
    sku: String,
    name: String,
    place: String,
    place_name: String,
    place_kind: String,
    free: i64,
    reserved: i64,
    version: i64,
    at_ms: i64,
}

/// Which places have what: by article, places with most first. All words must be in number or name.
pub(crate) async fn find(
    pool: &PgPool,
    text: &str,
    shop: &str,
    place: &str,
    limit: i64,
) -> Result<Vec<StockLevel>, sqlx::Error> {
    let words: Vec<String> = folded(text).split(' ').filter(|word| !word.is_empty()).map(like).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "select stock.shop, stock.sku, products.name, stock.place, places.name as place_name, places.kind as place_kind, \
         stock.free, stock.reserved, stock.version, stock.at_ms \
         from products join stock using (shop, sku) join places using (shop, place) \
         where products.folded like all($1) and ($2 = '' or shop = $2) and ($3 = '' or place = $3) \
         order by shop, sku, free desc, place limit $4",
    )
    .bind(words)
    .bind(shop)
    .bind(place)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(level).collect())
}

/// A word anywhere; what means something to `like` is meant as written.
fn like(word: &str) -> String {
    let escaped: String =
        word.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect();
    format!("%{escaped}%")
}

fn level(row: Row) -> StockLevel {
    StockLevel {
        shop: row.shop,
        sku: row.sku,
        name: row.name,
        place: row.place,
        place_name: row.place_name,
        place_kind: row.place_kind,
        free: u32::try_from(row.free).unwrap_or(u32::MAX),
        reserved: u32::try_from(row.reserved).unwrap_or(u32::MAX),
        version: row.version.unsigned_abs(),
        at_ms: row.at_ms.unsigned_abs(),
    }
}
