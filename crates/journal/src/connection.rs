//! The one connection of a process, with the settings that make a lost server cost milliseconds, not seconds.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use async_nats::{Client, ConnectOptions, Event};
use tokio::sync::watch;
use uuid::Uuid;

use crate::{ConnectError, Settings, health, metrics::Metrics, wire::Wire};

const PING: Duration = Duration::from_secs(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
const RECONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Room for commands that wait for the socket.
const SEND_ROOM: usize = 8_192;
/// Messages that one subscription may hold back: beyond that they are dropped, and followers repair the gap.
const SUBSCRIPTION_ROOM: usize = 32_768;

/// The state of the connection, as far as waiting calls must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkState {
    /// A server is reachable now.
    pub connected: bool,
    /// Grows whenever messages may have been missed: a reconnect, or a subscription that overflowed.
    pub generation: u64,
}

/// Everything that the clones of a [`Journal`](crate::Journal) share.
pub(crate) struct Connection {
    pub settings: Settings,
    pub owner: String,
    pub client: Client,
    pub wire: Wire,
    pub link: watch::Receiver<LinkState>,
    pub metrics: Metrics,
    pub pulse: Pulse,
}

/// When the journal last confirmed anything, so that one caller's patience can end on everybody's silence.
pub(crate) struct Pulse {
    started: Instant,
    confirmed_ms: AtomicU64,
    silent: AtomicBool,
}

impl Pulse {
    fn new() -> Pulse {
        Pulse { started: Instant::now(), confirmed_ms: AtomicU64::new(0), silent: AtomicBool::new(false) }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// An append was answered by a leader with a quorum behind it.
    pub(crate) fn confirmed(&self) {
        self.confirmed_ms.store(self.now_ms(), Ordering::Relaxed);
        self.silent.store(false, Ordering::Relaxed);
    }

    /// An append gave up because nothing was confirmed for too long.
    pub(crate) fn gave_up(&self) {
        self.silent.store(true, Ordering::Relaxed);
    }

    /// Whether somebody gave up and nothing was confirmed since.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// How long nothing was confirmed.
    pub(crate) fn silence(&self) -> Duration {
        let last = self.confirmed_ms.load(Ordering::Relaxed);
        Duration::from_millis(self.now_ms().saturating_sub(last))
    }
}

impl Connection {
    pub(crate) async fn connect(settings: Settings) -> Result<Connection, ConnectError> {
        check(&settings)?;
        if settings.require_sync_always {
            health::require_sync_always(&settings.monitoring).await?;
        }
        let owner = format!("{}.{}.{}", settings.site, settings.service, Uuid::new_v4().simple());
        let (state, link) = watch::channel(LinkState { connected: true, generation: 0 });
        let client = dial(&settings, &settings.user, &settings.password, Some(state)).await?;
        let wire = Wire::start(client.clone(), link.clone())
            .await
            .map_err(|error| ConnectError::Subscribe(error.to_string()))?;
        Ok(Connection { settings, owner, client, wire, link, metrics: Metrics::new(), pulse: Pulse::new() })
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.link.borrow().connected
    }
}

fn check(settings: &Settings) -> Result<(), ConnectError> {
    for (what, token) in [("site", &settings.site), ("service", &settings.service)] {
        let fits = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if token.is_empty() || !fits {
            return Err(ConnectError::Settings(format!("the {what} name {token:?} must be made of A-Z a-z 0-9 - _")));
        }
    }
    if settings.servers.is_empty() {
        return Err(ConnectError::Settings("no NATS server is named".to_owned()));
    }
    if settings.master_keys.is_empty() {
        return Err(ConnectError::Settings("no master key is given".to_owned()));
    }
    if !(1..=5).contains(&settings.replicas) {
        return Err(ConnectError::Settings(format!("{} replicas: must be 1 to 5", settings.replicas)));
    }
    Ok(())
}

/// Connects with the project's client settings.
pub(crate) async fn dial(
    settings: &Settings,
    user: &str,
    password: &str,
    state: Option<watch::Sender<LinkState>>,
) -> Result<Client, ConnectError> {
    let unreachable = |source: Box<dyn std::error::Error + Send + Sync>| ConnectError::Unreachable {
        servers: settings.servers.join(", "),
        source,
    };
    let servers = settings
        .servers
        .iter()
        .map(|server| server.parse::<async_nats::ServerAddr>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| unreachable(Box::new(error)))?;
    let mut options = options(settings, servers.len());
    if !user.is_empty() {
        // Answers to this user alone: others have no right to listen there.
        options = options
            .user_and_password(user.to_owned(), password.to_owned())
            .custom_inbox_prefix(format!("_INBOX_{user}"));
    }
    if let Some(state) = state {
        options = options.event_callback(move |event| {
            note(&state, &event);
            std::future::ready(())
        });
    }
    options.connect(servers).await.map_err(|error| unreachable(Box::new(error)))
}

fn options(settings: &Settings, servers: usize) -> ConnectOptions {
    ConnectOptions::new()
        .name(format!("{}.{}", settings.site, settings.service))
        .ping_interval(PING)
        .connection_timeout(CONNECT_TIMEOUT)
        .request_timeout(Some(REQUEST_TIMEOUT))
        .retain_servers_order()
        .ignore_discovered_servers()
        .client_capacity(SEND_ROOM)
        .subscription_capacity(SUBSCRIPTION_ROOM)
        // The first round over all servers is without a pause: the next one is probably alive.
        .reconnect_delay_callback(move |attempt| if attempt <= servers { Duration::ZERO } else { RECONNECT_PAUSE })
}

fn note(state: &watch::Sender<LinkState>, event: &Event) {
    match event {
        Event::Connected => state.send_modify(|link| {
            link.connected = true;
            link.generation += 1;
        }),
        Event::Disconnected | Event::Closed => state.send_modify(|link| link.connected = false),
        Event::SlowConsumer(_) => state.send_modify(|link| link.generation += 1),
        Event::ServerError(error) => tracing::warn!(%error, "nats server reports an error"),
        Event::LameDuckMode | Event::Draining | Event::ClientError(_) => {}
    }
}
