//! What is sent.

use ::chat::conversation as talk;
use ::routing::floor as acd;

use crate::SiteId;

/// A conversation: the number in its name.
pub type ConversationId = u64;
/// A person, by their place in the list.
pub type PersonId = usize;

/// Where something is sent to or from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A person's browser.
    Person(PersonId),
    /// A site's services.
    Site(SiteId),
}

/// What travels between people and sites, and between sites. All of it may be lost, late, or come twice.
#[derive(Clone, Debug)]
pub enum Message {
    /// A browser's question.
    Ask {
        /// Whose.
        person: PersonId,
        /// For the answer.
        reference: u64,
        /// What.
        request: Request,
    },
    /// Its answer.
    Answer {
        /// Whose.
        site: SiteId,
        /// The question's.
        reference: u64,
        /// What became of it.
        result: Result<u64, Refusal>,
    },
    /// An event of a conversation that the browser watches.
    Happened {
        /// Who says so.
        site: SiteId,
        /// Which.
        conversation: ConversationId,
        /// What.
        event: talk::Event,
    },
    /// An agent's whole state.
    State {
        /// Who says so.
        site: SiteId,
        /// The state.
        view: Box<acd::AgentView>,
    },
    /// A command for the floor's owner.
    FloorAsk {
        /// Who passes it on.
        site: SiteId,
        /// For the answer.
        tag: u64,
        /// The command.
        command: acd::Command,
    },
    /// The owner's answer.
    FloorAnswer {
        /// The question's.
        tag: u64,
        /// What became of it.
        result: Result<u64, Refusal>,
    },
    /// "I am alive."
    Heartbeat {
        /// The floor's owner.
        owner: String,
        /// Its epoch.
        epoch: u64,
    },
}

/// What a browser asks.
#[derive(Clone, Debug)]
pub enum Request {
    /// A command on a conversation.
    Talk(ConversationId, talk::Command<talk::Body>),
    /// A command to the floor.
    Floor(acd::Command),
    /// Follow a conversation after a number.
    Watch(ConversationId, u64),
    /// Follow one's own state.
    Sign(acd::Id),
}

/// Why something was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody can promise it now; the same again may succeed.
    Unavailable,
    /// Never.
    Final,
}

/// A contact's id.
pub fn contact(conversation: ConversationId, round: u32) -> acd::Id {
    format!("{conversation}.{round}").into()
}

/// A contact's conversation and round.
pub fn parse_contact(contact: &str) -> Option<(ConversationId, u32)> {
    let (conversation, round) = contact.split_once('.')?;
    Some((conversation.parse().ok()?, round.parse().ok()?))
}
