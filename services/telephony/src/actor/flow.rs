//! The IVR: drives the interpreter with what happens, and does what it asks.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proto::routing::v1::GetPlacesRequest;
use tokio_util::task::AbortOnDropHandle;

use super::{Actor, Command, FLOW_END, Input, Stop};
use crate::{
    call::{Direction, FlowPoint, Phase},
    ids::{LegId, LegKey},
    ivr::{
        flow::{CALLER, DIALLED, Flow},
        run::{self, Act, Answer, Piece, State, Why},
    },
    media::Sound,
};

/// How often a waiting caller's place is asked for.
const PLACE_EVERY: Duration = Duration::from_secs(2);
/// Hold music of a flow: reported by nobody.
const MUSIC: u64 = u64::MAX - 2;

/// A flow under way.
pub(super) struct Running {
    flow: Arc<Flow>,
    state: State,
    kept_node: String,
    /// Tells it where the caller stands, while it waits.
    place: Option<AbortOnDropHandle<()>>,
    /// The leg that it is calling outside, and the number of its question.
    dialling: Option<(LegId, u32)>,
}

impl Running {
    pub(super) fn deadline(&self) -> Option<u64> {
        self.state.deadline()
    }

    pub(super) fn due(&self, now: u64) -> bool {
        self.state.deadline().is_some_and(|at| at <= now)
    }
}

impl Actor<'_> {
    /// The customer's leg stands, for the first time or again.
    pub(super) async fn went_on(&mut self, leg: LegId) -> Result<(), Stop> {
        let customer = self.call.customer_leg().is_some_and(|(id, _)| id == leg);
        if !customer {
            return Ok(());
        }
        if self.call.direction == Direction::Out {
            return self.picked_up().await;
        }
        if self.flow.is_some() {
            return self.step(run::Input::Resume).await;
        }
        if self.call.phase == Phase::Flow && self.call.flow.is_none() { self.start_flow().await } else { Ok(()) }
    }

    async fn start_flow(&mut self) -> Result<(), Stop> {
        let settings = &self.gateway.settings;
        let Some(flow) = settings.flow_of(&self.call.dialled, &self.gateway.config.flow) else {
            let queue = self.gateway.config.queue.clone();
            return self.note(Command::Queue { queue, answers: self.answers.clone() }).await;
        };
        let mut variables = BTreeMap::from([(DIALLED.to_owned(), self.call.dialled.clone())]);
        if !self.call.number.is_empty() {
            variables.insert(CALLER.to_owned(), self.call.number.clone());
        }
        self.flow = Some(Running { flow, state: State::new(), kept_node: String::new(), place: None, dialling: None });
        self.step(run::Input::Start { variables }).await
    }

    /// After a takeover: from where the journal says.
    pub(super) async fn resume_flow(&mut self) -> Result<(), Stop> {
        let waits = matches!(self.call.phase, Phase::Flow | Phase::Queued);
        let Some(point) = self.call.flow.clone().filter(|_| waits) else { return Ok(()) };
        let state: Option<State> = serde_json::from_slice(&point.state).ok();
        let flow = self.gateway.settings.flow_version(&point.flow, point.version);
        let (Some(flow), Some(state)) = (flow, state) else {
            tracing::warn!(call = %self.id, flow = point.flow, version = point.version, "a flow cannot go on: the caller waits");
            let queue = self.gateway.config.queue.clone();
            return self.note(Command::Queue { queue, answers: self.answers.clone() }).await;
        };
        let told = state.variables().iter().filter(|(name, _)| ![CALLER, DIALLED].contains(&name.as_str()));
        self.answers.extend(told.map(|(name, value)| (name.clone(), value.clone())));
        let kept_node = state.node().to_owned();
        let place = (self.call.phase == Phase::Queued && state.queue().is_some()).then(|| self.follow_place());
        self.flow = Some(Running { flow, state, kept_node, place, dialling: None });
        Ok(())
    }

    /// Whether the flow took the caller out of the queue where they waited: the conversation is closed.
    pub(super) fn left_queue(&self) -> bool {
        self.flow.as_ref().is_some_and(|running| running.state.queue().is_none())
    }

    /// Something happened that concerns the flow.
    pub(super) async fn step(&mut self, input: run::Input) -> Result<(), Stop> {
        let Some(running) = &mut self.flow else { return Ok(()) };
        let acts = run::step(&running.flow, &mut running.state, &input, crate::gateway::now_ms());
        if running.kept_node != running.state.node() {
            running.kept_node = running.state.node().to_owned();
            let point = FlowPoint {
                flow: running.flow.id.clone(),
                version: running.flow.version,
                state: serde_json::to_vec(&running.state).unwrap_or_default(),
            };
            self.note(Command::MoveFlow(point)).await?;
        }
        self.settle_dialling().await?;
        for act in acts {
            self.act(act).await?;
        }
        Ok(())
    }

    pub(super) async fn on_played(&mut self, key: LegKey, play: u64) -> Result<(), Stop> {
        let customer = self.call.customer_leg().is_some_and(|(leg, _)| leg == key.leg);
        if customer && self.announced(play).await? {
            return Ok(());
        }
        match u32::try_from(play) {
            Ok(play) if customer => self.step(run::Input::Played { play }).await,
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// An agent has the call: the flow has nothing more to say.
    pub(super) async fn end_flow(&mut self) {
        if self.flow.take().is_some()
            && let Some((leg, _)) = self.call.customer_leg()
        {
            self.gateway.media.stop_play(self.key(leg)).await;
        }
    }

    async fn act(&mut self, act: Act) -> Result<(), Stop> {
        let Some((leg, _)) = self.call.customer_leg() else { return Ok(()) };
        let key = self.key(leg);
        let media = &self.gateway.media;
        match act {
            Act::Play { play, pieces } => self.play(key, play, pieces),
            Act::Hush => media.stop_play(key).await,
            Act::Music => {
                if let Err(error) = media.play(key, MUSIC, Sound::hold_music(), true).await {
                    tracing::warn!(%error, leg = %key, "hold music cannot be played");
                }
            }
            Act::Ask { ask, question } => self.ask(ask, question),
            Act::Set { variable, value } => drop(self.answers.insert(variable, value)),
            Act::Queue { queue, reason, .. } => {
                if let Some(reason) = reason {
                    self.answers.insert("reason".to_owned(), reason);
                }
                self.note(Command::Queue { queue, answers: self.answers.clone() }).await?;
                let place = self.follow_place();
                if let Some(running) = &mut self.flow {
                    running.place = Some(place);
                }
            }
            Act::LeaveQueue => self.leave_queue(),
            Act::Callback { queue, number, keeps_place, .. } => self.promise_callback(&queue, number, keeps_place),
            Act::Voicemail { mailbox, .. } => self.begin_message(leg, mailbox).await?,
            Act::StopVoicemail => self.complete_message().await?,
            Act::Transfer { ask, number } => self.dial_out(ask, &number).await?,
            Act::End { why: Why::Transferred } => self.end_flow().await,
            Act::End { why: Why::Flow | Why::TooLong | Why::NoSuchNode } => self.note(FLOW_END).await?,
        }
        Ok(())
    }

    /// Calls somebody outside. Their answer takes the call from the flow ([`What::HandedOut`]); the flow hears of the rest.
    async fn dial_out(&mut self, ask: u32, number: &str) -> Result<(), Stop> {
        let leg = self.call.next_leg();
        if let Some(running) = &mut self.flow {
            running.dialling = Some((leg, ask));
        }
        let refusal = match self.gateway.dialable(number) {
            Ok(number) => self.carry_out(Command::DialOut(number)).await?.err(),
            Err(refusal) => Some(refusal),
        };
        if let Some(refusal) = refusal {
            tracing::warn!(reason = %refusal.reason, call = %self.id, "a flow's transfer is refused");
            self.not_reached(leg);
        }
        Ok(())
    }

    /// A leg is over: if the flow called it, nobody was reached there.
    pub(super) fn not_reached(&mut self, leg: LegId) {
        let dialling = self.flow.as_mut().and_then(|running| running.dialling.take_if(|(dialled, _)| *dialled == leg));
        if let Some((_, ask)) = dialling {
            let answer = run::Input::Answered { ask, answer: Answer::Failed };
            self.beside(async move { Some(Input::Flow(answer)) });
        }
    }

    /// The flow's own patience is over before the phone outside is: that stops ringing.
    async fn settle_dialling(&mut self) -> Result<(), Stop> {
        let given_up = self.flow.as_mut().and_then(|running| {
            let asked = running.state.asked();
            running.dialling.take_if(|(_, ask)| asked != Some(*ask))
        });
        if given_up.is_some() { self.note(Command::StopDialling).await } else { Ok(()) }
    }

    fn play(&self, key: LegKey, play: u32, pieces: Vec<Piece>) {
        let gateway = Arc::clone(self.gateway);
        self.beside(async move {
            let (samples, errors) = gateway.speaker.render(&pieces).await;
            for error in errors {
                tracing::warn!(%error, leg = %key, "a piece of a prompt is missing");
            }
            match gateway.media.play(key, u64::from(play), Sound::new(samples.to_vec()), false).await {
                Ok(()) => None,
                Err(error) => {
                    tracing::warn!(%error, leg = %key, "a prompt cannot be played");
                    Some(Input::Flow(run::Input::Played { play }))
                }
            }
        });
    }

    /// Tells the flow where the caller stands, until it is dropped.
    fn follow_place(&self) -> AbortOnDropHandle<()> {
        let (gateway, own, call) = (Arc::clone(self.gateway), self.own.clone(), self.id);
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                tokio::time::sleep(PLACE_EVERY).await;
                let request =
                    GetPlacesRequest { floor: gateway.config.floor.clone(), conversations: vec![call.to_string()] };
                let Ok(places) = gateway.routing.clone().get_places(request).await else { continue };
                let Some(place) = places.into_inner().places.into_iter().next() else { continue };
                let wait_ms = Some(place.expected_wait_ms).filter(|wait| *wait > 0);
                let Some(own) = own.upgrade() else { return };
                let _ = own.send(Input::Flow(run::Input::Place { place: place.place, wait_ms })).await;
            }
        }))
    }
}
