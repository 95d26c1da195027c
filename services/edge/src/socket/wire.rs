//! Reading from and writing to the connection.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use chassis::refusal::{Code, Refusal};
use futures::{SinkExt as _, StreamExt as _};

use super::{
    BAD_FRAME, TOO_BIG,
    handle::error_frame,
    outbox::{Ending, Outbox},
};
use crate::frames::{MAX_FRAME, encode};

/// A last word may take so long.
const LAST_WORD: Duration = Duration::from_secs(1);
/// How long the other side has to take a last word before the connection is cut: bytes that we did not read make the
/// system reset it, and a reset throws away what it had not read.
const LINGER: Duration = Duration::from_millis(250);

/// What came in.
pub(super) enum Incoming {
    Text(Utf8Bytes),
    Binary,
    /// A ping or pong of the transport; the library answers it.
    Control,
    /// Bytes that end the connection, with the close code.
    Refused(Refusal, u16),
    Gone,
}

/// Sorts what the socket gave.
pub(super) fn read(incoming: Option<Result<Message, axum::Error>>) -> Incoming {
    match incoming {
        Some(Ok(Message::Text(text))) => Incoming::Text(text),
        Some(Ok(Message::Binary(_))) => Incoming::Binary,
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Control,
        Some(Ok(Message::Close(_))) | None => Incoming::Gone,
        Some(Err(error)) => broken(&error.to_string()),
    }
}

/// The library's errors have no public type here; their words are part of its tests.
fn broken(error: &str) -> Incoming {
    if error.contains("too long") || error.contains("too big") {
        let message = format!("a frame has at most {MAX_FRAME} bytes");
        Incoming::Refused(Refusal::new(Code::InvalidArgument, "frame_too_large", message), TOO_BIG)
    } else if error.to_ascii_lowercase().contains("utf-8") {
        let refusal = Refusal::new(Code::InvalidArgument, "bad_frame", "a text frame that is not UTF-8");
        Incoming::Refused(refusal, BAD_FRAME)
    } else {
        tracing::debug!(error, "a socket broke");
        Incoming::Gone
    }
}

/// The first frame that is not the transport's own.
pub(super) async fn first(socket: &mut WebSocket) -> Incoming {
    loop {
        let incoming = read(socket.next().await);
        if !matches!(incoming, Incoming::Control) {
            return incoming;
        }
    }
}

/// Writes a batch. False when the connection is over, or the reader too slow: then it was told so.
pub(super) async fn write(
    socket: &mut WebSocket,
    batch: &mut Vec<Utf8Bytes>,
    outbox: &Outbox,
    patience: Duration,
) -> bool {
    if batch.is_empty() {
        return true;
    }
    let writing = async {
        for frame in batch.drain(..) {
            socket.feed(Message::Text(frame)).await?;
        }
        socket.flush().await
    };
    let written = tokio::select! {
        written = tokio::time::timeout(patience, writing) => written,
        () = outbox.overflowed() => Ok(Ok(())),
    };
    match written {
        Ok(Ok(())) => true,
        Ok(Err(_)) => false,
        Err(_) => {
            super::end(socket, &Ending::TooSlow).await;
            false
        }
    }
}

/// Says why, then closes.
pub(super) async fn refuse(socket: &mut WebSocket, reference: Option<&str>, refusal: &Refusal, code: u16) {
    let error = Message::Text(encode(&error_frame(reference, refusal)));
    let said = tokio::time::timeout(LAST_WORD, socket.send(error)).await;
    if matches!(said, Ok(Ok(()))) {
        close(socket, code).await;
        if code == TOO_BIG || code == BAD_FRAME {
            tokio::time::sleep(LINGER).await;
        }
    }
}

/// Closes with a code.
pub(super) async fn close(socket: &mut WebSocket, code: u16) {
    let frame = CloseFrame { code, reason: Utf8Bytes::from_static("") };
    let _gone = tokio::time::timeout(LAST_WORD, socket.send(Message::Close(Some(frame)))).await;
}
