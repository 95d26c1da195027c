//! A crowd at one door: what it costs, and whether those who talk notice.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use clap::Args;
use futures::{StreamExt as _, stream};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use super::browser::Browser;
use crate::{
    drive::{
        Error,
        agent::Habits,
        company::Company,
        customer::Pace,
        drill::Stage,
        figures::{Bar, Figures, say},
        stats::{millis, percentile},
        talk::{Plan, Talk},
    },
    up::Options,
};

/// Opens a crowd of sockets at the first site's door, some of which never read.
#[derive(Debug, Args)]
pub struct Command {
    /// Sockets that only listen.
    #[arg(long, default_value_t = 10_000)]
    pub sockets: usize,
    /// How many of them never read what they are sent.
    #[arg(long, default_value_t = 500)]
    pub slow: usize,
    /// Customers who talk meanwhile, 200 messages a second together.
    #[arg(long, default_value_t = 100)]
    pub customers: usize,
    /// Length of each measurement in s.
    #[arg(long, default_value_t = 10)]
    pub seconds: u64,
}

const MESSAGES_PER_S: f64 = 200.0;
const PING: Duration = Duration::from_secs(20);

/// Runs it; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    let direct = |options: &mut Options| options.wires = false;
    let stage = Stage::open("sockets", command.customers, direct).await?;
    let result = on(&stage, command).await;
    stage.end(matches!(result, Ok(true))).await?;
    result
}

async fn on(stage: &Stage, command: &Command) -> Result<bool, Error> {
    let site = stage.center.sites().remove(0);
    let memory = || Ok::<f64, Error>(stage.center.resident_bytes(&site, "all")? as f64 / 1024.0);
    let plan = Plan {
        customers: command.customers,
        pace: Pace::Every(Duration::from_secs_f64(command.customers as f64 / MESSAGES_PER_S)),
        text_bytes: 120,
        habits: Habits { reply_every: 10, receipts: true },
    };
    let talk = Talk::start(&stage.company, &plan).await?;
    talk.write();
    let (alone_ms, before) = (p99(&talk, command).await, memory()?);
    let crowd = Crowd::gather(&stage.company, command).await?;
    let (crowd_ms, after) = (p99(&talk, command).await, memory()?);
    say(&format!("{} sockets: {before:.0} → {after:.0} KiB, p99 {alone_ms} → {crowd_ms} ms", crowd.standing()));
    talk.drain().await?;
    let refused: usize = talk.close().await?.iter().map(|diary| diary.refusals.len()).sum();
    let mut figures = Figures::default();
    figures.add("sockets", crowd.standing() as f64, Bar::AtLeast((command.sockets - command.slow) as f64));
    figures.add("slow_readers", command.slow as f64, Bar::None);
    figures.add("kib_per_socket", (after - before) / command.sockets as f64, Bar::AtMost(64.0));
    figures.add("rss_mib", after / 1024.0, Bar::AtMost(1024.0));
    figures.add("p99_ms_alone", alone_ms, Bar::None);
    figures.add("p99_ms_in_the_crowd", crowd_ms, Bar::None);
    figures.add("refused", refused as f64, Bar::Exactly(0.0));
    figures.print()
}

async fn p99(talk: &Talk, command: &Command) -> f64 {
    sleep(Duration::from_secs(1)).await;
    let _ = talk.take_latencies();
    sleep(Duration::from_secs(command.seconds)).await;
    millis(percentile(&mut talk.take_latencies(), 99.0))
}

/// Everybody who only listens, on a thread of their own.
struct Crowd {
    standing: Arc<AtomicU64>,
    leave: Arc<AtomicBool>,
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.leave.store(true, Ordering::Relaxed);
    }
}

impl Crowd {
    /// Returns when everybody is signed in.
    async fn gather(company: &Company, command: &Command) -> Result<Self, Error> {
        let token = company.customer(0).await?;
        let address = company.sites_from(0).remove(0).address;
        let crowd = Self { standing: Arc::default(), leave: Arc::default() };
        let (standing, leave, total) = (Arc::clone(&crowd.standing), Arc::clone(&crowd.leave), command.sockets);
        let slow = command.slow;
        let stand = async move {
            let joining = stream::iter(0..total).for_each_concurrent(None, |number| {
                let (standing, leave, address, token) = (&standing, &leave, &address, &token);
                async move {
                    // Not all in one moment: the listener's backlog is 1,024.
                    sleep(Duration::from_micros(300) * u32::try_from(number).unwrap_or(u32::MAX)).await;
                    let Some(mut browser) = Browser::sign_in(address, token).await else { return };
                    standing.fetch_add(1, Ordering::Relaxed);
                    let mut said_at = Instant::now();
                    while !leave.load(Ordering::Relaxed) {
                        if number < slow {
                            sleep(Duration::from_secs(1)).await;
                        } else if !listen(&mut browser, &mut said_at).await {
                            break;
                        }
                    }
                    standing.fetch_sub(1, Ordering::Relaxed);
                }
            });
            joining.await;
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Thread)?;
        let thread = std::thread::Builder::new().name("crowd".to_owned());
        thread.spawn(move || runtime.block_on(stand)).map_err(Error::Thread)?;
        let start = Instant::now();
        while crowd.standing() < total as u64 && start.elapsed() < Duration::from_secs(60) {
            say(&format!("  {} sockets", crowd.standing()));
            sleep(Duration::from_secs(1)).await;
        }
        Ok(crowd)
    }

    fn standing(&self) -> u64 {
        self.standing.load(Ordering::Relaxed)
    }
}

/// Reads the next frame, and says something from time to time, as a browser does; false when the socket is over.
async fn listen(browser: &mut Browser, said_at: &mut Instant) -> bool {
    if said_at.elapsed() > PING {
        *said_at = Instant::now();
        if !browser.say(&json!({"type": "ping"})).await {
            return false;
        }
    }
    timeout(PING, browser.hear()).await.is_ok_and(|frame| frame.is_some())
}
