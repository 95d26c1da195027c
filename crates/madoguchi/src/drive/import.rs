//! Many customers reported at once, as an import does it: reports that were not confirmed are sent again, at another site if need be.

mod people;

use std::{ops::Range, time::Duration};

use chassis::grpc::{Channel, channel};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use proto::crm::v1::{self as pb, crm_service_client::CrmServiceClient};
use tokio::time::sleep;

use super::{Error, figures::say};
use crate::up::Center;

pub(super) use people::{kana_of, name_of, phone_of};

/// Facts in one report; at most 500.
pub(super) const REPORT: u64 = 480;
/// Reports on their way at once.
const AT_ONCE: usize = 8;
/// Pause before a report is sent again.
const AGAIN: Duration = Duration::from_millis(200);

/// A site's crm.
pub(super) type Client = CrmServiceClient<Channel>;

/// A site's crm.
///
/// # Errors
/// When the site has none.
pub(super) fn client(center: &Center, site: &str) -> Result<Client, Error> {
    let (url, token) = center.grpc_url(site, "crm")?;
    let channel = channel(&url, &token.into()).map_err(|error| Error::Answer(error.to_string()))?;
    Ok(CrmServiceClient::new(channel))
}

/// How much is imported.
#[derive(Debug, Clone, Copy)]
pub(super) struct Import {
    /// Number of the first customer: the same number is the same person.
    pub first: u64,
    /// Customers, each with a name, a reading, a postcode and a telephone number.
    pub customers: u64,
    /// Touchpoints of each.
    pub events: u64,
}

impl Import {
    /// Reports everything; returns when all of it is acknowledged.
    ///
    /// # Errors
    /// When a fact is refused.
    pub(super) async fn run(self, sites: &[Client]) -> Result<(), Error> {
        let each = (REPORT / (self.events + 2)).max(1);
        let end = self.first + self.customers;
        let firsts = (self.first..end).step_by(usize::try_from(each).unwrap_or(usize::MAX));
        let tenth = (self.customers / 10).max(1);
        let reports = firsts.enumerate().map(|(turn, first)| {
            let last = (first + each).min(end);
            async move {
                self.report(sites, turn, first..last).await?;
                Ok::<_, Error>((first, last))
            }
        });
        stream::iter(reports)
            .buffered(AT_ONCE)
            .try_for_each(|(first, last)| {
                if first / tenth != last / tenth {
                    say(&format!("{} customers stored", last - self.first));
                }
                std::future::ready(Ok(()))
            })
            .await
    }

    async fn report(self, sites: &[Client], turn: usize, customers: Range<u64>) -> Result<(), Error> {
        let facts: Vec<pb::Fact> = customers.flat_map(|number| people::facts_of(number, self.events)).collect();
        let request = pb::ReportRequest { source: "import.drill".to_owned(), by: String::new(), facts };
        for site in sites.iter().cycle().skip(turn) {
            match site.clone().report(request.clone()).await {
                Ok(answer) => {
                    let refused = answer.into_inner().outcomes.into_iter().find(|outcome| !outcome.refused.is_empty());
                    let refused = refused.map(|outcome| Error::Answer(format!("a fact was refused: {}", outcome.refused)));
                    return refused.map_or(Ok(()), Err);
                }
                // Nobody knows whether it was stored: the same report again is the same facts.
                Err(status) if chassis::refusal::Code::from_grpc(status.code()) == chassis::refusal::Code::Unavailable => {
                    sleep(AGAIN).await;
                }
                Err(status) => return Err(told(&status)),
            }
        }
        Ok(())
    }
}

/// What crm said.
pub(super) fn told(status: &tonic::Status) -> Error {
    Error::Answer(format!("crm: {}", status.message()))
}
