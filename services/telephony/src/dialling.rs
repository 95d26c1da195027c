//! Click to dial: who may be called, and for what.

use std::sync::Arc;

use chassis::refusal::{Code, Refusal};
use proto::{routing::v1::GetFloorRequest, telephony::v1::StartCallRequest};

use crate::{
    actor::Origin,
    call::{Begin, Direction},
    convert::{person, uuid},
    error::invalid,
    gateway::Gateway,
    ids::CallId,
};

/// Begins a call; the same id again is the same call. A campaign's offer is dialled for the campaign, a conversation's number in that
/// conversation, and any other number becomes a conversation of its own.
///
/// # Errors
/// What the number, the campaign, the center's list or the queue has against it.
pub(crate) async fn start(gateway: &Arc<Gateway>, request: StartCallRequest) -> Result<CallId, Refusal> {
    let (id, by) = (CallId(uuid("call_id", &request.call_id)?), person(request.by)?);
    let number = gateway.dialable(&request.to)?;
    if gateway.book.get(id).is_some() || gateway.actor(id).is_some() {
        return Ok(id);
    }
    known_queue(gateway, &request.queue).await?;
    let customer = gateway.customer_of(&number, id);
    if gateway.campaigns.never.contains(&customer) {
        if !request.even_so {
            let message = "this number is on the do-not-call list";
            return Err(Refusal::new(Code::FailedPrecondition, "do_not_call", message));
        }
        gateway.campaigns.never.even_so(&customer, &by.id, &id.to_string()).await?;
    }
    let shown = gateway.campaigns.dial(&customer, id).await?;
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
