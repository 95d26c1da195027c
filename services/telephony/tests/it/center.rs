//! A whole gateway: the journal's servers, SIP, media and the flows, with peers that call and are called.

use std::{
    net::SocketAddr,
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use chassis::{Secret, Shutdown, grpc};
use journal::{
    Append, Expect, Stream,
    testing::{Cluster, OSAKA, Postgres, TOKYO},
};
use prost::Message as _;
use proto::{
    journal::v1::Unit,
    telephony::v1::{
        Call, Carried, CommandCallRequest, Deed, GetSettingRequest, JoinCallRequest, ListCallsRequest,
        ListTrunksRequest, ListTrunksResponse, ListVoicemailsRequest, Person, ReadPartRequest, SettingChanged,
        Voicemail, telephony_service_client::TelephonyServiceClient,
    },
};
use serde_json::{Value, json};
use tokio::{
    runtime::Runtime,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tonic::Status;

use crate::{
    media::browser::Browser,
    office::Office,
    sip::peer::{PATIENCE, Peer},
};

const PAUSE: Duration = Duration::from_millis(30);
pub const TOKEN: &str = "internal";
/// Ports for the sound of a center.
const PORTS: u16 = 100;
static FIRST_PORT: AtomicU16 = AtomicU16::new(25_000);

/// A gateway of a site; it ends with this.
pub struct Center {
    pub client: TelephonyServiceClient<grpc::Channel>,
    gateway: Option<Gateway>,
    /// The configuration but for what is each gateway's own.
    common: Value,
    cluster: Arc<Cluster>,
    postgres: Arc<Postgres>,
    /// Chat and routing.
    pub office: Office,
}

/// A gateway in a runtime of its own, so that it can be killed with everything that it runs.
struct Gateway {
    sip: SocketAddr,
    running: JoinHandle<Result<(), telephony::RunError>>,
    runtime: Option<Runtime>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub fn chief() -> Person {
    Person { id: "chief".to_owned(), supervisor: true }
}

pub fn agent(id: &str) -> Person {
    Person { id: id.to_owned(), supervisor: false }
}

/// The caller's side of a recording.
pub fn left_of(wav: &[u8]) -> Vec<i16> {
    let mut reader = hound::WavReader::new(wav).unwrap();
    assert_eq!(reader.spec().channels, 2);
    reader.samples::<i16>().map(Result::unwrap).step_by(2).collect()
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The UDP ports of this machine in a range that are open.
fn open_ports(range: RangeInclusive<u16>) -> Vec<u16> {
    let table = std::fs::read_to_string("/proc/net/udp").unwrap();
    let port = |line: &str| u16::from_str_radix(line.split_whitespace().nth(1)?.split_once(':')?.1, 16).ok();
    table.lines().filter_map(port).filter(|port| range.contains(port)).collect()
}

/// The address of an empty database.
async fn database(postgres: &Postgres) -> String {
    let options = postgres.database().await.connect_options();
    format!("postgres://postgres@127.0.0.1:{}/{}", options.get_port(), options.get_database().unwrap())
}

/// Starts a gateway at a site, with a database of its own.
async fn gateway(
    cluster: &Cluster,
    postgres: &Postgres,
    site: usize,
    common: &Value,
) -> (Gateway, TelephonyServiceClient<grpc::Channel>) {
    let (listen, sip) = (free_port(), free_port());
    let folder = std::env::temp_dir().join(format!("telephony-{listen}-{}", std::process::id()));
    let mut config = common.clone();
    config["listen"] = json!(format!("127.0.0.1:{listen}"));
    if config.get("database").is_none() {
        config["database"] = json!(database(postgres).await);
    }
    config["sip"]["udp"] = json!(format!("127.0.0.1:{sip}"));
    config["speech"] = json!({ "sounds": folder.join("sounds"), "cache": folder.join("cache") });
    let config: telephony::Config = serde_json::from_value(config).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let journal = cluster.settings(site, "telephony");
    let running = runtime.spawn(telephony::run(config, journal, Shutdown::new(Duration::from_secs(2))));
    let channel = grpc::channel(&format!("http://127.0.0.1:{listen}"), &Secret::new(TOKEN)).unwrap();
    let sip = SocketAddr::from(([127, 0, 0, 1], sip));
    (Gateway { sip, running, runtime: Some(runtime) }, TelephonyServiceClient::new(channel))
}

impl Center {
    /// With a flow for all calls, one trunk, which leads to `outside`, and services that flows may ask.
    pub async fn start(nodes: Value, outside: &Peer, services: Value) -> Self {
        Self::start_as(nodes, outside, |config| config["services"] = services).await
    }

    /// The same, with other settings.
    pub async fn start_as(nodes: Value, outside: &Peer, change: impl FnOnce(&mut Value)) -> Self {
        let mut center = Self::with(outside, change).await;
        center.publish(nodes).await;
        center
    }

    /// With one trunk, which leads to `outside`, and what else is configured; no flow yet.
    pub async fn with(outside: &Peer, change: impl FnOnce(&mut Value)) -> Self {
        // One of its own: gateways at one journal take over each other's calls.
        let cluster = Cluster::start("always").await;
        let postgres = Postgres::shared().await;
        let (office, address) = Office::start();
        let first_port = FIRST_PORT.fetch_add(PORTS, Ordering::Relaxed);
        let mut common = json!({
            "token": TOKEN, "number_secret": "numbers", "flow": "main",
            "chat": address, "routing": address, "view_pace_ms": 0,
            "sip": { "trunks": [
                { "id": "line", "host": "127.0.0.1", "port": outside.address().port(), "sources": ["127.0.0.0/8"], "probe": false },
            ]},
            "media": { "bind": "127.0.0.1", "public": "127.0.0.1", "first_port": first_port, "last_port": first_port + PORTS - 1, "threads": 1 },
        });
        change(&mut common);
        let (gateway, client) = gateway(&cluster, &postgres, TOKYO, &common).await;
        let mut center = Self { client, gateway: Some(gateway), common, cluster, postgres, office };
        center.until("the gateway serves", async |center| center.calls().await).await;
        center
    }

    /// Its gateway dies; another site's has been there and takes over.
    pub async fn another_takes_over(&mut self) {
        let (gateway, client) = gateway(&self.cluster, &self.postgres, OSAKA, &self.common).await;
        self.client = client;
        let dead = self.gateway.replace(gateway);
        self.until("the other gateway serves", async |center| center.list(true).await.ok()).await;
        drop(dead);
    }

    /// Stores the flow as a gateway does that has checked it.
    async fn publish(&mut self, nodes: Value) {
        let flow =
            json!({ "id": "main", "version": 1, "name": "main", "language": "ja", "start": "a", "nodes": nodes });
        let journal = self.cluster.journal(TOKYO, "telephony").await;
        let changed = SettingChanged { json: flow.to_string(), version: 1, ..SettingChanged::default() };
        let unit = Unit { events: vec![changed.encode_to_vec().into()], site: "tokyo".to_owned(), ..Unit::default() };
        let append = Append {
            stream: Stream::new("FLOWS", "setting"),
            subject: "setting.flow.main".to_owned(),
            expect: Expect::Any,
            id: "first".to_owned(),
            unit,
        };
        journal.append(append).await.unwrap();
        let asked =
            || GetSettingRequest { kind: "flow".to_owned(), id: "main".to_owned(), ..GetSettingRequest::default() };
        self.until("the flow is known", async |center| center.client.get_setting(asked()).await.ok()).await;
    }

    /// All calls, as supervisors see them; none while the gateway or its view does not answer.
    pub async fn calls(&mut self) -> Option<Vec<Call>> {
        self.list(false).await.ok()
    }

    /// All calls, or those that live.
    pub async fn list(&mut self, live: bool) -> Result<Vec<Call>, Status> {
        let request = ListCallsRequest { by: Some(chief()), live, ..ListCallsRequest::default() };
        Ok(self.client.list_calls(request).await?.into_inner().calls)
    }

    /// Gateways from now on do not find their database.
    pub fn loses_databases(&mut self) {
        self.common["database"] = json!("postgres://nobody@127.0.0.1:9/none");
    }

    /// The only call, once it is as said.
    pub async fn call(&mut self, what: &str, is_so: impl Fn(&Call) -> bool) -> Call {
        self.until(what, async |center| center.calls().await?.pop().filter(|call| is_so(call))).await
    }

    pub async fn until<T>(&mut self, what: &str, mut find: impl AsyncFnMut(&mut Self) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE * 2;
        loop {
            if let Some(found) = find(self).await {
                return found;
            }
            let now = self.calls().await;
            let lives = self.gateway.as_ref().is_some_and(|gateway| !gateway.running.is_finished());
            assert!(Instant::now() < end && lives, "never: {what}; calls: {now:?}");
            sleep(PAUSE).await;
        }
    }

    /// A person's browser joins the call and hums.
    pub async fn joins(&mut self, call_id: &str, who: &Person, hz: f64) -> Browser {
        Browser::join(hz, async |sdp| self.join(call_id, who, sdp).await.unwrap()).await
    }

    /// A person's browser asks to join: the answer to its offer.
    pub async fn join(&mut self, call_id: &str, who: &Person, sdp: String) -> Result<String, Status> {
        let request = JoinCallRequest { call_id: call_id.to_owned(), by: Some(who.clone()), sdp };
        Ok(self.client.join_call(request).await?.into_inner().sdp)
    }

    /// A person does something with the call.
    pub async fn does(&mut self, call_id: &str, who: &Person, deed: Deed) {
        self.does_to(call_id, who, deed, |_| ()).await;
    }

    /// A person does something with the call that leads somewhere.
    pub async fn does_to(&mut self, call_id: &str, who: &Person, deed: Deed, to: impl FnOnce(&mut CommandCallRequest)) {
        self.tries(call_id, who, deed, to).await.unwrap();
    }

    /// The same, which may be refused.
    pub async fn tries(
        &mut self,
        call_id: &str,
        who: &Person,
        deed: Deed,
        to: impl FnOnce(&mut CommandCallRequest),
    ) -> Result<(), Status> {
        let mut request = CommandCallRequest {
            call_id: call_id.to_owned(),
            command_id: uuid::Uuid::new_v4().to_string(),
            by: Some(who.clone()),
            deed: deed.into(),
            ..CommandCallRequest::default()
        };
        to(&mut request);
        self.client.command_call(request).await.map(drop)
    }

    /// Waits until the agent is asked for, and gives them the call.
    pub async fn assigns(&mut self, call_id: &str, agent: &str) {
        self.until("the conversation is open", async |center| center.office.is_open(call_id).then_some(())).await;
        self.office.assign(call_id, agent);
        let has = |call: &Call| call.call_id == call_id && call.agent_id == agent;
        self.until("the agent has the call", async |center| center.calls().await?.into_iter().find(has)).await;
    }

    /// How the trunks stand, and what the gateway carries.
    pub async fn trunks(&mut self) -> ListTrunksResponse {
        self.client.list_trunks(ListTrunksRequest {}).await.unwrap().into_inner()
    }

    /// Nothing is left of any call: no task, no leg, no dialog, no transaction, no channel of the trunk, no port.
    pub async fn is_empty(&mut self) {
        let first = u16::try_from(self.common["media"]["first_port"].as_u64().unwrap()).unwrap();
        let end = Instant::now() + PATIENCE * 2;
        loop {
            let answer = self.trunks().await;
            let (carried, channels) = (answer.carried.unwrap(), answer.trunks[0].calls);
            let ports = open_ports(first..=first + PORTS - 1);
            if carried == Carried::default() && channels == 0 && ports.is_empty() {
                return;
            }
            assert!(Instant::now() < end, "left: {carried:?}, {channels} channels, ports {ports:?}");
            sleep(PAUSE).await;
        }
    }

    /// Messages that callers left, as supervisors see them.
    pub async fn voicemails(&mut self) -> Vec<Voicemail> {
        let by = Some(chief());
        let request = ListVoicemailsRequest { by, limit: 0 };
        self.client.list_voicemails(request).await.unwrap().into_inner().voicemails
    }

    /// The only message, once it is as said.
    pub async fn message(&mut self, what: &str, is_so: impl Fn(&Voicemail) -> bool) -> Voicemail {
        self.until(what, async |center| center.voicemails().await.pop().filter(|message| is_so(message))).await
    }

    /// A part of a recording, once it is stored.
    pub async fn sound(&mut self, call_id: &str, part: u32) -> Vec<u8> {
        let request = || ReadPartRequest { call_id: call_id.to_owned(), by: Some(chief()), part };
        let read = async |center: &mut Self| {
            let mut pieces = center.client.read_part(request()).await.ok()?.into_inner();
            let mut sound = Vec::new();
            while let Some(piece) = pieces.message().await.ok()? {
                sound.extend(piece.piece);
            }
            Some(sound).filter(|sound| sound.len() > 2 * 16_000)
        };
        self.until("the sound is stored", read).await
    }

    /// Somebody who calls.
    pub async fn caller(&self) -> Peer {
        Peer::new(self.gateway.as_ref().unwrap().sip).await
    }
}
