//! What happened in a conversation, in the past tense and for good.

use super::{Body, FileId, Form, MessageId, Millis, Party, PartyKind};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// 1, 2, 3 … without holes.
    pub number: u64,
    /// When it was decided; never before the event in front of it.
    pub at: Millis,
    /// Who did it.
    pub by: Party,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It began.
    Opened {
        /// Whose matter it is.
        customer: String,
        /// The queue it enters.
        queue: String,
        /// Sealed display name, when one was given.
        name: Option<Body>,
        /// BCP 47 tag.
        language: String,
        /// Code of the chosen reason; empty when none was chosen.
        reason: String,
        /// Sealed answers to what was asked before, when anything was.
        answers: Option<Body>,
        /// The customer's segment as the center knew it then; empty: none.
        segment: String,
        /// `voice` for a telephone call; empty: text.
        channel: String,
    },
    /// A party said something.
    MessagePosted {
        /// The sender's id for it.
        message: MessageId,
        /// The sealed text; a form's fields as a JSON object.
        text: Body,
        /// It is a form.
        form: Option<Form>,
    },
    /// A party's device shows everything up to a number.
    Delivered {
        /// That number.
        up_to: u64,
    },
    /// A party has read everything up to a number.
    Read {
        /// That number.
        up_to: u64,
    },
    /// An agent took it.
    Assigned {
        /// The agent.
        agent: String,
        /// The round of the routing contact.
        round: u32,
        /// Sequence of the routing message that says so.
        routing_sequence: u64,
    },
    /// It was passed on and waits again.
    Transferred {
        /// The queue it waits in.
        queue: String,
        /// The agent who shall have it; anybody when unset.
        to_agent: Option<String>,
        /// The new round.
        round: u32,
    },
    /// It ended.
    Closed {
        /// Why.
        reason: CloseReason,
    },
    /// It goes on and waits again.
    Reopened {
        /// The new round.
        round: u32,
    },
    /// An agent wrote something that customers never see.
    Noted {
        /// The writer's id for it.
        message: MessageId,
        /// The sealed text.
        text: Body,
        /// Agents it calls.
        mentions: Vec<String>,
        /// Said to the holder while they serve the customer.
        whisper: bool,
        /// Asks those it calls before the conversation is handed over.
        consult: bool,
    },
    /// An agent said what it was about.
    Wrapped {
        /// The writer's id for it.
        message: MessageId,
        /// The code; empty for none.
        code: String,
        /// Words to find it by.
        tags: Vec<String>,
        /// Sealed, when something was written down.
        summary: Option<Body>,
        /// When somebody shall come back to it.
        follow_up_at: Option<Millis>,
    },
    /// An agent takes part beside the holder.
    Joined {
        /// The agent.
        agent: String,
    },
    /// An agent takes part no longer.
    Left {
        /// The agent.
        agent: String,
    },
    /// The customer said how it was.
    Rated {
        /// The customer's id for it.
        message: MessageId,
        /// 1 to 5.
        score: u32,
        /// Sealed, when there are words.
        comment: Option<Body>,
    },
    /// A party sent a file.
    FilePosted {
        /// The sender's id for the message.
        message: MessageId,
        /// The file.
        file: FileId,
        /// Its sealed name.
        name: Body,
        /// What it is.
        media_type: String,
        /// Its length.
        bytes: u64,
    },
    /// Somebody who waits is to be called back.
    CallbackAsked {
        /// The sender's id for it.
        message: MessageId,
        /// The sealed telephone number.
        phone: Body,
        /// Not before; at its turn when unset.
        at: Option<Millis>,
    },
    /// They are not called back any more.
    CallbackCancelled,
}

impl What {
    /// Which kind it is.
    #[must_use]
    pub fn sort(&self) -> Sort {
        match self {
            Self::Opened { .. } => Sort::Opened,
            Self::MessagePosted { .. } => Sort::MessagePosted,
            Self::Delivered { .. } => Sort::Delivered,
            Self::Read { .. } => Sort::Read,
            Self::Assigned { .. } => Sort::Assigned,
            Self::Transferred { .. } => Sort::Transferred,
            Self::Closed { .. } => Sort::Closed,
            Self::Reopened { .. } => Sort::Reopened,
            Self::Noted { .. } => Sort::Noted,
            Self::Wrapped { .. } => Sort::Wrapped,
            Self::Joined { .. } => Sort::Joined,
            Self::Left { .. } => Sort::Left,
            Self::Rated { .. } => Sort::Rated,
            Self::FilePosted { .. } => Sort::FilePosted,
            Self::CallbackAsked { .. } => Sort::CallbackAsked,
            Self::CallbackCancelled => Sort::CallbackCancelled,
        }
    }
}

/// A kind of event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// [`What::Opened`].
    Opened,
    /// [`What::MessagePosted`].
    MessagePosted,
    /// [`What::Delivered`].
    Delivered,
    /// [`What::Read`].
    Read,
    /// [`What::Assigned`].
    Assigned,
    /// [`What::Transferred`].
    Transferred,
    /// [`What::Closed`].
    Closed,
    /// [`What::Reopened`].
    Reopened,
    /// [`What::Noted`].
    Noted,
    /// [`What::Wrapped`].
    Wrapped,
    /// [`What::Joined`].
    Joined,
    /// [`What::Left`].
    Left,
    /// [`What::Rated`].
    Rated,
    /// [`What::FilePosted`].
    FilePosted,
    /// [`What::CallbackAsked`].
    CallbackAsked,
    /// [`What::CallbackCancelled`].
    CallbackCancelled,
}

impl Sort {
    /// Whether readers of this kind see what it says; others only learn that something has its number.
    #[must_use]
    pub fn shown_to(self, reader: PartyKind) -> bool {
        match self {
            Self::Noted | Self::Wrapped => reader != PartyKind::Customer,
            Self::Opened
            | Self::MessagePosted
            | Self::Delivered
            | Self::Read
            | Self::Assigned
            | Self::Transferred
            | Self::Closed
            | Self::Reopened
            | Self::Joined
            | Self::Left
            | Self::Rated
            | Self::FilePosted
            | Self::CallbackAsked
            | Self::CallbackCancelled => true,
        }
    }
}

/// Why a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// An agent, or the center, resolved it.
    Resolved,
    /// The customer left.
    CustomerLeft,
    /// They waited to be called back, and were served in another conversation.
    ServedElsewhere,
}
