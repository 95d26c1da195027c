//! The ways that all customers went.

use std::sync::Arc;

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
    super::{
        error::ApiError,
        extract::{Client, Supervisor},
    },
    rules::service,
};
use crate::{door::App, socket::frames::at_most};

/// Longest segment, channel and route of a question.
const MAX_WORD: usize = 128;

/// Every path of journeys.
pub(in super::super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/journeys", get(count))
}

/// Query of `GET /api/v1/journeys`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    days: u32,
    segment: String,
    channel: String,
    route: String,
    by: String,
    paths: u32,
}

/// The ways that all customers went over a period.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Journeys")]
pub(crate) struct Journeys {
    /// It is being counted, or something else is: ask again after a second. The rest is empty then.
    counting: bool,
    /// The period, milliseconds since the Unix epoch.
    from: u64,
    /// Its end, which is when it was counted.
    until: u64,
    /// Customers who fit and of whom anything was heard in the period.
    customers: u64,
    /// The most travelled paths first.
    paths: Vec<Path>,
    /// Customers on paths that are not told, or on none.
    elsewhere: u64,
    /// Stages that anybody reached.
    stages: Vec<Stage>,
    /// Steps from one stage to the next.
    crossings: Vec<Crossing>,
    /// Where customers came in, most first; at most 20.
    entries: Vec<Entry>,
}

/// A sequence of stages or kinds of touchpoints, repeats folded.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JourneyPath")]
struct Path {
    /// Stages or kinds, at most 12.
    steps: Vec<String>,
    /// It goes on beyond the last one.
    cut: bool,
    /// Customers who went it.
    customers: u64,
}

/// What became of those who reached a stage.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JourneyStage")]
struct Stage {
    /// Which.
    stage: String,
    /// Customers with a touchpoint of it: the sum of the two below.
    reached: u64,
    /// After whose first one another stage followed.
    went_on: u64,
    /// After whose first one none did.
    stayed: u64,
}

/// From one stage to the next.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JourneyCrossing")]
struct Crossing {
    /// From which stage.
    from: String,
    /// To which stage.
    to: String,
    /// How often; a customer may cross several times.
    times: u64,
    /// Half took no longer, ms.
    median: u64,
    /// Nine tenths took no longer, ms.
    p90: u64,
}

/// How ways began.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "JourneyEntry")]
struct Entry {
    /// Channel of the first touchpoint; may be empty.
    channel: String,
    /// Its route (campaign code, dialled number, shop); may be empty.
    route: String,
    /// Customers.
    customers: u64,
}

impl From<Option<pb::JourneyFigures>> for Journeys {
    fn from(told: Option<pb::JourneyFigures>) -> Self {
        let counting = told.is_none();
        let told = told.unwrap_or_default();
        let word = |stage: i32| word(pb::Stage::try_from(stage).unwrap_or_default()).to_owned();
        let path = |it: pb::JourneyPath| Path { steps: it.steps, cut: it.cut, customers: it.customers };
        let stage = |it: pb::JourneyStage| Stage {
            stage: word(it.stage),
            reached: it.reached,
            went_on: it.went_on,
            stayed: it.stayed,
        };
        let crossing = |it: pb::JourneyCrossing| Crossing {
            from: word(it.from),
            to: word(it.to),
            times: it.times,
            median: it.median_ms,
            p90: it.p90_ms,
        };
        let entry = |it: pb::JourneyEntry| Entry { channel: it.channel, route: it.route, customers: it.customers };
        Self {
            counting,
            from: told.from_ms,
            until: told.until_ms,
            customers: told.customers,
            paths: told.paths.into_iter().map(path).collect(),
            elsewhere: told.elsewhere,
            stages: told.stages.into_iter().map(stage).collect(),
            crossings: told.crossings.into_iter().map(crossing).collect(),
            entries: told.entries.into_iter().map(entry).collect(),
        }
    }
}

/// The word that paths have for a stage.
fn word(stage: pb::Stage) -> &'static str {
    match stage {
        pb::Stage::Know => "know",
        pb::Stage::Consider => "consider",
        pb::Stage::Buy => "buy",
        pb::Stage::Use => "use",
        pb::Stage::Contact => "contact",
        pb::Stage::Again => "again",
        pb::Stage::Unspecified => "",
    }
}

/// Counts them, or says that they are being counted.
async fn count(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Query(asked): Query<Asked>,
) -> Result<Json<Journeys>, ApiError> {
    for word in [&asked.segment, &asked.channel, &asked.route] {
        at_most(word, MAX_WORD)?;
    }
    let request = pb::CountJourneysRequest {
        days: asked.days,
        segment_id: asked.segment.clone(),
        entry_channel: asked.channel,
        entry_route: asked.route,
        by_kind: asked.by == "kind",
        paths: asked.paths,
    };
    let told = service(&app)?.count_journeys(request).await.map_err(|status| Refusal::from(&status));
    // Whoever waits asks again and again: what they were told in the end is noted.
    match &told {
        Ok(answer) if answer.get_ref().figures.is_none() => {}
        Ok(_) => client.note(&app, &by.id, "journeys_read", &asked.segment, "ok"),
        Err(refusal) => client.note(&app, &by.id, "journeys_read", &asked.segment, &refusal.reason),
    }
    Ok(Json(Journeys::from(told?.into_inner().figures)))
}
