//! The journal, in and out. No decisions.

use std::collections::{BTreeSet, HashMap};

use futures::{StreamExt as _, stream};
use journal::{Append, AppendError, Appended, DataKey, Expect, Journal, KeyError, Stream, Vault};
use proto::journal::v1::Unit;

/// Facts about records.
pub const CRM: Stream = Stream::new("CRM", "crm");
/// Conversations, for what happened in them.
pub(crate) const CHAT: Stream = Stream::new("CHAT", "chat");
/// Calls, for what happened in them.
pub(crate) const TELEPHONY: Stream = Stream::new("TELEPHONY", "call");

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
