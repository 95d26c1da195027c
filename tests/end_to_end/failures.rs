//! Conversations while something fails.

use serde_json::json;
use uuid::Uuid;

use crate::{
    Stage,
    puppet::{Puppet, post},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_site_dies_and_its_view_is_made_anew() {
    let stage = Stage::open("failures", |_| {}).await;
    a_site_is_killed_mid_talk(&stage).await;
    a_view_is_thrown_away(&stage).await;
    stage.close().await;
}

async fn a_site_is_killed_mid_talk(stage: &Stage) {
    let mut customer = Puppet::customer(stage, "tokyo").await;
    let conversation = customer.open().await;
    customer.post(conversation, "before").await;
    let mut agent = Puppet::agent(stage, "osaka", "agent1").await;
    agent.take(conversation).await;
    // Sent, and the site dies before or after it is stored: nobody knows.
    let message = Uuid::new_v4();
    let mut frame = post(conversation, message, "in the middle");
    frame["ref"] = json!("last");
    customer.say(frame).await;
    stage.center.kill_site("tokyo").await.unwrap();
    let mut elsewhere = Puppet::connect(stage, "osaka", &customer.token).await;
    elsewhere.watch(conversation, 0).await;
    let number = elsewhere.done(post(conversation, message, "in the middle")).await["number"].as_u64();
    let seen = agent.sees(conversation, "in the middle").await;
    assert_eq!(seen["event"]["number"].as_u64(), number);
    agent.post(conversation, "still with you").await;
    elsewhere.sees(conversation, "still with you").await;
    stage.center.start_site("tokyo").await.unwrap();
    let mut back = Puppet::connect(stage, "tokyo", &customer.token).await;
    back.watch(conversation, 0).await;
    for text in ["before", "in the middle", "still with you"] {
        back.sees(conversation, text).await;
    }
    let again = back.done(post(conversation, message, "in the middle")).await;
    assert_eq!((again["number"].as_u64(), &again["repeated"]), (number, &json!(true)));
    back.done(json!({"type": "close", "conversation": conversation})).await;
}

async fn a_view_is_thrown_away(stage: &Stage) {
    let mut customer = Puppet::customer(stage, "tokyo").await;
    let conversation = customer.open().await;
    for number in 0..20 {
        customer.post(conversation, &format!("message {number}")).await;
    }
    let center = &stage.center;
    let mark = madoguchi::drive::check::Mark::now(center).await.unwrap();
    center.stop_site_services("osaka").await.unwrap();
    center.drop_database("osaka").await.unwrap();
    center.start_site_services("osaka").await.unwrap();
    let verdict = madoguchi::drive::check::everything(center, &mark, &[]).await.unwrap();
    assert!(verdict.views_equal, "{verdict:?}");
    let mut elsewhere = Puppet::connect(stage, "osaka", &customer.token).await;
    elsewhere.watch(conversation, 0).await;
    elsewhere.sees(conversation, "message 0").await;
    elsewhere.sees(conversation, "message 19").await;
    elsewhere.done(json!({"type": "close", "conversation": conversation})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_chat_process_dies() {
    let stage = Stage::open("split", |options| options.split = true).await;
    let mut customer = Puppet::customer(&stage, "tokyo").await;
    let conversation = customer.open().await;
    customer.post(conversation, "before").await;
    stage.center.kill_service("tokyo", "chat").await.unwrap();
    let message = Uuid::new_v4();
    let mut frame = post(conversation, message, "meanwhile");
    frame["ref"] = json!("meanwhile");
    customer.say(frame).await;
    stage.center.restart_service("tokyo", "chat").await.unwrap();
    // The same socket: the door sends what had no answer again, or says that it may be sent again.
    let answer = customer.until("an answer", |frame| frame["ref"] == "meanwhile").await;
    if answer["type"] != "done" {
        assert_eq!(answer["retry"], true, "{answer}");
        customer.done(post(conversation, message, "meanwhile")).await;
    }
    customer.sees(conversation, "meanwhile").await;
    let mut elsewhere = Puppet::connect(&stage, "osaka", &customer.token).await;
    elsewhere.watch(conversation, 0).await;
    elsewhere.sees(conversation, "before").await;
    elsewhere.sees(conversation, "meanwhile").await;
    stage.close().await;
}
