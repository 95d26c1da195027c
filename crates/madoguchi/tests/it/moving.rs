//! What one center gives out, another takes in again.

use std::{collections::BTreeSet, net::SocketAddr, time::Duration};

use chassis::{Secret, Shutdown};
use edge::{
    accounts::{Hashing, SetAccount, set_account},
    frames::Role,
};
use journal::testing::{Cluster, Postgres, TOKYO};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// For what comes some time.
const FOR_EVER: Duration = Duration::from_secs(180);
const PASSWORD: &str = "correct horse battery";

/// A center of a journal, customers and a door.
struct Center {
    door: SocketAddr,
    token: String,
}

fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Center {
    async fn start(secret: &str) -> Self {
        let (cluster, postgres) = (Cluster::start("always").await, Postgres::shared().await);
        let boss = SetAccount {
            login: "boss".to_owned(),
            name: "部長".to_owned(),
            role: Role::Supervisor,
            password: Some(Secret::new(PASSWORD)),
        };
        set_account(&cluster.journal(TOKYO, "operator").await, &Hashing::new(1, 1), boss).await.unwrap();
        let database = postgres.database().await;
        let options = database.connect_options();
        let url = format!("postgres://postgres@127.0.0.1:{}/{}", options.get_port(), options.get_database().unwrap());
        let (door, customers) = (free_address(), free_address());
        let crm = json!({ "listen": customers, "token": "inside", "database": url, "identity_secret": secret });
        let edge = json!({
            "listen": door, "token": "inside", "token_key": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
            "chat": "http://127.0.0.1:1", "routing": "http://127.0.0.1:1", "crm": format!("http://{customers}"),
            "sites": [{ "name": "tokyo", "url": format!("http://{door}") }], "pages": "/nonexistent", "files_mib": 16,
        });
        let shutdown = || Shutdown::new(Duration::from_secs(10));
        let (crm, edge) = (serde_json::from_value(crm).unwrap(), serde_json::from_value(edge).unwrap());
        let serving = crm::run(crm, cluster.settings(TOKYO, "crm"), shutdown());
        tokio::spawn(async move { serving.await.expect("crm runs") });
        tokio::spawn(edge::run(edge, cluster.settings(TOKYO, "edge"), shutdown()));
        // The servers end with their last handle: they live as long as this process.
        std::mem::forget((cluster, postgres));
        let mut center = Self { door, token: String::new() };
        let sign_in = json!({ "login": "boss", "password": PASSWORD }).to_string();
        let signed_in = center.sure("POST", "/api/v1/sign-in", &sign_in).await;
        center.token = json_of(&signed_in)["token"].as_str().unwrap().to_owned();
        center
    }

    /// One request; none: nobody listens yet, or the answer broke off.
    async fn ask(&self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let mut stream = TcpStream::connect(self.door).await.ok()?;
        let (door, token, length) = (self.door, &self.token, body.len());
        let bearer = if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {door}\r\nConnection: close\r\n{bearer}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.ok()?;
        let answer = String::from_utf8(answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        Some((status, if chunked { unchunked(text.as_bytes())? } else { text.to_owned() }))
    }

    /// The body of the answer, once it is no longer that something is not there yet, or busy.
    async fn sure(&self, method: &str, path: &str, body: &str) -> String {
        loop {
            match self.ask(method, path, body).await {
                Some((200, text)) => return text,
                Some((status, text)) => assert!([409, 429, 503].contains(&status), "{status} {path}: {text}"),
                None => {}
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A table once it has so many rows: views follow within a moment.
    async fn table(&self, what: &str, rows: usize) -> String {
        loop {
            let text = self.sure("GET", &format!("/api/v1/export/{what}.csv"), "").await;
            if csv::Reader::from_reader(text.as_bytes()).records().count() == rows {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

fn unchunked(mut rest: &[u8]) -> Option<String> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return String::from_utf8(body).ok();
        }
        body.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Rows without what is the import's own: the events' ids, who told it, and what the records are called that were joined.
fn essence(text: &str) -> BTreeSet<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let own = |name: &str| ["id", "told_by", "record", "records"].contains(&name);
    let headers = reader.headers().unwrap().clone();
    let kept = |row: csv::StringRecord| {
        let cells = headers.iter().zip(row.iter()).filter(|(name, _)| !own(name));
        cells.map(|(_, cell)| cell.to_owned()).collect()
    };
    reader.records().map(|row| kept(row.unwrap())).collect()
}

fn events() -> String {
    let hanako = json!({ "kind": "ec", "namespace": "ec", "value": "C-1", "verified": true });
    let card = json!({ "kind": "card", "namespace": "points", "value": "1234", "verified": true });
    let order = |shop: &str, lines: Value| {
        json!({
            "type": "order", "shop": shop, "number": "A-1", "version": 3, "status": "shipped", "channel": "ec", "owner": hanako,
            "placed_at": 1_790_000_000_001_u64, "total": 900, "lines": lines, "note": "=SUM(A1)",
            "payment": { "method": "card", "state": "paid", "at": 1_790_000_000_002_u64 },
            "delivery": { "date": "2026-09-22", "carrier": "yamato", "tracking": "12", "shipped_at": 1_790_000_000_003_u64 },
            "to": { "recipient": "山田, \"花子\"", "address": "東京都" },
            "returns": [{ "id": "R-1", "state": "asked", "asked_at": 1_790_000_000_004_u64, "lines": [{ "sku": "K", "quantity": 1 }] }],
        })
    };
    let all = [
        json!({ "type": "customer", "id": "c", "at": 1_790_000_000_000_u64, "owner": hanako, "name": "山田 花子", "kana": "ヤマダ ハナコ",
            "note": "-電話, \"朝\"", "tier": "gold", "phones": ["090-1234-5678"], "mails": ["h@example.jp"], "identities": [card] }),
        // The same person by a card: two records, one customer.
        json!({ "type": "touchpoint", "id": "t1", "at": 1_790_000_000_005_u64, "owner": card, "kind": "store_visit", "channel": "store",
            "route": "shinjuku", "reason": "repair", "mood": -1, "text": "壊れた\n音がする", "amount": -5 }),
        json!({ "type": "touchpoint", "id": "t2", "at": 1_790_000_000_006_u64, "owner": hanako, "kind": "page_view" }),
        json!({ "type": "consent", "id": "k", "at": 1_790_000_000_007_u64, "owner": hanako, "purpose": "marketing", "channel": "mail", "granted": false }),
        order("ec", json!([{ "sku": "K", "name": "鍵", "quantity": 2, "price": 450 }, { "sku": "T", "quantity": 1 }])),
        order("outlet", json!([])),
    ];
    Value::from(all.to_vec()).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_center_gives_out_another_takes_in_again() {
    tokio::time::timeout(FOR_EVER, there_and_back()).await.expect("waited in vain");
}

async fn there_and_back() {
    let (old, new) = (Center::start("the first secret").await, Center::start("another secret of its own").await);
    let told = json_of(&old.sure("POST", "/api/v1/events?source=ec.main", &events()).await);
    assert_eq!(told["stored"], 6, "{told}");
    // Two lines are two rows, an order without lines is one.
    let tables = [("orders", 3), ("timeline", 2), ("consents", 1), ("customers", 1), ("identities", 4)];
    let mut given = Vec::new();
    for (what, rows) in tables {
        given.push((what, rows, old.table(what, rows).await));
    }
    for (what, _, text) in &given {
        let path = format!("/api/v1/imports/{what}?source=import.old");
        let told = json_of(&new.sure("POST", &path, text).await);
        assert_eq!((&told["faults"], &told["good"]), (&json!([]), &told["events"]), "{what}: {told}\n{text}");
    }
    for (what, rows, text) in &given {
        while essence(&new.table(what, *rows).await) != essence(text) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let lines = new.table("order_lines", 2).await;
    assert!(lines.contains("ec,A-1,3,") && lines.contains(",1,K,鍵,2,450\r\n"), "{lines}");
    for empty in ["cases", "tasks"] {
        new.table(empty, 0).await;
    }
}
