//! Conversations on every text channel. Every site runs it, and all sites may write to the same conversation: the journal decides who
//! was first, the other reads on and decides again.
//!
//! | module | what |
//! |---|---|
//! | [`conversation`] | one conversation: the pure core |
//! | [`config`] | every tunable |
//! | `service` | the loop: command → core → journal → reply, watchers |
//! | `grpc` | requests in, answers out |
//! | `bus` | the journal and NATS |
//! | `saga` | what conversations want of routing, and what routing decides |
//! | [`view`] | this site's PostgreSQL view, all SQL |
//! | `convert` | protobuf ⇄ core types |
//! | [`error`] | what can go wrong |

mod bus;
pub mod config;
pub mod conversation;
mod convert;
pub mod error;
mod grpc;
mod metrics;
mod saga;
mod service;
pub mod view;

pub use bus::CHAT;
pub use config::Config;
pub use error::RunError;

use std::time::Duration;

use chassis::{Shutdown, grpc::ServerSettings};
use journal::{Follower, Journal};
use proto::chat::v1::chat_service_server::ChatServiceServer;
use sqlx::PgPool;
use tokio::{sync::mpsc, task::JoinSet};
use tonic::service::Routes;

use bus::{Bus, ROUTING};
use metrics::Metrics;
use saga::Errands;
use service::{Limits, Service};

/// Runs the service until the signal: takes no new streams, finishes what is under way within the grace, returns.
///
/// # Errors
/// [`RunError`] when it cannot start, or when a part of it fails for good.
pub async fn run(config: Config, journal: journal::Settings, shutdown: Shutdown) -> Result<(), RunError> {
    config.fault().map_or(Ok(()), |fault| Err(RunError::Config(fault)))?;
    let journal = Journal::connect(journal).await.map_err(RunError::Journal)?;
    for stream in [CHAT, ROUTING] {
        journal.ensure_stream(&stream).await.map_err(|source| RunError::Stream { stream: stream.name, source })?;
    }
    let pool = chassis::pool::connect(&config.database, config.database_connections, &view::MIGRATOR, view::SCHEMA)
        .await
        .map_err(RunError::Database)?;
    let mut parts = start(config, journal, pool, &shutdown).await?;
    let mut outcome = Ok(());
    while let Some(ended) = parts.join_next().await {
        let ended = ended.unwrap_or(Err(RunError::Ended("a part of the service")));
        if !shutdown.is_signalled() && ended.is_ok() {
            outcome = Err(RunError::Ended("a part of the service"));
        }
        if let Err(error) = ended {
            outcome = outcome.and(Err(error));
        }
        if outcome.is_err() && !shutdown.is_signalled() {
            // The others are told through the same signal, so that all of it stops in order.
            shutdown.signal();
        }
    }
    outcome
}

type Parts = JoinSet<Result<(), RunError>>;

async fn start(config: Config, journal: Journal, pool: PgPool, shutdown: &Shutdown) -> Result<Parts, RunError> {
    let metrics = Metrics::new();
    let bus = Bus::new(journal.clone());
    let channel = chassis::grpc::channel(&config.routing, &config.token).map_err(RunError::Grpc)?;
    let (wish, wishes) = mpsc::unbounded_channel();
    let (service, handle) = Service::new(limits(&config, &journal), bus.clone(), metrics.clone(), wish.clone());
    let follower = follow(&bus, shutdown).await?;
    let stop = shutdown.token();
    let mut parts = JoinSet::new();
    parts.spawn(service.run(follower, shutdown.clone()));
    parts.spawn({
        let (bus, handle, stop) = (bus.clone(), handle.clone(), stop.clone());
        async move { bus.hear_typing(handle, stop).await }
    });
    let crm = config.crm.as_ref().map(|url| chassis::grpc::channel(url, &config.token)).transpose();
    let crm = crm.map_err(RunError::Grpc)?.map(saga::Crm::new);
    let errands = Errands::new(channel, handle.clone(), config.floor.clone(), crm, metrics);
    parts.spawn(done(errands.run(wishes, stop.clone())));
    parts.spawn(done(saga::react(journal.clone(), handle.clone(), wish.clone(), stop.clone())));
    let grace = Duration::from_millis(config.sweep_grace_ms);
    parts.spawn(done(saga::sweep(journal.clone(), pool.clone(), handle.clone(), wish, grace, stop.clone())));
    let erasures = view::Erasures(handle.clone());
    parts.spawn(done(journal::follow_erasures(journal.clone(), pool.clone(), erasures, stop.clone())));
    parts.spawn({
        let (journal, pool, stop) = (journal.clone(), pool.clone(), stop.clone());
        let conversations = view::Conversations { pace: Duration::from_millis(config.view_pace_ms) };
        async move { journal::project(&journal, &CHAT, &pool, conversations, stop).await.map_err(RunError::View) }
    });
    parts.spawn({
        let (journal, pool, stop) = (journal.clone(), pool.clone(), stop.clone());
        async move { journal::project(&journal, &ROUTING, &pool, view::Contacts, stop).await.map_err(RunError::View) }
    });
    let door = grpc::Door {
        handle,
        bus,
        journal,
        pool,
        shutdown: shutdown.clone(),
        submit_window: config.submit_window,
        watch_queue: config.watch_queue,
        streams: grpc::streams(),
        searching: grpc::searching(),
    };
    let settings = ServerSettings { listen: config.listen, token: config.token };
    let shutdown = shutdown.clone();
    parts.spawn(async move {
        let routes = Routes::new(ChatServiceServer::new(door));
        let served = chassis::grpc::serve("chat", &settings, routes, proto::FILE_DESCRIPTOR_SET, shutdown).await;
        served.map_err(RunError::Grpc)
    });
    Ok(parts)
}

fn limits(config: &Config, journal: &Journal) -> Limits {
    Limits {
        site: journal.site().to_owned(),
        answer_within: Duration::from_millis(config.answer_within_ms),
        receipts_wait: Duration::from_millis(config.receipts_wait_ms),
        watch_waits: Duration::from_millis(config.watch_waits_ms),
        cached_events: config.cached_events,
    }
}

/// A journal that is electing a leader just now is waited for.
async fn follow(bus: &Bus, shutdown: &Shutdown) -> Result<Follower, RunError> {
    loop {
        match bus.follow_chat().await {
            Ok(follower) => return Ok(follower),
            Err(error) if shutdown.is_signalled() => return Err(RunError::Follow(error)),
            Err(error) => tracing::warn!(%error, "following conversations waits"),
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

async fn done(part: impl Future<Output = ()>) -> Result<(), RunError> {
    part.await;
    Ok(())
}
