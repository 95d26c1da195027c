//! Services outside that flows ask: real HTTP over real sockets, also as nobody should answer.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use chassis::outside::OutsideError;
use serde_json::{Value, json};
use telephony::services::{AskError, Service, Services};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpListener,
    sync::mpsc,
};

/// What a service was asked: the lines before the body, and the body.
pub struct Asked {
    pub head: String,
    pub body: Value,
}

/// A service that answers everything with these bytes and closes; with none, it listens and says nothing.
pub async fn service(answer: &str) -> (SocketAddr, mpsc::UnboundedReceiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, asked) = mpsc::unbounded_channel();
    let answer = answer.to_owned();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let mut socket = BufReader::new(socket);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                if socket.read_line(&mut head).await.unwrap() == 0 {
                    break;
                }
            }
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            socket.read_exact(&mut body).await.unwrap();
            let _ = tell.send(Asked { head, body: serde_json::from_slice(&body).unwrap_or_default() });
            if answer.is_empty() {
                std::future::pending::<()>().await;
            }
            // Who has heard enough may be gone.
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (address, asked)
}

/// An answer with this status and body.
pub fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn named(url: String, token: Option<&str>) -> Result<Services, String> {
    let service: Service = serde_json::from_value(json!({ "url": url, "token": token, "timeout_ms": 2_000 })).unwrap();
    Services::new(&BTreeMap::from([("stock".to_owned(), service)]))
}

async fn ask(answer: &str) -> Result<BTreeMap<String, String>, AskError> {
    let (address, _asked) = service(answer).await;
    let services = named(format!("http://{address}/"), None).unwrap();
    services.ask("stock", &json!({}), Duration::from_secs(20)).await
}

#[tokio::test]
async fn a_service_is_asked_with_its_token_and_its_texts_and_numbers_are_taken() {
    let (address, mut asked) = service(&answer("200 OK", r#"{"left": 3, "name": "緑茶", "price": 1.5}"#)).await;
    let services = named(format!("http://{address}/v1/stock?shop=1"), Some("s3cret")).unwrap();
    let question = json!({"call": "c", "answers": {"item": "7"}});
    let fields = services.ask("stock", &question, Duration::from_secs(20)).await.unwrap();
    let expected = [("left", "3"), ("name", "緑茶"), ("price", "1.5")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let asked = asked.recv().await.unwrap();
    assert_eq!(asked.body, question);
    assert!(asked.head.starts_with("POST /v1/stock?shop=1 HTTP/1.1\r\n"), "{}", asked.head);
    let head = asked.head.to_lowercase();
    for line in [&format!("host: {address}"), "authorization: bearer s3cret", "content-type: application/json"] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line}: {head}");
    }
}

#[tokio::test]
async fn what_is_no_flat_object_of_texts_and_numbers_is_a_fault() {
    assert!(matches!(ask(&answer("200 OK", "no")).await, Err(AskError::Json(_))));
    assert!(matches!(ask(&answer("200 OK", "[1]")).await, Err(AskError::Json(_))));
    for body in [r#"{"a": {"b": 1}}"#, r#"{"a": null}"#, r#"{"a": true}"#, r#"{"a.b": 1}"#, r#"{"": 1}"#] {
        assert!(matches!(ask(&answer("200 OK", body)).await, Err(AskError::Fields(_))), "{body}");
    }
    let many: BTreeMap<String, u32> = (0..51).map(|n| (format!("f{n}"), n)).collect();
    assert!(matches!(ask(&answer("200 OK", &json!(many).to_string())).await, Err(AskError::Fields(_))));
    assert_eq!(ask(&answer("200 OK", "{}")).await.unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn a_service_leads_nowhere_else_and_cannot_flood_a_gateway() {
    let (hidden, mut knocked) = service(&answer("200 OK", r#"{"a": 1}"#)).await;
    let away = format!("HTTP/1.1 302 Found\r\nlocation: http://{hidden}/\r\ncontent-length: 0\r\n\r\n");
    assert!(matches!(ask(&away).await, Err(AskError::Status(status)) if status.as_u16() == 302));
    assert!(knocked.try_recv().is_err());
    assert!(matches!(ask(&answer("500 Oops", "{}")).await, Err(AskError::Status(_))));
    let long = json!({ "a": "x".repeat(17_000) }).to_string();
    assert!(matches!(ask(&answer("200 OK", &long)).await, Err(AskError::Outside(OutsideError::Body(_)))));
    assert!(matches!(
        ask("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"a\"").await,
        Err(AskError::Outside(OutsideError::Body(_)))
    ));
    assert!(matches!(ask("220 smtp.example ESMTP\r\n").await, Err(AskError::Outside(OutsideError::Http(_)))));
}

#[tokio::test]
async fn a_service_that_is_silent_away_or_unknown_does_not_hold_a_caller() {
    let (address, _asked) = service("").await;
    let services = named(format!("http://{address}/"), None).unwrap();
    let began = Instant::now();
    let late = services.ask("stock", &json!({}), Duration::from_millis(200)).await;
    assert!(matches!(late, Err(AskError::Late(_))), "{late:?}");
    assert!(began.elapsed() < Duration::from_millis(1_500), "the flow's patience counts when it is shorter");
    let late = services.ask("stock", &json!({}), Duration::from_secs(60)).await;
    assert!(matches!(late, Err(AskError::Late(patience)) if patience == Duration::from_secs(2)), "{late:?}");
    assert!(matches!(services.ask("other", &json!({}), Duration::from_secs(1)).await, Err(AskError::Unknown)));
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let services = named(format!("http://{port}/"), None).unwrap();
    let away = services.ask("stock", &json!({}), Duration::from_secs(1)).await;
    assert!(matches!(away, Err(AskError::Outside(OutsideError::Connect(_)))), "{away:?}");
    // What speaks plainly is not taken for secured.
    let (plain, _asked) = service(&answer("200 OK", "{}")).await;
    let services = named(format!("https://{plain}/"), None).unwrap();
    let refused = services.ask("stock", &json!({}), Duration::from_secs(2)).await;
    assert!(matches!(refused, Err(AskError::Outside(OutsideError::Connect(_)) | AskError::Late(_))), "{refused:?}");
}

#[test]
fn what_a_configuration_may_not_say() {
    for url in ["ftp://example.com/", "example.com", "http://user:password@example.com/", "/path", "https:///"] {
        assert!(named(url.to_owned(), None).is_err(), "{url}");
    }
    assert!(named("http://example.com/".to_owned(), Some("a\nb")).is_err());
    let slow: Service = serde_json::from_value(json!({ "url": "http://example.com/", "timeout_ms": 60_000 })).unwrap();
    assert!(Services::new(&BTreeMap::from([("stock".to_owned(), slow.clone())])).is_err());
    let named = Services::new(&BTreeMap::from([("Stock!".to_owned(), Service { timeout_ms: 500, ..slow })]));
    assert!(named.err().unwrap().contains("telephony.services.Stock!"));
}
