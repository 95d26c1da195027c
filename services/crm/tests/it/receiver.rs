//! A receiver of webhooks, as another company's system would be one.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// How it answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// 204.
    Open,
    /// 503.
    Broken,
    /// It takes the request and never answers.
    Silent,
    /// It leads to itself at `/elsewhere`.
    Elsewhere,
}

/// One request that it took.
#[derive(Clone)]
pub struct Got {
    pub path: String,
    pub signature: String,
    pub body: String,
    pub event: Value,
    /// It said yes to it.
    pub taken: bool,
}

/// What it has.
pub struct Desk {
    pub mood: Mood,
    pub got: Vec<Got>,
}

/// A receiver; it ends with the test.
#[derive(Clone)]
pub struct Receiver {
    address: SocketAddr,
    desk: Arc<Mutex<Desk>>,
}

impl Receiver {
    pub async fn open(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let desk = Arc::new(Mutex::new(Desk { mood, got: Vec::new() }));
        let receiver = Self { address, desk };
        let serving = receiver.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let one = serving.clone();
                tokio::spawn(async move { one.answer(socket).await });
            }
        });
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://{}/in", self.address)
    }

    pub fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    /// What it said yes to, each event once, in the order in which it came first.
    pub fn taken(&self) -> Vec<Value> {
        let mut seen = BTreeSet::new();
        let desk = self.desk();
        let taken = desk.got.iter().filter(|got| got.taken).map(|got| got.event.clone());
        taken.filter(|event| seen.insert(event["id"].to_string())).collect()
    }

    async fn answer(&self, socket: TcpStream) -> Option<()> {
        let mut socket = BufReader::new(socket);
        let (mut line, mut length, mut signature) = (String::new(), 0, String::new());
        socket.read_line(&mut line).await.ok()?;
        let path = line.split(' ').nth(1)?.to_owned();
        loop {
            line.clear();
            socket.read_line(&mut line).await.ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "madoguchi-signature" => value.clone_into(&mut signature),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await.ok()?;
        let body = String::from_utf8(body).ok()?;
        let mood = {
            let mut desk = self.desk();
            let (mood, event) = (desk.mood, serde_json::from_str(&body).ok()?);
            desk.got.push(Got { path, signature, body, event, taken: mood == Mood::Open });
            mood
        };
        let head = match mood {
            Mood::Open => "HTTP/1.1 204 No Content\r\n".to_owned(),
            Mood::Broken => "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n".to_owned(),
            Mood::Elsewhere => {
                format!("HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{}/elsewhere\r\n", self.address)
            }
            Mood::Silent => return std::future::pending().await,
        };
        socket.write_all(format!("{head}connection: close\r\n\r\n").as_bytes()).await.ok()
    }
}
