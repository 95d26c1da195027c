//! Times as files and queries write them: pure.

/// A day, seconds.
const DAY: u64 = 86_400;

/// ms since the Unix epoch as RFC 3339 has it, in UTC.
pub(in super::super) fn text(ms: u64) -> String {
    let (seconds, rest) = (ms / 1_000, ms % 1_000);
    let (year, month, day) = civil(seconds / DAY);
    let (hour, minute, second) = (seconds % DAY / 3_600, seconds % 3_600 / 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{rest:03}Z")
}

/// The date of a day since 1970-01-01.
fn civil(day: u64) -> (u64, u64, u64) {
    let shifted = day + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// ms since the Unix epoch, as a number or as `YYYY-MM-DD[ HH:MM[:SS]]` in Japan's time, with `T` or a blank between; with `Z` behind it in UTC,
/// then also with milliseconds.
pub(in super::super) fn time(text: &str) -> Option<u64> {
    if let Ok(ms) = text.parse::<u64>() {
        return Some(ms);
    }
    let (text, zone) = text.strip_suffix('Z').map_or((text, 9), |utc| (utc, 0));
    let (text, part) = text.split_once('.').filter(|_| zone == 0).unwrap_or((text, "000"));
    let part: i64 = part.parse().ok().filter(|_| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))?;
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let date: Vec<i64> = numbers(&date.replace('/', "-"), '-')?;
    let clock: Vec<i64> = numbers(clock, ':')?;
    let &[year, month, day] = date.as_slice() else { return None };
    let (hour, minute, second) = match clock.as_slice() {
        [hour, minute] => (*hour, *minute, 0),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    let sound = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let sound = sound && (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    let seconds = days(year, month, day) * 86_400 + (hour - zone) * 3_600 + minute * 60 + second;
    sound.then(|| u64::try_from(seconds * 1_000 + part).ok()).flatten()
}

fn numbers(text: &str, by: char) -> Option<Vec<i64>> {
    text.split(by).map(|part| part.parse().ok()).collect()
}

/// Days since 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(text(1_790_038_830_007), "2026-09-22T01:00:30.007Z");
        for day in 0..60_000 {
            let ms = day * 86_400_000 + 1;
            assert_eq!(time(&text(ms)), Some(ms), "{day}");
        }
        assert_eq!(time("1970-01-01T00:00Z"), Some(0));
        for wrong in ["1970-01-01T00:00:00.0Z", "1970-01-01 09:00:00.000", "1970-01-01T00:00:00.-01Z"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_japans() {
        assert_eq!(time("1970-01-01 09:00"), Some(0));
        assert_eq!(time("2026/09/22T10:00:30"), Some(1_790_038_830_000));
        assert_eq!(time("2024-02-29"), Some(1_709_132_400_000));
        for wrong in ["2026-13-01", "yesterday", "2026-01-01 25:00", "1969-12-31"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
