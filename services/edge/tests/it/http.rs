//! The HTTP API.

use std::sync::atomic::Ordering;

use edge::frames::Role;
use proto::routing::v1::Availability;
use serde_json::{Value, json};

use super::{
    browser::{Browser, http, http_with, id},
    center::{Center, PASSWORD},
};

#[tokio::test]
async fn signing_in_is_limited_and_tells_nothing() {
    let center = Center::with(|config| config.sign_in.failures_per_login = 3).await;
    center.account("sato", Role::Agent).await;
    let (_, nobody) = center.sign_in("nobody", "wrong password").await;
    for _ in 0..3 {
        let (status, body) = center.sign_in("sato", "wrong password").await;
        assert_eq!((status, &body), (401, &nobody));
        assert_eq!(body["reason"], "wrong_credentials");
    }
    let (status, body) = center.sign_in("sato", PASSWORD).await;
    assert_eq!((status, &body["reason"]), (429, &json!("too_many_attempts")));
    center.account("suzuki", Role::Agent).await;
}

#[tokio::test]
async fn a_token_says_who_one_is() {
    let center = Center::start().await;
    let (token, agent_id) = center.account("sato", Role::Agent).await;
    let me = http(center.address, "GET", "/api/v1/me", Some(&token), None).await;
    assert_eq!(me.body, json!({"id": agent_id, "role": "agent", "name": "sato san"}));
    let (token, customer_id) = center.customer().await;
    let me = http(center.address, "GET", "/api/v1/me", Some(&token), None).await;
    assert_eq!(me.body, json!({"id": customer_id, "role": "customer", "name": ""}));
    let sites = http(center.address, "GET", "/api/v1/sites", None, None).await;
    assert_eq!((&sites.body["site"], &sites.body["sites"][0]["name"]), (&json!("tokyo"), &json!("tokyo")));
}

#[tokio::test]
async fn every_door_has_its_role() {
    let center = Center::start().await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    let (customer, _) = center.customer().await;
    let supervisors = [
        ("GET", "/api/v1/accounts"),
        ("POST", "/api/v1/accounts"),
        ("POST", "/api/v1/accounts/sato/disable"),
        ("POST", "/api/v1/queues"),
        ("GET", "/api/v1/floor"),
        ("DELETE", "/api/v1/customers/x"),
    ];
    for (method, path) in supervisors {
        for (token, status) in [(None, 401), (Some("nonsense"), 401), (Some(&*customer), 403), (Some(&*agent), 403)] {
            let answer = http(center.address, method, path, token, Some(json!({}))).await;
            assert_eq!(answer.status, status, "{method} {path}");
        }
    }
    let answer = http(center.address, "GET", "/api/v1/conversations", Some(&customer), None).await;
    assert_eq!((answer.status, &answer.body["reason"]), (403, &json!("forbidden")));
}

/// All fields of `part` are in `whole`, with these values.
fn holds(whole: &Value, part: &Value) {
    for (field, value) in part.as_object().unwrap() {
        assert_eq!(&whole[field], value, "{field} of {whole}");
    }
}

#[tokio::test]
async fn a_supervisor_keeps_accounts_queues_and_the_floor() {
    let center = Center::start().await;
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let call = async |method, path: &str, body| http(center.address, method, path, Some(&boss), body).await;
    let account = json!({"login":"sato","name":"佐藤","role":"agent","password":PASSWORD,
        "skills":[{"name":"ja","level":3}],"chat_capacity":2});
    let made = call("POST", "/api/v1/accounts", Some(account)).await;
    assert_eq!((made.status, &made.body["chat_capacity"]), (200, &json!(2)));
    assert_eq!(center.sign_in("sato", PASSWORD).await.0, 200);
    let renamed = json!({"login":"sato","name":"佐藤 花","role":"agent"});
    let renamed = call("PUT", "/api/v1/accounts", Some(renamed)).await;
    assert_eq!(renamed.body["skills"], json!([{"name":"ja","level":3}]));
    let queue = json!({"queue":"support","skills":[{"name":"ja","level":1}],"priority":3,"offer_timeout_ms":5000});
    holds(&call("POST", "/api/v1/queues", Some(queue.clone())).await.body, &queue);
    let floor = call("GET", "/api/v1/floor", None).await;
    assert_eq!(floor.body["queues"].as_array().map(Vec::len), Some(1));
    holds(&floor.body["queues"][0], &queue);
    assert_eq!(floor.body["agents"][0]["name"], "佐藤 花");
    assert_eq!(call("POST", "/api/v1/accounts/sato/disable", None).await.body["disabled"], true);
    assert_eq!(center.sign_in("sato", PASSWORD).await.0, 401);
    assert_eq!(center.routing.availability("id-sato"), Some(Availability::Offline));
    let list = call("GET", "/api/v1/accounts", None).await;
    assert_eq!(list.body["accounts"].as_array().unwrap().len(), 2);
    let own = call("POST", "/api/v1/accounts/boss/disable", None).await;
    assert_eq!((own.status, &own.body["reason"]), (409, &json!("own_account")));
    assert_eq!(call("POST", "/api/v1/accounts/nobody/disable", None).await.status, 404);
}

#[tokio::test]
async fn a_body_that_is_not_one_is_refused() {
    let center = Center::start().await;
    for (body, status) in [("", 400), ("{", 400), ("{\"login\":1}", 400), (&*"x".repeat(65 * 1024), 413)] {
        let answer = http_with(center.address, "POST", "/api/v1/sign-in", "", body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert!(answer.body["reason"].is_string());
    }
    let answer = http(center.address, "GET", "/socket", None, None).await;
    assert_eq!(answer.status, 400);
    assert_eq!(http(center.address, "GET", "/nothing", None, None).await.status, 404);
}

#[tokio::test]
async fn conversations_are_read_by_their_own() {
    let center = Center::start().await;
    let (token, customer_id) = center.customer().await;
    let conversation = id();
    let mut customer = Browser::signed_in(&center, &token).await;
    customer.open(&conversation).await;
    customer.post("p", &conversation, "hello").await;
    customer.answer("p").await;
    let path = format!("/api/v1/conversations/{conversation}/events?after=1&limit=10");
    let events = http(center.address, "GET", &path, Some(&token), None).await;
    assert_eq!((&events.body["events"][0]["text"], &events.body["last_number"]), (&json!("hello"), &json!(2)));
    let (other, _) = center.customer().await;
    assert_eq!(http(center.address, "GET", &path, Some(&other), None).await.status, 403);
    let (boss, _) = center.account("boss", Role::Supervisor).await;
    let path = format!("/api/v1/conversations?customer={customer_id}&closed=true");
    let list = http(center.address, "GET", &path, Some(&boss), None).await;
    assert_eq!(list.body["conversations"][0]["conversation"], json!(conversation));
    let path = format!("/api/v1/customers/{customer_id}");
    let erased = http(center.address, "DELETE", &path, Some(&boss), None).await;
    assert_eq!(erased.body, json!({"erased_at": 7, "records": [customer_id]}));
    let mut trail = center.trail.lock().await;
    let mut actions = Vec::new();
    while !actions.contains(&"customer_erase ok".to_owned()) {
        let entry = trail.next().await.unwrap();
        assert_eq!(entry.address, "127.0.0.1");
        actions.push(format!("{} {}", entry.action, entry.outcome));
    }
    for action in ["conversation_open ok", "conversation_read ok", "conversation_read not_your_conversation"] {
        assert!(actions.contains(&action.to_owned()), "{action} is not in {actions:?}");
    }
    assert!(!actions.iter().any(|action| action.starts_with("post")));
}

#[tokio::test]
async fn ready_says_what_is_missing() {
    let mut center = Center::start().await;
    assert_eq!(http(center.address, "GET", "/healthz", None, None).await.status, 200);
    center.journal_ready.store(false, Ordering::Relaxed);
    let ready = http(center.address, "GET", "/readyz", None, None).await;
    assert_eq!((ready.status, &ready.body["missing"]), (503, &json!(["journal"])));
    center.journal_ready.store(true, Ordering::Relaxed);
    center.routing_process.kill();
    loop {
        let ready = http(center.address, "GET", "/readyz", None, None).await;
        if ready.body["missing"] == json!(["routing"]) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn pages_are_served_and_nothing_else() {
    let center = Center::start().await;
    let get = async |path: &str| http(center.address, "GET", path, None, None).await;
    let root = get("/").await;
    assert_eq!((root.status, root.headers["location"].as_str()), (307, "/desk/"));
    let desk = get("/desk/").await;
    assert_eq!((desk.status, desk.text.as_str()), (200, "<title>desk</title>"));
    assert_eq!(desk.headers["cache-control"], "no-cache");
    let policy = &desk.headers["content-security-policy"];
    let connect =
        format!("connect-src 'self' http://osaka.example ws://osaka.example http://{0} ws://{0}", center.address);
    assert!(policy.starts_with("default-src 'self'") && policy.contains(&connect), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    let widget = get("/widget/").await;
    assert!(widget.headers["content-security-policy"].contains("frame-ancestors 'self' https://shop.example"));
    let script = get("/desk/assets/index-0a1b.js").await;
    assert_eq!(script.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(script.headers["x-content-type-options"], "nosniff");
    std::fs::write(center.pages.join("secret"), "secret").unwrap();
    for path in
        ["/desk/../secret", "/desk/%2e%2e/secret", "/desk/..%2fsecret", "/desk//etc/passwd", "/secret", "/desk/none.js"]
    {
        let answer = get(path).await;
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.text.contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn other_origins_are_let_in_by_name() {
    let center = Center::start().await;
    let preflight = async |origin: &str| {
        let headers = format!("Origin: {origin}\r\nAccess-Control-Request-Method: POST\r\n");
        http_with(center.address, "OPTIONS", "/api/v1/sign-in", &headers, "").await
    };
    for origin in ["https://shop.example", "http://osaka.example"] {
        let answer = preflight(origin).await;
        assert_eq!((answer.status, answer.headers["access-control-allow-origin"].as_str()), (204, origin));
        assert!(answer.headers["access-control-allow-headers"].contains("authorization"));
        let headers = format!("Origin: {origin}\r\n");
        let answer = http_with(center.address, "POST", "/api/v1/customers", &headers, "{}").await;
        assert_eq!(answer.headers["access-control-allow-origin"], origin);
    }
    let answer = preflight("https://evil.example").await;
    assert_eq!(answer.status, 403);
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told() {
    let center = Center::with(|config| config.rates.customers = edge::config::Rate { per_second: 0, burst: 2 }).await;
    for status in [200, 200, 429] {
        let answer = http(center.address, "POST", "/api/v1/customers", None, Some(json!({}))).await;
        assert_eq!(answer.status, status);
    }
    let trace = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    let answer = http_with(center.address, "GET", "/api/v1/sites", trace, "").await;
    assert_eq!(answer.headers["x-request-id"], "0af7651916cd43dd8448eb211c80319c");
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let center = Center::start().await;
    let headers = format!("X-Much: {}\r\n", "x".repeat(20_000));
    let answer = http_with(center.address, "GET", "/api/v1/sites", &headers, "").await;
    assert_eq!(answer.status, 431);
    assert_eq!(http(center.address, "GET", "/api/v1/sites", None, None).await.status, 200);
}
