//! Who owns the floor, and what this process does while it does.

use std::time::{Duration, Instant};

use futures::FutureExt as _;
use proto::journal::v1::Heartbeat;

use super::{Service, wall_clock};
use crate::{SERVICE, STREAM, bus, error::Outcome, floor::recheck};

/// How often the journal is asked for a sign of life by those who may have to take over.
const PROBE: Duration = Duration::from_millis(300);

impl Service {
    /// Owners decide, others do not: makes what this process does agree with whether it owns the floor.
    pub(super) fn settle_office(&mut self) {
        if !self.ownership.mine() {
            self.leave_office();
        } else if self.draft.is_none() && self.under_way.is_none() {
            self.take_office();
        }
        let epoch = if self.ownership.mine() { self.ownership.epoch() } else { 0 };
        self.beat_state.send_if_modified(|beat| {
            let changed = beat.epoch != epoch;
            beat.epoch = epoch;
            beat.position = self.position;
            changed
        });
    }

    fn take_office(&mut self) {
        let mut draft = self.stored.clone();
        recheck(&mut draft);
        self.draft = Some(draft);
        // What was not confirmed belonged to an earlier time in office: nothing would be sent any more that could end the stall.
        self.stalled = false;
        if self.serving.is_none() {
            tracing::info!(floor = self.config.floor, epoch = self.ownership.epoch(), "owning the floor");
            self.metrics.took_over();
            let task = bus::serve(self.journal.clone(), self.config.floor.clone(), self.handle.clone());
            self.serving = Some(tokio::spawn(task).abort_handle());
        }
    }

    pub(super) fn leave_office(&mut self) {
        self.draft = None;
        if let Some(serving) = self.serving.take() {
            tracing::info!(floor = self.config.floor, "not owning the floor any more");
            serving.abort();
        }
        for pending in self.waiting.drain(..) {
            pending.tell(Outcome::NotOwner);
        }
    }

    /// The others need not find out by silence. What this process decides no more, it must not have decided: it left office before.
    pub(super) fn announce_leaving(&self) -> impl Future<Output = ()> + Send + use<> {
        let (owner, epoch) = (self.journal.owner_name(), self.ownership.epoch());
        let last = Heartbeat { owner, epoch, position: self.position, leaves_at: self.ownership.last() };
        tracing::info!(floor = self.config.floor, epoch, "handing the floor over");
        let (journal, thing) = (self.journal.clone(), self.config.floor.clone());
        async move { journal::leave(&journal, SERVICE, &thing, last).await }
    }

    pub(super) fn on_beat(&mut self, beat: &Heartbeat) {
        let now = self.clock();
        self.ownership.on_heartbeat(&beat.owner, beat.epoch, now);
        if beat.leaves_at > 0 {
            self.ownership.on_leaving(&beat.owner, beat.epoch, beat.leaves_at);
            self.on_pulse();
        }
    }

    pub(super) fn on_pulse(&mut self) {
        let now = self.clock();
        let idle = self.under_way.is_none();
        if let Some(claim) = self.ownership.tick(now)
            && idle
        {
            tracing::info!(floor = self.config.floor, epoch = claim.claim.epoch, "claiming the floor");
            let append = claim.append(STREAM, self.journal.site(), wall_clock());
            self.send(append, None, Duration::ZERO);
        }
        let probed = self.probed.is_some_and(|at| at.elapsed() < PROBE);
        if !self.ownership.mine() && self.probe.is_none() && !probed {
            let journal = self.journal.clone();
            self.probed = Some(Instant::now());
            self.probe = Some(async move { journal.last_sequence(&STREAM).await }.boxed());
        }
    }

    pub(super) fn on_probe(&mut self, alive: bool) {
        self.probe = None;
        if alive {
            let now = self.clock();
            self.ownership.journal_progress(now);
        }
    }
}
