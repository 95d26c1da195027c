//! What a gateway's signalling and sound cost, and what too much of both does to it.

mod gateway;
mod sipp;

use std::{path::Path, time::Duration};

use clap::Args;
use telephony::{
    media::bench::{Options, Outcome, bench},
    sip::admission::Limits,
};

use self::gateway::{Answered, Gateway};
use crate::drive::{
    Error,
    figures::{Bar, Figures, say},
};

/// Calls a second that must be clean.
const WANTED: u32 = 300;
/// Calls a second of the ramp, until one is not clean.
const RAMP: [u32; 6] = [100, 200, WANTED, 400, 500, 600];
/// The overload begins at so many times the limit.
const TIMES: u32 = 3;
/// What an overload may leave of memory: pages that the allocator keeps, bytes and share.
const KEPT: (u64, f64) = (32 << 20, 1.25);

/// Measures signalling by sipp, then sound.
#[derive(Clone, Debug, Args)]
pub struct Command {
    /// How long each rate of the ramp lasts, s.
    #[arg(long, default_value_t = 10)]
    pub seconds: u32,
    /// Bridged calls with recording.
    #[arg(long, default_value_t = 200)]
    pub calls: u16,
    /// How long they last, s.
    #[arg(long, default_value_t = 20)]
    pub sound_seconds: u64,
}

/// Runs the measurement.
///
/// # Errors
/// When sipp is not installed or a port cannot be had.
pub(super) async fn run(command: &Command) -> Result<bool, Error> {
    let folder = std::env::temp_dir().join(format!("madoguchi-voice-{}", std::process::id()));
    let unusable = |error: std::io::Error| Error::Answer(format!("making {}: {error}", folder.display()));
    tokio::fs::create_dir_all(&folder).await.map_err(unusable)?;
    let measured = measure(command, &folder).await;
    let _ = tokio::fs::remove_dir_all(&folder).await;
    measured?.print()
}

async fn measure(command: &Command, folder: &Path) -> Result<Figures, Error> {
    say("no other exchange is measured beside ours in this run");
    let mut figures = Figures::default();
    signalling(command, folder, &mut figures).await?;
    overload(command, folder, &mut figures).await?;
    let sound = sound(command, folder).await?;
    figures.add("cpu_pct_per_bridged_call", sound.core_percent + sound.writer_percent, Bar::AtMost(0.2));
    figures.add("late_tick_pct", sound.late_permille / 10.0, Bar::Below(0.1));
    figures.add("worst_late_ms", sound.worst_late_ms, Bar::None);
    figures.add("lost_packets_pct", sound.lost_permille / 10.0, Bar::None);
    figures.add("raw_udp_pct_per_call", sound.echo_percent, Bar::None);
    Ok(figures)
}

/// Faster and faster, until a call fails or a message has to be sent again.
async fn signalling(command: &Command, folder: &Path, figures: &mut Figures) -> Result<(), Error> {
    let mut gateway = Gateway::start(Limits { calls_per_s: 0, burst: 1, at_once: 0 }).await?;
    let (mut clean, mut cpu_ms) = (0, f64::NAN);
    for rate in RAMP {
        let run = gateway.answer(rate, rate * command.seconds, folder).await?;
        say(&format!("  {rate} calls/s: {run}"));
        if !run.clean() {
            break;
        }
        clean = rate;
        if rate <= WANTED {
            cpu_ms = run.report.cpu_ms_per_call();
        }
    }
    figures.add("cpu_ms_per_call", cpu_ms, Bar::AtMost(0.5));
    figures.add("clean_calls_per_s", f64::from(clean), Bar::AtLeast(f64::from(WANTED)));
    gateway.empty().await.then_some(()).ok_or_else(|| Error::Answer(format!("the ramp left {:?}", gateway.counts())))
}

/// Three times what is let in, twice, then a calm time: what is refused is refused, what is let in is carried, nothing stays.
async fn overload(command: &Command, folder: &Path, figures: &mut Figures) -> Result<(), Error> {
    let limits = Limits::default();
    let mut gateway = Gateway::start(limits).await?;
    let calm = limits.calls_per_s / 4;
    let before = gateway.answer(calm, calm * 3, folder).await?;
    let rate = limits.calls_per_s * TIMES;
    let mut carried = true;
    let mut refused = 0;
    for _ in 0..2 {
        let run = gateway.answer(rate, rate * command.seconds, folder).await?;
        say(&format!("  {rate} calls/s where {} are let in: {run}", limits.calls_per_s));
        carried &= run.carried() && gateway.empty().await;
        refused = run.report.counts.refused_rate;
    }
    let after = gateway.answer(calm, calm * 3, folder).await?;
    say(&format!("  afterwards {calm} calls/s: {after}"));
    let allowed = (before.report.memory as f64 * KEPT.1) as u64 + KEPT.0;
    let memory = after.report.memory <= allowed;
    let recovered = before.clean() && carried && refused > 0 && after.clean() && memory && gateway.empty().await;
    let mib = |run: &Answered| run.report.memory as f64 / f64::from(1 << 20);
    figures.add("recovers_after_overload", f64::from(recovered), Bar::Exactly(1.0));
    figures.add("refused_in_overload", refused as f64, Bar::Above(0.0));
    figures.add("memory_before_overload_mib", mib(&before), Bar::None);
    figures.add("memory_after_overload_mib", mib(&after), Bar::None);
    Ok(())
}

async fn sound(command: &Command, folder: &Path) -> Result<Outcome, Error> {
    say(&format!("{} bridged calls with recording", command.calls));
    let options = Options {
        calls: command.calls,
        time: Duration::from_secs(command.sound_seconds),
        threads: 1,
        recordings: Some(folder.join("recordings")),
    };
    let outcome = bench(options).await.map_err(|error| Error::Answer(format!("measuring sound: {error}")))?;
    say(&format!("  {outcome:?}"));
    (outcome.chunks_lost == 0)
        .then_some(outcome)
        .ok_or_else(|| Error::Answer(format!("recordings lost chunks: {outcome:?}")))
}
