//! The journal, in and out. No decisions.

use std::collections::{BTreeSet, HashMap};

use chassis::refusal::{Code, Refusal};
use futures::{StreamExt as _, stream};
use journal::{Append, AppendError, Appended, DataKey, Expect, Journal, KeyError, Stream, Vault};
use prost::Message;
use proto::journal::v1::Unit;
use uuid::Uuid;

use crate::{error::unavailable, service::now_ms};

/// Facts about records.
pub const CRM: Stream = Stream::new("CRM", "crm");
/// Conversations, for what happened in them.
pub(crate) const CHAT: Stream = Stream::new("CHAT", "chat");
/// Calls, for what happened in them.
pub(crate) const TELEPHONY: Stream = Stream::new("TELEPHONY", "call");

/// Reason of [`conflict`].
pub(crate) const CONFLICT: &str = "conflict";
/// Keys asked for at once: each is a round trip to the nearest copy.
const KEYS_AT_ONCE: usize = 128;

/// The subject of a record's facts.
pub(crate) fn subject(record: &str) -> String {
    format!("{}.record.{record}", CRM.prefix)
}

/// The record of a subject; none: the subject is about something else.
pub(crate) fn record_of(subject: &str) -> Option<&str> {
    subject.strip_prefix(CRM.prefix)?.strip_prefix(".record.")
}

/// Appends one unit, whatever stands on the subject: facts commute.
pub(crate) async fn append(
    journal: &Journal,
    subject: String,
    id: String,
    unit: Unit,
) -> Result<Appended, AppendError> {
    journal.append(Append { stream: CRM, subject, expect: Expect::Any, id, unit }).await
}

/// Appends the only event of a unit to a subject of CRM that nobody owns: a document of settings, a run, a hold. Its sequence.
///
/// # Errors
/// `conflict`: somebody else wrote there meanwhile; `unavailable`: it may or may not be stored.
pub(crate) async fn set(
    journal: &Journal,
    subject: String,
    expect: Expect,
    event: &impl Message,
) -> Result<u64, Refusal> {
    let events = vec![event.encode_to_vec().into()];
    let unit = Unit { events, decided_at_ms: now_ms(), site: journal.site().to_owned(), claim: None, epoch: 0 };
    let append = Append { stream: CRM, subject, expect, id: Uuid::new_v4().to_string(), unit };
    match journal.append(append).await {
        Ok(appended) => Ok(appended.sequence),
        Err(AppendError::Conflict { .. }) => Err(conflict()),
        Err(error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. } | AppendError::Unavailable { .. })) => {
            tracing::warn!(%error, "a setting is not confirmed");
            Err(unavailable("the journal did not confirm in time"))
        }
    }
}

/// Somebody else was faster.
pub(crate) fn conflict() -> Refusal {
    Refusal::new(Code::FailedPrecondition, CONFLICT, "somebody else changed it meanwhile: read it again")
}

/// The keys of these records. One that is missing in the answer was erased or never was.
///
/// # Errors
/// When the key store does not answer.
pub(crate) async fn keys(vault: &Vault, records: BTreeSet<String>) -> Result<HashMap<String, DataKey>, KeyError> {
    let mut asked = stream::iter(records)
        .map(|record| async move {
            let key = vault.existing(&record).await;
            (record, key)
        })
        .buffer_unordered(KEYS_AT_ONCE);
    let mut keys = HashMap::new();
    while let Some((record, key)) = asked.next().await {
        match key {
            Ok(Some(key)) => {
                keys.insert(record, key);
            }
            Ok(None) | Err(KeyError::Erased { .. } | KeyError::BadId { .. }) => {}
            Err(error @ (KeyError::Unavailable { .. } | KeyError::Unusable { .. })) => return Err(error),
        }
    }
    Ok(keys)
}
