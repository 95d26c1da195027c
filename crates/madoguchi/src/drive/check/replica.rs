//! Reads a stream from one server's own replica, by batched direct gets on a connection to that server alone: a server answers
//! from its own copy. Written apart from the journal crate on purpose: the checker must not share the code it checks.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Message};
use bytes::Bytes;
use futures::StreamExt as _;
use prost::Message as _;
use proto::journal::v1::Unit;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::{drive::Error, up::NatsAccess};

const BATCH: u64 = 1_000;
const PATIENCE: Duration = Duration::from_secs(5);
const ELECTIONS: Duration = Duration::from_secs(20);

/// One server of the journal.
pub struct Replica {
    server: String,
    client: Client,
}

/// A message as the replica has it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// Its `Nats-Msg-Id`.
    pub id: String,
    /// Its payload.
    pub payload: Bytes,
}

impl Kept {
    /// The unit it carries.
    ///
    /// # Errors
    /// When it is none.
    pub fn unit(&self) -> Result<Unit, Error> {
        Unit::decode(self.payload.clone()).map_err(|error| Error::Journal {
            server: self.subject.clone(),
            why: format!("sequence {}: {error}", self.sequence),
        })
    }
}

impl Replica {
    /// Connects to one server.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn connect(access: &NatsAccess, server: &str) -> Result<Self, Error> {
        let options = ConnectOptions::with_user_and_password(access.user.clone(), access.password.clone())
            .custom_inbox_prefix(&access.inbox)
            .ignore_discovered_servers()
            .connection_timeout(PATIENCE);
        let client = options
            .connect(server)
            .await
            .map_err(|error| Error::Journal { server: server.to_owned(), why: error.to_string() })?;
        Ok(Self { server: server.to_owned(), client })
    }

    /// The stream's last sequence, as its leader knows it. Waits for a leader, two elections long.
    ///
    /// # Errors
    /// When there is none even then.
    pub async fn last_sequence(&self, stream: &str) -> Result<u64, Error> {
        let start = Instant::now();
        loop {
            match self.asked_last(stream).await {
                Err(_) if start.elapsed() < ELECTIONS => sleep(Duration::from_millis(200)).await,
                outcome => return outcome,
            }
        }
    }

    async fn asked_last(&self, stream: &str) -> Result<u64, Error> {
        let subject = format!("$JS.API.STREAM.INFO.{stream}");
        let asked = timeout(PATIENCE, self.client.request(subject, Bytes::new())).await;
        let answer = asked.map_err(|_| self.error("no answer"))?.map_err(|error| self.error(error))?;
        let info: Value = serde_json::from_slice(&answer.payload).map_err(|error| self.error(error))?;
        let last = info["state"]["last_seq"].as_u64();
        last.ok_or_else(|| self.error(&info["error"]))
    }

    /// Everything this replica has of the stream's `subjects` after a sequence, in order.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn read(&self, stream: &str, subjects: &str, after: u64) -> Result<Vec<Kept>, Error> {
        let mut kept: Vec<Kept> = Vec::new();
        loop {
            let next = kept.last().map_or(after, |last| last.sequence) + 1;
            if !self.batch(stream, subjects, next, &mut kept).await? {
                return Ok(kept);
            }
        }
    }

    /// One batch; false when there is nothing more.
    async fn batch(&self, stream: &str, subjects: &str, next: u64, kept: &mut Vec<Kept>) -> Result<bool, Error> {
        let inbox = self.client.new_inbox();
        let mut answers = self.client.subscribe(inbox.clone()).await.map_err(|error| self.error(error))?;
        let request = json!({"seq": next, "batch": BATCH, "next_by_subj": subjects}).to_string();
        let subject = format!("$JS.API.DIRECT.GET.{stream}");
        let sent = self.client.publish_with_reply(subject, inbox, request.into());
        sent.await.map_err(|error| self.error(error))?;
        loop {
            let answer = timeout(PATIENCE, answers.next()).await.map_err(|_| self.error("no answer"))?;
            let answer = answer.ok_or_else(|| self.error("the connection ended"))?;
            match answer.status.map(|status| status.as_u16()) {
                None => kept.push(self.kept(&answer)?),
                Some(204) => return Ok(header(&answer, "Nats-Num-Pending").is_some_and(|pending| pending != "0")),
                Some(404) => return Ok(false),
                Some(status) => return Err(self.error(format!("status {status}"))),
            }
        }
    }

    fn kept(&self, answer: &Message) -> Result<Kept, Error> {
        let sequence = header(answer, "Nats-Sequence").and_then(|sequence| sequence.parse().ok());
        Ok(Kept {
            sequence: sequence.ok_or_else(|| self.error("a message without sequence"))?,
            subject: header(answer, "Nats-Subject").unwrap_or_default(),
            id: header(answer, "Nats-Msg-Id").unwrap_or_default(),
            payload: answer.payload.clone(),
        })
    }

    fn error(&self, why: impl ToString) -> Error {
        Error::Journal { server: self.server.clone(), why: why.to_string() }
    }
}

fn header(message: &Message, name: &str) -> Option<String> {
    let value = message.headers.as_ref()?.get(name)?;
    Some(value.as_str().to_owned())
}
