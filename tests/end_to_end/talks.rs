//! Conversations while nothing fails.

use serde_json::json;
use uuid::Uuid;

use crate::{
    Stage,
    puppet::{Puppet, door, post, sign_in},
};

#[tokio::test(flavor = "multi_thread")]
async fn conversations() {
    let stage = Stage::open("talks", |_| {}).await;
    both_ways(&stage, "tokyo", "tokyo", "agent1").await;
    both_ways(&stage, "tokyo", "osaka", "agent2").await;
    resume_at_the_other_site(&stage).await;
    one_account_at_both_sites(&stage).await;
    the_same_message_is_stored_once(&stage).await;
    crate::abuse::all(&stage).await;
    crate::erasure::all(&stage).await;
    stage.close().await;
}

async fn both_ways(stage: &Stage, customer_at: &str, agent_at: &str, login: &str) {
    let mut customer = Puppet::customer(stage, customer_at).await;
    let conversation = customer.open().await;
    customer.post(conversation, "もしもし").await;
    let mut agent = Puppet::agent(stage, agent_at, login).await;
    agent.take(conversation).await;
    let said = agent.sees(conversation, "もしもし").await;
    assert_eq!(said["event"]["by"]["kind"], "customer");
    let number = agent.post(conversation, "はい、窓口です").await;
    let heard = customer.sees(conversation, "はい、窓口です").await;
    assert_eq!(heard["event"]["number"], number);
    agent.say(json!({"type": "read", "conversation": conversation, "up_to": number})).await;
    customer.until("that it was read", |frame| frame["event"]["what"] == "read").await;
    customer.done(json!({"type": "close", "conversation": conversation})).await;
    agent.until("the end", |frame| frame["event"]["what"] == "closed").await;
    agent.done(json!({"type": "availability", "availability": "offline", "reason": ""})).await;
}

async fn resume_at_the_other_site(stage: &Stage) {
    let mut customer = Puppet::customer(stage, "tokyo").await;
    let conversation = customer.open().await;
    let first = customer.post(conversation, "one").await;
    let token = customer.token.clone();
    drop(customer);
    let mut elsewhere = Puppet::connect(stage, "osaka", &token).await;
    elsewhere.watch(conversation, first).await;
    let second = elsewhere.post(conversation, "two").await;
    assert_eq!(second, first + 1);
    let event = elsewhere.until("the first event", |frame| frame["type"] == "event").await;
    assert_eq!(event["event"]["text"], "two", "what was seen before came again");
    elsewhere.watch(conversation, 0).await;
    elsewhere.sees(conversation, "one").await;
    elsewhere.done(json!({"type": "close", "conversation": conversation})).await;
}

async fn one_account_at_both_sites(stage: &Stage) {
    let token = sign_in(stage, "tokyo", "agent3").await;
    let at_tokyo = Puppet::connect(stage, "tokyo", &token).await;
    let again = sign_in(stage, "osaka", "agent3").await;
    let mut at_osaka = Puppet::connect(stage, "osaka", &again).await;
    assert_eq!(at_tokyo.id, at_osaka.id);
    at_osaka.done(json!({"type": "availability", "availability": "away", "reason": "昼休み"})).await;
    let me = door(stage, "osaka", Some(&token)).get("/api/v1/me").await.unwrap();
    assert_eq!(me["id"], at_tokyo.id.as_str());
    let mut at_tokyo = at_tokyo;
    at_tokyo.until("the reason", |frame| frame["type"] == "agent" && frame["reason"] == "昼休み").await;
}

async fn the_same_message_is_stored_once(stage: &Stage) {
    let mut customer = Puppet::customer(stage, "tokyo").await;
    let conversation = customer.open().await;
    let message = Uuid::new_v4();
    let first = customer.done(post(conversation, message, "once")).await;
    let mut elsewhere = Puppet::connect(stage, "osaka", &customer.token).await;
    let again = elsewhere.done(post(conversation, message, "once")).await;
    assert_eq!(first["number"], again["number"]);
    assert_eq!(again["repeated"], true);
    customer.done(json!({"type": "close", "conversation": conversation})).await;
}
