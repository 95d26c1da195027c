//! Single stories in the simulated world.

use std::collections::HashMap;

use tokio::sync::{mpsc, oneshot};

use super::{CONVERSATION, Fate, Step, World, agent, assign, customer, open, post, system};
use crate::{
    conversation::{Action, Command, Wish},
    service::{Ask, Item, Reply, Sink, hall::Effect},
};

/// A world in which the conversation is open and the agent holds it.
fn held() -> World {
    let mut world = World::new();
    world.step(Step::Command(0, customer(), open()));
    world.settle();
    world.step(Step::Command(0, system(), assign(1, 1)));
    world.settle();
    world
}

#[test]
fn commands_that_meet_share_a_unit_and_receipts_ride_along() {
    let mut world = held();
    world.step(Step::Command(0, customer(), post(1)));
    world.settle();
    let before = world.log.len();
    for up_to in [3, 2] {
        world.step(Step::Command(0, agent(), Action::MarkDelivered { up_to }));
        world.step(Step::Command(0, agent(), Action::MarkRead { up_to }));
    }
    assert!(world.sites[0].work.is_empty(), "receipts wait");
    world.step(Step::Command(0, customer(), post(2)));
    for message in 3..6 {
        world.step(Step::Command(0, customer(), post(message)));
    }
    world.settle();
    let units: Vec<usize> = world.log[before..].iter().map(|record| record.unit.events.len()).collect();
    assert_eq!(units, [2, 3], "one message and one receipt; then what came meanwhile");
}

#[test]
fn receipts_alone_go_after_their_wait() {
    let mut world = held();
    world.step(Step::Command(0, customer(), post(1)));
    world.settle();
    world.step(Step::Command(0, agent(), Action::MarkRead { up_to: 9 }));
    world.step(Step::Wait(999));
    assert!(world.sites[0].work.is_empty());
    world.step(Step::Wait(1));
    assert!(matches!(world.sites[0].work[..], [Effect::Append { .. }]));
}

#[test]
fn nobody_hears_yes_before_the_acknowledgement() {
    let mut world = held();
    world.step(Step::Command(0, customer(), post(1)));
    world.step(Step::Command(0, customer(), post(1)));
    assert!(world.promised.is_empty());
    world.step(Step::Work(0, 0, Fate::Lost));
    world.step(Step::Wait(4_000));
    world.step(Step::Work(0, 0, Fate::Lost));
    assert!(world.promised.is_empty());
    world.settle();
    assert!(world.sites[0].answers.is_empty(), "the caller hears `unavailable` instead");
}

#[test]
fn an_unknown_outcome_is_tried_again_under_the_same_id() {
    let mut world = held();
    world.step(Step::Command(0, customer(), post(1)));
    let id = |world: &World| match &world.sites[0].work[..] {
        [Effect::Append { id, .. }] => id.clone(),
        _ => panic!("one append"),
    };
    let first = id(&world);
    world.step(Step::Work(0, 0, Fate::Half));
    assert_eq!(id(&world), first);
    world.settle();
    assert_eq!(world.promised.get(&1), Some(&3));
}

#[test]
fn the_followers_record_is_as_good_as_the_acknowledgement() {
    let mut world = held();
    world.step(Step::Command(0, customer(), post(1)));
    let Some(Effect::Append { id, unit, .. }) = world.sites[0].work.pop() else { panic!("one append") };
    world.store(&id, unit);
    world.step(Step::Follow(0));
    assert_eq!(world.promised.get(&1), Some(&3));
    assert!(world.sites[0].work.is_empty(), "nothing is read or sent again");
}

#[test]
fn after_a_conflict_the_journal_is_read_before_deciding_again() {
    let mut world = held();
    world.step(Step::Command(0, customer(), post(1)));
    world.step(Step::Work(0, 0, Fate::Fine));
    world.step(Step::Command(1, customer(), post(2)));
    world.step(Step::Work(1, 0, Fate::Fine));
    assert!(matches!(world.sites[1].work[..], [Effect::Load { after: 6, .. }]));
    world.step(Step::Work(1, 0, Fate::Fine));
    world.step(Step::Work(1, 0, Fate::Fine));
    assert_eq!(world.promised, HashMap::from([(1, 3), (2, 4)]));
}

#[test]
fn a_watcher_that_has_more_is_given_only_what_it_lacks() {
    let mut world = held();
    let ((items, mut received), (refusals, _refused)) = (mpsc::channel(9), mpsc::unbounded_channel());
    let sink = Sink { stream: 99, items, refusals };
    let now = world.now;
    world.sites[0].hall.ask(CONVERSATION, Ask::Watch { sink, tag: 5, by: customer(), after: 3 }, now);
    world.sites[0].hall.pump(CONVERSATION, now);
    world.settle();
    assert!(matches!(received.try_recv(), Ok(Item::Backlog { events, .. }) if events.is_empty()));
    for message in 1..3 {
        world.step(Step::Command(0, customer(), post(message)));
        world.settle();
    }
    assert!(matches!(received.try_recv(), Ok(Item::Live { event, .. }) if event.text == "text 2"));
}

#[test]
fn nobody_is_refused_on_old_knowledge() {
    let mut world = World::new();
    world.step(Step::Command(1, customer(), open()));
    world.settle();
    world.step(Step::Command(0, system(), assign(1, 1)));
    world.step(Step::Work(0, 0, Fate::Fine));
    assert_eq!(world.log.len(), 2, "osaka has not heard of it yet");
    world.step(Step::Command(1, agent(), post(20)));
    world.step(Step::Work(1, 0, Fate::Fine));
    world.step(Step::Work(1, 0, Fate::Fine));
    assert_eq!(world.promised.get(&20), Some(&3));
}

#[test]
fn a_slow_watcher_is_dropped_and_told_so() {
    let mut world = held();
    let ((items, received), (refusals, mut refused)) = (mpsc::channel(2), mpsc::unbounded_channel());
    let sink = Sink { stream: 99, items, refusals };
    let now = world.now;
    world.sites[0].hall.ask(CONVERSATION, Ask::Watch { sink, tag: 5, by: customer(), after: 2 }, now);
    world.sites[0].hall.pump(CONVERSATION, now);
    world.settle();
    for message in 1..5 {
        world.step(Step::Command(0, customer(), post(message)));
        world.settle();
    }
    let refusal = refused.try_recv().expect("a refusal");
    assert!(
        matches!(refusal.what, Some(proto::chat::v1::watch_response::What::Refusal(refusal)) if refusal.reason == "too_slow")
    );
    assert_eq!(received.len(), 2, "the queue is bounded");
    assert_eq!(world.sites[0].watching.as_ref().map(|watching| watching.seen), Some(6), "the others go on");
}

#[test]
fn a_watch_waits_for_the_assignment_that_is_on_its_way() {
    let mut world = World::new();
    world.step(Step::Command(0, customer(), open()));
    world.settle();
    let ((items, mut received), (refusals, mut refused)) = (mpsc::channel(9), mpsc::unbounded_channel());
    let sink = Sink { stream: 99, items, refusals };
    let now = world.now;
    world.sites[1].hall.ask(CONVERSATION, Ask::Watch { sink, tag: 5, by: agent(), after: 0 }, now);
    world.sites[1].hall.pump(CONVERSATION, now);
    world.collect(1);
    world.step(Step::Work(1, 0, Fate::Fine));
    assert!(received.try_recv().is_err() && refused.try_recv().is_err());
    world.step(Step::Command(0, system(), assign(1, 1)));
    world.step(Step::Work(0, 0, Fate::Fine));
    world.step(Step::Follow(1));
    assert!(matches!(received.try_recv(), Ok(Item::Backlog { events, .. }) if events.len() == 2));
}

#[test]
fn an_erased_customer_says_nothing_more_and_nothing_is_opened() {
    let mut world = held();
    world.sites[0].hall.erased("c1");
    let (reply, mut answer) = oneshot::channel();
    let now = world.now;
    world.sites[0].hall.command(CONVERSATION, Command { by: customer(), action: post(1) }, Reply::Once(reply), now);
    world.sites[0].hall.pump(CONVERSATION, now);
    assert_eq!(answer.try_recv().expect("answered").unwrap_err().reason, "erased");
    world.step(Step::Command(0, agent(), Action::Close));
    world.settle();
    assert_eq!(world.wishes, [Wish::End { round: 1, withdrawn: false }]);
}

#[test]
fn what_was_not_used_for_long_is_forgotten_and_read_again() {
    let mut world = held();
    world.sites[0].watching = None;
    world.sites[0].hall.stream_left(1);
    let streams = world.sites[0].streams;
    (0..=streams).for_each(|stream| world.sites[0].hall.stream_left(stream));
    world.sites[0].hall.limits.cached_events = 0;
    world.sites[0].hall.evict();
    assert!(world.sites[0].hall.entries.is_empty());
    assert_eq!(world.sites[0].hall.cached_events, 0);
    world.step(Step::Command(0, customer(), post(1)));
    world.settle();
    assert_eq!(world.promised.get(&1), Some(&3));
}

/// A world in which osaka has forgotten the conversation, and tokyo has stored one more message.
fn forgotten_at_osaka() -> World {
    let mut world = held();
    world.sites[1].hall.entries.clear();
    world.sites[1].watching = None;
    world.step(Step::Command(0, customer(), post(1)));
    world.step(Step::Work(0, 0, Fate::Fine));
    world
}

#[test]
fn a_replica_that_lags_behind_the_follower_is_not_believed() {
    let mut world = forgotten_at_osaka();
    world.step(Step::Follow(1));
    world.step(Step::Watch(1));
    world.step(Step::Work(1, 0, Fate::Half));
    assert!(matches!(world.sites[1].work[..], [Effect::Load { again: true, .. }]));
    world.step(Step::Work(1, 0, Fate::Fine));
    assert_eq!(world.sites[1].watching.as_ref().map(|watching| watching.seen), Some(3));
}

#[test]
fn a_hole_in_what_the_follower_brings_is_read() {
    let mut world = forgotten_at_osaka();
    world.step(Step::Watch(1));
    world.step(Step::Work(1, 0, Fate::Half));
    assert_eq!(world.sites[1].watching.as_ref().map(|watching| watching.seen), Some(2));
    world.step(Step::Command(0, customer(), post(2)));
    world.step(Step::Work(0, 0, Fate::Fine));
    world.sites[1].position += 1;
    world.step(Step::Follow(1));
    world.step(Step::Work(1, 0, Fate::Fine));
    assert_eq!(world.sites[1].watching.as_ref().map(|watching| watching.seen), Some(4));
}
