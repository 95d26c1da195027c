//! Sealing personal data with a customer's key.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use proto::journal::v1::Sealed;
use rand::RngCore as _;
use zeroize::Zeroizing;

use crate::OpenError;

const NONCE: usize = 24;

/// One customer's (or account's) key. Cheap to clone; wiped when the last clone is dropped.
#[derive(Clone)]
pub struct DataKey {
    inner: Arc<Inner>,
}

struct Inner {
    key_id: Box<str>,
    cipher: XChaCha20Poly1305,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("key_id", &self.inner.key_id).finish_non_exhaustive()
    }
}

impl DataKey {
    pub(crate) fn new(key_id: &str, key: &Zeroizing<[u8; 32]>) -> DataKey {
        DataKey { inner: Arc::new(Inner { key_id: key_id.into(), cipher: XChaCha20Poly1305::new((&**key).into()) }) }
    }

    /// The key's id, as in [`Sealed::key_id`].
    pub fn id(&self) -> &str {
        &self.inner.key_id
    }

    /// Seals `plain` for one place: `context` is the journal subject, and only there can it be opened again.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Sealed {
        Sealed {
            key_id: self.inner.key_id.to_string(),
            r#box: shut(&self.inner.cipher, &associated(&self.inner.key_id, context), plain),
        }
    }

    /// Opens what this key sealed for the same place.
    ///
    /// # Errors
    /// [`OpenError::Rejected`] when key, context or bytes are not the ones sealed.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<Vec<u8>, OpenError> {
        let associated = associated(&self.inner.key_id, context);
        (*sealed.key_id == *self.inner.key_id)
            .then(|| unlock(&self.inner.cipher, &associated, &sealed.r#box))
            .flatten()
            .ok_or_else(|| OpenError::Rejected { key_id: self.inner.key_id.to_string() })
    }
}

/// Key id and context with a byte between them that neither may hold.
fn associated(key_id: &str, context: &str) -> Vec<u8> {
    [key_id.as_bytes(), context.as_bytes()].join(&0)
}

/// Nonce and ciphertext.
pub(crate) fn shut(cipher: &XChaCha20Poly1305, associated: &[u8], plain: &[u8]) -> Bytes {
    let mut nonce = [0_u8; NONCE];
    rand::rng().fill_bytes(&mut nonce);
    let payload = Payload { msg: plain, aad: associated };
    // The cipher refuses only messages beyond 256 GiB; an empty box opens nowhere, so even then nothing leaks.
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap_or_default();
    let mut out = Vec::with_capacity(NONCE + sealed.len());
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Bytes::from(out)
}

/// The plain bytes, if nonce, ciphertext and associated data belong together.
pub(crate) fn unlock(cipher: &XChaCha20Poly1305, associated: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload { msg: rest, aad: associated };
    cipher.decrypt(&XNonce::from(*nonce), payload).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(id: &str, byte: u8) -> DataKey {
        DataKey::new(id, &Zeroizing::new([byte; 32]))
    }

    proptest! {
        #[test]
        fn opens_only_what_it_sealed_here(plain in proptest::collection::vec(any::<u8>(), 0..200), flip in any::<prop::sample::Index>()) {
            let mine = key("cus-1", 7);
            let sealed = mine.seal("chat.a", &plain);
            prop_assert_eq!(mine.open("chat.a", &sealed).unwrap(), plain);
            prop_assert!(mine.open("chat.b", &sealed).is_err());
            prop_assert!(key("cus-1", 8).open("chat.a", &sealed).is_err());
            prop_assert!(key("cus-2", 7).open("chat.a", &sealed).is_err());
            let mut broken = sealed.r#box.to_vec();
            let at = flip.index(broken.len());
            broken[at] ^= 1;
            let broken = Sealed { key_id: sealed.key_id.clone(), r#box: broken.into() };
            prop_assert!(mine.open("chat.a", &broken).is_err());
        }
    }

    #[test]
    fn two_seals_of_one_text_differ_and_short_boxes_are_refused() {
        let mine = key("cus-1", 7);
        assert_ne!(mine.seal("chat.a", b"hello"), mine.seal("chat.a", b"hello"));
        let short = Sealed { key_id: "cus-1".to_owned(), r#box: Bytes::from_static(b"short") };
        assert!(mine.open("chat.a", &short).is_err());
    }

    #[test]
    fn printing_a_key_shows_its_name_only() {
        assert_eq!(format!("{:?}", key("cus-1", 7)), "DataKey { key_id: \"cus-1\", .. }");
    }
}
