//! `madoguchi ctl`: what a running practice center is told from another terminal, over a Unix socket in its data folder.
//!
//! One request and one answer a connection, each one line of JSON: `{"do":"kill-site","name":"tokyo"}` is answered, when it is done, by
//! `{"ok":true,…}` or `{"ok":false,"error":"…"}`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::center::Center;
use super::nats::STREAMS;
use super::options::UpError;

/// Longest request.
const LIMIT: u64 = 4096;

/// What a center can be told.
#[derive(Clone, Debug, Serialize, Deserialize, clap::Subcommand)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Order {
    /// Kill (SIGKILL) a site's services, PostgreSQL and NATS server at one moment.
    KillSite {
        /// The site.
        name: String,
    },
    /// Start a site again; done when it is ready and caught up.
    StartSite {
        /// The site.
        name: String,
    },
    /// Stop a site in order.
    StopSite {
        /// The site.
        name: String,
    },
    /// Let nothing pass between the site (or `witness`) and the others, silently.
    CutSite {
        /// The site, or `witness`.
        name: String,
    },
    /// End every cut; done when all NATS servers have caught up.
    Heal,
    /// Kill (SIGKILL) a NATS server: a site's, or `witness`.
    KillNats {
        /// The site, or `witness`.
        name: String,
    },
    /// Start a killed NATS server again; done when it has caught up.
    StartNats {
        /// The site, or `witness`.
        name: String,
    },
    /// Freeze (SIGSTOP) a NATS server.
    StopNats {
        /// The site, or `witness`.
        name: String,
    },
    /// Let a frozen NATS server go on.
    ContNats {
        /// The site, or `witness`.
        name: String,
    },
    /// Kill (SIGKILL) a process: `tokyo/all`, `tokyo/postgres`; in a split center `tokyo/chat`, …
    KillService {
        /// `<site>/<process>`.
        name: String,
    },
    /// Stop a process in order and start it again; `<server>/nats` too. Done when ready.
    Restart {
        /// `<site>/<process>`.
        name: String,
    },
    /// Stop a site's services, throw its database away, start them again: the views are made anew from the journal.
    RebuildViews {
        /// The site.
        name: String,
    },
    /// What runs, and who leads.
    Status,
}

/// The control socket of the center in this folder.
#[must_use]
pub fn socket(data: &Path) -> PathBuf {
    data.join("control")
}

/// Answers orders until dropped.
///
/// # Errors
/// [`UpError::File`] when the socket cannot be made.
pub fn serve(center: Center, data: &Path) -> Result<tokio::task::JoinHandle<()>, UpError> {
    let path = socket(data);
    let _ = std::fs::remove_file(&path);
    let failed = |source| UpError::File { action: "listening on", path: path.clone(), source };
    let listener = UnixListener::bind(&path).map_err(failed)?;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
    Ok(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let center = center.clone();
            tokio::spawn(async move {
                if let Err(error) = answer(&center, stream).await {
                    tracing::debug!(%error, "control connection ended");
                }
            });
        }
    }))
}

/// Gives an order to the center in this folder and waits until it is carried out.
///
/// # Errors
/// [`UpError::Control`] when no center runs there, or it could not do it.
pub async fn order(data: &Path, order: &Order) -> Result<Value, UpError> {
    let failed =
        |error: std::io::Error| UpError::Control(format!("{}: {error}; does a center run there?", data.display()));
    let mut stream = UnixStream::connect(socket(data)).await.map_err(failed)?;
    let line = serde_json::to_string(order).map_err(|error| failed(error.into()))?;
    stream.write_all(format!("{line}\n").as_bytes()).await.map_err(failed)?;
    let mut heard = String::new();
    BufReader::new(stream).read_line(&mut heard).await.map_err(failed)?;
    let answer: Value = serde_json::from_str(&heard).map_err(|error| failed(error.into()))?;
    match answer["error"].as_str() {
        Some(error) => Err(UpError::Control(error.to_owned())),
        None => Ok(answer),
    }
}

async fn answer(center: &Center, stream: UnixStream) -> std::io::Result<()> {
    let (from, mut to) = stream.into_split();
    let mut line = String::new();
    tokio::io::AsyncReadExt::take(BufReader::new(from), LIMIT).read_line(&mut line).await?;
    let done = match serde_json::from_str::<Order>(&line) {
        Ok(order) => carry_out(center, &order).await.map_err(|error| error.to_string()),
        Err(error) => Err(format!("not an order: {error}")),
    };
    let answer = done.unwrap_or_else(|error| json!({"ok": false, "error": error}));
    to.write_all(format!("{answer}\n").as_bytes()).await
}

async fn carry_out(center: &Center, order: &Order) -> Result<Value, UpError> {
    match order {
        Order::KillSite { name } => center.kill_site(name).await?,
        Order::StartSite { name } => center.start_site(name).await?,
        Order::StopSite { name } => center.stop_site(name).await?,
        Order::CutSite { name } => center.cut_site(name).await?,
        Order::Heal => center.heal().await?,
        Order::KillNats { name } => center.kill_nats(name).await?,
        Order::StartNats { name } => center.start_nats(name).await?,
        Order::StopNats { name } => center.stop_nats(name).await?,
        Order::ContNats { name } => center.cont_nats(name).await?,
        Order::KillService { name } => {
            let (site, service) = process(name)?;
            center.kill_service(site, service).await?;
        }
        Order::Restart { name } => match process(name)? {
            (server, "nats") => center.restart_nats(server).await?,
            (site, service) => center.restart_service(site, service).await?,
        },
        Order::RebuildViews { name } => {
            center.stop_site_services(name).await?;
            center.drop_database(name).await?;
            center.start_site_services(name).await?;
        }
        Order::Status => return status(center).await,
    }
    Ok(json!({"ok": true}))
}

fn process(name: &str) -> Result<(&str, &str), UpError> {
    name.split_once('/').ok_or_else(|| UpError::Control(format!("{name:?} is not <site>/<process>, like tokyo/all")))
}

async fn status(center: &Center) -> Result<Value, UpError> {
    let mut leaders = serde_json::Map::new();
    for stream in STREAMS {
        leaders.insert(stream.to_owned(), json!(center.leader_of(stream).await?));
    }
    let sites = center.sites();
    let urls: serde_json::Map<String, Value> =
        sites.iter().map(|site| Ok((site.clone(), json!(center.site_url(site)?)))).collect::<Result<_, UpError>>()?;
    let cpu_s = center.cpu_time_all_processes().as_secs_f64();
    Ok(json!({"ok": true, "sites": urls, "processes": center.processes(), "leaders": leaders, "cpu_s": cpu_s}))
}
