//! Chat and routing, as far as a gateway needs them: conversations that a test gives to agents, and a floor that it sets up.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use chassis::{Secret, Shutdown, grpc::ServerSettings};
use futures::{Stream, StreamExt as _};
use proto::{
    chat::v1::{
        self as chat, ChatEvent, ExecuteResponse, Party, ReadableEvent, WatchResponse, chat_event,
        chat_service_server::{ChatService, ChatServiceServer},
        command::What as Say,
        watch_response,
    },
    routing::v1::{
        self as routing, GetFloorResponse,
        routing_service_server::{RoutingService, RoutingServiceServer},
    },
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Response, Status, Streaming, service::Routes};

use crate::center::{TOKEN, free_port};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Both services, in memory.
#[derive(Clone, Default)]
pub struct Office(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    conversations: BTreeMap<String, Conversation>,
    floor: GetFloorResponse,
}

#[derive(Default)]
struct Conversation {
    holder: String,
    closed: bool,
    wants_callback: bool,
    events: Vec<ChatEvent>,
    watchers: Vec<(UnboundedSender<WatchResponse>, u64)>,
}

impl Office {
    /// Serves; returns the address.
    pub fn start() -> (Self, String) {
        let office = Self::default();
        let listen = free_port();
        let settings = ServerSettings { listen: ([127, 0, 0, 1], listen).into(), token: Secret::new(TOKEN) };
        let mut routes = Routes::new(ChatServiceServer::new(office.clone()));
        routes = routes.add_service(RoutingServiceServer::new(office.clone()));
        let shutdown = Shutdown::new(Duration::from_secs(1));
        tokio::spawn(async move {
            chassis::grpc::serve("office", &settings, routes, proto::FILE_DESCRIPTOR_SET, shutdown).await.unwrap();
        });
        (office, format!("http://127.0.0.1:{listen}"))
    }

    /// The floor has these agents and queues.
    pub fn floor(&self, agents: Vec<routing::Agent>, queues: Vec<routing::Queue>) {
        self.lock().floor = GetFloorResponse { agents, queues, ..GetFloorResponse::default() };
    }

    /// Routing gives the conversation to an agent, whether or not it was opened.
    pub fn assign(&self, call: &str, agent: &str) {
        let mut inner = self.lock();
        let conversation = inner.conversations.entry(call.to_owned()).or_default();
        agent.clone_into(&mut conversation.holder);
        let what = chat::Assigned { agent_id: agent.to_owned(), ..chat::Assigned::default() };
        conversation.append(None, chat_event::What::Assigned(what));
    }

    /// Whether the conversation was opened.
    pub fn is_open(&self, call: &str) -> bool {
        self.lock().conversations.get(call).is_some_and(|conversation| !conversation.events.is_empty())
    }

    /// Whether the conversation is closed.
    pub fn is_closed(&self, call: &str) -> bool {
        self.lock().conversations.get(call).is_some_and(|conversation| conversation.closed)
    }

    /// Whether somebody is to call back.
    pub fn wants_callback(&self, call: &str) -> bool {
        self.lock().conversations.get(call).is_some_and(|conversation| conversation.wants_callback)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Conversation {
    fn append(&mut self, by: Option<Party>, what: chat_event::What) -> ExecuteResponse {
        let number = self.events.len() as u64 + 1;
        let event = ChatEvent { number, at_ms: 1, by, what: Some(what) };
        self.watchers.retain(|(to, tag)| to.send(told(*tag, &event)).is_ok());
        self.events.push(event);
        ExecuteResponse { number, sequence: number, repeated: false }
    }

    fn carry_out(&mut self, by: Party, say: Say) -> Result<ExecuteResponse, Status> {
        let what = match say {
            Say::Open(_) if !self.events.is_empty() => {
                return Ok(ExecuteResponse { number: 1, repeated: true, ..ExecuteResponse::default() });
            }
            Say::Open(open) => chat_event::What::Opened(chat::Opened {
                customer_id: by.id.clone(),
                queue: open.queue,
                ..chat::Opened::default()
            }),
            _ if self.events.is_empty() => return Err(Status::not_found("no_such_conversation")),
            // Who gave it up after it was given to another says nothing about it.
            Say::Transfer(_) if by.id != self.holder && !by.supervisor => {
                return Err(Status::permission_denied("not_your_conversation"));
            }
            Say::Take(_) => {
                self.holder.clone_from(&by.id);
                chat_event::What::Assigned(chat::Assigned { agent_id: by.id.clone(), ..chat::Assigned::default() })
            }
            Say::Transfer(transfer) => {
                self.holder.clear();
                let (queue, to_agent_id) = (transfer.queue, transfer.to_agent_id);
                chat_event::What::Transferred(chat::Transferred { queue, to_agent_id, round: 2 })
            }
            Say::Close(_) => {
                self.closed = true;
                chat_event::What::Closed(chat::Closed::default())
            }
            Say::AskCallback(ask) => {
                self.wants_callback = true;
                chat_event::What::CallbackAsked(chat::CallbackAsked {
                    message_id: ask.message_id,
                    phone: None,
                    at_ms: ask.at_ms,
                })
            }
            Say::Post(_)
            | Say::MarkDelivered(_)
            | Say::MarkRead(_)
            | Say::Assign(_)
            | Say::Reopen(_)
            | Say::Note(_)
            | Say::Wrap(_)
            | Say::Join(_)
            | Say::Leave(_)
            | Say::Rate(_)
            | Say::PostFile(_)
            | Say::CancelCallback(_)
            | Say::Served(_) => return Err(Status::unimplemented("gateways do not say this")),
        };
        Ok(self.append(Some(by), what))
    }
}

fn told(tag: u64, event: &ChatEvent) -> WatchResponse {
    let event = ReadableEvent { event: Some(event.clone()), ..ReadableEvent::default() };
    WatchResponse { tag, what: Some(watch_response::What::Event(event)), ..WatchResponse::default() }
}

fn not_here<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("gateways do not ask this"))
}

#[tonic::async_trait]
impl ChatService for Office {
    type SubmitStream = Answers<chat::SubmitResponse>;
    type WatchStream = Answers<WatchResponse>;

    async fn submit(&self, _: Request<Streaming<chat::SubmitRequest>>) -> Result<Response<Self::SubmitStream>, Status> {
        not_here()
    }

    async fn execute(&self, request: Request<chat::ExecuteRequest>) -> Result<Response<ExecuteResponse>, Status> {
        let command = request.into_inner().command.unwrap();
        let mut inner = self.lock();
        let conversation = inner.conversations.entry(command.conversation_id).or_default();
        conversation.carry_out(command.by.unwrap(), command.what.unwrap()).map(Response::new)
    }

    async fn watch(
        &self,
        request: Request<Streaming<chat::WatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let (to, answers) = unbounded_channel();
        let (office, mut requests) = (self.clone(), request.into_inner());
        tokio::spawn(async move {
            while let Some(Ok(asked)) = requests.next().await {
                let mut inner = office.lock();
                let conversation = inner.conversations.entry(asked.conversation_id).or_default();
                for event in conversation.events.iter().filter(|event| event.number > asked.after) {
                    let _ = to.send(told(asked.tag, event));
                }
                conversation.watchers.push((to.clone(), asked.tag));
            }
        });
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(answers).map(Ok))))
    }

    async fn read_conversation(
        &self,
        _: Request<chat::ReadConversationRequest>,
    ) -> Result<Response<chat::ReadConversationResponse>, Status> {
        not_here()
    }

    async fn list_conversations(
        &self,
        request: Request<chat::ListConversationsRequest>,
    ) -> Result<Response<chat::ListConversationsResponse>, Status> {
        let asked = request.into_inner();
        let inner = self.lock();
        let own = inner.conversations.iter().filter(|(_, conversation)| conversation.holder == asked.agent_id);
        let conversations = own
            .map(|(id, conversation)| chat::ConversationSummary {
                conversation_id: id.clone(),
                agent_id: conversation.holder.clone(),
                ..chat::ConversationSummary::default()
            })
            .collect();
        Ok(Response::new(chat::ListConversationsResponse { conversations }))
    }

    async fn search_conversations(
        &self,
        _: Request<chat::SearchConversationsRequest>,
    ) -> Result<Response<chat::SearchConversationsResponse>, Status> {
        not_here()
    }

    async fn signal_typing(
        &self,
        _: Request<chat::SignalTypingRequest>,
    ) -> Result<Response<chat::SignalTypingResponse>, Status> {
        not_here()
    }

    async fn erase_customer(
        &self,
        _: Request<chat::EraseCustomerRequest>,
    ) -> Result<Response<chat::EraseCustomerResponse>, Status> {
        not_here()
    }
}

#[tonic::async_trait]
impl RoutingService for Office {
    type WatchAgentsStream = Answers<routing::WatchAgentsResponse>;

    async fn execute(&self, _: Request<routing::ExecuteRequest>) -> Result<Response<routing::ExecuteResponse>, Status> {
        not_here()
    }

    async fn watch_agents(
        &self,
        _: Request<Streaming<routing::WatchAgentsRequest>>,
    ) -> Result<Response<Self::WatchAgentsStream>, Status> {
        not_here()
    }

    async fn get_floor(&self, _: Request<routing::GetFloorRequest>) -> Result<Response<GetFloorResponse>, Status> {
        Ok(Response::new(self.lock().floor.clone()))
    }

    async fn get_contact(
        &self,
        _: Request<routing::GetContactRequest>,
    ) -> Result<Response<routing::GetContactResponse>, Status> {
        not_here()
    }

    async fn explain_contact(
        &self,
        _: Request<routing::ExplainContactRequest>,
    ) -> Result<Response<routing::ExplainContactResponse>, Status> {
        not_here()
    }

    async fn list_changes(
        &self,
        _: Request<routing::ListChangesRequest>,
    ) -> Result<Response<routing::ListChangesResponse>, Status> {
        not_here()
    }

    async fn get_places(
        &self,
        _: Request<routing::GetPlacesRequest>,
    ) -> Result<Response<routing::GetPlacesResponse>, Status> {
        not_here()
    }

    async fn find_agent(
        &self,
        request: Request<routing::FindAgentRequest>,
    ) -> Result<Response<routing::FindAgentResponse>, Status> {
        let asked = request.into_inner();
        let inner = self.lock();
        let has = |agent: &&routing::Agent| agent.skills.iter().any(|skill| skill.name == asked.queue_id);
        let free = inner.floor.agents.iter().filter(has).find(|agent| agent.agent_id != asked.but_agent_id);
        let agent_id = free.map(|agent| agent.agent_id.clone()).unwrap_or_default();
        Ok(Response::new(routing::FindAgentResponse { agent_id }))
    }
}
