//! Which agent gets which contact.
//!
//! | module | what |
//! |---|---|
//! | [`floor`] | the pure core: agents, queues, contacts, offers |
//! | [`config`] | every tunable |
//! | `service` | the loop: command → core → journal → reply and watchers |
//! | `bus` | commands to and from the owner, over NATS |
//! | `grpc` | requests in |
//! | `convert` | protobuf to the core's types and back |
//! | `view` | all SQL: the floor's snapshot, the contacts' history |
//! | [`error`], `metrics` | what can go wrong, what is counted |
//! | [`bench`] | how fast the core is |
//!
//! One process owns the floor and decides; those of the other sites follow every event and pass commands on. Nobody
//! hears yes before the journal has it.

pub mod bench;
mod bus;
pub mod config;
mod convert;
pub mod error;
pub mod floor;
mod grpc;
mod metrics;
mod service;
mod view;

use std::sync::Arc;

use chassis::{Shutdown, grpc::ServerSettings};
use journal::{Journal, Stream};
use proto::routing::v1::routing_service_server::RoutingServiceServer;
use tonic::service::Routes;

pub use config::Config;
pub use error::RunError;

/// The journal's stream of this service.
pub const STREAM: Stream = Stream::new("ROUTING", "routing");

/// Name of the service, of its role and schema in PostgreSQL, and of its heartbeats.
pub(crate) const SERVICE: &str = "routing";

/// Runs the service until the shutdown signal. A database that is away does not keep it from starting.
///
/// # Errors
/// [`RunError`] when the configuration cannot work or the journal cannot be reached.
pub async fn run(config: Config, journal: journal::Settings, shutdown: Shutdown) -> Result<(), RunError> {
    let settings = journal::Settings { service: SERVICE.to_owned(), ..journal };
    let journal = Journal::connect(settings).await.map_err(RunError::Journal)?;
    journal.ensure_stream(&STREAM).await.map_err(RunError::Stream)?;
    let config = Arc::new(config);
    let pool = view::open(&config).await?;
    let kept = view::load(&pool, &journal, &config).await;

    // The loop stops after the requests that wait for it, the view after the loop's last snapshot.
    let (loop_stop, view_stop) = (Shutdown::new(shutdown.grace()), Shutdown::new(shutdown.grace()));
    let (snapshots, to_keep) = view::snapshots();
    let started = service::start(config.clone(), journal.clone(), kept, snapshots, loop_stop.token()).await?;
    let steps = pool.steps();
    let view = tokio::spawn(view::keep(pool, journal.clone(), config.floor.clone(), to_keep, view_stop.token()));

    let routes = Routes::new(RoutingServiceServer::new(grpc::Api::new(&config, journal, started.handle, steps)));
    let server = ServerSettings { listen: config.listen, token: config.token.clone() };
    let serving = chassis::grpc::serve(SERVICE, &server, routes, proto::FILE_DESCRIPTOR_SET, shutdown);
    let mut deciding = started.task;
    let served = tokio::select! {
        served = serving => served.map_err(RunError::Grpc),
        _ = &mut deciding => return Err(RunError::Ended("floor")),
    };
    loop_stop.signal();
    deciding.await.map_err(|_| RunError::Ended("floor"))?;
    view_stop.signal();
    view.await.map_err(|_| RunError::Ended("view"))?;
    served
}
