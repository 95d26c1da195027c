//! A contact that an agent has from its beginning: a call that they dial, or that the center dialled for whoever is free.

use super::{
    command::{Answer, Engage, Rejection},
    define::{is_id, known_agent, require},
    event::{Arrival, Offer, OfferWhy, What},
    state::{Contact, Floor, QueueKey, Stage},
    types::{Channel, Id, Millis},
};

/// It comes, is offered and is accepted in one: readers of older versions know all three. Nobody was served by it yet: what the customer was
/// promised besides stays promised.
pub(super) fn decide(floor: &Floor, engage: &Engage, now: Millis) -> Result<Vec<What>, Rejection> {
    let Engage { contact, queue, customer, .. } = engage;
    require(is_id(contact), "contact_id: 1 to 80 of [A-Za-z0-9._-]")?;
    require(customer.chars().count() <= 80, "customer_key: at most 80 characters")?;
    if let Some((_, known)) = floor.contact_of(contact) {
        return if is_it(floor, engage, known) { Ok(Vec::new()) } else { Err(Rejection::ContactTaken) };
    }
    if floor.ended.knows(contact) {
        return Err(Rejection::ContactOver);
    }
    let key = *floor.queue_keys.get(queue).ok_or(Rejection::UnknownQueue)?;
    let agent = who(floor, engage, key)?;
    let rules = &floor.queue(key).rules;
    let arrival = Arrival {
        contact: contact.clone(),
        queue: queue.clone(),
        channel: Channel::Voice,
        customer: customer.clone(),
        ..Arrival::default()
    };
    let offer = Offer {
        contact: contact.clone(),
        round: 1,
        agent: agent.clone(),
        expires_at: now.saturating_add(u64::from(rules.offer_timeout_ms)),
        queue: queue.clone(),
        enqueued_at: now,
        channel: Channel::Voice,
        why: OfferWhy::Engaged,
        candidates: 0,
    };
    let answer = Answer { contact: contact.clone(), round: 1, agent };
    Ok(vec![What::ContactEnqueued(arrival), What::ContactOffered(offer), What::OfferAccepted(answer)])
}

/// Whether the contact of this id is the one that is asked for: of the same customer, and held by who is named.
fn is_it(floor: &Floor, engage: &Engage, known: &Contact) -> bool {
    let holds = |named: &Id| matches!(known.stage, Stage::Held { agent } if floor.agents[agent as usize].id == *named);
    let held = matches!(known.stage, Stage::Held { .. });
    held && known.channel == Channel::Voice
        && known.customer == engage.customer
        && engage.agent.as_ref().is_none_or(holds)
}

/// Who dials is in a call, whatever their limits say; whom the center chooses must be free.
fn who(floor: &Floor, engage: &Engage, queue: QueueKey) -> Result<Id, Rejection> {
    match &engage.agent {
        Some(agent) => known_agent(floor, agent).map(|_| agent.clone()),
        None if floor.queue(queue).rules.channel != Channel::Voice => {
            Err(Rejection::Invalid("queue_id: not a queue of calls, and no agent is named"))
        }
        None => floor.free_for(&engage.queue, "").ok_or(Rejection::NobodyFree),
    }
}
