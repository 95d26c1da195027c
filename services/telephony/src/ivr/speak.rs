//! Values as they are spoken. Japanese comes as readings in kana, so that no engine has to guess: 1300円 is
//! せんさんびゃくえん, 8日 is ようか. English comes in words.

use super::flow::{Language, SayWhat};

mod en;
mod ja;
#[cfg(test)]
mod tests;

/// A value of a variable, read as the flow says. What cannot be read so is spoken as it stands.
#[must_use]
pub fn say(what: SayWhat, value: &str, language: Language) -> String {
    let value = value.trim();
    match what {
        SayWhat::Text => value.to_owned(),
        SayWhat::Number => decimal(value, language),
        SayWhat::Digits => digits(value, language),
        SayWhat::Date => parse_date(value).map_or_else(|| value.to_owned(), |it| date(it, language)),
        SayWhat::Time => {
            parse_time(value).map_or_else(|| value.to_owned(), |(hour, minute)| time(hour, minute, language))
        }
        SayWhat::Money => parse_whole(value).map_or_else(|| value.to_owned(), |yen| money(yen, language)),
        SayWhat::Name => name(value, language),
    }
}

/// A whole number.
#[must_use]
pub fn number(number: i64, language: Language) -> String {
    match language {
        Language::Ja => ja::number(number),
        Language::En => en::number(number),
    }
}

/// An amount of yen.
#[must_use]
pub fn money(yen: i64, language: Language) -> String {
    match language {
        Language::Ja => ja::money(yen),
        Language::En => en::money(yen),
    }
}

/// Digits one by one, in the groups that separators make, or else of up to four. Anything else is left out.
#[must_use]
pub fn digits(text: &str, language: Language) -> String {
    let name = match language {
        Language::Ja => ja::digit,
        Language::En => en::digit,
    };
    let (space, pause) = match language {
        Language::Ja => ("", "、"),
        Language::En => (" ", ", "),
    };
    let spoken = |group: &String| group.chars().filter_map(name).collect::<Vec<_>>().join(space);
    groups(text).iter().map(spoken).filter(|group| !group.is_empty()).collect::<Vec<_>>().join(pause)
}

/// A date: month, day, and the weekday when the year is known.
#[must_use]
pub fn date(date: Date, language: Language) -> String {
    match language {
        Language::Ja => ja::date(date),
        Language::En => en::date(date),
    }
}

/// A time of the day; hours 0 to 24, minutes 0 to 59.
#[must_use]
pub fn time(hour: u32, minute: u32, language: Language) -> String {
    match language {
        Language::Ja => ja::time(hour, minute),
        Language::En => en::time(hour, minute),
    }
}

/// A person's name, with さま in Japanese.
#[must_use]
pub fn name(name: &str, language: Language) -> String {
    let name = name.trim();
    let respectful = ["様", "さま", "さん"].iter().any(|ending| name.ends_with(ending));
    match language {
        Language::Ja if !respectful && !name.is_empty() => format!("{name}さま"),
        Language::Ja | Language::En => name.to_owned(),
    }
}

/// The place in a queue (1 is next) and the expected wait, rounded up.
#[must_use]
pub fn place(place: u32, wait_ms: Option<u64>, language: Language) -> String {
    let minutes = wait_ms.map(rounded_minutes);
    match language {
        Language::Ja => ja::place(place, minutes),
        Language::En => en::place(place, minutes),
    }
}

/// A day, for reading it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// None when the text had none.
    pub year: Option<i64>,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

impl Date {
    /// 0 (Sunday) to 6, when the year is known.
    fn weekday(self) -> Option<usize> {
        let (month, year) = (i64::from(self.month), self.year?);
        let (month, year) = if month < 3 { (month + 12, year - 1) } else { (month, year) };
        let century = year.div_euclid(100);
        let of_century = year.rem_euclid(100);
        let from_saturday =
            i64::from(self.day) + 13 * (month + 1) / 5 + of_century + of_century / 4 + century / 4 - 2 * century;
        usize::try_from((from_saturday + 6).rem_euclid(7)).ok()
    }
}

/// `2026-12-08`, `2026/12/8`, `12-08`; none when there is no such day.
fn parse_date(text: &str) -> Option<Date> {
    let parts: Vec<u32> = text.split(['-', '/']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (year, month, day) = match parts[..] {
        [year, month, day] => (Some(i64::from(year)), month, day),
        [month, day] => (None, month, day),
        _ => return None,
    };
    let leap = year.is_none_or(|year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(Date { year, month, day })
}

/// `09:30`, with seconds or without.
fn parse_time(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(':').map(str::parse::<u32>);
    let (hour, minute) = (parts.next()?.ok()?, parts.next()?.ok()?);
    (hour < 24 && minute < 60 || (hour, minute) == (24, 0)).then_some((hour, minute))
}

/// `1300`, `1,300`, `¥1,300`, `1300円`, `-5`.
fn parse_whole(text: &str) -> Option<i64> {
    let text: String = text.chars().filter(|it| !matches!(it, ',' | '¥' | '￥' | '円' | ' ' | '，')).collect();
    text.parse().ok().filter(|number: &i64| number.unsigned_abs() < 10_000_000_000_000_000)
}

fn decimal(text: &str, language: Language) -> String {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let Some(read) = parse_whole(whole) else { return text.to_owned() };
    let negative_zero = read == 0 && whole.starts_with('-');
    match fraction {
        None => number(read, language),
        Some(fraction) if !fraction.is_empty() && fraction.bytes().all(|it| it.is_ascii_digit()) => match language {
            Language::Ja => ja::decimal(read, negative_zero, fraction),
            Language::En => en::decimal(read, negative_zero, fraction),
        },
        Some(_) => text.to_owned(),
    }
}

/// Minutes, rounded up: each to 5, then by 5, 60 at most.
fn rounded_minutes(ms: u64) -> u32 {
    let minutes = ms.div_ceil(60_000).min(60) as u32;
    if minutes <= 5 { minutes } else { minutes.div_ceil(5) * 5 }
}

/// Runs of digits as separators make them. One long run: a telephone number's usual groups, or three or four at a time.
fn groups(text: &str) -> Vec<String> {
    let digits: String = text.trim_start_matches('+').to_owned();
    let runs: Vec<&str> = digits.split(|it: char| !it.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let [run] = runs[..] else { return runs.into_iter().map(str::to_owned).collect() };
    let sizes: Vec<usize> = match run.len() {
        11 if run.starts_with('0') => vec![3, 4, 4],
        10 if run.starts_with("03") || run.starts_with("06") => vec![2, 4, 4],
        10 if run.starts_with("0120") || run.starts_with("0570") => vec![4, 3, 3],
        10 if run.starts_with('0') => vec![3, 3, 4],
        length if length <= 4 => vec![length],
        length if length % 4 != 0 && length % 3 == 0 => vec![3; length / 3],
        length => (0..length).step_by(4).map(|from| (length - from).min(4)).collect(),
    };
    let mut rest = run;
    let mut groups = Vec::new();
    for size in sizes {
        let (group, after) = rest.split_at(size);
        groups.push(group.to_owned());
        rest = after;
    }
    groups
}
