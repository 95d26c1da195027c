//! What agents see and do.

use edge::{door::Note, frames::Role};
use proto::routing::v1::{Availability, Offer};
use serde_json::json;

use super::{
    browser::{Browser, id},
    center::Center,
};

fn offer(contact: &str, agent: &str) -> Offer {
    Offer {
        contact_id: contact.to_owned(),
        round: 1,
        agent_id: agent.to_owned(),
        expires_at_ms: 20,
        queue_id: "support".to_owned(),
        enqueued_at_ms: 10,
        ..Offer::default()
    }
}

#[tokio::test]
async fn an_offer_comes_with_its_card_and_is_taken_once() {
    let center = Center::start().await;
    let (token, customer_id) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    customer.post("p", &conversation, &"困".repeat(90)).await;
    customer.answer("p").await;
    let (token, agent_id) = center.account("sato", Role::Agent).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    assert_eq!(agent.next_of("agent").await["availability"], "offline");
    agent.send(json!({"type":"availability","ref":"a","availability":"ready"})).await;
    assert_eq!(agent.answer("a").await["type"], "done");
    let contact = format!("{conversation}.1");
    center.routing.change(&agent_id, |agent| agent.offers = vec![offer(&contact, &agent_id)]);
    let card = loop {
        let state = agent.next_of("agent").await;
        let card = &state["offers"][0];
        if card["customer_name"].as_str().is_some_and(|name| !name.is_empty()) {
            assert_eq!(state["availability"], "ready");
            break card.clone();
        }
    };
    assert_eq!((&card["contact"], &card["conversation"]), (&json!(contact), &json!(conversation)));
    assert_eq!(card["customer"], customer_id);
    assert_eq!((&card["customer_name"], &card["preview"]), (&json!("花子"), &json!("困".repeat(80))));
    agent.send(json!({"type":"accept","ref":"t","contact":contact,"round":1})).await;
    assert_eq!(agent.answer("t").await["type"], "done");
    agent.send(json!({"type":"accept","ref":"u","contact":contact,"round":1})).await;
    let over = agent.answer("u").await;
    assert_eq!((&over["reason"], &over["retry"]), (&json!("offer_over"), &json!(false)));
    let mut second = Browser::signed_in(&center, &token).await;
    let state = second.next_of("agent").await;
    assert_eq!(state["holding"], json!([{"contact":contact,"conversation":conversation}]));
}

#[tokio::test]
async fn a_card_gets_the_message_that_came_after_the_offer() {
    let center = Center::start().await;
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    let (token, agent_id) = center.account("sato", Role::Agent).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    center.routing.change(&agent_id, |agent| agent.offers = vec![offer(&format!("{conversation}.1"), &agent_id)]);
    let card = async |agent: &mut Browser, field: &str| loop {
        let state = agent.next_of("agent").await;
        if state["offers"][0][field].as_str().is_some_and(|text| !text.is_empty()) {
            break state["offers"][0].clone();
        }
    };
    assert_eq!(card(&mut agent, "customer_name").await["preview"], "");
    customer.post("p", &conversation, "later").await;
    assert_eq!(card(&mut agent, "preview").await["preview"], "later");
}

#[tokio::test]
async fn a_floor_that_changes_hands_is_a_delay() {
    let center = Center::start().await;
    let (token, agent_id) = center.account("sato", Role::Agent).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    center.routing.0.lock().unwrap().without_owner = 3;
    agent.send(json!({"type":"availability","ref":"a","availability":"away","reason":"lunch"})).await;
    assert_eq!(agent.answer("a").await["type"], "done");
    assert_eq!(center.routing.availability(&agent_id), Some(Availability::Away));
}

#[tokio::test]
async fn presence_hears_of_every_agents_socket() {
    let center = Center::start().await;
    let (token, agent_id) = center.account("sato", Role::Supervisor).await;
    let agent = Browser::signed_in(&center, &token).await;
    let mut notes = center.notes.lock().await;
    assert_eq!(notes.recv().await, Some(Note::Opened(agent_id.as_str().into())));
    drop(agent);
    assert_eq!(notes.recv().await, Some(Note::Closed(agent_id.as_str().into())));
    let (token, _) = center.customer().await;
    drop(Browser::signed_in(&center, &token).await);
    assert!(notes.try_recv().is_err());
}
