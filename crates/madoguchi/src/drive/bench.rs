//! `madoguchi bench`: how fast, beside what the same machine could do at most.

mod browser;
mod chat;
mod crm;
mod offer;
mod postgres;
mod raw;
mod rebuild;
mod routing;
mod sockets;
mod takeover;
mod voice;

use clap::{Args, Subcommand};

use super::Error;

/// Measures, and compares with the bars.
#[derive(Debug, Args)]
pub struct Command {
    /// What is measured.
    #[command(subcommand)]
    pub what: What,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Messages from customers' to agents' sockets, against raw JetStream and PostgreSQL.
    Chat(chat::Command),
    /// Decisions of the floor, without a journal.
    Routing(routing::Command),
    /// From an agent who becomes free to the next contact on their screen, with a thousand of both.
    Offer(offer::Command),
    /// Ten thousand browsers at one door, slow readers among them, while others talk.
    Sockets(sockets::Command),
    /// A thrown-away view, made anew from the journal.
    Rebuild(rebuild::Command),
    /// Customers by the hundred thousand: loading, look-up, screen-pop, search.
    Crm(crm::Command),
    /// Calls whose site is killed: who talks on, after how long a silence, and what became of the others.
    Takeover(takeover::Command),
    /// What calls cost: signalling by sipp, an overload, bridged calls with recording.
    Voice(voice::Command),
}

/// Runs it; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    match &command.what {
        What::Chat(command) => chat::run(command).await,
        What::Routing(command) => routing::run(command),
        What::Offer(command) => offer::run(command).await,
        What::Sockets(command) => sockets::run(command).await,
        What::Rebuild(command) => rebuild::run(command).await,
        What::Crm(command) => crm::run(command).await,
        What::Takeover(command) => takeover::run(command).await,
        What::Voice(command) => voice::run(command).await,
    }
}
