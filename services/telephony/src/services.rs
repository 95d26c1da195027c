//! Services outside that flows ask: named in the configuration, asked with JSON over HTTP.
//!
//! A flow names a service and never an address, and no answer leads anywhere else (redirections are not followed): who writes flows
//! cannot have a gateway knock at doors inside the site.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chassis::Secret;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, StatusCode, Uri,
    client::conn::http1,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue},
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};
use tokio_util::task::AbortOnDropHandle;

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
    /// No connection.
    #[error("connecting to the service: {0}")]
    Connect(#[source] std::io::Error),
    /// The connection broke, or it does not speak HTTP.
    #[error("talking with the service: {0}")]
    Http(#[from] hyper::Error),
    /// Another status than 200.
    #[error("asking the service: its status is {0}")]
    Status(StatusCode),
    /// The answer broke off, or is longer than 16 KiB.
    #[error("reading the service's answer: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
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
    all: BTreeMap<String, Target>,
    tls: Option<TlsConnector>,
}

struct Target {
    host: String,
    port: u16,
    /// The name on its certificate; none: `http://`.
    name: Option<ServerName<'static>>,
    path: String,
    authority: HeaderValue,
    token: Option<HeaderValue>,
    patience: Duration,
}

impl Services {
    /// The services of a configuration.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn new(configured: &BTreeMap<String, Service>) -> Result<Self, String> {
        let target = |(name, service): (&String, &Service)| {
            let read = if is_name(name) { Target::read(service) } else { Err("a name has 1 to 40 of a-z 0-9 _ -") };
            Ok((name.clone(), read.map_err(|fault| format!("telephony.services.{name}: {fault}"))?))
        };
        let all: BTreeMap<_, _> = configured.iter().map(target).collect::<Result<_, String>>()?;
        let tls = all.values().any(|target| target.name.is_some()).then(connector).transpose()?;
        Ok(Self { all, tls })
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
        let target = self.all.get(service).ok_or(AskError::Unknown)?;
        let patience = most.min(target.patience);
        let asked = timeout(patience, self.exchange(target, question.to_string()));
        fields(&asked.await.map_err(|_| AskError::Late(patience))??)
    }

    async fn exchange(&self, target: &Target, question: String) -> Result<Bytes, AskError> {
        let socket = TcpStream::connect((target.host.as_str(), target.port)).await.map_err(AskError::Connect)?;
        let Some(name) = &target.name else { return target.post(socket, question).await };
        // Never in clear what was meant to be secured.
        let tls = self.tls.as_ref().ok_or(AskError::Unknown)?;
        let secured = tls.connect(name.clone(), socket).await.map_err(AskError::Connect)?;
        target.post(secured, question).await
    }
}

impl Target {
    fn read(service: &Service) -> Result<Self, &'static str> {
        let uri: Uri = service.url.parse().map_err(|_| "its url is none")?;
        let secured = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err("its url begins with http:// or https://"),
        };
        let authority = uri.authority().filter(|it| !it.as_str().contains('@'));
        let authority = authority.ok_or("its url has a host and no password; that is what token is for")?;
        if !(100..=15_000).contains(&service.timeout_ms) {
            return Err("timeout_ms must be 100 to 15000");
        }
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let name = secured.then(|| ServerName::try_from(host.clone())).transpose();
        Ok(Self {
            port: authority.port_u16().unwrap_or(if secured { 443 } else { 80 }),
            name: name.map_err(|_| "its host is no name of a server")?,
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| "its host is none")?,
            token: service.token.as_ref().map(bearer).transpose()?,
            patience: Duration::from_millis(service.timeout_ms),
            host,
        })
    }

    /// One connection for one question: a caller's question is rare, and nothing of another call's can come back.
    async fn post(
        &self,
        wire: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        question: String,
    ) -> Result<Bytes, AskError> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(wire)).await?;
        let _carried = AbortOnDropHandle::new(tokio::spawn(connection));
        let mut request = Request::new(Full::new(Bytes::from(question)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.path.parse().unwrap_or_default();
        let headers = request.headers_mut();
        headers.insert(HOST, self.authority.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = &self.token {
            headers.insert(AUTHORIZATION, token.clone());
        }
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(AskError::Status(response.status()));
        }
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await.map_err(AskError::Body)?;
        Ok(body.to_bytes())
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, &'static str> {
    let written = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut value = written.map_err(|_| "its token cannot stand in a header")?;
    value.set_sensitive(true);
    Ok(value)
}

/// Trusts whom this machine trusts.
fn connector() -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("telephony.services: preparing TLS: {error}"))?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
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
