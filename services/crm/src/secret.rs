//! Keyed hashes of what customers are known by. The key is the center's, the same at every site; without it a hash says nothing.

use std::fmt;

use chassis::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _, digest::Key};
use sha2::{Digest as _, Sha256};
use siphasher::sip::SipHasher24;
use std::hash::Hasher as _;

use crate::record::Hash;

/// Makes the hashes.
#[derive(Clone)]
pub struct Hasher {
    identities: Hmac<Sha256>,
    pieces: SipHasher24,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher(…)")
    }
}

impl Hasher {
    /// With the center's secret; see [`crate::Config::identity_secret`].
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let mut block = Key::<Hmac<Sha256>>::default();
        block[..32].copy_from_slice(&Sha256::digest(secret.expose()));
        let identities = Hmac::<Sha256>::new(&block);
        let mut key = [0; 16];
        let made = digest(identities.clone(), &[b"pieces"]);
        key.copy_from_slice(&made[..16]);
        Self { identities, pieces: SipHasher24::new_with_key(&key) }
    }

    /// Of a whole identity.
    #[must_use]
    pub fn identity(&self, kind: i32, namespace: &str, value: &str) -> Hash {
        Hash(self.first_half(b"identity", kind, namespace, value))
    }

    /// Id of the record that an identity names: `rec-` and 128 bits.
    #[must_use]
    pub fn record(&self, kind: i32, namespace: &str, value: &str) -> String {
        format!("rec-{}", Hash(self.first_half(b"record", kind, namespace, value)))
    }

    /// Of a piece of text, for finding what holds it.
    #[must_use]
    pub fn piece(&self, text: &[char]) -> i32 {
        let mut hasher = self.pieces;
        for c in text {
            hasher.write_u32(u32::from(*c));
        }
        let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    }

    fn first_half(&self, purpose: &[u8], kind: i32, namespace: &str, value: &str) -> [u8; 16] {
        let parts = [purpose, &kind.to_be_bytes(), namespace.as_bytes(), value.as_bytes()];
        let made = digest(self.identities.clone(), &parts);
        let mut half = [0; 16];
        half.copy_from_slice(&made[..16]);
        half
    }
}

/// Each part with its length, so that no two lists of parts are the same bytes.
fn digest(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_identity_is_the_same_record_with_the_same_secret_only() {
        let (one, same, other) =
            (Hasher::new(&Secret::new("a")), Hasher::new(&Secret::new("a")), Hasher::new(&Secret::new("b")));
        assert_eq!(one.record(5, "shop", "1"), same.record(5, "shop", "1"));
        assert_eq!(one.identity(5, "shop", "1"), same.identity(5, "shop", "1"));
        assert_ne!(one.record(5, "shop", "1"), other.record(5, "shop", "1"));
        assert_ne!(one.piece(&['山', '田']), other.piece(&['山', '田']));
        assert_eq!(one.piece(&['山', '田']), same.piece(&['山', '田']));
        let id = one.record(5, "shop", "1");
        assert!(id.len() == 36 && id.starts_with("rec-"), "{id}");
    }

    #[test]
    fn kind_namespace_and_value_are_kept_apart() {
        let hasher = Hasher::new(&Secret::new("a"));
        let all = [(5, "ab", "c"), (5, "a", "bc"), (6, "ab", "c"), (5, "", "abc")];
        let hashes: std::collections::BTreeSet<_> = all.iter().map(|(k, n, v)| hasher.identity(*k, n, v)).collect();
        assert_eq!(hashes.len(), all.len());
        assert_ne!(
            format!("rec-{}", hasher.identity(5, "a", "b")),
            hasher.record(5, "a", "b"),
            "an id does not give the hash away"
        );
    }
}
