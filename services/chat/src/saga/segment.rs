//! Which segment a contact is of, when nobody gave its customer one by hand: the first that follows from the company's rules.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chassis::grpc::Channel;
use proto::{
    crm::v1::{SegmentsOfRequest, segment_service_client::SegmentServiceClient},
    routing::v1::{Enqueue, ExecuteRequest, execute_request::What},
};
use tonic::Request;

/// How long a contact waits for the answer: a segment is worth no delay that anybody notices.
const DEADLINE: Duration = Duration::from_millis(300);
/// Customers that telephone numbers stand for.
const CALLER: &str = "tel-";
/// A caller's first call may be ahead of crm's view: it is asked so often, with this pause.
const LOOKS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(200);

/// Who did not answer is left alone for so long: one contact a while waits for a crm that hangs, and not each.
const REST: Duration = Duration::from_secs(5);

/// The crm to ask.
#[derive(Clone)]
pub(crate) struct Crm {
    client: SegmentServiceClient<Channel>,
    rest: Arc<Mutex<Rest>>,
}

/// Since when nobody answers.
#[derive(Debug, Default)]
struct Rest(Option<Instant>);

impl Rest {
    fn begin(&mut self, now: Instant) {
        self.0 = Some(now);
    }

    fn lasts(&self, now: Instant) -> bool {
        self.0.is_some_and(|since| now.saturating_duration_since(since) < REST)
    }
}

impl Crm {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { client: SegmentServiceClient::new(channel), rest: Arc::default() }
    }

    fn rests(&self) -> bool {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).lasts(Instant::now())
    }

    fn failed(&self) {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).begin(Instant::now());
    }
}

/// Fills in the segment of a contact that is to wait; without an answer in time it has none, nor where there is no crm: only segments given by
/// hand count then.
pub(super) async fn fill(crm: Option<Crm>, request: &mut ExecuteRequest) {
    let (Some(crm), Some(What::Enqueue(enqueue))) = (crm, &mut request.what) else { return };
    if enqueue.segment.is_empty() && !enqueue.customer_key.is_empty() && !crm.rests() {
        enqueue.segment = ask(&crm, enqueue).await;
    }
}

async fn ask(crm: &Crm, enqueue: &Enqueue) -> String {
    let looks = if enqueue.customer_key.starts_with(CALLER) { LOOKS } else { 1 };
    for look in 1..=looks {
        let mut asked = Request::new(SegmentsOfRequest { customer_id: enqueue.customer_key.clone() });
        asked.set_timeout(DEADLINE);
        match tokio::time::timeout(DEADLINE, crm.client.clone().segments_of(asked)).await {
            Ok(Ok(told)) => {
                let told = told.into_inner();
                if told.known || look == looks {
                    return told.segment_ids.into_iter().next().unwrap_or_default();
                }
            }
            Ok(Err(status)) => {
                tracing::info!(code = ?status.code(), "no segment: crm does not answer");
                crm.failed();
                return String::new();
            }
            Err(_) => {
                tracing::info!("no segment: crm does not answer in time");
                crm.failed();
                return String::new();
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_did_not_answer_is_asked_again_after_a_rest() {
        let (mut rest, now) = (Rest::default(), Instant::now());
        assert!(!rest.lasts(now));
        rest.begin(now);
        assert!(rest.lasts(now) && rest.lasts(now + REST / 2));
        assert!(!rest.lasts(now + REST));
    }
}
