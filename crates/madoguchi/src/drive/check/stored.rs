//! What was acknowledged and seen, against what a place (a journal replica, a site's view) holds.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::drive::ledger::{Ack, Diary, Seen, Track};

/// Conversations as one place holds them, each in its order.
pub type Stored = BTreeMap<Uuid, Vec<Seen>>;

/// What is wrong; all zero when nothing is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Acknowledged messages that are not stored under the number acknowledged, and events that a watcher never got.
    pub lost: u64,
    /// Message ids stored twice, and events that a watcher got twice.
    pub doubled: u64,
    /// Numbers with holes, and events that a watcher saw in another order than the journal's.
    pub disorder: u64,
    /// The first few, in words.
    pub notes: Vec<String>,
}

impl Findings {
    /// Adds what another check found.
    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.disorder += other.disorder;
        self.notes.extend(other.notes);
        self.notes.truncate(20);
    }

    /// True when nothing is wrong.
    pub fn clean(&self) -> bool {
        self.lost + self.doubled + self.disorder == 0
    }

    pub(super) fn lost(&mut self, note: impl FnOnce() -> String) {
        self.lost += 1;
        self.note(note);
    }

    pub(super) fn doubled(&mut self, note: impl FnOnce() -> String) {
        self.doubled += 1;
        self.note(note);
    }

    pub(super) fn disorder(&mut self, note: impl FnOnce() -> String) {
        self.disorder += 1;
        self.note(note);
    }

    fn note(&mut self, note: impl FnOnce() -> String) {
        if self.notes.len() < 20 {
            self.notes.push(note());
        }
    }
}

/// Everything the clients know, against one place's conversations.
pub fn compare<'a>(place: &str, diaries: impl Iterator<Item = &'a Diary>, stored: &Stored) -> Findings {
    let mut findings = order(place, stored);
    for diary in diaries {
        findings.add(acked(place, &diary.acks, stored));
        for (conversation, track) in &diary.tracks {
            findings.add(watched(*conversation, track, stored));
        }
    }
    findings
}

/// Every acknowledged message is stored under its number.
pub fn acked(place: &str, acks: &[Ack], stored: &Stored) -> Findings {
    let mut findings = Findings::default();
    for ack in acks {
        let event = stored.get(&ack.conversation).and_then(|events| at(events, ack.number));
        if event.is_none_or(|event| event.message != Some(ack.message)) {
            findings.lost(|| {
                format!(
                    "{place}: message {} acknowledged as {} of {} is not there ({event:?})",
                    ack.message, ack.number, ack.conversation
                )
            });
        }
    }
    findings
}

/// Numbers run 1, 2, 3 … and no message id comes twice.
pub fn order(place: &str, stored: &Stored) -> Findings {
    let mut findings = Findings::default();
    let mut ids = BTreeSet::new();
    for (conversation, events) in stored {
        for (index, event) in events.iter().enumerate() {
            let expected = index as u64 + 1;
            if event.number != expected {
                findings.disorder(|| format!("{place}: {conversation} has {} where {expected} belongs", event.number));
            }
            if event.message.is_some_and(|message| !ids.insert(message)) {
                findings.doubled(|| format!("{place}: {conversation} holds {event:?} a second time"));
            }
        }
    }
    findings
}

/// A watcher that began at the beginning saw what is stored: each once, in order, up to where it stopped.
pub fn watched(conversation: Uuid, track: &Track, stored: &Stored) -> Findings {
    let mut findings = Findings::default();
    let nothing = Vec::new();
    let events = stored.get(&conversation).unwrap_or(&nothing);
    let mut last = 0;
    for seen in &track.seen {
        if seen.number <= last {
            findings.doubled(|| format!("a watcher of {conversation} got {} after {last}", seen.number));
            continue;
        }
        for missed in last + 1..seen.number {
            findings.lost(|| format!("a watcher of {conversation} never got {missed}"));
        }
        last = seen.number;
        if at(events, seen.number) != Some(seen) {
            findings.disorder(|| format!("a watcher of {conversation} got {seen:?}, which is not what is stored"));
        }
    }
    findings
}

/// The watcher of a conversation that was closed by event `end` has that event. What comes after it, a late receipt, it may have
/// left before.
pub fn complete(conversation: Uuid, track: &Track, end: u64) -> Findings {
    let mut findings = Findings::default();
    for missed in track.last() + 1..=end {
        findings.lost(|| format!("a watcher of {conversation} never got {missed}, of {end}"));
    }
    findings
}

fn at(events: &[Seen], number: u64) -> Option<&Seen> {
    let index = usize::try_from(number.checked_sub(1)?).ok()?;
    events
        .get(index)
        .filter(|event| event.number == number)
        .or_else(|| events.iter().find(|event| event.number == number))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn conversation() -> Uuid {
        Uuid::from_u128(1)
    }

    fn events(messages: &[u128]) -> Vec<Seen> {
        let numbers = 1..;
        let seen =
            numbers.zip(messages).map(|(number, message)| Seen { number, message: Some(Uuid::from_u128(*message)) });
        seen.collect()
    }

    fn ack(number: u64, message: u128) -> Ack {
        Ack { conversation: conversation(), message: Uuid::from_u128(message), number, at: Instant::now() }
    }

    fn diary(acks: Vec<Ack>, seen: Vec<Seen>) -> Diary {
        Diary { acks, tracks: BTreeMap::from([(conversation(), Track { seen })]), ..Diary::default() }
    }

    fn check(acks: Vec<Ack>, seen: Vec<Seen>, stored: Vec<Seen>) -> Findings {
        let stored = BTreeMap::from([(conversation(), stored)]);
        compare("journal", [diary(acks, seen)].iter(), &stored)
    }

    #[test]
    fn a_faithful_journal_has_no_findings() {
        let found = check(vec![ack(2, 11)], events(&[10, 11, 12]), events(&[10, 11, 12]));
        assert!(found.clean(), "{found:?}");
        // A watcher may have stopped early.
        assert!(check(vec![], events(&[10]), events(&[10, 11])).clean());
    }

    #[test]
    fn a_planted_loss_is_found() {
        let found = check(vec![ack(2, 11)], vec![], events(&[10]));
        assert_eq!((found.lost, found.doubled, found.disorder), (1, 0, 0));
        // Another message took its number.
        assert_eq!(check(vec![ack(2, 11)], vec![], events(&[10, 99])).lost, 1);
        // The whole conversation is gone.
        assert_eq!(compare("view", [diary(vec![ack(1, 10)], vec![])].iter(), &Stored::new()).lost, 1);
    }

    #[test]
    fn a_planted_double_is_found() {
        assert_eq!(check(vec![], vec![], events(&[10, 11, 10])).doubled, 1);
        let twice = [events(&[10, 11]), events(&[10, 11])[1..].to_vec()].concat();
        assert_eq!(check(vec![], twice, events(&[10, 11])).doubled, 1);
        // The same message in two conversations.
        let stored = BTreeMap::from([(Uuid::from_u128(1), events(&[10])), (Uuid::from_u128(2), events(&[10]))]);
        assert_eq!(order("journal", &stored).doubled, 1);
    }

    #[test]
    fn a_planted_hole_is_found() {
        let mut stored = events(&[10, 11, 12]);
        stored.remove(1);
        assert_eq!(check(vec![], vec![], stored.clone()).disorder, 1);
        assert_eq!(check(vec![], stored, events(&[10, 11, 12])).lost, 1);
    }

    #[test]
    fn a_planted_reordering_is_found() {
        let found = check(vec![], events(&[11, 10]), events(&[10, 11]));
        assert_eq!((found.lost, found.doubled, found.disorder), (0, 0, 2));
        let mut swapped = events(&[10, 11]);
        swapped.swap(0, 1);
        assert_eq!(check(vec![], vec![], swapped).disorder, 2);
    }

    #[test]
    fn a_watcher_that_misses_the_end_is_found() {
        let track = Track { seen: events(&[10]) };
        assert_eq!(complete(conversation(), &track, 3).lost, 2);
        let whole = Track { seen: events(&[10, 11, 12, 13]) };
        assert!(complete(conversation(), &whole, 3).clean());
    }
}
