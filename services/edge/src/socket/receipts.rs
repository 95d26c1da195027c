//! One socket's receipts, coalesced by conversation: pure, the caller brings the time in milliseconds.

use std::collections::HashMap;

/// Which receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Receipt {
    Delivered,
    Read,
}

#[derive(Debug, Default)]
struct Mark {
    sent: u64,
    wanted: u64,
}

/// What was said and what is still to say. The first receipt of a pause goes out at once; those that follow within the
/// interval wait for its end, and only the highest number goes.
#[derive(Debug)]
pub(crate) struct Receipts {
    interval_ms: u64,
    marks: HashMap<String, [Mark; 2]>,
    limit: usize,
    waiting: bool,
    flushed_at: u64,
}

impl Receipts {
    /// Of at most `limit` conversations: when more have receipts, those that are said are forgotten first.
    pub(crate) fn new(interval_ms: u64, limit: usize) -> Self {
        Self { interval_ms, marks: HashMap::new(), limit, waiting: false, flushed_at: 0 }
    }

    /// Notes a receipt. False when there is no room for another conversation.
    pub(crate) fn note(&mut self, conversation: String, receipt: Receipt, up_to: u64) -> bool {
        if self.marks.len() >= self.limit && !self.marks.contains_key(&conversation) {
            self.marks.retain(|_, marks| marks.iter().any(|mark| mark.wanted > mark.sent));
            if self.marks.len() >= self.limit {
                return false;
            }
        }
        let mark = &mut self.marks.entry(conversation).or_default()[receipt as usize];
        if up_to > mark.wanted {
            mark.wanted = up_to;
            self.waiting = true;
        }
        true
    }

    /// When [`Receipts::flush`] has something to do.
    pub(crate) fn due(&self) -> Option<u64> {
        self.waiting.then(|| self.flushed_at.saturating_add(self.interval_ms))
    }

    /// What is to be said now, once.
    pub(crate) fn flush(&mut self, now: u64) -> Vec<(String, Receipt, u64)> {
        if self.due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.waiting = false;
        self.flushed_at = now;
        let mut out = Vec::new();
        for (conversation, marks) in &mut self.marks {
            for (mark, receipt) in marks.iter_mut().zip([Receipt::Delivered, Receipt::Read]) {
                if mark.wanted > mark.sent {
                    mark.sent = mark.wanted;
                    out.push((conversation.clone(), receipt, mark.wanted));
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_goes_at_once_and_the_next_ones_together() {
        let mut receipts = Receipts::new(250, 10);
        receipts.note("c".to_owned(), Receipt::Delivered, 1);
        assert_eq!(receipts.flush(1_000), [("c".to_owned(), Receipt::Delivered, 1)]);
        for number in 2..9 {
            receipts.note("c".to_owned(), Receipt::Delivered, number);
        }
        assert_eq!((receipts.due(), receipts.flush(1_249).len()), (Some(1_250), 0));
        assert_eq!(receipts.flush(1_250), [("c".to_owned(), Receipt::Delivered, 8)]);
        assert_eq!(receipts.due(), None);
    }

    #[test]
    fn the_table_is_bounded() {
        let mut receipts = Receipts::new(0, 2);
        assert!(receipts.note("a".to_owned(), Receipt::Read, 1));
        assert!(receipts.note("b".to_owned(), Receipt::Read, 1));
        assert!(!receipts.note("c".to_owned(), Receipt::Read, 1));
        receipts.flush(0);
        assert!(receipts.note("c".to_owned(), Receipt::Read, 1));
    }

    proptest! {
        #[test]
        fn the_highest_number_is_said_exactly_once(notes in proptest::collection::vec((0_u64..100, 1_u64..50), 1..100)) {
            let mut receipts = Receipts::new(20, 10);
            let (mut now, mut said, mut highest) = (0, Vec::new(), 0);
            for (step, number) in notes {
                now += step;
                receipts.note("c".to_owned(), Receipt::Read, number);
                highest = highest.max(number);
                said.extend(receipts.flush(now));
            }
            said.extend(receipts.flush(now + 20));
            let numbers: Vec<_> = said.iter().map(|(_, _, number)| *number).collect();
            prop_assert!(numbers.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(numbers.last(), Some(&highest));
        }
    }
}
