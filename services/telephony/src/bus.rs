//! What concerns a call that another gateway carries: a NATS request to its owner. Only the owner subscribes.

use std::{sync::Arc, time::Duration};

use async_nats::{Message, Request};
use chassis::refusal::{Code, Refusal};
use futures::StreamExt as _;
use prost::Message as _;
use proto::telephony::v1::{CommandCallRequest, JoinCallRequest, JoinCallResponse};
use tokio::time::{Instant, sleep};

use crate::{
    door,
    error::{no_such_call, unavailable},
    gateway::Gateway,
    ids::CallId,
};

/// An owner that does not answer for so long may be dead: look who owns the call now.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Pause before the owner is looked for again.
const PAUSE: Duration = Duration::from_millis(100);
/// How long somebody is looked for who carries the call: longer than a takeover.
const SEARCH: Duration = Duration::from_secs(6);
const INVALID: &str = "the request cannot be read";

/// What is asked of an owner.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Question {
    /// Connect a browser.
    #[prost(message, optional, tag = "1")]
    pub join: Option<JoinCallRequest>,
    /// Carry a deed out.
    #[prost(message, optional, tag = "2")]
    pub command: Option<CommandCallRequest>,
}

/// What it answers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Answer {
    /// To a join.
    #[prost(message, optional, tag = "1")]
    pub joined: Option<JoinCallResponse>,
    /// A gRPC code; 0: carried out.
    #[prost(int32, tag = "2")]
    code: i32,
    #[prost(string, tag = "3")]
    reason: String,
    #[prost(string, tag = "4")]
    message: String,
    /// It does not carry the call: look for another.
    #[prost(bool, tag = "5")]
    not_here: bool,
}

impl Answer {
    pub(crate) fn not_here() -> Self {
        Self { not_here: true, ..Self::default() }
    }

    pub(crate) fn from_result(result: Result<Option<JoinCallResponse>, Refusal>) -> Self {
        match result {
            Ok(joined) => Self { joined, ..Self::default() },
            Err(refusal) => Self {
                code: refusal.code.grpc() as i32,
                reason: refusal.reason.into_owned(),
                message: refusal.message,
                ..Self::default()
            },
        }
    }

    fn into_result(self) -> Result<Option<JoinCallResponse>, Refusal> {
        if self.code == 0 {
            return Ok(self.joined);
        }
        Err(Refusal::new(Code::from_grpc(tonic::Code::from_i32(self.code)), self.reason, self.message))
    }
}

/// Carries a question out wherever the call's owner is, also while the call changes hands.
///
/// # Errors
/// What the owner refuses; `UNAVAILABLE` when none is found in time; `NOT_FOUND` when nobody knows the call.
pub(crate) async fn ask(
    gateway: &Arc<Gateway>,
    call: CallId,
    question: Question,
) -> Result<Option<JoinCallResponse>, Refusal> {
    let end = Instant::now() + SEARCH;
    loop {
        if let Some(answer) = door::carry_out(gateway, call, question.clone()).await {
            return answer.into_result();
        }
        let known = gateway.book.get(call);
        if let Some(claim) = known.as_ref().and_then(|known| known.claim.as_ref())
            && let Some(answer) = remote(gateway, &claim.owner, call, &question).await
            && !answer.not_here
        {
            return answer.into_result();
        }
        if known.is_some_and(|known| known.end.is_some()) {
            return Err(crate::call::Rejection::Ended.into());
        }
        if Instant::now() >= end {
            let known = gateway.book.get(call).is_some();
            return Err(if known { unavailable("nobody carries the call just now") } else { no_such_call() });
        }
        sleep(PAUSE).await;
    }
}

async fn remote(gateway: &Gateway, owner: &str, call: CallId, question: &Question) -> Option<Answer> {
    let mut payload = call.0.as_bytes().to_vec();
    question.encode(&mut payload).ok()?;
    let request = Request::new().payload(payload.into()).timeout(Some(PATIENCE));
    match gateway.journal.client().send_request(subject(owner), request).await {
        Ok(message) => Answer::decode(message.payload).ok(),
        Err(error) => {
            tracing::debug!(%error, owner, %call, "a call's owner does not answer");
            None
        }
    }
}

/// Answers other gateways for as long as it runs.
pub(crate) async fn serve(gateway: Arc<Gateway>) {
    let subject = subject(&gateway.journal.owner_name());
    let mut requests = loop {
        match gateway.journal.client().subscribe(subject.clone()).await {
            Ok(requests) => break requests,
            Err(error) => tracing::warn!(%error, "cannot hear other gateways"),
        }
        sleep(PAUSE).await;
    };
    loop {
        tokio::select! {
            () = gateway.stop.cancelled() => return,
            request = requests.next() => match request {
                Some(request) => {
                    let gateway = Arc::clone(&gateway);
                    tokio::spawn(async move { reply(&gateway, request).await });
                }
                None => return,
            }
        }
    }
}

async fn reply(gateway: &Arc<Gateway>, request: Message) {
    let Some(asker) = request.reply else { return };
    let answer = match read(&request.payload) {
        Some((call, question)) => door::carry_out(gateway, call, question).await.unwrap_or_else(Answer::not_here),
        None => Answer::from_result(Err(crate::error::invalid("bad_request", INVALID))),
    };
    if let Err(error) = gateway.journal.client().publish(asker, answer.encode_to_vec().into()).await {
        tracing::debug!(%error, "an answer was not sent; the asker asks again");
    }
}

fn read(payload: &[u8]) -> Option<(CallId, Question)> {
    let (call, question) = payload.split_at_checked(16)?;
    Some((CallId(uuid::Uuid::from_slice(call).ok()?), Question::decode(question).ok()?))
}

fn subject(owner: &str) -> String {
    format!("owner.{}.{owner}", crate::takeover::SERVICE)
}
