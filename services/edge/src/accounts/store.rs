//! Accounts in the journal: stream ACCOUNTS, subject `account.<login>`. Names and passwords are sealed with a key of the
//! account's own.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chassis::{
    Secret,
    refusal::{Code, Refusal},
};
use journal::{Append, AppendError, EnsureError, Expect, Journal, KeyError, ReadError, Stream};
use prost::Message as _;
use proto::{
    edge::v1::AccountEvent,
    journal::v1::{Sealed, Unit},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Accounts, Answer, HashError, Hashing, Opened,
    account::{self, Account, Command, Rejection, is_login},
    directory::Directory,
};
use crate::{clock, frames::Role};

/// The stream of accounts.
pub const ACCOUNTS: Stream = Stream::new("ACCOUNTS", "account");

/// Longest display name, in characters.
const MAX_NAME: usize = 100;
/// Attempts against other writers of the same account.
const ATTEMPTS: usize = 5;
/// How long a change waits to be seen by this door itself.
const SEEN: Duration = Duration::from_secs(2);
/// Between two attempts to follow the journal.
const PAUSE: Duration = Duration::from_millis(500);

/// Create an account or change it.
#[derive(Clone, Debug)]
pub struct SetAccount {
    /// 1 to 40 characters of [a-z0-9._-], with single dots inside.
    pub login: String,
    /// Display name, 1 to 100 characters.
    pub name: String,
    /// Agent or supervisor.
    pub role: Role,
    /// 8 characters to 256 bytes. `None` keeps the one it has.
    pub password: Option<Secret>,
}

/// Why an account was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetAccountError {
    /// It cannot be so.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The name's length.
    #[error("a name has 1 to 100 characters")]
    Name,
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] HashError),
    /// Others changed the same account all the time.
    #[error("the account was changed by others at the same time")]
    Contended,
    /// The stream could not be made.
    #[error("preparing the stream of accounts")]
    Ensure(#[from] EnsureError),
    /// The journal did not give its events.
    #[error("reading the account")]
    Read(#[from] ReadError),
    /// The journal did not take its event.
    #[error("storing the account")]
    Append(#[from] AppendError),
    /// Its key is not to be had.
    #[error("sealing the account")]
    Key(#[from] KeyError),
}

impl SetAccountError {
    /// Whether the same may work a moment later: an election, a busy store. It may also have worked already.
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::Contended
                | Self::Key(KeyError::Unavailable { .. })
                | Self::Ensure(EnsureError::Unavailable { .. })
                | Self::Read(ReadError::Unavailable { .. })
                | Self::Append(AppendError::Unavailable { .. })
        )
    }
}

impl From<SetAccountError> for Refusal {
    fn from(error: SetAccountError) -> Self {
        let message = error.to_string();
        if error.passes() {
            return Self::new(Code::Unavailable, "unavailable", message);
        }
        match error {
            SetAccountError::Rejected(Rejection::NotFound) => Self::new(Code::NotFound, "no_such_account", message),
            SetAccountError::Rejected(Rejection::BadLogin) => Self::new(Code::InvalidArgument, "bad_login", message),
            SetAccountError::Rejected(Rejection::BadRole | Rejection::OtherId) => {
                Self::new(Code::InvalidArgument, "bad_request", message)
            }
            SetAccountError::Rejected(Rejection::PasswordRequired) | SetAccountError::Password(HashError::Length) => {
                Self::new(Code::InvalidArgument, "bad_password", message)
            }
            SetAccountError::Name => Self::new(Code::InvalidArgument, "bad_name", message),
            SetAccountError::Password(HashError::Busy) => {
                Self::new(Code::ResourceExhausted, "too_many_requests", message)
            }
            SetAccountError::Password(HashError::Failed)
            | SetAccountError::Contended
            | SetAccountError::Key(_)
            | SetAccountError::Ensure(_)
            | SetAccountError::Read(_)
            | SetAccountError::Append(_) => Self::new(Code::Internal, "internal", message),
        }
    }
}

/// Creates or changes an account in the journal, without a door: also the operator's way to the first supervisor.
/// Makes the stream exist. The agent's skills and capacities are `routing`'s.
///
/// # Errors
/// [`SetAccountError`]; after `Unavailable` it may be repeated.
pub async fn set_account(
    journal: &Journal,
    hashing: &Hashing,
    wanted: SetAccount,
) -> Result<(Account, u64), SetAccountError> {
    if !is_login(&wanted.login) {
        return Err(Rejection::BadLogin.into());
    }
    if !(1..=MAX_NAME).contains(&wanted.name.chars().count()) {
        return Err(SetAccountError::Name);
    }
    let phc = match &wanted.password {
        Some(password) => Some(hashing.hash(password).await?),
        None => None,
    };
    journal.ensure_stream(&ACCOUNTS).await?;
    let change_to = Change::Set { phc, new_id: Uuid::new_v4().to_string(), wanted };
    change(journal, change_to.login(), &change_to).await
}

/// What is to be decided, before the account's key and state are known.
enum Change<'a> {
    Set { wanted: SetAccount, phc: Option<String>, new_id: String },
    Disable { login: &'a str },
}

impl Change<'_> {
    fn login(&self) -> &str {
        match self {
            Self::Set { wanted, .. } => &wanted.login,
            Self::Disable { login } => login,
        }
    }

    /// Sealed with the account's key; a new account gets one.
    async fn command(&self, journal: &Journal, state: Option<&Account>) -> Result<Command, SetAccountError> {
        let Self::Set { wanted, phc, new_id } = self else { return Ok(Command::Disable) };
        let id = state.map_or_else(|| new_id.clone(), |account| account.id.clone());
        if state.is_none() && phc.is_none() {
            return Err(Rejection::PasswordRequired.into());
        }
        let (key, subject) = (journal.vault().key(&id).await?, subject(&wanted.login));
        let name = key.seal(&subject, wanted.name.as_bytes());
        let password = phc.as_ref().map(|phc| key.seal(&subject, phc.as_bytes()));
        Ok(Command::Set { id, login: wanted.login.clone(), role: wanted.role, name, password })
    }
}

/// Reads, decides and appends, again when somebody else wrote in between. The account afterwards and its sequence.
async fn change(journal: &Journal, login: &str, change: &Change<'_>) -> Result<(Account, u64), SetAccountError> {
    for _ in 0..ATTEMPTS {
        let replay = journal.replay(&ACCOUNTS, &subject(login), 0).await?;
        let mut state = None;
        for event in replay.records.iter().flat_map(|record| &record.unit.events) {
            if let Ok(event) = AccountEvent::decode(event.clone()) {
                account::evolve(&mut state, &event);
            }
        }
        let now = clock::unix_ms();
        let events = account::decide(state.as_ref(), change.command(journal, state.as_ref()).await?, now)?;
        events.iter().for_each(|event| account::evolve(&mut state, event));
        let account = state.ok_or(Rejection::NotFound)?;
        if events.is_empty() {
            return Ok((account, replay.last));
        }
        match append(journal, login, replay.last, &events, now).await {
            Ok(sequence) => return Ok((account, sequence)),
            Err(AppendError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(SetAccountError::Contended)
}

async fn append(
    journal: &Journal,
    login: &str,
    last: u64,
    events: &[AccountEvent],
    now: u64,
) -> Result<u64, AppendError> {
    let unit = Unit {
        events: events.iter().map(|event| event.encode_to_vec().into()).collect(),
        decided_at_ms: now,
        site: journal.site().to_owned(),
        ..Unit::default()
    };
    let id = Uuid::new_v4().to_string();
    let append = Append { stream: ACCOUNTS, subject: subject(login), expect: Expect::Last(last), id, unit };
    Ok(journal.append(append).await?.sequence)
}

fn subject(login: &str) -> String {
    format!("{}.{login}", ACCOUNTS.prefix)
}

/// Accounts as one door knows them. Clones share the directory.
#[derive(Clone)]
pub struct JournalAccounts {
    journal: Journal,
    hashing: Hashing,
    directory: Arc<Directory>,
    names: Arc<Mutex<HashMap<String, (Sealed, String)>>>,
    position: Arc<watch::Sender<u64>>,
}

impl JournalAccounts {
    /// A directory that [`JournalAccounts::follow`] fills.
    pub fn new(journal: Journal, hashing: Hashing) -> Self {
        let (position, _) = watch::channel(0);
        Self { journal, hashing, directory: Arc::default(), names: Arc::default(), position: Arc::new(position) }
    }

    /// Reads every account and follows the journal until `stop`.
    pub async fn follow(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let followed = tokio::select! {
                followed = self.follow_once() => followed,
                () = stop.cancelled() => return,
            };
            if let Err(error) = followed {
                tracing::warn!(%error, "accounts are not followed for the moment");
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    async fn follow_once(&self) -> Result<(), ReadError> {
        let after = *self.position.borrow();
        let mut follower = self.journal.follow(&ACCOUNTS, after).await?;
        loop {
            for record in follower.next().await? {
                if let Some(login) = record.subject.strip_prefix("account.") {
                    self.directory.apply(record.sequence, login, &record.unit.events);
                }
                self.position.send_replace(record.sequence);
            }
        }
    }

    /// Waits until this door has seen the journal up to `sequence`, at most `patience`. False when it has not by then.
    pub async fn seen(&self, sequence: u64, patience: Duration) -> bool {
        let mut position = self.position.subscribe();
        tokio::time::timeout(patience, position.wait_for(|at| *at >= sequence)).await.is_ok()
    }

    async fn open(&self, account: &Account, sealed: &Sealed) -> Result<String, Refusal> {
        let unavailable = |error: KeyError| Refusal::new(Code::Unavailable, "unavailable", error.to_string());
        let Some(key) = self.journal.vault().existing(&account.id).await.map_err(unavailable)? else {
            return Ok(String::new());
        };
        let plain = key.open(&subject(&account.login), sealed).map_err(|error| internal(&error))?;
        String::from_utf8(plain).map_err(|error| internal(&error.utf8_error()))
    }

    async fn name(&self, account: &Account) -> Result<String, Refusal> {
        let known = {
            let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
            names.get(&account.id).filter(|(sealed, _)| *sealed == account.name).map(|(_, name)| name.clone())
        };
        if let Some(name) = known {
            return Ok(name);
        }
        let name = self.open(account, &account.name).await?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(account.id.clone(), (account.name.clone(), name.clone()));
        Ok(name)
    }

    async fn opened(&self, account: Account) -> Result<Opened, Refusal> {
        let name = self.name(&account).await?;
        Ok(Opened { id: account.id, login: account.login, name, role: account.role, disabled: account.disabled })
    }

    async fn changed(&self, changed: Result<(Account, u64), SetAccountError>) -> Result<Opened, Refusal> {
        let (account, sequence) = changed.map_err(Refusal::from)?;
        self.seen(sequence, SEEN).await;
        self.opened(account).await
    }
}

fn internal(error: &dyn std::error::Error) -> Refusal {
    Refusal::new(Code::Internal, "internal", error.to_string())
}

impl Accounts for JournalAccounts {
    fn refuses(&self, id: &str, role: Role) -> bool {
        self.directory.refuses(id, role)
    }

    fn list(&self) -> Answer<'_, Result<Vec<Opened>, Refusal>> {
        Box::pin(async {
            let mut list = Vec::new();
            for account in self.directory.all() {
                list.push(self.opened(account).await?);
            }
            Ok(list)
        })
    }

    fn credentials<'a>(&'a self, login: &'a str) -> Answer<'a, Result<Option<(Opened, String)>, Refusal>> {
        Box::pin(async move {
            let Some(account) = self.directory.by_login(login) else { return Ok(None) };
            let phc = self.open(&account, &account.password).await?;
            Ok(Some((self.opened(account).await?, phc)))
        })
    }

    fn name_of<'a>(&'a self, id: &'a str) -> Answer<'a, String> {
        Box::pin(async move {
            let Some(account) = self.directory.by_id(id) else { return String::new() };
            self.name(&account).await.unwrap_or_default()
        })
    }

    fn set(&self, account: SetAccount) -> Answer<'_, Result<Opened, Refusal>> {
        Box::pin(async { self.changed(set_account(&self.journal, &self.hashing, account).await).await })
    }

    fn disable<'a>(&'a self, login: &'a str) -> Answer<'a, Result<Opened, Refusal>> {
        Box::pin(async move {
            if !is_login(login) {
                return Err(SetAccountError::Rejected(Rejection::NotFound).into());
            }
            self.changed(change(&self.journal, login, &Change::Disable { login }).await).await
        })
    }
}
