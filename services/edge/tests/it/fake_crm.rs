//! `crm` as its contract says, in memory: records with their newest values, links that stand, customers as what hangs together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use chassis::refusal::{Code, Refusal};
use proto::crm::v1::{self as pb, crm_service_server::CrmService, fact::What};
use tonic::{Request, Response, Status};

#[derive(Clone, Default)]
pub struct FakeCrm(pub Arc<Mutex<Book>>);

#[derive(Default)]
pub struct Book {
    records: BTreeMap<String, Record>,
    links: Vec<pb::Link>,
    /// Identities that several records have, by the id of the link that each makes.
    shared: BTreeMap<String, Vec<String>>,
    seen: BTreeSet<String>,
    /// Who said what, in order.
    pub said: Vec<(String, pb::Fact)>,
    /// So many reports are answered UNAVAILABLE first: the journal is away.
    pub without_journal: usize,
    /// The records whose keys went.
    pub erased: BTreeSet<String>,
    /// So many erasures take the keys and then break off.
    pub breaks_off: usize,
}

#[derive(Default)]
struct Record {
    fields: BTreeMap<i32, String>,
    identities: Vec<pb::Identity>,
    entries: Vec<pb::TimelineEntry>,
}

fn none() -> Refusal {
    Refusal::new(Code::NotFound, "no_such_customer", "nobody knows them")
}

impl Book {
    fn take(&mut self, fact: pb::Fact, by: &str) {
        if !self.seen.insert(fact.fact_id.clone()) {
            return;
        }
        self.said.push((by.to_owned(), fact.clone()));
        let record = self.records.entry(fact.record_id.clone()).or_default();
        match fact.what {
            Some(What::Profile(profile)) => {
                record.fields.extend(profile.fields.into_iter().map(|set| (set.field, set.value)));
            }
            Some(What::Identified(identity)) => record.identities.push(identity),
            Some(What::IdentityWithdrawn(identity)) => record.identities.retain(|known| known.value != identity.value),
            Some(What::Touchpoint(touchpoint)) => record.entries.push(pb::TimelineEntry {
                fact_id: fact.fact_id,
                record_id: fact.record_id,
                at_ms: fact.at_ms,
                touchpoint: Some(touchpoint),
                ..pb::TimelineEntry::default()
            }),
            Some(What::LinkTo(other)) => self.links.push(pb::Link {
                link_id: fact.fact_id,
                record_a: fact.record_id,
                record_b: other,
                by: by.to_owned(),
                ..pb::Link::default()
            }),
            Some(What::UndoLink(link)) => {
                self.links.retain(|standing| standing.link_id != link);
                self.shared.entry(link).or_default().retain(|record| *record != fact.record_id);
            }
            Some(What::Consent(_) | What::Kind(_)) | None => {}
        }
    }

    /// The links that stand: an identity's one on each neighbouring pair.
    fn standing(&self) -> Vec<pb::Link> {
        let pairs = |(link, records): (&String, &Vec<String>)| {
            let pair = |pair: &[String]| pb::Link {
                link_id: link.clone(),
                record_a: pair[0].clone(),
                record_b: pair[1].clone(),
                ..pb::Link::default()
            };
            records.windows(2).map(pair).collect::<Vec<_>>()
        };
        self.links.iter().cloned().chain(self.shared.iter().flat_map(pairs)).collect()
    }

    /// Records that hang together with this one.
    fn together(&self, id: &str) -> BTreeSet<String> {
        let mut all = BTreeSet::from([id.to_owned()]);
        loop {
            let before = all.len();
            for link in self.standing() {
                if all.contains(&link.record_a) || all.contains(&link.record_b) {
                    all.extend([link.record_a.clone(), link.record_b.clone()]);
                }
            }
            if all.len() == before {
                return all;
            }
        }
    }

    fn customer(&self, id: &str) -> Result<pb::Customer, Refusal> {
        if !self.records.contains_key(id) {
            return Err(none());
        }
        let ids = self.together(id);
        let records = || ids.iter().filter_map(|id| self.records.get(id));
        let fields: BTreeMap<i32, String> = records().flat_map(|record| record.fields.clone()).collect();
        Ok(pb::Customer {
            customer_id: ids.first().cloned().unwrap_or_default(),
            thin: !fields.contains_key(&pb::ProfileField::Name.into()),
            fields: fields.into_iter().map(|(field, value)| pb::FieldValue { field, value }).collect(),
            identities: records().flat_map(|record| record.identities.clone()).collect(),
            links: self.standing().into_iter().filter(|link| ids.contains(&link.record_a)).collect(),
            record_ids: ids.into_iter().collect(),
            ..pb::Customer::default()
        })
    }

    fn customers(&self, fits: impl Fn(&Record) -> bool) -> Vec<pb::Customer> {
        let found = self.records.iter().filter(|(_, record)| fits(record));
        let found: BTreeMap<String, pb::Customer> = found
            .filter_map(|(id, _)| self.customer(id).ok())
            .map(|customer| (customer.customer_id.clone(), customer))
            .collect();
        found.into_values().collect()
    }

    fn contacts(&self, company: &str) -> Vec<pb::Customer> {
        let (company, field) = (self.together(company), i32::from(pb::ProfileField::CompanyId));
        self.customers(|record| record.fields.get(&field).is_some_and(|named| company.contains(named)))
    }

    fn entries(&self, id: &str) -> Vec<pb::TimelineEntry> {
        let ids = self.together(id);
        let records = ids.iter().filter_map(|id| self.records.get(id));
        let mut entries: Vec<_> = records.flat_map(|record| record.entries.clone()).collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at_ms));
        entries
    }
}

impl FakeCrm {
    /// Something is known already.
    pub fn knows(&self, record: &str, name: &str, phone: &str) {
        let field =
            |field: pb::ProfileField, value: &str| pb::FieldValue { field: field.into(), value: value.to_owned() };
        let mut book = self.0.lock().unwrap();
        let mut fields = vec![field(pb::ProfileField::Birthday, "1980-01-02")];
        if !name.is_empty() {
            fields.push(field(pb::ProfileField::Name, name));
        }
        let phone =
            pb::Identity { kind: pb::IdentityKind::Phone.into(), value: phone.to_owned(), ..pb::Identity::default() };
        for (what, part) in [What::Profile(pb::ProfileValues { fields }), What::Identified(phone)].into_iter().zip(0..)
        {
            let (fact_id, record_id) = (format!("{record}.{part}"), record.to_owned());
            book.take(pb::Fact { fact_id, record_id, what: Some(what), ..pb::Fact::default() }, "import");
        }
        book.said.clear();
    }

    /// These have one identity in common: the link that it makes.
    pub fn shares(&self, link: &str, records: &[&str]) {
        let records = records.iter().map(|&record| record.to_owned()).collect();
        self.0.lock().unwrap().shared.insert(link.to_owned(), records);
    }

    /// Something happened.
    pub fn touched(&self, record: &str, kind: &str, at_ms: u64) {
        let touchpoint =
            pb::Touchpoint {
                kind: kind.to_owned(), text: "壊れて届いた".to_owned(), ..pb::Touchpoint::default()
            };
        let fact = pb::Fact {
            fact_id: format!("{record}.{kind}.{at_ms}"),
            record_id: record.to_owned(),
            at_ms,
            what: Some(What::Touchpoint(touchpoint)),
            ..pb::Fact::default()
        };
        self.0.lock().unwrap().take(fact, "import");
    }
}

#[tonic::async_trait]
impl CrmService for FakeCrm {
    async fn report(&self, request: Request<pb::ReportRequest>) -> Result<Response<pb::ReportResponse>, Status> {
        let request = request.into_inner();
        let mut book = self.0.lock().unwrap();
        if book.without_journal > 0 {
            book.without_journal -= 1;
            return Err(Refusal::new(Code::Unavailable, "unavailable", "no journal").into());
        }
        let outcome = |fact: pb::Fact| {
            let empty = matches!(&fact.what, Some(What::Identified(identity)) if identity.value == "nonsense");
            let refused = if empty { "bad_identity".to_owned() } else { String::new() };
            let outcome = pb::FactOutcome { record_id: fact.record_id.clone(), fact_id: fact.fact_id.clone(), refused };
            if !empty {
                book.take(fact, &request.by);
            }
            outcome
        };
        Ok(Response::new(pb::ReportResponse { outcomes: request.facts.into_iter().map(outcome).collect() }))
    }

    async fn look_up(&self, request: Request<pb::LookUpRequest>) -> Result<Response<pb::LookUpResponse>, Status> {
        let asked = request.into_inner().identities;
        let same = |known: &pb::Identity| asked.iter().any(|one| (one.kind, &one.value) == (known.kind, &known.value));
        let customers = self.0.lock().unwrap().customers(|record| record.identities.iter().any(same));
        Ok(Response::new(pb::LookUpResponse { customers }))
    }

    async fn get_customer(
        &self,
        request: Request<pb::GetCustomerRequest>,
    ) -> Result<Response<pb::GetCustomerResponse>, Status> {
        let request = request.into_inner();
        let book = self.0.lock().unwrap();
        let customer = Some(book.customer(&request.customer_id)?);
        let timeline = book.entries(&request.customer_id).into_iter().take(request.entries as usize).collect();
        Ok(Response::new(pb::GetCustomerResponse { customer, timeline, ..pb::GetCustomerResponse::default() }))
    }

    async fn list_contacts(
        &self,
        request: Request<pb::ListContactsRequest>,
    ) -> Result<Response<pb::ListContactsResponse>, Status> {
        let company = request.into_inner().customer_id;
        let contacts = self.0.lock().unwrap().contacts(&company);
        Ok(Response::new(pb::ListContactsResponse { contacts, next: String::new() }))
    }

    async fn list_timeline(
        &self,
        request: Request<pb::ListTimelineRequest>,
    ) -> Result<Response<pb::ListTimelineResponse>, Status> {
        let request = request.into_inner();
        let entries = self.0.lock().unwrap().entries(&request.customer_id);
        let kind = |entry: &pb::TimelineEntry| entry.touchpoint.clone().unwrap_or_default().kind;
        let fits = |entry: &pb::TimelineEntry| request.kinds.is_empty() || request.kinds.contains(&kind(entry));
        let entries: Vec<_> = entries.into_iter().filter(fits).collect();
        let from: usize = request.after.parse().unwrap_or_default();
        let to = entries.len().min(from + if request.limit == 0 { 50 } else { request.limit as usize });
        let next = if to < entries.len() { to.to_string() } else { String::new() };
        Ok(Response::new(pb::ListTimelineResponse { entries: entries[from..to].to_vec(), next }))
    }

    async fn search_customers(
        &self,
        request: Request<pb::SearchCustomersRequest>,
    ) -> Result<Response<pb::SearchCustomersResponse>, Status> {
        let text = request.into_inner().text;
        let customers =
            self.0.lock().unwrap().customers(|record| record.fields.values().any(|value| value.contains(&text)));
        Ok(Response::new(pb::SearchCustomersResponse { customers, more: false }))
    }

    async fn list_suggestions(
        &self,
        request: Request<pb::ListSuggestionsRequest>,
    ) -> Result<Response<pb::ListSuggestionsResponse>, Status> {
        let book = self.0.lock().unwrap();
        let own = book.customer(&request.into_inner().customer_id)?;
        let same = |one: &pb::Identity| own.identities.iter().any(|known| known.value == one.value);
        let others = book.customers(|record| record.identities.iter().any(same)).into_iter();
        let others = others.filter(|other| other.customer_id != own.customer_id);
        let suggestion =
            |other| pb::Suggestion { other: Some(other), score: 80, reasons: vec!["same_phone".to_owned()] };
        Ok(Response::new(pb::ListSuggestionsResponse { suggestions: others.map(suggestion).collect() }))
    }

    async fn erase_customer(
        &self,
        request: Request<pb::EraseCustomerRequest>,
    ) -> Result<Response<pb::EraseCustomerResponse>, Status> {
        let pb::EraseCustomerRequest { customer_id: id, only_ask, .. } = request.into_inner();
        let mut book = self.0.lock().unwrap();
        book.customer(&id)?;
        if only_ask {
            return Ok(Response::new(pb::EraseCustomerResponse::default()));
        }
        let record_ids: Vec<String> = book.together(&id).into_iter().collect();
        book.records.retain(|id, _| !record_ids.contains(id));
        book.erased.extend(record_ids.iter().cloned());
        if book.breaks_off > 0 {
            book.breaks_off -= 1;
            return Err(Refusal::new(Code::Internal, "internal", "broken off").into());
        }
        Ok(Response::new(pb::EraseCustomerResponse { erased_at_ms: 9, record_ids }))
    }
}
