//! Reports of orders in, units out: checked, sealed, appended, many at once. Nothing is read before it is written.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use chassis::refusal::Refusal;
use futures::{StreamExt as _, stream};
use journal::{AppendError, Journal, KeyError};
use prost::Message as _;
use proto::{crm::v1 as pb, journal::v1::Unit};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use super::check::{self, Fault, fault};
use crate::{
    bus::{self, CRM},
    convert::is_reporter,
    error::{invalid, locked, unavailable},
    fold::{self, is_record_id},
    secret::Hasher,
    service::{Reporter, now_ms},
};

/// Orders in one report.
pub(crate) const MOST: usize = 500;
/// Orders of one report on their way at once.
const AT_ONCE: usize = 128;
/// Owners that are remembered as known; then all are told again.
const REMEMBERED: usize = 100_000;
/// Kinds that are no identities': they keep the ids apart.
const ORDER_ID: i32 = -1;
const CONTENT: i32 = -2;

/// Stores states of orders.
#[derive(Clone)]
pub(crate) struct Orders {
    journal: Journal,
    hasher: Hasher,
    reporter: Reporter,
    room: Arc<Semaphore>,
    /// Owners whose records this process has told of.
    known: Arc<Mutex<HashSet<String>>>,
}

/// The subject of an order.
pub(crate) fn subject(order: &str) -> String {
    format!("{}.order.{order}", CRM.prefix)
}

/// The order of a subject.
pub(crate) fn order_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(CRM.prefix)?.strip_prefix(".order.")
}

/// The id of an order: the same at every site, and it does not tell the number.
pub(crate) fn order_id(hasher: &Hasher, shop: &str, number: &str) -> String {
    let folded: String = number.trim().nfkc().flat_map(char::to_lowercase).collect();
    format!("ord-{}", hasher.identity(ORDER_ID, shop, &folded))
}

/// A report that can be stored.
struct Checked {
    at: usize,
    order: String,
    record: String,
    report: pb::OrderReport,
}

impl Orders {
    pub(crate) fn new(journal: Journal, hasher: Hasher, reporter: Reporter, appends_in_flight: usize) -> Self {
        let room = Arc::new(Semaphore::new(appends_in_flight));
        Self { journal, hasher, reporter, room, known: Arc::default() }
    }

    /// The id of an order by its number.
    pub(crate) fn id(&self, shop: &str, number: &str) -> String {
        order_id(&self.hasher, shop, number)
    }

    /// Keyed hash of some bytes.
    pub(crate) fn digest(&self, bytes: &[u8]) -> String {
        let plain: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        self.hasher.identity(CONTENT, "", &plain).to_string()
    }

    /// Whether a report could be stored.
    ///
    /// # Errors
    /// [`Fault`]: why never.
    pub(crate) fn check(&self, report: &pb::OrderReport) -> Result<(), Fault> {
        check::report(report, now_ms())?;
        self.record(report).map(drop)
    }

    /// Stores what can be stored; the outcomes stand in the reports' places.
    ///
    /// # Errors
    /// When the report as a whole is malformed, or the journal did not confirm: then some may be stored, and the same may be sent again.
    pub(crate) async fn report(
        &self,
        source: &str,
        reports: Vec<pb::OrderReport>,
    ) -> Result<Vec<Result<pb::OrderOutcome, Fault>>, Refusal> {
        if reports.len() > MOST {
            return Err(invalid("too_many", "a report holds at most 500 orders"));
        }
        if !is_reporter(source) {
            return Err(invalid("bad_source", "a source is 1 to 64 of [a-z0-9._-], and not the center itself"));
        }
        let mut outcomes = Vec::with_capacity(reports.len());
        let mut checked = Vec::with_capacity(reports.len());
        for (at, report) in reports.into_iter().enumerate() {
            let outcome = self.checked(at, report).map(|it| {
                let (order_id, record_id) = (it.order.clone(), it.record.clone());
                checked.push(it);
                pb::OrderOutcome { order_id, record_id, refused: String::new() }
            });
            outcomes.push(outcome);
        }
        self.tell_owners(source, &checked).await?;
        let mut storing = stream::iter(checked).map(|it| self.store(source, it)).buffer_unordered(AT_ONCE);
        while let Some(done) = storing.next().await {
            let (at, refused) = done?;
            if let Some(fault) = refused {
                outcomes[at] = Err(fault);
            }
        }
        Ok(outcomes)
    }

    fn checked(&self, at: usize, report: pb::OrderReport) -> Result<Checked, Fault> {
        check::report(&report, now_ms())?;
        let record = self.record(&report)?;
        let number = report.private.as_ref().map_or("", |private| &private.number);
        let shop = report.state.as_ref().map_or("", |state| &state.shop);
        Ok(Checked { at, order: self.id(shop, number), record, report })
    }

    /// Whose order it is.
    fn record(&self, report: &pb::OrderReport) -> Result<String, Fault> {
        if !report.record_id.is_empty() {
            let good = is_record_id(&report.record_id);
            return if good { Ok(report.record_id.clone()) } else { Err(fault("bad_id", "record")) };
        }
        let owner = report.owner.as_ref().ok_or_else(|| fault("no_owner", "owner"))?;
        let folded =
            fold::identity(owner.kind, &owner.namespace, &owner.value).ok_or_else(|| fault("bad_identity", "owner"))?;
        if folded.kind == i32::from(pb::IdentityKind::Center) {
            return Ok(folded.value);
        }
        Ok(self.hasher.record(folded.kind, &folded.namespace, &folded.value))
    }

    /// A record exists from its first fact on: that it is known by the identity that named it.
    async fn tell_owners(&self, source: &str, checked: &[Checked]) -> Result<(), Refusal> {
        let mut owners: BTreeMap<String, pb::Fact> = BTreeMap::new();
        for it in checked {
            let Some(owner) = it.report.owner.as_ref().filter(|_| it.report.record_id.is_empty()) else { continue };
            if owner.kind() == pb::IdentityKind::Center || self.knows(&it.record, owner.verified) {
                continue;
            }
            let placed_at = it.report.state.as_ref().map_or(0, |state| state.placed_at_ms);
            // Of several words on one owner of a report a proof is not lost.
            if !owner.verified && owners.contains_key(&it.record) {
                continue;
            }
            let fact = pb::Fact {
                fact_id: format!("order.{}", it.order),
                at_ms: placed_at,
                owner: Some(owner.clone()),
                ..pb::Fact::default()
            };
            owners.insert(it.record.clone(), fact);
        }
        if owners.is_empty() {
            return Ok(());
        }
        let facts: Vec<_> = owners.values().cloned().collect();
        let request = pb::ReportRequest { source: source.to_owned(), by: String::new(), facts };
        let told = self.reporter.report(request).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() > REMEMBERED {
            known.clear();
        }
        for ((record, fact), _) in owners.iter().zip(told.outcomes).filter(|(_, it)| it.refused.is_empty()) {
            known.insert(known_as(record, fact.owner.as_ref().is_some_and(|owner| owner.verified)));
        }
        Ok(())
    }

    fn knows(&self, record: &str, verified: bool) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(&known_as(record, verified))
    }

    async fn store(&self, source: &str, it: Checked) -> Result<(usize, Option<Fault>), Refusal> {
        let _turn = self.room.acquire().await.map_err(|_| unavailable("the service stops"))?;
        let key = match self.journal.vault().key(&it.record).await {
            Ok(key) => key,
            Err(KeyError::Erased { .. }) => return Ok((it.at, Some(fault("erased", "owner")))),
            Err(error) => return Err(locked(&error)),
        };
        let subject = subject(&it.order);
        let (state, private) = (it.report.state.unwrap_or_default(), it.report.private.unwrap_or_default());
        let content = [state.encode_to_vec(), private.encode_to_vec(), it.record.clone().into_bytes()].concat();
        let report_id = self.digest(&content);
        let event = pb::OrderReported {
            source: source.to_owned(),
            report_id: report_id.clone(),
            version: it.report.version,
            record_id: it.record,
            state: Some(state),
            private: Some(key.seal(&subject, &private.encode_to_vec())),
        };
        let unit = Unit {
            events: vec![event.encode_to_vec().into()],
            decided_at_ms: now_ms(),
            site: self.journal.site().to_owned(),
            claim: None,
            epoch: 0,
        };
        let id = format!("{}.{}.{report_id}", it.order, event.version);
        match bus::append(&self.journal, subject, id, unit).await {
            Ok(_) => Ok((it.at, None)),
            Err(error) => unstored(&error).map(|fault| (it.at, Some(fault))),
        }
    }
}

fn known_as(record: &str, verified: bool) -> String {
    if verified { format!("{record}!") } else { record.to_owned() }
}

/// Why what was to be appended can never be.
///
/// # Errors
/// `unavailable` when it may be stored later, or is already.
pub(crate) fn unstored(error: &AppendError) -> Result<Fault, Refusal> {
    match error {
        AppendError::TooLarge { .. } => Ok(fault("too_large", "")),
        AppendError::Refused { .. } => {
            tracing::error!(%error, "a report was refused by the journal");
            Ok(fault("refused", ""))
        }
        AppendError::Unavailable { .. } | AppendError::Conflict { .. } => {
            tracing::warn!(%error, "a report was not confirmed");
            Err(unavailable("the journal did not confirm in time"))
        }
    }
}
