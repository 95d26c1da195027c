//! Bad input, limits and roles: a clear error, and nobody else notices.

use std::time::Duration;

use edge::{config::Rate, frames::Role};
use futures::SinkExt as _;
use proto::routing::v1::Availability;
use serde_json::json;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::frame::{
        Frame,
        coding::{Data, OpCode},
    },
};

use super::{
    browser::{Browser, http, id, unbounded},
    center::Center,
};

async fn customer(center: &Center) -> Browser {
    let (token, _) = center.customer().await;
    Browser::signed_in(center, &token).await
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_closed() {
    let center = Center::with(|config| config.sockets.hello_ms = 50).await;
    let mut browser = Browser::connect(&center).await;
    assert_eq!(browser.refused().await, "bad_frame");
    assert_eq!(browser.next().await, json!({"type":"closed","code":4400}));
}

#[tokio::test]
async fn the_first_frame_is_hello() {
    let center = Center::start().await;
    for (first, reason) in [
        (json!({"type":"ping"}).to_string(), "not_signed_in"),
        ("{".to_owned(), "bad_frame"),
        (json!({"type":"hello","protocol":2,"token":"t"}).to_string(), "bad_frame"),
    ] {
        let mut browser = Browser::connect(&center).await;
        browser.send_text(&first).await;
        assert_eq!(browser.refused().await, reason);
        assert_eq!(browser.next().await["code"], 4400);
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused() {
    let center = Center::with(|config| config.sign_in.customer_token_s = 0).await;
    let (expired, _) = center.customer().await;
    for (token, reason) in [("v4.local.nonsense", "bad_token"), ("", "bad_token"), (&expired, "token_expired")] {
        let mut browser = Browser::connect(&center).await;
        browser.hello(token).await;
        assert_eq!(browser.refused().await, reason);
        assert_eq!(browser.next().await["code"], 4401);
    }
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_for_good() {
    let center = Center::with(|config| config.sockets.heartbeat_ms = 50).await;
    let (token, _) = center.account("sato", Role::Agent).await;
    let mut inside = Browser::signed_in(&center, &token).await;
    edge::accounts::Accounts::disable(&*center.accounts, "sato").await.unwrap();
    assert_eq!(inside.refused().await, "bad_token");
    assert_eq!(inside.next().await["code"], 4401);
    let mut outside = Browser::connect(&center).await;
    outside.hello(&token).await;
    assert_eq!(outside.refused().await, "bad_token");
    assert_eq!(center.sign_in("sato", super::center::PASSWORD).await.0, 401);
}

#[tokio::test]
async fn who_becomes_a_machine_is_off_the_floor_and_out() {
    let center = Center::with(|config| config.sockets.heartbeat_ms = 50).await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let (token, agent) = center.account("sato", Role::Agent).await;
    center.routing.change(&agent, |known| known.availability = Availability::Ready.into());
    let mut inside = Browser::signed_in(&center, &token).await;
    let machine = json!({"login":"sato","name":"sato","role":"reporter"});
    let made = http(center.address, "PUT", "/api/v1/accounts", Some(&boss), Some(machine)).await;
    assert_eq!((made.status, &made.body["role"]), (200, &json!("reporter")), "{}", made.text);
    assert_eq!(inside.refused().await, "bad_token");
    assert_eq!(inside.next().await["code"], 4401);
    assert_eq!(http(center.address, "GET", "/api/v1/conversations", Some(&token), None).await.status, 401);
    assert_eq!(center.routing.availability(&agent), Some(Availability::Offline));
    let own = json!({"login":"boss","name":"boss","role":"reporter"});
    let own = http(center.address, "PUT", "/api/v1/accounts", Some(&boss), Some(own)).await;
    assert_eq!((own.status, &own.body["reason"]), (409, &json!("own_account")));
}

#[tokio::test]
async fn a_bad_frame_is_an_error_and_the_socket_goes_on() {
    let center = Center::start().await;
    let mut browser = customer(&center).await;
    for text in ["", "{", "[]", "null", "\"ping\"", "{\"type\":\"nonsense\"}", "{\"type\":\"watch\",\"ref\":5}"] {
        browser.send_text(text).await;
        assert_eq!(browser.refused().await, "bad_frame", "{text}");
    }
    browser.socket.send(Message::binary(vec![0, 1, 2])).await.unwrap();
    assert_eq!(browser.refused().await, "bad_frame");
    browser.send(json!({"type":"close","ref":"kept","conversation":5})).await;
    assert_eq!(browser.next_of("error").await["ref"], "kept");
    browser.open(&id()).await;
}

#[tokio::test]
async fn text_that_is_not_utf8_is_an_error_and_a_close() {
    let center = Center::start().await;
    let mut browser = customer(&center).await;
    let broken = Frame::message(&b"{\"type\":\"ping\",\"\xff\xfe\"}"[..], OpCode::Data(Data::Text), true);
    browser.socket.send(Message::Frame(broken)).await.unwrap();
    assert_eq!(browser.refused().await, "bad_frame");
    assert_eq!(browser.next().await["code"], 4400);
}

#[tokio::test]
async fn a_frame_that_is_too_large_is_an_error_and_a_close() {
    let center = Center::start().await;
    let mut bystander = customer(&center).await;
    let (token, _) = center.customer().await;
    for bytes in [32 * 1024 + 1, 8 << 20] {
        let mut browser = Browser { socket: unbounded(&center).await };
        browser.hello(&token).await;
        assert_eq!(browser.next().await["type"], "welcome");
        // The door may close before it has taken all of it.
        let _ = browser.socket.send(Message::text("x".repeat(bytes))).await;
        assert_eq!(browser.refused().await, "frame_too_large");
        assert_eq!(browser.next().await["code"], 1009);
    }
    bystander.open(&id()).await;
}

#[tokio::test]
async fn the_largest_text_fits() {
    let center = Center::start().await;
    let mut browser = customer(&center).await;
    let conversation = id();
    browser.open(&conversation).await;
    browser.post("most", &conversation, &"😀".repeat(4_000)).await;
    assert_eq!(browser.answer("most").await["type"], "done");
    browser.post("more", &conversation, &"x".repeat(4_001)).await;
    assert_eq!(browser.answer("more").await["reason"], "text_too_long");
    browser.post("none", &conversation, " ").await;
    assert_eq!(browser.answer("none").await["reason"], "text_empty");
}

#[tokio::test]
async fn someone_elses_conversation_stays_theirs() {
    let center = Center::start().await;
    let (mut owner, mut other) = (customer(&center).await, customer(&center).await);
    let conversation = id();
    owner.open(&conversation).await;
    other.send(json!({"type":"watch","ref":"w","conversation":conversation,"after":0})).await;
    let refused = other.answer("w").await;
    assert_eq!((&refused["reason"], &refused["retry"]), (&json!("not_your_conversation"), &json!(false)));
    other.post("p", &conversation, "mine!").await;
    assert_eq!(other.answer("p").await["reason"], "not_your_conversation");
    other.send(json!({"type":"watch","ref":"n","conversation":id(),"after":0})).await;
    assert_eq!(other.answer("n").await["reason"], "no_such_conversation");
    assert!(center.chat.texts(&conversation).is_empty());
    let mut trail = center.trail.lock().await;
    loop {
        let entry = trail.next().await.unwrap();
        if entry.outcome == "not_your_conversation" {
            assert_eq!((entry.action.as_str(), entry.subject), ("watch", conversation));
            return;
        }
    }
}

#[tokio::test]
async fn roles_are_kept() {
    let center = Center::start().await;
    let mut customer = customer(&center).await;
    for frame in [
        json!({"type":"accept","ref":"r","contact":"c.1","round":1}),
        json!({"type":"decline","ref":"r","contact":"c.1","round":1}),
        json!({"type":"availability","ref":"r","availability":"ready"}),
        json!({"type":"transfer","ref":"r","conversation":id()}),
    ] {
        customer.send(frame).await;
        assert_eq!(customer.answer("r").await["reason"], "forbidden");
    }
    let (token, _) = center.account("sato", Role::Agent).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    agent.send(json!({"type":"open","ref":"r","conversation":id(),"queue":"support"})).await;
    assert_eq!(agent.answer("r").await["reason"], "forbidden");
}

#[tokio::test]
async fn ids_that_are_none_are_refused_here() {
    let center = Center::start().await;
    let mut browser = customer(&center).await;
    browser.send(json!({"type":"watch","ref":"r","conversation":"chat.>","after":0})).await;
    assert_eq!(browser.answer("r").await["reason"], "bad_id");
    browser.send(json!({"type":"post","ref":"s","conversation":id(),"message":"1","text":"x"})).await;
    assert_eq!(browser.answer("s").await["reason"], "bad_id");
    assert_eq!(center.chat.0.lock().unwrap().commands, 0);
}

#[tokio::test]
async fn who_sends_too_much_is_told() {
    let center = Center::with(|config| config.rates.socket = Rate { per_second: 1, burst: 5 }).await;
    let (mut loud, mut quiet) = (customer(&center).await, customer(&center).await);
    for number in 0..20 {
        loud.send(json!({"type":"watch","ref":number.to_string(),"conversation":id(),"after":0})).await;
    }
    loop {
        let answer = loud.next_of("error").await;
        if answer["reason"] == "too_many_requests" {
            assert_eq!(answer["retry"], true);
            assert!(answer["ref"].is_string());
            break;
        }
    }
    quiet.open(&id()).await;
}

#[tokio::test]
async fn a_full_door_says_so() {
    let center = Center::with(|config| config.sockets.max = 2).await;
    let (first, _second) = (customer(&center).await, customer(&center).await);
    let mut third = Browser::connect(&center).await;
    let refused = third.next().await;
    assert_eq!((&refused["reason"], &refused["retry"]), (&json!("too_many_sockets"), &json!(true)));
    assert_eq!(third.next().await["code"], 1013);
    drop(first);
    let (token, _) = center.customer().await;
    loop {
        let mut again = Browser::connect(&center).await;
        let _refused =
            again.socket.send(Message::text(format!(r#"{{"type":"hello","protocol":1,"token":"{token}"}}"#))).await;
        if again.next().await["type"] == "welcome" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn who_is_silent_for_long_is_closed_and_a_ping_is_enough() {
    let center = Center::with(|config| {
        config.sockets.heartbeat_ms = 20;
        config.sockets.silent_ms = 1_000;
    })
    .await;
    let (mut silent, mut alive) = (customer(&center).await, customer(&center).await);
    let closed = async { while silent.next().await["type"] != "closed" {} };
    let pinging = async {
        let mut slowly = tokio::time::interval(Duration::from_millis(100));
        loop {
            slowly.tick().await;
            alive.send(json!({"type":"ping"})).await;
            assert_eq!(alive.any().await["type"], "pong");
        }
    };
    tokio::select! {
        () = closed => {}
        () = pinging => {}
    }
}

#[tokio::test]
async fn something_is_sent_at_every_heartbeat() {
    let center = Center::with(|config| config.sockets.heartbeat_ms = 20).await;
    let mut browser = customer(&center).await;
    for _ in 0..5 {
        assert_eq!(browser.any().await["type"], "pong");
    }
}
