//! A command and who carries it out, as its subject tells. Pure.

use proto::crm::v1::CommandEvent;

use super::command::{Command, evolve};
use crate::owned::{self, Told};

/// A command; none: nobody asked.
pub type Thread = owned::Thread<Command>;

impl Told for Command {
    type Event = CommandEvent;

    fn take(held: &mut Option<Self>, event: &CommandEvent) {
        evolve(held, event);
    }
}
