//! Any commands at any times, against the [`model`](super::model) and against the floor rebuilt from its events.
//!
//! What holds after every step: each event is lawful (an offer only to an agent who is ready, has room, and has the skills
//! or is the one named; one offer of a contact at a time; one acceptance of a round; time never runs back; a contact
//! ends once and is not revived by a late repeat); the offers are exactly those of the definition (priority and ageing, the agent
//! longest without work, nobody waits whom a free agent could have); no contact is lost or made up; the indices are those
//! of a floor made from its snapshot; a follower that only applied the events has the same floor; a command repeated at
//! once changes nothing; a refused command changes nothing.
//!
//! Broken by hand, and each seen to fail here or in `tests.rs`: the contact's priority, or the queue's, left out of the
//! order; one contact more than the capacity; the level of a skill not compared; away keeps the open offers; offers lapse late, or at any
//! tick; a lapsed offer leaves the agent ready; no pause after a decline; a decliner never asked again; any old round
//! accepted; anybody's answer accepted; ended contacts forgotten; no new turn at an offer; a requeued contact at the end of the
//! queue; freed agents not matched; an unknown only agent waited for for ever; pauses of an ended contact still due; new
//! skills with the old indices; a changed queue with the old places; time running back; the snapshot without the turn; only
//! the first requirement of an agent looked at; the newest idle agent asked first.
//!
//! Of a working day's rules, each with what fails (*both*: the properties of this file; a story by its name):
//! * a preferred skill given up a step late: both, `a_preferred_skill_is_given_up_after_its_time_and_a_required_one_is_not`;
//! * a reserved agent takes anybody: both, `an_agent_reserved_for_a_segment_gets_nobody_else`;
//! * the new contact's weight not counted: both, `weights_and_limits_both_count`;
//! * a call keeps nothing out: both, `a_callback_keeps_its_place_and_is_made_once`;
//! * overflow counted from arrival on the floor: both; at one contact too few:
//!   `contacts_overflow_after_time_at_length_and_by_expected_wait`;
//! * past the longest wait still only unreserved agents: both, `no_contact_waits_for_ever`;
//! * limits of a moved contact counted from its old queue, of a woken one from before the opening: both;
//! * a callback at the end of the queue: both, `a_callback_keeps_its_place_and_is_made_once`;
//! * the work after a contact is over a moment late: both, `after_a_contact_the_agent_has_time_and_then_is_ready_again`;
//! * a preferred agent waited for without limit: `a_preferred_agent_is_waited_for_only_so_long`;
//! * a changed calendar leaves the old opening: `what_comes_while_a_queue_is_closed_waits_for_its_opening`;
//! * the segment's priority left out: `segments_and_reasons_have_their_priority`;
//! * any change of an agent begins their absence: both, `patience_counts_from_when_the_channel_was_taken_away`;
//! * an agent's head believed after an offer: both, `agents_who_return_together_get_the_contacts_in_their_order`;
//! * touched contacts before what others could have first: both;
//! * the place believed that a contact had when it was touched: `a_contact_that_moves_as_its_pause_ends_waits_at_its_new_place`.

use proptest::prelude::*;

use super::{matching::end_pauses, model::Model, *};
use ops::{Extra, Op, operation, pause, plain};

mod ops;

const AGENTS: usize = 4;
const QUEUES: usize = 4;
const CONTACTS: usize = 10;

fn rules() -> Rules {
    Rules {
        ageing_ms: 5_000,
        decline_pause_ms: 8_000,
        only_agent_patience_ms: 20_000,
        ended_memory_ms: 60_000,
        escalate_after_ms: 45_000,
    }
}

struct Bench {
    floor: Floor,
    follower: Floor,
    model: Model,
    now: Millis,
}

impl Bench {
    fn new() -> Bench {
        let mut bench = Bench {
            floor: Floor::new(rules()),
            follower: Floor::new(rules()),
            model: Model::new(rules()),
            now: 1_000_000,
        };
        for number in 0..QUEUES {
            let skills = vec![(number % 2, 1); usize::from(number > 0)];
            bench.run(Op::Queue { queue: number, priority: 0, skills, timeout: 10_000, extra: plain() });
        }
        for number in 0..AGENTS - 1 {
            let capacity = (1 + number as u32 % 2, 30, 0);
            let capacities = [capacity; 3];
            bench.run(Op::Agent { agent: number, skills: vec![(number % 2, 2)], capacities, reserved: None });
        }
        bench
    }

    /// Time passes; what is due happens late, as it does behind a slow journal.
    fn wait(&mut self, ms: u64) {
        self.now += ms;
        self.catch_up();
    }

    fn catch_up(&mut self) {
        let mut ticks = 0;
        while next_deadline(&self.floor).is_some_and(|due| due <= self.now) {
            self.execute(&Command::Tick, true);
            ticks += 1;
            assert!(ticks < 100, "what is due stays due");
        }
        assert_eq!(self.model.overdue(self.now), 0, "an offer outlived its time");
        assert_eq!(self.model.forsaken(self.now), 0, "a contact waits for somebody who is not there");
    }

    fn run(&mut self, op: Op) {
        let command = self.command(op);
        self.execute(&command, true);
    }

    /// A command that overtakes the tick that is due: lawful, but the order is only right after the tick.
    fn run_early(&mut self, op: Op, ms: u64) {
        self.now += ms;
        let command = self.command(op);
        self.execute(&command, next_deadline(&self.floor).is_none_or(|due| due > self.now));
        self.catch_up();
    }

    fn execute(&mut self, command: &Command, exact: bool) {
        let before = Snapshot::of(&self.floor);
        let events = match step(&mut self.floor, command, self.now) {
            Ok(events) => events,
            Err(_) => {
                assert_eq!(Snapshot::of(&self.floor), before, "refused, and yet something changed");
                Vec::new()
            }
        };
        let matched = |what: &What| matches!(what, What::ContactOffered(offer) if offer.why != OfferWhy::Engaged);
        let offers = events.iter().filter(|e| matched(&e.what));
        let mut pairs: Vec<(Id, Id)> = offers.map(pair).collect();
        pairs.sort();
        let split = events.len() - pairs.len();
        for event in &events[..split] {
            self.model.check(event);
        }
        if exact {
            assert_eq!(pairs, self.model.due_offers(self.now), "after {command:?}");
        }
        for event in &events[split..] {
            self.model.check(event);
        }
        for event in &events {
            evolve(&mut self.follower, event);
        }
        self.same_everywhere();
        self.repeat_changes_nothing(command, exact);
        self.holds(command);
    }

    fn same_everywhere(&self) {
        let canonical = |floor: &Floor| {
            let mut floor = floor.clone();
            end_pauses(&mut floor, self.now);
            Snapshot::of(&floor)
        };
        assert_eq!(canonical(&self.floor), canonical(&self.follower));
        assert_eq!(audit(&self.floor, self.now), Ok(()));
        assert_eq!(self.floor.contact_count(), self.model.contacts.len());
        for (id, piece) in &self.model.contacts {
            let contact = self.floor.contact(id).expect("no contact is lost");
            assert_eq!((&contact.stage, contact.round), (&piece.stage, piece.round));
        }
    }

    fn repeat_changes_nothing(&self, command: &Command, exact: bool) {
        let mut floor = self.floor.clone();
        // Of a contact only one thing happens in a tick: what else is due comes with the next.
        let exact = exact && (*command != Command::Tick || next_deadline(&floor).is_none_or(|due| due > self.now));
        if exact && let Ok(events) = step(&mut floor, command, self.now) {
            assert_eq!(events, [], "a repeat of {command:?}");
        }
    }

    /// What the one who asked may rely on.
    fn holds(&self, command: &Command) {
        let accepted = decide(&self.floor, command, self.now).is_ok();
        match command {
            Command::SetAvailability { agent, availability, .. } if accepted => {
                let agent = self.floor.agent(agent).unwrap();
                assert_eq!(agent.availability, *availability);
                assert!(agent.offers.is_empty() || *availability == Availability::Ready);
            }
            Command::Enqueue(Enqueue { contact, .. }) if accepted => {
                let known = self.floor.contact(contact).is_some();
                assert!(known || self.model.ended.contains_key(contact));
            }
            Command::Engage(engage) if accepted => {
                let contact = self.floor.contact(&engage.contact).expect("it is there");
                assert_eq!((contact.channel, &contact.customer), (Channel::Voice, &engage.customer));
                assert!(matches!(&contact.stage, Stage::Held(by) if engage.agent.as_ref().is_none_or(|it| it == by)));
            }
            Command::Accept(answer) if accepted => {
                let stage = self.floor.contact(&answer.contact).unwrap().stage;
                assert_eq!(stage, Stage::Held(answer.agent.clone()));
            }
            Command::Decline(answer) if accepted => {
                let stage = self.floor.contact(&answer.contact).unwrap().stage;
                assert_ne!(stage, Stage::Offered(answer.agent.clone()));
            }
            Command::EndContact { contact, .. } => assert_eq!(self.floor.contact(contact), None),
            Command::DefineQueue(_)
            | Command::DefineAgent(_)
            | Command::DefineSetting(_)
            | Command::MakeCallback { .. }
            | Command::CancelCallback { .. }
            | Command::Undo { .. }
            | Command::As { .. }
            | Command::SetAvailability { .. }
            | Command::Enqueue(_)
            | Command::Engage(_)
            | Command::Accept(_)
            | Command::Decline(_)
            | Command::Tick => {}
        }
    }

    fn command(&self, op: Op) -> Command {
        match op {
            Op::Queue { queue, priority, skills: needed, timeout, extra } => {
                Command::DefineQueue(queue_rules(queue, priority, skills(needed), timeout, extra))
            }
            Op::Agent { agent, skills: known, capacities: given, reserved } => {
                let mut capacities = Capacities::default();
                for (channel, (limit, weight, interrupts)) in CHANNELS.into_iter().zip(given) {
                    capacities[channel.index()] = Capacity { limit, weight, interrupts };
                }
                Command::DefineAgent(AgentProfile {
                    id: id("a", agent),
                    name: id("Agent", agent),
                    skills: skills(known),
                    capacities,
                    reserved_for: reserved.map(|segment| id("g", segment)).into_iter().collect(),
                    ..AgentProfile::default()
                })
            }
            Op::Set { agent, availability, reason } => Command::SetAvailability {
                agent: id("a", agent),
                availability,
                reason: if reason { "lunch" } else { "" }.into(),
            },
            Op::Enqueue { contact, queue, priority, only, preferred, segment } => Command::Enqueue(Enqueue {
                contact: id("c", contact),
                queue: id("q", queue),
                priority,
                only_agent: only.map(|agent| id("a", agent)),
                preferred_agent: preferred.map(|agent| id("a", agent)),
                preferred_for_ms: 9_000,
                segment: id("g", segment),
                customer: id("k", contact / 2),
                ..Enqueue::default()
            }),
            Op::Engage { contact, queue, agent } => Command::Engage(Engage {
                contact: id("c", contact),
                queue: id("q", queue),
                agent: agent.map(|agent| id("a", agent)),
                customer: id("k", contact / 2),
            }),
            Op::Callback { contact, back: true, .. } => Command::CancelCallback { contact: id("c", contact) },
            Op::Callback { contact, later, .. } => {
                Command::MakeCallback { contact: id("c", contact), at: later.map(|later| self.now + later) }
            }
            Op::Answer { pick, accept } => match self.open_offer(pick) {
                Some(answer) if accept => Command::Accept(answer),
                Some(answer) => Command::Decline(answer),
                None => Command::Tick,
            },
            Op::Stray { contact, round, agent, accept } => {
                let answer = Answer { contact: id("c", contact), round, agent: id("a", agent) };
                if accept { Command::Accept(answer) } else { Command::Decline(answer) }
            }
            Op::End { contact } => Command::EndContact { contact: id("c", contact), why: ContactEnd::Completed },
            Op::Tick => Command::Tick,
        }
    }

    fn open_offer(&self, pick: usize) -> Option<Answer> {
        let offers: Vec<Offer> = self.floor.agents().flat_map(|agent| agent.offers).collect();
        let offer = offers.get(pick % offers.len().max(1))?;
        Some(Answer { contact: offer.contact.clone(), round: offer.round, agent: offer.agent.clone() })
    }
}

/// Chats, calls back, and letters: of what agents and queues are made here.
const CHANNELS: [Channel; 3] = [Channel::Chat, Channel::Callback, Channel::Mail];

/// The last queue takes letters, the others chats; contacts overflow to the next queue of chats.
fn queue_rules(queue: usize, priority: u32, skills: Skills, timeout: u32, extra: Extra) -> Queue {
    let next = (queue + 2 < QUEUES).then(|| id("q", queue + 1));
    let overflow = next.clone().map(|to_queue| Overflow {
        after_ms: extra.overflow_after,
        longer_than: extra.longer_than,
        expected_over_ms: extra.expected_over,
        to_queue,
    });
    let some = extra.overflow_after.is_some() || extra.longer_than.is_some() || extra.expected_over.is_some();
    let preferred = extra
        .preferred
        .into_iter()
        .map(|(skill, level, relax_after_ms)| (id("s", skill), Preference { level, relax_after_ms }));
    Queue {
        id: id("q", queue),
        channel: if queue + 1 == QUEUES { Channel::Mail } else { Channel::Chat },
        skills,
        preferred: preferred.collect(),
        priority,
        offer_timeout_ms: timeout,
        overflow: overflow.into_iter().filter(|_| some).collect(),
        max_wait_ms: extra.max_wait,
        on_limit: next.filter(|_| extra.on_limit),
        after_work_ms: extra.after_work,
        ..Queue::default()
    }
}

fn id(kind: &str, number: usize) -> Id {
    format!("{kind}{number}").into()
}

fn skills(pairs: Vec<(usize, u32)>) -> Skills {
    pairs.into_iter().map(|(skill, level)| (id("s", skill), level)).collect()
}

fn pair(event: &Event) -> (Id, Id) {
    let What::ContactOffered(offer) = &event.what else {
        panic!("{event:?} is no offer");
    };
    (offer.contact.clone(), offer.agent.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_lawful(steps in prop::collection::vec((operation(), pause(), prop::bool::weighted(0.1)), 1..120)) {
        let mut bench = Bench::new();
        for (op, ms, early) in steps {
            if early {
                bench.run_early(op, ms);
            } else {
                bench.wait(ms);
                bench.run(op);
            }
        }
    }

    #[test]
    fn a_new_owner_goes_on_where_the_old_one_stood(
        steps in prop::collection::vec((operation(), pause()), 1..80),
        after in prop::collection::vec((operation(), pause()), 1..20),
    ) {
        let mut bench = Bench::new();
        for (op, ms) in steps {
            bench.wait(ms);
            bench.run(op);
        }
        let stored = Snapshot::of(&bench.follower);
        bench.floor = stored.restore(rules()).unwrap();
        prop_assert_eq!(&Snapshot::of(&bench.floor), &stored);
        recheck(&mut bench.floor);
        for (op, ms) in after {
            bench.wait(ms);
            bench.run(op);
        }
    }
}
