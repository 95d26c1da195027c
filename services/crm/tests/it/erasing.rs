//! A customer is erased: nothing in the open anywhere before, nothing that opens afterwards.

use std::{
    fs,
    path::{Path, PathBuf},
};

use journal::testing::{Cluster, OSAKA, TOKYO, WITNESS};
use proto::crm::v1::{self as pb, ProfileField, fact::What};

use crate::common::{Instance, fact, mail, number, of_record, phone, profile, shop, touch, unique, until, views_equal};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_personal_is_nowhere_in_the_open_and_opens_no_more_once_erased() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let (one, other) = (shop(&unique()), shop(&unique()));
    let (name, address, text, called) = (unique(), format!("{}@example.jp", unique()), unique(), number());
    let facts = vec![
        fact("1", &one, profile(&[(ProfileField::Name, &name), (ProfileField::Note, &text)])),
        fact("2", &one, What::Identified(mail(&address, true))),
        fact("3", &one, What::Identified(phone(&called))),
        fact("4", &one, touch("mail", &text)),
        fact("1", &other, profile(&[(ProfileField::Name, &name)])),
        fact("2", &other, What::Identified(mail(&address, true))),
    ];
    let said = tokyo.insist("ec.shop", facts).await;
    let records = [said[0].record_id.clone(), said[4].record_id.clone()];
    for site in [&tokyo, &osaka] {
        until("they are one customer", || async {
            let found = site.look_up(vec![mail(&address, false)]).await.unwrap();
            found.len() == 1 && found[0].record_ids.len() == 2 && found[0].touchpoints == 1
        })
        .await;
        assert_eq!(site.search(&name).await.len(), 1);
    }
    checkpoint(&tokyo).await;
    let found = files_with(&cluster, &tokyo, &[&name, &address, &text, &called, &called[1..], &records[0]]).await;
    for (plain, files) in ["name", "mail", "text", "number", "digits"].iter().zip(&found) {
        assert!(files.is_empty(), "{plain} in the open in {files:?}");
    }
    assert!(!found[5].is_empty(), "the search itself finds what is there");
    let before: Vec<(Vec<u8>, String)> = boxes(&osaka).await;
    assert!(before.len() >= 6);

    let erased = osaka.erase(&records[1]).await.unwrap();
    assert_eq!(erased.record_ids.len(), 2, "all records of the customer");
    for site in [&tokyo, &osaka] {
        until("the view has forgotten", || async { boxes(site).await.is_empty() }).await;
        assert_eq!(site.customer(&records[0]).await.unwrap_err().reason, "no_such_customer");
        assert!(site.look_up(vec![mail(&address, false)]).await.unwrap().is_empty());
        assert!(site.search(&name).await.is_empty());
        let more =
            site.report("ec.shop", vec![fact("9", &one, profile(&[(ProfileField::Name, &name)]))]).await.unwrap();
        assert_eq!(more[0].refused, "erased");
        // Also what holds nothing personal; but what was joined wrongly stays apart for ever.
        let bare = vec![
            of_record("10", &records[0], touch("order", "")),
            of_record("11", &records[0], What::Kind(pb::RecordKind::Person.into())),
            of_record("12", &records[0], What::UndoLink("never".into())),
        ];
        let told = site.report("desk", bare).await.unwrap();
        assert_eq!(told.iter().map(|it| it.refused.as_str()).collect::<Vec<_>>(), ["erased", "erased", ""]);
    }
    // The journal's copies are there and open nowhere: no key is left, at no server.
    let vault = journal::Journal::connect(cluster.settings(TOKYO, "crm")).await.unwrap();
    for record in &records {
        assert!(matches!(vault.vault().existing(record).await, Err(journal::KeyError::Erased { .. })));
    }
    assert_eq!(osaka.erase(&records[1]).await.unwrap().erased_at_ms, erased.erased_at_ms, "once is for ever");
    let anew = Instance::start(&cluster, TOKYO).await;
    views_equal(&anew, &osaka).await;
    assert!(boxes(&anew).await.is_empty(), "a rebuilt view never shows what was erased");
    for site in [tokyo, osaka, anew] {
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_joined_over_an_erased_record_goes_on_apart() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let owners = [shop(&unique()), shop(&unique()), shop(&unique())];
    let said = tokyo
        .insist(
            "ec.shop",
            owners.iter().map(|owner| fact("n", owner, profile(&[(ProfileField::Tier, "gold")]))).collect(),
        )
        .await;
    let records: Vec<String> = said.into_iter().map(|outcome| outcome.record_id).collect();
    let links = vec![
        of_record(&unique(), &records[1], What::LinkTo(records[0].clone())),
        of_record(&unique(), &records[1], What::LinkTo(records[2].clone())),
    ];
    tokyo.insist("desk", links).await;
    let smallest = records.iter().min().unwrap();
    until("they are one", || async {
        tokyo.group(&records[0]).await == *smallest && tokyo.group(&records[2]).await == *smallest
    })
    .await;
    // As when an erasure was cut off after its first key.
    let journal = journal::Journal::connect(cluster.settings(OSAKA, "crm")).await.unwrap();
    journal.vault().erase(&records[1]).await.unwrap();
    until("they are two", || async {
        tokyo.group(&records[0]).await == records[0] && tokyo.group(&records[2]).await == records[2]
    })
    .await;
    let late = of_record(&unique(), &records[0], What::LinkTo(records[1].clone()));
    let seen = pb::Fact { at_ms: 8_000, ..of_record(&unique(), &records[0], touch("order", "")) };
    tokyo.insist("desk", vec![late, seen]).await;
    until("the late word was heard", || async {
        tokyo.customer(&records[0]).await.unwrap().customer.unwrap().touchpoints == 1
    })
    .await;
    assert_eq!(
        tokyo.customer(&records[0]).await.unwrap().customer.unwrap().record_ids,
        [records[0].clone()],
        "nobody is joined with who is gone"
    );
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_erased_is_known_from_the_journal_and_not_from_a_view_that_is_behind() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let osaka = Instance::with(&cluster, OSAKA, serde_json::json!({ "view_pace_ms": 2_000 })).await;
    let owners = [(); 4].map(|()| shop(&unique()));
    let facts = owners.iter().map(|owner| fact("n", owner, profile(&[(ProfileField::Tier, "gold")])));
    let said = tokyo.insist("ec.shop", facts.collect()).await;
    let [a, b, c, d] = [0, 1, 2, 3].map(|at: usize| said[at].record_id.clone());
    let wrong = unique();
    tokyo.insist("desk", vec![of_record(&wrong, &c, What::LinkTo(d.clone()))]).await;
    until("the wrong link is known everywhere", || async { osaka.group(&c).await == osaka.group(&d).await }).await;
    let last = vec![of_record(&unique(), &a, What::LinkTo(b.clone())), of_record(&unique(), &c, What::UndoLink(wrong))];
    tokyo.insist("desk", last).await;
    let erased = async |record: &str| loop {
        match osaka.erase(record).await {
            Ok(erased) => return erased.record_ids,
            Err(refusal) => assert_eq!(refusal.reason, "unavailable", "{refusal}"),
        }
    };
    let mut both = vec![a.clone(), b];
    both.sort_unstable();
    assert_eq!(erased(&a).await, both, "with what was joined a moment ago");
    assert_eq!(erased(&c).await, std::slice::from_ref(&c), "without what was taken apart a moment ago");
    assert_eq!(tokyo.group(&d).await, d);
    tokyo.stop().await;
    osaka.stop().await;
}

/// Sealed bytes of a view.
async fn boxes(site: &Instance) -> Vec<(Vec<u8>, String)> {
    sqlx::query_as(
        "select sealed, place from identities where sealed is not null union all select sealed, place from fields where sealed is not null \
         union all select sealed, place from touchpoints where sealed is not null",
    )
    .fetch_all(&site.pool)
    .await
    .unwrap()
}

/// Has PostgreSQL write its pages to its files.
async fn checkpoint(site: &Instance) {
    sqlx::query("checkpoint").execute(&site.pool).await.unwrap();
}

/// Files of all NATS servers and of PostgreSQL that hold each of these texts.
async fn files_with(cluster: &Cluster, site: &Instance, texts: &[&str]) -> Vec<Vec<PathBuf>> {
    let data: String = sqlx::query_scalar("show data_directory").fetch_one(&site.pool).await.unwrap();
    let mut found = vec![Vec::new(); texts.len()];
    for folder in [cluster.store(TOKYO), cluster.store(OSAKA), cluster.store(WITNESS), data.into()] {
        search(&folder, texts, &mut found);
    }
    found
}

fn search(folder: &Path, texts: &[&str], found: &mut [Vec<PathBuf>]) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search(&path, texts, found);
        } else if let Ok(bytes) = fs::read(&path) {
            // What is sought is ASCII, so it stays whole whatever is around it.
            let read = String::from_utf8_lossy(&bytes);
            let holding = texts.iter().zip(found.iter_mut()).filter(|(text, _)| read.contains(**text));
            holding.for_each(|(_, files)| files.push(path.clone()));
        }
    }
}
