//! Settings, runs and holds on the journal.

use chassis::refusal::Refusal;
use journal::{Expect, Journal, KeyError};
use proto::{
    crm::v1::{HoldSet, RetentionRan, RetentionRun, RetentionSet, RetentionSettings},
    journal::v1::Sealed,
};

use crate::{
    bus::{self, CRM},
    error::locked,
    service::now_ms,
};

/// Where settings stand, behind the stream's prefix.
pub(super) const SETTINGS: &str = ".settings.retention";
/// Where runs stand.
pub(super) const RUNS: &str = ".settings.retention_run";

/// The record of the rest of a subject.
pub(super) fn held_of(rest: &str) -> Option<&str> {
    rest.strip_prefix(".hold.")
}

fn hold_subject(record: &str) -> String {
    format!("{}.hold.{record}", CRM.prefix)
}

/// Sets what holds; the new version.
///
/// # Errors
/// `conflict`: somebody else did meanwhile; `unavailable`.
pub(super) async fn set(journal: &Journal, mut settings: RetentionSettings, by: String) -> Result<u64, Refusal> {
    let read = std::mem::take(&mut settings.version);
    let set = RetentionSet { settings: Some(settings), by, at_ms: now_ms() };
    bus::set(journal, format!("{}{SETTINGS}", CRM.prefix), Expect::Last(read), &set).await
}

/// Notes a run; its event's sequence.
///
/// # Errors
/// `conflict`: somebody else runs; `unavailable`.
pub(super) async fn ran(journal: &Journal, last: u64, run: RetentionRun) -> Result<u64, Refusal> {
    bus::set(journal, format!("{}{RUNS}", CRM.prefix), Expect::Last(last), &RetentionRan { run: Some(run) }).await
}

/// Keeps a record, or no longer.
///
/// # Errors
/// `erased`; `unavailable`.
pub(super) async fn hold(journal: &Journal, record: &str, reason: Option<&str>, by: String) -> Result<u64, Refusal> {
    let subject = hold_subject(record);
    let reason = match reason {
        None => None,
        Some(reason) => {
            let key = journal.vault().key(record).await.map_err(|error| locked(&error))?;
            Some(key.seal(&subject, reason.as_bytes()))
        }
    };
    let at_ms = now_ms();
    bus::set(journal, subject, Expect::Any, &HoldSet { reason, by, at_ms }).await?;
    Ok(at_ms)
}

/// Why a record is kept; empty: it cannot be read now.
pub(super) async fn reason(journal: &Journal, record: &str, sealed: &Sealed) -> String {
    let key: Result<_, KeyError> = journal.vault().existing(record).await;
    let plain = key.ok().flatten().and_then(|key| key.open(&hold_subject(record), sealed).ok());
    plain.and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default()
}
