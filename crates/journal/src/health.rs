//! Asking every NATS server whether it syncs before it acknowledges.

use std::time::Duration;

use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::ConnectError;

const PATIENCE: Duration = Duration::from_secs(2);
/// `/jsz` of a server without details is about 2 KiB.
const LONGEST_ANSWER: u64 = 1 << 20;

#[derive(Deserialize)]
struct Jsz {
    config: Option<JszConfig>,
}

#[derive(Deserialize)]
struct JszConfig {
    #[serde(default)]
    sync_always: bool,
}

/// Refuses when a server that answers does not sync, or when none answers. A server that is down now is let pass: it
/// runs the same configuration, and a center must be able to start without one of its sites.
pub(crate) async fn require_sync_always(monitoring: &[String]) -> Result<(), ConnectError> {
    if monitoring.is_empty() {
        return Err(ConnectError::NotDurable("no monitoring address is configured".to_owned()));
    }
    let mut asked = 0;
    for address in monitoring {
        match jsz(address).await {
            Ok(Jsz { config: Some(JszConfig { sync_always: true }) }) => asked += 1,
            Ok(_) => {
                return Err(ConnectError::NotDurable(format!(
                    "{address} runs without `sync_interval: always`, so a power cut loses acknowledged messages"
                )));
            }
            Err(reason) => tracing::warn!(address, reason, "nats server does not say whether it syncs"),
        }
    }
    if asked == 0 {
        return Err(ConnectError::NotDurable("no server answers".to_owned()));
    }
    Ok(())
}

async fn jsz(address: &str) -> Result<Jsz, String> {
    let body = timeout(PATIENCE, get(address, "/jsz"))
        .await
        .map_err(|_| "timed out".to_owned())?
        .map_err(|error| error.to_string())?;
    serde_json::from_slice(&body).map_err(|error| format!("unreadable answer: {error}"))
}

pub(crate) async fn get(address: &str, path: &str) -> std::io::Result<Vec<u8>> {
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    let mut socket = TcpStream::connect(host).await?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.take(LONGEST_ANSWER).read_to_end(&mut answer).await?;
    let start = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    Ok(answer.split_off(start))
}
