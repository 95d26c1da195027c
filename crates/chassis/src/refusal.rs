//! The few error codes, mapped to gRPC in one table.

use std::{borrow::Cow, fmt};

use tonic::{Code as GrpcCode, Status, metadata::MetadataValue};

/// Metadata key that carries [`Refusal::reason`].
pub const REASON_KEY: &str = "reason";

/// Why a request was not carried out, as far as the caller needs to tell apart. Introduce new ones thoughtfully.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The request can never succeed as it is.
    InvalidArgument,
    /// What it is about does not exist.
    NotFound,
    /// The caller may not.
    PermissionDenied,
    /// Not in the state that things are in.
    FailedPrecondition,
    /// Not now: the journal has no quorum, nobody owns the thing. Safe to repeat with the same ids.
    Unavailable,
    /// A limit was reached.
    ResourceExhausted,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// The gRPC code.
    pub fn grpc(self) -> GrpcCode {
        match self {
            Self::InvalidArgument => GrpcCode::InvalidArgument,
            Self::NotFound => GrpcCode::NotFound,
            Self::PermissionDenied => GrpcCode::PermissionDenied,
            Self::FailedPrecondition => GrpcCode::FailedPrecondition,
            Self::Unavailable => GrpcCode::Unavailable,
            Self::ResourceExhausted => GrpcCode::ResourceExhausted,
            Self::Internal => GrpcCode::Internal,
        }
    }

    /// The code nearest to a gRPC one; what we never send is [`Code::Internal`].
    pub fn from_grpc(code: GrpcCode) -> Self {
        match code {
            GrpcCode::InvalidArgument | GrpcCode::OutOfRange => Self::InvalidArgument,
            GrpcCode::NotFound => Self::NotFound,
            GrpcCode::PermissionDenied | GrpcCode::Unauthenticated => Self::PermissionDenied,
            GrpcCode::FailedPrecondition | GrpcCode::AlreadyExists | GrpcCode::Aborted => Self::FailedPrecondition,
            GrpcCode::Unavailable | GrpcCode::DeadlineExceeded | GrpcCode::Cancelled => Self::Unavailable,
            GrpcCode::ResourceExhausted => Self::ResourceExhausted,
            GrpcCode::Ok | GrpcCode::Unknown | GrpcCode::Unimplemented | GrpcCode::Internal | GrpcCode::DataLoss => {
                Self::Internal
            }
        }
    }
}

/// A request that was not carried out: code, a word for programs, a sentence for logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What kind.
    pub code: Code,
    /// A word of [a-z_] for programs and translations.
    pub reason: Cow<'static, str>,
    /// A sentence in English, without personal data.
    pub message: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: Code, reason: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), message: message.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.reason)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let mut status = Self::new(refusal.code.grpc(), refusal.message);
        if let Ok(reason) = MetadataValue::try_from(refusal.reason.as_ref()) {
            status.metadata_mut().insert(REASON_KEY, reason);
        }
        status
    }
}

impl From<&Status> for Refusal {
    fn from(status: &Status) -> Self {
        let code = Code::from_grpc(status.code());
        let fallback = if code == Code::Unavailable { "unavailable" } else { "internal" };
        let reason = status.metadata().get(REASON_KEY).and_then(|value| value.to_str().ok()).unwrap_or(fallback);
        Self::new(code, reason.to_owned(), status.message())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_the_wire() {
        let refusal = Refusal::new(Code::PermissionDenied, "not_your_conversation", "no");
        assert_eq!(Refusal::from(&Status::from(refusal.clone())), refusal);
    }

    #[test]
    fn a_broken_connection_may_be_repeated() {
        let refusal = Refusal::from(&Status::unavailable("tcp connect error"));
        assert_eq!((refusal.code, refusal.reason.as_ref()), (Code::Unavailable, "unavailable"));
    }
}
