//! The door that every message passes before the stack remembers anything of it: what is not understood, not allowed
//! or too much is refused here, without state, so that an overload costs an answer and nothing more.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rsipstack::{
    sip::{HasHeaders as _, Header, HeadersExt as _, Method, Request, SipMessage, StatusCode},
    transaction::{
        endpoint::{EndpointInner, TransportEventInspector},
        key::{TransactionKey, TransactionRole},
    },
    transport::{SipAddr, SipConnection, TransportEvent},
};

use tokio::time::timeout;

use super::{
    admission::{Bucket, Full, Limits},
    config::Config,
    event::Counts,
    trunks::Trunks,
    wire,
};

/// What the whole gateway counts and limits.
#[derive(Debug)]
pub(super) struct Gate {
    started: Instant,
    bucket: Mutex<Bucket>,
    /// Requests of phones that still have to prove themselves.
    strangers: Mutex<Bucket>,
    /// Calls that were let in and are not yet a leg, by their transaction.
    admitted: Mutex<HashMap<String, Permit>>,
    pub(super) trunks: Arc<Trunks>,
    pub(super) draining: AtomicBool,
    /// Whether any phone may call: else requests from strange places are refused at once.
    pub(super) phones: AtomicBool,
    pub(super) count: Counters,
    retry_after_s: u32,
    max_connections: usize,
    endpoint: OnceLock<Weak<EndpointInner>>,
}

/// How long a refusal may take to leave.
const SEND: Duration = Duration::from_secs(2);

/// Totals since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) malformed: AtomicU64,
    pub(super) rate: AtomicU64,
    pub(super) busy: AtomicU64,
    pub(super) drain: AtomicU64,
    pub(super) trunk: AtomicU64,
    pub(super) source: AtomicU64,
    pub(super) secret: AtomicU64,
    pub(super) refused_connections: AtomicU64,
    pub(super) connections: AtomicUsize,
}

/// A call's place within the limits; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Weak<Gate>,
    /// The trunk that carries it.
    pub(super) trunk: Option<String>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(gate) = self.gate.upgrade() else { return };
        lock(&gate.bucket).end();
        if let Some(trunk) = &self.trunk {
            gate.trunks.end(trunk);
        }
    }
}

fn strangers(per_s: u32) -> Limits {
    Limits { calls_per_s: per_s, burst: per_s, at_once: 0 }
}

/// Why a request does not pass.
struct Refusal {
    status: StatusCode,
    retry: bool,
}

impl Refusal {
    fn now(status: StatusCode) -> Self {
        Self { status, retry: false }
    }

    fn later() -> Self {
        Self { status: StatusCode::ServiceUnavailable, retry: true }
    }
}

impl Gate {
    pub(super) fn new(config: &Config, trunks: Arc<Trunks>) -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            bucket: Mutex::new(Bucket::new(config.limits, 0)),
            strangers: Mutex::new(Bucket::new(strangers(config.strangers_per_s), 0)),
            admitted: Mutex::default(),
            trunks,
            draining: AtomicBool::new(false),
            phones: AtomicBool::new(!config.phones.is_empty()),
            count: Counters::default(),
            retry_after_s: config.retry_after_s,
            max_connections: config.connections,
            endpoint: OnceLock::new(),
        })
    }

    pub(super) fn attach(&self, endpoint: &Arc<EndpointInner>) {
        let _ = self.endpoint.set(Arc::downgrade(endpoint));
    }

    /// Milliseconds since the start.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// What an incoming call was let in with.
    pub(super) fn claim(&self, key: &TransactionKey) -> Option<Permit> {
        lock(&self.admitted).remove(&key.to_string())
    }

    /// A place for a call of our own, on a trunk or to a phone: the gateway's calls at once count, the rate does not.
    pub(super) fn join(self: &Arc<Self>, trunk: Option<String>) -> Permit {
        lock(&self.bucket).join();
        Permit { gate: Arc::downgrade(self), trunk }
    }

    pub(super) fn counts(&self) -> Counts {
        let stats = self.endpoint.get().and_then(Weak::upgrade).map(|endpoint| endpoint.get_stats());
        Counts {
            malformed: self.count.malformed.load(Relaxed),
            refused_rate: self.count.rate.load(Relaxed),
            refused_busy: self.count.busy.load(Relaxed),
            refused_drain: self.count.drain.load(Relaxed),
            refused_trunk: self.count.trunk.load(Relaxed),
            refused_source: self.count.source.load(Relaxed),
            wrong_secret: self.count.secret.load(Relaxed),
            refused_connections: self.count.refused_connections.load(Relaxed),
            transactions: stats.map_or(0, |stats| stats.running_transactions),
            connections: self.count.connections.load(Relaxed),
            ..Counts::default()
        }
    }

    fn request(self: &Arc<Self>, request: Request, by: SipConnection, from: SipAddr) -> Option<TransportEvent> {
        let verdict = match TransactionKey::from_request(&request, TransactionRole::Server) {
            Ok(key) if request.to_header().is_ok() && !wire::is_cut(&request) => self.judge(&request, &key, &from),
            Ok(_) | Err(_) => {
                self.count.malformed.fetch_add(1, Relaxed);
                Err(Refusal::now(StatusCode::BadRequest))
            }
        };
        match verdict {
            Ok(()) => Some(TransportEvent::Incoming(request.into(), by, from)),
            Err(refusal) => {
                // Nobody answers an ACK.
                if request.method != Method::Ack {
                    self.answer(&request, refusal, by);
                }
                None
            }
        }
    }

    fn judge(self: &Arc<Self>, request: &Request, key: &TransactionKey, from: &SipAddr) -> Result<(), Refusal> {
        let begins = request.to_header().and_then(|to| to.tag()).is_ok_and(|tag| tag.is_none());
        let counts = matches!(request.method, Method::Invite | Method::Register);
        if !counts || !begins || self.knows(key) {
            return Ok(());
        }
        if request.method == Method::Register {
            return self.stranger();
        }
        if self.draining.load(Relaxed) {
            self.count.drain.fetch_add(1, Relaxed);
            return Err(Refusal::later());
        }
        let trunk = match source(from).and_then(|address| self.trunks.by_source(address)) {
            Some(trunk) => Some(trunk),
            None if self.phones.load(Relaxed) => None,
            None => {
                self.count.source.fetch_add(1, Relaxed);
                return Err(Refusal::now(StatusCode::Forbidden));
            }
        };
        let permit = match trunk {
            Some(trunk) => self.admit(trunk)?,
            None => {
                self.stranger()?;
                self.join(None)
            }
        };
        lock(&self.admitted).insert(key.to_string(), permit);
        Ok(())
    }

    /// Who is not proven yet gets a share of its own, so that a flood of guesses does not keep callers out.
    fn stranger(&self) -> Result<(), Refusal> {
        let mut strangers = lock(&self.strangers);
        let room = strangers.begin(self.now_ms());
        strangers.end();
        if room.is_err() {
            self.count.rate.fetch_add(1, Relaxed);
            return Err(Refusal::later());
        }
        Ok(())
    }

    fn admit(self: &Arc<Self>, trunk: String) -> Result<Permit, Refusal> {
        let now_ms = self.now_ms();
        match lock(&self.bucket).begin(now_ms) {
            Ok(()) => {}
            Err(Full::Rate) => {
                self.count.rate.fetch_add(1, Relaxed);
                return Err(Refusal::later());
            }
            Err(Full::AtOnce) => {
                self.count.busy.fetch_add(1, Relaxed);
                return Err(Refusal::later());
            }
        }
        let mut permit = Permit { gate: Arc::downgrade(self), trunk: None };
        if !self.trunks.begin(&trunk, now_ms) {
            self.count.trunk.fetch_add(1, Relaxed);
            return Err(Refusal::later());
        }
        permit.trunk = Some(trunk);
        Ok(permit)
    }

    /// Whether it repeats a request that is being handled, or was.
    fn knows(&self, key: &TransactionKey) -> bool {
        self.endpoint.get().and_then(Weak::upgrade).is_some_and(|endpoint| {
            endpoint.transactions.with(|running| running.contains_key(key))
                || endpoint.finished_transactions.with(|finished| finished.contains_key(key))
        })
    }

    fn answer(&self, request: &Request, refusal: Refusal, by: SipConnection) {
        let Some(endpoint) = self.endpoint.get().and_then(Weak::upgrade) else { return };
        let mut response = endpoint.make_response(request, refusal.status, None);
        if let Ok(to) = request.to_header()
            && to.tag().is_ok_and(|tag| tag.is_none())
        {
            let mut hash = DefaultHasher::new();
            wire::branch(request).hash(&mut hash);
            let to = to.with_tag(format!("{:016x}", hash.finish()).into());
            response.headers_mut().unique_push(Header::To(to));
        }
        if refusal.retry {
            response.headers.push(Header::RetryAfter(self.retry_after_s.to_string().into()));
        }
        // A stream whose other end does not read must not hold up everybody else, nor gather what it does not read.
        tokio::spawn(async move {
            if timeout(SEND, by.send(response.into(), None)).await.is_err() {
                let _ = by.close().await;
            }
        });
    }

    fn connected(&self, connection: &SipConnection) {
        let there = self.count.connections.fetch_add(1, Relaxed) + 1;
        if there > self.max_connections {
            self.count.refused_connections.fetch_add(1, Relaxed);
            let connection = connection.clone();
            tokio::spawn(async move { connection.close().await });
        }
    }

    fn event(self: &Arc<Self>, event: TransportEvent) -> Option<TransportEvent> {
        match event {
            TransportEvent::Incoming(SipMessage::Request(request), by, from) => self.request(request, by, from),
            TransportEvent::New(connection) => {
                self.connected(&connection);
                Some(TransportEvent::New(connection))
            }
            TransportEvent::Closed(connection) => {
                self.count.connections.fetch_sub(1, Relaxed);
                Some(TransportEvent::Closed(connection))
            }
            response @ TransportEvent::Incoming(SipMessage::Response(_), ..) => Some(response),
        }
    }
}

/// The gate, as the stack wants it.
pub(super) struct Door(pub(super) Arc<Gate>);

type Passing<'a> = Pin<Box<dyn Future<Output = Option<TransportEvent>> + Send + 'a>>;

impl TransportEventInspector for Door {
    fn handle<'life0, 'async_trait>(&'life0 self, event: TransportEvent) -> Passing<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(std::future::ready(self.0.event(event)))
    }
}

pub(super) fn source(from: &SipAddr) -> Option<IpAddr> {
    from.get_socketaddr().ok().map(|address| address.ip())
}

/// A mutex whose holder panicked is still whole: what it guards is plain counting.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
