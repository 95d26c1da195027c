//! Who owns a thing: a pure state machine over its subject's records, heartbeats, and the journal's progress.
//!
//! Safety is the append: the owner is named by the last claim in the thing's own subject, and every append of an owner
//! expects the subject's last sequence, so an owner that was overtaken is refused. What is here only decides *when to
//! try*; a wrong guess costs a hand-over, never two owners.

use proto::journal::v1::{Claim, Unit};

use crate::{Append, Expect, Record, Stream};

/// Milliseconds by this process's monotonic clock.
pub type Millis = u64;

/// How long an owner may be silent before it is suspected, milliseconds: five missed heartbeats.
pub const SUSPECT_AFTER_MS: Millis = 1_250;
/// A sign of the journal's life counts for this long, milliseconds.
pub const PROGRESS_HOLDS_MS: Millis = 750;
/// After a claim was proposed, how long until the next proposal, milliseconds.
pub const CLAIM_PAUSE_MS: Millis = 1_000;

/// Ownership of one subject, as this process sees it.
#[derive(Clone, Debug)]
pub struct Ownership {
    me: String,
    subject: String,
    current: Option<Claim>,
    last: u64,
    refused: bool,
    silent_for: Millis,
    counted_at: Option<Millis>,
    progress_at: Option<Millis>,
    proposed_at: Option<Millis>,
    /// The standing owner said that it leaves, and with which last sequence.
    leaving: Option<u64>,
}

/// A claim worth appending now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextClaim {
    /// The subject.
    pub subject: String,
    /// The subject's last sequence, to be expected by the append.
    pub expect: u64,
    /// What to claim.
    pub claim: Claim,
}

impl NextClaim {
    /// The claim as an append; a retry of the same claim has the same id.
    pub fn append(&self, stream: Stream, site: &str, decided_at_ms: u64) -> Append {
        Append {
            stream,
            subject: self.subject.clone(),
            expect: Expect::Last(self.expect),
            id: format!("claim.{}.{}.{}.{}", self.subject, self.claim.epoch, self.claim.owner, self.expect),
            unit: Unit {
                events: Vec::new(),
                decided_at_ms,
                site: site.to_owned(),
                claim: Some(self.claim.clone()),
                epoch: self.claim.epoch,
            },
        }
    }
}

impl Ownership {
    /// Ownership of `subject` as seen by `me` ([`Journal::owner_name`](crate::Journal::owner_name)), before any record.
    pub fn new(me: impl Into<String>, subject: impl Into<String>) -> Ownership {
        Ownership {
            me: me.into(),
            subject: subject.into(),
            current: None,
            last: 0,
            refused: false,
            silent_for: 0,
            counted_at: None,
            progress_at: None,
            proposed_at: None,
            leaving: None,
        }
    }

    /// As [`Ownership::new`], from a snapshot: the claim that stood, and the subject's last sequence then.
    pub fn restore(me: impl Into<String>, subject: impl Into<String>, current: Option<Claim>, last: u64) -> Ownership {
        Ownership { current, last, ..Ownership::new(me, subject) }
    }

    /// A record of the followed stream, or the caller's own append once it is acknowledged. Other subjects and records
    /// already seen change nothing.
    pub fn on_record(&mut self, record: &Record) {
        if record.subject == self.subject {
            self.on_unit(record.sequence, &record.unit);
        }
    }

    /// As [`Ownership::on_record`], for a unit of the subject whose record is not at hand: the caller's own append.
    pub fn on_unit(&mut self, sequence: u64, unit: &Unit) {
        if sequence <= self.last {
            return;
        }
        self.last = sequence;
        if let Some(claim) = &unit.claim {
            self.current = Some(claim.clone());
            self.refused = false;
            self.proposed_at = None;
            self.leaving = None;
            self.silent_for = 0;
        } else if unit.epoch != 0 && self.epoch() == unit.epoch {
            self.silent_for = 0;
        }
    }

    /// A heartbeat for this thing. Only the standing owner's counts.
    pub fn on_heartbeat(&mut self, owner: &str, epoch: u64, now: Millis) {
        if self.current.as_ref().is_some_and(|claim| claim.owner == owner && claim.epoch == epoch) {
            self.silent_for = 0;
            self.counted_at = Some(now);
        }
    }

    /// The owner's last heartbeat: it stops in order, and wrote nothing after `last`. Only the standing owner's counts. A claim is
    /// worth trying at the next tick once everything up to `last` is known here; who is told too early waits for it.
    pub fn on_leaving(&mut self, owner: &str, epoch: u64, last: u64) {
        if self.current.as_ref().is_some_and(|claim| claim.owner == owner && claim.epoch == epoch) {
            self.leaving = Some(last);
        }
    }

    /// The journal just showed that it has a leader and moves: a record arrived, an append was acknowledged, or
    /// [`Journal::last_sequence`](crate::Journal::last_sequence) was answered.
    pub fn journal_progress(&mut self, now: Millis) {
        self.progress_at = Some(now);
    }

    /// An own append was refused with a conflict: this process is not the owner until the records say so again.
    pub fn refused(&mut self) {
        if self.mine() {
            self.refused = true;
        }
    }

    /// Time passes; call it every 100 ms or so. Says when it is worth claiming, at most once a second.
    ///
    /// Silence is counted only while the journal moves: without a quorum nobody can take over, and the owner's claim
    /// still stands when the quorum is back. A thing that nobody ever claimed is claimed at once.
    pub fn tick(&mut self, now: Millis) -> Option<NextClaim> {
        let moves = self.progress_at.is_some_and(|at| now.saturating_sub(at) <= PROGRESS_HOLDS_MS);
        let passed = self.counted_at.map_or(0, |at| now.saturating_sub(at));
        self.counted_at = Some(now);
        if moves {
            // A process that was frozen itself must not take its own sleep for the owner's silence.
            self.silent_for += passed.min(PROGRESS_HOLDS_MS);
        }
        let wanted = match &self.current {
            None => true,
            Some(_) if self.mine() => false,
            Some(_) if self.leaving.is_some_and(|last| self.last >= last) => true,
            Some(_) => self.silent_for >= SUSPECT_AFTER_MS,
        };
        let paused = self.proposed_at.is_some_and(|at| now.saturating_sub(at) < CLAIM_PAUSE_MS);
        (wanted && moves && !paused).then(|| {
            self.proposed_at = Some(now);
            self.next_claim()
        })
    }

    /// The claim that this process would have to append to become the owner: also for a planned hand-over.
    pub fn next_claim(&self) -> NextClaim {
        NextClaim {
            subject: self.subject.clone(),
            expect: self.last,
            claim: Claim { owner: self.me.clone(), epoch: self.epoch() + 1 },
        }
    }

    /// The standing claim.
    pub fn current(&self) -> Option<&Claim> {
        self.current.as_ref()
    }

    /// Whether this process is the owner as far as it knows. Only an acknowledged append proves it.
    pub fn mine(&self) -> bool {
        !self.refused && self.current.as_ref().is_some_and(|claim| claim.owner == self.me)
    }

    /// Epoch of the standing claim; 0 without one.
    pub fn epoch(&self) -> u64 {
        self.current.as_ref().map_or(0, |claim| claim.epoch)
    }

    /// The subject's last sequence seen: what the owner's next append must expect.
    pub fn last(&self) -> u64 {
        self.last
    }
}

#[cfg(test)]
mod tests;
