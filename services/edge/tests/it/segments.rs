//! What the center knows of a customer reaches their next conversation.

use edge::frames::Role;
use proto::chat::v1::chat_event::What;
use serde_json::json;

use super::{
    browser::{Browser, http, id},
    center::Center,
};

async fn open(center: &Center, browser: &mut Browser) -> String {
    let conversation = id();
    browser.send(json!({"type":"open","ref":"o","conversation":conversation,"queue":"support"})).await;
    assert_eq!(browser.answer("o").await["type"], "done");
    let opened = center.chat.first_event(&conversation);
    if let Some(What::Opened(opened)) = opened { opened.segment } else { panic!("not opened: {opened:?}") }
}

#[tokio::test]
async fn a_segment_counts_from_the_next_conversation_until_the_customer_is_erased() {
    let center = Center::start().await;
    let (token, customer) = center.customer().await;
    let mut browser = Browser::signed_in(&center, &token).await;
    assert_eq!(open(&center, &mut browser).await, "");
    let (agent, _) = center.account("sato", Role::Agent).await;
    let path = format!("/api/v1/customers/{customer}/segment");
    let set = |token: String, segment: &str| {
        let (path, body) = (path.clone(), Some(json!({"segment":segment})));
        async move { http(center.address, "PUT", &path, Some(&token), body).await.status }
    };
    assert_eq!(set(token.clone(), "vip").await, 403, "customers do not choose it");
    assert_eq!(set(agent.clone(), "V I P").await, 400);
    assert_eq!(set(agent.clone(), "vip").await, 200);
    assert_eq!(open(&center, &mut browser).await, "vip");
    let (supervisor, _) = center.account("boss", Role::Supervisor).await;
    let erase = format!("/api/v1/customers/{customer}");
    assert_eq!(http(center.address, "DELETE", &erase, Some(&supervisor), None).await.status, 200);
    let after = http(center.address, "GET", &path, Some(&agent), None).await;
    assert_eq!(after.body, json!({"segment":""}));
}

#[tokio::test]
async fn what_is_of_all_customers_is_for_supervisors_and_within_limits() {
    let center = Center::start().await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let members = json!({"segment":"vip"});
    let campaign = json!({"segment":"vip","purpose":"marketing"});
    let templates = json!({"templates":[],"version":0});
    let only_supervisors = [
        ("GET", "/api/v1/journeys", None),
        ("GET", "/api/v1/media", None),
        ("PUT", "/api/v1/words", Some(json!({"kinds":[],"departments":[],"routes":[],"version":0}))),
        ("GET", "/api/v1/segment-trend", None),
        ("POST", "/api/v1/plan-templates/first/members", Some(members)),
        ("POST", "/api/v1/campaigns/spring/members", Some(campaign)),
        ("PUT", "/api/v1/plan-templates", Some(templates)),
    ];
    for (method, path, body) in only_supervisors {
        assert_eq!(http(center.address, method, path, Some(&agent), body).await.status, 403, "{method} {path}");
    }
    let long = "x".repeat(129);
    let too_long = [
        ("GET", format!("/api/v1/journeys?route={long}"), None),
        ("POST", format!("/api/v1/plan-templates/{long}/members"), Some(json!({"segment":"vip"}))),
        ("POST", "/api/v1/campaigns/spring/members".to_owned(), Some(json!({"segment":long,"purpose":"marketing"}))),
        ("POST", "/api/v1/customers/rec-a/plans".to_owned(), Some(json!({"template":long}))),
        ("POST", "/api/v1/customers/rec-a/plans".to_owned(), Some(json!({"template":"a","more":1}))),
    ];
    for (method, path, body) in too_long {
        assert_eq!(http(center.address, method, &path, Some(&boss), body).await.status, 400, "{method} {path}");
    }
}
