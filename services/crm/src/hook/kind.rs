//! What can be told, and from which stream it comes. Pure.

use std::collections::BTreeSet;

/// Where events come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Facts and orders.
    Crm,
    /// Cases and tasks.
    Work,
    /// Conversations.
    Chat,
    /// Calls.
    Telephony,
    /// Keys: erased customers.
    Keys,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Crm, Self::Work, Self::Chat, Self::Telephony, Self::Keys];

    /// As events name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crm => "crm",
            Self::Work => "work",
            Self::Chat => "chat",
            Self::Telephony => "telephony",
            Self::Keys => "keys",
        }
    }
}

/// Somebody is heard of for the first time.
pub const CREATED: &str = "customer.created";
/// Something else is known of them.
pub const CHANGED: &str = "customer.changed";
/// Records are one customer.
pub const MERGED: &str = "customer.merged";
/// A link between records was undone.
pub const SPLIT: &str = "customer.split";
/// Their key is gone.
pub const ERASED: &str = "customer.erased";
/// Something happened between them and the company.
pub const TOUCHED: &str = "touchpoint.added";
/// A state of an order was reported.
pub const ORDER: &str = "order.changed";
/// A case began.
pub const CASE_CREATED: &str = "case.created";
/// Something happened to it.
pub const CASE_CHANGED: &str = "case.changed";
/// It is solved.
pub const CASE_CLOSED: &str = "case.closed";
/// A task was planned.
pub const TASK_CREATED: &str = "task.created";
/// It was moved, or its time came.
pub const TASK_CHANGED: &str = "task.changed";
/// It was done.
pub const TASK_DONE: &str = "task.done";
/// Nobody does it any more.
pub const TASK_CANCELLED: &str = "task.cancelled";
/// Somebody tries a webhook out; not to be asked for.
pub const TEST: &str = "test";

/// Every kind that can be asked for, and where it comes from.
const KINDS: [(&str, &[Source]); 14] = [
    (CREATED, &[Source::Crm]),
    (CHANGED, &[Source::Crm]),
    (MERGED, &[Source::Crm]),
    (SPLIT, &[Source::Crm]),
    (ERASED, &[Source::Keys]),
    (TOUCHED, &[Source::Crm, Source::Chat, Source::Telephony]),
    (ORDER, &[Source::Crm]),
    (CASE_CREATED, &[Source::Work]),
    (CASE_CHANGED, &[Source::Work]),
    (CASE_CLOSED, &[Source::Work]),
    (TASK_CREATED, &[Source::Work]),
    (TASK_CHANGED, &[Source::Work]),
    (TASK_DONE, &[Source::Work]),
    (TASK_CANCELLED, &[Source::Work]),
];

/// Whether there is such a kind.
#[must_use]
pub fn is_kind(kind: &str) -> bool {
    KINDS.iter().any(|(name, _)| *name == kind)
}

/// The streams that these kinds come from.
#[must_use]
pub fn sources(kinds: &BTreeSet<String>) -> BTreeSet<Source> {
    let wanted = KINDS.iter().filter(|(name, _)| kinds.contains(*name));
    wanted.flat_map(|(_, sources)| sources.iter().copied()).collect()
}
