//! Measures the journal against the raw stream on a cluster of its own, on this machine.
//!
//! `cargo run --release -p journal --features testing --example rate -- [always|2m] [appends] [subjects]`

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::{env, fs, sync::Arc, time::Instant};

use async_nats::HeaderMap;
use journal::{Append, Expect, Journal, Stream, testing::Cluster};
use proto::journal::v1::Unit;
use tokio::task::JoinSet;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const RAW: Stream = Stream::new("RAW", "raw");
const OURS: Stream = Stream::new("OURS", "ours");
const PAYLOAD: usize = 200;
/// Clock ticks of `/proc/<pid>/stat`, microseconds each.
const TICK_US: u64 = 10_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = env::args().skip(1);
    let sync = arguments.next().unwrap_or_else(|| "always".to_owned());
    let appends: u64 = arguments.next().map_or(Ok(20_000), |n| n.parse())?;
    let subjects: u64 = arguments.next().map_or(Ok(200), |n| n.parse())?;
    let cluster = Cluster::start(&sync).await;
    let mut settings = cluster.settings(0, "rate");
    settings.require_sync_always = sync == "always";
    let journal = Journal::connect(settings).await?;
    for stream in [RAW, OURS] {
        journal.ensure_stream(&stream).await?;
        cluster.lead(&journal, stream.name, 2).await;
    }
    for round in 0..2 {
        let usage = Usage::now(&cluster);
        raw(&journal, appends, subjects, round).await?;
        usage.print(&cluster, "raw", &sync, appends);
        let usage = Usage::now(&cluster);
        ours(&journal, appends, subjects, round).await?;
        usage.print(&cluster, "append", &sync, appends);
    }
    let usage = Usage::now(&cluster);
    let mut follower = journal.follow(&OURS, 0).await?;
    let mut seen = 0;
    while follower.position() < 2 * appends {
        seen += follower.next().await?.len() as u64;
    }
    usage.print(&cluster, "follow", &sync, seen);
    Ok(())
}

struct Usage {
    at: Instant,
    own_us: u64,
    servers_us: u64,
}

impl Usage {
    fn now(cluster: &Cluster) -> Usage {
        Usage {
            at: Instant::now(),
            own_us: cpu_us(std::process::id()),
            servers_us: cluster.process_ids().into_iter().map(cpu_us).sum(),
        }
    }

    fn print(&self, cluster: &Cluster, what: &str, sync: &str, count: u64) {
        let seconds = self.at.elapsed().as_secs_f64();
        let now = Usage::now(cluster);
        println!(
            "{what} sync={sync} per_s={:.0} client_cpu_us={:.1} servers_cpu_us={:.1}",
            count as f64 / seconds,
            (now.own_us - self.own_us) as f64 / count as f64,
            (now.servers_us - self.servers_us) as f64 / count as f64,
        );
    }
}

/// User and system time of a process so far.
fn cpu_us(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * TICK_US
}

/// The least that a publisher with the same guarantees can do: requests with id and expectation by the plain client.
async fn raw(journal: &Journal, appends: u64, subjects: u64, round: u64) -> Result<(), Failure> {
    let mut writers = JoinSet::new();
    for writer in 0..subjects {
        let client = journal.client().clone();
        writers.spawn(async move {
            let mut last = 0;
            for n in 0..appends / subjects {
                last = raw_append(&client, &format!("{round}-{writer}"), n, last).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    Ok(())
}

async fn raw_append(client: &async_nats::Client, writer: &str, n: u64, last: u64) -> Result<u64, Failure> {
    loop {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", format!("{writer}-{n}"));
        headers.insert("Nats-Expected-Last-Subject-Sequence", last.to_string());
        let payload = vec![7_u8; PAYLOAD].into();
        let ack = client.request_with_headers(format!("raw.{writer}"), headers, payload).await?;
        let ack: serde_json::Value = serde_json::from_slice(&ack.payload)?;
        // "Wrong last sequence" from a leader that is still busy with the message before.
        if ack["error"]["err_code"] == 10_164 {
            continue;
        }
        return ack["seq"].as_u64().filter(|seq| *seq > 0).ok_or_else(|| ack.to_string().into());
    }
}

async fn ours(journal: &Journal, appends: u64, subjects: u64, round: u64) -> Result<(), Failure> {
    let journal = Arc::new(journal.clone());
    let mut writers = JoinSet::new();
    for writer in 0..subjects {
        let journal = Arc::clone(&journal);
        writers.spawn(async move {
            let mut last = 0;
            for n in 0..appends / subjects {
                let unit = Unit { events: vec![vec![7_u8; PAYLOAD].into()], ..Unit::default() };
                let append = Append {
                    stream: OURS,
                    subject: format!("ours.{round}-{writer}"),
                    expect: Expect::Last(last),
                    id: format!("{round}-{writer}-{n}"),
                    unit,
                };
                last = journal.append(append).await?.sequence;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    Ok(())
}
