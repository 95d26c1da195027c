//! What shops are asked over HTTP, and what they answer.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use chassis::outside::{Asked, Outside, OutsideError};
use hyper::{
    Method, StatusCode,
    header::{HeaderName, HeaderValue},
};
use proto::crm::v1::ShopWords;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::timeout;

use super::settings::Settings;
use crate::{
    events::json::OrderJson,
    order::check::{small, text, word},
    service::now_ms,
};

/// Longest answer to a command, bytes.
const MAX_ANSWER: usize = 256 * 1024;
/// Longest page of events, bytes.
const MAX_PAGE: usize = 4 * 1024 * 1024;
/// Longest words of a shop, characters.
const LONGEST_WORDS: usize = 500;
/// Header that makes a repetition the same command.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Shops by name.
pub(crate) struct Shops(BTreeMap<String, Shop>);

/// A shop.
pub(crate) struct Shop {
    outside: Outside,
    patience: Duration,
    /// How often its events are fetched; none: never.
    pub(super) poll: Option<Duration>,
    answered_at_ms: AtomicU64,
}

/// What a shop said to a command.
#[derive(Debug)]
pub(crate) enum Said {
    /// It did it.
    Yes { words: ShopWords, order: Option<Box<OrderJson>> },
    /// It does not.
    No { reason: String, words: ShopWords },
    /// Neither: why, in a word.
    Nothing(String),
}

/// A page of a shop's events.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    /// Each as docs/crm-events.md has it.
    pub(super) events: Vec<Value>,
    /// Where the next page begins.
    pub(super) next: String,
}

#[derive(Deserialize)]
struct Answer {
    state: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    for_customer: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    order: Option<Box<OrderJson>>,
}

impl Shops {
    /// The shops of a configuration.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub(crate) fn new(configured: &BTreeMap<String, Settings>) -> Result<Self, String> {
        let shop = |(name, settings): (&String, &Settings)| {
            let read = Shop::new(name, settings);
            Ok((name.clone(), read.map_err(|fault| format!("crm.shops.{name}: {fault}"))?))
        };
        configured.iter().map(shop).collect::<Result<_, String>>().map(Self)
    }

    /// All of them: name, and when it last answered this process (0: never).
    pub(crate) fn list(&self) -> impl Iterator<Item = (&String, u64)> {
        self.0.iter().map(|(name, shop)| (name, shop.answered_at_ms.load(Ordering::Relaxed)))
    }

    /// One of them.
    pub(crate) fn get(&self, name: &str) -> Option<&Shop> {
        self.0.get(name)
    }

    /// Those whose events are fetched.
    pub(super) fn polled(&self) -> impl Iterator<Item = (&String, Duration)> {
        self.0.iter().filter_map(|(name, shop)| Some((name, shop.poll?)))
    }

    /// Asks a shop to carry a command out.
    pub(super) async fn command(&self, shop: &str, id: &str, command: &Value) -> Said {
        match self.get(shop) {
            Some(shop) => shop.command(id, command).await,
            None => Said::Nothing("no_shop".to_owned()),
        }
    }
}

impl Shop {
    fn new(name: &str, settings: &Settings) -> Result<Self, &'static str> {
        if !word(name, (1, 32), |byte| small(byte) || byte == b'-') {
            return Err("a name has 1 to 32 of a-z 0-9 _ -");
        }
        if !(100..=60_000).contains(&settings.timeout_ms) {
            return Err("timeout_ms must be 100 to 60000");
        }
        if settings.poll_ms != 0 && !(100..=3_600_000).contains(&settings.poll_ms) {
            return Err("poll_ms must be 0, or 100 to 3600000");
        }
        Ok(Self {
            outside: Outside::new(&settings.url, settings.token.as_ref())?,
            patience: Duration::from_millis(settings.timeout_ms),
            poll: (settings.poll_ms > 0).then(|| Duration::from_millis(settings.poll_ms)),
            answered_at_ms: AtomicU64::new(0),
        })
    }

    async fn command(&self, id: &str, command: &Value) -> Said {
        let header = HeaderValue::from_str(id).ok().map(|id| (KEY, id));
        let body = Bytes::from(command.to_string());
        let asked = Asked { method: Method::POST, path: "/commands".to_owned(), header, body, most: MAX_ANSWER };
        match self.answer::<Answer>(asked).await {
            Ok(answer) => said(answer),
            Err(fault) => Said::Nothing(fault),
        }
    }

    /// The page of events that begins at a cursor; an empty one begins at the first.
    ///
    /// # Errors
    /// Why there is none, in a word.
    pub(super) async fn events(&self, after: &str) -> Result<Page, String> {
        let path = format!("/events?after={after}&limit=500");
        let asked = Asked { method: Method::GET, path, header: None, body: Bytes::new(), most: MAX_PAGE };
        self.answer(asked).await
    }

    async fn answer<T: DeserializeOwned>(&self, asked: Asked) -> Result<T, String> {
        let (status, body) = match timeout(self.patience, self.outside.ask(asked)).await {
            Err(_) => return Err("late".to_owned()),
            Ok(Err(error)) => return Err(fault(&error).to_owned()),
            Ok(Ok(answer)) => answer,
        };
        self.answered_at_ms.store(now_ms(), Ordering::Relaxed);
        if status != StatusCode::OK {
            return Err(format!("status_{}", status.as_u16()));
        }
        serde_json::from_slice(&body).map_err(|error| {
            // What could not be read is the customer's: only the place is told.
            tracing::warn!(line = error.line(), column = error.column(), "a shop's answer is not what is documented");
            "unreadable".to_owned()
        })
    }
}

fn fault(error: &OutsideError) -> &'static str {
    match error {
        OutsideError::Connect(_) | OutsideError::Address => "unreachable",
        OutsideError::Http(_) | OutsideError::Body(_) => "broken_off",
        OutsideError::Request(_) => "bad_request",
    }
}

fn said(answer: Answer) -> Said {
    let cut = |said: &str| said.chars().filter(|c| !c.is_control()).take(LONGEST_WORDS).collect::<String>();
    let words = |reference| ShopWords { text: cut(&answer.text), reference, for_customer: cut(&answer.for_customer) };
    match answer.state.as_str() {
        "confirmed" => {
            let reference = if text(&answer.reference, 64) { answer.reference.clone() } else { String::new() };
            Said::Yes { words: words(reference), order: answer.order }
        }
        "refused" => {
            let reason = word(&answer.reason, (1, 64), small).then(|| answer.reason.clone());
            Said::No { reason: reason.unwrap_or_else(|| "refused".to_owned()), words: words(String::new()) }
        }
        "pending" => Said::Nothing("pending".to_owned()),
        _ => Said::Nothing("unreadable".to_owned()),
    }
}
