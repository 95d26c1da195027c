//! Days as people write them.

use unicode_normalization::UnicodeNormalization as _;

/// A day as `YYYY-MM-DD`: `1990/1/2`, `1990年1月2日`, `19900102`, full width. None: there is no such day.
#[must_use]
pub fn day(text: &str) -> Option<String> {
    let plain: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    let parts: Vec<&str> = if plain.len() == 8 && plain.bytes().all(|b| b.is_ascii_digit()) {
        vec![&plain[..4], &plain[4..6], &plain[6..]]
    } else {
        plain.split(['-', '/', '.', '年', '月', '日']).filter(|part| !part.is_empty()).collect()
    };
    let [year, month, day] = parts[..] else { return None };
    let read = |text: &str, most: usize| {
        (text.len() <= most && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse::<u32>().ok()).flatten()
    };
    let (year, month, day) = (read(year, 4)?, read(month, 2)?, read(day, 2)?);
    let there = (1850..=2200).contains(&year) && (1..=days(year, month)).contains(&day);
    there.then(|| format!("{year:04}-{month:02}-{day:02}"))
}

fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_day_however_it_is_written() {
        for text in ["1990-01-02", "1990/1/2", "１９９０年１月２日", "19900102", "1990.1.2", " 1990 - 01 - 02 "]
        {
            assert_eq!(day(text).as_deref(), Some("1990-01-02"), "{text}");
        }
        assert_eq!(day("2000-2-29").as_deref(), Some("2000-02-29"));
        for text in ["", "1990", "1990-13-01", "1900-02-29", "1990-04-31", "90-1-2", "x-1-2", "1990-1-2-3", "1990-0-1"]
        {
            assert_eq!(day(text), None, "{text}");
        }
    }
}
