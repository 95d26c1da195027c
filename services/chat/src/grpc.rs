//! Requests in, answers out. No decisions.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use chassis::{
    Shutdown,
    refusal::{Code, Refusal},
};
use futures::{Stream, StreamExt as _, stream};
use journal::{Journal, KeyError};
use proto::chat::v1::{self as pb, chat_service_server::ChatService, watch_response::What as Watched};
use sqlx::PgPool;
use tokio::sync::{Semaphore, mpsc};
use tokio_stream::wrappers::{ReceiverStream, UnboundedReceiverStream};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

use crate::{
    bus::Bus,
    conversation::{Party, PartyKind},
    convert,
    error::{invalid, unavailable},
    service::{Ask, Handle, Input, Item, Reply, Sink, StreamId},
    view::{self, Filter},
};

const DEFAULT_EVENTS: u32 = 200;
const MOST_EVENTS: u32 = 1_000;
const DEFAULT_CONVERSATIONS: u32 = 100;
const MOST_CONVERSATIONS: u32 = 500;
const DEFAULT_FOUND: u32 = 25;
const MOST_FOUND: u32 = 100;
/// Searches at once; others wait for their turn.
const SEARCHES: usize = 2;
/// Longest query, characters.
const MOST_QUERY: usize = 100;

/// What the requests need.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) handle: Handle,
    pub(crate) bus: Bus,
    pub(crate) journal: Journal,
    pub(crate) pool: PgPool,
    pub(crate) shutdown: Shutdown,
    pub(crate) submit_window: usize,
    pub(crate) watch_queue: usize,
    pub(crate) streams: Arc<AtomicU64>,
    /// Room for searches: each opens thousands of texts.
    pub(crate) searching: Arc<Semaphore>,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl ChatService for Door {
    type SubmitStream = Answers<pb::SubmitResponse>;
    type WatchStream = Answers<pb::WatchResponse>;

    async fn submit(
        &self,
        request: Request<Streaming<pb::SubmitRequest>>,
    ) -> Result<Response<Self::SubmitStream>, Status> {
        let (sender, answers) = mpsc::channel(self.submit_window);
        tokio::spawn(take_commands(self.clone(), request.into_inner(), sender));
        Ok(Response::new(Box::pin(ReceiverStream::new(answers).map(Ok))))
    }

    async fn execute(&self, request: Request<pb::ExecuteRequest>) -> Result<Response<pb::ExecuteResponse>, Status> {
        let (conversation, command) = convert::command(request.into_inner().command)?;
        Ok(Response::new(self.handle.execute(conversation, command).await?))
    }

    async fn watch(
        &self,
        request: Request<Streaming<pb::WatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let (items, watched) = mpsc::channel(self.watch_queue);
        let (refusals, refused) = mpsc::unbounded_channel();
        let sink = Sink { stream: self.streams.fetch_add(1, Ordering::Relaxed), items, refusals };
        tokio::spawn(take_watches(self.clone(), request.into_inner(), sink));
        let events = ReceiverStream::new(watched).flat_map(|item| stream::iter(responses(item)));
        let all = stream::select(events, UnboundedReceiverStream::new(refused)).map(Ok);
        Ok(Response::new(Box::pin(all.take_until(self.shutdown.token().cancelled_owned()))))
    }

    async fn read_conversation(
        &self,
        request: Request<pb::ReadConversationRequest>,
    ) -> Result<Response<pb::ReadConversationResponse>, Status> {
        let request = request.into_inner();
        let conversation = conversation(&request.conversation_id)?;
        let by = convert::party(request.by)?;
        let limit = limit(request.limit, DEFAULT_EVENTS, MOST_EVENTS)? as usize;
        let reader = by.kind;
        let ask = |reply| Ask::Read { by, after: request.after, limit, reply };
        let page = self.handle.ask(conversation, ask).await?;
        let subject = convert::subject(conversation);
        let events = page.events.into_iter().filter_map(|bytes| convert::readable(bytes, &page.key, &subject, reader));
        let response = pb::ReadConversationResponse { events: events.collect(), last_number: page.last_number };
        Ok(Response::new(response))
    }

    async fn list_conversations(
        &self,
        request: Request<pb::ListConversationsRequest>,
    ) -> Result<Response<pb::ListConversationsResponse>, Status> {
        let filter = filter(request.into_inner())?;
        let conversations = view::list(&self.pool, self.journal.vault(), &filter).await?;
        Ok(Response::new(pb::ListConversationsResponse { conversations }))
    }

    async fn search_conversations(
        &self,
        request: Request<pb::SearchConversationsRequest>,
    ) -> Result<Response<pb::SearchConversationsResponse>, Status> {
        let query = query(request.into_inner())?;
        let _turn = self.searching.acquire().await.map_err(|_| unavailable())?;
        Ok(Response::new(view::search(&self.pool, self.journal.vault(), &query).await?))
    }

    async fn signal_typing(
        &self,
        request: Request<pb::SignalTypingRequest>,
    ) -> Result<Response<pb::SignalTypingResponse>, Status> {
        let request = request.into_inner();
        let conversation = conversation(&request.conversation_id)?;
        let by = convert::party(request.by)?;
        let asker = by.clone();
        self.handle.ask(conversation, |reply| Ask::MaySpeak { by: asker, reply }).await?;
        self.bus.signal_typing(conversation, &by).await;
        Ok(Response::new(pb::SignalTypingResponse {}))
    }

    async fn erase_customer(
        &self,
        request: Request<pb::EraseCustomerRequest>,
    ) -> Result<Response<pb::EraseCustomerResponse>, Status> {
        let request = request.into_inner();
        let by = convert::party(request.by)?;
        if !by.is_supervisor() {
            return Err(forbidden("only supervisors erase customers").into());
        }
        let erased = self.journal.vault().erase(&request.customer_id).await;
        let erased_at_ms = erased.map_err(|error| key_refusal(&error))?;
        tracing::info!(supervisor = %by.id, "customer erased");
        Ok(Response::new(pb::EraseCustomerResponse { erased_at_ms }))
    }
}

/// Room for the answer comes before the command: a caller that does not read its answers is not read either.
async fn take_commands(
    door: Door,
    mut requests: Streaming<pb::SubmitRequest>,
    answers: mpsc::Sender<pb::SubmitResponse>,
) {
    loop {
        let Ok(room) = answers.clone().reserve_owned().await else { return };
        let next = tokio::select! {
            next = requests.message() => next,
            () = door.shutdown.signalled() => return,
        };
        let Ok(Some(request)) = next else { return };
        let reply = Reply::Tagged { tag: request.tag, room };
        match convert::command(request.command) {
            Ok((conversation, command)) => {
                if door.handle.give(Input::Command(conversation, command, reply)).await.is_err() {
                    return;
                }
            }
            Err(refusal) => reply.send(Err(refusal)),
        }
    }
}

async fn take_watches(door: Door, mut requests: Streaming<pb::WatchRequest>, sink: Sink) {
    loop {
        let next = tokio::select! {
            next = requests.message() => next,
            () = door.shutdown.signalled() => break,
            () = sink.items.closed() => break,
        };
        let Ok(Some(request)) = next else { break };
        if door.take_watch(request, &sink).await.is_err() {
            break;
        }
    }
    let _stopping = door.handle.give(Input::StreamLeft(sink.stream)).await;
}

impl Door {
    async fn take_watch(&self, request: pb::WatchRequest, sink: &Sink) -> Result<(), Refusal> {
        let tag = request.tag;
        let parsed = conversation(&request.conversation_id);
        let (conversation, by) = match (parsed, request.stop) {
            (Ok(conversation), true) => return self.handle.give(Input::Unwatch(conversation, sink.stream, tag)).await,
            (Ok(conversation), false) => match convert::party(request.by) {
                Ok(by) => (conversation, by),
                Err(refusal) => {
                    sink.refuse(conversation, tag, &refusal);
                    return Ok(());
                }
            },
            (Err(refusal), _) => {
                sink.refuse(Uuid::nil(), tag, &refusal);
                return Ok(());
            }
        };
        let ask = Ask::Watch { sink: sink.clone(), tag, by, after: request.after };
        self.handle.give(Input::Ask(conversation, ask)).await
    }
}

/// An item as the stream carries it. A backlog is opened here, piece by piece, as the stream has room.
fn responses(item: Item) -> Box<dyn Iterator<Item = pb::WatchResponse> + Send> {
    let response = |conversation: Uuid, tag: u64, what: Watched| pb::WatchResponse {
        conversation_id: conversation.to_string(),
        tag,
        what: Some(what),
    };
    match item {
        Item::Backlog { conversation, tag, key, events, reader } => {
            let subject = convert::subject(conversation);
            let opened = events.into_iter().filter_map(move |bytes| convert::readable(bytes, &key, &subject, reader));
            Box::new(opened.map(move |event| response(conversation, tag, Watched::Event(event))))
        }
        Item::Live { conversation, tag, event } => {
            Box::new(std::iter::once(response(conversation, tag, Watched::Event(Arc::unwrap_or_clone(event)))))
        }
        Item::Typing { conversation, tag, by } => {
            let typing = Watched::Typing(pb::Typing { by: Some(by) });
            Box::new(std::iter::once(response(conversation, tag, typing)))
        }
    }
}

/// Customers see their own, agents what they hold or held last, supervisors and the center everything.
fn filter(request: pb::ListConversationsRequest) -> Result<Filter, Refusal> {
    let by = convert::party(request.by)?;
    let only = (!request.conversation_id.is_empty()).then(|| conversation(&request.conversation_id)).transpose()?;
    let mut filter = Filter {
        agent: Some(request.agent_id).filter(|id| !id.is_empty()),
        customer: Some(request.customer_id).filter(|id| !id.is_empty()),
        closed: request.include_closed || only.is_some(),
        conversation: only,
        limit: limit(request.limit, DEFAULT_CONVERSATIONS, MOST_CONVERSATIONS)?,
    };
    let own = |asked: &mut Option<String>, by: Party| match asked {
        Some(id) if *id != by.id => Err(forbidden("only one's own conversations")),
        _ => {
            *asked = Some(by.id);
            Ok(())
        }
    };
    match by.kind {
        PartyKind::Customer => own(&mut filter.customer, by)?,
        PartyKind::Agent if !by.supervisor => own(&mut filter.agent, by)?,
        PartyKind::Agent | PartyKind::System => {}
    }
    Ok(filter)
}

/// Agents find what lists show them, supervisors everything.
fn query(request: pb::SearchConversationsRequest) -> Result<view::Query, Refusal> {
    let by = convert::party(request.by)?;
    if by.kind != PartyKind::Agent {
        return Err(forbidden("only agents search"));
    }
    if request.query.chars().count() > MOST_QUERY {
        return Err(invalid("text_too_long", "the query has more than 100 characters"));
    }
    let beyond = match request.beyond.as_str() {
        "" => None,
        text => Some(view::Place::parse(text).ok_or_else(|| invalid("bad_frame", "that is no place of a search"))?),
    };
    Ok(view::Query {
        agent: (!by.supervisor).then_some(by.id),
        text: request.query,
        agents: request.agent_ids,
        codes: request.codes,
        limit: limit(request.limit, DEFAULT_FOUND, MOST_FOUND)? as usize,
        beyond,
    })
}

fn conversation(id: &str) -> Result<Uuid, Refusal> {
    convert::canonical(id).ok_or_else(|| invalid("bad_id", "the conversation's id must be a UUID in lower case"))
}

fn limit(asked: u32, default: u32, most: u32) -> Result<u32, Refusal> {
    match asked {
        0 => Ok(default),
        asked if asked <= most => Ok(asked),
        _ => Err(invalid("bad_frame", "the limit is too high")),
    }
}

fn forbidden(message: &'static str) -> Refusal {
    Refusal::new(Code::PermissionDenied, "forbidden", message)
}

fn key_refusal(error: &KeyError) -> Refusal {
    match error {
        KeyError::BadId { .. } => invalid("bad_id", "the customer's id is malformed"),
        KeyError::Erased { .. } | KeyError::Unavailable { .. } | KeyError::Unusable { .. } => {
            tracing::warn!(%error, "key not erased");
            unavailable()
        }
    }
}

/// Room for searches.
pub(crate) fn searching() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(SEARCHES))
}

/// Numbers of watch streams, unique in the process.
pub(crate) fn streams() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(StreamId::MIN + 1))
}
