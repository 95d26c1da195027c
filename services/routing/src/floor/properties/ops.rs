//! Commands made at random.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
pub(super) enum Op {
    Queue {
        queue: usize,
        priority: u32,
        skills: Vec<(usize, u32)>,
        timeout: u32,
        extra: Extra,
    },
    Agent {
        agent: usize,
        skills: Vec<(usize, u32)>,
        capacities: [(u32, u32, u8); 3],
        reserved: Option<usize>,
    },
    Set {
        agent: usize,
        availability: Availability,
        reason: bool,
    },
    Enqueue {
        contact: usize,
        queue: usize,
        priority: u32,
        only: Option<usize>,
        preferred: Option<usize>,
        segment: usize,
    },
    Engage {
        contact: usize,
        queue: usize,
        agent: Option<usize>,
    },
    Callback {
        contact: usize,
        back: bool,
        later: Option<u64>,
    },
    Answer {
        pick: usize,
        accept: bool,
    },
    Stray {
        contact: usize,
        round: u32,
        agent: usize,
        accept: bool,
    },
    End {
        contact: usize,
    },
    Tick,
}

/// What a queue may say besides.
#[derive(Debug, Clone)]
pub(super) struct Extra {
    pub(super) preferred: Vec<(usize, u32, u64)>,
    pub(super) overflow_after: Option<u64>,
    pub(super) longer_than: Option<u32>,
    pub(super) expected_over: Option<u64>,
    pub(super) max_wait: u64,
    pub(super) on_limit: bool,
    pub(super) after_work: u64,
}

fn extra() -> impl Strategy<Value = Extra> {
    let seconds = || (1..40_u64).prop_map(|s| s * 1_000);
    let sometimes = |chance, s| prop::option::weighted(chance, s);
    (
        prop::collection::vec((0..2_usize, 1..4_u32, (1..10_u64).prop_map(|s| s * 1_000)), 0..3),
        sometimes(0.3, seconds()),
        prop::option::weighted(0.2, 0..4_u32),
        sometimes(0.2, seconds()),
        prop_oneof![1 => Just(0_u64), 1 => seconds()],
        any::<bool>(),
        prop_oneof![2 => Just(0_u64), 1 => seconds()],
    )
        .prop_map(|(preferred, overflow_after, longer_than, expected_over, max_wait, on_limit, after_work)| {
            Extra { preferred, overflow_after, longer_than, expected_over, max_wait, on_limit, after_work }
        })
}

pub(super) fn plain() -> Extra {
    Extra {
        preferred: Vec::new(),
        overflow_after: None,
        longer_than: None,
        expected_over: None,
        max_wait: 0,
        on_limit: false,
        after_work: 0,
    }
}

pub(super) fn operation() -> impl Strategy<Value = Op> {
    let skills = || prop::collection::vec((0..2_usize, 1..4_u32), 0..3);
    let availability = prop_oneof![
        4 => Just(Availability::Ready),
        2 => Just(Availability::Away),
        1 => Just(Availability::Offline),
        1 => Just(Availability::AfterWork),
    ];
    let weight = || prop_oneof![Just(0_u32), Just(30), Just(60), Just(100)];
    let capacity = || (0..4_u32, weight(), prop_oneof![3 => Just(0_u8), 1 => 0..32_u8]);
    prop_oneof![
        2 => (0..QUEUES, 0..4_u32, skills(), 1..20_u32, extra()).prop_map(|(queue, priority, skills, s, extra)| {
            Op::Queue { queue, priority, skills, timeout: s * 1_000, extra }
        }),
        2 => (0..AGENTS, skills(), [capacity(), capacity(), capacity()], prop::option::weighted(0.3, 0..2_usize))
            .prop_map(|(agent, skills, capacities, reserved)| Op::Agent { agent, skills, capacities, reserved }),
        5 => (0..AGENTS, availability, any::<bool>())
            .prop_map(|(agent, availability, reason)| Op::Set { agent, availability, reason }),
        8 => (
            (0..CONTACTS, 0..QUEUES, 0..4_u32),
            prop::option::weighted(0.2, 0..=AGENTS),
            prop::option::weighted(0.2, 0..=AGENTS),
            0..3_usize,
        )
            .prop_map(|((contact, queue, priority), only, preferred, segment)| {
                Op::Enqueue { contact, queue, priority, only, preferred, segment }
            }),
        2 => (0..CONTACTS, 0..QUEUES, prop::option::weighted(0.8, 0..=AGENTS))
            .prop_map(|(contact, queue, agent)| Op::Engage { contact, queue, agent }),
        2 => (0..CONTACTS, any::<bool>(), prop::option::weighted(0.3, 1..20_000_u64))
            .prop_map(|(contact, back, later)| Op::Callback { contact, back, later }),
        8 => (0..8_usize, prop::bool::weighted(0.6)).prop_map(|(pick, accept)| Op::Answer { pick, accept }),
        2 => (0..CONTACTS, 0..4_u32, 0..=AGENTS, any::<bool>())
            .prop_map(|(contact, round, agent, accept)| Op::Stray { contact, round, agent, accept }),
        4 => (0..CONTACTS).prop_map(|contact| Op::End { contact }),
        3 => Just(Op::Tick),
    ]
}

pub(super) fn pause() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..1_500_u64, 3 => 1_500..30_000_u64, 1 => 30_000..200_000_u64]
}
