//! `madoguchi demo`: people talk, a site dies, and the figures are printed.

use std::time::Duration;

use clap::Args;

use super::{
    Error,
    agent::Habits,
    chaos::SiteKill,
    customer::Pace,
    drill::{self, Outcome, Stage, p99_ms},
    figures::{Bar, Figures, say},
    stats::Gaps,
    talk::Plan,
};

/// Customers and agents talk over real sockets, a site is killed with -9, and what was lost is counted.
#[derive(Debug, Args)]
pub struct Command {
    /// How often; the sites take turns.
    #[arg(long, default_value_t = 1)]
    pub runs: usize,
    /// Customers, each with a conversation.
    #[arg(long, default_value_t = 40)]
    pub customers: usize,
    /// How often each customer writes, in ms. The gaps hold this time.
    #[arg(long, default_value_t = 50)]
    pub every_ms: u64,
}

/// Runs the demo; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    let stage = Stage::open("demo", command.customers, |_| {}).await?;
    let result = play(&stage, command).await;
    stage.end(matches!(result, Ok(true))).await?;
    result
}

async fn play(stage: &Stage, command: &Command) -> Result<bool, Error> {
    let plan = Plan {
        customers: command.customers,
        pace: Pace::Every(Duration::from_millis(command.every_ms)),
        text_bytes: 120,
        habits: Habits { reply_every: 5, receipts: true },
    };
    let mut outcomes = Vec::new();
    for run in 1..=command.runs {
        say(&format!("run {run}: {} customers talk to {} agents", plan.customers, stage.company.agents.len()));
        let outcome = drill::run(stage, &plan, run, &SiteKill).await?;
        say(&outcome.describe(run));
        outcomes.push(outcome);
    }
    figures(&outcomes).print()
}

fn figures(outcomes: &[Outcome]) -> Figures {
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>() as f64;
    let gaps = |of: fn(&Outcome) -> &Vec<Gaps>| -> f64 {
        let gaps: Vec<Gaps> = outcomes.iter().flat_map(of).copied().collect();
        p99_ms(&gaps, |gap| gap.failure.between)
    };
    let mut figures = Figures::default();
    figures.add("acked", sum(|outcome| outcome.acked), Bar::Above(0.0));
    figures.add("lost", sum(|outcome| outcome.verdict.findings.lost), Bar::Exactly(0.0));
    figures.add("doubled", sum(|outcome| outcome.verdict.findings.doubled), Bar::Exactly(0.0));
    figures.add("gap_dead_site_p99_ms", gaps(|outcome| &outcome.dead_site), Bar::AtMost(3_000.0));
    figures.add("gap_other_site_p99_ms", gaps(|outcome| &outcome.other_site), Bar::AtMost(100.0));
    let all: Vec<Gaps> = outcomes.iter().flat_map(Outcome::all).collect();
    figures.add("gap_at_start_p99_ms", p99_ms(&all, |gap| gap.start.between), Bar::None);
    figures
}
