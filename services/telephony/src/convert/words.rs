//! Words of the contract and of the core.

use chassis::refusal::Refusal;
use proto::telephony::v1 as pb;
use uuid::Uuid;

use crate::{
    call::{Call, Direction, End, Leg, LegKind, LegState, Mode, Person, Phase, Recording, Via},
    error::invalid,
    ids::{CallId, LegId},
};

/// Defines both directions of a mapping between enums of the same words.
macro_rules! words {
    ($there:ident, $back:ident, $core:ident, $pb:ident { $($word:ident = $pb_word:ident),+ $(,)? }) => {
        pub(super) fn $there(word: $core) -> pb::$pb {
            match word { $($core::$word => pb::$pb::$pb_word,)+ }
        }
        pub(super) fn $back(word: pb::$pb) -> Option<$core> {
            match word { pb::$pb::Unspecified => None, $(pb::$pb::$pb_word => Some($core::$word),)+ }
        }
    };
}

words!(direction, to_direction, Direction, Direction { In = In, Out = Out });
words!(via, to_via, Via, Via { Trunk = Trunk, Phone = Phone, Browser = Browser });
words!(recording, to_recording, Recording, Recording { Off = Off, On = On, Paused = Paused });
words!(leg_state, to_leg_state, LegState, LegState { Ringing = Ringing, Up = Up, Lost = Lost, Down = Down });
words!(end, to_end, End, End {
    Customer = Customer, Agent = Agent, Flow = Flow, Failed = Failed, Lost = Lost, Transferred = Transferred,
    Abandoned = Abandoned,
});

pub(super) fn leg_kind(kind: &LegKind) -> pb::LegKind {
    match kind {
        LegKind::Customer => pb::LegKind::Customer,
        LegKind::Agent(_) => pb::LegKind::Agent,
        LegKind::Consulted(_) => pb::LegKind::Consulted,
        LegKind::Supervisor(_, Mode::Monitor) => pb::LegKind::Monitor,
        LegKind::Supervisor(_, Mode::Whisper) => pb::LegKind::Whisper,
        LegKind::Supervisor(_, Mode::Barge) => pb::LegKind::Barge,
        LegKind::Outside(_) => pb::LegKind::Outside,
    }
}

pub(super) fn to_leg_kind(kind: pb::LegKind, person: &str, number: impl FnOnce() -> String) -> Option<LegKind> {
    let person = person.to_owned();
    Some(match kind {
        pb::LegKind::Unspecified => return None,
        pb::LegKind::Customer => LegKind::Customer,
        pb::LegKind::Agent => LegKind::Agent(person),
        pb::LegKind::Consulted => LegKind::Consulted(person),
        pb::LegKind::Monitor => LegKind::Supervisor(person, Mode::Monitor),
        pb::LegKind::Whisper => LegKind::Supervisor(person, Mode::Whisper),
        pb::LegKind::Barge => LegKind::Supervisor(person, Mode::Barge),
        pb::LegKind::Outside => LegKind::Outside(number()),
    })
}

fn to_phase(phase: pb::Phase) -> Phase {
    match phase {
        pb::Phase::Unspecified => Phase::Absent,
        pb::Phase::Flow => Phase::Flow,
        pb::Phase::Queued => Phase::Queued,
        pb::Phase::Connecting => Phase::Connecting,
        pb::Phase::Talking => Phase::Talking,
        pb::Phase::Ended => Phase::Ended,
    }
}

fn phase(phase: Phase) -> pb::Phase {
    match phase {
        Phase::Absent => pb::Phase::Unspecified,
        Phase::Flow => pb::Phase::Flow,
        Phase::Queued => pb::Phase::Queued,
        Phase::Connecting => pb::Phase::Connecting,
        Phase::Talking => pb::Phase::Talking,
        Phase::Ended => pb::Phase::Ended,
    }
}

/// A call as its people see it.
pub(crate) fn call_view(id: CallId, call: &Call, end: Option<End>, site: &str, sequence: u64) -> pb::Call {
    pb::Call {
        call_id: id.to_string(),
        direction: direction(call.direction).into(),
        phase: phase(call.phase).into(),
        customer_id: call.customer.clone(),
        number: call.number.clone(),
        name: call.name.clone(),
        dialled: call.dialled.clone(),
        trunk: call.trunk.clone(),
        queue: call.queue.clone(),
        agent_id: call.agent.clone().unwrap_or_default(),
        began_at_ms: call.began_at,
        answered_at_ms: call.answered_at,
        ended_at_ms: call.ended_at,
        held: call.held,
        recording: recording(call.recording).into(),
        parts: call.parts,
        moved: call.moved,
        legs: call.living().map(|(id, leg)| leg_view(id, leg)).collect(),
        answers: call.answers.clone().into_iter().collect(),
        site: site.to_owned(),
        consulting: call.consult.map(|leg| leg.0),
        end: end.map_or(pb::End::Unspecified, self::end).into(),
        sequence,
        campaign_id: call.campaign.clone(),
        called_back_at_ms: 0,
        called_back_by: String::new(),
    }
}

/// A call's state from what its people see of it, as far as it is in there, and why it ended.
pub(crate) fn restored(view: &pb::Call) -> (Call, Option<End>) {
    let mut call = Call::default();
    call.phase = to_phase(view.phase());
    call.direction = to_direction(view.direction()).unwrap_or_default();
    call.customer.clone_from(&view.customer_id);
    call.dialled.clone_from(&view.dialled);
    call.trunk.clone_from(&view.trunk);
    call.queue.clone_from(&view.queue);
    call.agent = Some(view.agent_id.clone()).filter(|agent| !agent.is_empty());
    call.began_at = view.began_at_ms;
    call.answered_at = view.answered_at_ms;
    call.ended_at = view.ended_at_ms;
    call.held = view.held;
    call.recording = to_recording(view.recording()).unwrap_or_default();
    call.parts = view.parts;
    call.moved = view.moved;
    call.campaign.clone_from(&view.campaign_id);
    call.legs = view.legs.iter().filter_map(|leg| Some((LegId(leg.leg), to_leg(leg)?))).collect();
    (call, to_end(view.end()))
}

fn to_leg(leg: &pb::Leg) -> Option<Leg> {
    let kind = to_leg_kind(leg.kind(), &leg.person_id, || leg.number.clone())?;
    let state = to_leg_state(leg.state())?;
    Some(Leg { kind, via: to_via(leg.via())?, state, since: leg.since_ms, snapshot: Vec::new() })
}

fn leg_view(id: LegId, leg: &Leg) -> pb::Leg {
    pb::Leg {
        leg: id.0,
        kind: leg_kind(&leg.kind).into(),
        via: via(leg.via).into(),
        state: leg_state(leg.state).into(),
        person_id: leg.kind.person().unwrap_or_default().to_owned(),
        number: if let LegKind::Outside(number) = &leg.kind { number.clone() } else { String::new() },
        since_ms: leg.since,
        quality: None,
    }
}

/// Who asks.
pub(crate) fn person(person: Option<pb::Person>) -> Result<Person, Refusal> {
    let person = person.filter(|person| !person.id.is_empty());
    let person = person.ok_or_else(|| invalid("bad_request", "the request does not say who asks"))?;
    Ok(Person { id: person.id, supervisor: person.supervisor })
}

/// An id as written.
pub(crate) fn uuid(field: &'static str, text: &str) -> Result<Uuid, Refusal> {
    text.parse().map_err(|_| invalid("bad_id", &format!("{field} is not a UUID")))
}
