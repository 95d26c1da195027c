//! Retention: who is forgotten by time, who never is, and one run a day whoever is there.

use bytes::Bytes;
use chassis::refusal::Refusal;
use journal::{
    Append, Expect, Journal,
    testing::{Cluster, OSAKA, TOKYO},
};
use prost::Message as _;
use proto::{
    crm::v1::{self as pb, change_case_request::What as Case, fact::What},
    journal::v1::Unit,
};
use tonic::Response;
use uuid::Uuid;

use crate::common::{Instance, fact, named, shop, touch, unique, until, views_equal};

fn rules(prospect_days: u32, customer_days: u32) -> pb::RetentionSettings {
    pb::RetentionSettings { prospect_days, customer_days, most_per_run: 100, version: 0 }
}

fn now() -> u64 {
    u64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

impl Instance {
    async fn set(&self, settings: pb::RetentionSettings) -> Result<pb::RetentionSettings, Refusal> {
        let request = pb::SetRetentionRequest { settings: Some(settings), by: "chief".to_owned() };
        let set = self.retention.clone().set_retention(request).await;
        set.map(|set| set.into_inner().settings.unwrap()).map_err(|status| Refusal::from(&status))
    }

    async fn preview(&self, settings: pb::RetentionSettings) -> pb::PreviewRetentionResponse {
        let request = pb::PreviewRetentionRequest { settings: Some(settings) };
        self.retention.clone().preview_retention(request).await.unwrap().into_inner()
    }

    async fn hold(&self, customer: &str, reason: &str) -> Result<pb::Hold, Refusal> {
        let (customer_id, reason, by) = (customer.to_owned(), reason.to_owned(), "chief".to_owned());
        let held = self.retention.clone().hold_customer(pb::HoldCustomerRequest { customer_id, reason, by }).await;
        held.map(|held| held.into_inner().hold.unwrap()).map_err(|status| Refusal::from(&status))
    }

    async fn lift(&self, customer: &str) {
        let request = pb::LiftHoldRequest { customer_id: customer.to_owned(), by: "chief".to_owned() };
        self.retention.clone().lift_hold(request).await.unwrap();
    }

    async fn held(&self) -> Vec<pb::Hold> {
        self.retention.clone().list_holds(pb::ListHoldsRequest {}).await.unwrap().into_inner().holds
    }

    async fn last_run(&self) -> Option<pb::RetentionRun> {
        let told = self.retention.clone().get_retention(pb::GetRetentionRequest {}).await;
        told.map(Response::into_inner).unwrap().last_run
    }

    /// A customer of whom was heard at a time.
    async fn heard_of(&self, at_ms: u64, what: What) -> String {
        let owner = shop(&unique());
        let facts = vec![
            pb::Fact { at_ms, ..fact(&unique(), &owner, named("山田 花子")) },
            pb::Fact { at_ms, ..fact(&unique(), &owner, what) },
        ];
        self.insist("ec.shop", facts).await.remove(0).record_id
    }

    async fn knows(&self, record: &str) -> bool {
        self.customer(record).await.is_ok()
    }
}

struct People {
    prospect: String,
    ordered: String,
    with_case: String,
    held: String,
    new: String,
}

async fn people(site: &Instance) -> People {
    let people = People {
        prospect: site.heard_of(1_000, touch("visit", "")).await,
        ordered: site.heard_of(2_000, touch("purchase", "")).await,
        with_case: site.heard_of(3_000, touch("visit", "")).await,
        held: site.heard_of(4_000, touch("visit", "")).await,
        new: site.heard_of(now(), touch("visit", "")).await,
    };
    let open = pb::OpenCase {
        record_id: people.with_case.clone(),
        kind: "complaint".to_owned(),
        title: "破損".to_owned(),
        ..Default::default()
    };
    let case = pb::ChangeCaseRequest {
        case_id: Uuid::new_v4().to_string(),
        command_id: "open".to_owned(),
        by: "agent1".to_owned(),
        what: Some(Case::Open(open)),
    };
    site.cases.clone().change_case(case).await.unwrap();
    until("all of them are known", || async { site.knows(&people.held).await && site.knows(&people.new).await }).await;
    site.hold(&people.held, "訴訟のため").await.unwrap();
    until("the hold is known", || async { !site.held().await.is_empty() }).await;
    people
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_says_whom_it_would_erase_and_a_hold_keeps_from_every_erasure() {
    let cluster = Cluster::start("always").await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let people = people(&tokyo).await;
    until("the open case is seen", || async { tokyo.preview(rules(30, 0)).await.kept_open == 1 }).await;
    let would = tokyo.preview(rules(30, 30)).await;
    let named: Vec<&str> = would.candidates.iter().map(|it| it.customer_id.as_str()).collect();
    assert_eq!((would.prospects, would.customers, would.kept_open, would.kept_held), (1, 1, 1, 1));
    assert_eq!(named, [&people.prospect, &people.ordered], "the longest silent first");
    assert_eq!(tokyo.preview(rules(30, 0)).await.customers, 0);
    assert_eq!(tokyo.preview(rules(0, 0)).await, pb::PreviewRetentionResponse::default());
    assert_eq!(tokyo.erase(&people.held).await.unwrap_err().reason, "held");
    assert_eq!(tokyo.held().await[0].reason, "訴訟のため");
    assert_eq!(tokyo.hold(&people.held, " ").await.unwrap_err().reason, "bad_reason");
    assert_eq!(tokyo.hold("nobody", "x").await.unwrap_err().reason, "no_such_customer");
    tokyo.lift(&people.held).await;
    until("nobody is kept", || async { tokyo.held().await.is_empty() }).await;
    until("they can be erased again", || async { tokyo.erase(&people.held).await.is_ok() }).await;
    assert_eq!(tokyo.set(rules(29, 0)).await.unwrap_err().reason, "bad_retention");
    let set = tokyo.set(rules(30, 0)).await.unwrap();
    assert!(set.version > 0);
    assert_eq!(tokyo.set(rules(60, 0)).await.unwrap_err().reason, "conflict", "somebody else was faster");
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_daily_run_forgets_whom_it_may_and_nobody_else() {
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let people = people(&tokyo).await;
    until("the open case is seen everywhere", || async {
        tokyo.preview(rules(30, 30)).await.kept_open == 1 && osaka.preview(rules(30, 30)).await.kept_open == 1
    })
    .await;
    assert!(tokyo.last_run().await.is_none(), "nobody set it, nobody is erased");
    // As if it had been set two days ago.
    let journal = Journal::connect(cluster.settings(TOKYO, "crm")).await.unwrap();
    let at_ms = now() - 2 * 86_400_000;
    let set = pb::RetentionSet { settings: Some(rules(30, 30)), by: "chief".to_owned(), at_ms };
    let unit = Unit { events: vec![Bytes::from(set.encode_to_vec())], site: "tokyo".to_owned(), ..Unit::default() };
    let (subject, id) = ("crm.settings.retention".to_owned(), unique());
    journal.append(Append { stream: crm::CRM, subject, expect: Expect::Last(0), id, unit }).await.unwrap();
    until("the run is over", || async { osaka.last_run().await.is_some_and(|run| run.ended_at_ms > 0) }).await;
    let run = osaka.last_run().await.unwrap();
    assert_eq!(run.erased_customer_ids, [people.prospect.clone(), people.ordered.clone()]);
    assert_eq!((run.failed, run.more), (0, false));
    for site in [&tokyo, &osaka] {
        until("who was forgotten is gone", || async {
            !site.knows(&people.prospect).await && !site.knows(&people.ordered).await
        })
        .await;
        for kept in [&people.with_case, &people.held, &people.new] {
            assert!(site.knows(kept).await);
        }
    }
    for record in [&people.prospect, &people.ordered] {
        assert!(matches!(journal.vault().existing(record).await, Err(journal::KeyError::Erased { .. })));
    }
    let runs = journal.replay(&crm::CRM, "crm.settings.retention_run", 0).await.unwrap();
    assert_eq!(runs.records.len(), 4, "one run, though two sites are there: it began, named each of two, and ended");
    views_equal(&tokyo, &osaka).await;
    tokyo.stop().await;
    osaka.stop().await;
}
