//! Facts as the core knows them: sealed bytes, keyed hashes, and what is not personal.

use std::fmt;

use bytes::Bytes;

/// Keyed hash of an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 16]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// When a fact became true at its source, and which fact it is: of two facts about one thing the greater stamp holds. As text it sorts the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(String);

impl Stamp {
    /// Of a fact by its time (milliseconds since the Unix epoch) and its key.
    #[must_use]
    pub fn new(at_ms: u64, fact: &str) -> Self {
        Self(format!("{at_ms:016x}{fact}"))
    }

    /// What [`Stamp::as_str`] wrote.
    #[must_use]
    pub fn read(text: String) -> Self {
        Self(text)
    }

    /// As the view keeps it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Milliseconds since the Unix epoch; 0 for what is no stamp.
    #[must_use]
    pub fn at_ms(&self) -> u64 {
        self.0.get(..16).and_then(|at| u64::from_str_radix(at, 16).ok()).unwrap_or(0)
    }
}

/// Sealed bytes and the place that they were sealed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boxed {
    /// The journal's subject.
    pub place: String,
    /// Nonce and ciphertext.
    pub bytes: Bytes,
}

/// A fact about a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// `<fact id>/<source>`: the same key is the same fact.
    pub key: String,
    /// When it became true at the source, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Account that said it; empty: a machine.
    pub by: String,
    /// What is true.
    pub what: What,
}

impl Fact {
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp::new(self.at_ms, &self.key)
    }
}

/// What is true.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The record is known by an identity.
    Identified {
        /// Which.
        identity: Hash,
        /// Its kind.
        kind: i16,
        /// Somebody proved that it is theirs.
        verified: bool,
        /// The identity itself.
        sealed: Boxed,
        /// Keyed hashes of its pieces.
        pieces: Vec<i32>,
    },
    /// It is not, or no longer.
    Withdrawn {
        /// Which.
        identity: Hash,
    },
    /// A field of the profile has this value.
    FieldSet {
        /// Which.
        field: i16,
        /// Its value; none: cleared.
        value: Option<Boxed>,
        /// Keyed hashes of its pieces.
        pieces: Vec<i32>,
    },
    /// Something happened.
    Touched(Touch),
    /// This record and another are one customer.
    Linked {
        /// The link.
        link: String,
        /// The other record.
        other: String,
    },
    /// A link holds no more.
    LinkUndone {
        /// The link.
        link: String,
    },
    /// A word on what the customer allows.
    ConsentSet {
        /// What for.
        purpose: String,
        /// By which channel; empty: all.
        channel: String,
        /// Allowed.
        granted: bool,
    },
    /// Person or company.
    KindSet(i16),
}

/// A touchpoint; when it happened is the fact's time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Touch {
    /// What happened.
    pub kind: String,
    /// By which channel.
    pub channel: String,
    /// Where it came from.
    pub route: String,
    /// What it was about.
    pub reason: String,
    /// -2 to 2.
    pub mood: i16,
    /// What it hangs on.
    pub reference: String,
    /// Stage of the journey; 0: by the kind.
    pub stage: i16,
    /// In the smallest currency unit.
    pub amount: i64,
    /// Free text.
    pub text: Option<Boxed>,
}
