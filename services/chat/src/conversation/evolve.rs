//! What an event changes. Cannot fail.

use super::state::{Author, Callback, Passed, Posted};
use super::{Conversation, Event, MessageId, Party, PartyKind, Phase, What};

impl Conversation {
    /// Applies the next event.
    pub fn evolve(&mut self, event: &Event) {
        self.last_number = event.number;
        self.last_at = event.at;
        match &event.what {
            What::Opened { customer, queue, reason, segment, .. } => {
                self.customer.clone_from(customer);
                self.queue.clone_from(queue);
                self.reason.clone_from(reason);
                self.segment.clone_from(segment);
                self.round = 1;
                self.enter(Phase::Waiting);
            }
            What::MessagePosted { message, form, .. } => {
                self.spoke(*message, &event.by);
                form.iter().for_each(|form| self.took_form(event.number, form));
            }
            What::FilePosted { message, bytes, .. } => {
                self.file_bytes += bytes;
                self.spoke(*message, &event.by);
            }
            What::Noted { message, mentions, .. } => {
                self.readers.extend(mentions.iter().cloned());
                self.wrote(*message, &event.by);
            }
            What::Wrapped { message, .. } | What::Rated { message, .. } => self.wrote(*message, &event.by),
            What::CallbackAsked { message, at, .. } => {
                self.callback = Callback::Asked(*at);
                self.promised = event.by.kind != PartyKind::Customer;
                self.wrote(*message, &event.by);
            }
            What::CallbackCancelled => {
                self.callback = Callback::Cancelled;
                self.cancelled_in = event.number;
            }
            What::Joined { agent } => {
                self.readers.insert(agent.clone());
                self.beside.insert(agent.clone(), (true, event.number));
            }
            What::Left { agent } => {
                self.beside.insert(agent.clone(), (false, event.number));
            }
            What::Delivered { up_to } => self.was_shown(&event.by, *up_to),
            What::Read { up_to } => self.has_read(&event.by, *up_to),
            What::Assigned { agent, round, routing_sequence } => self.assigned(agent, *round, *routing_sequence),
            What::Transferred { queue, to_agent, round } => {
                self.queue.clone_from(queue);
                self.wait(*round, to_agent.clone());
                let by = Author::from(&event.by);
                self.passed =
                    Some(Passed { by, queue: queue.clone(), to_agent: to_agent.clone(), number: event.number });
            }
            What::Closed { .. } => {
                self.callback = Callback::None;
                self.beside.values_mut().for_each(|(present, _)| *present = false);
                self.enter(Phase::Closed);
            }
            What::Reopened { round } => {
                self.wait(*round, None);
                self.returns = true;
            }
        }
    }

    fn assigned(&mut self, agent: &str, round: u32, routing_sequence: u64) {
        self.agent = Some(agent.to_owned());
        self.last_agent = Some(agent.to_owned());
        self.readers.insert(agent.to_owned());
        // Who takes a conversation begins a round of their own.
        self.round = round;
        self.sets_aside(agent);
        self.routing_sequence = routing_sequence;
        self.assigned_in = self.last_number;
        self.enter(Phase::Assigned);
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.changed_in = self.last_number;
    }

    fn wait(&mut self, round: u32, to_agent: Option<String>) {
        self.round = round;
        self.agent = None;
        self.to_agent = to_agent;
        self.callback = Callback::None;
        self.returns = false;
        self.promised = false;
        self.enter(Phase::Waiting);
    }

    /// Who holds it is not beside it.
    fn sets_aside(&mut self, agent: &str) {
        if let Some((present, _)) = self.beside.get_mut(agent) {
            *present = false;
        }
    }

    /// Something that the other side hears.
    fn spoke(&mut self, message: MessageId, by: &Party) {
        self.wrote(message, by);
        match by.kind {
            PartyKind::Customer => self.from_customer = self.last_number,
            PartyKind::Agent | PartyKind::System => self.from_center = self.last_number,
        }
    }

    fn wrote(&mut self, message: MessageId, by: &Party) {
        let known = self.authors.iter().position(|author| author.is(by));
        let author = known.unwrap_or_else(|| {
            self.authors.push(Author::from(by));
            self.authors.len() - 1
        });
        let number = self.last_number;
        self.messages.insert(message, Posted { number, author });
    }

    fn was_shown(&mut self, by: &Party, up_to: u64) {
        let number = self.last_number;
        let receipts = self.receipts.entry(Author::from(by)).or_default();
        receipts.delivered = up_to;
        receipts.delivered_in = number;
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
