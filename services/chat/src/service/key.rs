//! A customer's key, as far as this service needs it.

use std::sync::Arc;

use bytes::Bytes;
use proto::journal::v1::Sealed;

/// What seals and opens one customer's texts.
pub(crate) trait Seal: Send + Sync {
    /// Seals `plain` for a place.
    fn seal(&self, place: &str, plain: &[u8]) -> Bytes;
    /// Opens what was sealed for the same place.
    fn open(&self, place: &str, sealed: &Sealed) -> Option<Vec<u8>>;
}

impl Seal for journal::DataKey {
    fn seal(&self, place: &str, plain: &[u8]) -> Bytes {
        Self::seal(self, place, plain).r#box
    }

    fn open(&self, place: &str, sealed: &Sealed) -> Option<Vec<u8>> {
        Self::open(self, place, sealed).ok()
    }
}

/// A customer's key, or why there is none.
#[derive(Clone)]
pub(crate) enum Key {
    /// Here it is.
    Held(Arc<dyn Seal>),
    /// The customer was erased.
    Erased,
}

impl Key {
    /// The sealed text, when it can be opened.
    pub(crate) fn open(&self, place: &str, sealed: &Sealed) -> Option<String> {
        match self {
            Self::Held(key) => key.open(place, sealed).and_then(|plain| String::from_utf8(plain).ok()),
            Self::Erased => None,
        }
    }
}
