//! All that a customer did, whatever they did it with, is one history.

use journal::{
    Journal,
    testing::{Cluster, OSAKA, TOKYO},
};
use proto::{
    chat::v1::{self as chat, chat_event::What as Chatted},
    crm::v1::{self as pb, fact::What},
    telephony::v1::{self as telephony, call_event::What as Called},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    center::{call, say},
    common::{Instance, fact, identity, number, of_record, unique, until},
    orders::{events, found, order},
};

fn touch(kind: &str, channel: &str) -> What {
    What::Touchpoint(pb::Touchpoint { kind: kind.to_owned(), channel: channel.to_owned(), ..pb::Touchpoint::default() })
}

/// The purpose of a visit is told, and by the name in a network it is the same customer.
async fn visit_and_name(site: &Instance, record: &str, name: &str) {
    let history = site.customer(record).await.unwrap().timeline.into_iter().filter_map(|entry| entry.touchpoint);
    let came: Vec<_> = history.filter(|it| it.kind == "store_visit").map(|it| (it.route, it.reason)).collect();
    assert_eq!(came, [("umeda".to_owned(), "repair".to_owned())]);
    let known = site.look_up(vec![identity(pb::IdentityKind::Sns, "x", name, false)]).await.unwrap();
    assert_eq!(known.len(), 1);
    assert!(known[0].record_ids.iter().any(|known| known == record));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_channel_is_in_one_history() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let journal = Journal::connect(cluster.settings(TOKYO, "chat")).await.unwrap();
    let run = unique();
    let owner = identity(pb::IdentityKind::Ec, "shop", &run, true);
    let mut bought = order("shop", &format!("{run}-1"), 1, "placed");
    let mut at_the_store = order("shop", &format!("{run}-2"), 1, "placed");
    for one in [&mut bought, &mut at_the_store] {
        one["owner"]["value"] = json!(run);
    }
    (at_the_store["channel"], at_the_store["store"]) = (json!("store"), json!("umeda"));
    let came = json!({ "type": "touchpoint", "id": "visit", "owner": { "kind": "ec", "namespace": "shop", "value": run },
        "at": 1_000, "kind": "store_visit", "route": "umeda", "reason": "repair" });
    for outcome in events(&tokyo, &[bought, at_the_store, came]).await {
        assert_eq!(outcome.refused, "");
    }
    // What a reporter leaves out the kind tells, as far as it can.
    let visits = [
        fact("view", &owner, touch("page_view", "")),
        fact("talk", &owner, touch("seminar", "")),
        fact("name", &owner, What::Identified(identity(pb::IdentityKind::Sns, "x", &format!("@{run}"), false))),
    ];
    osaka.insist("import.visits", visits.to_vec()).await;
    let (talker, caller) = (format!("c-{run}"), format!("tel-{run}"));
    let opened = chat::Opened { customer_id: talker.clone(), queue: "support".into(), ..chat::Opened::default() };
    say(&journal, Uuid::new_v4(), 5_000, chat::PartyKind::Customer, Chatted::Opened(opened)).await;
    let call_id = Uuid::new_v4();
    let key = journal.vault().key(&caller).await.unwrap();
    let began = telephony::Began {
        customer_id: caller.clone(),
        number: Some(key.seal(&format!("call.{call_id}"), number().as_bytes())),
        dialled: "0120000000".into(),
        ..telephony::Began::default()
    };
    call(&journal, call_id, 6_000, Called::Began(began)).await;
    until("the order is there", || async { found(&tokyo, "shop", &format!("{run}-1")).await.is_some() }).await;
    let record = found(&tokyo, "shop", &format!("{run}-1")).await.unwrap().order.unwrap().record_id;
    let links = [("l1", &talker), ("l2", &caller)]
        .map(|(id, other)| of_record(&format!("{id}-{run}"), &record, What::LinkTo(other.clone())));
    osaka.insist("desk", links.to_vec()).await;
    let expected = [
        ("call", "voice"),
        ("chat", "chat"),
        ("order", "ec"),
        ("page_view", "web"),
        ("purchase", "store"),
        ("seminar", "other"),
        ("store_visit", "store"),
    ];
    for site in [&tokyo, &osaka] {
        until("all of it is one history", || async {
            let Ok(customer) = site.customer(&record).await else { return false };
            let told = customer.timeline.into_iter().filter_map(|entry| entry.touchpoint);
            let mut told: Vec<(String, String)> = told.map(|it| (it.kind, it.channel)).collect();
            told.sort();
            told.iter().map(|(kind, channel)| (kind.as_str(), channel.as_str())).eq(expected)
        })
        .await;
        visit_and_name(site, &record, &run).await;
    }
}
