//! When and how often a campaign may dial.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Millis;
use crate::ivr::flow::{Language, Line, Prompt};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// So far ahead the next window is looked for.
const HORIZON_DAYS: i64 = 400;

/// The rules of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// For people, at most 80 characters.
    pub name: String,
    /// How numbers are dialled.
    pub mode: Mode,
    /// The queue of routing whose agents talk.
    pub queue: String,
    /// The number that is shown, in E.164.
    pub caller_id: String,
    /// Attempts for each number in all, 1 to 20.
    pub attempts: u32,
    /// Attempts for each number on one day, 1 to 10.
    pub attempts_per_day: u32,
    /// How long a number is left alone after an attempt.
    pub pauses: Pauses,
    /// How long it rings, 5,000 to 120,000 ms.
    pub ring_ms: u64,
    /// How long an agent may look at an entry before dialling (preview), 10,000 to 3,600,000 ms.
    pub preview_ms: u64,
    /// Minutes from UTC, -840 to 840. Japan: 540.
    pub utc_offset_minutes: i32,
    /// When it may dial; at least one.
    pub windows: Vec<Window>,
    /// Days on which it does not, counted from 1970-01-01: holidays.
    #[serde(default)]
    pub closed: BTreeSet<i64>,
    /// How many may pick up and find nobody.
    pub abandon: Abandon,
    /// What becomes of them; needed to dial progressively.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nobody: Option<Box<Nobody>>,
}

/// What becomes of somebody who picks up and finds nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nobody {
    /// They talk with an agent within so long after picking up, or count as abandoned: 1,000 to 30,000 ms.
    pub within_ms: u64,
    /// What they hear then, in each language that it has, one after the other.
    pub announcement: Prompt,
}

/// How numbers are dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// An agent looks at the entry and dials.
    Preview,
    /// The center dials when an agent is free.
    Progressive,
}

/// How long a number is left alone after an attempt, in ms, at least 60,000 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pauses {
    /// It was busy.
    pub busy_ms: u64,
    /// Nobody picked up.
    pub no_answer_ms: u64,
    /// A machine did.
    pub machine_ms: u64,
    /// Somebody did, and found nobody.
    pub abandoned_ms: u64,
    /// The call failed, or it is not known what became of it.
    pub failed_ms: u64,
}

/// A time of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// 1 (Monday) to 7.
    pub weekday: u32,
    /// Minutes after midnight, 0 to 1,439.
    pub from: u32,
    /// The end, not included: above `from`, at most 1,440.
    pub to: u32,
}

/// The cap of abandoned calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abandon {
    /// Of a thousand who picked up, at most 30 found nobody.
    pub permille: u32,
    /// In this time, 60,000 to 86,400,000 ms.
    pub window_ms: u64,
}

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plan's {field} {must}")]
pub struct PlanFault {
    /// The field, as in JSON.
    pub field: &'static str,
    /// What it must be.
    pub must: &'static str,
}

impl Plan {
    /// Whether all fields are in their ranges.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), PlanFault> {
        let pauses = [
            self.pauses.busy_ms,
            self.pauses.no_answer_ms,
            self.pauses.machine_ms,
            self.pauses.abandoned_ms,
            self.pauses.failed_ms,
        ];
        let window = |it: &Window| (1..=7).contains(&it.weekday) && it.from < it.to && it.to <= 1_440;
        let rules = [
            (self.name.chars().count() <= 80, "name", "has at most 80 characters"),
            (!self.queue.is_empty(), "queue", "must be a queue"),
            (is_e164(&self.caller_id), "caller_id", "is a number in E.164"),
            ((1..=20).contains(&self.attempts), "attempts", "are 1 to 20"),
            ((1..=10).contains(&self.attempts_per_day), "attempts_per_day", "are 1 to 10"),
            (pauses.iter().all(|it| (60_000..=31_536_000_000).contains(it)), "pauses", "are a minute to a year"),
            ((5_000..=120_000).contains(&self.ring_ms), "ring_ms", "is 5,000 to 120,000"),
            ((10_000..=3_600_000).contains(&self.preview_ms), "preview_ms", "is 10,000 to 3,600,000"),
            ((-840..=840).contains(&self.utc_offset_minutes), "utc_offset_minutes", "is -840 to 840"),
            (!self.windows.is_empty() && self.windows.iter().all(window), "windows", "are times of the week"),
            (self.abandon.permille <= 30, "abandon.permille", "is at most 30"),
            (self.mode == Mode::Preview || self.nobody.is_some(), "nobody", "is needed to dial progressively"),
            (self.nobody.as_deref().is_none_or(Nobody::is_fine), "nobody", "is 1,000 to 30,000 ms and a prompt"),
            ((60_000..=86_400_000).contains(&self.abandon.window_ms), "abandon.window_ms", "is a minute to a day"),
        ];
        let fault = rules.into_iter().find(|(holds, ..)| !holds);
        fault.map_or(Ok(()), |(_, field, must)| Err(PlanFault { field, must }))
    }

    /// Whether it may dial now.
    #[must_use]
    pub fn is_open(&self, now: Millis) -> bool {
        let minute = (self.local(now).rem_euclid(DAY_MS) / MINUTE_MS) as u32;
        self.windows_of(self.day(now)).any(|window| window.from <= minute && minute < window.to)
    }

    /// When it may dial next: `now` while it may; none: not within 400 days.
    #[must_use]
    pub fn opens_at(&self, now: Millis) -> Option<Millis> {
        if self.is_open(now) {
            return Some(now);
        }
        let (local, today) = (self.local(now), self.day(now));
        let begin = |day: i64| {
            let begins = self.windows_of(day).map(move |window| day * DAY_MS + i64::from(window.from) * MINUTE_MS);
            begins.filter(|at| *at > local).min()
        };
        let next = (today..today + HORIZON_DAYS).find_map(begin)?;
        Millis::try_from(next - i64::from(self.utc_offset_minutes) * MINUTE_MS).ok()
    }

    /// The local day, counted from 1970-01-01.
    pub(super) fn day(&self, at: Millis) -> i64 {
        self.local(at).div_euclid(DAY_MS)
    }

    /// When a local day begins.
    pub(super) fn begin_of(&self, day: i64) -> Millis {
        Millis::try_from(day * DAY_MS - i64::from(self.utc_offset_minutes) * MINUTE_MS).unwrap_or_default()
    }

    fn local(&self, at: Millis) -> i64 {
        at as i64 + i64::from(self.utc_offset_minutes) * MINUTE_MS
    }

    fn windows_of(&self, day: i64) -> impl Iterator<Item = &Window> {
        let weekday = if self.closed.contains(&day) { 0 } else { (day + 3).rem_euclid(7) + 1 };
        self.windows.iter().filter(move |window| i64::from(window.weekday) == weekday)
    }
}

impl Nobody {
    /// Something is heard, and soon.
    fn is_fine(&self) -> bool {
        let short = |line: &Line| line.text.as_ref().is_none_or(|text| text.chars().count() <= 1_000);
        let mut lines = Language::ALL.into_iter().filter_map(|it| self.announcement.line(it)).peekable();
        let heard = lines.peek().is_some();
        heard && lines.all(short) && (1_000..=30_000).contains(&self.within_ms)
    }
}

/// `+` and 8 to 15 digits.
pub(super) fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit())
    })
}
