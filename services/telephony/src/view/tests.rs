//! The view on a real journal and real databases.

use std::{sync::Arc, time::Duration};

use chassis::Secret;
use journal::{
    Append, Expect, Journal,
    testing::{Cluster, OSAKA, Postgres, TOKYO},
};
use proto::{
    journal::v1::{Claim, Unit},
    telephony::v1 as pb,
};
use sqlx::PgPool;
use tokio::{task::AbortHandle, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Filter, Mailboxes, View, digest, erasure, list, project::Calls, voicemails};
use crate::{
    book::Book,
    call::{Begin, Call, Command, Deed, Direction, End, Message, Patience, Person, Phase, decide, evolve},
    convert::{self, Sealer},
    gateway::CALLS,
    ids::{CallId, LegId},
};

const PATIENCE: Patience = Patience { connect_ms: 20_000, rejoin_ms: 20_000, ring_ms: 45_000 };
const NUMBER: &str = "+819011112222";

/// A journal at two sites, and who makes calls in it.
struct Center {
    cluster: Arc<Cluster>,
    journal: Journal,
    postgres: Arc<Postgres>,
    now: u64,
}

/// A site's view, being kept.
struct Site {
    pool: PgPool,
    parts: Vec<AbortHandle>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.parts.iter().for_each(AbortHandle::abort);
    }
}

struct Told {
    id: CallId,
    call: Call,
    last: u64,
    sealer: Sealer,
}

impl Center {
    async fn start() -> Self {
        let cluster = Cluster::start("always").await;
        let journal = cluster.journal(TOKYO, "telephony").await;
        journal.ensure_stream(&CALLS).await.unwrap();
        Self { cluster, journal, postgres: Postgres::shared().await, now: 1_000 }
    }

    async fn database(&self) -> PgPool {
        let options = self.postgres.database().await.connect_options();
        let name = options.get_database().unwrap();
        let url = Secret::new(format!("postgres://postgres@127.0.0.1:{}/{name}", options.get_port()));
        chassis::pool::connect(&url, 4, &super::MIGRATOR, super::SCHEMA).await.unwrap()
    }

    /// Keeps a view as a site's gateway does.
    async fn keep(&self, site: usize, pool: PgPool) -> Site {
        let journal = self.cluster.journal(site, "telephony").await;
        let (followed, erased) = (pool.clone(), pool.clone());
        let erasing = journal.clone();
        let calls = Calls { pace: Duration::ZERO };
        let never = CancellationToken::new();
        let parts = vec![
            tokio::spawn(async move { journal::project(&journal, &CALLS, &followed, calls, never).await.unwrap() })
                .abort_handle(),
            tokio::spawn(journal::follow_erasures(erasing, erased, erasure::Erasures, CancellationToken::new()))
                .abort_handle(),
        ];
        Site { pool, parts }
    }

    /// What a gateway writes of a call.
    async fn does(&mut self, told: &mut Told, command: Command) {
        self.now += 1_000;
        let events = decide(&told.call, &command, &PATIENCE, self.now).unwrap();
        let first = told.last == 0 || command == Command::TakeOver;
        let unit = Unit {
            events: events.iter().map(|event| convert::encode(event, &told.sealer)).collect(),
            decided_at_ms: self.now,
            site: "tokyo".to_owned(),
            claim: first.then(|| Claim { owner: "tokyo.telephony.a".to_owned(), epoch: 1 }),
            epoch: 1,
        };
        let (subject, expect) = (convert::subject(told.id), Expect::Last(told.last));
        let id = Uuid::new_v4().to_string();
        told.last = self.journal.append(Append { stream: CALLS, subject, expect, id, unit }).await.unwrap().sequence;
        events.iter().for_each(|event| evolve(&mut told.call, event));
    }

    async fn call(&mut self, customer: &str, begin: Begin, commands: impl IntoIterator<Item = Command>) -> Told {
        let key = self.journal.vault().key(customer).await.unwrap();
        let id = CallId::new();
        let sealer = Sealer::new(Some(key), convert::subject(id));
        let mut told = Told { id, call: Call::default(), last: 0, sealer };
        let begin =
            Begin { customer: customer.to_owned(), number: NUMBER.to_owned(), name: "鈴木".to_owned(), ..begin };
        self.does(&mut told, Command::Begin(begin)).await;
        for command in commands {
            self.does(&mut told, command).await;
        }
        told
    }

    /// Waits until a view has all that was written.
    async fn caught_up(&self, site: &Site) {
        let last = self.journal.last_sequence(&CALLS).await.unwrap();
        until(async || super::living(&site.pool).await.is_ok_and(|(position, _)| position >= last)).await;
    }

    async fn list(&self, site: &Site, filter: Filter) -> Vec<pb::Call> {
        let filter = Filter { limit: if filter.limit == 0 { 100 } else { filter.limit }, ..filter };
        list(&site.pool, self.journal.vault(), &filter).await.unwrap().0
    }

    async fn messages(&self, site: &Site, agent: Option<&Mailboxes>) -> Vec<pb::Voicemail> {
        voicemails(&site.pool, self.journal.vault(), agent, None, 100).await.unwrap()
    }
}

async fn until(condition: impl AsyncFn() -> bool) {
    for _ in 0..2_000 {
        if condition().await {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("it never happened");
}

fn up(leg: u32) -> Command {
    Command::LegUp { leg: LegId(leg), snapshot: vec![leg as u8 + 1] }
}

fn queued(queue: &str) -> Command {
    let answers = [("item".to_owned(), "緑茶".to_owned())].into();
    Command::Queue { queue: queue.to_owned(), answers }
}

fn assigned(agent: &str) -> [Command; 3] {
    let by = Person { id: agent.to_owned(), supervisor: false };
    [Command::Assign { agent: agent.to_owned(), number: 2 }, Command::Join(by), up(1)]
}

fn dialled(agent: &str) -> Begin {
    Begin { direction: Direction::Out, agent: Some(agent.to_owned()), queue: "phone".to_owned(), ..Begin::default() }
}

fn left(mailbox: &str, length_ms: u64) -> Command {
    Command::LeaveMessage(Message { mailbox: mailbox.to_owned(), part: 1_000, length_ms })
}

/// A talk with an agent, from the queue to the end.
fn talk(queue: &str, agent: &str, end: End) -> Vec<Command> {
    let start = [up(0), queued(queue)];
    start.into_iter().chain(assigned(agent)).chain([Command::End(end)]).collect()
}

#[tokio::test]
async fn two_sites_have_the_same_rows_and_a_view_made_anew_has_them_again() {
    let mut center = Center::start().await;
    let tokyo = center.keep(TOKYO, center.database().await).await;
    let osaka = center.keep(OSAKA, center.database().await).await;
    let begin = || Begin {
        dialled: "0120333906".to_owned(),
        trunk: "line".to_owned(),
        campaign: "spring".to_owned(),
        ..Begin::default()
    };
    center.call("tel-a", begin(), talk("orders", "agent1", End::Customer)).await;
    let mut moved = center.call("tel-b", begin(), [up(0), queued("orders")]).await;
    center.call("tel-c", begin(), [up(0), left("night", 0), left("night", 4_000), Command::End(End::Flow)]).await;
    center.call("tel-a", dialled("agent2"), [up(0), up(1), Command::LegEnded(LegId(1))]).await;
    for command in assigned("agent3") {
        center.does(&mut moved, command).await;
    }
    let hold = Person { id: "agent3".to_owned(), supervisor: false };
    center.does(&mut moved, Command::Do { id: Uuid::new_v4(), by: hold, deed: Deed::Hold }).await;
    center.does(&mut moved, Command::TakeOver).await;
    center.caught_up(&tokyo).await;
    center.caught_up(&osaka).await;
    let there = digest(&tokyo.pool).await.unwrap();
    assert_eq!(digest(&osaka.pool).await.unwrap(), there);

    let found = center.list(&tokyo, Filter { queue: Some("orders".to_owned()), ..Filter::default() }).await;
    let [live, over] = &found[..] else { panic!("{found:?}") };
    let memory = convert::call_view(moved.id, &moved.call, None, "tokyo", moved.last);
    assert_eq!(live, &pb::Call { answers: memory.answers.clone(), ..memory }, "the row is what the core's state is");
    assert_eq!((over.number.as_str(), over.name.as_str(), over.agent_id.as_str()), (NUMBER, "鈴木", "agent1"));
    assert_eq!((over.end(), over.parts, over.answers["item"].as_str()), (pb::End::Customer, 1, "緑茶"));
    let plain: Vec<String> = sqlx::query_scalar("select encode(c.legs, 'escape') || c::text from calls c")
        .fetch_all(&tokyo.pool)
        .await
        .unwrap();
    assert!(plain.iter().all(|row| !row.contains("9011112222") && !row.contains("鈴木")), "nothing personal is plain");

    let pool = tokyo.pool.clone();
    drop(tokyo);
    sqlx::raw_sql("truncate calls; delete from journal_position").execute(&pool).await.unwrap();
    assert_ne!(digest(&pool).await.unwrap(), there);
    let tokyo = center.keep(TOKYO, pool).await;
    center.caught_up(&tokyo).await;
    assert_eq!(digest(&tokyo.pool).await.unwrap(), there);
}

#[tokio::test]
async fn calls_are_found_by_what_is_asked_page_by_page() {
    let mut center = Center::start().await;
    let site = center.keep(TOKYO, center.database().await).await;
    let talked = center.call("tel-a", Begin::default(), talk("orders", "agent1", End::Agent)).await;
    let missed = center.call("tel-b", Begin::default(), [up(0), queued("billing"), Command::End(End::Customer)]).await;
    let lost = center.call("tel-b", Begin::default(), [Command::TakeOver]).await;
    let back = center.call("tel-b", dialled("agent2"), [up(0), up(1), Command::End(End::Agent)]).await;
    center.caught_up(&site).await;
    let ids = async |filter| center.list(&site, filter).await.into_iter().map(|call| call.call_id).collect::<Vec<_>>();
    let of = |calls: &[&Told]| calls.iter().map(|told| told.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(Filter::default()).await, of(&[&back, &lost, &missed, &talked]));
    let word = |text: &str| Some(text.to_owned());
    assert_eq!(ids(Filter { seen_by: word("agent1"), ..Filter::default() }).await, of(&[&talked]));
    assert_eq!(ids(Filter { agent: word("agent2"), ..Filter::default() }).await, of(&[&back]));
    assert_eq!(
        ids(Filter { seen_by: word("agent1"), agent: word("agent2"), ..Filter::default() }).await,
        of(&[]),
        "a wish is no right"
    );
    assert_eq!(ids(Filter { queue: word("billing"), ..Filter::default() }).await, of(&[&missed]));
    assert_eq!(ids(Filter { customer: word("tel-b"), ..Filter::default() }).await, of(&[&back, &lost, &missed]));
    let unanswered = Filter { answered: Some(false), end: Some(pb::End::Customer), ..Filter::default() };
    assert_eq!(ids(unanswered).await, of(&[&missed]));
    let between =
        Filter { from_ms: Some(missed.call.began_at), until_ms: Some(back.call.began_at), ..Filter::default() };
    assert_eq!(ids(between).await, of(&[&lost, &missed]));
    let found = center.list(&site, Filter { end: Some(pb::End::Lost), ..Filter::default() }).await;
    let [found] = &found[..] else { panic!("{found:?}") };
    assert_eq!((found.called_back_at_ms, found.called_back_by.as_str()), (back.call.answered_at, "agent2"));

    let (mut pages, mut beyond) = (Vec::new(), None);
    loop {
        let filter = Filter { limit: 1, beyond, ..Filter::default() };
        let (page, older) = list(&site.pool, center.journal.vault(), &filter).await.unwrap();
        pages.extend(page.into_iter().map(|call| call.call_id));
        let Some(older) = older else { break };
        assert_eq!(super::Place::parse(&older.to_string()), Some(older));
        beyond = Some(older);
    }
    assert_eq!(pages, of(&[&back, &lost, &missed, &talked]));
}

#[tokio::test]
async fn messages_show_who_heard_them_and_who_called_back_to_whom_they_concern() {
    let mut center = Center::start().await;
    let site = center.keep(TOKYO, center.database().await).await;
    let answered = |reached| if reached { vec![up(0), up(1)] } else { vec![up(0)] };
    center.call("tel-a", dialled("early"), answered(true)).await;
    let night = [up(0), left("night", 0), left("night", 4_000), Command::End(End::Customer)];
    let mut message = center.call("tel-a", Begin::default(), night).await;
    center.call("tel-b", Begin::default(), [up(0), left("night", 0)]).await;
    center.call("tel-c", Begin::default(), [up(0), left("night", 999), Command::End(End::Customer)]).await;
    let cut = center.call("tel-d", Begin::default(), [up(0), left("day", 0), Command::End(End::Lost)]).await;
    center.call("tel-a", dialled("unlucky"), answered(false)).await;
    center.call("tel-x", dialled("other"), answered(true)).await;
    let back = center.call("tel-a", dialled("agent1"), answered(true)).await;
    center.call("tel-a", dialled("late"), answered(true)).await;
    center.does(&mut message, Command::HearMessage("agent7".to_owned())).await;
    center.caught_up(&site).await;

    let all = center.messages(&site, None).await;
    let [last, first] = &all[..] else { panic!("{all:?}") };
    assert_eq!((last.call_id.as_str(), last.length_ms), (cut.id.to_string().as_str(), 0), "what a dead gateway left");
    assert_eq!(
        (first.number.as_str(), first.mailbox.as_str(), first.part, first.length_ms),
        (NUMBER, "night", 1_000, 4_000)
    );
    assert_eq!((first.called_back_at_ms, first.called_back_by.as_str()), (back.call.answered_at, "agent1"));
    assert_eq!((first.heard_by.as_str(), first.heard_at_ms), ("agent7", center.now));
    assert_eq!(first.at_ms, message.call.message.as_ref().unwrap().1);

    let mine = |queues: &[&str], calls: &[&Told]| Mailboxes {
        agent: "agent9".to_owned(),
        queues: queues.iter().map(|queue| (*queue).to_owned()).collect(),
        calls: calls.iter().map(|told| told.id.to_string()).collect(),
    };
    let heard = async |mailboxes| center.messages(&site, Some(&mailboxes)).await.len();
    assert_eq!(heard(mine(&[], &[])).await, 0);
    assert_eq!(heard(mine(&["night", "orders"], &[])).await, 1);
    assert_eq!(heard(mine(&["orders"], &[&message, &cut])).await, 2);
}

#[tokio::test]
async fn an_erased_customer_leaves_the_view_also_when_it_is_made_anew() {
    let mut center = Center::start().await;
    let site = center.keep(TOKYO, center.database().await).await;
    center.call("tel-a", Begin::default(), talk("orders", "agent1", End::Agent)).await;
    center.call("tel-b", Begin::default(), talk("orders", "agent1", End::Agent)).await;
    center.caught_up(&site).await;
    center.journal.vault().erase("tel-a").await.unwrap();
    let boxes = async |pool: PgPool| -> Vec<String> {
        let query = "select distinct customer_id from calls where number_box is not null or name_box is not null \
                     or answers_box is not null";
        sqlx::query_scalar(query).fetch_all(&pool).await.unwrap()
    };
    until(async || boxes(site.pool.clone()).await == ["tel-b"]).await;
    let found = center.list(&site, Filter { customer: Some("tel-a".to_owned()), ..Filter::default() }).await;
    assert_eq!((found[0].number.as_str(), found[0].name.as_str(), found[0].answers.len()), ("", "", 0));
    assert_eq!((found[0].agent_id.as_str(), found[0].phase()), ("agent1", pb::Phase::Ended));

    let anew = center.keep(OSAKA, center.database().await).await;
    center.caught_up(&anew).await;
    until(async || boxes(anew.pool.clone()).await == ["tel-b"]).await;
    assert_eq!(digest(&anew.pool).await.unwrap(), digest(&site.pool).await.unwrap());
}

#[tokio::test]
async fn a_start_reads_the_calls_that_live_and_not_those_that_are_over() {
    let mut center = Center::start().await;
    for _ in 0..40 {
        center.call("tel-a", Begin::default(), talk("orders", "agent1", End::Agent)).await;
    }
    let living = center.call("tel-b", Begin::default(), [up(0), queued("orders")]).await;
    let before = Book::new(center.journal.clone());
    assert_eq!(before.begin(&View::default()).await.unwrap(), 0, "without a view the stream is read from its start");
    let empty = View::default();
    empty.pool.set(center.database().await).unwrap();
    assert_eq!(before.begin(&empty).await.unwrap(), 0, "and with one that is not made yet");

    let site = center.keep(TOKYO, center.database().await).await;
    center.caught_up(&site).await;
    let view = View::default();
    view.pool.set(site.pool.clone()).unwrap();
    let later = center.call("tel-a", Begin::default(), talk("orders", "agent1", End::Agent)).await;
    center.caught_up(&site).await;
    let book = Book::new(center.journal.clone());
    assert_eq!(book.begin(&view).await.unwrap(), later.last);
    assert_eq!(book.records_read(), 3, "of {} records", later.last);
    let known = book.get(living.id).unwrap();
    assert_eq!((known.call, known.last), (living.call, living.last));
    assert_eq!(known.claim.unwrap().owner, "tokyo.telephony.a");
    assert!(book.get(later.id).is_none() && book.all().len() == 1);
    assert_eq!(book.all()[0].1.call.phase, Phase::Queued);
}
