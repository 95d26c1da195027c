//! A floor as one message, to be kept with its journal position. Indices are made anew from it.

use prost::Message;

use super::{
    slab::Ticket,
    state::{Agent, Contact, Floor, Pause, QueueState, Requirement, Stage},
    types::{Availability, Channel, Id, Millis, Queue, Rules, Skills},
};

const VERSION: u32 = 1;

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
struct StoredQueue {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(uint32, tag = "2")]
    channel: u32,
    #[prost(btree_map = "string, uint32", tag = "3")]
    skills: std::collections::BTreeMap<String, u32>,
    #[prost(uint32, tag = "4")]
    priority: u32,
    #[prost(uint32, tag = "5")]
    offer_timeout_ms: u32,
}

#[derive(Clone, PartialEq, Message)]
struct StoredAgent {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(bool, tag = "2")]
    defined: bool,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(btree_map = "string, uint32", tag = "4")]
    skills: std::collections::BTreeMap<String, u32>,
    #[prost(uint32, repeated, tag = "5")]
    limits: Vec<u32>,
    #[prost(uint32, tag = "6")]
    availability: u32,
    #[prost(string, tag = "7")]
    reason: String,
    #[prost(uint64, tag = "8")]
    since: Millis,
    #[prost(uint64, tag = "9")]
    turn: u64,
    #[prost(uint64, tag = "10")]
    turned_at: Millis,
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
            queues: floor.queues.iter().map(|q| store_queue(&q.rules)).collect(),
            agents: floor.agents.iter().map(store_agent).collect(),
            contacts,
            ended: ended.collect(),
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
        for queue in &self.queues {
            restore_queue(&mut floor, queue)?;
        }
        for agent in &self.agents {
            restore_agent(&mut floor, agent)?;
        }
        for contact in &self.contacts {
            restore_contact(&mut floor, contact)?;
        }
        for end in &self.ended {
            floor.ended.remember(end.at, end.id.as_str().into());
        }
        Ok(floor)
    }
}

fn store_queue(queue: &Queue) -> StoredQueue {
    StoredQueue {
        id: queue.id.to_string(),
        channel: queue.channel.index() as u32,
        skills: store_skills(&queue.skills),
        priority: queue.priority,
        offer_timeout_ms: queue.offer_timeout_ms,
    }
}

fn store_agent(agent: &Agent) -> StoredAgent {
    StoredAgent {
        id: agent.id.to_string(),
        defined: agent.defined,
        name: agent.name.to_string(),
        skills: store_skills(&agent.skills),
        limits: agent.limits.to_vec(),
        availability: match agent.availability {
            Availability::Offline => 1,
            Availability::Ready => 2,
            Availability::Away => 3,
        },
        reason: agent.reason.to_string(),
        since: agent.since,
        turned_at: agent.turned_at,
        turn: agent.turn,
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
    }
}

fn restore_queue(floor: &mut Floor, stored: &StoredQueue) -> Result<(), SnapshotError> {
    let rules = Queue {
        id: stored.id.as_str().into(),
        channel: *Channel::ALL.get(stored.channel as usize).ok_or(SnapshotError::Inconsistent)?,
        skills: restore_skills(&stored.skills),
        priority: stored.priority,
        offer_timeout_ms: stored.offer_timeout_ms,
    };
    let class = floor.class_key(Requirement { channel: rules.channel, skills: rules.skills.clone() });
    let key = floor.queues.len() as u32;
    floor.queue_keys.insert(rules.id.clone(), key);
    floor.queues.push(QueueState { rules, class });
    Ok(())
}

fn restore_agent(floor: &mut Floor, stored: &StoredAgent) -> Result<(), SnapshotError> {
    let availability = match stored.availability {
        1 => Availability::Offline,
        2 => Availability::Ready,
        3 => Availability::Away,
        _ => return Err(SnapshotError::Inconsistent),
    };
    let limits = stored.limits.as_slice().try_into().map_err(|_| SnapshotError::Inconsistent)?;
    let turn = floor.next_turn;
    let id: Id = stored.id.as_str().into();
    let key = floor.agent_key(&id);
    floor.next_turn = turn;
    let agent = &mut floor.agents[key as usize];
    agent.defined = stored.defined;
    agent.name = stored.name.as_str().into();
    agent.skills = restore_skills(&stored.skills);
    agent.limits = limits;
    agent.since = stored.since;
    agent.turned_at = stored.turned_at;
    agent.reason = stored.reason.as_str().into();
    agent.turn = stored.turn;
    floor.place_agent_in_classes(key);
    floor.change_agent(key, |agent| agent.availability = availability);
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
        priority: stored.priority,
        only: stored.only,
        enqueued_at: stored.enqueued_at,
        round: stored.round,
        stage,
        pauses: Vec::new(),
        patience: None,
    });
    for pause in &stored.pauses {
        floor.pause(ticket, Pause { agent: pause.agent, round: pause.round, until: pause.until });
    }
    floor.enter_stage(ticket);
    if let Some(agent) = stored.agent {
        floor.load(agent, ticket, true, None);
    }
    Ok(())
}

fn store_skills(skills: &Skills) -> std::collections::BTreeMap<String, u32> {
    skills.iter().map(|(k, v)| (k.to_string(), *v)).collect()
}

fn restore_skills(skills: &std::collections::BTreeMap<String, u32>) -> Skills {
    skills.iter().map(|(k, v)| (k.as_str().into(), *v)).collect()
}
