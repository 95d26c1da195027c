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

use super::super::{
    audited::outcome_word,
    error::ApiError,
    extract::{Client, Supervisor},
    segments,
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
    client.note(&app, &by.id, "customer_erase", &customer_id, outcome_word(&outcome));
    Ok(Json(outcome?))
}

/// The segments go first, while `crm` still knows which records are one person: an erasure that was interrupted is finished by repeating it.
async fn everywhere(app: &App, by: &Identity, customer_id: &str) -> Result<Erased, Refusal> {
    let mut records = BTreeSet::from([customer_id.to_owned()]);
    if let Some(crm) = &app.crm {
        known(crm.may_erase(&by.id, customer_id).await)?;
        records
            .extend(known(crm.get(customer_id, 0).await)?.map(|(customer, _)| customer.record_ids).unwrap_or_default());
    }
    forget(app, by, &records).await?;
    let erased = match &app.crm {
        Some(crm) => known(crm.erase(&by.id, customer_id).await)?,
        None => None,
    };
    let Some(done) = erased else { return key_alone(app, by, customer_id).await };
    let linked_meanwhile: BTreeSet<String> = done.record_ids.into_iter().filter(|id| !records.contains(id)).collect();
    forget(app, by, &linked_meanwhile).await?;
    records.extend(linked_meanwhile);
    Ok(Erased { erased_at: done.erased_at_ms, records })
}

/// `None`: `crm` never heard of this customer.
fn known<T>(answer: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(refusal) if refusal.code == Code::NotFound => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

async fn forget(app: &App, by: &Identity, records: &BTreeSet<String>) -> Result<(), Refusal> {
    for record in records {
        segments::forget(app, &by.id, record).await?;
    }
    Ok(())
}

/// Without `crm` the customer is one record: its key is deleted, with which conversations, calls and files are sealed.
async fn key_alone(app: &App, by: &Identity, customer_id: &str) -> Result<Erased, Refusal> {
    let request = EraseCustomerRequest { by: Some(by.party()), customer_id: customer_id.to_owned() };
    let done = app.chat.clone().erase_customer(request).await.map_err(|status| Refusal::from(&status))?;
    Ok(Erased { erased_at: done.into_inner().erased_at_ms, records: BTreeSet::from([customer_id.to_owned()]) })
}
