//! Who gets whom, from the heads of the indices, and when to look again.

use super::{
    command::{Command, Rejection},
    decide::decide,
    event::{Event, Offer, What},
    evolve::{Touched, apply},
    slab::Ticket,
    state::{AgentKey, Floor, Order, Stage},
    types::{Availability, Millis},
};

/// At most so many offers are made by one step, so that its events fit one journal message; the rest is due at once.
const OFFER_LIMIT: usize = 500;

/// Decides a command at `now`, applies its events, and offers what can be offered. The events become true together.
///
/// # Errors
/// The command is refused and nothing changed.
pub fn step(floor: &mut Floor, command: &Command, now: Millis) -> Result<Vec<Event>, Rejection> {
    let now = now.max(floor.at);
    let mut events = decide(floor, command, now)?;
    if *command == Command::Tick {
        end_pauses(floor, now);
    }
    for event in &events {
        let touched = apply(floor, event);
        note(floor, &touched);
    }
    settle(floor, now, &mut events);
    Ok(events)
}

/// When the next [`Command::Tick`] is due; it may be past. None: only a command can change anything.
#[must_use]
pub fn next_deadline(floor: &Floor) -> Option<Millis> {
    let backlog = !floor.backlog.contacts.is_empty() || !floor.backlog.agents.is_empty();
    [
        backlog.then_some(floor.at),
        floor.offers_due.first().map(|due| due.0),
        floor.pauses_due.first().map(|due| due.0),
        floor.patience_due.first().map(|due| due.0),
    ]
    .into_iter()
    .flatten()
    .min()
}

/// Lets the next step look at every agent who has room: what a new owner does first, in case the old one left
/// something undone.
pub fn recheck(floor: &mut Floor) {
    let ready = (0..)
        .zip(&floor.agents)
        .filter(|(_, agent)| agent.availability == Availability::Ready)
        .map(|(key, agent)| (agent.turn, key));
    floor.backlog.agents.extend(ready);
}

pub(super) fn end_pauses(floor: &mut Floor, now: Millis) {
    while let Some((until, ticket, agent)) = floor.pauses_due.first().copied()
        && until <= now
    {
        floor.pauses_due.pop_first();
        if let Some(contact) = floor.contacts.get_mut(ticket) {
            contact.pauses.retain(|pause| pause.agent != agent || pause.until != until);
        }
        note_contact(floor, ticket);
    }
}

fn note(floor: &mut Floor, touched: &Touched) {
    if let Some(ticket) = touched.contact {
        note_contact(floor, ticket);
    }
    if let Some(key) = touched.agent {
        let turn = floor.agents[key as usize].turn;
        floor.backlog.agents.insert((turn, key));
    }
    if let Some(queue) = touched.queue {
        for ticket in floor.waiting_in(queue) {
            note_contact(floor, ticket);
        }
    }
}

fn note_contact(floor: &mut Floor, ticket: Ticket) {
    if let Some(contact) = floor.contacts.get(ticket) {
        let order = floor.order(ticket, contact);
        floor.backlog.contacts.insert(order);
    }
}

/// Before the step, nobody waited whom a free agent could have had. So only what was touched can match now: first
/// the contacts in their order, then what the touched agents still have room for.
fn settle(floor: &mut Floor, now: Millis, events: &mut Vec<Event>) {
    let mut offers = 0;
    while offers < OFFER_LIMIT {
        let made = if let Some(order) = floor.backlog.contacts.pop_first() {
            agent_for(floor, order.ticket, now).and_then(|key| make_offer(floor, order.ticket, key, now))
        } else if let Some((_, key)) = floor.backlog.agents.pop_first() {
            let made = contact_for(floor, key, now).and_then(|ticket| make_offer(floor, ticket, key, now));
            if made.is_some() {
                let turn = floor.agents[key as usize].turn;
                floor.backlog.agents.insert((turn, key));
            }
            made
        } else {
            return;
        };
        if let Some(event) = made {
            events.push(event);
            offers += 1;
        }
    }
}

/// The agent longest without work who can have a waiting contact.
fn agent_for(floor: &Floor, ticket: Ticket, now: Millis) -> Option<AgentKey> {
    let contact = floor.contacts.get(ticket)?;
    if contact.stage != Stage::Waiting {
        return None;
    }
    let queue = floor.queue(contact.queue);
    let allowed = |key: &AgentKey| !contact.paused_for(*key, now);
    match contact.only {
        Some(key) => Some(key).filter(|key| floor.agents[*key as usize].free(queue.rules.channel) && allowed(key)),
        None => floor.classes[queue.class as usize].free.iter().map(|(_, key)| *key).find(allowed),
    }
}

/// The first of the waiting contacts that an agent can have now.
fn contact_for(floor: &Floor, key: AgentKey, now: Millis) -> Option<Ticket> {
    let agent = &floor.agents[key as usize];
    let allowed = |order: &&Order| {
        floor.contacts.get(order.ticket).is_some_and(|contact| {
            agent.free(floor.queue(contact.queue).rules.channel) && !contact.paused_for(key, now)
        })
    };
    let open = || {
        let classes = agent.classes.iter().map(|class| &floor.classes[*class as usize]);
        classes.filter(|class| agent.free(class.requirement.channel))
    };
    // The first of all heads is nearly always allowed; only when it is not, every set is searched for its own first.
    let heads = open().filter_map(|class| class.waiting.first()).chain(agent.reserved.first());
    let first = heads.min()?;
    if allowed(&first) {
        return Some(first.ticket);
    }
    let shared = open().filter_map(|class| class.waiting.iter().find(allowed));
    let reserved = agent.reserved.iter().find(allowed);
    shared.chain(reserved).min().map(|order| order.ticket)
}

fn make_offer(floor: &mut Floor, ticket: Ticket, key: AgentKey, now: Millis) -> Option<Event> {
    let contact = floor.contacts.get(ticket)?;
    let queue = &floor.queue(contact.queue).rules;
    let event = Event {
        at: now,
        what: What::ContactOffered(Offer {
            contact: contact.id.clone(),
            round: contact.round + 1,
            agent: floor.agents[key as usize].id.clone(),
            expires_at: now.saturating_add(u64::from(queue.offer_timeout_ms)),
            queue: queue.id.clone(),
            enqueued_at: contact.enqueued_at,
        }),
    };
    apply(floor, &event);
    Some(event)
}
