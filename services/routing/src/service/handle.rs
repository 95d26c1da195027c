//! How others speak to the loop.

use std::sync::Arc;

use proto::routing::v1 as pb;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use super::{Pending, Service, Watcher, wall_clock};
use crate::{
    convert,
    error::Outcome,
    floor::{Command, Id, explain_now},
};

/// A question to the loop.
pub(crate) enum Ask {
    Execute(Pending),
    Floor { lists: Option<usize>, reply: oneshot::Sender<pb::GetFloorResponse> },
    Contact { id: String, reply: oneshot::Sender<Option<pb::Contact>> },
    Explain { id: String, reply: oneshot::Sender<Option<pb::Explanation>> },
    Changes { limit: usize, reply: oneshot::Sender<Vec<pb::Change>> },
    Free { queue: String, but: String, reply: oneshot::Sender<Option<Id>> },
    Places { conversations: Vec<String>, reply: oneshot::Sender<Vec<pb::Place>> },
    Watch { watcher: Arc<Watcher>, agent: Id },
    Unwatch { watcher: Arc<Watcher>, agent: Id },
}

/// Cheap to clone. The loop answers until it stops; afterwards nobody owns the floor here.
#[derive(Clone)]
pub(crate) struct Handle {
    asks: mpsc::Sender<Ask>,
}

impl Handle {
    pub(super) fn new(asks: mpsc::Sender<Ask>) -> Handle {
        Handle { asks }
    }

    /// Decides here, if this process owns the floor.
    pub(crate) async fn execute(&self, command: Command) -> Outcome {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Execute(Pending { command, reply, span: Span::current() })).await;
        answer.await.unwrap_or(Outcome::NotOwner)
    }

    /// The floor as it is stored; None when the loop has stopped.
    pub(crate) async fn floor(&self, lists: Option<usize>) -> Option<pb::GetFloorResponse> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Floor { lists, reply }).await;
        answer.await.ok()
    }

    /// A contact as it is stored.
    pub(crate) async fn contact(&self, id: String) -> Option<pb::Contact> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Contact { id, reply }).await;
        answer.await.ok().flatten()
    }

    /// How a contact stands now, and why; None when it is not on the floor.
    pub(crate) async fn explain(&self, id: String) -> Option<pb::Explanation> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Explain { id, reply }).await;
        answer.await.ok().flatten()
    }

    /// The last changes of the rules, the newest first.
    pub(crate) async fn changes(&self, limit: usize) -> Vec<pb::Change> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Changes { limit, reply }).await;
        answer.await.unwrap_or_default()
    }

    /// Where the waiting contacts of these conversations stand.
    pub(crate) async fn places(&self, conversations: Vec<String>) -> Vec<pb::Place> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Places { conversations, reply }).await;
        answer.await.unwrap_or_default()
    }

    /// Who is free for a queue, but for one agent.
    pub(crate) async fn free(&self, queue: String, but: String) -> Option<Id> {
        let (reply, answer) = oneshot::channel();
        self.ask(Ask::Free { queue, but, reply }).await;
        answer.await.ok().flatten()
    }

    /// From now on the watcher hears of the agent: first of their state now.
    pub(crate) async fn watch(&self, watcher: &Arc<Watcher>, agent: Id) {
        self.ask(Ask::Watch { watcher: watcher.clone(), agent }).await;
    }

    /// Ends a watch.
    pub(crate) async fn unwatch(&self, watcher: &Arc<Watcher>, agent: Id) {
        self.ask(Ask::Unwatch { watcher: watcher.clone(), agent }).await;
    }

    async fn ask(&self, ask: Ask) {
        // A loop that has stopped drops the reply, and that is the answer.
        let _stopped = self.asks.send(ask).await;
    }
}

impl Service {
    pub(super) fn on_ask(&mut self, ask: Ask) {
        match ask {
            Ask::Execute(pending) if !self.ownership.mine() => pending.tell(Outcome::NotOwner),
            Ask::Execute(pending) if self.stalled => pending.tell(Outcome::Unknown),
            Ask::Execute(pending) => self.waiting.push_back(pending),
            Ask::Floor { lists, reply } => {
                let _gone = reply.send(self.describe(lists));
            }
            Ask::Contact { id, reply } => {
                let contact = self.stored.contact(&id);
                let _gone = reply.send(contact.as_ref().map(convert::from_contact));
            }
            Ask::Explain { id, reply } => {
                let now = explain_now(&self.stored, &id, wall_clock());
                let _gone = reply.send(now.map(convert::from_explanation));
            }
            Ask::Changes { limit, reply } => {
                let _gone = reply.send(self.stored.changes().take(limit).map(convert::from_change).collect());
            }
            Ask::Places { conversations, reply } => {
                let _gone = reply.send(convert::from_places(&self.stored, &conversations, wall_clock()));
            }
            Ask::Free { queue, but, reply } => {
                let _gone = reply.send(self.stored.free_for(&queue, &but));
            }
            Ask::Watch { watcher, agent } => {
                self.watchers.add(&watcher, agent, &self.stored, self.ownership.last());
            }
            Ask::Unwatch { watcher, agent } => self.watchers.remove(&watcher, &agent),
        }
    }

    fn describe(&self, lists: Option<usize>) -> pb::GetFloorResponse {
        let claim = self.ownership.current();
        pb::GetFloorResponse {
            owner: claim.map(|claim| claim.owner.clone()).unwrap_or_default(),
            epoch: self.ownership.epoch(),
            sequence: self.position,
            ..convert::from_figures(&self.stored, wall_clock(), lists)
        }
    }
}
