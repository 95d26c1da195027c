//! What a command means, before anything is matched.

use super::{
    command::{Answer, Command, ContactEnd, Rejection},
    event::{Event, OfferEnd, What},
    slab::Ticket,
    state::{AgentKey, Contact, Floor, Stage},
    types::{AgentProfile, Availability, Id, Millis, Queue, Skills},
};

/// At most so many lapsed offers and released contacts are decided by one tick, so that its events fit one journal
/// message; the rest is due at once.
const TICK_LIMIT: usize = 256;
/// What an offer stands when the queue does not say.
const DEFAULT_OFFER_TIMEOUT_MS: u32 = 20_000;
/// Why an agent is away who let an offer lapse.
const NO_ANSWER: &str = "no_answer";

/// The events of a command at `now`, and no more: matching follows in [`super::step`]. Empty when the command is a repeat.
///
/// # Errors
/// The command is refused; see [`Rejection`].
pub fn decide(floor: &Floor, command: &Command, now: Millis) -> Result<Vec<Event>, Rejection> {
    let whats = match command {
        Command::DefineQueue(queue) => define_queue(floor, queue),
        Command::DefineAgent(profile) => define_agent(floor, profile),
        Command::SetAvailability { agent, availability, reason } => {
            set_availability(floor, agent, *availability, reason)
        }
        Command::Enqueue { contact, queue, priority, only_agent } => {
            enqueue(floor, contact, queue, *priority, only_agent.as_ref())
        }
        Command::Accept(answer) => accept(floor, answer),
        Command::Decline(answer) => decline(floor, answer, now),
        Command::EndContact { contact, why } => Ok(end_contact(floor, contact, *why)),
        Command::Tick => Ok(tick(floor, now)),
    }?;
    let at = now.max(floor.at);
    Ok(whats.into_iter().map(|what| Event { at, what }).collect())
}

fn define_queue(floor: &Floor, queue: &Queue) -> Result<Vec<What>, Rejection> {
    let mut queue = queue.clone();
    if queue.offer_timeout_ms == 0 {
        queue.offer_timeout_ms = DEFAULT_OFFER_TIMEOUT_MS;
    }
    require(is_name(&queue.id), "queue_id: 1 to 40 of [a-z0-9_-]")?;
    require(queue.priority <= 9, "priority: 0 to 9")?;
    require((1_000..=120_000).contains(&queue.offer_timeout_ms), "offer_timeout_ms: 1,000 to 120,000")?;
    valid_skills(&queue.skills)?;
    match floor.queue_keys.get(&queue.id).map(|key| floor.queue(*key)) {
        Some(known) if known.rules == queue => Ok(Vec::new()),
        Some(known) if known.rules.channel != queue.channel => {
            Err(Rejection::Invalid("channel: a queue keeps its channel"))
        }
        Some(_) | None => Ok(vec![What::QueueDefined(queue)]),
    }
}

fn define_agent(floor: &Floor, profile: &AgentProfile) -> Result<Vec<What>, Rejection> {
    require(is_id(&profile.id), "agent_id: 1 to 80 of [A-Za-z0-9._-]")?;
    require(is_text(&profile.name), "name: at most 100 characters")?;
    require(profile.capacities.iter().all(|limit| *limit <= 20), "capacities: 0 to 20")?;
    valid_skills(&profile.skills)?;
    let same = floor.agent_of(&profile.id).is_some_and(|(_, agent)| agent.defined && agent.profile() == *profile);
    Ok(if same { Vec::new() } else { vec![What::AgentDefined(profile.clone())] })
}

fn set_availability(
    floor: &Floor,
    agent: &Id,
    availability: Availability,
    reason: &Id,
) -> Result<Vec<What>, Rejection> {
    require(is_text(reason), "reason: at most 100 characters")?;
    let (_, state) = floor.agent_of(agent).filter(|(_, agent)| agent.defined).ok_or(Rejection::UnknownAgent)?;
    if state.availability == availability && state.reason == *reason {
        return Ok(Vec::new());
    }
    let mut whats = vec![What::AvailabilityChanged { agent: agent.clone(), availability, reason: reason.clone() }];
    if availability != Availability::Ready {
        let open = state.work.iter().filter_map(|ticket| offer(floor, *ticket));
        whats.extend(open.map(|offer| ended(offer, OfferEnd::AgentLeft)));
    }
    Ok(whats)
}

fn enqueue(
    floor: &Floor,
    contact: &Id,
    queue: &Id,
    priority: u32,
    only_agent: Option<&Id>,
) -> Result<Vec<What>, Rejection> {
    require(is_id(contact), "contact_id: 1 to 80 of [A-Za-z0-9._-]")?;
    require(priority <= 9, "priority: 0 to 9")?;
    require(only_agent.is_none_or(|agent| is_id(agent)), "only_agent_id: 1 to 80 of [A-Za-z0-9._-]")?;
    if floor.contact_of(contact).is_some() || floor.ended.knows(contact) {
        return Ok(Vec::new());
    }
    if !floor.queue_keys.contains_key(queue) {
        return Err(Rejection::UnknownQueue);
    }
    Ok(vec![What::ContactEnqueued {
        contact: contact.clone(),
        queue: queue.clone(),
        priority,
        only_agent: only_agent.cloned(),
    }])
}

fn accept(floor: &Floor, answer: &Answer) -> Result<Vec<What>, Rejection> {
    let (key, contact) = answered(floor, answer)?;
    match contact.stage {
        Stage::Offered { agent, .. } if agent == key => Ok(vec![What::OfferAccepted(answer.clone())]),
        Stage::Held { agent } if agent == key => Ok(Vec::new()),
        Stage::Offered { .. } => Err(Rejection::NotYours),
        Stage::Waiting | Stage::Held { .. } => Err(Rejection::OfferOver),
    }
}

fn decline(floor: &Floor, answer: &Answer, now: Millis) -> Result<Vec<What>, Rejection> {
    if declined_before(floor, answer) {
        return Ok(Vec::new());
    }
    let (key, contact) = answered(floor, answer)?;
    match contact.stage {
        Stage::Offered { agent, .. } if agent == key => {
            let now = now.max(floor.at);
            let mut whats = vec![What::OfferEnded {
                offer: answer.clone(),
                why: OfferEnd::Declined,
                not_before: now.saturating_add(floor.rules.decline_pause_ms),
            }];
            if contact.only.is_some() {
                whats.push(What::ContactReleased { contact: answer.contact.clone() });
            }
            Ok(whats)
        }
        Stage::Offered { .. } => Err(Rejection::NotYours),
        Stage::Waiting | Stage::Held { .. } => Err(Rejection::OfferOver),
    }
}

fn declined_before(floor: &Floor, answer: &Answer) -> bool {
    let agent = floor.agent_of(&answer.agent).map(|(key, _)| key);
    floor.contact_of(&answer.contact).is_some_and(|(_, contact)| {
        contact.pauses.iter().any(|pause| Some(pause.agent) == agent && pause.round == answer.round)
    })
}

fn answered<'f>(floor: &'f Floor, answer: &Answer) -> Result<(AgentKey, &'f Contact), Rejection> {
    let (key, _) = floor.agent_of(&answer.agent).ok_or(Rejection::UnknownAgent)?;
    let (_, contact) = floor
        .contact_of(&answer.contact)
        .filter(|(_, contact)| contact.round == answer.round)
        .ok_or(Rejection::OfferOver)?;
    Ok((key, contact))
}

fn end_contact(floor: &Floor, contact: &Id, why: ContactEnd) -> Vec<What> {
    if floor.contact_of(contact).is_none() {
        return Vec::new();
    }
    vec![What::ContactEnded { contact: contact.clone(), why }]
}

fn tick(floor: &Floor, now: Millis) -> Vec<What> {
    let mut whats = Vec::new();
    let mut gone: Vec<AgentKey> = Vec::new();
    let due = floor.offers_due.iter().take_while(|(at, _)| *at <= now);
    for (_, ticket) in due.take(TICK_LIMIT) {
        if let Some(Stage::Offered { agent, .. }) = floor.contacts.get(*ticket).map(|contact| contact.stage)
            && !gone.contains(&agent)
        {
            gone.push(agent);
            lapse(floor, agent, now, &mut whats);
        }
    }
    let late = floor.patience_due.iter().take_while(|(at, _)| *at <= now);
    for (_, ticket) in late.take(TICK_LIMIT) {
        if let Some(contact) = floor.contacts.get(*ticket) {
            whats.push(What::ContactReleased { contact: contact.id.clone() });
        }
    }
    whats
}

/// An agent let an offer lapse: they are away, and all their offers are over.
fn lapse(floor: &Floor, key: AgentKey, now: Millis, whats: &mut Vec<What>) {
    let agent = &floor.agents[key as usize];
    whats.push(What::AvailabilityChanged {
        agent: agent.id.clone(),
        availability: Availability::Away,
        reason: NO_ANSWER.into(),
    });
    for ticket in &agent.work {
        let due = floor
            .contacts
            .get(*ticket)
            .is_some_and(|contact| matches!(contact.stage, Stage::Offered { expires_at, .. } if expires_at <= now));
        let why = if due { OfferEnd::TimedOut } else { OfferEnd::AgentLeft };
        whats.extend(offer(floor, *ticket).map(|offer| ended(offer, why)));
    }
}

fn offer(floor: &Floor, ticket: Ticket) -> Option<Answer> {
    let contact = floor.contacts.get(ticket)?;
    match contact.stage {
        Stage::Offered { agent, .. } => Some(Answer {
            contact: contact.id.clone(),
            round: contact.round,
            agent: floor.agents[agent as usize].id.clone(),
        }),
        Stage::Waiting | Stage::Held { .. } => None,
    }
}

fn ended(offer: Answer, why: OfferEnd) -> What {
    What::OfferEnded { offer, why, not_before: 0 }
}

fn valid_skills(skills: &Skills) -> Result<(), Rejection> {
    require(skills.len() <= 100, "skills: at most 100")?;
    require(skills.keys().all(|name| is_name(name)), "skills: names are 1 to 40 of [a-z0-9_-]")?;
    require(skills.values().all(|level| (1..=5).contains(level)), "skills: levels are 1 to 5")
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::Invalid(otherwise)) }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    (1..=40).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=80).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_text(text: &str) -> bool {
    text.chars().count() <= 100
}
