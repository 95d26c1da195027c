//! A browser: its socket and its HTTP.

use std::{collections::HashMap, net::SocketAddr};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::center::{Center, PATIENCE};

pub struct Browser {
    pub socket: WebSocketStream<TcpStream>,
}

pub fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Browser {
    /// A socket that has said nothing yet.
    pub async fn connect(center: &Center) -> Self {
        Self::connect_to(center.address).await
    }

    async fn connect_to(address: SocketAddr) -> Self {
        Self::over(address, TcpStream::connect(address).await.unwrap()).await
    }

    /// One that takes little at once.
    pub async fn with_little_room(center: &Center) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4_096).unwrap();
        let stream = socket.connect(center.address).await.unwrap();
        Self::over(center.address, stream).await
    }

    async fn over(address: SocketAddr, stream: TcpStream) -> Self {
        let (socket, _) = client_async(format!("ws://{address}/socket"), stream).await.unwrap();
        Self { socket }
    }

    /// Signed in, after `welcome`.
    pub async fn signed_in(center: &Center, token: &str) -> Self {
        Self::signed_in_at(center.address, token).await
    }

    pub async fn signed_in_at(address: SocketAddr, token: &str) -> Self {
        let mut browser = Self::connect_to(address).await;
        browser.hello(token).await;
        assert_eq!(browser.next().await["type"], "welcome");
        browser
    }

    pub async fn hello(&mut self, token: &str) {
        self.send(json!({"type":"hello","protocol":1,"token":token,"language":"ja"})).await;
    }

    pub async fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next frame that is not a heartbeat; a close is `{"type":"closed","code":…}`.
    pub async fn next(&mut self) -> Value {
        loop {
            let frame = self.any().await;
            if frame["type"] != "pong" {
                return frame;
            }
        }
    }

    pub async fn any(&mut self) -> Value {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a frame in time") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(frame))) => {
                    return json!({"type":"closed","code": frame.map(|frame| u16::from(frame.code))});
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return json!({"type":"broken","error": error.to_string()}),
                None => return json!({"type":"gone"}),
            }
        }
    }

    /// The next frame of this type.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] == kind {
                return frame;
            }
            assert!(!matches!(frame["type"].as_str(), Some("closed" | "broken" | "gone")), "{frame}");
        }
    }

    /// The answer to a `ref`.
    pub async fn answer(&mut self, reference: &str) -> Value {
        loop {
            let frame = self.next().await;
            if frame["ref"] == reference {
                return frame;
            }
            assert!(!matches!(frame["type"].as_str(), Some("closed" | "broken" | "gone")), "{frame}");
        }
    }

    /// Opens a conversation and waits for `done`.
    pub async fn open(&mut self, conversation: &str) {
        let open = json!({"type":"open","ref":"open","conversation":conversation,"queue":"support","name":"花子"});
        self.send(open).await;
        assert_eq!(self.answer("open").await["type"], "done");
    }

    /// Watches and waits for `done`.
    pub async fn watch(&mut self, conversation: &str, after: u64) {
        self.send(json!({"type":"watch","ref":"watch","conversation":conversation,"after":after})).await;
        assert_eq!(self.answer("watch").await["type"], "done");
    }

    /// Says something; the answer is not waited for.
    pub async fn post(&mut self, reference: &str, conversation: &str, text: &str) {
        self.send(json!({"type":"post","ref":reference,"conversation":conversation,"message":id(),"text":text})).await;
    }

    /// The refusal of the next frame that is one, by its reason.
    pub async fn refused(&mut self) -> String {
        self.next_of("error").await["reason"].as_str().unwrap().to_owned()
    }
}

/// A client that would send what a browser cannot.
pub async fn unbounded(center: &Center) -> WebSocketStream<TcpStream> {
    let stream = TcpStream::connect(center.address).await.unwrap();
    let config = WebSocketConfig::default().max_frame_size(None).max_message_size(None);
    let url = format!("ws://{}/socket", center.address);
    tokio_tungstenite::client_async_with_config(url, stream, Some(config)).await.unwrap().0
}

pub struct Reply {
    pub status: u16,
    pub headers: HashMap<String, String>,
    /// What came after the head.
    pub bytes: Vec<u8>,
    /// The same as text.
    pub text: String,
    pub body: Value,
}

/// One HTTP request.
pub async fn http(address: SocketAddr, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> Reply {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    http_with(address, method, path, &authorization, &body).await
}

/// One HTTP request with these header lines.
pub async fn http_with(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A server that refuses a body closes before it has read all of it.
    let _ = stream.write_all(body.as_bytes()).await;
    let mut bytes = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("an answer in time");
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let rest = bytes.split_off(end + 4);
    let (head, text) = (String::from_utf8(bytes).unwrap(), String::from_utf8_lossy(&rest).into_owned());
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status, headers, bytes: rest, text, body }
}
