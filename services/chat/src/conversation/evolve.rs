//! What an event changes. Cannot fail.

use super::state::{Author, Passed, Posted};
use super::{Conversation, Event, MessageId, Party, PartyKind, Phase, What};

impl Conversation {
    /// Applies the next event.
    pub fn evolve(&mut self, event: &Event) {
        self.last_number = event.number;
        self.last_at = event.at;
        match &event.what {
            What::Opened { customer, queue, .. } => {
                self.customer.clone_from(customer);
                self.queue.clone_from(queue);
                self.round = 1;
                self.enter(Phase::Waiting);
            }
            What::MessagePosted { message, .. } => self.said(*message, &event.by),
            What::Delivered { up_to } => {
                let receipts = self.receipts.entry(Author::from(&event.by)).or_default();
                receipts.delivered = *up_to;
                receipts.delivered_in = event.number;
            }
            What::Read { up_to } => self.has_read(&event.by, *up_to),
            What::Assigned { agent, routing_sequence, .. } => {
                self.agent = Some(agent.clone());
                self.held_by.insert(agent.clone());
                self.routing_sequence = *routing_sequence;
                self.assigned_in = event.number;
                self.enter(Phase::Assigned);
            }
            What::Transferred { queue, to_agent, round } => {
                self.queue.clone_from(queue);
                self.wait(*round, to_agent.clone());
                let by = Author::from(&event.by);
                self.passed =
                    Some(Passed { by, queue: queue.clone(), to_agent: to_agent.clone(), number: event.number });
            }
            What::Closed { .. } => self.enter(Phase::Closed),
            What::Reopened { round } => self.wait(*round, None),
        }
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.changed_in = self.last_number;
    }

    fn wait(&mut self, round: u32, to_agent: Option<String>) {
        self.round = round;
        self.agent = None;
        self.to_agent = to_agent;
        self.enter(Phase::Waiting);
    }

    fn said(&mut self, message: MessageId, by: &Party) {
        let known = self.authors.iter().position(|author| author.is(by));
        let author = known.unwrap_or_else(|| {
            self.authors.push(Author::from(by));
            self.authors.len() - 1
        });
        let number = self.last_number;
        self.messages.insert(message, Posted { number, author });
        match by.kind {
            PartyKind::Customer => self.from_customer = number,
            PartyKind::Agent | PartyKind::System => self.from_center = number,
        }
    }

    fn has_read(&mut self, by: &Party, up_to: u64) {
        let number = self.last_number;
        let receipts = self.receipts.entry(Author::from(by)).or_default();
        receipts.read = up_to;
        receipts.read_in = number;
        if receipts.delivered < up_to {
            receipts.delivered = up_to;
            receipts.delivered_in = number;
        }
    }
}
