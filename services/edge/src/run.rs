//! The service: the door, and what it does with the journal.

use std::{sync::Arc, time::Duration};

use chassis::Shutdown;
use journal::{ConnectError, EnsureError, Journal};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    accounts::{ACCOUNTS, Hashing, JournalAccounts},
    audit::{self, AUDIT},
    clock,
    config::Config,
    door::{Door, DoorError, Parts},
    keep::{DESK, FILES, JournalKeep},
    presence,
    reach::{self, leader, leader::Leader},
    viewing,
};

/// How long the accounts are waited for before the door opens without having seen all of them.
const ACCOUNTS_SEEN: Duration = Duration::from_secs(30);

/// Why the service ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration is wrong.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The journal is out of reach.
    #[error("connecting to the journal")]
    Journal(#[from] ConnectError),
    /// A stream could not be made.
    #[error("preparing the journal")]
    Ensure(#[from] EnsureError),
    /// The port is taken.
    #[error("listening on {listen}")]
    Listen {
        /// The address.
        listen: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}

/// Runs the door until the shutdown signal.
///
/// # Errors
/// [`RunError`].
pub async fn run(config: Config, settings: journal::Settings, shutdown: Shutdown) -> Result<(), RunError> {
    let journal = Journal::connect(settings).await?;
    journal.ensure_stream(&ACCOUNTS).await?;
    journal.ensure_stream(&AUDIT).await?;
    journal.ensure_stream(&DESK).await?;
    journal.ensure_stream(&FILES).await?;
    let keep = JournalKeep::new(journal.clone(), config.files_mib);
    let hashing = Hashing::new(config.sign_in.hashing, config.sign_in.waiting);
    let accounts = JournalAccounts::new(journal.clone(), hashing.clone());
    let (audit, trail) = audit::audit(config.audit.buffer);
    let (notes, seen) = mpsc::unbounded_channel();
    let leader = Arc::new(Leader::default());
    let answers = leader.clone();
    let door = Door::new(Parts {
        site: journal.site().to_owned(),
        config: config.clone(),
        accounts: Arc::new(accounts.clone()),
        keep: Arc::new(keep.clone()),
        hashing,
        audit,
        presence: notes,
        journal_ready: Arc::new(move || answers.is_there(clock::steady_ms())),
    })?;
    let stop = CancellationToken::new();
    let mut tasks = JoinSet::new();
    let (following, token) = (accounts.clone(), stop.clone());
    tasks.spawn(async move { following.follow(token).await });
    let token = stop.clone();
    tasks.spawn(async move { keep.follow(token).await });
    let (purging, token) = (journal.clone(), stop.clone());
    tasks.spawn(async move {
        tokio::select! {
            () = journal::purge_erased(&purging, &FILES) => {}
            () = token.cancelled() => {}
        }
    });
    tasks.spawn(viewing::bus::run(journal.clone(), door.app().clone(), stop.clone()));
    tasks.spawn(leader::ask(journal.clone(), leader.clone(), stop.clone()));
    let gather = Duration::from_millis(config.audit.gather_ms);
    tasks.spawn(audit::store(trail, journal.clone(), gather, stop.clone()));
    tasks.spawn(presence::bus::run(config.presence, journal.clone(), door.app().clone(), seen, stop.clone()));
    tasks.spawn(reach::bus::run(config.reach, journal.clone(), leader, door.app().clone(), stop.clone()));
    wait_for_accounts(&journal, &accounts).await;
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.map_err(|source| RunError::Listen { listen, source })?;
    tracing::info!(%listen, "door open");
    door.serve(listener, shutdown).await;
    stop.cancel();
    let finish = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(Duration::from_secs(2), finish).await.is_err() {
        tracing::warn!("the last audit entries were not stored in time");
    }
    Ok(())
}

/// A door that knows no accounts yet would refuse everybody's password.
async fn wait_for_accounts(journal: &Journal, accounts: &JournalAccounts) {
    match journal.last_sequence(&ACCOUNTS).await {
        Ok(last) if accounts.seen(last, ACCOUNTS_SEEN).await => {}
        Ok(_) => tracing::warn!("the door opens before all accounts are known"),
        Err(error) => tracing::warn!(%error, "the door opens without knowing how many accounts there are"),
    }
}
