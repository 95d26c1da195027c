//! The ways that all customers went, counted at any site.

use std::time::{SystemTime, UNIX_EPOCH};

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, Touchpoint, fact::What};

use crate::common::{Instance, fact, shop, unique, until};

const DAY: u64 = 86_400_000;

fn touched(id: &str, owner: &pb::Identity, days: u64, kind: &str, route: &str) -> pb::Fact {
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let touchpoint =
        Touchpoint { kind: kind.into(), channel: "web".into(), route: route.into(), ..Touchpoint::default() };
    pb::Fact { at_ms: now - days * DAY, ..fact(id, owner, What::Touchpoint(touchpoint)) }
}

async fn count(site: &Instance, request: pb::CountJourneysRequest) -> Result<pb::JourneyFigures, Refusal> {
    loop {
        let asked = site.segments.clone().count_journeys(request.clone()).await;
        if let Some(figures) = asked.map_err(|status| Refusal::from(&status))?.into_inner().figures {
            return Ok(figures);
        }
    }
}

fn told(figures: &pb::JourneyFigures) -> Vec<(String, u64)> {
    figures.paths.iter().map(|path| (path.steps.join(" "), path.customers)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_most_travelled_paths_are_counted_alike_at_both_sites() {
    // Everybody is counted: this test has a cluster of its own.
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let buyers: Vec<pb::Identity> = (0..3).map(|_| shop(&unique())).collect();
    let looker = shop(&unique());
    let mut facts = vec![touched("1", &looker, 5, "page_view", "autumn"), touched("2", &looker, 4, "page_view", "")];
    for owner in &buyers {
        facts.extend([
            touched("4", owner, 10, "call", ""),
            touched("3", owner, 12, "order", ""),
            touched("2", owner, 20, "page_view", ""),
            touched("1", owner, 22, "ad_response", "spring"),
            touched("0", owner, 200, "delivery", "long ago"),
        ]);
    }
    // What is taken back after the call is no second purchase.
    let mut cancelled = touched("5", &buyers[0], 9, "order", "");
    if let Some(What::Touchpoint(it)) = &mut cancelled.what {
        it.reason = "cancelled".into();
    }
    facts.push(cancelled);
    let half = facts.split_off(facts.len() / 2);
    tokyo.insist("ec.shop", facts).await;
    osaka.insist("ec.shop", half).await;
    let all = pb::CountJourneysRequest { days: 90, ..pb::CountJourneysRequest::default() };
    for site in [&tokyo, &osaka] {
        until("the view has everybody", || async {
            let rows: i64 = sqlx::query_scalar("select count(*) from touchpoints").fetch_one(&site.pool).await.unwrap();
            rows == 18
        })
        .await;
        let figures = count(site, all.clone()).await.unwrap();
        assert_eq!(told(&figures), [("know consider buy contact".to_owned(), 3), ("consider".to_owned(), 1)]);
        assert_eq!((figures.customers, figures.elsewhere), (4, 0));
        let consider = figures.stages.iter().find(|it| it.stage() == pb::Stage::Consider).unwrap();
        assert_eq!((consider.reached, consider.went_on, consider.stayed), (4, 3, 1));
        let crossing = figures.crossings.iter().find(|it| it.to() == pb::Stage::Buy).unwrap();
        assert_eq!((crossing.from(), crossing.times), (pb::Stage::Consider, 3));
        let days = crossing.median_ms / (DAY / 10);
        assert!((77..=83).contains(&days), "{days}");
        assert_eq!((figures.entries[0].route.as_str(), figures.entries[0].customers), ("spring", 3));
        // Only who came in by one campaign; by kinds; only a segment.
        let spring = pb::CountJourneysRequest { entry_route: "autumn".into(), ..all.clone() };
        assert_eq!(told(&count(site, spring).await.unwrap()), [("consider".to_owned(), 1)]);
        let kinds = pb::CountJourneysRequest { by_kind: true, paths: 1, ..all.clone() };
        let kinds = count(site, kinds).await.unwrap();
        assert_eq!((told(&kinds), kinds.elsewhere), (vec![("ad_response page_view order call".to_owned(), 2)], 2));
        let prospects = pb::CountJourneysRequest { segment_id: "prospect".into(), ..all.clone() };
        assert_eq!(told(&count(site, prospects).await.unwrap()), [("consider".to_owned(), 1)]);
        let whole = pb::CountJourneysRequest { days: 366, ..all.clone() };
        assert_eq!(count(site, whole).await.unwrap().entries[0].route, "long ago");
    }
    for (request, reason) in [
        (pb::CountJourneysRequest { days: 367, ..all.clone() }, "bad_period"),
        (pb::CountJourneysRequest { paths: 101, ..all.clone() }, "too_many"),
        (pb::CountJourneysRequest { segment_id: "nobody".into(), ..all.clone() }, "no_such_segment"),
    ] {
        assert_eq!(count(&tokyo, request).await.unwrap_err().reason, reason);
    }
    tokyo.stop().await;
    osaka.stop().await;
}
