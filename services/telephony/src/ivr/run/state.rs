//! What is known of a call in its flow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ivr::flow::{Language, NodeId, Variable};

/// Where a call is in its flow, and what was learnt of it. A few hundred bytes as JSON; goes into the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub(super) node: NodeId,
    pub(super) phase: Phase,
    pub(super) language: Language,
    pub(super) variables: BTreeMap<Variable, String>,
    pub(super) deadline: Option<u64>,
    pub(super) play: u32,
    pub(super) playing: bool,
    pub(super) ask: u32,
    pub(super) tries: u32,
    pub(super) digits: String,
    pub(super) ahead: String,
    pub(super) swallow: Option<(char, u64)>,
    pub(super) entered: u32,
    pub(super) queued: Option<Queued>,
}

/// What the call is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not started.
    New,
    /// Something is played, nothing is asked.
    Speaking,
    /// A menu.
    Listening,
    /// Digits are collected.
    Collecting,
    /// Are these digits right?
    Confirming,
    /// A question was asked of the center.
    Asking,
    /// In a queue.
    Waiting,
    /// Before a message.
    Greeting,
    /// A message is recorded.
    Recording,
    /// Somebody outside is dialled.
    Transferring,
    /// The last words.
    Closing,
    /// It is over.
    Ended,
}

/// A call's wait in a queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Queued {
    pub queue: String,
    pub since: u64,
    /// When something is announced next.
    pub announce_at: Option<u64>,
    /// Which comfort prompt is next.
    pub comfort: u32,
    pub offered: bool,
    /// Place and expected wait, as last heard.
    pub place: Option<(u32, Option<u64>)>,
    pub place_said: bool,
}

impl State {
    /// A call that has not started.
    #[must_use]
    pub fn new() -> Self {
        Self {
            node: NodeId::new(),
            phase: Phase::New,
            language: Language::Ja,
            variables: BTreeMap::new(),
            deadline: None,
            play: 0,
            playing: false,
            ask: 0,
            tries: 0,
            digits: String::new(),
            ahead: String::new(),
            swallow: None,
            entered: 0,
            queued: None,
        }
    }

    /// When [`Input::Timeout`](super::Input::Timeout) is due, in ms as given to [`step`](super::step). None before the start, after
    /// the end, and in a queue that announces nothing.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        self.deadline
    }

    /// The node where the call is; empty before the start.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// What it is doing there.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// What the caller hears.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// What was learnt, by variable.
    #[must_use]
    pub fn variables(&self) -> &BTreeMap<Variable, String> {
        &self.variables
    }

    /// The queue it waits in: also while it is asked for the number of a callback.
    #[must_use]
    pub fn queue(&self) -> Option<&str> {
        self.queued.as_ref().map(|queued| queued.queue.as_str())
    }

    /// The sound that is playing, by its number in [`Act::Play`](super::Act::Play).
    #[must_use]
    pub fn playing(&self) -> Option<u32> {
        self.playing.then_some(self.play)
    }

    /// The question that is open, by its number in [`Act::Ask`](super::Act::Ask) or [`Act::Transfer`](super::Act::Transfer).
    #[must_use]
    pub fn asked(&self) -> Option<u32> {
        match self.phase {
            Phase::Asking | Phase::Transferring => Some(self.ask),
            Phase::New
            | Phase::Speaking
            | Phase::Listening
            | Phase::Collecting
            | Phase::Confirming
            | Phase::Waiting
            | Phase::Greeting
            | Phase::Recording
            | Phase::Closing
            | Phase::Ended => None,
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}
