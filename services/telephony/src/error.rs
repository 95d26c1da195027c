//! What can go wrong, and how it is told.

use chassis::refusal::{Code, Refusal};

use crate::{call::Rejection, media::MediaError, sip::SipError};

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
    /// SIP could not start.
    #[error("starting SIP")]
    Sip(#[source] SipError),
    /// Media could not start.
    #[error("starting media")]
    Media(#[source] MediaError),
    /// The voice of the IVR could not start.
    #[error("starting the voice")]
    Speech(#[source] crate::speech::SpeechError),
    /// gRPC could not be served, or a service's address is malformed.
    #[error("serving gRPC")]
    Grpc(#[source] chassis::grpc::GrpcError),
    /// A part of the service ended although nobody asked it to.
    #[error("{0} ended unexpectedly")]
    Ended(&'static str),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let (code, reason) = match rejection {
            Rejection::NoSuchCall => (Code::NotFound, "no_such_call"),
            Rejection::Ended => (Code::FailedPrecondition, "call_ended"),
            Rejection::Begun => (Code::FailedPrecondition, "call_begun"),
            Rejection::NotYourCall => (Code::PermissionDenied, "not_your_call"),
            Rejection::Forbidden => (Code::PermissionDenied, "forbidden"),
            Rejection::NotNow => (Code::FailedPrecondition, "not_now"),
        };
        Self::new(code, reason, rejection.to_string())
    }
}

/// Nobody carries the call just now, or the journal does not answer: ask again with the same ids.
pub(crate) fn unavailable(what: &str) -> Refusal {
    Refusal::new(Code::Unavailable, "unavailable", what.to_owned())
}

/// The request makes no sense.
pub(crate) fn invalid(reason: &'static str, what: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, reason, what.to_owned())
}

/// There is no such call, or it is not for this person.
pub(crate) fn no_such_call() -> Refusal {
    Rejection::NoSuchCall.into()
}
