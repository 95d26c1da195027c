//! What the facts of a record make together.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::{Boxed, Fact, Hash, Stamp, Touch, What};

/// A record, or a part of one: what some of its facts say. Two parts are joined by the same rules, in the view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Person or company, and since when.
    pub kind: Option<(Stamp, i16)>,
    /// What it is or was known by.
    pub identities: BTreeMap<Hash, Known>,
    /// Fields of the profile.
    pub fields: BTreeMap<i16, Value>,
    /// Purpose and channel → the last word.
    pub consents: BTreeMap<(String, String), (Stamp, bool)>,
    /// Link and other record → since when, said by whom.
    pub links: BTreeMap<(String, String), (Stamp, String)>,
    /// Links that hold no more.
    pub undone: BTreeSet<String>,
    /// Fact → when, and what happened.
    pub touches: BTreeMap<String, (u64, Touch)>,
    /// When anything was last heard of it, milliseconds since the Unix epoch.
    pub last_at_ms: u64,
}

/// What is known of one identity of a record: the last word of each sort, so that a later report without proof takes no proof back.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its kind; 0: only its withdrawal was heard of.
    pub kind: i16,
    /// When it was last said to be theirs.
    pub seen: Option<Stamp>,
    /// The same, with proof.
    pub verified: Option<Stamp>,
    /// When it was last said not to be.
    pub gone: Option<Stamp>,
    /// The identity itself, as `seen` said it.
    pub sealed: Option<Boxed>,
    /// Keyed hashes of its pieces.
    pub pieces: Vec<i32>,
}

impl Known {
    /// Whether it holds now.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.seen > self.gone
    }

    /// Whether it holds with proof.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.verified > self.gone
    }
}

/// A field's last word.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// Since when.
    pub stamp: Stamp,
    /// None: cleared.
    pub sealed: Option<Boxed>,
    /// Keyed hashes of its pieces.
    pub pieces: Vec<i32>,
}

impl Record {
    /// Takes one fact in. In whatever order facts come and however often, the same set makes the same record.
    pub fn apply(&mut self, fact: Fact) {
        let stamp = fact.stamp();
        self.last_at_ms = self.last_at_ms.max(fact.at_ms);
        match fact.what {
            What::Identified { identity, kind, verified, sealed, pieces } => {
                let known = self.identities.entry(identity).or_insert(NOTHING);
                if verified && known.verified.as_ref() < Some(&stamp) {
                    known.verified = Some(stamp.clone());
                }
                if known.seen.as_ref() < Some(&stamp) {
                    *known = Known { kind, seen: Some(stamp), sealed: Some(sealed), pieces, ..known.clone() };
                }
            }
            What::Withdrawn { identity } => {
                let known = self.identities.entry(identity).or_insert(NOTHING);
                known.gone = known.gone.take().max(Some(stamp));
            }
            What::FieldSet { field, value, pieces } => {
                if self.fields.get(&field).is_none_or(|held| held.stamp < stamp) {
                    self.fields.insert(field, Value { stamp, sealed: value, pieces });
                }
            }
            What::Touched(touch) => self.touch(fact.key, fact.at_ms, touch),
            What::Linked { link, other } => {
                let said = self.links.entry((link, other)).or_insert_with(|| (stamp.clone(), fact.by.clone()));
                if stamp < said.0 {
                    *said = (stamp, fact.by);
                }
            }
            What::LinkUndone { link } => {
                self.undone.insert(link);
            }
            What::ConsentSet { purpose, channel, granted } => {
                let key = (purpose, channel);
                if self.consents.get(&key).is_none_or(|(held, _)| *held < stamp) {
                    self.consents.insert(key, (stamp, granted));
                }
            }
            What::KindSet(kind) => {
                if self.kind.as_ref().is_none_or(|(held, _)| *held < stamp) {
                    self.kind = Some((stamp, kind));
                }
            }
        }
    }

    /// The first report of a happening counts: a repetition that was given no time got a later one.
    fn touch(&mut self, fact: String, at_ms: u64, touch: Touch) {
        if self.touches.get(&fact).is_none_or(|(held, _)| at_ms < *held) {
            self.touches.insert(fact, (at_ms, touch));
        }
    }
}

const NOTHING: Known = Known { kind: 0, seen: None, verified: None, gone: None, sealed: None, pieces: Vec::new() };
