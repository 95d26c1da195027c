//! What a command means, before anything is matched.

use super::{
    command::{Answer, Command, ContactEnd, Due, Enqueue, Rejection},
    define::{
        define_agent, define_queue, define_setting, is_id, is_label, is_text, known_agent, require, somebody_calls_back,
    },
    engage,
    event::{Arrival, By, ContactChange, Event, OfferEnd, What},
    overflow,
    slab::Ticket,
    state::{AgentKey, Contact, Floor, QueueKey, Stage},
    types::{Availability, Channel, Id, Millis},
};

/// At most so many lapsed offers and released contacts are decided by one tick, so that its events fit one journal
/// message; the rest is due at once.
const TICK_LIMIT: usize = 256;
/// The work after a contact that an agent begins by themselves, ms.
const AFTER_WORK_MS: u64 = 60_000;
/// How long a contact is kept for its preferred agent when the command does not say, ms.
const PREFERRED_FOR_MS: u64 = 60_000;
const LONGEST_PREFERENCE_MS: u64 = 3_600_000;
/// Why an agent is away who let an offer lapse.
const NO_ANSWER: &str = "no_answer";

/// The events of a command at `now`, and no more: matching follows in [`super::step`]. Empty when the command is a repeat.
///
/// # Errors
/// The command is refused; see [`Rejection`].
pub fn decide(floor: &Floor, command: &Command, now: Millis) -> Result<Vec<Event>, Rejection> {
    let now = now.max(floor.at);
    let (who, command) =
        if let Command::As { who, command } = command { (Some(who), &**command) } else { (None, command) };
    let undoes = if let Command::Undo { change } = command { Some(*change) } else { None };
    let whats = meaning(floor, command, now)?;
    let by = (who.is_some() || undoes.is_some()).then(|| By { who: who.cloned().unwrap_or_else(|| "".into()), undoes });
    let steers = matches!(command, Command::SetAvailability { .. } | Command::Undo { .. });
    let noted = |what: &What| is_rule(what) || (steers && is_forced(what, by.as_ref()));
    Ok(whats.into_iter().map(|what| Event { at: now, by: by.clone().filter(|_| noted(&what)), what }).collect())
}

fn meaning(floor: &Floor, command: &Command, now: Millis) -> Result<Vec<What>, Rejection> {
    match command {
        Command::DefineQueue(queue) => define_queue(floor, queue),
        Command::DefineAgent(profile) => define_agent(floor, profile),
        Command::DefineSetting(setting) => define_setting(floor, setting),
        Command::SetAvailability { agent, availability, reason } => {
            set_availability(floor, agent, *availability, reason, now)
        }
        Command::Enqueue(enqueue) => arrive(floor, enqueue, now),
        Command::Engage(engage) => engage::decide(floor, engage, now),
        Command::Accept(answer) => accept(floor, answer),
        Command::Decline(answer) => decline(floor, answer, now),
        Command::EndContact { contact, why } => Ok(end_contact(floor, contact, *why, now)),
        Command::MakeCallback { contact, at } => make_callback(floor, contact, *at, now),
        Command::CancelCallback { contact } => cancel_callback(floor, contact, now),
        Command::Undo { change } => undo(floor, *change, now),
        Command::As { .. } => Err(Rejection::Invalid("a command is asked by one account")),
        Command::Tick => Ok(tick(floor, now)),
    }
}

fn is_rule(what: &What) -> bool {
    matches!(what, What::QueueDefined(_) | What::AgentDefined(_) | What::SettingDefined(_))
}

/// A state that somebody else than the agent set.
fn is_forced(what: &What, by: Option<&By>) -> bool {
    matches!((what, by), (What::AvailabilityChanged { agent, .. }, Some(by)) if *agent != by.who)
}

/// A repeat finds it undone already.
fn undo(floor: &Floor, change: u64, now: Millis) -> Result<Vec<What>, Rejection> {
    if floor.changes().any(|known| known.number == change && known.undone_by.is_some()) {
        return Ok(Vec::new());
    }
    let before = floor.undo(change)?;
    if let What::QueueDefined(queue) = &before {
        return define_queue(floor, queue);
    }
    if let What::AvailabilityChanged { agent, availability, reason, .. } = &before {
        return set_availability(floor, agent, *availability, reason, now);
    }
    Ok(vec![before])
}

fn set_availability(
    floor: &Floor,
    agent: &Id,
    availability: Availability,
    reason: &Id,
    now: Millis,
) -> Result<Vec<What>, Rejection> {
    require(is_text(reason), "reason: at most 100 characters")?;
    let (key, _) = known_agent(floor, agent)?;
    let state = &floor.agents[key as usize];
    if state.availability == availability && state.reason == *reason {
        return Ok(Vec::new());
    }
    let until = (availability == Availability::AfterWork)
        .then(|| state.after_work_until.unwrap_or_else(|| now.saturating_add(AFTER_WORK_MS)));
    Ok(turn(floor, key, availability, reason.clone(), until))
}

/// The agent's availability, and their open offers back unless they are ready.
fn turn(floor: &Floor, key: AgentKey, availability: Availability, reason: Id, until: Option<Millis>) -> Vec<What> {
    let agent = &floor.agents[key as usize];
    let mut whats = vec![What::AvailabilityChanged { agent: agent.id.clone(), availability, reason, until }];
    if availability != Availability::Ready {
        let open = agent.work.iter().filter_map(|ticket| offer(floor, *ticket));
        whats.extend(open.map(|offer| ended(offer, OfferEnd::AgentLeft)));
    }
    whats
}

fn arrive(floor: &Floor, enqueue: &Enqueue, now: Millis) -> Result<Vec<What>, Rejection> {
    let Enqueue { contact, only_agent, preferred_agent, segment, reason, customer, .. } = enqueue;
    require(is_id(contact), "contact_id: 1 to 80 of [A-Za-z0-9._-]")?;
    require(enqueue.priority <= 9, "priority: 0 to 9")?;
    require(only_agent.as_ref().is_none_or(|agent| is_id(agent)), "only_agent_id: 1 to 80 of [A-Za-z0-9._-]")?;
    require(
        preferred_agent.as_ref().is_none_or(|agent| is_id(agent)),
        "preferred_agent_id: 1 to 80 of [A-Za-z0-9._-]",
    )?;
    require(enqueue.preferred_for_ms <= LONGEST_PREFERENCE_MS, "preferred_for_ms: at most 3,600,000")?;
    require(is_label(segment) && is_label(reason), "segment, reason: at most 40 characters")?;
    require(customer.chars().count() <= 80, "customer_key: at most 80 characters")?;
    if floor.contact_of(contact).is_some() {
        return Ok(Vec::new());
    }
    if floor.ended.knows(contact) {
        return Err(Rejection::ContactOver);
    }
    let key = *floor.queue_keys.get(&enqueue.queue).ok_or(Rejection::UnknownQueue)?;
    let mut arrival = arrival(floor, enqueue, now);
    arrival.not_before = overflow::closed_until(floor, key, now);
    arrival.channel = floor.queue(key).rules.channel;
    let open = arrival.not_before.is_none();
    let mut whats = vec![What::ContactEnqueued(arrival)];
    if only_agent.is_none() && preferred_agent.is_none() && open {
        let moves = overflow::at_arrival(floor, key);
        whats.extend(moves.into_iter().map(|(to, why)| What::ContactChanged {
            contact: contact.clone(),
            change: overflow::moved(floor, &floor.queue(to).rules.id, why, now),
        }));
    }
    if let Some(Due(at)) = enqueue.callback
        && somebody_calls_back(floor)
    {
        whats.push(becomes_callback(floor, contact, key, at.filter(|at| *at > now), now));
    }
    Ok(whats)
}

fn arrival(floor: &Floor, enqueue: &Enqueue, now: Millis) -> Arrival {
    let step = |steps: &std::collections::BTreeMap<Id, u32>, id: &Id| steps.get(id).copied().unwrap_or(0);
    let priority = enqueue.priority
        + step(&floor.priorities.segments, &enqueue.segment)
        + step(&floor.priorities.reasons, &enqueue.reason);
    let kept_ms = if enqueue.preferred_for_ms == 0 { PREFERRED_FOR_MS } else { enqueue.preferred_for_ms };
    let preferred = enqueue.only_agent.is_none() && enqueue.preferred_agent.is_some();
    Arrival {
        contact: enqueue.contact.clone(),
        queue: enqueue.queue.clone(),
        channel: Channel::default(),
        priority: priority.min(9),
        segment: enqueue.segment.clone(),
        reason: enqueue.reason.clone(),
        customer: enqueue.customer.clone(),
        only_agent: enqueue.only_agent.clone().or_else(|| enqueue.preferred_agent.clone()),
        only_until: preferred.then(|| now.saturating_add(kept_ms)),
        not_before: None,
    }
}

fn make_callback(floor: &Floor, contact: &Id, at: Option<Millis>, now: Millis) -> Result<Vec<What>, Rejection> {
    let (_, state) = floor.contact_of(contact).ok_or(Rejection::UnknownContact)?;
    let not_before = at.filter(|at| *at > now);
    if state.channel == Channel::Callback && (state.asleep == not_before || state.stage != Stage::Waiting) {
        return Ok(Vec::new());
    }
    if state.stage != Stage::Waiting {
        return Err(Rejection::NotWaiting);
    }
    if !somebody_calls_back(floor) {
        return Err(Rejection::NobodyCallsBack);
    }
    Ok(vec![becomes_callback(floor, contact, state.queue, not_before, now)])
}

/// Nobody is called while their queue is closed.
fn becomes_callback(floor: &Floor, contact: &Id, queue: QueueKey, at: Option<Millis>, now: Millis) -> What {
    let not_before = at.or_else(|| overflow::closed_until(floor, queue, now));
    let change = ContactChange::Channel { channel: Channel::Callback, not_before };
    What::ContactChanged { contact: contact.clone(), change }
}

fn cancel_callback(floor: &Floor, contact: &Id, now: Millis) -> Result<Vec<What>, Rejection> {
    let (_, state) = floor.contact_of(contact).ok_or(Rejection::UnknownContact)?;
    let channel = floor.queue(state.queue).rules.channel;
    if state.channel == channel {
        return Ok(Vec::new());
    }
    if state.stage != Stage::Waiting {
        return Err(Rejection::NotWaiting);
    }
    let not_before = overflow::closed_until(floor, state.queue, now);
    Ok(vec![What::ContactChanged { contact: contact.clone(), change: ContactChange::Channel { channel, not_before } }])
}

fn accept(floor: &Floor, answer: &Answer) -> Result<Vec<What>, Rejection> {
    let (key, contact) = answered(floor, answer)?;
    match contact.stage {
        Stage::Offered { agent, .. } if agent == key => Ok(accepted(floor, answer, &contact.customer)),
        Stage::Held { agent } if agent == key => Ok(Vec::new()),
        Stage::Offered { .. } => Err(Rejection::NotYours),
        Stage::Waiting | Stage::Held { .. } => Err(Rejection::OfferOver),
    }
}

/// The customer is served: they need not be called back for anything else.
fn accepted(floor: &Floor, answer: &Answer, customer: &Id) -> Vec<What> {
    let mut whats = vec![What::OfferAccepted(answer.clone())];
    let callbacks = floor.callbacks.get(customer).into_iter().flatten();
    let others = callbacks.filter_map(|ticket| floor.contacts.get(*ticket)).filter(|other| other.id != answer.contact);
    let ends = others.map(|other| What::ContactEnded { contact: other.id.clone(), why: ContactEnd::Withdrawn });
    whats.extend(ends);
    whats
}

fn decline(floor: &Floor, answer: &Answer, now: Millis) -> Result<Vec<What>, Rejection> {
    if declined_before(floor, answer) {
        return Ok(Vec::new());
    }
    let (key, contact) = answered(floor, answer)?;
    match contact.stage {
        Stage::Offered { agent, .. } if agent == key => {
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

fn end_contact(floor: &Floor, contact: &Id, why: ContactEnd, now: Millis) -> Vec<What> {
    let Some((_, state)) = floor.contact_of(contact) else {
        return Vec::new();
    };
    let mut whats = vec![What::ContactEnded { contact: contact.clone(), why }];
    let after_work_ms = floor.queue(state.queue).rules.after_work_ms;
    if let Stage::Held { agent } = state.stage
        && after_work_ms > 0
        && floor.agents[agent as usize].availability == Availability::Ready
    {
        let until = Some(now.saturating_add(after_work_ms));
        whats.extend(turn(floor, agent, Availability::AfterWork, "".into(), until));
    }
    whats
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
    let late = floor.limits_due.iter().take_while(|(at, _)| *at <= now);
    whats.extend(late.take(TICK_LIMIT).filter_map(|(_, ticket)| floor.limit_reached(*ticket, now)));
    let rested = floor.after_work_due.iter().take_while(|(at, _)| *at <= now);
    for (_, key) in rested.take(TICK_LIMIT) {
        whats.extend(turn(floor, *key, Availability::Ready, "".into(), None));
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
        until: None,
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
