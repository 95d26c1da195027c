//! Campaigns that dial by themselves, and the center's list, with two gateways.

use super::*;
use crate::campaign::Nobody;

/// Its queue is its own: tests share the journal, and campaigns of one queue share its agents.
fn progressive(id: &str) -> Plan {
    let line = crate::ivr::flow::Line { text: Some("失礼いたします。".into()), file: None };
    let announcement = crate::ivr::flow::Prompt { ja: Some(line), en: None };
    let nobody = Some(Box::new(Nobody { within_ms: 3_000, announcement }));
    Plan { mode: Mode::Progressive, queue: id.to_owned(), nobody, ..plan() }
}

async fn begin(site: &Site, id: &str, people: &[String]) {
    site.campaign(id, people).await;
    site.command(id, Command::Define { plan: progressive(id) }).await;
}

fn dialled(center: &Center) -> Vec<(CallId, Dialling)> {
    center.dialled.lock().expect("a lock").clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn not_more_ring_than_agents_are_free_and_a_takeover_dials_nobody_twice() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let (id, listed) = ("dials", people::<4>("dials"));
    begin(&tokyo, id, &listed).await;
    let center = Center::with(2);
    let mut first = tokyo.driver(&center);
    drive(&mut first, "two calls for two agents", || dialled(&center).len() == 2).await;
    for _ in 0..5 {
        first.step_all().await;
    }
    assert_eq!(dialled(&center).len(), 2, "they have no result yet");
    let (call, dialling) = dialled(&center)[0].clone();
    assert_eq!((dialling.number.as_str(), dialling.name.as_str()), (NUMBER, "田中 花子"));
    assert_eq!((dialling.queue, dialling.caller_id, dialling.within_ms), (id.to_owned(), plan().caller_id, 3_000));
    assert!(dialled_by(&tokyo, id, &dialling.person, call), "the attempt is stored before it rings");
    drop(first);

    tokyo.meets(&osaka, id).await;
    assert!(osaka.store.claim(id).await);
    let mut second = osaka.driver(&center);
    osaka.store.result(call, Outcome::Busy).await.expect("stored");
    drive(&mut second, "the third is called", || dialled(&center).len() == 3).await;
    for _ in 0..5 {
        second.step_all().await;
    }
    let called: BTreeSet<String> = dialled(&center).into_iter().map(|(_, it)| it.person).collect();
    assert_eq!((called.len(), dialled(&center).len()), (3, 3), "nobody twice");
    assert_eq!(attempts(&osaka, id).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_two_queues_counts_once() {
    let cluster = Cluster::shared().await;
    let tokyo = Site::start(&cluster, TOKYO).await;
    let (one, other, listed) = ("both-one", "both-other", people::<4>("of-two"));
    for (id, people) in [(one, &listed[..2]), (other, &listed[2..])] {
        tokyo.campaign(id, people).await;
        let queue = format!("of-two.{id}");
        tokyo.command(id, Command::Define { plan: Plan { queue, ..progressive(id) } }).await;
    }
    let center = Center::with(1);
    let mut driver = tokyo.driver(&center);
    drive(&mut driver, "one call", || !dialled(&center).is_empty()).await;
    for _ in 0..5 {
        driver.step_all().await;
    }
    assert_eq!(dialled(&center).len(), 1, "one agent is free, for both queues");
    center.free.store(2, Ordering::Relaxed);
    drive(&mut driver, "the second agent has a call too", || dialled(&center).len() == 2).await;
    for _ in 0..5 {
        driver.step_all().await;
    }
    assert_eq!(dialled(&center).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_reached_and_wants_no_more_calls_is_called_by_no_campaign() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let (id, listed) = ("reached", people::<2>("reached"));
    begin(&tokyo, id, &listed).await;
    let center = Center::with(1);
    let mut driver = tokyo.driver(&center);
    drive(&mut driver, "one call", || dialled(&center).len() == 1).await;
    let (call, dialling) = dialled(&center)[0].clone();
    tokyo.store.result(call, Outcome::Answered).await.expect("stored");
    center.say(call, wrapped(now_ms()));
    let on_list = || osaka.store.never.contains(&dialling.person);
    drive(&mut driver, "both sites have them on the list", on_list).await;
    assert_eq!(osaka.store.never.get(&dialling.person).map(|listed| listed.by), Some("agent".to_owned()));

    let later = "reached-later";
    begin(&osaka, later, std::slice::from_ref(&dialling.person)).await;
    let other = Center::with(9);
    let mut second = osaka.driver(&other);
    for _ in 0..5 {
        second.step_all().await;
    }
    assert!(dialled(&other).is_empty(), "a campaign made later knows it too");
    assert_eq!(osaka.store.never.remove(&dialling.person, "sup").await, Ok(true));
    assert_eq!(osaka.store.never.remove(&dialling.person, "sup").await, Ok(false));
    drive(&mut second, "and after all", || dialled(&other).len() == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sites_put_somebody_on_the_list_once() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let [person, other] = people("twice");
    let (one, two) = tokio::join!(tokyo.store.never.add(&person, "a", None), osaka.store.never.add(&person, "b", None));
    assert!(one == Ok(true) && two == Ok(false) || one == Ok(false) && two == Ok(true), "{one:?} {two:?}");
    tokyo.store.never.even_so(&person, "c", "call").await.expect("noted");
    tokyo.store.never.even_so(&other, "c", "call").await.expect("nothing to note");
    let subject = format!("campaign.never.{person}");
    let replay = tokyo.journal.replay(&CAMPAIGNS, &subject, 0).await.expect("the journal");
    assert_eq!(replay.records.len(), 2, "on the list, and dialled even so");
    assert!(tokyo.store.never.contains(&person) && !tokyo.store.never.contains(&other));
    assert_eq!(tokyo.store.never.page("", 9).iter().filter(|(id, _)| *id == person).count(), 1);
    assert!(tokyo.store.never.page(&person, 9).iter().all(|(id, _)| *id > person));
}
