//! What can be asked of a conversation.

use super::{FileId, Form, MessageId, Millis};

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
        /// Code of the chosen reason; empty when none was chosen.
        reason: String,
        /// Answers to what was asked before, when anything was.
        answers: Option<T>,
        /// The customer's segment as the door knows it; empty: none.
        segment: String,
        /// `voice` for a telephone call; empty: text.
        channel: String,
    },
    /// Say something; the same message id again changes nothing.
    Post {
        /// The sender's id for it.
        message: MessageId,
        /// The text; a form's fields as a JSON object.
        text: T,
        /// It is a form.
        form: Option<Form>,
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
        /// A note for whoever takes it.
        summary: Option<Summary<T>>,
    },
    /// End it.
    Close,
    /// Go on with a closed one.
    Reopen,
    /// Write something that customers never see.
    Note {
        /// The writer's id for it.
        message: MessageId,
        /// The text.
        text: T,
        /// Agents it calls.
        mentions: Vec<String>,
        /// Said to the holder while they serve the customer.
        whisper: bool,
        /// Asks those it calls before the conversation is handed over.
        consult: bool,
    },
    /// Say what it was about.
    Wrap {
        /// The writer's id for it.
        message: MessageId,
        /// The code; empty for none.
        code: String,
        /// Words to find it by.
        tags: Vec<String>,
        /// What happened, when it was written down.
        summary: Option<T>,
        /// When somebody shall come back to it.
        follow_up_at: Option<Millis>,
    },
    /// Take part beside the holder.
    Join,
    /// Take part no longer.
    Leave,
    /// Become the holder without an offer.
    Take {
        /// The holder whom the door found away.
        from: Option<String>,
    },
    /// Say how it was.
    Rate {
        /// The customer's id for it.
        message: MessageId,
        /// 1 to 5.
        score: u32,
        /// In their words.
        comment: Option<T>,
    },
    /// Say that a file was sent.
    PostFile {
        /// The sender's id for the message.
        message: MessageId,
        /// The file.
        file: FileId,
        /// Its name.
        name: T,
        /// What it is.
        media_type: String,
        /// Its length.
        bytes: u64,
    },
    /// Be called back, at the same place.
    AskCallback {
        /// The sender's id for it.
        message: MessageId,
        /// The telephone number.
        phone: T,
        /// Not before; at its turn when unset.
        at: Option<Millis>,
    },
    /// Not called back any more.
    CancelCallback,
    /// The customer who waited to be called back was served elsewhere.
    Served {
        /// The round whose contact ended.
        round: u32,
    },
}

/// A note that goes with a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary<T> {
    /// The note's id.
    pub message: MessageId,
    /// The text.
    pub text: T,
}

impl<T> Command<T> {
    /// The same command with its texts and names turned into another type, for example sealed.
    ///
    /// # Errors
    /// What `seal` returns.
    pub fn try_map<U, E>(self, seal: impl FnMut(T) -> Result<U, E>) -> Result<Command<U>, E> {
        Ok(Command { by: self.by, action: self.action.try_map(seal)? })
    }

    /// Whether this only says what was shown or read.
    #[must_use]
    pub fn is_receipt(&self) -> bool {
        matches!(self.action, Action::MarkDelivered { .. } | Action::MarkRead { .. })
    }
}

impl<T> Action<T> {
    fn try_map<U, E>(self, mut seal: impl FnMut(T) -> Result<U, E>) -> Result<Action<U>, E> {
        Ok(match self {
            Self::Open { queue, name, language, reason, answers, segment, channel } => Action::Open {
                queue,
                name: name.map(&mut seal).transpose()?,
                language,
                reason,
                answers: answers.map(seal).transpose()?,
                segment,
                channel,
            },
            Self::Post { message, text, form } => Action::Post { message, text: seal(text)?, form },
            Self::MarkDelivered { up_to } => Action::MarkDelivered { up_to },
            Self::MarkRead { up_to } => Action::MarkRead { up_to },
            Self::Assign { agent, round, routing_sequence } => Action::Assign { agent, round, routing_sequence },
            Self::Transfer { queue, to_agent, summary } => {
                let sealed = |Summary { message, text }| Ok(Summary { message, text: seal(text)? });
                Action::Transfer { queue, to_agent, summary: summary.map(sealed).transpose()? }
            }
            Self::Close => Action::Close,
            Self::Reopen => Action::Reopen,
            Self::Note { message, text, mentions, whisper, consult } => {
                Action::Note { message, text: seal(text)?, mentions, whisper, consult }
            }
            Self::Wrap { message, code, tags, summary, follow_up_at } => {
                Action::Wrap { message, code, tags, summary: summary.map(seal).transpose()?, follow_up_at }
            }
            Self::Join => Action::Join,
            Self::Leave => Action::Leave,
            Self::Take { from } => Action::Take { from },
            Self::Rate { message, score, comment } => {
                Action::Rate { message, score, comment: comment.map(seal).transpose()? }
            }
            Self::PostFile { message, file, name, media_type, bytes } => {
                Action::PostFile { message, file, name: seal(name)?, media_type, bytes }
            }
            Self::AskCallback { message, phone, at } => Action::AskCallback { message, phone: seal(phone)?, at },
            Self::CancelCallback => Action::CancelCallback,
            Self::Served { round } => Action::Served { round },
        })
    }

    /// The id under which what it says is stored once, whatever becomes of the conversation.
    #[must_use]
    pub fn message(&self) -> Option<MessageId> {
        match self {
            Self::Post { message, .. }
            | Self::Note { message, .. }
            | Self::Wrap { message, .. }
            | Self::Rate { message, .. }
            | Self::PostFile { message, .. }
            | Self::AskCallback { message, .. } => Some(*message),
            Self::Open { .. }
            | Self::MarkDelivered { .. }
            | Self::MarkRead { .. }
            | Self::Assign { .. }
            | Self::Transfer { .. }
            | Self::Close
            | Self::Reopen
            | Self::Join
            | Self::Leave
            | Self::Take { .. }
            | Self::CancelCallback
            | Self::Served { .. } => None,
        }
    }

    /// Whether something is said in it that has to be sealed.
    #[must_use]
    pub fn says(&self) -> bool {
        let with_summary = matches!(self, Self::Transfer { summary: Some(_), .. });
        self.message().is_some() || with_summary || matches!(self, Self::Open { .. })
    }
}
