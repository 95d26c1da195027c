//! How far a follower is: pure.

use crate::{Record, read::Batch};

/// Every so many fruitless questions go to the leader.
const ASK_LEADER_EVERY: u32 = 4;

/// What a live message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The next record: taken.
    Next,
    /// The first sign that records between were missed: nothing taken.
    Hole,
    /// Seen already, or beyond a hole that is known: nothing taken.
    Useless,
}

#[derive(Debug)]
pub(super) struct Progress {
    /// Handed out up to here.
    position: u64,
    /// Read up to here; what lies between is ready.
    read: u64,
    ready: Vec<Record>,
    /// The stream is known to reach at least this far.
    target: u64,
    /// Questions in a row that brought nothing.
    fruitless: u32,
}

impl Progress {
    pub(super) fn new(after: u64) -> Progress {
        Progress { position: after, read: after, ready: Vec::new(), target: 0, fruitless: 0 }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The sequence to ask for.
    pub(super) fn next(&self) -> u64 {
        self.read + 1
    }

    /// How much is known to be missing, at least.
    pub(super) fn behind(&self) -> u64 {
        self.target.saturating_sub(self.read)
    }

    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn hand_out(&mut self) -> Vec<Record> {
        if let Some(last) = self.ready.last() {
            self.position = last.sequence;
        }
        std::mem::take(&mut self.ready)
    }

    /// A live message. It is taken only when it is the very next: what it skips may exist.
    pub(super) fn hear(&mut self, record: Record) -> Heard {
        let sequence = record.sequence;
        if sequence == self.read + 1 {
            self.read = sequence;
            self.target = self.target.max(sequence);
            self.fruitless = 0;
            self.ready.push(record);
            return Heard::Next;
        }
        let known = self.target.max(self.read);
        if sequence <= known {
            return Heard::Useless;
        }
        let first = self.behind() == 0;
        self.target = sequence;
        if first { Heard::Hole } else { Heard::Useless }
    }

    /// A store's answer to the question for [`Self::next`]. What it skips does not exist.
    pub(super) fn accept(&mut self, batch: Batch) {
        self.fruitless = 0;
        for record in batch.records {
            if record.sequence > self.read {
                self.read = record.sequence;
                self.ready.push(record);
            }
        }
        self.target = self.target.max(self.read + batch.pending);
    }

    /// A question brought nothing. Says how many had brought nothing before.
    pub(super) fn nothing(&mut self) -> u32 {
        let before = self.fruitless;
        self.fruitless = before.saturating_add(1);
        before
    }

    /// Whether replicas were asked in vain often enough to ask the leader.
    pub(super) fn leaders_turn(&self) -> bool {
        self.fruitless % ASK_LEADER_EVERY == ASK_LEADER_EVERY - 1
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn record(sequence: u64) -> Record {
        Record::new(sequence, 0, "a.b".to_owned(), String::new(), Vec::new().into(), None)
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// The feed delivers the next message published, or loses it, or repeats an old one.
        Live { lost: bool, repeat: u64 },
        /// A replica that has the first `prefix` per mille of the stream answers with at most `most` records.
        Batch { prefix: u64, most: usize },
        /// The caller takes what is there.
        HandOut,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            5 => (any::<bool>(), 0..5_u64).prop_map(|(lost, repeat)| Step::Live { lost, repeat }),
            3 => (0..1_000_u64, 0..20_usize).prop_map(|(prefix, most)| Step::Batch { prefix, most }),
            2 => Just(Step::HandOut),
        ];
        proptest::collection::vec(step, 0..200)
    }

    proptest! {
        /// Whatever is lost, late, repeated or stale: what is handed out grows, and skips nothing that exists.
        #[test]
        fn never_a_hole_and_never_twice(
            steps in steps(),
            erased in proptest::collection::btree_set(1..120_u64, 0..30),
        ) {
            let mut progress = Progress::new(0);
            let mut published = 0_u64;
            let mut out = Vec::new();
            for step in steps {
                match step {
                    Step::Live { lost, repeat } => {
                        published += 1;
                        if !lost {
                            progress.hear(record(published));
                        }
                        progress.hear(record(published.saturating_sub(repeat).max(1)));
                    }
                    Step::Batch { prefix, most } => {
                        let stored: Vec<u64> = (progress.next()..=published * prefix / 1_000)
                            .filter(|sequence| !erased.contains(sequence))
                            .collect();
                        let records: Vec<_> = stored.iter().take(most).map(|sequence| record(*sequence)).collect();
                        let pending = (stored.len() - records.len()) as u64;
                        if records.is_empty() {
                            progress.nothing();
                        } else {
                            progress.accept(Batch { records, pending });
                        }
                    }
                    Step::HandOut => out.extend(progress.hand_out()),
                }
            }
            out.extend(progress.hand_out());
            let sequences: Vec<u64> = out.iter().map(|record| record.sequence).collect();
            let unique: BTreeSet<u64> = sequences.iter().copied().collect();
            prop_assert!(sequences.is_sorted() && unique.len() == sequences.len());
            let last = sequences.last().copied().unwrap_or(0);
            for sequence in 1..=last {
                prop_assert!(unique.contains(&sequence) || erased.contains(&sequence), "{sequence} is missing");
            }
            prop_assert_eq!(progress.position(), last);
        }
    }

    #[test]
    fn each_fourth_fruitless_question_goes_to_the_leader() {
        let mut progress = Progress::new(0);
        let turns: Vec<bool> = (0..8)
            .map(|_| {
                let turn = progress.leaders_turn();
                progress.nothing();
                turn
            })
            .collect();
        assert_eq!(turns, [false, false, false, true, false, false, false, true]);
    }
}
