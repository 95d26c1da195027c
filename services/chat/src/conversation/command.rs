//! What can be asked of a conversation.

use super::MessageId;

/// What a party is in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartyKind {
    /// The person who contacts.
    Customer,
    /// A person who answers.
    Agent,
    /// The center itself.
    System,
}

/// Who asks, as the door authenticated them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// What they are.
    pub kind: PartyKind,
    /// Customer id, account id or a service's name.
    pub id: String,
    /// True for supervisors: may act on every conversation. Counts only for agents.
    pub supervisor: bool,
}

impl Party {
    /// Whether this is an agent who may act on every conversation.
    #[must_use]
    pub fn is_supervisor(&self) -> bool {
        self.kind == PartyKind::Agent && self.supervisor
    }
}

/// A command. `T` is what a text is: readable before it was sealed, a [`Body`](super::Body) when it is decided on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command<T> {
    /// Who asks.
    pub by: Party,
    /// What is asked.
    pub action: Action<T>,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action<T> {
    /// Begin the conversation; again by the same customer changes nothing.
    Open {
        /// The queue to enter.
        queue: String,
        /// Display name, when one was given.
        name: Option<T>,
        /// BCP 47 tag.
        language: String,
    },
    /// Say something; the same message id again changes nothing.
    Post {
        /// The sender's id for it.
        message: MessageId,
        /// The text.
        text: T,
    },
    /// "My device shows everything up to here."
    MarkDelivered {
        /// Event number.
        up_to: u64,
    },
    /// "I have read everything up to here."
    MarkRead {
        /// Event number.
        up_to: u64,
    },
    /// Routing found an agent.
    Assign {
        /// The agent.
        agent: String,
        /// The round of the routing contact.
        round: u32,
        /// Sequence of the routing message that says so.
        routing_sequence: u64,
    },
    /// Pass the conversation on.
    Transfer {
        /// The queue to wait in; the present one when unset.
        queue: Option<String>,
        /// The agent who shall have it; anybody when unset.
        to_agent: Option<String>,
    },
    /// End it.
    Close,
    /// Go on with a closed one.
    Reopen,
}

impl<T> Command<T> {
    /// The same command with its text or name turned into another type, for example sealed.
    ///
    /// # Errors
    /// What `seal` returns.
    pub fn try_map<U, E>(self, seal: impl FnOnce(T) -> Result<U, E>) -> Result<Command<U>, E> {
        let action = match self.action {
            Action::Open { queue, name, language } => {
                Action::Open { queue, name: name.map(seal).transpose()?, language }
            }
            Action::Post { message, text } => Action::Post { message, text: seal(text)? },
            Action::MarkDelivered { up_to } => Action::MarkDelivered { up_to },
            Action::MarkRead { up_to } => Action::MarkRead { up_to },
            Action::Assign { agent, round, routing_sequence } => Action::Assign { agent, round, routing_sequence },
            Action::Transfer { queue, to_agent } => Action::Transfer { queue, to_agent },
            Action::Close => Action::Close,
            Action::Reopen => Action::Reopen,
        };
        Ok(Command { by: self.by, action })
    }

    /// Whether this only says what was shown or read.
    #[must_use]
    pub fn is_receipt(&self) -> bool {
        matches!(self.action, Action::MarkDelivered { .. } | Action::MarkRead { .. })
    }
}
