//! Webhooks: nothing is lost, each customer's events keep their order, and nobody waits for a receiver that does not answer.

use std::collections::BTreeMap;

use chassis::refusal::Refusal;
use crm::hook::sign::signature;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, WebhookState, fact::What};
use serde_json::{Value, json};

use crate::{
    common::{Instance, fact, mail, named, of_record, shop, touch, unique, until},
    receiver::{Mood, Receiver},
};

const ALL: [&str; 8] = [
    "customer.created",
    "customer.changed",
    "customer.merged",
    "customer.split",
    "customer.erased",
    "touchpoint.added",
    "order.changed",
    "case.created",
];

impl Instance {
    async fn hook(&self, url: &str, kinds: &[&str]) -> Result<pb::AddWebhookResponse, Refusal> {
        let request = pb::AddWebhookRequest {
            name: "分析".to_owned(),
            url: url.to_owned(),
            kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            by: "chief".to_owned(),
        };
        let added = self.webhooks.clone().add_webhook(request).await;
        added.map(tonic::Response::into_inner).map_err(|status| Refusal::from(&status))
    }

    async fn hooks(&self) -> Vec<pb::Webhook> {
        self.webhooks.clone().list_webhooks(pb::ListWebhooksRequest {}).await.unwrap().into_inner().webhooks
    }

    async fn pause(&self, id: &str) -> pb::Webhook {
        let request = pb::PauseWebhookRequest { webhook_id: id.to_owned(), by: "chief".to_owned() };
        loop {
            match self.webhooks.clone().pause_webhook(request.clone()).await {
                Ok(paused) => return paused.into_inner().webhook.unwrap(),
                Err(status) => assert_eq!(Refusal::from(&status).reason, "unavailable", "{status:?}"),
            }
        }
    }

    async fn resume(&self, id: &str) -> pb::Webhook {
        let request = pb::ResumeWebhookRequest { webhook_id: id.to_owned(), by: "chief".to_owned() };
        loop {
            match self.webhooks.clone().resume_webhook(request.clone()).await {
                Ok(resumed) => return resumed.into_inner().webhook.unwrap(),
                Err(status) => assert_eq!(Refusal::from(&status).reason, "unavailable", "{status:?}"),
            }
        }
    }

    /// So many customers each have so many touchpoints more; the reason of each says which it is.
    async fn happen(&self, customers: &[pb::Identity], from: usize, to: usize) {
        for n in from..to {
            let fact_of = |owner| {
                let touchpoint =
                    pb::Touchpoint { kind: "visit".to_owned(), reason: format!("r{n}"), ..pb::Touchpoint::default() };
                fact(&format!("v-{n}"), owner, What::Touchpoint(touchpoint))
            };
            self.insist("ec.shop", customers.iter().map(fact_of).collect()).await;
        }
    }
}

async fn site(cluster: &Cluster, home: usize, patience_ms: u64) -> Instance {
    Instance::with(cluster, home, json!({ "webhooks": { "private_networks": true, "patience_ms": patience_ms } })).await
}

const DAY: u64 = 86_400_000;

/// The reasons of each record's touchpoints, as the receiver took them.
fn touched(receiver: &Receiver) -> BTreeMap<String, Vec<String>> {
    let mut touched: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in receiver.taken().iter().filter(|event| event["kind"] == "touchpoint.added") {
        let reason = event["data"]["reason"].as_str().unwrap().to_owned();
        touched.entry(event["record"].as_str().unwrap().to_owned()).or_default().push(reason);
    }
    touched
}

fn reasons(to: usize) -> Vec<String> {
    (0..to).map(|n| format!("r{n}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_and_order_is_kept_though_the_receiver_fails_and_the_site_dies() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (site(&cluster, TOKYO, DAY).await, site(&cluster, OSAKA, DAY).await);
    let receiver = Receiver::open(Mood::Open).await;
    let added = tokyo.hook(&receiver.url(), &ALL).await.unwrap();
    let customers: Vec<pb::Identity> = (0..5).map(|_| shop(&unique())).collect();
    tokyo.happen(&customers, 0, 3).await;
    until("some of it is there", || async { receiver.taken().len() > 3 }).await;
    receiver.desk().mood = Mood::Broken;
    tokyo.happen(&customers, 3, 6).await;
    until("it fails", || async { receiver.desk().got.iter().any(|got| !got.taken) }).await;
    tokyo.kill();
    osaka.happen(&customers, 6, 8).await;
    receiver.desk().mood = Mood::Open;
    until("everybody's last is there", || async {
        let touched = touched(&receiver);
        touched.len() == 5 && touched.values().all(|reasons| reasons.contains(&"r7".to_owned()))
    })
    .await;
    for (record, told) in touched(&receiver) {
        assert_eq!(told, reasons(8), "{record}");
    }
    let created = receiver.taken().iter().filter(|event| event["kind"] == "customer.created").count();
    assert_eq!(created, 5, "once each, whoever tells it");
    until("the other site says that it tells it now", || async {
        osaka.hooks().await.first().is_some_and(|hook| hook.site == "osaka" && hook.failures == 0)
    })
    .await;
    for got in &receiver.desk().got {
        let seconds = got.signature.trim_start_matches("t=").split(',').next().unwrap().parse().unwrap();
        assert_eq!(got.signature, signature(&added.secret, seconds, got.body.as_bytes()));
    }
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_answers_holds_nobody_up_and_hears_all_of_it_later() {
    let cluster = Cluster::start("always").await;
    let tokyo = site(&cluster, TOKYO, DAY).await;
    let (silent, open) = (Receiver::open(Mood::Silent).await, Receiver::open(Mood::Open).await);
    let slow = tokyo.hook(&silent.url(), &["touchpoint.added"]).await.unwrap().webhook.unwrap().webhook_id;
    tokyo.hook(&open.url(), &["touchpoint.added"]).await.unwrap();
    let customers: Vec<pb::Identity> = (0..3).map(|_| shop(&unique())).collect();
    tokyo.happen(&customers, 0, 4).await;
    until("the other hears all of it", || async { open.taken().len() == 12 }).await;
    assert!(silent.taken().is_empty());
    assert_eq!(tokyo.pause(&slow).await.state(), WebhookState::Paused);
    assert_eq!(tokyo.pause(&slow).await.state(), WebhookState::Paused, "the same again is the same");
    silent.desk().mood = Mood::Open;
    tokyo.happen(&customers, 4, 6).await;
    until("the other hears that, too", || async { open.taken().len() == 18 }).await;
    assert!(silent.taken().is_empty(), "paused is paused");
    tokyo.resume(&slow).await;
    until("it hears all that happened", || async { silent.taken().len() == 18 }).await;
    for told in touched(&silent).values().chain(touched(&open).values()) {
        assert_eq!(*told, reasons(6));
    }
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_fails_for_long_is_paused_and_goes_on_where_it_was() {
    let cluster = Cluster::start("always").await;
    let tokyo = site(&cluster, TOKYO, 1_000).await;
    let receiver = Receiver::open(Mood::Broken).await;
    let id = tokyo.hook(&receiver.url(), &["touchpoint.added"]).await.unwrap().webhook.unwrap().webhook_id;
    let customers: Vec<pb::Identity> = (0..8).map(|_| shop(&unique())).collect();
    // All of it happens before any of it is told: one customer alone would take minutes to fail ten times.
    tokyo.pause(&id).await;
    tokyo.happen(&customers, 0, 2).await;
    tokyo.resume(&id).await;
    until("it is paused", || async {
        tokyo.hooks().await.first().is_some_and(|hook| hook.state() == WebhookState::Failed)
    })
    .await;
    let hook = tokyo.hooks().await.remove(0);
    assert!(hook.failures >= 10 && hook.failing_since_ms > 0, "{hook:?}");
    assert!(hook.deliveries.iter().all(|it| it.outcome == "status_503"), "{hook:?}");
    receiver.desk().mood = Mood::Open;
    assert_eq!(tokyo.resume(&id).await.state(), WebhookState::Active);
    until("it hears all of it", || async { receiver.taken().len() == 16 }).await;
    until("it is said", || async {
        let hook = tokyo.hooks().await.remove(0);
        hook.failures == 0 && hook.deliveries.first().is_some_and(|it| it.outcome == "ok")
    })
    .await;
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_customers_is_told_by_ids_alone() {
    let cluster = Cluster::start("always").await;
    let tokyo = site(&cluster, TOKYO, DAY).await;
    let receiver = Receiver::open(Mood::Open).await;
    tokyo.hook(&receiver.url(), &ALL).await.unwrap();
    let (one, other, address) = (shop(&unique()), shop(&unique()), format!("{}@example.jp", unique()));
    let known = |owner: &pb::Identity| {
        vec![fact("n", owner, named("山田 花子")), fact("m", owner, What::Identified(mail(&address, true)))]
    };
    let first = tokyo.insist("ec.a", known(&one)).await[0].record_id.clone();
    let second = tokyo.insist("ec.b", known(&other)).await[0].record_id.clone();
    tokyo.insist("ec.a", vec![fact("t", &one, touch("visit", "棚の相談"))]).await;
    let told = |kind: &'static str| {
        let taken = receiver.taken();
        taken.into_iter().filter(move |event| event["kind"] == kind).collect::<Vec<Value>>()
    };
    until("who is one is told", || async { !told("customer.merged").is_empty() }).await;
    let mut records = [first.clone(), second.clone()];
    records.sort_unstable();
    let merged = told("customer.merged").remove(0);
    assert_eq!((&merged["customer"], &merged["data"]["records"]), (&json!(records[0]), &json!(records)));
    until("the touchpoint is told", || async { told("touchpoint.added").len() == 1 }).await;
    assert_eq!(told("touchpoint.added")[0]["customer"], json!(records[0]));
    assert_eq!(told("customer.created").len(), 2);
    // What was taken in together with the proofs may tell it as well, always alike.
    let joined = told("customer.merged");
    assert!(joined.iter().all(|it| it["data"]["records"] == json!(records)), "{joined:#?}");
    // What is proven again joins nobody anew.
    tokyo.insist("ec.a", vec![fact("m2", &one, What::Identified(mail(&address, true)))]).await;
    let link = tokyo.customer(&first).await.unwrap().customer.unwrap().links[0].link_id.clone();
    tokyo.insist("desk", vec![of_record("undo", &records[1], What::UndoLink(link))]).await;
    until("who is apart is told", || async { told("customer.split").len() == 1 }).await;
    let visit = told("touchpoint.added")[0]["sequence"].as_u64().unwrap();
    let again = || {
        let changed = told("customer.changed").into_iter().filter(|it| it["record"] == json!(first));
        changed.filter_map(|it| it["sequence"].as_u64()).find(|sequence| *sequence > visit)
    };
    until("the proof is told as a change", || async { again().is_some() }).await;
    let again = again();
    let joined = told("customer.merged");
    assert!(joined.iter().all(|it| it["sequence"].as_u64() < again), "{joined:#?}");
    until("they are erased", || async { tokyo.erase(&first).await.is_ok() }).await;
    until("who is gone is told", || async { told("customer.erased").iter().any(|it| it["record"] == json!(first)) })
        .await;
    for got in &receiver.desk().got {
        for personal in ["山田", "棚", &address] {
            assert!(!got.body.contains(personal), "{}", got.body);
        }
        assert_eq!(got.event["version"], json!(1));
    }
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_told_is_refused_and_secrets_are_told_once() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let receiver = Receiver::open(Mood::Elsewhere).await;
    for url in
        ["http://127.0.0.1/x", "https://10.0.0.1/x", "http://8.8.8.8/x", "https://169.254.169.254/x", "ftp://a/x"]
    {
        assert_eq!(tokyo.hook(url, &["order.changed"]).await.unwrap_err().reason, "bad_url", "{url}");
    }
    assert_eq!(tokyo.hook("https://example.jp/x", &["order"]).await.unwrap_err().reason, "bad_kind");
    assert_eq!(tokyo.hook("https://example.jp/x", &[]).await.unwrap_err().reason, "bad_kind");
    let open = site(&cluster, OSAKA, DAY).await;
    let added = open.hook(&receiver.url(), &["order.changed"]).await.unwrap();
    let id = added.webhook.unwrap().webhook_id;
    let test = async || {
        let request = pb::TestWebhookRequest { webhook_id: id.clone() };
        open.webhooks.clone().test_webhook(request).await.unwrap().into_inner().delivery.unwrap().outcome
    };
    assert_eq!(test().await, "status_307", "nobody is led elsewhere");
    receiver.desk().mood = Mood::Open;
    assert_eq!(test().await, "ok");
    assert!(receiver.desk().got.iter().all(|got| got.path == "/in"));
    // By name it leads where it may not: seen when it is told.
    let named = open.hook("https://localhost:1/x", &["order.changed"]).await.unwrap().webhook.unwrap();
    assert_eq!(named.url, "https://localhost:1/x");
    until("both views have both", || async { open.hooks().await.len() == 2 && tokyo.hooks().await.len() == 2 }).await;
    let rows: Vec<(Vec<u8>, Vec<u8>)> =
        sqlx::query_as("select private, moved from webhooks").fetch_all(&open.pool).await.unwrap();
    let plain: Vec<u8> = rows.into_iter().flat_map(|(private, moved)| [private, moved].concat()).collect();
    for secret in [added.secret.as_bytes(), receiver.url().as_bytes()] {
        assert!(!plain.windows(secret.len()).any(|seen| seen == secret), "it stands in the view");
    }
    for hook in open.hooks().await {
        let request = pb::RemoveWebhookRequest { webhook_id: hook.webhook_id, by: "chief".to_owned() };
        open.webhooks.clone().remove_webhook(request).await.unwrap();
    }
    until("they are gone", || async { open.hooks().await.is_empty() && tokyo.hooks().await.is_empty() }).await;
    let request = pb::TestWebhookRequest { webhook_id: id };
    let gone = open.webhooks.clone().test_webhook(request).await.unwrap_err();
    assert_eq!(Refusal::from(&gone).reason, "no_such_webhook");
    tokyo.stop().await;
    open.stop().await;
}
