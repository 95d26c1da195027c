//! What each medium brought.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        audited::audited,
        error::ApiError,
        extract::{Client, Supervisor},
    },
    rules::service,
};
use crate::{door::App, socket::frames::at_most};

/// Longest kind and channel of a question.
const MAX_WORD: usize = 32;

/// Every path of media.
pub(in super::super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/media", get(count))
}

/// Query of `GET /api/v1/media`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: u64,
    until: u64,
    within: u32,
    kind: String,
    channel: String,
    rows: u32,
}

/// What each medium brought.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Media")]
pub(crate) struct Media {
    /// Those with the most touchpoints first.
    rows: Vec<Row>,
    /// All other rows together; absent: there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<Row>,
    /// All rows together: a person or purchase of several rows counts once.
    total: Row,
    /// How many rows there are in all.
    of: u64,
}

/// Touchpoints of one kind, channel and route.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MediaRow")]
struct Row {
    /// Kind of touchpoint.
    kind: String,
    /// Channel; may be empty.
    channel: String,
    /// Dialled number, campaign code, page, shop; may be empty.
    route: String,
    /// How many touchpoints.
    touchpoints: u64,
    /// How many customers they were of.
    people: u64,
    /// How many of these bought after one of them, within the days.
    buyers: u64,
    /// How many purchases that were.
    purchases: u64,
    /// What they were worth when they were made, yen.
    amount: i64,
}

impl From<pb::MediaRow> for Row {
    fn from(told: pb::MediaRow) -> Self {
        let pb::MediaRow { kind, channel, route, touchpoints, people, buyers, purchases, amount } = told;
        Self { kind, channel, route, touchpoints, people, buyers, purchases, amount }
    }
}

/// Counts them.
async fn count(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Query(asked): Query<Asked>,
) -> Result<Json<Media>, ApiError> {
    at_most(&asked.kind, MAX_WORD)?;
    at_most(&asked.channel, MAX_WORD)?;
    let request = pb::CountMediaRequest {
        from_ms: asked.from,
        until_ms: asked.until,
        within_days: asked.within,
        kind: asked.kind,
        channel: asked.channel,
        rows: asked.rows,
    };
    let told = audited(service(&app)?.count_media(request).await, (&app, &by, &client), ("media_read", ""))?;
    Ok(Json(Media {
        rows: told.rows.into_iter().map(Row::from).collect(),
        other: told.other.map(Row::from),
        total: told.total.unwrap_or_default().into(),
        of: told.of,
    }))
}
