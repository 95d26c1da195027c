//! Rules: queues, agents' profiles, calendars, reasons, priorities, and the changes of them.

use std::collections::BTreeMap;

use proto::routing::v1 as pb;

use super::{from_availability, from_channel, to_channel, to_optional};
use crate::floor::{
    AgentProfile, Capacities, Capacity, Change, Channel, Id, Overflow, Preference, Priorities, Queue, Reason, Setting,
    Skills, What,
    calendar::{Calendar, Hours, format_date, parse_date},
};

/// How long a contact waits for a preferred skill when the queue does not say, ms.
const RELAX_AFTER_MS: u64 = 30_000;

pub(super) fn to_queue(queue: pb::Queue) -> Option<Queue> {
    let (preferred, skills): (Vec<_>, Vec<_>) = queue.skills.iter().cloned().partition(|skill| skill.preferred);
    let preferred = preferred.into_iter().map(|skill| {
        let relax_after_ms = if skill.relax_after_ms == 0 { RELAX_AFTER_MS } else { skill.relax_after_ms };
        (skill.name.into(), Preference { level: skill.level, relax_after_ms })
    });
    Some(Queue {
        channel: to_channel(queue.channel())?,
        id: queue.queue_id.into(),
        name: queue.name.into(),
        skills: to_skills(skills),
        preferred: preferred.collect(),
        priority: queue.priority,
        offer_timeout_ms: queue.offer_timeout_ms,
        target_ms: queue.target_ms,
        calendar: to_optional(queue.calendar_id),
        overflow: queue.overflow.into_iter().map(to_overflow).collect(),
        max_wait_ms: queue.max_wait_ms,
        on_limit: to_optional(queue.on_limit_queue_id),
        after_work_ms: queue.after_work_ms,
    })
}

fn to_overflow(rule: pb::Overflow) -> Overflow {
    Overflow {
        after_ms: rule.after_ms,
        longer_than: rule.longer_than,
        expected_over_ms: rule.expected_over_ms,
        to_queue: rule.to_queue_id.into(),
    }
}

/// Without figures.
pub(super) fn from_queue(queue: &Queue) -> pb::Queue {
    let preferred = queue.preferred.iter().map(|(name, preference)| pb::Skill {
        name: name.to_string(),
        level: preference.level,
        preferred: true,
        relax_after_ms: preference.relax_after_ms,
    });
    let overflow = queue.overflow.iter().map(|rule| pb::Overflow {
        after_ms: rule.after_ms,
        longer_than: rule.longer_than,
        expected_over_ms: rule.expected_over_ms,
        to_queue_id: rule.to_queue.to_string(),
    });
    pb::Queue {
        queue_id: queue.id.to_string(),
        channel: from_channel(queue.channel).into(),
        skills: from_skills(&queue.skills).into_iter().chain(preferred).collect(),
        priority: queue.priority,
        offer_timeout_ms: queue.offer_timeout_ms,
        name: queue.name.to_string(),
        target_ms: queue.target_ms,
        calendar_id: text(queue.calendar.as_ref()),
        overflow: overflow.collect(),
        max_wait_ms: queue.max_wait_ms,
        on_limit_queue_id: text(queue.on_limit.as_ref()),
        after_work_ms: queue.after_work_ms,
        ..pb::Queue::default()
    }
}

pub(super) fn text(id: Option<&Id>) -> String {
    id.map(ToString::to_string).unwrap_or_default()
}

pub(super) fn to_skills(skills: Vec<pb::Skill>) -> Skills {
    skills.into_iter().map(|skill| (skill.name.into(), skill.level)).collect::<BTreeMap<_, _>>()
}

pub(super) fn from_skills(skills: &Skills) -> Vec<pb::Skill> {
    let skill =
        |(name, level): (&Id, &u32)| pb::Skill { name: name.to_string(), level: *level, ..pb::Skill::default() };
    skills.iter().map(skill).collect()
}

pub(super) fn to_ids(ids: Vec<String>) -> Vec<Id> {
    ids.into_iter().map(Id::from).collect()
}

pub(super) fn to_capacities(capacities: &[pb::Capacity]) -> Option<Capacities> {
    let mut limits = Capacities::default();
    for capacity in capacities {
        let mut interrupts = 0;
        for channel in capacity.interrupts() {
            interrupts |= 1 << to_channel(channel)?.index();
        }
        let it = &mut limits[to_channel(capacity.channel())?.index()];
        *it = Capacity { limit: capacity.limit, weight: capacity.weight, interrupts };
    }
    Some(limits)
}

/// Of the chat channel always; of the others when the agent has any.
pub(super) fn from_capacities(limits: &Capacities) -> Vec<pb::Capacity> {
    let shown = |channel: &Channel| *channel == Channel::Chat || limits[channel.index()] != Capacity::default();
    let capacity = |channel: Channel| {
        let it = limits[channel.index()];
        let interrupts = Channel::ALL.into_iter().filter(|other| it.may_interrupt(*other));
        pb::Capacity {
            channel: from_channel(channel).into(),
            limit: it.limit,
            weight: it.weight,
            interrupts: interrupts.map(|other| from_channel(other).into()).collect(),
        }
    };
    Channel::ALL.into_iter().filter(shown).map(capacity).collect()
}

fn from_profile(profile: &AgentProfile) -> pb::Agent {
    pb::Agent {
        agent_id: profile.id.to_string(),
        name: profile.name.to_string(),
        availability: from_availability(crate::floor::Availability::Offline).into(),
        skills: from_skills(&profile.skills),
        capacities: from_capacities(&profile.capacities),
        unit: profile.unit.to_string(),
        reserved_for: profile.reserved_for.iter().map(ToString::to_string).collect(),
        ..pb::Agent::default()
    }
}

pub(super) fn to_setting(setting: pb::Setting) -> Option<Setting> {
    use pb::setting::What;
    Some(match setting.what? {
        What::Calendar(calendar) => Setting::Calendar(to_calendar(calendar)?),
        What::Reasons(reasons) => Setting::Reasons(
            reasons
                .reasons
                .into_iter()
                .map(|it| Reason { id: it.reason_id.into(), ja: it.ja.into(), en: it.en.into() })
                .collect(),
        ),
        What::Priorities(priorities) => {
            let steps = |list: Vec<pb::Priority>| list.into_iter().map(|it| (it.id.into(), it.priority)).collect();
            Setting::Priorities(Priorities { segments: steps(priorities.segments), reasons: steps(priorities.reasons) })
        }
    })
}

pub(super) fn from_setting(setting: &Setting) -> pb::Setting {
    use pb::setting::What;
    let what = match setting {
        Setting::Calendar(calendar) => What::Calendar(from_calendar(calendar)),
        Setting::Reasons(reasons) => What::Reasons(from_reasons(reasons)),
        Setting::Priorities(priorities) => What::Priorities(from_priorities(priorities)),
    };
    pb::Setting { what: Some(what) }
}

pub(super) fn from_reasons(reasons: &[Reason]) -> pb::Reasons {
    let reason =
        |it: &Reason| pb::Reason { reason_id: it.id.to_string(), ja: it.ja.to_string(), en: it.en.to_string() };
    pb::Reasons { reasons: reasons.iter().map(reason).collect() }
}

pub(super) fn from_priorities(priorities: &Priorities) -> pb::Priorities {
    let steps = |map: &BTreeMap<Id, u32>| {
        map.iter().map(|(id, priority)| pb::Priority { id: id.to_string(), priority: *priority }).collect()
    };
    pb::Priorities { segments: steps(&priorities.segments), reasons: steps(&priorities.reasons) }
}

fn to_calendar(calendar: pb::Calendar) -> Option<Calendar> {
    let week = calendar.week.iter().map(|it| (it.day, Hours { from: it.from_minute, to: it.to_minute }));
    let open = calendar.open.iter().map(|it| {
        let hours = Hours { from: it.from_minute, to: it.to_minute };
        Some((parse_date(&it.date)?, hours))
    });
    Some(Calendar {
        week: week.collect(),
        closed: calendar.closed.iter().map(|date| parse_date(date)).collect::<Option<_>>()?,
        open: open.collect::<Option<_>>()?,
        id: calendar.calendar_id.into(),
        name: calendar.name.into(),
        time_zone: calendar.time_zone.into(),
        holidays_jp: calendar.holidays_jp,
    })
}

pub(super) fn from_calendar(calendar: &Calendar) -> pb::Calendar {
    let week =
        calendar.week.iter().map(|(day, hours)| pb::Hours { day: *day, from_minute: hours.from, to_minute: hours.to });
    let open = calendar.open.iter().map(|(day, hours)| pb::OpenDay {
        date: format_date(*day),
        from_minute: hours.from,
        to_minute: hours.to,
    });
    pb::Calendar {
        calendar_id: calendar.id.to_string(),
        name: calendar.name.to_string(),
        time_zone: calendar.time_zone.to_string(),
        week: week.collect(),
        holidays_jp: calendar.holidays_jp,
        closed: calendar.closed.iter().map(|day| format_date(*day)).collect(),
        open: open.collect(),
    }
}

pub(crate) fn from_change(change: &Change) -> pb::Change {
    pb::Change {
        change: change.number,
        at_ms: change.at,
        by: change.by.to_string(),
        before: change.before.as_ref().and_then(from_changeable),
        after: from_changeable(&change.after),
        undone_by: change.undone_by.unwrap_or(0),
        undoes: change.undoes.unwrap_or(0),
    }
}

fn from_changeable(what: &What) -> Option<pb::Changeable> {
    use pb::changeable::What as Shown;
    let shown = match what {
        What::QueueDefined(queue) => Shown::Queue(from_queue(queue)),
        What::AgentDefined(profile) => Shown::Agent(from_profile(profile)),
        What::SettingDefined(setting) => Shown::Setting(from_setting(setting)),
        What::AvailabilityChanged { agent, availability, reason, until: _ } => Shown::Forced(pb::ForcedState {
            agent_id: agent.to_string(),
            availability: from_availability(*availability).into(),
            reason: reason.to_string(),
        }),
        What::ContactEnqueued(_)
        | What::ContactOffered(_)
        | What::OfferAccepted(_)
        | What::OfferEnded { .. }
        | What::ContactReleased { .. }
        | What::ContactChanged { .. }
        | What::ContactEnded { .. } => return None,
    };
    Some(pb::Changeable { what: Some(shown) })
}
