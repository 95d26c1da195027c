//! What a floor remembers. Everything here follows from the events and the rules alone.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};

use super::{
    calendar::Calendar,
    changes::Changes,
    estimate::Pace,
    slab::{ById, Contacts, Ticket},
    types::{
        AgentProfile, Availability, Capacities, Channel, Id, Load, Millis, Priorities, Queue, Reason, Rules, Skills,
    },
};

/// At most so many ended contacts are remembered, whatever the rules say: bounds the memory of a floor.
const ENDED_LIMIT: usize = 200_000;

/// Agents, queues and contacts that are matched together.
#[derive(Debug, Clone)]
pub struct Floor {
    pub(super) rules: Rules,
    /// Of the last event.
    pub(super) at: Millis,
    pub(super) next_place: u64,
    pub(super) next_turn: u64,
    pub(super) queues: Vec<QueueState>,
    pub(super) queue_keys: BTreeMap<Id, QueueKey>,
    pub(super) agents: Vec<Agent>,
    pub(super) agent_keys: ById<AgentKey>,
    pub(super) contacts: Contacts,
    pub(super) ended: Ended,
    pub(super) classes: Vec<Class>,
    pub(super) class_keys: BTreeMap<Requirement, ClassKey>,
    pub(super) offers_due: BTreeSet<(Millis, Ticket)>,
    pub(super) pauses_due: BTreeSet<(Millis, Ticket, AgentKey)>,
    /// When the next limit of a waiting contact is reached: it is released, relaxed, moved or woken.
    pub(super) limits_due: BTreeSet<(Millis, Ticket)>,
    pub(super) after_work_due: BTreeSet<(Millis, AgentKey)>,
    pub(super) calendars: BTreeMap<Id, Calendar>,
    pub(super) reasons: Vec<Reason>,
    pub(super) priorities: Priorities,
    /// Segments that some agent is reserved for: only these are told apart by requirements.
    pub(super) reserved: BTreeSet<Id>,
    /// Callbacks not yet taken, by customer.
    pub(super) callbacks: BTreeMap<Id, BTreeSet<Ticket>>,
    pub(super) changes: Changes,
    pub(super) offered: usize,
    pub(super) held: usize,
    pub(super) backlog: Backlog,
}

pub(super) type QueueKey = u32;
pub(super) type AgentKey = u32;
pub(super) type ClassKey = u32;

#[derive(Debug, Clone)]
pub(super) struct QueueState {
    pub(super) rules: Queue,
    /// What its contacts ask for at first.
    pub(super) class: ClassKey,
    /// When preferred skills are given up, the first first: after how long, ms.
    pub(super) steps: Vec<u64>,
    /// Awake contacts waiting.
    pub(super) waiting: usize,
    pub(super) pace: Pace,
}

/// What a contact asks of an agent. Queues that ask for the same share their indices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Requirement {
    pub(super) channel: Channel,
    pub(super) skills: Skills,
    pub(super) whose: Whose,
}

/// Which agents a contact's segment allows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// Those who are not reserved for others.
    Unreserved,
    /// Those and the ones reserved for this segment.
    Segment(Id),
    /// Everybody: it waited too long.
    Anybody,
}

#[derive(Debug, Clone)]
pub(super) struct Class {
    pub(super) requirement: Requirement,
    pub(super) waiting: BTreeSet<Order>,
    /// Agents who have the skills and room, by their turn.
    pub(super) free: BTreeSet<(u64, AgentKey)>,
}

/// Where a contact waits: by virtual arrival, then by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Order {
    pub(super) arrival: i64,
    pub(super) ticket: Ticket,
}

#[derive(Debug, Clone)]
pub(super) struct Agent {
    pub(super) id: Id,
    /// False for an agent only heard of as somebody's only agent.
    pub(super) defined: bool,
    pub(super) name: Id,
    pub(super) unit: Id,
    pub(super) skills: Skills,
    pub(super) reserved_for: Vec<Id>,
    pub(super) limits: Capacities,
    pub(super) availability: Availability,
    pub(super) reason: Id,
    pub(super) since: Millis,
    /// When the work after a contact is over at the latest.
    pub(super) after_work_until: Option<Millis>,
    /// When they last stopped taking work, by [`Channel::index`].
    pub(super) left_at: [Millis; Channel::COUNT],
    /// Grows when they become ready, are offered a contact, or finish one: the least is asked first.
    pub(super) turn: u64,
    /// Contacts held or offered, by [`Channel::index`].
    pub(super) load: Load,
    pub(super) work: BTreeSet<Ticket>,
    /// Contacts that wait for them only.
    pub(super) reserved: BTreeSet<Order>,
    /// Whose requirements they meet.
    pub(super) classes: Vec<ClassKey>,
}

#[derive(Debug, Clone)]
pub(super) struct Contact {
    pub(super) id: Id,
    pub(super) place: u64,
    pub(super) queue: QueueKey,
    /// Its own, which is not the queue's when it became a callback.
    pub(super) channel: Channel,
    /// What it asks of an agent now.
    pub(super) class: ClassKey,
    pub(super) priority: u32,
    pub(super) segment: Id,
    pub(super) reason: Id,
    /// Who the customer is; empty: not said.
    pub(super) customer: Id,
    pub(super) only: Option<AgentKey>,
    /// Kept for `only` until then at the longest.
    pub(super) only_until: Option<Millis>,
    pub(super) enqueued_at: Millis,
    /// When it came to this queue, or was woken there: from then its limits count.
    pub(super) queued_at: Millis,
    /// Not offered before: the opening, or the time agreed.
    pub(super) asleep: Option<Millis>,
    /// Preferences given up; [`ESCALATED`]: everything but the channel.
    pub(super) step: u32,
    pub(super) round: u32,
    pub(super) stage: Stage,
    pub(super) pauses: Vec<Pause>,
    /// Its entry in `limits_due`.
    pub(super) limit: Option<Millis>,
}

/// The step of a contact that anybody on the channel may have.
pub(super) const ESCALATED: u32 = u32::MAX;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Offered { agent: AgentKey, expires_at: Millis },
    Held { agent: AgentKey },
}

/// An agent declined a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) agent: AgentKey,
    pub(super) round: u32,
    pub(super) until: Millis,
}

/// Contacts that left not long ago.
#[derive(Debug, Clone, Default)]
pub(super) struct Ended {
    pub(super) order: VecDeque<(Millis, Id)>,
    known: HashSet<Id, BuildHasherDefault<DefaultHasher>>,
}

/// Who may be matched since the last time everybody was. Follows from the state: never stored.
#[derive(Debug, Clone, Default)]
pub(super) struct Backlog {
    pub(super) contacts: BTreeSet<Order>,
    pub(super) agents: BTreeSet<AgentKey>,
}

impl Floor {
    /// A floor on which nothing has happened.
    #[must_use]
    pub fn new(rules: Rules) -> Floor {
        Floor {
            rules,
            at: 0,
            next_place: 0,
            next_turn: 0,
            queues: Vec::new(),
            queue_keys: BTreeMap::new(),
            agents: Vec::new(),
            agent_keys: ById::default(),
            contacts: Contacts::default(),
            ended: Ended::default(),
            classes: Vec::new(),
            class_keys: BTreeMap::new(),
            offers_due: BTreeSet::new(),
            pauses_due: BTreeSet::new(),
            limits_due: BTreeSet::new(),
            after_work_due: BTreeSet::new(),
            calendars: BTreeMap::new(),
            reasons: Vec::new(),
            priorities: Priorities::default(),
            reserved: BTreeSet::new(),
            callbacks: BTreeMap::new(),
            changes: Changes::default(),
            offered: 0,
            held: 0,
            backlog: Backlog::default(),
        }
    }

    pub(super) fn agent_of(&self, id: &str) -> Option<(AgentKey, &Agent)> {
        let key = *self.agent_keys.get(id)?;
        Some((key, &self.agents[key as usize]))
    }

    pub(super) fn contact_of(&self, id: &str) -> Option<(Ticket, &Contact)> {
        let ticket = self.contacts.ticket(id)?;
        Some((ticket, self.contacts.get(ticket)?))
    }

    pub(super) fn queue(&self, key: QueueKey) -> &QueueState {
        &self.queues[key as usize]
    }

    pub(super) fn order(&self, ticket: Ticket, contact: &Contact) -> Order {
        let priority = self.queue(contact.queue).rules.priority + contact.priority;
        let credit = u64::from(priority) * self.rules.ageing_ms;
        Order { arrival: contact.enqueued_at as i64 - credit as i64, ticket }
    }
}

impl Agent {
    /// Nobody has defined them yet.
    pub(super) fn stranger(id: Id, turn: u64) -> Agent {
        let nothing: Id = "".into();
        Agent {
            id,
            defined: false,
            name: nothing.clone(),
            unit: nothing.clone(),
            skills: Skills::new(),
            reserved_for: Vec::new(),
            limits: Capacities::default(),
            availability: Availability::Offline,
            reason: nothing,
            since: 0,
            after_work_until: None,
            left_at: [0; Channel::COUNT],
            turn,
            load: [0; Channel::COUNT],
            work: BTreeSet::new(),
            reserved: BTreeSet::new(),
            classes: Vec::new(),
        }
    }

    pub(super) fn meets(&self, requirement: &Requirement) -> bool {
        let mine = match &requirement.whose {
            Whose::Anybody => true,
            Whose::Unreserved => self.reserved_for.is_empty(),
            Whose::Segment(segment) => self.reserved_for.is_empty() || self.reserved_for.contains(segment),
        };
        let able = |(skill, least): (&Id, &u32)| self.skills.get(skill).is_some_and(|level| level >= least);
        mine && requirement.skills.iter().all(able)
    }

    pub(super) fn profile(&self) -> AgentProfile {
        AgentProfile {
            id: self.id.clone(),
            name: self.name.clone(),
            unit: self.unit.clone(),
            skills: self.skills.clone(),
            capacities: self.limits,
            reserved_for: self.reserved_for.clone(),
        }
    }
}

impl Contact {
    pub(super) fn paused_for(&self, agent: AgentKey, now: Millis) -> bool {
        self.pauses.iter().any(|pause| pause.agent == agent && pause.until > now)
    }
}

impl Ended {
    pub(super) fn knows(&self, id: &str) -> bool {
        self.known.contains(id)
    }

    pub(super) fn remember(&mut self, at: Millis, id: Id) {
        self.known.insert(id.clone());
        self.order.push_back((at, id));
    }

    pub(super) fn forget_before(&mut self, time: Millis) {
        while let Some((at, _)) = self.order.front()
            && (*at < time || self.order.len() > ENDED_LIMIT)
            && let Some((_, id)) = self.order.pop_front()
        {
            self.known.remove(&id);
        }
    }
}
