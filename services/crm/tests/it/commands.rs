//! Commands to a shop: carried out once, whoever dies.

use std::sync::Arc;

use journal::{
    Stream,
    testing::{Cluster, OSAKA, TOKYO},
};
use practice_shop::{Mood, Shop, Stand};
use proto::crm::v1::{self as pb, CommandState, command_body::What};
use serde_json::json;
use uuid::Uuid;

use crate::{
    common::{Instance, until},
    orders::found,
};

/// 2026-01-01.
const DAY: u64 = 1_767_225_600_000;

pub async fn open() -> (Arc<Cluster>, Shop) {
    let cluster = Cluster::start("always").await;
    (cluster, Shop::open("127.0.0.1:0".parse().unwrap(), Stand::practice("ec", DAY)).await.unwrap())
}

async fn site(cluster: &Cluster, home: usize, shop: &Shop) -> Instance {
    Instance::with_shops(cluster, home, &[("ec", shop.url())], 100).await
}

/// An order of the shop, once a site knows it.
pub async fn known(site: &Instance, number: &str) -> pb::Order {
    until("the order is known", || async { found(site, "ec", number).await.is_some() }).await;
    found(site, "ec", number).await.unwrap().order.unwrap()
}

pub fn request(id: &str, order: &str, what: What) -> pb::AskShopRequest {
    pb::AskShopRequest {
        command_id: id.to_owned(),
        order_id: order.to_owned(),
        by: "hana".to_owned(),
        body: Some(pb::CommandBody { number: String::new(), what: Some(what) }),
        ..pb::AskShopRequest::default()
    }
}

pub async fn ask(site: &Instance, request: pb::AskShopRequest) -> Result<pb::Command, chassis::refusal::Refusal> {
    let asked = site.orders.clone().ask_shop(request).await;
    asked.map(|asked| asked.into_inner().command.unwrap()).map_err(|status| chassis::refusal::Refusal::from(&status))
}

pub async fn command(site: &Instance, id: &str) -> pb::Command {
    let request = pb::GetCommandRequest { command_id: id.to_owned() };
    site.orders.clone().get_command(request).await.unwrap().into_inner().command.unwrap()
}

pub async fn ended(site: &Instance, id: &str) -> pb::Command {
    until("the shop has answered", || async {
        [CommandState::Confirmed, CommandState::Refused].contains(&command(site, id).await.state())
    })
    .await;
    command(site, id).await
}

/// How often the shop was asked, how often it did it, and all that it did; looked at once, for its lock is held while one looks.
fn counted(shop: &Shop, id: &str) -> (u32, u32, u32) {
    let stand = shop.look();
    (stand.asked(id), stand.deeds(id), stand.all_deeds())
}

pub fn cancel() -> What {
    What::CancelOrder(pb::CancelOrder { reason: "changed_mind".to_owned() })
}

fn change() -> What {
    let slot = pb::DeliverySlot { date: "2026-01-09".to_owned(), window: "18:00-20:00".to_owned() };
    What::ChangeDelivery(pb::ChangeDelivery { slot: Some(slot), to: None })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_confirms_or_refuses_and_everybody_sees_it() {
    let (cluster, shop) = open().await;
    let (tokyo, osaka) = (site(&cluster, TOKYO, &shop).await, site(&cluster, OSAKA, &shop).await);
    let order = known(&tokyo, "A-10002").await;
    let id = Uuid::new_v4().to_string();
    let asked = ask(&tokyo, request(&id, &order.order_id, change())).await.unwrap();
    assert_eq!((asked.shop.as_str(), asked.by.as_str(), asked.record_id), ("ec", "hana", order.record_id.clone()));
    let done = ended(&osaka, &id).await;
    assert_eq!(
        (done.state(), done.words.unwrap().text.as_str()),
        (CommandState::Confirmed, "お届け先・日時を変更しました")
    );
    until("the order has changed", || async {
        let delivery = known(&osaka, "A-10002").await.state.unwrap().delivery.unwrap_or_default();
        delivery.slot.is_some_and(|slot| slot.date == "2026-01-09")
    })
    .await;
    // The same again, at either site, is the same command; something else under its id is refused.
    for site in [&tokyo, &osaka] {
        assert_eq!(ask(site, request(&id, &order.order_id, change())).await.unwrap().command_id, id);
        let other = ask(site, request(&id, &order.order_id, cancel())).await.unwrap_err();
        assert_eq!(other.reason, "command_exists");
    }
    assert_eq!(counted(&shop, &id), (1, 1, 1));
    // What is on its way is not cancelled.
    let (late, shipped) = (Uuid::new_v4().to_string(), known(&tokyo, "A-10001").await);
    ask(&tokyo, request(&late, &shipped.order_id, cancel())).await.unwrap();
    let refused = ended(&tokyo, &late).await;
    assert_eq!((refused.state(), refused.reason.as_str()), (CommandState::Refused, "too_late"));
    until("it is with the order", || async {
        found(&osaka, "ec", "A-10001").await.is_some_and(|found| found.commands.iter().any(|it| it.command_id == late))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_taken_and_a_return_is_started() {
    let (cluster, shop) = open().await;
    let tokyo = site(&cluster, TOKYO, &shop).await;
    let customer = known(&tokyo, "A-10001").await;
    let line = pb::OrderLine { sku: "TEA-01".to_owned(), name: "緑茶".to_owned(), quantity: 2, price: 1_200 };
    let to = pb::OrderPrivate {
        recipient: "山田 花子".to_owned(),
        address: "東京都".to_owned(),
        ..pb::OrderPrivate::default()
    };
    let place = pb::PlaceOrder {
        lines: vec![line],
        payment_method: "cod".to_owned(),
        to: Some(to),
        channel: "voice".to_owned(),
        ..pb::PlaceOrder::default()
    };
    let (id, conversation) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let placing = pb::AskShopRequest {
        shop: "ec".to_owned(),
        customer_id: customer.record_id.clone(),
        conversation_id: conversation.clone(),
        ..request(&id, "", What::PlaceOrder(place))
    };
    ask(&tokyo, placing).await.unwrap();
    let done = ended(&tokyo, &id).await;
    let number = done.words.unwrap().reference;
    let placed = known(&tokyo, &number).await;
    let state = placed.state.unwrap();
    assert_eq!((placed.order_id, placed.record_id), (done.order_id, customer.record_id.clone()));
    assert_eq!((state.total, state.command_id, done.conversation_id), (2_400, id, conversation));
    let back =
        pb::StartReturn {
            reason: "damaged".to_owned(), note: "割れていた".to_owned(), ..pb::StartReturn::default()
        };
    let id = Uuid::new_v4().to_string();
    ask(&tokyo, request(&id, &customer.order_id, What::StartReturn(back))).await.unwrap();
    assert_eq!(ended(&tokyo, &id).await.words.unwrap().reference, "R-1");
    until("it is on the timeline", || async {
        let timeline = tokyo.customer(&customer.record_id).await.unwrap().timeline;
        timeline
            .iter()
            .any(|entry| entry.touchpoint.as_ref().is_some_and(|it| it.kind == "return" && it.reason == "damaged"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_outlives_the_site_that_carried_it_and_is_carried_out_once() {
    let (cluster, shop) = open().await;
    let (tokyo, osaka) = (site(&cluster, TOKYO, &shop).await, site(&cluster, OSAKA, &shop).await);
    let order = known(&tokyo, "A-10002").await;
    known(&osaka, "A-10002").await;
    shop.look().set_mood(Mood::Silent);
    let id = Uuid::new_v4().to_string();
    ask(&tokyo, request(&id, &order.order_id, cancel())).await.unwrap();
    // The shop does it, and its answer is lost with the site that asked.
    until("the shop was asked", || async { shop.look().asked(&id) > 0 }).await;
    tokyo.kill();
    shop.look().set_mood(Mood::Open);
    let done = ended(&osaka, &id).await;
    assert_eq!((done.state(), done.site.as_str()), (CommandState::Confirmed, "osaka"));
    let (asked, deeds, all) = counted(&shop, &id);
    assert!(asked >= 2, "{asked}");
    assert_eq!((deeds, all), (1, 1));
}

/// Two sites, of which the first asks a broken shop to cancel an order; the order, and the command's id.
async fn asked_in_vain(cluster: &Cluster, shop: &Shop) -> (Instance, Instance, pb::Order, String) {
    let (tokyo, osaka) = (site(cluster, TOKYO, shop).await, site(cluster, OSAKA, shop).await);
    let order = known(&tokyo, "A-10002").await;
    shop.look().set_mood(Mood::Broken);
    let id = Uuid::new_v4().to_string();
    ask(&tokyo, request(&id, &order.order_id, cancel())).await.unwrap();
    (tokyo, osaka, order, id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_living_process_carries_out_is_left_to_it() {
    let (cluster, shop) = open().await;
    let (_tokyo, osaka, _, id) = asked_in_vain(&cluster, &shop).await;
    // Seconds longer than it takes to be taken for dead.
    until("it was asked for three times", || async { command(&osaka, &id).await.attempts >= 3 }).await;
    let journal = cluster.journal(OSAKA, "crm").await;
    let told = journal.replay(&Stream::new("CRM", "crm"), &format!("crm.command.{id}"), 0).await.unwrap();
    let owners: Vec<String> =
        told.records.into_iter().filter_map(|record| record.unit.claim).map(|claim| claim.owner).collect();
    assert!(owners.len() == 1 && owners[0].starts_with("tokyo."), "{owners:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_is_broken_or_slow_is_asked_until_it_says_yes() {
    let (cluster, shop) = open().await;
    let (tokyo, osaka, order, id) = asked_in_vain(&cluster, &shop).await;
    until("it is told why nothing happens", || async { command(&tokyo, &id).await.fault == "status_503" }).await;
    let open = || async {
        let listed = osaka.orders.clone().list_commands(pb::ListCommandsRequest::default()).await.unwrap();
        listed.into_inner().commands.into_iter().map(|it| it.command_id).collect::<Vec<_>>()
    };
    until("it is in the list of what shops have not answered", || async { open().await == [id.clone()] }).await;
    shop.look().set_mood(Mood::Slow);
    assert_eq!(ended(&osaka, &id).await.state(), CommandState::Confirmed);
    until("it is no longer in the list", || async { open().await.is_empty() }).await;
    assert_eq!(shop.look().deeds(&id), 1);
    // Erased before the shop was asked: nothing is left to ask for.
    shop.look().set_mood(Mood::Broken);
    let id = Uuid::new_v4().to_string();
    let reserve = pb::ReserveStock { sku: "TEA-01".to_owned(), place: "shinjuku".to_owned(), quantity: 1, until_ms: 0 };
    let reserving = pb::AskShopRequest {
        shop: "ec".to_owned(),
        customer_id: order.record_id.clone(),
        ..request(&id, "", What::ReserveStock(reserve))
    };
    ask(&tokyo, reserving.clone()).await.unwrap();
    until("the customer is erased", || async { osaka.erase(&order.record_id).await.is_ok() }).await;
    assert_eq!(ended(&osaka, &id).await.reason, "erased");
    // A resend whose answer got lost is answered from what is stored, although nobody could ask for it any more.
    for site in [&tokyo, &osaka] {
        let again = ask(site, reserving.clone()).await.unwrap();
        assert_eq!((again.state(), again.reason.as_str(), again.body), (CommandState::Refused, "erased", None));
    }
    let number = json!("A-10002");
    assert_eq!(shop.look().order("A-10002").unwrap()["number"], number, "the shop keeps its own");
}
