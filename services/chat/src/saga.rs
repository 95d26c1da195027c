//! What a conversation wants of routing, and what routing decides for it.
//!
//! The fast way: the site that accepted a command tells routing at once, and the site whose routing accepted an offer assigns the
//! conversation at once. The sure way: every site's sweeper compares its view of both streams and repeats what is still undone after a
//! grace, so that a site's death between two steps is healed by another. Every step is safe to repeat.

mod errands;
mod reactor;
mod segment;
mod sweeper;

pub(crate) use errands::Errands;
pub(crate) use reactor::react;
pub(crate) use segment::Crm;
pub(crate) use sweeper::sweep;

use chassis::refusal::Refusal;
use uuid::Uuid;

use crate::{
    conversation::{Action, Command, Party, PartyKind, Wish},
    service::Handle,
};

/// Assigns a conversation as routing decided. A conversation that has no use for it any more gives the contact back.
///
/// # Errors
/// Why it was neither assigned nor given back.
async fn assign(
    handle: &Handle,
    conversation: Uuid,
    round: u32,
    agent: String,
    routing_sequence: u64,
) -> Result<Option<Wish>, Refusal> {
    let by = Party { kind: PartyKind::System, id: "chat".to_owned(), supervisor: false };
    let command = Command { by, action: Action::Assign { agent, round, routing_sequence } };
    match handle.execute(conversation, command).await {
        Ok(_) => Ok(None),
        Err(refusal) if matches!(refusal.reason.as_ref(), "closed" | "old_round") => {
            Ok(Some(Wish::End { round, withdrawn: false }))
        }
        Err(refusal) => Err(refusal),
    }
}
