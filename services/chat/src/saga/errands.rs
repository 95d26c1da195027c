//! Requests to routing: in order for each conversation, many conversations at once, repeated a few times.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use chassis::{grpc::Channel, refusal::Refusal};
use futures::{StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use proto::routing::v1::{
    CancelCallback, EndContact, Enqueue, ExecuteRequest, MakeCallback, execute_request::What,
    routing_service_client::RoutingServiceClient,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request};
use uuid::Uuid;

use super::segment::{self, Crm};
use crate::{
    conversation::{Action, Command, Due, Party, PartyKind, Wish},
    convert,
    metrics::Metrics,
    service::Handle,
};

/// Requests under way at once.
const MOST: usize = 64;
/// Pauses between the tries of one request; after them the sweeper goes on.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(300), Duration::from_millis(900)];
/// How long a conversation that its customer came back to is kept for the agent who held it last, ms.
const LAST_AGENT_MS: u64 = 20_000;
const DEADLINE: Duration = Duration::from_secs(3);

/// See the module.
pub(crate) struct Errands {
    client: RoutingServiceClient<Channel>,
    handle: Handle,
    floor: String,
    crm: Option<Crm>,
    metrics: Metrics,
    /// Conversations with something to do; those under way keep their place while their queue is empty.
    queues: HashMap<Uuid, VecDeque<Wish>>,
    ready: VecDeque<Uuid>,
    running: FuturesUnordered<BoxFuture<'static, Uuid>>,
}

impl Errands {
    pub(crate) fn new(channel: Channel, handle: Handle, floor: String, crm: Option<Crm>, metrics: Metrics) -> Self {
        Self {
            client: RoutingServiceClient::new(channel),
            handle,
            floor,
            crm,
            metrics,
            queues: HashMap::new(),
            ready: VecDeque::new(),
            running: FuturesUnordered::new(),
        }
    }

    /// Runs until the signal. What is undone then is the sweepers'.
    pub(crate) async fn run(
        mut self,
        mut wishes: mpsc::UnboundedReceiver<(Uuid, Vec<Wish>)>,
        shutdown: CancellationToken,
    ) {
        loop {
            tokio::select! {
                wish = wishes.recv() => {
                    let Some((conversation, wishes)) = wish else { return };
                    self.add(conversation, wishes);
                }
                Some(conversation) = self.running.next() => self.finished(conversation),
                () = shutdown.cancelled() => return,
            }
            self.start();
        }
    }

    /// A newer wish to wait replaces an older one; ends are never forgotten.
    fn add(&mut self, conversation: Uuid, wishes: Vec<Wish>) {
        if wishes.is_empty() {
            return;
        }
        let known = self.queues.contains_key(&conversation);
        let queue = self.queues.entry(conversation).or_default();
        queue.retain(|wish| matches!(wish, Wish::End { .. }));
        let news: Vec<Wish> = wishes.into_iter().filter(|wish| !queue.contains(wish)).collect();
        queue.extend(news);
        if !known {
            self.ready.push_back(conversation);
        }
    }

    fn finished(&mut self, conversation: Uuid) {
        if self.queues.get(&conversation).is_some_and(|queue| !queue.is_empty()) {
            self.ready.push_back(conversation);
        } else {
            self.queues.remove(&conversation);
        }
    }

    fn start(&mut self) {
        while self.running.len() < MOST {
            let Some(conversation) = self.ready.pop_front() else { return };
            let Some(wish) = self.queues.get_mut(&conversation).and_then(VecDeque::pop_front) else { continue };
            let waits = if let Wish::Enqueue { round, .. } = &wish { Some(*round) } else { None };
            let mut request = request(&self.floor, conversation, wish);
            let (client, handle, metrics) = (self.client.clone(), self.handle.clone(), self.metrics.clone());
            let crm = self.crm.clone();
            self.running.push(Box::pin(async move {
                segment::fill(crm, &mut request).await;
                let refusal = ask(client, &request, &metrics).await.err();
                match (refusal, waits) {
                    (None, _) => {}
                    (Some(refusal), Some(round)) if refusal.reason == "contact_over" => {
                        served(&handle, conversation, round).await;
                    }
                    (Some(Refusal { reason, message, .. }), _) => {
                        tracing::warn!(%conversation, %reason, message, "routing not told");
                    }
                }
                conversation
            }));
        }
    }
}

/// Routing ended the contact of a round that still waits: the customer was served in another conversation.
async fn served(handle: &Handle, conversation: Uuid, round: u32) {
    let by = Party { kind: PartyKind::System, id: "chat".to_owned(), supervisor: false };
    let command = Command { by, action: Action::Served { round } };
    if let Err(refusal) = handle.execute(conversation, command).await {
        // The sweepers find it again.
        tracing::warn!(%conversation, reason = %refusal.reason, "not closed although served elsewhere");
    }
}

fn request(floor: &str, conversation: Uuid, wish: Wish) -> ExecuteRequest {
    let what = match wish {
        Wish::Enqueue { round, queue, only_agent, reason, segment, customer, last_agent, callback, priority } => {
            What::Enqueue(Enqueue {
                contact_id: convert::contact_id(conversation, round),
                queue_id: queue,
                priority,
                only_agent_id: only_agent.unwrap_or_default(),
                reason,
                segment,
                customer_key: customer,
                preferred_agent_id: last_agent.unwrap_or_default(),
                preferred_for_ms: LAST_AGENT_MS,
                callback: callback.is_some(),
                callback_at_ms: callback.and_then(|Due(at)| at).unwrap_or(0),
            })
        }
        Wish::CallBack { round, at } => What::MakeCallback(MakeCallback {
            contact_id: convert::contact_id(conversation, round),
            at_ms: at.unwrap_or(0),
        }),
        Wish::CallOff { round } => {
            What::CancelCallback(CancelCallback { contact_id: convert::contact_id(conversation, round) })
        }
        Wish::End { round, withdrawn } => {
            What::EndContact(EndContact { contact_id: convert::contact_id(conversation, round), withdrawn })
        }
    };
    ExecuteRequest { floor: floor.to_owned(), what: Some(what), ..ExecuteRequest::default() }
}

async fn ask(
    mut client: RoutingServiceClient<Channel>,
    request: &ExecuteRequest,
    metrics: &Metrics,
) -> Result<(), Refusal> {
    let mut pauses = PAUSES.iter();
    loop {
        let mut attempt = Request::new(request.clone());
        attempt.set_timeout(DEADLINE);
        let Err(status) = client.execute(attempt).await else { return Ok(()) };
        metrics.routing_failures.add(1, &[]);
        let passes =
            matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Aborted);
        match pauses.next().filter(|_| passes) {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return Err(Refusal::from(&status)),
        }
    }
}
