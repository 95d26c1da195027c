//! The parts of a door put together: what a request finds when it comes in, and what runs beside.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chassis::{
    Shutdown,
    grpc::{Channel, GrpcError},
};
use proto::{
    chat::v1::chat_service_client::ChatServiceClient,
    crm::v1::{
        case_service_client::CaseServiceClient, export_service_client::ExportServiceClient,
        order_service_client::OrderServiceClient, plan_service_client::PlanServiceClient,
        retention_service_client::RetentionServiceClient, segment_service_client::SegmentServiceClient,
        webhook_service_client::WebhookServiceClient, word_service_client::WordServiceClient,
    },
    telephony::v1::telephony_service_client::TelephonyServiceClient,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc::UnboundedSender},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    accounts::{Accounts, Hashing},
    audit::Audit,
    config::{Config, ConfigError, SiteAddress},
    customers::Mask,
    frames::ServerFrame,
    http::{self, export, files, headers::Headers, sign_in::Guard},
    keep::Keep,
    limits::Addresses,
    link::{agents::Agents, calls, crm::Crm, places, routing::Routing, stream, submit::Submit, typing, watch::Watches},
    server,
    socket::{
        handle::Registry,
        outbox::{Ending, Total},
    },
    tokens::Tokens,
    viewing::Viewing,
};

/// Between two looks at what has waited too long.
const SWEEP: Duration = Duration::from_millis(100);
/// WebSocket close code: the server goes away.
const GOING_AWAY: u16 = 1001;
/// Kept of the grace for cutting what is left.
const CUT: Duration = Duration::from_millis(500);

/// What a door is given.
pub struct Parts {
    /// This site's name.
    pub site: String,
    /// Its configuration.
    pub config: Config,
    /// Accounts.
    pub accounts: Arc<dyn Accounts>,
    /// Settings, files and used links.
    pub keep: Arc<dyn Keep>,
    /// Password hashing, shared with `accounts`.
    pub hashing: Hashing,
    /// Where requests are noted.
    pub audit: Audit,
    /// Where agents' sockets are noted.
    pub presence: UnboundedSender<Note>,
    /// Whether the journal is within reach.
    pub journal_ready: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// A socket of an agent came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It opened.
    Opened(Arc<str>),
    /// It closed.
    Closed(Arc<str>),
}

/// Why a door cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// An address inside the site is wrong.
    #[error(transparent)]
    Grpc(#[from] GrpcError),
}

/// A door. Clones share everything.
#[derive(Clone)]
pub struct Door(Arc<App>, Arc<std::sync::Mutex<Option<typing::Signals>>>);

/// What a request finds.
pub(crate) struct App {
    pub(crate) site: String,
    pub(crate) sites: Vec<SiteAddress>,
    pub(crate) config: Config,
    pub(crate) accounts: Arc<dyn Accounts>,
    pub(crate) hashing: Hashing,
    pub(crate) audit: Audit,
    pub(crate) presence: UnboundedSender<Note>,
    pub(crate) journal_ready: Arc<dyn Fn() -> bool + Send + Sync>,
    pub(crate) tokens: Tokens,
    pub(crate) headers: Headers,
    pub(crate) guard: Guard,
    pub(crate) chat: ChatServiceClient<Channel>,
    pub(crate) routing: Routing,
    pub(crate) telephony: Option<TelephonyServiceClient<Channel>>,
    pub(crate) orders: Option<OrderServiceClient<Channel>>,
    pub(crate) cases: Option<CaseServiceClient<Channel>>,
    pub(crate) exports: Option<ExportServiceClient<Channel>>,
    /// Room for exports.
    pub(crate) export_room: Arc<Semaphore>,
    pub(crate) segments: Option<SegmentServiceClient<Channel>>,
    pub(crate) plans: Option<PlanServiceClient<Channel>>,
    pub(crate) webhooks: Option<WebhookServiceClient<Channel>>,
    pub(crate) retention: Option<RetentionServiceClient<Channel>>,
    pub(crate) words: Option<WordServiceClient<Channel>>,
    pub(crate) crm: Option<Crm>,
    /// What agents do not see of a profile without asking.
    pub(crate) mask: Mask,
    pub(crate) submit: Submit,
    pub(crate) watches: Watches,
    pub(crate) viewing: Viewing,
    pub(crate) keep: Arc<dyn Keep>,
    pub(crate) agents: Agents,
    pub(crate) typing: typing::Typing,
    pub(crate) registry: Arc<Registry>,
    pub(crate) outboxes: Arc<Total>,
    pub(crate) frames: Addresses,
    pub(crate) requests: Addresses,
    pub(crate) customers: Addresses,
    pub(crate) messages: Addresses,
    pub(crate) uploads: Addresses,
    /// Room for files that are being taken in.
    pub(crate) upload_room: Semaphore,
    pub(crate) links: Addresses,
    pub(crate) draining: AtomicBool,
    /// This site reaches no other one.
    pub(crate) cut_off: AtomicBool,
}

impl Door {
    /// Puts the parts together; connects to nothing yet.
    ///
    /// # Errors
    /// [`DoorError`] when the configuration is wrong.
    pub fn new(parts: Parts) -> Result<Self, DoorError> {
        let Parts { site, config, accounts, keep, hashing, audit, presence, journal_ready } = parts;
        config.check(&site)?;
        let chat = ChatServiceClient::new(chassis::grpc::channel(&config.chat, &config.token)?);
        let patience = Duration::from_millis(config.sockets.answer_ms);
        let routing =
            Routing::new(chassis::grpc::channel(&config.routing, &config.token)?, config.floor.clone(), patience);
        let telephony = config.telephony.as_ref().map(|url| chassis::grpc::channel(url, &config.token)).transpose()?;
        let crm = config.crm.as_ref().map(|url| chassis::grpc::channel(url, &config.token)).transpose()?;
        let (typing, signals) = typing::channel();
        let mask = Mask::new(config.masked_fields.iter().copied());
        let app = App {
            sites: config.sites_home_first(&site),
            tokens: Tokens::new(&config.token_key)?,
            headers: Headers::new(&config),
            guard: Guard::new(&config.sign_in),
            agents: Agents::new(chat.clone(), config.floor.clone()),
            submit: Submit::new(patience, config.sockets.in_flight, audit.clone()),
            watches: Watches::new(patience, config.sockets.watches, audit.clone()),
            viewing: Viewing::new(),
            keep,
            registry: Arc::new(Registry::new(config.sockets.max)),
            outboxes: Arc::new(Total::new(config.sockets.outbox_total_bytes)),
            frames: Addresses::new(config.rates.address),
            requests: Addresses::new(config.rates.http),
            customers: Addresses::new(config.rates.customers),
            messages: Addresses::new(config.rates.messages),
            uploads: Addresses::new(config.rates.uploads),
            upload_room: Semaphore::new(files::AT_ONCE),
            links: Addresses::new(config.rates.links),
            draining: AtomicBool::new(false),
            cut_off: AtomicBool::new(false),
            site,
            config,
            accounts,
            hashing,
            audit,
            presence,
            journal_ready,
            chat,
            routing,
            telephony: telephony.map(TelephonyServiceClient::new),
            orders: crm.clone().map(OrderServiceClient::new),
            cases: crm.clone().map(CaseServiceClient::new),
            exports: crm.clone().map(ExportServiceClient::new),
            export_room: Arc::new(Semaphore::new(export::AT_ONCE)),
            segments: crm.clone().map(SegmentServiceClient::new),
            plans: crm.clone().map(PlanServiceClient::new),
            webhooks: crm.clone().map(WebhookServiceClient::new),
            retention: crm.clone().map(RetentionServiceClient::new),
            words: crm.clone().map(WordServiceClient::new),
            crm: crm.map(|channel| Crm::new(channel, patience)),
            mask,
            typing,
        };
        Ok(Self(Arc::new(app), Arc::new(std::sync::Mutex::new(Some(signals)))))
    }

    /// An agent's availability and commands for the floor, for those who act without a socket.
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.0
    }

    /// Serves browsers on `listener` until the shutdown signal: then tells every browser to move, lets them go within the
    /// grace, and returns.
    pub async fn serve(&self, listener: TcpListener, shutdown: Shutdown) {
        let links = CancellationToken::new();
        let mut tasks = self.links(&links);
        let router = http::router(self.0.clone());
        let stopping = CancellationToken::new();
        // Beside the sockets, which leave this count, there are only short requests.
        let limit = self.0.config.sockets.max;
        let serving = tokio::spawn(server::serve(listener, router, limit, stopping.clone()));
        shutdown.signalled().await;
        let deadline = tokio::time::Instant::now() + shutdown.grace().saturating_sub(CUT);
        self.0.draining.store(true, Ordering::Relaxed);
        self.drain(deadline).await;
        stopping.cancel();
        if tokio::time::timeout_at(deadline + CUT, serving).await.is_err() {
            tracing::warn!("requests still under way at the end of the grace were cut");
        }
        links.cancel();
        tasks.shutdown().await;
    }

    /// Tells every browser to move and waits for them to go; who is still here near the end is cut.
    async fn drain(&self, deadline: tokio::time::Instant) {
        let registry = &self.0.registry;
        tracing::info!(sockets = registry.open(), "draining");
        registry.send_all(&ServerFrame::Move { reason: "drain".into() });
        if tokio::time::timeout_at(deadline, registry.empty()).await.is_err() {
            tracing::warn!(sockets = registry.open(), "sockets still open near the end of the grace are closed");
            registry.end_all(&Ending::Close(GOING_AWAY));
            let _still_open = tokio::time::timeout(CUT / 2, registry.empty()).await;
        }
    }

    fn links(&self, stop: &CancellationToken) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let (app, token) = (self.0.clone(), stop.clone());
        tasks.spawn(async move {
            let chat = app.chat.clone();
            let open = |requests| {
                let mut chat = chat.clone();
                async move { chat.submit(requests).await }
            };
            stream::keep(&app.submit, open, token).await;
        });
        let (app, token) = (self.0.clone(), stop.clone());
        tasks.spawn(async move {
            let chat = app.chat.clone();
            let open = |requests| {
                let mut chat = chat.clone();
                async move { chat.watch(requests).await }
            };
            stream::keep(&app.watches, open, token).await;
        });
        let (app, token) = (self.0.clone(), stop.clone());
        tasks.spawn(async move {
            let routing = app.routing.client.clone();
            let open = |requests| {
                let mut routing = routing.clone();
                async move { routing.watch_agents(requests).await }
            };
            stream::keep(&app.agents, open, token).await;
        });
        tasks.spawn(crate::viewing::run(self.0.clone()));
        let app = self.0.clone();
        tasks.spawn(async move {
            let mut tick = tokio::time::interval(SWEEP);
            loop {
                let now: Instant = tick.tick().await.into_std();
                app.submit.expire(now);
                app.watches.expire(now);
            }
        });
        tasks.spawn(places::run(self.0.clone()));
        tasks.spawn(calls::run(self.0.clone()));
        tasks.spawn(crate::notices::run(self.0.clone()));
        let signals = self.1.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(signals) = signals {
            tasks.spawn(typing::run(signals, self.0.chat.clone()));
        }
        tasks
    }
}

impl App {
    /// Why browsers should go to another site, if they should.
    pub(crate) fn sends_away(&self) -> Option<&'static str> {
        if self.draining.load(Ordering::Relaxed) {
            return Some("drain");
        }
        self.cut_off.load(Ordering::Relaxed).then_some("cut_off")
    }

    /// Whether browsers should be sent here: the journal, `chat` and `routing` are within reach and the door is not closing.
    pub(crate) fn not_ready(&self) -> Vec<&'static str> {
        let parts = [
            ("journal", (self.journal_ready)()),
            ("chat", self.submit.is_up() && self.watches.is_up()),
            ("routing", self.agents.is_up()),
            ("other sites", !self.cut_off.load(Ordering::Relaxed)),
            ("door", !self.draining.load(Ordering::Relaxed)),
        ];
        parts.into_iter().filter(|(_, ready)| !ready).map(|(name, _)| name).collect()
    }
}
