//! Requests in, answers out. No decisions.

use std::time::Duration;

use chassis::refusal::{Code, Refusal};
use journal::{Journal, Stream};
use proto::crm::v1::{self as pb, crm_service_server::CrmService};
use sqlx::PgPool;
use tokio::time::{Instant, sleep};
use tonic::{Request, Response, Status};

use crate::{
    WORK,
    bus::{CHAT, CRM, TELEPHONY},
    convert::is_word,
    customer::nearest_first,
    error::{away, invalid, locked, no_such_customer, unavailable},
    fold::{self, Folded, is_record_id},
    retention,
    secret::Hasher,
    segment::Knower,
    service::Reporter,
    view::{self, CALLS, CONVERSATIONS, ContactPlace, Cursor, FACTS, Reader, Whom, group_of},
    work::WORKED,
};

const MOST_IDENTITIES: usize = 8;
const MOST_SHOWN: u32 = 50;
const DEFAULT_ENTRIES: u32 = 50;
const MOST_ENTRIES: u32 = 200;
const DEFAULT_FOUND: u32 = 20;
const MOST_FOUND: u32 = 50;
/// Longest search, characters.
const MOST_QUERY: usize = 100;
const MOST_KINDS: usize = 32;
/// How long an erasure waits for the view.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(50);

/// What the requests need.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) reporter: Reporter,
    pub(crate) hasher: Hasher,
    pub(crate) journal: Journal,
    pub(crate) pool: PgPool,
    pub(crate) knower: Knower,
}

#[tonic::async_trait]
impl CrmService for Door {
    async fn report(&self, request: Request<pb::ReportRequest>) -> Result<Response<pb::ReportResponse>, Status> {
        Ok(Response::new(self.reporter.report(request.into_inner()).await?))
    }

    async fn look_up(&self, request: Request<pb::LookUpRequest>) -> Result<Response<pb::LookUpResponse>, Status> {
        let identities = request.into_inner().identities;
        if identities.is_empty() || identities.len() > MOST_IDENTITIES {
            return Err(invalid("bad_identity", "1 to 8 identities are looked up").into());
        }
        let folded: Option<Vec<Folded>> =
            identities.iter().map(|it| fold::identity(it.kind, &it.namespace, &it.value)).collect();
        let folded = folded.ok_or_else(|| invalid("bad_identity", "an identity is none of its kind"))?;
        let reader = self.reader();
        let marks = view::marks(&self.hasher, &folded);
        let ids;
        let (all, few) = match marks.as_slice() {
            [mark] => (Whom::Known(mark, view::CANDIDATES), Whom::Known(mark, view::MOST_FOUND)),
            marks => {
                ids = view::known_by(&self.pool, marks).await?;
                (ids.as_slice().into(), ids[..ids.len().min(view::MOST_FOUND)].into())
            }
        };
        let (found, mut histories) = tokio::try_join!(view::found(&reader, all), self.knower.histories(few))?;
        if found.len() == view::MOST_FOUND {
            // Of so many only some are shown, and whose histories were read may be others.
            let shown: Vec<String> = found.iter().map(|whole| whole.customer.customer_id.clone()).collect();
            histories = self.knower.histories(shown.as_slice().into()).await?;
        }
        let customers = found.into_iter().map(|whole| {
            let segments = histories.known(&whole.customer).segments;
            pb::Customer { segments, ..whole.customer }
        });
        Ok(Response::new(pb::LookUpResponse { customers: customers.collect() }))
    }

    async fn get_customer(
        &self,
        request: Request<pb::GetCustomerRequest>,
    ) -> Result<Response<pb::GetCustomerResponse>, Status> {
        let request = request.into_inner();
        let entries = limit(request.entries, 0, MOST_SHOWN)?;
        let id = self.customer(&request.customer_id).await?;
        let reader = self.reader();
        let whom = Whom::One(&id);
        let timeline = async {
            if entries == 0 {
                Ok((Vec::new(), String::new()))
            } else {
                view::timeline(&reader, &id, &[], None, entries).await
            }
        };
        let (whole, shown, mut histories) =
            tokio::try_join!(reader.customers(whom), timeline, self.knower.histories(whom))?;
        let mut customer = whole.into_iter().next().ok_or_else(no_such_customer)?.customer;
        let known = histories.known(&customer);
        customer.segments = known.segments;
        Ok(Response::new(pb::GetCustomerResponse {
            customer: Some(customer),
            timeline: shown.0,
            figures: Some(known.figures),
            offers: known.offers,
        }))
    }

    async fn list_contacts(
        &self,
        request: Request<pb::ListContactsRequest>,
    ) -> Result<Response<pb::ListContactsResponse>, Status> {
        let request = request.into_inner();
        let limit = limit(request.limit, DEFAULT_FOUND, MOST_FOUND)?;
        let after = match request.after.as_str() {
            "" => None,
            text => {
                let place = ContactPlace::parse(text);
                Some(place.ok_or_else(|| invalid("bad_cursor", "that is no place in a list of contacts"))?)
            }
        };
        let company = checked(&request.customer_id)?;
        let (contacts, next) = view::contacts(&self.reader(), &self.hasher, company, after.as_ref(), limit).await?;
        Ok(Response::new(pb::ListContactsResponse { contacts, next }))
    }

    async fn list_timeline(
        &self,
        request: Request<pb::ListTimelineRequest>,
    ) -> Result<Response<pb::ListTimelineResponse>, Status> {
        let request = request.into_inner();
        let limit = limit(request.limit, DEFAULT_ENTRIES, MOST_ENTRIES)?;
        if request.kinds.len() > MOST_KINDS {
            return Err(invalid("too_many", "at most 32 kinds").into());
        }
        if !request.kinds.iter().all(|kind| is_word(kind, 1)) {
            return Err(invalid("bad_kind", "a kind is 1 to 32 of [a-z0-9_]").into());
        }
        let after = match request.after.as_str() {
            "" => None,
            text => Some(Cursor::parse(text).ok_or_else(|| invalid("bad_cursor", "that is no place in a timeline"))?),
        };
        let id = self.customer(&request.customer_id).await?;
        let (entries, next) = view::timeline(&self.reader(), &id, &request.kinds, after.as_ref(), limit).await?;
        Ok(Response::new(pb::ListTimelineResponse { entries, next }))
    }

    async fn search_customers(
        &self,
        request: Request<pb::SearchCustomersRequest>,
    ) -> Result<Response<pb::SearchCustomersResponse>, Status> {
        let request = request.into_inner();
        if request.text.trim().is_empty() || request.text.chars().count() > MOST_QUERY {
            return Err(invalid("text_too_long", "a search has 1 to 100 characters").into());
        }
        let limit = limit(request.limit, DEFAULT_FOUND, MOST_FOUND)?;
        let (customers, more) = view::search(&self.reader(), &self.hasher, &request.text, limit).await?;
        Ok(Response::new(pb::SearchCustomersResponse { customers, more }))
    }

    async fn list_suggestions(
        &self,
        request: Request<pb::ListSuggestionsRequest>,
    ) -> Result<Response<pb::ListSuggestionsResponse>, Status> {
        let record = request.into_inner().customer_id;
        let suggestions = view::suggestions(&self.reader(), &self.hasher, checked(&record)?).await?;
        Ok(Response::new(pb::ListSuggestionsResponse { suggestions }))
    }

    async fn erase_customer(
        &self,
        request: Request<pb::EraseCustomerRequest>,
    ) -> Result<Response<pb::EraseCustomerResponse>, Status> {
        let request = request.into_inner();
        let named = checked(&request.customer_id)?;
        if request.only_ask {
            self.erasable(named).await?;
            return Ok(Response::new(pb::EraseCustomerResponse::default()));
        }
        Ok(Response::new(self.erase(named, &request.by).await?))
    }
}

impl Door {
    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader { pool: &self.pool, vault: self.journal.vault() }
    }

    /// The customer that an id names.
    async fn customer(&self, id: &str) -> Result<String, Refusal> {
        group_of(&self.pool, checked(id)?).await?.ok_or_else(no_such_customer)
    }

    /// Erases a customer: the keys of all their records.
    ///
    /// # Errors
    /// `held`: somebody said that they must be kept; `unavailable`: perhaps some of it is done, repeat it.
    pub(crate) async fn erase(&self, named: &str, by: &str) -> Result<pb::EraseCustomerResponse, Refusal> {
        let mut record_ids = self.erasable(named).await?;
        let mut erased_at_ms = 0;
        // From the end, the named one last: whoever repeats an interrupted erasure still finds the rest from there.
        for record in record_ids.iter().rev() {
            let erased = self.journal.vault().erase(record).await;
            erased_at_ms = erased_at_ms.max(erased.map_err(|error| locked(&error))?);
        }
        tracing::info!(by, records = record_ids.len(), "customer erased");
        record_ids.sort_unstable();
        Ok(pb::EraseCustomerResponse { erased_at_ms, record_ids })
    }

    /// All records of a customer who may be erased, the named one first.
    async fn erasable(&self, named: &str) -> Result<Vec<String>, Refusal> {
        self.caught_up(&CRM, FACTS).await?;
        let record_ids = self.records_from(named).await?;
        if retention::view::is_held(&self.pool, &record_ids).await.map_err(|error| away(&error))? {
            let message = "somebody said that this customer must be kept";
            return Err(Refusal::new(Code::FailedPrecondition, "held", message));
        }
        Ok(record_ids)
    }

    /// Waits until the view holds all that every stream has by now.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn all_caught_up(&self) -> Result<(), Refusal> {
        let streams = [(CRM, FACTS), (WORK, WORKED), (CHAT, CONVERSATIONS), (TELEPHONY, CALLS)];
        for (stream, projection) in streams {
            self.caught_up(&stream, projection).await?;
        }
        Ok(())
    }

    /// Waits until the view holds all that the journal has by now: an erasure that does not know of the last link misses a record, and one that
    /// does not know that it was undone takes somebody else.
    pub(crate) async fn caught_up(&self, stream: &Stream, projection: &str) -> Result<(), Refusal> {
        let last = self.journal.last_sequence(stream).await.map_err(|error| {
            tracing::warn!(%error, "how far the journal is cannot be read");
            unavailable("the journal does not answer")
        })?;
        let end = Instant::now() + PATIENCE;
        while view::position_of(&self.pool, projection).await.map_err(|error| away(&error))? < last {
            if Instant::now() >= end {
                return Err(unavailable("this site's view is behind"));
            }
            sleep(LOOK).await;
        }
        Ok(())
    }

    /// All records of a customer, the named one first. A record of which this service heard nothing is a customer of its own: a channel may
    /// have made its key.
    pub(crate) async fn records_from(&self, named: &str) -> Result<Vec<String>, Refusal> {
        let mut connection = self.pool.acquire().await.map_err(|error| away(&error))?;
        let members: Vec<String> = sqlx::query_scalar(
            "select record_id from records where customer_id in (select customer_id from records where record_id = $1)",
        )
        .bind(named)
        .fetch_all(&mut *connection)
        .await
        .map_err(|error| away(&error))?;
        let edges = view::edges(&mut connection, &members.into_iter().collect()).await.map_err(|error| away(&error))?;
        Ok(nearest_first(named, &edges))
    }
}

fn checked(id: &str) -> Result<&str, Refusal> {
    if is_record_id(id) { Ok(id) } else { Err(invalid("bad_id", "an id is 1 to 64 of [A-Za-z0-9_-]")) }
}

fn limit(asked: u32, default: u32, most: u32) -> Result<usize, Refusal> {
    let asked = if asked == 0 { default } else { asked };
    if asked > most {
        return Err(Refusal::new(Code::InvalidArgument, "too_many", format!("the limit is {most}")));
    }
    usize::try_from(asked).map_err(|_| invalid("too_many", "the limit is too high"))
}
