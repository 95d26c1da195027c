//! Decisions of the floor.

use clap::Args;

use crate::drive::{
    Error,
    figures::{Bar, Figures},
};

/// The floor alone, on one thread.
#[derive(Debug, Args)]
pub struct Command {
    /// Agents.
    #[arg(long, default_value_t = 10_000)]
    pub agents: usize,
    /// Contacts that wait.
    #[arg(long, default_value_t = 100_000)]
    pub contacts: usize,
    /// Skills.
    #[arg(long, default_value_t = 50)]
    pub skills: usize,
    /// Decisions measured.
    #[arg(long, default_value_t = 1_000_000)]
    pub decisions: usize,
}

/// Runs it; false when a bar is missed.
pub fn run(command: &Command) -> Result<bool, Error> {
    let measured = routing::bench::run(command.agents, command.contacts, command.skills, command.decisions);
    let mut figures = Figures::default();
    figures.add("decisions_per_s", measured.decisions_per_s.round(), Bar::AtLeast(100_000.0));
    figures.add("growth", measured.growth, Bar::Below(1.0));
    figures.add("offers_per_s", measured.offers_per_s.round(), Bar::None);
    figures.add("cost_ns", measured.cost_ns.round(), Bar::None);
    figures.add("small_cost_ns", measured.small_cost_ns.round(), Bar::None);
    figures.print()
}
