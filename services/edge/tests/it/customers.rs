//! Customers' records at the door: who may, what is masked, what is audited, what is sent again.

use edge::frames::Role;
use proto::crm::v1::fact::What;
use serde_json::{Value, json};

use super::{
    browser::{Reply, http, id},
    center::Center,
};

const FLOWER: &str = "rec-flower";

async fn call(center: &Center, token: &str, method: &str, path: &str, body: Option<Value>) -> Reply {
    http(center.address, method, path, Some(token), body).await
}

/// What was audited of customers since the last time: action, subject, outcome.
async fn audited(center: &Center, count: usize) -> Vec<(String, String, String)> {
    let mut trail = center.trail.lock().await;
    let mut noted = Vec::new();
    while noted.len() < count {
        let entry = trail.next().await.unwrap();
        if entry.action.starts_with("customer_") {
            noted.push((entry.action, entry.subject, entry.outcome));
        }
    }
    noted
}

#[tokio::test]
async fn an_agent_meets_a_customer_and_every_look_is_noted() {
    let center = Center::start().await;
    center.crm.knows(FLOWER, "山田 花子", "+819012345678");
    center.crm.touched(FLOWER, "order", 1);
    center.crm.touched(FLOWER, "chat", 2);
    let (agent, _) = center.account("sato", Role::Agent).await;
    let path = format!("/api/v1/customers/{FLOWER}");
    let met = call(&center, &agent, "GET", &format!("{path}?entries=1"), None).await;
    assert_eq!(met.status, 200, "{}", met.text);
    let customer = &met.body["customer"];
    assert_eq!((&customer["fields"], &customer["masked"]), (&json!({"name":"山田 花子"}), &json!(["birthday"])));
    assert_eq!(
        (&met.body["timeline"][0]["kind"], &met.body["timeline"][0]["stage"]),
        (&json!("chat"), &json!("contact"))
    );
    assert_eq!((&met.body["timeline"][1], &met.body["matches"]), (&Value::Null, &json!([])));
    let shown = call(&center, &agent, "GET", &format!("{path}?show=birthday"), None).await;
    assert_eq!(shown.body["customer"]["fields"]["birthday"], "1980-01-02");
    let (chief, _) = center.account("boss", Role::Supervisor).await;
    let whole = call(&center, &chief, "GET", &path, None).await;
    assert_eq!((&whole.body["customer"]["masked"], whole.status), (&json!([]), 200));
    let ok = |action: &str, subject: &str| (action.to_owned(), subject.to_owned(), "ok".to_owned());
    let read = || ok("customer_read", FLOWER);
    let expected = [read(), read(), ok("customer_show", "rec-flower birthday"), read()];
    assert_eq!(audited(&center, 4).await, expected);
    assert_eq!(call(&center, &agent, "GET", &format!("{path}?show=shoe_size"), None).await.status, 400);
    let nobody = call(&center, &agent, "GET", "/api/v1/customers/nobody", None).await;
    assert_eq!((nobody.status, &nobody.body["reason"]), (404, &json!("no_such_customer")));
}

#[tokio::test]
async fn a_number_without_a_name_brings_those_who_may_be_meant() {
    let center = Center::start().await;
    center.crm.knows("tel-1", "", "+819012345678");
    center.crm.knows(FLOWER, "山田 花子", "+819012345678");
    center.crm.knows("rec-son", "山田 太郎", "+819012345678");
    let (agent, _) = center.account("sato", Role::Agent).await;
    let met = call(&center, &agent, "GET", "/api/v1/customers/tel-1", None).await;
    let names: Vec<&Value> =
        met.body["matches"].as_array().unwrap().iter().map(|other| &other["fields"]["name"]).collect();
    assert_eq!(names, ["山田 花子", "山田 太郎"]);
    // "This is them": the two are one from now on, until it is undone.
    let link = id();
    let linked =
        call(&center, &agent, "POST", "/api/v1/customers/tel-1/links", Some(json!({"link":link,"other":FLOWER}))).await;
    assert_eq!((linked.status, &linked.body["link"]), (200, &json!(link)));
    let met = call(&center, &agent, "GET", "/api/v1/customers/tel-1", None).await;
    assert_eq!(met.body["customer"]["records"], json!([FLOWER, "tel-1"]));
    assert_eq!((&met.body["customer"]["thin"], &met.body["matches"]), (&json!(false), &json!([])));
    let undo = format!("/api/v1/customers/tel-1/links/{link}");
    assert_eq!(call(&center, &agent, "DELETE", &undo, None).await.status, 200);
    assert_eq!(call(&center, &agent, "DELETE", &undo, None).await.status, 404);
    let met = call(&center, &agent, "GET", "/api/v1/customers/tel-1", None).await;
    assert_eq!(met.body["customer"]["records"], json!(["tel-1"]));
    let own = json!({"link":id(),"other":"tel-1"});
    assert_eq!(call(&center, &agent, "POST", "/api/v1/customers/tel-1/links", Some(own)).await.status, 400);
}

#[tokio::test]
async fn a_change_is_stored_once_and_never_over_what_nobody_saw() {
    let center = Center::start().await;
    center.crm.knows(FLOWER, "山田 花子", "+819012345678");
    let (agent, agent_id) = center.account("sato", Role::Agent).await;
    let path = format!("/api/v1/customers/{FLOWER}");
    let change = json!({"change":id(),"fields":{"kana":"ヤマダ ハナコ"},"was":{"kana":""}});
    center.crm.0.lock().unwrap().without_journal = 2;
    assert_eq!(call(&center, &agent, "PATCH", &path, Some(change.clone())).await.status, 200);
    // The answer was lost: the same again, though the field holds the new value by now.
    assert_eq!(call(&center, &agent, "PATCH", &path, Some(change)).await.status, 200);
    let said = center.crm.0.lock().unwrap().said.clone();
    assert_eq!(said.len(), 1);
    assert!(said[0].0 == agent_id && matches!(&said[0].1.what, Some(What::Profile(_))));
    let late = json!({"change":id(),"fields":{"kana":"ヤマタ"},"was":{"kana":""}});
    let late = call(&center, &agent, "PATCH", &path, Some(late)).await;
    assert_eq!((late.status, &late.body["reason"]), (409, &json!("changed_meanwhile")));
    for wrong in [json!({"change":"x","fields":{"kana":"y"}}), json!({"change":id()}), json!({"change":id(),"shoe":1})]
    {
        assert_eq!(call(&center, &agent, "PATCH", &path, Some(wrong)).await.status, 400);
    }
    let long = json!({"change":id(),"fields":{"note":"長".repeat(1_001)}});
    assert_eq!(call(&center, &agent, "PATCH", &path, Some(long)).await.body["reason"], "text_too_long");
}

#[tokio::test]
async fn somebody_new_is_written_down_with_what_can_be_kept() {
    let center = Center::start().await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    let person = json!({"change":id(),"fields":{"name":"佐藤 次郎"},
        "identities":[{"kind":"phone","value":"0312345678"},{"kind":"mail","value":"nonsense"}]});
    let new = call(&center, &agent, "POST", "/api/v1/prospects", Some(person)).await;
    assert_eq!((new.status, &new.body["refused"]), (200, &json!(["bad_identity"])));
    let record = new.body["record"].as_str().unwrap();
    let found = call(&center, &agent, "GET", "/api/v1/customers?phone=0312345678", None).await;
    assert_eq!(found.body["customers"][0]["customer"], record);
    let found = call(&center, &agent, "GET", "/api/v1/customers?q=%E6%AC%A1%E9%83%8E", None).await;
    assert_eq!(found.body["customers"][0]["fields"]["name"], "佐藤 次郎");
    assert_eq!(call(&center, &agent, "GET", "/api/v1/customers", None).await.status, 400);
    let nothing = json!({"change":id(),"identities":[{"kind":"phone","value":"nonsense"}]});
    let nothing = call(&center, &agent, "POST", "/api/v1/prospects", Some(nothing)).await;
    assert_eq!((nothing.status, &nothing.body["reason"]), (400, &json!("bad_identity")));
}

#[tokio::test]
async fn the_timeline_comes_in_pages_and_the_export_has_all_of_it() {
    let center = Center::start().await;
    center.crm.knows(FLOWER, "山田 花子", "+819012345678");
    for at in 0..250 {
        center.crm.touched(FLOWER, if at % 2 == 0 { "chat" } else { "order" }, at);
    }
    let (agent, _) = center.account("sato", Role::Agent).await;
    let path = format!("/api/v1/customers/{FLOWER}");
    let page = call(&center, &agent, "GET", &format!("{path}/timeline?limit=100&kinds=chat"), None).await;
    assert_eq!((page.body["entries"].as_array().unwrap().len(), &page.body["next"]), (100, &json!("100")));
    let page = call(&center, &agent, "GET", &format!("{path}/timeline?limit=100&kinds=chat&after=100"), None).await;
    assert_eq!((page.body["entries"].as_array().unwrap().len(), &page.body["next"]), (25, &json!("")));
    assert_eq!(call(&center, &agent, "GET", &format!("{path}/export"), None).await.status, 403);
    let (chief, _) = center.account("boss", Role::Supervisor).await;
    let export = call(&center, &chief, "GET", &format!("{path}/export"), None).await;
    assert_eq!(export.body["timeline"].as_array().unwrap().len(), 250);
    assert_eq!(export.body["customer"]["fields"]["birthday"], "1980-01-02");
    let suggested = call(&center, &agent, "GET", &format!("{path}/suggestions"), None).await;
    assert_eq!(suggested.body, json!({"suggestions": []}));
}

#[tokio::test]
async fn one_erasure_reaches_all_records_of_a_person() {
    let center = Center::start().await;
    center.crm.knows("tel-1", "", "+819012345678");
    center.crm.knows(FLOWER, "山田 花子", "+819012345678");
    let (chief, _) = center.account("boss", Role::Supervisor).await;
    let link = Some(json!({"link":id(),"other":FLOWER}));
    call(&center, &chief, "POST", "/api/v1/customers/tel-1/links", link).await;
    let erased = call(&center, &chief, "DELETE", "/api/v1/customers/tel-1", None).await;
    assert_eq!(erased.body, json!({"erased_at":9,"records":[FLOWER,"tel-1"]}));
    let keys = center.crm.0.lock().unwrap().erased.clone();
    assert_eq!(keys.iter().map(String::as_str).collect::<Vec<_>>(), ["rec-flower", "tel-1"]);
    assert_eq!(call(&center, &chief, "GET", "/api/v1/customers/rec-flower", None).await.status, 404);
    let again = call(&center, &chief, "DELETE", "/api/v1/customers/tel-1", None).await;
    assert_eq!((again.status, &again.body["records"]), (200, &json!(["tel-1"])));
}

#[tokio::test]
async fn an_erasure_that_broke_off_leaves_no_segment_of_any_record() {
    let center = Center::start().await;
    center.crm.knows("tel-1", "", "+819012345678");
    center.crm.knows(FLOWER, "山田 花子", "+819012345678");
    center.crm.shares("idn-1", &[FLOWER, "tel-1"]);
    let (chief, _) = center.account("boss", Role::Supervisor).await;
    let segment = |record: &str| format!("/api/v1/customers/{record}/segment");
    for record in [FLOWER, "tel-1"] {
        let set = call(&center, &chief, "PUT", &segment(record), Some(json!({"segment":"vip"}))).await;
        assert_eq!(set.status, 200);
    }
    center.crm.0.lock().unwrap().breaks_off = 1;
    let path = "/api/v1/customers/tel-1";
    assert_eq!(call(&center, &chief, "DELETE", path, None).await.status, 500);
    // Nobody knows any more that the two were one: what was asked first has to have been enough.
    assert_eq!(call(&center, &chief, "DELETE", path, None).await.status, 200);
    for record in [FLOWER, "tel-1"] {
        let left = call(&center, &chief, "GET", &segment(record), None).await;
        assert_eq!(left.body, json!({"segment":""}), "{record}");
    }
}

#[tokio::test]
async fn an_identitys_link_is_undone_on_the_record_that_was_meant() {
    let center = Center::start().await;
    for record in ["rec-a", "rec-b", "rec-c"] {
        center.crm.knows(record, "山田", "+819012345678");
    }
    center.crm.shares("idn-1", &["rec-a", "rec-b", "rec-c"]);
    let (agent, _) = center.account("sato", Role::Agent).await;
    let undo = |query: &'static str| {
        let path = format!("/api/v1/customers/rec-a/links/idn-1{query}");
        let (center, agent) = (&center, &agent);
        async move { call(center, agent, "DELETE", &path, None).await }
    };
    let several = undo("").await;
    assert_eq!((several.status, &several.body["reason"]), (400, &json!("bad_request")));
    assert_eq!(undo("?record=rec-a").await.status, 404, "it is no pair's second record");
    assert_eq!(undo("?record=rec-b").await.status, 200);
    let left = call(&center, &agent, "GET", "/api/v1/customers/rec-a", None).await;
    assert_eq!(left.body["customer"]["records"], json!(["rec-a", "rec-c"]));
    assert_eq!(undo("").await.status, 200, "one pair is left: it is the one that is meant");
    let left = call(&center, &agent, "GET", "/api/v1/customers/rec-a", None).await;
    assert_eq!(left.body["customer"]["records"], json!(["rec-a"]));
}

#[tokio::test]
async fn a_site_without_a_crm_says_so_and_still_erases() {
    let center = Center::with(|config| config.crm = None).await;
    let (chief, _) = center.account("boss", Role::Supervisor).await;
    let nothing = call(&center, &chief, "GET", "/api/v1/customers/x", None).await;
    assert_eq!((nothing.status, &nothing.body["reason"]), (404, &json!("no_crm")));
    assert_eq!(call(&center, &chief, "DELETE", "/api/v1/customers/x", None).await.body["erased_at"], 7);
    let (customer, _) = center.customer().await;
    for (method, path) in
        [("GET", "/api/v1/customers/x"), ("GET", "/api/v1/customers?q=x"), ("POST", "/api/v1/prospects")]
    {
        assert_eq!(call(&center, &customer, method, path, Some(json!({}))).await.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn a_companys_contacts_are_listed_behind_the_mask_and_every_one_is_noted() {
    let center = Center::start().await;
    center.crm.knows("rec-company", "株式会社青空", "+81312345678");
    center.crm.knows(FLOWER, "山田 花子", "+819012345678");
    center.crm.knows("rec-other", "山田 太郎", "+819087654321");
    let (agent, _) = center.account("sato", Role::Agent).await;
    let fields = json!({"fields":{"company_id":"rec-company","department":"sales","post":"課長"},"change":id()});
    let changed = call(&center, &agent, "PATCH", &format!("/api/v1/customers/{FLOWER}"), Some(fields)).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    audited(&center, 1).await;
    let listed = call(&center, &agent, "GET", "/api/v1/customers/rec-company/contacts", None).await;
    let contacts = listed.body["contacts"].as_array().unwrap();
    assert_eq!((contacts.len(), &contacts[0]["customer"]), (1, &json!(FLOWER)));
    assert_eq!(contacts[0]["fields"]["post"], "課長");
    assert_eq!(contacts[0]["masked"], json!(["birthday"]));
    let ok = |action: &str, subject: &str| (action.to_owned(), subject.to_owned(), "ok".to_owned());
    let expected = [ok("customer_contacts", "rec-company"), ok("customer_listed", FLOWER)];
    assert_eq!(audited(&center, 2).await, expected);
    let (visitor, _) = center.customer().await;
    let path = "/api/v1/customers/rec-company/contacts";
    assert_eq!(call(&center, &visitor, "GET", path, None).await.status, 403);
}
