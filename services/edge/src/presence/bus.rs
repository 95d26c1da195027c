//! Presence over core NATS: `presence.<account>`, with this door's name as the payload.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chassis::refusal::Refusal;
use futures::StreamExt as _;
use journal::Journal;
use proto::routing::v1::{self as routing, execute_request::What};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

use super::{Do, Presence};
use crate::{
    clock, config,
    door::{App, Note},
    frames::Availability,
};

const SUBJECT: &str = "presence";
/// Between two looks at who is gone.
const TICK: Duration = Duration::from_secs(1);
/// The reason that the floor and the desk show.
const REASON: &str = "disconnected";

struct Bus {
    presence: Presence,
    journal: Journal,
    door: String,
    app: Arc<App>,
    /// Agents being set away now.
    leaving: BTreeSet<Arc<str>>,
    tasks: JoinSet<(Arc<str>, Result<(), Refusal>)>,
}

/// Keeps presence until `stop`.
pub(crate) async fn run(
    config: config::Presence,
    journal: Journal,
    app: Arc<App>,
    mut notes: UnboundedReceiver<Note>,
    stop: CancellationToken,
) {
    let door = journal.owner_name();
    let presence = Presence::new(config.ping_ms, config.grace_ms);
    let mut bus = Bus { presence, journal, door, app, leaving: BTreeSet::new(), tasks: JoinSet::new() };
    while !stop.is_cancelled() {
        if let Err(error) = bus.listen(&mut notes, &stop).await {
            tracing::warn!(%error, "presence of other doors is not heard for the moment");
            tokio::time::sleep(TICK).await;
        }
    }
}

impl Bus {
    async fn listen(
        &mut self,
        notes: &mut UnboundedReceiver<Note>,
        stop: &CancellationToken,
    ) -> Result<(), async_nats::SubscribeError> {
        let mut pings = self.journal.client().subscribe(format!("{SUBJECT}.*")).await?;
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                ping = pings.next() => match ping {
                    Some(ping) if ping.payload != self.door.as_bytes() => self.heard(&ping.subject),
                    Some(_) => {}
                    None => return Ok(()),
                },
                note = notes.recv() => match note {
                    Some(note) => self.note(&note).await,
                    None => {
                        stop.cancelled().await;
                        return Ok(());
                    }
                },
                Some(left) = self.tasks.join_next() => self.left(left),
                _ = tick.tick() => self.tick().await,
                () = stop.cancelled() => return Ok(()),
            }
        }
    }

    fn heard(&mut self, subject: &str) {
        if let Some((_, agent)) = subject.split_once('.') {
            self.presence.heard(agent, clock::steady_ms());
        }
    }

    async fn note(&mut self, note: &Note) {
        let now = clock::steady_ms();
        match note {
            Note::Opened(agent) => {
                let action = self.presence.opened(agent, now);
                self.carry_out(action).await;
            }
            Note::Closed(agent) => self.presence.closed(agent, now),
        }
    }

    async fn tick(&mut self) {
        for action in self.presence.tick(clock::steady_ms()) {
            self.carry_out(action).await;
        }
    }

    async fn carry_out(&mut self, action: Do) {
        match action {
            Do::Ping(agent) => {
                let ping = self.journal.client().publish(format!("{SUBJECT}.{agent}"), self.door.clone().into());
                if let Err(error) = ping.await {
                    tracing::debug!(%error, "presence not told");
                }
            }
            Do::SetAway(agent) => {
                if self.leaving.insert(agent.clone()) {
                    let app = self.app.clone();
                    self.tasks.spawn(async move {
                        let outcome = set_away(&app, &agent).await;
                        (agent, outcome)
                    });
                }
            }
        }
    }

    fn left(&mut self, left: Result<(Arc<str>, Result<(), Refusal>), JoinError>) {
        let Ok((agent, outcome)) = left else { return };
        self.leaving.remove(&agent);
        match outcome {
            Ok(()) => self.presence.settled(&agent, clock::steady_ms()),
            Err(refusal) => tracing::warn!(reason = %refusal.reason, "an agent who is gone is not set away yet"),
        }
    }
}

/// Sets an agent away who is ready; who is away or offline already stays so.
async fn set_away(app: &App, agent: &str) -> Result<(), Refusal> {
    match app.agents.availability(agent).await {
        Some(Availability::Ready | Availability::AfterWork) => {}
        Some(Availability::Away | Availability::Offline) => return Ok(()),
        None => return Err(crate::link::unavailable()),
    }
    tracing::info!(agent, "an agent without a socket is set away");
    let away = routing::SetAvailability {
        agent_id: agent.to_owned(),
        availability: routing::Availability::Away.into(),
        reason: REASON.to_owned(),
    };
    app.routing.execute(What::SetAvailability(away)).await
}
