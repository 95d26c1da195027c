//! A stream as its users see it: a quorum decides, the subject's last sequence is compared, a message id counts once.

use std::collections::BTreeMap;

use crate::Millis;

/// How long a message id is remembered.
const WINDOW: Millis = 120_000;

/// A stored unit.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// Its place in the stream, from 1.
    pub sequence: u64,
    /// Its subject.
    pub subject: u64,
    /// Its message id.
    pub id: String,
    /// What it says.
    pub unit: T,
}

/// A stream.
#[derive(Debug)]
pub struct Stream<T> {
    entries: Vec<Entry<T>>,
    last: BTreeMap<u64, u64>,
    ids: BTreeMap<String, (Millis, u64)>,
}

impl<T> Default for Stream<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), last: BTreeMap::new(), ids: BTreeMap::new() }
    }
}

impl<T: Clone> Stream<T> {
    /// Stores a unit if its subject's last sequence is as expected. The same id again is the same unit, and that is looked at
    /// first.
    ///
    /// # Errors
    /// The subject's last sequence, when it is another.
    pub fn append(&mut self, now: Millis, subject: u64, id: &str, expect: u64, unit: T) -> Result<u64, u64> {
        if let Some((at, sequence)) = self.ids.get(id)
            && now.saturating_sub(*at) < WINDOW
        {
            return Ok(*sequence);
        }
        let last = self.last(subject);
        if last != expect {
            return Err(last);
        }
        let sequence = self.entries.len() as u64 + 1;
        self.entries.push(Entry { sequence, subject, id: id.to_owned(), unit });
        self.last.insert(subject, sequence);
        self.ids.insert(id.to_owned(), (now, sequence));
        Ok(sequence)
    }

    /// The subject's last sequence; 0 when it is empty.
    pub fn last(&self, subject: u64) -> u64 {
        self.last.get(&subject).copied().unwrap_or(0)
    }

    /// Everything after a sequence.
    pub fn after(&self, sequence: u64) -> &[Entry<T>] {
        self.entries.get(sequence as usize..).unwrap_or(&[])
    }

    /// Everything on one subject after a sequence.
    pub fn replay(&self, subject: u64, after: u64) -> impl Iterator<Item = &Entry<T>> {
        self.after(after).iter().filter(move |entry| entry.subject == subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_expectation_is_refused_and_a_repeat_is_the_same() {
        let mut stream = Stream::default();
        assert_eq!(stream.append(0, 7, "a", 0, 'a'), Ok(1));
        assert_eq!(stream.append(0, 7, "b", 0, 'b'), Err(1));
        assert_eq!(stream.append(5, 7, "a", 0, 'a'), Ok(1));
        assert_eq!(stream.append(WINDOW, 7, "a", 0, 'a'), Err(1));
        assert_eq!(stream.append(5, 8, "c", 0, 'c'), Ok(2));
        assert_eq!(stream.replay(7, 0).count(), 1);
    }
}
