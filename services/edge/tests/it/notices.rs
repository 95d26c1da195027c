//! Notices reach whom they concern until they are read, and colleagues who are asked hear of it.

use edge::frames::Role;
use proto::routing::v1::{Availability, Skill};
use serde_json::{Value, json};

use super::{
    browser::{Browser, http, id},
    center::Center,
};

async fn cards(browser: &mut Browser) -> Vec<Value> {
    browser.next_of("notices").await["notices"].as_array().unwrap().clone()
}

async fn send(center: &Center, token: &str, body: Value) -> (u16, Value) {
    let answer = http(center.address, "POST", "/api/v1/notices", Some(token), Some(body)).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_notice_reaches_every_agent_until_they_have_read_it() {
    let center = Center::start().await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let (token, _) = center.account("sato", Role::Agent).await;
    let mut agent = Browser::signed_in(&center, &token).await;
    let (status, sent) = send(&center, &boss, json!({"ja":"至急","en":"Urgent","to":"all","minutes":5})).await;
    assert_eq!((status, &sent["to"], &sent["read"]), (200, &json!("all"), &json!(0)));
    let shown = cards(&mut agent).await;
    assert_eq!(
        (&shown[0]["ja"], &shown[0]["by"], &shown[0]["kind"]),
        (&json!("至急"), &json!("id-boss"), &json!("broadcast"))
    );
    // Who comes later hears of it too; who sent it does not.
    let mut again = Browser::signed_in(&center, &token).await;
    assert_eq!(cards(&mut again).await, shown);
    let read = format!("/api/v1/notices/{}/read", sent["id"].as_str().unwrap());
    assert_eq!(http(center.address, "POST", &read, Some(&token), Some(json!({}))).await.status, 200);
    assert_eq!((cards(&mut agent).await.len(), cards(&mut again).await.len()), (0, 0), "on every device");
    let list = http(center.address, "GET", "/api/v1/notices", Some(&boss), None).await.body;
    assert_eq!((&list[0]["read"], list.as_array().unwrap().len()), (&json!(1), 1));
    let path = format!("/api/v1/notices/{}", sent["id"].as_str().unwrap());
    let removed = http(center.address, "DELETE", &path, Some(&boss), None).await;
    assert_eq!(removed.body, json!({"removed":true}));
}

#[tokio::test]
async fn a_notice_to_a_queue_or_a_unit_concerns_nobody_else() {
    let center = Center::start().await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let mut browsers = Vec::new();
    for (login, unit, level) in [("able", "returns", 3), ("beginner", "sales", 1)] {
        let (token, agent) = center.account(login, Role::Agent).await;
        center.routing.change(&agent, |state| {
            state.unit = unit.to_owned();
            state.skills = vec![Skill { name: "ja".to_owned(), level, ..Skill::default() }];
        });
        browsers.push(Browser::signed_in(&center, &token).await);
    }
    let queue = json!({"queue":"support","skills":[{"name":"ja","level":2}],"priority":0,"offer_timeout_ms":20000});
    let made = http(center.address, "POST", "/api/v1/queues", Some(&boss), Some(queue)).await;
    assert_eq!(made.status, 200, "{}", made.body);
    let queue = json!({"ja":"窓口へ","to":{"queue":"support"},"minutes":5});
    assert_eq!(send(&center, &boss, queue).await.1["of"], 1);
    assert_eq!(cards(&mut browsers[0]).await[0]["ja"], "窓口へ");
    let unit = json!({"ja":"所属へ","to":{"unit":"sales"},"minutes":5});
    assert_eq!(send(&center, &boss, unit).await.1["of"], 1);
    let shown = cards(&mut browsers[1]).await;
    assert_eq!((shown.len(), &shown[0]["ja"]), (1, &json!("所属へ")), "and never heard of the other");
}

#[tokio::test]
async fn a_notice_has_a_text_a_time_and_a_supervisor() {
    let center = Center::start().await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    assert_eq!(send(&center, &agent, json!({"ja":"x","to":"all","minutes":5})).await.0, 403);
    for wrong in [
        json!({"ja":" ","to":"all","minutes":5}),
        json!({"ja":"x","to":"all","minutes":0}),
        json!({"ja":"窓".repeat(501),"to":"all","minutes":5}),
    ] {
        assert_eq!(send(&center, &boss, wrong).await.0, 400);
    }
    assert_eq!(send(&center, &boss, json!({"ja":"x","to":{"queue":"none"},"minutes":5})).await.0, 404);
}

#[tokio::test]
async fn a_colleague_who_is_asked_or_called_hears_of_it() {
    let center = Center::start().await;
    let (customer, _) = center.customer().await;
    let conversation = id();
    let mut browser = Browser::signed_in(&center, &customer).await;
    browser.send(json!({"type":"open","ref":"o","conversation":conversation,"queue":"support"})).await;
    assert_eq!(browser.answer("o").await["type"], "done");
    let (asker, asking) = center.account("sato", Role::Supervisor).await;
    let (token, colleague) = center.account("suzuki", Role::Agent).await;
    let mut asked = Browser::signed_in(&center, &token).await;
    let path = format!("/api/v1/conversations/{conversation}/consult");
    let consult = async |body: Value| http(center.address, "POST", &path, Some(&asker), Some(body)).await;
    let message = id();
    let question = json!({"message":message,"text":"返品できますか","agent":colleague});
    let answer = consult(question.clone()).await;
    assert_eq!((answer.status, &answer.body["agent"]), (200, &json!(colleague)));
    let shown = cards(&mut asked).await;
    assert_eq!((&shown[0]["kind"], &shown[0]["conversation"]), (&json!("consult"), &json!(conversation)));
    assert!(shown[0]["ja"] == "" && shown[0]["en"] == "", "what was asked stands in the conversation alone");
    assert_eq!(consult(question).await.status, 200, "the same question again");
    let nobody = consult(json!({"message":id(),"text":"x","queue":"support"})).await;
    assert_eq!(nobody.body["reason"], "nobody_free");
    for agent in [&colleague, &asking] {
        center.routing.change(agent, |state| state.availability = Availability::Ready.into());
    }
    let anybody = consult(json!({"message":id(),"text":"x","queue":"support"})).await;
    assert_eq!(anybody.body["agent"], json!(colleague), "never who asks");
    assert_eq!(cards(&mut asked).await.len(), 2);
    let mut agent = Browser::signed_in(&center, &asker).await;
    let note = json!({"type":"note","ref":"n","conversation":conversation,"message":id(),"text":"見て",
        "mentions":[colleague]});
    agent.send(note).await;
    assert_eq!(agent.answer("n").await["type"], "done");
    assert_eq!(cards(&mut asked).await[0]["kind"], "call");
}
