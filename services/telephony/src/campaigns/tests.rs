//! Campaigns on a real journal, with two gateways and a center that says what it is asked.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use journal::{
    Journal,
    testing::{Cluster, OSAKA, TOKYO},
};
use prost::Message as _;
use proto::{
    routing::v1::Channel,
    telephony::v1::{self as pb, campaign_event::What},
};
use tokio::{sync::mpsc, time::sleep};

use super::{
    driver::Driver,
    progressive::Dialling,
    store::{Campaigns, Sealed, known},
    view, words,
    world::{Heard, Offered, World, Wrapped},
};
use crate::{
    campaign::{
        Abandon, Command, Event, Mode, Never, NewEntry, Outcome, Pauses, Plan, Returned, Stage, Window, decide,
    },
    gateway::{CAMPAIGNS, now_ms},
    ids::CallId,
};

mod dialling;
mod listed;

const NUMBER: &str = "+819012345678";

fn plan() -> Plan {
    let hour = 3_600_000;
    Plan {
        name: "再契約のご案内".into(),
        mode: Mode::Preview,
        queue: "sales".into(),
        caller_id: "+81312345678".into(),
        attempts: 3,
        attempts_per_day: 3,
        pauses: Pauses { busy_ms: hour, no_answer_ms: hour, machine_ms: hour, abandoned_ms: hour, failed_ms: hour },
        ring_ms: 25_000,
        preview_ms: 60_000,
        utc_offset_minutes: 540,
        windows: (1..=7).map(|weekday| Window { weekday, from: 0, to: 1_440 }).collect(),
        closed: BTreeSet::new(),
        abandon: Abandon { permille: 30, window_ms: hour },
        nobody: None,
    }
}

/// A center that notes what it is asked, and says what the test says.
#[derive(Default)]
struct Center {
    free: AtomicU32,
    offered: Mutex<Vec<(CallId, Offered)>>,
    dialled: Mutex<Vec<(CallId, Dialling)>>,
    closed: Mutex<BTreeSet<CallId>>,
    said: Mutex<HashMap<CallId, Vec<Heard>>>,
    /// How much was told of a conversation, to all who followed it.
    heard: Mutex<HashMap<CallId, usize>>,
}

impl Center {
    fn with(free: u32) -> Arc<Center> {
        Arc::new(Center { free: AtomicU32::new(free), ..Center::default() })
    }

    fn say(&self, conversation: CallId, heard: Heard) {
        self.said.lock().expect("a lock").entry(conversation).or_default().push(heard);
    }

    fn offered(&self) -> Vec<(CallId, Offered)> {
        self.offered.lock().expect("a lock").clone()
    }

    fn heard(&self, conversation: CallId) -> usize {
        self.heard.lock().expect("a lock").get(&conversation).copied().unwrap_or_default()
    }

    fn is_closed(&self, conversation: CallId) -> bool {
        self.closed.lock().expect("a lock").contains(&conversation)
    }
}

impl World for Center {
    /// Queues of one test have agents of their own; those whose names begin alike, up to a dot, share them.
    async fn free(&self, queue: &str, _channel: Channel) -> Option<BTreeSet<String>> {
        let group = queue.split('.').next().unwrap_or_default();
        Some((0..self.free.load(Ordering::Relaxed)).map(|agent| format!("{group}-{agent}")).collect())
    }

    async fn dial(&self, call: CallId, dialling: Dialling) -> bool {
        self.dialled.lock().expect("a lock").push((call, dialling));
        true
    }

    async fn offer(&self, conversation: CallId, offered: Offered) {
        self.offered.lock().expect("a lock").push((conversation, offered));
    }

    async fn close(&self, conversation: CallId) {
        self.closed.lock().expect("a lock").insert(conversation);
    }

    async fn watch(&self, conversation: CallId, told: mpsc::Sender<Heard>) {
        let mut next = 0;
        while !told.is_closed() {
            let heard = self.said.lock().expect("a lock").get(&conversation).and_then(|said| said.get(next).cloned());
            match heard {
                Some(heard) => {
                    next += 1;
                    drop(told.send(heard).await);
                    *self.heard.lock().expect("a lock").entry(conversation).or_default() += 1;
                }
                None => sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

/// A gateway's campaigns.
struct Site {
    store: Campaigns,
    journal: Journal,
}

impl Site {
    async fn start(cluster: &Cluster, home: usize) -> Site {
        let journal = cluster.journal(home, "telephony").await;
        journal.ensure_stream(&CAMPAIGNS).await.expect("a stream");
        let store = Campaigns::new(journal.clone());
        let mut follower = journal.follow(&CAMPAIGNS, 0).await.expect("a follower");
        let taking = store.clone();
        tokio::spawn(async move {
            while let Ok(records) = follower.next().await {
                records.iter().for_each(|record| taking.take(record));
            }
        });
        Site { store, journal }
    }

    fn me(&self) -> String {
        self.journal.owner_name()
    }

    fn driver(&self, center: &Arc<Center>) -> Driver<Center> {
        Driver::new(self.store.clone(), Arc::clone(center), self.me())
    }

    /// A campaign that runs, with these people.
    async fn campaign(&self, id: &str, people: &[String]) {
        self.command(id, Command::Define { plan: plan() }).await;
        let mut sealed = HashMap::new();
        for person in people {
            let shut = self.store.seal(id, person, NUMBER, "田中 花子").await.expect("a key store");
            sealed.insert(person.clone(), shut.expect("a key"));
        }
        let entries = people.iter().map(|it| NewEntry { id: it.clone(), number: it.clone() }).collect();
        let add = Command::Add { entries };
        let added = self
            .store
            .change(id, "sup", &sealed, |stored| Ok(decide(known(stored)?, &Never::new(), &add, now_ms())?))
            .await;
        assert_eq!(added.expect("added").len(), people.len());
        self.command(id, Command::Start).await;
        assert!(self.store.claim(id).await);
    }

    async fn command(&self, id: &str, command: Command) {
        let define = |stored: &super::store::Stored| Ok(decide(&stored.campaign, &Never::new(), &command, now_ms())?);
        self.store.change(id, "sup", &HashMap::new(), define).await.expect("carried out");
    }

    fn stage(&self, id: &str, person: &str) -> Option<Stage> {
        self.store.look(id, |stored| stored.campaign.entry(person).map(|entry| entry.stage.clone())).flatten()
    }

    fn view(&self, id: &str) -> Option<pb::Campaign> {
        self.store.look(id, |stored| view::campaign(id, stored, &Never::new(), now_ms()))
    }

    /// Until both have read the same.
    async fn meets(&self, other: &Site, id: &str) {
        until("both sites have read the same", || {
            let last = |site: &Site| site.store.look(id, |stored| stored.last);
            last(self).is_some() && last(self) == last(other)
        })
        .await;
    }
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("not within ten seconds: {what}");
}

fn people<const N: usize>(test: &str) -> [String; N] {
    std::array::from_fn(|at| format!("tel-{test}-{at}"))
}

/// Lets the driver look at its campaigns until something holds.
async fn drive(driver: &mut Driver<Center>, what: &str, holds: impl Fn() -> bool) {
    for _ in 0..200 {
        driver.step_all().await;
        if holds() {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("not within ten seconds: {what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_gateways_that_dial_the_same_entry_one_does() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let (id, [person]) = ("both", people("both"));
    tokyo.campaign(id, std::slice::from_ref(&person)).await;
    let center = Center::with(1);
    drive(&mut tokyo.driver(&center), "an offer", || !center.offered().is_empty()).await;
    tokyo.meets(&osaka, id).await;
    let calls = [CallId::new(), CallId::new()];
    let (one, other) = tokio::join!(tokyo.store.dial(&person, calls[0]), osaka.store.dial(&person, calls[1]));
    let shown = Ok(Some(plan().caller_id));
    assert!((one == shown) != (other == shown), "{one:?} {other:?}");
    let refused = if one == shown { other } else { one };
    assert_eq!(refused.expect_err("refused").reason, "being_called");
    let winner = calls.into_iter().find(|call| dialled_by(&tokyo, id, &person, *call)).expect("an attempt");
    assert_eq!(osaka.store.dial(&person, winner).await, shown, "a resend of the call is the same attempt");
    tokyo.meets(&osaka, id).await;
    assert_eq!(tokyo.view(id).map(|view| view.dialled), Some(1));
    assert_eq!(osaka.store.dial("tel-somebody-else", CallId::new()).await, Ok(None));
}

fn wrapped(at: u64) -> Heard {
    Heard::Wrapped(Wrapped { code: "do_not_call".to_owned(), by: "agent".to_owned(), at })
}

fn dialled_by(site: &Site, id: &str, person: &str, call: CallId) -> bool {
    matches!(site.stage(id, person), Some(Stage::Dialled { by, .. }) if by == call.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_is_taken_over_goes_on_and_calls_nobody_twice() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let (id, listed) = ("moves", people::<3>("moves"));
    tokyo.campaign(id, &listed).await;
    let center = Center::with(2);
    let mut first = tokyo.driver(&center);
    drive(&mut first, "two offers for two agents", || center.offered().len() == 2).await;
    let [(taken, dialled), (open, offered)] = <[_; 2]>::try_from(center.offered()).expect("two offers");
    center.say(taken, Heard::Assigned);
    let call = CallId::new();
    assert!(tokyo.store.dial(&dialled.person, call).await.expect("dialled").is_some());
    drop(first);

    tokyo.meets(&osaka, id).await;
    assert!(osaka.store.claim(id).await);
    tokyo.meets(&osaka, id).await;
    let stale = Command::Preview { agent: CallId::new().to_string() };
    assert_eq!(tokyo.store.drive(id, &tokyo.me(), stale).await, Ok(Vec::new()), "it drives nothing any more");
    let mut second = osaka.driver(&center);
    drive(&mut second, "the open offer is made again", || center.offered().len() > 2).await;
    let again = center.offered().split_off(2);
    assert!(again.iter().all(|(id, _)| *id == open), "the same conversation: {again:?}");
    assert!(again.iter().all(|(_, it)| it.person == offered.person));
    osaka.store.result(call, Outcome::NoAnswer).await.expect("stored");
    center.free.store(9, Ordering::Relaxed);
    drive(&mut second, "the third entry is offered", || osaka.stage(id, &listed[2]).is_some_and(is_offered)).await;
    for _ in 0..5 {
        second.step_all().await;
    }
    assert!(matches!(osaka.stage(id, &dialled.person), Some(Stage::Due(at)) if at > now_ms()), "not before its pause");
    assert_eq!(attempts(&osaka, id).await, vec![(dialled.person, 1)]);
}

fn is_offered(stage: Stage) -> bool {
    matches!(stage, Stage::Previewed { .. })
}

/// What the journal has of attempts.
async fn attempts(site: &Site, id: &str) -> Vec<(String, u32)> {
    let replay = site.journal.replay(&CAMPAIGNS, &format!("campaign.{id}"), 0).await.expect("the journal");
    let events = replay.records.iter().flat_map(|record| record.unit.events.clone());
    let dialled = events.filter_map(|bytes| {
        let what = pb::CampaignEvent::decode(bytes).expect("an event").what?;
        if let What::Dialled(dialled) = what { Some((dialled.entry_id, dialled.attempt)) } else { None }
    });
    dialled.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_does_what_is_heard_of_its_conversation() {
    let cluster = Cluster::shared().await;
    let tokyo = Site::start(&cluster, TOKYO).await;
    let (id, listed) = ("heard", people::<3>("heard"));
    tokyo.campaign(id, &listed).await;
    let center = Center::with(3);
    let mut driver = tokyo.driver(&center);
    drive(&mut driver, "three offers", || center.offered().len() == 3).await;
    let by_person: HashMap<String, CallId> =
        center.offered().into_iter().map(|(conversation, offered)| (offered.person, conversation)).collect();
    let [left, refuses, withdrawn] = listed.each_ref().map(|person| by_person[person]);
    assert_eq!(center.offered()[0].1.number, NUMBER);
    assert_eq!(center.offered()[0].1.name, "田中 花子");
    assert_eq!((center.offered()[0].1.queue.clone(), center.offered()[0].1.about.clone()), (plan().queue, plan().name));

    center.say(left, Heard::Assigned);
    center.say(left, Heard::Closed);
    until("who is left goes back", || matches!(tokyo.stage(id, &listed[0]), Some(Stage::Due(at)) if at > now_ms()))
        .await;

    center.say(refuses, Heard::Assigned);
    let call = CallId::new();
    assert!(tokyo.store.dial(&listed[1], call).await.expect("dialled").is_some());
    tokyo.store.result(call, Outcome::Answered).await.expect("stored");
    center.say(refuses, wrapped(now_ms()));
    let never = |person: &str| tokyo.store.look(id, |stored| stored.campaign.may_not_call(person)).unwrap_or_default();
    until("who asked for it is called no more", || never(&listed[1])).await;
    assert!(!never(&listed[0]) && !never(&listed[2]));

    tokyo.command(id, Command::Pause).await;
    until("a pause withdraws what nobody took", || center.is_closed(withdrawn)).await;
    assert!(matches!(tokyo.stage(id, &listed[2]), Some(Stage::Due(_))));
    assert!(!center.is_closed(refuses), "the agent closes it");
    let view = tokyo.view(id).expect("a campaign");
    let answered = pb::OutcomeCount { outcome: pb::AttemptOutcome::Answered.into(), entries: 1 };
    assert_eq!((view.entries, view.due, view.done, view.do_not_call), (3, 2, 1, 1));
    assert_eq!((view.outcomes, view.changed_by.as_str()), (vec![answered], "sup"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_personal_is_in_clear_and_who_was_erased_is_called_no_more() {
    let cluster = Cluster::shared().await;
    let tokyo = Site::start(&cluster, TOKYO).await;
    let (id, listed) = ("sealed", people::<2>("sealed"));
    tokyo.campaign(id, &listed).await;
    let replay = tokyo.journal.replay(&CAMPAIGNS, "campaign.sealed", 0).await.expect("the journal");
    for record in &replay.records {
        for plain in [&NUMBER.as_bytes()[3..], "田中".as_bytes()] {
            assert!(!record.payload.windows(plain.len()).any(|bytes| bytes == plain), "in clear");
        }
    }
    let opened = tokyo.store.person(id, &listed[0]).await.expect("a key store");
    assert_eq!(opened, Some((NUMBER.to_owned(), "田中 花子".to_owned())));
    tokyo.journal.vault().erase(&listed[0]).await.expect("erased");
    assert_eq!(tokyo.store.person(id, &listed[0]).await.expect("a key store"), None);
    assert!(tokyo.store.seal(id, &listed[0], NUMBER, "").await.expect("a key store").is_none(), "not added again");
    let center = Center::with(2);
    let mut driver = tokyo.driver(&center);
    drive(&mut driver, "the other one is offered", || !center.offered().is_empty()).await;
    let never = || tokyo.store.look(id, |stored| stored.campaign.may_not_call(&listed[0])).unwrap_or_default();
    until("the erased one is on the list", never).await;
    assert!(center.offered().iter().all(|(_, offered)| offered.person == listed[1]));
}

#[test]
fn every_event_is_kept_as_it_was() {
    let entry = || "tel-1".to_owned();
    let mut events = vec![
        Event::Defined { plan: Box::new(plan()) },
        Event::Added { entry: entry(), number: entry() },
        Event::Started,
        Event::Paused,
        Event::Finished,
        Event::DoNotCall { number: entry() },
        Event::MayCall { number: entry() },
        Event::Previewed { entry: entry(), agent: "c".into(), until: 7 },
        Event::Returned { entry: entry(), why: Returned::Skipped, again_at: 7 },
        Event::Returned { entry: entry(), why: Returned::Lapsed, again_at: 8 },
        Event::Dialled { entry: entry(), attempt: 2, by: "k".into(), agent: None, at: 5, until: 9 },
        Event::Dialled { entry: entry(), attempt: 2, by: "k".into(), agent: Some("c".into()), at: 5, until: 9 },
    ];
    let outcomes = [
        Outcome::Answered,
        Outcome::Abandoned,
        Outcome::Busy,
        Outcome::NoAnswer,
        Outcome::Machine,
        Outcome::AskedNotToCall,
        Outcome::NoSuchNumber,
        Outcome::Failed,
        Outcome::Lost,
    ];
    events.extend(
        outcomes.into_iter().zip([Some(3), None].into_iter().cycle()).map(|(outcome, again_at)| Event::Ended {
            entry: entry(),
            attempt: 1,
            outcome,
            at: 2,
            again_at,
        }),
    );
    for event in events {
        let sealed = Sealed::default();
        let bytes = words::encode(&event, "sup", Some(&sealed)).encode_to_vec();
        let read = pb::CampaignEvent::decode(bytes.as_slice()).expect("protobuf");
        assert_eq!(words::decode(&read), Some(event));
        assert_eq!(read.by, "sup");
    }
    assert_eq!(words::decode(&pb::CampaignEvent::default()), None);
}
