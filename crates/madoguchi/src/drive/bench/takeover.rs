//! Calls outlive the site that carries them: one call at a time, then many at once, each time with a site killed mid-talk.

mod carrier;
mod desk;
mod hall;
mod headset;
mod many;
mod one;
mod tone;

use std::time::Duration;

use clap::Args;

use self::hall::Hall;
use crate::drive::{
    Error,
    figures::{Bar, Figures, say},
    stats::{millis, percentile},
};

/// Kills sites under calls that are talking.
#[derive(Debug, Args)]
pub struct Command {
    /// How many times a site is killed under one call.
    #[arg(long, default_value_t = 20)]
    pub runs: usize,
    /// Calls at once at the site that is killed last; 0: that part is left out.
    #[arg(long, default_value_t = 50)]
    pub calls: usize,
    /// Calls beside them whose carrier refuses to go on at another gateway: they must be in the ledger, each once.
    #[arg(long, default_value_t = 5)]
    pub refusing: usize,
}

/// What the runs showed.
#[derive(Debug, Default)]
struct Tally {
    /// Calls that were talking when their site was killed and could be kept.
    calls: usize,
    kept: usize,
    /// Gaps of single calls.
    gaps: Vec<Duration>,
    /// Gaps of calls that were many at once.
    gaps_at_once: Vec<Duration>,
    /// The most that was cut from the end of a recording's first part, ms.
    recording_cut_ms: i64,
    /// Recordings without a second part.
    unrecorded: usize,
    /// Calls that were lost.
    lost: usize,
    ledger_missing: usize,
    called_back_twice: usize,
    /// Agents who hold a call, and calls that live, after everybody hung up.
    left_over: usize,
}

/// Runs the measurement.
///
/// # Errors
/// When it cannot be carried out.
pub(super) async fn run(command: &Command) -> Result<bool, Error> {
    let hall = Hall::open(command.calls + command.refusing).await?;
    let result = on(&hall, command).await;
    hall.end(matches!(result, Ok(true))).await?;
    result
}

async fn on(hall: &Hall, command: &Command) -> Result<bool, Error> {
    let mut tally = Tally::default();
    for number in 0..command.runs {
        one::run(hall, number, &mut tally).await?;
    }
    if command.calls > 0 {
        many::run(hall, command, &mut tally).await?;
    }
    tally.figures(command).print()
}

impl Tally {
    /// A call that could be kept.
    fn call(&mut self, kept: bool) {
        self.calls += 1;
        self.kept += usize::from(kept);
    }

    fn figures(&mut self, command: &Command) -> Figures {
        let mut figures = Figures::default();
        figures.add("calls", self.calls as f64, Bar::Above(0.0));
        let share = self.kept as f64 / self.calls.max(1) as f64;
        figures.add("kept_pct", 100.0 * share, Bar::AtLeast(95.0));
        if command.runs > 0 {
            figures.add("media_gap_p50_ms", millis(percentile(&mut self.gaps, 50.0)), Bar::None);
            figures.add("media_gap_p95_ms", millis(percentile(&mut self.gaps, 95.0)), Bar::AtMost(4_000.0));
            figures.add("recording_cut_ms", self.recording_cut_ms as f64, Bar::AtMost(5_000.0));
            figures.add("recordings_without_second_part", self.unrecorded as f64, Bar::Exactly(0.0));
        }
        if command.calls > 0 {
            let at_once = percentile(&mut self.gaps_at_once, 95.0);
            figures.add("media_gap_at_once_p95_ms", millis(at_once), Bar::None);
            figures.add("lost_calls", self.lost as f64, Bar::None);
            figures.add("ledger_missing", self.ledger_missing as f64, Bar::Exactly(0.0));
            figures.add("called_back_twice", self.called_back_twice as f64, Bar::Exactly(0.0));
            figures.add("left_over", self.left_over as f64, Bar::Exactly(0.0));
        }
        figures
    }
}
