//! What can go wrong, and what callers are told.

use chassis::refusal::{Code, Refusal};

use crate::floor::Rejection;

/// Why the service could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal cannot be reached.
    #[error("connecting to the journal")]
    Journal(#[source] journal::ConnectError),
    /// The stream could not be made.
    #[error("making the stream ROUTING")]
    Stream(#[source] journal::EnsureError),
    /// The stream cannot be followed.
    #[error("following the stream ROUTING")]
    Follow(#[source] journal::ReadError),
    /// The database's connection string is wrong, or its schema could not be brought up to date.
    #[error("opening the database")]
    Database(#[source] chassis::pool::PoolError),
    /// The port cannot be served.
    #[error("serving gRPC")]
    Grpc(#[source] chassis::grpc::GrpcError),
    /// A part of the service ended by a fault of its own.
    #[error("the {0} ended unexpectedly")]
    Ended(&'static str),
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It holds.
    Done { sequence: u64, changed: bool },
    /// The floor refuses it.
    Rejected(Rejection),
    /// Another process owns the floor, or nobody does yet: ask there, or again.
    NotOwner,
    /// The journal did not confirm: it may hold or not. A repeat is safe.
    Unknown,
    /// A fault of ours; nothing was stored.
    Failed,
}

/// The refusal that tells a caller of a rejection.
pub(crate) fn refusal(rejection: Rejection) -> Refusal {
    let (code, reason) = match rejection {
        Rejection::Invalid(_) => (Code::InvalidArgument, "invalid"),
        Rejection::UnknownQueue => (Code::NotFound, "unknown_queue"),
        Rejection::UnknownAgent => (Code::NotFound, "unknown_agent"),
        Rejection::OfferOver => (Code::FailedPrecondition, "offer_over"),
        Rejection::UnknownCalendar => (Code::NotFound, "unknown_calendar"),
        Rejection::UnknownContact => (Code::NotFound, "unknown_contact"),
        Rejection::UnknownChange => (Code::NotFound, "unknown_change"),
        Rejection::ContactOver => (Code::FailedPrecondition, "contact_over"),
        Rejection::ContactTaken => (Code::FailedPrecondition, "contact_taken"),
        Rejection::NotWaiting => (Code::FailedPrecondition, "not_waiting"),
        Rejection::NobodyCallsBack => (Code::FailedPrecondition, "nobody_calls_back"),
        Rejection::ChangedSince => (Code::FailedPrecondition, "changed_since"),
        Rejection::NothingBefore => (Code::FailedPrecondition, "nothing_before"),
        Rejection::NobodyFree => (Code::FailedPrecondition, "nobody_free"),
        Rejection::NotYours => (Code::PermissionDenied, "not_yours"),
    };
    Refusal::new(code, reason, rejection.to_string())
}

pub(crate) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::InvalidArgument, "invalid", message)
}

pub(crate) fn unknown_outcome() -> Refusal {
    let message = "the journal did not confirm the command; repeat it";
    Refusal::new(Code::Unavailable, "journal_unavailable", message)
}

pub(crate) fn no_owner() -> Refusal {
    let message = "nobody owns the floor at the moment; repeat the command";
    Refusal::new(Code::Unavailable, "no_owner", message)
}

pub(crate) fn failed() -> Refusal {
    Refusal::new(Code::Internal, "internal", "the decision could not be stored")
}
