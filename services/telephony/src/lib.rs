//! Calls: SIP trunks and phones, browser softphones, the IVR, recording, and the takeover of calls whose gateway died.
//!
//! | module | what |
//! |---|---|
//! | [`ids`] | what a call and a leg are called |
//! | [`call`] | the pure core of one call: legs, phases, who hears whom |
//! | [`ivr`] | flows as data: model, linter, interpreter, spoken numbers |
//! | [`campaign`] | outbound lists: whom to dial next, and when not to |
//! | [`ledger`] | lost calls, and one callback for each person |
//! | [`speech`] | text to speech, behind a trait |
//! | [`sip`] | signalling: trunks, phones, dialogs, admission |
//! | [`numbers`] | telephone numbers in any spelling, as E.164 |
//! | [`media`] | sound: RTP, browsers, mixing, recording |
//! | [`config`], [`error`] | every tunable; what can go wrong |
//! | `gateway`, `actor` | what all calls share; one call's task: command → core → journal → world |
//! | `takeover` | the calls of a gateway that fell silent are claimed by the others |
//! | `book`, `settings`, `recordings` | the journal, read: calls, flows and numbers, recorded sound |
//! | `bus`, `door`, `grpc`, `convert` | requests between gateways and from the site's services |
//!
//! A call has one owner, named by the last claim in its own subject. Sound never waits for the journal; what is decided does.

mod actor;
mod book;
mod bus;
pub mod call;
pub mod campaign;
pub mod config;
mod convert;
mod door;
pub mod error;
mod gateway;
mod grpc;
pub mod ids;
pub mod ivr;
pub mod ledger;
pub mod media;
pub mod numbers;
mod recordings;
mod settings;
pub mod sip;
pub mod speech;
mod takeover;

use std::{sync::Arc, time::Duration};

use chassis::{Shutdown, grpc::ServerSettings};
use journal::{Follower, Journal, Stream};
use proto::telephony::v1::telephony_service_server::TelephonyServiceServer;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use book::Book;
use gateway::{CALLS, Gateway, RECORDINGS, SETTINGS};
use media::Media;
use settings::Settings;
use sip::Sip;

pub use config::Config;
pub use error::RunError;

/// A flow to begin with: greeting, menu, queues with a callback offer, voicemail.
pub const PRACTICE_FLOW: &str = include_str!("../flows/practice.json");

/// Time kept of the grace for the hand-over of what is not finished.
const HAND_OVER: Duration = Duration::from_secs(2);

/// Runs the gateway until the signal: takes no new calls, lets those under way finish within the grace, and leaves the rest to the others.
///
/// # Errors
/// [`RunError`] when it cannot start, or when a part of it fails for good.
pub async fn run(config: Config, journal: journal::Settings, shutdown: Shutdown) -> Result<(), RunError> {
    config.fault().map_or(Ok(()), |fault| Err(RunError::Config(fault)))?;
    let settings = journal::Settings { service: takeover::SERVICE.to_owned(), ..journal };
    let journal = Journal::connect(settings).await.map_err(RunError::Journal)?;
    for stream in [CALLS, RECORDINGS, SETTINGS] {
        journal.ensure_stream(&stream).await.map_err(|source| RunError::Stream { stream: stream.name, source })?;
    }
    let stop = CancellationToken::new();
    let book = Book::new(journal.clone());
    let stored = Settings::new(journal.clone());
    tokio::spawn(follow_calls(journal.follow(&CALLS, 0).await.map_err(RunError::Follow)?, book.clone()));
    tokio::spawn(follow_settings(journal.follow(&SETTINGS, 0).await.map_err(RunError::Follow)?, stored.clone()));
    read_up(&journal, &book).await;

    let chat = chassis::grpc::channel(&config.chat, &config.token).map_err(RunError::Grpc)?;
    let routing = chassis::grpc::channel(&config.routing, &config.token).map_err(RunError::Grpc)?;
    let voice = config.speech.voice().map_err(RunError::Speech)?;
    let (media, media_events) = Media::start(config.media.settings(), stop.clone()).map_err(RunError::Media)?;
    let (sip, sip_events) = Sip::start(config.sip.clone(), stop.clone()).await.map_err(RunError::Sip)?;
    let beats = journal::listen(&journal, takeover::SERVICE, "*.*.*").await.map_err(RunError::Follow)?;
    let listen = ServerSettings { listen: config.listen, token: config.token.clone() };
    let gateway = Gateway::new(config, journal, (sip, media), (chat, routing), book, stored, voice, stop.clone());
    tokio::spawn(takeover::beat(Arc::clone(&gateway)));
    tokio::spawn(takeover::watch_others(Arc::clone(&gateway), beats));
    tokio::spawn(bus::serve(Arc::clone(&gateway)));
    tokio::spawn(Arc::clone(&gateway).pass_media(media_events));
    tokio::spawn(Arc::clone(&gateway).pass_sip(sip_events));
    tokio::spawn(drain(Arc::clone(&gateway), shutdown.clone()));

    let routes = Routes::new(TelephonyServiceServer::new(grpc::Api::new(Arc::clone(&gateway))));
    let served = chassis::grpc::serve(takeover::SERVICE, &listen, routes, proto::FILE_DESCRIPTOR_SET, shutdown).await;
    stop.cancelled().await;
    served.map_err(RunError::Grpc)
}

/// After the signal: nothing new, and time for what is under way.
async fn drain(gateway: Arc<Gateway>, shutdown: Shutdown) {
    shutdown.signalled().await;
    gateway.sip.drain(true);
    let until = Instant::now() + shutdown.grace().saturating_sub(HAND_OVER);
    while gateway.carried() > 0 && Instant::now() < until {
        sleep(Duration::from_millis(100)).await;
    }
    tracing::info!(left = gateway.carried(), "what is left goes to the other gateways");
    gateway.stop.cancel();
}

async fn follow_calls(mut follower: Follower, book: Book) {
    loop {
        match follower.next().await {
            Ok(records) => {
                for record in &records {
                    book.take(record).await;
                }
            }
            Err(error) => {
                tracing::error!(%error, stream = CALLS.name, "following ended");
                return;
            }
        }
    }
}

async fn follow_settings(mut follower: Follower, settings: Settings) {
    loop {
        match follower.next().await {
            Ok(records) => records.iter().for_each(|record| settings.take(record)),
            Err(error) => {
                tracing::error!(%error, stream = SETTINGS.name, "following ended");
                return;
            }
        }
    }
}

/// Waits until what was stored before is known.
async fn read_up(journal: &Journal, book: &Book) {
    let stream: &Stream = &CALLS;
    let Ok(last) = journal.last_sequence(stream).await else { return };
    let mut position = book.position();
    let _ = tokio::time::timeout(Duration::from_secs(60), position.wait_for(|at| *at >= last)).await;
}
