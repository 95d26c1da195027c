//! What people may do with a call, and what becomes of it.

use uuid::Uuid;

use super::{
    Call, Deed, End, LegKind, LegState, Mode, Person, Phase, Recording, Rejection, To, Via, What,
    decide::{hand_out, leave, over},
};
use crate::ids::LegId;

/// Decides on a person's deed.
pub(super) fn decide(call: &Call, id: Uuid, by: &Person, deed: &Deed) -> Result<Vec<What>, Rejection> {
    if call.has_done(id) {
        return Ok(Vec::new());
    }
    let mut happened = match deed {
        Deed::Supervise(mode) => supervise(call, by, *mode)?,
        Deed::StopSupervising => stop_supervising(call, by)?,
        Deed::HangUp => hang_up(call, by)?,
        Deed::Hold => mine(call, by).and_then(|()| talking(call)).map(|()| held(call, true))?,
        Deed::Resume => mine(call, by).map(|()| held(call, false))?,
        Deed::PauseRecording => recording(call, by, Recording::On, Recording::Paused)?,
        Deed::ResumeRecording => recording(call, by, Recording::Paused, Recording::On)?,
        Deed::TransferOutside(number) => transfer_outside(call, by, number)?,
        Deed::Consult(to) => consult(call, by, to)?,
        Deed::CancelConsult => {
            mine(call, by)?;
            call.consult.map_or_else(Vec::new, |leg| leave(call, leg))
        }
        Deed::HandToConsulted => hand_to_consulted(call, by)?,
        Deed::Conference => conference(call, by)?,
    };
    happened.push(What::Done(id));
    Ok(happened)
}

fn mine(call: &Call, by: &Person) -> Result<(), Rejection> {
    if call.agent.as_deref() == Some(by.id.as_str()) { Ok(()) } else { Err(Rejection::NotYourCall) }
}

fn talking(call: &Call) -> Result<(), Rejection> {
    if call.phase == Phase::Talking { Ok(()) } else { Err(Rejection::NotNow) }
}

fn held(call: &Call, held: bool) -> Vec<What> {
    if call.held == held { Vec::new() } else { vec![What::Held(held)] }
}

fn recording(call: &Call, by: &Person, from: Recording, to: Recording) -> Result<Vec<What>, Rejection> {
    mine(call, by)?;
    if call.recording == to {
        return Ok(Vec::new());
    }
    if call.recording == from { Ok(vec![What::Recording(to)]) } else { Err(Rejection::NotNow) }
}

fn hang_up(call: &Call, by: &Person) -> Result<Vec<What>, Rejection> {
    if mine(call, by).is_ok() {
        return Ok(over(call, End::Agent));
    }
    let (leg, _) = call.leg_of(&by.id).ok_or(Rejection::NotYourCall)?;
    Ok(leave(call, leg))
}

fn transfer_outside(call: &Call, by: &Person, number: &str) -> Result<Vec<What>, Rejection> {
    mine(call, by)?;
    talking(call)?;
    if call.consult.is_some() {
        return Err(Rejection::NotNow);
    }
    Ok(vec![added(call, LegKind::Outside(number.to_owned()), Via::Trunk)])
}

fn consult(call: &Call, by: &Person, to: &To) -> Result<Vec<What>, Rejection> {
    mine(call, by)?;
    talking(call)?;
    if call.consult.is_some() {
        return Err(Rejection::NotNow);
    }
    let (kind, via) = match to {
        To::Agent(agent) if call.leg_of(agent).is_some() => return Err(Rejection::NotNow),
        To::Agent(agent) => (LegKind::Consulted(agent.clone()), Via::Browser),
        To::Number(number) => (LegKind::Outside(number.clone()), Via::Trunk),
        // Whom to ask in a queue is a decision of routing: the shell has found them before.
        To::Queue(_) => return Err(Rejection::NotNow),
    };
    Ok(vec![added(call, kind, via), What::Consulting(Some(call.next_leg()))])
}

fn hand_to_consulted(call: &Call, by: &Person) -> Result<Vec<What>, Rejection> {
    mine(call, by)?;
    let consulted = call.consult.and_then(|leg| call.legs.get(&leg)).ok_or(Rejection::NotNow)?;
    let outside = matches!(consulted.kind, LegKind::Outside(_));
    if outside && consulted.state == LegState::Up { Ok(hand_out(call)) } else { Err(Rejection::NotNow) }
}

fn conference(call: &Call, by: &Person) -> Result<Vec<What>, Rejection> {
    mine(call, by)?;
    let consulted = call.consult.and_then(|leg| call.legs.get(&leg)).ok_or(Rejection::NotNow)?;
    if consulted.state != LegState::Up {
        return Err(Rejection::NotNow);
    }
    let mut happened = vec![What::Consulting(None)];
    happened.extend(held(call, false));
    Ok(happened)
}

fn supervise(call: &Call, by: &Person, mode: Mode) -> Result<Vec<What>, Rejection> {
    if !by.supervisor {
        return Err(Rejection::Forbidden);
    }
    let kind = LegKind::Supervisor(by.id.clone(), mode);
    match call.leg_of(&by.id) {
        None => Ok(vec![added(call, kind, Via::Browser)]),
        Some((_, leg)) if leg.kind == kind => Ok(Vec::new()),
        Some((leg, found)) if matches!(found.kind, LegKind::Supervisor(..)) => Ok(vec![What::LegKind { leg, kind }]),
        Some(_) => Err(Rejection::NotNow),
    }
}

fn stop_supervising(call: &Call, by: &Person) -> Result<Vec<What>, Rejection> {
    let found = call.leg_of(&by.id).filter(|(_, leg)| matches!(leg.kind, LegKind::Supervisor(..)));
    let (leg, _): (LegId, _) = found.ok_or(Rejection::NotYourCall)?;
    Ok(leave(call, leg))
}

fn added(call: &Call, kind: LegKind, via: Via) -> What {
    What::LegAdded { leg: call.next_leg(), kind, via }
}
