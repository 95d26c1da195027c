//! Which segment a contact is of, when nobody gave its customer one by hand: the first that follows from the company's rules.

use std::time::Duration;

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

/// The crm to ask; none: contacts have no segments but those given by hand.
pub(crate) type Crm = Option<SegmentServiceClient<Channel>>;

/// Fills in the segment of a contact that is to wait; without an answer in time it has none.
pub(super) async fn fill(crm: Crm, request: &mut ExecuteRequest) {
    let (Some(crm), Some(What::Enqueue(enqueue))) = (crm, &mut request.what) else { return };
    if enqueue.segment.is_empty() && !enqueue.customer_key.is_empty() {
        enqueue.segment = ask(crm, enqueue).await;
    }
}

async fn ask(mut crm: SegmentServiceClient<Channel>, enqueue: &Enqueue) -> String {
    let looks = if enqueue.customer_key.starts_with(CALLER) { LOOKS } else { 1 };
    for look in 1..=looks {
        let mut asked = Request::new(SegmentsOfRequest { customer_id: enqueue.customer_key.clone() });
        asked.set_timeout(DEADLINE);
        match tokio::time::timeout(DEADLINE, crm.segments_of(asked)).await {
            Ok(Ok(told)) => {
                let told = told.into_inner();
                if told.known || look == looks {
                    return told.segment_ids.into_iter().next().unwrap_or_default();
                }
            }
            Ok(Err(status)) => {
                tracing::info!(code = ?status.code(), "no segment: crm does not answer");
                return String::new();
            }
            Err(_) => {
                tracing::info!("no segment: crm does not answer in time");
                return String::new();
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    String::new()
}
