//! Customers and agents: they ask, send again what has no answer, go to another site when theirs is silent, and write down what
//! they were promised and what they saw.

use std::collections::{BTreeMap, BTreeSet};

use ::chat::conversation::{Action, Body, Command as TalkCommand, Event, Party, PartyKind, What};
use ::routing::floor::{Answer, Availability, Command as FloorCommand, Id};
use rand::{Rng as _, rngs::StdRng};

use crate::{
    Millis, SITES, SiteId,
    wire::{ConversationId, Message, PersonId, Refusal, Request, parse_contact},
};

/// A question without an answer is asked again after this.
const AGAIN: Millis = 1_000;
/// A site that says nothing for so long, while something is asked, is left.
const SILENCE: Millis = 2_500;

/// A message whose storing was promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// Where.
    pub conversation: ConversationId,
    /// The sender's id for it.
    pub message: u128,
    /// The number promised.
    pub number: u64,
}

/// What a person knows for certain.
#[derive(Debug, Default)]
pub struct Diary {
    /// Promised messages.
    pub acks: Vec<Ack>,
    /// Offers that this person was told they took.
    pub taken: Vec<(Id, u32)>,
    /// What they saw of each conversation, in order.
    pub seen: BTreeMap<ConversationId, Vec<Event>>,
}

/// A customer or an agent.
pub struct Person {
    id: PersonId,
    party: Party,
    at: SiteId,
    heard_at: Millis,
    questions: BTreeMap<u64, (Request, Millis)>,
    next_reference: u64,
    next_message: u128,
    next_act: Millis,
    own: Option<ConversationId>,
    holding: BTreeSet<ConversationId>,
    watched: BTreeSet<ConversationId>,
    answered: BTreeSet<(Id, u32)>,
    /// An offer that was left lying, and when it is taken all the same.
    late: Option<(Millis, Answer)>,
    ready: bool,
    /// What they know for certain.
    pub diary: Diary,
}

impl Person {
    /// A customer with a conversation.
    pub fn customer(id: PersonId, conversation: ConversationId) -> Self {
        Self::new(id, PartyKind::Customer, Some(conversation))
    }

    /// An agent.
    pub fn agent(id: PersonId) -> Self {
        Self::new(id, PartyKind::Agent, None)
    }

    fn new(id: PersonId, kind: PartyKind, own: Option<ConversationId>) -> Self {
        Self {
            id,
            party: Party { kind, id: format!("p{id}"), supervisor: false },
            at: id % SITES,
            heard_at: 0,
            questions: BTreeMap::new(),
            next_reference: 0,
            next_message: (id as u128) << 64,
            next_act: 0,
            own,
            holding: BTreeSet::new(),
            watched: BTreeSet::new(),
            answered: BTreeSet::new(),
            late: None,
            ready: false,
            diary: Diary::default(),
        }
    }

    /// Their id as an agent.
    pub fn agent_id(&self) -> Id {
        self.party.id.as_str().into()
    }

    /// Time passes; `quiet` people finish what they began. Returns what they send, and to which site.
    pub fn tick(&mut self, now: Millis, quiet: bool, random: &mut StdRng) -> Vec<(SiteId, Message)> {
        let mut out = Vec::new();
        if now == 0 {
            self.connect(now, &mut out);
        }
        if !self.questions.is_empty() && now.saturating_sub(self.heard_at) > SILENCE {
            self.at = (self.at + 1) % SITES;
            self.connect(now, &mut out);
        }
        let late: Vec<u64> = self
            .questions
            .iter()
            .filter(|(_, (_, sent))| now.saturating_sub(*sent) >= AGAIN)
            .map(|(reference, _)| *reference)
            .collect();
        for reference in late {
            self.send_again(reference, now, &mut out);
        }
        if let Some((_, answer)) = self.late.take_if(|(at, _)| *at <= now) {
            self.ask(Request::Floor(FloorCommand::Accept(answer)), now, &mut out);
        }
        if now >= self.next_act {
            self.next_act = now + random.random_range(100..2_500);
            self.act(now, quiet, random, &mut out);
        }
        out
    }

    /// A message came.
    pub fn receive(
        &mut self,
        message: Message,
        now: Millis,
        random: &mut StdRng,
        quiet: bool,
    ) -> Vec<(SiteId, Message)> {
        let mut out = Vec::new();
        match message {
            Message::Answer { site, reference, result } => {
                self.hear(site, now);
                self.answer(reference, result);
            }
            Message::Happened { site, conversation, event } => {
                self.hear(site, now);
                if site == self.at {
                    self.see(conversation, event, now, &mut out);
                }
            }
            Message::State { site, view } => {
                self.hear(site, now);
                if site == self.at {
                    self.ready = view.availability == Availability::Ready;
                    let holding = view.holding.iter().filter_map(|contact| parse_contact(contact));
                    self.holding = holding.map(|(conversation, _)| conversation).collect();
                    for offer in &view.offers {
                        self.offered(&offer.contact, offer.round, now, quiet, random, &mut out);
                    }
                    self.watch_held(now, &mut out);
                }
            }
            Message::Ask { .. }
            | Message::FloorAsk { .. }
            | Message::FloorAnswer { .. }
            | Message::Heartbeat { .. } => {}
        }
        out
    }

    /// Whether they saw all of what they watch.
    pub fn seen_everything(&self, conversations: &BTreeMap<ConversationId, Vec<Event>>) -> bool {
        let all = |conversation| conversations.get(conversation).map_or(0, Vec::len);
        self.watched.iter().all(|watched| self.diary.seen.get(watched).map_or(0, Vec::len) == all(watched))
    }

    fn hear(&mut self, site: SiteId, now: Millis) {
        if site == self.at {
            self.heard_at = now;
        }
    }

    fn connect(&mut self, now: Millis, out: &mut Vec<(SiteId, Message)>) {
        self.heard_at = now;
        self.questions.retain(|_, (request, _)| !matches!(request, Request::Watch(..) | Request::Sign(_)));
        if self.party.kind == PartyKind::Agent {
            let me = self.agent_id();
            self.ask(Request::Sign(me), now, out);
        }
        for conversation in self.watched.clone() {
            self.watch(conversation, now, out);
        }
        for reference in self.questions.keys().copied().collect::<Vec<_>>() {
            self.send_again(reference, now, out);
        }
    }

    fn ask(&mut self, request: Request, now: Millis, out: &mut Vec<(SiteId, Message)>) -> u64 {
        self.next_reference += 1;
        let reference = self.next_reference;
        self.questions.insert(reference, (request, now));
        self.send_again(reference, now, out);
        reference
    }

    fn send_again(&mut self, reference: u64, now: Millis, out: &mut Vec<(SiteId, Message)>) {
        let (id, at) = (self.id, self.at);
        if let Some((request, sent)) = self.questions.get_mut(&reference) {
            *sent = now;
            let ask = Message::Ask { person: id, reference, request: request.clone() };
            out.push((at, ask));
        }
    }

    fn watch(&mut self, conversation: ConversationId, now: Millis, out: &mut Vec<(SiteId, Message)>) {
        self.watched.insert(conversation);
        let last = self.diary.seen.get(&conversation).and_then(|seen| seen.last());
        let after = last.map_or(0, |event| event.number);
        let again = |request: &Request| matches!(request, Request::Watch(watched, _) if *watched == conversation);
        self.questions.retain(|_, (request, _)| !again(request));
        self.ask(Request::Watch(conversation, after), now, out);
    }

    fn watch_held(&mut self, now: Millis, out: &mut Vec<(SiteId, Message)>) {
        for conversation in self.holding.difference(&self.watched).copied().collect::<Vec<_>>() {
            self.watch(conversation, now, out);
        }
    }

    /// Live events may be lost on the way to a browser: it sees that by the number and asks for what it missed.
    fn see(&mut self, conversation: ConversationId, event: Event, now: Millis, out: &mut Vec<(SiteId, Message)>) {
        let seen = self.diary.seen.entry(conversation).or_default();
        let next = seen.last().map_or(0, |last| last.number) + 1;
        if event.number == next {
            seen.push(event);
        } else if event.number > next {
            self.watch(conversation, now, out);
        }
    }

    fn answer(&mut self, reference: u64, result: Result<u64, Refusal>) {
        if result == Err(Refusal::Unavailable) {
            return;
        }
        let Some((request, _)) = self.questions.remove(&reference) else {
            return;
        };
        match (request, result) {
            (Request::Talk(conversation, TalkCommand { action: Action::Post { message, .. }, .. }), Ok(number)) => {
                self.diary.acks.push(Ack { conversation, message, number })
            }
            (Request::Floor(FloorCommand::Accept(answer)), Ok(_)) => {
                self.diary.taken.push((answer.contact, answer.round))
            }
            (Request::Talk(..) | Request::Floor(_) | Request::Watch(..) | Request::Sign(_), _) => {}
        }
    }

    fn act(&mut self, now: Millis, quiet: bool, random: &mut StdRng, out: &mut Vec<(SiteId, Message)>) {
        match (self.party.kind, self.own) {
            (PartyKind::Customer, Some(conversation)) => self.act_as_customer(conversation, now, quiet, random, out),
            (PartyKind::Customer | PartyKind::Agent | PartyKind::System, _) => {
                self.act_as_agent(now, quiet, random, out)
            }
        }
    }

    fn act_as_customer(
        &mut self,
        conversation: ConversationId,
        now: Millis,
        quiet: bool,
        random: &mut StdRng,
        out: &mut Vec<(SiteId, Message)>,
    ) {
        if !self.watched.contains(&conversation) {
            let open = Action::Open {
                queue: "support".to_owned(),
                name: None,
                language: "ja".to_owned(),
                reason: String::new(),
                answers: None,
                segment: String::new(),
                channel: String::new(),
            };
            self.talk(conversation, open, now, out);
            self.watch(conversation, now, out);
            return;
        }
        if quiet {
            // What was lost at the very end shows in no later number.
            if self.questions.is_empty() {
                self.watch(conversation, now, out);
            }
            return;
        }
        if self.questions.len() > 3 {
            return;
        }
        if random.random_bool(0.07) {
            self.talk(conversation, Action::Close, now, out);
        } else {
            self.post(conversation, now, out);
        }
    }

    fn act_as_agent(&mut self, now: Millis, quiet: bool, random: &mut StdRng, out: &mut Vec<(SiteId, Message)>) {
        let idle = self.questions.is_empty();
        if !self.ready && idle && (quiet || random.random_bool(0.5)) {
            self.availability(Availability::Ready, now, out);
        }
        if idle && (quiet || random.random_bool(0.1)) {
            // A browser's connection loses nothing without breaking; this one may, so it asks anew now and then.
            let me = self.agent_id();
            self.ask(Request::Sign(me), now, out);
            for conversation in self.watched.clone() {
                self.watch(conversation, now, out);
            }
        }
        if quiet || !idle {
            return;
        }
        if self.ready && random.random_bool(0.06) {
            let leave = if random.random() { Availability::Away } else { Availability::Offline };
            self.availability(leave, now, out);
        }
        let held: Vec<ConversationId> = self.holding.iter().copied().collect();
        let Some(conversation) = held.get(random.random_range(0..held.len().max(1))).copied() else {
            return;
        };
        match random.random_range(0..20) {
            0 => self.talk(conversation, Action::Close, now, out),
            1 => {
                let to_agent = random.random_bool(0.5).then(|| format!("p{}", random.random_range(0..4)));
                self.talk(conversation, Action::Transfer { queue: None, to_agent, summary: None }, now, out);
            }
            _ => self.post(conversation, now, out),
        }
    }

    fn offered(
        &mut self,
        contact: &Id,
        round: u32,
        now: Millis,
        quiet: bool,
        random: &mut StdRng,
        out: &mut Vec<(SiteId, Message)>,
    ) {
        if !self.answered.insert((contact.clone(), round)) {
            return;
        }
        let answer = Answer { contact: contact.clone(), round, agent: self.agent_id() };
        match random.random_range(0..10) {
            0 if !quiet => self.late = Some((now + random.random_range(500..9_000), answer)),
            1 if !quiet => {
                self.ask(Request::Floor(FloorCommand::Decline(answer)), now, out);
            }
            _ => {
                self.ask(Request::Floor(FloorCommand::Accept(answer)), now, out);
            }
        }
    }

    fn availability(&mut self, availability: Availability, now: Millis, out: &mut Vec<(SiteId, Message)>) {
        let command = FloorCommand::SetAvailability { agent: self.agent_id(), availability, reason: "".into() };
        self.ask(Request::Floor(command), now, out);
    }

    fn post(&mut self, conversation: ConversationId, now: Millis, out: &mut Vec<(SiteId, Message)>) {
        self.next_message += 1;
        let post = Action::Post { message: self.next_message, text: Body::new(), form: None };
        self.talk(conversation, post, now, out);
    }

    fn talk(
        &mut self,
        conversation: ConversationId,
        action: Action<Body>,
        now: Millis,
        out: &mut Vec<(SiteId, Message)>,
    ) {
        let command = TalkCommand { by: self.party.clone(), action };
        self.ask(Request::Talk(conversation, command), now, out);
    }
}

/// The message's id, for messages.
pub fn message_id(event: &Event) -> Option<u128> {
    match &event.what {
        What::MessagePosted { message, .. } => Some(*message),
        What::Opened { .. }
        | What::Delivered { .. }
        | What::Read { .. }
        | What::Assigned { .. }
        | What::Transferred { .. }
        | What::Closed { .. }
        | What::Reopened { .. }
        | What::Noted { .. }
        | What::Wrapped { .. }
        | What::Joined { .. }
        | What::Left { .. }
        | What::Rated { .. }
        | What::FilePosted { .. }
        | What::CallbackAsked { .. }
        | What::CallbackCancelled => None,
    }
}
