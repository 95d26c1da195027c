//! Messages that callers left: who may hear them, and who has.

use chassis::refusal::{Code, Refusal};
use journal::{Append, AppendError, Expect, ReadError};
use proto::{
    chat::v1::{ListConversationsRequest, Party, PartyKind},
    journal::v1::Unit,
    routing::v1::{Agent, GetFloorRequest, Queue},
    telephony::v1 as pb,
};
use uuid::Uuid;

use crate::{
    call::{Call, Command, Person, decide, evolve},
    convert::{self, Sealer, person, uuid},
    error::{no_such_call, unavailable},
    gateway::{CALLS, Gateway, now_ms},
    ids::CallId,
    lists::length,
    view::{self, Mailboxes},
};

/// What is shorter is no message: the caller hung up at the tone.
pub(crate) const SHORTEST_MS: u64 = 1_000;
/// Conversations of an agent that are looked through for calls back.
const CALLS_BACK: u32 = 500;
/// Tries to note that a message was heard: others write to an ended call hardly ever.
const TRIES: u32 = 8;

/// Messages for this person, the newest first.
///
/// # Errors
/// Who asks is not said; or the view, or for agents routing or chat, does not answer.
pub(crate) async fn list(
    gateway: &Gateway,
    request: pb::ListVoicemailsRequest,
) -> Result<pb::ListVoicemailsResponse, Refusal> {
    let by = person(request.by)?;
    let voicemails = find(gateway, &by, None, length(request.limit)).await?;
    Ok(pb::ListVoicemailsResponse { voicemails })
}

/// The message of a call, for somebody who may hear it, with its customer.
///
/// # Errors
/// There is none for them; or as [`list`].
pub(crate) async fn message(gateway: &Gateway, call: CallId, by: &Person) -> Result<(pb::Voicemail, String), Refusal> {
    let message = find(gateway, by, Some(call), 1).await?.pop().ok_or_else(no_such_call)?;
    let found = view::get(gateway.view.pool()?, gateway.journal.vault(), call).await?;
    let (call, _) = found.ok_or_else(no_such_call)?;
    Ok((message, call.customer_id))
}

async fn find(
    gateway: &Gateway,
    by: &Person,
    call: Option<CallId>,
    limit: usize,
) -> Result<Vec<pb::Voicemail>, Refusal> {
    let mailboxes = if by.supervisor { None } else { Some(mailboxes(gateway, by).await?) };
    view::voicemails(gateway.view.pool()?, gateway.journal.vault(), mailboxes.as_ref(), call, limit).await
}

/// What an agent hears besides messages of calls in which they took part.
async fn mailboxes(gateway: &Gateway, by: &Person) -> Result<Mailboxes, Refusal> {
    let away = |what: &'static str| move |_| unavailable(what);
    let floor = GetFloorRequest { floor: gateway.config.floor.clone(), with_lists: true, limit: 1 };
    let floor = gateway.routing.clone().get_floor(floor).await;
    let floor = floor.map_err(away("whose queues they are is not known just now"))?.into_inner();
    let agent = floor.agents.iter().find(|agent| agent.agent_id == by.id);
    let served = floor.queues.iter().filter(|queue| agent.is_some_and(|agent| serves(agent, queue)));
    let own = ListConversationsRequest {
        by: Some(Party { kind: PartyKind::Agent.into(), id: by.id.clone(), supervisor: false }),
        agent_id: by.id.clone(),
        include_closed: true,
        limit: CALLS_BACK,
        ..ListConversationsRequest::default()
    };
    let own = gateway.chat.clone().list_conversations(own).await;
    let own = own.map_err(away("whose calls back they are is not known just now"))?.into_inner().conversations;
    Ok(Mailboxes {
        agent: by.id.clone(),
        queues: served.map(|queue| queue.queue_id.clone()).collect(),
        calls: own.into_iter().map(|conversation| conversation.conversation_id).collect(),
    })
}

/// Whether contacts of the queue may come to the agent: its channel, and every skill that it does not merely prefer.
fn serves(agent: &Agent, queue: &Queue) -> bool {
    let takes = agent.capacities.iter().any(|capacity| capacity.channel == queue.channel && capacity.limit > 0);
    let mut required = queue.skills.iter().filter(|skill| !skill.preferred);
    takes
        && required
            .all(|wanted| agent.skills.iter().any(|skill| skill.name == wanted.name && skill.level >= wanted.level))
}

/// Notes that somebody heard a message.
///
/// # Errors
/// There is none for them; or the journal, or what [`list`] asks, does not answer.
pub(crate) async fn mark_heard(
    gateway: &Gateway,
    request: pb::MarkHeardRequest,
) -> Result<pb::MarkHeardResponse, Refusal> {
    let (id, by) = (CallId(uuid("call_id", &request.call_id)?), person(request.by)?);
    let (message, _) = message(gateway, id, &by).await?;
    if message.heard_at_ms != 0 {
        return Ok(pb::MarkHeardResponse { heard_at_ms: message.heard_at_ms, heard_by: message.heard_by });
    }
    for _ in 0..TRIES {
        let (mut call, last) = read(gateway, id).await?;
        let events = decide(&call, &Command::HearMessage(by.id.clone()), &gateway.config.patience(), now_ms())?;
        if !events.is_empty() {
            let sealer = Sealer::new(None, String::new());
            let unit = Unit {
                events: events.iter().map(|event| convert::encode(event, &sealer)).collect(),
                decided_at_ms: now_ms(),
                site: gateway.journal.site().to_owned(),
                ..Unit::default()
            };
            let (subject, expect) = (convert::subject(id), Expect::Last(last));
            let append = Append { stream: CALLS, subject, expect, id: Uuid::now_v7().to_string(), unit };
            match gateway.journal.append(append).await {
                Ok(_) => events.iter().for_each(|event| evolve(&mut call, event)),
                Err(AppendError::Conflict { .. }) => continue,
                Err(error) => return Err(not_noted(&error)),
            }
        }
        let (heard_by, heard_at_ms) = call.heard.unwrap_or_default();
        return Ok(pb::MarkHeardResponse { heard_at_ms, heard_by });
    }
    Err(unavailable("others write to the call all the time"))
}

/// A call as the journal has it, with what is personal left closed, and its last sequence.
async fn read(gateway: &Gateway, id: CallId) -> Result<(Call, u64), Refusal> {
    let replay = gateway.journal.replay(&CALLS, &convert::subject(id), 0).await;
    let replay = replay.map_err(|error: ReadError| {
        tracing::warn!(%error, call = %id, "a call cannot be read");
        unavailable("the call cannot be read now")
    })?;
    let (mut call, sealer) = (Call::default(), Sealer::new(None, String::new()));
    for bytes in replay.records.iter().flat_map(|record| &record.unit.events) {
        if let Ok(event) = convert::decode(bytes.clone(), &sealer) {
            evolve(&mut call, &event);
        }
    }
    Ok((call, replay.last))
}

fn not_noted(error: &AppendError) -> Refusal {
    tracing::warn!(%error, "that a message was heard cannot be stored");
    Refusal::new(Code::Unavailable, "unavailable", "that it was heard cannot be stored now")
}

#[cfg(test)]
mod tests {
    use proto::routing::v1::{Capacity, Channel, Skill};

    use super::*;

    fn skill(name: &str, level: u32, preferred: bool) -> Skill {
        Skill { name: name.to_owned(), level, preferred, ..Skill::default() }
    }

    #[test]
    fn an_agent_serves_a_queue_whose_channel_and_skills_they_have() {
        let capacity = |limit| Capacity { channel: Channel::Voice.into(), limit, ..Capacity::default() };
        let mut agent =
            Agent { skills: vec![skill("billing", 2, false)], capacities: vec![capacity(1)], ..Agent::default() };
        let queue = |skills| Queue { channel: Channel::Voice.into(), skills, ..Queue::default() };
        assert!(serves(&agent, &queue(vec![skill("billing", 2, false), skill("english", 1, true)])));
        assert!(!serves(&agent, &queue(vec![skill("billing", 3, false)])));
        assert!(!serves(&agent, &queue(vec![skill("english", 1, false)])));
        agent.capacities = vec![capacity(0)];
        assert!(!serves(&agent, &queue(Vec::new())));
    }
}
