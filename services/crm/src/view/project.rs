//! CRM into rows. Each batch is folded by the core first, then written in a few statements, however many facts it holds.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use journal::{DataKey, Journal, KeyError, ProjectError, Projection, Record as Unit};
use sqlx::{PgConnection, PgPool};

use super::{regroup::regroup, write};
use crate::{
    bus,
    convert::{facts, records_to_open},
    hook, order, plan,
    record::Record,
    retention,
    secret::Hasher,
    segment, shop, stock, word,
};

/// Name under which the position is kept.
pub(crate) const FACTS: &str = "crm";

/// Batches smaller than this wait for company.
pub(super) const SMALL: usize = 500;

/// How far a projection is.
pub(crate) async fn position_of(pool: &PgPool, projection: &str) -> Result<u64, sqlx::Error> {
    let found: Option<i64> = sqlx::query_scalar("select sequence from journal_position where projection = $1")
        .bind(projection)
        .fetch_optional(pool)
        .await?;
    Ok(found.map_or(0, i64::unsigned_abs))
}

/// What every projection of this service needs.
#[derive(Clone)]
pub(crate) struct Means {
    pub journal: Journal,
    pub hasher: Hasher,
    /// How long a small batch waits before it is written.
    pub pace: Duration,
}

impl Means {
    /// Keys of these records; a key store that does not answer is asked again with the whole batch.
    pub(super) async fn keys(&self, records: BTreeSet<String>) -> Result<HashMap<String, DataKey>, ProjectError> {
        let asked = bus::keys(self.journal.vault(), records).await;
        asked.map_err(|error: KeyError| ProjectError::Database(sqlx::Error::Io(std::io::Error::other(error))))
    }

    pub(super) async fn wait(&self, records: &[Unit]) {
        if records.len() < SMALL {
            // What comes meanwhile is the next batch. Nobody but an erasure waits for this transaction's lock.
            tokio::time::sleep(self.pace).await;
        }
    }
}

/// CRM → records and what hangs on them.
pub(crate) struct Facts(pub Means);

impl Projection for Facts {
    fn name(&self) -> &'static str {
        FACTS
    }

    async fn apply(&mut self, tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
        self.0.wait(units).await;
        let mut sealed = BTreeSet::new();
        for unit in units {
            if let Some(record) = bus::record_of(&unit.subject)
                && records_to_open(&unit.unit.events).map_err(ProjectError::Poison)?
            {
                sealed.insert(record.to_owned());
            }
        }
        let keys = self.0.keys(sealed).await?;
        let mut records: BTreeMap<String, Record> = BTreeMap::new();
        for unit in units {
            let Some(name) = bus::record_of(&unit.subject) else { continue };
            let record = records.entry(name.to_owned()).or_default();
            for bytes in &unit.unit.events {
                let read = facts(bytes, &unit.subject, keys.get(name), &self.0.hasher);
                read.map_err(ProjectError::Poison)?.into_iter().for_each(|fact| record.apply(fact));
            }
        }
        write::forget_erased(tx, &mut records).await?;
        write::records(tx, &records).await?;
        regroup(tx, &records, units.last().map_or(0, |unit| unit.sequence)).await?;
        hook::view::apply(tx, units, &records).await?;
        retention::view::apply(tx, units).await?;
        order::view::apply(tx, units).await?;
        stock::view::apply(tx, units).await?;
        shop::view::apply(tx, units).await?;
        shop::feed::apply(tx, units).await?;
        segment::apply(tx, units).await?;
        segment::apply_days(tx, units).await?;
        plan::apply(tx, units).await?;
        word::apply(tx, units).await?;
        Ok(())
    }
}
