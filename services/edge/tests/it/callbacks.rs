//! Being called back instead of waiting.

use edge::frames::Role;
use serde_json::{Value, json};

use super::{
    browser::{Browser, http, id},
    center::Center,
};

async fn waiting(center: &Center) -> (String, String, Browser) {
    let (token, _) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(center, &token).await;
    customer.send(json!({"type":"open","ref":"o","conversation":conversation,"queue":"support"})).await;
    assert_eq!(customer.answer("o").await["type"], "done");
    customer.watch(&conversation, 0).await;
    (token, conversation, customer)
}

async fn next_event(browser: &mut Browser, what: &str) -> Value {
    loop {
        let event = browser.next_of("event").await["event"].clone();
        if event["what"] == what {
            return event;
        }
    }
}

fn path(conversation: &str) -> String {
    format!("/api/v1/contacts/{conversation}/callback")
}

#[tokio::test]
async fn a_waiting_customer_asks_to_be_called_and_cancels() {
    let center = Center::start().await;
    let (token, conversation, mut customer) = waiting(&center).await;
    let place = customer.next_of("place").await;
    assert_eq!((&place["callback"], &place["can_call_back"]), (&json!(false), &json!(true)));
    let wish = json!({"phone":"090-1234-5678","at":5,"message":id()});
    let answer = http(center.address, "POST", &path(&conversation), Some(&token), Some(wish)).await;
    assert_eq!((answer.status, &answer.body["contact"]), (200, &json!(format!("{conversation}.1"))));
    let asked = next_event(&mut customer, "callback_asked").await;
    assert_eq!((&asked["phone"], &asked["not_before"]), (&json!("090-1234-5678"), &json!(5)));
    assert!(asked["at"].as_u64().is_some_and(|at| at == 1), "the event's own time stays its own");
    let answer = http(center.address, "DELETE", &path(&conversation), Some(&token), None).await;
    assert_eq!(answer.status, 200);
    next_event(&mut customer, "callback_cancelled").await;
}

#[tokio::test]
async fn a_callback_that_the_floor_refuses_is_taken_back_in_the_conversation() {
    let center = Center::start().await;
    center.routing.0.lock().unwrap().nobody_calls_back = true;
    let (token, conversation, mut customer) = waiting(&center).await;
    let wish = json!({"phone":"090-1234-5678"});
    let answer = http(center.address, "POST", &path(&conversation), Some(&token), Some(wish)).await;
    assert_eq!((answer.status, &answer.body["reason"]), (409, &json!("nobody_calls_back")));
    next_event(&mut customer, "callback_asked").await;
    next_event(&mut customer, "callback_cancelled").await;
}

#[tokio::test]
async fn nobody_asks_for_a_callback_in_anothers_name() {
    let center = Center::start().await;
    let (_, conversation, _customer) = waiting(&center).await;
    let (stranger, _) = center.customer().await;
    for (method, body) in [("POST", Some(json!({"phone":"110"}))), ("DELETE", None)] {
        let answer = http(center.address, method, &path(&conversation), Some(&stranger), body).await;
        assert_eq!(answer.body["reason"], "not_your_conversation", "{method}");
    }
    let (agent, _) = center.account("sato", Role::Supervisor).await;
    let answer = http(center.address, "POST", &path(&conversation), Some(&agent), Some(json!({"phone":"110"}))).await;
    assert_eq!(answer.status, 200);
}
