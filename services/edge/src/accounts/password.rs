//! Argon2id, a few at a time: each hash takes 19 MiB and a core for some 20 ms.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use chassis::Secret;
use tokio::sync::Semaphore;

/// Longest password, in bytes: more only costs time.
const MAX_PASSWORD: usize = 256;
/// Shortest password, in characters (NIST SP 800-63B).
const MIN_PASSWORD: usize = 8;
/// What is checked when there is no such account, so that the answer takes as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bWFkb2d1Y2hpLW5vYm9keQ$Ar/UHIhMiUMVUUqmLl7BGSBrNvyZcYRcqRBpXwMsUaQ";

/// Why a password could not be hashed or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many wait for their turn.
    #[error("too many sign-ins at once")]
    Busy,
    /// Shorter than 8 characters or longer than 256 bytes.
    #[error("a password has 8 characters at least and 256 bytes at most")]
    Length,
    /// The stored hash is broken, or the system has no memory or randomness left.
    #[error("hashing the password")]
    Failed,
}

/// Hashes passwords with bounded concurrency. Clones share the bound.
#[derive(Clone, Debug)]
pub struct Hashing {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Hashing {
    /// `at_once` hashes at a time, `waiting` more in line.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let at_once = at_once.max(1);
        Self { turns: Arc::new(Semaphore::new(at_once)), places: Arc::new(Semaphore::new(at_once + waiting)) }
    }

    /// The PHC string of a new password.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn hash(&self, password: &Secret) -> Result<String, HashError> {
        let length = password.expose().len();
        if password.expose().chars().count() < MIN_PASSWORD || length > MAX_PASSWORD {
            return Err(HashError::Length);
        }
        let password = password.clone();
        self.run(move || {
            let hash = Argon2::default().hash_password(password.expose().as_bytes());
            hash.map(|hash| hash.to_string()).map_err(|_| HashError::Failed)
        })
        .await
    }

    /// Whether `password` is the one of `phc`. `None`: there is no account, and the answer is no after the same time.
    ///
    /// # Errors
    /// [`HashError`].
    pub async fn verify(&self, password: &Secret, phc: Option<String>) -> Result<bool, HashError> {
        if password.expose().len() > MAX_PASSWORD {
            return Ok(false);
        }
        let password = password.clone();
        let known = phc.is_some();
        let phc = phc.unwrap_or_else(|| NOBODY.to_owned());
        let matches = self.run(move || verify(&password, &phc)).await?;
        Ok(matches && known)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let _place = self.places.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| HashError::Failed)?;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| HashError::Failed)?
    }
}

fn verify(password: &Secret, phc: &str) -> Result<bool, HashError> {
    let hash = PasswordHash::new(phc).map_err(|_| HashError::Failed)?;
    match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(_) => Err(HashError::Failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_its_own_hash_only() {
        let hashing = Hashing::new(1, 10);
        let phc = hashing.hash(&Secret::new("correct horse")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert_eq!(hashing.verify(&Secret::new("correct horse"), Some(phc.clone())).await, Ok(true));
        assert_eq!(hashing.verify(&Secret::new("correct house"), Some(phc)).await, Ok(false));
        assert_eq!(
            hashing.verify(&Secret::new("correct horse"), Some("broken".to_owned())).await,
            Err(HashError::Failed)
        );
    }

    #[tokio::test]
    async fn nobody_is_checked_like_somebody() {
        let hashing = Hashing::new(1, 10);
        assert_eq!(hashing.verify(&Secret::new("anything"), None).await, Ok(false));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[tokio::test]
    async fn lengths_and_the_line_are_bounded() {
        let hashing = Hashing::new(1, 0);
        assert_eq!(hashing.hash(&Secret::new("short")).await, Err(HashError::Length));
        assert_eq!(hashing.hash(&Secret::new("x".repeat(257))).await, Err(HashError::Length));
        assert_eq!(hashing.verify(&Secret::new("x".repeat(257)), None).await, Ok(false));
        let (one, other) = (Secret::new("eight characters"), Secret::new("eight characters"));
        let (one, other) = tokio::join!(hashing.hash(&one), hashing.hash(&other));
        assert!(one.is_ok());
        assert_eq!(other, Err(HashError::Busy));
    }
}
