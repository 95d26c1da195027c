//! Doors hear each other over core NATS: `door.<site>`, without a payload.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use async_nats::SubscribeError;
use futures::StreamExt as _;
use journal::Journal;
use tokio_util::sync::CancellationToken;

use super::{Reach, leader::Leader};
use crate::{clock, config, door::App, frames::ServerFrame};

const SUBJECT: &str = "door";
/// Before doors are listened to again.
const PAUSE: Duration = Duration::from_secs(1);

/// Watches the way to the other sites until `stop`. A center of one site is never cut off.
pub(crate) async fn run(
    config: config::Reach,
    journal: Journal,
    leader: Arc<Leader>,
    app: Arc<App>,
    stop: CancellationToken,
) {
    if app.sites.len() < 2 {
        return;
    }
    let mut reach = Reach::new(config.silence_ms, clock::steady_ms());
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            ended = listen(&mut reach, config, &journal, &leader, &app) => {
                if let Err(error) = ended {
                    tracing::warn!(%error, "other doors are not heard for the moment");
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

async fn listen(
    reach: &mut Reach,
    config: config::Reach,
    journal: &Journal,
    leader: &Leader,
    app: &App,
) -> Result<(), SubscribeError> {
    let mine = format!("{SUBJECT}.{}", journal.site());
    let mut doors = journal.client().subscribe(format!("{SUBJECT}.*")).await?;
    let mut tick = tokio::time::interval(Duration::from_millis(config.beat_ms));
    loop {
        tokio::select! {
            door = doors.next() => match door {
                Some(door) if door.subject.as_str() != mine => reach.heard(clock::steady_ms()),
                Some(_) => {}
                None => return Ok(()),
            },
            _ = tick.tick() => {
                if let Err(error) = journal.client().publish(mine.clone(), bytes::Bytes::new()).await {
                    tracing::debug!(%error, "other doors not told that this one is here");
                }
                reach.answered(leader.answered_at());
            }
        }
        if let Some(cut_off) = reach.tick(clock::steady_ms()) {
            tell(app, cut_off);
        }
    }
}

fn tell(app: &App, cut_off: bool) {
    app.cut_off.store(cut_off, Ordering::Relaxed);
    if cut_off {
        tracing::warn!(sockets = app.registry.open(), "cut off from the other sites: browsers are sent there");
        app.registry.send_all(&ServerFrame::Move { reason: "cut_off".into() });
    } else {
        tracing::info!("the other sites are within reach again");
    }
}
