//! Times as files and queries write them: pure.

/// ms since the Unix epoch, as a number or as `YYYY-MM-DD[ HH:MM[:SS]]` in Japan's time, with `T` or a blank between.
pub(super) fn time(text: &str) -> Option<u64> {
    if let Ok(ms) = text.parse::<u64>() {
        return Some(ms);
    }
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
    let seconds = days(year, month, day) * 86_400 + (hour - 9) * 3_600 + minute * 60 + second;
    sound.then(|| u64::try_from(seconds * 1_000).ok()).flatten()
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
    fn times_are_japans() {
        assert_eq!(time("1970-01-01 09:00"), Some(0));
        assert_eq!(time("2026/09/22T10:00:30"), Some(1_790_038_830_000));
        assert_eq!(time("2024-02-29"), Some(1_709_132_400_000));
        for wrong in ["2026-13-01", "yesterday", "2026-01-01 25:00", "1969-12-31"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
