//! What agents write: fields, identities, consents, links. All of it becomes facts with ids made from the change's, so a resend at any site is
//! the same change.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use chassis::refusal::{Code, Refusal};
use proto::crm::v1::{self as pb, fact::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    super::{
        audited::outcome_word,
        error::ApiError,
        extract::{Agent, Body, Client},
    },
    bad, crm,
};
use crate::{
    customers::{Consent, Identity, KindWord, ProfileField},
    door::App,
    link::crm::Crm,
    socket::frames::{at_most, is_id, is_uuid},
};

/// Longest value of a field, in characters.
const MAX_VALUE: usize = 1_000;
/// Identities or consents of one change.
const MAX_LIST: usize = 20;
/// The view follows the journal: what an agent saw before is compared so often, with a pause of [`SETTLE`], before it counts as changed.
const LOOKS: u32 = 10;
const SETTLE: Duration = Duration::from_millis(100);

/// Body of `PATCH /api/v1/customers/{id}` and `POST /api/v1/prospects`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CustomerChange")]
pub(crate) struct ChangeBody {
    /// Id of the change, a UUID chosen by the browser: sent again it is the same change.
    change: String,
    /// New values of fields, at most 1,000 characters; empty clears a field.
    #[serde(default)]
    fields: BTreeMap<ProfileField, String>,
    /// What the fields held when the agent began to write; `409 changed_meanwhile` when somebody else was faster. Absent: not compared.
    #[serde(default)]
    was: BTreeMap<ProfileField, String>,
    /// What they are known by from now on; `verified` is not taken from here.
    #[serde(default)]
    identities: Vec<Identity>,
    /// What they are not, or no longer, known by.
    #[serde(default)]
    withdrawn: Vec<Identity>,
    /// Words on what the customer allows.
    #[serde(default)]
    consents: Vec<Consent>,
    /// Person or company.
    #[serde(default)]
    kind: Option<KindWord>,
}

/// What was stored.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CustomerStored")]
pub(crate) struct Stored {
    /// The record that was written.
    record: String,
    /// Parts that can never be stored, by their reason: `bad_identity`, `bad_field`, …; the others are stored.
    refused: Vec<String>,
}

/// Changes a customer.
pub(in super::super) async fn change(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Body(body): Body<ChangeBody>,
) -> Result<Json<Stored>, ApiError> {
    is_id(&id)?;
    let outcome = store_change(&app, &by.id, &id, body).await;
    client.note(&app, &by.id, "customer_change", &id, outcome_word(&outcome));
    Ok(Json(outcome?))
}

async fn store_change(app: &App, by: &str, id: &str, body: ChangeBody) -> Result<Stored, Refusal> {
    let crm = crm(app)?;
    check(&body)?;
    unchanged(crm, id, &body).await?;
    let records = if body.withdrawn.is_empty() { Vec::new() } else { crm.get(id, 0).await?.0.record_ids };
    store(crm, by, id, facts(id, &records, body)).await
}

/// Writes somebody down who is not known yet.
pub(in super::super) async fn new_prospect(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Body(body): Body<ChangeBody>,
) -> Result<Json<Stored>, ApiError> {
    let record = format!("desk-{}", body.change);
    let outcome = async {
        let crm = crm(&app)?;
        check(&body)?;
        if body.fields.is_empty() && body.identities.is_empty() {
            return Err(bad("a name or an identity is needed"));
        }
        store(crm, &by.id, &record, facts(&record, &[], body)).await
    };
    let outcome = outcome.await;
    client.note(&app, &by.id, "customer_new", &record, outcome_word(&outcome));
    Ok(Json(outcome?))
}

fn check(body: &ChangeBody) -> Result<(), Refusal> {
    is_uuid(&body.change)?;
    body.fields.values().chain(body.was.values()).try_for_each(|value| at_most(value, MAX_VALUE))?;
    if [body.identities.len(), body.withdrawn.len(), body.consents.len()].iter().any(|count| *count > MAX_LIST) {
        return Err(bad("at most 20 identities and 20 consents"));
    }
    Ok(())
}

/// Refused when a field does not hold any more what the agent saw. What the agent wrote a moment ago may not be in the view yet.
async fn unchanged(crm: &Crm, id: &str, body: &ChangeBody) -> Result<(), Refusal> {
    for look in 0..LOOKS {
        if body.was.is_empty() || fits(crm, id, body).await? {
            return Ok(());
        }
        if look + 1 < LOOKS {
            tokio::time::sleep(SETTLE).await;
        }
    }
    Err(Refusal::new(Code::FailedPrecondition, "changed_meanwhile", "somebody else changed this field"))
}

async fn fits(crm: &Crm, id: &str, body: &ChangeBody) -> Result<bool, Refusal> {
    let fields = match crm.get(id, 0).await {
        Ok((customer, _)) => customer.fields,
        Err(refusal) if refusal.code == Code::NotFound => Vec::new(),
        Err(refusal) => return Err(refusal),
    };
    let now = |field: ProfileField| {
        let found = fields.iter().find(|set| set.field() == field.contract());
        found.map_or("", |set| set.value.as_str())
    };
    // The change itself may be there already: it was sent again.
    Ok(body
        .was
        .iter()
        .all(|(field, was)| now(*field) == was || body.fields.get(field).is_some_and(|new| now(*field) == new)))
}

/// The facts of a change about `record`. What is withdrawn may have been said by any of the customer's records.
fn facts(record: &str, records: &[String], body: ChangeBody) -> Vec<pb::Fact> {
    let ChangeBody { change, fields, identities, withdrawn, consents, kind, .. } = body;
    let fact = |name: String, record: &str, what: What| pb::Fact {
        fact_id: format!("{change}.{name}"),
        record_id: record.to_owned(),
        what: Some(what),
        ..pb::Fact::default()
    };
    let mut facts = Vec::new();
    if !fields.is_empty() {
        let value = |(field, value): (ProfileField, String)| pb::FieldValue { field: field.contract().into(), value };
        let fields = fields.into_iter().map(value).collect();
        facts.push(fact("p".to_owned(), record, What::Profile(pb::ProfileValues { fields })));
    }
    for (place, identity) in identities.into_iter().enumerate() {
        let identity = Identity { verified: false, ..identity };
        facts.push(fact(format!("i{place}"), record, What::Identified(identity.into())));
    }
    for (place, identity) in withdrawn.into_iter().enumerate() {
        for (at, record) in records.iter().enumerate() {
            facts.push(fact(format!("w{place}.{at}"), record, What::IdentityWithdrawn(identity.clone().into())));
        }
    }
    for (place, Consent { purpose, channel, granted }) in consents.into_iter().enumerate() {
        facts.push(fact(format!("c{place}"), record, What::Consent(pb::Consent { purpose, channel, granted })));
    }
    facts.extend(kind.map(|kind| fact("k".to_owned(), record, What::Kind(kind.contract().into()))));
    facts
}

/// Stores facts; refused as a whole when none of them can be stored.
async fn store(crm: &Crm, by: &str, record: &str, facts: Vec<pb::Fact>) -> Result<Stored, Refusal> {
    let asked = facts.len();
    if asked == 0 {
        return Err(bad("there is nothing to change"));
    }
    let outcomes = crm.report(by, facts).await?;
    let refused: Vec<String> =
        outcomes.into_iter().map(|outcome| outcome.refused).filter(|reason| !reason.is_empty()).collect();
    if refused.len() == asked {
        let reason = refused.into_iter().next().unwrap_or_default();
        let code = if reason == "erased" { Code::FailedPrecondition } else { Code::InvalidArgument };
        return Err(Refusal::new(code, reason, "this can never be stored"));
    }
    Ok(Stored { record: record.to_owned(), refused })
}

/// Body of `POST /api/v1/customers/{id}/links`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCustomerLink")]
pub(crate) struct LinkBody {
    /// Id of the link, a UUID chosen by the browser.
    link: String,
    /// The other customer, by any of its records.
    other: String,
}

/// A link that was made or undone.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CustomerLinked")]
pub(crate) struct Linked {
    /// Its id.
    link: String,
}

/// Says that two customers are one.
pub(in super::super) async fn link(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Body(LinkBody { link, other }): Body<LinkBody>,
) -> Result<Json<Linked>, ApiError> {
    is_id(&id)?;
    is_id(&other)?;
    is_uuid(&link)?;
    if id == other {
        return Err(bad("a customer is one with themselves already").into());
    }
    let what = Some(What::LinkTo(other.clone()));
    let fact = pb::Fact { fact_id: link.clone(), record_id: id.clone(), what, ..pb::Fact::default() };
    let outcome = async { store(crm(&app)?, &by.id, &id, vec![fact]).await }.await;
    client.note(&app, &by.id, "customer_link", &format!("{id} {other}"), outcome_word(&outcome));
    outcome?;
    Ok(Json(Linked { link }))
}

/// Query of `DELETE /api/v1/customers/{id}/links/{link}`.
#[derive(Deserialize)]
pub(in super::super) struct TakenOut {
    /// The record that is taken out, as the link's `record_b` tells it; empty: the link joins two records only.
    #[serde(default)]
    record: String,
}

/// Takes a merge apart.
pub(in super::super) async fn unlink(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path((id, link)): Path<(String, String)>,
    Query(TakenOut { record }): Query<TakenOut>,
) -> Result<Json<Linked>, ApiError> {
    is_id(&id)?;
    at_most(&link, 64)?;
    at_most(&record, 64)?;
    let outcome = undo(&app, &by.id, &id, (&link, &record)).await;
    client.note(&app, &by.id, "customer_unlink", &format!("{id} {link}"), outcome_word(&outcome));
    outcome?;
    Ok(Json(Linked { link }))
}

/// An identity that many records have is one link with one id on each neighbouring pair: undone on a record, it no longer joins that one.
async fn undo(app: &App, by: &str, id: &str, (link, record): (&str, &str)) -> Result<Stored, Refusal> {
    let crm = crm(app)?;
    let (customer, _) = crm.get(id, 0).await?;
    let none = || Refusal::new(Code::NotFound, "no_such_link", "these records are not linked so");
    let asked = |standing: &pb::Link| standing.link_id == link && (record.is_empty() || standing.record_b == record);
    let mut standing = customer.links.into_iter().filter(asked);
    let record = standing.next().ok_or_else(none)?.record_b;
    if standing.next().is_some() {
        return Err(bad("this link joins several records: record says which of them is taken out"));
    }
    let fact = pb::Fact {
        fact_id: Uuid::new_v4().to_string(),
        record_id: record.clone(),
        what: Some(What::UndoLink(link.to_owned())),
        ..pb::Fact::default()
    };
    store(crm, by, &record, vec![fact]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_becomes_facts_with_ids_of_its_own() {
        let body = serde_json::json!({
            "change": "0b5e7b1c-6a52-4c0e-9c7e-0f6b3a1d2e4f", "fields": {"name": "山田", "kana": ""}, "kind": "company",
            "identities": [{"kind": "phone", "value": "090", "verified": true}], "withdrawn": [{"kind": "mail", "value": "a@b"}],
            "consents": [{"purpose": "marketing", "granted": false}],
        });
        let body: ChangeBody = serde_json::from_value(body).unwrap();
        check(&body).unwrap();
        let facts = facts("a", &["a".to_owned(), "b".to_owned()], body);
        let ids: Vec<&str> = facts.iter().map(|fact| fact.fact_id.split_once('.').unwrap().1).collect();
        assert_eq!(ids, ["p", "i0", "w0.0", "w0.1", "c0", "k"]);
        let records: Vec<&str> = facts.iter().map(|fact| fact.record_id.as_str()).collect();
        assert_eq!(records, ["a", "a", "a", "b", "a", "a"]);
        assert!(matches!(&facts[1].what, Some(What::Identified(identity)) if !identity.verified));
        assert!(facts.iter().all(|fact| fact.fact_id.len() <= 64));
    }
}
