//! Digest authentication of phones (RFC 2617, RFC 7616 with MD5, which is what phones speak). Pure.

use std::collections::BTreeMap;

use md5::{Digest as _, Md5};
use sha2::Sha256;

/// What a phone sends in `Authorization`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Who it says it is.
    pub user: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    counted: Option<Counted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Counted {
    cnonce: String,
    nc: String,
    qop: String,
}

/// Why a proof is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The nonce is not ours or too old: challenge again with `stale=true`.
    Stale,
    /// This proof was used before.
    Replayed,
    /// The secret is wrong.
    Wrong,
}

/// MD5 of `user:realm:secret`, as kept for a phone: the secret itself is not.
pub fn ha1(user: &str, realm: &str, secret: &str) -> String {
    md5_hex(&format!("{user}:{realm}:{secret}"))
}

impl Proof {
    /// Reads the header's value. `None` when it is not a digest with all it needs.
    pub fn parse(value: &str) -> Option<Self> {
        let (scheme, rest) = value.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut fields = fields(rest);
        if fields.get("algorithm").is_some_and(|algorithm| !algorithm.eq_ignore_ascii_case("md5")) {
            return None;
        }
        let counted = match fields.remove("qop") {
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                Some(Counted { cnonce: fields.remove("cnonce")?, nc: fields.remove("nc")?, qop })
            }
            Some(_) => return None,
            None => None,
        };
        Some(Self {
            user: fields.remove("username")?,
            realm: fields.remove("realm")?,
            nonce: fields.remove("nonce")?,
            uri: fields.remove("uri")?,
            response: fields.remove("response")?,
            counted,
        })
    }

    /// Whether who made it knows the secret.
    fn fits(&self, ha1: &str, method: &str) -> bool {
        let ha2 = md5_hex(&format!("{method}:{}", self.uri));
        let expected = match &self.counted {
            Some(Counted { cnonce, nc, qop }) => md5_hex(&format!("{ha1}:{}:{nc}:{cnonce}:{qop}:{ha2}", self.nonce)),
            None => md5_hex(&format!("{ha1}:{}:{ha2}", self.nonce)),
        };
        same(expected.as_bytes(), self.response.to_ascii_lowercase().as_bytes())
    }
}

/// Makes nonces that need no memory to be known again, and remembers how often each was used.
#[derive(Debug)]
pub struct NonceBook {
    key: [u8; 32],
    life_ms: u64,
    issued: u64,
    used: BTreeMap<(u64, String), u32>,
}

/// Nonces whose use is remembered; beyond it the oldest are forgotten and become stale.
const REMEMBERED: usize = 20_000;

impl NonceBook {
    /// A book; the key is random and never leaves it.
    pub fn new(key: [u8; 32], life_ms: u64) -> Self {
        Self { key, life_ms, issued: 0, used: BTreeMap::new() }
    }

    /// A nonce for a challenge, another one each time: the time, a number and their seal.
    pub fn issue(&mut self, now_ms: u64) -> String {
        self.issued += 1;
        format!("{now_ms:x}-{:x}-{}", self.issued, self.seal(now_ms, self.issued))
    }

    /// Takes a proof in.
    ///
    /// # Errors
    /// [`Refused`]; a proof that is refused uses nothing up.
    pub fn check(&mut self, proof: &Proof, realm: &str, ha1: &str, method: &str, now_ms: u64) -> Result<(), Refused> {
        let issued_ms = self.issued(&proof.nonce).ok_or(Refused::Stale)?;
        if issued_ms > now_ms || now_ms - issued_ms > self.life_ms {
            return Err(Refused::Stale);
        }
        if proof.realm != realm || !proof.fits(ha1, method) {
            return Err(Refused::Wrong);
        }
        let Some(counted) = &proof.counted else { return Ok(()) };
        let count = u32::from_str_radix(&counted.nc, 16).map_err(|_| Refused::Wrong)?;
        self.forget(now_ms);
        let oldest = self.used.keys().next().map_or(0, |(issued, _)| *issued);
        let place = (issued_ms, format!("{}:{}", proof.nonce, proof.user));
        match self.used.get(&place) {
            Some(used) if *used >= count => return Err(Refused::Replayed),
            None if self.used.len() >= REMEMBERED && issued_ms <= oldest => return Err(Refused::Stale),
            Some(_) | None => {}
        }
        self.used.insert(place, count);
        Ok(())
    }

    fn issued(&self, nonce: &str) -> Option<u64> {
        let (time, rest) = nonce.split_once('-')?;
        let (number, seal) = rest.split_once('-')?;
        let issued_ms = u64::from_str_radix(time, 16).ok()?;
        let number = u64::from_str_radix(number, 16).ok()?;
        same(self.seal(issued_ms, number).as_bytes(), seal.as_bytes()).then_some(issued_ms)
    }

    fn seal(&self, issued_ms: u64, number: u64) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(issued_ms.to_be_bytes());
        hash.update(number.to_be_bytes());
        hash.update(self.key);
        hex(&hash.finalize()[..16])
    }

    fn forget(&mut self, now_ms: u64) {
        let oldest = now_ms.saturating_sub(self.life_ms);
        while let Some(first) = self.used.first_entry() {
            if first.key().0 >= oldest {
                break;
            }
            first.remove();
        }
        while self.used.len() > REMEMBERED {
            self.used.pop_first();
        }
    }
}

/// `name=value, name="va, lue"`, names in lower case.
fn fields(text: &str) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('=') {
        let (value, left) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').map_or((after, ""), |(value, _)| (value, &after[value.len()..])),
        };
        fields.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        rest = left.trim_start().trim_start_matches(',').trim_start();
    }
    fields
}

/// Compares without telling by its time where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

fn md5_hex(text: &str) -> String {
    hex(&Md5::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIFE_MS: u64 = 60_000;

    /// What a phone answers to a challenge.
    fn prove(nonce: &str, secret: &str, nc: u32) -> Proof {
        let ha1 = ha1("suzuki", "madoguchi", secret);
        let ha2 = md5_hex("REGISTER:sip:gw");
        let response = md5_hex(&format!("{ha1}:{nonce}:{nc:08x}:0a4f:auth:{ha2}"));
        Proof::parse(&format!(
            "Digest username=\"suzuki\", realm=\"madoguchi\", nonce=\"{nonce}\", uri=\"sip:gw\", qop=auth, \
             nc={nc:08x}, cnonce=\"0a4f\", response=\"{response}\", algorithm=MD5"
        ))
        .unwrap()
    }

    fn check(book: &mut NonceBook, proof: &Proof, now_ms: u64) -> Result<(), Refused> {
        book.check(proof, "madoguchi", &ha1("suzuki", "madoguchi", "open"), "REGISTER", now_ms)
    }

    #[test]
    fn the_example_of_rfc_2617() {
        let proof = Proof::parse(
            "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", \
             nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, nc=00000001, \
             cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc\"",
        )
        .unwrap();
        let ha1 = ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
        assert_eq!(ha1, "939e7578ed9e3c518a452acee763bce9");
        assert!(proof.fits(&ha1, "GET"));
        assert!(!proof.fits(&ha1, "PUT"));
    }

    #[test]
    fn a_proof_serves_once_and_counts_up() {
        let mut book = NonceBook::new([7; 32], LIFE_MS);
        let nonce = book.issue(1_000);
        assert_eq!(check(&mut book, &prove(&nonce, "open", 1), 2_000), Ok(()));
        assert_eq!(check(&mut book, &prove(&nonce, "open", 1), 2_000), Err(Refused::Replayed));
        // The tenth use is 0000000a, in hexadecimal.
        assert_eq!(check(&mut book, &prove(&nonce, "open", 10), 2_000), Ok(()));
        assert_eq!(check(&mut book, &prove(&nonce, "open", 9), 2_000), Err(Refused::Replayed));
        let another = book.issue(1_000);
        assert_eq!(check(&mut book, &prove(&another, "open", 1), 2_000), Ok(()), "of the same millisecond");
    }

    #[test]
    fn wrong_old_and_foreign() {
        let mut book = NonceBook::new([7; 32], LIFE_MS);
        let nonce = book.issue(1_000);
        assert_eq!(check(&mut book, &prove(&nonce, "guess", 1), 2_000), Err(Refused::Wrong));
        assert_eq!(check(&mut book, &prove(&nonce, "open", 1), 1_001 + LIFE_MS), Err(Refused::Stale));
        let foreign = NonceBook::new([8; 32], LIFE_MS).issue(1_000);
        assert_eq!(check(&mut book, &prove(&foreign, "open", 1), 2_000), Err(Refused::Stale));
        let future = book.issue(9_000);
        assert_eq!(check(&mut book, &prove(&future, "open", 1), 2_000), Err(Refused::Stale));
    }

    #[test]
    fn memory_is_bounded() {
        let mut book = NonceBook::new([7; 32], u64::MAX / 2);
        for now in 0..(REMEMBERED as u64 + 50) {
            let proof = prove(&book.issue(now), "open", 1);
            assert_eq!(check(&mut book, &proof, now), Ok(()));
        }
        assert!(book.used.len() <= REMEMBERED + 1);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,200}") {
            let _ = Proof::parse(&text);
            let _ = Proof::parse(&format!("Digest {text}"));
        }
    }
}
