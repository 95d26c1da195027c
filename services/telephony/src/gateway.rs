//! What all calls of this gateway share, and who gets which event.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use journal::{Journal, Stream};
use proto::{
    chat::v1::chat_service_client::ChatServiceClient, routing::v1::routing_service_client::RoutingServiceClient,
};
use sha2::{Digest as _, Sha256};
use spelling::numbers::{self, Number};
use tokio::{runtime::Handle, sync::mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    Config,
    actor::{self, Input, Origin},
    book::Book,
    call::{Begin, Direction},
    campaigns::Campaigns,
    customers::Customers,
    error::invalid,
    ids::{CallId, LegKey},
    media::{Media, MediaEvent},
    recordings::Recorder,
    services::Services,
    settings::Settings,
    sip::{Sip, SipEvent},
    speech::Voice,
    view::View,
};

/// The journal's stream of calls.
pub(crate) const CALLS: Stream = Stream::new("TELEPHONY", "call");
/// The journal's stream of recorded sound.
pub(crate) const RECORDINGS: Stream = Stream::new("RECORDINGS", "recording");
/// The journal's stream of flows and numbers.
pub(crate) const SETTINGS: Stream = Stream::new("FLOWS", "setting");

/// The journal's stream of outbound campaigns.
pub(crate) const CAMPAIGNS: Stream = Stream::new("CAMPAIGNS", "campaign");

/// Inputs that a call's actor may be behind.
const INBOX: usize = 256;

/// What a gateway is made of.
pub(crate) struct Parts {
    pub config: Config,
    pub journal: Journal,
    pub sip: Sip,
    pub media: Media,
    pub chat: Channel,
    pub routing: Channel,
    pub customers: Option<Customers>,
    pub book: Book,
    pub settings: Settings,
    pub campaigns: Campaigns,
    pub view: View,
    pub services: Services,
    pub speaker: Voice,
    pub stop: CancellationToken,
}

/// Shared by all calls.
pub(crate) struct Gateway {
    pub config: Config,
    pub journal: Journal,
    pub sip: Sip,
    pub media: Media,
    pub chat: ChatServiceClient<Channel>,
    pub routing: RoutingServiceClient<Channel>,
    pub customers: Option<Customers>,
    pub book: Book,
    pub settings: Settings,
    pub campaigns: Campaigns,
    pub view: View,
    pub services: Services,
    pub recorder: Recorder,
    pub speaker: Voice,
    pub stop: CancellationToken,
    /// Where calls' actors run, whoever starts them.
    workers: Handle,
    actors: Mutex<HashMap<CallId, mpsc::Sender<Input>>>,
    quality: Mutex<BTreeMap<LegKey, proto::telephony::v1::Quality>>,
}

impl Gateway {
    pub(crate) fn new(parts: Parts) -> Arc<Self> {
        let Parts { config, journal, sip, media, chat, routing, book, settings, campaigns, view, .. } = parts;
        let Parts { customers, services, speaker, stop, .. } = parts;
        Arc::new(Self {
            recorder: Recorder::new(journal.clone(), config.recordings_mib),
            config,
            journal,
            sip,
            media,
            chat: ChatServiceClient::new(chat),
            routing: RoutingServiceClient::new(routing),
            customers,
            book,
            settings,
            campaigns,
            view,
            services,
            speaker,
            stop,
            workers: Handle::current(),
            actors: Mutex::default(),
            quality: Mutex::default(),
        })
    }

    /// A number as people and phones write it, as it is dialled.
    ///
    /// # Errors
    /// It is none, or one that may not be dialled from here.
    pub(crate) fn dialable(&self, written: &str) -> Result<String, Refusal> {
        match numbers::parse(written) {
            Some(Number::Known(number)) if self.config.dial.iter().any(|start| number.starts_with(start)) => Ok(number),
            Some(Number::Known(_)) => {
                Err(Refusal::new(Code::PermissionDenied, "number_barred", "this number may not be dialled from here"))
            }
            Some(Number::Short(number)) => Ok(number),
            Some(Number::Hidden) | None => Err(invalid("bad_number", "that is no telephone number")),
        }
    }

    /// The key of a customer's data. Who withholds the number is somebody new each time.
    pub(crate) fn customer_of(&self, number: &str, call: CallId) -> String {
        if number.is_empty() {
            return format!("anonymous-{call}");
        }
        let mut hash = Sha256::new();
        hash.update(self.config.number_secret.expose().as_bytes());
        hash.update([0]);
        hash.update(number.as_bytes());
        let digest = hash.finalize();
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("tel-{name}")
    }

    /// Starts a call's actor.
    pub(crate) fn start(self: &Arc<Self>, call: CallId, origin: Origin) -> mpsc::Sender<Input> {
        let (send, inbox) = mpsc::channel(INBOX);
        self.actors().insert(call, send.clone());
        let gateway = Arc::clone(self);
        self.workers.spawn(async move {
            actor::run(&gateway, call, origin, inbox).await;
            gateway.actors().remove(&call);
        });
        send
    }

    /// The actor of a call that this gateway carries.
    pub(crate) fn actor(&self, call: CallId) -> Option<mpsc::Sender<Input>> {
        self.actors().get(&call).cloned()
    }

    /// Calls that this gateway carries.
    pub(crate) fn carried(&self) -> usize {
        self.actors().len()
    }

    /// What this gateway carries now.
    pub(crate) fn load(&self) -> proto::telephony::v1::Carried {
        let many = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let sip = self.sip.counts();
        proto::telephony::v1::Carried {
            calls: many(self.carried()),
            legs: many(sip.legs),
            dialogs: many(sip.dialogs),
            transactions: many(sip.transactions),
            sounds: u32::try_from(self.media.stats().legs).unwrap_or(u32::MAX),
        }
    }

    /// How a leg sounds, last measured here.
    pub(crate) fn quality(&self, key: LegKey) -> Option<proto::telephony::v1::Quality> {
        self.qualities().get(&key).copied()
    }

    /// Passes SIP's events on until the signal.
    pub(crate) async fn pass_sip(self: Arc<Self>, mut events: mpsc::Receiver<SipEvent>) {
        while let Some(event) = events.recv().await {
            if let SipEvent::Incoming { key, .. } = &event {
                let key = *key;
                self.incoming(key, event);
                continue;
            }
            let Some(actor) = self.actor(key_of(&event).call) else { continue };
            let hurried = matches!(event, SipEvent::Digit { .. });
            pass(&actor, Input::Sip(Box::new(event)), hurried).await;
        }
    }

    /// Passes media's events on until the signal.
    pub(crate) async fn pass_media(self: Arc<Self>, mut events: mpsc::Receiver<MediaEvent>) {
        while let Some(event) = events.recv().await {
            let call = match &event {
                MediaEvent::Quality { key, loss_permille, jitter_ms, rtt_ms } => {
                    let quality = proto::telephony::v1::Quality {
                        loss_permille: u32::from(*loss_permille),
                        jitter_ms: u32::from(*jitter_ms),
                        rtt_ms: rtt_ms.map_or(0, u32::from),
                    };
                    self.qualities().insert(*key, quality);
                    continue;
                }
                MediaEvent::Recorded { call, .. } | MediaEvent::RecordedAll { call, .. } => {
                    self.recorder.take(&event, self.book.get(*call).map(|known| known.call.customer));
                    continue;
                }
                MediaEvent::Digit { key, .. }
                | MediaEvent::Played { key, .. }
                | MediaEvent::Silent { key }
                | MediaEvent::Heard { key }
                | MediaEvent::BrowserUp { key }
                | MediaEvent::BrowserGone { key } => key.call,
            };
            let Some(actor) = self.actor(call) else { continue };
            let hurried = matches!(event, MediaEvent::Digit { .. });
            pass(&actor, Input::Media(event), hurried).await;
        }
    }

    /// Forgets what was measured of a call.
    pub(crate) fn forget(&self, call: CallId) {
        self.qualities().retain(|key, _| key.call != call);
    }

    fn incoming(self: &Arc<Self>, key: LegKey, event: SipEvent) {
        let SipEvent::Incoming { trunk, agent, from, from_name, to, sdp, .. } = event else { return };
        if let Some(agent) = agent {
            tracing::info!(call = %key.call, %agent, "an agent's phone may not begin calls: refused");
            let sip = self.sip.clone();
            tokio::spawn(async move { sip.reject(key, 403, None).await });
            return;
        }
        let number = numbers::folded(&from);
        let begin = Begin {
            direction: Direction::In,
            customer: self.customer_of(&number, key.call),
            number,
            name: from_name,
            dialled: to,
            trunk: trunk.unwrap_or_default(),
            ..Begin::default()
        };
        self.start(key.call, Origin::Incoming { begin, offer: sdp });
    }

    fn actors(&self) -> MutexGuard<'_, HashMap<CallId, mpsc::Sender<Input>>> {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn qualities(&self) -> MutexGuard<'_, BTreeMap<LegKey, proto::telephony::v1::Quality>> {
        self.quality.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives an actor its input. Keys are lost rather than waited for: while the journal is away an actor takes nothing, and one caller who
/// goes on pressing must not hold up everybody's events.
async fn pass(actor: &mpsc::Sender<Input>, input: Input, hurried: bool) {
    if hurried && actor.capacity() < INBOX / 2 {
        return;
    }
    // After its end an actor hears nothing.
    let _ = actor.send(input).await;
}

fn key_of(event: &SipEvent) -> LegKey {
    match event {
        SipEvent::Incoming { key, .. }
        | SipEvent::Ringing { key, .. }
        | SipEvent::Answered { key, .. }
        | SipEvent::Confirmed { key, .. }
        | SipEvent::Changing { key, .. }
        | SipEvent::PeerAnswer { key, .. }
        | SipEvent::Digit { key, .. }
        | SipEvent::Transfer { key, .. }
        | SipEvent::Referred { key, .. }
        | SipEvent::Ended { key, .. } => *key,
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis() as u64)
}
