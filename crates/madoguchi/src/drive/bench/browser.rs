//! A bare browser: a socket that is signed in, nothing kept, nothing sent again. For crowds.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

const SIGN_IN: Duration = Duration::from_secs(20);

/// See the module.
pub(super) struct Browser {
    socket: WebSocketStream<TcpStream>,
}

impl Browser {
    /// Connects to a door (`host:port`) and signs in; `None` when it is refused, or not answered within 20 s.
    pub(super) async fn sign_in(address: &str, token: &str) -> Option<Self> {
        let signing = async {
            let stream = TcpStream::connect(address).await.ok()?;
            stream.set_nodelay(true).ok()?;
            let config = WebSocketConfig::default().read_buffer_size(4 * 1024).write_buffer_size(4 * 1024);
            let url = format!("ws://{address}/socket");
            let (socket, _) = client_async_with_config(url, stream, Some(config)).await.ok()?;
            let mut browser = Self { socket };
            let hello = json!({"type": "hello", "protocol": 1, "token": token, "language": "ja"});
            browser.say(&hello).await.then_some(())?;
            browser.hear().await?.contains("\"welcome\"").then_some(browser)
        };
        timeout(SIGN_IN, signing).await.ok().flatten()
    }

    /// Sends a frame; false when the socket is over.
    pub(super) async fn say(&mut self, frame: &Value) -> bool {
        self.socket.send(Message::text(frame.to_string())).await.is_ok()
    }

    /// The next text frame; `None` when the socket is over. Cancel-safe.
    pub(super) async fn hear(&mut self) -> Option<String> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(_)) | Err(_) => return None,
            }
        }
    }
}
