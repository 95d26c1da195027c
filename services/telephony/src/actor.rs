//! One call: a task that owns it. Inputs become commands of the core, its events go to the journal, and then the world is made to
//! look like what the core desires.

mod attempt;
mod ending;
mod flow;
mod message;
mod outgoing;
mod questions;
mod settle;
mod talk;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chassis::refusal::Refusal;
use journal::{Append, AppendError, Expect, KeyError};
use proto::{
    journal::v1::{Claim, Unit},
    telephony::v1 as pb,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};
use uuid::Uuid;

use crate::{
    book::Known,
    call::{
        Background, Begin, Call, Command, Deed, End, Event, LegState, Person, Phase, decide, evolve, next_deadline,
    },
    convert::{self, Sealer},
    error::{no_such_call, unavailable},
    gateway::{CALLS, Gateway, now_ms},
    ids::{CallId, LegId, LegKey},
    media::MediaEvent,
    sip::{Ended, SipEvent},
};

/// Pause before the same unit is appended again.
const RETRY: Duration = Duration::from_millis(100);
/// How long a call may ring until its customer's key is there.
const KEY_PATIENCE: Duration = Duration::from_secs(12);

/// How a call comes to this gateway.
pub(crate) enum Origin {
    /// It rings at our door.
    Incoming {
        /// How it begins.
        begin: Begin,
        /// The caller's offer.
        offer: Vec<u8>,
    },
    /// An agent dials.
    Dialled(Begin),
    /// Its gateway died.
    Orphan(Box<Known>),
}

/// What a call's actor hears.
pub(crate) enum Input {
    /// From signalling.
    Sip(Box<SipEvent>),
    /// From media.
    Media(MediaEvent),
    /// From the conversation.
    Talk(talk::Heard),
    /// The conversation of an outgoing call is open, and the call's own.
    Opened,
    /// From the IVR's surroundings.
    Flow(crate::ivr::run::Input),
    /// What was tried with a leg's wire is done.
    Wired(LegId, wire::Outcome),
    /// A browser wants to connect.
    Join { by: Person, offer: String, reply: oneshot::Sender<Result<(String, LegId), Refusal>> },
    /// A person does something.
    Do { id: Uuid, by: Person, deed: Deed, reply: oneshot::Sender<Result<(), Refusal>> },
    /// Keys for the customer's side.
    Digits { by: Person, digits: String, reply: oneshot::Sender<Result<(), Refusal>> },
    /// The journal has somebody else's claim: let go, unless an own claim is later.
    Claimed { epoch: u64 },
}

/// Why the actor stops at once.
pub(super) enum Stop {
    /// Another gateway has the call: not a word on the wire.
    Fenced,
    /// The process ends.
    Process,
}

/// The task's state.
pub(super) struct Actor<'a> {
    gateway: &'a Arc<Gateway>,
    id: CallId,
    call: Call,
    last: u64,
    epoch: u64,
    sealer: Sealer,
    /// To itself, for what is done beside.
    own: mpsc::WeakSender<Input>,
    wires: BTreeMap<LegId, wire::Wire>,
    offer: Vec<u8>,
    hears: BTreeSet<(LegId, LegId)>,
    backgrounds: BTreeMap<LegId, Background>,
    recording: Option<(u32, bool)>,
    quiet: ending::Quiet,
    flow: Option<flow::Running>,
    answers: BTreeMap<String, String>,
    talk: Option<talk::Talk>,
    /// How the other side refused to be called.
    refused: Option<Ended>,
    /// The message that is being recorded, and since when.
    message: Option<(crate::call::Message, u64)>,
    /// The conversation of an outgoing call, being opened.
    opening: Option<outgoing::Opening>,
    /// The announcement of whom no agent reached was begun.
    announced: bool,
}

/// The customer's key. A journal that is electing a leader is waited for while the call rings.
async fn sealer(gateway: &Gateway, id: CallId, customer: &str) -> Option<Sealer> {
    let until = Instant::now() + KEY_PATIENCE;
    loop {
        match gateway.journal.vault().key(customer).await {
            Ok(key) => return Some(Sealer::new(Some(key), convert::subject(id))),
            // An erased customer may call again: nothing of that call is kept in clear.
            Err(KeyError::Erased { .. }) => return Some(Sealer::new(None, convert::subject(id))),
            Err(error) if Instant::now() >= until => {
                tracing::error!(%error, call = %id, "no key for a call: it is not taken");
                return None;
            }
            Err(_) => sleep(RETRY).await,
        }
    }
}

/// Runs a call until its end, or until another gateway has it.
pub(crate) async fn run(gateway: &Arc<Gateway>, id: CallId, origin: Origin, inbox: mpsc::Receiver<Input>) {
    let customer = match &origin {
        Origin::Incoming { begin, .. } | Origin::Dialled(begin) => begin.customer.clone(),
        Origin::Orphan(known) => known.call.customer.clone(),
    };
    let Some(sealer) = sealer(gateway, id, &customer).await else {
        let _ = gateway.sip.reject(id.leg(0), 503, Some(Duration::from_secs(5))).await;
        return;
    };
    let own = gateway.actor(id).map(|sender| sender.downgrade());
    let Some(own) = own else { return };
    let actor = Actor {
        gateway,
        id,
        call: Call::default(),
        last: 0,
        epoch: 0,
        sealer,
        own,
        wires: BTreeMap::new(),
        offer: Vec::new(),
        hears: BTreeSet::new(),
        backgrounds: BTreeMap::new(),
        recording: None,
        quiet: ending::Quiet::default(),
        flow: None,
        answers: BTreeMap::new(),
        talk: None,
        refused: None,
        message: None,
        opening: None,
        announced: false,
    };
    actor.live(origin, inbox).await;
    gateway.forget(id);
}

impl Actor<'_> {
    async fn live(mut self, origin: Origin, mut inbox: mpsc::Receiver<Input>) {
        let mut outcome = self.begin(origin).await;
        while outcome.is_ok() && !self.over() {
            let due = self.due();
            outcome = tokio::select! {
                input = inbox.recv() => match input {
                    Some(input) => self.take(input).await,
                    None => break,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.tick().await,
                () = self.gateway.stop.cancelled() => Err(Stop::Process),
            };
        }
        match outcome {
            Ok(()) => self.say_goodbye(&mut inbox).await,
            Err(Stop::Fenced) => {
                tracing::info!(call = %self.id, "another gateway has the call");
                for leg in self.call.legs.keys() {
                    self.gateway.sip.forget(LegKey { call: self.id, leg: *leg });
                }
            }
            Err(Stop::Process) => {}
        }
        self.gateway.media.close(self.id).await;
    }

    async fn begin(&mut self, origin: Origin) -> Result<(), Stop> {
        match origin {
            Origin::Incoming { begin, offer } => {
                self.offer = offer;
                self.first(Command::Begin(begin)).await
            }
            Origin::Dialled(begin) => {
                self.first(Command::Begin(begin)).await?;
                self.dialled();
                Ok(())
            }
            Origin::Orphan(known) => {
                self.call = known.call;
                self.last = known.last;
                self.epoch = known.claim.map_or(0, |claim| claim.epoch);
                self.answers = self.call.answers.clone();
                self.first(Command::TakeOver).await?;
                self.resume_flow().await?;
                let waits = !matches!(self.call.phase, Phase::Flow | Phase::Ended);
                if waits && !self.call.queue.is_empty() && !self.left_queue() {
                    self.follow_again();
                }
                self.tick().await
            }
        }
    }

    async fn take(&mut self, input: Input) -> Result<(), Stop> {
        match input {
            Input::Sip(event) => self.on_sip(*event).await,
            Input::Media(event) => self.on_media(event).await,
            Input::Talk(heard) => self.on_talk(heard).await,
            Input::Opened => {
                self.opened();
                Ok(())
            }
            Input::Flow(input) => self.step(input).await,
            Input::Wired(leg, outcome) => self.on_wired(leg, outcome).await,
            Input::Join { by, offer, reply } => {
                let joined = self.join(by, &offer).await?;
                let _ = reply.send(joined);
                Ok(())
            }
            Input::Do { id, by, deed, reply } => {
                let done = self.carry_out(Command::Do { id, by, deed }).await?;
                let _ = reply.send(done);
                Ok(())
            }
            Input::Digits { by, digits, reply } => {
                let _ = reply.send(self.send_digits(&by, digits).await);
                Ok(())
            }
            Input::Claimed { epoch } if epoch > self.epoch => Err(Stop::Fenced),
            Input::Claimed { .. } => Ok(()),
        }
    }

    /// A command whose refusal means nothing: the world told what it is like.
    async fn note(&mut self, command: Command) -> Result<(), Stop> {
        if let Err(refusal) = self.carry_out(command).await? {
            tracing::debug!(%refusal, call = %self.id, "a call does not take what happened");
        }
        Ok(())
    }

    /// Decides, stores, and makes the world follow. The outer error ends the actor.
    async fn carry_out(&mut self, command: Command) -> Result<Result<(), Refusal>, Stop> {
        let events = match decide(&self.call, &command, &self.gateway.config.patience(), now_ms()) {
            Ok(events) => events,
            Err(rejection) => return Ok(Err(rejection.into())),
        };
        if !events.is_empty() {
            self.store(events, None).await?;
        }
        self.settle().await;
        Ok(Ok(()))
    }

    /// The first unit of this gateway holds its claim.
    async fn first(&mut self, command: Command) -> Result<(), Stop> {
        let events = decide(&self.call, &command, &self.gateway.config.patience(), now_ms()).unwrap_or_default();
        let claim = Claim { owner: self.gateway.journal.owner_name(), epoch: self.epoch + 1 };
        self.epoch = claim.epoch;
        self.store(events, Some(claim)).await?;
        self.settle().await;
        Ok(())
    }

    async fn store(&mut self, events: Vec<Event>, claim: Option<Claim>) -> Result<(), Stop> {
        let unit = Unit {
            events: events.iter().map(|event| convert::encode(event, &self.sealer)).collect(),
            decided_at_ms: now_ms(),
            site: self.gateway.journal.site().to_owned(),
            claim: claim.clone(),
            epoch: self.epoch,
        };
        let append = Append {
            stream: CALLS,
            subject: convert::subject(self.id),
            expect: Expect::Last(self.last),
            id: Uuid::now_v7().to_string(),
            unit,
        };
        self.last = self.append(append).await?;
        self.gateway.book.apply(self.id, self.last, claim, &events);
        for event in &events {
            self.followed(&event.what);
            evolve(&mut self.call, event);
        }
        self.tell_campaign(&events);
        Ok(())
    }

    /// Until it is known: a call goes on without the journal, but nothing is decided for it meanwhile.
    async fn append(&self, append: Append) -> Result<u64, Stop> {
        loop {
            match self.gateway.journal.append(append.clone()).await {
                Ok(appended) => return Ok(appended.sequence),
                Err(AppendError::Conflict { .. }) => return Err(Stop::Fenced),
                Err(AppendError::Unavailable { reason, .. }) => {
                    tracing::warn!(reason, call = %self.id, "the journal does not confirm");
                }
                Err(error @ (AppendError::TooLarge { .. } | AppendError::Refused { .. })) => {
                    tracing::error!(%error, call = %self.id, "a call's event cannot be stored");
                }
            }
            tokio::select! {
                () = sleep(RETRY) => {}
                () = self.gateway.stop.cancelled() => return Err(Stop::Process),
            }
        }
    }

    async fn on_sip(&mut self, event: SipEvent) -> Result<(), Stop> {
        match event {
            SipEvent::Answered { key, sdp, wish, snapshot } => {
                if let Err(error) = self.gateway.media.sip_answered_as(key, &sdp, wish).await {
                    tracing::warn!(%error, leg = %key, "an answer's media cannot be used");
                    return self.note(Command::LegEnded(key.leg)).await;
                }
                self.up(key.leg, &snapshot).await
            }
            SipEvent::Confirmed { key, snapshot } => self.up(key.leg, &snapshot).await,
            SipEvent::Changing { key, sdp } => self.change(key, &sdp).await,
            SipEvent::PeerAnswer { key, sdp, snapshot } => {
                if let Err(error) = self.gateway.media.sip_answered(key, &sdp).await {
                    tracing::warn!(%error, leg = %key, "a late answer's media cannot be used");
                }
                // Of a call that stands, whoever takes it over must know what it speaks by now.
                let stands = self.wires.get(&key.leg) == Some(&wire::Wire::Up);
                if stands { self.up(key.leg, &snapshot).await } else { Ok(()) }
            }
            SipEvent::Digit { key, digit } => self.on_digit(key, digit).await,
            SipEvent::Ended { key, why } => {
                self.wires.insert(key.leg, wire::Wire::Over);
                self.remember_refusal(key.leg, why);
                if self.call.customer_leg().is_some_and(|(leg, _)| leg == key.leg) {
                    // Most people end a message by hanging up.
                    self.complete_message().await?;
                }
                self.note(Command::LegEnded(key.leg)).await
            }
            SipEvent::Transfer { key, to, .. } => self.on_refer(key, &to).await,
            SipEvent::Incoming { .. } | SipEvent::Ringing { .. } | SipEvent::Referred { .. } => Ok(()),
        }
    }

    async fn on_media(&mut self, event: MediaEvent) -> Result<(), Stop> {
        match event {
            MediaEvent::Digit { key, digit } => self.on_digit(key, digit).await,
            MediaEvent::Played { key, play } => self.on_played(key, play).await,
            MediaEvent::BrowserUp { key } => {
                self.wires.insert(key.leg, wire::Wire::Up);
                self.note(Command::LegUp { leg: key.leg, snapshot: Vec::new() }).await
            }
            MediaEvent::BrowserGone { key } => self.note(Command::LegLost(key.leg)).await,
            MediaEvent::Silent { key } => {
                self.quiet.silent(key.leg, now_ms());
                Ok(())
            }
            MediaEvent::Heard { key } => {
                self.quiet.heard(key.leg);
                Ok(())
            }
            MediaEvent::Quality { .. } | MediaEvent::Recorded { .. } | MediaEvent::RecordedAll { .. } => Ok(()),
        }
    }

    async fn on_digit(&mut self, key: LegKey, digit: char) -> Result<(), Stop> {
        let customer = self.call.customer_leg().is_some_and(|(leg, _)| leg == key.leg);
        if customer { self.step(crate::ivr::run::Input::Digit(digit)).await } else { Ok(()) }
    }

    async fn send_digits(&mut self, by: &Person, digits: String) -> Result<(), Refusal> {
        if self.call.agent.as_deref() != Some(by.id.as_str()) {
            return Err(crate::call::Rejection::NotYourCall.into());
        }
        let (leg, _) = self.call.customer_leg().ok_or_else(no_such_call)?;
        self.gateway.media.send_digits(LegKey { call: self.id, leg }, digits).await;
        Ok(())
    }

    async fn join(&mut self, by: Person, offer: &str) -> Result<Result<(String, LegId), Refusal>, Stop> {
        let person = by.id.clone();
        if let Err(refusal) = self.carry_out(Command::Join(by)).await? {
            return Ok(Err(refusal));
        }
        let Some((leg, _)) = self.call.leg_of(&person) else { return Ok(Err(no_such_call())) };
        let key = LegKey { call: self.id, leg };
        Ok(match self.gateway.media.browser_leg(key, offer).await {
            Ok(answer) => Ok((answer, leg)),
            Err(error) => {
                tracing::info!(%error, leg = %key, "a browser's offer cannot be used");
                Err(crate::error::invalid("bad_offer", "the offer cannot be used"))
            }
        })
    }

    async fn tick(&mut self) -> Result<(), Stop> {
        let now = now_ms();
        self.reap(now).await?;
        if self.flow.as_ref().is_some_and(|flow| flow.due(now)) {
            self.step(crate::ivr::run::Input::Timeout).await?;
        }
        self.note(Command::Tick).await
    }

    fn due(&self) -> Option<Instant> {
        let core = next_deadline(&self.call, &self.gateway.config.patience());
        let flow = self.flow.as_ref().and_then(flow::Running::deadline);
        let reaper = self.quiet.deadline(self.gateway.config.reap_ms);
        let at = core.into_iter().chain(flow).chain(reaper).min()?;
        Some(Instant::now() + Duration::from_millis(at.saturating_sub(now_ms())))
    }

    fn over(&self) -> bool {
        self.call.phase == Phase::Ended
    }

    /// Does something beside, and hears of it.
    fn beside(&self, work: impl Future<Output = Option<Input>> + Send + 'static) {
        let own = self.own.clone();
        tokio::spawn(async move {
            if let Some(input) = work.await
                && let Some(own) = own.upgrade()
            {
                let _ = own.send(input).await;
            }
        });
    }

    fn key(&self, leg: LegId) -> LegKey {
        LegKey { call: self.id, leg }
    }
}

/// Sends an input to a call's actor and waits for its word.
pub(crate) async fn ask<T>(
    actor: &mpsc::Sender<Input>,
    input: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Input,
) -> Result<T, Refusal> {
    let (reply, answer) = oneshot::channel();
    let gone = || unavailable("the call has just ended or moved");
    actor.send(input(reply)).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

/// A call as its people see it, with what only its gateway knows.
pub(crate) fn with_quality(gateway: &Gateway, id: CallId, mut view: pb::Call) -> pb::Call {
    for leg in &mut view.legs {
        leg.quality = gateway.quality(LegKey { call: id, leg: LegId(leg.leg) });
    }
    view
}

/// Why the flow or the wire ended a call.
pub(super) const FLOW_END: Command = Command::End(End::Flow);
