//! The contacts of a company.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        audited::outcome_word,
        error::ApiError,
        extract::{Agent, Client},
    },
    MAX_IDENTITY, crm, mask,
};
use crate::{
    customers::Customer,
    door::App,
    socket::frames::{at_most, is_id},
};

/// Contacts of a page at most.
const MOST: u32 = 50;

/// Query of `GET /api/v1/customers/{id}/contacts`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in super::super) struct Asked {
    after: String,
    limit: u32,
}

/// A page of a company's contacts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Contacts {
    /// Who was heard of last comes first.
    contacts: Vec<Customer>,
    /// `after` of the next page; empty: that was all.
    next: String,
}

/// Who names this company as theirs.
pub(in super::super) async fn contacts(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Query(Asked { after, limit }): Query<Asked>,
) -> Result<Json<Contacts>, ApiError> {
    is_id(&id)?;
    at_most(&after, MAX_IDENTITY)?;
    let request = pb::ListContactsRequest { customer_id: id.clone(), after, limit: limit.min(MOST) };
    let outcome = async { crm(&app)?.contacts(request).await }.await;
    client.note(&app, &by.id, "customer_contacts", &id, outcome_word(&outcome));
    let page = outcome?;
    for contact in &page.contacts {
        client.note(&app, &by.id, "customer_listed", &contact.customer_id, "ok");
    }
    let mask = mask(&app, &by);
    let contacts = page.contacts.into_iter().map(|contact| mask.customer(contact)).collect();
    Ok(Json(Contacts { contacts, next: page.next }))
}
