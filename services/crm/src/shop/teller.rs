//! Tells a customer, in the conversation that a command came out of, what became of it. Safe to repeat: the message's id is the command's.

use std::time::Duration;

use chassis::{grpc::Channel, refusal::Refusal};
use journal::DataKey;
use proto::{
    chat::v1::{
        Command as ChatCommand, ExecuteRequest, Party, PartyKind, Post, ReadConversationRequest,
        chat_event::What as Happened, chat_service_client::ChatServiceClient, command::What as Say,
    },
    crm::v1::CommandKind,
};
use sqlx::PgPool;
use tokio::time::timeout;
use tonic::{Code, Status};

use super::{
    carrier::{opened, words},
    command::Command,
    telling::{self, NOT_THEIRS, Talk},
};
use crate::order;

/// How long chat may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// So often it is looked whose a conversation is: that two records are one customer's may be on its way into this site's view.
const LOOKS: u32 = 5;

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It is told.
    Yes,
    /// It never will be: why.
    Never(String),
    /// Chat, or this site's view, was not reached.
    NotNow,
}

/// Tells customers.
pub(crate) struct Teller {
    chat: Option<ChatServiceClient<Channel>>,
    pool: PgPool,
}

impl Teller {
    /// `chat`: this site's; none: nobody is told anything.
    pub(crate) fn new(chat: Option<Channel>, pool: PgPool) -> Self {
        Self { chat: chat.map(ChatServiceClient::new), pool }
    }

    /// Tells the end of a command; `tries`: how often that was tried by this process.
    pub(crate) async fn tell(&self, id: &str, command: &Command, key: &DataKey, tries: u32) -> Heard {
        let Some(chat) = &self.chat else { return Heard::Never("no_chat".to_owned()) };
        let talk = match self.talk(chat.clone(), command).await {
            Ok(talk) => talk,
            Err(heard) => return heard,
        };
        match telling::obstacle(&talk) {
            None => {}
            Some(NOT_THEIRS) if tries + 1 < LOOKS => return Heard::NotNow,
            Some(reason) => return Heard::Never(reason.to_owned()),
        }
        let number = opened(id, command, key).map(|body| body.number).unwrap_or_default();
        let kind = CommandKind::try_from(command.asked.kind).unwrap_or_default();
        let text = telling::text(&talk.language, kind, command.state, &number, &words(id, command, key));
        let post = Post { message_id: telling::message_id(id).to_string(), text, form: None };
        let said = ChatCommand {
            conversation_id: command.asked.conversation_id.clone(),
            by: Some(center()),
            what: Some(Say::Post(post)),
        };
        let mut chat = chat.clone();
        match timeout(PATIENCE, chat.execute(ExecuteRequest { command: Some(said) })).await {
            Ok(Ok(_)) => Heard::Yes,
            Ok(Err(status)) => heard(&status),
            Err(_) => Heard::NotNow,
        }
    }

    /// The conversation that a command names.
    async fn talk(&self, mut chat: ChatServiceClient<Channel>, command: &Command) -> Result<Talk, Heard> {
        let request = ReadConversationRequest {
            conversation_id: command.asked.conversation_id.clone(),
            by: Some(center()),
            after: 0,
            limit: 1,
        };
        let page = timeout(PATIENCE, chat.read_conversation(request)).await.map_err(|_| Heard::NotNow)?;
        let page = page.map_err(|status| heard(&status))?.into_inner();
        let first = page.events.into_iter().next().and_then(|readable| readable.event?.what);
        let Some(Happened::Opened(begun)) = first else { return Err(Heard::Never(NO_CONVERSATION.to_owned())) };
        let records = order::view::records_of(&self.pool, &begun.customer_id).await.map_err(|error| {
            tracing::warn!(%error, "whose a conversation is cannot be looked up");
            Heard::NotNow
        })?;
        let theirs = records.contains(&command.asked.record_id);
        Ok(Talk { language: begun.language, channel: begun.channel, theirs })
    }
}

const NO_CONVERSATION: &str = "no_conversation";

/// The service as a party of conversations.
fn center() -> Party {
    Party { kind: PartyKind::System.into(), id: "crm".to_owned(), supervisor: false }
}

/// What chat's refusal means: some are for ever.
fn heard(status: &Status) -> Heard {
    let code = status.code();
    if code == Code::NotFound {
        return Heard::Never(NO_CONVERSATION.to_owned());
    }
    if !matches!(code, Code::FailedPrecondition | Code::InvalidArgument | Code::PermissionDenied) {
        return Heard::NotNow;
    }
    let reason = Refusal::from(status).reason;
    Heard::Never(if reason.is_empty() { "refused".to_owned() } else { reason.into_owned() })
}
