//! Services outside that flows ask: named in the configuration, asked with JSON over HTTP.
//!
//! A flow names a service and never an address, and no answer leads anywhere else (redirections are not followed): who writes flows
//! cannot have a gateway knock at doors inside the site.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use bytes::Bytes;
use chassis::{
    Secret,
    outside::{Asked, Outside, OutsideError},
};
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::timeout;

/// The service that knows customers and orders.
pub const CUSTOMERS: &str = "customers";
/// Longest answer, bytes.
const MAX_ANSWER: usize = 16 * 1024;
/// Most fields of an answer.
const MAX_FIELDS: usize = 50;

/// A service: `[telephony.services.<name>]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Where it is asked, `http://` or `https://`. What a caller pressed goes there: `http://` is for the site's own network.
    pub url: String,
    /// Sent as `Authorization: Bearer …`; unset: nothing is sent.
    #[serde(default)]
    pub token: Option<Secret>,
    /// How long it has, ms, 100 to 15,000; a flow may give it less. The caller hears silence meanwhile.
    #[serde(default = "five_seconds")]
    pub timeout_ms: u64,
}

fn five_seconds() -> u64 {
    5_000
}

/// Why a service gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The configuration has no such service.
    #[error("asking a service that the configuration does not name")]
    Unknown,
    /// There is no answer.
    #[error(transparent)]
    Outside(#[from] OutsideError),
    /// Another status than 200.
    #[error("asking the service: its status is {0}")]
    Status(StatusCode),
    /// The answer is no JSON object.
    #[error("reading the service's answer as a JSON object: {0}")]
    Json(#[source] serde_json::Error),
    /// The answer is an object, but none of names with texts and numbers.
    #[error("taking the service's answer over: {0}")]
    Fields(&'static str),
    /// Nothing came in time.
    #[error("asking the service: no answer within {0:?}")]
    Late(Duration),
}

/// The services of the configuration.
pub struct Services {
    all: BTreeMap<String, (Outside, Duration)>,
}

impl Services {
    /// The services of a configuration.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(configured: &BTreeMap<String, Service>) -> Result<Self, String> {
        let target = |(name, service): (&String, &Service)| {
            let read = if is_name(name) { read(service) } else { Err("a name has 1 to 40 of a-z 0-9 _ -") };
            Ok((name.clone(), read.map_err(|fault| format!("telephony.services.{name}: {fault}"))?))
        };
        Ok(Self { all: configured.iter().map(target).collect::<Result<_, String>>()? })
    }

    /// Their names.
    pub fn names(&self) -> BTreeSet<String> {
        self.all.keys().cloned().collect()
    }

    /// Asks a service, for at most so long: a flat object of texts and numbers, by name.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn ask(
        &self,
        service: &str,
        question: &Value,
        most: Duration,
    ) -> Result<BTreeMap<String, String>, AskError> {
        let (service, patience) = self.all.get(service).ok_or(AskError::Unknown)?;
        let patience = most.min(*patience);
        let asked = Asked {
            method: Method::POST,
            path: String::new(),
            header: None,
            body: Bytes::from(question.to_string()),
            most: MAX_ANSWER,
        };
        let (status, answer) = timeout(patience, service.ask(asked)).await.map_err(|_| AskError::Late(patience))??;
        if status == StatusCode::OK { fields(&answer) } else { Err(AskError::Status(status)) }
    }
}

fn read(service: &Service) -> Result<(Outside, Duration), &'static str> {
    if !(100..=15_000).contains(&service.timeout_ms) {
        return Err("timeout_ms must be 100 to 15000");
    }
    let outside = Outside::new(&service.url, service.token.as_ref())?;
    Ok((outside, Duration::from_millis(service.timeout_ms)))
}

/// Whether it may stand behind the dot of a flow's variable, or name a service.
fn is_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    (1..=40).contains(&name.len()) && name.bytes().all(good)
}

/// What an answer says: texts and numbers by name. Anything else is a fault, so that nobody hears half of what was meant.
fn fields(answer: &[u8]) -> Result<BTreeMap<String, String>, AskError> {
    let object: Map<String, Value> = serde_json::from_slice(answer).map_err(AskError::Json)?;
    if object.len() > MAX_FIELDS {
        return Err(AskError::Fields("it has more than 50 fields"));
    }
    let field = |(name, value): (String, Value)| match value {
        _ if !is_name(&name) || name.contains('-') => Err(AskError::Fields("a field's name has other than a-z 0-9 _")),
        Value::String(text) => Ok((name, text)),
        Value::Number(number) => Ok((name, number.to_string())),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(AskError::Fields("a field is neither a text nor a number"))
        }
    };
    object.into_iter().map(field).collect()
}
