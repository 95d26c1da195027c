//! A door with everything around it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use chassis::{
    Secret, Shutdown,
    refusal::{Code, Refusal},
};
use edge::{
    Config,
    accounts::{Accounts, Answer, Hashing, Opened, SetAccount},
    audit::{AuditTrail, audit},
    door::{Door, Note, Parts},
    frames::Role,
};
use proto::{
    chat::v1::chat_service_server::ChatServiceServer, crm::v1::crm_service_server::CrmServiceServer,
    routing::v1::routing_service_server::RoutingServiceServer,
};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
};
use tonic::transport::server::TcpIncoming;

use super::{
    browser::http, fake_chat::FakeChat, fake_crm::FakeCrm, fake_routing::FakeRouting, memory_keep::MemoryKeep,
};

/// Nothing here takes so long: a guard against hanging, not a measure.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const PASSWORD: &str = "practice-password";

/// A process of `chat` or `routing`: a runtime that can be dropped with everything in it.
pub struct Process {
    pub address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Process {
    pub fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    fn start(address: SocketAddr, routes: tonic::service::Routes) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = bound(address);
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let incoming = TcpIncoming::from(TcpListener::from_std(listener).unwrap());
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming).await.unwrap();
        });
        Self { address, runtime: Some(runtime) }
    }
}

/// A process that was just killed may hold its port for a moment.
fn bound(address: SocketAddr) -> std::net::TcpListener {
    loop {
        match std::net::TcpListener::bind(address) {
            Ok(listener) => return listener,
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("binding {address}: {error}"),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

pub struct Center {
    pub chat: FakeChat,
    pub routing: FakeRouting,
    pub crm: FakeCrm,
    pub chat_process: Process,
    pub routing_process: Process,
    _crm_process: Process,
    pub accounts: Arc<MemoryAccounts>,
    pub address: SocketAddr,
    pub trail: tokio::sync::Mutex<AuditTrail>,
    pub notes: tokio::sync::Mutex<UnboundedReceiver<Note>>,
    pub journal_ready: Arc<AtomicBool>,
    pub pages: PathBuf,
    pub shutdown: Shutdown,
    pub served: Option<JoinHandle<()>>,
}

impl Center {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With a changed configuration.
    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let (chat, routing, crm) = (FakeChat::default(), FakeRouting::default(), FakeCrm::default());
        let any = "127.0.0.1:0".parse().unwrap();
        let chat_process = Process::start(any, tonic::service::Routes::new(ChatServiceServer::new(chat.clone())));
        let routing_process =
            Process::start(any, tonic::service::Routes::new(RoutingServiceServer::new(routing.clone())));
        let crm_process = Process::start(any, tonic::service::Routes::new(CrmServiceServer::new(crm.clone())));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let pages = pages(address);
        let mut config = config(address, &chat_process, &routing_process, &pages);
        config.crm = Some(format!("http://{}", crm_process.address));
        change(&mut config);
        let hashing = Hashing::new(config.sign_in.hashing, config.sign_in.waiting);
        let accounts = Arc::new(MemoryAccounts::new(hashing.clone()));
        let (audit, trail) = audit(1_000);
        let (presence, notes) = unbounded_channel();
        let journal_ready = Arc::new(AtomicBool::new(true));
        let reach = journal_ready.clone();
        let parts = Parts {
            site: "tokyo".to_owned(),
            config,
            accounts: accounts.clone(),
            keep: Arc::new(MemoryKeep::default()),
            hashing,
            audit,
            presence,
            journal_ready: Arc::new(move || reach.load(Ordering::Relaxed)),
        };
        let door = Door::new(parts).unwrap();
        let shutdown = Shutdown::new(Duration::from_secs(20));
        let stop = shutdown.clone();
        let served = Some(tokio::spawn(async move { door.serve(listener, stop).await }));
        let (trail, notes) = (tokio::sync::Mutex::new(trail), tokio::sync::Mutex::new(notes));
        let center = Self {
            chat,
            routing,
            crm,
            chat_process,
            routing_process,
            _crm_process: crm_process,
            accounts,
            address,
            trail,
            notes,
            journal_ready,
            pages,
            shutdown,
            served,
        };
        center.until_ready().await;
        center
    }

    pub async fn until_ready(&self) {
        while http(self.address, "GET", "/readyz", None, None).await.status != 200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A new process of `chat` at the old one's address, with what it had stored.
    pub fn restart_chat(&mut self) {
        let routes = tonic::service::Routes::new(ChatServiceServer::new(self.chat.clone()));
        self.chat_process = Process::start(self.chat_process.address, routes);
    }

    /// A new anonymous customer's token and id.
    pub async fn customer(&self) -> (String, String) {
        let answer = http(self.address, "POST", "/api/v1/customers", None, Some(json!({}))).await;
        assert_eq!(answer.status, 200);
        let field = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        (field("token"), field("customer_id"))
    }

    /// An account's token and id.
    pub async fn account(&self, login: &str, role: Role) -> (String, String) {
        let password = Some(Secret::new(PASSWORD));
        let account = SetAccount { login: login.to_owned(), name: format!("{login} san"), role, password };
        self.accounts.set(account).await.unwrap();
        let answer = self.sign_in(login, PASSWORD).await;
        assert_eq!(answer.0, 200, "{}", answer.1);
        let token = answer.1["token"].as_str().unwrap().to_owned();
        (token, answer.1["account"]["id"].as_str().unwrap().to_owned())
    }

    pub async fn sign_in(&self, login: &str, password: &str) -> (u16, Value) {
        let body = json!({"login": login, "password": password});
        let answer = http(self.address, "POST", "/api/v1/sign-in", None, Some(body)).await;
        (answer.status, answer.body)
    }
}

impl Drop for Center {
    fn drop(&mut self) {
        if let Some(served) = &self.served {
            served.abort();
        }
        let _ = std::fs::remove_dir_all(&self.pages);
    }
}

fn config(address: SocketAddr, chat: &Process, routing: &Process, pages: &std::path::Path) -> Config {
    let config = json!({
        "listen": address,
        "token": "inside",
        "token_key": BASE64_STANDARD.encode([7; 32]),
        "chat": format!("http://{}", chat.address),
        "routing": format!("http://{}", routing.address),
        "sites": [
            {"name": "osaka", "url": "http://osaka.example"},
            {"name": "tokyo", "url": format!("http://{address}")},
        ],
        "pages": pages,
        "widget_origins": ["https://shop.example"],
    });
    serde_json::from_value(config).unwrap()
}

fn pages(address: SocketAddr) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("madoguchi-pages-{}-{}", std::process::id(), address.port()));
    for page in ["desk", "widget"] {
        std::fs::create_dir_all(folder.join(page).join("assets")).unwrap();
        std::fs::write(folder.join(page).join("index.html"), format!("<title>{page}</title>")).unwrap();
        std::fs::write(folder.join(page).join("assets/index-0a1b.js"), "1").unwrap();
    }
    folder
}

/// Accounts without a journal.
pub struct MemoryAccounts {
    hashing: Hashing,
    accounts: Mutex<Vec<(Opened, String)>>,
}

impl MemoryAccounts {
    fn new(hashing: Hashing) -> Self {
        Self { hashing, accounts: Mutex::default() }
    }

    fn find(&self, matches: impl Fn(&Opened) -> bool) -> Option<(Opened, String)> {
        self.accounts.lock().unwrap().iter().find(|(account, _)| matches(account)).cloned()
    }
}

impl Accounts for MemoryAccounts {
    fn refuses(&self, id: &str, role: Role) -> bool {
        self.find(|account| account.id == id).is_some_and(|(account, _)| account.disabled || account.role != role)
    }

    fn list(&self) -> Answer<'_, Result<Vec<Opened>, Refusal>> {
        let list = self.accounts.lock().unwrap().iter().map(|(account, _)| account.clone()).collect();
        Box::pin(async { Ok(list) })
    }

    fn credentials<'a>(&'a self, login: &'a str) -> Answer<'a, Result<Option<(Opened, String)>, Refusal>> {
        let found = self.find(|account| account.login == login);
        Box::pin(async { Ok(found) })
    }

    fn name_of<'a>(&'a self, id: &'a str) -> Answer<'a, String> {
        let name = self.find(|account| account.id == id).map(|(account, _)| account.name).unwrap_or_default();
        Box::pin(async { name })
    }

    fn set(&self, wanted: SetAccount) -> Answer<'_, Result<Opened, Refusal>> {
        Box::pin(async move {
            let known = self.find(|account| account.login == wanted.login);
            let phc = match (&wanted.password, known) {
                (Some(password), _) => self.hashing.hash(password).await.unwrap(),
                (None, Some((_, phc))) => phc,
                (None, None) => return Err(Refusal::new(Code::InvalidArgument, "bad_password", "needed")),
            };
            let id = format!("id-{}", wanted.login);
            let account = Opened { id, login: wanted.login, name: wanted.name, role: wanted.role, disabled: false };
            let mut accounts = self.accounts.lock().unwrap();
            accounts.retain(|(other, _)| other.login != account.login);
            accounts.push((account.clone(), phc));
            Ok(account)
        })
    }

    fn disable<'a>(&'a self, login: &'a str) -> Answer<'a, Result<Opened, Refusal>> {
        let mut accounts = self.accounts.lock().unwrap();
        let disabled = accounts.iter_mut().find(|(account, _)| account.login == login).map(|(account, _)| {
            account.disabled = true;
            account.clone()
        });
        Box::pin(async { disabled.ok_or_else(|| Refusal::new(Code::NotFound, "no_such_account", "none")) })
    }
}
