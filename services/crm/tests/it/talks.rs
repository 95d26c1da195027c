//! Chat, as far as tasks need it: it remembers what it was asked, and the journal hears of it.

use std::{
    collections::{BTreeMap, BTreeSet},
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
use journal::{Append, Expect, Journal, Stream as Kept, testing::Cluster};
use prost::Message as _;
use proto::{
    chat::v1::{
        self as chat, ChatEvent,
        chat_event::What,
        chat_service_server::{ChatService, ChatServiceServer},
        command::What as Say,
    },
    journal::v1::Unit,
};
use tonic::{Request, Response, Status, Streaming, service::Routes};
use uuid::Uuid;

use crate::common::{TOKEN, free_address};

const CHAT: Kept = Kept::new("CHAT", "chat");

/// What was asked.
#[derive(Default)]
struct Asked {
    opened: BTreeMap<String, chat::Open>,
    closed: BTreeSet<String>,
    /// Conversations that are there to be read.
    there: BTreeMap<String, chat::Opened>,
    /// What was posted, by the message's id: who, where, what.
    posted: BTreeMap<String, (chat::Party, String, String)>,
    /// How often it was posted.
    posts: u32,
}

/// How it answers posts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// At once.
    Open,
    /// It stores them and says nothing of it.
    Silent,
    /// It is not there.
    Away,
    /// The conversation is full.
    Full,
}

/// The double, and a way into the journal's CHAT.
#[derive(Clone)]
pub struct Talks {
    asked: Arc<Mutex<Asked>>,
    mood: Arc<Mutex<Mood>>,
    journal: Journal,
}

impl Talks {
    /// Serves; where.
    pub async fn start(cluster: &Cluster, home: usize) -> (Talks, String) {
        Self::knowing(Arc::default(), cluster, home).await
    }

    /// The same at another site: both have the same conversations.
    pub async fn beside(&self, cluster: &Cluster, home: usize) -> (Talks, String) {
        Self::knowing(self.asked.clone(), cluster, home).await
    }

    async fn knowing(asked: Arc<Mutex<Asked>>, cluster: &Cluster, home: usize) -> (Talks, String) {
        let journal = Journal::connect(cluster.settings(home, "chat")).await.unwrap();
        journal.ensure_stream(&CHAT).await.unwrap();
        let talks = Talks { asked, mood: Arc::new(Mutex::new(Mood::Open)), journal };
        let listen = free_address();
        let settings = ServerSettings { listen, token: Secret::new(TOKEN) };
        let routes = Routes::new(ChatServiceServer::new(talks.clone()));
        tokio::spawn(async move {
            let shutdown = Shutdown::new(Duration::from_secs(1));
            chassis::grpc::serve("chat", &settings, routes, proto::FILE_DESCRIPTOR_SET, shutdown).await
        });
        (talks, format!("http://{listen}"))
    }

    /// What a conversation was opened with, if it was.
    pub fn opened(&self, id: &str) -> Option<chat::Open> {
        self.asked.lock().unwrap().opened.get(id).cloned()
    }

    /// How it answers posts from now on.
    pub fn set_mood(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// There is such a conversation.
    pub fn is_there(&self, id: &str, opened: chat::Opened) {
        self.asked.lock().unwrap().there.insert(id.to_owned(), opened);
    }

    /// What was posted in a conversation: by whom, and the text.
    pub fn posted(&self, id: &str) -> Vec<(String, String)> {
        let asked = self.asked.lock().unwrap();
        let here = asked.posted.values().filter(|(_, conversation, _)| conversation == id);
        here.map(|(by, _, text)| (by.id.clone(), text.clone())).collect()
    }

    /// How often something was posted anywhere.
    pub fn posts(&self) -> u32 {
        self.asked.lock().unwrap().posts
    }

    async fn post(&self, conversation: String, by: chat::Party, post: chat::Post) -> Result<(), Status> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Away => return Err(Status::unavailable("away")),
            Mood::Full => return Err(Refusal::new(Code::FailedPrecondition, "conversation_full", "it is full").into()),
            Mood::Open | Mood::Silent => {}
        }
        {
            let mut asked = self.asked.lock().unwrap();
            asked.posts += 1;
            asked.posted.entry(post.message_id).or_insert((by, conversation, post.text));
        }
        if mood == Mood::Silent {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    /// Whether somebody asked to close it.
    pub fn closed(&self, id: &str) -> bool {
        self.asked.lock().unwrap().closed.contains(id)
    }

    /// What happened in a conversation, into the journal.
    pub async fn happened(&self, id: &str, what: What) {
        let event = ChatEvent { number: 1, at_ms: 1, by: None, what: Some(what) };
        let unit = Unit { events: vec![event.encode_to_vec().into()], ..Unit::default() };
        let append = Append {
            stream: CHAT,
            subject: format!("chat.{id}"),
            expect: Expect::Any,
            id: Uuid::new_v4().to_string(),
            unit,
        };
        self.journal.append(append).await.unwrap();
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn not_here<T>() -> Result<T, Status> {
    Err(Status::unimplemented("crm does not ask this"))
}

#[tonic::async_trait]
impl ChatService for Talks {
    type SubmitStream = Answers<chat::SubmitResponse>;
    type WatchStream = Answers<chat::WatchResponse>;

    async fn submit(&self, _: Request<Streaming<chat::SubmitRequest>>) -> Result<Response<Self::SubmitStream>, Status> {
        not_here()
    }

    async fn execute(&self, request: Request<chat::ExecuteRequest>) -> Result<Response<chat::ExecuteResponse>, Status> {
        let command = request.into_inner().command.unwrap();
        let id = command.conversation_id;
        match command.what {
            Some(Say::Open(open)) => {
                self.asked.lock().unwrap().opened.insert(id.clone(), open.clone());
                let opened = chat::Opened { channel: open.channel, queue: open.queue, ..chat::Opened::default() };
                self.happened(&id, What::Opened(opened)).await;
            }
            Some(Say::Close(_)) => {
                self.asked.lock().unwrap().closed.insert(id.clone());
                self.happened(&id, What::Closed(chat::Closed::default())).await;
            }
            Some(Say::Post(post)) => self.post(id, command.by.unwrap(), post).await?,
            _ => return not_here(),
        }
        Ok(Response::new(chat::ExecuteResponse::default()))
    }

    async fn watch(&self, _: Request<Streaming<chat::WatchRequest>>) -> Result<Response<Self::WatchStream>, Status> {
        not_here()
    }

    async fn read_conversation(
        &self,
        request: Request<chat::ReadConversationRequest>,
    ) -> Result<Response<chat::ReadConversationResponse>, Status> {
        let id = request.into_inner().conversation_id;
        let Some(opened) = self.asked.lock().unwrap().there.get(&id).cloned() else {
            return Err(Refusal::new(Code::NotFound, "no_such_conversation", "there is none").into());
        };
        let event = ChatEvent { number: 1, at_ms: 1, by: None, what: Some(What::Opened(opened)) };
        let event = chat::ReadableEvent { event: Some(event), ..chat::ReadableEvent::default() };
        Ok(Response::new(chat::ReadConversationResponse { events: vec![event], last_number: 1 }))
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
