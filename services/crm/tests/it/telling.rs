//! A shop's answer reaches the conversation that asked: once, whoever dies, and no other conversation.

use std::sync::Arc;

use journal::testing::{Cluster, OSAKA, Postgres, TOKYO};
use practice_shop::Shop;
use proto::{
    chat::v1 as chat,
    crm::v1::{self as pb, CommandState, command_body::What, fact},
};
use uuid::Uuid;

use crate::{
    commands::{ask, cancel, command, known, open, request},
    common::{Instance, of_record, shops_of, unique, until},
    talks::{Mood, Talks},
};

/// Two sites that know the shop, with a chat each; both have the same conversations.
async fn sites() -> (Arc<Cluster>, Shop, [(Instance, Talks); 2]) {
    let (cluster, shop) = open().await;
    let (here, address) = Talks::start(&cluster, TOKYO).await;
    let (there, other) = here.beside(&cluster, OSAKA).await;
    let postgres = Postgres::shared().await;
    let mut sites = Vec::new();
    for (home, talks, chat) in [(TOKYO, here, address), (OSAKA, there, other)] {
        let mut more = shops_of(&[("ec", shop.url())], 100);
        more["chat"] = chat.into();
        sites.push((Instance::on(&cluster, home, &postgres.database().await, more).await, talks));
    }
    std::mem::forget(postgres);
    (cluster, shop, <[_; 2]>::try_from(sites).ok().unwrap())
}

fn opened(customer: &str, language: &str, channel: &str) -> chat::Opened {
    chat::Opened {
        customer_id: customer.to_owned(),
        language: language.to_owned(),
        channel: channel.to_owned(),
        ..chat::Opened::default()
    }
}

/// Asks for something about an order out of a conversation; the command's id.
async fn asked(site: &Instance, order: &pb::Order, what: What, conversation: &str) -> String {
    let id = Uuid::new_v4().to_string();
    let request =
        pb::AskShopRequest { conversation_id: conversation.to_owned(), ..request(&id, &order.order_id, what) };
    ask(site, request).await.unwrap();
    id
}

/// What is noted of the telling, once it is.
async fn noted(site: &Instance, id: &str) -> String {
    until("the telling is noted", || async { !command(site, id).await.told.is_empty() }).await;
    command(site, id).await.told
}

fn back() -> What {
    What::StartReturn(pb::StartReturn { reason: "damaged".to_owned(), ..pb::StartReturn::default() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_hears_yes_and_no_in_their_language_and_nothing_for_agents() {
    let (_cluster, _shop, [(tokyo, talks), (osaka, _)]) = sites().await;
    let order = known(&tokyo, "A-10001").await;
    known(&osaka, "A-10001").await;
    let (japanese, english) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    talks.is_there(&japanese, opened(&order.record_id, "ja", ""));
    // Another record of the same customer: a person said so.
    let browser = format!("cus-{}", unique());
    let link = fact::What::LinkTo(order.record_id.clone());
    osaka.insist("desk", vec![of_record(&unique(), &browser, link)]).await;
    talks.is_there(&english, opened(&browser, "en-US", ""));
    let done = asked(&tokyo, &order, back(), &japanese).await;
    assert_eq!(noted(&osaka, &done).await, "told");
    let text = "返品を受け付けました（注文 A-10001、返品番号 R-1）。".to_owned();
    assert_eq!(talks.posted(&japanese), [("crm".to_owned(), text)]);
    for conversation in [&japanese, &english] {
        let late = asked(&osaka, &order, cancel(), conversation).await;
        assert_eq!(noted(&tokyo, &late).await, "told");
        assert_eq!(command(&tokyo, &late).await.state(), CommandState::Refused);
    }
    let texts: Vec<String> = talks.posted(&english).into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        texts,
        ["Your order could not be cancelled (order A-10001).\nすでに発送の準備に入っています。"],
        "the shop's words for the customer, not those for the agent"
    );
    assert_eq!(talks.posted(&japanese).len(), 2);
    // Nobody is told what came out of no conversation.
    let silent = asked(&tokyo, &order, cancel(), "").await;
    until("it is refused", || async { command(&tokyo, &silent).await.state() == CommandState::Refused }).await;
    assert_eq!((talks.posts(), command(&tokyo, &silent).await.told.as_str()), (3, ""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_who_dies_before_the_post_or_before_it_is_noted_leaves_one_message() {
    for mood in [Mood::Away, Mood::Silent] {
        let (_cluster, shop, [(tokyo, here), (osaka, there)]) = sites().await;
        let order = known(&tokyo, "A-10001").await;
        known(&osaka, "A-10001").await;
        let conversation = Uuid::new_v4().to_string();
        here.is_there(&conversation, opened(&order.record_id, "ja", ""));
        here.set_mood(mood);
        let id = asked(&tokyo, &order, back(), &conversation).await;
        until("the shop's yes is stored", || async { command(&osaka, &id).await.state() == CommandState::Confirmed })
            .await;
        let posts = u32::from(mood == Mood::Silent);
        until("chat has it, or was away", || async { here.posts() == posts }).await;
        assert_eq!(command(&osaka, &id).await.told, "", "{mood:?}: not told before chat says so");
        tokyo.kill();
        assert_eq!(noted(&osaka, &id).await, "told");
        assert_eq!(there.posted(&conversation).len(), 1, "{mood:?}");
        assert!(there.posts() > posts, "{mood:?}: the other site told it again, under the same id");
        assert_eq!((command(&osaka, &id).await.site.as_str(), shop.look().deeds(&id)), ("osaka", 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_strangers_chat_no_call_and_no_refusal_for_ever_is_written_to() {
    let (_cluster, _shop, [(tokyo, talks), _]) = sites().await;
    let (order, other) = (known(&tokyo, "A-10001").await, known(&tokyo, "A-10002").await);
    let talk = |opened: Option<chat::Opened>| {
        let id = Uuid::new_v4().to_string();
        opened.into_iter().for_each(|opened| talks.is_there(&id, opened));
        id
    };
    let cases = [
        (talk(Some(opened(&other.record_id, "ja", ""))), "not_theirs"),
        (talk(Some(opened(&order.record_id, "ja", "voice"))), "not_text"),
        (talk(None), "no_conversation"),
    ];
    for (conversation, why) in &cases {
        let id = asked(&tokyo, &order, cancel(), conversation).await;
        assert_eq!(noted(&tokyo, &id).await, *why);
        assert_eq!(command(&tokyo, &id).await.reason, "too_late", "what the shop said holds");
    }
    assert_eq!(talks.posts(), 0);
    // What chat refuses for ever is not tried for ever.
    let own = talk(Some(opened(&order.record_id, "ja", "")));
    talks.set_mood(Mood::Full);
    let id = asked(&tokyo, &order, cancel(), &own).await;
    assert_eq!(noted(&tokyo, &id).await, "conversation_full");
    // What it refuses for now is.
    talks.set_mood(Mood::Away);
    let id = asked(&tokyo, &order, cancel(), &own).await;
    until("the shop has answered", || async { command(&tokyo, &id).await.state() == CommandState::Refused }).await;
    talks.set_mood(Mood::Open);
    assert_eq!(noted(&tokyo, &id).await, "told");
    assert_eq!(talks.posted(&own).len(), 1);
}
