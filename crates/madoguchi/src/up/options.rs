//! What a practice center is asked to be, and what can go wrong with it.

use std::path::PathBuf;
use std::time::Duration;

/// How a practice center is laid out. [`Options::new`] gives what `madoguchi up` does without any flag.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder of everything the center keeps; made when missing. What an earlier run left there is used again.
    pub data: PathBuf,
    /// Names of the sites, home of the first one first; 1 to 4 of them, `[a-z][a-z0-9]{0,15}`, not `witness`.
    pub sites: Vec<String>,
    /// True: what crosses sites goes through proxies of this process, so that a site can be cut off.
    /// False: straight, for benchmarks.
    pub wires: bool,
    /// Delay that each wire adds in each direction. Zero: none. Only with `wires`.
    pub wan_delay: Duration,
    /// When the NATS servers flush to disk.
    pub sync: SyncMode,
    /// First port of the center, see [`super::layout`]. 0: a free block is looked for.
    pub base_port: u16,
    /// Memory of each site's PostgreSQL server for its pages, MiB, 16 to 65,536. Its log on disk may be four times that.
    pub database_mib: u32,
    /// True: one process per service instead of one per site.
    pub split: bool,
    /// Password of every practice account; `None`: random ones.
    pub practice_password: Option<String>,
    /// False: no queues and accounts are made.
    pub practice: bool,
    /// The `madoguchi` binary that runs the services.
    pub program: PathBuf,
    /// Folder with the built pages, `desk/` and `widget/` in it.
    pub pages: PathBuf,
    /// Says what is being done, on standard output.
    pub talk: bool,
}

/// When a NATS server flushes an acknowledged message to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SyncMode {
    /// Before it acknowledges: the production mode.
    Always,
    /// Every two minutes. A power cut of several sites loses acknowledged messages.
    Default,
}

impl Options {
    /// Two sites, `tokyo` and `osaka`, with wires and `sync: always`, in `data`, on a free block of ports, run by this very
    /// program, quiet.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            sites: vec!["tokyo".to_owned(), "osaka".to_owned()],
            wires: true,
            wan_delay: Duration::ZERO,
            sync: SyncMode::Always,
            base_port: 0,
            database_mib: 64,
            split: false,
            practice_password: None,
            practice: true,
            program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("madoguchi")),
            pages: PathBuf::from("web/dist"),
            talk: false,
        }
    }
}

/// A practice center could not be started or steered.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// The options contradict each other or the machine.
    #[error("{0}")]
    Options(String),
    /// There is no site, server or service of this name.
    #[error("there is no {kind} named {name:?}; there are {known}")]
    Unknown {
        /// `site`, `service`, …
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A program that the center needs is not on this machine.
    #[error("{program} was not found: {hint}")]
    Missing {
        /// Its name.
        program: &'static str,
        /// Where it was looked for and how to get it.
        hint: String,
    },
    /// A file or a folder could not be used.
    #[error("{action} {path}: {source}")]
    File {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A program could not be started.
    #[error("starting {name}: {source}")]
    Spawn {
        /// Its name.
        name: String,
        /// Why it failed.
        source: std::io::Error,
    },
    /// Something did not become ready in time, or ended first.
    #[error("{name} {what}; last lines of {log}:\n{tail}")]
    NotReady {
        /// Its name.
        name: String,
        /// `ended with …` or `was not ready after …`.
        what: String,
        /// Its log file.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },
    /// PostgreSQL refused.
    #[error("{action}: {source}")]
    Database {
        /// What was attempted.
        action: String,
        /// Why it failed.
        source: sqlx::Error,
    },
    /// The practice company could not be made.
    #[error("practice company: {0}")]
    Practice(String),
    /// The control socket did not answer as expected.
    #[error("control: {0}")]
    Control(String),
}
