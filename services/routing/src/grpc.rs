//! Requests in; no decisions.

use std::{pin::Pin, sync::Arc, time::Duration};

use chassis::refusal::{Code, Refusal};
use futures::Stream;
use journal::Journal;
use proto::routing::v1::{
    ExecuteRequest, ExecuteResponse, ExplainContactRequest, ExplainContactResponse, Explanation, FindAgentRequest,
    FindAgentResponse, GetContactRequest, GetContactResponse, GetFloorRequest, GetFloorResponse, GetPlacesRequest,
    GetPlacesResponse, ListChangesRequest, ListChangesResponse, WatchAgentsRequest, WatchAgentsResponse,
    routing_service_server::RoutingService,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use tracing::Instrument as _;

use crate::{
    Config, bus,
    error::{invalid, no_owner},
    service::{Handle, Watcher},
    view::Steps,
};

/// Contacts listed when the request does not say.
const DEFAULT_LIMIT: u32 = 200;
/// Changes listed when the request does not say.
const DEFAULT_CHANGES: u32 = 50;
/// Most conversations asked about at once.
const MOST_PLACES: usize = 5_000;
/// Most contacts listed.
const MOST: u32 = 1_000;
/// News that wait for a slow watcher's connection; newer ones replace each other behind them.
const NEWS: usize = 16;

/// The service's gRPC side.
pub(crate) struct Api {
    journal: Journal,
    handle: Handle,
    floor: String,
    deadline: Duration,
    steps: Steps,
}

impl Api {
    pub(crate) fn new(config: &Config, journal: Journal, handle: Handle, steps: Steps) -> Api {
        let deadline = Duration::from_millis(config.command_deadline_ms);
        Api { journal, handle, floor: config.floor.clone(), deadline, steps }
    }

    fn serves(&self, floor: &str) -> Result<(), Refusal> {
        if floor == self.floor || (floor.is_empty() && self.floor == "main") {
            return Ok(());
        }
        Err(Refusal::new(Code::NotFound, "unknown_floor", "this site does not serve that floor"))
    }
}

#[tonic::async_trait]
impl RoutingService for Api {
    async fn execute(&self, request: Request<ExecuteRequest>) -> Result<Response<ExecuteResponse>, Status> {
        let span = tracing::debug_span!("routing.execute");
        span.in_scope(|| chassis::trace::set_parent(request.metadata()));
        let request = request.into_inner();
        self.serves(&request.floor)?;
        let executed = bus::execute(&self.journal, &self.handle, &self.floor, request, self.deadline);
        Ok(Response::new(executed.instrument(span).await?))
    }

    type WatchAgentsStream = Pin<Box<dyn Stream<Item = Result<WatchAgentsResponse, Status>> + Send>>;

    async fn watch_agents(
        &self,
        request: Request<Streaming<WatchAgentsRequest>>,
    ) -> Result<Response<Self::WatchAgentsStream>, Status> {
        let (news, out) = mpsc::channel(NEWS);
        let watching = Watching { handle: self.handle.clone(), floor: self.floor.clone(), news };
        tokio::spawn(watching.run(request.into_inner()));
        Ok(Response::new(Box::pin(ReceiverStream::new(out))))
    }

    async fn get_floor(&self, request: Request<GetFloorRequest>) -> Result<Response<GetFloorResponse>, Status> {
        let request = request.into_inner();
        self.serves(&request.floor)?;
        let limit = if request.limit == 0 { DEFAULT_LIMIT } else { request.limit };
        if limit > MOST {
            return Err(invalid("limit: 1 to 1,000").into());
        }
        let lists = request.with_lists.then_some(limit as usize);
        let floor = self.handle.floor(lists).await.ok_or_else(no_owner)?;
        Ok(Response::new(floor))
    }

    async fn get_contact(&self, request: Request<GetContactRequest>) -> Result<Response<GetContactResponse>, Status> {
        let request = request.into_inner();
        self.serves(&request.floor)?;
        let contact = self.handle.contact(request.contact_id).await;
        let missing = || Refusal::new(Code::NotFound, "unknown_contact", "no such contact is on the floor");
        Ok(Response::new(GetContactResponse { contact: Some(contact.ok_or_else(missing)?) }))
    }

    async fn explain_contact(
        &self,
        request: Request<ExplainContactRequest>,
    ) -> Result<Response<ExplainContactResponse>, Status> {
        let request = request.into_inner();
        self.serves(&request.floor)?;
        let steps = self.steps.of(&request.contact_id).await;
        let live = self.handle.explain(request.contact_id).await;
        // A contact that ended stands as its last step says.
        let now: Option<Explanation> = live.or_else(|| steps.last().cloned());
        let missing = || Refusal::new(Code::NotFound, "unknown_contact", "no such contact was ever on the floor");
        Ok(Response::new(ExplainContactResponse { now: Some(now.ok_or_else(missing)?), steps }))
    }

    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let request = request.into_inner();
        self.serves(&request.floor)?;
        let limit = if request.limit == 0 { DEFAULT_CHANGES } else { request.limit };
        if limit > DEFAULT_LIMIT {
            return Err(invalid("limit: 1 to 200").into());
        }
        Ok(Response::new(ListChangesResponse { changes: self.handle.changes(limit as usize).await }))
    }

    async fn get_places(&self, request: Request<GetPlacesRequest>) -> Result<Response<GetPlacesResponse>, Status> {
        let request = request.into_inner();
        self.serves(&request.floor)?;
        if request.conversations.len() > MOST_PLACES {
            return Err(invalid("conversations: at most 5,000").into());
        }
        Ok(Response::new(GetPlacesResponse { places: self.handle.places(request.conversations).await }))
    }

    async fn find_agent(&self, request: Request<FindAgentRequest>) -> Result<Response<FindAgentResponse>, Status> {
        let request = request.into_inner();
        self.serves(&request.floor)?;
        let free = self.handle.free(request.queue_id, request.but_agent_id).await;
        let agent_id = free.map(|id| id.to_string()).unwrap_or_default();
        Ok(Response::new(FindAgentResponse { agent_id }))
    }
}

struct Watching {
    handle: Handle,
    floor: String,
    news: mpsc::Sender<Result<WatchAgentsResponse, Status>>,
}

impl Watching {
    /// Until the caller leaves.
    async fn run(self, mut wishes: Streaming<WatchAgentsRequest>) {
        let watcher = Arc::new(Watcher::default());
        let mut wishing = true;
        loop {
            tokio::select! {
                wish = wishes.message(), if wishing => match wish {
                    Ok(Some(wish)) => self.heed(&watcher, wish).await,
                    Ok(None) => wishing = false,
                    Err(_) => return,
                },
                news = watcher.next() => {
                    for one in news {
                        if self.news.send(Ok(one)).await.is_err() {
                            return;
                        }
                    }
                }
                () = self.news.closed() => return,
            }
        }
    }

    async fn heed(&self, watcher: &Arc<Watcher>, wish: WatchAgentsRequest) {
        let ours = wish.floor == self.floor || (wish.floor.is_empty() && self.floor == "main");
        if !ours {
            let refusal = Refusal::new(Code::NotFound, "unknown_floor", "this site does not serve that floor");
            // A caller who has gone needs no refusal.
            let _gone = self.news.send(Err(refusal.into())).await;
        } else if wish.stop {
            self.handle.unwatch(watcher, wish.agent_id.into()).await;
        } else {
            self.handle.watch(watcher, wish.agent_id.into()).await;
        }
    }
}
