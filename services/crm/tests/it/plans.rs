//! Success plans: started, followed and ended at any site.

use std::time::{SystemTime, UNIX_EPOCH};

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, TOKYO};
use proto::crm::v1::{self as pb, TaskPhase, Touchpoint, fact::What};

use crate::common::{Instance, fact, named, shop, unique, until};

const DAY: u64 = 86_400_000;

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn step(title: &str, days: u32) -> pb::PlanStep {
    pb::PlanStep { title: title.into(), days, ..pb::PlanStep::default() }
}

fn template(id: &str, anchor: pb::PlanAnchor, steps: Vec<pb::PlanStep>) -> pb::PlanTemplate {
    let (name_ja, name_en) = ("はじめの 1 か月".to_owned(), "The first month".to_owned());
    pb::PlanTemplate { template_id: id.into(), name_ja, name_en, anchor: anchor.into(), steps, version: 0 }
}

async fn templates(site: &Instance) -> pb::PlanTemplates {
    let asked = site.plans.clone().get_plan_templates(pb::GetPlanTemplatesRequest {}).await;
    asked.unwrap().into_inner().templates.unwrap()
}

async fn set(site: &Instance, templates: pb::PlanTemplates) -> Result<pb::PlanTemplates, Refusal> {
    let request = pb::SetPlanTemplatesRequest { templates: Some(templates), by: "boss".into() };
    let asked = site.plans.clone().set_plan_templates(request).await;
    asked.map(|set| set.into_inner().templates.unwrap()).map_err(|status| Refusal::from(&status))
}

async fn start(site: &Instance, template: &str, customer: &str, again: &str) -> Result<(pb::Plan, bool), Refusal> {
    let request = pb::StartPlanRequest {
        template_id: template.into(),
        customer_id: customer.into(),
        again: again.into(),
        by: "hana".into(),
    };
    let told = site.plans.clone().start_plan(request).await.map_err(|status| Refusal::from(&status))?.into_inner();
    Ok((told.plan.unwrap(), told.known))
}

async fn plans(site: &Instance, customer: &str) -> Vec<pb::Plan> {
    let request = pb::ListPlansRequest { customer_id: customer.into() };
    site.plans.clone().list_plans(request).await.map_or_else(|_| Vec::new(), |told| told.into_inner().plans)
}

fn bought(owner: &pb::Identity, days: u64) -> pb::Fact {
    let touchpoint = Touchpoint { kind: "purchase".into(), ..Touchpoint::default() };
    pb::Fact { at_ms: now() - days * DAY, ..fact("bought", owner, What::Touchpoint(touchpoint)) }
}

/// Templates reach the other site, and who did not read the last ones does not overwrite them.
async fn changed_templates(tokyo: &Instance, osaka: &Instance) {
    let after_purchase = vec![step("お礼の電話", 3), step("使い心地をうかがう", 30), step("次のご提案", 90)];
    let ours = pb::PlanTemplates {
        templates: vec![
            template("first", pb::PlanAnchor::Purchase, after_purchase),
            template("call", pb::PlanAnchor::Start, vec![step("電話する", 0), step("もう一度電話する", 7)]),
        ],
        version: 0,
    };
    let held = set(tokyo, ours.clone()).await.unwrap();
    until("the other site has the templates", || async { templates(osaka).await == held }).await;
    assert_eq!(set(osaka, ours).await.unwrap_err().reason, "conflict");
    let mut changed = held.clone();
    changed.templates[1].steps[0].title = "すぐ電話する".into();
    let held = set(tokyo, changed).await.unwrap();
    assert!(held.templates[0].version < held.version, "what did not change keeps its version");
    assert_eq!(held.templates[1].version, held.version);
    until("both have the new ones", || async { templates(osaka).await == held && templates(tokyo).await == held })
        .await;
}

/// Started once for a customer, unless it is asked for once more.
async fn begun_once(tokyo: &Instance, osaka: &Instance, record: &str, nobody: &str) -> pb::Plan {
    // The third day is past: two steps are left.
    let (plan, known) = start(tokyo, "first", record, "").await.unwrap();
    assert!(!known);
    let titles: Vec<_> = plan.tasks.iter().map(|task| task.text.as_str()).collect();
    assert_eq!(titles, ["使い心地をうかがう", "次のご提案"]);
    let days: Vec<u64> = plan.tasks.iter().map(|task| (task.at_ms - now() + DAY / 2) / DAY).collect();
    assert_eq!(days, [20, 80]);
    until("the other site has the plan", || async {
        plans(osaka, record).await.first().is_some_and(|plan| plan.tasks.len() == 2)
    })
    .await;
    let (same, known) = start(osaka, "first", record, "").await.unwrap();
    assert!(known && same.plan_id == plan.plan_id && same.tasks.len() == 2);
    let (more, known) = start(osaka, "first", record, "x2").await.unwrap();
    assert!(!known && more.plan_id != plan.plan_id);
    assert_eq!(start(tokyo, "first", nobody, "").await.unwrap_err().reason, "plan_no_anchor");
    assert_eq!(start(tokyo, "none", nobody, "").await.unwrap_err().reason, "no_such_template");
    assert_eq!(start(tokyo, "call", &unique(), "").await.unwrap_err().reason, "no_such_customer");
    assert_eq!(start(tokyo, "call", nobody, "1").await.unwrap_err().reason, "bad_id");
    plan
}

async fn ended_early(tokyo: &Instance, osaka: &Instance, record: &str, plan: &pb::Plan) {
    // Ended at the other site: what was to be done is withdrawn, what is started anew stays.
    let end = pb::EndPlanRequest { plan_id: plan.plan_id.clone(), customer_id: record.to_owned(), by: "hana".into() };
    let ended = osaka.plans.clone().end_plan(end.clone()).await.unwrap().into_inner().plan.unwrap();
    assert_eq!((ended.open, ended.done), (0, 0));
    assert!(ended.tasks.iter().all(|task| task.phase() == TaskPhase::Cancelled));
    until("the first site knows", || async {
        let all = plans(tokyo, record).await;
        all.iter().map(|plan| plan.open).sum::<u32>() == 2 && all.len() == 2
    })
    .await;
    let (still, known) = start(tokyo, "first", record, "").await.unwrap();
    assert!(known && still.open == 0, "what was ended does not come back");
    let wrong = pb::EndPlanRequest { plan_id: "late.first".into(), ..end };
    let refused = Refusal::from(&tokyo.plans.clone().end_plan(wrong).await.unwrap_err());
    assert_eq!(refused.reason, "no_such_plan");
}

async fn for_a_segment(tokyo: &Instance, nobody: &str) {
    // For a segment: those who never bought. Sent again it makes nothing new.
    let all = |known: bool| pb::StartPlansResponse {
        started: u32::from(!known),
        known: u32::from(known),
        ..pb::StartPlansResponse::default()
    };
    let request = pb::StartPlansRequest {
        template_id: "call".into(),
        segment_id: "prospect".into(),
        after: String::new(),
        by: "boss".into(),
    };
    let told = tokyo.plans.clone().start_plans(request.clone()).await.unwrap().into_inner();
    assert_eq!(told, all(false));
    until("the view has them", || async { plans(tokyo, nobody).await.len() == 1 }).await;
    let told = tokyo.plans.clone().start_plans(request.clone()).await.unwrap().into_inner();
    assert_eq!(told, all(true));
    let unknown = pb::StartPlansRequest { segment_id: "nobody".into(), ..request };
    let refused = Refusal::from(&tokyo.plans.clone().start_plans(unknown).await.unwrap_err());
    assert_eq!(refused.reason, "no_such_segment");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_started_once_at_any_site_and_ended_early() {
    // Templates are the whole center's: this test has a cluster of its own.
    let cluster = Cluster::start("always").await;
    let (tokyo, osaka) = (Instance::start(&cluster, TOKYO).await, Instance::start(&cluster, OSAKA).await);
    let (buyer, other) = (shop(&unique()), shop(&unique()));
    let said = tokyo.insist("ec.shop", vec![fact("n", &buyer, named("山田 花子")), bought(&buyer, 10)]).await;
    let record = said[0].record_id.clone();
    let nobody = tokyo.insist("ec.shop", vec![fact("n", &other, named("佐藤 次郎"))]).await[0].record_id.clone();
    for site in [&tokyo, &osaka] {
        until("both are known", || async {
            site.group(&record).await == record && site.group(&nobody).await == nobody
        })
        .await;
    }
    changed_templates(&tokyo, &osaka).await;
    let plan = begun_once(&tokyo, &osaka, &record, &nobody).await;
    ended_early(&tokyo, &osaka, &record, &plan).await;
    for_a_segment(&tokyo, &nobody).await;
    for site in [tokyo, osaka] {
        site.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_begins_with_what_was_really_bought_and_has_arrived() {
    let cluster = Cluster::start("always").await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let (owner, days) = (shop(&unique()), |days: u64| now() - days * DAY);
    let of_order = |id: &str, at_ms: u64, (kind, reason, reference): (&str, &str, &str)| {
        let (kind, reason, reference) = (kind.to_owned(), reason.to_owned(), reference.to_owned());
        let touchpoint = Touchpoint { kind, reason, reference, ..Touchpoint::default() };
        pb::Fact { at_ms, ..fact(id, &owner, What::Touchpoint(touchpoint)) }
    };
    let taken_back = vec![
        of_order("1", days(5), ("order", "", "A-1")),
        of_order("2", days(4), ("order", "cancelled", "A-1")),
        of_order("3", days(3), ("delivery", "shipped", "A-2")),
    ];
    let record = tokyo.insist("ec.shop", taken_back).await[0].record_id.clone();
    until("the customer is known", || async { tokyo.group(&record).await == record }).await;
    let each = |id, anchor| template(id, anchor, vec![step("お礼の電話", 30)]);
    let both = vec![each("bought", pb::PlanAnchor::Purchase), each("arrived", pb::PlanAnchor::Delivery)];
    set(&tokyo, pb::PlanTemplates { templates: both, version: 0 }).await.unwrap();
    until("the templates are known", || async { templates(&tokyo).await.templates.len() == 2 }).await;
    for plan in ["bought", "arrived"] {
        assert_eq!(start(&tokyo, plan, &record, "").await.unwrap_err().reason, "plan_no_anchor", "{plan}");
    }
    let real = vec![of_order("4", days(6), ("order", "", "A-2")), of_order("5", days(2), ("delivery", "", "A-2"))];
    tokyo.insist("ec.shop", real).await;
    for (plan, left) in [("bought", 24), ("arrived", 28)] {
        until("the plan can begin", || async { start(&tokyo, plan, &record, "").await.is_ok() }).await;
        let (plan, _) = start(&tokyo, plan, &record, "").await.unwrap();
        assert_eq!((plan.tasks[0].at_ms - now() + DAY / 2) / DAY, left);
    }
    tokyo.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_template_is_refused() {
    let cluster = Cluster::shared().await;
    let tokyo = Instance::start(&cluster, TOKYO).await;
    let good = template("a", pb::PlanAnchor::Start, vec![step("x", 1)]);
    let with = |change: &dyn Fn(&mut pb::PlanTemplate)| {
        let mut template = good.clone();
        change(&mut template);
        vec![template]
    };
    let cases = [
        (with(&|it| it.template_id = "A".into()), "bad_template"),
        (with(&|it| it.name_en = " ".into()), "bad_template"),
        (with(&|it| it.steps.clear()), "bad_template"),
        (with(&|it| it.steps = vec![step("x", 1); 21]), "bad_template"),
        (with(&|it| it.steps[0].days = 701), "bad_template"),
        (with(&|it| it.steps[0].title = "あ".repeat(201)), "bad_template"),
        (with(&|it| it.steps[0].kind = "No".into()), "bad_template"),
        (with(&|it| it.anchor = 9), "bad_template"),
        (vec![good.clone(), good.clone()], "bad_template"),
        (vec![good.clone(); 51], "too_many"),
    ];
    for (templates, reason) in cases {
        let told = pb::PlanTemplates { templates, version: 0 };
        assert_eq!(set(&tokyo, told.clone()).await.unwrap_err().reason, reason, "{told:?}");
    }
    tokyo.stop().await;
}
