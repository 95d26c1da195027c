//! How many belong to each segment, day by day.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use chassis::refusal::Refusal;
use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    super::{error::ApiError, extract::Supervisor},
    rules::service,
};
use crate::door::App;

/// Every path of the trend.
pub(in super::super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/segment-trend", get(read))
}

/// Query of `GET /api/v1/segment-trend`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    days: u32,
}

/// How many there were, day by day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SegmentTrend")]
pub(crate) struct Trend {
    /// By day; one on which no site ran is missing.
    days: Vec<Day>,
}

/// A day.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SegmentDay")]
struct Day {
    /// Days since 1970-01-01 in Japan.
    day: u32,
    /// When it was counted, milliseconds since the Unix epoch.
    at: u64,
    /// Customers in all.
    customers: u64,
    /// Members by segment; one without members is missing.
    segments: BTreeMap<String, u64>,
    /// Customers by loyalty tier.
    tiers: BTreeMap<String, u64>,
}

impl From<pb::SegmentDay> for Day {
    fn from(it: pb::SegmentDay) -> Self {
        Self {
            day: it.day,
            at: it.at_ms,
            customers: it.customers,
            segments: it.segments.into_iter().collect(),
            tiers: it.tiers.into_iter().collect(),
        }
    }
}

/// The days that were counted.
async fn read(
    State(app): State<Arc<App>>,
    Supervisor(_): Supervisor,
    Query(Asked { days }): Query<Asked>,
) -> Result<Json<Trend>, ApiError> {
    let asked = service(&app)?.get_trend(pb::GetTrendRequest { days }).await;
    let told = asked.map_err(|status| Refusal::from(&status))?.into_inner();
    Ok(Json(Trend { days: told.days.into_iter().map(Day::from).collect() }))
}
