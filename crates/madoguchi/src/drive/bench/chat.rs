//! From the customer's socket to the agent's, against what JetStream and PostgreSQL do alone in the same run.

use std::{collections::BTreeMap, time::Duration};

use clap::Args;
use tokio::time::{Instant, sleep};

use super::{postgres, raw};
use crate::{
    drive::{
        Error,
        agent::Habits,
        check::unit_bytes,
        customer::Pace,
        drill::Stage,
        figures::{Bar, Figures, say},
        stats::{millis, percentile},
        talk::{Plan, Talk},
    },
    up::{Options, SyncMode},
};

/// Everything of a center on this machine, clients too, without wires.
#[derive(Debug, Args)]
pub struct Command {
    /// Customers, each with a conversation.
    #[arg(long, default_value_t = 200)]
    pub customers: usize,
    /// Unanswered messages that each customer keeps at saturation.
    #[arg(long, default_value_t = 8)]
    pub in_flight: usize,
    /// Length of each measurement in s.
    #[arg(long, default_value_t = 15)]
    pub seconds: u64,
    /// Messages a second at which the latency is taken.
    #[arg(long, default_value_t = 300.0)]
    pub rate: f64,
    /// Length of a text in bytes.
    #[arg(long, default_value_t = 120)]
    pub text_bytes: usize,
}

const QUIET: Habits = Habits { reply_every: 0, receipts: false };

/// Runs it; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    let always = measure(command, SyncMode::Always).await?;
    let default = measure(command, SyncMode::Default).await?;
    let mut figures = Figures::default();
    figures.add("raw_rate_always", always.raw.round(), Bar::Above(0.0));
    figures.add("e2e_rate_always", always.end_to_end.round(), Bar::Above(0.0));
    figures.add("ratio_always", always.end_to_end / always.raw, Bar::AtLeast(0.5));
    figures.add("raw_rate_default", default.raw.round(), Bar::Above(0.0));
    figures.add("e2e_rate_default", default.end_to_end.round(), Bar::Above(0.0));
    figures.add("ratio_default", default.end_to_end / default.raw, Bar::AtLeast(0.2));
    figures.add("p99_ms_at_300", always.p99_ms, Bar::AtMost(25.0));
    figures.add("cpu_us_per_message", always.cpu_us, Bar::AtMost(240.0));
    figures.add("cpu_us_per_message_default", default.cpu_us, Bar::None);
    figures.add("p50_ms_at_300", always.p50_ms, Bar::None);
    figures.add("postgres_rows_per_s", always.postgres.round(), Bar::None);
    figures.add("unit_bytes", always.unit_bytes as f64, Bar::None);
    figures.print()
}

struct Measured {
    raw: f64,
    end_to_end: f64,
    cpu_us: f64,
    p50_ms: f64,
    p99_ms: f64,
    postgres: f64,
    unit_bytes: usize,
}

async fn measure(command: &Command, sync: SyncMode) -> Result<Measured, Error> {
    let direct = |options: &mut Options| {
        options.wires = false;
        options.sync = sync;
    };
    let stage = Stage::open(&format!("bench-{sync:?}").to_lowercase(), command.customers, direct).await?;
    let measured = on(&stage, command).await;
    stage.end(measured.is_ok()).await?;
    let measured = measured?;
    say(&format!(
        "{sync:?}: raw {:.0}/s of {} bytes, end to end {:.0}/s, {:.0} µs CPU a message, at 300/s p50 {} ms p99 {} ms, PostgreSQL {:.0} rows/s",
        measured.raw,
        measured.unit_bytes,
        measured.end_to_end,
        measured.cpu_us,
        measured.p50_ms,
        measured.p99_ms,
        measured.postgres
    ));
    Ok(measured)
}

async fn on(stage: &Stage, command: &Command) -> Result<Measured, Error> {
    let length = Duration::from_secs(command.seconds);
    let (p50_ms, p99_ms) = latency(stage, command, length).await?;
    let unit_bytes = unit_bytes(&stage.center).await?;
    let raw = raw::rate(&stage.center, unit_bytes, length).await?;
    let (end_to_end, cpu_us) = saturation(stage, command, length).await?;
    let postgres = postgres::rate(&stage.center, unit_bytes, Duration::from_secs(3)).await?;
    Ok(Measured { raw, end_to_end, cpu_us, p50_ms, p99_ms, postgres, unit_bytes })
}

/// p50 and p99 in ms at 300 messages a second.
async fn latency(stage: &Stage, command: &Command, length: Duration) -> Result<(f64, f64), Error> {
    let every = Duration::from_secs_f64(command.customers as f64 / command.rate);
    let talk = Talk::start(&stage.company, &plan(command, Pace::Every(every))).await?;
    talk.write();
    talk.reach("the first 600 messages", |count| count.delivered >= 600).await?;
    let _ = talk.take_latencies();
    sleep(length).await;
    let mut latencies = talk.take_latencies();
    finish(talk).await?;
    Ok((millis(percentile(&mut latencies, 50.0)), millis(percentile(&mut latencies, 99.0))))
}

/// Messages a second at the agents' sockets, and CPU time of all processes a message in µs.
async fn saturation(stage: &Stage, command: &Command, length: Duration) -> Result<(f64, f64), Error> {
    let talk = Talk::start(&stage.company, &plan(command, Pace::InFlight(command.in_flight))).await?;
    talk.write();
    let warm = 10 * command.customers as u64;
    talk.reach("the first messages", |count| count.delivered >= warm).await?;
    let (start, cpu, before) = (Instant::now(), cpu(stage), talk.count().delivered);
    sleep(length).await;
    let (messages, spent) = (talk.count().delivered - before, self::cpu(stage));
    let rate = messages as f64 / start.elapsed().as_secs_f64();
    finish(talk).await?;
    let a_message = |part: &str| {
        let before = cpu.get(part).copied().unwrap_or_default();
        let spent = spent.get(part).copied().unwrap_or_default();
        spent.saturating_sub(before).as_secs_f64() * 1e6 / messages.max(1) as f64
    };
    let parts: Vec<String> = spent.keys().map(|part| format!("{part} {:.0}", a_message(part))).collect();
    say(&format!("  µs CPU a message: {}", parts.join(", ")));
    Ok((rate, spent.keys().map(|part| a_message(part)).sum()))
}

async fn finish(talk: Talk) -> Result<(), Error> {
    talk.drain().await?;
    let refused: usize = talk.close().await?.iter().map(|diary| diary.refusals.len()).sum();
    if refused > 0 {
        say(&format!("{refused} refusals"));
    }
    Ok(())
}

fn plan(command: &Command, pace: Pace) -> Plan {
    Plan { customers: command.customers, pace, text_bytes: command.text_bytes, habits: QUIET }
}

/// CPU time of the center by part, and of this process, which holds the clients.
fn cpu(stage: &Stage) -> BTreeMap<String, Duration> {
    let mut parts = stage.center.cpu_time_by_part();
    parts.insert("clients".to_owned(), own_cpu());
    parts
}

/// User and system time of this process. Its children are counted by the center.
fn own_cpu() -> Duration {
    // Fields 14 and 15 of proc(5), in ticks of 10 ms on every Linux; the second field may hold blanks.
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}
