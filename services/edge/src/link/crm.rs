//! This door's side of `crm`. Questions are asked once: a browser goes on to the next site. Facts carry ids, so they are sent again while
//! the service or the journal is away.

use std::{future::Future, time::Duration};

use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, crm_service_client::CrmServiceClient};
use tokio::time::Instant;
use tonic::{Response, Status};

/// Where the desk's facts say that they come from.
const SOURCE: &str = "desk";
/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// This site's crm. Clones share the connection.
#[derive(Clone)]
pub(crate) struct Crm {
    client: CrmServiceClient<Channel>,
    patience: Duration,
}

impl Crm {
    pub(crate) fn new(channel: Channel, patience: Duration) -> Self {
        Self { client: CrmServiceClient::new(channel), patience }
    }

    /// Who is known by any of these identities.
    pub(crate) async fn look_up(&self, identities: Vec<pb::Identity>) -> Result<Vec<pb::Customer>, Refusal> {
        Ok(once(self.client.clone().look_up(pb::LookUpRequest { identities })).await?.customers)
    }

    /// Customers by words.
    pub(crate) async fn search(&self, text: String, limit: u32) -> Result<pb::SearchCustomersResponse, Refusal> {
        once(self.client.clone().search_customers(pb::SearchCustomersRequest { text, limit })).await
    }

    /// A customer with so many of the newest touchpoints.
    pub(crate) async fn get(
        &self,
        customer_id: &str,
        entries: u32,
    ) -> Result<(pb::Customer, Vec<pb::TimelineEntry>), Refusal> {
        let request = pb::GetCustomerRequest { customer_id: customer_id.to_owned(), entries };
        let answer = once(self.client.clone().get_customer(request)).await?;
        let none = || Refusal::new(Code::NotFound, "no_such_customer", "nothing is known of this customer");
        Ok((answer.customer.ok_or_else(none)?, answer.timeline))
    }

    /// The same with what their history says and what to propose.
    pub(crate) async fn whole(&self, customer_id: &str, entries: u32) -> Result<pb::GetCustomerResponse, Refusal> {
        let request = pb::GetCustomerRequest { customer_id: customer_id.to_owned(), entries };
        once(self.client.clone().get_customer(request)).await
    }

    /// A page of touchpoints.
    pub(crate) async fn timeline(&self, request: pb::ListTimelineRequest) -> Result<pb::ListTimelineResponse, Refusal> {
        once(self.client.clone().list_timeline(request)).await
    }

    /// A page of a company's contacts.
    pub(crate) async fn contacts(&self, request: pb::ListContactsRequest) -> Result<pb::ListContactsResponse, Refusal> {
        once(self.client.clone().list_contacts(request)).await
    }

    /// Who may be the same.
    pub(crate) async fn suggestions(&self, customer_id: &str) -> Result<Vec<pb::Suggestion>, Refusal> {
        let request = pb::ListSuggestionsRequest { customer_id: customer_id.to_owned() };
        Ok(once(self.client.clone().list_suggestions(request)).await?.suggestions)
    }

    /// Stores what an account says, each fact once.
    pub(crate) async fn report(&self, by: &str, facts: Vec<pb::Fact>) -> Result<Vec<pb::FactOutcome>, Refusal> {
        let request = pb::ReportRequest { source: SOURCE.to_owned(), by: by.to_owned(), facts };
        let ask = || {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.report(request).await }
        };
        Ok(self.repeat(ask).await?.outcomes)
    }

    /// Erases a customer; the records that it had.
    pub(crate) async fn erase(&self, by: &str, customer_id: &str) -> Result<pb::EraseCustomerResponse, Refusal> {
        self.say_erase(by, customer_id, false).await
    }

    /// Whether a customer may be erased.
    ///
    /// # Errors
    /// `held`: somebody said that they must be kept.
    pub(crate) async fn may_erase(&self, by: &str, customer_id: &str) -> Result<(), Refusal> {
        self.say_erase(by, customer_id, true).await.map(|_| ())
    }

    async fn say_erase(
        &self,
        by: &str,
        customer_id: &str,
        only_ask: bool,
    ) -> Result<pb::EraseCustomerResponse, Refusal> {
        let (customer_id, by) = (customer_id.to_owned(), by.to_owned());
        let request = pb::EraseCustomerRequest { customer_id, by, only_ask };
        let ask = || {
            let (mut client, request) = (self.client.clone(), request.clone());
            async move { client.erase_customer(request).await }
        };
        self.repeat(ask).await
    }

    /// Asks until the answer is not "not now", for as long as a browser waits.
    async fn repeat<T, Asked>(&self, ask: impl Fn() -> Asked) -> Result<T, Refusal>
    where
        Asked: Future<Output = Result<Response<T>, Status>>,
    {
        let deadline = Instant::now() + self.patience;
        loop {
            let asked = tokio::time::timeout_at(deadline, once(ask())).await;
            let refusal = match asked.unwrap_or_else(|_| Err(super::unavailable())) {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            if refusal.code != Code::Unavailable || Instant::now() + PAUSE >= deadline {
                return Err(refusal);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn once<T>(asked: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Refusal> {
    asked.await.map(Response::into_inner).map_err(|status| Refusal::from(&status))
}
