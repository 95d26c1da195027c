//! Conversations of chat, as this service speaks in them and follows them: calls' own, and those of campaigns' offers.

use std::time::Duration;

use proto::chat::v1::{
    Command, ExecuteRequest, Party, PartyKind, WatchRequest, chat_event::What, command::What as Say,
    watch_response::What as Watched,
};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::Code;

use crate::{gateway::Gateway, ids::CallId};

/// Pause between tries of what must be said, and before a conversation is watched again.
const AGAIN: Duration = Duration::from_millis(250);
/// Tries: about a minute, longer than any election.
const TRIES: u32 = 240;

/// The center as a party of conversations.
pub(crate) fn center() -> Party {
    Party { kind: PartyKind::System.into(), id: "telephony".to_owned(), supervisor: false }
}

/// Says something in the conversation until it is heard or refused.
pub(crate) async fn say(gateway: &Gateway, call: CallId, by: Party, what: Say) {
    for _ in 0..TRIES {
        let command = Command { conversation_id: call.to_string(), by: Some(by.clone()), what: Some(what.clone()) };
        match gateway.chat.clone().execute(ExecuteRequest { command: Some(command) }).await {
            Ok(_) => return,
            Err(status)
                if matches!(
                    status.code(),
                    Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown
                ) => {}
            Err(status) => {
                tracing::info!(%call, code = ?status.code(), message = status.message(), "the conversation refuses");
                return;
            }
        }
        sleep(AGAIN).await;
    }
    tracing::error!(%call, "the conversation was not reached");
}

/// Who wants to know what happens in a conversation.
pub(crate) trait Listener: Send + Sync {
    /// Takes an event in, and who did it; false when nobody listens any more.
    fn hear(&self, number: u64, by: String, what: What) -> impl Future<Output = bool> + Send;
    /// Nobody listens any more.
    fn is_gone(&self) -> bool;
}

/// Tells what happens in a conversation, from its start and each event once, until nobody listens.
pub(crate) async fn watch(gateway: &Gateway, conversation: CallId, listener: &impl Listener) {
    let mut after = 0;
    while !listener.is_gone() {
        let (ask, asked) = mpsc::channel(1);
        let id = conversation.to_string();
        let request = WatchRequest { conversation_id: id, by: Some(center()), after, stop: false, tag: 1 };
        let _ = ask.send(request).await;
        if let Ok(answer) = gateway.chat.clone().watch(ReceiverStream::new(asked)).await {
            let mut events = answer.into_inner();
            while let Some(Ok(response)) = events.next().await {
                let event = match response.what {
                    Some(Watched::Event(event)) => event,
                    // A refused watch gets nothing more, but its stream stays open.
                    Some(Watched::Refusal(refusal)) => {
                        tracing::debug!(%conversation, reason = refusal.reason, "the conversation cannot be watched yet");
                        break;
                    }
                    Some(Watched::Typing(_)) | None => continue,
                };
                let Some(event) = event.event else { continue };
                after = event.number;
                let Some(what) = event.what else { continue };
                let by = event.by.map(|by| by.id).unwrap_or_default();
                if !listener.hear(event.number, by, what).await {
                    return;
                }
            }
        }
        sleep(AGAIN).await;
    }
}
