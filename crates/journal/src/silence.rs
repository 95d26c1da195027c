//! Which other processes have been silent for how long: pure. For whoever owns many small things at once, one heartbeat for all of them.

use std::collections::HashMap;

/// A sign of the journal's life counts for this long, ms: as for [`crate::Ownership`].
const MOVES_FOR_MS: u64 = crate::ownership::PROGRESS_HOLDS_MS;

/// Silence of other processes of a service. It is counted only while the journal moves: who is cut off cannot take anything over, and must not
/// do so when the cut is healed; and never more than a moment at once: a process that was frozen must not take its own sleep for
/// the silence of others.
#[derive(Debug)]
pub struct Silence {
    suspect_ms: u64,
    silent_for: HashMap<String, u64>,
    passed_at: Option<u64>,
    moved_at: Option<u64>,
}

impl Silence {
    /// Who is silent for `suspect_ms` is suspected.
    pub fn new(suspect_ms: u64) -> Self {
        Self { suspect_ms, silent_for: HashMap::new(), passed_at: None, moved_at: None }
    }

    /// A process beats.
    pub fn heard(&mut self, owner: &str) {
        self.silent_for.insert(owner.to_owned(), 0);
    }

    /// The journal answered.
    pub fn journal_moves(&mut self, now: u64) {
        self.moved_at = Some(now);
    }

    /// Time passes.
    pub fn pass(&mut self, now: u64) {
        let passed = self.passed_at.map_or(0, |at| now.saturating_sub(at)).min(MOVES_FOR_MS);
        self.passed_at = Some(now);
        if self.moved_at.is_some_and(|at| now.saturating_sub(at) <= MOVES_FOR_MS) {
            self.silent_for.values_mut().for_each(|silent| *silent += passed);
            // Who was never heard of again is not worth remembering for ever.
            self.silent_for.retain(|_, silent| *silent < 24 * 3_600_000);
        }
    }

    /// Whether a process is taken for dead. One that was never heard has from now on to speak.
    pub fn suspects(&mut self, owner: &str) -> bool {
        *self.silent_for.entry(owner.to_owned()).or_default() >= self.suspect_ms
    }

    /// Whether nobody who is heard of comes before `me` by name: for work that one does, and that two may do without harm.
    pub fn is_first(&self, me: &str) -> bool {
        !self.silent_for.iter().any(|(owner, silent)| owner.as_str() < me && *silent < self.suspect_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(steps: impl IntoIterator<Item = u64>, moves: bool) -> Silence {
        let mut silence = Silence::new(1_000);
        silence.heard("tokyo");
        for now in steps {
            if moves {
                silence.journal_moves(now);
            }
            silence.pass(now);
        }
        silence
    }

    #[test]
    fn who_says_nothing_is_suspected_and_who_speaks_is_not() {
        let mut silence = silent((0..=9).map(|step| step * 100), true);
        assert!(!silence.suspects("tokyo"));
        silence.journal_moves(1_000);
        silence.pass(1_000);
        assert!(silence.suspects("tokyo"));
        silence.heard("tokyo");
        assert!(!silence.suspects("tokyo"));
    }

    #[test]
    fn a_site_that_was_cut_off_takes_nothing_over_when_it_is_back() {
        let mut silence = silent((0..=200).map(|step| step * 100), false);
        assert!(!silence.suspects("tokyo"));
        silence.journal_moves(20_100);
        silence.pass(20_100);
        assert!(!silence.suspects("tokyo"), "the first sign of life counts for nobody's silence before it");
    }

    #[test]
    fn a_frozen_gateway_does_not_take_its_own_sleep_for_the_others_silence() {
        assert!(!silent([0, 10_000], true).suspects("tokyo"));
    }

    #[test]
    fn the_first_by_name_that_speaks_is_first() {
        let mut silence = silent([0], true);
        assert!(silence.is_first("osaka") && !silence.is_first("utsunomiya"));
        for now in (100..=1_000).step_by(100) {
            silence.journal_moves(now);
            silence.pass(now);
        }
        assert!(silence.is_first("utsunomiya"));
    }

    #[test]
    fn an_owner_that_was_never_heard_has_the_same_time_to_speak() {
        let mut silence = silent([0], true);
        assert!(!silence.suspects("osaka"));
        for now in (100..=1_000).step_by(100) {
            silence.journal_moves(now);
            silence.pass(now);
        }
        assert!(silence.suspects("osaka"));
    }
}
