//! The chat service's shell at one site: one append in flight a conversation, what arrives meanwhile is decided together,
//! nobody hears yes before the acknowledgement.

use std::collections::{BTreeMap, VecDeque};

use ::chat::conversation::{Body, Command, Conversation, Event, Rejection, decide};

use crate::{
    Millis,
    journal::Entry,
    wire::{ConversationId, Refusal},
};

/// An append without an answer is sent again after this.
const AGAIN: Millis = 300;
/// Who waits for an append is told `unavailable` after this; the append itself goes on.
const PATIENCE: Millis = 2_000;

/// Whom to tell the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter(pub u64);

/// An append to send.
#[derive(Clone, Debug)]
pub struct Append {
    /// The subject.
    pub conversation: ConversationId,
    /// The message id.
    pub id: String,
    /// The subject's last sequence expected.
    pub expect: u64,
    /// What is appended.
    pub events: Vec<Event>,
}

/// What the shell wants done.
#[derive(Debug)]
pub enum Effect {
    /// Send this append.
    Append(Append),
    /// Read the subject after this sequence and call [`Chat::loaded`].
    Load(ConversationId, u64),
    /// A unit was stored: what the conversation wants of the floor may have changed.
    Done(ConversationId),
    /// Tell somebody the outcome.
    Tell(Waiter, Result<u64, Refusal>),
}

struct Flight {
    append: Append,
    waiters: Vec<(Waiter, Command<Body>)>,
    sent: Millis,
    since: Millis,
}

#[derive(Default)]
struct Writer {
    state: Conversation,
    /// Sequence of the last unit applied.
    position: u64,
    /// False after a conflict, until the subject was read again.
    loaded: bool,
    asked: Option<Millis>,
    waiting: VecDeque<(Waiter, Command<Body>, Millis)>,
    flight: Option<Flight>,
}

/// All conversations at one site.
#[derive(Default)]
pub struct Chat {
    name: String,
    /// The site's wall clock now.
    pub clock: Millis,
    writers: BTreeMap<ConversationId, Writer>,
    next_id: u64,
}

impl Chat {
    /// A shell that knows nothing; `name` is different for every start of every site.
    pub fn new(name: String) -> Self {
        Self { name, ..Self::default() }
    }

    /// A conversation as this site knows it.
    pub fn conversation(&self, conversation: ConversationId) -> Option<&Conversation> {
        self.writers.get(&conversation).map(|writer| &writer.state)
    }

    /// All conversations that this site knows.
    pub fn conversations(&self) -> impl Iterator<Item = (ConversationId, &Conversation)> {
        self.writers.iter().map(|(id, writer)| (*id, &writer.state))
    }

    /// A command.
    pub fn submit(
        &mut self,
        conversation: ConversationId,
        waiter: Waiter,
        command: Command<Body>,
        now: Millis,
    ) -> Vec<Effect> {
        let writer = self.writers.entry(conversation).or_default();
        writer.waiting.push_back((waiter, command, now));
        self.go_on(conversation, now)
    }

    /// The journal's answer to an append.
    pub fn appended(
        &mut self,
        conversation: ConversationId,
        id: &str,
        result: Result<u64, u64>,
        now: Millis,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(writer) = self.writers.get_mut(&conversation) else {
            return effects;
        };
        if writer.flight.as_ref().is_none_or(|flight| flight.append.id != id) {
            return effects;
        }
        let Some(flight) = writer.flight.take() else {
            return effects;
        };
        match result {
            Ok(sequence) => writer.carried_out(sequence, flight, &mut effects),
            Err(_) => {
                writer.loaded = false;
                writer.asked = None;
                for (waiter, command) in flight.waiters.into_iter().rev() {
                    writer.waiting.push_front((waiter, command, now));
                }
            }
        }
        effects.extend(self.go_on(conversation, now));
        effects
    }

    /// A unit of the stream, in the stream's order.
    pub fn follow(&mut self, entry: &Entry<Vec<Event>>) {
        let writer = self.writers.entry(entry.subject).or_default();
        writer.apply(entry.sequence, &entry.unit);
    }

    /// The subject was read up to its end.
    pub fn loaded(&mut self, conversation: ConversationId, entries: &[Entry<Vec<Event>>], now: Millis) -> Vec<Effect> {
        let writer = self.writers.entry(conversation).or_default();
        for entry in entries {
            writer.apply(entry.sequence, &entry.unit);
        }
        writer.loaded = true;
        self.go_on(conversation, now)
    }

    /// Time passes.
    pub fn tick(&mut self, now: Millis) -> Vec<Effect> {
        let mut effects = Vec::new();
        let busy = self.writers.iter().filter(|(_, writer)| writer.flight.is_some() || !writer.waiting.is_empty());
        let busy: Vec<ConversationId> = busy.map(|(id, _)| *id).collect();
        for conversation in busy {
            if let Some(writer) = self.writers.get_mut(&conversation) {
                writer.tick(now, &mut effects);
            }
            effects.extend(self.go_on(conversation, now));
        }
        effects
    }

    fn go_on(&mut self, conversation: ConversationId, now: Millis) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(writer) = self.writers.get_mut(&conversation) else {
            return effects;
        };
        if writer.flight.is_some() || writer.waiting.is_empty() {
            return effects;
        }
        if !writer.loaded {
            if writer.asked.is_none_or(|at| now - at >= AGAIN) {
                writer.asked = Some(now);
                effects.push(Effect::Load(conversation, writer.position));
            }
            return effects;
        }
        self.next_id += 1;
        let id = format!("{}-{}", self.name, self.next_id);
        writer.decide(conversation, id, (self.clock, now), &mut effects);
        effects
    }
}

impl Writer {
    fn apply(&mut self, sequence: u64, events: &[Event]) {
        if sequence > self.position {
            events.iter().for_each(|event| self.state.evolve(event));
            self.position = sequence;
        }
    }

    /// Decides on everything that waits, each on what the one before left.
    fn decide(
        &mut self,
        conversation: ConversationId,
        id: String,
        (clock, now): (Millis, Millis),
        effects: &mut Vec<Effect>,
    ) {
        let mut draft = self.state.clone();
        let mut events = Vec::new();
        let mut waiters = Vec::new();
        for (waiter, command, _) in std::mem::take(&mut self.waiting) {
            match decide(&draft, &command, clock) {
                Ok(decided) if decided.is_empty() && events.is_empty() => {
                    effects.push(Effect::Tell(waiter, Ok(draft.number_of(&command))));
                }
                Ok(decided) => {
                    decided.iter().for_each(|event| draft.evolve(event));
                    events.extend(decided);
                    waiters.push((waiter, command));
                }
                // What this site does not know yet may be known soon.
                Err(Rejection::FutureRound | Rejection::NoSuchConversation) => {
                    effects.push(Effect::Tell(waiter, Err(Refusal::Unavailable)));
                }
                Err(
                    Rejection::NotYourConversation
                    | Rejection::Forbidden
                    | Rejection::Closed
                    | Rejection::MessageIdTaken
                    | Rejection::OldRound
                    | Rejection::Full
                    | Rejection::NotClosed
                    | Rejection::NotWaiting
                    | Rejection::FilesFull
                    | Rejection::NoSuchForm
                    | Rejection::FormDone,
                ) => effects.push(Effect::Tell(waiter, Err(Refusal::Final))),
            }
        }
        if events.is_empty() {
            return;
        }
        let append = Append { conversation, id, expect: self.position, events };
        effects.push(Effect::Append(append.clone()));
        self.flight = Some(Flight { append, waiters, sent: now, since: now });
    }

    fn carried_out(&mut self, sequence: u64, flight: Flight, effects: &mut Vec<Effect>) {
        self.apply(sequence, &flight.append.events);
        effects.push(Effect::Done(flight.append.conversation));
        for (waiter, command) in flight.waiters {
            effects.push(Effect::Tell(waiter, Ok(self.state.number_of(&command))));
        }
    }

    fn tick(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if let Some(flight) = &mut self.flight {
            if now - flight.sent >= AGAIN {
                flight.sent = now;
                effects.push(Effect::Append(flight.append.clone()));
            }
            if now - flight.since >= PATIENCE {
                let waiters = std::mem::take(&mut flight.waiters);
                effects.extend(waiters.into_iter().map(|(waiter, _)| Effect::Tell(waiter, Err(Refusal::Unavailable))));
            }
        }
        while let Some((waiter, _, at)) = self.waiting.front()
            && now - at >= PATIENCE
        {
            effects.push(Effect::Tell(*waiter, Err(Refusal::Unavailable)));
            self.waiting.pop_front();
        }
    }
}
