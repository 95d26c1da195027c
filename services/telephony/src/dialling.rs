//! Click to dial: who may be called, and for what.

use std::sync::Arc;

use chassis::refusal::{Code, Refusal};
use proto::{
    chat::v1::{Party, PartyKind},
    routing::v1::GetFloorRequest,
    telephony::v1::StartCallRequest,
};

use crate::{
    actor::Origin,
    call::{Begin, Direction},
    conversation::holder,
    convert::{person, uuid},
    error::invalid,
    gateway::Gateway,
    ids::CallId,
};

/// Begins a call; the same id again is the same call. A campaign's offer is dialled for the campaign, a conversation's number in that
/// conversation, and any other number becomes a conversation of its own.
///
/// # Errors
/// What the number, the conversation, the campaign, the center's list or the queue has against it.
pub(crate) async fn start(gateway: &Arc<Gateway>, request: StartCallRequest) -> Result<CallId, Refusal> {
    let (id, by) = (CallId(uuid("call_id", &request.call_id)?), person(request.by)?);
    let number = gateway.dialable(&request.to)?;
    if gateway.book.get(id).is_some() || gateway.actor(id).is_some() {
        return Ok(id);
    }
    known_queue(gateway, &request.queue).await?;
    if !request.conversation_id.is_empty() {
        held(gateway, CallId(uuid("conversation_id", &request.conversation_id)?), &by.id).await?;
    }
    let customer = gateway.customer_of(&number, id);
    let listed = gateway.campaigns.never.contains(&customer);
    if listed && !request.even_so {
        let message = "this number is on the do-not-call list";
        return Err(Refusal::new(Code::FailedPrecondition, "do_not_call", message));
    }
    // Of somebody on the list no campaign makes an attempt: it refuses, or knows nothing of them.
    let shown = gateway.campaigns.dial(&customer, id).await?;
    if listed {
        gateway.campaigns.never.even_so(&customer, &by.id, &id.to_string()).await?;
    }
    let begin = Begin {
        direction: Direction::Out,
        customer,
        number,
        converses: shown.is_none() && request.conversation_id.is_empty(),
        dialled: shown.unwrap_or_default(),
        agent: Some(by.id),
        queue: if request.queue.is_empty() { gateway.config.queue.clone() } else { request.queue },
        ..Begin::default()
    };
    gateway.start(id, Origin::Dialled(begin));
    Ok(id)
}

/// What is dialled in a conversation is its holder's to dial.
async fn held(gateway: &Gateway, conversation: CallId, agent: &str) -> Result<(), Refusal> {
    let by = Party { kind: PartyKind::Agent.into(), id: agent.to_owned(), supervisor: false };
    if holder(gateway, conversation, by).await?.as_deref() == Some(agent) {
        return Ok(());
    }
    let message = "the conversation is not held by who dials in it";
    Err(Refusal::new(Code::PermissionDenied, "not_your_conversation", message))
}

/// A floor that does not answer stops nobody from dialling.
async fn known_queue(gateway: &Gateway, queue: &str) -> Result<(), Refusal> {
    if queue.is_empty() {
        return Ok(());
    }
    let request = GetFloorRequest { floor: gateway.config.floor.clone(), with_lists: false, limit: 1 };
    match gateway.routing.clone().get_floor(request).await {
        Ok(floor) if floor.get_ref().queues.iter().any(|it| it.queue_id == queue) => Ok(()),
        Ok(_) => Err(invalid("no_such_queue", "there is no such queue")),
        Err(status) => {
            tracing::debug!(message = status.message(), "the queues are not known just now");
            Ok(())
        }
    }
}
