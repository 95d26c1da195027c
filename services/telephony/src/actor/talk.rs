//! The conversation that a call is: opened when the caller waits for an agent, followed until the end. Who has the call is decided there.

use std::sync::Arc;

use proto::chat::v1::{
    AskCallback, Close, Open, Party, PartyKind, Transfer, chat_event::What as ChatWhat, command::What as Say,
};
use spelling::numbers;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::{Actor, Command, Input, Stop};

use crate::{
    call::{Direction, End, What},
    conversation::{Happened, Listener, Said, center, say, watch},
    gateway::Gateway,
    ids::CallId,
};

/// What was heard of the conversation.
pub(crate) enum Heard {
    /// An agent has it.
    Assigned { agent: String, number: u64 },
    /// It waits again.
    Released { queue: String, to_agent: Option<String>, number: u64 },
    /// It was closed.
    Closed,
}

/// The watch over the conversation; it ends with this.
pub(super) struct Talk {
    _watch: AbortOnDropHandle<()>,
    /// It was promised that somebody calls back: the conversation goes on without the call.
    goes_on: bool,
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

    /// What the conversation must hear of an event.
    pub(super) fn followed(&mut self, what: &What) {
        match what {
            What::Queued { queue, .. } => self.open_conversation(queue),
            What::Released { number: 0, .. } => self.give_back(),
            What::HandedOut => {
                self.close_for_agent();
                self.flow = None;
            }
            What::LegDown(leg) => self.not_reached(*leg),
            What::Abandoned => self.end_converse(self.customer()),
            What::Ended(why) => self.close_conversation(*why),
            What::Began(_)
            | What::FlowMoved(_)
            | What::Assigned { .. }
            | What::Released { .. }
            | What::LegAdded { .. }
            | What::LegUp { .. }
            | What::LegLost(_)
            | What::LegKind { .. }
            | What::Consulting(_)
            | What::Held(_)
            | What::Recording(_)
            | What::Moved
            | What::MessageLeft(_)
            | What::MessageHeard(_)
            | What::Done(_) => {}
        }
    }

    /// It was dialled by an agent: they have it.
    pub(super) fn dialled(&mut self) {
        if self.call.converses && self.call.agent.is_some() {
            let queue = self.call.queue.clone();
            self.converse(&queue);
        }
    }

    /// After a takeover. Nobody may have got the call yet, and its conversation may not be open.
    pub(super) fn follow_again(&mut self) {
        if self.call.converses && self.call.assigned_by == 0 {
            let queue = self.call.queue.clone();
            return self.converse(&queue);
        }
        self.follow_talk();
    }

    /// Opens the conversation in a queue, and follows it.
    fn open_conversation(&mut self, queue: &str) {
        if self.call.converses {
            return self.converse(queue);
        }
        self.say(self.customer(), Say::Open(self.opening(queue)));
        self.follow_talk();
    }

    pub(super) fn opening(&self, queue: &str) -> Open {
        Open {
            queue: queue.to_owned(),
            customer_name: self.caller_name(),
            language: "ja".to_owned(),
            reason: self.answers.get("reason").cloned().unwrap_or_default(),
            answers: serde_json::to_string(&self.answers).unwrap_or_default(),
            channel: "voice".to_owned(),
            ..Open::default()
        }
    }

    pub(super) fn customer(&self) -> Party {
        Party { kind: PartyKind::Customer.into(), id: self.call.customer.clone(), supervisor: false }
    }

    /// Says something in the conversation, beside.
    fn say(&self, by: Party, what: Say) {
        let (gateway, call) = (Arc::clone(self.gateway), self.id);
        tokio::spawn(async move { say(&gateway, call, by, what).await });
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
        let (gateway, ear, call) = (Arc::clone(self.gateway), Ear(self.own.clone()), self.id);
        let watch = AbortOnDropHandle::new(tokio::spawn(async move { watch(&gateway, call, &ear).await }));
        self.talk = Some(Talk { _watch: watch, goes_on: false });
    }

    /// The call gave its agent up: the conversation waits in its queue again.
    pub(super) fn give_back(&self) {
        if let Some(agent) = self.call.agent.clone() {
            let transfer = Transfer { queue: self.call.queue.clone(), ..Transfer::default() };
            self.say(agent_party(agent), Say::Transfer(transfer));
        }
    }

    /// The call is over: so is the conversation, unless somebody is to call back.
    pub(super) fn close_conversation(&mut self, why: End) {
        let goes_on = self.talk.take().is_some_and(|talk| talk.goes_on);
        let dialled = self.call.direction == Direction::Out;
        if why == End::Lost && (!dialled || self.call.answered_at > 0) {
            return self.make_up_for();
        }
        // Whom a campaign called has one once they picked up.
        let began = self.call.campaign.is_empty() || self.call.picked_up_at > 0;
        let opened = if dialled { self.call.converses && began } else { !self.call.queue.is_empty() };
        if goes_on || !opened {
            return;
        }
        let by = match (why, self.call.agent.clone()) {
            (End::Agent, Some(agent)) => agent_party(agent),
            (
                End::Agent | End::Customer | End::Flow | End::Failed | End::Lost | End::Transferred | End::Abandoned,
                _,
            ) => self.customer(),
        };
        if dialled { self.end_converse(by) } else { self.say(by, Say::Close(Close {})) }
    }

    /// Follows the conversation no more.
    pub(super) fn forget_talk(&mut self) {
        self.talk = None;
    }

    /// A call that could not be kept becomes a call back. Who withholds the number cannot be called: the ledger has them alone.
    fn make_up_for(&self) {
        let number = self.call.number.clone();
        if number.is_empty() {
            return;
        }
        let queue = if self.call.queue.is_empty() { &self.gateway.config.queue } else { &self.call.queue };
        let (open, customer) = (self.opening(queue), self.customer());
        let (gateway, call) = (Arc::clone(self.gateway), self.id);
        tokio::spawn(async move { lost(&gateway, call, customer, open, number).await });
    }

    /// The agent has handed the customer out: their work with the conversation is over, the call goes on.
    pub(super) fn close_for_agent(&self) {
        if let Some(agent) = self.call.agent.clone() {
            self.say(agent_party(agent), Say::Close(Close {}));
        }
    }

    /// The caller waits no more, but stays on the line.
    pub(super) fn leave_queue(&mut self) {
        self.talk = None;
        self.say(self.customer(), Say::Close(Close {}));
    }

    /// Somebody is to call back; who waits keeps the place.
    pub(super) fn promise_callback(&mut self, queue: &str, number: String, keeps_place: bool) {
        let (gateway, call, customer) = (Arc::clone(self.gateway), self.id, self.customer());
        let open = (!keeps_place).then(|| self.opening(queue));
        if open.is_some() {
            self.follow_talk();
        }
        if let Some(talk) = &mut self.talk {
            talk.goes_on = true;
        }
        tokio::spawn(async move {
            if let Some(open) = open {
                say(&gateway, call, customer.clone(), Say::Open(open)).await;
            }
            say(&gateway, call, customer, ask_callback(number)).await;
        });
    }

    /// A message was left: somebody hears it and calls back.
    pub(super) fn keep_voicemail(&mut self) {
        let queue = self.answers.get("voicemail").cloned().unwrap_or_else(|| self.gateway.config.queue.clone());
        let number = self.call.number.clone();
        self.promise_callback(&queue, number, false);
    }
}

fn agent_party(id: String) -> Party {
    Party { kind: PartyKind::Agent.into(), id, supervisor: false }
}

/// What could not be kept becomes a call back: at the place that the caller had, or ahead of others when an agent was speaking.
async fn lost(gateway: &Gateway, call: CallId, customer: Party, open: Open, number: String) {
    if say(gateway, call, customer, Say::Open(open)).await != Said::Refused {
        say(gateway, call, center(), ask_callback(number)).await;
    }
}

/// The conversation keeps the number, sealed, and sees to it that the floor hears of the wish.
fn ask_callback(phone: String) -> Say {
    Say::AskCallback(AskCallback { message_id: Uuid::now_v7().to_string(), phone, at_ms: 0 })
}

/// The call, as long as it lives.
struct Ear(mpsc::WeakSender<Input>);

impl Listener for Ear {
    async fn hear(&self, event: Happened) -> bool {
        let Some(heard) = heard(event.number, event.what) else { return true };
        let Some(call) = self.0.upgrade() else { return false };
        call.send(Input::Talk(heard)).await.is_ok()
    }

    fn is_gone(&self) -> bool {
        self.0.upgrade().is_none()
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
