//! All that is kept of customers, as files of CSV or Parquet (docs/crm-export.md): read page by page while it is sent, one at a time. For supervisors.

mod form;
mod parquet;
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
use form::Form;
use source::{Page, Source, What};

/// Exports at once.
pub(crate) const AT_ONCE: usize = 1;
/// A reader who takes nothing for so long is left.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pages that wait for the reader.
const AHEAD: usize = 1;
/// Every path of exports.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/export/{file}", get(export))
}

/// Query of `GET /api/v1/export/{what}.csv`; nothing of it counts for Parquet.
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
    let (name, kind) = file.rsplit_once('.').ok_or_else(none)?;
    let what = What::named(name).ok_or_else(none)?;
    let form = Form::named(kind, what, (how.bom == 1, how.excel == 1)).map_err(|error| form::failed(&error))?;
    let form = form.ok_or_else(none)?;
    let begun = begin(&app, what).await;
    client.note(&app, &by.id, "export", what.name(), outcome_word(&begun));
    let (source, first, turn) = begun?;
    let (sender, parts) = mpsc::channel(AHEAD);
    let headers = [
        (CONTENT_TYPE, form.content_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}.{kind}\"", what.name())),
    ];
    tokio::spawn(send(source, first, form, sender, turn));
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
async fn send(source: Source, first: Page, form: Form, sender: mpsc::Sender<Part>, turn: OwnedSemaphorePermit) {
    match pages(&source, first, form, &sender).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::info!(table = source.what().name(), "an export was left by its reader");
            return;
        }
        Err(refusal) => {
            tracing::warn!(table = source.what().name(), reason = %refusal.reason, "an export is broken off");
            return;
        }
    }
    drop(turn);
    let _left = sender.send_timeout(Part::End, PATIENCE).await;
}

/// Sends all pages; false: the reader left.
async fn pages(source: &Source, first: Page, mut form: Form, sender: &mpsc::Sender<Part>) -> Result<bool, Refusal> {
    let mut page = first;
    loop {
        let Page { rows, next } = page;
        let mut rows = rows.into_iter();
        while rows.len() > 0 {
            let bytes;
            (form, bytes) = form.rows(&mut rows).await?;
            if !sent(sender, bytes).await {
                return Ok(false);
            }
        }
        if next.is_empty() {
            break;
        }
        page = source.page(next).await?;
    }
    let bytes = form.end().await?;
    Ok(sent(sender, bytes).await)
}

/// False: the reader left.
async fn sent(sender: &mpsc::Sender<Part>, bytes: Vec<u8>) -> bool {
    bytes.is_empty() || sender.send_timeout(Part::Bytes(bytes.into()), PATIENCE).await.is_ok()
}

async fn next(mut parts: mpsc::Receiver<Part>) -> Result<Option<(Bytes, mpsc::Receiver<Part>)>, std::io::Error> {
    match parts.recv().await {
        Some(Part::Bytes(bytes)) => Ok(Some((bytes, parts))),
        Some(Part::End) => Ok(None),
        None => Err(std::io::Error::other("the export is broken off")),
    }
}
