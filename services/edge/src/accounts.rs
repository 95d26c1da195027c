//! Accounts of people who answer: the pure core, the directory that every door holds in memory, and where both meet the
//! journal.

pub mod account;
mod directory;
mod password;
mod store;

use std::pin::Pin;

use chassis::refusal::Refusal;

pub use account::{Account, Command, Rejection};
pub use password::{HashError, Hashing};
pub use store::{ACCOUNTS, JournalAccounts, SetAccount, SetAccountError, set_account};

use crate::frames::Role;

/// The answer of [`Accounts`] at some later time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An account, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its id.
    pub id: String,
    /// What it signs in with.
    pub login: String,
    /// Display name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// It can no longer sign in.
    pub disabled: bool,
}

/// What the door needs of accounts.
pub trait Accounts: Send + Sync + 'static {
    /// Whether tokens of this account are refused that say this role: it is disabled, or has another role by now.
    fn refuses(&self, id: &str, role: Role) -> bool;
    /// All of them, by login.
    fn list(&self) -> Answer<'_, Result<Vec<Opened>, Refusal>>;
    /// The account of a login and its Argon2id PHC string. `None` when there is none.
    fn credentials<'a>(&'a self, login: &'a str) -> Answer<'a, Result<Option<(Opened, String)>, Refusal>>;
    /// Display name of an account; empty when it is not known here (yet).
    fn name_of<'a>(&'a self, id: &'a str) -> Answer<'a, String>;
    /// Creates or changes an account. Returns when this door knows it.
    fn set(&self, account: SetAccount) -> Answer<'_, Result<Opened, Refusal>>;
    /// Disables an account.
    fn disable<'a>(&'a self, login: &'a str) -> Answer<'a, Result<Opened, Refusal>>;
}
