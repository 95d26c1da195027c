//! Instances of the service, and reporters that speak through them.

use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use chassis::{Secret, Shutdown, grpc::Channel, refusal::Refusal};
use journal::testing::{Cluster, Postgres};
use proto::crm::v1::{
    self as pb, case_service_client::CaseServiceClient, crm_service_client::CrmServiceClient, fact::What,
    order_service_client::OrderServiceClient, plan_service_client::PlanServiceClient,
    retention_service_client::RetentionServiceClient, segment_service_client::SegmentServiceClient,
    webhook_service_client::WebhookServiceClient, word_service_client::WordServiceClient,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::{task::JoinHandle, time::Instant};
use tonic::Response;
use uuid::Uuid;

pub const TOKEN: &str = "internal";

/// One running instance with a database of its own.
pub struct Instance {
    pub pool: PgPool,
    pub shutdown: Shutdown,
    pub task: JoinHandle<Result<(), crm::RunError>>,
    pub client: CrmServiceClient<Channel>,
    pub orders: OrderServiceClient<Channel>,
    pub cases: CaseServiceClient<Channel>,
    pub segments: SegmentServiceClient<Channel>,
    pub plans: PlanServiceClient<Channel>,
    pub webhooks: WebhookServiceClient<Channel>,
    pub retention: RetentionServiceClient<Channel>,
    pub words: WordServiceClient<Channel>,
}

impl Instance {
    /// An instance at a site with an empty database.
    pub async fn start(cluster: &Cluster, home: usize) -> Instance {
        let postgres = Postgres::shared().await;
        let database = postgres.database().await;
        // The server ends with its last handle: it lives as long as this process.
        std::mem::forget(postgres);
        Self::with_database(cluster, home, &database).await
    }

    /// The same, which knows these shops; `poll_ms`: how often their events are fetched.
    pub async fn with_shops(cluster: &Cluster, home: usize, shops: &[(&str, String)], poll_ms: u64) -> Instance {
        Self::with(cluster, home, shops_of(shops, poll_ms)).await
    }

    /// The same with more settings.
    pub async fn with(cluster: &Cluster, home: usize, more: Value) -> Instance {
        let postgres = Postgres::shared().await;
        let database = postgres.database().await;
        std::mem::forget(postgres);
        Self::on(cluster, home, &database, more).await
    }

    pub async fn with_database(cluster: &Cluster, home: usize, database: &PgPool) -> Instance {
        Self::on(cluster, home, database, json!({})).await
    }

    pub async fn on(cluster: &Cluster, home: usize, database: &PgPool, more: Value) -> Instance {
        let options = database.connect_options();
        let name = options.get_database().unwrap();
        let url = format!("postgres://postgres@127.0.0.1:{}/{name}", options.get_port());
        let listen = free_address();
        let pool = chassis::pool::connect(&Secret::new(url.clone()), 2, &crm::view::MIGRATOR, crm::view::SCHEMA)
            .await
            .unwrap();
        let shutdown = Shutdown::new(Duration::from_secs(10));
        let settings = cluster.settings(home, "crm");
        let task = tokio::spawn(crm::run(config(listen, &url, more), settings, shutdown.clone()));
        let channel = chassis::grpc::channel(&format!("http://{listen}"), &Secret::new(TOKEN)).unwrap();
        let instance = Instance {
            pool,
            shutdown,
            task,
            client: CrmServiceClient::new(channel.clone()),
            orders: OrderServiceClient::new(channel.clone()),
            cases: CaseServiceClient::new(channel.clone()),
            segments: SegmentServiceClient::new(channel.clone()),
            plans: PlanServiceClient::new(channel.clone()),
            webhooks: WebhookServiceClient::new(channel.clone()),
            retention: RetentionServiceClient::new(channel.clone()),
            words: WordServiceClient::new(channel),
        };
        until("the instance answers", || async { instance.look_up(vec![phone("090-0000-0000")]).await.is_ok() }).await;
        instance
    }

    /// As if the process were killed: nothing of it goes on.
    pub fn kill(self) {
        self.task.abort();
    }

    pub async fn stop(self) {
        self.shutdown.signal();
        self.task.await.unwrap().unwrap();
    }

    pub async fn report(&self, source: &str, facts: Vec<pb::Fact>) -> Result<Vec<pb::FactOutcome>, Refusal> {
        let request = pb::ReportRequest { source: source.to_owned(), by: "hana".to_owned(), facts };
        let asked = self.client.clone().report(request).await;
        asked.map(|said| said.into_inner().outcomes).map_err(|status| Refusal::from(&status))
    }

    /// Repeats while the answer is `unavailable`, as every reporter does; nothing may be refused.
    pub async fn insist(&self, source: &str, facts: Vec<pb::Fact>) -> Vec<pb::FactOutcome> {
        loop {
            match self.report(source, facts.clone()).await {
                Ok(outcomes) => {
                    assert!(outcomes.iter().all(|outcome| outcome.refused.is_empty()), "{outcomes:?}");
                    return outcomes;
                }
                Err(refusal) => assert_eq!(refusal.reason, "unavailable", "{refusal}"),
            }
        }
    }

    pub async fn look_up(&self, identities: Vec<pb::Identity>) -> Result<Vec<pb::Customer>, Refusal> {
        let asked = self.client.clone().look_up(pb::LookUpRequest { identities }).await;
        asked.map(|found| found.into_inner().customers).map_err(|status| Refusal::from(&status))
    }

    pub async fn customer(&self, id: &str) -> Result<pb::GetCustomerResponse, Refusal> {
        let request = pb::GetCustomerRequest { customer_id: id.to_owned(), entries: 50 };
        let asked = self.client.clone().get_customer(request).await;
        asked.map(Response::into_inner).map_err(|status| Refusal::from(&status))
    }

    pub async fn search(&self, text: &str) -> Vec<pb::Customer> {
        let request = pb::SearchCustomersRequest { text: text.to_owned(), limit: 0 };
        self.client.clone().search_customers(request).await.unwrap().into_inner().customers
    }

    pub async fn suggestions(&self, id: &str) -> Vec<pb::Suggestion> {
        let request = pb::ListSuggestionsRequest { customer_id: id.to_owned() };
        self.client.clone().list_suggestions(request).await.unwrap().into_inner().suggestions
    }

    pub async fn erase(&self, id: &str) -> Result<pb::EraseCustomerResponse, Refusal> {
        let request = pb::EraseCustomerRequest { customer_id: id.to_owned(), by: "boss".to_owned(), only_ask: false };
        let asked = self.client.clone().erase_customer(request).await;
        asked.map(Response::into_inner).map_err(|status| Refusal::from(&status))
    }

    /// The customer of a record here, once it is known.
    pub async fn group(&self, record: &str) -> String {
        self.customer(record).await.map_or_else(|_| String::new(), |found| found.customer.unwrap().customer_id)
    }

    pub async fn digest(&self) -> [u8; 32] {
        crm::view::digest(&self.pool).await.unwrap()
    }
}

/// A word of one's own, so that tests that share a cluster do not meet.
pub fn unique() -> String {
    Uuid::new_v4().simple().to_string()
}

pub fn identity(kind: pb::IdentityKind, namespace: &str, value: &str, verified: bool) -> pb::Identity {
    pb::Identity { kind: kind.into(), namespace: namespace.to_owned(), value: value.to_owned(), verified }
}

pub fn phone(number: &str) -> pb::Identity {
    identity(pb::IdentityKind::Phone, "", number, false)
}

pub fn mail(address: &str, verified: bool) -> pb::Identity {
    identity(pb::IdentityKind::Mail, "", address, verified)
}

/// The customer number of a shop.
pub fn shop(number: &str) -> pb::Identity {
    identity(pb::IdentityKind::Ec, "shop", number, true)
}

/// A number that nobody else has.
pub fn number() -> String {
    format!("0{:010}", 7_000_000_000 + Uuid::new_v4().as_u128() % 999_999_999)
}

pub fn fact(id: &str, owner: &pb::Identity, what: What) -> pb::Fact {
    pb::Fact {
        fact_id: id.to_owned(),
        at_ms: 1_000,
        owner: Some(owner.clone()),
        what: Some(what),
        ..pb::Fact::default()
    }
}

pub fn of_record(id: &str, record: &str, what: What) -> pb::Fact {
    pb::Fact {
        fact_id: id.to_owned(),
        at_ms: 2_000,
        record_id: record.to_owned(),
        what: Some(what),
        ..pb::Fact::default()
    }
}

pub fn profile(values: &[(pb::ProfileField, &str)]) -> What {
    let fields =
        values.iter().map(|(field, value)| pb::FieldValue { field: (*field).into(), value: (*value).to_owned() });
    What::Profile(pb::ProfileValues { fields: fields.collect() })
}

pub fn named(name: &str) -> What {
    profile(&[(pb::ProfileField::Name, name)])
}

pub fn touch(kind: &str, text: &str) -> What {
    What::Touchpoint(pb::Touchpoint { kind: kind.to_owned(), text: text.to_owned(), ..pb::Touchpoint::default() })
}

pub fn field(customer: &pb::Customer, field: pb::ProfileField) -> &str {
    let wanted = i32::from(field);
    customer.fields.iter().find(|value| value.field == wanted).map_or("", |value| value.value.as_str())
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn config(listen: SocketAddr, database: &str, more: Value) -> crm::Config {
    let mut config = json!({
        "listen": listen.to_string(), "token": TOKEN, "database": database, "identity_secret": "the same at every site",
    });
    config.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    serde_json::from_value(config).unwrap()
}

/// The setting of these shops; `poll_ms`: how often their events are fetched.
pub fn shops_of(shops: &[(&str, String)], poll_ms: u64) -> Value {
    let shop = |(name, url): &(&str, String)| {
        ((*name).to_owned(), json!({ "url": url, "timeout_ms": 500, "poll_ms": poll_ms }))
    };
    json!({ "shops": shops.iter().map(shop).collect::<serde_json::Map<String, Value>>() })
}

/// Waits for a condition; two minutes are for ever.
pub async fn until<F: Future<Output = bool>>(what: &str, mut condition: impl FnMut() -> F) {
    let end = Instant::now() + Duration::from_secs(120);
    while !condition().await {
        assert!(Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until two instances' views are equal.
pub async fn views_equal(one: &Instance, other: &Instance) {
    until("the views are equal", || async { one.digest().await == other.digest().await }).await;
}
