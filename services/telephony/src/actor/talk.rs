//! The conversation that a call is: opened when the caller waits for an agent, followed until the end. Who has the call is decided there.

use std::{sync::Arc, time::Duration};

use proto::{
    chat::v1::{
        Close, Command as ChatCommand, ExecuteRequest, Open, Party, PartyKind, Transfer, WatchRequest,
        chat_event::What as ChatWhat, command::What as Say, watch_response::What as Watched,
    },
    routing::v1::{ExecuteRequest as RoutingRequest, MakeCallback, execute_request::What as Order},
};
use tokio::{sync::mpsc, task::AbortHandle, time::sleep};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};
use tonic::Code;

use super::{Actor, Command, Input, Stop};
use crate::{call::End, gateway::Gateway, ids::CallId, numbers};

/// Pause between tries of what must be said.
const AGAIN: Duration = Duration::from_millis(250);
/// Tries: about a minute, longer than any election.
const TRIES: u32 = 240;

/// What was heard of the conversation.
pub(crate) enum Heard {
    /// An agent has it.
    Assigned { agent: String, number: u64 },
    /// It waits again.
    Released { queue: String, to_agent: Option<String>, number: u64 },
    /// It was closed.
    Closed,
}

/// The watch over the conversation.
pub(super) struct Talk {
    watch: AbortHandle,
    /// It was promised that somebody calls back: the conversation goes on without the call.
    goes_on: bool,
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Actor<'_> {
    pub(super) async fn on_talk(&mut self, heard: Heard) -> Result<(), Stop> {
        match heard {
            Heard::Assigned { agent, number } => {
                self.note(Command::Assign { agent: agent.clone(), number }).await?;
                if self.call.agent.as_deref() == Some(agent.as_str()) {
                    self.end_flow().await;
                    self.settle().await;
                    if self.gateway.sip.phone(&agent).is_some() {
                        return self.note(Command::RingPhone).await;
                    }
                }
                Ok(())
            }
            Heard::Released { queue, to_agent, number } => {
                self.note(Command::Release { number, queue, to_agent }).await
            }
            Heard::Closed if self.talk.as_ref().is_some_and(|talk| talk.goes_on) => Ok(()),
            Heard::Closed => self.note(Command::Close).await,
        }
    }

    /// Opens the conversation in a queue, and follows it.
    pub(super) fn open_conversation(&mut self, queue: &str) {
        let open = Open {
            queue: queue.to_owned(),
            customer_name: self.caller_name(),
            language: "ja".to_owned(),
            reason: self.answers.get("reason").cloned().unwrap_or_default(),
            answers: serde_json::to_string(&self.answers).unwrap_or_default(),
            channel: "voice".to_owned(),
            ..Open::default()
        };
        let (gateway, call, customer) = (Arc::clone(self.gateway), self.id, self.call.customer.clone());
        tokio::spawn(async move { say(&gateway, call, customer_party(&customer), Say::Open(open)).await });
        self.follow_talk();
        self.follow_place();
    }

    /// What an agent reads before the answer.
    fn caller_name(&self) -> String {
        if self.call.name.is_empty() { numbers::in_japan(&self.call.number) } else { self.call.name.clone() }
    }

    /// Follows the conversation from its start: what is old changes nothing.
    pub(super) fn follow_talk(&mut self) {
        if self.talk.is_some() {
            return;
        }
        let (gateway, own, call) = (Arc::clone(self.gateway), self.own.clone(), self.id);
        let watch = tokio::spawn(async move { watch(&gateway, &own, call).await }).abort_handle();
        self.talk = Some(Talk { watch, goes_on: false });
    }

    /// The call gave its agent up: the conversation waits in its queue again.
    pub(super) fn give_back(&self) {
        let Some(agent) = self.call.agent.clone() else { return };
        let transfer = Transfer { queue: self.call.queue.clone(), ..Transfer::default() };
        let (gateway, call) = (Arc::clone(self.gateway), self.id);
        let by = Party { kind: PartyKind::Agent.into(), id: agent, supervisor: false };
        tokio::spawn(async move { say(&gateway, call, by, Say::Transfer(transfer)).await });
    }

    /// The call is over: so is the conversation, unless somebody is to call back.
    pub(super) fn close_conversation(&mut self, why: End) {
        let goes_on = self.talk.take().is_some_and(|talk| talk.goes_on);
        let (gateway, call) = (Arc::clone(self.gateway), self.id);
        let customer = self.call.customer.clone();
        if why == End::Lost {
            let (queue, agent) = (self.call.queue.clone(), self.call.agent.clone());
            let queue = if queue.is_empty() { gateway.config.queue.clone() } else { queue };
            let answers = serde_json::to_string(&self.answers).unwrap_or_default();
            let open = Open {
                queue,
                customer_name: self.caller_name(),
                language: "ja".to_owned(),
                answers,
                ..Open::default()
            };
            tokio::spawn(async move { lost(&gateway, call, &customer, agent, open).await });
            return;
        }
        let opened = !self.call.queue.is_empty();
        if goes_on || !opened {
            return;
        }
        let by = match (why, self.call.agent.clone()) {
            (End::Agent, Some(agent)) => Party { kind: PartyKind::Agent.into(), id: agent, supervisor: false },
            (End::Agent | End::Customer | End::Flow | End::Failed | End::Lost | End::Transferred, _) => {
                customer_party(&customer)
            }
        };
        tokio::spawn(async move { say(&gateway, call, by, Say::Close(Close {})).await });
    }

    /// The agent has handed the customer out: their work with the conversation is over, the call goes on.
    pub(super) fn close_for_agent(&self) {
        let Some(agent) = self.call.agent.clone() else { return };
        let (gateway, call) = (Arc::clone(self.gateway), self.id);
        let by = Party { kind: PartyKind::Agent.into(), id: agent, supervisor: false };
        tokio::spawn(async move { say(&gateway, call, by, Say::Close(Close {})).await });
    }

    /// The caller waits no more, but stays on the line.
    pub(super) fn leave_queue(&mut self) {
        self.talk = None;
        let (gateway, call, by) = (Arc::clone(self.gateway), self.id, customer_party(&self.call.customer));
        tokio::spawn(async move { say(&gateway, call, by, Say::Close(Close {})).await });
    }

    /// The caller's place is kept for a call back.
    pub(super) fn promise_callback(&mut self, queue: String, number: String, keeps_place: bool) {
        self.answers.insert("callback_number".to_owned(), number);
        if !keeps_place {
            self.open_conversation(&queue);
        }
        if let Some(talk) = &mut self.talk {
            talk.goes_on = true;
        }
        let (gateway, call) = (Arc::clone(self.gateway), self.id);
        tokio::spawn(async move { make_callback(&gateway, call, 1).await });
    }

    /// A message was left: somebody hears it and calls back.
    pub(super) fn keep_voicemail(&mut self) {
        let queue = self.answers.get("voicemail").cloned().unwrap_or_else(|| self.gateway.config.queue.clone());
        let number = self.call.number.clone();
        self.promise_callback(queue, number, false);
    }
}

fn customer_party(customer: &str) -> Party {
    Party { kind: PartyKind::Customer.into(), id: customer.to_owned(), supervisor: false }
}

/// Says something in the conversation until it is heard or refused.
async fn say(gateway: &Gateway, call: CallId, by: Party, what: Say) -> bool {
    for _ in 0..TRIES {
        let command = ChatCommand { conversation_id: call.to_string(), by: Some(by.clone()), what: Some(what.clone()) };
        match gateway.chat.clone().execute(ExecuteRequest { command: Some(command) }).await {
            Ok(_) => return true,
            Err(status)
                if matches!(
                    status.code(),
                    Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown
                ) => {}
            Err(status) => {
                tracing::info!(%call, code = ?status.code(), message = status.message(), "the conversation refuses");
                return false;
            }
        }
        sleep(AGAIN).await;
    }
    tracing::error!(%call, "the conversation was not reached");
    false
}

/// What could not be kept becomes a call back, at the place that the caller had.
async fn lost(gateway: &Gateway, call: CallId, customer: &str, agent: Option<String>, open: Open) {
    let queue = open.queue.clone();
    say(gateway, call, customer_party(customer), Say::Open(open)).await;
    let mut round = 1;
    if let Some(agent) = agent {
        let by = Party { kind: PartyKind::Agent.into(), id: agent, supervisor: false };
        let transfer = Transfer { queue, ..Transfer::default() };
        if say(gateway, call, by, Say::Transfer(transfer)).await {
            round = 2;
        }
    }
    make_callback(gateway, call, round).await;
}

/// Turns the conversation's waiting contact into a call back.
async fn make_callback(gateway: &Gateway, call: CallId, round: u32) {
    for _ in 0..TRIES {
        let order = Order::MakeCallback(MakeCallback { contact_id: format!("{call}.{round}"), at_ms: 0 });
        let request =
            RoutingRequest { floor: gateway.config.floor.clone(), what: Some(order), ..RoutingRequest::default() };
        match gateway.routing.clone().execute(request).await {
            Ok(_) => return,
            // The conversation's contact is on its way to routing.
            Err(status) if matches!(status.code(), Code::NotFound | Code::Unavailable | Code::DeadlineExceeded) => {}
            Err(status) => {
                tracing::warn!(%call, code = ?status.code(), message = status.message(), "no call back was made");
                return;
            }
        }
        sleep(AGAIN).await;
    }
    tracing::error!(%call, "a call back could not be made");
}

/// Follows the conversation for as long as the call lives.
async fn watch(gateway: &Gateway, own: &mpsc::WeakSender<Input>, call: CallId) {
    let mut after = 0;
    loop {
        let (ask, asked) = mpsc::channel(1);
        let by = Party { kind: PartyKind::System.into(), id: "telephony".to_owned(), supervisor: false };
        let request = WatchRequest { conversation_id: call.to_string(), by: Some(by), after, stop: false, tag: 1 };
        let _ = ask.send(request).await;
        if let Ok(answer) = gateway.chat.clone().watch(ReceiverStream::new(asked)).await {
            let mut events = answer.into_inner();
            while let Some(Ok(response)) = events.next().await {
                let event = match response.what {
                    Some(Watched::Event(event)) => event,
                    Some(Watched::Refusal(refusal)) => {
                        tracing::debug!(%call, reason = refusal.reason, "the conversation cannot be watched yet");
                        break;
                    }
                    Some(Watched::Typing(_)) | None => continue,
                };
                let Some(event) = event.event else { continue };
                after = event.number;
                let Some(heard) = event.what.and_then(|what| heard(event.number, what)) else { continue };
                let Some(own) = own.upgrade() else { return };
                if own.send(Input::Talk(heard)).await.is_err() {
                    return;
                }
            }
        }
        if own.upgrade().is_none() {
            return;
        }
        sleep(AGAIN).await;
    }
}

fn heard(number: u64, what: ChatWhat) -> Option<Heard> {
    match what {
        ChatWhat::Assigned(assigned) => Some(Heard::Assigned { agent: assigned.agent_id, number }),
        ChatWhat::Transferred(transferred) => Some(Heard::Released {
            queue: transferred.queue,
            to_agent: Some(transferred.to_agent_id).filter(|agent| !agent.is_empty()),
            number,
        }),
        ChatWhat::Closed(_) => Some(Heard::Closed),
        ChatWhat::Opened(_)
        | ChatWhat::MessagePosted(_)
        | ChatWhat::Delivered(_)
        | ChatWhat::Read(_)
        | ChatWhat::Reopened(_)
        | ChatWhat::Noted(_)
        | ChatWhat::Wrapped(_)
        | ChatWhat::Joined(_)
        | ChatWhat::Left(_)
        | ChatWhat::Rated(_)
        | ChatWhat::FilePosted(_)
        | ChatWhat::CallbackAsked(_)
        | ChatWhat::CallbackCancelled(_)
        | ChatWhat::Hidden(_) => None,
    }
}
