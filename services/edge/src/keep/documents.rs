//! The desk's settings in memory, as far as this door has followed the journal.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Ready-made replies.
    Canned,
    /// Steps done together.
    Macro,
    /// Wrap-up codes.
    Code,
    /// The company's look and questions; one document, `main`.
    Theme,
    /// Customers' segments, by customer.
    Segment,
    /// Notices to agents.
    Notice,
    /// Who has read which notice, `<notice>.<agent>`.
    Seen,
}

impl Kind {
    /// The subject's second token.
    pub fn token(self) -> &'static str {
        match self {
            Self::Canned => "canned",
            Self::Macro => "macro",
            Self::Code => "code",
            Self::Theme => "theme",
            Self::Segment => "segment",
            Self::Notice => "notice",
            Self::Seen => "seen",
        }
    }

    /// So many documents of it at most.
    pub fn most(self) -> usize {
        match self {
            Self::Canned | Self::Code => 1_000,
            Self::Macro => 200,
            Self::Theme => 1,
            Self::Segment | Self::Seen => 200_000,
            Self::Notice => 2_000,
        }
    }

    pub(super) fn of(token: &str) -> Option<Self> {
        let all = [Self::Canned, Self::Macro, Self::Code, Self::Theme, Self::Segment, Self::Notice, Self::Seen];
        all.into_iter().find(|kind| kind.token() == token)
    }
}

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: String,
    /// As the HTTP API has it.
    pub json: String,
    /// When it was set, milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// The account that set it.
    pub by: String,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Documents(RwLock<BTreeMap<(Kind, String), Document>>);

impl Documents {
    /// Takes a change in.
    pub(super) fn apply(&self, kind: Kind, document: Document) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let place = (kind, document.id.clone());
        if document.json.is_empty() {
            all.remove(&place);
        } else {
            all.insert(place, document);
        }
    }

    pub(super) fn one(&self, kind: Kind, id: &str) -> Option<Document> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&(kind, id.to_owned())).cloned()
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.keys().filter(|(of, _)| *of == kind).count()
    }

    pub(super) fn of(&self, kind: Kind) -> Vec<Document> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|((of, _), _)| *of == kind).map(|(_, document)| document.clone()).collect()
    }
}
