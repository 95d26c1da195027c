//! What may be a rule: queues, agents, calendars, reasons, priorities.

use std::collections::BTreeMap;

use super::{
    calendar::{Calendar, offset_minutes},
    command::Rejection,
    event::What,
    overflow,
    state::Floor,
    types::{AgentProfile, Availability, Channel, Id, Priorities, Queue, Reason, Setting, Skills},
};

/// What an offer stands when the queue does not say.
const DEFAULT_OFFER_TIMEOUT_MS: u32 = 20_000;
const DAY_MS: u64 = 86_400_000;
const HOUR_MS: u64 = 3_600_000;

pub(super) fn define_queue(floor: &Floor, queue: &Queue) -> Result<Vec<What>, Rejection> {
    let mut queue = queue.clone();
    if queue.offer_timeout_ms == 0 {
        queue.offer_timeout_ms = DEFAULT_OFFER_TIMEOUT_MS;
    }
    valid_queue(&queue)?;
    if queue.calendar.as_ref().is_some_and(|calendar| !floor.calendars.contains_key(calendar)) {
        return Err(Rejection::UnknownCalendar);
    }
    overflow::check(floor, &queue)?;
    match floor.queue_keys.get(&queue.id).map(|key| floor.queue(*key)) {
        Some(known) if known.rules == queue => Ok(Vec::new()),
        Some(known) if known.rules.channel != queue.channel => {
            Err(Rejection::Invalid("channel: a queue keeps its channel"))
        }
        Some(_) | None => Ok(vec![What::QueueDefined(queue)]),
    }
}

fn valid_queue(queue: &Queue) -> Result<(), Rejection> {
    require(is_name(&queue.id), "queue_id: 1 to 40 of [a-z0-9_-]")?;
    require(is_text(&queue.name), "name: at most 100 characters")?;
    require(queue.priority <= 9, "priority: 0 to 9")?;
    require((1_000..=120_000).contains(&queue.offer_timeout_ms), "offer_timeout_ms: 1,000 to 120,000")?;
    valid_skills(&queue.skills)?;
    valid_skills(&queue.preferred.iter().map(|(name, preference)| (name.clone(), preference.level)).collect())?;
    let waits = |ms: u64| (1_000..=HOUR_MS).contains(&ms);
    require(queue.preferred.values().all(|p| waits(p.relax_after_ms)), "relax_after_ms: 1,000 to 3,600,000")?;
    require(queue.target_ms <= DAY_MS, "target_ms: at most 86,400,000")?;
    require(queue.after_work_ms <= HOUR_MS, "after_work_ms: at most 3,600,000")?;
    let wait = queue.max_wait_ms == 0 || (1_000..=DAY_MS).contains(&queue.max_wait_ms);
    require(wait, "max_wait_ms: 1,000 to 86,400,000")?;
    require(queue.overflow.len() <= 10, "overflow: at most 10")?;
    for rule in &queue.overflow {
        let given = rule.after_ms.is_some() || rule.longer_than.is_some() || rule.expected_over_ms.is_some();
        require(given, "overflow: at least one condition")?;
        let after = rule.after_ms.is_none_or(|ms| (1_000..=DAY_MS).contains(&ms));
        require(after, "overflow: after_ms is 1,000 to 86,400,000")?;
    }
    Ok(())
}

pub(super) fn define_agent(floor: &Floor, profile: &AgentProfile) -> Result<Vec<What>, Rejection> {
    require(is_id(&profile.id), "agent_id: 1 to 80 of [A-Za-z0-9._-]")?;
    require(is_text(&profile.name), "name: at most 100 characters")?;
    require(profile.unit.is_empty() || is_name(&profile.unit), "unit: at most 40 of [a-z0-9_-]")?;
    require(profile.capacities.iter().all(|it| it.limit <= 20), "capacities: 0 to 20")?;
    require(profile.capacities.iter().all(|it| it.weight <= 100), "capacities: weights are 0 to 100")?;
    require(profile.reserved_for.len() <= 20, "reserved_for: at most 20")?;
    require(profile.reserved_for.iter().all(|it| is_label(it) && !it.is_empty()), "reserved_for: 1 to 40 characters")?;
    valid_skills(&profile.skills)?;
    let same = floor.agent_of(&profile.id).is_some_and(|(_, agent)| agent.defined && agent.profile() == *profile);
    Ok(if same { Vec::new() } else { vec![What::AgentDefined(profile.clone())] })
}

pub(super) fn define_setting(floor: &Floor, setting: &Setting) -> Result<Vec<What>, Rejection> {
    match setting {
        Setting::Calendar(calendar) => valid_calendar(calendar)?,
        Setting::Reasons(reasons) => valid_reasons(reasons)?,
        Setting::Priorities(Priorities { segments, reasons }) => {
            valid_priorities(segments)?;
            valid_priorities(reasons)?;
        }
    }
    let same = floor.setting(setting).as_ref() == Some(setting);
    Ok(if same { Vec::new() } else { vec![What::SettingDefined(setting.clone())] })
}

fn valid_calendar(calendar: &Calendar) -> Result<(), Rejection> {
    require(is_name(&calendar.id), "calendar_id: 1 to 40 of [a-z0-9_-]")?;
    require(is_text(&calendar.name), "name: at most 100 characters")?;
    require(offset_minutes(&calendar.time_zone).is_some(), "time_zone: a zone without summer time, or +09:00")?;
    require(!calendar.week.is_empty() && calendar.week.len() <= 70, "week: 1 to 70 hours")?;
    require(calendar.week.iter().all(|(day, _)| (1..=7).contains(day)), "week: days are 1 to 7")?;
    let all = calendar.week.iter().map(|(_, hours)| hours).chain(calendar.open.iter().map(|(_, hours)| hours));
    require(all.into_iter().all(|it| it.from < it.to && it.to <= 1_440), "hours: from is before to, within a day")?;
    require(calendar.closed.len() <= 400 && calendar.open.len() <= 400, "closed, open: at most 400 days each")
}

fn valid_reasons(reasons: &[Reason]) -> Result<(), Rejection> {
    require(reasons.len() <= 50, "reasons: at most 50")?;
    require(reasons.iter().all(|it| is_name(&it.id)), "reasons: ids are 1 to 40 of [a-z0-9_-]")?;
    let named = |text: &Id| !text.is_empty() && is_text(text);
    require(reasons.iter().all(|it| named(&it.ja) && named(&it.en)), "reasons: 1 to 100 characters in both languages")?;
    let mut ids: Vec<&Id> = reasons.iter().map(|reason| &reason.id).collect();
    ids.sort_unstable();
    ids.dedup();
    require(ids.len() == reasons.len(), "reasons: each id once")
}

fn valid_priorities(priorities: &BTreeMap<Id, u32>) -> Result<(), Rejection> {
    require(priorities.len() <= 100, "priorities: at most 100 each")?;
    require(priorities.keys().all(|it| is_label(it) && !it.is_empty()), "priorities: ids are 1 to 40 characters")?;
    require(priorities.values().all(|it| *it <= 9), "priorities: 0 to 9")
}

/// Whether any agent could take callbacks at all.
pub(super) fn somebody_calls_back(floor: &Floor) -> bool {
    let able = |limit: u32| limit > 0;
    floor.agents.iter().any(|agent| agent.defined && able(agent.limits[Channel::Callback.index()].limit))
}

pub(super) fn known_agent(floor: &Floor, agent: &Id) -> Result<(u32, Availability), Rejection> {
    let found = floor.agent_of(agent).filter(|(_, agent)| agent.defined);
    found.map(|(key, agent)| (key, agent.availability)).ok_or(Rejection::UnknownAgent)
}

fn valid_skills(skills: &Skills) -> Result<(), Rejection> {
    require(skills.len() <= 100, "skills: at most 100")?;
    require(skills.keys().all(|name| is_name(name)), "skills: names are 1 to 40 of [a-z0-9_-]")?;
    require(skills.values().all(|level| (1..=5).contains(level)), "skills: levels are 1 to 5")
}

pub(super) fn require(holds: bool, otherwise: &'static str) -> Result<(), Rejection> {
    if holds { Ok(()) } else { Err(Rejection::Invalid(otherwise)) }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    (1..=40).contains(&text.len()) && text.bytes().all(allowed)
}

pub(super) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=80).contains(&text.len()) && text.bytes().all(allowed)
}

/// A segment or reason; empty: none.
pub(super) fn is_label(text: &str) -> bool {
    text.chars().count() <= 40
}

pub(super) fn is_text(text: &str) -> bool {
    text.chars().count() <= 100
}
