//! What can be asked of a campaign.

use super::event::Outcome;
use super::plan::{Plan, PlanFault};

/// An entry to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// 1 to 80 characters, unique within the campaign.
    pub id: String,
    /// The number, or what stands for it: 1 to 80 characters. It is compared, never dialled by this core.
    pub number: String,
}

/// Something asked of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Sets the rules, also while it runs.
    Define {
        /// From now on.
        plan: Plan,
    },
    /// Adds entries. Ids and numbers that are there already are passed over.
    Add {
        /// In the order in which they are dialled.
        entries: Vec<NewEntry>,
    },
    /// Begins, or goes on.
    Start,
    /// Dials nothing new.
    Pause,
    /// Ends it for good.
    Finish,
    /// These are never called again.
    DoNotCall {
        /// As in [`NewEntry::number`].
        numbers: Vec<String>,
    },
    /// These may be called after all.
    MayCall {
        /// As in [`NewEntry::number`].
        numbers: Vec<String>,
    },
    /// A gateway asks what to dial (progressive).
    Dial {
        /// The gateway.
        by: String,
        /// Agents of the queue who are free now, or reserved for what rings.
        free_agents: u32,
    },
    /// An agent asks for the next entry to look at (preview).
    Preview {
        /// The agent, or the conversation that offers the entry to one.
        agent: String,
    },
    /// Somebody looks now: the time to look begins anew.
    Keep {
        /// As in [`Command::Preview`].
        agent: String,
    },
    /// The agent dials the entry that they look at.
    DialPreviewed {
        /// As in [`Command::Preview`].
        agent: String,
        /// The gateway or the call that carries it out.
        by: String,
    },
    /// The agent leaves the entry for later.
    Skip {
        /// The agent.
        agent: String,
    },
    /// What became of an attempt, as soon as it is known: the end of a talk is not waited for.
    Result {
        /// The entry.
        entry: String,
        /// As in [`Event::Dialled`](super::Event::Dialled).
        attempt: u32,
        /// What.
        outcome: Outcome,
    },
    /// Time has passed.
    Tick,
}

/// Why a command is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There are no rules yet.
    #[error("the campaign has no plan")]
    NoPlan,
    /// A rule is out of range.
    #[error(transparent)]
    BadPlan(#[from] PlanFault),
    /// An entry cannot be dialled.
    #[error("the entry {0} has no valid id and number")]
    BadEntry(String),
    /// It ended for good.
    #[error("the campaign is finished")]
    Finished,
    /// It has as many entries as it may.
    #[error("the campaign is full")]
    Full,
    /// It is the other mode's command.
    #[error("the campaign does not dial this way")]
    WrongMode,
    /// The agent looks at nothing.
    #[error("the agent has no entry")]
    NoEntry,
    /// The entry may not be dialled now.
    #[error("the entry may not be dialled now")]
    NotNow,
    /// No such attempt is under way.
    #[error("no such attempt is under way")]
    NotUnderWay,
}
