//! Who is on a list while they are offered, and who comes off it.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn who_may_be_called_after_all_stays_so_for_whoever_drives_the_campaign() {
    let cluster = Cluster::shared().await;
    let (tokyo, osaka) = (Site::start(&cluster, TOKYO).await, Site::start(&cluster, OSAKA).await);
    let (id, [person]) = ("after-all", people("after-all"));
    tokyo.campaign(id, std::slice::from_ref(&person)).await;
    let center = Center::with(1);
    let mut first = tokyo.driver(&center);
    drive(&mut first, "an offer", || !center.offered().is_empty()).await;
    let (conversation, _) = center.offered()[0].clone();
    center.say(conversation, Heard::Assigned);
    let call = CallId::new();
    assert!(tokyo.store.dial(&person, call).await.expect("dialled").is_some());
    tokyo.store.result(call, Outcome::NoAnswer).await.expect("stored");
    center.say(conversation, wrapped(now_ms()));
    let listed = |site: &Site| {
        let own = site.store.look(id, |stored| stored.campaign.may_not_call(&person)).unwrap_or_default();
        (own, site.store.never.contains(&person))
    };
    until("both lists have them", || listed(&tokyo) == (true, true) && listed(&osaka) == (true, true)).await;

    sleep(Duration::from_millis(2)).await;
    tokyo.command(id, Command::MayCall { numbers: vec![person.clone()] }).await;
    assert_eq!(tokyo.store.never.remove(&person, "sup").await, Ok(true));
    until("the other site knows", || listed(&osaka) == (false, false)).await;
    drop(first);
    tokyo.meets(&osaka, id).await;
    assert!(osaka.store.claim(id).await);
    let mut second = osaka.driver(&center);
    second.step_all().await;
    // Heard after all that was said before.
    center.say(conversation, wrapped(0));
    center.say(conversation, Heard::Closed);
    until("it has heard everything again", || center.heard(conversation) >= 2 * 2 + 2).await;
    assert_eq!(listed(&osaka), (false, false), "what was said before is no news");
    let now = now_ms();
    center
        .say(conversation, Heard::Wrapped(Wrapped { code: "do_not_call".to_owned(), by: "other".to_owned(), at: now }));
    until("what is said now counts", || listed(&osaka) == (true, true)).await;
    let listing = osaka.store.never.get(&person).expect("listed");
    assert!(listing.by == "other" && listing.at >= now, "not by what was said before: {listing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_on_the_centers_list_is_offered_no_more() {
    let cluster = Cluster::shared().await;
    let tokyo = Site::start(&cluster, TOKYO).await;
    let (id, [person]) = ("listed", people("listed"));
    tokyo.campaign(id, std::slice::from_ref(&person)).await;
    let center = Center::with(1);
    let mut driver = tokyo.driver(&center);
    drive(&mut driver, "an offer", || !center.offered().is_empty()).await;
    let (conversation, _) = center.offered()[0].clone();
    assert_eq!(tokyo.store.never.add(&person, "sup", None).await, Ok(true));
    let refused = tokyo.store.dial(&person, CallId::new()).await;
    assert!(refused.is_err() || refused == Ok(None), "nobody dials them for the campaign: {refused:?}");
    until("the offer is withdrawn", || center.is_closed(conversation)).await;
    assert!(matches!(tokyo.stage(id, &person), Some(Stage::Due(_))));
}
