//! What can go wrong, and how it is told.

use chassis::refusal::{Code, Refusal};
use journal::KeyError;

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
    /// A view could not be kept.
    #[error("keeping the view")]
    View(#[source] journal::FollowError),
    /// The database could not be made ready.
    #[error("preparing the database")]
    Database(#[source] chassis::pool::PoolError),
    /// gRPC could not be served.
    #[error("serving gRPC")]
    Grpc(#[source] chassis::grpc::GrpcError),
    /// A part of the service ended although nobody asked it to.
    #[error("{0} ended unexpectedly")]
    Ended(&'static str),
}

/// Bad input.
pub(crate) fn invalid(reason: &'static str, message: &'static str) -> Refusal {
    Refusal::new(Code::InvalidArgument, reason, message)
}

/// Not now; the same request with the same ids may succeed later or at another site.
pub(crate) fn unavailable(message: &'static str) -> Refusal {
    Refusal::new(Code::Unavailable, "unavailable", message)
}

/// Nobody has this id.
pub(crate) fn no_such_customer() -> Refusal {
    Refusal::new(Code::NotFound, "no_such_customer", "no record has this id")
}

/// A database that does not answer, as a caller hears of it.
pub(crate) fn away(error: &sqlx::Error) -> Refusal {
    tracing::warn!(%error, "the view does not answer");
    unavailable("this site's view does not answer")
}

/// A key that could not be had, as a caller hears of it.
pub(crate) fn locked(error: &KeyError) -> Refusal {
    match error {
        KeyError::BadId { .. } => invalid("bad_id", "the customer's id is malformed"),
        KeyError::Erased { .. } => Refusal::new(Code::FailedPrecondition, "erased", "the customer was erased"),
        KeyError::Unavailable { .. } | KeyError::Unusable { .. } => {
            tracing::warn!(%error, "a customer's key is not to be had");
            unavailable("the key store does not answer")
        }
    }
}
