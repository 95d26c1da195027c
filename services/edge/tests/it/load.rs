//! Many sockets and slow ones.

use futures::{StreamExt as _, stream};

use super::{
    browser::{Browser, id},
    center::Center,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_closed_and_nobody_else_notices() {
    let center = Center::with(|config| {
        config.sockets.outbox_bytes = 256 * 1024;
        config.sockets.write_ms = 500;
    })
    .await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut fast = Browser::signed_in(&center, &token).await;
    fast.open(&conversation).await;
    fast.watch(&conversation, 1).await;
    let mut slow = Browser::with_little_room(&center).await;
    slow.hello(&token).await;
    slow.watch(&conversation, 1).await;
    let text = "x".repeat(16 * 1024);
    for number in 2..1_500_u64 {
        center.chat.say(&conversation, text.clone());
        let event = fast.next_of("event").await;
        assert_eq!(event["event"]["number"], number);
    }
    // What the slow one had been sent before it was given up may still arrive; then the connection is over.
    let mut last = 1;
    loop {
        let frame = slow.next().await;
        match frame["type"].as_str() {
            Some("event") => {
                last += 1;
                assert_eq!(frame["event"]["number"], last);
            }
            Some("error") => assert_eq!(frame["reason"], "too_slow"),
            _ => break,
        }
    }
    assert!(last < 1_000);
    // It comes back and goes on where it was: all that is left is far more than may wait for one socket.
    let mut again = Browser::signed_in(&center, &token).await;
    again.watch(&conversation, last).await;
    while last < 1_499 {
        last += 1;
        assert_eq!(again.next_of("event").await["event"]["number"], last);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_sockets_get_everything() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut first = Browser::signed_in(&center, &token).await;
    first.open(&conversation).await;
    let joined = stream::iter(0..1_000).map(|_| async {
        let mut browser = Browser::signed_in(&center, &token).await;
        browser.watch(&conversation, 1).await;
        browser
    });
    let mut browsers: Vec<Browser> = joined.buffer_unordered(50).collect().await;
    for number in 0..10 {
        first.post(&number.to_string(), &conversation, &format!("number {number}")).await;
    }
    for browser in &mut browsers {
        for number in 0..10 {
            let event = browser.next_of("event").await;
            assert_eq!(event["event"]["number"], number + 2);
        }
    }
    for number in 0..10 {
        assert_eq!(first.answer(&number.to_string()).await["type"], "done");
    }
}
