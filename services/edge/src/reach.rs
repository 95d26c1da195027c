//! Is this site cut off from the others? Then browsers are sent away while somebody else can still answer them.
//!
//! A site is cut off when it hears no other site's door *and* the journal's leader does not answer it. One of the two alone is
//! something else: another site died, or the journal is between two leaders everywhere. Pure; [`bus`] has the I/O.

pub(crate) mod bus;
pub(crate) mod leader;

/// What this door knows about its way to the others. Times in ms of a clock that never jumps.
#[derive(Debug)]
pub(crate) struct Reach {
    /// Silence that counts.
    silence_ms: u64,
    /// When another site's door was last heard.
    heard_at: u64,
    /// When the journal's leader last answered.
    answered_at: u64,
    cut_off: bool,
}

impl Reach {
    pub(crate) fn new(silence_ms: u64, now: u64) -> Self {
        Self { silence_ms, heard_at: now, answered_at: now, cut_off: false }
    }

    /// Another site's door was heard.
    pub(crate) fn heard(&mut self, now: u64) {
        self.heard_at = self.heard_at.max(now);
    }

    /// The journal's leader answered.
    pub(crate) fn answered(&mut self, now: u64) {
        self.answered_at = self.answered_at.max(now);
    }

    /// Whether the site is cut off, when that changed.
    pub(crate) fn tick(&mut self, now: u64) -> Option<bool> {
        let silent = |since: u64| now.saturating_sub(since) >= self.silence_ms;
        let cut_off = silent(self.heard_at) && silent(self.answered_at);
        (cut_off != self.cut_off).then(|| {
            self.cut_off = cut_off;
            cut_off
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_from_everybody_is_a_cut() {
        let mut reach = Reach::new(1_500, 0);
        reach.heard(1_000);
        assert_eq!(reach.tick(2_499), None);
        assert_eq!(reach.tick(2_500), Some(true));
        assert_eq!(reach.tick(9_000), None);
        reach.heard(9_500);
        assert_eq!(reach.tick(9_500), Some(false));
    }

    #[test]
    fn a_dead_neighbour_is_no_cut_while_the_journal_answers() {
        let mut reach = Reach::new(1_500, 0);
        for now in (0..60_000).step_by(500) {
            reach.answered(now);
            assert_eq!(reach.tick(now), None);
        }
        assert_eq!(reach.tick(61_000), Some(true));
        reach.answered(61_100);
        assert_eq!(reach.tick(61_200), Some(false));
    }

    #[test]
    fn a_journal_without_a_leader_is_no_cut_while_neighbours_are_heard() {
        let mut reach = Reach::new(1_500, 0);
        for now in (0..60_000).step_by(500) {
            reach.heard(now);
            assert_eq!(reach.tick(now), None);
        }
    }

    #[test]
    fn a_silent_leader_is_a_cut_only_when_the_last_neighbour_is_silent_too() {
        let mut reach = Reach::new(1_500, 0);
        reach.heard(60_000);
        assert_eq!(reach.tick(60_400), None);
        assert_eq!(reach.tick(61_499), None);
        assert_eq!(reach.tick(61_500), Some(true));
    }
}
