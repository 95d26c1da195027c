//! Keeps the leaders of all streams, and of the meta group, on the preferred server: the witness.
//!
//! When a leader's server dies, writes pause for 5 to 9 s; when a follower's dies, they do not. So the leaders belong
//! where no site is. Every site runs this; they agree because they want the same.

mod patience;

use std::{collections::HashMap, time::Duration};

use async_nats::Client;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use patience::Patience;

use crate::{
    Settings,
    connection::dial,
    wire::{ApiError, parse},
};

/// Pause between rounds.
const EVERY: Duration = Duration::from_secs(1);
/// Pause after a leader was moved.
const AFTER_CHANGE: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(1);
/// A replica that was heard of longer ago is away, nanoseconds. Raft heartbeats come every second.
const AWAY_AFTER_NS: u64 = 2_500_000_000;
/// A replica further behind than this would make everybody wait while it catches up as a leader.
const MOST_LAG: u64 = 200;

/// Name here of the group that decides which streams there are.
const META: &str = "meta";

/// A Raft group as the servers describe it.
#[derive(Clone, Debug, Default, Deserialize)]
struct Group {
    #[serde(default)]
    leader: String,
    #[serde(default)]
    replicas: Vec<Replica>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Replica {
    name: String,
    #[serde(default)]
    current: bool,
    #[serde(default)]
    offline: bool,
    #[serde(default)]
    active: u64,
    #[serde(default)]
    lag: u64,
}

/// Whether the group has a leader, it is not the preferred one, and the preferred one is ready to lead.
fn should_move(group: &Group, preferred: &str) -> bool {
    !group.leader.is_empty()
        && group.leader != preferred
        && group.replicas.iter().any(|replica| {
            replica.name == preferred
                && replica.current
                && !replica.offline
                && replica.active < AWAY_AFTER_NS
                && replica.lag <= MOST_LAG
        })
}

/// Steers until `shutdown`. Without a preferred server it only waits. Whatever fails is tried again in the next round.
pub async fn run(settings: Settings, shutdown: CancellationToken) {
    if settings.preferred_leader.is_empty() {
        shutdown.cancelled().await;
        return;
    }
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = steer(settings) => {}
    }
}

async fn steer(settings: Settings) {
    let mut steering =
        Steering { settings, streams: None, system: None, patience: HashMap::new(), start: Instant::now() };
    loop {
        let changed = steering.round().await;
        sleep(if changed { AFTER_CHANGE } else { EVERY }).await;
    }
}

struct Steering {
    settings: Settings,
    streams: Option<Client>,
    system: Option<Client>,
    /// By group: how long its leader is left alone.
    patience: HashMap<String, Patience>,
    start: Instant,
}

impl Steering {
    async fn connect(&mut self) {
        if self.streams.is_none() {
            self.streams = open(&self.settings, &self.settings.user, &self.settings.password).await;
        }
        if let (None, Some(system)) = (&self.system, &self.settings.system) {
            self.system = open(&self.settings, &system.user, &system.password).await;
        }
    }

    /// One look at everything; true when a leader was asked to step down.
    async fn round(&mut self) -> bool {
        self.connect().await;
        let health = match &self.system {
            Some(system) => health(system, &self.settings.preferred_leader).await,
            None => Health::unasked(),
        };
        let mut changed = false;
        if let Some(client) = self.system.clone()
            && let Some(group) = meta(&client).await
            && health.can_lead(META)
        {
            changed |= self.steer(&client, META, "$JS.API.META.LEADER.STEPDOWN", &group).await;
        }
        if let Some(client) = self.streams.clone() {
            for name in names(&client).await {
                if let Some(group) = stream(&client, &name).await
                    && health.can_lead(&name)
                {
                    let subject = format!("$JS.API.STREAM.LEADER.STEPDOWN.{name}");
                    changed |= self.steer(&client, &name, &subject, &group).await;
                }
            }
        }
        changed
    }

    /// Asks the group's leader to step down when the preferred server can lead it; true when it did.
    async fn steer(&mut self, client: &Client, name: &str, subject: &str, group: &Group) -> bool {
        let preferred = self.settings.preferred_leader.as_str();
        let now = self.start.elapsed();
        let patience = self.patience.entry(name.to_owned()).or_default();
        patience.saw(&group.leader, preferred, now);
        if !should_move(group, preferred) || !patience.is_over(now) {
            return false;
        }
        patience.asked(now);
        step_down(client, subject, name, &group.leader, preferred).await
    }
}

async fn open(settings: &Settings, user: &str, password: &str) -> Option<Client> {
    dial(settings, user, password, None)
        .await
        .inspect_err(|error| tracing::warn!(%error, "leader placement cannot connect"))
        .ok()
}

async fn names(client: &Client) -> Vec<String> {
    #[derive(Deserialize)]
    struct Names {
        #[serde(default)]
        streams: Option<Vec<String>>,
    }
    let names: Option<Names> = ask(client, "$JS.API.STREAM.NAMES", &json!({})).await;
    names.and_then(|names| names.streams).unwrap_or_default()
}

async fn stream(client: &Client, name: &str) -> Option<Group> {
    #[derive(Deserialize)]
    struct Info {
        #[serde(default)]
        cluster: Group,
    }
    let info: Info = ask(client, &format!("$JS.API.STREAM.INFO.{name}"), &Value::Null).await?;
    Some(info.cluster)
}

async fn meta(client: &Client) -> Option<Group> {
    #[derive(Deserialize)]
    struct Jsz {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        #[serde(default)]
        meta_cluster: Group,
    }
    let question = json!({ "leader_only": true });
    let jsz: Jsz = ask(client, "$SYS.REQ.SERVER.PING.JSZ", &question).await?;
    Some(jsz.data.meta_cluster)
}

/// What the preferred server itself says of what it holds. The leader's `current` is about the Raft log alone: a replica that was
/// sent a snapshot still lacks the stream's messages, and fetches them *from the leader*. To depose that leader then ends
/// the fetching, the replica cannot lead, and the next leader is no better off.
#[derive(Debug, Default, Deserialize)]
struct Health {
    #[serde(default)]
    status: String,
    #[serde(default)]
    errors: Vec<Ailment>,
}

/// Something that a server lacks.
#[derive(Debug, Default, Deserialize)]
struct Ailment {
    /// The stream; empty: something greater.
    #[serde(default)]
    stream: String,
}

impl Health {
    /// Without a way to ask, the leader's word must do.
    fn unasked() -> Self {
        Self { status: "ok".to_owned(), errors: Vec::new() }
    }

    /// Whether the server holds all of the group.
    fn can_lead(&self, group: &str) -> bool {
        let spoils = |ailment: &Ailment| ailment.stream.is_empty() || ailment.stream == group;
        self.status == "ok" || !self.errors.is_empty() && !self.errors.iter().any(spoils)
    }
}

async fn health(system: &Client, server: &str) -> Health {
    #[derive(Deserialize)]
    struct Healthz {
        data: Health,
    }
    let question = json!({ "server_name": server, "details": true });
    let healthz: Option<Healthz> = ask(system, "$SYS.REQ.SERVER.PING.HEALTHZ", &question).await;
    healthz.map(|healthz| healthz.data).unwrap_or_default()
}

async fn step_down(client: &Client, subject: &str, group: &str, from: &str, to: &str) -> bool {
    #[derive(Deserialize)]
    struct Done {
        #[serde(default)]
        success: bool,
    }
    let order = json!({ "placement": { "preferred": to } });
    let done: Option<Done> = ask(client, subject, &order).await;
    let moved = done.is_some_and(|done| done.success);
    tracing::info!(group, from, to, moved, "leader asked to step down");
    moved
}

async fn ask<T: DeserializeOwned>(client: &Client, subject: &str, payload: &Value) -> Option<T> {
    let bytes = if payload.is_null() { bytes::Bytes::new() } else { payload.to_string().into() };
    let answer = timeout(PATIENCE, client.request(subject.to_owned(), bytes)).await;
    let message = match answer {
        Ok(Ok(message)) => message,
        Ok(Err(error)) => {
            tracing::debug!(subject, %error, "placement question unanswered");
            return None;
        }
        Err(_) => {
            tracing::debug!(subject, "placement question timed out");
            return None;
        }
    };
    parse(&message.payload)
        .inspect_err(|error: &ApiError| tracing::debug!(subject, %error, "placement question refused"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(leader: &str, replica: Replica) -> Group {
        Group { leader: leader.to_owned(), replicas: vec![replica] }
    }

    fn ready() -> Replica {
        Replica { name: "witness".to_owned(), current: true, offline: false, active: 10, lag: 0 }
    }

    #[test]
    fn a_stream_is_left_alone_while_the_preferred_server_lacks_some_of_it() {
        let said = |json: &str| serde_json::from_str::<Health>(json).unwrap();
        let catching_up = said(
            r#"{"status":"unavailable","status_code":503,"errors":[{"type":"STREAM","account":"APP","stream":"CHAT","error":"…"}]}"#,
        );
        assert!(!catching_up.can_lead("CHAT"));
        assert!(catching_up.can_lead("KEYS"));
        assert!(catching_up.can_lead(META));
        assert!(!said(r#"{"status":"unavailable","errors":[{"type":"JETSTREAM","error":"…"}]}"#).can_lead("KEYS"));
        assert!(!said(r#"{"status":"unavailable","error":"no meta leader"}"#).can_lead("KEYS"));
        assert!(said(r#"{"status":"ok","status_code":200}"#).can_lead("CHAT"));
        assert!(!Health::default().can_lead("CHAT"), "no answer");
    }

    #[test]
    fn moves_only_to_a_server_that_is_ready() {
        assert!(should_move(&group("tokyo", ready()), "witness"));
        assert!(!should_move(&group("witness", ready()), "witness"));
        assert!(!should_move(&group("", ready()), "witness"));
        assert!(!should_move(&group("tokyo", ready()), "osaka"));
        let unready = [
            Replica { current: false, ..ready() },
            Replica { offline: true, ..ready() },
            Replica { active: AWAY_AFTER_NS, ..ready() },
            Replica { lag: MOST_LAG + 1, ..ready() },
        ];
        for replica in unready {
            assert!(!should_move(&group("tokyo", replica.clone()), "witness"), "{replica:?}");
        }
    }
}
