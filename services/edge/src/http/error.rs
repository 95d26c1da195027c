//! Refusals as HTTP answers.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chassis::refusal::{Code, Refusal};
use serde::Serialize;

/// A request that was not carried out.
#[derive(Debug)]
pub(super) struct ApiError(pub(super) Refusal);

/// Why a request was not carried out.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Error")]
pub(crate) struct ErrorBody<'a> {
    /// A word for programs.
    reason: &'a str,
    /// A sentence in English.
    message: &'a str,
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<tonic::Status> for ApiError {
    fn from(status: tonic::Status) -> Self {
        Self(Refusal::from(&status))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Refusal { code, reason, message } = &self.0;
        let status = status(*code, reason);
        // What an inner fault says of us is for our logs, not for browsers.
        let message = if *code == Code::Internal {
            tracing::error!(%reason, %message, "a request failed");
            "a fault of ours"
        } else {
            message
        };
        (status, Json(ErrorBody { reason, message })).into_response()
    }
}

fn status(code: Code, reason: &str) -> StatusCode {
    match (code, reason) {
        (Code::PermissionDenied, "bad_token" | "token_expired" | "not_signed_in" | "wrong_credentials") => {
            StatusCode::UNAUTHORIZED
        }
        (Code::InvalidArgument, "body_too_large") => StatusCode::PAYLOAD_TOO_LARGE,
        (Code::InvalidArgument, _) => StatusCode::BAD_REQUEST,
        (Code::NotFound, _) => StatusCode::NOT_FOUND,
        (Code::PermissionDenied, _) => StatusCode::FORBIDDEN,
        (Code::FailedPrecondition, _) => StatusCode::CONFLICT,
        (Code::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        (Code::ResourceExhausted, _) => StatusCode::TOO_MANY_REQUESTS,
        (Code::Internal, _) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
