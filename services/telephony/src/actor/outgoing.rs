//! Calls that the center dials and that are conversations of their own: the agent who dials has it from its beginning, whom a campaign
//! called goes to who is free. Who picked up and finds nobody in time hears why.

use std::{sync::Arc, time::Duration};

use chassis::refusal::{Code, Refusal};
use proto::{
    chat::v1::{Close, Open, Party, command::What as Say},
    routing::v1::{EndContact, Engage, ExecuteRequest, execute_request::What as Ask},
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{Actor, Command, Input, Stop, wire::Wire};
use crate::{
    call::{End, Phase},
    conversation::{Said, holder, say},
    gateway::Gateway,
    ids::{CallId, LegId},
    ivr::{flow::Language, run::Piece},
    media::{MediaEvent, Sound},
};

/// The announcement of a campaign: no sound of a flow.
const ANNOUNCEMENT: u64 = u64::MAX - 3;
/// Pause before an agent is looked for again: whom a campaign called is waiting on the line.
const AGAIN: Duration = Duration::from_millis(150);
/// How long the floor may take to answer.
const ONE_ANSWER: Duration = Duration::from_secs(2);
/// Tries of a call whose agent is known.
const TRIES: u32 = 240;

/// A conversation being opened: first an agent has it, then it is opened, so that nobody else is asked. It ends with this.
pub(super) struct Opening {
    stop: CancellationToken,
    task: AbortOnDropHandle<Opened>,
}

/// How far an opening has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    /// Somebody has it, and it is open.
    Yes,
    /// Somebody is kept for it, but there is no conversation.
    Engaged,
    /// Nobody is kept for it, or what has its id is somebody else's.
    Refused,
    /// The floor did not answer: somebody may be kept for it.
    Unknown,
}

impl Opening {
    /// Looks for nobody any more.
    async fn finish(self) -> Opened {
        self.stop.cancel();
        self.task.await.unwrap_or(Opened::Unknown)
    }
}

impl Actor<'_> {
    /// Gives the call to the agent who dials, or to who is free, and opens its conversation then. Again changes nothing.
    pub(super) fn converse(&mut self, queue: &str) {
        if self.opening.is_some() {
            return;
        }
        let engage = Engage {
            contact_id: contact(self.id),
            queue_id: queue.to_owned(),
            agent_id: self.call.agent.clone().unwrap_or_default(),
            customer_key: self.call.customer.clone(),
        };
        let (gateway, call, stop) = (Arc::clone(self.gateway), self.id, CancellationToken::new());
        let (customer, open, stopped) = (self.customer(), self.opening(queue), stop.clone());
        let own = self.own.clone();
        let task = tokio::spawn(async move {
            let opened = open_for(&gateway, call, engage, customer, open, &stopped).await;
            if opened == Opened::Yes {
                tell(&own).await;
            }
            opened
        });
        self.opening = Some(Opening { stop, task: AbortOnDropHandle::new(task) });
    }

    /// The conversation is open: it says from here on who has the call. Before that, what has the call's id may be somebody else's.
    pub(super) fn opened(&mut self) {
        if self.opening.is_some() {
            self.follow_talk();
        }
    }

    /// The conversation is over, and so is the agent's work with it: in this order after its opening.
    pub(super) fn end_converse(&mut self, by: Party) {
        self.forget_talk();
        let opening = self.opening.take();
        let (gateway, call, customer) = (Arc::clone(self.gateway), self.id, self.customer());
        // What was heard of the conversation was the call's own.
        let known = if self.call.assigned_by > 0 { Opened::Yes } else { Opened::Unknown };
        tokio::spawn(async move {
            let opened = match opening {
                Some(opening) => opening.finish().await,
                None => known,
            };
            match if opened == Opened::Unknown { found(&gateway, call, customer).await } else { opened } {
                Opened::Yes => {
                    say(&gateway, call, by, Say::Close(Close {})).await;
                    release(&gateway, call).await;
                }
                Opened::Engaged | Opened::Unknown => release(&gateway, call).await,
                Opened::Refused => {}
            }
        });
    }

    /// The customer's leg of a call that the center dialled stands. Whom a campaign called is to talk with somebody now.
    pub(super) async fn picked_up(&mut self) -> Result<(), Stop> {
        if self.call.campaign.is_empty() || self.call.phase != Phase::Flow || self.call.abandoned_at > 0 {
            return Ok(());
        }
        let name = self.gateway.campaigns.name(&self.call.campaign).unwrap_or_default();
        self.answers.insert("campaign".to_owned(), name);
        let queue = self.call.queue.clone();
        self.note(Command::Queue { queue, answers: self.answers.clone() }).await
    }

    /// Once, when nobody came in time: also after a takeover.
    pub(super) fn settle_announcement(&mut self) {
        let listens = |leg: LegId| matches!(self.wires.get(&leg), Some(Wire::Up));
        let leg = self.call.customer_leg().map(|(leg, _)| leg).filter(|leg| listens(*leg));
        let Some(leg) = leg.filter(|_| self.call.abandoned_at > 0 && !self.announced) else { return };
        self.announced = true;
        let (gateway, key) = (Arc::clone(self.gateway), self.key(leg));
        let prompt = gateway.campaigns.announcement(&self.call.campaign).unwrap_or_default();
        let lines = Language::ALL.into_iter().filter_map(|it| Some(Piece::of(prompt.line(it)?, it)));
        let pieces: Vec<Piece> = lines.collect();
        self.beside(async move {
            let (samples, errors) = gateway.speaker.render(&pieces).await;
            for error in errors {
                tracing::warn!(%error, leg = %key, "a campaign's announcement is missing");
            }
            let unheard = || Some(Input::Media(MediaEvent::Played { key, play: ANNOUNCEMENT }));
            if samples.is_empty() {
                return unheard();
            }
            match gateway.media.play(key, ANNOUNCEMENT, Sound::new(samples.to_vec()), false).await {
                Ok(()) => None,
                Err(error) => {
                    tracing::warn!(%error, leg = %key, "a campaign's announcement cannot be played");
                    unheard()
                }
            }
        });
    }

    /// Whether it was the announcement: the call is over then.
    pub(super) async fn announced(&mut self, play: u64) -> Result<bool, Stop> {
        if play != ANNOUNCEMENT {
            return Ok(false);
        }
        self.note(Command::End(End::Abandoned)).await?;
        Ok(true)
    }
}

fn contact(call: CallId) -> String {
    format!("{call}.1")
}

async fn open_for(
    gateway: &Gateway,
    call: CallId,
    engage: Engage,
    customer: Party,
    open: Open,
    stop: &CancellationToken,
) -> Opened {
    let engaged = engaged(gateway, call, engage, stop).await;
    let kept = match engaged {
        Engaged::Now => Opened::Engaged,
        Engaged::Before => Opened::Refused,
        Engaged::No => return Opened::Refused,
        Engaged::Unknown => return Opened::Unknown,
    };
    match say(gateway, call, customer, Say::Open(open)).await {
        Said::Yes => Opened::Yes,
        Said::Refused => kept,
        Said::Unheard => Opened::Unknown,
    }
}

/// What the floor said of an agent for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engaged {
    /// Somebody has it.
    Now,
    /// A contact of this id was there, and is over: a conversation goes on in another round.
    Before,
    /// Nobody has it.
    No,
    /// Somebody may have it.
    Unknown,
}

/// Until an agent has it, or nobody is to have it any more.
async fn engaged(gateway: &Gateway, call: CallId, engage: Engage, stop: &CancellationToken) -> Engaged {
    let mut so_far = Engaged::No;
    for _ in 0..TRIES {
        if stop.is_cancelled() {
            return so_far;
        }
        match ask(gateway, Ask::Engage(engage.clone())).await {
            Ok(()) => return Engaged::Now,
            Err(refusal) if refusal.reason == "contact_over" => return Engaged::Before,
            Err(refusal) if refusal.reason == "nobody_free" => {}
            // What was not answered may be carried out all the same.
            Err(refusal) if refusal.code == Code::Unavailable => so_far = Engaged::Unknown,
            Err(refusal) => {
                tracing::warn!(%call, reason = %refusal.reason, "no agent is given an outgoing call");
                return if refusal.reason == "contact_taken" { Engaged::No } else { so_far };
            }
        }
        tokio::select! {
            () = sleep(AGAIN) => {}
            () = stop.cancelled() => {}
        }
    }
    tracing::error!(%call, "the floor was not reached: an outgoing call has no conversation");
    so_far
}

/// What there is of a call's conversation: a gateway that died may have left it halfway.
async fn found(gateway: &Gateway, call: CallId, customer: Party) -> Opened {
    for _ in 0..TRIES {
        match holder(gateway, call, customer.clone()).await {
            Ok(_) => return Opened::Yes,
            Err(refusal) if refusal.code == Code::NotFound => return Opened::Engaged,
            Err(refusal) if refusal.code == Code::Unavailable => sleep(AGAIN).await,
            Err(refusal) => {
                tracing::warn!(%call, reason = %refusal.reason, "the conversation of an outgoing call cannot be read");
                return if refusal.code == Code::PermissionDenied { Opened::Refused } else { Opened::Unknown };
            }
        }
    }
    Opened::Unknown
}

/// Tells the call, if it still lives.
async fn tell(own: &mpsc::WeakSender<Input>) {
    if let Some(own) = own.upgrade() {
        let _ = own.send(Input::Opened).await;
    }
}

/// The agent is free again, also when the conversation was never opened.
async fn release(gateway: &Gateway, call: CallId) {
    for _ in 0..TRIES {
        let end = Ask::EndContact(EndContact { contact_id: contact(call), withdrawn: false });
        match ask(gateway, end).await {
            Err(refusal) if refusal.code == Code::Unavailable => sleep(AGAIN).await,
            Ok(()) | Err(_) => return,
        }
    }
    tracing::error!(%call, "the floor was not reached: a contact was not ended");
}

async fn ask(gateway: &Gateway, what: Ask) -> Result<(), Refusal> {
    let request = ExecuteRequest { floor: gateway.config.floor.clone(), what: Some(what), ..ExecuteRequest::default() };
    let slow = || Refusal::new(Code::Unavailable, "no_answer", "the floor does not answer");
    let mut routing = gateway.routing.clone();
    let answer = timeout(ONE_ANSWER, routing.execute(request)).await.map_err(|_| slow())?;
    answer.map(|_| ()).map_err(|status| Refusal::from(&status))
}
