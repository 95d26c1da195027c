//! A browser that does what a test says, frame by frame.

use std::{collections::VecDeque, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use madoguchi::drive::http::Door;
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use uuid::Uuid;

use crate::Stage;

/// Longest wait for something that must come; far more than it ever takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Puppet {
    pub id: String,
    pub token: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: VecDeque<Value>,
    next: u64,
}

impl Puppet {
    /// A new customer at `site`.
    pub async fn customer(stage: &Stage, site: &str) -> Self {
        let answer = door(stage, site, None).post("/api/v1/customers", &json!({})).await.unwrap();
        Self::connect(stage, site, answer["token"].as_str().unwrap()).await
    }

    /// A practice agent at `site`, not yet ready.
    pub async fn agent(stage: &Stage, site: &str, login: &str) -> Self {
        let token = sign_in(stage, site, login).await;
        Self::connect(stage, site, &token).await
    }

    /// Connects and says hello.
    pub async fn connect(stage: &Stage, site: &str, token: &str) -> Self {
        let mut socket = socket(stage, site).await;
        let hello = json!({"type": "hello", "protocol": 1, "token": token, "language": "ja"});
        socket.send(Message::text(hello.to_string())).await.unwrap();
        let mut puppet = Self { id: String::new(), token: token.to_owned(), socket, heard: VecDeque::new(), next: 0 };
        let welcome = puppet.until("welcome", |frame| frame["type"] == "welcome").await;
        assert_eq!(welcome["site"], site);
        puppet.id = welcome["id"].as_str().unwrap().to_owned();
        puppet
    }

    pub async fn say(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    pub async fn say_raw(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Asks, and asks again while the answer is "later". Returns `done` or a final `error`.
    pub async fn ask(&mut self, mut frame: Value) -> Value {
        loop {
            self.next += 1;
            let reference = self.next.to_string();
            frame["ref"] = json!(reference);
            self.say(frame.clone()).await;
            let answer = self.until("an answer", |heard| heard["ref"] == reference.as_str()).await;
            if answer["retry"] != json!(true) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Asks, and wants a yes.
    pub async fn done(&mut self, frame: Value) -> Value {
        let answer = self.ask(frame.clone()).await;
        assert_eq!(answer["type"], "done", "{frame} was answered by {answer}");
        answer
    }

    /// Asks, and wants this refusal.
    pub async fn refused(&mut self, frame: Value, reason: &str) {
        let answer = self.ask(frame.clone()).await;
        assert_eq!((&answer["type"], &answer["reason"]), (&json!("error"), &json!(reason)), "{frame}: {answer}");
    }

    /// The next frame that is wanted; what came before it stays for later.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(place) = self.heard.iter().position(&wanted) {
            return self.heard.remove(place).unwrap();
        }
        loop {
            let frame =
                self.hear().await.unwrap_or_else(|why| panic!("waiting for {what}: {why}; heard {:?}", self.heard));
            if wanted(&frame) {
                return frame;
            }
            if frame["type"] != "pong" {
                self.heard.push_back(frame);
            }
        }
    }

    async fn hear(&mut self) -> Result<Value, String> {
        loop {
            let message = timeout(PATIENCE, self.socket.next()).await.map_err(|_| "nothing came".to_owned())?;
            match message {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).map_err(|error| error.to_string()),
                Some(Ok(Message::Close(frame))) => return Err(format!("closed: {frame:?}")),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.to_string()),
                None => return Err("the connection ended".to_owned()),
            }
        }
    }

    /// Opens a conversation in the practice queue.
    pub async fn open(&mut self) -> Uuid {
        let conversation = Uuid::new_v4();
        self.done(json!({"type": "open", "conversation": conversation, "queue": "support", "name": "山田 花子"})).await;
        self.watch(conversation, 0).await;
        conversation
    }

    pub async fn watch(&mut self, conversation: Uuid, after: u64) {
        self.done(json!({"type": "watch", "conversation": conversation, "after": after})).await;
    }

    /// Posts; returns the number.
    pub async fn post(&mut self, conversation: Uuid, text: &str) -> u64 {
        let answer = self.done(post(conversation, Uuid::new_v4(), text)).await;
        answer["number"].as_u64().unwrap()
    }

    /// The event with this text.
    pub async fn sees(&mut self, conversation: Uuid, text: &str) -> Value {
        let conversation = conversation.to_string();
        let wanted = |frame: &Value| frame["conversation"] == conversation.as_str() && frame["event"]["text"] == text;
        self.until(text, wanted).await
    }

    /// Ready; takes the offer for this conversation and watches it.
    pub async fn take(&mut self, conversation: Uuid) {
        self.done(json!({"type": "availability", "availability": "ready", "reason": ""})).await;
        let name = conversation.to_string();
        let offered = |frame: &Value| offer(frame, &name).is_some();
        let frame = self.until("an offer", offered).await;
        let offer = offer(&frame, &name).unwrap();
        self.done(json!({"type": "accept", "contact": offer["contact"], "round": offer["round"]})).await;
        // Holding it, routing says so first and the conversation a moment later.
        loop {
            let answer = self.ask(json!({"type": "watch", "conversation": conversation, "after": 0})).await;
            if answer["type"] == "done" {
                return;
            }
            assert_eq!(answer["reason"], "not_your_conversation", "{answer}");
        }
    }
}

pub fn post(conversation: Uuid, message: Uuid, text: &str) -> Value {
    json!({"type": "post", "conversation": conversation, "message": message, "text": text})
}

fn offer(frame: &Value, conversation: &str) -> Option<Value> {
    let offers = frame["offers"].as_array()?;
    offers.iter().find(|offer| offer["conversation"] == conversation).cloned()
}

/// A socket that has said nothing yet.
pub async fn socket(stage: &Stage, site: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let url = stage.url(site).replace("http://", "ws://") + "/socket";
    connect_async(url).await.unwrap().0
}

pub fn door(stage: &Stage, site: &str, token: Option<&str>) -> Door {
    Door { address: stage.url(site).replace("http://", ""), token: token.map(str::to_owned) }
}

/// A practice account's token.
pub async fn sign_in(stage: &Stage, site: &str, login: &str) -> String {
    let (login, password) = stage.center.account(login).unwrap();
    let body = json!({"login": login, "password": password});
    let answer = door(stage, site, None).post("/api/v1/sign-in", &body).await.unwrap();
    answer["token"].as_str().unwrap().to_owned()
}
