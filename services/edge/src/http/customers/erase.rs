//! Erasing a person: the keys of all their records, so that conversations, calls, files and the profile go together.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use chassis::refusal::{Code, Refusal};
use proto::chat::v1::EraseCustomerRequest;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    super::{
        error::ApiError,
        extract::{Client, Supervisor},
        segments,
    },
    word,
};
use crate::{door::App, socket::frames::is_id, tokens::Identity};

/// Answer of `DELETE /api/v1/customers/{id}`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Erased")]
pub(crate) struct Erased {
    /// When the last key went, milliseconds since the Unix epoch.
    erased_at: u64,
    /// The records whose keys went: the customer's own and those that were found to be the same person.
    records: BTreeSet<String>,
}

/// Erases a person: the keys of all their records are deleted.
pub(in super::super) async fn erase(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(customer_id): Path<String>,
) -> Result<Json<Erased>, ApiError> {
    is_id(&customer_id)?;
    let outcome = everywhere(&app, &by, &customer_id).await;
    client.note(&app, &by.id, "customer_erase", &customer_id, word(&outcome));
    Ok(Json(outcome?))
}

/// `crm` goes first: only it knows which records are one person, until their keys are gone. What it did not know is erased under the id that
/// was asked for; repeating it finishes what was interrupted.
async fn everywhere(app: &App, by: &Identity, customer_id: &str) -> Result<Erased, Refusal> {
    let mut erased = Erased { erased_at: 0, records: BTreeSet::from([customer_id.to_owned()]) };
    if let Some(crm) = &app.crm {
        match crm.erase(&by.id, customer_id).await {
            Ok(done) => {
                erased.erased_at = done.erased_at_ms;
                erased.records.extend(done.record_ids);
            }
            Err(refusal) if refusal.code == Code::NotFound => {}
            Err(refusal) => return Err(refusal),
        }
    }
    for record in &erased.records {
        segments::forget(app, &by.id, record).await?;
        let request = EraseCustomerRequest { by: Some(by.party()), customer_id: record.clone() };
        let done = app.chat.clone().erase_customer(request).await.map_err(|status| Refusal::from(&status))?;
        erased.erased_at = erased.erased_at.max(done.into_inner().erased_at_ms);
    }
    Ok(erased)
}
