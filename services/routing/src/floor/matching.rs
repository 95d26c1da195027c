//! Who gets whom, from the heads of the indices, and when to look again.

use super::{
    command::{Command, Rejection},
    decide::decide,
    event::{Event, Offer, OfferWhy, What},
    evolve::{Touched, apply},
    slab::Ticket,
    state::{AgentKey, Floor, Order, Stage},
    types::{Availability, Channel, Millis},
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
        floor.limits_due.first().map(|due| due.0),
        floor.after_work_due.first().map(|due| due.0),
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
    if touched.everybody {
        let all: Vec<Ticket> = floor.contacts.iter().map(|(ticket, _)| ticket).collect();
        for ticket in all.into_iter().filter(|ticket| floor.waits(*ticket)).collect::<Vec<_>>() {
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
        let made = if let Some(ticket) = next_contact(floor, now) {
            agent_for(floor, ticket, now).and_then(|found| make_offer(floor, found, now))
        } else if let Some((_, key)) = floor.backlog.agents.pop_first() {
            let made = contact_for(floor, key, now).and_then(|found| make_offer(floor, found, now));
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

/// The first of the touched contacts; unless a touched agent could have one that waits before it.
fn next_contact(floor: &mut Floor, now: Millis) -> Option<Ticket> {
    let touched = *floor.backlog.contacts.first()?;
    let heads = floor.backlog.agents.iter().filter_map(|(_, key)| contact_for(floor, *key, now));
    let orders = heads.filter_map(|head| Some(floor.order(head.ticket, floor.contacts.get(head.ticket)?)));
    if let Some(order) = orders.min().filter(|order| *order < touched) {
        return Some(order.ticket);
    }
    floor.backlog.contacts.remove(&touched);
    Some(touched.ticket)
}

/// Who gets whom, and why.
struct Match {
    ticket: Ticket,
    agent: AgentKey,
    why: OfferWhy,
    candidates: usize,
}

/// The agent longest without work who can have a waiting contact.
fn agent_for(floor: &Floor, ticket: Ticket, now: Millis) -> Option<Match> {
    let contact = floor.contacts.get(ticket)?;
    if contact.stage != Stage::Waiting || contact.asleep.is_some() {
        return None;
    }
    let allowed = |key: &AgentKey| !contact.paused_for(*key, now);
    match contact.only {
        Some(key) => {
            let agent = Some(key).filter(|key| floor.agents[*key as usize].free(contact.channel) && allowed(key))?;
            Some(Match { ticket, agent, why: OfferWhy::KeptForAgent, candidates: 1 })
        }
        None => {
            let free = &floor.classes[contact.class as usize].free;
            let agent = free.iter().map(|(_, key)| *key).find(allowed)?;
            Some(Match { ticket, agent, why: OfferWhy::AgentFreeLongest, candidates: free.len() })
        }
    }
}

/// The first of the waiting contacts that an agent can have now.
fn contact_for(floor: &Floor, key: AgentKey, now: Millis) -> Option<Match> {
    let agent = &floor.agents[key as usize];
    let free = Channel::ALL.map(|channel| agent.free(channel));
    if !free.contains(&true) {
        return None;
    }
    let allowed = |order: &&Order| {
        let contact = floor.contacts.get(order.ticket);
        contact.is_some_and(|contact| free[contact.channel.index()] && !contact.paused_for(key, now))
    };
    let open = || {
        let classes = agent.classes.iter().map(|class| &floor.classes[*class as usize]);
        classes.filter(|class| free[class.requirement.channel.index()])
    };
    // The first of all heads is nearly always allowed; only when it is not, every set is searched for its own first.
    let heads = open().filter_map(|class| class.waiting.first()).chain(agent.reserved.first());
    let first = heads.min()?;
    let ticket = if allowed(&first) {
        first.ticket
    } else {
        let shared = open().filter_map(|class| class.waiting.iter().find(allowed));
        let reserved = agent.reserved.iter().find(allowed);
        shared.chain(reserved).min()?.ticket
    };
    let contact = floor.contacts.get(ticket)?;
    let kept = contact.only.is_some();
    let why = if kept { OfferWhy::KeptForAgent } else { OfferWhy::FirstInLine };
    let candidates = if kept { 1 } else { floor.classes[contact.class as usize].waiting.len() };
    Some(Match { ticket, agent: key, why, candidates })
}

fn make_offer(floor: &mut Floor, made: Match, now: Millis) -> Option<Event> {
    let contact = floor.contacts.get(made.ticket)?;
    let queue = &floor.queue(contact.queue).rules;
    let offer = Offer {
        contact: contact.id.clone(),
        round: contact.round + 1,
        agent: floor.agents[made.agent as usize].id.clone(),
        expires_at: now.saturating_add(u64::from(queue.offer_timeout_ms)),
        queue: queue.id.clone(),
        enqueued_at: contact.enqueued_at,
        channel: contact.channel,
        why: made.why,
        candidates: made.candidates as u32,
    };
    let event = Event { at: now, by: None, what: What::ContactOffered(offer) };
    apply(floor, &event);
    Some(event)
}
