//! The shop's API.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::stand::{Mood, Stand};

type Held = Arc<Mutex<Stand>>;

/// Every path.
pub(crate) fn router(stand: Held) -> Router {
    Router::new()
        .route("/commands", post(command))
        .route("/events", get(events))
        .route("/orders", get(orders))
        .route("/products", get(products))
        .with_state(stand)
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

async fn command(State(stand): State<Held>, headers: HeaderMap, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    let held = |stand: &Held| {
        let mut stand = stand.lock().unwrap_or_else(PoisonError::into_inner);
        (stand.mood(), stand.command(&key, &body, now_ms()))
    };
    let (mood, answer) = held(&stand);
    match mood {
        Mood::Silent => tokio::time::sleep(Duration::from_secs(3_600)).await,
        Mood::Open | Mood::Broken | Mood::Slow => {}
    }
    match answer {
        Some(answer) => (StatusCode::OK, Json(answer)),
        None => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({}))),
    }
}

async fn events(State(stand): State<Held>, Query(asked): Query<HashMap<String, String>>) -> Json<Value> {
    let number = |name: &str, usual: u64| asked.get(name).and_then(|text| text.parse().ok()).unwrap_or(usual);
    let stand = stand.lock().unwrap_or_else(PoisonError::into_inner);
    let (events, next) =
        stand.events(number("after", 0), usize::try_from(number("limit", 500).min(500)).unwrap_or(500));
    Json(json!({ "events": events, "next": next.to_string() }))
}

async fn orders(State(stand): State<Held>) -> Json<Value> {
    let stand = stand.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({ "orders": stand.orders().collect::<Vec<_>>() }))
}

async fn products(State(stand): State<Held>) -> Json<Value> {
    let stand = stand.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({ "products": stand.stock().collect::<Vec<_>>() }))
}
