//! Records are joined and taken apart, at two sites.

use crm::customer::MOST_SHARED;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, ProfileField, fact::What};

use crate::common::{Instance, fact, field, mail, named, of_record, shop, touch, unique, until, views_equal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proven_identity_joins_and_its_links_id_takes_apart_for_ever() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let (one, other, address) = (shop(&unique()), shop(&unique()), format!("{}@example.jp", unique()));
    let known = |owner: &pb::Identity, name: &str| {
        vec![
            fact("n", owner, named(name)),
            fact("m", owner, What::Identified(mail(&address, true))),
            fact("t", owner, touch("order", "")),
        ]
    };
    let (a, b) =
        tokio::join!(tokyo.insist("ec.a", known(&one, "山田 花子")), osaka.insist("ec.b", known(&other, "山田花子")));
    let mut records = [a[0].record_id.clone(), b[0].record_id.clone()];
    records.sort_unstable();
    for site in [&tokyo, &osaka] {
        until("they are one", || async { site.group(&records[1]).await == records[0] }).await;
        let whole = site.customer(&records[1]).await.unwrap();
        let customer = whole.customer.unwrap();
        assert_eq!((customer.record_ids.as_slice(), customer.touchpoints, whole.timeline.len()), (&records[..], 2, 2));
        assert_eq!(customer.links.len(), 1);
        assert_eq!(customer.links[0].identity, i32::from(pb::IdentityKind::Mail));
    }
    let link = osaka.customer(&records[0]).await.unwrap().customer.unwrap().links[0].link_id.clone();
    osaka.insist("desk", vec![of_record("undo", &records[1], What::UndoLink(link))]).await;
    for site in [&tokyo, &osaka] {
        until("they are two", || async { site.group(&records[1]).await == records[1] }).await;
    }
    // The same proof, once more: undone is undone.
    tokyo
        .insist("ec.b", vec![pb::Fact { at_ms: 9_000, ..fact("m2", &other, What::Identified(mail(&address, true))) }])
        .await;
    until("it was heard", || async {
        osaka.customer(&records[1]).await.unwrap().customer.unwrap().last_at_ms == 9_000
            || osaka.customer(&records[0]).await.unwrap().customer.unwrap().last_at_ms == 9_000
    })
    .await;
    assert_ne!(osaka.group(&records[0]).await, osaka.group(&records[1]).await);
    for (one, other) in [(0, 1), (1, 0)] {
        let suggested = osaka.suggestions(&records[one]).await;
        assert!(suggested.iter().all(|it| it.other.as_ref().unwrap().customer_id != records[other]), "apart is apart");
    }
    views_equal(&tokyo, &osaka).await;
    tokyo.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_joins_a_chain_and_takes_its_middle_apart() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let owners = [shop(&unique()), shop(&unique()), shop(&unique())];
    let name = format!("佐藤 {}", unique());
    let said = tokyo.insist("ec.shop", owners.iter().map(|owner| fact("n", owner, named(&name))).collect()).await;
    let records: Vec<String> = said.into_iter().map(|outcome| outcome.record_id).collect();
    until("who is called alike is suggested", || async {
        tokyo.group(&records[2]).await == records[2] && tokyo.suggestions(&records[2]).await.len() == 2
    })
    .await;
    let (first, second) = (unique(), unique());
    // Both sites at once, either link.
    let (_, _) = tokio::join!(
        tokyo.insist("desk", vec![of_record(&first, &records[0], What::LinkTo(records[1].clone()))]),
        osaka.insist("desk", vec![of_record(&second, &records[2], What::LinkTo(records[1].clone()))]),
    );
    let smallest = records.iter().min().unwrap().clone();
    for site in [&tokyo, &osaka] {
        until("all three are one", || async {
            site.group(&records[0]).await == smallest
                && site.group(&records[1]).await == smallest
                && site.group(&records[2]).await == smallest
        })
        .await;
        let customer = site.customer(&smallest).await.unwrap().customer.unwrap();
        let links: Vec<(&str, &str)> =
            customer.links.iter().map(|link| (link.link_id.as_str(), link.by.as_str())).collect();
        assert!(links.contains(&(first.as_str(), "hana")) && links.contains(&(second.as_str(), "hana")), "{links:?}");
    }
    // Said on a record that is no end of it: a link's id is enough.
    tokyo.insist("desk", vec![of_record(&unique(), &records[0], What::UndoLink(second.clone()))]).await;
    for site in [&tokyo, &osaka] {
        let pair = records[..2].iter().min().unwrap();
        until("the third is alone", || async {
            site.group(&records[2]).await == records[2]
                && site.group(&records[0]).await == *pair
                && site.group(&records[1]).await == *pair
        })
        .await;
        assert_eq!(field(&site.customer(pair).await.unwrap().customer.unwrap(), ProfileField::Name), name);
        assert!(site.suggestions(&records[2]).await.is_empty(), "who was taken apart is not suggested again");
        assert!(site.suggestions(pair).await.is_empty());
    }
    views_equal(&tokyo, &osaka).await;
    tokyo.stop().await;
    osaka.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_that_too_many_had_joins_the_rest_once_enough_have_lost_it() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let address = mail(&format!("{}@example.jp", unique()), true);
    let claims = async |count: usize| {
        let owners: Vec<_> = (0..count).map(|_| shop(&unique())).collect();
        let facts = owners.iter().map(|owner| fact("m", owner, What::Identified(address.clone())));
        let said = tokyo.insist("ec.shop", facts.collect()).await;
        said.into_iter().map(|outcome| outcome.record_id).collect::<Vec<String>>()
    };
    let lose = async |record: &String| {
        tokyo.insist("desk", vec![of_record(&unique(), record, What::IdentityWithdrawn(address.clone()))]).await;
        for site in [&tokyo, &osaka] {
            until("it is lost", || async {
                let known = site.customer(record).await.is_ok_and(|found| found.customer.unwrap().last_at_ms == 2_000);
                known && site.group(record).await == *record
            })
            .await;
        }
    };
    // Who had it once does not stand in the way of those who have it.
    for record in claims(12).await {
        lose(&record).await;
    }
    let many = claims(MOST_SHARED + 4).await;
    for site in [&tokyo, &osaka] {
        let there = async |record: &String| site.customer(record).await.is_ok();
        until("all of them are there", || async { there(&many[0]).await && there(&many[MOST_SHARED + 3]).await }).await;
    }
    for record in &many[..4] {
        lose(record).await;
    }
    let smallest = many[4..].iter().min().unwrap();
    for site in [&tokyo, &osaka] {
        let joined = "select count(*) from records where customer_id = $1";
        until("the rest are one", || async {
            sqlx::query_scalar::<_, i64>(joined).bind(smallest).fetch_one(&site.pool).await.unwrap()
                == MOST_SHARED as i64
        })
        .await;
    }
    views_equal(&tokyo, &osaka).await;
    let anew = Instance::start(&cluster, OSAKA).await;
    views_equal(&anew, &osaka).await;
    for site in [tokyo, osaka, anew] {
        site.stop().await;
    }
}
