//! What must be audible, recorded and connected, as the call stands.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Call, Direction, Leg, LegKind, LegState, Mode, Phase, Recording, Via,
    decide::dialled,
    evolve::{restorable, talks},
};
use crate::ids::LegId;

/// What a leg hears besides people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Hold music.
    Music,
    /// "It rings over there."
    Ringback,
}

/// What a leg's wire must be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The customer's call is to be answered.
    Answer,
    /// It is to be called.
    Call,
    /// It is to be as it is; a gateway that has just taken the call over restores it from the snapshot.
    Keep,
    /// A browser is waited for.
    Await,
    /// It is to be ended.
    End,
}

/// What the shell makes true.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desired {
    /// Who hears whom: (listener, speaker).
    pub hear: BTreeSet<(LegId, LegId)>,
    /// What legs hear besides.
    pub background: BTreeMap<LegId, Background>,
    /// What each leg's wire must be like.
    pub wires: BTreeMap<LegId, Wanted>,
    /// The part that is being recorded, and whether it is paused.
    pub recording: Option<(u32, bool)>,
}

/// What must be true of a call.
pub fn desired(call: &Call) -> Desired {
    Desired {
        hear: hear(call),
        background: background(call),
        wires: call.legs.iter().map(|(id, leg)| (*id, wire(call, leg))).collect(),
        recording: match call.recording {
            Recording::Off => None,
            Recording::On => Some((call.parts, false)),
            Recording::Paused => Some((call.parts, true)),
        },
    }
}

fn wire(call: &Call, leg: &Leg) -> Wanted {
    match (leg.state, leg.via) {
        (LegState::Down, _) => Wanted::End,
        (LegState::Ringing | LegState::Lost, Via::Browser) => Wanted::Await,
        (LegState::Ringing, _) if leg.kind == LegKind::Customer && call.direction == Direction::In => Wanted::Answer,
        (LegState::Ringing, _) => Wanted::Call,
        (LegState::Up | LegState::Lost, _) => Wanted::Keep,
    }
}

/// The audibility matrix.
fn hear(call: &Call) -> BTreeSet<(LegId, LegId)> {
    let parties: Vec<(LegId, &Leg)> = call.living().filter(|(_, leg)| talks(leg)).collect();
    let mut pairs = BTreeSet::new();
    for (listener, one) in &parties {
        for (speaker, other) in &parties {
            if listener != speaker && may_hear(call, (*listener, one), (*speaker, other)) {
                pairs.insert((*listener, *speaker));
            }
        }
    }
    for (ear, leg) in call.living() {
        let LegKind::Supervisor(_, mode) = leg.kind else { continue };
        if leg.state == LegState::Up {
            pairs.extend(parties.iter().map(|(speaker, _)| (ear, *speaker)));
            pairs.extend(parties.iter().filter(|party| addressed(call, mode, party)).map(|(id, _)| (*id, ear)));
        }
    }
    pairs
}

/// Between two parties of the talk.
fn may_hear(call: &Call, (listener, one): (LegId, &Leg), (speaker, other): (LegId, &Leg)) -> bool {
    let customer = one.kind == LegKind::Customer || other.kind == LegKind::Customer;
    match call.consult {
        // The private talk: the agent and whom they ask, nobody else.
        Some(private) => {
            let holds = |leg: &Leg| matches!(&leg.kind, LegKind::Agent(id) if Some(id) == call.agent.as_ref());
            (listener == private && holds(other)) || (speaker == private && holds(one))
        }
        None => !(customer && call.held),
    }
}

/// Whether a supervisor in this mode is heard by this party.
fn addressed(call: &Call, mode: Mode, (id, leg): &(LegId, &Leg)) -> bool {
    match mode {
        Mode::Monitor => false,
        Mode::Whisper => matches!(leg.kind, LegKind::Agent(_)),
        Mode::Barge => {
            let aside = leg.kind == LegKind::Customer && (call.held || call.consult.is_some());
            !aside && call.legs.contains_key(id)
        }
    }
}

fn background(call: &Call) -> BTreeMap<LegId, Background> {
    let mut sounds = BTreeMap::new();
    let agent_up = call.agent_leg().is_some_and(|(_, leg)| leg.state == LegState::Up);
    let others = call
        .living()
        .any(|(_, leg)| leg.state == LegState::Up && matches!(leg.kind, LegKind::Outside(_) | LegKind::Consulted(_)));
    if let Some((id, leg)) = call.customer_leg()
        && leg.state == LegState::Up
    {
        let alone = match call.phase {
            Phase::Absent | Phase::Flow | Phase::Ended => false,
            Phase::Queued | Phase::Connecting => !others,
            Phase::Talking => call.held || call.consult.is_some() || !(agent_up || others),
        };
        if alone {
            sounds.insert(id, Background::Music);
        }
    }
    // Instead of the queue's music, if the flow let the customer wait before.
    sounds.extend(waits_for_outside(call).map(|leg| (leg, Background::Ringback)));
    let calling = call.living().any(|(id, leg)| {
        let awaited = leg.kind == LegKind::Customer || call.consult == Some(id);
        awaited && leg.state == LegState::Ringing
    });
    if let Some((id, leg)) = call.agent_leg()
        && leg.state == LegState::Up
        && calling
    {
        sounds.insert(id, Background::Ringback);
    }
    sounds
}

/// The customer whom the flow is putting through.
fn waits_for_outside(call: &Call) -> Option<LegId> {
    dialled(call)?;
    call.customer_leg().filter(|(_, leg)| leg.state == LegState::Up).map(|(id, _)| id)
}

impl Call {
    /// Whether another gateway can bring this leg back from its snapshot.
    pub fn can_restore(&self, leg: LegId) -> bool {
        self.legs.get(&leg).is_some_and(restorable)
    }
}
