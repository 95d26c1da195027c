//! Making streams exist as this project wants them.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::{
    EnsureError, Stream,
    connection::Connection,
    vault::KEYS,
    wire::{ApiError, NoAnswer},
};

/// Creation asks the meta leader, every chosen server and a first election.
const PATIENCE: Duration = Duration::from_secs(30);
const TRY: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(250);
/// How long the servers remember message ids, nanoseconds.
const DUPLICATE_WINDOW_NS: u64 = 120_000_000_000;
/// A key and the tombstone or the re-wrapped key that follows it, until the former is wiped.
const KEYS_PER_SUBJECT: i64 = 2;
/// "Stream name already in use with a different configuration".
const NAME_IN_USE: u32 = 10_058;
/// "No suitable peers for placement": the servers have not all met yet.
const NO_PEERS: u32 = 10_005;

#[derive(Deserialize)]
struct Made {
    config: Value,
    cluster: Option<Cluster>,
}

#[derive(Deserialize)]
struct Cluster {
    #[serde(default)]
    leader: String,
}

/// Why a try did not do it.
enum Miss {
    Passing(String),
    Final(String),
}

impl Connection {
    pub(crate) async fn ensure(&self, stream: &Stream, max_age: Duration) -> Result<(), EnsureError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let reason = match self.ensure_once(stream, max_age).await {
                Ok(()) => return Ok(()),
                Err(Miss::Final(reason)) => {
                    return Err(EnsureError::Refused { stream: stream.name, reason });
                }
                Err(Miss::Passing(reason)) => reason,
            };
            if Instant::now() >= until {
                return Err(EnsureError::Unavailable { stream: stream.name, waited_s: PATIENCE.as_secs(), reason });
            }
            sleep(PAUSE).await;
        }
    }

    async fn ensure_once(&self, stream: &Stream, max_age: Duration) -> Result<(), Miss> {
        let wanted = configuration(stream, self.settings.replicas, max_age);
        let info = self.ask_stream("INFO", stream, &Value::Null).await?;
        let made = match info {
            Ok(made) if agrees(&made.config, &wanted) => made,
            Ok(_) => self.ask_stream("UPDATE", stream, &wanted).await?.map_err(|e| miss(&e))?,
            // Also the answer while there is no leader: creating a stream that exists with this configuration is fine.
            Err(error) if error.code == 404 => {
                self.ask_stream("CREATE", stream, &wanted).await?.map_err(|e| miss(&e))?
            }
            Err(error) => return Err(miss(&error)),
        };
        match made.cluster {
            Some(cluster) if cluster.leader.is_empty() => Err(Miss::Passing("no leader yet".to_owned())),
            Some(_) | None => Ok(()),
        }
    }

    async fn ask_stream(&self, verb: &str, stream: &Stream, payload: &Value) -> Result<Result<Made, ApiError>, Miss> {
        let subject = format!("$JS.API.STREAM.{verb}.{}", stream.name);
        self.wire
            .api::<Made>(&subject, payload, TRY)
            .await
            .map_err(|reason: NoAnswer| Miss::Passing(reason.to_string()))
    }
}

fn miss(error: &ApiError) -> Miss {
    let passes = [NAME_IN_USE, NO_PEERS].contains(&error.err_code);
    if passes || error.code >= 500 || error.code == 404 {
        Miss::Passing(error.to_string())
    } else {
        Miss::Final(error.to_string())
    }
}

fn configuration(stream: &Stream, replicas: usize, max_age: Duration) -> Value {
    let keys = *stream == KEYS;
    let max_age_ns = u64::try_from(max_age.as_nanos()).unwrap_or(u64::MAX >> 1);
    // The servers refuse a window that is longer than the age.
    let window_ns = if max_age_ns == 0 { DUPLICATE_WINDOW_NS } else { DUPLICATE_WINDOW_NS.min(max_age_ns) };
    json!({
        "name": stream.name,
        "subjects": [format!("{}.>", stream.prefix)],
        "retention": "limits",
        "storage": "file",
        "num_replicas": replicas,
        "discard": "new",
        "max_msgs_per_subject": if keys { KEYS_PER_SUBJECT } else { -1 },
        "discard_new_per_subject": keys,
        "max_age": max_age_ns,
        "duplicate_window": window_ns,
        "republish": { "src": format!("{}.>", stream.prefix), "dest": format!("live.{}.>", stream.prefix) },
        "allow_direct": true,
        // Events are never taken out one by one; keys must be, that is what erasing is.
        "deny_delete": !keys,
    })
}

/// Whether every wish is met; the servers add defaults of their own.
fn agrees(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => wanted.iter().all(|(key, value)| match there.get(key) {
            Some(other) => agrees(other, value),
            None => *value == json!(false),
        }),
        (there, wanted) => there == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_the_server_do_not_count_as_a_difference() {
        let wanted = configuration(&Stream::new("CHAT", "chat"), 3, Duration::ZERO);
        let mut there = wanted.clone();
        there["max_age"] = json!(0);
        there["republish"]["headers_only"] = json!(false);
        there.as_object_mut().unwrap().remove("discard_new_per_subject");
        assert!(agrees(&there, &wanted));
        there["num_replicas"] = json!(1);
        assert!(!agrees(&there, &wanted));
    }

    #[test]
    fn only_keys_can_be_deleted() {
        assert_eq!(configuration(&KEYS, 3, Duration::ZERO)["deny_delete"], json!(false));
        assert_eq!(configuration(&Stream::new("CHAT", "chat"), 3, Duration::ZERO)["deny_delete"], json!(true));
    }
}
