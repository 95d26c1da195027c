//! Wrong and hostile input: a clear error, and others talk on.

use futures::SinkExt as _;
use madoguchi::drive::http::Error;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

use crate::{
    Stage,
    puppet::{Puppet, door, post, socket},
};

pub async fn all(stage: &Stage) {
    wrong_tokens(stage).await;
    somebody_elses_conversation(stage).await;
    broken_frames(stage).await;
    slow_reader(stage).await;
}

async fn wrong_tokens(stage: &Stage) {
    for token in ["", "v4.local.AAAA", "nonsense"] {
        let mut socket = socket(stage, "tokyo").await;
        let hello = json!({"type": "hello", "protocol": 1, "token": token, "language": "ja"});
        socket.send(Message::text(hello.to_string())).await.unwrap();
        let code = close_code(&mut socket).await;
        assert_eq!(code, 4401, "token {token:?}");
    }
    let wrong = json!({"login": "supervisor", "password": "wrong"});
    let answer = door(stage, "tokyo", None).post("/api/v1/sign-in", &wrong).await;
    assert!(matches!(answer, Err(Error::Refused { status: 401, .. })), "{answer:?}");
    let floor = door(stage, "tokyo", None).get("/api/v1/floor").await;
    assert!(matches!(floor, Err(Error::Refused { status: 401, .. })), "{floor:?}");
}

async fn somebody_elses_conversation(stage: &Stage) {
    let mut owner = Puppet::customer(stage, "tokyo").await;
    let conversation = owner.open().await;
    owner.post(conversation, "秘密").await;
    let mut stranger = Puppet::customer(stage, "osaka").await;
    stranger.refused(json!({"type": "watch", "conversation": conversation, "after": 0}), "not_your_conversation").await;
    stranger.refused(post(conversation, Uuid::new_v4(), "x"), "not_your_conversation").await;
    stranger.refused(json!({"type": "close", "conversation": conversation}), "not_your_conversation").await;
    stranger.refused(json!({"type": "accept", "contact": format!("{conversation}.1"), "round": 1}), "forbidden").await;
    let path = format!("/api/v1/conversations/{conversation}/events?after=0&limit=10");
    let read = door(stage, "osaka", Some(&stranger.token)).get(&path).await;
    assert!(matches!(read, Err(Error::Refused { status: 403, .. })), "{read:?}");
    owner.done(json!({"type": "close", "conversation": conversation})).await;
}

async fn broken_frames(stage: &Stage) {
    let mut other = Puppet::customer(stage, "tokyo").await;
    let conversation = other.open().await;
    let long = "x".repeat(40_000);
    let hostile = [
        Message::text("{\"type\":\"post\""),
        Message::text("[]"),
        Message::text(json!({"type": "watch", "ref": "1", "conversation": "../../etc"}).to_string()),
        Message::binary(vec![0_u8, 159, 146, 150]),
        Message::text(json!({"type": "post", "ref": "1", "text": long}).to_string()),
    ];
    for message in hostile {
        let mut puppet = Puppet::customer(stage, "tokyo").await;
        puppet.say_raw(message).await;
        puppet.until("an error", |frame| frame["type"] == "error").await;
        other.post(conversation, "still here").await;
    }
    broken_utf8(stage).await;
    other.refused(post(conversation, Uuid::new_v4(), ""), "text_empty").await;
    other.refused(post(conversation, Uuid::new_v4(), &"あ".repeat(4_001)), "text_too_long").await;
    other.post(conversation, "and here").await;
    other.done(json!({"type": "close", "conversation": conversation})).await;
}

/// A text frame that is not UTF-8: the library refuses to write one, so it is written by hand.
async fn broken_utf8(stage: &Stage) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut socket = socket(stage, "tokyo").await;
    let stream = socket.get_mut();
    let (mask, text) = ([1_u8, 2, 3, 4], [0xff_u8, 0xfe, 0x80]);
    let mut frame = vec![0x81, 0x80 | text.len() as u8];
    frame.extend(mask);
    frame.extend(text.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    stream.write_all(&frame).await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(rest.len() < 4_096, "the connection goes on");
}

/// One who never reads, while others write to the conversation that they watch.
async fn slow_reader(stage: &Stage) {
    let mut writer = Puppet::customer(stage, "tokyo").await;
    let conversation = writer.open().await;
    let mut slow = Puppet::connect(stage, "tokyo", &writer.token).await;
    slow.watch(conversation, 0).await;
    let text = "長い話".repeat(400);
    for _ in 0..200 {
        writer.post(conversation, &text).await;
    }
    writer.done(json!({"type": "close", "conversation": conversation})).await;
    drop(slow);
}

async fn close_code(
    socket: &mut tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>,
) -> u16 {
    use futures::StreamExt as _;
    loop {
        match tokio::time::timeout(std::time::Duration::from_secs(60), socket.next()).await.expect("no close") {
            Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
            Some(Ok(
                Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_),
            )) => {}
            Some(Ok(Message::Close(None)) | Err(_)) | None => return 0,
        }
    }
}
