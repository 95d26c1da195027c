//! Orders, what agents ask of shops, and what machines report.

use edge::frames::Role;
use serde_json::{Value, json};

use super::{
    browser::{Browser, http, http_with, id},
    center::Center,
    fake_orders::FakeOrders,
};

async fn center() -> (Center, FakeOrders) {
    let (orders, address) = FakeOrders::start().await;
    (Center::with(|config| config.crm = Some(format!("http://{address}"))).await, orders)
}

#[tokio::test]
async fn a_machine_reports_and_may_do_nothing_else() {
    let (center, orders) = center().await;
    let (machine, account) = center.account("shop-ec", Role::Reporter).await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    let (customer, _) = center.customer().await;
    let path = "/api/v1/events?source=ec.main";
    let post = |token: String, body: String| async move {
        http_with(center.address, "POST", path, &format!("authorization: Bearer {token}\r\n"), &body).await
    };
    let told = post(machine.clone(), "{\"type\":\"order\"}\n{\"type\":\"bad\"}\n".to_owned()).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let expected =
        json!({ "stored": 1, "refused": 1, "outcomes": [{}, { "refused": "bad_status", "field": "status" }] });
    assert_eq!(told.body, expected);
    let many = Value::from(vec![json!({ "type": "order" }); 500]).to_string();
    assert_eq!(post(machine.clone(), many).await.status, 200);
    let more = Value::from(vec![json!({ "type": "order" }); 501]).to_string();
    assert_eq!(post(machine.clone(), more).await.body["reason"], "too_many");
    let reported = orders.reported.lock().unwrap().clone();
    assert_eq!(
        (reported.len(), reported[0].source.as_str(), reported[0].by.as_str()),
        (2, "ec.main", account.as_str())
    );
    assert_eq!((reported[0].events.len(), reported[1].events.len(), reported[0].check_only), (2, 500, false));
    for token in [agent.clone(), customer] {
        assert_eq!(post(token, "[]".to_owned()).await.status, 403);
    }
    // Nothing of what people may do is a machine's.
    for path in ["/api/v1/me", "/api/v1/conversations", "/api/v1/orders/ord-1", "/api/v1/accounts", "/api/v1/canned"] {
        assert_eq!(http(center.address, "GET", path, Some(&machine), None).await.status, 403, "{path}");
    }
    let mut browser = Browser::connect(&center).await;
    browser.hello(&machine).await;
    assert_eq!(browser.refused().await, "forbidden");
    let header = format!("authorization: Bearer {machine}\r\n");
    let ours = http_with(center.address, "POST", "/api/v1/events?source=desk", &header, "[]");
    assert_eq!(ours.await.body["reason"], "bad_source");
}

#[tokio::test]
async fn a_file_is_looked_at_first_and_tells_what_is_wrong_where() {
    let (center, orders) = center().await;
    let (supervisor, _) = center.account("boss", Role::Supervisor).await;
    let file = "number,version,status,channel,placed_at,owner,sku,quantity\n\
                A-1,1,placed,ec,2026-01-01,C-1,K,1\nA-1,1,placed,ec,2026-01-01,C-1,T,2\n\
                A-2,1,bad,ec,2026-01-01,C-2,K,1\nA-3,x,placed,ec,2026-01-01,C-3,K,1\n";
    let import = |dry_run: bool| {
        let path = format!("/api/v1/imports/orders?source=import.1&shop=ec&dry_run={dry_run}");
        let headers = format!("authorization: Bearer {supervisor}\r\n");
        async move { http_with(center.address, "POST", &path, &headers, file).await }
    };
    let faults = json!([
        { "line": 4, "column": "status", "reason": "bad_status" },
        { "line": 5, "column": "version", "reason": "unreadable" },
    ]);
    for dry_run in [true, false] {
        let told = import(dry_run).await;
        let expected = json!({ "dry_run": dry_run, "rows": 4, "events": 2, "good": 1, "faults": faults });
        assert_eq!(told.body, expected);
    }
    let reported = orders.reported.lock().unwrap().clone();
    assert_eq!(reported.iter().map(|it| it.check_only).collect::<Vec<_>>(), [true, false]);
    let first: Value = serde_json::from_str(&reported[0].events[0]).unwrap();
    assert_eq!((first["lines"].as_array().map(Vec::len), &first["owner"]["namespace"]), (Some(2), &json!("ec")));
}

#[tokio::test]
async fn an_agent_sees_an_order_and_asks_its_shop() {
    let (center, orders) = center().await;
    let (agent, account) = center.account("sato", Role::Agent).await;
    let order = http(center.address, "GET", "/api/v1/orders/ord-1", Some(&agent), None).await;
    assert_eq!((&order.body["order"]["status"], &order.body["order"]["number"]), (&json!("shipped"), &json!("A-1")));
    let id = id();
    let body =
        json!({ "id": id, "order": "ord-1", "do": { "kind": "start_return", "reason": "damaged", "files": ["c/f"] } });
    let asked = http(center.address, "POST", "/api/v1/shop-commands", Some(&agent), Some(body)).await;
    assert_eq!(
        (&asked.body["state"], &asked.body["do"]["reason"]),
        (&json!("asked"), &json!("damaged")),
        "{}",
        asked.body
    );
    assert_eq!(orders.asked.lock().unwrap()[0].by, account);
    let wrong = json!({ "id": id, "order": "ord-1", "do": { "kind": "burn" } });
    assert_eq!(http(center.address, "POST", "/api/v1/shop-commands", Some(&agent), Some(wrong)).await.status, 400);
}

/// Where something goes is masked as the address of a profile is.
#[tokio::test]
async fn where_an_order_goes_is_shown_to_who_asks_and_noted() {
    let (center, _) = center().await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let get = |token: &str, path: &str| {
        let (token, path) = (token.to_owned(), format!("/api/v1/{path}"));
        async move { http(center.address, "GET", &path, Some(&token), None).await }
    };
    let hidden = json!({ "recipient": "山田 花子", "postcode": "", "address": "", "phone": "", "masked": true });
    let shown = json!({ "recipient": "山田 花子", "postcode": "1000001", "address": "東京都", "phone": "03" });
    for path in ["orders/ord-1", "orders?shop=ec&number=A-1"] {
        let found = get(&agent, path).await;
        assert_eq!(found.body["order"]["to"], hidden, "{path}");
        assert_eq!(found.body["commands"][0]["do"]["to"], hidden, "{path}");
        assert_eq!(get(&boss, path).await.body["order"]["to"], shown, "{path}");
    }
    assert_eq!(get(&agent, "customers/rec-1/orders").await.body["orders"][0]["to"], hidden);
    for path in ["customers/rec-1/shop-commands", "shop-commands"] {
        assert_eq!(get(&agent, path).await.body["commands"][0]["do"]["to"], hidden, "{path}");
    }
    assert_eq!(get(&agent, "shop-commands/cmd-1").await.body["do"]["to"], hidden);
    let asked = get(&agent, "orders/ord-1?show=address").await;
    assert_eq!((&asked.body["order"]["to"], &asked.body["commands"][0]["do"]["to"]), (&shown, &shown));
    assert_eq!(get(&agent, "orders/ord-1?show=note").await.status, 400);
    let mut trail = center.trail.lock().await;
    let noted = loop {
        let entry = trail.next().await.unwrap();
        if entry.action == "order_show" {
            break entry;
        }
    };
    assert_eq!((noted.subject.as_str(), noted.outcome.as_str()), ("ord-1 address", "ok"));
}

#[tokio::test]
async fn a_site_without_crm_says_so() {
    let center = Center::with(|config| config.crm = None).await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    let told = http(center.address, "GET", "/api/v1/shops", Some(&agent), None).await;
    assert_eq!((told.status, &told.body["reason"]), (404, &json!("no_crm")));
}
