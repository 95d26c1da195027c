//! Instances of the service, and parties that speak through them.

use std::{
    collections::HashMap,
    future::Future,
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chassis::{Secret, Shutdown, grpc::Channel, refusal::Refusal};
use journal::{
    Append, Expect, Journal, Stream,
    testing::{Cluster, Postgres},
};
use prost::Message as _;
use proto::{
    chat::v1::{self as pb, chat_service_client::ChatServiceClient, command::What},
    crm::v1 as crm,
    journal::v1::Unit,
    routing::v1 as routing,
};
use sqlx::PgPool;
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};
use tokio_stream::{StreamExt as _, wrappers::UnboundedReceiverStream};
use tonic::{Request, Response, Status, Streaming};
use uuid::Uuid;

pub const TOKEN: &str = "internal";

/// One running instance with a database and a routing service of its own.
pub struct Instance {
    pub pool: PgPool,
    pub routing: Floor,
    pub shutdown: Shutdown,
    pub task: JoinHandle<Result<(), chat::RunError>>,
    pub client: ChatServiceClient<Channel>,
}

impl Instance {
    /// An instance at a site with an empty database.
    pub async fn start(cluster: &Cluster, home: usize) -> Instance {
        let postgres = Postgres::shared().await;
        let database = postgres.database().await;
        // The server ends with its last handle: it lives as long as this process.
        std::mem::forget(postgres);
        Self::with_database(cluster, home, &database, Floor::start()).await
    }

    pub async fn with_database(cluster: &Cluster, home: usize, database: &PgPool, routing: Floor) -> Instance {
        let options = database.connect_options();
        let name = options.get_database().unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{}/{name}", options.get_port());
        let listen = free_address();
        let pool = chassis::pool::connect(&Secret::new(url.clone()), 2, &chat::view::MIGRATOR, chat::view::SCHEMA)
            .await
            .unwrap();
        let config = config(listen, &url, &routing.url);
        let shutdown = Shutdown::new(Duration::from_secs(10));
        let task = tokio::spawn(chat::run(config, cluster.settings(home, "chat"), shutdown.clone()));
        let channel = chassis::grpc::channel(&format!("http://{listen}"), &Secret::new(TOKEN)).unwrap();
        let client = ChatServiceClient::new(channel);
        let instance = Instance { pool, routing, shutdown, task, client };
        until("the instance answers", || async { instance.list(supervisor(), "nobody").await.is_ok() }).await;
        instance
    }

    /// As if the process were killed: nothing of it goes on.
    pub fn kill(self) {
        self.task.abort();
    }

    pub async fn stop(self) {
        self.shutdown.signal();
        self.task.await.unwrap().unwrap();
    }

    pub async fn execute(&self, conversation: Uuid, by: pb::Party, what: What) -> Result<pb::ExecuteResponse, Refusal> {
        let command = command(conversation, by, what);
        let asked = self.client.clone().execute(pb::ExecuteRequest { command: Some(command) }).await;
        asked.map(Response::into_inner).map_err(|status| Refusal::from(&status))
    }

    /// Repeats while the answer is `unavailable`, as a browser does.
    pub async fn insist(&self, conversation: Uuid, by: pb::Party, what: What) -> pb::ExecuteResponse {
        loop {
            match self.execute(conversation, by.clone(), what.clone()).await {
                Ok(done) => return done,
                Err(refusal) => assert_eq!(refusal.reason, "unavailable", "{refusal}"),
            }
        }
    }

    pub async fn read(&self, conversation: Uuid, by: pb::Party) -> Result<Vec<pb::ReadableEvent>, Refusal> {
        let request = pb::ReadConversationRequest {
            conversation_id: conversation.to_string(),
            by: Some(by),
            after: 0,
            limit: 1_000,
        };
        let read = self.client.clone().read_conversation(request).await;
        read.map(|page| page.into_inner().events).map_err(|status| Refusal::from(&status))
    }

    pub async fn list(&self, by: pb::Party, customer: &str) -> Result<Vec<pb::ConversationSummary>, Refusal> {
        let request = pb::ListConversationsRequest {
            by: Some(by),
            customer_id: customer.to_owned(),
            include_closed: true,
            ..pb::ListConversationsRequest::default()
        };
        let listed = self.client.clone().list_conversations(request).await;
        listed.map(|list| list.into_inner().conversations).map_err(|status| Refusal::from(&status))
    }

    pub async fn watch(&self) -> Watch {
        let (requests, sent) = mpsc::unbounded_channel();
        let responses = self.client.clone().watch(UnboundedReceiverStream::new(sent)).await.unwrap().into_inner();
        Watch { requests, responses }
    }

    pub async fn submit(&self) -> Submit {
        let (requests, sent) = mpsc::unbounded_channel();
        let responses = self.client.clone().submit(UnboundedReceiverStream::new(sent)).await.unwrap().into_inner();
        Submit { requests, responses }
    }
}

/// A watch stream.
pub struct Watch {
    requests: mpsc::UnboundedSender<pb::WatchRequest>,
    pub responses: Streaming<pb::WatchResponse>,
}

impl Watch {
    pub fn start(&self, conversation: Uuid, by: pb::Party, after: u64, tag: u64) {
        let request =
            pb::WatchRequest { conversation_id: conversation.to_string(), by: Some(by), after, stop: false, tag };
        self.requests.send(request).unwrap();
    }

    pub async fn next(&mut self) -> pb::watch_response::What {
        self.responses.next().await.unwrap().unwrap().what.unwrap()
    }

    /// Events until one fits.
    pub async fn events_until(&mut self, fits: impl Fn(&pb::ReadableEvent) -> bool) -> Vec<pb::ReadableEvent> {
        let mut events = Vec::new();
        loop {
            if let pb::watch_response::What::Event(event) = self.next().await {
                let last = fits(&event);
                events.push(event);
                if last {
                    return events;
                }
            }
        }
    }
}

/// A submit stream.
pub struct Submit {
    pub requests: mpsc::UnboundedSender<pb::SubmitRequest>,
    pub responses: Streaming<pb::SubmitResponse>,
}

impl Submit {
    pub fn send(&self, tag: u64, command: pb::Command) {
        self.requests.send(pb::SubmitRequest { tag, command: Some(command) }).unwrap();
    }
}

pub fn command(conversation: Uuid, by: pb::Party, what: What) -> pb::Command {
    pb::Command { conversation_id: conversation.to_string(), by: Some(by), what: Some(what) }
}

pub fn customer(id: &str) -> pb::Party {
    pb::Party { kind: pb::PartyKind::Customer.into(), id: id.to_owned(), supervisor: false }
}

pub fn agent(id: &str) -> pb::Party {
    pb::Party { kind: pb::PartyKind::Agent.into(), id: id.to_owned(), supervisor: false }
}

pub fn supervisor() -> pb::Party {
    pb::Party { kind: pb::PartyKind::Agent.into(), id: "boss".to_owned(), supervisor: true }
}

pub fn open() -> What {
    What::Open(pb::Open {
        queue: "support".into(),
        customer_name: "山田 花子".into(),
        language: "ja".into(),
        ..pb::Open::default()
    })
}

pub fn post(message: Uuid, text: &str) -> What {
    What::Post(pb::Post { message_id: message.to_string(), text: text.to_owned(), form: None })
}

/// The message ids of a conversation's messages, in order, with their events' numbers.
pub fn messages(events: &[pb::ReadableEvent]) -> Vec<(u64, String)> {
    let message = |read: &pb::ReadableEvent| {
        let event = read.event.as_ref()?;
        let pb::chat_event::What::MessagePosted(posted) = event.what.as_ref()? else { return None };
        Some((event.number, posted.message_id.clone()))
    };
    events.iter().filter_map(message).collect()
}

/// Writes what routing would.
pub async fn accept(journal: &Journal, site: &str, conversation: Uuid, round: u32, agent: &str) {
    let contact_id = format!("{conversation}.{round}");
    let enqueued = routing::routing_event::What::ContactEnqueued(routing::ContactEnqueued {
        contact: Some(routing::Contact { contact_id: contact_id.clone(), ..routing::Contact::default() }),
    });
    let accepted = routing::routing_event::What::OfferAccepted(routing::OfferAccepted {
        contact_id,
        round: 1,
        agent_id: agent.to_owned(),
    });
    let events = [enqueued, accepted].map(|what| {
        routing::RoutingEvent { at_ms: 1, what: Some(what), ..routing::RoutingEvent::default() }.encode_to_vec().into()
    });
    let unit = Unit { events: events.to_vec(), decided_at_ms: 1, site: site.to_owned(), claim: None, epoch: 1 };
    let stream = Stream::new("ROUTING", "routing");
    let append =
        Append { stream, subject: "routing.main".into(), expect: Expect::Any, id: Uuid::new_v4().to_string(), unit };
    journal.append(append).await.unwrap();
}

/// A routing service that notes what it is told.
#[derive(Clone)]
pub struct Floor {
    pub url: String,
    told: Arc<Mutex<Vec<routing::execute_request::What>>>,
    /// Contacts that ended: to let them wait again is refused.
    over: Arc<Mutex<Vec<String>>>,
}

impl Floor {
    pub fn start() -> Floor {
        let listen = free_address();
        let floor = Floor { url: format!("http://{listen}"), told: Arc::default(), over: Arc::default() };
        let service = routing::routing_service_server::RoutingServiceServer::new(floor.clone());
        let book = crm::segment_service_server::SegmentServiceServer::new(Book);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).add_service(book).serve(listen));
        floor
    }

    /// Nobody listens there.
    pub fn absent() -> Floor {
        Floor { url: format!("http://{}", free_address()), told: Arc::default(), over: Arc::default() }
    }

    /// The conversation's contact ends.
    pub fn end(&self, conversation: Uuid, round: u32) {
        self.over.lock().unwrap().push(format!("{conversation}.{round}"));
    }

    /// What was told of a contact, by kind.
    pub fn told(&self, wanted: impl Fn(&routing::execute_request::What) -> bool) -> bool {
        self.told.lock().unwrap().iter().any(wanted)
    }

    pub fn enqueued(&self, conversation: Uuid, round: u32) -> bool {
        let contact = format!("{conversation}.{round}");
        let told = self.told.lock().unwrap();
        told.iter().any(
            |what| matches!(what, routing::execute_request::What::Enqueue(enqueue) if enqueue.contact_id == contact),
        )
    }

    /// The segment that a contact was let wait with.
    pub fn segment(&self, conversation: Uuid, round: u32) -> Option<String> {
        let contact = format!("{conversation}.{round}");
        let told = self.told.lock().unwrap();
        told.iter().find_map(|what| {
            let routing::execute_request::What::Enqueue(it) = what else { return None };
            (it.contact_id == contact).then(|| it.segment.clone())
        })
    }

    pub fn ended(&self, conversation: Uuid, round: u32) -> bool {
        let contact = format!("{conversation}.{round}");
        let told = self.told.lock().unwrap();
        told.iter()
            .any(|what| matches!(what, routing::execute_request::What::EndContact(end) if end.contact_id == contact))
    }
}

/// A crm beside the routing service: whose id begins with `rich` is of two segments, `tel-rich` from the second question on.
struct Book;

#[tonic::async_trait]
impl crm::segment_service_server::SegmentService for Book {
    async fn segments_of(
        &self,
        request: Request<crm::SegmentsOfRequest>,
    ) -> Result<Response<crm::SegmentsOfResponse>, Status> {
        static ASKED: AtomicU32 = AtomicU32::new(0);
        let id = request.into_inner().customer_id;
        if id.starts_with("broken") {
            return Err(Status::unavailable("no view"));
        }
        let caller = id.starts_with("tel-rich") && ASKED.fetch_add(1, Ordering::Relaxed) > 0;
        let known = caller || id.starts_with("rich");
        let segment_ids = if known { vec!["vip".to_owned(), "loyal".to_owned()] } else { Vec::new() };
        Ok(Response::new(crm::SegmentsOfResponse { known, segment_ids }))
    }

    async fn get_segments(
        &self,
        _: Request<crm::GetSegmentsRequest>,
    ) -> Result<Response<crm::GetSegmentsResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn set_segments(
        &self,
        _: Request<crm::SetSegmentsRequest>,
    ) -> Result<Response<crm::SetSegmentsResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn list_members(
        &self,
        _: Request<crm::ListMembersRequest>,
    ) -> Result<Response<crm::ListMembersResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn list_callable(
        &self,
        _: Request<crm::ListCallableRequest>,
    ) -> Result<Response<crm::ListCallableResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn get_trend(&self, _: Request<crm::GetTrendRequest>) -> Result<Response<crm::GetTrendResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn count_journeys(
        &self,
        _: Request<crm::CountJourneysRequest>,
    ) -> Result<Response<crm::CountJourneysResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn count_media(
        &self,
        _: Request<crm::CountMediaRequest>,
    ) -> Result<Response<crm::CountMediaResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }
}

#[tonic::async_trait]
impl routing::routing_service_server::RoutingService for Floor {
    type WatchAgentsStream = tokio_stream::Empty<Result<routing::WatchAgentsResponse, Status>>;

    async fn execute(
        &self,
        request: Request<routing::ExecuteRequest>,
    ) -> Result<Response<routing::ExecuteResponse>, Status> {
        let what = request.into_inner().what;
        if let Some(routing::execute_request::What::Enqueue(enqueue)) = &what
            && self.over.lock().unwrap().contains(&enqueue.contact_id)
        {
            let code = chassis::refusal::Code::FailedPrecondition;
            return Err(Refusal::new(code, "contact_over", "this contact has ended").into());
        }
        self.told.lock().unwrap().extend(what);
        Ok(Response::new(routing::ExecuteResponse { sequence: 1, changed: true }))
    }

    async fn watch_agents(
        &self,
        _: Request<Streaming<routing::WatchAgentsRequest>>,
    ) -> Result<Response<Self::WatchAgentsStream>, Status> {
        Ok(Response::new(tokio_stream::empty()))
    }

    async fn get_floor(
        &self,
        _: Request<routing::GetFloorRequest>,
    ) -> Result<Response<routing::GetFloorResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn get_contact(
        &self,
        _: Request<routing::GetContactRequest>,
    ) -> Result<Response<routing::GetContactResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn explain_contact(
        &self,
        _: Request<routing::ExplainContactRequest>,
    ) -> Result<Response<routing::ExplainContactResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn list_changes(
        &self,
        _: Request<routing::ListChangesRequest>,
    ) -> Result<Response<routing::ListChangesResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn find_agent(
        &self,
        _: Request<routing::FindAgentRequest>,
    ) -> Result<Response<routing::FindAgentResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }

    async fn get_places(
        &self,
        _: Request<routing::GetPlacesRequest>,
    ) -> Result<Response<routing::GetPlacesResponse>, Status> {
        Err(Status::unimplemented("not asked by chat"))
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn config(listen: SocketAddr, database: &str, routing: &str) -> chat::Config {
    let values: HashMap<&str, String> = HashMap::from([
        ("listen", listen.to_string()),
        ("token", TOKEN.to_owned()),
        ("database", database.to_owned()),
        ("routing", routing.to_owned()),
    ]);
    let source = serde::de::value::MapDeserializer::<_, serde::de::value::Error>::new(values.into_iter());
    let mut config: chat::Config = serde::Deserialize::deserialize(source).unwrap();
    config.crm = Some(routing.to_owned());
    config
}

/// Waits for a condition; a minute is for ever.
pub async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition().await {
        assert!(Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until two instances' views are equal.
pub async fn views_equal(one: &Instance, other: &Instance) {
    until("the views are equal", || async {
        chat::view::digest(&one.pool).await.unwrap() == chat::view::digest(&other.pool).await.unwrap()
    })
    .await;
}
