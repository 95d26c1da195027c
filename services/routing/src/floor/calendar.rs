//! When a queue is open: hours by weekday in its own time zone, holidays by rule, days of their own. Days are counted
//! from 1970-01-01; the calendar is the Gregorian one.

use super::types::{Id, Millis};

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// So far ahead the next opening is looked for.
const HORIZON_DAYS: i64 = 400;
/// Zones without summer time, by their distance from UTC in minutes.
const ZONES: [(&str, i64); 12] = [
    ("UTC", 0),
    ("Asia/Tokyo", 540),
    ("Asia/Seoul", 540),
    ("Asia/Shanghai", 480),
    ("Asia/Taipei", 480),
    ("Asia/Hong_Kong", 480),
    ("Asia/Singapore", 480),
    ("Asia/Manila", 480),
    ("Asia/Ho_Chi_Minh", 420),
    ("Asia/Bangkok", 420),
    ("Asia/Jakarta", 420),
    ("Asia/Kolkata", 330),
];

/// Open hours of a day: minutes after midnight, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hours {
    /// 0 to 1,439.
    pub from: u32,
    /// Above `from`, at most 1,440.
    pub to: u32,
}

/// When queues are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// 1 to 40 characters of `[a-z0-9_-]`.
    pub id: Id,
    /// Display name.
    pub name: Id,
    /// A zone's name or an offset as `+09:00`; see [`offset_minutes`].
    pub time_zone: Id,
    /// By weekday, 1 (Monday) to 7.
    pub week: Vec<(u32, Hours)>,
    /// Closed on Japan's national holidays.
    pub holidays_jp: bool,
    /// Closed besides; days since 1970-01-01.
    pub closed: Vec<i64>,
    /// Open with these hours, whatever else is said of the day.
    pub open: Vec<(i64, Hours)>,
}

impl Calendar {
    /// Whether it is open at `now`.
    #[must_use]
    pub fn is_open(&self, now: Millis) -> bool {
        let local = self.local(now);
        let minute = (local.rem_euclid(DAY_MS) / MINUTE_MS) as u32;
        self.hours(local.div_euclid(DAY_MS)).iter().any(|hours| hours.from <= minute && minute < hours.to)
    }

    /// When it opens next: `now` while it is open, None when it does not open within 400 days.
    #[must_use]
    pub fn opens_at(&self, now: Millis) -> Option<Millis> {
        if self.is_open(now) {
            return Some(now);
        }
        let local = self.local(now);
        let today = local.div_euclid(DAY_MS);
        let openings = (today..today + HORIZON_DAYS).flat_map(|day| {
            let starts = self.hours(day).into_iter().map(move |hours| day * DAY_MS + i64::from(hours.from) * MINUTE_MS);
            starts.collect::<Vec<_>>()
        });
        let next = openings.filter(|start| *start > local).min_by_key(|start| *start)?;
        Millis::try_from(next - self.offset_ms()).ok()
    }

    /// The open hours of a day.
    #[must_use]
    pub fn hours(&self, day: i64) -> Vec<Hours> {
        let special: Vec<Hours> =
            self.open.iter().filter(|(special, _)| *special == day).map(|(_, hours)| *hours).collect();
        if !special.is_empty() {
            return special;
        }
        if self.closed.contains(&day) || (self.holidays_jp && is_holiday_jp(day)) {
            return Vec::new();
        }
        let weekday = weekday(day);
        self.week.iter().filter(|(day, _)| *day == weekday).map(|(_, hours)| *hours).collect()
    }

    fn local(&self, now: Millis) -> i64 {
        now as i64 + self.offset_ms()
    }

    fn offset_ms(&self) -> i64 {
        offset_minutes(&self.time_zone).unwrap_or(0) * MINUTE_MS
    }
}

/// A zone's distance from UTC in minutes; None when it is not known here or has summer time.
#[must_use]
pub fn offset_minutes(zone: &str) -> Option<i64> {
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == zone) {
        return Some(*minutes);
    }
    let (sign, rest) = match zone.as_bytes().first()? {
        b'+' => (1, &zone[1..]),
        b'-' => (-1, &zone[1..]),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i64, i64) = (number(hours)?, number(minutes)?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

fn number(digits: &str) -> Option<i64> {
    (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// 1 (Monday) to 7 (Sunday).
#[must_use]
pub fn weekday(day: i64) -> u32 {
    ((day + 3).rem_euclid(7) + 1) as u32
}

/// The day of a date.
#[must_use]
pub fn day_of(year: i64, month: u32, date: u32) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(date) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month, date of a day.
#[must_use]
pub fn date_of(day: i64) -> (i64, u32, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month as u32, date as u32)
}

/// The day of a text as `2026-12-29`.
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (year, month, date) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || [year.len(), month.len(), date.len()] != [4, 2, 2] {
        return None;
    }
    let (year, month, date) = (year.parse().ok()?, month.parse().ok()?, date.parse().ok()?);
    let day = day_of(year, month, date);
    (date_of(day) == (year, month, date)).then_some(day)
}

/// A day as `2026-12-29`.
#[must_use]
pub fn format_date(day: i64) -> String {
    let (year, month, date) = date_of(day);
    format!("{year:04}-{month:02}-{date:02}")
}

/// Japan's national holidays by the law in force since 2022: the days named, the substitute for one on a Sunday, and the day
/// between two of them. The equinoxes by the usual formula, right from 1980 to 2099.
#[must_use]
pub fn is_holiday_jp(day: i64) -> bool {
    is_named(day) || is_substitute(day) || (weekday(day) != 7 && is_named(day - 1) && is_named(day + 1))
}

/// The first day after a holiday on a Sunday that is none itself.
fn is_substitute(day: i64) -> bool {
    let mut before = day - 1;
    while is_named(before) {
        if weekday(before) == 7 {
            return !is_named(day);
        }
        before -= 1;
    }
    false
}

fn is_named(day: i64) -> bool {
    let (year, month, date) = date_of(day);
    let monday = |nth: u32| weekday(day) == 1 && (date - 1) / 7 + 1 == nth;
    match month {
        1 => date == 1 || monday(2),
        2 => date == 11 || date == 23,
        3 => date == equinox(year, 208_431),
        4 => date == 29,
        5 => (3..=5).contains(&date),
        7 => monday(3),
        8 => date == 11,
        9 => monday(3) || date == equinox(year, 232_488),
        10 => monday(2),
        11 => date == 3 || date == 23,
        _ => false,
    }
}

/// `base` in ten-thousandths of a day, in 1980.
fn equinox(year: i64, base: i64) -> u32 {
    let since = year - 1980;
    ((base * 100 + 242_194 * since) / 1_000_000 - since.div_euclid(4)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holidays(year: i64) -> Vec<String> {
        let days = day_of(year, 1, 1)..day_of(year + 1, 1, 1);
        days.filter(|day| is_holiday_jp(*day)).map(|day| format_date(day)[5..].to_owned()).collect()
    }

    fn office() -> Calendar {
        let hours = Hours { from: 9 * 60, to: 18 * 60 };
        Calendar {
            id: "office".into(),
            name: "Office".into(),
            time_zone: "Asia/Tokyo".into(),
            week: (1..=5).map(|day| (day, hours)).collect(),
            holidays_jp: true,
            closed: vec![day_of(2026, 12, 29)],
            open: vec![(day_of(2026, 12, 26), Hours { from: 600, to: 720 })],
        }
    }

    fn tokyo(year: i64, month: u32, date: u32, hour: i64) -> Millis {
        (day_of(year, month, date) * DAY_MS + (hour - 9) * 3_600_000) as Millis
    }

    /// As the Cabinet Office announces them.
    #[test]
    fn japan_s_holidays_come_out_as_announced() {
        let year_2026 = [
            "01-01", "01-12", "02-11", "02-23", "03-20", "04-29", "05-03", "05-04", "05-05", "05-06", "07-20", "08-11",
            "09-21", "09-22", "09-23", "10-12", "11-03", "11-23",
        ];
        assert_eq!(holidays(2026), year_2026, "with a sandwiched day and a substitute behind three holidays");
        let year_2024 = [
            "01-01", "01-08", "02-11", "02-12", "02-23", "03-20", "04-29", "05-03", "05-04", "05-05", "05-06", "07-15",
            "08-11", "08-12", "09-16", "09-22", "09-23", "10-14", "11-03", "11-04", "11-23",
        ];
        assert_eq!(holidays(2024), year_2024);
    }

    #[test]
    fn dates_and_days_agree() {
        assert_eq!((day_of(1970, 1, 1), weekday(0)), (0, 4));
        for day in -1_000..40_000 {
            assert_eq!(parse_date(&format_date(day)), Some(day));
        }
        assert_eq!((parse_date("2026-02-29"), parse_date("2026-2-9"), parse_date("x")), (None, None, None));
    }

    #[test]
    fn an_office_opens_when_its_calendar_says() {
        let office = office();
        assert!(office.is_open(tokyo(2026, 11, 24, 9)) && !office.is_open(tokyo(2026, 11, 24, 18)));
        assert_eq!(office.opens_at(tokyo(2026, 11, 20, 18)), Some(tokyo(2026, 11, 24, 9)), "a long weekend");
        assert_eq!(office.opens_at(tokyo(2026, 12, 25, 20)), Some(tokyo(2026, 12, 26, 10)), "a day of its own");
        assert_eq!(office.opens_at(tokyo(2026, 12, 28, 18)), Some(tokyo(2026, 12, 30, 9)), "a closed day");
        assert_eq!(Calendar { week: Vec::new(), open: Vec::new(), ..office }.opens_at(0), None);
    }

    #[test]
    fn zones_with_summer_time_are_not_known() {
        assert_eq!(offset_minutes("Asia/Tokyo"), Some(540));
        assert_eq!((offset_minutes("-03:30"), offset_minutes("+09:00")), (Some(-210), Some(540)));
        assert_eq!((offset_minutes("Europe/Berlin"), offset_minutes("+9"), offset_minutes("")), (None, None, None));
    }
}
