//! What every answer carries: security headers, CORS for the sites' own pages, a request id and the trace.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ORIGIN,
            REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tracing::Instrument as _;
use uuid::Uuid;

use super::extract::Client;
use crate::{config::Config, door::App};

const REQUEST_ID: &str = "x-request-id";
const TRACE_PARENT: &str = "traceparent";
const HASHED_FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const NEVER_KEPT: HeaderValue = HeaderValue::from_static("no-store");

/// What is the same for every answer, made once.
pub(crate) struct Headers {
    origins: Vec<HeaderValue>,
    policy: Option<HeaderValue>,
    widget_policy: Option<HeaderValue>,
}

impl Headers {
    pub(crate) fn new(config: &Config) -> Self {
        let sites = config.sites.iter().map(|site| site.url.as_str());
        let origins = sites.chain(config.widget_origins.iter().map(String::as_str));
        Self {
            origins: origins.filter_map(|origin| HeaderValue::from_str(origin).ok()).collect(),
            policy: policy(config, "'none'"),
            widget_policy: policy(config, &embedders(config)),
        }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        self.origins.contains(origin)
    }
}

/// No inline code or style, and connections only to the sites.
fn policy(config: &Config, ancestors: &str) -> Option<HeaderValue> {
    let mut connect = String::from("'self'");
    for site in &config.sites {
        // Only the scheme differs: http → ws, https → wss.
        connect.push_str(&format!(" {} {}", site.url, site.url.replacen("http", "ws", 1)));
    }
    let policy = format!(
        "default-src 'self'; connect-src {connect}; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
         form-action 'self'; frame-ancestors {ancestors}"
    );
    HeaderValue::from_str(&policy).ok()
}

fn embedders(config: &Config) -> String {
    let others = config.widget_origins.iter().map(|origin| format!(" {origin}")).collect::<String>();
    format!("'self'{others}")
}

/// Goes around every request.
pub(super) async fn apply(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let origin = request.headers().get(ORIGIN).filter(|origin| app.headers.allows(origin)).cloned();
    if request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
        let mut response = preflight(origin.is_some());
        add_cors(response.headers_mut(), origin);
        return response;
    }
    let trace_id = trace_id(request.headers());
    let client = Client::of(&app, &request, trace_id.clone());
    let span = tracing::info_span!("request", method = %request.method(), trace_id);
    let parent = parent(request.headers());
    request.extensions_mut().insert(client);
    let answer = async {
        if let Some(parent) = parent {
            chassis::trace::set_parent(&parent);
        }
        next.run(request).await
    };
    let mut response = answer.instrument(span).await;
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let headers = response.headers_mut();
    add_cors(headers, origin);
    add_security(headers, &app.headers, &path);
    headers.insert(CACHE_CONTROL, cache(&path, found));
    if let Ok(id) = HeaderValue::from_str(&trace_id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

fn preflight(allowed: bool) -> Response {
    if !allowed {
        return StatusCode::FORBIDDEN.into_response();
    }
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE")),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type, traceparent, x-file-name, x-message-id"),
        ),
        (ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn add_cors(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

fn add_security(headers: &mut HeaderMap, settings: &Headers, path: &str) {
    let policy = if path.starts_with("/widget/") { &settings.widget_policy } else { &settings.policy };
    // A file comes with a stricter one.
    if let Some(policy) = policy.as_ref().filter(|_| !headers.contains_key(CONTENT_SECURITY_POLICY)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("permissions-policy", HeaderValue::from_static("camera=(), geolocation=(), microphone=(self)"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
}

/// Files below `assets/` carry a hash of their content in their name.
fn cache(path: &str, found: bool) -> HeaderValue {
    let page = path.starts_with("/desk/") || path.starts_with("/widget/") || path.starts_with("/assets/");
    match (page, path.contains("/assets/")) {
        (true, true) if found => HASHED_FOR_EVER,
        (true, _) => ASK_AGAIN,
        (false, _) => NEVER_KEPT,
    }
}

/// The caller's W3C trace id, or a new one.
fn trace_id(headers: &HeaderMap) -> String {
    let given =
        headers.get(TRACE_PARENT).and_then(|value| value.to_str().ok()).and_then(|value| value.split('-').nth(1));
    match given {
        Some(id) if id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) => id.to_ascii_lowercase(),
        Some(_) | None => Uuid::new_v4().simple().to_string(),
    }
}

fn parent(headers: &HeaderMap) -> Option<tonic::metadata::MetadataMap> {
    let value = headers.get(TRACE_PARENT)?.clone();
    let mut only = HeaderMap::new();
    only.insert(TRACE_PARENT, value);
    Some(tonic::metadata::MetadataMap::from_headers(only))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_files_are_kept() {
        assert_eq!(cache("/desk/assets/index-0a1b.js", true), HASHED_FOR_EVER);
        assert_eq!(cache("/desk/assets/missing.js", false), ASK_AGAIN);
        assert_eq!(cache("/desk/", true), ASK_AGAIN);
        assert_eq!(cache("/api/v1/me", true), NEVER_KEPT);
    }

    #[test]
    fn a_trace_goes_on_or_begins() {
        let mut headers = HeaderMap::new();
        assert_eq!(trace_id(&headers).len(), 32);
        let parent = "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01";
        headers.insert(TRACE_PARENT, HeaderValue::from_static(parent));
        assert_eq!(trace_id(&headers), "0af7651916cd43dd8448eb211c80319c");
        headers.insert(TRACE_PARENT, HeaderValue::from_static("00-<script>-x"));
        assert_eq!(trace_id(&headers).len(), 32);
    }
}
