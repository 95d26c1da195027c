//! A site's routing service, and how tests speak to it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chassis::{Secret, Shutdown, grpc};
use journal::testing::{Cluster, Postgres};
use proto::routing::v1::{
    Accept, Agent, Availability, Capacity, Channel, ContactState, Decline, DefineAgent, DefineQueue, EndContact,
    Enqueue, ExecuteRequest, ExecuteResponse, GetContactRequest, GetFloorRequest, GetFloorResponse, Queue,
    SetAvailability, execute_request::What, routing_service_client::RoutingServiceClient,
};
use sqlx::PgPool;
use tokio::{runtime::Runtime, task::JoinHandle, time::sleep};
use tonic::Status;

const PAUSE: Duration = Duration::from_millis(20);

/// One site's service, in a runtime of its own so that it can be killed with everything it runs.
pub struct Site {
    pub client: RoutingServiceClient<grpc::Channel>,
    pub database: PgPool,
    cluster: Arc<Cluster>,
    _postgres: Arc<Postgres>,
    home: usize,
    config: routing::Config,
    running: Option<Running>,
}

struct Running {
    runtime: Runtime,
    shutdown: Shutdown,
    task: JoinHandle<Result<(), routing::RunError>>,
}

impl Site {
    /// A running service that answers.
    pub async fn start(cluster: &Arc<Cluster>, home: usize, floor: &str) -> Site {
        let postgres = Postgres::shared().await;
        let database = postgres.database().await;
        let listen = free_address();
        let token = Secret::new("internal");
        let client = RoutingServiceClient::new(grpc::channel(&format!("http://{listen}"), &token).unwrap());
        let mut site = Site {
            client,
            config: config(listen, token, &database, floor),
            database,
            cluster: cluster.clone(),
            _postgres: postgres,
            home,
            running: None,
        };
        site.run().await;
        site
    }

    /// Starts it again after [`Site::kill`] or [`Site::stop`].
    pub async fn run(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let shutdown = Shutdown::new(Duration::from_secs(5));
        let journal = self.cluster.settings(self.home, "routing");
        let task = runtime.spawn(routing::run(self.config.clone(), journal, shutdown.clone()));
        self.running = Some(Running { runtime, shutdown, task });
        while self.try_floor().await.is_err() {
            let ended = self.running.as_ref().is_some_and(|running| running.task.is_finished());
            assert!(!ended, "the service ended: {:?}", self.running.take().unwrap().task.await);
            sleep(PAUSE).await;
        }
    }

    /// Everything it runs ends in the middle of what it does.
    pub fn kill(&mut self) {
        self.running.take().unwrap().runtime.shutdown_background();
    }

    /// An orderly end.
    pub async fn stop(&mut self) {
        let running = self.running.take().unwrap();
        running.shutdown.signal();
        running.task.await.unwrap().unwrap();
        running.runtime.shutdown_background();
    }

    pub async fn execute(&self, what: What) -> Result<ExecuteResponse, Status> {
        let floor = self.config.floor.clone();
        let request = ExecuteRequest { floor, what: Some(what), ..ExecuteRequest::default() };
        Ok(self.client.clone().execute(request).await?.into_inner())
    }

    /// Executes what must succeed, with the repeats that a caller owes while the floor changes hands.
    pub async fn ok(&self, what: What) -> ExecuteResponse {
        loop {
            match self.execute(what.clone()).await {
                Ok(response) => return response,
                Err(status) if status.code() == tonic::Code::Unavailable => sleep(PAUSE).await,
                Err(status) => panic!("{what:?} was refused: {status}"),
            }
        }
    }

    /// Executes what must be refused, and gives the reason.
    pub async fn refused(&self, what: What) -> String {
        let status = self.execute(what).await.unwrap_err();
        status.metadata().get("reason").unwrap().to_str().unwrap().to_owned()
    }

    pub async fn floor(&self) -> GetFloorResponse {
        self.try_floor().await.unwrap()
    }

    async fn try_floor(&self) -> Result<GetFloorResponse, Status> {
        let request = GetFloorRequest { floor: self.config.floor.clone(), with_lists: true, limit: 0 };
        Ok(self.client.clone().get_floor(request).await?.into_inner())
    }

    pub async fn agent(&self, id: &str) -> Agent {
        let agents = self.floor().await.agents;
        agents.into_iter().find(|agent| agent.agent_id == id).unwrap_or_default()
    }

    pub async fn contact(&self, id: &str) -> Option<(ContactState, String)> {
        let request = GetContactRequest { floor: self.config.floor.clone(), contact_id: id.to_owned() };
        let contact = self.client.clone().get_contact(request).await.ok()?.into_inner().contact?;
        Some((contact.state(), contact.agent_id))
    }

    /// Waits until the site has applied a command that another site answered.
    pub async fn catch_up(&self, sequence: u64) {
        until(async || self.floor().await.sequence >= sequence).await;
    }

    /// The site's name, from what it was told.
    pub fn name(&self) -> String {
        self.cluster.settings(self.home, "routing").site
    }

    pub async fn owns(&self) -> bool {
        self.floor().await.owner.starts_with(&format!("{}.", self.name()))
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.runtime.shutdown_background();
        }
    }
}

/// Both sites on a floor of their own, with an owner.
pub async fn two_sites(cluster: &Arc<Cluster>, floor: &str) -> [Site; 2] {
    let sites = [
        Site::start(cluster, journal::testing::TOKYO, floor).await,
        Site::start(cluster, journal::testing::OSAKA, floor).await,
    ];
    for site in &sites {
        until(async || !site.floor().await.owner.is_empty()).await;
    }
    sites
}

/// The site that owns the floor first, then the other.
pub async fn owner_first(sites: [Site; 2]) -> [Site; 2] {
    let [a, b] = sites;
    if a.owns().await { [a, b] } else { [b, a] }
}

/// Waits for a condition, never for a duration.
pub async fn until(condition: impl AsyncFn() -> bool) {
    while !condition().await {
        sleep(PAUSE).await;
    }
}

fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn config(listen: SocketAddr, token: Secret, database: &PgPool, floor: &str) -> routing::Config {
    let options = database.connect_options();
    let (host, port, name) = (options.get_host(), options.get_port(), options.get_database().unwrap());
    routing::Config {
        listen,
        token,
        database: Secret::new(format!("postgres://{}@{host}:{port}/{name}", options.get_username())),
        database_connections: 3,
        floor: floor.to_owned(),
        ageing_ms: 30_000,
        decline_pause_ms: 1_500,
        only_agent_patience_ms: 2_000,
        ended_memory_ms: 600_000,
        escalate_after_ms: 1_800_000,
        snapshot_every: 20,
        command_deadline_ms: 5_000,
    }
}

pub fn queue(id: &str, offer_timeout_ms: u32) -> What {
    let queue = Queue { queue_id: id.into(), channel: Channel::Chat.into(), offer_timeout_ms, ..Queue::default() };
    What::DefineQueue(DefineQueue { queue: Some(queue) })
}

pub fn agent(id: &str, limit: u32) -> What {
    let capacities = vec![Capacity { channel: Channel::Chat.into(), limit, ..Capacity::default() }];
    What::DefineAgent(DefineAgent { agent_id: id.into(), name: id.into(), capacities, ..DefineAgent::default() })
}

pub fn set(id: &str, availability: Availability) -> What {
    let availability = availability.into();
    What::SetAvailability(SetAvailability { agent_id: id.into(), availability, reason: String::new() })
}

pub fn enqueue(id: &str) -> What {
    let (contact_id, queue_id) = (id.into(), "q".into());
    What::Enqueue(Enqueue { contact_id, queue_id, ..Enqueue::default() })
}

pub fn accept(id: &str, round: u32, agent: &str) -> What {
    What::Accept(Accept { contact_id: id.into(), round, agent_id: agent.into() })
}

pub fn decline(id: &str, round: u32, agent: &str) -> What {
    What::Decline(Decline { contact_id: id.into(), round, agent_id: agent.into() })
}

pub fn end(id: &str) -> What {
    What::EndContact(EndContact { contact_id: id.into(), withdrawn: false })
}
