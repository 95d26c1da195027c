//! What a conversation's events add up to.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Command, MessageId, Millis, Party, PartyKind, form::Offer};

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It has not begun.
    #[default]
    Absent,
    /// No agent holds it.
    Waiting,
    /// An agent holds it.
    Assigned,
    /// It ended.
    Closed,
}

/// A party without the rights it happened to have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Author {
    /// What they are.
    pub kind: PartyKind,
    /// Their id.
    pub id: String,
}

impl Author {
    /// Whether `party` is the same person.
    #[must_use]
    pub fn is(&self, party: &Party) -> bool {
        self.kind == party.kind && self.id == party.id
    }
}

impl From<&Party> for Author {
    fn from(party: &Party) -> Self {
        Self { kind: party.kind, id: party.id.clone() }
    }
}

/// How far a party is; only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipts {
    /// Shown up to this number.
    pub delivered: u64,
    /// Read up to this number; never above `delivered`.
    pub read: u64,
    /// The event that said `delivered`.
    pub delivered_in: u64,
    /// The event that said `read`.
    pub read_in: u64,
}

/// Priority of who was broken off and is to be called back: they had their turn already.
pub const PROMISED: u32 = 9;

/// When a callback is due; None: at its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due(pub Option<Millis>);

/// What a conversation wants of routing, so that its contact stands where the conversation does. Safe to repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Let the round's contact wait.
    Enqueue {
        /// The round.
        round: u32,
        /// The queue.
        queue: String,
        /// The only agent who may have it.
        only_agent: Option<String>,
        /// The reason that the customer chose; empty when none.
        reason: String,
        /// The customer's segment; empty: none.
        segment: String,
        /// Who the customer is.
        customer: String,
        /// The agent who held it last, when its customer came back to it.
        last_agent: Option<String>,
        /// It is to be called back, not before the time in it.
        callback: Option<Due>,
        /// Added to the queue's, 0 to 9.
        priority: u32,
    },
    /// The round's contact is to be called back, not before a time.
    CallBack {
        /// The round.
        round: u32,
        /// Not before; at its turn when unset.
        at: Option<Millis>,
    },
    /// The round's contact is not to be called back.
    CallOff {
        /// The round.
        round: u32,
    },
    /// The round's contact is over.
    End {
        /// The round.
        round: u32,
        /// True when the customer left before being served.
        withdrawn: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posted {
    pub(super) number: u64,
    /// Index into `authors`.
    pub(super) author: usize,
}

/// What was said in this round about being called back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Callback {
    /// Nothing.
    #[default]
    None,
    /// Asked for, not before this time when there is one.
    Asked(Option<Millis>),
    /// Asked for and cancelled.
    Cancelled,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passed {
    pub(super) by: Author,
    pub(super) queue: String,
    pub(super) to_agent: Option<String>,
    pub(super) number: u64,
}

/// A conversation as its events made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    pub(super) last_number: u64,
    pub(super) last_at: Millis,
    pub(super) customer: String,
    pub(super) queue: String,
    pub(super) phase: Phase,
    /// The holder while assigned; who held it last when it was closed; unset while waiting.
    pub(super) agent: Option<String>,
    pub(super) to_agent: Option<String>,
    pub(super) round: u32,
    pub(super) routing_sequence: u64,
    /// The event that brought the present phase.
    pub(super) changed_in: u64,
    pub(super) assigned_in: u64,
    /// The last transfer, so that its resend is recognised.
    pub(super) passed: Option<Passed>,
    pub(super) reason: String,
    pub(super) segment: String,
    pub(super) callback: Callback,
    pub(super) cancelled_in: u64,
    /// Who held it last.
    pub(super) last_agent: Option<String>,
    /// It waits because its customer came back to it.
    pub(super) returns: bool,
    /// The center, and not the customer, asked for the callback.
    pub(super) promised: bool,
    /// Every agent who ever held it, took part or was called by a note.
    pub(super) readers: BTreeSet<String>,
    /// Agents who took part beside the holder: whether they still do, and the event that says so.
    pub(super) beside: BTreeMap<String, (bool, u64)>,
    /// All files together, in bytes.
    pub(super) file_bytes: u64,
    /// Forms that were offered, by the number of the event.
    pub(super) offers: BTreeMap<u64, Offer>,
    pub(super) authors: Vec<Author>,
    pub(super) messages: BTreeMap<MessageId, Posted>,
    pub(super) receipts: BTreeMap<Author, Receipts>,
    /// Number of the customer's last message.
    pub(super) from_customer: u64,
    /// Number of the center's last message.
    pub(super) from_center: u64,
}

impl Conversation {
    /// Number of the last event; 0 before the first.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Whose matter it is; empty while absent.
    #[must_use]
    pub fn customer(&self) -> &str {
        &self.customer
    }

    /// Where it stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Who holds it now.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.agent.as_deref().filter(|_| self.phase == Phase::Assigned)
    }

    /// How often it waited for an agent: the round of its present routing contact; 0 while absent.
    #[must_use]
    pub fn round(&self) -> u32 {
        self.round
    }

    /// How far a party is.
    #[must_use]
    pub fn receipts(&self, party: &Party) -> Receipts {
        self.receipts.get(&Author::from(party)).copied().unwrap_or_default()
    }

    /// The agents who take part beside the holder.
    pub fn participants(&self) -> impl Iterator<Item = &str> {
        self.beside.iter().filter(|(_, (present, _))| *present).map(|(agent, _)| agent.as_str())
    }

    pub(super) fn takes_part(&self, agent: &str) -> bool {
        self.beside.get(agent).is_some_and(|(present, _)| *present)
    }

    /// Whether the party may see it: its customer, every agent who holds or held it, took part or was called by a note,
    /// supervisors and the center itself.
    #[must_use]
    pub fn may_read(&self, party: &Party) -> bool {
        match party.kind {
            PartyKind::Customer => self.phase != Phase::Absent && self.customer == party.id,
            PartyKind::Agent => party.supervisor || self.readers.contains(&party.id),
            PartyKind::System => true,
        }
    }

    /// Whether the party may speak in it: its customer, its holder, who takes part, supervisors and the center itself.
    #[must_use]
    pub fn may_speak(&self, party: &Party) -> bool {
        match party.kind {
            PartyKind::Customer => self.phase != Phase::Absent && self.customer == party.id,
            PartyKind::Agent => {
                party.supervisor || self.holder() == Some(party.id.as_str()) || self.takes_part(&party.id)
            }
            PartyKind::System => true,
        }
    }

    /// Number of the event that carried a command out; 0 when none did.
    #[must_use]
    pub fn number_of<T>(&self, command: &Command<T>) -> u64 {
        match &command.action {
            Action::Open { .. } => u64::from(self.phase != Phase::Absent),
            Action::Post { message, .. }
            | Action::Note { message, .. }
            | Action::Wrap { message, .. }
            | Action::Rate { message, .. }
            | Action::PostFile { message, .. }
            | Action::AskCallback { message, .. } => self.messages.get(message).map_or(0, |posted| posted.number),
            Action::MarkDelivered { .. } => self.receipts(&command.by).delivered_in,
            Action::MarkRead { .. } => self.receipts(&command.by).read_in,
            Action::Assign { .. } | Action::Take { .. } => self.assigned_in,
            Action::Join | Action::Leave => self.beside.get(&command.by.id).map_or(0, |(_, number)| *number),
            Action::Transfer { .. } => self.passed.as_ref().map_or(0, |passed| passed.number),
            Action::CancelCallback => self.cancelled_in,
            Action::Close | Action::Reopen | Action::Served { .. } => self.changed_in,
        }
    }

    /// What it wants of routing now.
    #[must_use]
    pub fn wishes(&self) -> Vec<Wish> {
        let mut wishes = Vec::new();
        if self.round > 1 {
            wishes.push(Wish::End { round: self.round - 1, withdrawn: false });
        }
        match self.phase {
            Phase::Absent | Phase::Assigned => {}
            Phase::Waiting => {
                wishes.push(Wish::Enqueue {
                    round: self.round,
                    queue: self.queue.clone(),
                    only_agent: self.to_agent.clone(),
                    reason: self.reason.clone(),
                    segment: self.segment.clone(),
                    customer: self.customer.clone(),
                    last_agent: self.last_agent.clone().filter(|_| self.returns),
                    callback: if let Callback::Asked(at) = self.callback { Some(Due(at)) } else { None },
                    priority: if self.promised { PROMISED } else { 0 },
                });
                match self.callback {
                    Callback::None => {}
                    Callback::Asked(at) => wishes.push(Wish::CallBack { round: self.round, at }),
                    Callback::Cancelled => wishes.push(Wish::CallOff { round: self.round }),
                }
            }
            Phase::Closed => wishes.push(Wish::End { round: self.round, withdrawn: self.agent.is_none() }),
        }
        wishes
    }
}
