//! Customers as pages see them: words, shapes, and what agents see only when they ask for it.

mod shape;
mod words;

pub use shape::{Consent, Customer, Entry, Identity, Link, Suggestion};
pub use words::{IdentityWord, KindWord, ProfileField, StageWord};

use std::collections::BTreeSet;

use proto::crm::v1 as pb;

/// Which fields somebody is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mask(BTreeSet<ProfileField>);

impl Mask {
    /// Hides these fields.
    pub fn new(hidden: impl IntoIterator<Item = ProfileField>) -> Self {
        Self(hidden.into_iter().collect())
    }

    /// The same without the fields that were asked for.
    #[must_use]
    pub fn without(&self, shown: &BTreeSet<ProfileField>) -> Self {
        Self(self.0.difference(shown).copied().collect())
    }

    /// Whether the field is hidden.
    pub fn hides(&self, field: ProfileField) -> bool {
        self.0.contains(&field)
    }

    /// A customer behind this mask.
    pub fn customer(&self, customer: pb::Customer) -> Customer {
        Customer::behind(self, customer)
    }
}
