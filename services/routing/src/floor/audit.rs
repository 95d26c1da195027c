//! What must hold on every floor at every moment, as one function for tests and simulations.

use std::collections::BTreeMap;

use super::{
    event::Offer,
    snapshot::Snapshot,
    state::{Agent, Contact, Floor, Requirement, Stage},
    types::{Availability, Channel, Id, Load, Millis},
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
    let (kept, needed) = (indices(floor, floor), indices(&rebuilt, floor));
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
    limits_due: Vec<(Millis, u64)>,
    after_work_due: Vec<(Millis, u32)>,
    queues: Vec<(usize, u64)>,
    callbacks: BTreeMap<&'f Id, Vec<u64>>,
    offered: usize,
    held: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct AgentIndices {
    id: Id,
    reserved: Vec<(i64, u64)>,
    work: Vec<u64>,
    load: Load,
}

fn indices<'f>(floor: &'f Floor, other: &'f Floor) -> Indices<'f> {
    // Classes that were needed once stay, empty of contacts: only those that a floor made anew has too are compared.
    let common = |class: &&super::state::Class| {
        let empty = class.waiting.is_empty();
        !empty || other.queues.iter().any(|queue| other.classes[queue.class as usize].requirement == class.requirement)
    };
    let used = || floor.classes.iter().filter(common);
    let waiting = used().map(|class| {
        let orders = class.waiting.iter();
        let places = orders.map(|order| (order.arrival, order.ticket.place));
        (&class.requirement, places.collect())
    });
    let free = used().map(|class| (&class.requirement, class.free.iter().copied().collect()));
    let offers = floor.offers_due.iter();
    let pauses = floor.pauses_due.iter();
    let limits = floor.limits_due.iter();
    Indices {
        waiting: waiting.collect(),
        free: free.collect(),
        agents: floor.agents.iter().map(agent_indices).collect(),
        offers_due: offers.map(|(at, ticket)| (*at, ticket.place)).collect(),
        pauses_due: pauses.map(|(at, t, agent)| (*at, t.place, *agent)).collect(),
        limits_due: limits.map(|(at, ticket)| (*at, ticket.place)).collect(),
        after_work_due: floor.after_work_due.iter().copied().collect(),
        queues: floor.queues.iter().map(|queue| (queue.waiting, queue.pace.gap_us)).collect(),
        callbacks: callbacks(floor),
        offered: floor.offered,
        held: floor.held,
    }
}

fn callbacks(floor: &Floor) -> BTreeMap<&Id, Vec<u64>> {
    let places = |tickets: &std::collections::BTreeSet<super::slab::Ticket>| tickets.iter().map(|t| t.place).collect();
    floor.callbacks.iter().map(|(customer, tickets)| (customer, places(tickets))).collect()
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
    let able = match contact.only {
        Some(only) => only == key,
        None => agent.meets(&floor.requirement(queue, contact.channel, &contact.segment, contact.step)),
    };
    let mut counted = agent.clone();
    counted.load = Load::default();
    for ticket in &agent.work {
        let channel = floor.contacts.get(*ticket).map(|contact| contact.channel.index());
        counted.load[channel.unwrap_or_default()] += 1;
    }
    let free = counted.has_room(contact.channel) && agent.limits[contact.channel.index()].limit > 0;
    let ready = agent.availability == Availability::Ready;
    contact.asleep.is_none() && able && free && ready && !contact.paused_for(key, now)
}

/// Nobody starves: no contact of the same channel that the agent could have had just as well, and whose turn by priority and
/// ageing is earlier, was passed over for the one offered. Because of it a contact is only ever overtaken by contacts that came
/// at most the steps of priority times `ageing_ms` later. To be asked for each offer of a step, on the floor after it.
///
/// # Errors
/// The contact that was passed over.
pub fn audit_offer(floor: &Floor, offer: &Offer, now: Millis) -> Result<(), Violation> {
    let (Some((key, agent)), Some((ticket, taken))) = (floor.agent_of(&offer.agent), floor.contact_of(&offer.contact))
    else {
        return Ok(());
    };
    if taken.only.is_some() {
        // What is kept for an agent comes before their queues.
        return Ok(());
    }
    let turn = floor.order(ticket, taken).arrival;
    let earlier = floor.contacts.iter().find(|(other, contact)| {
        let queue = &floor.queue(contact.queue).rules;
        let like = contact.stage == Stage::Waiting && contact.channel == taken.channel && contact.only.is_none();
        let free_to_go = contact.asleep.is_none() && !contact.paused_for(key, now);
        like && free_to_go
            && floor.order(*other, contact).arrival < turn
            && agent.meets(&floor.requirement(queue, contact.channel, &contact.segment, contact.step))
    });
    match earlier {
        None => Ok(()),
        Some((_, contact)) => {
            let (agent, taken) = (&offer.agent, &offer.contact);
            Err(Violation(format!("{} was passed over: {agent} was offered {taken}, whose turn is later", contact.id)))
        }
    }
}

/// Nobody has more in hand than their limits, weights and calls allow, but for what was theirs before the rules changed;
/// nobody who is not ready has an offer. Cheap: looks at agents only.
///
/// # Errors
/// The first agent of whom it does not hold.
pub fn audit_agents(floor: &Floor) -> Result<(), Violation> {
    for agent in &floor.agents {
        let offered = |ticket: &super::slab::Ticket| {
            floor.contacts.get(*ticket).is_some_and(|contact| matches!(contact.stage, Stage::Offered { .. }))
        };
        if agent.availability != Availability::Ready && agent.work.iter().any(offered) {
            return Err(Violation(format!("{} has an offer and is {:?}", agent.id, agent.availability)));
        }
        let over = Channel::ALL.into_iter().any(|it| agent.load[it.index()] > agent.limits[it.index()].limit);
        if over {
            return Err(Violation(format!("{} has {:?}, limits {:?}", agent.id, agent.load, agent.limits)));
        }
    }
    Ok(())
}
