//! What people ask of a call that this gateway carries.

use std::sync::Arc;

use chassis::refusal::{Code, Refusal};
use proto::routing::v1::FindAgentRequest;
use proto::telephony::v1::{CommandCallRequest, Deed as PbDeed, JoinCallRequest, JoinCallResponse};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    actor::{Input, ask},
    bus::{Answer, Question},
    call::{Deed, Mode, Person, To},
    convert::{person, uuid},
    error::{invalid, unavailable},
    gateway::Gateway,
    ids::CallId,
};

/// Longest offer of a browser, bytes.
const MAX_SDP: usize = 64 * 1024;
/// Keys in one go.
const MAX_DIGITS: usize = 32;

/// Carries a question out here; `None`: the call is not here.
pub(crate) async fn carry_out(gateway: &Arc<Gateway>, call: CallId, question: Question) -> Option<Answer> {
    let actor = gateway.actor(call)?;
    let result = match (question.join, question.command) {
        (Some(request), _) => join(&actor, request).await.map(Some),
        (None, Some(request)) => command(gateway, &actor, request).await.map(|()| None),
        (None, None) => Err(invalid("bad_request", "nothing is asked")),
    };
    Some(Answer::from_result(result))
}

async fn join(actor: &mpsc::Sender<Input>, request: JoinCallRequest) -> Result<JoinCallResponse, Refusal> {
    let by = person(request.by)?;
    if request.sdp.len() > MAX_SDP {
        return Err(invalid("bad_offer", "an offer has at most 64 KiB"));
    }
    let (sdp, leg) = ask(actor, |reply| Input::Join { by, offer: request.sdp, reply }).await?;
    Ok(JoinCallResponse { sdp, leg: leg.0 })
}

async fn command(gateway: &Gateway, actor: &mpsc::Sender<Input>, request: CommandCallRequest) -> Result<(), Refusal> {
    let id = uuid("command_id", &request.command_id)?;
    let by = person(request.by.clone())?;
    if request.deed() == PbDeed::SendDigits {
        let digits = request.digits;
        let key = |digit: char| digit.is_ascii_digit() || digit == '*' || digit == '#';
        if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.chars().all(key) {
            return Err(invalid("bad_digits", "1 to 32 of 0-9 * #"));
        }
        return ask(actor, |reply| Input::Digits { by, digits, reply }).await;
    }
    let mut deed = deed(gateway, &request)?;
    if !is_done(gateway, &request, id) {
        deed = found(gateway, &by, deed).await?;
    }
    ask(actor, |reply| Input::Do { id, by, deed, reply }).await
}

/// Whether the deed was carried out before: who is free now does not matter then.
fn is_done(gateway: &Gateway, request: &CommandCallRequest, id: Uuid) -> bool {
    let known = request.call_id.parse().ok().and_then(|call| gateway.book.get(CallId(call)));
    known.is_some_and(|known| known.call.has_done(id))
}

/// Whom to consult in a queue is routing's to say: who would be asked first just now.
async fn found(gateway: &Gateway, by: &Person, deed: Deed) -> Result<Deed, Refusal> {
    let Deed::Consult(To::Queue(queue_id)) = deed else { return Ok(deed) };
    let floor = gateway.config.floor.clone();
    let request = FindAgentRequest { floor, queue_id, but_agent_id: by.id.clone() };
    let found = gateway.routing.clone().find_agent(request).await;
    let agent = found.map_err(|_| unavailable("who is free is not known just now"))?.into_inner().agent_id;
    if agent.is_empty() {
        return Err(Refusal::new(Code::FailedPrecondition, "nobody_free", "nobody of this queue is free to be asked"));
    }
    Ok(Deed::Consult(To::Agent(agent)))
}

/// A deed that the call itself carries out. Hand-over within the center is the conversation's: `grpc` passes it there.
fn deed(gateway: &Gateway, request: &CommandCallRequest) -> Result<Deed, Refusal> {
    Ok(match request.deed() {
        PbDeed::Hold => Deed::Hold,
        PbDeed::Resume => Deed::Resume,
        PbDeed::HangUp => Deed::HangUp,
        PbDeed::PauseRecording => Deed::PauseRecording,
        PbDeed::ResumeRecording => Deed::ResumeRecording,
        PbDeed::Transfer => match to(gateway, request)? {
            To::Number(number) => Deed::TransferOutside(number),
            To::Agent(_) | To::Queue(_) => return Err(invalid("bad_deed", "that is the conversation's business")),
        },
        PbDeed::Consult => Deed::Consult(to(gateway, request)?),
        PbDeed::CompleteConsult => Deed::HandToConsulted,
        PbDeed::CancelConsult => Deed::CancelConsult,
        PbDeed::Conference => Deed::Conference,
        PbDeed::Monitor => Deed::Supervise(Mode::Monitor),
        PbDeed::Whisper => Deed::Supervise(Mode::Whisper),
        PbDeed::Barge => Deed::Supervise(Mode::Barge),
        PbDeed::StopSupervising => Deed::StopSupervising,
        PbDeed::Unspecified | PbDeed::TakeOver | PbDeed::SendDigits => {
            return Err(invalid("bad_deed", "there is no such deed"));
        }
    })
}

/// Where to, exactly one of the three.
pub(crate) fn to(gateway: &Gateway, request: &CommandCallRequest) -> Result<To, Refusal> {
    let set = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    match (set(&request.to_agent_id), set(&request.to_queue), set(&request.to_number)) {
        (Some(agent), None, None) => Ok(To::Agent(agent)),
        (None, Some(queue), None) => Ok(To::Queue(queue)),
        (None, None, Some(written)) => Ok(To::Number(gateway.dialable(&written)?)),
        _ => Err(invalid("bad_target", "one of agent, queue and number is needed")),
    }
}
