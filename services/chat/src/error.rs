//! What can go wrong, and how it is told: core rejections to refusals in one table.

use chassis::refusal::{Code, Refusal};

use crate::conversation::Rejection;

/// Why the service stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A value of the configuration is out of its range.
    #[error("{0}")]
    Config(String),
    /// The journal could not be reached.
    #[error("connecting to the journal")]
    Journal(#[source] journal::ConnectError),
    /// A stream could not be made ready.
    #[error("preparing the stream {stream}")]
    Stream {
        /// Which one.
        stream: &'static str,
        /// Why.
        source: journal::EnsureError,
    },
    /// A stream could not be followed.
    #[error("following the journal")]
    Follow(#[source] journal::ReadError),
    /// A view could not be kept.
    #[error("keeping the view")]
    View(#[source] journal::FollowError),
    /// The database could not be made ready.
    #[error("preparing the database")]
    Database(#[source] chassis::pool::PoolError),
    /// gRPC could not be served, or routing's address is malformed.
    #[error("serving gRPC")]
    Grpc(#[source] chassis::grpc::GrpcError),
    /// Live signals could not be subscribed to.
    #[error("subscribing to typing signals: {0}")]
    Typing(String),
    /// A part of the service ended although nobody asked it to.
    #[error("{0} ended unexpectedly")]
    Ended(&'static str),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let (code, reason) = match rejection {
            Rejection::NoSuchConversation => (Code::NotFound, "no_such_conversation"),
            Rejection::NotYourConversation => (Code::PermissionDenied, "not_your_conversation"),
            Rejection::Forbidden => (Code::PermissionDenied, "forbidden"),
            Rejection::Closed => (Code::FailedPrecondition, "closed"),
            Rejection::MessageIdTaken => (Code::InvalidArgument, "bad_id"),
            Rejection::OldRound => (Code::FailedPrecondition, "old_round"),
            Rejection::FutureRound => (Code::FailedPrecondition, "future_round"),
            Rejection::Full => (Code::ResourceExhausted, "conversation_full"),
            Rejection::NotWaiting => (Code::FailedPrecondition, "not_waiting"),
            Rejection::NotClosed => (Code::FailedPrecondition, "not_closed"),
            Rejection::FilesFull => (Code::FailedPrecondition, "files_full"),
            Rejection::NoSuchForm => (Code::NotFound, "no_such_form"),
            Rejection::FormDone => (Code::FailedPrecondition, "form_done"),
        };
        Self::new(code, reason, rejection.to_string())
    }
}

/// Bad input.
pub(crate) fn invalid(reason: &'static str, message: &'static str) -> Refusal {
    Refusal::new(Code::InvalidArgument, reason, message)
}

/// Not now; the same request with the same ids may succeed later or at another site.
pub(crate) fn unavailable() -> Refusal {
    Refusal::new(Code::Unavailable, "unavailable", "the journal did not confirm in time")
}

/// The customer's key is gone: nothing can be said in their name any more.
pub(crate) fn erased() -> Refusal {
    Refusal::new(Code::FailedPrecondition, "erased", "the customer was erased")
}

/// A fault of ours; the details are in the log.
pub(crate) fn internal(message: &'static str) -> Refusal {
    Refusal::new(Code::Internal, "internal", message)
}
