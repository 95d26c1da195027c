//! What must hold on every floor at every moment, as one function for tests and simulations.

use std::collections::BTreeMap;

use super::{
    snapshot::Snapshot,
    state::{Agent, Contact, Floor, Requirement, Stage},
    types::{Availability, Capacities, Channel, Id, Millis},
};

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the floor is inconsistent: {0}")]
pub struct Violation(pub String);

/// Checks a floor at `now`: its indices are those that its state asks for; every offered or held contact is in the work of
/// one agent, the right one; and nobody waits whom a free agent could have. Slow: compares every pair.
///
/// # Errors
/// The first thing that does not hold.
pub fn audit(floor: &Floor, now: Millis) -> Result<(), Violation> {
    let rebuilt = Snapshot::of(floor).restore(floor.rules).map_err(|error| Violation(error.to_string()))?;
    let (kept, needed) = (indices(floor), indices(&rebuilt));
    if kept != needed {
        return Err(Violation(format!("indices {kept:?}, expected {needed:?}")));
    }
    one_worker(floor)?;
    nobody_waits_for_nothing(floor, now)
}

/// The indices in a form that does not depend on slots.
#[derive(Debug, PartialEq, Eq)]
struct Indices<'f> {
    waiting: BTreeMap<&'f Requirement, Vec<(i64, u64)>>,
    free: BTreeMap<&'f Requirement, Vec<(u64, u32)>>,
    agents: Vec<AgentIndices>,
    offers_due: Vec<(Millis, u64)>,
    pauses_due: Vec<(Millis, u64, u32)>,
    patience_due: Vec<(Millis, u64)>,
    offered: usize,
    held: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct AgentIndices {
    id: Id,
    reserved: Vec<(i64, u64)>,
    work: Vec<u64>,
    load: Capacities,
}

fn indices(floor: &Floor) -> Indices<'_> {
    let used = || {
        let keys = floor.queues.iter().map(|queue| queue.class);
        keys.map(|key| &floor.classes[key as usize])
    };
    let waiting = used().map(|class| {
        let orders = class.waiting.iter();
        let places = orders.map(|order| (order.arrival, order.ticket.place));
        (&class.requirement, places.collect())
    });
    let free = used().map(|class| (&class.requirement, class.free.iter().copied().collect()));
    let offers = floor.offers_due.iter();
    let pauses = floor.pauses_due.iter();
    let patience = floor.patience_due.iter();
    Indices {
        waiting: waiting.collect(),
        free: free.collect(),
        agents: floor.agents.iter().map(agent_indices).collect(),
        offers_due: offers.map(|(at, ticket)| (*at, ticket.place)).collect(),
        pauses_due: pauses.map(|(at, t, agent)| (*at, t.place, *agent)).collect(),
        patience_due: patience.map(|(at, ticket)| (*at, ticket.place)).collect(),
        offered: floor.offered,
        held: floor.held,
    }
}

fn agent_indices(agent: &Agent) -> AgentIndices {
    let reserved = agent.reserved.iter();
    AgentIndices {
        id: agent.id.clone(),
        reserved: reserved.map(|o| (o.arrival, o.ticket.place)).collect(),
        work: agent.work.iter().map(|ticket| ticket.place).collect(),
        load: agent.load,
    }
}

fn one_worker(floor: &Floor) -> Result<(), Violation> {
    for (ticket, contact) in floor.contacts.iter() {
        let right = match contact.stage {
            Stage::Waiting => None,
            Stage::Offered { agent, .. } | Stage::Held { agent } => Some(agent),
        };
        let workers: Vec<u32> =
            (0..).zip(&floor.agents).filter(|(_, agent)| agent.work.contains(&ticket)).map(|(key, _)| key).collect();
        if workers != Vec::from_iter(right) {
            let id = &contact.id;
            return Err(Violation(format!("{id} is with {right:?} and in the work of {workers:?}")));
        }
    }
    Ok(())
}

fn nobody_waits_for_nothing(floor: &Floor, now: Millis) -> Result<(), Violation> {
    if !floor.backlog.contacts.is_empty() || !floor.backlog.agents.is_empty() {
        return Ok(());
    }
    let due = |at: Millis| at <= now;
    if floor.pauses_due.first().is_some_and(|pause| due(pause.0)) {
        return Ok(());
    }
    let waiting = floor.contacts.iter().map(|(_, contact)| contact);
    for contact in waiting.filter(|contact| contact.stage == Stage::Waiting) {
        let taker = (0..).zip(&floor.agents).find(|(key, agent)| could_have(floor, agent, *key, contact, now));
        if let Some((_, agent)) = taker {
            let (contact, agent) = (&contact.id, &agent.id);
            return Err(Violation(format!("{contact} waits though {agent} is free")));
        }
    }
    Ok(())
}

/// By the definition, without any index.
fn could_have(floor: &Floor, agent: &Agent, key: u32, contact: &Contact, now: Millis) -> bool {
    let queue = &floor.queue(contact.queue).rules;
    let load = agent.work.iter().filter(|ticket| {
        let channel = |contact: &Contact| floor.queue(contact.queue).rules.channel;
        floor.contacts.get(**ticket).map(channel) == Some(queue.channel)
    });
    let able = match contact.only {
        Some(only) => only == key,
        None => agent.meets(&Requirement { channel: queue.channel, skills: queue.skills.clone() }),
    };
    let room = (load.count() as u32) < agent.limits[Channel::index(queue.channel)];
    able && room && agent.availability == Availability::Ready && !contact.paused_for(key, now)
}
