//! How much of a core a bridged call takes on this machine, next to what moving its packets costs without any thought.

mod peers;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::error::MediaError;
use super::event::{MediaEvent, Record, Stats};
use super::handle::Media;
use super::sdp::parse::parse;
use crate::ids::{CallId, LegId};
use peers::{Counts, Echo, Peers};

/// What is left to settle before the measure begins.
const WARM: Duration = Duration::from_secs(2);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// Calls at once, two legs each.
    pub calls: u16,
    /// How long.
    pub time: Duration,
    /// Media threads.
    pub threads: usize,
    /// Where recordings of all calls are written; `None`: calls are not recorded.
    pub recordings: Option<PathBuf>,
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    /// Calls at once.
    pub calls: u16,
    /// Per cent of a core per bridged call: media threads.
    pub core_percent: f64,
    /// Per cent of a core per bridged call: the writer of recordings.
    pub writer_percent: f64,
    /// Per cent of a core per pair of legs when every packet is just sent back.
    pub echo_percent: f64,
    /// Slots that began more than 10 ms late, per mille.
    pub late_permille: f64,
    /// The latest slot since the start, in milliseconds.
    pub worst_late_ms: f64,
    /// Packets that the peers sent and did not get from each other, per mille.
    pub lost_permille: f64,
    /// Chunks of recordings that were lost.
    pub chunks_lost: u64,
}

/// Bridges calls between peers of this process over loopback, and measures. Needs four UDP ports a call.
pub async fn bench(options: Options) -> Result<Outcome, MediaError> {
    let of = options.clone();
    let echo_us = tokio::task::spawn_blocking(move || echo(&of)).await.map_err(|_| MediaError::Stopped)??;
    let stop = CancellationToken::new();
    let _ends = stop.clone().drop_guard();
    let config = Config {
        bind: Ipv4Addr::LOCALHOST.into(),
        ports: 20_000..=50_000,
        threads: options.threads,
        recordings: options.recordings.clone(),
        ..Config::default()
    };
    let (media, events) = Media::start(config, stop)?;
    let taken = tokio::spawn(take(events));
    let peers = Peers::new(usize::from(options.calls) * 2)?;
    let calls = bridge(&media, &peers, &options).await?;
    let counts = Arc::new(Counts::default());
    let done = Arc::new(AtomicBool::new(false));
    let thread = peers.run(counts.clone(), done.clone())?;
    tokio::time::sleep(WARM).await;
    let (before, sent, got) = (media.stats(), counts.sent.load(Relaxed), counts.got.load(Relaxed));
    let begin = Instant::now();
    tokio::time::sleep(options.time).await;
    let (after, took) = (media.stats(), begin.elapsed());
    let (sent, got) = (counts.sent.load(Relaxed) - sent, counts.got.load(Relaxed) - got);
    done.store(true, Relaxed);
    for call in calls {
        media.close(call).await;
    }
    let joined = tokio::task::spawn_blocking(move || thread.join()).await;
    taken.abort();
    if !matches!(joined, Ok(Ok(()))) {
        return Err(MediaError::Stopped);
    }
    Ok(outcome(&options, (before, after, took), (sent, got), echo_us))
}

fn outcome(
    options: &Options,
    (before, after, took): (Stats, Stats, Duration),
    (sent, got): (u64, u64),
    echo_us: f64,
) -> Outcome {
    let share = |us: u64| us as f64 / took.as_micros() as f64 * 100.0 / f64::from(options.calls);
    let ticks = (after.ticks - before.ticks).max(1) as f64;
    Outcome {
        calls: options.calls,
        core_percent: share(after.cpu_us - before.cpu_us),
        writer_percent: share(after.writer_cpu_us - before.writer_cpu_us),
        echo_percent: echo_us / 10_000.0,
        late_permille: (after.late_ticks - before.late_ticks) as f64 / ticks * 1_000.0,
        worst_late_ms: after.worst_late_us as f64 / 1_000.0,
        lost_permille: sent.saturating_sub(got) as f64 / sent.max(1) as f64 * 1_000.0,
        chunks_lost: after.chunks_lost - before.chunks_lost,
    }
}

async fn bridge(media: &Media, peers: &Peers, options: &Options) -> Result<Vec<CallId>, MediaError> {
    let mut calls = Vec::new();
    for pair in peers.ports().chunks_exact(2) {
        let call = CallId::new();
        for (leg, peer) in pair.iter().enumerate() {
            let offer = format!(
                "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 0\r\n",
                peer.port
            );
            let answer = media.sip_accept(call.leg(leg as u32), offer.as_bytes()).await?;
            peers.point(peer.index, parse(&answer)?.media.first().map_or(0, |line| line.port));
        }
        let bridge = [(0, 1), (1, 0)].map(|(listener, speaker)| (LegId(listener), LegId(speaker)));
        media.hear(call, BTreeSet::from(bridge)).await?;
        if options.recordings.is_some() {
            media.record(call, Record::Start { part: 0, left: LegId(0), first_chunk: 0 }).await;
        }
        calls.push(call);
    }
    Ok(calls)
}

/// Takes what is told, as the service would.
async fn take(mut events: Receiver<MediaEvent>) {
    while events.recv().await.is_some() {}
}

/// Microseconds of CPU time per second and call that sending every packet straight back takes.
fn echo(options: &Options) -> Result<f64, MediaError> {
    let peers = Peers::new(usize::from(options.calls) * 2)?;
    let echo = Echo::new(usize::from(options.calls) * 2)?;
    for (at, port) in echo.ports().into_iter().enumerate() {
        peers.point(at, port);
    }
    let (counts, done) = (Arc::new(Counts::default()), Arc::new(AtomicBool::new(false)));
    let peers = peers.run(counts, done.clone())?;
    let cpu_us = echo.run(options.time / 2);
    done.store(true, Relaxed);
    peers.join().map_err(|_| MediaError::Stopped)?;
    Ok(cpu_us / (options.time / 2).as_secs_f64() / f64::from(options.calls))
}
