//! The journal and NATS, in and out. No decisions.

use std::time::Duration;

use futures::StreamExt as _;
use journal::{Append, AppendError, Appended, Expect, Follower, Journal, KeyError, ReadError, Record, Stream};
use proto::journal::v1::Unit;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    conversation::{Party, What},
    convert,
    error::RunError,
    service::{Handle, Input, Key, Loaded, typing_payload},
};

/// Conversations.
pub const CHAT: Stream = Stream::new("CHAT", "chat");
/// What routing decided.
pub(crate) const ROUTING: Stream = Stream::new("ROUTING", "routing");

/// Pause before a replica that lagged is asked again.
const LAG_PAUSE: Duration = Duration::from_millis(25);

/// The service's connection to everything that crosses sites.
#[derive(Clone)]
pub(crate) struct Bus {
    journal: Journal,
}

impl Bus {
    pub(crate) fn new(journal: Journal) -> Self {
        Self { journal }
    }

    /// Appends one unit to a conversation whose subject must end at `expect`.
    pub(crate) async fn append(
        &self,
        conversation: Uuid,
        expect: u64,
        id: String,
        unit: Unit,
    ) -> Result<Appended, AppendError> {
        let subject = convert::subject(conversation);
        self.journal.append(Append { stream: CHAT, subject, expect: Expect::Last(expect), id, unit }).await
    }

    /// Reads a conversation after a sequence, and its customer's key.
    pub(crate) async fn load(
        &self,
        conversation: Uuid,
        after: u64,
        customer: Option<String>,
        again: bool,
    ) -> Result<Loaded, ReadError> {
        if again {
            tokio::time::sleep(LAG_PAUSE).await;
        }
        let replay = self.journal.replay(&CHAT, &convert::subject(conversation), after).await?;
        let owner = replay.records.first().and_then(customer_of).or(customer);
        let key = match owner {
            Some(owner) => Some(self.key(&owner).await?),
            None => None,
        };
        Ok(Loaded { replay, key })
    }

    async fn key(&self, customer: &str) -> Result<Key, ReadError> {
        match self.journal.vault().key(customer).await {
            Ok(key) => Ok(Key::Held(Arc::new(key))),
            Err(KeyError::Erased { .. }) => Ok(Key::Erased),
            Err(error @ (KeyError::Unavailable { .. } | KeyError::Unusable { .. } | KeyError::BadId { .. })) => {
                Err(ReadError::Unavailable { what: "a customer's key".to_owned(), reason: error.to_string() })
            }
        }
    }

    /// Follows all conversations from now on.
    pub(crate) async fn follow_chat(&self) -> Result<Follower, ReadError> {
        let last = self.journal.last_sequence(&CHAT).await?;
        self.journal.follow(&CHAT, last).await
    }

    /// Tells every site that somebody types.
    pub(crate) async fn signal_typing(&self, conversation: Uuid, by: &Party) {
        let subject = format!("typing.{}", conversation.hyphenated());
        if let Err(error) = self.journal.client().publish(subject, typing_payload(by).into()).await {
            tracing::debug!(%error, "typing signal not sent");
        }
    }

    /// Brings typing signals in until the signal to stop.
    pub(crate) async fn hear_typing(&self, handle: Handle, shutdown: CancellationToken) -> Result<(), RunError> {
        let subscribed = self.journal.client().subscribe("typing.*").await;
        let mut signals = subscribed.map_err(|error| RunError::Typing(error.to_string()))?;
        loop {
            let signal = tokio::select! {
                signal = signals.next() => signal,
                () = shutdown.cancelled() => return Ok(()),
            };
            let Some(signal) = signal else { return Err(RunError::Ended("the typing subscription")) };
            let conversation = signal.subject.strip_prefix("typing.").and_then(convert::canonical);
            let (Some(conversation), Some(by)) = (conversation, convert::typist(&signal.payload)) else { continue };
            if handle.give(Input::Typing(conversation, by)).await.is_err() {
                return Ok(());
            }
        }
    }
}

fn customer_of(first: &Record) -> Option<String> {
    let first = convert::decode(first.unit.events.first()?.clone()).ok()?;
    if let What::Opened { customer, .. } = first.what { Some(customer) } else { None }
}
