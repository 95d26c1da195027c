//! What can be seen of a floor.

use super::{
    event::Offer,
    slab::Ticket,
    state::{self, Agent, Contact, Floor},
    types::{AgentProfile, Availability, Id, Millis, Queue},
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
    /// The only agent who may have it.
    pub only_agent: Option<Id>,
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

impl Floor {
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
            .filter(|(_, contact)| contact.stage == state::Stage::Waiting)
            .map(|(_, contact)| contact.enqueued_at)
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
        })
    }

    fn contact_view(&self, contact: &Contact) -> ContactView {
        let name = |key: u32| self.agents[key as usize].id.clone();
        ContactView {
            id: contact.id.clone(),
            queue: self.queue(contact.queue).rules.id.clone(),
            priority: contact.priority,
            only_agent: contact.only.map(name),
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
