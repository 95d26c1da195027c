//! The HTTP API, the pages and the way to the socket, as `docs/socket.md` has them.

mod accounts;
mod audited;
mod calls;
mod campaigns;
mod cases;
mod company_words;
mod conversations;
mod customers;
mod desk;
mod do_not_call;
mod error;
pub(crate) mod export;
mod extract;
pub(crate) mod files;
mod floor;
mod flows;
mod going_on;
pub(crate) mod headers;
pub(crate) mod notices;
pub mod openapi;
pub(crate) mod orders;
mod pages;
mod plans;
pub(crate) mod reports;
mod retention;
mod search;
pub(crate) mod segments;
pub(crate) mod sign_in;
mod voicemails;
mod webhooks;
mod words;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State, WebSocketUpgrade},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{delete, get, post, put},
};
use chassis::refusal::{Code, Refusal};
use serde::Serialize;

use crate::{config::SiteAddress, door::App, frames};
use error::ApiError;
use extract::Client;

/// Longest request body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Every path.
pub(crate) fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/sign-in", post(sign_in::sign_in))
        .route("/customers/{id}/segment", get(segments::get).put(segments::put))
        .route("/sites", get(sites))
        .route("/me", get(sign_in::me))
        .route("/accounts", get(accounts::list).post(accounts::set).put(accounts::set))
        .route("/accounts/{login}/disable", post(accounts::disable))
        .route("/queues", post(floor::set_queue).get(floor::list_queues))
        .route("/queues/{queue}", put(floor::put_queue))
        .route("/agents", get(floor::list_agents))
        .route("/agents/{id}", put(floor::set_agent))
        .route("/agents/{id}/availability", post(floor::set_availability))
        .route("/reasons", get(floor::reasons).put(floor::set_reasons))
        .route("/priorities", get(floor::priorities).put(floor::set_priorities))
        .route("/calendars", get(floor::calendars))
        .route("/calendars/{id}", put(floor::set_calendar))
        .route("/changes", get(floor::list_changes))
        .route("/changes/{change}/undo", post(floor::undo_change))
        .route("/floor/contacts/{contact}/why", get(floor::why))
        .route("/contacts/{contact}/place", get(floor::place))
        .route("/contacts/{contact}/callback", post(floor::make_callback).delete(floor::cancel_callback))
        .route("/floor", get(floor::floor))
        .route("/conversations", get(conversations::list))
        .route("/conversations/{id}/events", get(conversations::events))
        .route("/conversations/{id}/resume-link", get(going_on::link))
        .route("/conversations/{id}/consult", post(notices::consult))
        .route("/notices", get(notices::list).post(notices::send))
        .route("/notices/{id}", delete(notices::remove))
        .route("/notices/{id}/read", post(notices::read))
        .route("/search", get(search::search))
        .route("/messages", post(going_on::leave))
        .route("/resume", post(going_on::resume))
        .merge(crm())
        .merge(settings())
        .merge(voice())
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), extract::limit));
    let files = Router::new()
        .route("/conversations/{id}/files", post(files::upload))
        .route("/conversations/{id}/files/{file}", get(files::download))
        .merge(reports::routes())
        .merge(export::routes())
        .layer(middleware::from_fn_with_state(app.clone(), extract::limit_slow));
    Router::new()
        .nest("/api/v1", api.merge(files))
        .route("/socket", get(socket))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/openapi.json", get(|| async { Json(openapi::document()) }))
        .route("/socket.schema.json", get(|| async { Json(frames::schema()) }))
        .merge(pages::router(&app.config.pages))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(app.clone(), headers::apply))
        .with_state(app)
}

/// All that is about customers.
fn crm() -> Router<Arc<App>> {
    customers()
        .merge(orders::routes())
        .merge(cases::routes())
        .merge(segments::rules::routes())
        .merge(segments::journeys::routes())
        .merge(segments::trend::routes())
        .merge(segments::media::routes())
        .merge(segments::campaign::routes())
        .merge(plans::routes())
        .merge(webhooks::routes())
        .merge(retention::routes())
        .merge(company_words::routes())
}

fn customers() -> Router<Arc<App>> {
    Router::new()
        .route("/customers", get(customers::find).post(sign_in::new_customer))
        .route("/customers/{id}", get(customers::get).patch(customers::change).delete(customers::erase))
        .route("/customers/{id}/timeline", get(customers::timeline))
        .route("/customers/{id}/contacts", get(customers::contacts))
        .route("/customers/{id}/suggestions", get(customers::suggestions))
        .route("/customers/{id}/export", get(customers::export))
        .route("/customers/{id}/links", post(customers::link))
        .route("/customers/{id}/links/{link}", delete(customers::unlink))
        .route("/prospects", post(customers::new_prospect))
}

fn voice() -> Router<Arc<App>> {
    Router::new()
        .route("/calls", get(calls::list).post(calls::start))
        .route("/calls/{call}", get(calls::get))
        .route("/calls/{call}/join", post(calls::join))
        .route("/calls/{call}/do", post(calls::act))
        .route("/calls/{call}/recording", get(calls::parts))
        .route("/calls/{call}/recording/{file}", get(calls::sound))
        .route("/lost-calls", get(calls::lost))
        .route("/voicemails", get(voicemails::list))
        .route("/voicemails/{call}/heard", post(voicemails::heard))
        .route("/flows", get(flows::list))
        .route("/flows/{id}", get(flows::get).put(flows::put))
        .route("/flows/check", post(flows::check))
        .route("/flows/try", post(flows::try_out))
        .route("/numbers", get(flows::numbers).put(flows::put_numbers))
        .route("/trunks", get(flows::trunks))
        .route("/campaigns", get(campaigns::list).post(campaigns::create))
        .route("/campaigns/{id}", get(campaigns::get))
        .route("/campaigns/{id}/do", post(campaigns::act))
        .route("/campaigns/{id}/entries", post(campaigns::add))
        .route("/do-not-call", get(do_not_call::list).post(do_not_call::set))
}

fn settings() -> Router<Arc<App>> {
    use desk::{CannedBody, CodeBody, MacroBody, list, put, remove};
    let canned = axum::routing::put(put::<CannedBody>).delete(remove::<CannedBody>);
    let macros = axum::routing::put(put::<MacroBody>).delete(remove::<MacroBody>);
    let codes = axum::routing::put(put::<CodeBody>).delete(remove::<CodeBody>);
    Router::new()
        .route("/canned", get(list::<CannedBody>))
        .route("/canned/{id}", canned)
        .route("/macros", get(list::<MacroBody>))
        .route("/macros/{id}", macros)
        .route("/codes", get(list::<CodeBody>))
        .route("/codes/{id}", codes)
        .route("/theme", get(desk::theme).put(desk::put_theme))
}

async fn socket(
    State(app): State<Arc<App>>,
    client: Client,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => crate::socket::accept(app, upgrade, client.address),
        Err(_) => {
            let message = "this is the socket's address: speak WebSocket";
            ApiError(Refusal::new(Code::InvalidArgument, "bad_request", message)).into_response()
        }
    }
}

/// The sites of the center.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Sites {
    /// This site.
    site: String,
    /// Every site, this one first.
    sites: Vec<SiteAddress>,
}

async fn sites(State(app): State<Arc<App>>) -> Json<Sites> {
    Json(Sites { site: app.site.clone(), sites: app.sites.clone() })
}

/// Whether browsers should be sent here.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Ready {
    /// Everything is within reach.
    ready: bool,
    /// What is not: `journal`, `chat`, `routing`, or `door` when it is closing.
    missing: Vec<&'static str>,
}

async fn health() -> Json<Ready> {
    Json(Ready { ready: true, missing: Vec::new() })
}

async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Ready>) {
    let missing = app.not_ready();
    let status = if missing.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: missing.is_empty(), missing }))
}

async fn not_found() -> ApiError {
    ApiError(Refusal::new(Code::NotFound, "no_such_page", "there is nothing here"))
}
