//! What a contact asks of an agent, step by step less; and the next limit that it reaches.

use super::{
    define,
    event::{ContactChange, MoveWhy, What},
    overflow,
    slab::Ticket,
    state::{ClassKey, Contact, ESCALATED, Floor, QueueKey, Requirement, Whose},
    types::{Channel, Id, Millis, Queue, Skills},
};

/// When a queue's preferences are given up, each time once, the first first.
pub(super) fn steps(queue: &Queue) -> Vec<u64> {
    let mut steps: Vec<u64> = queue.preferred.values().map(|preference| preference.relax_after_ms).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The skills asked for after `step` times something was given up.
pub(super) fn skills(queue: &Queue, step: u32) -> Skills {
    if step == ESCALATED {
        return Skills::new();
    }
    let mut skills = queue.skills.clone();
    let given_up = (step as usize).checked_sub(1).and_then(|last| steps(queue).get(last).copied()).unwrap_or(0);
    for (name, preference) in &queue.preferred {
        if step == 0 || preference.relax_after_ms > given_up {
            let level = skills.entry(name.clone()).or_insert(preference.level);
            *level = preference.level.max(*level);
        }
    }
    skills
}

impl Floor {
    pub(super) fn requirement(&self, queue: &Queue, channel: Channel, segment: &Id, step: u32) -> Requirement {
        let whose = match step {
            ESCALATED => Whose::Anybody,
            _ if self.reserved.contains(segment) => Whose::Segment(segment.clone()),
            _ => Whose::Unreserved,
        };
        Requirement { channel, skills: skills(queue, step), whose }
    }

    pub(super) fn class_for(&mut self, queue: QueueKey, channel: Channel, segment: &Id, step: u32) -> ClassKey {
        let state = self.queue(queue);
        let usual = step == 0 && channel == state.rules.channel && !self.reserved.contains(segment);
        if usual {
            return state.class;
        }
        let requirement = self.requirement(&state.rules, channel, segment, step);
        self.class_key(requirement)
    }

    /// What a contact asks for, made anew; it must not be listed.
    pub(super) fn ask_anew(&mut self, ticket: Ticket) {
        let Some(contact) = self.contacts.get(ticket) else {
            return;
        };
        let (queue, channel, segment, step) = (contact.queue, contact.channel, contact.segment.clone(), contact.step);
        let class = self.class_for(queue, channel, &segment, step);
        if let Some(contact) = self.contacts.get_mut(ticket) {
            contact.class = class;
        }
    }

    /// Changes a contact with its entries among the waiting kept true, and what it asks for made anew.
    pub(super) fn change_contact(&mut self, ticket: Ticket, change: impl FnOnce(&mut Contact)) {
        let waits = self.waits(ticket);
        if waits {
            self.unlist_waiting(ticket);
        }
        if let Some(contact) = self.contacts.get_mut(ticket) {
            change(contact);
        }
        self.ask_anew(ticket);
        if waits {
            self.list_waiting(ticket);
        }
    }

    /// The segments told apart are those that agents are reserved for now. When they change, contacts are placed anew: true.
    pub(super) fn renew_reserved(&mut self) -> bool {
        let all = self.agents.iter().flat_map(|agent| agent.reserved_for.iter().cloned());
        let reserved = all.collect();
        if self.reserved == reserved {
            return false;
        }
        self.reserved = reserved;
        let named = |contact: &Contact| !contact.segment.is_empty();
        let tickets: Vec<Ticket> =
            self.contacts.iter().filter(|(_, contact)| named(contact)).map(|(ticket, _)| ticket).collect();
        for ticket in tickets {
            self.change_contact(ticket, |_| {});
        }
        true
    }

    /// When a waiting contact reaches its next limit.
    pub(super) fn next_limit(&self, contact: &Contact) -> Option<Millis> {
        if contact.asleep.is_some() {
            return contact.asleep;
        }
        let queue = &self.queue(contact.queue).rules;
        let escalate = contact.queued_at.saturating_add(self.longest_wait(queue));
        if contact.only.is_some() {
            return [Some(escalate), contact.only_until, self.patience_of(contact)].into_iter().flatten().min();
        }
        let after = |ms: u64| contact.queued_at.saturating_add(ms);
        let relax = self.queue(contact.queue).steps.get(contact.step as usize).map(|ms| after(*ms));
        let overflow = queue.overflow.iter().filter_map(|rule| rule.after_ms).min().map(after);
        let last = (contact.step != ESCALATED || queue.on_limit.is_some()).then_some(escalate);
        [relax, overflow, last].into_iter().flatten().min()
    }

    fn longest_wait(&self, queue: &Queue) -> u64 {
        if queue.max_wait_ms == 0 { self.rules.escalate_after_ms } else { queue.max_wait_ms }
    }

    fn patience_of(&self, contact: &Contact) -> Option<Millis> {
        let agent = &self.agents[contact.only? as usize];
        let absent_since = contact.queued_at.max(agent.left_at[contact.channel.index()]);
        (!agent.attends(contact.channel)).then(|| absent_since.saturating_add(self.rules.only_agent_patience_ms))
    }

    /// What happens to a contact whose limit is reached at `now`: one thing, the first that is due.
    pub(super) fn limit_reached(&self, ticket: Ticket, now: Millis) -> Option<What> {
        let contact = self.contacts.get(ticket)?;
        let id = contact.id.clone();
        let changed = |change| Some(What::ContactChanged { contact: id.clone(), change });
        if contact.asleep.is_some() {
            return changed(ContactChange::Woken);
        }
        if contact.only.is_some() {
            return Some(What::ContactReleased { contact: id });
        }
        let state = self.queue(contact.queue);
        let waited = now.saturating_sub(contact.queued_at);
        let due = state.rules.overflow.iter().find(|rule| rule.after_ms.is_some_and(|after| after <= waited));
        if let Some(rule) = due {
            return changed(overflow::moved(self, &rule.to_queue, MoveWhy::After, now));
        }
        if waited >= self.longest_wait(&state.rules) {
            let channel = state.rules.channel;
            if contact.channel != channel && !define::somebody_calls_back(self) {
                return changed(ContactChange::Channel { channel, not_before: None });
            }
            return changed(match &state.rules.on_limit {
                Some(to) => overflow::moved(self, to, MoveWhy::Limit, now),
                None => ContactChange::Relaxed { step: ESCALATED },
            });
        }
        let given_up = state.steps.iter().take_while(|after| **after <= waited).count() as u32;
        (given_up > contact.step).then(|| What::ContactChanged {
            contact: contact.id.clone(),
            change: ContactChange::Relaxed { step: given_up },
        })
    }
}
