//! Events as the journal keeps them.

use std::collections::BTreeMap;

use bytes::Bytes;
use journal::DataKey;
use prost::Message as _;
use proto::{
    journal::v1::Sealed,
    telephony::v1::{self as pb, call_event::What as PbWhat},
};

use super::words;
use crate::{
    call::{Begin, Event, FlowPoint, LegKind, Message, What},
    ids::LegId,
};

/// Why stored bytes are not an event.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadEvent {
    /// Not protobuf.
    #[error("decoding an event: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A required field is missing or makes no sense.
    #[error("reading an event: its {0} makes no sense")]
    Field(&'static str),
}

/// Seals and opens one customer's data at one place of the journal.
pub(crate) struct Sealer {
    key: Option<DataKey>,
    place: String,
}

impl Sealer {
    /// For a subject; without a key (an erased customer) everything opens as nothing.
    pub(crate) fn new(key: Option<DataKey>, place: String) -> Self {
        Self { key, place }
    }

    pub(crate) fn shut(&self, plain: &[u8]) -> Option<Sealed> {
        let key = self.key.as_ref().filter(|_| !plain.is_empty())?;
        Some(key.seal(&self.place, plain))
    }

    pub(crate) fn open(&self, sealed: Option<&Sealed>) -> Vec<u8> {
        let (Some(key), Some(sealed)) = (&self.key, sealed) else { return Vec::new() };
        key.open(&self.place, sealed).unwrap_or_default()
    }

    fn text(&self, sealed: Option<&Sealed>) -> String {
        String::from_utf8(self.open(sealed)).unwrap_or_default()
    }
}

/// An event's bytes.
pub(crate) fn encode(event: &Event, sealer: &Sealer) -> Bytes {
    let what = match &event.what {
        What::Began(begin) => PbWhat::Began(began(begin, sealer)),
        What::FlowMoved(point) => PbWhat::FlowMoved(pb::FlowMoved {
            flow: point.flow.clone(),
            version: point.version,
            state: sealer.shut(&point.state),
        }),
        What::Queued { queue, answers } => PbWhat::Queued(pb::Queued {
            queue: queue.clone(),
            answers: (!answers.is_empty()).then(|| json(answers)).and_then(|text| sealer.shut(text.as_bytes())),
        }),
        What::Assigned { agent, number } => PbWhat::Assigned(pb::Assigned { agent_id: agent.clone(), number: *number }),
        What::Released { number, queue } => PbWhat::Released(pb::Released { number: *number, queue: queue.clone() }),
        What::LegAdded { leg, kind, via } => PbWhat::LegAdded(pb::LegAdded {
            leg: leg.0,
            kind: words::leg_kind(kind).into(),
            via: words::via(*via).into(),
            person_id: kind.person().unwrap_or_default().to_owned(),
            number: if let LegKind::Outside(number) = kind { sealer.shut(number.as_bytes()) } else { None },
        }),
        What::LegUp { leg, snapshot } => PbWhat::LegUp(pb::LegUp { leg: leg.0, snapshot: sealer.shut(snapshot) }),
        What::LegLost(leg) => PbWhat::LegLost(pb::LegLost { leg: leg.0 }),
        What::LegDown(leg) => PbWhat::LegDown(pb::LegDown { leg: leg.0 }),
        What::LegKind { leg, kind } => PbWhat::LegChanged(pb::LegChanged {
            leg: leg.0,
            kind: words::leg_kind(kind).into(),
            person_id: kind.person().unwrap_or_default().to_owned(),
        }),
        What::Consulting(leg) => PbWhat::Consulting(pb::Consulting { leg: leg.map(|leg| leg.0) }),
        What::Held(held) => PbWhat::Held(pb::Held { held: *held }),
        What::Recording(recording) => {
            PbWhat::RecordingChanged(pb::RecordingChanged { recording: words::recording(*recording).into() })
        }
        What::Moved => PbWhat::Moved(pb::Moved {}),
        What::Done(id) => PbWhat::Done(pb::Done { command_id: id.to_string() }),
        What::HandedOut => PbWhat::HandedOut(pb::HandedOut {}),
        What::MessageLeft(message) => PbWhat::MessageLeft(pb::MessageLeft {
            mailbox: message.mailbox.clone(),
            part: message.part,
            length_ms: message.length_ms,
        }),
        What::Abandoned => PbWhat::Abandoned(pb::Abandoned {}),
        What::MessageHeard(by) => PbWhat::MessageHeard(pb::MessageHeard { by_id: by.clone() }),
        What::Ended(why) => PbWhat::Ended(pb::Ended { why: words::end(*why).into() }),
    };
    pb::CallEvent { at_ms: event.at, what: Some(what) }.encode_to_vec().into()
}

/// The key that seals a call, from its first event's bytes.
pub(crate) fn customer_of(bytes: Bytes) -> Option<String> {
    let what = pb::CallEvent::decode(bytes).ok()?.what?;
    if let PbWhat::Began(began) = what { Some(began.customer_id) } else { None }
}

/// An event from its bytes.
pub(crate) fn decode(bytes: Bytes, sealer: &Sealer) -> Result<Event, BadEvent> {
    read(pb::CallEvent::decode(bytes)?, sealer)
}

/// An event from the contract's.
pub(crate) fn read(event: pb::CallEvent, sealer: &Sealer) -> Result<Event, BadEvent> {
    let what = match event.what.ok_or(BadEvent::Field("kind"))? {
        PbWhat::Began(began) => What::Began(begin(&began, sealer)?),
        PbWhat::FlowMoved(moved) => What::FlowMoved(FlowPoint {
            flow: moved.flow,
            version: moved.version,
            state: sealer.open(moved.state.as_ref()),
        }),
        PbWhat::Queued(queued) => What::Queued {
            answers: serde_json::from_slice(&sealer.open(queued.answers.as_ref())).unwrap_or_default(),
            queue: queued.queue,
        },
        PbWhat::Assigned(assigned) => What::Assigned { agent: assigned.agent_id, number: assigned.number },
        PbWhat::Released(released) => What::Released { number: released.number, queue: released.queue },
        PbWhat::LegAdded(added) => What::LegAdded {
            leg: LegId(added.leg),
            via: words::to_via(added.via()).ok_or(BadEvent::Field("way"))?,
            kind: words::to_leg_kind(added.kind(), &added.person_id, || sealer.text(added.number.as_ref()))
                .ok_or(BadEvent::Field("leg's kind"))?,
        },
        PbWhat::LegUp(up) => What::LegUp { leg: LegId(up.leg), snapshot: sealer.open(up.snapshot.as_ref()) },
        PbWhat::LegLost(lost) => What::LegLost(LegId(lost.leg)),
        PbWhat::LegDown(down) => What::LegDown(LegId(down.leg)),
        PbWhat::LegChanged(changed) => What::LegKind {
            leg: LegId(changed.leg),
            kind: words::to_leg_kind(changed.kind(), &changed.person_id, String::new)
                .ok_or(BadEvent::Field("leg's kind"))?,
        },
        PbWhat::Consulting(consulting) => What::Consulting(consulting.leg.map(LegId)),
        PbWhat::Held(held) => What::Held(held.held),
        PbWhat::RecordingChanged(changed) => {
            What::Recording(words::to_recording(changed.recording()).ok_or(BadEvent::Field("recording"))?)
        }
        PbWhat::Moved(_) => What::Moved,
        PbWhat::Done(done) => What::Done(done.command_id.parse().map_err(|_| BadEvent::Field("command's id"))?),
        PbWhat::HandedOut(_) => What::HandedOut,
        PbWhat::MessageLeft(left) => {
            What::MessageLeft(Message { mailbox: left.mailbox, part: left.part, length_ms: left.length_ms })
        }
        PbWhat::Abandoned(_) => What::Abandoned,
        PbWhat::MessageHeard(heard) => What::MessageHeard(heard.by_id),
        PbWhat::Ended(ended) => What::Ended(words::to_end(ended.why()).ok_or(BadEvent::Field("end"))?),
    };
    Ok(Event { at: event.at_ms, what })
}

fn began(begin: &Begin, sealer: &Sealer) -> pb::Began {
    pb::Began {
        direction: words::direction(begin.direction).into(),
        customer_id: begin.customer.clone(),
        number: sealer.shut(begin.number.as_bytes()),
        name: sealer.shut(begin.name.as_bytes()),
        dialled: begin.dialled.clone(),
        trunk: begin.trunk.clone(),
        agent_id: begin.agent.clone().unwrap_or_default(),
        queue: begin.queue.clone(),
        converses: begin.converses,
        campaign_id: begin.campaign.clone(),
        ring_ms: begin.ring_ms,
        within_ms: begin.within_ms,
    }
}

fn begin(began: &pb::Began, sealer: &Sealer) -> Result<Begin, BadEvent> {
    Ok(Begin {
        direction: words::to_direction(began.direction()).ok_or(BadEvent::Field("direction"))?,
        customer: began.customer_id.clone(),
        number: sealer.text(began.number.as_ref()),
        name: sealer.text(began.name.as_ref()),
        dialled: began.dialled.clone(),
        trunk: began.trunk.clone(),
        agent: Some(began.agent_id.clone()).filter(|agent| !agent.is_empty()),
        queue: began.queue.clone(),
        converses: began.converses,
        campaign: began.campaign_id.clone(),
        ring_ms: began.ring_ms,
        within_ms: began.within_ms,
    })
}

fn json(answers: &BTreeMap<String, String>) -> String {
    serde_json::to_string(answers).unwrap_or_default()
}
