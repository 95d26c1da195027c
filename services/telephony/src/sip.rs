//! Signalling: trunks, phones, dialogs, admission.
//!
//! [`Sip`] speaks SIP for one gateway. Calls are told as [`SipEvent`]s and steered by its methods; a leg is one task, so
//! that a CANCEL that crosses an answer, or a BYE before an ACK, ends in one order and one [`SipEvent::Ended`].
//!
//! | module | what |
//! |---|---|
//! | [`config`] | every tunable |
//! | [`event`] | what callers say and hear |
//! | [`snapshot`] | what another gateway needs to go on with a call |
//! | [`acl`], [`admission`], [`choice`], [`digest`], [`health`], [`session`] | pure decisions |
//! | `gate` | the stateless door: refuses what is wrong or too much |
//! | `stack`, `thread` | sockets and settings of the stack below, and where it runs |
//! | `inbound`, `outbound`, `leg`, `legs`, `change` | the life of a leg |
//! | `registrar`, `trunks`, `watch` | phones, trunks and their probes |
//! | [`bench`] | answers calls and says what they cost |

pub mod acl;
pub mod admission;
pub mod bench;
mod change;
pub mod choice;
pub mod config;
pub mod digest;
pub mod error;
pub mod event;
mod gate;
pub mod health;
mod inbound;
mod leg;
mod legs;
mod outbound;
mod registrar;
pub mod session;
pub mod snapshot;
mod stack;
mod thread;
mod trunks;
mod watch;
mod wire;

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use rsipstack::dialog::{
    dialog::{Dialog, DialogSnapshot, DialogStateSender},
    dialog_layer::DialogLayer,
    invite_dialog::InviteDialog,
};
use tokio::{runtime::Handle, sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

pub use self::{
    config::{Config, Phone, Transport, Trunk},
    error::SipError,
    event::{Caller, Counts, Ended, Hangup, PhoneStatus, SipEvent, Target, TrunkStatus},
    snapshot::Snapshot,
};
use self::{
    gate::{Gate, lock},
    leg::Task,
    legs::{Leg, Legs, Order, Shared},
    outbound::Outgoing,
    registrar::Phones,
    thread::Thread,
    trunks::Trunks,
};
use crate::{
    ids::LegKey,
    media::{Offers, Wish},
};

/// A gateway's signalling; a handle that is cheap to clone.
#[derive(Clone)]
pub struct Sip {
    shared: Arc<Shared>,
    thread: Arc<Thread>,
}

impl Sip {
    /// Listens, and starts to watch trunks. It runs until `stop`, or until its last handle is gone; drain it before, for
    /// calls are not hung up then.
    ///
    /// # Errors
    /// [`SipError`] when a port cannot be listened on, a file cannot be read or there is no thread to be had.
    pub async fn start(config: Config, stop: CancellationToken) -> Result<(Self, mpsc::Receiver<SipEvent>), SipError> {
        let thread = Arc::new(Thread::start().map_err(SipError::Thread)?);
        let opened = thread.run(Self::open(config, stop)).await;
        let (shared, heard) = opened.map_err(SipError::Thread)??;
        let sip = Self { shared, thread };
        sip.set_trunks(sip.shared.config.trunks.clone());
        Ok((sip, heard))
    }

    /// Done on signalling's own thread, for whatever is opened or started stays where that is done.
    async fn open(
        config: Config,
        stop: CancellationToken,
    ) -> Result<(Arc<Shared>, mpsc::Receiver<SipEvent>), SipError> {
        let trunks = Arc::new(Trunks::default());
        let gate = Gate::new(&config, trunks);
        let (endpoint, addresses) = stack::open(&config, &gate, &stop).await?;
        let incoming = endpoint.incoming_transactions()?;
        let (events, heard) = mpsc::channel(config.events.max(1));
        let shared = Arc::new(Shared {
            layer: Arc::new(DialogLayer::new(endpoint.inner.clone())),
            endpoint: endpoint.inner.clone(),
            phones: Phones::new(config.phones.clone(), config.nonce_s),
            legs: Legs::default(),
            gate,
            addresses,
            events,
            stop,
            config,
        });
        tokio::spawn(async move { endpoint.serve().await });
        stack::listening(&shared.config, &shared.addresses).await?;
        tokio::spawn(inbound::serve(shared.clone(), incoming));
        Ok((shared, heard))
    }

    /// Of signalling's own thread. Whoever takes the events there costs no change of threads for each; it must not block.
    pub fn runtime(&self) -> &Handle {
        self.thread.runtime()
    }

    /// Our address for a transport, as others reach us.
    pub fn address(&self, transport: Transport) -> Option<SocketAddr> {
        self.shared.addresses.of(transport)
    }

    /// Lets an incoming call ring (180), or hear something before the answer (183). Again: nothing happens.
    ///
    /// # Errors
    /// [`SipError::NoLeg`], [`SipError::WrongState`].
    pub async fn ring(&self, key: LegKey, early_sdp: Option<Vec<u8>>) -> Result<(), SipError> {
        self.shared.leg(key)?.order(|done| Order::Ring(early_sdp, done)).await
    }

    /// Answers an incoming call; [`SipEvent::Confirmed`] follows when the caller has it. Again: nothing happens.
    ///
    /// # Errors
    /// [`SipError::NoLeg`], [`SipError::WrongState`]. A caller who gives up at the same moment is told by an event.
    pub async fn answer(&self, key: LegKey, sdp: Vec<u8>) -> Result<(), SipError> {
        self.shared.leg(key)?.order(|done| Order::Answer(sdp, done)).await
    }

    /// Refuses an incoming call that is not answered, with a status of 300 to 699.
    ///
    /// # Errors
    /// [`SipError::NoLeg`]; [`SipError::WrongState`] when it is answered.
    pub async fn reject(&self, key: LegKey, status: u16, retry_after: Option<Duration>) -> Result<(), SipError> {
        if !(300..700).contains(&status) {
            return Err(SipError::WrongState);
        }
        let retry_s = retry_after.map(|after| u32::try_from(after.as_secs()).unwrap_or(u32::MAX));
        self.shared.leg(key)?.order(|done| Order::Reject(status, retry_s, done)).await
    }

    /// Calls somebody, under a key that the caller gives. What becomes of it is told by events.
    ///
    /// # Errors
    /// [`SipError::BadTarget`] when nobody can be called by that; [`SipError::LegExists`].
    pub async fn invite(&self, key: LegKey, to: Target, as_: Caller, offer: Offers) -> Result<(), SipError> {
        let outgoing = Outgoing { to, caller: as_, offer };
        outgoing.check()?;
        let agent = if let Target::Phone { agent } = &outgoing.to { Some(agent.clone()) } else { None };
        let (leg, orders) = Leg::new(key, None, agent);
        self.shared.legs.insert(&leg)?;
        let permit = self.shared.gate.join(None);
        let task = Task { shared: self.shared.clone(), leg, orders, permit };
        self.thread.runtime().spawn(task.outgoing(outgoing));
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Ends a leg, as its state asks: CANCEL, a refusal, or BYE (after the ACK, when our answer is still on its way).
    ///
    /// # Errors
    /// [`SipError::NoLeg`] when it is over already.
    pub async fn hangup(&self, key: LegKey, why: Hangup) -> Result<(), SipError> {
        self.shared.leg(key)?.order(|done| Order::HangUp(why, done)).await
    }

    /// Offers a change of media (hold, another address); gives the answer. An offer that crosses is made again.
    ///
    /// # Errors
    /// [`SipError`]: refused, not answered within 32 s, or the call does not stand.
    pub async fn reinvite(&self, key: LegKey, sdp: Vec<u8>) -> Result<(Vec<u8>, Snapshot), SipError> {
        let leg = self.shared.leg(key)?;
        change::offer(&self.shared, &leg, sdp).await
    }

    /// Answers the other side's offer of [`SipEvent::Changing`]. Within 30 s, else the offer is refused.
    ///
    /// # Errors
    /// [`SipError::WrongState`] when none waits.
    pub async fn accept_change(&self, key: LegKey, sdp: Vec<u8>) -> Result<Snapshot, SipError> {
        let leg = self.shared.leg(key)?;
        change::accept(&leg, sdp).await
    }

    /// Refuses the other side's offer, with 488 for instance; the call goes on as it was.
    ///
    /// # Errors
    /// [`SipError::WrongState`] when none waits.
    pub async fn refuse_change(&self, key: LegKey, status: u16) -> Result<(), SipError> {
        let leg = self.shared.leg(key)?;
        change::refuse(&leg, status).await
    }

    /// Asks the other side to call somebody else (REFER); [`SipEvent::Referred`] tells what becomes of it.
    ///
    /// # Errors
    /// [`SipError`]: refused, or the target is none.
    pub async fn refer(&self, key: LegKey, to: Target) -> Result<(), SipError> {
        let leg = self.shared.leg(key)?;
        change::refer(&self.shared, &leg, to).await
    }

    /// Tells a phone how its [`SipEvent::Transfer`] goes: 100–199 while it goes on, 200 and above at its end.
    ///
    /// # Errors
    /// [`SipError`]: the phone does not take it.
    pub async fn transferred(&self, key: LegKey, status: u16) -> Result<(), SipError> {
        let leg = self.shared.leg(key)?;
        change::transferred(&leg, status).await
    }

    /// Takes a call over: goes on with its dialog and offers the other side our address and media; gives the answer.
    /// On an error the leg is not here, and nothing more is said of it.
    ///
    /// # Errors
    /// [`SipError`]: the snapshot is none, or the other side refused or did not answer in time.
    pub async fn restore(
        &self,
        key: LegKey,
        snapshot: &Snapshot,
        sdp: Vec<u8>,
    ) -> Result<(Vec<u8>, Snapshot), SipError> {
        let prepared = snapshot.dialog(self.shared.contact(snapshot.transport()?))?;
        let (leg, orders) = Leg::new(key, snapshot.trunk.clone(), snapshot.agent.clone());
        self.shared.legs.insert(&leg)?;
        let (states, mut heard) = self.shared.layer.new_dialog_state_channel();
        let dialog = match self.revive(snapshot, prepared, states) {
            Ok(dialog) => dialog,
            Err(error) => {
                self.shared.legs.remove(&leg);
                return Err(error);
            }
        };
        let _ = leg.dialog.set(dialog.clone());
        self.shared.legs.tag(&leg, snapshot.id().local_tag);
        if let Some(trunk) = &snapshot.trunk {
            self.shared.gate.trunks.join(trunk);
        }
        let permit = self.shared.gate.join(snapshot.trunk.clone());
        let patience = Duration::from_millis(self.shared.config.restore_ms);
        let offer = change::first_offer(&self.shared, &leg, &dialog, &mut heard, sdp);
        let result = timeout(patience, offer).await.unwrap_or(Err(SipError::NoAnswer));
        let task = Task { shared: self.shared.clone(), leg, orders, permit };
        match result {
            Ok(taken) => {
                self.thread.runtime().spawn(task.standing(dialog, heard));
                Ok(taken)
            }
            Err(error) => {
                task.finish(Some(&dialog), leg::Over::Forgotten).await;
                Err(error)
            }
        }
    }

    fn revive(
        &self,
        snapshot: &Snapshot,
        prepared: DialogSnapshot,
        states: DialogStateSender,
    ) -> Result<InviteDialog, SipError> {
        if !self.shared.layer.restore_from_snapshot(prepared, states)? {
            return Err(SipError::LegExists);
        }
        match self.shared.layer.get_dialog(&snapshot.id()) {
            Some(Dialog::Invite(dialog)) => Ok(dialog),
            Some(_) | None => Err(SipError::BadSnapshot("not a call")),
        }
    }

    /// What is wanted of a leg's sound, as its trunk or its phone is configured.
    pub fn wish(&self, key: LegKey) -> Wish {
        let leg = self.shared.legs.get(key);
        leg.map(|leg| self.shared.wish(lock(&leg.trunk).as_deref(), leg.agent.as_deref())).unwrap_or_default()
    }

    /// The same of a leg that is to be restored.
    pub fn wish_of(&self, snapshot: &Snapshot) -> Wish {
        self.shared.wish(snapshot.trunk.as_deref(), snapshot.agent.as_deref())
    }

    /// Drops a leg without a word on the wire and without an event: another gateway has it now. Our own call that is not
    /// answered yet is cancelled, for nobody else can have it.
    pub fn forget(&self, key: LegKey) {
        if let Some(leg) = self.shared.legs.get(key) {
            leg.forgotten.cancel();
        }
    }

    /// True: new calls get 503 with Retry-After, and probes too, so that carriers go elsewhere. Calls go on.
    pub fn drain(&self, on: bool) {
        self.shared.gate.draining.store(on, Relaxed);
    }

    /// Whether new calls are refused.
    pub fn is_draining(&self) -> bool {
        self.shared.gate.draining.load(Relaxed)
    }

    /// The trunks, as an operator sees them.
    pub fn trunks(&self) -> Vec<TrunkStatus> {
        self.shared.gate.trunks.status()
    }

    /// An agent's SIP phone, when it is registered.
    pub fn phone(&self, agent: &str) -> Option<PhoneStatus> {
        self.shared.phones.status(agent)
    }

    /// A new list of trunks. Calls on removed ones go on.
    pub fn set_trunks(&self, trunks: Vec<Trunk>) {
        let shared = &self.shared;
        for (trunk, stop) in shared.gate.trunks.set(trunks, shared.gate.now_ms(), &shared.stop) {
            watch::start(self.thread.runtime(), shared, trunk, stop);
        }
    }

    /// A new list of phones. Calls of removed ones go on.
    pub fn set_phones(&self, phones: Vec<Phone>) {
        self.shared.gate.phones.store(!phones.is_empty(), Relaxed);
        self.shared.phones.set(phones);
    }

    /// What was counted, and what is there.
    pub fn counts(&self) -> Counts {
        Counts { legs: self.shared.legs.len(), dialogs: self.shared.layer.len(), ..self.shared.gate.counts() }
    }
}
