//! A company's own words, and where its kinds of touchpoints stand.

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, Stage, Touchpoint, fact::What};

use crate::common::{Instance, fact, shop, unique, until};

fn name(en: &str) -> Option<pb::WordName> {
    Some(pb::WordName { ja: format!("{en}（日本語）"), en: en.to_owned() })
}

fn kind(word: &str, stage: Stage) -> pb::TouchpointKind {
    pb::TouchpointKind { word: word.to_owned(), name: name(word), stage: stage.into() }
}

async fn words(site: &Instance) -> pb::CompanyWords {
    site.words.clone().get_words(pb::GetWordsRequest {}).await.unwrap().into_inner().words.unwrap()
}

async fn set(site: &Instance, words: pb::CompanyWords) -> Result<pb::CompanyWords, Refusal> {
    let request = pb::SetWordsRequest { words: Some(words), by: "boss".into() };
    let asked = site.words.clone().set_words(request).await;
    asked.map(|set| set.into_inner().words.unwrap()).map_err(|status| Refusal::from(&status))
}

/// The stages of a timeline, newest first.
async fn stages(site: &Instance, record: &str) -> Vec<Stage> {
    let Ok(known) = site.customer(record).await else { return Vec::new() };
    known.timeline.into_iter().map(|entry| entry.touchpoint.unwrap().stage()).collect()
}

/// The most travelled path of all customers.
async fn path(site: &Instance) -> Vec<String> {
    loop {
        let request = pb::CountJourneysRequest { days: 366, ..pb::CountJourneysRequest::default() };
        let told = site.segments.clone().count_journeys(request).await.unwrap().into_inner();
        if let Some(figures) = told.figures {
            return figures.paths.into_iter().next().map(|path| path.steps).unwrap_or_default();
        }
    }
}

fn touched(id: &str, owner: &pb::Identity, days_ago: u64, kind: &str, stage: Stage) -> pb::Fact {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let touchpoint = Touchpoint { kind: kind.into(), stage: stage.into(), ..Touchpoint::default() };
    let at_ms = u64::try_from(now).unwrap() - days_ago * 86_400_000;
    pb::Fact { at_ms, ..fact(id, owner, What::Touchpoint(touchpoint)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_companys_words_hold_at_both_sites_also_when_the_one_that_took_them_is_killed() {
    // Journeys are of everybody, words of the whole center: this test has a cluster of its own.
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    assert_eq!(words(&tokyo).await, pb::CompanyWords::default());
    let owner = shop(&unique());
    let facts = vec![
        touched("4", &owner, 1, "seminar", Stage::Again),
        touched("3", &owner, 2, "call", Stage::Unspecified),
        touched("2", &owner, 3, "letter", Stage::Unspecified),
        touched("1", &owner, 4, "seminar", Stage::Unspecified),
    ];
    let record = tokyo.insist("ec.shop", facts).await[0].record_id.clone();
    until("the other site has the touchpoints", || async { stages(&osaka, &record).await.len() == 4 }).await;
    let unset = [Stage::Again, Stage::Contact, Stage::Consider, Stage::Unspecified];
    assert_eq!(stages(&osaka, &record).await, unset);
    assert_eq!(path(&osaka).await, ["consider", "contact", "again"]);

    let ours = pb::CompanyWords {
        kinds: vec![kind("seminar", Stage::Know), kind("call", Stage::Use), kind("letter", Stage::Unspecified)],
        departments: vec![pb::DepartmentWord { word: "sales".into(), name: name("Sales") }],
        routes: vec![pb::RouteWord { route: "spring".into(), name: name("TV 30s spot spring") }],
        version: 0,
    };
    let held = set(&tokyo, ours.clone()).await.unwrap();
    assert!(held.version > 0);
    tokyo.kill();
    until("the other site has the words", || async { words(&osaka).await == held }).await;
    // What was reported before stands elsewhere from now on; what its reporter said stays.
    let moved = [Stage::Again, Stage::Use, Stage::Consider, Stage::Know];
    assert_eq!(stages(&osaka, &record).await, moved);
    assert_eq!(path(&osaka).await, ["know", "consider", "use", "again"]);

    assert_eq!(set(&osaka, ours.clone()).await.unwrap_err().reason, "conflict");
    let twice = pb::CompanyWords { kinds: vec![kind("a", Stage::Know), kind("a", Stage::Buy)], ..held.clone() };
    assert_eq!(set(&osaka, twice).await.unwrap_err().reason, "bad_word");
    let anew = Instance::start(&cluster, TOKYO).await;
    until("a view made anew has the words", || async {
        words(&anew).await == held && stages(&anew, &record).await == moved
    })
    .await;
    let fewer = set(&anew, pb::CompanyWords { kinds: Vec::new(), ..held }).await.unwrap();
    until("what was taken out stands as before", || async {
        words(&osaka).await == fewer && stages(&osaka, &record).await == unset
    })
    .await;
    assert_eq!(path(&osaka).await, ["consider", "contact", "again"]);
    osaka.stop().await;
    anew.stop().await;
}
