//! The legs that are here, and what they share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::Instant,
};

use rsipstack::{
    dialog::{dialog::TransactionHandle, dialog_layer::DialogLayer, invite_dialog::InviteDialog},
    sip::Uri,
    transaction::endpoint::EndpointInnerRef,
};
use tokio::sync::{Notify, OwnedMutexGuard, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    config::{Config, Transport},
    error::SipError,
    event::{Hangup, SipEvent},
    gate::{Gate, lock},
    registrar::Phones,
    session::Agreed,
    snapshot::Snapshot,
    stack::Addresses,
    wire,
};
use crate::{ids::LegKey, media::Wish};

/// What every part of signalling needs.
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) gate: Arc<Gate>,
    pub(super) endpoint: EndpointInnerRef,
    pub(super) layer: Arc<DialogLayer>,
    pub(super) addresses: Addresses,
    pub(super) legs: Legs,
    pub(super) phones: Phones,
    pub(super) events: mpsc::Sender<SipEvent>,
    pub(super) stop: CancellationToken,
}

impl Shared {
    /// Tells the owner of the calls. When it is slow the leg waits; when it is gone there is nobody to tell.
    pub(super) async fn emit(&self, event: SipEvent) {
        if self.events.send(event).await.is_err() {
            tracing::debug!("nobody listens to SIP events any more");
        }
    }

    /// Our address for a transport; UDP's when we do not listen on that one.
    pub(super) fn contact(&self, transport: Transport) -> Uri {
        let own = self.addresses.host(transport).map(|at| wire::contact(at, transport));
        own.or_else(|| {
            let others = [Transport::Udp, Transport::Tcp, Transport::Tls];
            others.into_iter().find_map(|other| Some(wire::contact(self.addresses.host(other)?, other)))
        })
        .unwrap_or_default()
    }

    /// What a trunk wants of a leg's sound, or an agent's phone.
    pub(super) fn wish(&self, trunk: Option<&str>, agent: Option<&str>) -> Wish {
        match (trunk, agent) {
            (Some(id), _) => self.gate.trunks.get(id).map(|trunk| trunk.wish()).unwrap_or_default(),
            (None, Some(agent)) => self.phones.wish(agent),
            (None, None) => Wish::default(),
        }
    }

    pub(super) fn leg(&self, key: LegKey) -> Result<Arc<Leg>, SipError> {
        self.legs.get(key).ok_or(SipError::NoLeg)
    }
}

/// What its owner wants of a leg. The leg's own task does it, so that nothing crosses.
pub(super) enum Order {
    Ring(Option<Vec<u8>>, Done),
    Answer(Vec<u8>, Done),
    Reject(u16, Option<u32>, Done),
    HangUp(Hangup, Done),
    /// A refresh found the other side gone.
    Lost,
}

pub(super) type Done = oneshot::Sender<Result<(), SipError>>;

/// An offer of the other side that waits for our answer.
pub(super) struct Offer {
    pub(super) handle: TransactionHandle,
    pub(super) sdp: Vec<u8>,
    pub(super) session: Option<Agreed>,
    /// No offer of ours until it is answered.
    pub(super) _turn: OwnedMutexGuard<()>,
}

/// What was last agreed about media.
#[derive(Default)]
pub(super) struct Agreement {
    pub(super) ours: Vec<u8>,
    pub(super) theirs: Vec<u8>,
    /// Whether the other side takes UPDATE.
    pub(super) update: bool,
    /// The session timer, and when it was last fed.
    pub(super) session: Option<(Agreed, Instant)>,
    /// Our 200 carried an offer: the ACK will bring the answer.
    pub(super) awaits_answer: bool,
}

/// One party's connection.
pub(super) struct Leg {
    pub(super) key: LegKey,
    pub(super) agent: Option<String>,
    pub(super) trunk: Mutex<Option<String>>,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) dialog: OnceLock<InviteDialog>,
    /// Held by whoever has an offer under way.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
    pub(super) offer: Mutex<Option<Offer>>,
    pub(super) agreement: Mutex<Agreement>,
    /// The session timer was set anew.
    pub(super) wake: Notify,
    pub(super) forgotten: CancellationToken,
    tags: Mutex<Vec<String>>,
}

/// Orders that may wait for a leg; more than a caller can sensibly have under way.
const ORDERS: usize = 16;

impl Leg {
    pub(super) fn new(key: LegKey, trunk: Option<String>, agent: Option<String>) -> (Arc<Self>, mpsc::Receiver<Order>) {
        let (orders, received) = mpsc::channel(ORDERS);
        let leg = Self {
            key,
            agent,
            trunk: Mutex::new(trunk),
            orders,
            dialog: OnceLock::new(),
            turn: Arc::default(),
            offer: Mutex::default(),
            agreement: Mutex::default(),
            wake: Notify::new(),
            forgotten: CancellationToken::new(),
            tags: Mutex::default(),
        };
        (Arc::new(leg), received)
    }

    /// Has its task do something.
    pub(super) async fn order(&self, order: impl FnOnce(Done) -> Order) -> Result<(), SipError> {
        let (done, answer) = oneshot::channel();
        self.orders.send(order(done)).await.map_err(|_| SipError::NoLeg)?;
        answer.await.map_err(|_| SipError::NoLeg)?
    }

    /// Its dialog, once the call stands.
    pub(super) fn talking(&self) -> Result<&InviteDialog, SipError> {
        self.dialog.get().filter(|dialog| dialog.state().is_confirmed()).ok_or(SipError::WrongState)
    }

    pub(super) fn snapshot(&self, dialog: &InviteDialog) -> Snapshot {
        Snapshot::take(&dialog.snapshot(), lock(&self.trunk).clone(), self.agent.clone())
    }

    /// Sets the session timer anew.
    pub(super) fn feed(&self, session: Option<Agreed>) {
        lock(&self.agreement).session = session.map(|session| (session, Instant::now()));
        self.wake.notify_one();
    }
}

/// All legs.
#[derive(Default)]
pub(super) struct Legs(Mutex<Maps>);

#[derive(Default)]
struct Maps {
    by_key: HashMap<LegKey, Arc<Leg>>,
    by_tag: HashMap<String, LegKey>,
}

impl Legs {
    pub(super) fn insert(&self, leg: &Arc<Leg>) -> Result<(), SipError> {
        let mut maps = lock(&self.0);
        if maps.by_key.contains_key(&leg.key) {
            return Err(SipError::LegExists);
        }
        maps.by_key.insert(leg.key, leg.clone());
        Ok(())
    }

    /// Finds the leg by our tag too; tags are ours alone, so that they name one dialog.
    pub(super) fn tag(&self, leg: &Leg, tag: String) {
        lock(&leg.tags).push(tag.clone());
        lock(&self.0).by_tag.insert(tag, leg.key);
    }

    pub(super) fn get(&self, key: LegKey) -> Option<Arc<Leg>> {
        lock(&self.0).by_key.get(&key).cloned()
    }

    pub(super) fn by_tag(&self, tag: &str) -> Option<Arc<Leg>> {
        let maps = lock(&self.0);
        maps.by_key.get(maps.by_tag.get(tag)?).cloned()
    }

    pub(super) fn remove(&self, leg: &Leg) {
        let mut maps = lock(&self.0);
        maps.by_key.remove(&leg.key);
        for tag in lock(&leg.tags).drain(..) {
            maps.by_tag.remove(&tag);
        }
    }

    pub(super) fn len(&self) -> usize {
        lock(&self.0).by_key.len()
    }
}
