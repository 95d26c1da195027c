//! Segments, worth and offers: worked out from what is known, at every site alike.

use std::time::{SystemTime, UNIX_EPOCH};

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, ProfileField, Touchpoint, fact::What};

use crate::{
    center::incoming,
    common::{Instance, fact, named, number, phone, profile, shop, unique, until},
};

const DAY: u64 = 86_400_000;

fn ago(days: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    u64::try_from(now).unwrap() - days * DAY
}

fn bought(id: &str, owner: &pb::Identity, days: u64, amount: i64) -> pb::Fact {
    let touchpoint = Touchpoint { kind: "purchase".into(), channel: "store".into(), amount, ..Touchpoint::default() };
    pb::Fact { at_ms: ago(days), ..fact(id, owner, What::Touchpoint(touchpoint)) }
}

fn answered(id: &str, owner: &pb::Identity, offer: &str, word: &str) -> pb::Fact {
    let touchpoint =
        Touchpoint { kind: "offer".into(), route: offer.into(), reason: word.into(), ..Touchpoint::default() };
    pb::Fact { at_ms: ago(0), ..fact(id, owner, What::Touchpoint(touchpoint)) }
}

fn segment(id: &str, rule: &str) -> pb::Segment {
    pb::Segment { segment_id: id.into(), name_ja: "区分".into(), name_en: id.into(), rule: rule.into() }
}

fn offer(id: &str, segment: &str) -> pb::Offer {
    let (title_ja, title_en) = ("延長保証".to_owned(), "Longer warranty".to_owned());
    pb::Offer { offer_id: id.into(), title_ja, title_en, segment_id: segment.into(), rest_days: 30, until_ms: 0 }
}

async fn settings(site: &Instance) -> pb::SegmentSettings {
    let asked = site.segments.clone().get_segments(pb::GetSegmentsRequest {}).await;
    asked.unwrap().into_inner().settings.unwrap()
}

async fn set(site: &Instance, settings: pb::SegmentSettings) -> Result<pb::SegmentSettings, Refusal> {
    let request = pb::SetSegmentsRequest { settings: Some(settings), by: "boss".into() };
    let asked = site.segments.clone().set_segments(request).await;
    asked.map(|set| set.into_inner().settings.unwrap()).map_err(|status| Refusal::from(&status))
}

async fn segments_of(site: &Instance, record: &str) -> pb::SegmentsOfResponse {
    let request = pb::SegmentsOfRequest { customer_id: record.to_owned() };
    site.segments.clone().segments_of(request).await.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_share_a_number_those_who_are_shown_have_their_segments() {
    let cluster = Cluster::shared().await;
    let site = Instance::start(&cluster, TOKYO).await;
    let shared = phone(&number());
    let mut facts = Vec::new();
    for n in 0..25 {
        let owner = shop(&unique());
        facts.push(fact("i", &owner, What::Identified(shared.clone())));
        // Who has no name was heard of last, and is not shown.
        if n < 20 {
            facts.extend([fact("n", &owner, named("山田 花子")), bought("b", &owner, 3, 5_000)]);
        } else {
            facts.push(bought("b", &owner, 0, 5_000));
        }
    }
    for some in facts.chunks(20) {
        site.insist("ec.shop", some.to_vec()).await;
    }
    let shown = || async { site.look_up(vec![shared.clone()]).await.unwrap_or_default() };
    until("twenty who bought are shown", || async {
        let shown = shown().await;
        shown.len() == 20 && shown.iter().all(|it| !it.thin && it.touchpoints == 1)
    })
    .await;
    for customer in shown().await {
        assert_ne!(customer.segments, ["prospect"], "who bought");
        assert_eq!(customer.segments, segments_of(&site, &customer.customer_id).await.segment_ids);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn segments_follow_what_happens_at_both_sites_and_an_answered_offer_rests() {
    // Settings are the whole center's: this test has a cluster of its own.
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let owner = shop(&unique());
    let said = tokyo.insist("ec.shop", vec![fact("n", &owner, named("山田 花子"))]).await;
    let record = said[0].record_id.clone();
    for site in [&tokyo, &osaka] {
        until("nobody bought yet", || async { segments_of(site, &record).await.segment_ids == ["prospect"] }).await;
        assert!(!segments_of(site, &unique()).await.known);
        assert_eq!(segments_of(site, &unique()).await.segment_ids, ["prospect"]);
    }
    let mut ours = settings(&tokyo).await;
    assert_eq!(ours.version, 0);
    ours.segments
        .insert(0, segment("gold", r#"{"all":[{"word":"tier","is":"gold"},{"figure":"spent365","at_least":50000}]}"#));
    ours.offers = vec![offer("warranty", "gold"), offer("catalogue", "")];
    let held = set(&tokyo, ours.clone()).await.unwrap();
    assert!(held.version > 0);
    let late = set(&osaka, ours.clone()).await.unwrap_err();
    assert_eq!(late.reason, "conflict");
    let facts = vec![
        bought("1", &owner, 40, 30_000),
        bought("2", &owner, 10, 25_000),
        fact("3", &owner, profile(&[(ProfileField::Tier, "gold")])),
    ];
    osaka.insist("ec.shop", facts).await;
    for site in [&tokyo, &osaka] {
        until("gold by figures and by word", || async { segments_of(site, &record).await.segment_ids == ["gold"] })
            .await;
        let known = site.customer(&record).await.unwrap();
        let figures = known.figures.unwrap();
        assert_eq!((figures.orders, figures.spent, figures.spent_365), (2, 55_000, 55_000));
        assert_eq!((figures.recency, figures.frequency, figures.money), (5, 2, 3));
        assert!(figures.expected > 55_000 && figures.churn_percent == Some(0), "{figures:?}");
        assert_eq!(known.customer.unwrap().segments, ["gold"]);
        let offers: Vec<_> = known.offers.into_iter().map(|offer| offer.offer_id).collect();
        assert_eq!(offers, ["warranty", "catalogue"]);
    }
    tokyo.insist("desk", vec![answered("4", &owner, "warranty", "declined")]).await;
    until("the declined offer rests at the other site", || async {
        let offers = osaka.customer(&record).await.unwrap().offers;
        offers.len() == 1 && offers[0].offer_id == "catalogue"
    })
    .await;
    // A view made anew has the settings, too.
    let anew = Instance::start(&cluster, OSAKA).await;
    until("the rebuilt view knows", || async { segments_of(&anew, &record).await.segment_ids == ["gold"] }).await;
    assert_eq!(settings(&anew).await, held);
    for site in [tokyo, osaka, anew] {
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_counts_as_who_has_the_number_and_members_are_listed_page_by_page() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let (one, other, called) = (shop(&unique()), shop(&unique()), number());
    let facts = vec![
        fact("1", &one, named("佐藤 次郎")),
        fact("2", &one, What::Identified(phone(&called))),
        bought("3", &one, 5, 300_000),
    ];
    let vip = tokyo.insist("ec.shop", facts).await[0].record_id.clone();
    let caller = format!("tel-{}", unique());
    incoming(&cluster, &caller, &called).await;
    until("the caller is as who has the number", || async {
        let told = segments_of(&tokyo, &caller).await;
        told.known && told.segment_ids == ["new", "vip"]
    })
    .await;
    // Somebody else with the same number, who never bought: only what holds of both.
    let facts = vec![fact("1", &other, named("佐藤 三郎")), fact("2", &other, What::Identified(phone(&called)))];
    tokyo.insist("ec.shop", facts).await;
    until("nothing holds of both", || async { segments_of(&tokyo, &caller).await.segment_ids.is_empty() }).await;
    let (mut members, mut after) = (Vec::new(), String::new());
    loop {
        let request = pb::ListMembersRequest { segment_id: "vip".into(), after, limit: 2 };
        let page = tokyo.segments.clone().list_members(request).await.unwrap().into_inner();
        members.extend(page.members);
        after = page.next;
        if after.is_empty() {
            break;
        }
    }
    let found: Vec<_> = members.iter().filter(|member| member.customer_id == vip).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].figures.unwrap().spent, 300_000);
    let nobody = pb::ListMembersRequest { segment_id: "nobody".into(), ..pb::ListMembersRequest::default() };
    let refused = Refusal::from(&tokyo.segments.clone().list_members(nobody).await.unwrap_err());
    assert_eq!(refused.reason, "no_such_segment");
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_segment_is_refused_with_its_reason() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let with = |segments: Vec<pb::Segment>, offers| pb::SegmentSettings { segments, offers, version: 0 };
    let all = r#"{"all":[]}"#;
    let cases = [
        (with(vec![segment("Bad", all)], vec![]), "bad_segment"),
        (with(vec![segment("a", "{}")], vec![]), "bad_segment"),
        (with(vec![segment("a", r#"{"figure":"shoe_size","at_least":1}"#)], vec![]), "bad_segment"),
        (with(vec![segment("a", all), segment("a", all)], vec![]), "bad_segment"),
        (with(vec![pb::Segment { name_ja: String::new(), ..segment("a", all) }], vec![]), "bad_segment"),
        (with(vec![], vec![offer("a", "gone")]), "bad_offer"),
        (with(vec![], vec![offer("a", ""), offer("a", "")]), "bad_offer"),
        (with(vec![], vec![pb::Offer { rest_days: 0, ..offer("a", "") }]), "bad_offer"),
        (with(vec![segment("a", all); 51], vec![]), "too_many"),
    ];
    for (settings, reason) in cases {
        assert_eq!(set(&tokyo, settings.clone()).await.unwrap_err().reason, reason, "{settings:?}");
    }
    tokyo.stop().await;
}
