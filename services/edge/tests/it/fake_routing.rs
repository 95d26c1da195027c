//! `routing` as its contract says, in memory.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex},
};

use chassis::refusal::{Code, Refusal};
use futures::{Stream, StreamExt as _};
use proto::routing::v1::{
    self as pb, Agent, Availability, WatchAgentsRequest, WatchAgentsResponse, execute_request::What,
    routing_service_server::RoutingService,
};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Request, Response, Status, Streaming};

#[derive(Clone, Default)]
pub struct FakeRouting(pub Arc<Mutex<Floor>>);

#[derive(Default)]
pub struct Floor {
    pub agents: BTreeMap<String, Agent>,
    queues: BTreeMap<String, pb::Queue>,
    watchers: Vec<(UnboundedSender<WatchAgentsResponse>, String)>,
    /// So many commands are answered UNAVAILABLE first: the floor changes hands.
    pub without_owner: usize,
    /// Callbacks are refused.
    pub nobody_calls_back: bool,
}

impl FakeRouting {
    pub fn availability(&self, agent: &str) -> Option<Availability> {
        self.0.lock().unwrap().agents.get(agent).map(Agent::availability)
    }

    pub fn change(&self, agent: &str, change: impl FnOnce(&mut Agent)) {
        let mut floor = self.0.lock().unwrap();
        let entry = floor.agents.entry(agent.to_owned()).or_default();
        entry.agent_id = agent.to_owned();
        change(entry);
        let state = entry.clone();
        floor.watchers.retain(|(to, watched)| watched != agent || to.send(response(state.clone())).is_ok());
    }

    fn carry_out(&self, what: What) -> Result<(), Refusal> {
        match what {
            What::DefineQueue(define) => {
                let queue = define.queue.unwrap_or_default();
                self.0.lock().unwrap().queues.insert(queue.queue_id.clone(), queue);
            }
            What::DefineAgent(define) => self.change(&define.agent_id, |agent| {
                agent.name.clone_from(&define.name);
                agent.skills.clone_from(&define.skills);
                agent.capacities.clone_from(&define.capacities);
            }),
            What::SetAvailability(set) => self.change(&set.agent_id, |agent| {
                agent.availability = set.availability;
                agent.reason.clone_from(&set.reason);
            }),
            What::Accept(accept) => {
                let over = || Refusal::new(Code::FailedPrecondition, "offer_over", "the offer is over");
                let offers = self.0.lock().unwrap().agents.get(&accept.agent_id).map(|agent| agent.offers.clone());
                let offers = offers.unwrap_or_default();
                let standing =
                    offers.iter().any(|offer| offer.contact_id == accept.contact_id && offer.round == accept.round);
                if !standing {
                    return Err(over());
                }
                self.change(&accept.agent_id, |agent| {
                    agent.offers.clear();
                    agent.holding.push(accept.contact_id.clone());
                });
            }
            What::Decline(decline) => self.change(&decline.agent_id, |agent| agent.offers.clear()),
            What::MakeCallback(_) if self.0.lock().unwrap().nobody_calls_back => {
                return Err(Refusal::new(Code::FailedPrecondition, "nobody_calls_back", "nobody calls back"));
            }
            What::DefineSetting(_) | What::MakeCallback(_) | What::CancelCallback(_) | What::UndoChange(_) => {}
            What::Enqueue(_) | What::Engage(_) | What::EndContact(_) => unreachable!("the door never asks this"),
        }
        Ok(())
    }
}

fn response(agent: Agent) -> WatchAgentsResponse {
    WatchAgentsResponse { agent: Some(agent), sequence: 1 }
}

#[tonic::async_trait]
impl RoutingService for FakeRouting {
    type WatchAgentsStream = Pin<Box<dyn Stream<Item = Result<WatchAgentsResponse, Status>> + Send>>;

    async fn execute(&self, request: Request<pb::ExecuteRequest>) -> Result<Response<pb::ExecuteResponse>, Status> {
        {
            let mut floor = self.0.lock().unwrap();
            if floor.without_owner > 0 {
                floor.without_owner -= 1;
                return Err(Refusal::new(Code::Unavailable, "unavailable", "nobody owns the floor").into());
            }
        }
        self.carry_out(request.into_inner().what.unwrap())?;
        Ok(Response::new(pb::ExecuteResponse { sequence: 1, changed: true }))
    }

    async fn watch_agents(
        &self,
        request: Request<Streaming<WatchAgentsRequest>>,
    ) -> Result<Response<Self::WatchAgentsStream>, Status> {
        let (to, answers) = unbounded_channel();
        let (routing, mut requests) = (self.clone(), request.into_inner());
        tokio::spawn(async move {
            while let Some(Ok(request)) = requests.next().await {
                let mut floor = routing.0.lock().unwrap();
                floor.watchers.retain(|(_, agent)| !(request.stop && *agent == request.agent_id));
                if !request.stop {
                    let unknown = Agent { agent_id: request.agent_id.clone(), ..Agent::default() };
                    let state = floor.agents.get(&request.agent_id).cloned().unwrap_or(unknown);
                    let _ = to.send(response(state));
                    floor.watchers.push((to.clone(), request.agent_id));
                }
            }
        });
        Ok(Response::new(Box::pin(UnboundedReceiverStream::new(answers).map(Ok))))
    }

    async fn get_floor(&self, _: Request<pb::GetFloorRequest>) -> Result<Response<pb::GetFloorResponse>, Status> {
        let floor = self.0.lock().unwrap();
        Ok(Response::new(pb::GetFloorResponse {
            owner: "tokyo.routing.1".to_owned(),
            agents: floor.agents.values().cloned().collect(),
            queues: floor.queues.values().cloned().collect(),
            ..pb::GetFloorResponse::default()
        }))
    }

    async fn explain_contact(
        &self,
        _: Request<pb::ExplainContactRequest>,
    ) -> Result<Response<pb::ExplainContactResponse>, Status> {
        let now = pb::Explanation { code: "all_busy".to_owned(), ..pb::Explanation::default() };
        Ok(Response::new(pb::ExplainContactResponse { now: Some(now), steps: Vec::new() }))
    }

    async fn list_changes(
        &self,
        _: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        Ok(Response::new(pb::ListChangesResponse { changes: Vec::new() }))
    }

    async fn get_places(
        &self,
        request: Request<pb::GetPlacesRequest>,
    ) -> Result<Response<pb::GetPlacesResponse>, Status> {
        let place = |conversation: String| pb::Place {
            contact_id: format!("{conversation}.1"),
            conversation,
            place: 3,
            expected_wait_ms: 91_000,
            open: true,
            opens_at_ms: 0,
            callback: false,
            can_call_back: true,
        };
        let places = request.into_inner().conversations.into_iter().map(place).collect();
        Ok(Response::new(pb::GetPlacesResponse { places }))
    }

    async fn find_agent(
        &self,
        request: Request<pb::FindAgentRequest>,
    ) -> Result<Response<pb::FindAgentResponse>, Status> {
        let floor = self.0.lock().unwrap();
        let request = request.into_inner();
        let free = floor
            .agents
            .values()
            .find(|agent| agent.availability() == Availability::Ready && agent.agent_id != request.but_agent_id);
        let agent_id = free.map(|agent| agent.agent_id.clone()).unwrap_or_default();
        Ok(Response::new(pb::FindAgentResponse { agent_id }))
    }

    async fn get_contact(&self, _: Request<pb::GetContactRequest>) -> Result<Response<pb::GetContactResponse>, Status> {
        Err(Status::not_found("the door never asks this"))
    }
}
