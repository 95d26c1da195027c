//! Reports in, units out: facts are checked, grouped by record, sealed and appended, many at once. Nothing is read before it is written.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use chassis::refusal::Refusal;
use futures::{StreamExt as _, stream};
use journal::{AppendError, DataKey, Journal, KeyError};
use proto::{crm::v1 as pb, journal::v1::Unit};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::{
    bus,
    convert::{Checked, Events, check, is_reporter},
    error::{invalid, locked, unavailable},
    metrics::Metrics,
    record::Hash,
    secret::Hasher,
};

/// Facts in one report.
pub(crate) const MOST_FACTS: usize = 500;
/// Records of one report on their way at once.
const RECORDS_AT_ONCE: usize = 128;
/// Most bytes in one unit, far below what the servers take (1 MiB).
const MOST_BYTES: usize = 256 * 1024;

/// Stores facts.
#[derive(Clone)]
pub(crate) struct Reporter {
    journal: Journal,
    hasher: Hasher,
    room: Arc<Semaphore>,
    metrics: Metrics,
}

impl Reporter {
    pub(crate) fn new(journal: Journal, hasher: Hasher, appends_in_flight: usize, metrics: Metrics) -> Self {
        Self { journal, hasher, room: Arc::new(Semaphore::new(appends_in_flight)), metrics }
    }

    /// Stores the facts that can be stored.
    ///
    /// # Errors
    /// When the report as a whole is malformed, or the journal did not confirm: then some may be stored, and the same report may be sent again.
    pub(crate) async fn report(&self, request: pb::ReportRequest) -> Result<pb::ReportResponse, Refusal> {
        let pb::ReportRequest { source, by, facts } = request;
        if facts.len() > MOST_FACTS {
            return Err(invalid("too_many", "a report holds at most 500 facts"));
        }
        if !is_reporter(&source) {
            return Err(invalid("bad_source", "a source is 1 to 64 of [a-z0-9._-], and not the center itself"));
        }
        if by.len() > 64 || by.chars().any(char::is_control) {
            return Err(invalid("bad_id", "the account's id is malformed"));
        }
        let now_ms = now_ms();
        let mut outcomes = vec![pb::FactOutcome::default(); facts.len()];
        let mut records: BTreeMap<String, Vec<(usize, Checked)>> = BTreeMap::new();
        for (at, fact) in facts.into_iter().enumerate() {
            let id = fact.fact_id.clone();
            match check(fact, &self.hasher, now_ms) {
                Ok(checked) => {
                    outcomes[at] = stored(&checked);
                    records.entry(checked.record.clone()).or_default().push((at, checked));
                }
                Err(reason) => {
                    outcomes[at] =
                        pb::FactOutcome { fact_id: id, refused: reason.to_owned(), ..pb::FactOutcome::default() }
                }
            }
        }
        let mut storing = stream::iter(records)
            .map(|(record, facts)| self.store(record, facts, &source, &by, now_ms))
            .buffer_unordered(RECORDS_AT_ONCE);
        while let Some(done) = storing.next().await {
            done?.into_iter().for_each(|at| outcomes[at].refused = "erased".to_owned());
        }
        self.count(&outcomes);
        Ok(pb::ReportResponse { outcomes })
    }

    /// Stores the facts of one record; the places of those that cannot be, because it was erased.
    async fn store(
        &self,
        record: String,
        mut facts: Vec<(usize, Checked)>,
        source: &str,
        by: &str,
        now_ms: u64,
    ) -> Result<Vec<usize>, Refusal> {
        let _turn = self.room.acquire().await.map_err(|_| unavailable("the service stops"))?;
        let mut gone = Vec::new();
        let key = match self.key(&record, &facts).await {
            Ok(key) => key,
            Err(KeyError::Erased { .. }) => {
                gone = facts.extract_if(.., |(_, fact)| !fact.undoes()).map(|(at, _)| at).collect();
                None
            }
            Err(error @ (KeyError::Unavailable { .. } | KeyError::Unusable { .. } | KeyError::BadId { .. })) => {
                return Err(locked(&error));
            }
        };
        let subject = bus::subject(&record);
        let events = Events { subject: &subject, source, by, key: key.as_ref() };
        let facts = facts.into_iter().map(|(_, fact)| fact).collect();
        for (id, events) in units(&events, facts, &self.hasher) {
            let unit =
                Unit { events, decided_at_ms: now_ms, site: self.journal.site().to_owned(), claim: None, epoch: 0 };
            bus::append(&self.journal, subject.clone(), id, unit).await.map_err(|error| self.unsaid(&error))?;
        }
        Ok(gone)
    }

    /// The key that seals what is personal in these facts; also where nothing is, an erased record is told of.
    async fn key(&self, record: &str, facts: &[(usize, Checked)]) -> Result<Option<DataKey>, KeyError> {
        let vault = self.journal.vault();
        if facts.iter().any(|(_, fact)| fact.is_personal()) {
            vault.key(record).await.map(Some)
        } else if facts.iter().all(|(_, fact)| fact.undoes()) {
            Ok(None)
        } else {
            vault.existing(record).await
        }
    }

    fn unsaid(&self, error: &AppendError) -> Refusal {
        self.metrics.unknown.add(1, &[]);
        tracing::warn!(%error, "facts not confirmed");
        unavailable("the journal did not confirm in time")
    }

    fn count(&self, outcomes: &[pb::FactOutcome]) {
        let refused = outcomes.iter().filter(|outcome| !outcome.refused.is_empty()).count();
        self.metrics.facts.add((outcomes.len() - refused) as u64, &[]);
        self.metrics.refused.add(refused as u64, &[]);
    }
}

fn stored(checked: &Checked) -> pb::FactOutcome {
    pb::FactOutcome { record_id: checked.record.clone(), fact_id: checked.fact.clone(), refused: String::new() }
}

/// The units of one record's facts, each with its id: the same facts together are the same unit, so a resend is not stored again.
fn units(events: &Events<'_>, facts: Vec<Checked>, hasher: &Hasher) -> Vec<(String, Vec<Bytes>)> {
    let mut parts: Vec<(String, Bytes)> = Vec::with_capacity(facts.len() + 1);
    let owner = facts
        .iter()
        .filter_map(|fact| fact.owner.clone().map(|owner| (fact.at_ms, owner)))
        .max_by_key(|(at_ms, owner)| (owner.1, *at_ms));
    if let Some((at_ms, (folded, verified))) = owner {
        let said: Vec<&str> = facts.iter().map(|fact| fact.fact.as_str()).collect();
        let id = format!("{verified}.{}", said.join("."));
        parts.extend(events.owner(&folded, verified, at_ms, hasher).map(|bytes| (id, bytes)));
    }
    for fact in facts {
        let id = fact.fact.clone();
        parts.extend(events.of(fact).map(|bytes| (id, bytes)));
    }
    let mut units: Vec<(Sha256, usize, Vec<Bytes>)> = Vec::new();
    for (id, bytes) in parts {
        let fits = units.last().is_some_and(|(_, size, _)| size + bytes.len() <= MOST_BYTES);
        if !fits {
            units.push((start(events), 0, Vec::new()));
        }
        if let Some((hash, size, unit)) = units.last_mut() {
            hash.update(id.as_bytes());
            hash.update([0]);
            *size += bytes.len();
            unit.push(bytes);
        }
    }
    units.into_iter().map(|(hash, _, unit)| (half(hash), unit)).collect()
}

fn start(events: &Events<'_>) -> Sha256 {
    let mut hash = Sha256::new();
    for part in [events.subject, events.source] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash
}

fn half(hash: Sha256) -> String {
    let mut half = [0; 16];
    half.copy_from_slice(&hash.finalize()[..16]);
    Hash(half).to_string()
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
