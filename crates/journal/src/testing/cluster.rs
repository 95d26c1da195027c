//! Three NATS servers: two sites and a witness, one JetStream cluster, `sync_interval: always`.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::process::{Folder, Process, find, free_ports, project_folder};
use crate::{Journal, MasterKey, Settings, SystemUser, health};

/// Index of the first site's server.
pub const TOKYO: usize = 0;
/// Index of the second site's server.
pub const OSAKA: usize = 1;
/// Index of the witness.
pub const WITNESS: usize = 2;

const NAMES: [&str; 3] = ["tokyo", "osaka", "witness"];
const PAUSE: Duration = Duration::from_millis(50);
const START_PATIENCE: Duration = Duration::from_secs(60);

/// The three servers. They end with the last handle.
pub struct Cluster {
    folder: Folder,
    program: PathBuf,
    clients: [u16; 3],
    monitors: [u16; 3],
    servers: Mutex<[Option<Process>; 3]>,
}

static SHARED: tokio::sync::Mutex<Weak<Cluster>> = tokio::sync::Mutex::const_new(Weak::new());

impl Cluster {
    /// A cluster of one's own, with a meta leader. `sync` is `always`, or an interval such as `2m`.
    ///
    /// # Panics
    /// When the program is not found or a server does not start.
    pub async fn start(sync: &str) -> Arc<Cluster> {
        let cluster = Cluster {
            folder: Folder::new("nats"),
            program: find("nats-server", "MADOGUCHI_NATS_SERVER", &[project_folder("bin")]),
            clients: free_ports(),
            monitors: free_ports(),
            servers: Mutex::new([None, None, None]),
        };
        let routes: [u16; 3] = free_ports();
        for server in 0..3 {
            cluster.configure(server, &routes, sync);
            cluster.start_server(server);
        }
        for server in 0..3 {
            cluster.ready(server).await;
        }
        Arc::new(cluster)
    }

    /// A cluster shared by all tests that run now and do it no harm.
    pub async fn shared() -> Arc<Cluster> {
        let mut shared = SHARED.lock().await;
        if let Some(cluster) = shared.upgrade() {
            return cluster;
        }
        let cluster = Cluster::start("always").await;
        *shared = Arc::downgrade(&cluster);
        cluster
    }

    fn configure(&self, server: usize, routes: &[u16; 3], sync: &str) {
        let store = self.store(server);
        let peers = routes.map(|port| format!("\"nats://127.0.0.1:{port}\"")).join(", ");
        let text = format!(
            "server_name: {name}\nlisten: \"127.0.0.1:{client}\"\nhttp: \"127.0.0.1:{monitor}\"\n\
             jetstream {{ store_dir: \"{store}\", sync_interval: \"{sync}\" }}\n\
             cluster {{ name: madoguchi, listen: \"127.0.0.1:{route}\", routes: [ {peers}] }}\n\
             accounts {{\n  APP {{ jetstream: enabled, users: [ {{ user: app, password: app }} ] }}\n  \
             SYS {{ users: [ {{ user: sys, password: sys }} ] }}\n}}\nsystem_account: SYS\n",
            name = NAMES[server],
            client = self.clients[server],
            monitor = self.monitors[server],
            store = store.display(),
            route = routes[server],
        );
        fs::write(self.file(server, "conf"), text).expect("writing a server's configuration");
    }

    fn file(&self, server: usize, kind: &str) -> PathBuf {
        self.folder.0.join(format!("{}.{kind}", NAMES[server]))
    }

    /// Where a server keeps its streams.
    pub fn store(&self, server: usize) -> PathBuf {
        self.folder.0.join(NAMES[server])
    }

    /// Starts a server that is down.
    pub fn start_server(&self, server: usize) {
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.file(server, "conf"));
        let process = Process::start(&mut command, &self.file(server, "log"));
        self.servers()[server] = Some(process);
    }

    fn servers(&self) -> std::sync::MutexGuard<'_, [Option<Process>; 3]> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `kill -9`.
    pub fn kill(&self, server: usize) {
        self.servers()[server] = None;
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(&self, server: usize) {
        let process = self.servers()[server].take();
        if let Some(mut process) = process {
            process.signal("TERM");
            process.wait();
        }
    }

    /// SIGSTOP: it holds its connections and says nothing.
    pub fn freeze(&self, server: usize) {
        self.signal(server, "STOP");
    }

    /// SIGCONT.
    pub fn thaw(&self, server: usize) {
        self.signal(server, "CONT");
    }

    fn signal(&self, server: usize, name: &str) {
        if let Some(process) = &self.servers()[server] {
            process.signal(name);
        }
    }

    /// Process ids of the running servers.
    pub fn process_ids(&self) -> Vec<u32> {
        self.servers().iter().flatten().map(Process::id).collect()
    }

    /// Waits until a server knows a meta leader and serves JetStream.
    ///
    /// # Panics
    /// With the server's log, after a minute.
    pub async fn ready(&self, server: usize) {
        let end = Instant::now() + START_PATIENCE;
        loop {
            let log = || fs::read_to_string(self.file(server, "log")).unwrap_or_default();
            assert!(Instant::now() < end, "{} is not ready: {}", NAMES[server], log());
            let jsz = self.monitor(server, "/jsz").await;
            let leader = jsz.as_ref().and_then(|jsz| jsz["meta_cluster"]["leader"].as_str());
            let healthy = self.monitor(server, "/healthz?js-enabled-only=true").await;
            let healthy = healthy.is_some_and(|health| health["status"] == "ok");
            if healthy && leader.is_some_and(|leader| !leader.is_empty()) {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until a server has caught up with every stream it holds.
    pub async fn healthy(&self, server: usize) {
        loop {
            let health = self.monitor(server, "/healthz").await;
            if health.is_some_and(|health| health["status"] == "ok") {
                return;
            }
            sleep(PAUSE).await;
        }
    }

    /// A server's JSON answer to a monitoring question, if it answers.
    pub async fn monitor(&self, server: usize, path: &str) -> Option<Value> {
        let body = health::get(&format!("127.0.0.1:{}", self.monitors[server]), path).await.ok()?;
        serde_json::from_slice(&body).ok()
    }

    /// The server that leads a stream.
    pub async fn leader(&self, journal: &Journal, stream: &str) -> usize {
        loop {
            let subject = format!("$JS.API.STREAM.INFO.{stream}");
            if let Ok(message) = journal.client().request(subject, "".into()).await {
                let info: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
                let leader = info["cluster"]["leader"].as_str().unwrap_or_default();
                if let Some(server) = NAMES.iter().position(|name| *name == leader) {
                    return server;
                }
            }
            sleep(PAUSE).await;
        }
    }

    /// Moves a stream's leader to a server and waits until it leads.
    pub async fn lead(&self, journal: &Journal, stream: &str, server: usize) {
        while self.leader(journal, stream).await != server {
            let subject = format!("$JS.API.STREAM.LEADER.STEPDOWN.{stream}");
            let order = format!("{{\"placement\":{{\"preferred\":\"{}\"}}}}", NAMES[server]);
            let _ = journal.client().request(subject, order.into()).await;
            sleep(PAUSE).await;
        }
    }

    /// Settings of a service at a site (or with the witness as its home).
    pub fn settings(&self, home: usize, service: &str) -> Settings {
        let order = [home, (home + 1) % 3, (home + 2) % 3];
        Settings {
            site: NAMES[home].to_owned(),
            service: service.to_owned(),
            servers: order.map(|server| format!("nats://127.0.0.1:{}", self.clients[server])).to_vec(),
            user: "app".to_owned(),
            password: "app".to_owned(),
            require_sync_always: true,
            monitoring: order.map(|server| format!("http://127.0.0.1:{}", self.monitors[server])).to_vec(),
            master_keys: vec![MasterKey::new("practice-1", [42; 32])],
            preferred_leader: NAMES[WITNESS].to_owned(),
            replicas: 3,
            system: Some(SystemUser { user: "sys".to_owned(), password: "sys".to_owned() }),
        }
    }

    /// A connection of a service at a site.
    ///
    /// # Panics
    /// When it cannot connect.
    pub async fn journal(&self, home: usize, service: &str) -> Journal {
        Journal::connect(self.settings(home, service)).await.expect("connecting to the cluster")
    }
}
