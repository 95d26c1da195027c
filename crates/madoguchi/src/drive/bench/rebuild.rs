//! A site's database is thrown away, and its view made anew from the journal.

use std::time::Duration;

use clap::Args;
use tokio::time::Instant;

use crate::{
    drive::{
        Error,
        agent::Habits,
        check::{
            self, Mark,
            views::{View, reached},
        },
        customer::Pace,
        drill::Stage,
        figures::{Bar, Figures, say},
        talk::{Plan, Talk},
    },
    up::{Options, SyncMode},
};

/// Fills the journal, drops a database, starts the site.
#[derive(Debug, Args)]
pub struct Command {
    /// Messages in the journal.
    #[arg(long, default_value_t = 100_000)]
    pub messages: u64,
    /// Conversations they are in.
    #[arg(long, default_value_t = 200)]
    pub conversations: usize,
}

/// Runs it; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    // The mode changes nothing in the reading, and makes the filling short.
    let direct = |options: &mut Options| {
        options.wires = false;
        options.sync = SyncMode::Default;
    };
    let stage = Stage::open("rebuild", command.conversations, direct).await?;
    let result = on(&stage, command).await;
    stage.end(matches!(result, Ok(true))).await?;
    result
}

async fn on(stage: &Stage, command: &Command) -> Result<bool, Error> {
    let mark = Mark::now(&stage.center).await?;
    let plan = Plan {
        customers: command.conversations,
        pace: Pace::InFlight(16),
        text_bytes: 120,
        habits: Habits { reply_every: 0, receipts: false },
    };
    let talk = Talk::start(&stage.company, &plan).await?;
    talk.write();
    while talk.count().acked < command.messages {
        let goal = command.messages.min(talk.count().acked + 1_000);
        talk.reach("messages written", |count| count.acked >= goal).await?;
    }
    talk.drain().await?;
    let diaries = talk.close().await?;
    let center = &stage.center;
    let victim = center.sites().pop().unwrap_or_default();
    check::everything(center, &mark, &diaries).await?;
    let events = View::connect(center, &victim).await?.events().await?;
    let last = Mark::now(center).await?.chat;
    say(&format!("{events} events; throwing {victim}'s database away"));
    center.stop_site_services(&victim).await?;
    center.drop_database(&victim).await?;
    let start = Instant::now();
    let rebuilt = reached(center, &victim, last, Duration::from_secs(120));
    let (started, rebuilt) = tokio::join!(center.start_site_services(&victim), rebuilt);
    started?;
    let rebuilt = rebuilt? - start;
    let verdict = check::everything(center, &mark, &diaries).await?;
    let mut figures = Figures::default();
    figures.add("events_per_s", (events as f64 / rebuilt.as_secs_f64()).round(), Bar::AtLeast(20_000.0));
    figures.add("events", events as f64, Bar::Above(0.0));
    figures.add("views_equal", f64::from(verdict.views_equal), Bar::Exactly(1.0));
    figures.add("lost", verdict.findings.lost as f64, Bar::Exactly(0.0));
    figures.print()
}
