//! Nothing is lost and nothing comes twice, whatever happens to sockets, to `chat` and to the door.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    browser::{Browser, id},
    center::Center,
};

fn number(frame: &Value) -> u64 {
    frame["event"]["number"].as_u64().unwrap()
}

#[tokio::test]
async fn a_conversation_goes_both_ways() {
    let center = Center::start().await;
    let (token, customer_id) = center.customer().await;
    let mut customer = Browser::connect(&center).await;
    customer.hello(&token).await;
    let welcome = customer.next().await;
    assert_eq!((&welcome["id"], &welcome["role"]), (&json!(customer_id), &json!("customer")));
    assert_eq!(welcome["sites"][0]["name"], "tokyo");
    let conversation = id();
    customer.open(&conversation).await;
    customer.watch(&conversation, 0).await;
    let opened = customer.next_of("event").await;
    assert_eq!((&opened["event"]["what"], &opened["event"]["name"]), (&json!("opened"), &json!("花子")));
    let (token, agent_id) = center.account("sato", edge::frames::Role::Agent).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    agent.watch(&conversation, 1).await;
    customer.post("p", &conversation, "こんにちは").await;
    assert_eq!(customer.answer("p").await["number"], 2);
    let event = agent.next_of("event").await;
    assert_eq!((&event["event"]["text"], number(&event)), (&json!("こんにちは"), 2));
    agent.send(json!({"type":"typing","conversation":conversation})).await;
    assert_eq!(customer.next_of("typing").await["by"], json!({"kind":"agent","id":agent_id}));
    agent.send(json!({"type":"read","conversation":conversation,"up_to":2})).await;
    let event = agent.next_of("event").await;
    assert_eq!((&event["event"]["what"], &event["event"]["up_to"]), (&json!("read"), &json!(2)));
    customer.send(json!({"type":"close","ref":"c","conversation":conversation})).await;
    assert_eq!(customer.answer("c").await["type"], "done");
}

#[tokio::test]
async fn a_resent_message_is_the_same_message() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let (conversation, message) = (id(), id());
    let mut browser = Browser::signed_in(&center, &token).await;
    browser.open(&conversation).await;
    let post = json!({"type":"post","ref":"p","conversation":conversation,"message":message,"text":"once"});
    browser.send(post.clone()).await;
    assert_eq!(browser.answer("p").await, json!({"type":"done","ref":"p","number":2,"repeated":false}));
    let mut again = Browser::signed_in(&center, &token).await;
    again.send(post).await;
    assert_eq!(again.answer("p").await, json!({"type":"done","ref":"p","number":2,"repeated":true}));
    assert_eq!(center.chat.texts(&conversation), ["once"]);
}

#[tokio::test]
async fn a_reconnect_goes_on_from_the_last_number_seen() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut browser = Browser::signed_in(&center, &token).await;
    browser.open(&conversation).await;
    browser.watch(&conversation, 0).await;
    let mut last = number(&browser.next_of("event").await);
    for round in 0..5 {
        for text in 0..10 {
            center.chat.say(&conversation, format!("{round}.{text}"));
        }
        for _ in 0..3 {
            let event = browser.next_of("event").await;
            assert_eq!(number(&event), last + 1);
            last += 1;
        }
        drop(browser);
        browser = Browser::signed_in(&center, &token).await;
        browser.watch(&conversation, last).await;
    }
    while last < 51 {
        assert_eq!(number(&browser.next_of("event").await), last + 1);
        last += 1;
    }
}

#[tokio::test]
async fn a_restart_of_chat_is_invisible_to_sockets() {
    let mut center = Center::with(|config| config.sockets.answer_ms = 30_000).await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut writer = Browser::signed_in(&center, &token).await;
    let mut watcher = Browser::signed_in(&center, &token).await;
    writer.open(&conversation).await;
    watcher.watch(&conversation, 0).await;
    let mut expected = 1;
    assert_eq!(number(&watcher.next_of("event").await), expected);
    for round in 0..3 {
        writer.post("before", &conversation, &format!("{round} before")).await;
        assert_eq!(writer.answer("before").await["type"], "done");
        // Stored, but the answer is lost with the process.
        center.chat.0.lock().unwrap().mute = true;
        writer.post("stored", &conversation, &format!("{round} stored")).await;
        while center.chat.texts(&conversation).len() < round * 3 + 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        center.chat_process.kill();
        writer.post("away", &conversation, &format!("{round} away")).await;
        center.chat.0.lock().unwrap().mute = false;
        center.restart_chat();
        let stored = writer.answer("stored").await;
        assert_eq!((&stored["type"], &stored["repeated"]), (&json!("done"), &json!(true)));
        assert_eq!(writer.answer("away").await["type"], "done");
        for text in ["before", "stored", "away"] {
            let event = watcher.next_of("event").await;
            expected += 1;
            assert_eq!(number(&event), expected);
            assert_eq!(event["event"]["text"], format!("{round} {text}"));
        }
    }
    assert_eq!(center.chat.texts(&conversation).len(), 9);
}

#[tokio::test]
async fn who_cannot_be_answered_in_time_may_try_elsewhere() {
    let mut center = Center::with(|config| config.sockets.answer_ms = 200).await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut browser = Browser::signed_in(&center, &token).await;
    browser.open(&conversation).await;
    center.chat_process.kill();
    browser.post("p", &conversation, "hello?").await;
    let refused = browser.answer("p").await;
    assert_eq!((&refused["reason"], &refused["retry"]), (&json!("unavailable"), &json!(true)));
    browser.send(json!({"type":"watch","ref":"w","conversation":conversation,"after":0})).await;
    assert_eq!(browser.answer("w").await["reason"], "unavailable");
    center.restart_chat();
    center.until_ready().await;
    browser.watch(&conversation, 0).await;
}

#[tokio::test]
async fn watching_again_replaces_and_unwatching_ends() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let (conversation, other) = (id(), id());
    let mut browser = Browser::signed_in(&center, &token).await;
    browser.open(&conversation).await;
    browser.open(&other).await;
    browser.watch(&conversation, 0).await;
    assert_eq!(number(&browser.next_of("event").await), 1);
    browser.watch(&conversation, 1).await;
    center.chat.say(&conversation, "two".to_owned());
    assert_eq!(number(&browser.next_of("event").await), 2);
    browser.send(json!({"type":"unwatch","conversation":conversation})).await;
    // The watch that follows on the same stream shows that the end of the first has arrived.
    browser.watch(&other, 1).await;
    center.chat.say(&conversation, "three".to_owned());
    center.chat.say(&other, "seen".to_owned());
    assert_eq!(browser.next_of("event").await["event"]["text"], "seen");
}

#[tokio::test]
async fn receipts_are_said_together_and_the_highest_wins() {
    let center = Center::with(|config| config.sockets.receipt_ms = 100).await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut browser = Browser::signed_in(&center, &token).await;
    browser.open(&conversation).await;
    for up_to in 1..=50 {
        browser.send(json!({"type":"read","conversation":conversation,"up_to":up_to})).await;
    }
    while center.chat.receipts(&conversation).0 < 50 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(center.chat.receipts(&conversation).1 < 25);
}

#[tokio::test]
async fn a_closing_door_tells_everybody_to_move() {
    let mut center = Center::start().await;
    let (token, _) = center.customer().await;
    let mut browser = Browser::signed_in(&center, &token).await;
    center.shutdown.signal();
    assert_eq!(browser.next().await, json!({"type":"move","reason":"drain"}));
    drop(browser);
    center.served.take().unwrap().await.unwrap();
}

#[tokio::test]
async fn a_closing_door_does_not_wait_for_ever() {
    let mut center = Center::start().await;
    let (token, _) = center.customer().await;
    let mut browser = Browser::signed_in(&center, &token).await;
    center.shutdown.signal();
    assert_eq!(browser.next_of("move").await["reason"], "drain");
    let closed = async { while browser.next().await["type"] != "closed" {} };
    let (served, ()) = tokio::join!(center.served.take().unwrap(), closed);
    served.unwrap();
}

#[tokio::test]
async fn a_waiting_customer_is_told_their_place_and_agents_are_not() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    customer.watch(&conversation, 0).await;
    let place = customer.next_of("place").await;
    assert_eq!((&place["conversation"], &place["place"]), (&json!(conversation), &json!(3)));
    assert_eq!((&place["expected_wait_ms"], &place["open"]), (&json!(95_000), &json!(true)));
    // The same place is told to a second socket, and not again to the first.
    let mut again = Browser::signed_in(&center, &token).await;
    again.watch(&conversation, 0).await;
    again.next_of("place").await;
    customer.post("p", &conversation, "まだですか").await;
    while let frame = customer.any().await
        && frame["type"] != "done"
    {
        assert_ne!(frame["type"], "place");
    }
}
