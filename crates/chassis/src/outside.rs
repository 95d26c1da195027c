//! Services outside the center, asked with JSON over HTTP: named by configuration only, and no answer leads anywhere else (redirections
//! are not followed). What is to be secured is never sent in clear.

use std::{fmt, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    client::conn::http1,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};
use tokio_util::task::AbortOnDropHandle;

use crate::Secret;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// Its name leads to addresses only that may not be reached.
    #[error("the service's address may not be reached")]
    Address,
    /// No connection.
    #[error("connecting to the service: {0}")]
    Connect(#[source] std::io::Error),
    /// The connection broke, or it does not speak HTTP.
    #[error("talking with the service: {0}")]
    Http(#[from] hyper::Error),
    /// The answer broke off, or is too long.
    #[error("reading the service's answer: {0}")]
    Body(Box<dyn std::error::Error + Send + Sync>),
    /// What was to be asked is no HTTP request.
    #[error("writing the request: {0}")]
    Request(#[from] http::Error),
}

/// One request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method.
    pub method: Method,
    /// Appended to the configured address: `/commands`, `?after=7`; empty: the address itself.
    pub path: String,
    /// A header of its own beside the usual ones.
    pub header: Option<(HeaderName, HeaderValue)>,
    /// JSON; empty: no body.
    pub body: Bytes,
    /// Longest answer, bytes.
    pub most: usize,
}

/// A service outside.
#[derive(Clone)]
pub struct Outside {
    host: String,
    port: u16,
    /// How its connection is secured; none: `http://`.
    secured: Option<(TlsConnector, ServerName<'static>)>,
    path: String,
    authority: HeaderValue,
    token: Option<HeaderValue>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}

impl Outside {
    /// A service by its address, `http://` or `https://`, and the token that is sent as `Authorization: Bearer …`.
    ///
    /// # Errors
    /// What is wrong, to stand behind the setting's name.
    pub fn new(url: &str, token: Option<&Secret>) -> Result<Self, &'static str> {
        let uri: Uri = url.parse().map_err(|_| "its url is none")?;
        let secured = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            Some(_) | None => return Err("its url begins with http:// or https://"),
        };
        let authority = uri.authority().filter(|it| !it.as_str().contains('@'));
        let authority = authority.ok_or("its url has a host and no password; that is what token is for")?;
        let host = authority.host().trim_matches(['[', ']']).to_owned();
        let name = || ServerName::try_from(host.clone()).map_err(|_| "its host is no name of a server");
        Ok(Self {
            port: authority.port_u16().unwrap_or(if secured { 443 } else { 80 }),
            secured: if secured { Some((connector()?, name()?)) } else { None },
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            authority: HeaderValue::from_str(authority.as_str()).map_err(|_| "its host is none")?,
            token: token.map(bearer).transpose()?,
            host,
        })
    }

    /// Asks, on a connection of its own: nothing of another question's answer can come back. Time is the caller's to bound.
    ///
    /// # Errors
    /// Why there is no answer; every status is one.
    pub async fn ask(&self, asked: Asked) -> Result<(StatusCode, Bytes), OutsideError> {
        let socket = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(OutsideError::Connect)?;
        match &self.secured {
            None => self.exchange(socket, asked).await,
            Some((tls, name)) => {
                let secured = tls.connect(name.clone(), socket).await.map_err(OutsideError::Connect)?;
                self.exchange(secured, asked).await
            }
        }
    }

    /// Tells it something, on a connection of its own to an address that `may_reach` lets through; what the name leads to is looked up once, so that
    /// what was looked at is what is reached. Nothing is read but the answer's status. Time is the caller's to bound.
    ///
    /// # Errors
    /// Why there is no answer; every status is one.
    pub async fn tell(&self, asked: Asked, may_reach: impl Fn(IpAddr) -> bool) -> Result<StatusCode, OutsideError> {
        let found = lookup_host((self.host.as_str(), self.port)).await.map_err(OutsideError::Connect)?;
        let address = found.into_iter().find(|address| may_reach(address.ip())).ok_or(OutsideError::Address)?;
        let socket = TcpStream::connect(address).await.map_err(OutsideError::Connect)?;
        let (response, _carried) = match &self.secured {
            None => self.send(socket, asked).await?,
            Some((tls, name)) => {
                let secured = tls.connect(name.clone(), socket).await.map_err(OutsideError::Connect)?;
                self.send(secured, asked).await?
            }
        };
        Ok(response.status())
    }

    /// Whether its connection is secured.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.secured.is_some()
    }

    /// The host that its address names: a name, or an address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    async fn exchange(
        &self,
        wire: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        asked: Asked,
    ) -> Result<(StatusCode, Bytes), OutsideError> {
        let most = asked.most;
        let (response, _carried) = self.send(wire, asked).await?;
        let status = response.status();
        let body = Limited::new(response.into_body(), most).collect().await.map_err(OutsideError::Body)?;
        Ok((status, body.to_bytes()))
    }

    /// Sends it; the answer's beginning, and what carries the rest for as long as it is held.
    async fn send(
        &self,
        wire: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        asked: Asked,
    ) -> Result<(Response<Incoming>, AbortOnDropHandle<hyper::Result<()>>), OutsideError> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(wire)).await?;
        let carried = AbortOnDropHandle::new(tokio::spawn(connection));
        let path = if asked.path.is_empty() { self.path.as_str() } else { self.path.trim_end_matches('/') };
        let mut request = Request::builder().method(asked.method).uri(format!("{path}{}", asked.path));
        request = request.header(HOST, &self.authority).header(ACCEPT, "application/json");
        if !asked.body.is_empty() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        if let Some((name, value)) = asked.header {
            request = request.header(name, value);
        }
        Ok((sender.send_request(request.body(Full::new(asked.body))?).await?, carried))
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, &'static str> {
    let written = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
    let mut value = written.map_err(|_| "its token cannot stand in a header")?;
    value.set_sensitive(true);
    Ok(value)
}

/// Trusts whom this machine trusts.
fn connector() -> Result<TlsConnector, &'static str> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| "TLS cannot be prepared")?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
