//! The least of HTTP that a health check and an operator's request need, on this machine.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Time for one request, all in all.
const LIMIT: Duration = Duration::from_secs(10);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status code.
    pub(crate) status: u16,
    /// Body.
    pub(crate) body: String,
}

/// One request on a connection of its own. `url` is `http://host:port`, no path. HTTP/1.0, so that no body comes in chunks.
pub(crate) async fn request(
    method: &str,
    url: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&serde_json::Value>,
) -> std::io::Result<Answer> {
    let late = || std::io::Error::new(std::io::ErrorKind::TimedOut, format!("no answer within {LIMIT:?}"));
    tokio::time::timeout(LIMIT, exchange(method, url, path, token, body)).await.map_err(|_| late())?
}

/// `GET` without a token.
pub(crate) async fn get(url: &str, path: &str) -> std::io::Result<Answer> {
    request("GET", url, path, None, None).await
}

async fn exchange(
    method: &str,
    url: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&serde_json::Value>,
) -> std::io::Result<Answer> {
    let invalid = |what: &str| std::io::Error::new(std::io::ErrorKind::InvalidData, what.to_owned());
    let host = url.strip_prefix("http://").ok_or_else(|| invalid("an address must begin with http://"))?;
    let host = host.trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await?;
    let body = body.map(serde_json::Value::to_string).unwrap_or_default();
    let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{token}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    let text = String::from_utf8(bytes).map_err(|_| invalid("the answer is not UTF-8"))?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| invalid("the answer has no head"))?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answer { status: status.ok_or_else(|| invalid("the answer has no status"))?, body: body.to_owned() })
}
