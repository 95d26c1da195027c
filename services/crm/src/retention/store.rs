//! Settings, runs and holds on the journal.

use bytes::Bytes;
use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, Expect, Journal, KeyError};
use prost::Message;
use proto::{
    crm::v1::{HoldSet, RetentionRan, RetentionRun, RetentionSet, RetentionSettings},
    journal::v1::{Sealed, Unit},
};
use uuid::Uuid;

use crate::{
    bus::CRM,
    error::{locked, unavailable},
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
    append(journal, format!("{}{SETTINGS}", CRM.prefix), Expect::Last(read), &set).await
}

/// Notes a run; its event's sequence.
///
/// # Errors
/// `conflict`: somebody else runs; `unavailable`.
pub(super) async fn ran(journal: &Journal, last: u64, run: RetentionRun) -> Result<u64, Refusal> {
    append(journal, format!("{}{RUNS}", CRM.prefix), Expect::Last(last), &RetentionRan { run: Some(run) }).await
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
    append(journal, subject, Expect::Any, &HoldSet { reason, by, at_ms }).await?;
    Ok(at_ms)
}

/// Why a record is kept; empty: it cannot be read now.
pub(super) async fn reason(journal: &Journal, record: &str, sealed: &Sealed) -> String {
    let key: Result<_, KeyError> = journal.vault().existing(record).await;
    let plain = key.ok().flatten().and_then(|key| key.open(&hold_subject(record), sealed).ok());
    plain.and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default()
}

async fn append(journal: &Journal, subject: String, expect: Expect, event: &impl Message) -> Result<u64, Refusal> {
    let events = vec![Bytes::from(event.encode_to_vec())];
    let unit = Unit { events, decided_at_ms: now_ms(), site: journal.site().to_owned(), claim: None, epoch: 0 };
    let append = Append { stream: CRM, subject, expect, id: Uuid::new_v4().to_string(), unit };
    match journal.append(append).await {
        Ok(appended) => Ok(appended.sequence),
        Err(AppendError::Conflict { .. }) => {
            let message = "somebody else changed it meanwhile: read it again";
            Err(Refusal::new(Code::FailedPrecondition, "conflict", message))
        }
        Err(error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. } | AppendError::Unavailable { .. })) => {
            tracing::warn!(%error, "retention not confirmed");
            Err(unavailable("the journal did not confirm in time"))
        }
    }
}
