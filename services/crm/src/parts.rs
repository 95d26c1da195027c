//! The parts of the service that orders, stock and commands need, and those of cases and tasks, put together.

use std::sync::Arc;

use chassis::{Shutdown, grpc::Channel};
use journal::Journal;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    Config, Parts, RunError, WORK,
    events::store::Store,
    grpc,
    hook::{Keeper, Settings},
    order::report::Orders,
    orders_door::Door,
    plan, project,
    secret::Hasher,
    service::Reporter,
    shop::{
        carrier::Carrier,
        client::Shops,
        feed::Feed,
        teller::Teller,
        watch::{Owned, SERVICE, beat, watch_others},
    },
    work,
};

/// The parts that some other part needs.
pub(crate) struct Made {
    pub(crate) orders: Door,
    pub(crate) keeper: Keeper,
    /// Whether this process is the one that does what one does.
    pub(crate) first: watch::Receiver<bool>,
}

/// Has the customers' keys at hand before anybody asks for them, until the service stops.
pub(crate) async fn keys_at_hand(journal: Journal, stop: CancellationToken) -> Result<(), RunError> {
    tokio::select! {
        never = journal.vault().keep_at_hand() => match never {},
        () = stop.cancelled() => Ok(()),
    }
}

/// Starts what carries commands out, fetches events and tells webhooks; the doors to all of it.
///
/// # Errors
/// [`RunError`] when a shop or the address of chat is configured wrongly, or heartbeats cannot be heard.
pub(crate) async fn orders(
    parts: &mut Parts,
    config: &Config,
    (journal, pool): (&Journal, &PgPool),
    (hasher, reporter): (&Hasher, &Reporter),
    shutdown: &Shutdown,
) -> Result<Made, RunError> {
    let shops = Arc::new(Shops::new(&config.shops).map_err(RunError::Config)?);
    let orders = Orders::new(journal.clone(), hasher.clone(), reporter.clone(), config.appends_in_flight);
    let store = Store { journal: journal.clone(), hasher: hasher.clone(), reporter: reporter.clone(), orders };
    let stop = shutdown.token();
    let teller = Teller::new(chat(config)?, pool.clone());
    let (carrier, tasks) = Carrier::new(journal.clone(), shops.clone(), (store.orders.clone(), teller), stop.clone());
    let beats = journal::listen_to_all(journal, SERVICE).await.map_err(RunError::Beats)?;
    let (first, is_first) = watch::channel(false);
    let beating = beat(journal.clone(), stop.clone());
    let may = Settings { private: config.webhooks.private_networks, patience_ms: config.webhooks.patience_ms };
    let (keeper, hooks) = Keeper::new(journal.clone(), pool.clone(), may, stop.clone());
    let owned = Owned { carrier: carrier.clone(), keeper: keeper.clone() };
    let watching = watch_others(journal.clone(), pool.clone(), owned, beats, first, stop.clone());
    let feed = Feed { shops: shops.clone(), store: store.clone(), pool: pool.clone(), first: is_first.clone() };
    let fetching = feed.run(stop);
    parts.spawn(done(keeper.clone().run(hooks)));
    parts.spawn(done(carrier.clone().run(tasks)));
    parts.spawn(done(beating));
    parts.spawn(done(watching));
    parts.spawn(done(fetching));
    Ok(Made { orders: Door { store, carrier, shops, pool: pool.clone() }, keeper, first: is_first })
}

/// Starts what keeps cases and tasks in the view and in time; the door to them.
///
/// # Errors
/// [`RunError`] when the address of chat is malformed.
pub(crate) fn cases(
    parts: &mut Parts,
    config: &Config,
    (journal, pool): (&Journal, &PgPool),
    shutdown: &Shutdown,
) -> Result<work::Door, RunError> {
    let store = work::Store::new(journal.clone());
    let clock = work::Clock {
        store: store.clone(),
        pool: pool.clone(),
        chat: chat(config)?,
        queue: config.work.task_queue.clone(),
    };
    project(parts, (journal, pool), WORK, work::Work, shutdown);
    parts.spawn(done(work::keep_time(clock, shutdown.token())));
    Ok(work::Door { store, pool: pool.clone(), config: config.work.clone() })
}

/// The way to this site's chat; none: it is not configured.
fn chat(config: &Config) -> Result<Option<Channel>, RunError> {
    let channel = config.chat.as_ref().map(|url| chassis::grpc::channel(url, &config.token));
    channel.transpose().map_err(RunError::Grpc)
}

/// The door to success plans.
pub(crate) fn plans(config: &Config, journal: &Journal, customers: &grpc::Door) -> plan::Door {
    let (store, queue) = (work::Store::new(journal.clone()), config.work.task_queue.clone());
    plan::Door { customers: customers.clone(), store, queue }
}

pub(crate) async fn done(part: impl Future<Output = ()>) -> Result<(), RunError> {
    part.await;
    Ok(())
}
