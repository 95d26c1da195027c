//! What each medium brought, counted at any site.

use std::time::{SystemTime, UNIX_EPOCH};

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, Touchpoint, fact::What};

use crate::common::{Instance, fact, of_record, shop, unique, until};

const DAY: u64 = 86_400_000;

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

struct Told<'a> {
    days_ago: u64,
    kind: &'a str,
    route: &'a str,
    amount: i64,
    /// The order that it hangs on, and what became of it.
    order: (&'a str, &'a str),
}

fn touched(id: &str, owner: &pb::Identity, told: &Told<'_>) -> pb::Fact {
    let channel = if told.kind == "call" { "voice" } else { "web" };
    let touchpoint = Touchpoint {
        kind: told.kind.into(),
        channel: channel.into(),
        route: told.route.into(),
        amount: told.amount,
        reference: told.order.0.into(),
        reason: told.order.1.into(),
        ..Touchpoint::default()
    };
    pb::Fact { at_ms: now() - told.days_ago * DAY, ..fact(id, owner, What::Touchpoint(touchpoint)) }
}

fn heard(days_ago: u64, kind: &'static str, route: &'static str) -> Told<'static> {
    Told { days_ago, kind, route, amount: 0, order: ("", "") }
}

fn bought(days_ago: u64, amount: i64) -> Told<'static> {
    Told { amount, ..heard(days_ago, "purchase", "") }
}

async fn count(site: &Instance, request: pb::CountMediaRequest) -> Result<pb::CountMediaResponse, Refusal> {
    let asked = site.segments.clone().count_media(request).await;
    asked.map(|told| told.into_inner()).map_err(|status| Refusal::from(&status))
}

/// Kind, route, touchpoints, people, buyers, purchases, yen.
fn row(row: &pb::MediaRow) -> (&str, &str, [i64; 5]) {
    let figures = [row.touchpoints, row.people, row.buyers, row.purchases].map(|n| i64::try_from(n).unwrap());
    let [touchpoints, people, buyers, purchases] = figures;
    (&row.kind, &row.route, [touchpoints, people, buyers, purchases, row.amount])
}

fn facts(people: &[pb::Identity]) -> Vec<pb::Fact> {
    let cancelled = |reason| Told { amount: 70_000, order: ("ord-9", reason), ..heard(5, "order", "shop") };
    let stories: [Vec<Told<'_>>; 4] = [
        // Three calls to one number and two purchases after them, one of them too late for the first two calls.
        vec![
            heard(60, "call", "0120-1"),
            heard(59, "call", "0120-1"),
            heard(20, "call", "0120-1"),
            bought(55, 1_000),
            bought(8, 2_000),
        ],
        // Bought before the call, and through the advertisement of another day.
        vec![bought(31, 500), heard(30, "call", "0120-1"), heard(35, "ad_response", "spring")],
        vec![heard(40, "ad_response", "spring"), cancelled(""), cancelled("cancelled")],
        vec![heard(300, "page_view", "top")],
    ];
    let told = people.iter().zip(&stories).flat_map(|(owner, story)| {
        story.iter().enumerate().map(move |(place, told)| touched(&place.to_string(), owner, told))
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_each_medium_brought_is_counted_alike_at_both_sites() {
    // Everybody is counted: this test has a cluster of its own.
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let people: Vec<pb::Identity> = (0..4).map(|_| shop(&unique())).collect();
    let mut half = facts(&people);
    let rest = half.split_off(half.len() / 2);
    let records = tokyo.insist("ec.shop", half).await;
    osaka.insist("ec.shop", rest).await;
    let now = now();
    let all = pb::CountMediaRequest { from_ms: now - 90 * DAY, until_ms: now + DAY, ..Default::default() };
    for site in [&tokyo, &osaka] {
        until("the view has everybody", || async {
            let rows: i64 = sqlx::query_scalar("select count(*) from touchpoints").fetch_one(&site.pool).await.unwrap();
            rows == 12
        })
        .await;
        let told = count(site, all.clone()).await.unwrap();
        let rows: Vec<_> = told.rows.iter().map(row).collect();
        assert_eq!(
            rows,
            [
                ("call", "0120-1", [4, 2, 1, 2, 3_000]),
                ("purchase", "", [3, 2, 0, 0, 0]),
                ("ad_response", "spring", [2, 2, 1, 1, 500]),
                ("order", "shop", [2, 1, 0, 0, 0]),
            ]
        );
        assert_eq!((told.of, told.other), (4, None));
        assert_eq!(row(&told.total.unwrap()), ("", "", [11, 3, 2, 3, 3_500]));
        // A purchase must come sooner, what is beyond the first row is summed, one kind alone, a longer span.
        let soon = count(site, pb::CountMediaRequest { within_days: 9, rows: 1, ..all.clone() }).await.unwrap();
        assert_eq!(row(&soon.rows[0]), ("call", "0120-1", [4, 2, 1, 1, 1_000]));
        assert_eq!(row(&soon.other.unwrap()), ("", "", [7, 3, 1, 1, 500]));
        let calls = count(site, pb::CountMediaRequest { kind: "call".into(), ..all.clone() }).await.unwrap();
        assert_eq!((calls.of, calls.total.map(|total| total.purchases)), (1, Some(2)));
        let web = count(site, pb::CountMediaRequest { channel: "web".into(), ..all.clone() }).await.unwrap();
        assert_eq!(web.of, 3);
        let long = count(site, pb::CountMediaRequest { from_ms: now - 399 * DAY, ..all.clone() }).await.unwrap();
        assert_eq!(long.of, 5);
    }
    // Two of them turn out to be one, and another is erased; the site that heard it goes on alone.
    let (one, other) = (&records[0].record_id, osaka.look_up(vec![people[1].clone()]).await.unwrap());
    let join = of_record("same", one, What::LinkTo(other[0].customer_id.clone()));
    tokyo.insist("desk", vec![join]).await;
    tokyo.kill();
    let erased = osaka.look_up(vec![people[2].clone()]).await.unwrap();
    osaka.erase(&erased[0].customer_id).await.unwrap();
    until("they are one, and the other is gone", || async {
        let total = count(&osaka, all.clone()).await.unwrap().total.unwrap();
        row(&total) == ("", "", [8, 1, 1, 3, 3_500])
    })
    .await;
    for (request, reason) in [
        (pb::CountMediaRequest { from_ms: now - 402 * DAY, ..all.clone() }, "bad_period"),
        (pb::CountMediaRequest { rows: 201, ..all.clone() }, "too_many"),
        (pb::CountMediaRequest { kind: "A call".into(), ..all.clone() }, "bad_kind"),
    ] {
        assert_eq!(count(&osaka, request).await.unwrap_err().reason, reason);
    }
    osaka.stop().await;
}
