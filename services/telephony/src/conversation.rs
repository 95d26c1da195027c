//! Conversations of chat, as this service speaks in them and follows them: calls' own, and those of campaigns' offers.

use std::time::Duration;

use chassis::refusal::{Code as Kind, Refusal};
use proto::chat::v1::{
    Command, ExecuteRequest, Party, PartyKind, ReadConversationRequest, WatchRequest, chat_event::What,
    command::What as Say, watch_response::What as Watched,
};
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::Code;

use crate::{gateway::Gateway, ids::CallId};

/// Pause between tries of what must be said, and before a conversation is watched again.
const AGAIN: Duration = Duration::from_millis(250);
/// Tries: about a minute, longer than any election.
const TRIES: u32 = 240;
/// Events of a page when a conversation is read.
const A_PAGE: u32 = 1_000;
/// How long a page may take.
const ONE_PAGE: Duration = Duration::from_secs(3);

/// The center as a party of conversations.
pub(crate) fn center() -> Party {
    Party { kind: PartyKind::System.into(), id: "telephony".to_owned(), supervisor: false }
}

/// What became of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    /// It holds.
    Yes,
    /// The conversation refuses it.
    Refused,
    /// The conversation was not reached.
    Unheard,
}

/// Says something in the conversation until it is heard or refused.
pub(crate) async fn say(gateway: &Gateway, call: CallId, by: Party, what: Say) -> Said {
    for _ in 0..TRIES {
        let command = Command { conversation_id: call.to_string(), by: Some(by.clone()), what: Some(what.clone()) };
        match gateway.chat.clone().execute(ExecuteRequest { command: Some(command) }).await {
            Ok(_) => return Said::Yes,
            Err(status)
                if matches!(
                    status.code(),
                    Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown
                ) => {}
            Err(status) => {
                tracing::info!(%call, code = ?status.code(), message = status.message(), "the conversation refuses");
                return Said::Refused;
            }
        }
        sleep(AGAIN).await;
    }
    tracing::error!(%call, "the conversation was not reached");
    Said::Unheard
}

/// Who holds a conversation, as a party that may read it sees it; None: nobody does.
///
/// # Errors
/// What chat says: that there is none, that it is not this party's, or that it is not reached.
pub(crate) async fn holder(gateway: &Gateway, conversation: CallId, by: Party) -> Result<Option<String>, Refusal> {
    let (mut after, mut holder) = (0, None);
    loop {
        let id = conversation.to_string();
        let request = ReadConversationRequest { conversation_id: id, by: Some(by.clone()), after, limit: A_PAGE };
        let mut chat = gateway.chat.clone();
        let read = chat.read_conversation(request);
        let away = || Refusal::new(Kind::Unavailable, "unavailable", "the conversations do not answer");
        let page = timeout(ONE_PAGE, read).await.map_err(|_| away())?.map_err(|status| Refusal::from(&status))?;
        let page = page.into_inner();
        for event in page.events.into_iter().filter_map(|readable| readable.event) {
            after = event.number;
            match event.what {
                Some(What::Assigned(assigned)) => holder = Some(assigned.agent_id),
                Some(What::Transferred(_) | What::Closed(_) | What::Reopened(_)) => holder = None,
                Some(
                    What::Opened(_)
                    | What::MessagePosted(_)
                    | What::Delivered(_)
                    | What::Read(_)
                    | What::Noted(_)
                    | What::Wrapped(_)
                    | What::Joined(_)
                    | What::Left(_)
                    | What::Rated(_)
                    | What::FilePosted(_)
                    | What::CallbackAsked(_)
                    | What::CallbackCancelled(_)
                    | What::Hidden(_),
                )
                | None => {}
            }
        }
        if after >= page.last_number {
            return Ok(holder);
        }
    }
}

/// An event of a conversation.
pub(crate) struct Happened {
    /// Its number.
    pub number: u64,
    /// When, ms since the Unix epoch.
    pub at: u64,
    /// Account of who did it.
    pub by: String,
    /// What.
    pub what: What,
}

/// Who wants to know what happens in a conversation.
pub(crate) trait Listener: Send + Sync {
    /// Takes an event in, and who did it when; false when nobody listens any more.
    fn hear(&self, event: Happened) -> impl Future<Output = bool> + Send;
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
                if !listener.hear(Happened { number: event.number, at: event.at_ms, by, what }).await {
                    return;
                }
            }
        }
        sleep(AGAIN).await;
    }
}
