//! What became of an operation, for the audit.

use chassis::refusal::Refusal;

pub(super) use super::calls::word as outcome_word;
use super::{error::ApiError, extract::Client};
use crate::{door::App, tokens::Identity};

/// Carried out or refused, for the audit; the answer is what it was.
pub(super) fn audited<T>(
    done: Result<tonic::Response<T>, tonic::Status>,
    (app, by, client): (&App, &Identity, &Client),
    (action, subject): (&str, &str),
) -> Result<T, ApiError> {
    let done = done.map_err(|status| Refusal::from(&status));
    client.note(app, &by.id, action, subject, outcome_word(&done));
    Ok(done?.into_inner())
}
