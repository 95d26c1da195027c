//! A call as pages see it.

use std::collections::BTreeMap;

use proto::telephony::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A call. Times in ms since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Call {
    /// Its id.
    pub call: String,
    /// The conversation that it belongs to: the same id.
    pub conversation: String,
    /// `in` or `out`.
    pub direction: String,
    /// `ivr`, `queued`, `connecting`, `talking` or `ended`.
    pub phase: String,
    /// Customer's number; empty when withheld.
    pub number: String,
    /// Name that came with the call; may be empty.
    pub name: String,
    /// The number that was dialled, or is shown.
    pub dialled: String,
    /// The trunk.
    pub route: String,
    /// The queue; empty: none yet.
    pub queue: String,
    /// The site whose gateway carries it.
    pub site: String,
    /// How often another gateway took it over.
    pub moved: u32,
    /// When it began.
    pub started: u64,
    /// When customer and agent first talked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered: Option<u64>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended: Option<u64>,
    /// Why it ended: `customer`, `agent`, `flow`, `failed`, `lost`, `transferred` or `abandoned` (a campaign had no agent in time).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub end: Option<String>,
    /// The agent who has it; empty: nobody.
    pub agent: String,
    /// The customer is on hold.
    pub held: bool,
    /// The leg that the agent talks with in private.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub consulting: Option<u32>,
    /// `on`, `paused` or `off`.
    pub recording: String,
    /// Who is connected.
    pub legs: Vec<CallLeg>,
    /// What the customer answered, by variable.
    pub answers: BTreeMap<String, String>,
    /// Of a call that could not be kept, in lists: when somebody called the customer after it and was answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub called_back: Option<u64>,
    /// The agent who did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub called_back_by: Option<String>,
}

/// A leg of a call.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct CallLeg {
    /// Its number.
    pub leg: u32,
    /// `customer`, `agent`, `consulted`, `supervisor` or `outside`.
    pub kind: String,
    /// Account; empty for customers and numbers outside.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub id: String,
    /// Number outside.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub number: String,
    /// `phone`, `browser` or `trunk`.
    pub via: String,
    /// `ringing`, `connected`, `held`, `lost` or `ended`.
    pub state: String,
    /// How a supervisor listens: `monitor`, `whisper` or `barge`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mode: Option<String>,
    /// How it sounds, from time to time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quality: Option<CallQuality>,
}

/// How a leg sounds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct CallQuality {
    /// Lost packets per thousand.
    pub loss_permille: u32,
    /// Jitter, ms.
    pub jitter_ms: u32,
    /// Round trip, ms; 0: unknown.
    pub rtt_ms: u32,
}

impl Call {
    /// Accounts that take part.
    pub fn people(&self) -> impl Iterator<Item = &str> {
        let legs = self.legs.iter().map(|leg| leg.id.as_str());
        legs.chain([self.agent.as_str()]).filter(|id| !id.is_empty())
    }
}

impl From<pb::Call> for Call {
    fn from(call: pb::Call) -> Self {
        let held = call.held;
        let set = |at: u64| Some(at).filter(|at| *at != 0);
        Self {
            direction: if call.direction() == pb::Direction::Out { "out" } else { "in" }.to_owned(),
            phase: phase(call.phase()).to_owned(),
            end: end(call.end()).map(str::to_owned),
            recording: recording(call.recording()).to_owned(),
            conversation: call.call_id.clone(),
            call: call.call_id,
            number: call.number,
            name: call.name,
            dialled: call.dialled,
            route: call.trunk,
            queue: call.queue,
            site: call.site,
            moved: call.moved,
            started: call.began_at_ms,
            answered: set(call.answered_at_ms),
            ended: set(call.ended_at_ms),
            agent: call.agent_id,
            held,
            consulting: call.consulting,
            legs: call.legs.into_iter().map(|leg| leg_of(leg, held)).collect(),
            answers: call.answers.into_iter().collect(),
            called_back: set(call.called_back_at_ms),
            called_back_by: Some(call.called_back_by).filter(|by| !by.is_empty()),
        }
    }
}

fn leg_of(leg: pb::Leg, held: bool) -> CallLeg {
    let customer = leg.kind() == pb::LegKind::Customer;
    let (kind, mode) = match leg.kind() {
        pb::LegKind::Customer | pb::LegKind::Unspecified => ("customer", None),
        pb::LegKind::Agent => ("agent", None),
        pb::LegKind::Consulted => ("consulted", None),
        pb::LegKind::Monitor => ("supervisor", Some("monitor")),
        pb::LegKind::Whisper => ("supervisor", Some("whisper")),
        pb::LegKind::Barge => ("supervisor", Some("barge")),
        pb::LegKind::Outside => ("outside", None),
    };
    let state = match leg.state() {
        pb::LegState::Ringing | pb::LegState::Unspecified => "ringing",
        pb::LegState::Up if customer && held => "held",
        pb::LegState::Up => "connected",
        pb::LegState::Lost => "lost",
        pb::LegState::Down => "ended",
    };
    let via = match leg.via() {
        pb::Via::Browser => "browser",
        pb::Via::Phone => "phone",
        pb::Via::Trunk | pb::Via::Unspecified => "trunk",
    };
    CallLeg {
        leg: leg.leg,
        kind: kind.to_owned(),
        id: leg.person_id,
        number: leg.number,
        via: via.to_owned(),
        state: state.to_owned(),
        mode: mode.map(str::to_owned),
        quality: leg.quality.map(|it| CallQuality {
            loss_permille: it.loss_permille,
            jitter_ms: it.jitter_ms,
            rtt_ms: it.rtt_ms,
        }),
    }
}

fn phase(phase: pb::Phase) -> &'static str {
    match phase {
        pb::Phase::Flow | pb::Phase::Unspecified => "ivr",
        pb::Phase::Queued => "queued",
        pb::Phase::Connecting => "connecting",
        pb::Phase::Talking => "talking",
        pb::Phase::Ended => "ended",
    }
}

fn recording(recording: pb::Recording) -> &'static str {
    match recording {
        pb::Recording::Off | pb::Recording::Unspecified => "off",
        pb::Recording::On => "on",
        pb::Recording::Paused => "paused",
    }
}

fn end(end: pb::End) -> Option<&'static str> {
    match end {
        pb::End::Unspecified => None,
        pb::End::Customer => Some("customer"),
        pb::End::Agent => Some("agent"),
        pb::End::Flow => Some("flow"),
        pb::End::Failed => Some("failed"),
        pb::End::Lost => Some("lost"),
        pb::End::Transferred => Some("transferred"),
        pb::End::Abandoned => Some("abandoned"),
    }
}
