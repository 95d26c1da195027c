//! What events make of a conversation's row.

use bytes::Bytes;
use uuid::Uuid;

use super::signed;
use crate::conversation::{Event, PartyKind, What};

/// `phase` as stored; the protobuf numbers.
pub(super) const WAITING: i16 = 1;
pub(super) const ASSIGNED: i16 = 2;
pub(super) const CLOSED: i16 = 3;

/// A row of `conversations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Row {
    pub customer_id: String,
    pub phase: i16,
    pub agent_id: Option<String>,
    pub queue: String,
    pub to_agent_id: Option<String>,
    pub round: i32,
    pub last_number: i64,
    pub last_at_ms: i64,
    pub changed_at_ms: i64,
    pub language: String,
    pub name_box: Option<Vec<u8>>,
    pub last_text_box: Option<Vec<u8>>,
    pub reader_id: Option<String>,
    pub read_up_to: i64,
    pub reason: String,
    pub wrap_code: String,
    /// One a line.
    pub tags: String,
    pub follow_up_at_ms: i64,
    pub rating: i16,
    /// One a line.
    pub participants: String,
}

/// A row of `messages`.
pub(super) struct MessageRow {
    pub conversation: Uuid,
    pub number: i64,
    pub message: Uuid,
    pub by_kind: i16,
    pub by_id: String,
    pub at_ms: i64,
    pub text: Bytes,
}

/// A kind of party as stored; the protobuf numbers.
pub(super) fn kind(kind: PartyKind) -> i16 {
    match kind {
        PartyKind::Customer => 1,
        PartyKind::Agent => 2,
        PartyKind::System => 3,
    }
}

/// A list as it is stored.
pub(super) fn lines(list: &str) -> impl Iterator<Item = &str> {
    list.split('\n').filter(|line| !line.is_empty())
}

impl Row {
    /// Applies an event; returns the message it holds, if it is one. An event that is in already changes nothing.
    pub(super) fn apply(&mut self, conversation: Uuid, event: Event) -> Option<MessageRow> {
        let number = signed(event.number);
        if number <= self.last_number {
            return None;
        }
        let at = signed(event.at);
        self.last_number = number;
        self.last_at_ms = at;
        match event.what {
            What::Opened { customer, queue, name, language, reason, answers: _, segment: _, channel: _ } => {
                self.customer_id = customer;
                self.queue = queue;
                self.name_box = name.map(|name| name.to_vec());
                self.language = language;
                self.reason = reason;
                self.wait(1, None, at);
            }
            What::MessagePosted { message, text, .. } | What::FilePosted { message, name: text, .. } => {
                self.last_text_box = Some(text.to_vec());
                let (message, by_kind, by_id) = (Uuid::from_u128(message), kind(event.by.kind), event.by.id);
                return Some(MessageRow { conversation, number, message, by_kind, by_id, at_ms: at, text });
            }
            What::Delivered { .. } | What::CallbackAsked { .. } | What::CallbackCancelled => {}
            What::Read { up_to } => {
                if event.by.kind == PartyKind::Agent && self.reader_id.as_ref() == Some(&event.by.id) {
                    self.read_up_to = signed(up_to);
                }
            }
            What::Assigned { agent, round, .. } => {
                self.round = i32::try_from(round).unwrap_or(i32::MAX);
                self.leaves(&agent);
                if self.reader_id.as_ref() != Some(&agent) {
                    self.read_up_to = 0;
                }
                self.reader_id = Some(agent.clone());
                self.agent_id = Some(agent);
                self.enter(ASSIGNED, at);
            }
            What::Transferred { queue, to_agent, round } => {
                self.queue = queue;
                self.wait(round, to_agent, at);
            }
            What::Closed { .. } => {
                self.participants.clear();
                self.enter(CLOSED, at);
            }
            What::Reopened { round } => self.wait(round, None, at),
            beside @ (What::Noted { .. }
            | What::Wrapped { .. }
            | What::Joined { .. }
            | What::Left { .. }
            | What::Rated { .. }) => self.apply_beside(beside),
        }
        None
    }

    fn apply_beside(&mut self, what: What) {
        match what {
            What::Wrapped { code, tags, follow_up_at, .. } => {
                self.wrap_code = code;
                self.tags = tags.join("\n");
                self.follow_up_at_ms = follow_up_at.map_or(0, signed);
            }
            What::Joined { agent } => {
                let there = lines(&self.participants).map(str::to_owned);
                self.participants = there.chain([agent]).collect::<Vec<_>>().join("\n");
            }
            What::Left { agent } => self.leaves(&agent),
            What::Rated { score, .. } => self.rating = i16::try_from(score).unwrap_or(0),
            What::Noted { .. }
            | What::Opened { .. }
            | What::MessagePosted { .. }
            | What::FilePosted { .. }
            | What::Delivered { .. }
            | What::Read { .. }
            | What::Assigned { .. }
            | What::Transferred { .. }
            | What::Closed { .. }
            | What::Reopened { .. }
            | What::CallbackAsked { .. }
            | What::CallbackCancelled => {}
        }
    }

    fn leaves(&mut self, agent: &str) {
        let rest: Vec<&str> = lines(&self.participants).filter(|other| *other != agent).collect();
        self.participants = rest.join("\n");
    }

    fn enter(&mut self, phase: i16, at: i64) {
        self.phase = phase;
        self.changed_at_ms = at;
    }

    fn wait(&mut self, round: u32, to_agent: Option<String>, at: i64) {
        self.round = i32::try_from(round).unwrap_or(i32::MAX);
        self.agent_id = None;
        self.to_agent_id = to_agent;
        self.enter(WAITING, at);
    }
}
