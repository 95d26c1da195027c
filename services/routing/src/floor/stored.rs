//! The parts of a floor's snapshot that are rules: queues, agents' profiles, settings, and the changes of them.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

use super::{
    calendar::{Calendar, Hours},
    changes::Change,
    event::What,
    types::{
        AgentProfile, Availability, Capacities, Channel, Id, Millis, Overflow, Preference, Priorities, Queue, Reason,
        Setting, Skills,
    },
};

#[derive(Clone, PartialEq, Message)]
pub(super) struct StoredQueue {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(uint32, tag = "2")]
    channel: u32,
    #[prost(btree_map = "string, uint32", tag = "3")]
    skills: BTreeMap<String, u32>,
    #[prost(uint32, tag = "4")]
    priority: u32,
    #[prost(uint32, tag = "5")]
    offer_timeout_ms: u32,
    #[prost(string, tag = "6")]
    name: String,
    #[prost(message, repeated, tag = "7")]
    preferred: Vec<StoredPreference>,
    #[prost(uint64, tag = "8")]
    target_ms: u64,
    #[prost(string, optional, tag = "9")]
    calendar: Option<String>,
    #[prost(message, repeated, tag = "10")]
    overflow: Vec<StoredOverflow>,
    #[prost(uint64, tag = "11")]
    max_wait_ms: u64,
    #[prost(string, optional, tag = "12")]
    on_limit: Option<String>,
    #[prost(uint64, tag = "13")]
    after_work_ms: u64,
    #[prost(uint64, tag = "14")]
    pub(super) gap_us: u64,
    #[prost(uint64, tag = "15")]
    pub(super) since: Millis,
    #[prost(uint32, tag = "16")]
    pub(super) seen: u32,
}

#[derive(Clone, PartialEq, Message)]
struct StoredPreference {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    level: u32,
    #[prost(uint64, tag = "3")]
    relax_after_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
struct StoredOverflow {
    #[prost(uint64, optional, tag = "1")]
    after_ms: Option<u64>,
    #[prost(uint32, optional, tag = "2")]
    longer_than: Option<u32>,
    #[prost(uint64, optional, tag = "3")]
    expected_over_ms: Option<u64>,
    #[prost(string, tag = "4")]
    to_queue: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StoredProfile {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    unit: String,
    #[prost(btree_map = "string, uint32", tag = "4")]
    skills: BTreeMap<String, u32>,
    #[prost(uint32, repeated, tag = "5")]
    limits: Vec<u32>,
    #[prost(uint32, repeated, tag = "6")]
    weights: Vec<u32>,
    #[prost(uint32, repeated, tag = "7")]
    interrupts: Vec<u32>,
    #[prost(string, repeated, tag = "8")]
    reserved_for: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredHours {
    /// A weekday, or a day since 1970-01-01.
    #[prost(int64, tag = "1")]
    day: i64,
    #[prost(uint32, tag = "2")]
    from: u32,
    #[prost(uint32, tag = "3")]
    to: u32,
}

#[derive(Clone, PartialEq, Message)]
struct StoredCalendar {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    time_zone: String,
    #[prost(message, repeated, tag = "4")]
    week: Vec<StoredHours>,
    #[prost(bool, tag = "5")]
    holidays_jp: bool,
    #[prost(int64, repeated, tag = "6")]
    closed: Vec<i64>,
    #[prost(message, repeated, tag = "7")]
    open: Vec<StoredHours>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredReason {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    ja: String,
    #[prost(string, tag = "3")]
    en: String,
}

#[derive(Clone, PartialEq, Message)]
struct StoredReasons {
    #[prost(message, repeated, tag = "1")]
    reasons: Vec<StoredReason>,
}

#[derive(Clone, PartialEq, Message)]
struct StoredPriorities {
    #[prost(btree_map = "string, uint32", tag = "1")]
    segments: BTreeMap<String, u32>,
    #[prost(btree_map = "string, uint32", tag = "2")]
    reasons: BTreeMap<String, u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StoredRule {
    #[prost(oneof = "Rule", tags = "1, 2, 3, 4, 5, 6")]
    rule: Option<Rule>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Rule {
    #[prost(message, tag = "1")]
    Queue(StoredQueue),
    #[prost(message, tag = "2")]
    Agent(StoredProfile),
    #[prost(message, tag = "3")]
    Calendar(StoredCalendar),
    #[prost(message, tag = "4")]
    Reasons(StoredReasons),
    #[prost(message, tag = "5")]
    Priorities(StoredPriorities),
    #[prost(message, tag = "6")]
    Forced(StoredForced),
}

/// A state that somebody else than the agent set.
#[derive(Clone, PartialEq, Message)]
struct StoredForced {
    #[prost(string, tag = "1")]
    agent: String,
    #[prost(uint32, tag = "2")]
    availability: u32,
    #[prost(string, tag = "3")]
    reason: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StoredChange {
    #[prost(uint64, tag = "1")]
    number: u64,
    #[prost(uint64, tag = "2")]
    at: Millis,
    #[prost(string, tag = "3")]
    by: String,
    #[prost(message, optional, tag = "4")]
    before: Option<StoredRule>,
    #[prost(message, optional, tag = "5")]
    after: Option<StoredRule>,
    #[prost(uint64, optional, tag = "6")]
    undone_by: Option<u64>,
    #[prost(uint64, optional, tag = "7")]
    undoes: Option<u64>,
}

pub(super) fn store_change(change: &Change) -> StoredChange {
    StoredChange {
        number: change.number,
        at: change.at,
        by: change.by.to_string(),
        before: change.before.as_ref().map(store_what),
        after: Some(store_what(&change.after)),
        undone_by: change.undone_by,
        undoes: change.undoes,
    }
}

pub(super) fn restore_change(stored: &StoredChange) -> Option<Change> {
    Some(Change {
        number: stored.number,
        at: stored.at,
        by: id(&stored.by),
        before: match &stored.before {
            Some(rule) => Some(restore_what(rule)?),
            None => None,
        },
        after: restore_what(stored.after.as_ref()?)?,
        undone_by: stored.undone_by,
        undoes: stored.undoes,
    })
}

pub(super) fn availability_number(availability: Availability) -> u32 {
    match availability {
        Availability::Offline => 1,
        Availability::Ready => 2,
        Availability::Away => 3,
        Availability::AfterWork => 4,
    }
}

pub(super) fn availability_of(number: u32) -> Option<Availability> {
    match number {
        1 => Some(Availability::Offline),
        2 => Some(Availability::Ready),
        3 => Some(Availability::Away),
        4 => Some(Availability::AfterWork),
        _ => None,
    }
}

fn store_what(what: &What) -> StoredRule {
    let rule = match what {
        What::QueueDefined(queue) => Some(Rule::Queue(store_queue(queue))),
        What::AgentDefined(profile) => Some(Rule::Agent(store_profile(profile))),
        What::SettingDefined(setting) => return store_setting(setting),
        What::AvailabilityChanged { agent, availability, reason, until: _ } => Some(Rule::Forced(StoredForced {
            agent: agent.to_string(),
            availability: availability_number(*availability),
            reason: reason.to_string(),
        })),
        What::ContactEnqueued(_)
        | What::ContactOffered(_)
        | What::OfferAccepted(_)
        | What::OfferEnded { .. }
        | What::ContactReleased { .. }
        | What::ContactChanged { .. }
        | What::ContactEnded { .. } => None,
    };
    StoredRule { rule }
}

fn restore_what(stored: &StoredRule) -> Option<What> {
    Some(match stored.rule.as_ref()? {
        Rule::Queue(queue) => What::QueueDefined(restore_queue(queue)?),
        Rule::Agent(profile) => What::AgentDefined(restore_profile(profile)?),
        Rule::Calendar(_) | Rule::Reasons(_) | Rule::Priorities(_) => What::SettingDefined(restore_setting(stored)?),
        Rule::Forced(forced) => What::AvailabilityChanged {
            agent: id(&forced.agent),
            availability: availability_of(forced.availability)?,
            reason: id(&forced.reason),
            until: None,
        },
    })
}

pub(super) fn store_setting(setting: &Setting) -> StoredRule {
    let hours = |day: i64, hours: Hours| StoredHours { day, from: hours.from, to: hours.to };
    let rule = match setting {
        Setting::Calendar(calendar) => Rule::Calendar(StoredCalendar {
            id: calendar.id.to_string(),
            name: calendar.name.to_string(),
            time_zone: calendar.time_zone.to_string(),
            week: calendar.week.iter().map(|(day, it)| hours(i64::from(*day), *it)).collect(),
            holidays_jp: calendar.holidays_jp,
            closed: calendar.closed.clone(),
            open: calendar.open.iter().map(|(day, it)| hours(*day, *it)).collect(),
        }),
        Setting::Reasons(reasons) => {
            let text =
                |it: &Reason| StoredReason { id: it.id.to_string(), ja: it.ja.to_string(), en: it.en.to_string() };
            Rule::Reasons(StoredReasons { reasons: reasons.iter().map(text).collect() })
        }
        Setting::Priorities(priorities) => Rule::Priorities(StoredPriorities {
            segments: store_skills(&priorities.segments),
            reasons: store_skills(&priorities.reasons),
        }),
    };
    StoredRule { rule: Some(rule) }
}

pub(super) fn restore_setting(stored: &StoredRule) -> Option<Setting> {
    let hours = |it: &StoredHours| Hours { from: it.from, to: it.to };
    match stored.rule.as_ref()? {
        Rule::Queue(_) | Rule::Agent(_) | Rule::Forced(_) => None,
        Rule::Calendar(it) => Some(Setting::Calendar(Calendar {
            id: id(&it.id),
            name: id(&it.name),
            time_zone: id(&it.time_zone),
            week: it.week.iter().map(|of| (of.day as u32, hours(of))).collect(),
            holidays_jp: it.holidays_jp,
            closed: it.closed.clone(),
            open: it.open.iter().map(|of| (of.day, hours(of))).collect(),
        })),
        Rule::Reasons(it) => {
            let reason = |it: &StoredReason| Reason { id: id(&it.id), ja: id(&it.ja), en: id(&it.en) };
            Some(Setting::Reasons(it.reasons.iter().map(reason).collect()))
        }
        Rule::Priorities(it) => Some(Setting::Priorities(Priorities {
            segments: restore_skills(&it.segments),
            reasons: restore_skills(&it.reasons),
        })),
    }
}

pub(super) fn store_queue(queue: &Queue) -> StoredQueue {
    let preferred = queue.preferred.iter().map(|(name, it)| StoredPreference {
        name: name.to_string(),
        level: it.level,
        relax_after_ms: it.relax_after_ms,
    });
    let overflow = queue.overflow.iter().map(|rule| StoredOverflow {
        after_ms: rule.after_ms,
        longer_than: rule.longer_than,
        expected_over_ms: rule.expected_over_ms,
        to_queue: rule.to_queue.to_string(),
    });
    StoredQueue {
        id: queue.id.to_string(),
        channel: queue.channel.index() as u32,
        skills: store_skills(&queue.skills),
        priority: queue.priority,
        offer_timeout_ms: queue.offer_timeout_ms,
        name: queue.name.to_string(),
        preferred: preferred.collect(),
        target_ms: queue.target_ms,
        calendar: queue.calendar.as_ref().map(ToString::to_string),
        overflow: overflow.collect(),
        max_wait_ms: queue.max_wait_ms,
        on_limit: queue.on_limit.as_ref().map(ToString::to_string),
        after_work_ms: queue.after_work_ms,
        ..StoredQueue::default()
    }
}

pub(super) fn restore_queue(stored: &StoredQueue) -> Option<Queue> {
    let preferred = stored.preferred.iter().map(|it| {
        let preference = Preference { level: it.level, relax_after_ms: it.relax_after_ms };
        (id(&it.name), preference)
    });
    let overflow = stored.overflow.iter().map(|rule| Overflow {
        after_ms: rule.after_ms,
        longer_than: rule.longer_than,
        expected_over_ms: rule.expected_over_ms,
        to_queue: id(&rule.to_queue),
    });
    Some(Queue {
        id: id(&stored.id),
        name: id(&stored.name),
        channel: *Channel::ALL.get(stored.channel as usize)?,
        skills: restore_skills(&stored.skills),
        preferred: preferred.collect(),
        priority: stored.priority,
        offer_timeout_ms: stored.offer_timeout_ms,
        target_ms: stored.target_ms,
        calendar: stored.calendar.as_deref().map(id),
        overflow: overflow.collect(),
        max_wait_ms: stored.max_wait_ms,
        on_limit: stored.on_limit.as_deref().map(id),
        after_work_ms: stored.after_work_ms,
    })
}

pub(super) fn store_profile(profile: &AgentProfile) -> StoredProfile {
    let column = |of: fn(&super::types::Capacity) -> u32| profile.capacities.iter().map(of).collect();
    StoredProfile {
        id: profile.id.to_string(),
        name: profile.name.to_string(),
        unit: profile.unit.to_string(),
        skills: store_skills(&profile.skills),
        limits: column(|it| it.limit),
        weights: column(|it| it.weight),
        interrupts: column(|it| u32::from(it.interrupts)),
        reserved_for: profile.reserved_for.iter().map(ToString::to_string).collect(),
    }
}

pub(super) fn restore_profile(stored: &StoredProfile) -> Option<AgentProfile> {
    if stored.limits.len() > Channel::COUNT {
        return None;
    }
    let mut capacities = Capacities::default();
    for (index, capacity) in capacities.iter_mut().enumerate() {
        let of = |column: &[u32]| column.get(index).copied().unwrap_or(0);
        capacity.limit = of(&stored.limits);
        capacity.weight = of(&stored.weights);
        capacity.interrupts = of(&stored.interrupts) as u8;
    }
    Some(AgentProfile {
        id: id(&stored.id),
        name: id(&stored.name),
        unit: id(&stored.unit),
        skills: restore_skills(&stored.skills),
        capacities,
        reserved_for: stored.reserved_for.iter().map(|it| id(it)).collect(),
    })
}

fn id(text: &str) -> Id {
    text.into()
}

fn store_skills(skills: &Skills) -> BTreeMap<String, u32> {
    skills.iter().map(|(k, v)| (k.to_string(), *v)).collect()
}

fn restore_skills(skills: &BTreeMap<String, u32>) -> Skills {
    skills.iter().map(|(k, v)| (k.as_str().into(), *v)).collect()
}
