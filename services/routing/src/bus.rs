//! Commands between sites: a NATS request to whoever owns the floor. Only the owner subscribes.

use std::time::Duration;

use async_nats::{HeaderMap, Message, Request};
use chassis::refusal::{Code, Refusal};
use futures::StreamExt as _;
use journal::Journal;
use prost::Message as _;
use proto::routing::v1::{ExecuteRequest, ExecuteResponse};
use tokio::time::{Instant, sleep};
use tonic::metadata::{MetadataMap, MetadataValue};
use tracing::Instrument as _;

use crate::{
    SERVICE, convert,
    error::{Outcome, failed, invalid, no_owner, refusal, unknown_outcome},
    service::Handle,
};

/// An owner that does not answer for so long may be dead: ask who owns the floor now.
const PATIENCE: Duration = Duration::from_secs(1);
/// Pause before the owner is looked for again.
const PAUSE: Duration = Duration::from_millis(50);
const TRACE: &str = "traceparent";

/// What an owner answers over NATS.
#[derive(Clone, PartialEq, prost::Message)]
struct Answer {
    #[prost(uint64, tag = "1")]
    sequence: u64,
    #[prost(bool, tag = "2")]
    changed: bool,
    #[prost(message, optional, tag = "3")]
    refused: Option<WireRefusal>,
    /// It does not own the floor: look for another.
    #[prost(bool, tag = "4")]
    not_owner: bool,
}

/// A [`Refusal`] on the wire.
#[derive(Clone, PartialEq, prost::Message)]
struct WireRefusal {
    /// A gRPC code.
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    reason: String,
    #[prost(string, tag = "3")]
    message: String,
}

/// Carries a command out wherever the floor's owner is. It is tried again while the floor changes hands.
///
/// # Errors
/// What the owner refuses; `UNAVAILABLE` when the journal does not confirm, or no owner was found within `deadline`.
pub(crate) async fn execute(
    journal: &Journal,
    handle: &Handle,
    floor: &str,
    request: ExecuteRequest,
    deadline: Duration,
) -> Result<ExecuteResponse, Refusal> {
    let payload = request.encode_to_vec();
    let command = convert::to_command(request)?;
    let end = Instant::now() + deadline;
    loop {
        let mut answer = answer_of(handle.execute(command.clone()).await);
        if answer.not_owner
            && let Some(remote) = ask_owner(journal, floor, &payload).await
        {
            answer = remote;
        }
        if !answer.not_owner {
            return answer.into_result();
        }
        if Instant::now() >= end {
            return Err(no_owner());
        }
        sleep(PAUSE).await;
    }
}

/// Takes other sites' commands for as long as it runs.
pub(crate) async fn serve(journal: Journal, floor: String, handle: Handle) {
    let subject = subject(&floor);
    let mut requests = loop {
        match journal.client().subscribe(subject.clone()).await {
            Ok(requests) => break requests,
            Err(error) => tracing::warn!(%error, subject, "cannot take commands of other sites"),
        }
        sleep(PAUSE).await;
    };
    while let Some(request) = requests.next().await {
        let (journal, handle) = (journal.clone(), handle.clone());
        tokio::spawn(async move { reply(&journal, &handle, request).await });
    }
}

async fn reply(journal: &Journal, handle: &Handle, request: Message) {
    let Some(asker) = request.reply else {
        return;
    };
    let span = tracing::debug_span!("execute_for_another_site");
    let trace = request.headers.as_ref().and_then(|headers| headers.get(TRACE));
    if let Some(Ok(trace)) = trace.map(|trace| MetadataValue::try_from(trace.as_str())) {
        let mut metadata = MetadataMap::new();
        metadata.insert(TRACE, trace);
        span.in_scope(|| chassis::trace::set_parent(&metadata));
    }
    let command = ExecuteRequest::decode(request.payload)
        .map_err(|_| invalid("the request cannot be read"))
        .and_then(convert::to_command);
    let answer = match command {
        Ok(command) => answer_of(handle.execute(command).instrument(span).await),
        Err(refusal) => Answer::refused(refusal),
    };
    if let Err(error) = journal.client().publish(asker, answer.encode_to_vec().into()).await {
        tracing::debug!(%error, "an answer was not sent; the asker asks again");
    }
}

/// None when nobody answers.
async fn ask_owner(journal: &Journal, floor: &str, payload: &[u8]) -> Option<Answer> {
    let mut metadata = MetadataMap::new();
    chassis::trace::inject(&mut metadata);
    let mut headers = HeaderMap::new();
    if let Some(trace) = metadata.get(TRACE).and_then(|trace| trace.to_str().ok()) {
        headers.insert(TRACE, trace);
    }
    let request = Request::new().payload(payload.to_vec().into()).headers(headers).timeout(Some(PATIENCE));
    match journal.client().send_request(subject(floor), request).await {
        Ok(message) => Answer::decode(message.payload).ok(),
        Err(error) => {
            tracing::debug!(%error, floor, "no owner answered");
            None
        }
    }
}

fn subject(floor: &str) -> String {
    format!("owner.{SERVICE}.{floor}")
}

fn answer_of(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Done { sequence, changed } => Answer { sequence, changed, ..Answer::default() },
        Outcome::Rejected(rejection) => Answer::refused(refusal(rejection)),
        Outcome::NotOwner => Answer { not_owner: true, ..Answer::default() },
        Outcome::Unknown => Answer::refused(unknown_outcome()),
        Outcome::Failed => Answer::refused(failed()),
    }
}

impl Answer {
    fn refused(refusal: Refusal) -> Answer {
        let refused = WireRefusal {
            code: refusal.code.grpc() as i32,
            reason: refusal.reason.into_owned(),
            message: refusal.message,
        };
        Answer { refused: Some(refused), ..Answer::default() }
    }

    fn into_result(self) -> Result<ExecuteResponse, Refusal> {
        match self.refused {
            None => Ok(ExecuteResponse { sequence: self.sequence, changed: self.changed }),
            Some(it) => Err(Refusal::new(Code::from_grpc(tonic::Code::from_i32(it.code)), it.reason, it.message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::Rejection;

    #[test]
    fn an_owner_s_answer_survives_the_wire() {
        let over_the_wire = |outcome| Answer::decode(answer_of(outcome).encode_to_vec().as_slice()).unwrap();
        let done = over_the_wire(Outcome::Done { sequence: 7, changed: true });
        assert_eq!(done.into_result(), Ok(ExecuteResponse { sequence: 7, changed: true }));
        let over = over_the_wire(Outcome::Rejected(Rejection::OfferOver));
        assert_eq!(over.into_result(), Err(refusal(Rejection::OfferOver)));
        assert!(over_the_wire(Outcome::NotOwner).not_owner);
    }
}
