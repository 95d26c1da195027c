//! Many customers reported at once, as an import does it: a report that was not confirmed is sent again, at another site if there is one.

pub(super) mod people;

use std::{ops::Range, time::Duration};

use chassis::{Secret, grpc::Channel};
use proto::crm::v1::{self as pb, crm_service_client::CrmServiceClient};
use tokio::time::{Instant, sleep};
use tonic::{Code, Status};

use super::Error;
use crate::up::Center;

/// Customers in one report, with what belongs to them.
pub(super) const AT_ONCE: u64 = 25;
/// Reports on their way at once.
pub(super) const REPORTS: usize = 16;
/// Pause before a report is sent again.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a report is sent again.
const PATIENCE: Duration = Duration::from_secs(60);

/// A site's crm.
pub(super) type Client = CrmServiceClient<Channel>;

/// A site's crm.
///
/// # Errors
/// When the site has none.
pub(super) fn client(center: &Center, site: &str) -> Result<Client, Error> {
    let (url, token) = center.grpc_url(site, "crm")?;
    let channel =
        chassis::grpc::channel(&url, &Secret::new(token)).map_err(|error| Error::Answer(error.to_string()))?;
    Ok(CrmServiceClient::new(channel))
}

/// Whether an answer leaves open what became of the report: also when the connection broke under it.
fn is_unknown(code: Code) -> bool {
    matches!(code, Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown)
}

/// What crm said that nobody expected.
pub(super) fn odd(status: &Status) -> Error {
    Error::Answer(format!("crm answered {:?}: {}", status.code(), status.message()))
}

/// Reports these customers with so many touchpoints each until it is acknowledged, beginning at the site whose turn it is; how many facts that were.
///
/// # Errors
/// When a fact is refused, or nobody confirms for a minute.
pub(super) async fn report(sites: &[Client], turn: usize, customers: Range<u64>, events: u64) -> Result<u64, Error> {
    let facts: Vec<pb::Fact> = customers.flat_map(|n| people::facts(n, events + people::KNOWN)).collect();
    let request = pb::ReportRequest { source: "import.drill".to_owned(), by: String::new(), facts };
    let began = Instant::now();
    for site in sites.iter().cycle().skip(turn % sites.len().max(1)) {
        match site.clone().report(request.clone()).await {
            Ok(said) => {
                let outcomes = said.into_inner().outcomes;
                return match outcomes.iter().find(|outcome| !outcome.refused.is_empty()) {
                    Some(outcome) => Err(Error::Answer(format!("a fact was refused: {}", outcome.refused))),
                    None => Ok(outcomes.len() as u64),
                };
            }
            // Nobody knows whether it was stored: the same report again is the same facts.
            Err(status) if is_unknown(status.code()) && began.elapsed() < PATIENCE => sleep(PAUSE).await,
            Err(status) => return Err(odd(&status)),
        }
    }
    Err(Error::Answer("the center has no sites".into()))
}
