//! All that is kept of customers, as files of CSV (docs/crm-export.md): read page by page while it is sent, one at a time. For supervisors.

mod rows;
mod source;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse as _, Response},
    routing::get,
};
use chassis::refusal::{Code, Refusal};
use futures::stream;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::{
    audited::outcome_word,
    error::ApiError,
    extract::{Client, Supervisor},
};
use crate::door::App;
use source::{Page, Source, What};

/// Exports at once.
pub(crate) const AT_ONCE: usize = 1;
/// A reader who takes nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pages that wait for the reader.
const AHEAD: usize = 1;
/// Marks a file as UTF-8, for Excel.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Every path of exports.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/export/{file}", get(export))
}

/// Query of `GET /api/v1/export/{what}.csv`.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct How {
    /// 1: begins with a byte order mark.
    bom: u8,
    /// 1: no cell is taken for a formula.
    excel: u8,
}

/// What goes to the reader.
enum Part {
    Bytes(Bytes),
    /// That was all.
    End,
}

async fn export(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(file): Path<String>,
    Query(how): Query<How>,
) -> Result<Response, ApiError> {
    let none = || Refusal::new(Code::NotFound, "no_such_page", "there is no such table");
    let what = file.strip_suffix(".csv").and_then(What::named).ok_or_else(none)?;
    let begun = begin(&app, what).await;
    client.note(&app, &by.id, "export", what.name(), outcome_word(&begun));
    let (source, first, turn) = begun?;
    let mut head = if how.bom == 1 { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
    head.extend(rows::csv(&[what.columns().iter().map(|&name| name.to_owned()).collect()], false));
    let (sender, parts) = mpsc::channel(AHEAD);
    tokio::spawn(send(source, first, (head, how.excel == 1), sender, turn));
    let name = format!("attachment; filename=\"{}.csv\"", what.name());
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(stream::try_unfold(parts, next))).into_response())
}

/// Reads the first page, so that what cannot be read is refused and not broken off.
async fn begin(app: &App, what: What) -> Result<(Source, Page, OwnedSemaphorePermit), Refusal> {
    let busy = |_| Refusal::new(Code::FailedPrecondition, "busy", "somebody else is exporting: one at a time");
    let turn = app.export_room.clone().try_acquire_owned().map_err(busy)?;
    let source = Source::new(app, what)?;
    let first = source.page(String::new()).await?;
    Ok((source, first, turn))
}

/// Sends all pages; nothing is read on while the reader takes nothing. Without [`Part::End`] the answer is broken off.
async fn send(
    source: Source,
    first: Page,
    (head, excel): (Vec<u8>, bool),
    sender: mpsc::Sender<Part>,
    turn: OwnedSemaphorePermit,
) {
    let (mut bytes, mut page) = (head, first);
    loop {
        bytes.extend(rows::csv(&page.rows, excel));
        if sender.send_timeout(Part::Bytes(std::mem::take(&mut bytes).into()), PATIENCE).await.is_err() {
            tracing::info!(table = source.what().name(), "an export was left by its reader");
            return;
        }
        if page.next.is_empty() {
            break;
        }
        page = match source.page(page.next).await {
            Ok(page) => page,
            Err(refusal) => {
                tracing::warn!(table = source.what().name(), reason = %refusal.reason, "an export is broken off");
                return;
            }
        };
    }
    drop(turn);
    let _left = sender.send_timeout(Part::End, PATIENCE).await;
}

async fn next(mut parts: mpsc::Receiver<Part>) -> Result<Option<(Bytes, mpsc::Receiver<Part>)>, std::io::Error> {
    match parts.recv().await {
        Some(Part::Bytes(bytes)) => Ok(Some((bytes, parts))),
        Some(Part::End) => Ok(None),
        None => Err(std::io::Error::other("the export is broken off")),
    }
}
