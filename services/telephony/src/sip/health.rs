//! Whether a trunk is there, by what its probes say. Pure.

/// So many probes in a row must fail before a trunk is taken out. One lost packet must not.
const FAILURES: u8 = 3;
/// So many in a row must succeed before it is taken back. A flapping line must not.
const SUCCESSES: u8 = 2;

/// What a probe said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It answered with this status.
    Status(u16),
    /// Nothing came.
    Silence,
}

impl Probe {
    /// Any answer but "time-out" and "not now" is from somebody who can take calls.
    pub fn alive(self) -> bool {
        match self {
            Self::Status(status) => status != 408 && status != 503,
            Self::Silence => false,
        }
    }
}

/// A trunk's health, with hysteresis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    up: bool,
    against: u8,
}

impl Default for Health {
    fn default() -> Self {
        Self { up: true, against: 0 }
    }
}

impl Health {
    /// Takes a probe in. Says the new state when it changed.
    pub fn take(&mut self, probe: Probe) -> Option<bool> {
        if probe.alive() == self.up {
            self.against = 0;
            return None;
        }
        self.against += 1;
        if self.against < if self.up { FAILURES } else { SUCCESSES } {
            return None;
        }
        *self = Self { up: !self.up, against: 0 };
        Some(self.up)
    }

    /// Whether calls should go there.
    pub fn up(self) -> bool {
        self.up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(probes: &[Probe]) -> Vec<Option<bool>> {
        let mut health = Health::default();
        probes.iter().map(|probe| health.take(*probe)).collect()
    }

    #[test]
    fn three_silences_take_it_out_and_two_answers_back() {
        use Probe::{Silence, Status};
        assert_eq!(run(&[Silence, Silence, Status(200), Silence, Silence]), [None; 5]);
        assert_eq!(
            run(&[Silence, Status(503), Status(408), Status(200), Silence, Status(404), Status(200)]),
            [None, None, Some(false), None, None, None, Some(true)]
        );
    }

    #[test]
    fn any_answer_but_408_and_503_is_alive() {
        for status in [200, 401, 403, 404, 405, 481, 500, 501, 604] {
            assert!(Probe::Status(status).alive(), "{status}");
        }
        assert!(!Probe::Status(503).alive() && !Probe::Status(408).alive() && !Probe::Silence.alive());
    }
}
