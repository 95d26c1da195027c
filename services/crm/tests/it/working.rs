//! Cases and tasks at two sites: races, lateness, a task's way, what a dead site left, erasure.

use std::sync::Arc;

use chassis::refusal::Refusal;
use journal::testing::{Cluster, OSAKA, Postgres, TOKYO};
use prost::Message as _;
use proto::{
    chat::v1::{self as chat, chat_event::What as Said},
    crm::v1::{
        self as pb, case_event::What as Happened, change_case_request::What as Case, change_task_request::What as Task,
    },
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    common::{Instance, fact, named, shop, unique, until},
    talks::Talks,
};

impl Instance {
    async fn case(&self, id: &str, command: &str, what: Case) -> Result<pb::Case, Refusal> {
        let request = pb::ChangeCaseRequest {
            case_id: id.to_owned(),
            command_id: command.to_owned(),
            by: "agent1".to_owned(),
            what: Some(what),
        };
        let done = self.cases.clone().change_case(request).await;
        done.map(|done| done.into_inner().case.unwrap()).map_err(|status| Refusal::from(&status))
    }

    async fn whole_case(&self, id: &str) -> pb::GetCaseResponse {
        let request = pb::GetCaseRequest { case_id: id.to_owned() };
        self.cases.clone().get_case(request).await.unwrap().into_inner()
    }

    async fn task(&self, id: &str, command: &str, what: Task) -> Result<pb::Task, Refusal> {
        let request = pb::ChangeTaskRequest {
            task_id: id.to_owned(),
            command_id: command.to_owned(),
            by: "agent1".to_owned(),
            what: Some(what),
        };
        let done = self.cases.clone().change_task(request).await;
        done.map(|done| done.into_inner().task.unwrap()).map_err(|status| Refusal::from(&status))
    }

    async fn tasks(&self, record: &str) -> Vec<pb::Task> {
        let request = pb::ListTasksRequest { record_ids: vec![record.to_owned()], over: true, ..Default::default() };
        self.cases.clone().list_tasks(request).await.unwrap().into_inner().tasks
    }

    async fn cases_of(&self, record: &str) -> Vec<pb::Case> {
        let request = pb::ListCasesRequest { record_ids: vec![record.to_owned()], solved: true, ..Default::default() };
        self.cases.clone().list_cases(request).await.unwrap().into_inner().cases
    }

    /// A customer's record.
    async fn somebody(&self) -> String {
        let who = fact(&unique(), &shop(&unique()), named("山田 花子"));
        self.insist("desk", vec![who]).await.remove(0).record_id
    }
}

/// Two sites with a chat each; complaints are to be answered at once.
async fn sites() -> (Arc<Cluster>, [(Instance, Talks); 2]) {
    let cluster = Cluster::start("always").await;
    let postgres = Postgres::shared().await;
    let mut sites = Vec::new();
    for home in [TOKYO, OSAKA] {
        let (talks, chat) = Talks::start(&cluster, home).await;
        let kinds = json!([{ "kind": "complaint", "department": "quality", "first_ms": 1 }]);
        let more = json!({ "chat": chat, "work": { "kinds": kinds } });
        sites.push((Instance::on(&cluster, home, &postgres.database().await, more).await, talks));
    }
    std::mem::forget(postgres);
    let [tokyo, osaka] = <[_; 2]>::try_from(sites).ok().unwrap();
    (cluster, [tokyo, osaka])
}

fn open(record: &str, kind: &str) -> Case {
    Case::Open(pb::OpenCase {
        record_id: record.to_owned(),
        kind: kind.to_owned(),
        title: "割れたカップ".to_owned(),
        ..pb::OpenCase::default()
    })
}

fn plan(record: &str, at_ms: u64) -> Task {
    Task::Plan(pb::PlanTask {
        record_id: record.to_owned(),
        kind: "documents".to_owned(),
        text: "カタログを送る".to_owned(),
        at_ms,
        ..pb::PlanTask::default()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_is_worked_on_at_both_sites_at_once_and_each_command_counts_once() {
    let (_cluster, [(tokyo, _), (osaka, _)]) = sites().await;
    let (record, id) = (tokyo.somebody().await, Uuid::new_v4().to_string());
    let opened = tokyo.case(&id, "open", open(&record, "damage")).await.unwrap();
    assert_eq!(
        (opened.department.as_str(), opened.title.as_str(), opened.phase()),
        ("support", "割れたカップ", pb::CasePhase::Open)
    );
    assert_eq!(osaka.case(&id, "open", open(&record, "damage")).await.unwrap(), opened);
    let again = osaka.case(&id, "open2", open(&record, "damage")).await;
    assert_eq!(again.unwrap_err().reason, "bad_id");
    let note = |n: usize| Case::Note(pb::NoteCase { text: format!("メモ {n}") });
    let writing = (0..10).map(|n| {
        let (one, other) = if n % 2 == 0 { (&tokyo, &osaka) } else { (&osaka, &tokyo) };
        let (id, command) = (&id, format!("note-{n}"));
        async move {
            one.case(id, &command, note(n)).await.unwrap();
            // The answer was lost: it is asked again, elsewhere.
            other.case(id, &command, note(n)).await.unwrap();
        }
    });
    futures::future::join_all(writing).await;
    let whole = osaka.whole_case(&id).await;
    let mut texts: Vec<&str> =
        whole.entries.iter().filter(|entry| entry.what == "noted").map(|entry| entry.text.as_str()).collect();
    texts.sort_unstable();
    let expected: Vec<String> = (0..10).map(|n| format!("メモ {n}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(whole.case.unwrap().first_due_ms, 0);
    for bad in [open("", "damage"), open(&record, "Damage!"), Case::Rank(pb::RankCase { priority: 10 })] {
        let id = Uuid::new_v4().to_string();
        assert!(tokyo.case(&id, "c", bad).await.is_err());
    }
    assert_eq!(tokyo.case(&Uuid::new_v4().to_string(), "c", note(1)).await.unwrap_err().reason, "no_such_case");
    let handed =
        Case::HandOver(pb::HandOverCase { department: "quality".to_owned(), text: "釉薬を見て".to_owned() });
    tokyo.case(&id, "take", Case::Assign(pb::AssignCase { owner: "agent1".to_owned() })).await.unwrap();
    let handed = osaka.case(&id, "hand", handed).await.unwrap();
    assert_eq!((handed.department.as_str(), handed.owner.as_str()), ("quality", ""));
    let told = tokyo.whole_case(&id).await.entries.pop().unwrap();
    assert_eq!((told.what.as_str(), told.word.as_str(), told.text.as_str()), ("handed_over", "quality", "釉薬を見て"));
    until("both sites list it", || async {
        tokyo.cases_of(&record).await.len() == 1 && tokyo.cases_of(&record).await == osaka.cases_of(&record).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_case_becomes_one_task_and_a_conversation_of_it() {
    let (_cluster, [(tokyo, here), (osaka, there)]) = sites().await;
    let (record, id) = (tokyo.somebody().await, Uuid::new_v4().to_string());
    tokyo.case(&id, "open", open(&record, "complaint")).await.unwrap();
    until("somebody is told", || async {
        let told = osaka.tasks(&record).await;
        told.len() == 1
            && told[0].phase() == pb::TaskPhase::Due
            && [&here, &there].iter().any(|it| it.opened(&told[0].task_id).is_some())
    })
    .await;
    let told = osaka.tasks(&record).await.remove(0);
    assert_eq!(
        (told.kind.as_str(), told.case_id.as_str(), told.text.as_str()),
        ("escalation", id.as_str(), "割れたカップ")
    );
    let opened = here.opened(&told.task_id).or_else(|| there.opened(&told.task_id)).unwrap();
    assert_eq!(
        (opened.channel.as_str(), opened.queue.as_str(), opened.reason.as_str()),
        ("task", "clerks", "escalation")
    );
    let whole = tokyo.whole_case(&id).await;
    assert!(whole.case.unwrap().late().eq([pb::Late::First]));
    assert_eq!(whole.entries.iter().filter(|entry| entry.what == "escalated").count(), 1);
    assert_eq!(tokyo.tasks(&record).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_site_planned_is_offered_by_the_other_and_done_with_its_conversation() {
    let (_cluster, [(tokyo, _), (osaka, talks)]) = sites().await;
    let record = tokyo.somebody().await;
    let [soon, never] = [(), ()].map(|()| Uuid::new_v4().to_string());
    let at =
        u64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    for id in [&soon, &never] {
        tokyo.task(id, "plan", plan(&record, at + 1_500)).await.unwrap();
    }
    tokyo.kill();
    osaka.task(&never, "cancel", Task::Cancel(pb::CancelTask {})).await.unwrap();
    until("it is offered", || async { talks.opened(&soon).is_some() }).await;
    assert!(talks.opened(&soon).unwrap().answers.contains("カタログを送る"));
    assert_eq!(
        osaka.task(&soon, "move", Task::Move(pb::MoveTask { at_ms: at + 9_000 })).await.unwrap_err().reason,
        "task_offered"
    );
    talks.happened(&soon, Said::Wrapped(chat::Wrapped { code: "sent".to_owned(), ..Default::default() })).await;
    talks.happened(&soon, Said::Closed(chat::Closed::default())).await;
    until("it is done", || async {
        osaka
            .tasks(&record)
            .await
            .iter()
            .any(|task| task.task_id == soon && task.phase() == pb::TaskPhase::Done && task.outcome == "sent")
    })
    .await;
    assert!(talks.opened(&never).is_none());
    let withdrawn = Uuid::new_v4().to_string();
    osaka.task(&withdrawn, "plan", plan(&record, 0)).await.unwrap();
    until("it is offered", || async { talks.opened(&withdrawn).is_some() }).await;
    osaka.task(&withdrawn, "cancel", Task::Cancel(pb::CancelTask {})).await.unwrap();
    until("its conversation is closed", || async { talks.closed(&withdrawn) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_of_an_erased_customer_is_gone_at_both_sites_also_in_a_rebuilt_view() {
    let (cluster, [(tokyo, _), (osaka, _)]) = sites().await;
    let (record, id, task) = (tokyo.somebody().await, Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    tokyo.case(&id, "open", open(&record, "damage")).await.unwrap();
    tokyo.task(&task, "plan", plan(&record, u64::MAX / 4)).await.unwrap_err();
    tokyo.task(&task, "plan", plan(&record, 0)).await.unwrap();
    tokyo.case(&id, "note", Case::Note(pb::NoteCase { text: "写真あり".to_owned() })).await.unwrap();
    until("both have it", || async {
        osaka.cases_of(&record).await.len() == 1 && osaka.tasks(&record).await.len() == 1
    })
    .await;
    until("it is sealed in the view", || async { sealed(&osaka).await == 3 }).await;
    osaka.erase(&record).await.unwrap();
    let anew = Instance::start(&cluster, OSAKA).await;
    for site in [&tokyo, &osaka, &anew] {
        until("nothing sealed is left", || async {
            let cases = site.cases_of(&record).await;
            cases.len() == 1 && cases[0].title.is_empty() && sealed(site).await == 0
        })
        .await;
    }
    assert_eq!(
        tokyo.case(&id, "n", Case::Note(pb::NoteCase { text: "x".to_owned() })).await.unwrap_err().reason,
        "erased"
    );
    // What needs no words still ends it, and nothing is left to be tried again and again.
    let solved = tokyo.case(&id, "solve", Case::Solve(pb::SolveCase { code: "withdrawn".to_owned() })).await.unwrap();
    assert_eq!(solved.phase(), pb::CasePhase::Solved);
    osaka.task(&task, "cancel", Task::Cancel(pb::CancelTask {})).await.unwrap();
}

/// Events in a view that still hold something sealed.
async fn sealed(site: &Instance) -> usize {
    let rows: Vec<(String, Vec<u8>)> =
        sqlx::query_as("select subject, event from work_events").fetch_all(&site.pool).await.unwrap();
    let holds = |(subject, event): &(String, Vec<u8>)| {
        if subject.starts_with("work.case.") {
            let what = pb::CaseEvent::decode(event.as_slice()).unwrap().what;
            matches!(&what, Some(Happened::Opened(it)) if it.title.is_some())
                || matches!(&what, Some(Happened::Noted(it)) if it.text.is_some())
        } else {
            let what = pb::TaskEvent::decode(event.as_slice()).unwrap().what;
            matches!(what, Some(pb::task_event::What::Planned(it)) if it.text.is_some())
        }
    };
    rows.iter().filter(|row| holds(row)).count()
}
