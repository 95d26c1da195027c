//! Who gets whom, from the heads of the indices, and when to look again.

use std::{cmp::Reverse, collections::BinaryHeap};

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
    let ready =
        (0..).zip(&floor.agents).filter(|(_, agent)| agent.availability == Availability::Ready).map(|(key, _)| key);
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
        floor.backlog.agents.insert(key);
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

/// Before the step, nobody waited whom a free agent could have had. So only what was touched can match now: the touched
/// contacts, and for each touched agent the first whom they can have; the first of all these in order, each time.
fn settle(floor: &mut Floor, now: Millis, events: &mut Vec<Event>) {
    let touched = std::mem::take(&mut floor.backlog.agents);
    let mut heads: Heads =
        touched.into_iter().filter_map(|key| Some(Reverse((first_for(floor, key, now)?, 0, key)))).collect();
    let mut offers = 0;
    while offers < OFFER_LIMIT {
        let head = true_head(floor, &mut heads, offers, now);
        let contact = first_touched(floor);
        let made = match (contact, head) {
            (None, None) => return,
            (Some(order), head) if head.is_none_or(|(first, _)| order <= first) => {
                floor.backlog.contacts.pop_first();
                agent_for(floor, order.ticket, now)
            }
            (_, Some((order, key))) => {
                let found = agent_for(floor, order.ticket, now);
                if found.is_none() {
                    heads.pop();
                }
                found.map(|found| if found.agent == key { first_in_line(floor, found) } else { found })
            }
            (Some(_), None) => None,
        };
        if let Some(event) = made.and_then(|made| make_offer(floor, made, now)) {
            events.push(event);
            offers += 1;
        }
    }
    floor.backlog.agents.extend(heads.into_iter().map(|Reverse((_, _, key))| key));
}

/// A contact that was touched twice in a step may have been noted at a place that it has left.
fn first_touched(floor: &mut Floor) -> Option<Order> {
    while let Some(noted) = floor.backlog.contacts.first().copied() {
        let order = floor.contacts.get(noted.ticket).map(|contact| floor.order(noted.ticket, contact));
        if order == Some(noted) {
            return order;
        }
        floor.backlog.contacts.pop_first();
        floor.backlog.contacts.extend(order);
    }
    None
}

/// The first whom a touched agent can have, after how many offers of the step this was seen, and the agent.
type Heads = BinaryHeap<Reverse<(Order, usize, AgentKey)>>;

/// The first of the heads that still holds after so many offers: offers only take contacts and room away, so what does
/// not hold any more comes later or not at all.
fn true_head(floor: &Floor, heads: &mut Heads, offers: usize, now: Millis) -> Option<(Order, AgentKey)> {
    while let Some(Reverse((order, seen, key))) = heads.peek().copied() {
        if seen == offers {
            return Some((order, key));
        }
        heads.pop();
        heads.extend(first_for(floor, key, now).map(|order| Reverse((order, offers, key))));
    }
    None
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
fn first_for(floor: &Floor, key: AgentKey, now: Millis) -> Option<Order> {
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
    if allowed(&first) {
        return Some(*first);
    }
    let shared = open().filter_map(|class| class.waiting.iter().find(allowed));
    let reserved = agent.reserved.iter().find(allowed);
    shared.chain(reserved).min().copied()
}

/// The agent was free, and the contact the first whom they could have.
fn first_in_line(floor: &Floor, found: Match) -> Match {
    let Some(contact) = floor.contacts.get(found.ticket).filter(|contact| contact.only.is_none()) else {
        return found;
    };
    let candidates = floor.classes[contact.class as usize].waiting.len();
    Match { why: OfferWhy::FirstInLine, candidates, ..found }
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
