//! The message that a caller leaves.

use super::{Actor, Command, Stop};
use crate::{call::Message, gateway::now_ms, ids::LegId, media::Record, voicemail::SHORTEST_MS};

/// The first part of a recording that is a message. A gateway that takes over begins the message anew, in a part of its own.
const FIRST_PART: u32 = 1_000;

impl Actor<'_> {
    /// The caller speaks from here on.
    pub(super) async fn begin_message(&mut self, leg: LegId, mailbox: String) -> Result<(), Stop> {
        let part = FIRST_PART + self.call.moved;
        self.gateway.media.record(self.id, Record::Start { part, left: leg, first_chunk: 0 }).await;
        self.answers.insert("voicemail".to_owned(), mailbox.clone());
        let message = Message { mailbox, part, length_ms: 0 };
        self.message = Some((message.clone(), now_ms()));
        self.note(Command::LeaveMessage(message)).await
    }

    /// The message is over. Somebody is to hear it and call back, unless nothing was said.
    pub(super) async fn complete_message(&mut self) -> Result<(), Stop> {
        let Some((message, began)) = self.message.take() else { return Ok(()) };
        self.gateway.media.record(self.id, Record::Stop).await;
        let length_ms = now_ms().saturating_sub(began).max(1);
        self.note(Command::LeaveMessage(Message { length_ms, ..message })).await?;
        if length_ms >= SHORTEST_MS {
            self.keep_voicemail();
        }
        Ok(())
    }
}
