//! Keeps the ordered sets true while agents and contacts change.

use super::{
    slab::Ticket,
    state::{Agent, AgentKey, Class, ClassKey, Floor, Pause, QueueKey, Requirement, Stage},
    types::{Channel, Id, Millis},
};

impl Floor {
    /// Makes the agent known when nobody has named them before.
    pub(super) fn agent_key(&mut self, id: &Id) -> AgentKey {
        if let Some(key) = self.agent_keys.get(id) {
            return *key;
        }
        let key = self.agents.len() as AgentKey;
        let turn = self.take_turn();
        self.agents.push(Agent::stranger(id.clone(), turn));
        self.agent_keys.insert(id.clone(), key);
        self.place_agent_in_classes(key);
        key
    }

    pub(super) fn take_turn(&mut self) -> u64 {
        self.next_turn += 1;
        self.next_turn
    }

    /// Changes an agent with its entries among the free kept true.
    pub(super) fn change_agent(&mut self, key: AgentKey, change: impl FnOnce(&mut Agent)) {
        self.set_free(key, false);
        change(&mut self.agents[key as usize]);
        self.set_free(key, true);
    }

    fn set_free(&mut self, key: AgentKey, listed: bool) {
        let agent = &self.agents[key as usize];
        let free = Channel::ALL.map(|channel| agent.free(channel));
        if !free.contains(&true) {
            return;
        }
        let entry = (agent.turn, key);
        for class in &agent.classes {
            let class = &mut self.classes[*class as usize];
            if !free[class.requirement.channel.index()] {
                continue;
            }
            if listed {
                class.free.insert(entry);
            } else {
                class.free.remove(&entry);
            }
        }
    }

    /// Recomputes whose requirements an agent meets. The agent must not be listed as free.
    pub(super) fn place_agent_in_classes(&mut self, key: AgentKey) {
        let agent = &self.agents[key as usize];
        let classes = (0..)
            .zip(&self.classes)
            .filter(|(_, class)| agent.meets(&class.requirement))
            .map(|(class, _)| class)
            .collect();
        self.agents[key as usize].classes = classes;
    }

    pub(super) fn class_key(&mut self, requirement: Requirement) -> ClassKey {
        if let Some(key) = self.class_keys.get(&requirement) {
            return *key;
        }
        let key = self.classes.len() as ClassKey;
        let mut class =
            Class { requirement: requirement.clone(), waiting: Default::default(), free: Default::default() };
        for (agent_key, agent) in (0..).zip(&mut self.agents) {
            if agent.meets(&requirement) {
                agent.classes.push(key);
                if agent.free(requirement.channel) {
                    class.free.insert((agent.turn, agent_key));
                }
            }
        }
        self.classes.push(class);
        self.class_keys.insert(requirement, key);
        key
    }

    /// Lists a contact whose stage is waiting.
    pub(super) fn list_waiting(&mut self, ticket: Ticket) {
        let Some(contact) = self.contacts.get(ticket) else {
            return;
        };
        if contact.asleep.is_none() {
            let (order, queue) = (self.order(ticket, contact), contact.queue);
            match contact.only {
                Some(agent) => self.agents[agent as usize].reserved.insert(order),
                None => self.classes[contact.class as usize].waiting.insert(order),
            };
            self.queues[queue as usize].waiting += 1;
        }
        self.renew_limit(ticket);
    }

    /// The opposite of [`Floor::list_waiting`]; call it before the contact changes.
    pub(super) fn unlist_waiting(&mut self, ticket: Ticket) {
        let Some(contact) = self.contacts.get(ticket) else {
            return;
        };
        if contact.asleep.is_none() {
            let (order, queue) = (self.order(ticket, contact), contact.queue);
            match contact.only {
                Some(agent) => self.agents[agent as usize].reserved.remove(&order),
                None => self.classes[contact.class as usize].waiting.remove(&order),
            };
            self.queues[queue as usize].waiting -= 1;
        }
        self.set_limit(ticket, None);
    }

    pub(super) fn waits(&self, ticket: Ticket) -> bool {
        self.contacts.get(ticket).is_some_and(|contact| contact.stage == Stage::Waiting)
    }

    /// Call it before the contact is listed: the pace of a queue begins with the first who waits there.
    pub(super) fn begins_to_wait(&mut self, ticket: Ticket, at: Millis) {
        if let Some(contact) = self.contacts.get(ticket) {
            let queue = &mut self.queues[contact.queue as usize];
            if queue.waiting == 0 {
                queue.pace.begins(at);
            }
        }
    }

    /// Says anew when a waiting contact reaches its next limit.
    fn renew_limit(&mut self, ticket: Ticket) {
        if let Some(contact) = self.contacts.get(ticket) {
            let limit = self.next_limit(contact);
            self.set_limit(ticket, limit);
        }
    }

    pub(super) fn renew_limits_for(&mut self, agent: AgentKey) {
        let reserved: Vec<Ticket> = self.agents[agent as usize].reserved.iter().map(|order| order.ticket).collect();
        for ticket in reserved {
            self.renew_limit(ticket);
        }
    }

    fn set_limit(&mut self, ticket: Ticket, limit: Option<Millis>) {
        let Some(contact) = self.contacts.get_mut(ticket) else {
            return;
        };
        if contact.limit == limit {
            return;
        }
        if let Some(before) = contact.limit {
            self.limits_due.remove(&(before, ticket));
        }
        contact.limit = limit;
        self.limits_due.extend(limit.map(|limit| (limit, ticket)));
    }

    /// A callback that nobody has taken yet, of a customer whom we know.
    pub(super) fn note_callback(&mut self, ticket: Ticket) {
        if let Some(contact) = self.contacts.get(ticket)
            && contact.channel == Channel::Callback
            && !contact.customer.is_empty()
        {
            self.callbacks.entry(contact.customer.clone()).or_default().insert(ticket);
        }
    }

    pub(super) fn forget_callback(&mut self, ticket: Ticket) {
        if let Some(contact) = self.contacts.get(ticket)
            && contact.channel == Channel::Callback
            && let Some(tickets) = self.callbacks.get_mut(&contact.customer)
        {
            tickets.remove(&ticket);
            if tickets.is_empty() {
                self.callbacks.remove(&contact.customer);
            }
        }
    }

    pub(super) fn pause(&mut self, ticket: Ticket, pause: Pause) {
        let Some(contact) = self.contacts.get_mut(ticket) else {
            return;
        };
        contact.pauses.retain(|old| {
            let replaced = old.agent == pause.agent;
            if replaced {
                self.pauses_due.remove(&(old.until, ticket, old.agent));
            }
            !replaced
        });
        contact.pauses.push(pause);
        self.pauses_due.insert((pause.until, ticket, pause.agent));
    }

    pub(super) fn forget_pauses(&mut self, ticket: Ticket) {
        let Some(contact) = self.contacts.get_mut(ticket) else {
            return;
        };
        for pause in contact.pauses.drain(..) {
            self.pauses_due.remove(&(pause.until, ticket, pause.agent));
        }
    }

    /// Moves a contact to a stage, with every index that depends on it.
    pub(super) fn set_stage(&mut self, ticket: Ticket, stage: Stage) {
        self.leave_stage(ticket);
        if let Some(contact) = self.contacts.get_mut(ticket) {
            contact.stage = stage;
        }
        self.enter_stage(ticket);
    }

    pub(super) fn leave_stage(&mut self, ticket: Ticket) {
        match self.contacts.get(ticket).map(|contact| contact.stage) {
            None => {}
            Some(Stage::Waiting) => self.unlist_waiting(ticket),
            Some(Stage::Offered { expires_at, .. }) => {
                self.offers_due.remove(&(expires_at, ticket));
                self.offered -= 1;
            }
            Some(Stage::Held { .. }) => self.held -= 1,
        }
    }

    pub(super) fn enter_stage(&mut self, ticket: Ticket) {
        match self.contacts.get(ticket).map(|contact| contact.stage) {
            None => {}
            Some(Stage::Waiting) => self.list_waiting(ticket),
            Some(Stage::Offered { expires_at, .. }) => {
                self.offers_due.insert((expires_at, ticket));
                self.offered += 1;
            }
            Some(Stage::Held { .. }) => self.held += 1,
        }
    }

    /// The contacts of a queue: a walk over the floor, for the rare change of its rules.
    pub(super) fn contacts_of(&self, queue: QueueKey) -> Vec<Ticket> {
        let contacts = self.contacts.iter().filter(|(_, contact)| contact.queue == queue);
        contacts.map(|(ticket, _)| ticket).collect()
    }

    /// Adds or takes a contact to or from an agent's work; a `turn` puts the agent behind all others.
    pub(super) fn load(&mut self, key: AgentKey, ticket: Ticket, added: bool, turn: Option<u64>) {
        let Some(contact) = self.contacts.get(ticket) else {
            return;
        };
        let channel = contact.channel.index();
        self.change_agent(key, |agent| {
            if added {
                agent.work.insert(ticket);
                agent.load[channel] += 1;
            } else {
                agent.work.remove(&ticket);
                agent.load[channel] -= 1;
            }
            agent.turn = turn.unwrap_or(agent.turn);
        });
    }
}
