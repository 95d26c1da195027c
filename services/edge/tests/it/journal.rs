//! Accounts, audit and presence through a real journal.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use chassis::{Secret, Shutdown};
use edge::{
    Config,
    accounts::{Accounts as _, Hashing, JournalAccounts, SetAccount, set_account},
    frames::Role,
};
use journal::{
    Journal,
    testing::{Cluster, OSAKA, TOKYO},
};
use proto::routing::v1::Availability;
use tokio_util::sync::CancellationToken;

use super::{
    browser::{Browser, http},
    center::{Center, PASSWORD, PATIENCE},
};

fn wanted(login: &str, name: &str, password: Option<&str>) -> SetAccount {
    let password = password.map(Secret::new);
    SetAccount { login: login.to_owned(), name: name.to_owned(), role: Role::Agent, password }
}

struct Site {
    accounts: JournalAccounts,
    journal: Journal,
    stop: CancellationToken,
}

impl Site {
    async fn start(cluster: &Arc<Cluster>, site: usize) -> Self {
        let journal = cluster.journal(site, "edge").await;
        let accounts = JournalAccounts::new(journal.clone(), Hashing::new(2, 10));
        let stop = CancellationToken::new();
        let (following, token) = (accounts.clone(), stop.clone());
        tokio::spawn(async move { following.follow(token).await });
        Self { accounts, journal, stop }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[tokio::test]
async fn an_account_made_anywhere_signs_in_everywhere() {
    let cluster = Cluster::shared().await;
    let operator = cluster.journal(TOKYO, "operator").await;
    let hashing = Hashing::new(1, 1);
    assert!(set_account(&operator, &hashing, wanted("boss", "部長", None)).await.is_err());
    let (boss, sequence) = set_account(&operator, &hashing, wanted("boss", "部長", Some(PASSWORD))).await.unwrap();
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    for site in [&tokyo, &osaka] {
        assert!(site.accounts.seen(sequence, PATIENCE).await);
        let (account, phc) = site.accounts.credentials("boss").await.unwrap().unwrap();
        assert_eq!((account.id.as_str(), account.name.as_str()), (boss.id.as_str(), "部長"));
        assert_eq!(hashing.verify(&Secret::new(PASSWORD), Some(phc)).await, Ok(true));
    }
    let renamed = osaka.accounts.set(wanted("boss", "本部長", None)).await.unwrap();
    assert_eq!((renamed.id.as_str(), renamed.name.as_str()), (boss.id.as_str(), "本部長"));
    let disabled = tokyo.accounts.disable("boss").await.unwrap();
    assert!(disabled.disabled && tokyo.accounts.refuses(&boss.id, boss.role));
    let last = tokyo.journal.last_sequence(&edge::accounts::ACCOUNTS).await.unwrap();
    assert!(osaka.accounts.seen(last, PATIENCE).await);
    assert!(osaka.accounts.refuses(&boss.id, boss.role));
    assert_eq!(osaka.accounts.name_of(&boss.id).await, "本部長");
}

#[tokio::test]
async fn two_who_change_one_account_both_hold() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let hashing = Hashing::new(1, 1);
    set_account(&tokyo.journal, &hashing, wanted("both", "first", Some(PASSWORD))).await.unwrap();
    let (one, other) = tokio::join!(
        tokyo.accounts.set(wanted("both", "one", None)),
        osaka.accounts.set(wanted("both", "other", None)),
    );
    assert_eq!(one.unwrap().id, other.unwrap().id);
}

#[tokio::test]
async fn names_and_passwords_are_sealed() {
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "operator").await;
    let name = "とても珍しい名前";
    set_account(&journal, &Hashing::new(1, 1), wanted("sealed", name, Some(PASSWORD))).await.unwrap();
    let replay = journal.replay(&edge::accounts::ACCOUNTS, "account.sealed", 0).await.unwrap();
    assert_eq!(replay.records.len(), 1);
    for text in [name, "argon2id"] {
        let found = replay.records[0].payload.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!found, "{text} is readable");
    }
}

#[tokio::test]
async fn the_service_runs_signs_in_and_stores_its_audit() {
    let cluster = Cluster::shared().await;
    let journal = cluster.journal(TOKYO, "operator").await;
    set_account(&journal, &Hashing::new(1, 1), wanted("runner", "走者", Some(PASSWORD))).await.unwrap();
    let nowhere = "http://127.0.0.1:9".to_owned();
    let (listen, config) = config(&nowhere, &nowhere);
    let shutdown = Shutdown::new(Duration::from_secs(5));
    let settings = cluster.settings(TOKYO, "edge");
    let running = tokio::spawn(edge::run(config, settings, shutdown.clone()));
    until_open(listen).await;
    let body = serde_json::json!({"login": "runner", "password": PASSWORD});
    let answer = http(listen, "POST", "/api/v1/sign-in", None, Some(body)).await;
    assert_eq!((answer.status, &answer.body["account"]["name"]), (200, &serde_json::json!("走者")));
    let entries = audited(&journal).await;
    assert!(
        entries.iter().any(|entry| entry.action == "sign_in" && entry.outcome == "ok" && entry.trace_id.len() == 32)
    );
    shutdown.signal();
    running.await.unwrap().unwrap();
}

fn config(chat: &str, routing: &str) -> (SocketAddr, Config) {
    let listen = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let key = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, [7; 32]);
    let config = serde_json::json!({
        "listen": listen, "token": "t", "token_key": key, "chat": chat, "routing": routing, "pages": "none",
        "sites": [{"name": "tokyo", "url": "http://t.example"}, {"name": "osaka", "url": "http://o.example"}],
        "audit": {"gather_ms": 10}, "presence": {"ping_ms": 100, "grace_ms": 1_000},
    });
    (listen, serde_json::from_value(config).unwrap())
}

async fn until_open(address: SocketAddr) {
    while tokio::net::TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_surviving_site_sets_the_agents_of_a_dead_one_away() {
    let cluster = Cluster::shared().await;
    let center = Center::start().await;
    let chat = format!("http://{}", center.chat_process.address);
    let routing = format!("http://{}", center.routing_process.address);
    let login = "survivor";
    let operator = cluster.journal(TOKYO, "operator").await;
    set_account(&operator, &Hashing::new(1, 1), wanted(login, "残", Some(PASSWORD))).await.unwrap();
    let ((osaka, osaka_config), (tokyo, tokyo_config)) = (config(&chat, &routing), config(&chat, &routing));
    let shutdown = Shutdown::new(Duration::from_secs(5));
    let surviving = tokio::spawn(edge::run(osaka_config, cluster.settings(OSAKA, "edge"), shutdown.clone()));
    let dying = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    dying.spawn(edge::run(tokyo_config, cluster.settings(TOKYO, "edge"), shutdown.clone()));
    until_open(osaka).await;
    until_open(tokyo).await;
    let body = serde_json::json!({"login": login, "password": PASSWORD});
    let signed_in = http(tokyo, "POST", "/api/v1/sign-in", None, Some(body)).await;
    let (token, id) = (signed_in.body["token"].as_str().unwrap(), signed_in.body["account"]["id"].as_str().unwrap());
    let mut agent = Browser::signed_in_at(tokyo, token).await;
    agent.send(serde_json::json!({"type":"availability","ref":"a","availability":"ready"})).await;
    assert_eq!(agent.answer("a").await["type"], "done");
    // Longer than the grace: who is here stays ready.
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(center.routing.availability(id), Some(Availability::Ready));
    }
    dying.shutdown_background();
    while center.routing.availability(id) != Some(Availability::Away) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(center.routing.0.lock().unwrap().agents[id].reason, "disconnected");
    shutdown.signal();
    surviving.await.unwrap().unwrap();
}

async fn audited(journal: &Journal) -> Vec<proto::edge::v1::AuditEntry> {
    loop {
        let replay = journal.replay(&edge::audit::AUDIT, "audit.tokyo", 0).await.unwrap();
        let events = replay.records.iter().flat_map(|record| &record.unit.events);
        let entries: Vec<_> = events
            .flat_map(|event| <proto::edge::v1::AuditEvent as prost::Message>::decode(event.clone()).unwrap().entries)
            .collect();
        if !entries.is_empty() {
            return entries;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
