//! Customers: who somebody is, and what happened between them and the company. Every record that is read is audited.

mod change;
mod contacts;
mod erase;

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use chassis::refusal::{Code, Refusal};
use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    audited::outcome_word,
    error::ApiError,
    extract::{Agent, Client, Supervisor},
    segments::shapes::{Figures, Offer},
};
use crate::{
    customers::{Customer, Entry, IdentityWord, Mask, ProfileField, Suggestion},
    door::App,
    frames::Role,
    link::crm::Crm,
    socket::frames::{at_most, is_id},
    tokens::Identity,
};
pub(crate) use change::{ChangeBody, LinkBody, Linked, Stored};
pub(super) use change::{change, link, new_prospect, unlink};
pub(crate) use contacts::Contacts;
pub(super) use contacts::contacts;
pub(crate) use erase::Erased;
pub(super) use erase::erase;

/// Longest search, in characters.
const MAX_SEARCH: usize = 100;
/// Longest identity, in characters.
const MAX_IDENTITY: usize = 256;
/// Kinds of touchpoints that one question may name.
const MAX_KINDS: usize = 32;
/// Touchpoints of one page of an export.
const EXPORT_PAGE: u32 = 200;
/// Touchpoints of an export at most.
const EXPORT: usize = 10_000;

/// This site's crm, when it has one.
fn crm(app: &App) -> Result<&Crm, Refusal> {
    app.crm.as_ref().ok_or_else(|| Refusal::new(Code::NotFound, "no_crm", "this site keeps no customers"))
}

/// What somebody does not see of a profile without asking.
pub(super) fn mask(app: &App, by: &Identity) -> Mask {
    if by.role == Role::Supervisor { Mask::default() } else { app.mask.clone() }
}

fn bad(message: &'static str) -> Refusal {
    Refusal::new(Code::InvalidArgument, "bad_request", message)
}

/// Query of `GET /api/v1/customers`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    limit: u32,
    phone: String,
    mail: String,
    line: String,
    sns: String,
    ec: String,
    card: String,
    corporate: String,
    namespace: String,
}

impl Asked {
    /// The identities that were asked for.
    fn identities(self) -> Result<Vec<pb::Identity>, Refusal> {
        let Self { phone, mail, line, sns, ec, card, corporate, namespace, .. } = self;
        at_most(&namespace, MAX_IDENTITY)?;
        let plain = [(IdentityWord::Phone, phone), (IdentityWord::Mail, mail), (IdentityWord::Corporate, corporate)];
        let named =
            [(IdentityWord::Line, line), (IdentityWord::Sns, sns), (IdentityWord::Ec, ec), (IdentityWord::Card, card)];
        let plain = plain.into_iter().map(|(kind, value)| (kind, String::new(), value));
        let asked = plain.chain(named.into_iter().map(|(kind, value)| (kind, namespace.clone(), value)));
        let identity = |(kind, namespace, value): (IdentityWord, String, String)| {
            at_most(&value, MAX_IDENTITY)?;
            Ok(pb::Identity { kind: kind.contract().into(), namespace, value, verified: false })
        };
        asked.filter(|(_, _, value)| !value.trim().is_empty()).map(identity).collect()
    }
}

/// Customers that were found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Customers")]
pub(crate) struct List {
    /// The best first.
    customers: Vec<Customer>,
    /// There are more: another word finds fewer.
    more: bool,
}

/// Finds customers by words, or by what they are known by.
pub(super) async fn find(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Query(asked): Query<Asked>,
) -> Result<Json<List>, ApiError> {
    let outcome = found(&app, asked).await;
    client.note(&app, &by.id, "customer_search", "", outcome_word(&outcome));
    let (customers, more) = outcome?;
    for customer in &customers {
        client.note(&app, &by.id, "customer_listed", &customer.customer_id, "ok");
    }
    let mask = mask(&app, &by);
    Ok(Json(List { customers: customers.into_iter().map(|customer| mask.customer(customer)).collect(), more }))
}

async fn found(app: &App, asked: Asked) -> Result<(Vec<pb::Customer>, bool), Refusal> {
    let crm = crm(app)?;
    let (text, limit) = (asked.q.trim().to_owned(), asked.limit.min(50));
    if !text.is_empty() {
        at_most(&text, MAX_SEARCH)?;
        let answer = crm.search(text, limit).await?;
        return Ok((answer.customers, answer.more));
    }
    let identities = asked.identities()?;
    if identities.is_empty() {
        return Err(bad("ask with q, or with phone, mail, line, sns, ec, card or corporate"));
    }
    Ok((crm.look_up(identities).await?, false))
}

/// Query of `GET /api/v1/customers/{id}`.
#[derive(Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    entries: u32,
    #[serde(default)]
    show: String,
}

/// A customer as an agent meets them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "KnownCustomer")]
pub(crate) struct Known {
    /// The customer.
    customer: Customer,
    /// The newest touchpoints, newest first.
    timeline: Vec<Entry>,
    /// Nobody wrote a name yet, and these are known by the same number, address or id: one of them may be meant.
    matches: Vec<Customer>,
    /// What their history says.
    figures: Figures,
    /// What to propose next, the best first.
    offers: Vec<Offer>,
}

/// One customer.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Query(Shown { entries, show }): Query<Shown>,
) -> Result<Json<Known>, ApiError> {
    is_id(&id)?;
    let asked = fields(&show)?;
    let outcome = known(&app, &id, entries.min(50)).await;
    client.note(&app, &by.id, "customer_read", &id, outcome_word(&outcome));
    let (whole, matches) = outcome?;
    let mask = mask(&app, &by);
    if asked.iter().any(|field| mask.hides(*field)) {
        client.note(&app, &by.id, "customer_show", &format!("{id} {show}"), "ok");
    }
    for other in &matches {
        client.note(&app, &by.id, "customer_listed", &other.customer_id, "ok");
    }
    Ok(Json(Known {
        customer: mask.without(&asked).customer(whole.customer.unwrap_or_default()),
        timeline: whole.timeline.into_iter().map(Entry::from).collect(),
        matches: matches.into_iter().map(|other| mask.customer(other)).collect(),
        figures: whole.figures.unwrap_or_default().into(),
        offers: whole.offers.into_iter().map(Offer::from).collect(),
    }))
}

/// The fields in a list like `birthday,address`.
fn fields(list: &str) -> Result<BTreeSet<ProfileField>, Refusal> {
    let field = |name: &str| serde_json::from_value(name.into()).map_err(|_| bad("show names fields of a profile"));
    list.split(',').filter(|name| !name.is_empty()).map(field).collect()
}

async fn known(app: &App, id: &str, entries: u32) -> Result<(pb::GetCustomerResponse, Vec<pb::Customer>), Refusal> {
    let crm = crm(app)?;
    let whole = crm.whole(id, entries).await?;
    let matches = match &whole.customer {
        Some(customer) if customer.thin => others_like(crm, customer).await?,
        Some(_) => Vec::new(),
        None => return Err(Refusal::new(Code::NotFound, "no_such_customer", "nothing is known of this customer")),
    };
    Ok((whole, matches))
}

/// Others who are known by what this one is known by.
async fn others_like(crm: &Crm, customer: &pb::Customer) -> Result<Vec<pb::Customer>, Refusal> {
    let shared = customer.identities.iter().filter(|one| one.kind() != pb::IdentityKind::Center);
    let shared: Vec<pb::Identity> = shared.take(8).cloned().collect();
    if shared.is_empty() {
        return Ok(Vec::new());
    }
    let found = match crm.look_up(shared).await {
        // An identity that nobody can look up brings nobody.
        Err(refusal) if refusal.code == Code::InvalidArgument => return Ok(Vec::new()),
        Err(refusal) => return Err(refusal),
        Ok(found) => found,
    };
    Ok(found.into_iter().filter(|other| other.customer_id != customer.customer_id).collect())
}

/// Query of `GET /api/v1/customers/{id}/timeline`.
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    after: String,
    #[serde(default)]
    limit: u32,
    #[serde(default)]
    kinds: String,
}

/// A page of touchpoints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Timeline {
    /// Newest first.
    entries: Vec<Entry>,
    /// `after` of the next page; empty: that was all.
    next: String,
}

/// A customer's touchpoints.
pub(super) async fn timeline(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Query(Page { after, limit, kinds }): Query<Page>,
) -> Result<Json<Timeline>, ApiError> {
    is_id(&id)?;
    at_most(&after, MAX_IDENTITY)?;
    let kinds: Vec<String> = kinds.split(',').filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
    if kinds.len() > MAX_KINDS {
        return Err(bad("at most 32 kinds").into());
    }
    let request = pb::ListTimelineRequest { customer_id: id.clone(), after, limit: limit.min(200), kinds };
    let outcome = async { crm(&app)?.timeline(request).await }.await;
    client.note(&app, &by.id, "customer_timeline", &id, outcome_word(&outcome));
    let page = outcome?;
    Ok(Json(Timeline { entries: page.entries.into_iter().map(Entry::from).collect(), next: page.next }))
}

/// Customers that may be the same.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Suggestions {
    /// Likeliest first.
    suggestions: Vec<Suggestion>,
}

/// Who may be the same customer, and why.
pub(super) async fn suggestions(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Suggestions>, ApiError> {
    is_id(&id)?;
    let outcome = async { crm(&app)?.suggestions(&id).await }.await;
    client.note(&app, &by.id, "customer_suggestions", &id, outcome_word(&outcome));
    let mask = mask(&app, &by);
    let suggestion = |found: pb::Suggestion| {
        let other = mask.customer(found.other?);
        client.note(&app, &by.id, "customer_listed", &other.customer, "ok");
        Some(Suggestion { other, score: found.score, reasons: found.reasons })
    };
    Ok(Json(Suggestions { suggestions: outcome?.into_iter().filter_map(suggestion).collect() }))
}

/// All that the crm knows of a customer.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CustomerExport")]
pub(crate) struct Export {
    /// The customer, nothing masked.
    customer: Customer,
    /// Touchpoints, newest first, at most 10,000.
    timeline: Vec<Entry>,
    /// There are more touchpoints than that.
    more: bool,
}

/// One customer's data, to be given out.
pub(super) async fn export(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
) -> Result<Json<Export>, ApiError> {
    is_id(&id)?;
    let outcome = exported(&app, &id).await;
    client.note(&app, &by.id, "customer_export", &id, outcome_word(&outcome));
    Ok(Json(outcome?))
}

async fn exported(app: &App, id: &str) -> Result<Export, Refusal> {
    let crm = crm(app)?;
    let (customer, _) = crm.get(id, 0).await?;
    let (mut timeline, mut after) = (Vec::new(), String::new());
    loop {
        let request =
            pb::ListTimelineRequest { customer_id: id.to_owned(), after, limit: EXPORT_PAGE, kinds: Vec::new() };
        let page = crm.timeline(request).await?;
        timeline.extend(page.entries.into_iter().map(Entry::from));
        after = page.next;
        if after.is_empty() || timeline.len() >= EXPORT {
            let customer = Mask::default().customer(customer);
            return Ok(Export { customer, timeline, more: !after.is_empty() });
        }
    }
}
