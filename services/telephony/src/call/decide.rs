//! Which events a command becomes.

use super::{
    Begin, Call, Command, End, Event, FlowPoint, Leg, LegKind, LegState, Millis, Patience, Person, Phase, Recording,
    Via, What, deed,
};
use crate::ids::LegId;

/// An announcement is over after this at the latest, ms.
const ANNOUNCEMENT_MS: Millis = 60_000;

/// Why a command is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It has not begun, or is forgotten.
    #[error("there is no such call")]
    NoSuchCall,
    /// It is over.
    #[error("the call has ended")]
    Ended,
    /// It began before.
    #[error("the call has begun already")]
    Begun,
    /// The person has no part in it.
    #[error("the call is someone else's")]
    NotYourCall,
    /// Only supervisors may.
    #[error("only a supervisor may do that")]
    Forbidden,
    /// Not as the call stands.
    #[error("that does not fit how the call stands now")]
    NotNow,
}

/// Decides on a command. No events: it was carried out before, or changes nothing.
///
/// # Errors
/// Why it is not carried out; the call is as it was.
pub fn decide(call: &Call, command: &Command, patience: &Patience, now: Millis) -> Result<Vec<Event>, Rejection> {
    let happened = match (call.phase, command) {
        (Phase::Absent, Command::Begin(begin)) => begin_call(begin),
        (Phase::Absent, _) => return Err(Rejection::NoSuchCall),
        (_, Command::Begin(_)) => return Err(Rejection::Begun),
        (Phase::Ended, Command::LegEnded(leg)) => down(call, *leg).into_iter().collect(),
        (Phase::Ended, Command::Do { id, .. }) if call.has_done(*id) => Vec::new(),
        (Phase::Ended, Command::HearMessage(by)) => hear_message(call, by)?,
        (Phase::Ended, Command::Join(_) | Command::Do { .. }) => return Err(Rejection::Ended),
        (Phase::Ended, _) => Vec::new(),
        (Phase::Flow | Phase::Queued | Phase::Connecting | Phase::Talking, command) => {
            living(call, command, patience, now)?
        }
    };
    Ok(happened.into_iter().map(|what| Event { at: now, what }).collect())
}

fn living(call: &Call, command: &Command, patience: &Patience, now: Millis) -> Result<Vec<What>, Rejection> {
    Ok(match command {
        Command::Begin(_) => return Err(Rejection::Begun),
        Command::MoveFlow(point) => move_flow(call, point),
        Command::Queue { .. } if call.abandoned_at > 0 => Vec::new(),
        Command::Queue { queue, answers } => match call.phase {
            Phase::Flow => vec![What::Queued { queue: queue.clone(), answers: answers.clone() }],
            Phase::Queued | Phase::Connecting | Phase::Talking | Phase::Absent | Phase::Ended => Vec::new(),
        },
        Command::DialOut(number) => vec![dial_out(call, number)?],
        Command::StopDialling => dialled(call).map(|(leg, _)| What::LegDown(leg)).into_iter().collect(),
        Command::LeaveMessage(message) => match &call.message {
            Some((left, _)) if left == message => Vec::new(),
            Some(_) | None => vec![What::MessageLeft(message.clone())],
        },
        // What is being recorded cannot be heard yet.
        Command::HearMessage(_) => return Err(Rejection::NotNow),
        Command::Assign { agent, number } => assign(call, agent, *number),
        Command::Release { number, queue, to_agent } => release(call, *number, queue, to_agent.as_deref()),
        // The agent who handed the customer out closes the conversation, not the call.
        Command::Close if call.agent.is_none() && has_outside(call) => Vec::new(),
        Command::Close => over(call, End::Agent),
        Command::Join(person) => join(call, person)?,
        Command::RingPhone => ring_phone(call),
        Command::LegUp { leg, snapshot } => up(call, *leg, snapshot),
        Command::LegLost(leg) => lost(call, *leg),
        Command::LegEnded(leg) => leg_ended(call, *leg),
        Command::Do { id, by, deed } => deed::decide(call, *id, by, deed)?,
        Command::TakeOver => take_over(call),
        Command::End(why) => over(call, *why),
        Command::Tick => tick(call, patience, now),
    })
}

/// Who hears it first has heard it; the others change nothing.
fn hear_message(call: &Call, by: &str) -> Result<Vec<What>, Rejection> {
    if call.message.is_none() {
        return Err(Rejection::NotNow);
    }
    Ok(if call.heard.is_none() { vec![What::MessageHeard(by.to_owned())] } else { Vec::new() })
}

/// Nobody of the center is in the call: the flow has it.
fn in_flow(call: &Call) -> bool {
    matches!(call.phase, Phase::Flow | Phase::Queued) && call.agent.is_none()
}

/// Whom the flow is calling.
pub(super) fn dialled(call: &Call) -> Option<(LegId, &Leg)> {
    let rings = |leg: &Leg| matches!(leg.kind, LegKind::Outside(_)) && leg.state == LegState::Ringing;
    call.living().find(|(_, leg)| in_flow(call) && rings(leg))
}

fn dial_out(call: &Call, number: &str) -> Result<What, Rejection> {
    let listens = call.customer_leg().is_some_and(|(_, leg)| leg.state == LegState::Up);
    if !in_flow(call) || !listens || has_outside(call) {
        return Err(Rejection::NotNow);
    }
    Ok(What::LegAdded { leg: call.next_leg(), kind: LegKind::Outside(number.to_owned()), via: Via::Trunk })
}

fn has_outside(call: &Call) -> bool {
    call.living().any(|(_, leg)| matches!(leg.kind, LegKind::Outside(_)))
}

fn begin_call(begin: &Begin) -> Vec<What> {
    let first = match &begin.agent {
        None => What::LegAdded { leg: LegId(0), kind: LegKind::Customer, via: Via::Trunk },
        Some(agent) => What::LegAdded { leg: LegId(0), kind: LegKind::Agent(agent.clone()), via: Via::Browser },
    };
    vec![What::Began(begin.clone()), first]
}

fn move_flow(call: &Call, point: &FlowPoint) -> Vec<What> {
    let same = call.flow.as_ref() == Some(point);
    if same { Vec::new() } else { vec![What::FlowMoved(point.clone())] }
}

/// An assignment while another agent talks takes the call from them: their leg ends.
fn assign(call: &Call, agent: &str, number: u64) -> Vec<What> {
    if number <= call.assigned_by || call.phase == Phase::Flow {
        return Vec::new();
    }
    // Also one that was kept for somebody to whom the call was handed, and whom it did not reach.
    let others = call.living().filter(|(_, leg)| matches!(&leg.kind, LegKind::Agent(other) if other != agent));
    let mut happened: Vec<What> = others.map(|(leg, _)| What::LegDown(leg)).collect();
    // Who answers outside now would take the customer from the agent.
    happened.extend(dialled(call).map(|(leg, _)| What::LegDown(leg)));
    happened.push(What::Assigned { agent: agent.to_owned(), number });
    if let Some((leg, found)) = call.leg_of(agent)
        && !matches!(found.kind, LegKind::Agent(_))
    {
        happened.push(What::LegKind { leg, kind: LegKind::Agent(agent.to_owned()) });
        if call.consult.is_some() {
            happened.push(What::Consulting(None));
        }
    }
    happened
}

/// The agent gave the customer up. A colleague who is being consulted and is meant to have them stays connected.
fn release(call: &Call, number: u64, queue: &str, to_agent: Option<&str>) -> Vec<What> {
    if number != 0 && number <= call.assigned_by {
        return Vec::new();
    }
    let heir = to_agent.and_then(|agent| call.leg_of(agent)).map(|(leg, _)| leg);
    let others = call.living().filter(|(leg, found)| {
        let belongs_to_agent = matches!(found.kind, LegKind::Agent(_) | LegKind::Consulted(_));
        belongs_to_agent && Some(*leg) != heir
    });
    let mut happened: Vec<What> = others.map(|(leg, _)| What::LegDown(leg)).collect();
    if call.consult.is_some() {
        happened.push(What::Consulting(None));
    }
    if call.held {
        happened.push(What::Held(false));
    }
    happened.push(What::Released { number, queue: queue.to_owned() });
    happened
}

pub(super) fn over(call: &Call, why: End) -> Vec<What> {
    let legs = call.living().map(|(leg, _)| What::LegDown(leg));
    legs.chain([What::Ended(why)]).collect()
}

fn join(call: &Call, person: &Person) -> Result<Vec<What>, Rejection> {
    if let Some((_, leg)) = call.leg_of(&person.id) {
        return if leg.via == Via::Browser { Ok(Vec::new()) } else { Err(Rejection::NotNow) };
    }
    if call.agent.as_deref() != Some(person.id.as_str()) {
        return Err(Rejection::NotYourCall);
    }
    Ok(vec![agent_leg(call, &person.id, Via::Browser)])
}

fn ring_phone(call: &Call) -> Vec<What> {
    match &call.agent {
        Some(agent) if call.leg_of(agent).is_none() => vec![agent_leg(call, agent, Via::Phone)],
        Some(_) | None => Vec::new(),
    }
}

fn agent_leg(call: &Call, agent: &str, via: Via) -> What {
    What::LegAdded { leg: call.next_leg(), kind: LegKind::Agent(agent.to_owned()), via }
}

fn up(call: &Call, leg: LegId, snapshot: &[u8]) -> Vec<What> {
    let Some(found) = call.legs.get(&leg).filter(|found| found.state != LegState::Down) else { return Vec::new() };
    if found.state == LegState::Up && found.snapshot == snapshot {
        return Vec::new();
    }
    let mut happened = vec![What::LegUp { leg, snapshot: snapshot.to_vec() }];
    if matches!(found.kind, LegKind::Outside(_)) && call.consult.is_none() {
        happened.extend(hand_out(call));
        if dialled(call).is_some_and(|(dialled, _)| dialled == leg) {
            happened.push(What::HandedOut);
        }
    }
    if call.direction == super::Direction::Out && call.customer_leg().is_none() && found.kind.person().is_some() {
        happened.push(What::LegAdded { leg: call.next_leg(), kind: LegKind::Customer, via: Via::Trunk });
    }
    if both_up(call, leg) && call.recording == Recording::Off {
        happened.push(What::Recording(Recording::On));
    }
    happened
}

/// The customer goes on with somebody outside: the agent is free.
pub(super) fn hand_out(call: &Call) -> Vec<What> {
    let agent = call.agent_leg().map(|(leg, _)| What::LegDown(leg));
    let had_one = call.agent.is_some().then_some(What::HandedOut);
    agent.into_iter().chain(had_one).collect()
}

/// Whether customer and agent are both up once `leg` is.
fn both_up(call: &Call, leg: LegId) -> bool {
    let up = |found: Option<(LegId, &Leg)>| found.is_some_and(|(id, found)| id == leg || found.state == LegState::Up);
    up(call.customer_leg()) && up(call.agent_leg())
}

fn lost(call: &Call, leg: LegId) -> Vec<What> {
    let was_up = call.legs.get(&leg).is_some_and(|found| found.state == LegState::Up);
    if was_up { vec![What::LegLost(leg)] } else { Vec::new() }
}

fn leg_ended(call: &Call, leg: LegId) -> Vec<What> {
    let Some(found) = call.legs.get(&leg).filter(|found| found.state != LegState::Down) else { return Vec::new() };
    match &found.kind {
        LegKind::Customer => {
            let rang = call.direction == super::Direction::Out && found.state == LegState::Ringing;
            let unheard = call.abandoned_at > 0;
            over(
                call,
                if rang {
                    End::Failed
                } else if unheard {
                    End::Abandoned
                } else {
                    End::Customer
                },
            )
        }
        LegKind::Agent(_) if call.customer_leg().is_none() => over(call, End::Agent),
        // A browser that closes is a browser that may come back: the customer is not cut off for it.
        LegKind::Agent(_) if found.via == Via::Browser => lost(call, leg),
        LegKind::Agent(_) if found.state == LegState::Up => over(call, End::Agent),
        LegKind::Agent(_) => release(call, 0, "", None),
        LegKind::Outside(_) if call.agent_leg().is_none() && found.state != LegState::Ringing => {
            over(call, End::Transferred)
        }
        LegKind::Consulted(_) | LegKind::Supervisor(..) | LegKind::Outside(_) => leave(call, leg),
    }
}

/// A leg beside the customer's and the agent's ends.
pub(super) fn leave(call: &Call, leg: LegId) -> Vec<What> {
    let mut happened = vec![What::LegDown(leg)];
    if call.consult == Some(leg) {
        happened.push(What::Consulting(None));
    }
    happened
}

fn down(call: &Call, leg: LegId) -> Option<What> {
    let alive = call.legs.get(&leg).is_some_and(|found| found.state != LegState::Down);
    alive.then_some(What::LegDown(leg))
}

/// Phones and trunks are called again by this gateway; browsers come by themselves, and until then are lost. What was
/// only ringing cannot be restored.
fn take_over(call: &Call) -> Vec<What> {
    let talking = call.customer_leg().is_some_and(|(_, customer)| customer.state != LegState::Ringing);
    if !talking {
        // The customer whom nobody reached yet misses nothing; the agent dials again.
        return over(call, if call.direction == super::Direction::Out { End::Failed } else { End::Lost });
    }
    let legs = call.living().filter_map(|(id, leg)| match (leg.via, leg.state) {
        (Via::Browser, LegState::Up) => Some(What::LegLost(id)),
        (Via::Phone | Via::Trunk, LegState::Ringing) => Some(What::LegDown(id)),
        (Via::Browser, LegState::Ringing | LegState::Lost | LegState::Down)
        | (Via::Phone | Via::Trunk, LegState::Up | LegState::Lost | LegState::Down) => None,
    });
    [What::Moved].into_iter().chain(legs).collect()
}

fn tick(call: &Call, patience: &Patience, now: Millis) -> Vec<What> {
    for (id, leg) in call.living() {
        if deadline(leg, call, patience).is_none_or(|at| now < at) {
            continue;
        }
        return match (&leg.kind, leg.state) {
            (LegKind::Customer, _) if call.abandoned_at > 0 => over(call, End::Abandoned),
            (LegKind::Customer, _) => over(call, if leg.state == LegState::Lost { End::Lost } else { End::Failed }),
            (LegKind::Agent(_), _) if call.customer_leg().is_none() => over(call, End::Failed),
            (LegKind::Agent(_), _) => release(call, 0, "", None),
            (LegKind::Consulted(_) | LegKind::Supervisor(..) | LegKind::Outside(_), _) => leave(call, id),
        };
    }
    if unheard_until(call).is_some_and(|at| now >= at) {
        return over(call, End::Abandoned);
    }
    if found_nobody_at(call).is_some_and(|at| now >= at) {
        return abandon(call);
    }
    let waits = call.phase == Phase::Connecting && call.agent_leg().is_none();
    if waits && now >= connecting_until(call, patience) { release(call, 0, "", None) } else { Vec::new() }
}

/// When something has to happen by itself; None: never.
pub fn next_deadline(call: &Call, patience: &Patience) -> Option<Millis> {
    let connecting =
        (call.phase == Phase::Connecting && call.agent_leg().is_none()).then(|| connecting_until(call, patience));
    let legs = call.living().filter_map(|(_, leg)| deadline(leg, call, patience));
    legs.chain(connecting).chain(found_nobody_at(call)).chain(unheard_until(call)).min()
}

/// Until when whom a campaign called may wait for an agent; None: they talk, or nobody waits.
fn found_nobody_at(call: &Call) -> Option<Millis> {
    let waits = matches!(call.phase, Phase::Queued | Phase::Connecting) && call.answered_at == 0;
    (waits && call.within_ms > 0 && call.picked_up_at > 0).then(|| call.picked_up_at + call.within_ms)
}

/// Until when an announcement that nobody reports over is over.
fn unheard_until(call: &Call) -> Option<Millis> {
    (call.abandoned_at > 0 && call.phase == Phase::Flow).then(|| call.abandoned_at + ANNOUNCEMENT_MS)
}

/// No agent came in time: whoever is on the way needs not come any more.
fn abandon(call: &Call) -> Vec<What> {
    let others = call.living().filter(|(_, leg)| leg.kind != LegKind::Customer);
    let mut happened: Vec<What> = others.map(|(leg, _)| What::LegDown(leg)).collect();
    happened.push(What::Abandoned);
    happened
}

fn connecting_until(call: &Call, patience: &Patience) -> Millis {
    call.changed_at() + patience.connect_ms
}

fn deadline(leg: &Leg, call: &Call, patience: &Patience) -> Option<Millis> {
    let inbound = leg.kind == LegKind::Customer && call.direction == super::Direction::In;
    match leg.state {
        LegState::Ringing if inbound => None,
        LegState::Ringing if leg.via == Via::Browser => Some(leg.since + patience.connect_ms),
        LegState::Ringing if leg.kind == LegKind::Customer && call.ring_ms > 0 => Some(leg.since + call.ring_ms),
        LegState::Ringing => Some(leg.since + patience.ring_ms),
        LegState::Lost => Some(leg.since + patience.rejoin_ms),
        LegState::Up | LegState::Down => None,
    }
}
