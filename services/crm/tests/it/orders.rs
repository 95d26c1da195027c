//! Orders, stock and events at two sites.

use journal::testing::{Cluster, OSAKA, TOKYO};
use practice_shop::{Shop, Stand};
use proto::crm::v1 as pb;
use serde_json::{Value, json};

use crate::common::{Instance, shops_of, unique, until, views_equal};

/// 2026-01-01.
const DAY: u64 = 1_767_225_600_000;

pub fn order(shop: &str, number: &str, version: u64, status: &str) -> Value {
    let shipped = if status == "shipped" { DAY + 2 } else { 0 };
    json!({
        "type": "order", "shop": shop, "number": number, "version": version, "status": status, "channel": "ec",
        "owner": { "kind": "ec", "namespace": shop, "value": format!("C-{number}"), "verified": true },
        "placed_at": DAY, "total": 12_800, "lines": [{ "sku": "KB-104", "name": "静音キーボード", "quantity": 1, "price": 12_800 }],
        "delivery": { "carrier": "yamato", "tracking": "1234", "shipped_at": shipped },
        "to": { "recipient": "山田 花子", "address": "東京都千代田区" }
    })
}

pub async fn events(site: &Instance, events: &[Value]) -> Vec<pb::EventOutcome> {
    let request = pb::ReportEventsRequest {
        source: "ec.main".to_owned(),
        events: events.iter().map(ToString::to_string).collect(),
        ..pb::ReportEventsRequest::default()
    };
    site.orders.clone().report_events(request).await.unwrap().into_inner().outcomes
}

pub async fn found(site: &Instance, shop: &str, number: &str) -> Option<pb::GetOrderResponse> {
    let request = pb::GetOrderRequest { order_id: String::new(), shop: shop.to_owned(), number: number.to_owned() };
    site.orders.clone().get_order(request).await.ok().map(tonic::Response::into_inner)
}

async fn version(site: &Instance, shop: &str, number: &str) -> u64 {
    found(site, shop, number).await.and_then(|found| found.order).map_or(0, |order| order.version)
}

async fn list(site: &Instance, customer: &str, after: &str, limit: u32) -> pb::ListOrdersResponse {
    let request =
        pb::ListOrdersRequest { customer_id: customer.to_owned(), after: after.to_owned(), limit, shop: String::new() };
    site.orders.clone().list_orders(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn states_in_any_order_at_two_sites_are_one_order_with_one_history() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let (shop, number) = ("shop", unique());
    let states = [(2, "shipped"), (1, "placed"), (3, "delivered"), (1, "placed"), (2, "shipped")];
    for (at, (version, status)) in states.into_iter().enumerate() {
        let site = if at % 2 == 0 { &tokyo } else { &osaka };
        let mut state = order(shop, &number, version, status);
        if status == "delivered" {
            state["delivery"] = json!({ "shipped_at": DAY + 2, "delivered_at": DAY + 3 });
        }
        let outcome = events(site, &[state]).await.remove(0);
        assert_eq!(outcome.refused, "");
    }
    for site in [&tokyo, &osaka] {
        until("the last state holds", || async { version(site, shop, &number).await == 3 }).await;
        // However the number is written.
        let wide: String = number.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        let order = found(site, shop, &wide).await.unwrap().order.unwrap();
        let private = order.private.unwrap();
        assert_eq!((private.number.as_str(), private.recipient.as_str()), (number.as_str(), "山田 花子"));
        let customer = site.customer(&order.record_id).await.unwrap();
        let kinds: Vec<_> = customer.timeline.iter().map(|entry| entry.touchpoint.clone().unwrap()).collect();
        let told: Vec<_> = kinds.iter().map(|it| (it.kind.as_str(), it.reason.as_str(), it.amount)).collect();
        assert_eq!(told, [("delivery", "delivered", 0), ("delivery", "shipped", 0), ("order", "", 12_800)]);
        assert_eq!(list(site, &order.record_id, "", 0).await.orders.len(), 1);
        let by_number = site.search(&number.to_uppercase()).await;
        assert_eq!(by_number.into_iter().map(|found| found.customer_id).collect::<Vec<_>>(), [order.record_id]);
    }
    // The last state is another's and has less of a past: whoever hears both at once knows the first owner all the same.
    let (moved, first, last) = (unique(), format!("rec-{}", unique()), format!("rec-{}", unique()));
    for (version, owner, delivered_at) in [(1, &first, DAY + 9), (2, &last, 0)] {
        let mut state = order(shop, &moved, version, "placed");
        (state["record"], state["delivery"]) = (json!(owner), json!({ "delivered_at": delivered_at }));
        assert_eq!(events(&tokyo, &[state]).await[0].refused, "");
        for site in [&tokyo, &osaka] {
            until("the state is there", || async { self::version(site, shop, &moved).await == version }).await;
        }
    }
    assert_eq!(osaka.customer(&first).await.unwrap().customer.unwrap().last_at_ms, DAY + 9);
    views_equal(&tokyo, &osaka).await;
    // A view that is made anew is the same.
    let anew = Instance::start(&cluster, OSAKA).await;
    until("the order is there", || async { version(&anew, shop, &number).await == 3 }).await;
    views_equal(&anew, &osaka).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_words_on_an_owner_in_one_report_the_proof_counts() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let run = unique();
    let of = |n: u32, verified: bool| {
        let mut order = order("shop", &format!("{run}-{n}"), 1, "placed");
        order["owner"] = json!({ "kind": "ec", "namespace": "shop", "value": run, "verified": verified });
        order
    };
    events(&tokyo, &[of(1, false), of(2, true), of(3, false)]).await;
    let number = format!("{run}-3");
    until("the orders are there", || async { version(&tokyo, "shop", &number).await == 1 }).await;
    let record = found(&tokyo, "shop", &number).await.unwrap().order.unwrap().record_id;
    let customer = tokyo.customer(&record).await.unwrap().customer.unwrap();
    assert_eq!(customer.identities.iter().map(|it| it.verified).collect::<Vec<_>>(), [true]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_speaks_of_its_own_orders_and_stock_only() {
    let cluster = Cluster::shared().await;
    let run = unique()[..8].to_owned();
    let (own, other) = (format!("own-{run}"), format!("other-{run}"));
    let shop = Shop::open("127.0.0.1:0".parse().unwrap(), Stand::practice(&own, DAY)).await.unwrap();
    let tokyo = Instance::with_shops(&cluster, TOKYO, &[(&other, shop.url())], 100).await;
    until("its events were read", || async {
        let noted = "select count(*) from shop_feeds where shop = $1";
        sqlx::query_scalar::<_, i64>(noted).bind(&other).fetch_one(&tokyo.pool).await.unwrap() == 1
    })
    .await;
    let held = "select (select count(*) from orders where shop = $1) + (select count(*) from stock where shop = $1)";
    assert_eq!(sqlx::query_scalar::<_, i64>(held).bind(&own).fetch_one(&tokyo.pool).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customers_orders_come_newest_first_page_by_page() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let customer = unique();
    let all: Vec<Value> = (0..5)
        .map(|n| {
            let mut order = order("shop", &format!("{customer}-{n}"), 1, "placed");
            order["placed_at"] = json!(DAY + n / 2);
            order["owner"]["value"] = json!(customer);
            order
        })
        .collect();
    let id = &events(&tokyo, &all).await[0].id.clone();
    let request = pb::GetOrderRequest { order_id: id.clone(), ..pb::GetOrderRequest::default() };
    let read = || async { tokyo.orders.clone().get_order(request.clone()).await };
    until("the orders are there", || async { read().await.is_ok() }).await;
    let record = read().await.unwrap().into_inner().order.unwrap().record_id;
    until("all of them", || async { list(&tokyo, &record, "", 0).await.orders.len() == 5 }).await;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(&tokyo, &record, &after, 2).await;
        seen.extend(page.orders.into_iter().map(|order| (order.state.unwrap().placed_at_ms, order.order_id)));
        after = page.next;
        if after.is_empty() {
            break;
        }
    }
    let mut sorted = seen.clone();
    sorted.sort_by(|one, other| other.cmp(one));
    assert_eq!(seen, sorted);
    assert_eq!(seen.len(), 5);
}

/// Each part of it is as long as it may be, all of it is too long.
fn huge(number: &str) -> Value {
    let line = json!({ "sku": "K", "name": "あ".repeat(200), "quantity": 1 });
    let back =
        |n: u32| json!({ "id": format!("R-{n}"), "state": "asked", "asked_at": DAY, "lines": vec![line.clone(); 200] });
    let mut huge = order("shop", number, 1, "placed");
    huge["returns"] = (0..6).map(back).collect();
    huge
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_stored_is_told_and_the_rest_is_stored() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let run = unique();
    let owner = json!({ "kind": "ec", "namespace": "shop", "value": run });
    let sent = [
        huge(&format!("{run}-huge")),
        order("shop", &run, 1, "placed"),
        order("shop", "A-1", 1, "somewhere"),
        json!({ "type": "stock", "shop": "shop", "sku": run, "name": "ノートＰＣ", "place": "shinjuku", "free": 2, "version": 7 }),
        json!({ "type": "stock", "shop": "shop", "sku": run, "place": "新宿", "free": 2, "version": 7 }),
        json!({ "type": "customer", "id": format!("c-{run}"), "owner": owner, "at": DAY, "name": "鈴木 一郎", "tier": "gold" }),
        json!({ "type": "touchpoint", "id": format!("t-{run}"), "owner": owner, "at": DAY, "kind": "store_visit", "route": "shinjuku" }),
        json!({ "type": "touchpoint", "id": "t", "owner": { "kind": "fax", "value": "1" }, "at": DAY, "kind": "fax" }),
        json!({ "type": "nothing" }),
    ];
    let told =
        |outcomes: Vec<pb::EventOutcome>| outcomes.into_iter().map(|it| (it.refused, it.field)).collect::<Vec<_>>();
    let good = || (String::new(), String::new());
    let bad = |reason: &str, field: &str| (reason.to_owned(), field.to_owned());
    let expected = [
        bad("too_large", ""),
        good(),
        bad("bad_status", "status"),
        good(),
        bad("bad_place", "place"),
        good(),
        good(),
        bad("bad_identity", "owner"),
        bad("bad_json", ""),
    ];
    let request = |check_only| pb::ReportEventsRequest {
        source: "ec.main".to_owned(),
        events: sent.iter().map(ToString::to_string).collect(),
        check_only,
        ..pb::ReportEventsRequest::default()
    };
    let looked = tokyo.orders.clone().report_events(request(true)).await.unwrap().into_inner().outcomes;
    assert_eq!(told(looked), expected);
    assert!(found(&tokyo, "shop", &run).await.is_none(), "only looked at");
    let outcomes = tokyo.orders.clone().report_events(request(false)).await.unwrap().into_inner().outcomes;
    let record = outcomes[5].id.clone();
    assert_eq!(told(outcomes), expected);
    tokyo.orders.clone().report_events(request(false)).await.unwrap();
    until("the customer is known", || async { tokyo.customer(&record).await.is_ok_and(|it| it.timeline.len() == 1) })
        .await;
    let customer = tokyo.customer(&record).await.unwrap().customer.unwrap();
    assert_eq!((customer.fields.len(), customer.touchpoints), (2, 1));
    let find = |text: &str| pb::FindStockRequest { text: text.to_owned(), ..pb::FindStockRequest::default() };
    let level = || async {
        tokyo.orders.clone().find_stock(find(&format!("{run} のーとpc"))).await.unwrap().into_inner().levels
    };
    until("the stock is found in any spelling", || async { level().await.len() == 1 }).await;
    assert_eq!((level().await[0].free, level().await[0].name.as_str()), (2, "ノートＰＣ"));
    let older = json!({ "type": "stock", "shop": "shop", "sku": run, "place": "shinjuku", "free": 9, "version": 6 });
    let newer = json!({ "type": "stock", "shop": "shop", "sku": run, "place": "shinjuku", "free": 1, "version": 8 });
    events(&tokyo, &[newer, older]).await;
    until("the greatest version holds", || async { level().await[0].free == 1 }).await;
    assert_eq!(level().await[0].name, "ノートＰＣ", "a level without a name leaves it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_customers_figures_stay_and_nothing_tells_whose_they_were() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let number = unique();
    events(&tokyo, &[order("shop", &number, 1, "placed")]).await;
    until("it is there", || async { version(&osaka, "shop", &number).await == 1 }).await;
    let order = found(&osaka, "shop", &number).await.unwrap().order.unwrap();
    until("the customer is erased", || async { tokyo.erase(&order.record_id).await.is_ok() }).await;
    for site in [&tokyo, &osaka] {
        let boxes = || async {
            let count = "select count(*) from orders where order_id = $1 and sealed is not null";
            sqlx::query_scalar::<_, i64>(count).bind(&order.order_id).fetch_one(&site.pool).await.unwrap()
        };
        until("the view has forgotten", || async { boxes().await == 0 }).await;
        let left = found(site, "shop", &number).await.unwrap().order.unwrap();
        assert_eq!((left.private, left.state.unwrap().total), (None, 12_800));
    }
    let refused = events(&tokyo, &[self::order("shop", &number, 2, "shipped")]).await;
    assert_eq!(refused[0].refused, "erased");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shops_events_are_fetched_however_often_and_disorderly_it_tells_them() {
    let cluster = Cluster::start("always").await;
    let shop = Shop::open("127.0.0.1:0".parse().unwrap(), Stand::practice("ec", DAY)).await.unwrap();
    let shops = [("ec", shop.url())];
    let tokyo = Instance::with_shops(&cluster, TOKYO, &shops, 100).await;
    let osaka = Instance::with_shops(&cluster, OSAKA, &shops, 100).await;
    for n in 0..30 {
        let change = if n % 2 == 0 { "preparing" } else { "placed" };
        shop.look().set_order(json!({ "number": "A-10002", "status": change }));
    }
    for site in [&tokyo, &osaka] {
        let newest = shop.look().order("A-10002").unwrap()["version"].as_u64().unwrap();
        until("the newest state is there", || async { version(site, "ec", "A-10002").await == newest }).await;
    }
    views_equal(&tokyo, &osaka).await;
    // The first by name fetches for both; when it dies, the other does.
    let database = osaka.pool.clone();
    osaka.kill();
    let order = shop.look().set_order(json!({ "number": "A-10001", "status": "delivered" }));
    let newest = order["version"].as_u64().unwrap();
    until("the other site goes on", || async { version(&tokyo, "ec", "A-10001").await == newest }).await;
    let osaka = Instance::on(&cluster, OSAKA, &database, shops_of(&shops, 100)).await;
    until("and tells everybody", || async { version(&osaka, "ec", "A-10001").await == newest }).await;
}
