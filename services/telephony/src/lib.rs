//! Calls: SIP trunks and phones, browser softphones, the IVR, recording, and the takeover of calls whose gateway died.
//!
//! | module | what |
//! |---|---|
//! | [`ids`] | what a call and a leg are called |
//! | [`call`] | the pure core of one call: legs, phases, who hears whom |
//! | [`ivr`] | flows as data: model, linter, interpreter, spoken numbers |
//! | [`campaign`] | outbound lists: whom to dial next, and when not to |
//! | [`speech`] | text to speech, behind a trait |
//! | [`sip`] | signalling: trunks, phones, dialogs, admission |
//! | [`media`] | sound: RTP, browsers, mixing, recording |
//! | [`services`] | services outside that flows ask |
//! | [`config`], [`error`] | every tunable; what can go wrong |
//! | `gateway`, `actor` | what all calls share; one call's task: command → core → journal → world |
//! | `campaigns` | outbound campaigns, driven: the journal's state, offers to free agents, attempts, results |
//! | `takeover` | the calls of a gateway that fell silent are claimed by the others |
//! | `book`, `settings`, `recordings` | the journal, read: calls that live, flows and numbers, recorded sound |
//! | [`view`] | this site's PostgreSQL view of all calls, all SQL |
//! | `lists`, `voicemail` | calls and callers' messages, for whoever may see them |
//! | `dialling` | click to dial: who may be called, and for what |
//! | `bus`, `door`, `grpc`, `convert` | requests between gateways and from the site's services |
//!
//! A call has one owner, named by the last claim in its own subject. Sound never waits for the journal; what is decided does.

mod actor;
mod book;
mod bus;
pub mod call;
pub mod campaign;
mod campaigns;
pub mod config;
mod conversation;
mod convert;
mod customers;
mod dialling;
mod door;
pub mod error;
mod gateway;
mod grpc;
pub mod ids;
pub mod ivr;
mod lists;
pub mod media;
mod recordings;
pub mod services;
mod settings;
pub mod sip;
pub mod speech;
mod takeover;
pub mod view;
mod voicemail;

use std::{sync::Arc, time::Duration};

use chassis::{Shutdown, grpc::ServerSettings};
use futures::{FutureExt as _, future::BoxFuture};
use journal::{
    Follower, Journal, ReadError, Record, Stream,
    vault::{KEYS, tombstone},
};
use proto::telephony::v1::telephony_service_server::TelephonyServiceServer;
use tokio::{
    task::{JoinError, JoinSet},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use book::Book;
use campaigns::Campaigns;
use customers::Customers;
use gateway::{CALLS, CAMPAIGNS, Gateway, RECORDINGS, SETTINGS};
use media::Media;
use services::Services;
use settings::Settings;
use sip::Sip;
use view::View;

pub use config::Config;
pub use error::RunError;

/// A flow to begin with: greeting, menu, queues with a callback offer, voicemail.
pub const PRACTICE_FLOW: &str = include_str!("../flows/practice.json");

/// Runs the gateway until the signal: takes no new calls, lets those under way finish for half of the grace, and leaves the rest to the
/// others.
///
/// # Errors
/// [`RunError`] when it cannot start, or when a part of it fails for good.
pub async fn run(config: Config, journal: journal::Settings, shutdown: Shutdown) -> Result<(), RunError> {
    config.fault().map_or(Ok(()), |fault| Err(RunError::Config(fault)))?;
    let settings = journal::Settings { service: takeover::SERVICE.to_owned(), ..journal };
    let journal = Journal::connect(settings).await.map_err(RunError::Journal)?;
    let kept = Duration::from_secs(u64::from(config.recordings_days) * 24 * 60 * 60);
    let ages = [(CALLS, Duration::ZERO), (RECORDINGS, kept), (SETTINGS, Duration::ZERO), (CAMPAIGNS, Duration::ZERO)];
    for (stream, max_age) in ages {
        let made = journal.ensure_aging_stream(&stream, max_age).await;
        made.map_err(|source| RunError::Stream { stream: stream.name, source })?;
    }
    let mut parts = Tasks::new();
    let stored = Known {
        book: Book::new(journal.clone()),
        settings: Settings::new(journal.clone()),
        campaigns: Campaigns::new(journal.clone()),
        view: View::default(),
    };
    if let Err(error) = stored.view.connect(&config).await {
        tracing::error!(%error, "calls go on without their view, and are read from the journal");
    }
    follow(&mut parts, &journal, &stored).await?;
    parts.spawn(done("the view of calls", stored.view.clone().keep(journal.clone(), config.clone())));
    let server = ServerSettings { listen: config.listen, token: config.token.clone() };
    let gateway = start(&mut parts, config, journal, stored).await?;
    parts.spawn(done("drain", drain(Arc::clone(&gateway), shutdown.clone())));

    let routes = Routes::new(TelephonyServiceServer::new(grpc::Api::new(Arc::clone(&gateway))));
    let serving =
        chassis::grpc::serve(takeover::SERVICE, &server, routes, proto::FILE_DESCRIPTOR_SET, shutdown.clone());
    tokio::select! {
        served = serving => served.map_err(RunError::Grpc)?,
        ended = parts.join_next() => return Err(ended_early(ended)),
    }
    gateway.stop.cancelled().await;
    Ok(())
}

type Tasks = JoinSet<&'static str>;

/// A part that runs until the end; its name comes out when it ends.
async fn done(name: &'static str, part: impl Future<Output = ()>) -> &'static str {
    part.await;
    name
}

fn ended_early(ended: Option<Result<&'static str, JoinError>>) -> RunError {
    RunError::Ended(ended.and_then(Result::ok).unwrap_or("a part of the service"))
}

/// Opens the wires and starts everything that runs beside.
async fn start(parts: &mut Tasks, config: Config, journal: Journal, stored: Known) -> Result<Arc<Gateway>, RunError> {
    let stop = CancellationToken::new();
    let (media, media_events) = Media::start(config.media.settings(), stop.clone()).map_err(RunError::Media)?;
    let (sip, sip_events) = Sip::start(config.sip.clone(), stop.clone()).await.map_err(RunError::Sip)?;
    let beats = journal::listen_to_all(&journal, takeover::SERVICE).await.map_err(RunError::Follow)?;
    let gateway = Gateway::new(gateway::Parts {
        chat: chassis::grpc::channel(&config.chat, &config.token).map_err(RunError::Grpc)?,
        routing: chassis::grpc::channel(&config.routing, &config.token).map_err(RunError::Grpc)?,
        customers: customers(&config)?,
        services: Services::new(&config.services).map_err(RunError::Config)?,
        speaker: config.speech.voice().map_err(RunError::Speech)?,
        config,
        journal,
        sip,
        media,
        book: stored.book,
        settings: stored.settings,
        campaigns: stored.campaigns,
        view: stored.view,
        stop,
    });
    parts.spawn(done("beating", takeover::beat(Arc::clone(&gateway))));
    parts.spawn(done("watching the other gateways", takeover::watch_others(Arc::clone(&gateway), beats)));
    parts.spawn(done("answering other gateways", bus::serve(Arc::clone(&gateway))));
    parts.spawn(done("media", Arc::clone(&gateway).pass_media(media_events)));
    parts.spawn(done("campaigns", drive_campaigns(Arc::clone(&gateway))));
    parts.spawn_on(done("SIP", Arc::clone(&gateway).pass_sip(sip_events)), gateway.sip.runtime());
    Ok(gateway)
}

/// What flows learn of callers, where this site has a crm.
fn customers(config: &Config) -> Result<Option<Customers>, RunError> {
    let channel = config.crm.as_ref().map(|url| chassis::grpc::channel(url, &config.token)).transpose();
    Ok(channel.map_err(RunError::Grpc)?.map(Customers::new))
}

/// Campaigns rest when the gateway stops; the part itself ends with the process.
async fn drive_campaigns(gateway: Arc<Gateway>) {
    campaigns::drive(gateway).await;
    std::future::pending().await
}

/// After the signal: nothing new, and time for what is under way. Never ends before the process does.
async fn drain(gateway: Arc<Gateway>, shutdown: Shutdown) {
    shutdown.signalled().await;
    gateway.sip.drain(true);
    let until = Instant::now() + shutdown.grace() / 2;
    while gateway.carried() > 0 && Instant::now() < until {
        sleep(Duration::from_millis(100)).await;
    }
    tracing::info!(left = gateway.carried(), "what is left goes to the other gateways");
    gateway.stop.cancel();
    std::future::pending().await
}

/// How long a start waits for streams' leaders.
const ELECTED: Duration = Duration::from_secs(60);

/// What the journal's streams have said so far.
struct Known {
    book: Book,
    settings: Settings,
    campaigns: Campaigns,
    view: View,
}

/// Reads what was stored before, and goes on reading: calls and flows must be known before the first call comes in.
async fn follow(parts: &mut Tasks, journal: &Journal, known: &Known) -> Result<(), RunError> {
    // Erasures from now on: what was erased before cannot be opened any more.
    let erased = patiently(|| journal.last_sequence(&KEYS)).await?;
    let erasures = journal.follow(&KEYS, erased).await.map_err(RunError::Follow)?;
    let campaigns = known.campaigns.clone();
    read(parts, journal, CAMPAIGNS, 0, each(move |record| campaigns.take(record))).await?;
    let settings = known.settings.clone();
    read(parts, journal, SETTINGS, 0, each(move |record| settings.take(record))).await?;
    let book = known.book.clone();
    let take = move |records: Vec<Record>| {
        let book = book.clone();
        async move { book.take(&records).await }.boxed()
    };
    let position = patiently(|| known.book.begin(&known.view)).await?;
    read(parts, journal, CALLS, position, take).await?;
    tracing::info!(records = known.book.records_read(), position, "the calls that live are known");
    let book = known.book.clone();
    let forget = move |record: &Record| {
        if let Some((customer, _)) = tombstone(record) {
            book.erase(&customer);
        }
    };
    parts.spawn(done(KEYS.name, keep_reading(KEYS, erasures, each(forget))));
    let purging = journal.clone();
    parts.spawn(done("purging", async move { journal::purge_erased(&purging, &RECORDINGS).await }));
    Ok(())
}

/// Asks again while a leader is elected: that passes, and a whole site's start must not end by it.
async fn patiently<T, F: Future<Output = Result<T, ReadError>>>(ask: impl Fn() -> F) -> Result<T, RunError> {
    let until = Instant::now() + ELECTED;
    loop {
        match ask().await {
            Err(ReadError::Unavailable { .. }) if Instant::now() < until => sleep(Duration::from_millis(250)).await,
            told => return told.map_err(RunError::Follow),
        }
    }
}

/// Takes records one by one, at once.
fn each(take: impl Fn(&Record)) -> impl Fn(Vec<Record>) -> BoxFuture<'static, ()> {
    move |records| {
        records.iter().for_each(&take);
        std::future::ready(()).boxed()
    }
}

/// Reads a stream up from what comes after `position`, and then goes on reading it beside.
async fn read(
    parts: &mut Tasks,
    journal: &Journal,
    stream: Stream,
    position: u64,
    take: impl Fn(Vec<Record>) -> BoxFuture<'static, ()> + Send + Sync + 'static,
) -> Result<(), RunError> {
    let last = patiently(|| journal.last_sequence(&stream)).await?;
    let mut follower = journal.follow(&stream, position).await.map_err(RunError::Follow)?;
    while follower.position() < last {
        take(follower.next().await.map_err(RunError::Follow)?).await;
    }
    parts.spawn(done(stream.name, keep_reading(stream, follower, take)));
    Ok(())
}

/// Reads until the connection is closed for good.
async fn keep_reading(stream: Stream, mut follower: Follower, take: impl Fn(Vec<Record>) -> BoxFuture<'static, ()>) {
    loop {
        match follower.next().await {
            Ok(records) => take(records).await,
            Err(error) => return tracing::error!(%error, stream = stream.name, "following ended"),
        }
    }
}
