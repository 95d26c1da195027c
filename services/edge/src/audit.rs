//! The request audit: gathered for up to a second and stored as one unit of `audit.<site>`. It never holds a request up:
//! what does not fit while the journal is away is counted and dropped, loudly.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use journal::{Append, AppendError, Expect, Journal, Stream};
use prost::Message as _;
use proto::{
    edge::v1::{AuditEntry, AuditEvent},
    journal::v1::Unit,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{clock, metrics::metrics, socket::handle::Handle};

/// The stream of audits.
pub const AUDIT: Stream = Stream { name: "AUDIT", prefix: "audit" };

/// Entries of one unit: stays far below the largest message.
const UNIT: usize = 1_000;
/// Longest `subject`, in characters.
const SUBJECT: usize = 200;
/// Between two attempts while the journal is away.
const PAUSE: Duration = Duration::from_millis(500);

/// Where entries are left. Clones share the buffer.
#[derive(Clone, Debug)]
pub struct Audit {
    sender: mpsc::Sender<AuditEntry>,
    dropped: Arc<AtomicU64>,
}

/// What waits to be stored.
#[derive(Debug)]
pub struct AuditTrail {
    receiver: mpsc::Receiver<AuditEntry>,
    dropped: Arc<AtomicU64>,
}

/// An audit with room for `buffer` entries, and what [`store`] works through.
pub fn audit(buffer: usize) -> (Audit, AuditTrail) {
    let (sender, receiver) = mpsc::channel(buffer.max(1));
    let dropped = Arc::new(AtomicU64::new(0));
    (Audit { sender, dropped: dropped.clone() }, AuditTrail { receiver, dropped })
}

impl AuditTrail {
    /// The next entry; `None` when every [`Audit`] is gone.
    pub async fn next(&mut self) -> Option<AuditEntry> {
        self.receiver.recv().await
    }
}

impl Audit {
    /// Leaves an entry; the time is now.
    pub(crate) fn note(&self, entry: AuditEntry) {
        let subject = entry.subject.chars().take(SUBJECT).collect();
        let entry = AuditEntry { at_ms: clock::unix_ms(), subject, ..entry };
        if self.sender.try_send(entry).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Leaves an entry about what a socket did.
    pub(crate) fn of_socket(&self, socket: &Handle, action: &str, subject: &str, outcome: &str) {
        self.note(AuditEntry {
            who: socket.identity.id.to_string(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            outcome: outcome.to_owned(),
            address: socket.address.to_string(),
            ..AuditEntry::default()
        });
    }

    /// Leaves an entry of somebody who is not signed in.
    pub(crate) fn of_stranger(&self, address: IpAddr, action: &str, outcome: &str) {
        self.note(AuditEntry {
            action: action.to_owned(),
            outcome: outcome.to_owned(),
            address: address.to_string(),
            ..AuditEntry::default()
        });
    }

    /// One whose entries nobody reads.
    #[cfg(test)]
    pub(crate) fn unread() -> Self {
        audit(1).0
    }
}

/// Stores what is left in `trail` until `stop`, then what is left by then, once.
pub(crate) async fn store(mut trail: AuditTrail, journal: Journal, gather: Duration, stop: CancellationToken) {
    let mut number = 0_u64;
    loop {
        let mut entries = Vec::new();
        let open = tokio::select! {
            received = trail.receiver.recv_many(&mut entries, UNIT) => received > 0,
            () = stop.cancelled() => false,
        };
        if !open {
            break;
        }
        if entries.len() < UNIT {
            gather_more(&mut trail, &mut entries, gather, &stop).await;
        }
        number += 1;
        append(&journal, entries, number, &stop).await;
        report_dropped(&trail.dropped);
    }
    trail.receiver.close();
    let mut entries = Vec::new();
    while trail.receiver.recv_many(&mut entries, UNIT).await > 0 {
        number += 1;
        append(&journal, std::mem::take(&mut entries), number, &stop).await;
    }
}

async fn gather_more(
    trail: &mut AuditTrail,
    entries: &mut Vec<AuditEntry>,
    gather: Duration,
    stop: &CancellationToken,
) {
    let until = tokio::time::sleep(gather);
    tokio::pin!(until);
    while entries.len() < UNIT {
        let room = UNIT - entries.len();
        tokio::select! {
            received = trail.receiver.recv_many(entries, room) => if received == 0 { return },
            () = &mut until => return,
            () = stop.cancelled() => return,
        }
    }
}

/// Appends until it holds; after `stop` only once.
async fn append(journal: &Journal, entries: Vec<AuditEntry>, number: u64, stop: &CancellationToken) {
    let count = entries.len();
    let event = AuditEvent { entries }.encode_to_vec();
    let unit = Unit {
        events: vec![event.into()],
        decided_at_ms: clock::unix_ms(),
        site: journal.site().to_owned(),
        ..Unit::default()
    };
    let append = Append {
        stream: AUDIT,
        subject: format!("audit.{}", journal.site()),
        expect: Expect::Any,
        id: format!("{}.{number}", journal.owner_name()),
        unit,
    };
    loop {
        match journal.append(append.clone()).await {
            Ok(_) => return,
            Err(AppendError::Unavailable { .. }) if !stop.is_cancelled() => {
                tracing::warn!(count, "audit not stored yet: the journal is not available");
                tokio::select! {
                    () = tokio::time::sleep(PAUSE) => {}
                    () = stop.cancelled() => {}
                }
            }
            Err(error) => {
                tracing::error!(count, %error, "audit entries lost");
                return;
            }
        }
    }
}

fn report_dropped(dropped: &AtomicU64) {
    let dropped = dropped.swap(0, Ordering::Relaxed);
    if dropped > 0 {
        metrics().audit_dropped.add(dropped, &[]);
        tracing::error!(dropped, "audit entries dropped: the journal was away for too long");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_buffer_never_holds_a_request_up() {
        let (audit, mut trail) = audit(2);
        for action in ["a", "b", "c"] {
            audit.of_stranger([127, 0, 0, 1].into(), action, "ok");
        }
        assert_eq!(audit.dropped.load(Ordering::Relaxed), 1);
        assert_eq!(trail.next().await.unwrap().action, "a");
    }

    #[tokio::test]
    async fn a_long_subject_is_cut() {
        let (audit, mut trail) = audit(2);
        audit.note(AuditEntry { subject: "窓".repeat(300), ..AuditEntry::default() });
        assert_eq!(trail.next().await.unwrap().subject.chars().count(), SUBJECT);
    }
}
