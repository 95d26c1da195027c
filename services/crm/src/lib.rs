//! Customers: who they are, what they are known by, and what happened between them and the company. Every site runs it and may always write:
//! a record is a set of facts that commute, so nobody waits for anybody.
//!
//! | module | what |
//! |---|---|
//! | [`case`], [`task`] | what departments work on, and what is to be done at a time; pure |
//! | [`record`] | one record: the set of its facts; pure |
//! | [`customer`] | which records are one customer, and which may be; pure |
//! | [`order`] | orders: whole states that shops report |
//! | [`stock`] | how much of what is where |
//! | [`shop`] | what is asked of shops, and by whom it is carried out |
//! | [`hook`] | other systems are told what happened |
//! | [`retention`] | whom the center forgets after a time, and whom it must keep |
//! | [`events`] | events as other systems write them |
//! | [`fold`] | what people write, as it is kept, compared and found |
//! | [`secret`] | keyed hashes of identities and of pieces of texts |
//! | [`journey`] | the ways that all customers went |
//! | `media` | what each medium brought |
//! | [`plan`] | success plans: templates, and the tasks that they become |
//! | [`config`] | every tunable |
//! | [`segment`] | which customers belong together, what they are worth, what is proposed next |
//! | [`word`] | what a company calls its kinds of touchpoints, departments and media |
//! | [`work`] | cases and tasks on the journal and in the view |
//! | `service` | reports in, units out |
//! | `grpc`, `orders_door` | requests in, answers out |
//! | `export` | all that is kept, page by page |
//! | `bus` | the journal |
//! | [`view`] | this site's PostgreSQL view, all SQL |
//! | `convert` | protobuf ⇄ core types |
//! | [`error`] | what can go wrong |

mod bus;
pub mod case;
pub mod config;
mod convert;
pub mod customer;
pub mod error;
pub mod events;
mod export;
pub mod fold;
mod grpc;
pub mod hook;
pub mod journey;
mod media;
mod metrics;
pub mod order;
mod orders_door;
pub mod owned;
mod parts;
pub mod plan;
pub mod record;
pub mod retention;
pub mod secret;
pub mod segment;
mod service;
pub mod shop;
pub mod stock;
pub mod task;
pub mod view;
pub mod word;
pub mod work;

pub use bus::CRM;
pub use config::Config;
pub use error::RunError;
pub use work::WORK;

use std::time::Duration;

use chassis::{Shutdown, grpc::ServerSettings};
use journal::{Journal, Projection, Stream};
use proto::crm::v1::{
    case_service_server::CaseServiceServer, crm_service_server::CrmServiceServer,
    export_service_server::ExportServiceServer, order_service_server::OrderServiceServer,
    plan_service_server::PlanServiceServer, retention_service_server::RetentionServiceServer,
    segment_service_server::SegmentServiceServer, webhook_service_server::WebhookServiceServer,
    word_service_server::WordServiceServer,
};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tonic::service::Routes;

use bus::{CHAT, TELEPHONY};
use metrics::Metrics;
use secret::Hasher;
use service::Reporter;
use view::Means;

/// Runs the service until the signal: finishes what is under way within the grace, returns.
///
/// # Errors
/// [`RunError`] when it cannot start, or when a part of it fails for good.
pub async fn run(config: Config, journal: journal::Settings, shutdown: Shutdown) -> Result<(), RunError> {
    config.fault().map_or(Ok(()), |fault| Err(RunError::Config(fault)))?;
    let journal = Journal::connect(journal).await.map_err(RunError::Journal)?;
    for stream in [CRM, WORK, CHAT, TELEPHONY] {
        journal.ensure_stream(&stream).await.map_err(|source| RunError::Stream { stream: stream.name, source })?;
    }
    let pool = chassis::pool::connect(&config.database, config.database_connections, &view::MIGRATOR, view::SCHEMA)
        .await
        .map_err(RunError::Database)?;
    let mut parts = start(&config, &journal, &pool, &shutdown).await?;
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

/// The service's parts while they run.
type Parts = JoinSet<Result<(), RunError>>;

async fn start(config: &Config, journal: &Journal, pool: &PgPool, shutdown: &Shutdown) -> Result<Parts, RunError> {
    let hasher = Hasher::new(&config.identity_secret);
    let means =
        Means { journal: journal.clone(), hasher: hasher.clone(), pace: Duration::from_millis(config.view_pace_ms) };
    let mut parts = JoinSet::new();
    project(&mut parts, (journal, pool), CRM, view::Facts(means.clone()), shutdown);
    project(&mut parts, (journal, pool), CHAT, view::Conversations(means.clone()), shutdown);
    project(&mut parts, (journal, pool), TELEPHONY, view::Calls(means), shutdown);
    let cases = parts::cases(&mut parts, config, (journal, pool), shutdown)?;
    let erasing = journal::follow_erasures(journal.clone(), pool.clone(), view::Erasures, shutdown.token());
    parts.spawn(async move {
        erasing.await;
        Ok(())
    });
    parts.spawn(parts::keys_at_hand(journal.clone(), shutdown.token()));
    let reporter = Reporter::new(journal.clone(), hasher.clone(), config.appends_in_flight, Metrics::new());
    let made = parts::orders(&mut parts, config, (journal, pool), (&hasher, &reporter), shutdown).await?;
    let knower = segment::Knower::new(pool.clone());
    let door = grpc::Door { reporter, hasher, journal: journal.clone(), pool: pool.clone(), knower };
    let journeys = journey::Counter::new(door.clone());
    let media = media::Counter::new(pool.clone());
    let segments = segment::Door { customers: door.clone(), journeys, media };
    let plans = parts::plans(config, journal, &door);
    let pace = Duration::from_millis(config.trend_look_ms);
    let (counting, stop) = (door.clone(), shutdown.token());
    parts.spawn(async move {
        segment::keep_days(counting, pace, stop).await;
        Ok(())
    });
    let exports = export::Door { customers: door.clone() };
    let webhooks = hook::Door { keeper: made.keeper };
    let retention = retention::Door { customers: door.clone() };
    let words = word::Door { customers: door.clone() };
    parts.spawn(parts::done(retention::run(door.clone(), made.first, shutdown.token())));
    let settings = ServerSettings { listen: config.listen, token: config.token.clone() };
    let shutdown = shutdown.clone();
    parts.spawn(async move {
        let routes = Routes::new(CrmServiceServer::new(door))
            .add_service(OrderServiceServer::new(made.orders))
            .add_service(CaseServiceServer::new(cases))
            .add_service(SegmentServiceServer::new(segments))
            .add_service(PlanServiceServer::new(plans))
            .add_service(ExportServiceServer::new(exports))
            .add_service(WebhookServiceServer::new(webhooks))
            .add_service(RetentionServiceServer::new(retention))
            .add_service(WordServiceServer::new(words));
        let served = chassis::grpc::serve("crm", &settings, routes, proto::FILE_DESCRIPTOR_SET, shutdown).await;
        served.map_err(RunError::Grpc)
    });
    Ok(parts)
}

/// Brings one stream into the view.
fn project<P: Projection + Sync + 'static>(
    parts: &mut Parts,
    (journal, pool): (&Journal, &PgPool),
    stream: Stream,
    projection: P,
    shutdown: &Shutdown,
) {
    let (journal, pool, stop) = (journal.clone(), pool.clone(), shutdown.token());
    parts.spawn(
        async move { journal::project(&journal, &stream, &pool, projection, stop).await.map_err(RunError::View) },
    );
}
