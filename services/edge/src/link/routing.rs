//! Commands for `routing`: few, so each is a call of its own, repeated while the floor changes hands.

use std::time::Duration;

use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::routing::v1::{ExecuteRequest, execute_request::What, routing_service_client::RoutingServiceClient};
use tokio::time::Instant;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// The floor's commands.
#[derive(Clone)]
pub(crate) struct Routing {
    pub(crate) client: RoutingServiceClient<Channel>,
    pub(crate) floor: String,
    patience: Duration,
}

impl Routing {
    pub(crate) fn new(channel: Channel, floor: String, patience: Duration) -> Self {
        Self { client: RoutingServiceClient::new(channel), floor, patience }
    }

    /// Carries a command out; safe to repeat, so it is repeated while nobody owns the floor.
    pub(crate) async fn execute(&self, what: What) -> Result<(), Refusal> {
        self.execute_by("", what).await
    }

    /// The same for a change of the rules, with the account that asks.
    pub(crate) async fn execute_by(&self, by: &str, what: What) -> Result<(), Refusal> {
        let deadline = Instant::now() + self.patience;
        let request = ExecuteRequest { floor: self.floor.clone(), what: Some(what), changed_by: by.to_owned() };
        loop {
            let refusal = match self.attempt(request.clone(), deadline).await {
                Ok(()) => return Ok(()),
                Err(refusal) => refusal,
            };
            if refusal.code != Code::Unavailable || Instant::now() + PAUSE >= deadline {
                return Err(refusal);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn attempt(&self, request: ExecuteRequest, deadline: Instant) -> Result<(), Refusal> {
        match tokio::time::timeout_at(deadline, self.client.clone().execute(request)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(status)) => Err(Refusal::from(&status)),
            Err(_) => Err(super::unavailable()),
        }
    }
}
