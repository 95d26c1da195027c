//! `madoguchi up` and `madoguchi ctl`.
#![allow(clippy::print_stdout, reason = "a command's answer to the person who typed it")]

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::center::Center;
use super::control::{self, Order};
use super::options::{Options, SyncMode, UpError};
use super::practice::LOGINS;

/// Runs a practice center on this machine until Ctrl-C.
#[derive(Debug, clap::Args)]
pub struct Up {
    /// Folder of everything the center keeps; what an earlier run left is used again.
    #[arg(long, default_value = ".madoguchi/center")]
    data: PathBuf,
    /// Names of the sites.
    #[arg(long, value_delimiter = ',', default_value = "tokyo,osaka")]
    sites: Vec<String>,
    /// Let what crosses sites go through proxies, so that a site can be cut off (the default).
    #[arg(long, conflicts_with = "direct")]
    wires: bool,
    /// No proxies between sites: for benchmarks.
    #[arg(long)]
    direct: bool,
    /// Delay that each wire adds in each direction, in ms.
    #[arg(long, default_value_t = 0, conflicts_with = "direct")]
    wan_ms: u64,
    /// When NATS flushes to disk.
    #[arg(long, value_enum, default_value = "always")]
    sync: SyncMode,
    /// First of 100 ports; 0 looks for a free block.
    #[arg(long, default_value_t = 8400)]
    base_port: u16,
    /// One process per service instead of one per site.
    #[arg(long)]
    split: bool,
    /// Password of every practice account instead of random ones; 8 characters or more.
    #[arg(long)]
    practice_password: Option<String>,
    /// Folder with the built pages.
    #[arg(long, env = "MADOGUCHI_PAGES", default_value = "web/dist")]
    pages: PathBuf,
}

/// Tells a running practice center what to do; answers in JSON when it is done.
#[derive(Debug, clap::Args)]
pub struct Ctl {
    /// Folder of the center.
    #[arg(long, default_value = ".madoguchi/center", global = true)]
    data: PathBuf,
    /// What to do.
    #[command(subcommand)]
    order: Order,
}

impl Up {
    fn options(self) -> Options {
        Options {
            sites: self.sites,
            wires: !self.direct,
            wan_delay: Duration::from_millis(self.wan_ms),
            sync: self.sync,
            base_port: self.base_port,
            split: self.split,
            practice_password: self.practice_password,
            pages: self.pages,
            talk: true,
            ..Options::new(self.data)
        }
    }
}

/// `madoguchi up`: returns after Ctrl-C or SIGTERM, when everything has stopped.
///
/// # Errors
/// [`UpError`] when the center could not be started.
pub async fn up(up: Up) -> Result<(), UpError> {
    let options = up.options();
    let data = options.data.clone();
    let handler =
        |kind| signal(kind).map_err(|source| UpError::Spawn { name: "the signal handler".to_owned(), source });
    let (mut interrupt, mut terminate) = (handler(SignalKind::interrupt())?, handler(SignalKind::terminate())?);
    let mut asked = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let center = tokio::select! {
        started = Center::start(options) => started?,
        () = asked() => return Ok(()),
    };
    let controlled = control::serve(center.clone(), &data)?;
    introduce(&center)?;
    let mut look = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            () = asked() => break,
            _ = look.tick() => center.unexpected_ends().iter().for_each(|end| println!("{end}")),
        }
    }
    println!("stopping …");
    controlled.abort();
    let _ = std::fs::remove_file(control::socket(&data));
    tokio::select! {
        stopped = center.shutdown() => stopped,
        // Asked twice: at once. What still runs dies with this process.
        () = asked() => Ok(()),
    }
}

/// `madoguchi ctl`.
///
/// # Errors
/// [`UpError::Control`] when no center runs there, or it could not do it.
pub async fn ctl(ctl: Ctl) -> Result<(), UpError> {
    let answer = control::order(&ctl.data, &ctl.order).await?;
    println!("{answer}");
    Ok(())
}

fn introduce(center: &Center) -> Result<(), UpError> {
    println!("\nThe practice center runs.\n");
    for site in center.sites() {
        let url = center.site_url(&site)?;
        println!("  {site:<10} agents {url}/desk/   customers {url}/widget/");
    }
    println!("\n  accounts (kept in {}):", center.data().join("secrets.json").display());
    for (login, password) in LOGINS.iter().filter_map(|login| center.account(login)) {
        println!("  {login:<10} {password}");
    }
    println!(
        "\nCtrl-C stops it. From another terminal: madoguchi ctl --data {} kill-site tokyo\n",
        center.data().display()
    );
    Ok(())
}
