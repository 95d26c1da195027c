//! `chat` as its contract says, in memory. What it stored outlives its process.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex},
};

use chassis::refusal::{Code, Refusal};
use futures::{Stream, StreamExt as _};
use proto::chat::v1::{
    self as pb, ChatEvent, Command, ExecuteResponse, Party, PartyKind, ReadableEvent, WatchResponse, chat_event,
    chat_service_server::ChatService, command::What, submit_response, watch_response,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Response, Status, Streaming};

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[derive(Clone, Default)]
pub struct FakeChat(pub Arc<Mutex<Book>>);

#[derive(Default)]
pub struct Book {
    conversations: BTreeMap<String, Conversation>,
    /// Commands are stored but not answered.
    pub mute: bool,
    pub commands: usize,
    /// Whose keys were erased, in order.
    pub erased: Vec<String>,
}

#[derive(Default)]
struct Conversation {
    customer: String,
    holder: String,
    events: Vec<ReadableEvent>,
    messages: BTreeMap<String, u64>,
    watchers: Vec<(UnboundedSender<WatchResponse>, u64, Party)>,
}

impl FakeChat {
    /// What somebody said in the conversation.
    pub fn texts(&self, conversation: &str) -> Vec<String> {
        let book = self.0.lock().unwrap();
        let events = book.conversations.get(conversation).into_iter().flat_map(|conversation| &conversation.events);
        events.filter(|event| !event.text.is_empty()).map(|event| event.text.clone()).collect()
    }

    /// An agent says something, elsewhere.
    pub fn say(&self, conversation: &str, text: String) {
        let mut book = self.0.lock().unwrap();
        let conversation = book.conversations.get_mut(conversation).unwrap();
        let by = Party { kind: PartyKind::Agent.into(), id: "elsewhere".to_owned(), supervisor: false };
        let what = chat_event::What::MessagePosted(pb::MessagePosted::default());
        conversation.append(Some(by), what, text, String::new());
    }

    /// Routing gave it to somebody.
    pub fn held_by(&self, conversation: &str, agent: &str) {
        let mut book = self.0.lock().unwrap();
        agent.clone_into(&mut book.conversations.get_mut(conversation).unwrap().holder);
    }

    /// Highest receipt of a kind, and how many there were.
    pub fn receipts(&self, conversation: &str) -> (u64, usize) {
        let book = self.0.lock().unwrap();
        let marks: Vec<u64> = book.conversations[conversation]
            .events
            .iter()
            .filter_map(|event| match event.event.as_ref()?.what.as_ref()? {
                chat_event::What::Read(read) => Some(read.up_to),
                _ => None,
            })
            .collect();
        (marks.iter().copied().max().unwrap_or(0), marks.len())
    }

    fn execute_one(&self, command: Command) -> Result<ExecuteResponse, Refusal> {
        let mut book = self.0.lock().unwrap();
        book.commands += 1;
        let by = command.by.clone().unwrap_or_default();
        let what = command.what.unwrap();
        if let What::Open(open) = &what {
            let conversation = book.conversations.entry(command.conversation_id).or_default();
            if !conversation.events.is_empty() {
                return Ok(ExecuteResponse { number: 1, sequence: 0, repeated: true });
            }
            conversation.customer.clone_from(&by.id);
            let opened = pb::Opened {
                customer_id: by.id.clone(),
                queue: open.queue.clone(),
                reason: open.reason.clone(),
                segment: open.segment.clone(),
                language: open.language.clone(),
                ..pb::Opened::default()
            };
            let what = chat_event::What::Opened(opened);
            return Ok(conversation.append(Some(by), what, String::new(), open.customer_name.clone()));
        }
        let conversation = book.conversations.get_mut(&command.conversation_id).ok_or_else(no_such)?;
        conversation.may(&by)?;
        Ok(conversation.carry_out(by, what))
    }

    pub fn first_event(&self, id: &str) -> Option<chat_event::What> {
        let book = self.0.lock().unwrap();
        book.conversations.get(id)?.events.first()?.event.as_ref()?.what.clone()
    }

    fn page(&self, id: &str, by: &Party, after: u64, limit: usize) -> Result<(Vec<ReadableEvent>, u64), Refusal> {
        let book = self.0.lock().unwrap();
        let conversation = book.conversations.get(id).ok_or_else(no_such)?;
        conversation.may(by)?;
        let events = conversation.events.iter().skip(after as usize).take(limit).cloned().collect();
        Ok((events, conversation.events.len() as u64))
    }
}

impl Conversation {
    fn may(&self, by: &Party) -> Result<(), Refusal> {
        if by.kind() == PartyKind::Customer && by.id != self.customer {
            return Err(Refusal::new(Code::PermissionDenied, "not_your_conversation", "someone else's"));
        }
        Ok(())
    }

    fn carry_out(&mut self, by: Party, what: What) -> ExecuteResponse {
        match what {
            What::Post(post) => {
                if let Some(number) = self.messages.get(&post.message_id) {
                    return ExecuteResponse { number: *number, sequence: 0, repeated: true };
                }
                let posted =
                    pb::MessagePosted { message_id: post.message_id.clone(), text: None, form: post.form.clone() };
                let done = self.append(Some(by), chat_event::What::MessagePosted(posted), post.text, String::new());
                self.messages.insert(post.message_id, done.number);
                done
            }
            What::MarkDelivered(mark) => {
                let what = chat_event::What::Delivered(pb::Delivered { up_to: mark.up_to });
                self.append(Some(by), what, String::new(), String::new())
            }
            What::MarkRead(mark) => {
                let what = chat_event::What::Read(pb::Read { up_to: mark.up_to });
                self.append(Some(by), what, String::new(), String::new())
            }
            What::Transfer(transfer) => {
                let to_agent_id = transfer.to_agent_id;
                let what = pb::Transferred { queue: transfer.queue, to_agent_id, round: 2 };
                self.append(Some(by), chat_event::What::Transferred(what), String::new(), String::new())
            }
            What::Close(_) => {
                let what = chat_event::What::Closed(pb::Closed { reason: pb::CloseReason::CustomerLeft.into() });
                self.append(Some(by), what, String::new(), String::new())
            }
            beside => self.carry_out_beside(by, beside),
        }
    }

    fn carry_out_beside(&mut self, by: Party, what: What) -> ExecuteResponse {
        match what {
            What::Note(note) => {
                let noted = pb::Noted { message_id: note.message_id, mentions: note.mentions, ..pb::Noted::default() };
                self.append(Some(by), chat_event::What::Noted(noted), note.text, String::new())
            }
            What::Wrap(wrap) => {
                let wrapped = pb::Wrapped { message_id: wrap.message_id, code: wrap.code, ..pb::Wrapped::default() };
                self.append(Some(by), chat_event::What::Wrapped(wrapped), wrap.summary, String::new())
            }
            What::Join(_) => {
                let joined = pb::Joined { agent_id: by.id.clone() };
                self.append(Some(by), chat_event::What::Joined(joined), String::new(), String::new())
            }
            What::Leave(_) => {
                let left = pb::Left { agent_id: by.id.clone() };
                self.append(Some(by), chat_event::What::Left(left), String::new(), String::new())
            }
            What::Take(_) => {
                let taken = pb::Assigned { agent_id: by.id.clone(), ..pb::Assigned::default() };
                self.append(Some(by), chat_event::What::Assigned(taken), String::new(), String::new())
            }
            What::Rate(rate) => {
                let rated = pb::Rated { message_id: rate.message_id, score: rate.score, comment: None };
                self.append(Some(by), chat_event::What::Rated(rated), rate.comment, String::new())
            }
            What::PostFile(file) => {
                if let Some(number) = self.messages.get(&file.message_id) {
                    return ExecuteResponse { number: *number, sequence: 0, repeated: true };
                }
                self.messages.insert(file.message_id.clone(), self.events.len() as u64 + 1);
                let posted = pb::FilePosted {
                    message_id: file.message_id,
                    file_id: file.file_id,
                    name: None,
                    media_type: file.media_type,
                    bytes: file.bytes,
                };
                self.append(Some(by), chat_event::What::FilePosted(posted), file.name, String::new())
            }
            What::AskCallback(ask) => {
                let asked = pb::CallbackAsked { message_id: ask.message_id, phone: None, at_ms: ask.at_ms };
                self.append(Some(by), chat_event::What::CallbackAsked(asked), ask.phone, String::new())
            }
            What::CancelCallback(_) => {
                let what = chat_event::What::CallbackCancelled(pb::CallbackCancelled {});
                self.append(Some(by), what, String::new(), String::new())
            }
            _ => unreachable!("browsers cannot ask this"),
        }
    }

    fn append(&mut self, by: Option<Party>, what: chat_event::What, text: String, name: String) -> ExecuteResponse {
        let number = self.events.len() as u64 + 1;
        let event = ChatEvent { number, at_ms: 1, by, what: Some(what) };
        let readable = ReadableEvent { event: Some(event), text, customer_name: name, ..ReadableEvent::default() };
        self.watchers.retain(|(to, tag, _)| to.send(answer(*tag, readable.clone())).is_ok());
        self.events.push(readable);
        ExecuteResponse { number, sequence: number, repeated: false }
    }
}

fn answer(tag: u64, event: ReadableEvent) -> WatchResponse {
    WatchResponse { conversation_id: String::new(), tag, what: Some(watch_response::What::Event(event)) }
}

fn no_such() -> Refusal {
    Refusal::new(Code::NotFound, "no_such_conversation", "there is none")
}

fn message(refusal: Refusal) -> pb::Refusal {
    pb::Refusal { code: refusal.code.grpc().into(), message: refusal.message, reason: refusal.reason.into_owned() }
}

#[tonic::async_trait]
impl ChatService for FakeChat {
    type SubmitStream = Answers<pb::SubmitResponse>;
    type WatchStream = Answers<WatchResponse>;

    async fn submit(
        &self,
        request: Request<Streaming<pb::SubmitRequest>>,
    ) -> Result<Response<Self::SubmitStream>, Status> {
        let chat = self.clone();
        let answers = request.into_inner().filter_map(move |request| {
            let chat = chat.clone();
            async move {
                let request = request.ok()?;
                let outcome = chat.execute_one(request.command.unwrap_or_default());
                if chat.0.lock().unwrap().mute {
                    return None;
                }
                let result = match outcome {
                    Ok(done) => submit_response::Result::Done(done),
                    Err(refusal) => submit_response::Result::Refusal(message(refusal)),
                };
                Some(Ok(pb::SubmitResponse { tag: request.tag, result: Some(result) }))
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }

    async fn execute(&self, request: Request<pb::ExecuteRequest>) -> Result<Response<ExecuteResponse>, Status> {
        Ok(Response::new(self.execute_one(request.into_inner().command.unwrap_or_default())?))
    }

    async fn watch(
        &self,
        request: Request<Streaming<pb::WatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let (to, answers) = unbounded_channel();
        let (chat, mut requests) = (self.clone(), request.into_inner());
        tokio::spawn(async move {
            while let Some(Ok(request)) = requests.next().await {
                chat.take_watch(request, &to);
            }
        });
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(answers).map(Ok))))
    }

    async fn read_conversation(
        &self,
        request: Request<pb::ReadConversationRequest>,
    ) -> Result<Response<pb::ReadConversationResponse>, Status> {
        let pb::ReadConversationRequest { conversation_id, by, after, limit } = request.into_inner();
        let limit = if limit == 0 { 200 } else { limit as usize };
        let (events, last_number) = self.page(&conversation_id, &by.unwrap_or_default(), after, limit)?;
        Ok(Response::new(pb::ReadConversationResponse { events, last_number }))
    }

    async fn list_conversations(
        &self,
        request: Request<pb::ListConversationsRequest>,
    ) -> Result<Response<pb::ListConversationsResponse>, Status> {
        let request = request.into_inner();
        let book = self.0.lock().unwrap();
        let conversations = book
            .conversations
            .iter()
            .filter(|(_, conversation)| request.customer_id.is_empty() || request.customer_id == conversation.customer)
            .filter(|(id, _)| request.conversation_id.is_empty() || request.conversation_id == **id)
            .map(|(id, conversation)| pb::ConversationSummary {
                conversation_id: id.clone(),
                customer_id: conversation.customer.clone(),
                phase: pb::Phase::Waiting.into(),
                agent_id: if request.agent_id.is_empty() {
                    conversation.holder.clone()
                } else {
                    request.agent_id.clone()
                },
                last_number: conversation.events.len() as u64,
                ..pb::ConversationSummary::default()
            })
            .collect();
        Ok(Response::new(pb::ListConversationsResponse { conversations }))
    }

    async fn search_conversations(
        &self,
        request: Request<pb::SearchConversationsRequest>,
    ) -> Result<Response<pb::SearchConversationsResponse>, Status> {
        let request = request.into_inner();
        let book = self.0.lock().unwrap();
        let fits = |conversation: &Conversation| {
            conversation.events.iter().any(|event| event.text.contains(&request.query))
                || request.agent_ids.contains(&conversation.holder)
        };
        let found = book.conversations.iter().filter(|(_, conversation)| fits(conversation)).map(|(id, _)| pb::Found {
            conversation: Some(pb::ConversationSummary {
                conversation_id: id.clone(),
                ..pb::ConversationSummary::default()
            }),
            ..pb::Found::default()
        });
        Ok(Response::new(pb::SearchConversationsResponse {
            found: found.collect(),
            ..pb::SearchConversationsResponse::default()
        }))
    }

    async fn signal_typing(
        &self,
        request: Request<pb::SignalTypingRequest>,
    ) -> Result<Response<pb::SignalTypingResponse>, Status> {
        let request = request.into_inner();
        let book = self.0.lock().unwrap();
        for (to, tag, _) in &book.conversations[&request.conversation_id].watchers {
            let typing = watch_response::What::Typing(pb::Typing { by: request.by.clone() });
            let _ = to.send(WatchResponse { conversation_id: String::new(), tag: *tag, what: Some(typing) });
        }
        Ok(Response::new(pb::SignalTypingResponse {}))
    }

    async fn erase_customer(
        &self,
        request: Request<pb::EraseCustomerRequest>,
    ) -> Result<Response<pb::EraseCustomerResponse>, Status> {
        let request = request.into_inner();
        assert!(request.by.unwrap_or_default().supervisor);
        self.0.lock().unwrap().erased.push(request.customer_id);
        Ok(Response::new(pb::EraseCustomerResponse { erased_at_ms: 7 }))
    }
}

impl FakeChat {
    fn take_watch(&self, request: pb::WatchRequest, to: &UnboundedSender<WatchResponse>) {
        let mut book = self.0.lock().unwrap();
        let found = book.conversations.get_mut(&request.conversation_id);
        if request.stop {
            if let Some(conversation) = found {
                conversation.watchers.retain(|(_, tag, _)| *tag != request.tag);
            }
            return;
        }
        let by = request.by.unwrap_or_default();
        let granted = found.ok_or_else(no_such).and_then(|conversation| conversation.may(&by).map(|()| conversation));
        match granted {
            Ok(conversation) => {
                for event in conversation.events.iter().skip(request.after as usize) {
                    let _ = to.send(answer(request.tag, event.clone()));
                }
                conversation.watchers.push((to.clone(), request.tag, by));
            }
            Err(refusal) => {
                let what = Some(watch_response::What::Refusal(message(refusal)));
                let _ = to.send(WatchResponse { conversation_id: String::new(), tag: request.tag, what });
            }
        }
    }
}
