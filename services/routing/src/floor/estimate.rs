//! How long somebody who waits will still wait: their place times the pace at which the queue has been served lately.

use super::{
    define,
    slab::Ticket,
    state::{Floor, QueueKey, Stage},
    types::{Channel, Id, Millis},
};

/// A new gap counts one part in so many: about the last sixteen contacts served say how fast it goes.
const SMOOTHING: i64 = 16;
/// What a contact is thought to take before anybody was served, ms.
const UNKNOWN_GAP_MS: u64 = 60_000;

/// How fast a queue is served while somebody waits there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pace {
    /// Mean time between two contacts leaving the queue, in thousandths of a ms; 0 before anybody waited and left.
    pub(super) gap_us: u64,
    /// When the last gap began: somebody left, or came to an empty queue.
    pub(super) since: Millis,
    /// How many gaps were seen, at most [`SMOOTHING`].
    pub(super) seen: u32,
}

impl Pace {
    /// Somebody begins to wait in an empty queue.
    pub(super) fn begins(&mut self, at: Millis) {
        self.since = self.since.max(at);
    }

    /// Somebody who waited leaves.
    pub(super) fn left(&mut self, at: Millis) {
        let gap = at.saturating_sub(self.since) as i64 * 1_000;
        let weight = i64::from(self.seen + 1).min(SMOOTHING);
        self.gap_us = (self.gap_us as i64 + (gap - self.gap_us as i64) / weight).max(0) as u64;
        self.seen = (self.seen + 1).min(SMOOTHING as u32);
        self.since = at;
    }

    fn expected(&self, place: usize) -> Millis {
        let gap = if self.seen == 0 { UNKNOWN_GAP_MS * 1_000 } else { self.gap_us };
        (place as u64).saturating_mul(gap) / 1_000
    }
}

/// Where a contact waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The contact.
    pub contact: Id,
    /// From 1; 0 while it waits for the opening or the time agreed.
    pub place: usize,
    /// How long it will still wait as far as can be said, ms.
    pub expected_wait_ms: Millis,
    /// Not offered before; None: as soon as it is its turn.
    pub not_before: Option<Millis>,
    /// It is a callback.
    pub callback: bool,
}

impl Floor {
    /// What somebody who came to the queue now would wait, ms.
    pub(super) fn expected_in(&self, queue: QueueKey) -> Millis {
        let state = self.queue(queue);
        state.pace.expected(state.waiting + 1)
    }

    /// Whether somebody takes callbacks.
    #[must_use]
    pub fn calls_back(&self) -> bool {
        define::somebody_calls_back(self)
    }

    /// Where everybody waits, in the order of the queues. Walks over the floor.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let waiting = self.contacts.iter().filter(|(_, contact)| contact.stage == Stage::Waiting);
        let mut orders: Vec<_> =
            waiting.map(|(ticket, contact)| (contact.queue, self.order(ticket, contact))).collect();
        orders.sort_unstable();
        let mut place = 0;
        let mut queue = None;
        let places = orders.into_iter().filter_map(|(key, order)| {
            if queue.replace(key) != Some(key) {
                place = 0;
            }
            self.place_of(order.ticket, &mut place)
        });
        places.collect()
    }

    fn place_of(&self, ticket: Ticket, place: &mut usize) -> Option<Place> {
        let contact = self.contacts.get(ticket)?;
        *place += usize::from(contact.asleep.is_none());
        let pace = &self.queue(contact.queue).pace;
        let place = if contact.asleep.is_none() { *place } else { 0 };
        let asleep_for = contact.asleep.map_or(0, |until| until.saturating_sub(self.at));
        let expected_wait_ms = asleep_for + pace.expected(place);
        let callback = contact.channel == Channel::Callback;
        Some(Place { contact: contact.id.clone(), place, expected_wait_ms, not_before: contact.asleep, callback })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_follows_what_was_seen() {
        let mut pace = Pace::default();
        assert_eq!(pace.expected(2), 120_000);
        pace.begins(1_000);
        pace.left(11_000);
        assert_eq!(pace.expected(3), 30_000, "the first gap is all that is known");
        pace.left(31_000);
        assert_eq!(pace.expected(1), 15_000);
        for number in 0..200 {
            pace.left(32_000 + number * 1_000);
        }
        assert!((950..1_050).contains(&pace.expected(1)), "{}", pace.expected(1));
    }
}
