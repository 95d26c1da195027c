//! What can be seen of a floor.

use super::{
    calendar::Calendar,
    event::{Offer, OfferWhy},
    overflow,
    slab::Ticket,
    state::{self, Agent, Contact, Floor},
    types::{AgentProfile, Availability, Channel, Id, Millis, Priorities, Queue, Reason},
};

/// An agent with what they hold and are offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentView {
    /// Who they are and what they can do.
    pub profile: AgentProfile,
    /// What they say.
    pub availability: Availability,
    /// Why; empty when none was given.
    pub reason: Id,
    /// When the availability last changed.
    pub since: Millis,
    /// When the work after a contact is over at the latest.
    pub after_work_until: Option<Millis>,
    /// Contacts they hold, the oldest first.
    pub holding: Vec<Id>,
    /// Offers open to them, the oldest contact first.
    pub offers: Vec<Offer>,
}

/// A contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactView {
    /// Its id.
    pub id: Id,
    /// Its queue.
    pub queue: Id,
    /// Added to the queue's.
    pub priority: u32,
    /// Its channel now.
    pub channel: Channel,
    /// The customer's segment; empty: none.
    pub segment: Id,
    /// Why the customer came; empty: not said.
    pub reason: Id,
    /// Who the customer is; empty: not said.
    pub customer: Id,
    /// The only agent who may have it.
    pub only_agent: Option<Id>,
    /// Kept for them until then at the longest.
    pub only_until: Option<Millis>,
    /// Not offered before.
    pub not_before: Option<Millis>,
    /// When its limits in this queue began to count.
    pub queued_at: Millis,
    /// Preferences given up; `u32::MAX`: anybody on the channel may have it.
    pub relaxed: u32,
    /// When it entered its queue.
    pub enqueued_at: Millis,
    /// Of its last offer; 0 before the first.
    pub round: u32,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a contact stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// In its queue.
    Waiting,
    /// Offered to this agent.
    Offered(Id),
    /// Held by this agent.
    Held(Id),
}

/// A floor in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    /// Contacts waiting.
    pub waiting: usize,
    /// Contacts offered.
    pub offered: usize,
    /// Contacts held.
    pub held: usize,
    /// Agents who are ready.
    pub ready: usize,
    /// When the longest waiting contact entered its queue.
    pub waiting_since: Option<Millis>,
}

/// A queue in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueFigures {
    /// Contacts waiting, without those who wait for the opening.
    pub waiting: usize,
    /// Contacts offered.
    pub offered: usize,
    /// Contacts held.
    pub held: usize,
    /// When the longest waiting contact began to.
    pub waiting_since: Option<Millis>,
    /// What somebody who came now would wait, ms.
    pub expected_wait_ms: Millis,
}

impl Floor {
    /// All queues in figures, in the order of [`Floor::queues`]. Walks over the floor.
    #[must_use]
    pub fn queue_figures(&self) -> Vec<QueueFigures> {
        let mut by_key = vec![QueueFigures::default(); self.queues.len()];
        for (_, contact) in self.contacts.iter() {
            let figures = &mut by_key[contact.queue as usize];
            match contact.stage {
                state::Stage::Waiting if contact.asleep.is_some() => {}
                state::Stage::Waiting => {
                    figures.waiting += 1;
                    let since = figures.waiting_since.unwrap_or(contact.queued_at);
                    figures.waiting_since = Some(since.min(contact.queued_at));
                }
                state::Stage::Offered { .. } => figures.offered += 1,
                state::Stage::Held { .. } => figures.held += 1,
            }
        }
        for (key, figures) in (0..).zip(&mut by_key) {
            figures.expected_wait_ms = if self.somebody_free_for(key) { 0 } else { self.expected_in(key) };
        }
        self.queue_keys.values().map(|key| by_key[*key as usize]).collect()
    }

    /// Who would be asked first if a contact came to the queue now, but for one agent: ready, with room and the skills. None when
    /// nobody is, or there is no such queue.
    #[must_use]
    pub fn free_for(&self, queue: &str, but: &str) -> Option<Id> {
        let class = self.queue(*self.queue_keys.get(queue)?).class;
        let names = self.classes[class as usize].free.iter().map(|(_, key)| &self.agents[*key as usize].id);
        names.into_iter().find(|id| id.as_ref() != but).cloned()
    }

    fn somebody_free_for(&self, queue: state::QueueKey) -> bool {
        let state = self.queue(queue);
        state.waiting == 0 && !self.classes[state.class as usize].free.is_empty()
    }

    /// When a closed queue opens; None while it is open or unknown.
    #[must_use]
    pub fn opens_at(&self, queue: &str, now: Millis) -> Option<Millis> {
        overflow::closed_until(self, *self.queue_keys.get(queue)?, now)
    }

    /// The calendars, by id.
    pub fn calendars(&self) -> impl Iterator<Item = &Calendar> {
        self.calendars.values()
    }

    /// Why agents are away, in the order shown.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Whose contacts come first.
    #[must_use]
    pub fn priorities(&self) -> &Priorities {
        &self.priorities
    }

    /// The time of the last event; 0 before the first.
    #[must_use]
    pub fn at(&self) -> Millis {
        self.at
    }

    /// How many contacts are on the floor, whatever their stage.
    #[must_use]
    pub fn contact_count(&self) -> usize {
        self.contacts.len()
    }

    /// An agent who was defined.
    #[must_use]
    pub fn agent(&self, id: &str) -> Option<AgentView> {
        let (_, agent) = self.agent_of(id)?;
        agent.defined.then(|| self.agent_view(agent))
    }

    /// All agents who were defined, in the order they first were.
    pub fn agents(&self) -> impl Iterator<Item = AgentView> {
        let defined = self.agents.iter().filter(|agent| agent.defined);
        defined.map(|agent| self.agent_view(agent))
    }

    /// A contact on the floor.
    #[must_use]
    pub fn contact(&self, id: &str) -> Option<ContactView> {
        self.contact_of(id).map(|(_, contact)| self.contact_view(contact))
    }

    /// Contacts in the order they are served, at most `limit`. Walks over the floor.
    #[must_use]
    pub fn contacts(&self, limit: usize) -> Vec<ContactView> {
        let mut orders: Vec<_> = self.contacts.iter().map(|(ticket, contact)| self.order(ticket, contact)).collect();
        orders.sort_unstable();
        let first = orders.iter().take(limit);
        first.filter_map(|order| self.contacts.get(order.ticket)).map(|contact| self.contact_view(contact)).collect()
    }

    /// All queues, by id.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queue_keys.values().map(|key| &self.queue(*key).rules)
    }

    /// The floor in figures. Walks over the floor.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let waiting_since = self
            .contacts
            .iter()
            .filter(|(_, contact)| contact.stage == state::Stage::Waiting && contact.asleep.is_none())
            .map(|(_, contact)| contact.queued_at)
            .min();
        Figures {
            waiting: self.contacts.len() - self.offered - self.held,
            offered: self.offered,
            held: self.held,
            ready: self.agents.iter().filter(|agent| agent.availability == Availability::Ready).count(),
            waiting_since,
        }
    }

    fn agent_view(&self, agent: &Agent) -> AgentView {
        let mut holding = Vec::new();
        let mut offers = Vec::new();
        for ticket in &agent.work {
            let Some(contact) = self.contacts.get(*ticket) else {
                continue;
            };
            match contact.stage {
                state::Stage::Offered { .. } => offers.extend(self.open_offer(*ticket)),
                state::Stage::Held { .. } => holding.push(contact.id.clone()),
                state::Stage::Waiting => {}
            }
        }
        AgentView {
            profile: agent.profile(),
            availability: agent.availability,
            reason: agent.reason.clone(),
            since: agent.since,
            after_work_until: agent.after_work_until,
            holding,
            offers,
        }
    }

    fn open_offer(&self, ticket: Ticket) -> Option<Offer> {
        let contact = self.contacts.get(ticket)?;
        let state::Stage::Offered { agent, expires_at } = contact.stage else {
            return None;
        };
        Some(Offer {
            contact: contact.id.clone(),
            round: contact.round,
            agent: self.agents[agent as usize].id.clone(),
            expires_at,
            queue: self.queue(contact.queue).rules.id.clone(),
            enqueued_at: contact.enqueued_at,
            channel: contact.channel,
            why: OfferWhy::Unsaid,
            candidates: 0,
        })
    }

    fn contact_view(&self, contact: &Contact) -> ContactView {
        let name = |key: u32| self.agents[key as usize].id.clone();
        ContactView {
            id: contact.id.clone(),
            queue: self.queue(contact.queue).rules.id.clone(),
            priority: contact.priority,
            channel: contact.channel,
            segment: contact.segment.clone(),
            reason: contact.reason.clone(),
            customer: contact.customer.clone(),
            only_agent: contact.only.map(name),
            only_until: contact.only_until,
            not_before: contact.asleep,
            queued_at: contact.queued_at,
            relaxed: contact.step,
            enqueued_at: contact.enqueued_at,
            round: contact.round,
            stage: match contact.stage {
                state::Stage::Waiting => Stage::Waiting,
                state::Stage::Offered { agent, .. } => Stage::Offered(name(agent)),
                state::Stage::Held { agent } => Stage::Held(name(agent)),
            },
        }
    }
}
