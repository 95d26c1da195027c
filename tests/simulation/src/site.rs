//! One site: both shells, the sagas between them, and whoever watches.

use std::collections::BTreeMap;

use ::chat::conversation::{Action, Command as TalkCommand, Event, Party, PartyKind, Wish};
use ::routing::floor::{self as acd, AgentView, ContactEnd, What};

use crate::{
    Millis, SiteId,
    chat::{self, Chat, Waiter},
    floor::{self, FloorShell, FloorUnit},
    journal::Entry,
    wire::{ConversationId, Message, PersonId, Place, Refusal, Request, contact, parse_contact},
};

/// How long a command passed on to the floor's owner may take.
const PASSED_ON: Millis = 1_000;
/// A step of a saga that nobody could promise is tried again after this.
const SAGA_AGAIN: Millis = 500;
/// Every so often, what a conversation wants of the floor is compared with what the floor holds.
const SWEEP: Millis = 2_000;

/// What a site wants done.
#[derive(Debug)]
pub enum Out {
    /// Send a message.
    Send(Place, Message),
    /// Append to the chat stream.
    Chat(chat::Append),
    /// Append to the floor's stream.
    Floor(floor::Append),
    /// Read a conversation after a sequence.
    Load(ConversationId, u64),
}

#[derive(Clone, Debug)]
enum Whom {
    Person { person: PersonId, reference: u64 },
    OtherSite { site: SiteId, tag: u64 },
    Assign(Assign),
    Nobody,
}

#[derive(Clone, Debug)]
struct Assign {
    conversation: ConversationId,
    round: u32,
    agent: String,
    sequence: u64,
}

/// The services of a site since their last start.
pub struct Site {
    id: SiteId,
    clock: Millis,
    chat: Chat,
    floor: FloorShell,
    /// Sequences up to which the streams are followed: chat, floor.
    pub positions: (u64, u64),
    log: BTreeMap<ConversationId, Vec<Event>>,
    watches: BTreeMap<(PersonId, ConversationId), u64>,
    signed: BTreeMap<PersonId, (acd::Id, Option<AgentView>)>,
    waiters: BTreeMap<u64, Whom>,
    passed_on: BTreeMap<u64, (Whom, Millis)>,
    again: Vec<(Millis, Assign)>,
    wishful: Vec<ConversationId>,
    next_waiter: u64,
    sweep_at: Millis,
}

impl Site {
    /// A site that starts for the `start`th time and knows nothing.
    pub fn new(id: SiteId, start: u64) -> Self {
        Self {
            id,
            clock: 0,
            chat: Chat::new(format!("site{id}.chat.{start}")),
            floor: FloorShell::new(format!("site{id}.routing.{start}")),
            positions: (0, 0),
            log: BTreeMap::new(),
            watches: BTreeMap::new(),
            signed: BTreeMap::new(),
            waiters: BTreeMap::new(),
            passed_on: BTreeMap::new(),
            again: Vec::new(),
            wishful: Vec::new(),
            next_waiter: 0,
            sweep_at: 0,
        }
    }

    /// This site's wall clock, which nobody should trust, before anything else is asked of it.
    pub fn set_clock(&mut self, clock: Millis) {
        self.clock = clock;
        self.chat.clock = clock;
    }

    /// The conversations here.
    pub fn chat(&self) -> &Chat {
        &self.chat
    }

    /// The floor here.
    pub fn floor(&self) -> &FloorShell {
        &self.floor
    }

    /// A message came.
    pub fn receive(&mut self, message: Message, now: Millis) -> Vec<Out> {
        match message {
            Message::Ask { person, reference, request } => self.asked(person, reference, request, now),
            Message::FloorAsk { site, tag, command } => {
                let waiter = self.waiter(Whom::OtherSite { site, tag });
                let effects = self.floor.submit(waiter, command, self.clock, now);
                self.floor_effects(effects, now)
            }
            Message::FloorAnswer { tag, result } => match self.passed_on.remove(&tag) {
                Some((whom, _)) => self.tell(whom, result, now),
                None => Vec::new(),
            },
            Message::Heartbeat { owner, epoch } => {
                self.floor.heard(&owner, epoch, now);
                Vec::new()
            }
            Message::Answer { .. } | Message::Happened { .. } | Message::State { .. } => Vec::new(),
        }
    }

    /// The journal's answer to an append of the chat stream.
    pub fn chat_appended(
        &mut self,
        conversation: ConversationId,
        id: &str,
        result: Result<u64, u64>,
        now: Millis,
    ) -> Vec<Out> {
        let effects = self.chat.appended(conversation, id, result, now);
        self.chat_effects(effects, now)
    }

    /// The journal's answer to an append of the floor's stream.
    pub fn floor_appended(&mut self, id: &str, result: Result<u64, u64>, now: Millis) -> Vec<Out> {
        let effects = self.floor.appended(id, result, self.clock, now);
        self.floor_effects(effects, now)
    }

    /// A conversation was read.
    pub fn loaded(&mut self, conversation: ConversationId, entries: &[Entry<Vec<Event>>], now: Millis) -> Vec<Out> {
        let effects = self.chat.loaded(conversation, entries, now);
        self.chat_effects(effects, now)
    }

    /// The next units of the chat stream.
    pub fn follow_chat(&mut self, entries: &[Entry<Vec<Event>>]) -> Vec<Out> {
        for entry in entries {
            self.chat.follow(entry);
            self.positions.0 = entry.sequence;
            self.log.entry(entry.subject).or_default().extend(entry.unit.iter().cloned());
        }
        let mut out = Vec::new();
        for ((person, conversation), sent) in &mut self.watches {
            let events = self.log.get(conversation).map_or(&[][..], Vec::as_slice);
            for event in events.iter().filter(|event| event.number > *sent) {
                out.push(happened(self.id, *person, *conversation, event));
            }
            *sent = events.last().map_or(*sent, |event| event.number.max(*sent));
        }
        out
    }

    /// The next units of the floor's stream.
    pub fn follow_floor(&mut self, entries: &[Entry<FloorUnit>], now: Millis) -> Vec<Out> {
        let mut out = Vec::new();
        for entry in entries {
            let effects = self.floor.follow(entry, now);
            out.extend(self.floor_effects(effects, now));
            self.positions.1 = entry.sequence;
            for event in &entry.unit.events {
                if let What::OfferAccepted(answer) = &event.what
                    && let Some((conversation, round)) = parse_contact(&answer.contact)
                {
                    let assign =
                        Assign { conversation, round, agent: answer.agent.to_string(), sequence: entry.sequence };
                    out.extend(self.assign(assign, now));
                }
            }
        }
        out.extend(self.show_states());
        out
    }

    /// Time passes.
    pub fn tick(&mut self, now: Millis, moving: bool) -> Vec<Out> {
        let effects = self.chat.tick(now);
        let mut out = self.chat_effects(effects, now);
        let effects = self.floor.tick(self.clock, now, moving);
        out.extend(self.floor_effects(effects, now));
        if let Some((owner, epoch)) = self.floor.beat(now) {
            let other = Place::Site(1 - self.id);
            out.push(Out::Send(other, Message::Heartbeat { owner, epoch }));
        }
        let late = self.passed_on.iter().filter(|(_, (_, until))| *until <= now);
        let late: Vec<u64> = late.map(|(tag, _)| *tag).collect();
        for tag in late {
            if let Some((whom, _)) = self.passed_on.remove(&tag) {
                out.extend(self.tell(whom, Err(Refusal::Unavailable), now));
            }
        }
        for (_, assign) in self.again.extract_if(.., |(at, _)| *at <= now).collect::<Vec<_>>() {
            out.extend(self.assign(assign, now));
        }
        if now >= self.sweep_at {
            self.sweep_at = now + SWEEP;
            self.wishful = self.chat.conversations().map(|(id, _)| id).collect();
        }
        for conversation in std::mem::take(&mut self.wishful) {
            out.extend(self.wish(conversation, now));
        }
        out
    }

    fn asked(&mut self, person: PersonId, reference: u64, request: Request, now: Millis) -> Vec<Out> {
        let whom = Whom::Person { person, reference };
        match request {
            Request::Talk(conversation, command) => {
                let waiter = self.waiter(whom);
                let effects = self.chat.submit(conversation, waiter, command, now);
                self.chat_effects(effects, now)
            }
            Request::Floor(command) => self.pass_on(whom, command, now),
            Request::Watch(conversation, after) => {
                let events = self.log.get(&conversation).map_or(&[][..], Vec::as_slice);
                let missing = events.iter().filter(|event| event.number > after);
                let mut out: Vec<Out> = missing.map(|event| happened(self.id, person, conversation, event)).collect();
                let sent = events.last().map_or(after, |event| event.number.max(after));
                self.watches.insert((person, conversation), sent);
                out.extend(self.tell(whom, Ok(0), now));
                out
            }
            Request::Sign(agent) => {
                self.signed.insert(person, (agent, None));
                let mut out = self.tell(whom, Ok(0), now);
                out.extend(self.show_states());
                out
            }
        }
    }

    fn show_states(&mut self) -> Vec<Out> {
        let mut out = Vec::new();
        for (person, (agent, shown)) in &mut self.signed {
            let view = self.floor.floor().agent(agent);
            if view.is_some() && *shown != view {
                shown.clone_from(&view);
                let message = view.map(|view| Message::State { site: self.id, view: Box::new(view) });
                out.extend(message.map(|message| Out::Send(Place::Person(*person), message)));
            }
        }
        out
    }

    fn assign(&mut self, assign: Assign, now: Millis) -> Vec<Out> {
        let command = TalkCommand {
            by: Party { kind: PartyKind::System, id: "routing".to_owned(), supervisor: false },
            action: Action::Assign {
                agent: assign.agent.clone(),
                round: assign.round,
                routing_sequence: assign.sequence,
            },
        };
        let conversation = assign.conversation;
        let waiter = self.waiter(Whom::Assign(assign));
        let effects = self.chat.submit(conversation, waiter, command, now);
        self.chat_effects(effects, now)
    }

    /// Asks the floor for what the conversation wants and the floor does not have.
    fn wish(&mut self, conversation: ConversationId, now: Millis) -> Vec<Out> {
        let wishes = self.chat.conversation(conversation).map(|state| state.wishes()).unwrap_or_default();
        let mut out = Vec::new();
        for wish in wishes {
            let command = match wish {
                Wish::Enqueue {
                    round, queue, only_agent, segment, customer, last_agent, callback, priority, ..
                } => acd::Command::Enqueue(acd::Enqueue {
                    contact: contact(conversation, round),
                    queue: queue.as_str().into(),
                    priority,
                    only_agent: only_agent.map(|agent| agent.as_str().into()),
                    preferred_agent: last_agent.map(|agent| agent.as_str().into()),
                    segment: segment.as_str().into(),
                    customer: customer.as_str().into(),
                    callback: callback.map(|due| acd::Due(due.0)),
                    ..acd::Enqueue::default()
                }),
                Wish::CallBack { round, at } => {
                    acd::Command::MakeCallback { contact: contact(conversation, round), at }
                }
                Wish::CallOff { round } => acd::Command::CancelCallback { contact: contact(conversation, round) },
                Wish::End { round, withdrawn } => acd::Command::EndContact {
                    contact: contact(conversation, round),
                    why: if withdrawn { ContactEnd::Withdrawn } else { ContactEnd::Completed },
                },
            };
            if self.wanted(&command) {
                out.extend(self.pass_on(Whom::Nobody, command, now));
            }
        }
        out
    }

    fn wanted(&self, command: &acd::Command) -> bool {
        let known = |contact: &str| self.floor.floor().contact(contact).is_some();
        match command {
            acd::Command::Enqueue(acd::Enqueue { contact, .. }) => !known(contact),
            acd::Command::EndContact { contact, .. } => known(contact),
            acd::Command::DefineQueue(_)
            | acd::Command::DefineAgent(_)
            | acd::Command::DefineSetting(_)
            | acd::Command::MakeCallback { .. }
            | acd::Command::CancelCallback { .. }
            | acd::Command::Undo { .. }
            | acd::Command::As { .. }
            | acd::Command::SetAvailability { .. }
            | acd::Command::Engage(_)
            | acd::Command::Accept(_)
            | acd::Command::Decline(_)
            | acd::Command::Tick => true,
        }
    }

    fn pass_on(&mut self, whom: Whom, command: acd::Command, now: Millis) -> Vec<Out> {
        if self.floor.mine() {
            let waiter = self.waiter(whom);
            let effects = self.floor.submit(waiter, command, self.clock, now);
            return self.floor_effects(effects, now);
        }
        let mine = format!("site{}.", self.id);
        if self.floor.owner().is_none_or(|owner| owner.starts_with(&mine)) {
            return self.tell(whom, Err(Refusal::Unavailable), now);
        }
        self.next_waiter += 1;
        let tag = self.next_waiter;
        self.passed_on.insert(tag, (whom, now + PASSED_ON));
        let message = Message::FloorAsk { site: self.id, tag, command };
        vec![Out::Send(Place::Site(1 - self.id), message)]
    }

    fn waiter(&mut self, whom: Whom) -> Waiter {
        self.next_waiter += 1;
        self.waiters.insert(self.next_waiter, whom);
        Waiter(self.next_waiter)
    }

    fn chat_effects(&mut self, effects: Vec<chat::Effect>, now: Millis) -> Vec<Out> {
        let mut out = Vec::new();
        for effect in effects {
            match effect {
                chat::Effect::Append(append) => out.push(Out::Chat(append)),
                chat::Effect::Done(conversation) => self.wishful.push(conversation),
                chat::Effect::Load(conversation, after) => out.push(Out::Load(conversation, after)),
                chat::Effect::Tell(waiter, result) => out.extend(self.told(waiter, result, now)),
            }
        }
        out
    }

    fn floor_effects(&mut self, effects: Vec<floor::Effect>, now: Millis) -> Vec<Out> {
        let mut out = Vec::new();
        for effect in effects {
            match effect {
                floor::Effect::Append(append) => out.push(Out::Floor(append)),
                floor::Effect::Tell(waiter, result) => out.extend(self.told(waiter, result, now)),
            }
        }
        out.extend(self.show_states());
        out
    }

    fn told(&mut self, waiter: Waiter, result: Result<u64, Refusal>, now: Millis) -> Vec<Out> {
        match self.waiters.remove(&waiter.0) {
            Some(whom) => self.tell(whom, result, now),
            None => Vec::new(),
        }
    }

    fn tell(&mut self, whom: Whom, result: Result<u64, Refusal>, now: Millis) -> Vec<Out> {
        match whom {
            Whom::Person { person, reference } => {
                let answer = Message::Answer { site: self.id, reference, result };
                vec![Out::Send(Place::Person(person), answer)]
            }
            Whom::OtherSite { site, tag } => vec![Out::Send(Place::Site(site), Message::FloorAnswer { tag, result })],
            Whom::Assign(assign) => {
                if result == Err(Refusal::Unavailable) {
                    self.again.push((now + SAGA_AGAIN, assign));
                }
                Vec::new()
            }
            Whom::Nobody => Vec::new(),
        }
    }
}

fn happened(site: SiteId, person: PersonId, conversation: ConversationId, event: &Event) -> Out {
    let message = Message::Happened { site, conversation, event: event.clone() };
    Out::Send(Place::Person(person), message)
}
