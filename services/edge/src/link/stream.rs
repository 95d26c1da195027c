//! Keeps one stream open: made again when lost, soon at first.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::{StreamExt as _, wrappers::UnboundedReceiverStream};
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status, Streaming};

use crate::metrics::metrics;

/// Waits between attempts, in ms; the last one goes on for ever.
const PAUSES: [u64; 6] = [10, 50, 100, 200, 300, 500];
/// A stream that does not open within this is tried again.
const OPEN: Duration = Duration::from_secs(3);

/// The table behind a stream: what is to be asked again on a new one, and what an answer means.
pub(crate) trait Table: Send + Sync {
    /// What goes up.
    type Request: Send + 'static;
    /// What comes down.
    type Answer: Send + 'static;
    /// For logs.
    const NAME: &'static str;
    /// A new stream: ask everything that is open on it, then keep it for what follows.
    fn connected(&self, out: UnboundedSender<Self::Request>);
    /// The stream is lost.
    fn lost(&self);
    /// An answer came.
    fn answer(&self, answer: Self::Answer);
    /// Whether the stream is open.
    fn up(&self) -> &AtomicBool;
}

/// Runs a table's stream until `stop`. `open` makes the call.
pub(crate) async fn keep<T, O, F>(table: &T, mut open: O, stop: CancellationToken)
where
    T: Table,
    O: FnMut(UnboundedReceiverStream<T::Request>) -> F + Send,
    F: Future<Output = Result<Response<Streaming<T::Answer>>, Status>> + Send,
{
    let mut failures = 0;
    loop {
        let (out, requests) = unbounded_channel();
        table.connected(out);
        let run = once(table, &mut open, requests);
        let opened = tokio::select! {
            opened = run => opened,
            () = stop.cancelled() => return,
        };
        if opened {
            metrics().streams_lost.add(1, &[]);
        }
        table.up().store(false, Ordering::Relaxed);
        table.lost();
        failures = if opened { 0 } else { (failures + 1).min(PAUSES.len() - 1) };
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(PAUSES[failures])) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// One stream from its opening to its end. True when it had been open.
async fn once<T, O, F>(table: &T, open: &mut O, requests: UnboundedReceiver<T::Request>) -> bool
where
    T: Table,
    O: FnMut(UnboundedReceiverStream<T::Request>) -> F + Send,
    F: Future<Output = Result<Response<Streaming<T::Answer>>, Status>> + Send,
{
    let opening = tokio::time::timeout(OPEN, open(UnboundedReceiverStream::new(requests))).await;
    let mut answers = match opening {
        Ok(Ok(response)) => response.into_inner(),
        Ok(Err(status)) => {
            tracing::debug!(stream = T::NAME, code = ?status.code(), "stream not opened");
            return false;
        }
        Err(_) => {
            tracing::warn!(stream = T::NAME, "stream not opened in time");
            return false;
        }
    };
    table.up().store(true, Ordering::Relaxed);
    tracing::info!(stream = T::NAME, "stream open");
    while let Some(answer) = answers.next().await {
        match answer {
            Ok(answer) => table.answer(answer),
            Err(status) => {
                tracing::warn!(stream = T::NAME, code = ?status.code(), "stream lost");
                return true;
            }
        }
    }
    tracing::warn!(stream = T::NAME, "stream ended");
    true
}
