//! One world of processes that see records late, beats sometimes, and time in jumps.

use proptest::prelude::*;
use proto::journal::v1::Claim;

use super::*;

const SUBJECT: &str = "thing.main";

fn record(sequence: u64, unit: Unit) -> Record {
    let payload = prost::Message::encode_to_vec(&unit);
    Record::new(sequence, 0, SUBJECT.to_owned(), String::new(), payload.into(), None)
}

fn claim(owner: &str, epoch: u64) -> Unit {
    Unit { claim: Some(Claim { owner: owner.to_owned(), epoch }), epoch, ..Unit::default() }
}

#[test]
fn an_unclaimed_thing_is_claimed_at_once_but_only_while_the_journal_moves() {
    let mut mine = Ownership::new("me", SUBJECT);
    assert_eq!(mine.tick(0), None);
    mine.journal_progress(10);
    let next = mine.tick(10).unwrap();
    assert_eq!((next.expect, next.claim.epoch), (0, 1));
    assert_eq!(mine.tick(20), None, "not twice at once");
    mine.journal_progress(10 + CLAIM_PAUSE_MS);
    assert!(mine.tick(10 + CLAIM_PAUSE_MS).is_some());
    mine.on_unit(4, &claim("me", 1));
    assert!(mine.mine());
    assert_eq!((mine.epoch(), mine.last()), (1, 4));
}

#[test]
fn silence_counts_only_while_the_journal_moves() {
    let mut other = Ownership::new("other", SUBJECT);
    other.on_record(&record(1, claim("owner", 1)));
    let mut now = 0;
    other.journal_progress(now);
    // The witness is gone for a minute: nobody hears the owner, and nobody may conclude anything.
    while now < 60_000 {
        now += 100;
        assert_eq!(other.tick(now), None);
    }
    let back = now;
    let next = loop {
        now += 100;
        other.journal_progress(now);
        if let Some(next) = other.tick(now) {
            break next;
        }
    };
    assert_eq!((next.expect, next.claim.epoch), (1, 2));
    assert!(now - back <= SUSPECT_AFTER_MS, "took over after {} ms", now - back);
    assert!(now - back > SUSPECT_AFTER_MS - PROGRESS_HOLDS_MS - 200, "only {} ms", now - back);
}

#[test]
fn beats_of_the_standing_owner_count_and_others_do_not() {
    for (owner, epoch, keeps) in [("owner", 1, true), ("owner", 7, false), ("ghost", 1, false)] {
        let mut other = Ownership::new("other", SUBJECT);
        other.on_record(&record(1, claim("owner", 1)));
        let mut claimed = false;
        for now in (0..10_000).step_by(100) {
            other.journal_progress(now);
            other.on_heartbeat(owner, epoch, now);
            claimed |= other.tick(now).is_some();
        }
        assert_eq!(claimed, !keeps, "beats of {owner} at {epoch}");
    }
}

#[test]
fn a_frozen_challenger_does_not_take_its_own_sleep_for_the_owners_silence() {
    let mut other = Ownership::new("other", SUBJECT);
    other.on_record(&record(1, claim("owner", 1)));
    other.journal_progress(0);
    other.on_heartbeat("owner", 1, 0);
    assert_eq!(other.tick(0), None);
    other.journal_progress(50_000);
    assert_eq!(other.tick(50_000), None);
}

#[test]
fn a_refused_owner_is_none_until_the_records_say_so() {
    let mut mine = Ownership::new("me", SUBJECT);
    mine.on_record(&record(1, claim("me", 1)));
    assert!(mine.mine());
    mine.refused();
    assert!(!mine.mine());
    mine.on_record(&record(1, claim("me", 1)));
    assert!(!mine.mine(), "an old record proves nothing");
    mine.on_record(&record(5, claim("other", 2)));
    assert!(!mine.mine());
    mine.on_record(&record(6, claim("me", 3)));
    assert!(mine.mine());
}

#[test]
fn other_subjects_and_the_past_change_nothing() {
    let mut mine = Ownership::restore("me", SUBJECT, Some(Claim { owner: "me".to_owned(), epoch: 3 }), 9);
    mine.on_record(&record(8, claim("other", 9)));
    let mut elsewhere = record(20, claim("other", 9));
    elsewhere.subject = "thing.second".to_owned();
    mine.on_record(&elsewhere);
    assert!(mine.mine());
    assert_eq!((mine.epoch(), mine.last()), (3, 9));
}

/// The journal of the world: appends are fenced by the expected sequence, as the servers do it.
#[derive(Default)]
struct World {
    log: Vec<Unit>,
}

impl World {
    fn last(&self) -> u64 {
        self.log.len() as u64
    }

    fn append(&mut self, expect: u64, unit: Unit) -> Option<u64> {
        (expect == self.last()).then(|| {
            self.log.push(unit);
            self.last()
        })
    }

    fn show(&self, to: &mut Ownership, up_to: u64) {
        for (at, unit) in self.log.iter().enumerate().take(usize::try_from(up_to).unwrap()) {
            to.on_record(&record(at as u64 + 1, unit.clone()));
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Time passes for one process, which ticks and claims if it wants to.
    Tick(usize, Millis),
    /// A process sees the log so far.
    See(usize),
    /// A process that believes to be the owner writes.
    Work(usize),
    /// A process hears another's beat.
    Hear(usize, usize),
    /// A process learns that the journal moves.
    Progress(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..3_usize;
    let step = prop_oneof![
        4 => (who.clone(), 0..900_u64).prop_map(|(who, ms)| Step::Tick(who, ms)),
        2 => who.clone().prop_map(Step::See),
        3 => who.clone().prop_map(Step::Work),
        2 => (who.clone(), who.clone()).prop_map(|(who, whom)| Step::Hear(who, whom)),
        3 => who.prop_map(Step::Progress),
    ];
    proptest::collection::vec(step, 1..200)
}

fn name(who: usize) -> String {
    format!("p{who}")
}

proptest! {
    /// However late and wrong the guesses are: whatever is written between two claims is the standing owner's work, and
    /// epochs grow by one.
    #[test]
    fn only_the_owner_writes(steps in steps()) {
        let mut world = World::default();
        let mut all: Vec<Ownership> = (0..3).map(|who| Ownership::new(name(who), SUBJECT)).collect();
        let mut clocks = [0_u64; 3];
        for step in steps {
            match step {
                Step::Tick(who, ms) => {
                    clocks[who] += ms;
                    if let Some(next) = all[who].tick(clocks[who]) {
                        let unit = claim(&name(who), next.claim.epoch);
                        if let Some(sequence) = world.append(next.expect, unit.clone()) {
                            all[who].on_unit(sequence, &unit);
                        }
                    }
                }
                Step::See(who) => {
                    let last = world.last();
                    world.show(&mut all[who], last);
                }
                Step::Work(who) => if all[who].mine() {
                    let epoch = all[who].epoch();
                    let unit = Unit { site: name(who), epoch, ..Unit::default() };
                    match world.append(all[who].last(), unit.clone()) {
                        Some(sequence) => all[who].on_unit(sequence, &unit),
                        None => all[who].refused(),
                    }
                },
                Step::Hear(who, whom) => {
                    let epoch = all[whom].epoch();
                    let now = clocks[who];
                    all[who].on_heartbeat(&name(whom), epoch, now);
                }
                Step::Progress(who) => {
                    let now = clocks[who];
                    all[who].journal_progress(now);
                }
            }
        }
        let mut standing = (String::new(), 0);
        for unit in &world.log {
            match &unit.claim {
                Some(claim) => {
                    prop_assert_eq!(claim.epoch, standing.1 + 1);
                    standing = (claim.owner.clone(), claim.epoch);
                }
                None => prop_assert_eq!((&unit.site, unit.epoch), (&standing.0, standing.1)),
            }
        }
        let last = world.last();
        for ownership in &mut all {
            world.show(ownership, last);
            prop_assert_eq!(ownership.epoch(), standing.1);
        }
    }
}

#[test]
fn an_owner_that_leaves_in_order_is_followed_at_once_and_not_before_its_last_word_is_known() {
    let mut other = Ownership::new("other", SUBJECT);
    other.on_record(&record(1, claim("owner", 1)));
    other.journal_progress(100);
    other.on_heartbeat("owner", 1, 100);
    other.on_leaving("owner", 1, 3);
    assert_eq!(other.tick(110), None, "its last units are not here yet");
    other.on_record(&record(3, Unit { epoch: 1, ..Unit::default() }));
    // A heartbeat that was on its way changes nothing.
    other.on_heartbeat("owner", 1, 115);
    let next = other.tick(120).unwrap();
    assert_eq!((next.expect, next.claim.epoch), (3, 2));
    assert_eq!(other.tick(130), None, "not twice at once");
    other.on_record(&record(4, claim("third", 2)));
    other.journal_progress(1_500);
    other.on_heartbeat("third", 2, 1_500);
    assert_eq!(other.tick(1_500), None, "another was faster");
}

#[test]
fn only_the_standing_owner_can_leave() {
    for (owner, epoch) in [("ghost", 1), ("owner", 7)] {
        let mut other = Ownership::new("other", SUBJECT);
        other.on_record(&record(1, claim("owner", 1)));
        other.journal_progress(100);
        other.on_heartbeat("owner", 1, 100);
        other.on_leaving(owner, epoch, 1);
        assert_eq!(other.tick(110), None, "{owner} at {epoch}");
    }
}
