//! Events of customers, orders and stock from shops and other systems, one by one as JSON or as a file of CSV. For machines (`reporter`) and
//! supervisors.

mod table;
mod time;
mod whole;

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    routing::post,
};
use chassis::refusal::{Code, Refusal};
use proto::crm::v1::{EventOutcome, ReportEventsRequest};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer as _, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{
    error::ApiError,
    extract::{Client, Reporter},
    orders::service,
};
use crate::door::App;
use table::{Kind, Of, Row};
pub(super) use time::{text as time_text, time as time_of};

/// Longest body, in bytes.
pub(crate) const MAX_BODY: usize = 4 * 1024 * 1024;
/// Events in one request.
const MOST: usize = 500;
/// Faults that an import tells of.
const FAULTS: usize = 1_000;
/// How long `crm` has for one report.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every path of reports.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/events", post(events))
        .route("/imports/{kind}", post(import))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Query of `POST /api/v1/events`.
#[derive(Deserialize)]
struct From {
    source: String,
}

/// What became of events.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventsReported")]
pub(crate) struct Reported {
    /// How many are stored.
    stored: usize,
    /// How many never can be.
    refused: usize,
    /// One for each event, in order.
    outcomes: Vec<Outcome>,
}

/// What became of an event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EventOutcome")]
pub(crate) struct Outcome {
    /// Id of the order or the record.
    #[serde(skip_serializing_if = "String::is_empty")]
    id: String,
    /// Why it never can be stored; absent: it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    refused: String,
    /// The field that is wrong.
    #[serde(skip_serializing_if = "String::is_empty")]
    field: String,
}

fn bad(message: &str) -> ApiError {
    ApiError(Refusal::new(Code::InvalidArgument, "bad_request", message))
}

/// The door's own words are no system's source.
fn checked(source: &str) -> Result<(), ApiError> {
    let first = source.split('.').next().unwrap_or_default();
    let ours = ["desk", "chat", "center", "telephony", "edge"].contains(&first);
    if ours {
        Err(ApiError(Refusal::new(Code::InvalidArgument, "bad_source", "this source is the center's own")))
    } else {
        Ok(())
    }
}

async fn events(
    State(app): State<Arc<App>>,
    Reporter(by): Reporter,
    client: Client,
    Query(From { source }): Query<From>,
    body: Bytes,
) -> Result<Json<Reported>, ApiError> {
    checked(&source)?;
    let events = split(&body)?;
    let outcomes = report(&app, &source, &by.id, events, false).await;
    let word = outcomes.as_ref().map_or_else(|error| error.0.reason.as_ref(), |_| "ok");
    client.note(&app, &by.id, "events_reported", &source, word);
    let outcomes: Vec<Outcome> =
        outcomes?.into_iter().map(|it| Outcome { id: it.id, refused: it.refused, field: it.field }).collect();
    let refused = outcomes.iter().filter(|it| !it.refused.is_empty()).count();
    Ok(Json(Reported { stored: outcomes.len() - refused, refused, outcomes }))
}

async fn report(
    app: &App,
    source: &str,
    by: &str,
    events: Vec<String>,
    check_only: bool,
) -> Result<Vec<EventOutcome>, ApiError> {
    let request = ReportEventsRequest { source: source.to_owned(), by: by.to_owned(), events, check_only };
    let reported = tokio::time::timeout(PATIENCE, service(app)?.report_events(request)).await;
    let reported = reported.map_err(|_| ApiError(crate::link::unavailable()))??;
    Ok(reported.into_inner().outcomes)
}

fn too_many() -> ApiError {
    ApiError(Refusal::new(Code::InvalidArgument, "too_many", "a request holds at most 500 events"))
}

/// An array, or an event a line; no more of it is read than is taken.
fn split(body: &[u8]) -> Result<Vec<String>, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| bad("the body is not UTF-8"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut events = Vec::new();
    if text.starts_with('[') {
        let mut array = serde_json::Deserializer::from_str(text);
        let read = array.deserialize_seq(Array(&mut events)).and_then(|()| array.end());
        if events.len() > MOST {
            return Err(too_many());
        }
        read.map_err(|_| bad("the body is no array of events"))?;
        return Ok(events);
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    events.extend(lines.take(MOST + 1).map(str::to_owned));
    if events.len() > MOST { Err(too_many()) } else { Ok(events) }
}

/// Takes the events of an array, and fails after one more than a request may have.
struct Array<'a>(&'a mut Vec<String>);

impl<'de> Visitor<'de> for Array<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        while let Some(event) = array.next_element::<Value>()? {
            self.0.push(event.to_string());
            if self.0.len() > MOST {
                return Err(A::Error::custom("too many events"));
            }
        }
        Ok(())
    }
}

/// Query of `POST /api/v1/imports/{kind}`.
#[derive(Deserialize)]
struct How {
    source: String,
    /// The shop of orders and stock; of customers, whose numbers `ec` numbers are.
    #[serde(default)]
    shop: String,
    /// When rows, but those of orders, without a time of their own became true, as in a column of times; empty: they must say so.
    #[serde(default)]
    at: String,
    #[serde(default)]
    dry_run: bool,
}

/// What became of a file.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Imported {
    /// Nothing was stored: only looked at.
    dry_run: bool,
    /// Rows in the file.
    rows: usize,
    /// What they come to: an order may have several rows.
    events: usize,
    /// How many of these are stored, or could be.
    good: usize,
    /// What is wrong, by line; the first 1,000.
    faults: Vec<Fault>,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ImportFault")]
pub(crate) struct Fault {
    /// Line of the file, from 1; the header is line 1.
    pub(super) line: u64,
    /// The column, by its header; empty: the whole line.
    pub(super) column: String,
    /// Why, in a word.
    pub(super) reason: String,
}

async fn import(
    State(app): State<Arc<App>>,
    Reporter(by): Reporter,
    client: Client,
    Path(kind): Path<Kind>,
    Query(How { source, shop, at, dry_run }): Query<How>,
    body: Bytes,
) -> Result<Json<Imported>, ApiError> {
    checked(&source)?;
    let at = if at.is_empty() { None } else { Some(time::time(&at).ok_or_else(|| bad("at is no time"))?) };
    let table::File { rows, events, mut faults } = table::read(Of { kind, shop: &shop, at }, &body).map_err(bad)?;
    let (mut good, count) = (0, events.len());
    for part in events.chunks(MOST) {
        let texts = part.iter().map(|row| row.event.to_string()).collect();
        let outcomes = report(&app, &source, &by.id, texts, dry_run).await;
        let word = outcomes.as_ref().map_or_else(|error| error.0.reason.as_ref(), |_| "ok");
        client.note(&app, &by.id, if dry_run { "import_checked" } else { "imported" }, &source, word);
        for (Row { line, .. }, outcome) in part.iter().zip(outcomes?) {
            if outcome.refused.is_empty() {
                good += 1;
            } else {
                faults.push(Fault { line: *line, column: table::column_of(&outcome.field), reason: outcome.refused });
            }
        }
    }
    faults.sort_by_key(|fault| fault.line);
    faults.truncate(FAULTS);
    Ok(Json(Imported { dry_run, rows, events: count, good, faults }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_as_an_array_or_a_line_each() {
        let events = |body: &str| split(body.as_bytes()).ok();
        let both = vec![r#"{"a":1}"#.to_owned(), r#"{"b":2}"#.to_owned()];
        assert_eq!(events(r#" [{"a":1}, {"b":2}] "#), Some(both.clone()));
        assert_eq!(events("\u{feff}{\"a\":1}\r\n\n{\"b\":2}\n"), Some(both));
        assert_eq!(events(""), Some(Vec::new()));
        assert_eq!(events("[1,"), None);
        assert!(split(b"\xff").is_err());
        for wrong in ["[1] 2", "[1}", "{\"a\":1} ]["] {
            assert_eq!(events(wrong).is_none(), wrong.starts_with('['), "{wrong}");
        }
    }

    #[test]
    fn no_more_is_read_than_is_taken() {
        let reason =
            |body: &str| split(body.as_bytes()).map(|events| events.len()).map_err(|it| it.0.reason.to_string());
        assert_eq!(reason(&format!("[{}0]", "0,".repeat(MOST - 1))), Ok(MOST));
        assert_eq!(reason(&"{}\n".repeat(MOST)), Ok(MOST));
        // What follows the last that is taken is not looked at.
        assert_eq!(reason(&format!("[{}never read", "0,".repeat(MOST + 1))), Err("too_many".to_owned()));
        assert_eq!(reason(&"{}\n".repeat(MOST + 1)), Err("too_many".to_owned()));
    }

    #[test]
    fn nobody_reports_in_the_centers_name() {
        assert!(checked("ec.main").is_ok() && checked("import.2026").is_ok());
        for source in ["desk", "desk.x", "center.chat", "chat"] {
            assert!(checked(source).is_err(), "{source}");
        }
    }
}
