//! Several owners, one webhook, a journal that fences: places never go back, what a person paused stays paused, a receiver is given up on only after
//! long, and pauses between tries grow within bounds.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proto::{
    crm::v1::{
        WebhookAdded, WebhookEvent, WebhookMoved, WebhookPlaces, WebhookRemoved, WebhookState, webhook_event::What,
    },
    journal::v1::Unit,
};

use super::{
    kind::{Source, sources},
    pace::{Health, pause},
    thread::{Thread, decide},
};

const DAY: u64 = 86_400_000;

proptest! {
    #[test]
    fn pauses_grow_and_are_spread_within_a_quarter(tries in 1_u32..200, dice in 0_u32..1_000) {
        let (least, most) = (pause(tries, 0), pause(tries, 999));
        prop_assert!((750..=375_000).contains(&pause(tries, dice)));
        prop_assert!(least <= pause(tries, dice) && pause(tries, dice) <= most);
        prop_assert!(pause(tries + 1, 0) >= least);
        prop_assert_eq!(most - least, (least + most) / 4, "a quarter of the plain pause to both sides");
    }

    #[test]
    fn a_receiver_is_given_up_on_only_when_nothing_succeeded_for_long(
        steps in prop::collection::vec((any::<bool>(), 1_u64..DAY / 4), 1..60),
        patience in 1_000_u64..2 * DAY,
    ) {
        let (mut health, mut now, mut last_success, mut in_vain) = (Health::default(), 1_u64, 0_u64, 0_u32);
        for (ok, passed) in steps {
            now += passed;
            if ok {
                health.succeed();
                (last_success, in_vain) = (now, 0);
            } else {
                health.fail(now);
                in_vain += 1;
            }
            prop_assert_eq!(health.failures, in_vain);
            if health.is_hopeless(now, patience) {
                prop_assert!(in_vain >= 10 && now - last_success >= patience);
            }
        }
    }
}

/// The subject, as the servers keep it: refused unless the writer knows the last one.
#[derive(Default)]
struct Subject(Vec<Unit>);

impl Subject {
    fn append(&mut self, thread: &mut Thread, unit: Unit) -> bool {
        if thread.last != self.0.len() as u64 {
            return false;
        }
        self.0.push(unit.clone());
        thread.take(self.0.len() as u64, &unit);
        true
    }

    fn read(&self, thread: &mut Thread) {
        self.0.iter().enumerate().for_each(|(at, unit)| thread.take(at as u64 + 1, unit));
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Read,
    Claim,
    Move(u64),
    Turn(WebhookState),
    Remove,
}

fn step() -> impl Strategy<Value = (bool, Step)> {
    let states = prop_oneof![Just(WebhookState::Active), Just(WebhookState::Paused), Just(WebhookState::Failed)];
    let step = prop_oneof![
        3 => Just(Step::Read),
        1 => Just(Step::Claim),
        4 => (0_u64..100).prop_map(Step::Move),
        2 => states.prop_map(Step::Turn),
        1 => Just(Step::Remove),
    ];
    (any::<bool>(), step)
}

fn said(what: What) -> WebhookEvent {
    WebhookEvent { at_ms: 1, by: String::new(), what: Some(what) }
}

proptest! {
    #[test]
    fn owners_and_persons_never_undo_each_others_work(steps in prop::collection::vec(step(), 1..60)) {
        let mut subject = Subject::default();
        let mut writers = [("tokyo", Thread::default()), ("osaka", Thread::default())];
        let added = said(What::Added(WebhookAdded { kinds: vec!["order.changed".into()], ..WebhookAdded::default() }));
        let (name, thread) = &mut writers[0];
        let unit = thread.unit(Some(&added), Some(thread.claimed_by(name)), name, 1);
        prop_assert!(subject.append(thread, unit));
        let mut place = 0;
        for (other, step) in steps {
            let (name, thread) = &mut writers[usize::from(other)];
            let Some(hook) = thread.held.clone() else {
                subject.read(thread);
                continue;
            };
            let unit = match step {
                Step::Read => {
                    subject.read(thread);
                    continue;
                }
                Step::Claim => thread.unit(None, Some(thread.claimed_by(name)), name, 1),
                Step::Move(_) if !thread.is_owned_by(name) => continue,
                Step::Move(on) => {
                    let places = Some(WebhookPlaces { crm: on, ..WebhookPlaces::default() });
                    let moved = WebhookMoved { places, ..WebhookMoved::default() };
                    thread.unit(Some(&said(What::Moved(moved))), None, name, 1)
                }
                Step::Turn(state) => {
                    let Some(what) = decide(&hook, state) else { continue };
                    prop_assert!(state != WebhookState::Failed || hook.is_active());
                    thread.unit(Some(&said(what)), None, name, 1)
                }
                Step::Remove => thread.unit(Some(&said(What::Removed(WebhookRemoved {}))), None, name, 1),
            };
            subject.append(thread, unit);
            let mut now = Thread::default();
            subject.read(&mut now);
            if let Some(hook) = now.held {
                prop_assert!(hook.places.of(Source::Crm) >= place, "a place went back");
                place = hook.places.of(Source::Crm);
            }
            let claims: Vec<u64> = subject.0.iter().filter_map(|unit| Some(unit.claim.as_ref()?.epoch)).collect();
            prop_assert!(claims.windows(2).all(|pair| pair[0] + 1 == pair[1]), "two claims of one epoch: {claims:?}");
        }
    }
}

#[test]
fn only_the_streams_that_are_wanted_are_read() {
    let of = |kinds: &[&str]| sources(&kinds.iter().map(|it| (*it).to_owned()).collect::<BTreeSet<_>>());
    assert_eq!(of(&["order.changed"]), BTreeSet::from([Source::Crm]));
    assert_eq!(of(&["case.closed", "customer.erased"]), BTreeSet::from([Source::Work, Source::Keys]));
    assert_eq!(of(&["touchpoint.added"]).len(), 3);
}
