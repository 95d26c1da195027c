//! Processes die in the middle of an import; views are made anew.

use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1 as pb;

use crate::common::{Instance, fact, named, shop, touch, unique, until, views_equal};

const CUSTOMERS: usize = 400;
const EACH: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_killed_and_repeated_elsewhere_is_whole_and_nothing_is_there_twice() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let run = unique();
    let rows: Vec<pb::Fact> = (0..CUSTOMERS * EACH)
        .map(|n| {
            let owner = shop(&format!("{run}-{}", n % CUSTOMERS));
            let what = if n < CUSTOMERS { named("山田 花子") } else { touch("order", "椅子") };
            fact(&format!("row-{n}"), &owner, what)
        })
        .collect();
    let reports: Vec<Vec<pb::Fact>> = rows.chunks(100).map(<[pb::Fact]>::to_vec).collect();
    let mut sent = 0;
    let importing = async {
        for report in &reports {
            if tokyo.report("import.old", report.clone()).await.is_err() {
                break;
            }
            sent += 1;
        }
    };
    // Killed while a report is under way: nobody knows what of it was stored.
    let _ = tokio::time::timeout(std::time::Duration::from_millis(300), importing).await;
    assert!(sent < reports.len(), "the import was over before anything was killed");
    let database = tokyo.pool.clone();
    tokyo.kill();
    for report in &reports {
        osaka.insist("import.old", report.clone()).await;
    }
    let tokyo = Instance::with_database(&cluster, TOKYO, &database).await;
    for site in [&tokyo, &osaka] {
        until("everything is there", || async {
            counts(site).await == (CUSTOMERS as i64, (CUSTOMERS * (EACH - 1)) as i64)
        })
        .await;
    }
    views_equal(&tokyo, &osaka).await;
    let anew = Instance::start(&cluster, OSAKA).await;
    views_equal(&anew, &osaka).await;
    assert_eq!(counts(&anew).await, counts(&osaka).await);
    for site in [tokyo, osaka, anew] {
        site.stop().await;
    }
}

async fn counts(site: &Instance) -> (i64, i64) {
    sqlx::query_as("select (select count(*) from records), (select count(*) from touchpoints)")
        .fetch_one(&site.pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_another_version_made_in_another_form_is_made_anew() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let owner = shop(&unique());
    let record = tokyo.insist("ec.shop", vec![fact("n", &owner, named("山田 花子"))]).await[0].record_id.clone();
    let gone = shop(&unique());
    let erased = tokyo.insist("ec.shop", vec![fact("n", &gone, named("佐藤 次郎"))]).await[0].record_id.clone();
    until("both are known", || async { tokyo.group(&record).await == record && tokyo.group(&erased).await == erased })
        .await;
    tokyo.erase(&erased).await.unwrap();
    views_equal(&tokyo, &osaka).await;
    let database = tokyo.pool.clone();
    tokyo.stop().await;
    let other = "update crm._sqlx_migrations set checksum = '\\x00' where version = 1; drop table crm.findable";
    sqlx::raw_sql(other).execute(&database).await.unwrap();
    // Two processes that start at once make it once.
    let (one, two) = tokio::join!(
        Instance::with_database(&cluster, TOKYO, &database),
        Instance::with_database(&cluster, TOKYO, &database)
    );
    for site in [&one, &two] {
        until("the customer is known again", || async { site.group(&record).await == record }).await;
        views_equal(site, &osaka).await;
    }
}
