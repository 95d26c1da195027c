//! The rest of a center, in memory, with agents who take what comes: a floor that gives calls to who is free, and conversations that say who has them.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use chassis::{
    Secret, Shutdown,
    grpc::ServerSettings,
    refusal::{Code, Refusal},
};
use futures::Stream;
use proto::{
    chat::v1::{
        self as chat, ChatEvent, Party, PartyKind, chat_event::What, chat_service_server::ChatService,
        command::What as Say, watch_response::What as Watched,
    },
    routing::v1::{
        self as routing, Availability, Capacity, Channel, execute_request::What as Ask,
        routing_service_server::RoutingService,
    },
};
use tokio::{sync::mpsc, time::sleep};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, service::Routes};

use crate::center::{TOKEN, free_port};

const LOOK: Duration = Duration::from_millis(20);

/// Who waits for whom.
#[derive(Default)]
struct Floor {
    agents: BTreeSet<String>,
    /// Who holds which contact.
    held: BTreeMap<String, String>,
    ended: BTreeSet<String>,
    /// Whose contact it is, or whose conversation.
    customers: BTreeMap<String, String>,
    conversations: BTreeMap<String, Vec<What>>,
    /// What is asked is carried out, and nobody hears so.
    mute: bool,
}

/// The center's other services.
#[derive(Clone, Default)]
pub struct Office {
    floor: Arc<Mutex<Floor>>,
}

impl Office {
    /// Serves with these agents ready, for all queues of calls; where.
    pub fn open(agents: &[&str]) -> (Office, SocketAddr) {
        let office = Office::default();
        office.with(|floor| floor.agents = agents.iter().map(|&it| it.to_owned()).collect());
        let at = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let routes = Routes::new(chat::chat_service_server::ChatServiceServer::new(office.clone()))
            .add_service(routing::routing_service_server::RoutingServiceServer::new(office.clone()));
        let settings = ServerSettings { listen: at, token: Secret::new(TOKEN) };
        tokio::spawn(async move {
            let shutdown = Shutdown::new(Duration::from_secs(1));
            chassis::grpc::serve("office", &settings, routes, proto::FILE_DESCRIPTOR_SET, shutdown).await
        });
        (office, at)
    }

    fn with<T>(&self, look: impl FnOnce(&mut Floor) -> T) -> T {
        look(&mut self.floor.lock().unwrap())
    }

    /// An agent has something else in hand from now on, or nothing any more.
    pub fn busy(&self, agent: &str, busy: bool) {
        let other = format!("other-{agent}");
        self.with(|floor| if busy { floor.held.insert(other, agent.to_owned()) } else { floor.held.remove(&other) });
    }

    /// The floor carries out what it is asked and does not answer, from now on or no more.
    pub fn mute(&self, mute: bool) {
        self.with(|floor| floor.mute = mute);
    }

    /// A conversation that an agent holds.
    pub fn held(&self, conversation: &str, agent: &str) {
        self.with(|floor| {
            floor.customers.insert(conversation.to_owned(), "somebody".to_owned());
            floor.customers.insert(format!("{conversation}.1"), "somebody".to_owned());
            floor.held.insert(format!("{conversation}.1"), agent.to_owned());
            floor.open(conversation, "sales", "chat");
        });
    }

    /// Who holds the contact of a call.
    pub fn holder(&self, call: &str) -> Option<String> {
        self.with(|floor| floor.held.get(&format!("{call}.1")).cloned())
    }

    /// What was said in a call's conversation.
    pub fn said(&self, call: &str) -> Vec<What> {
        self.with(|floor| floor.conversations.get(call).cloned().unwrap_or_default())
    }
}

impl Floor {
    fn free(&self) -> impl Iterator<Item = &String> {
        self.agents.iter().filter(|agent| !self.held.values().any(|holder| holder == *agent))
    }

    fn engage(&mut self, engage: routing::Engage) -> Result<(), Status> {
        if self.held.contains_key(&engage.contact_id) {
            let same = self.customers.get(&engage.contact_id) == Some(&engage.customer_key);
            return if same { Ok(()) } else { Err(refusal("contact_taken")) };
        }
        if self.ended.contains(&engage.contact_id) {
            return Err(refusal("contact_over"));
        }
        let named = Some(engage.agent_id).filter(|agent| !agent.is_empty());
        let agent = named.or_else(|| self.free().next().cloned()).ok_or_else(|| refusal("nobody_free"))?;
        self.customers.insert(engage.contact_id.clone(), engage.customer_key);
        self.held.insert(engage.contact_id, agent);
        Ok(())
    }

    /// Agents are not freed by the end of a conversation: a gateway sees to that itself.
    fn say(&mut self, id: &str, by: &Party, what: Say) -> Result<(), Status> {
        self.may(id, by)?;
        if let Say::Open(open) = what {
            self.customers.insert(id.to_owned(), by.id.clone());
            if !self.conversations.contains_key(id) {
                self.open(id, &open.queue, &open.channel);
            }
        } else if matches!(what, Say::Close(_))
            && let Some(said) = self.conversations.get_mut(id)
        {
            said.push(What::Closed(chat::Closed::default()));
        }
        Ok(())
    }

    fn open(&mut self, id: &str, queue: &str, channel: &str) {
        let opened = chat::Opened { queue: queue.to_owned(), channel: channel.to_owned(), ..Default::default() };
        let holder = self.held.get(&format!("{id}.1")).cloned();
        let assigned = holder.map(|agent_id| What::Assigned(chat::Assigned { agent_id, ..Default::default() }));
        self.conversations.insert(id.to_owned(), [What::Opened(opened)].into_iter().chain(assigned).collect());
    }

    /// Customers see their own conversations, agents those that they hold.
    fn may(&self, id: &str, by: &Party) -> Result<(), Status> {
        let theirs = match by.kind() {
            PartyKind::Customer => self.customers.get(id).is_none_or(|customer| *customer == by.id),
            PartyKind::Agent => self.held.get(&format!("{id}.1")) == Some(&by.id),
            PartyKind::System | PartyKind::Unspecified => true,
        };
        if theirs { Ok(()) } else { Err(denied("not_your_conversation")) }
    }
}

fn refusal(reason: &'static str) -> Status {
    Refusal::new(Code::FailedPrecondition, reason, reason).into()
}

fn denied(reason: &'static str) -> Status {
    Refusal::new(Code::PermissionDenied, reason, reason).into()
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn not_here<T>() -> Result<T, Status> {
    Err(Status::unimplemented("not in this office"))
}

#[tonic::async_trait]
impl RoutingService for Office {
    type WatchAgentsStream = Answers<routing::WatchAgentsResponse>;

    async fn execute(
        &self,
        request: Request<routing::ExecuteRequest>,
    ) -> Result<Response<routing::ExecuteResponse>, Status> {
        let what = request.into_inner().what.unwrap();
        if let Ask::Engage(engage) = what {
            self.with(|floor| floor.engage(engage))?;
        } else if let Ask::EndContact(end) = what {
            self.with(|floor| {
                floor.held.remove(&end.contact_id);
                floor.ended.insert(end.contact_id);
            });
        } else {
            return not_here();
        }
        if self.with(|floor| floor.mute) {
            return Err(Refusal::new(Code::Unavailable, "journal_unavailable", "repeat it").into());
        }
        Ok(Response::new(routing::ExecuteResponse::default()))
    }

    async fn get_floor(
        &self,
        _: Request<routing::GetFloorRequest>,
    ) -> Result<Response<routing::GetFloorResponse>, Status> {
        let agent = |floor: &Floor, id: &String| routing::Agent {
            agent_id: id.clone(),
            availability: Availability::Ready.into(),
            capacities: vec![Capacity { channel: Channel::Voice.into(), limit: 1, ..Capacity::default() }],
            holding: floor
                .held
                .iter()
                .filter(|(_, holder)| *holder == id)
                .map(|(contact, _)| contact.clone())
                .collect(),
            ..routing::Agent::default()
        };
        let queue = |id: &str, channel: Channel| routing::Queue {
            queue_id: id.to_owned(),
            channel: channel.into(),
            ..routing::Queue::default()
        };
        Ok(Response::new(self.with(|floor| routing::GetFloorResponse {
            queues: vec![queue("sales", Channel::Voice), queue("letters", Channel::Mail)],
            agents: floor.agents.iter().map(|id| agent(floor, id)).collect(),
            ..routing::GetFloorResponse::default()
        })))
    }

    async fn watch_agents(
        &self,
        _: Request<Streaming<routing::WatchAgentsRequest>>,
    ) -> Result<Response<Self::WatchAgentsStream>, Status> {
        not_here()
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
        _: Request<routing::FindAgentRequest>,
    ) -> Result<Response<routing::FindAgentResponse>, Status> {
        not_here()
    }
}

#[tonic::async_trait]
impl ChatService for Office {
    type SubmitStream = Answers<chat::SubmitResponse>;
    type WatchStream = Answers<chat::WatchResponse>;

    async fn execute(&self, request: Request<chat::ExecuteRequest>) -> Result<Response<chat::ExecuteResponse>, Status> {
        let command = request.into_inner().command.unwrap();
        let by = command.by.unwrap();
        assert_ne!(by.kind(), PartyKind::Unspecified);
        self.with(|floor| floor.say(&command.conversation_id, &by, command.what.unwrap()))?;
        Ok(Response::new(chat::ExecuteResponse::default()))
    }

    async fn watch(
        &self,
        request: Request<Streaming<chat::WatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let mut asked = request.into_inner();
        let first = asked.message().await?.unwrap();
        let (tell, told) = mpsc::channel(16);
        let office = self.clone();
        tokio::spawn(async move {
            let mut next = first.after as usize;
            while !tell.is_closed() {
                for what in office.said(&first.conversation_id).into_iter().skip(next) {
                    next += 1;
                    let event = ChatEvent { number: next as u64, what: Some(what), ..ChatEvent::default() };
                    let watched = Watched::Event(chat::ReadableEvent { event: Some(event), ..Default::default() });
                    let _ = tell.send(Ok(chat::WatchResponse { what: Some(watched), ..Default::default() })).await;
                }
                sleep(LOOK).await;
            }
            drop(asked);
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(told))))
    }

    async fn submit(&self, _: Request<Streaming<chat::SubmitRequest>>) -> Result<Response<Self::SubmitStream>, Status> {
        not_here()
    }

    async fn read_conversation(
        &self,
        request: Request<chat::ReadConversationRequest>,
    ) -> Result<Response<chat::ReadConversationResponse>, Status> {
        let asked = request.into_inner();
        let said = self.said(&asked.conversation_id);
        if said.is_empty() {
            return Err(Refusal::new(Code::NotFound, "no_such_conversation", "none").into());
        }
        self.with(|floor| floor.may(&asked.conversation_id, &asked.by.unwrap()))?;
        let last_number = said.len() as u64;
        let event = |(what, number)| chat::ReadableEvent {
            event: Some(ChatEvent { number, what: Some(what), ..ChatEvent::default() }),
            ..Default::default()
        };
        let events = said.into_iter().zip(1..).skip(asked.after as usize).map(event).collect();
        Ok(Response::new(chat::ReadConversationResponse { events, last_number }))
    }

    async fn list_conversations(
        &self,
        _: Request<chat::ListConversationsRequest>,
    ) -> Result<Response<chat::ListConversationsResponse>, Status> {
        not_here()
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
