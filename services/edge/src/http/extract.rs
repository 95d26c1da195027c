//! What handlers take out of a request: who asks, from where, and a body.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use chassis::refusal::{Code, Refusal};
use proto::edge::v1::AuditEntry;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::{clock, door::App, frames::Role, socket::identify, tokens::Identity};

/// An API request takes at most so long.
const PATIENCE: Duration = Duration::from_secs(15);
/// A file takes at most so long.
const FILE_PATIENCE: Duration = Duration::from_secs(120);

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) address: IpAddr,
    pub(super) trace_id: String,
}

impl Client {
    /// From the connection, or from the proxy's header when it is trusted.
    pub(super) fn of(app: &App, request: &Request, trace_id: String) -> Self {
        let connection = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = connection.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip().to_canonical());
        let forwarded = app.config.trust_forwarded_for.then(|| forwarded_for(request.headers())).flatten();
        Self { address: forwarded.unwrap_or(peer), trace_id }
    }

    /// An audit entry about this request.
    pub(super) fn note(&self, app: &App, who: &str, action: &str, subject: &str, outcome: &str) {
        app.audit.note(AuditEntry {
            at_ms: 0,
            who: who.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            outcome: outcome.to_owned(),
            trace_id: self.trace_id.clone(),
            address: self.address.to_string(),
        });
    }
}

/// The last entry is the one that our own proxy added; those before it are the client's word.
fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let missing = || ApiError(Refusal::new(Code::Internal, "internal", "a request without a client"));
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

/// A person with a token.
pub(super) struct Signed(pub(super) Identity);

/// A machine that reports events, or a supervisor.
pub(super) struct Reporter(pub(super) Identity);

/// An agent or a supervisor.
pub(super) struct Agent(pub(super) Identity);

/// A supervisor.
pub(super) struct Supervisor(pub(super) Identity);

impl FromRequestParts<Arc<App>> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let identity = identity(parts, app)?;
        if identity.role == Role::Reporter { Err(forbidden(app, parts, &identity)) } else { Ok(Self(identity)) }
    }
}

impl FromRequestParts<Arc<App>> for Reporter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let identity = identity(parts, app)?;
        match identity.role {
            Role::Reporter | Role::Supervisor => Ok(Self(identity)),
            Role::Customer | Role::Agent => Err(forbidden(app, parts, &identity)),
        }
    }
}

/// Whose the request's token is.
fn identity(parts: &Parts, app: &App) -> Result<Identity, ApiError> {
    let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let missing = || Refusal::new(Code::PermissionDenied, "not_signed_in", "Authorization: Bearer <token> is needed");
    let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(missing);
    let identity = token.and_then(|token| identify(app, token));
    identity.map_err(|refusal| refused(app, parts, "", refusal))
}

impl FromRequestParts<Arc<App>> for Agent {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Signed(identity) = Signed::from_request_parts(parts, app).await?;
        if identity.is_agent() { Ok(Self(identity)) } else { Err(forbidden(app, parts, &identity)) }
    }
}

impl FromRequestParts<Arc<App>> for Supervisor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Signed(identity) = Signed::from_request_parts(parts, app).await?;
        if identity.role == Role::Supervisor { Ok(Self(identity)) } else { Err(forbidden(app, parts, &identity)) }
    }
}

fn forbidden(app: &App, parts: &Parts, identity: &Identity) -> ApiError {
    refused(app, parts, &identity.id, Refusal::new(Code::PermissionDenied, "forbidden", "not with this role"))
}

fn refused(app: &App, parts: &Parts, who: &str, refusal: Refusal) -> ApiError {
    if let Some(client) = parts.extensions.get::<Client>() {
        client.note(app, who, parts.method.as_str(), parts.uri.path(), &refusal.reason);
    }
    ApiError(refusal)
}

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
            let refusal = if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
                Refusal::new(Code::InvalidArgument, "body_too_large", "the body is too large")
            } else {
                Refusal::new(Code::InvalidArgument, "bad_request", "the body could not be read")
            };
            ApiError(refusal)
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let message = format!("the body is not what is documented, at line {line} column {column}");
            ApiError(Refusal::new(Code::InvalidArgument, "bad_request", message))
        })
    }
}

/// The API's rate limit by address, and its patience.
pub(super) async fn limit(state: State<Arc<App>>, client: Client, request: Request, next: Next) -> Response {
    limited(state, client, request, next, PATIENCE).await
}

/// The same for files, which take their time over thin lines.
pub(super) async fn limit_slow(state: State<Arc<App>>, client: Client, request: Request, next: Next) -> Response {
    limited(state, client, request, next, FILE_PATIENCE).await
}

async fn limited(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
    next: Next,
    patience: Duration,
) -> Response {
    if !app.requests.take(client.address, clock::steady_ms()) {
        let refusal = Refusal::new(Code::ResourceExhausted, "too_many_requests", "too many requests from this address");
        return ApiError(refusal).into_response();
    }
    // Also a body that comes drop by drop ends here.
    let answered = tokio::time::timeout(patience, next.run(request)).await;
    answered.unwrap_or_else(|_| ApiError(crate::link::unavailable()).into_response())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_cannot_choose_its_address() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded_for(&headers), None);
        headers.append("x-forwarded-for", HeaderValue::from_static("10.0.0.1, 192.0.2.7"));
        assert_eq!(forwarded_for(&headers), Some([192, 0, 2, 7].into()));
        headers.append("x-forwarded-for", HeaderValue::from_static("nonsense"));
        assert_eq!(forwarded_for(&headers), None);
    }
}
