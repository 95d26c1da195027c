//! What an event makes of a call.

use super::{Begin, Call, Event, Leg, LegKind, LegState, Millis, Phase, Recording, Via, What, state::REMEMBERED};
use crate::ids::LegId;

/// Carries an event out on the state. Every event that [`decide`](super::decide) gave fits.
pub fn evolve(call: &mut Call, event: &Event) {
    let at = event.at;
    match &event.what {
        What::Began(begin) => began(call, begin, at),
        What::FlowMoved(point) => call.flow = Some(point.clone()),
        What::Queued { queue, answers } => {
            call.phase = Phase::Queued;
            call.queue.clone_from(queue);
            call.answers.clone_from(answers);
            if !call.campaign.is_empty() && call.picked_up_at == 0 {
                call.picked_up_at = at;
            }
            call.changed(at);
        }
        What::Assigned { agent, number } => assigned(call, agent, *number, at),
        What::Released { number, queue } => {
            call.agent = None;
            call.phase = Phase::Queued;
            call.assigned_by = call.assigned_by.max(*number);
            if !queue.is_empty() {
                call.queue.clone_from(queue);
            }
            call.changed(at);
        }
        What::LegAdded { .. } | What::LegUp { .. } | What::LegLost(_) | What::LegDown(_) | What::LegKind { .. } => {
            evolve_leg(call, at, &event.what);
        }
        What::Consulting(leg) => call.consult = *leg,
        What::Held(held) => call.held = *held,
        What::Recording(recording) => {
            // A part is what one gateway recorded without a break.
            call.parts += u32::from(call.recording == Recording::Off && *recording == Recording::On);
            call.recording = *recording;
        }
        What::Moved => {
            call.moved += 1;
            call.parts += u32::from(call.recording != Recording::Off);
        }
        What::Done(id) => {
            call.done.push_back(*id);
            while call.done.len() > REMEMBERED {
                call.done.pop_front();
            }
        }
        What::MessageLeft(message) => {
            let began =
                call.message.as_ref().filter(|(left, _)| left.part == message.part).map_or(at, |(_, began)| *began);
            call.message = Some((message.clone(), began));
        }
        What::MessageHeard(by) => call.heard = Some((by.clone(), at)),
        What::HandedOut => {
            call.phase = Phase::Talking;
            call.agent = None;
            call.consult = None;
            call.held = false;
            call.changed(at);
        }
        What::Abandoned => abandoned(call, at),
        What::Ended(_) => ended(call, at),
    }
}

fn abandoned(call: &mut Call, at: Millis) {
    call.phase = Phase::Flow;
    call.agent = None;
    call.abandoned_at = at;
    call.changed(at);
}

fn ended(call: &mut Call, at: Millis) {
    call.phase = Phase::Ended;
    call.ended_at = at;
    call.recording = Recording::Off;
    call.consult = None;
    call.held = false;
}

fn began(call: &mut Call, begin: &Begin, at: Millis) {
    call.phase = Phase::Flow;
    call.direction = begin.direction;
    call.customer.clone_from(&begin.customer);
    call.number.clone_from(&begin.number);
    call.name.clone_from(&begin.name);
    call.dialled.clone_from(&begin.dialled);
    call.trunk.clone_from(&begin.trunk);
    call.queue.clone_from(&begin.queue);
    call.agent.clone_from(&begin.agent);
    call.converses = begin.converses;
    call.campaign.clone_from(&begin.campaign);
    call.ring_ms = begin.ring_ms;
    call.within_ms = begin.within_ms;
    call.began_at = at;
    call.changed(at);
}

/// What befalls a leg.
fn evolve_leg(call: &mut Call, at: Millis, what: &What) {
    match what {
        What::LegAdded { leg, kind, via } => {
            let state = LegState::Ringing;
            let added = Leg { kind: kind.clone(), via: *via, state, since: at, snapshot: Vec::new() };
            call.legs.insert(*leg, added);
        }
        What::LegUp { leg, snapshot } => {
            if let Some(found) = call.legs.get_mut(leg) {
                found.snapshot.clone_from(snapshot);
            }
            set(call, *leg, LegState::Up, at);
            settle_talk(call, at);
        }
        What::LegLost(leg) => set(call, *leg, LegState::Lost, at),
        What::LegDown(leg) => set(call, *leg, LegState::Down, at),
        What::LegKind { leg, kind } => {
            if let Some(found) = call.legs.get_mut(leg) {
                found.kind = kind.clone();
            }
            settle_talk(call, at);
        }
        What::Began(_)
        | What::FlowMoved(_)
        | What::Queued { .. }
        | What::Assigned { .. }
        | What::Released { .. }
        | What::Consulting(_)
        | What::Held(_)
        | What::Recording(_)
        | What::Moved
        | What::Done(_)
        | What::HandedOut
        | What::MessageLeft(_)
        | What::Abandoned
        | What::MessageHeard(_)
        | What::Ended(_) => {}
    }
}

fn assigned(call: &mut Call, agent: &str, number: u64, at: Millis) {
    call.agent = Some(agent.to_owned());
    call.assigned_by = number;
    if call.phase == Phase::Queued {
        call.phase = Phase::Connecting;
    }
    call.changed(at);
    settle_talk(call, at);
}

/// Customer and agent are both up: they talk.
fn settle_talk(call: &mut Call, at: Millis) {
    let up = |found: Option<(LegId, &Leg)>| found.is_some_and(|(_, leg)| leg.state == LegState::Up);
    let both = up(call.customer_leg()) && up(call.agent_leg());
    if both && matches!(call.phase, Phase::Flow | Phase::Queued | Phase::Connecting) {
        call.phase = Phase::Talking;
        call.changed(at);
        if call.answered_at == 0 {
            call.answered_at = at;
        }
    }
}

fn set(call: &mut Call, leg: LegId, state: LegState, at: Millis) {
    if let Some(found) = call.legs.get_mut(&leg)
        && found.state != state
    {
        found.state = state;
        found.since = at;
    }
}

/// Whether a leg can be brought back by another gateway without the person's help.
pub(super) fn restorable(leg: &Leg) -> bool {
    leg.via != Via::Browser && leg.state == LegState::Up && !leg.snapshot.is_empty()
}

/// Parties whose words are heard by the others.
pub(super) fn talks(leg: &Leg) -> bool {
    leg.state == LegState::Up && leg.kind.talks() && !matches!(leg.kind, LegKind::Supervisor(..))
}
