//! What is personal of a campaign's entries: sealed with the person's own key, opened when it is needed and never kept.

use chassis::refusal::Refusal;
use journal::KeyError;
use proto::journal::v1 as journal_pb;

use super::store::{Campaigns, Sealed, subject};
use crate::error::unavailable;

impl Campaigns {
    /// Number and name of an entry; none when the person was erased.
    ///
    /// # Errors
    /// The key is not to be had just now.
    pub(super) async fn person(&self, id: &str, entry: &str) -> Result<Option<(String, String)>, KeyError> {
        let Some(sealed) = self.look(id, |stored| stored.people.get(entry).cloned()).flatten() else { return Ok(None) };
        let key = match self.journal.vault().existing(entry).await {
            Ok(Some(key)) => key,
            Ok(None) | Err(KeyError::Erased { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let open = |sealed: Option<&journal_pb::Sealed>| {
            let plain = sealed.and_then(|sealed| key.open(&subject(id), sealed).ok()).unwrap_or_default();
            String::from_utf8(plain).unwrap_or_default()
        };
        let number = open(sealed.number.as_ref());
        Ok(Some((number, open(sealed.name.as_ref()))).filter(|(number, _)| !number.is_empty()))
    }

    /// Seals a person's number and name for a campaign; none when they were erased.
    ///
    /// # Errors
    /// The key is not to be had just now.
    pub(super) async fn seal(
        &self,
        id: &str,
        entry: &str,
        number: &str,
        name: &str,
    ) -> Result<Option<Sealed>, Refusal> {
        self.seal_at(&subject(id), entry, number, name).await
    }

    /// What is sealed for a place; empty when there is nothing, or the person was erased.
    ///
    /// # Errors
    /// The key is not to be had just now.
    pub(super) async fn open_at(
        &self,
        place: &str,
        person: &str,
        sealed: Option<&journal_pb::Sealed>,
    ) -> Result<String, KeyError> {
        let Some(sealed) = sealed else { return Ok(String::new()) };
        match self.journal.vault().existing(person).await {
            Ok(Some(key)) => Ok(String::from_utf8(key.open(place, sealed).unwrap_or_default()).unwrap_or_default()),
            Ok(None) | Err(KeyError::Erased { .. }) => Ok(String::new()),
            Err(error) => Err(error),
        }
    }

    /// Seals a person's number and name for a place in the journal; none when they were erased.
    ///
    /// # Errors
    /// The key is not to be had just now.
    pub(super) async fn seal_at(
        &self,
        place: &str,
        entry: &str,
        number: &str,
        name: &str,
    ) -> Result<Option<Sealed>, Refusal> {
        let key = match self.journal.vault().key(entry).await {
            Ok(key) => key,
            Err(KeyError::Erased { .. }) => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, "no key for an entry");
                return Err(unavailable("the key store does not answer"));
            }
        };
        let shut = |plain: &str| (!plain.is_empty()).then(|| key.seal(place, plain.as_bytes()));
        Ok(Some(Sealed { number: shut(number), name: shut(name) }))
    }
}
