//! A whole gateway: the journal's servers, SIP, media and the flows, with peers that call and are called.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chassis::{Secret, Shutdown, grpc};
use journal::{
    Append, Expect, Stream,
    testing::{Cluster, OSAKA, TOKYO},
};
use prost::Message as _;
use proto::{
    journal::v1::Unit,
    telephony::v1::{
        Call, GetSettingRequest, ListCallsRequest, ListVoicemailsRequest, Person, ReadPartRequest, SettingChanged,
        Voicemail, telephony_service_client::TelephonyServiceClient,
    },
};
use serde_json::{Value, json};
use tokio::{
    runtime::Runtime,
    task::JoinHandle,
    time::{Instant, sleep},
};

use crate::sip::peer::{PATIENCE, Peer};

const PAUSE: Duration = Duration::from_millis(30);
pub const TOKEN: &str = "internal";

/// A gateway of a site; it ends with this.
pub struct Center {
    pub client: TelephonyServiceClient<grpc::Channel>,
    gateway: Option<Gateway>,
    /// The configuration but for what is each gateway's own.
    common: Value,
    cluster: Arc<Cluster>,
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

/// The caller's side of a recording.
pub fn left_of(wav: &[u8]) -> Vec<i16> {
    let mut reader = hound::WavReader::new(wav).unwrap();
    assert_eq!(reader.spec().channels, 2);
    reader.samples::<i16>().map(Result::unwrap).step_by(2).collect()
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a gateway at a site.
fn gateway(cluster: &Cluster, site: usize, common: &Value) -> (Gateway, TelephonyServiceClient<grpc::Channel>) {
    let (listen, sip) = (free_port(), free_port());
    let folder = std::env::temp_dir().join(format!("telephony-{listen}-{}", std::process::id()));
    let mut config = common.clone();
    config["listen"] = json!(format!("127.0.0.1:{listen}"));
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
        let mut center = Self::with(outside, |config| config["services"] = services).await;
        center.publish(nodes).await;
        center
    }

    /// With one trunk, which leads to `outside`, and what else is configured.
    pub async fn with(outside: &Peer, change: impl FnOnce(&mut Value)) -> Self {
        // One of its own: gateways at one journal take over each other's calls.
        let cluster = Cluster::start("always").await;
        let mut common = json!({
            "token": TOKEN, "number_secret": "numbers", "flow": "main",
            // Conversations are opened nowhere: what is tested here is the call.
            "chat": format!("http://127.0.0.1:{}", free_port()), "routing": format!("http://127.0.0.1:{}", free_port()),
            "sip": { "trunks": [
                { "id": "line", "host": "127.0.0.1", "port": outside.address().port(), "sources": ["127.0.0.0/8"], "probe": false },
            ]},
            "media": { "bind": "127.0.0.1", "public": "127.0.0.1", "first_port": 31_000, "last_port": 33_999, "threads": 1 },
        });
        change(&mut common);
        let (gateway, client) = gateway(&cluster, TOKYO, &common);
        let mut center = Self { client, gateway: Some(gateway), common, cluster };
        center.until("the gateway serves", async |center| center.calls().await).await;
        center
    }

    /// Its gateway dies; another site's has been there and takes over.
    pub async fn another_takes_over(&mut self) {
        let (gateway, client) = gateway(&self.cluster, OSAKA, &self.common);
        self.client = client;
        let dead = self.gateway.replace(gateway);
        self.until("the other gateway serves", async |center| center.calls().await).await;
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

    pub async fn calls(&mut self) -> Option<Vec<Call>> {
        let listed =
            self.client.list_calls(ListCallsRequest { by: Some(chief()), ..ListCallsRequest::default() }).await;
        listed.ok().map(|listed| listed.into_inner().calls)
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

    /// Messages that callers left, as supervisors see them.
    pub async fn voicemails(&mut self) -> Vec<Voicemail> {
        let by = Some(chief());
        self.client.list_voicemails(ListVoicemailsRequest { by }).await.unwrap().into_inner().voicemails
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
