//! A floor as one message, to be kept with its journal position. Indices are made anew from it.

use prost::Message;

use super::{
    estimate::Pace,
    requirement::steps,
    slab::Ticket,
    state::{Agent, Contact, Floor, Pause, QueueState, Stage},
    stored::{
        StoredChange, StoredProfile, StoredQueue, StoredRule, availability_number, availability_of, restore_change,
        restore_profile, restore_queue, restore_setting, store_change, store_profile, store_queue, store_setting,
    },
    types::{Channel, Millis, Rules, Setting},
};

/// Of an older version the journal is replayed from its beginning.
const VERSION: u32 = 2;

/// The stored form of a floor. Two floors that were told the same are equal as snapshots.
#[derive(Clone, PartialEq, Message)]
pub struct Snapshot {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(uint64, tag = "2")]
    at: Millis,
    #[prost(uint64, tag = "3")]
    next_place: u64,
    #[prost(uint64, tag = "4")]
    next_turn: u64,
    #[prost(message, repeated, tag = "5")]
    queues: Vec<StoredQueue>,
    #[prost(message, repeated, tag = "6")]
    agents: Vec<StoredAgent>,
    #[prost(message, repeated, tag = "7")]
    contacts: Vec<StoredContact>,
    #[prost(message, repeated, tag = "8")]
    ended: Vec<StoredEnd>,
    #[prost(message, repeated, tag = "9")]
    settings: Vec<StoredRule>,
    #[prost(message, repeated, tag = "10")]
    changes: Vec<StoredChange>,
    #[prost(uint64, tag = "11")]
    next_change: u64,
}

/// Why stored bytes are not a floor.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// Not the message expected.
    #[error("cannot decode the floor's snapshot")]
    Broken(#[from] prost::DecodeError),
    /// Written by another version of this program.
    #[error("the floor's snapshot has version {0}, expected {VERSION}")]
    Version(u32),
    /// A number points nowhere.
    #[error("the floor's snapshot contradicts itself")]
    Inconsistent,
}

#[derive(Clone, PartialEq, Message)]
struct StoredAgent {
    #[prost(message, optional, tag = "1")]
    profile: Option<StoredProfile>,
    #[prost(bool, tag = "2")]
    defined: bool,
    #[prost(uint32, tag = "3")]
    availability: u32,
    #[prost(string, tag = "4")]
    reason: String,
    #[prost(uint64, tag = "5")]
    since: Millis,
    #[prost(uint64, tag = "6")]
    turn: u64,
    #[prost(uint64, optional, tag = "8")]
    after_work_until: Option<Millis>,
    /// By channel; empty in a snapshot of an older version.
    #[prost(uint64, repeated, tag = "9")]
    left_at: Vec<Millis>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredContact {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(uint64, tag = "2")]
    place: u64,
    #[prost(uint32, tag = "3")]
    queue: u32,
    #[prost(uint32, tag = "4")]
    priority: u32,
    #[prost(uint32, optional, tag = "5")]
    only: Option<u32>,
    #[prost(uint64, tag = "6")]
    enqueued_at: Millis,
    #[prost(uint32, tag = "7")]
    round: u32,
    /// Who is offered or holds it; unset while it waits.
    #[prost(uint32, optional, tag = "8")]
    agent: Option<u32>,
    /// Set while it is offered.
    #[prost(uint64, optional, tag = "9")]
    expires_at: Option<Millis>,
    #[prost(message, repeated, tag = "10")]
    pauses: Vec<StoredPause>,
    #[prost(uint32, tag = "11")]
    channel: u32,
    #[prost(string, tag = "12")]
    segment: String,
    #[prost(string, tag = "13")]
    reason: String,
    #[prost(string, tag = "14")]
    customer: String,
    #[prost(uint64, optional, tag = "15")]
    only_until: Option<Millis>,
    #[prost(uint64, tag = "16")]
    queued_at: Millis,
    #[prost(uint64, optional, tag = "17")]
    asleep: Option<Millis>,
    #[prost(uint32, tag = "18")]
    step: u32,
}

#[derive(Clone, PartialEq, Message)]
struct StoredPause {
    #[prost(uint32, tag = "1")]
    agent: u32,
    #[prost(uint32, tag = "2")]
    round: u32,
    #[prost(uint64, tag = "3")]
    until: Millis,
}

#[derive(Clone, PartialEq, Message)]
struct StoredEnd {
    #[prost(uint64, tag = "1")]
    at: Millis,
    #[prost(string, tag = "2")]
    id: String,
}

impl Snapshot {
    /// The floor as it is.
    #[must_use]
    pub fn of(floor: &Floor) -> Snapshot {
        let mut contacts: Vec<_> = floor.contacts.iter().map(|(_, c)| store_contact(c)).collect();
        contacts.sort_unstable_by_key(|contact| contact.place);
        let ended = floor.ended.order.iter().map(|(at, id)| StoredEnd { at: *at, id: id.to_string() });
        Snapshot {
            version: VERSION,
            at: floor.at,
            next_place: floor.next_place,
            next_turn: floor.next_turn,
            queues: floor.queues.iter().map(store_queue_state).collect(),
            agents: floor.agents.iter().map(store_agent).collect(),
            contacts,
            ended: ended.collect(),
            settings: settings(floor),
            changes: floor.changes.list.iter().map(store_change).collect(),
            next_change: floor.changes.next,
        }
    }

    /// A floor from stored bytes.
    ///
    /// # Errors
    /// The bytes are not a snapshot of this version.
    pub fn decode_floor(bytes: &[u8], rules: Rules) -> Result<Floor, SnapshotError> {
        let snapshot = <Snapshot as Message>::decode(bytes)?;
        snapshot.restore(rules)
    }

    /// The floor again, with indices made anew.
    ///
    /// # Errors
    /// Another version, or numbers that point nowhere.
    pub fn restore(&self, rules: Rules) -> Result<Floor, SnapshotError> {
        if self.version != VERSION {
            return Err(SnapshotError::Version(self.version));
        }
        let mut floor = Floor::new(rules);
        floor.at = self.at;
        floor.next_place = self.next_place;
        floor.next_turn = self.next_turn;
        for setting in &self.settings {
            match restore_setting(setting).ok_or(SnapshotError::Inconsistent)? {
                Setting::Calendar(calendar) => {
                    floor.calendars.insert(calendar.id.clone(), calendar);
                }
                Setting::Reasons(reasons) => floor.reasons = reasons,
                Setting::Priorities(priorities) => floor.priorities = priorities,
            }
        }
        for queue in &self.queues {
            restore_queue_state(&mut floor, queue)?;
        }
        for agent in &self.agents {
            restore_agent(&mut floor, agent)?;
        }
        floor.renew_reserved();
        for contact in &self.contacts {
            restore_contact(&mut floor, contact)?;
        }
        for end in &self.ended {
            floor.ended.remember(end.at, end.id.as_str().into());
        }
        floor.changes.next = self.next_change;
        for change in &self.changes {
            floor.changes.list.push_back(restore_change(change).ok_or(SnapshotError::Inconsistent)?);
        }
        Ok(floor)
    }
}

fn settings(floor: &Floor) -> Vec<StoredRule> {
    let others = [Setting::Reasons(floor.reasons.clone()), Setting::Priorities(floor.priorities.clone())];
    let calendars = floor.calendars.values().cloned().map(Setting::Calendar);
    calendars.chain(others).map(|setting| store_setting(&setting)).collect()
}

fn store_queue_state(queue: &QueueState) -> StoredQueue {
    let mut stored = store_queue(&queue.rules);
    Pace { gap_us: stored.gap_us, since: stored.since, seen: stored.seen } = queue.pace;
    stored
}

fn store_agent(agent: &Agent) -> StoredAgent {
    StoredAgent {
        profile: Some(store_profile(&agent.profile())),
        defined: agent.defined,
        availability: availability_number(agent.availability),
        reason: agent.reason.to_string(),
        since: agent.since,
        left_at: agent.left_at.to_vec(),
        turn: agent.turn,
        after_work_until: agent.after_work_until,
    }
}

fn store_contact(contact: &Contact) -> StoredContact {
    let (agent, expires_at) = match contact.stage {
        Stage::Waiting => (None, None),
        Stage::Offered { agent, expires_at } => (Some(agent), Some(expires_at)),
        Stage::Held { agent } => (Some(agent), None),
    };
    let pauses =
        contact.pauses.iter().map(|pause| StoredPause { agent: pause.agent, round: pause.round, until: pause.until });
    StoredContact {
        id: contact.id.to_string(),
        place: contact.place,
        queue: contact.queue,
        priority: contact.priority,
        only: contact.only,
        enqueued_at: contact.enqueued_at,
        round: contact.round,
        agent,
        expires_at,
        pauses: pauses.collect(),
        channel: contact.channel.index() as u32,
        segment: contact.segment.to_string(),
        reason: contact.reason.to_string(),
        customer: contact.customer.to_string(),
        only_until: contact.only_until,
        queued_at: contact.queued_at,
        asleep: contact.asleep,
        step: contact.step,
    }
}

fn restore_queue_state(floor: &mut Floor, stored: &StoredQueue) -> Result<(), SnapshotError> {
    let rules = restore_queue(stored).ok_or(SnapshotError::Inconsistent)?;
    let asked = floor.requirement(&rules, rules.channel, &"".into(), 0);
    let class = floor.class_key(asked);
    let key = floor.queues.len() as u32;
    floor.queue_keys.insert(rules.id.clone(), key);
    let pace = Pace { gap_us: stored.gap_us, since: stored.since, seen: stored.seen };
    floor.queues.push(QueueState { steps: steps(&rules), rules, class, waiting: 0, pace });
    Ok(())
}

fn restore_agent(floor: &mut Floor, stored: &StoredAgent) -> Result<(), SnapshotError> {
    let availability = availability_of(stored.availability).ok_or(SnapshotError::Inconsistent)?;
    let profile = stored.profile.as_ref().and_then(restore_profile).ok_or(SnapshotError::Inconsistent)?;
    let turn = floor.next_turn;
    let key = floor.agent_key(&profile.id);
    floor.next_turn = turn;
    let agent = &mut floor.agents[key as usize];
    agent.defined = stored.defined;
    agent.name = profile.name;
    agent.unit = profile.unit;
    agent.skills = profile.skills;
    agent.reserved_for = profile.reserved_for;
    agent.limits = profile.capacities;
    agent.since = stored.since;
    for (index, left_at) in agent.left_at.iter_mut().enumerate() {
        *left_at = stored.left_at.get(index).copied().unwrap_or(stored.since);
    }
    agent.reason = stored.reason.as_str().into();
    agent.turn = stored.turn;
    agent.after_work_until = stored.after_work_until;
    floor.place_agent_in_classes(key);
    floor.change_agent(key, |agent| agent.availability = availability);
    floor.after_work_due.extend(stored.after_work_until.map(|until| (until, key)));
    Ok(())
}

fn restore_contact(floor: &mut Floor, stored: &StoredContact) -> Result<(), SnapshotError> {
    let known = |agent: u32| (agent as usize) < floor.agents.len();
    let mentioned = stored.only.into_iter().chain(stored.agent).chain(stored.pauses.iter().map(|pause| pause.agent));
    if stored.queue as usize >= floor.queues.len() || !mentioned.into_iter().all(known) {
        return Err(SnapshotError::Inconsistent);
    }
    let stage = match (stored.agent, stored.expires_at) {
        (None, _) => Stage::Waiting,
        (Some(agent), Some(expires_at)) => Stage::Offered { agent, expires_at },
        (Some(agent), None) => Stage::Held { agent },
    };
    let ticket: Ticket = floor.contacts.insert(Contact {
        id: stored.id.as_str().into(),
        place: stored.place,
        queue: stored.queue,
        channel: *Channel::ALL.get(stored.channel as usize).ok_or(SnapshotError::Inconsistent)?,
        class: 0,
        priority: stored.priority,
        segment: stored.segment.as_str().into(),
        reason: stored.reason.as_str().into(),
        customer: stored.customer.as_str().into(),
        only: stored.only,
        only_until: stored.only_until,
        enqueued_at: stored.enqueued_at,
        queued_at: stored.queued_at,
        asleep: stored.asleep,
        step: stored.step,
        round: stored.round,
        stage,
        pauses: Vec::new(),
        limit: None,
    });
    floor.ask_anew(ticket);
    for pause in &stored.pauses {
        floor.pause(ticket, Pause { agent: pause.agent, round: pause.round, until: pause.until });
    }
    if !matches!(stage, Stage::Held { .. }) {
        floor.note_callback(ticket);
    }
    floor.enter_stage(ticket);
    if let Some(agent) = stored.agent {
        floor.load(agent, ticket, true, None);
    }
    Ok(())
}
