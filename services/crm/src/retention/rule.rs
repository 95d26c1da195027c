//! Who is forgotten, and when a run is due. Pure.

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// A day, ms.
pub const DAY: Millis = 86_400_000;
/// A run's day begins at three in the morning in Japan, which is 18:00 UTC of the day before.
const DAY_BEGINS: Millis = 6 * 3_600_000;
/// A run that has not ended by then is taken up again: its site died.
const LONGEST_RUN: Millis = 3_600_000;
/// So long at least there is to look at whom new rules mean.
const NIGHT: Millis = DAY / 2;
/// Shortest and longest time that can be asked for, days.
const DAYS: std::ops::RangeInclusive<u32> = 30..=36_500;

/// What a company wants; 0 days: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Days after which somebody who never ordered is forgotten.
    pub prospect_days: u32,
    /// The same of somebody who ordered.
    pub customer_days: u32,
}

/// What is known of a customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// When anything last happened.
    pub last_at: Millis,
    /// They ordered once.
    pub ordered: bool,
    /// Orders, returns, cases, tasks and commands that are not over.
    pub open: u64,
    /// Somebody said that they must be kept.
    pub held: bool,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are forgotten.
    Erase,
    /// Not yet, or never.
    Young,
    /// Long enough, but something is open.
    Open,
    /// Long enough, but somebody said that they must be kept.
    Held,
}

impl Rules {
    /// Whether they can be asked for.
    #[must_use]
    pub fn are_sound(&self) -> bool {
        [self.prospect_days, self.customer_days].iter().all(|days| *days == 0 || DAYS.contains(days))
    }

    /// The time before which something must have happened last for anybody to be forgotten; none: nobody ever is.
    #[must_use]
    pub fn earliest(&self, now: Millis) -> Option<Millis> {
        let days = [self.prospect_days, self.customer_days].into_iter().filter(|days| *days > 0).min()?;
        now.checked_sub(Millis::from(days) * DAY)
    }

    /// What becomes of somebody.
    #[must_use]
    pub fn decide(&self, facts: &Facts, now: Millis) -> Verdict {
        let days = if facts.ordered { self.customer_days } else { self.prospect_days };
        let limit = facts.last_at.saturating_add(Millis::from(days) * DAY);
        if days == 0 || now <= limit {
            Verdict::Young
        } else if facts.held {
            Verdict::Held
        } else if facts.open > 0 {
            Verdict::Open
        } else {
            Verdict::Erase
        }
    }
}

/// A run as it is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its day.
    pub day: u32,
    /// When it began.
    pub began_at: Millis,
    /// It is over.
    pub ended: bool,
}

/// The day of a time, as runs count.
#[must_use]
pub fn day_of(now: Millis) -> u32 {
    u32::try_from((now + DAY_BEGINS) / DAY).unwrap_or(u32::MAX)
}

/// The day whose run is due; none: nothing is to be done. On the day on which rules were set nobody is forgotten yet: there is time to look at whom they mean.
#[must_use]
pub fn due(set_at: Millis, last: Option<Noted>, now: Millis) -> Option<u32> {
    let today = day_of(now);
    if day_of(set_at) >= today || now.saturating_sub(set_at) < NIGHT {
        return None;
    }
    match last {
        // Whoever noted a day far ahead had a wrong clock.
        Some(run) if run.day == today + 1 => None,
        Some(run) if run.day == today => {
            (!run.ended && now.saturating_sub(run.began_at) > LONGEST_RUN).then_some(today)
        }
        Some(_) | None => Some(today),
    }
}
