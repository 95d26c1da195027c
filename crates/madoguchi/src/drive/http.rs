//! As much of an HTTP client as the drills need: one JSON request a connection.

use std::time::Duration;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Longest time one request may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a request brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection, or it broke.
    #[error("asking {path} at {address}")]
    Broken {
        /// Host and port.
        address: String,
        /// What was asked for.
        path: String,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// No answer in time.
    #[error("no answer to {path} at {address} within 15 s")]
    Late {
        /// Host and port.
        address: String,
        /// What was asked for.
        path: String,
    },
    /// The answer is not HTTP with a JSON body.
    #[error("{path} was answered with something else than JSON: {text}")]
    Malformed {
        /// What was asked for.
        path: String,
        /// The beginning of the answer.
        text: String,
    },
    /// Refused.
    #[error("{path} was refused with {status}: {reason}")]
    Refused {
        /// What was asked for.
        path: String,
        /// HTTP status.
        status: u16,
        /// The answer's `reason`, or its beginning.
        reason: String,
    },
}

/// One door of the center.
#[derive(Debug, Clone)]
pub struct Door {
    /// Host and port.
    pub address: String,
    /// Sent as bearer when set.
    pub token: Option<String>,
}

impl Door {
    /// A door that is spoken to without a token.
    pub fn anonymous(address: &str) -> Self {
        Self { address: address.to_owned(), token: None }
    }

    /// Sends `body` and returns the answer's body; an empty one is `null`.
    ///
    /// # Errors
    /// When there is no answer, or it is a refusal.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.ask("POST", path, Some(body)).await
    }

    /// Sets what is at `path`.
    ///
    /// # Errors
    /// As [`Door::post`].
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.ask("PUT", path, Some(body)).await
    }

    /// Reads `path`.
    ///
    /// # Errors
    /// As [`Door::post`].
    pub async fn get(&self, path: &str) -> Result<Value, Error> {
        self.ask("GET", path, None).await
    }

    /// Deletes `path`.
    ///
    /// # Errors
    /// As [`Door::post`].
    pub async fn delete(&self, path: &str) -> Result<Value, Error> {
        self.ask("DELETE", path, None).await
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let bearer = self.token.as_ref().map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{bearer}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len(),
        );
        let answer = timeout(PATIENCE, self.exchange(request.as_bytes()))
            .await
            .map_err(|_| Error::Late { address: self.address.clone(), path: path.to_owned() })?
            .map_err(|source| Error::Broken { address: self.address.clone(), path: path.to_owned(), source })?;
        read(path, &answer)
    }

    async fn exchange(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.address).await?;
        stream.write_all(request).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    }
}

fn read(path: &str, answer: &[u8]) -> Result<Value, Error> {
    let text = String::from_utf8_lossy(answer);
    let malformed = || Error::Malformed { path: path.to_owned(), text: text.chars().take(200).collect() };
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(malformed)?;
    let status: u16 = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(malformed)?;
    let value = serde_json::from_str::<Value>(body);
    if (200..300).contains(&status) {
        return if body.is_empty() { Ok(Value::Null) } else { value.map_err(|_| malformed()) };
    }
    let reason = value
        .ok()
        .and_then(|value| value["reason"].as_str().map(str::to_owned))
        .unwrap_or_else(|| body.chars().take(200).collect());
    Err(Error::Refused { path: path.to_owned(), status, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_its_word() {
        let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\n\r\n{\"reason\":\"wrong_credentials\",\"message\":\"no\"}";
        let Err(Error::Refused { status, reason, .. }) = read("/x", answer) else {
            panic!("not a refusal");
        };
        assert_eq!((status, reason.as_str()), (401, "wrong_credentials"));
    }

    #[test]
    fn an_empty_body_is_null_and_nonsense_is_an_error() {
        assert_eq!(read("/x", b"HTTP/1.1 204 No Content\r\n\r\n").unwrap(), Value::Null);
        assert!(matches!(read("/x", b"hello"), Err(Error::Malformed { .. })));
        assert!(matches!(read("/x", b"HTTP/1.1 200 OK\r\n\r\nhello"), Err(Error::Malformed { .. })));
    }
}
