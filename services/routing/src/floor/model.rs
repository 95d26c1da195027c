//! The floor as plain lists, by the definitions: what the real one is tested against. It checks that every event is
//! lawful, and finds by comparing every pair who must be offered what.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    at: Millis,
    turns: u64,
    places: u64,
    pub(super) queues: BTreeMap<Id, Queue>,
    pub(super) agents: BTreeMap<Id, Worker>,
    pub(super) contacts: BTreeMap<Id, Piece>,
    pub(super) ended: BTreeMap<Id, Millis>,
    accepted: BTreeSet<(Id, u32)>,
    rules: Rules,
}

#[derive(Debug, Clone)]
pub(super) struct Worker {
    profile: AgentProfile,
    pub(super) ready: bool,
    /// When they were last seen to leave a channel.
    left: BTreeMap<Channel, Millis>,
    turn: u64,
}

impl Worker {
    fn there(&self, channel: Channel) -> bool {
        self.ready && self.profile.capacities[channel.index()].limit > 0
    }

    fn change(&mut self, at: Millis, change: impl FnOnce(&mut Worker)) {
        let before = self.clone();
        change(self);
        let left: Vec<_> = Channel::ALL.into_iter().filter(|it| before.there(*it) && !self.there(*it)).collect();
        self.left.extend(left.into_iter().map(|channel| (channel, at)));
    }
}

#[derive(Debug, Clone)]
pub(super) struct Piece {
    queue: Id,
    channel: Channel,
    priority: u32,
    segment: Id,
    only: Option<Id>,
    only_until: Option<Millis>,
    enqueued_at: Millis,
    queued_at: Millis,
    asleep: Option<Millis>,
    step: u32,
    place: u64,
    pub(super) round: u32,
    pub(super) stage: Stage,
    expires_at: Millis,
    pauses: BTreeMap<Id, Millis>,
}

impl Model {
    pub(super) fn new(rules: Rules) -> Model {
        Model { rules, ..Model::default() }
    }

    /// Everybody offered in this moment, as the real floor must offer: the first in order that anybody can have goes
    /// to the one of them longest without work, until nobody can have anything.
    pub(super) fn due_offers(&self, now: Millis) -> Vec<(Id, Id)> {
        let mut model = self.clone();
        let mut pairs = Vec::new();
        while let Some((contact, agent)) = model.best_pair(now) {
            model.turns += 1;
            model.agents.get_mut(&agent).unwrap().turn = model.turns;
            model.contacts.get_mut(&contact).unwrap().stage = Stage::Offered(agent.clone());
            pairs.push((contact, agent));
        }
        pairs.sort();
        pairs
    }

    fn best_pair(&self, now: Millis) -> Option<(Id, Id)> {
        let mut waiting: Vec<_> = self.contacts.iter().filter(|(_, c)| c.stage == Stage::Waiting).collect();
        waiting.sort_by_key(|(_, contact)| {
            let priority = contact.priority + self.queues[&contact.queue].priority;
            let credit = u64::from(priority) * self.rules.ageing_ms;
            (contact.enqueued_at as i64 - credit as i64, contact.place)
        });
        waiting.into_iter().find_map(|(id, contact)| {
            let able = self.agents.iter().filter(|(agent, _)| self.may_have(agent, contact, now));
            let (agent, _) = able.min_by_key(|(_, worker)| worker.turn)?;
            Some((id.clone(), agent.clone()))
        })
    }

    fn may_have(&self, agent: &Id, contact: &Piece, now: Millis) -> bool {
        let worker = &self.agents[agent];
        let named = contact.only.as_ref() == Some(agent);
        let paused = contact.pauses.get(agent).is_some_and(|until| *until > now);
        let suits = contact.only.is_none() && self.suits(&worker.profile, contact);
        let room = self.room(agent, contact.channel);
        worker.ready && room && !paused && contact.asleep.is_none() && (named || suits)
    }

    /// Skills and reservation, as far as the contact still asks for them.
    fn suits(&self, profile: &AgentProfile, contact: &Piece) -> bool {
        if contact.step == u32::MAX {
            return true;
        }
        let queue = &self.queues[&contact.queue];
        let has = |skill: &Id, least: u32| profile.skills.get(skill).is_some_and(|level| *level >= least);
        let steps: BTreeSet<u64> = queue.preferred.values().map(|it| it.relax_after_ms).collect();
        let given_up = steps.into_iter().take(contact.step as usize).max().unwrap_or(0);
        let wanted = queue.preferred.iter().filter(|(_, it)| it.relax_after_ms > given_up);
        let reserved = &profile.reserved_for;
        queue.skills.iter().all(|(skill, least)| has(skill, *least))
            && wanted.into_iter().all(|(skill, it)| has(skill, it.level))
            && (reserved.is_empty() || reserved.contains(&contact.segment))
    }

    fn room(&self, agent: &Id, channel: Channel) -> bool {
        let capacities = &self.agents[agent].profile.capacities;
        let of = |it: Channel| self.load(agent, it) as u32;
        let wanted = capacities[channel.index()];
        let blocking = |it: &Channel| of(*it) > 0 && wanted.interrupts & (1 << it.index()) == 0;
        let others: Vec<Channel> = Channel::ALL.into_iter().filter(blocking).collect();
        let calls = others.iter().any(|it| matches!(it, Channel::Voice | Channel::Callback));
        let weights: u32 = others.iter().map(|it| of(*it) * capacities[it.index()].weight).sum();
        of(channel) < wanted.limit && !calls && weights + wanted.weight <= 100
    }

    fn load(&self, agent: &Id, channel: Channel) -> usize {
        let with = |stage: &Stage| match stage {
            Stage::Waiting => false,
            Stage::Offered(by) | Stage::Held(by) => by == agent,
        };
        self.contacts.values().filter(|c| c.channel == channel && with(&c.stage)).count()
    }

    /// Applies an event after checking that it may happen now.
    pub(super) fn check(&mut self, event: &Event) {
        assert!(event.at >= self.at, "time ran back: {event:?}");
        self.at = event.at;
        let at = event.at;
        match &event.what {
            What::QueueDefined(queue) => {
                for piece in
                    self.contacts.values_mut().filter(|piece| piece.queue == queue.id && piece.step != u32::MAX)
                {
                    piece.step = 0;
                }
                self.queues.insert(queue.id.clone(), queue.clone());
            }
            What::AgentDefined(profile) => self.agent_defined(profile),
            What::AvailabilityChanged { agent, availability, .. } => self.availability(agent, *availability),
            What::ContactEnqueued(arrival) => self.enqueued(arrival),
            What::ContactChanged { contact, change } => self.changed(contact, change),
            What::SettingDefined(_) => {}
            What::ContactOffered(offer) => self.offered(offer),
            What::OfferAccepted(answer) => {
                assert_eq!(self.stage(answer), &Stage::Offered(answer.agent.clone()));
                let round = (answer.contact.clone(), answer.round);
                assert!(self.accepted.insert(round), "accepted twice: {answer:?}");
                self.piece(answer).stage = Stage::Held(answer.agent.clone());
            }
            What::OfferEnded { offer, why, not_before } => self.offer_ended(offer, *why, *not_before),
            What::ContactReleased { contact } => self.released(contact),
            What::ContactEnded { contact, .. } => {
                let gone = self.contacts.remove(contact).expect("only a contact on the floor ends");
                if let Stage::Held(agent) = gone.stage {
                    self.touch(&agent);
                }
                self.ended.insert(contact.clone(), at);
            }
        }
    }

    fn agent_defined(&mut self, profile: &AgentProfile) {
        let fresh = !self.agents.contains_key(&profile.id);
        self.turns += u64::from(fresh);
        let (at, turn) = (self.at, self.turns);
        self.agents
            .entry(profile.id.clone())
            .and_modify(|worker| worker.change(at, |worker| worker.profile = profile.clone()))
            .or_insert_with(|| Worker { profile: profile.clone(), ready: false, left: BTreeMap::new(), turn });
    }

    fn availability(&mut self, agent: &Id, availability: Availability) {
        let ready = availability == Availability::Ready;
        let at = self.at;
        let worker = self.agents.get_mut(agent).expect("a defined agent");
        let returns = ready && !worker.ready;
        worker.change(at, |worker| worker.ready = ready);
        if returns {
            self.touch(agent);
        }
    }

    fn enqueued(&mut self, arrival: &Arrival) {
        let contact = &arrival.contact;
        assert!(self.queues.contains_key(&arrival.queue));
        // Who dials is in a call, whatever else the queue takes.
        assert!([Channel::Voice, self.queues[&arrival.queue].channel].contains(&arrival.channel));
        if let Some(ended) = self.ended.get(contact) {
            assert!(self.at - ended > self.rules.ended_memory_ms, "a late repeat revived {contact}");
        }
        self.places += 1;
        let piece = Piece {
            queue: arrival.queue.clone(),
            channel: arrival.channel,
            priority: arrival.priority,
            segment: arrival.segment.clone(),
            only: arrival.only_agent.clone(),
            only_until: arrival.only_until,
            enqueued_at: self.at,
            queued_at: self.at,
            asleep: arrival.not_before,
            step: 0,
            place: self.places,
            round: 0,
            stage: Stage::Waiting,
            expires_at: 0,
            pauses: BTreeMap::new(),
        };
        assert!(self.contacts.insert(contact.clone(), piece).is_none(), "enqueued twice: {contact}");
        self.accepted.retain(|(id, _)| id != contact);
    }

    /// Only of what waits, and only when its time has come.
    fn changed(&mut self, contact: &Id, change: &ContactChange) {
        let (at, escalate) = (self.at, self.rules.escalate_after_ms);
        let piece = self.contacts.get_mut(contact).expect("only of a contact on the floor");
        assert_eq!(piece.stage, Stage::Waiting, "{change:?}");
        let queue = &self.queues[&piece.queue];
        let waited = at - piece.queued_at;
        let longest = if queue.max_wait_ms == 0 { escalate } else { queue.max_wait_ms };
        match change {
            ContactChange::Relaxed { step: u32::MAX } => {
                assert!(waited >= longest && queue.on_limit.is_none(), "escalated too early");
                piece.step = u32::MAX;
            }
            ContactChange::Relaxed { step } => {
                let steps: BTreeSet<u64> = queue.preferred.values().map(|it| it.relax_after_ms).collect();
                let due = steps.into_iter().filter(|after| *after <= waited).count();
                assert_eq!((*step as usize, piece.step < *step), (due, true), "relaxed at the wrong time");
                piece.step = *step;
            }
            ContactChange::Moved { queue: to, why, not_before } => {
                let rules = queue.overflow.iter().filter(|rule| rule.to_queue == *to);
                let after = rules.into_iter().any(|rule| rule.after_ms.is_some_and(|after| after <= waited));
                match why {
                    MoveWhy::After => assert!(after, "moved too early"),
                    MoveWhy::Limit => assert!(waited >= longest && queue.on_limit.as_ref() == Some(to)),
                    MoveWhy::Length | MoveWhy::Expected => assert_eq!(waited, 0),
                }
                piece.queue = to.clone();
                (piece.queued_at, piece.asleep, piece.step) = (at, *not_before, 0);
            }
            ContactChange::Woken => {
                assert!(piece.asleep.is_some_and(|until| until <= at), "woken too early");
                (piece.queued_at, piece.asleep) = (at, None);
            }
            ContactChange::Channel { channel, not_before } => {
                (piece.channel, piece.asleep) = (*channel, *not_before);
            }
        }
    }

    fn offered(&mut self, offer: &Offer) {
        let piece = &self.contacts[&offer.contact];
        assert_eq!(piece.stage, Stage::Waiting, "{offer:?}");
        let known = || self.agents.contains_key(&offer.agent) && piece.enqueued_at == self.at;
        let lawful = if offer.why == OfferWhy::Engaged { known() } else { self.may_have(&offer.agent, piece, self.at) };
        assert!(lawful, "{} may not have {piece:?}", offer.agent);
        assert_eq!(offer.round, piece.round + 1);
        assert_eq!((&offer.queue, offer.enqueued_at), (&piece.queue, piece.enqueued_at));
        let timeout = u64::from(self.queues[&piece.queue].offer_timeout_ms);
        assert_eq!(offer.expires_at, self.at + timeout);
        let piece = self.contacts.get_mut(&offer.contact).unwrap();
        piece.round = offer.round;
        piece.expires_at = offer.expires_at;
        piece.stage = Stage::Offered(offer.agent.clone());
        self.touch(&offer.agent);
    }

    fn offer_ended(&mut self, offer: &Answer, why: OfferEnd, not_before: Millis) {
        assert_eq!(self.stage(offer), &Stage::Offered(offer.agent.clone()));
        let (at, pause) = (self.at, self.rules.decline_pause_ms);
        let ready = self.agents[&offer.agent].ready;
        let piece = self.piece(offer);
        match why {
            OfferEnd::Declined => {
                assert_eq!(not_before, at + pause);
                piece.pauses.insert(offer.agent.clone(), not_before);
            }
            OfferEnd::TimedOut => assert!(!ready && piece.expires_at <= at, "{offer:?} was not over"),
            OfferEnd::AgentLeft => assert!(!ready, "{} is still there", offer.agent),
        }
        piece.stage = Stage::Waiting;
    }

    fn released(&mut self, contact: &Id) {
        let at = self.at;
        let piece = &self.contacts[contact];
        assert_eq!(piece.stage, Stage::Waiting);
        let only = piece.only.as_ref().expect("kept for somebody");
        let queue = &self.queues[&piece.queue];
        let longest = if queue.max_wait_ms == 0 { self.rules.escalate_after_ms } else { queue.max_wait_ms };
        let long = at >= piece.queued_at + longest || piece.only_until.is_some_and(|until| until <= at);
        let impatient = self.away_too_long(piece, at) || long;
        let declined = piece.pauses.get(only).is_some_and(|until| *until > at);
        assert!(impatient || declined, "{contact} was released too early");
        self.contacts.get_mut(contact).unwrap().only = None;
    }

    fn stage(&self, answer: &Answer) -> &Stage {
        let piece = &self.contacts[&answer.contact];
        assert_eq!(piece.round, answer.round, "{answer:?} is not the live round");
        &piece.stage
    }

    fn piece(&mut self, answer: &Answer) -> &mut Piece {
        self.contacts.get_mut(&answer.contact).unwrap()
    }

    fn touch(&mut self, agent: &Id) {
        self.turns += 1;
        self.agents.get_mut(agent).unwrap().turn = self.turns;
    }

    /// Offers that must not be open any more at `now`.
    pub(super) fn overdue(&self, now: Millis) -> usize {
        let offered = |piece: &&Piece| matches!(piece.stage, Stage::Offered(_));
        self.contacts.values().filter(offered).filter(|p| p.expires_at <= now).count()
    }

    /// Contacts kept at `now` for an agent who has not been there for too long.
    pub(super) fn forsaken(&self, now: Millis) -> usize {
        let forsaken =
            |piece: &&Piece| piece.asleep.is_none() && piece.stage == Stage::Waiting && self.away_too_long(piece, now);
        self.contacts.values().filter(forsaken).count()
    }

    /// The one it is kept for has not been there since it came, or since they left, for longer than it is patient.
    fn away_too_long(&self, piece: &Piece, now: Millis) -> bool {
        let Some(only) = &piece.only else {
            return false;
        };
        let worker = self.agents.get(only);
        let left = worker.and_then(|worker| worker.left.get(&piece.channel)).copied().unwrap_or(0);
        let there = worker.is_some_and(|worker| worker.there(piece.channel));
        !there && now >= left.max(piece.queued_at) + self.rules.only_agent_patience_ms
    }
}
