//! Members of segments day by day, and who of them may be called.

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, ProfileField, fact::What};
use serde_json::json;

use crate::common::{Instance, fact, named, number, phone, profile, shop, unique, until, views_equal};

async fn days(site: &Instance) -> Vec<pb::SegmentDay> {
    let asked = site.segments.clone().get_trend(pb::GetTrendRequest { days: 7 }).await;
    asked.unwrap().into_inner().days
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_counted_once_for_both_sites() {
    let cluster = Cluster::start("always").await;
    let seldom = json!({ "trend_look_ms": 3_600_000 });
    let tokyo = Instance::with(&cluster, TOKYO, seldom.clone()).await;
    let mut facts = Vec::new();
    for n in 0..7 {
        let owner = shop(&unique());
        facts.push(fact(&format!("n{n}"), &owner, named("山田 花子")));
        let tier = ["gold", "silver", "gold", "silver", "gold", "silver", "紹介: 山田様"][n];
        facts.push(fact(&format!("t{n}"), &owner, profile(&[(ProfileField::Tier, tier)])));
    }
    tokyo.insist("ec.shop", facts).await;
    // Whoever looks first counts what the journal holds by then, though its own view is new.
    let often = json!({ "trend_look_ms": 50 });
    let (osaka, anew) =
        tokio::join!(Instance::with(&cluster, OSAKA, often.clone()), Instance::with(&cluster, OSAKA, often));
    for site in [&tokyo, &osaka, &anew] {
        until("the day is counted", || async { !days(site).await.is_empty() }).await;
    }
    let counted = days(&osaka).await;
    assert_eq!(counted.len(), 1);
    assert_eq!((counted[0].customers, counted[0].segments.get("prospect")), (7, Some(&7)));
    // What a single customer's profile says is nobody else's to know.
    assert_eq!(counted[0].tiers, [("gold".to_owned(), 3), ("silver".to_owned(), 3)].into());
    // More customers change nothing of a day that was counted, at any site.
    tokyo.insist("ec.shop", vec![fact("n", &shop(&unique()), named("佐藤 次郎"))]).await;
    for site in [&tokyo, &anew] {
        assert_eq!(days(site).await, counted);
    }
    views_equal(&tokyo, &osaka).await;
    views_equal(&tokyo, &anew).await;
    let long = tokyo.segments.clone().get_trend(pb::GetTrendRequest { days: 367 }).await;
    assert_eq!(Refusal::from(&long.unwrap_err()).reason, "bad_period");
    for site in [tokyo, osaka, anew] {
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_members_who_allow_calls_are_told_with_their_numbers() {
    let cluster = Cluster::start("always").await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let allow = |channel: &str, granted| {
        What::Consent(pb::Consent { purpose: "marketing".into(), channel: channel.into(), granted })
    };
    let (called, silent, refused, without) = (number(), number(), number(), shop(&unique()));
    let mut facts = vec![fact("n", &without, named("番号なし")), fact("c", &without, allow("", true))];
    for (number, consents) in [
        (&called, vec![allow("voice", true)]),
        (&silent, vec![]),
        (&refused, vec![allow("voice", true), allow("", false)]),
    ] {
        let owner = shop(&unique());
        facts.push(fact("n", &owner, named("山田 花子")));
        facts.push(fact("p", &owner, What::Identified(phone(number))));
        facts.extend(consents.into_iter().enumerate().map(|(n, what)| fact(&format!("c{n}"), &owner, what)));
    }
    tokyo.insist("ec.shop", facts).await;
    let request = pb::ListCallableRequest {
        segment_id: "prospect".into(),
        purpose: "marketing".into(),
        after: String::new(),
        limit: 2,
    };
    let all = || async {
        let (mut callable, mut others, mut after) = (Vec::new(), (0, 0), String::new());
        loop {
            let request = pb::ListCallableRequest { after, ..request.clone() };
            let page = tokyo.segments.clone().list_callable(request).await.unwrap().into_inner();
            callable.extend(page.callable);
            others = (others.0 + page.not_allowed, others.1 + page.no_number);
            after = page.next;
            if after.is_empty() {
                return (callable, others);
            }
        }
    };
    until("all four are looked at", || async {
        let (callable, (not_allowed, no_number)) = all().await;
        (callable.len(), not_allowed, no_number) == (1, 2, 1)
    })
    .await;
    let (callable, _) = all().await;
    assert!(callable[0].number.replace('-', "").ends_with(&called.replace('-', "")[1..]), "{}", callable[0].number);
    assert_eq!(callable[0].name, "山田 花子");
    for (request, reason) in [
        (pb::ListCallableRequest { segment_id: "nobody".into(), ..request.clone() }, "no_such_segment"),
        (pb::ListCallableRequest { purpose: "Sell".into(), ..request.clone() }, "bad_purpose"),
        (pb::ListCallableRequest { limit: 201, ..request.clone() }, "too_many"),
    ] {
        let refused = tokyo.segments.clone().list_callable(request).await.unwrap_err();
        assert_eq!(Refusal::from(&refused).reason, reason);
    }
    tokyo.stop().await;
}
