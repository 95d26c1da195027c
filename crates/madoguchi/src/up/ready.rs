//! Waiting until something answers, and asking NATS servers what they know.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};

use super::http;
use super::options::UpError;
use super::process::Process;

/// A part that was not ready for so long, and did not say why, is not going to be: a NATS server that was away replays at most minutes of writes.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);
/// For one question to a server that may be frozen.
const QUESTION: Duration = Duration::from_secs(1);

/// What a part answers to whether it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stand {
    /// It is.
    Ready,
    /// It repairs what a crash left and says so: that takes as long as it takes, and ended half-way it begins anew.
    Recovering,
    /// Nothing, or that it is not.
    NotReady,
}

impl From<bool> for Stand {
    fn from(ready: bool) -> Self {
        if ready { Self::Ready } else { Self::NotReady }
    }
}

/// Waits until `probe` says that a part is ready; an error when its process ends first or it takes too long.
pub(super) async fn wait<F: Future<Output: Into<Stand>>>(
    process: &Process,
    probe: impl Fn() -> F,
) -> Result<(), UpError> {
    let not_ready = |what: String| UpError::NotReady {
        name: process.spec().name.clone(),
        what,
        log: process.spec().log.clone(),
        tail: process.log_tail(),
    };
    let mut heard = Instant::now();
    loop {
        if let Some(status) = process.ended() {
            return Err(not_ready(Process::describe_end(status)));
        }
        match probe().await.into() {
            Stand::Ready => return Ok(()),
            Stand::Recovering => heard = Instant::now(),
            Stand::NotReady => {}
        }
        if heard.elapsed() > PATIENCE {
            return Err(not_ready(format!("was not ready after {} s", PATIENCE.as_secs())));
        }
        sleep(PAUSE).await;
    }
}

/// Whether `GET path` is answered by 200.
pub(super) async fn answers(address: SocketAddr, path: &str) -> bool {
    let asked = timeout(QUESTION, http::get(&format!("http://{address}"), path)).await;
    asked.is_ok_and(|answer| answer.is_ok_and(|answer| answer.status == 200))
}

/// The stream's leader as most of these servers see it.
pub(super) async fn leader_of(stream: &str, monitors: impl Iterator<Item = SocketAddr>) -> Option<String> {
    let votes = futures::future::join_all(monitors.map(|monitor| vote(monitor, stream))).await;
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for vote in votes.into_iter().flatten() {
        *counted.entry(vote).or_default() += 1;
    }
    counted.into_iter().max_by_key(|(_, count)| *count).map(|(leader, _)| leader)
}

async fn vote(monitor: SocketAddr, stream: &str) -> Option<String> {
    let url = format!("http://{monitor}");
    let answer = timeout(QUESTION, http::get(&url, "/jsz?accounts=true&streams=true")).await.ok()?.ok()?;
    let jsz: Jsz = serde_json::from_str(&answer.body).ok()?;
    let mut details = jsz.account_details.into_iter().flat_map(|account| account.stream_detail);
    let leader = details.find(|detail| detail.name == stream)?.cluster?.leader;
    leader.filter(|name| !name.is_empty())
}

#[derive(Deserialize)]
struct Jsz {
    #[serde(default)]
    account_details: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    stream_detail: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    name: String,
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct Cluster {
    leader: Option<String>,
}
