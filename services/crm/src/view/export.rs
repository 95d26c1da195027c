//! All touchpoints and consents, to be given out whole.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use chassis::refusal::Refusal;
use proto::crm::v1 as pb;
use sqlx::{PgPool, Row as _};

use super::{
    load::{Opener, Reader},
    read::entry,
};
use crate::{
    bus,
    error::{away, locked},
    fold::is_record_id,
    record::Stamp,
    word,
};

/// A place among all touchpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FactPlace {
    record: String,
    fact: String,
}

impl FactPlace {
    /// Where this one stands.
    pub(crate) fn of(entry: &pb::TimelineEntry) -> Self {
        Self { record: entry.record_id.clone(), fact: format!("{}/{}", entry.fact_id, entry.source) }
    }

    /// Reads what [`Display`](fmt::Display) wrote; empty: the start.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let (record, fact) = text.split_once('~')?;
        let sound = is_record_id(record) && !fact.chars().any(char::is_control);
        sound.then(|| Self { record: record.to_owned(), fact: fact.to_owned() })
    }
}

impl fmt::Display for FactPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.record, self.fact)
    }
}

/// Touchpoints of everybody after a place, by record and fact; not those that follow from orders, which stand with the orders.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn all_touchpoints(
    reader: &Reader<'_>,
    after: &FactPlace,
    limit: i64,
) -> Result<Vec<pb::ExportedEntry>, Refusal> {
    let rows = sqlx::query(
        "select t.*, r.customer_id from touchpoints t join records r using (record_id) \
         where (t.record_id, t.fact) > ($1, $2) and t.fact !~ '^ord-[0-9a-f]{32}[.]' \
         order by t.record_id, t.fact limit $3",
    )
    .bind(&after.record)
    .bind(&after.fact)
    .bind(limit)
    .fetch_all(reader.pool)
    .await
    .map_err(|error| away(&error))?;
    let records: Result<BTreeSet<String>, sqlx::Error> = rows.iter().map(|row| row.try_get("record_id")).collect();
    let keys = bus::keys(reader.vault, records.map_err(|error| away(&error))?).await.map_err(|error| locked(&error))?;
    let opener = Opener { keys: &keys };
    let stages = word::stages(reader.pool).await?;
    let exported = rows.iter().map(|row| {
        let (_, entry) = entry(row, &opener, &stages)?;
        Ok(pb::ExportedEntry { customer_id: row.try_get("customer_id")?, entry: Some(entry) })
    });
    exported.collect::<Result<_, sqlx::Error>>().map_err(|error| away(&error))
}

/// The newest word of these customers for each purpose and channel.
pub(crate) async fn consents(
    pool: &PgPool,
    customers: &[String],
) -> Result<HashMap<String, Vec<pb::ExportedConsent>>, sqlx::Error> {
    let rows: Vec<(String, String, String, bool, String)> = sqlx::query_as(
        "select distinct on (r.customer_id, c.purpose, c.channel) r.customer_id, c.purpose, c.channel, c.granted, c.stamp \
         from consents c join records r using (record_id) where r.customer_id = any($1) \
         order by r.customer_id, c.purpose, c.channel, c.stamp desc",
    )
    .bind(customers)
    .fetch_all(pool)
    .await?;
    let mut all: HashMap<String, Vec<pb::ExportedConsent>> = HashMap::new();
    for (customer, purpose, channel, granted, stamp) in rows {
        let consent = Some(pb::Consent { purpose, channel, granted });
        all.entry(customer).or_default().push(pb::ExportedConsent { consent, at_ms: Stamp::read(stamp).at_ms() });
    }
    Ok(all)
}

/// Whose records these are; one that the view does not know is missing.
pub(crate) async fn customers_of(pool: &PgPool, records: &[String]) -> Result<HashMap<String, String>, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as("select record_id, customer_id from records where record_id = any($1)")
            .bind(records)
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().collect())
}
