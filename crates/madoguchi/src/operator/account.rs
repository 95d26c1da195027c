//! `madoguchi account`: accounts straight through the journal. The way to the first supervisor; the others are made at the desk.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chassis::Secret;
use edge::accounts::{Hashing, SetAccount, SetAccountError, set_account};
use journal::{ConnectError, Journal};

use crate::serve::config::{self, WrongConfig};
use crate::serve::sentence;

/// An election takes seconds, a center that is just starting a few more.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// Creates or changes an account. The password is read from standard input.
#[derive(Debug, clap::Args)]
pub struct Add {
    /// Configuration of a site, with the NATS user of its `edge`.
    #[arg(long)]
    config: PathBuf,
    /// What it signs in with: 1 to 40 of a-z, 0-9, `.`, `_`, `-`.
    #[arg(long)]
    login: String,
    /// Display name.
    #[arg(long)]
    name: String,
    /// What it may do.
    #[arg(long, value_enum, default_value = "agent")]
    role: Role,
}

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Answers customers.
    Agent,
    /// Sees and steers the whole floor.
    Supervisor,
    /// A machine that reports events, and nothing else.
    Reporter,
}

/// Why an account could not be set.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] WrongConfig),
    /// Standard input could not be read.
    #[error("reading the password from standard input: {0}")]
    Password(std::io::Error),
    /// The journal is out of reach.
    #[error("connecting to the journal: {0}")]
    Connect(#[from] ConnectError),
    /// The account was refused.
    #[error("setting the account: {}", sentence(source))]
    Set {
        /// Why.
        source: SetAccountError,
    },
}

/// `madoguchi account add`.
///
/// # Errors
/// [`AccountError`].
pub async fn add(add: Add) -> Result<(), AccountError> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password).map_err(AccountError::Password)?;
    set(&add.config, &add.login, &add.name, add.role, password.trim_end_matches(['\r', '\n'])).await
}

/// Creates or changes an account with the rights of a site's `edge`; again while the journal is electing or busy.
///
/// # Errors
/// [`AccountError`].
pub async fn set(config: &Path, login: &str, name: &str, role: Role, password: &str) -> Result<(), AccountError> {
    let settings = config::load(config)?.journal("edge")?;
    let journal = Journal::connect(settings).await?;
    let (wanted, hashing) = (wanted(login, name, role, password), Hashing::new(1, 1));
    let began = Instant::now();
    loop {
        match set_account(&journal, &hashing, wanted.clone()).await {
            Err(error) if error.passes() && began.elapsed() < PATIENCE => tokio::time::sleep(PAUSE).await,
            done => return done.map(|_| ()).map_err(|source| AccountError::Set { source }),
        }
    }
}

fn wanted(login: &str, name: &str, role: Role, password: &str) -> SetAccount {
    SetAccount {
        login: login.to_owned(),
        name: name.to_owned(),
        role: match role {
            Role::Agent => edge::frames::Role::Agent,
            Role::Supervisor => edge::frames::Role::Supervisor,
            Role::Reporter => edge::frames::Role::Reporter,
        },
        password: Some(Secret::new(password)),
    }
}
