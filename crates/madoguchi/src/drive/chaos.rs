//! `madoguchi chaos`: one failure, many times, under load, checked after each time.

mod bulk_import;
mod leader_freeze;
mod rolling_restart;
mod site_cut;
mod site_kill;
mod witness_kill;

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{
    Error,
    agent::Habits,
    customer::Pace,
    drill::{self, Failure, Outcome, Stage, p99_ms},
    figures::{Bar, Figures, say},
    stats::Gaps,
    talk::{Plan, Talk},
};
use crate::up::Center;

pub use site_kill::SiteKill;

/// Lets something fail again and again while people write, and checks that nothing was lost.
#[derive(Debug, Args)]
pub struct Command {
    /// What fails.
    #[arg(value_enum)]
    pub name: Name,
    /// How often.
    #[arg(long, default_value_t = 1)]
    pub runs: usize,
    /// Conversations that write all the time.
    #[arg(long, default_value_t = 200)]
    pub conversations: usize,
    /// How often each customer writes, in ms.
    #[arg(long, default_value_t = 250)]
    pub every_ms: u64,
    /// Customers of each import.
    #[arg(long, default_value_t = 10_000)]
    pub imported: u64,
}

/// What can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// Everything of a site, with SIGKILL; the sites take turns.
    SiteKill,
    /// The NATS server that leads the streams stands still for ten seconds.
    LeaderFreeze,
    /// A site is cut off by the network, and comes back.
    SiteCut,
    /// The witness, with SIGKILL.
    WitnessKill,
    /// Every site and the witness are stopped in order and started again, one after the other.
    RollingRestart,
    /// A site, with SIGKILL, while customers are imported; nobody writes beside.
    BulkImport,
    /// All but the import, one after the other.
    All,
}

const EACH: [Name; 5] = [Name::SiteKill, Name::LeaderFreeze, Name::SiteCut, Name::WitnessKill, Name::RollingRestart];

/// Runs the drill; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    let stage = Stage::open("chaos", command.conversations, |_| {}).await?;
    let result = runs(&stage, command).await;
    stage.end(matches!(result, Ok(true))).await?;
    result
}

/// The same on a center that runs.
///
/// # Errors
/// When it cannot be carried out.
pub async fn runs(stage: &Stage, command: &Command) -> Result<bool, Error> {
    if command.name == Name::BulkImport {
        return bulk_import::run(stage, command).await;
    }
    let names: &[Name] = if command.name == Name::All { &EACH } else { &[command.name] };
    let mut tally = Tally::default();
    for name in names {
        for run in 1..=command.runs {
            let outcome = once(stage, command, *name, run).await?;
            say(&format!("{name:?} {}", outcome.describe(run)));
            tally.add(*name, outcome);
        }
    }
    tally.figures(command.name).print()
}

async fn once(stage: &Stage, command: &Command, name: Name, run: usize) -> Result<Outcome, Error> {
    let plan = Plan {
        customers: command.conversations,
        pace: Pace::Every(Duration::from_millis(command.every_ms)),
        text_bytes: 120,
        habits: Habits { reply_every: 10, receipts: true },
    };
    match name {
        Name::SiteKill | Name::All | Name::BulkImport => drill::run(stage, &plan, run, &SiteKill).await,
        Name::LeaderFreeze => drill::run(stage, &plan, run, &leader_freeze::LeaderFreeze).await,
        Name::SiteCut => drill::run(stage, &plan, run, &site_cut::SiteCut).await,
        Name::WitnessKill => drill::run(stage, &plan, run, &witness_kill::WitnessKill).await,
        Name::RollingRestart => drill::run(stage, &plan, run, &rolling_restart::RollingRestart).await,
    }
}

/// The site whose turn it is.
fn victim(center: &Center, run: usize) -> Result<String, Error> {
    let sites = center.sites();
    let site = sites.get(run % sites.len().max(1)).cloned();
    site.ok_or_else(|| Error::Answer("the center has no sites".into()))
}

/// Lets people write on until each customer got `each` more messages acknowledged, on average.
async fn write_on(talk: &Talk, each: u64, customers: u64) -> Result<(), Error> {
    let goal = talk.count().acked + each * customers;
    talk.reach("messages after the failure", |count| count.acked >= goal).await
}

/// Everything that the runs showed.
#[derive(Default)]
struct Tally {
    runs: u64,
    acked: u64,
    lost: u64,
    doubled: u64,
    disorder: u64,
    double_accepts: u64,
    stale_writes: u64,
    refused: u64,
    unequal_views: u64,
    unequal_replicas: u64,
    witness_claims: u64,
    dead: Vec<Gaps>,
    other: Vec<Gaps>,
}

impl Tally {
    fn add(&mut self, name: Name, outcome: Outcome) {
        let verdict = outcome.verdict;
        self.runs += 1;
        self.acked += outcome.acked;
        self.lost += verdict.findings.lost;
        self.doubled += verdict.findings.doubled;
        self.disorder += verdict.findings.disorder;
        self.double_accepts += verdict.double_accepts;
        self.stale_writes += verdict.stale_writes;
        self.refused += outcome.refused;
        self.unequal_views += u64::from(!verdict.views_equal);
        self.unequal_replicas += u64::from(!verdict.replicas_equal);
        if name == Name::WitnessKill {
            self.witness_claims += verdict.claims;
        }
        self.dead.extend(outcome.dead_site);
        self.other.extend(outcome.other_site);
    }

    fn figures(&self, name: Name) -> Figures {
        let mut figures = Figures::default();
        figures.add("runs", self.runs as f64, Bar::Above(0.0));
        figures.add("lost", self.lost as f64, Bar::Exactly(0.0));
        figures.add("doubled", self.doubled as f64, Bar::Exactly(0.0));
        figures.add("double_accepts", self.double_accepts as f64, Bar::Exactly(0.0));
        figures.add("views_equal", f64::from(self.unequal_views == 0), Bar::Exactly(1.0));
        figures.add("replicas_equal", f64::from(self.unequal_replicas == 0), Bar::Exactly(1.0));
        figures.add("disorder", self.disorder as f64, Bar::Exactly(0.0));
        figures.add("stale_writes", self.stale_writes as f64, Bar::Exactly(0.0));
        figures.add("refused", self.refused as f64, Bar::Exactly(0.0));
        figures.add("acked", self.acked as f64, Bar::Above(0.0));
        let (dead, other) = match name {
            Name::SiteKill => (Bar::AtMost(3_000.0), Bar::AtMost(100.0)),
            Name::WitnessKill => (Bar::AtMost(10_000.0), Bar::AtMost(10_000.0)),
            Name::LeaderFreeze | Name::SiteCut | Name::RollingRestart | Name::BulkImport | Name::All => {
                (Bar::None, Bar::None)
            }
        };
        figures.add("gap_p99_ms", p99_ms(&self.dead, |gap| gap.failure.waited), dead);
        if !self.other.is_empty() {
            figures.add("gap_other_site_p99_ms", p99_ms(&self.other, |gap| gap.failure.waited), other);
        }
        let all: Vec<Gaps> = self.dead.iter().chain(&self.other).copied().collect();
        figures.add("gap_at_start_p99_ms", p99_ms(&all, |gap| gap.start.waited), Bar::None);
        if matches!(name, Name::WitnessKill | Name::All) {
            figures.add("ownerships_lost", self.witness_claims as f64, Bar::Exactly(0.0));
        }
        figures
    }
}
