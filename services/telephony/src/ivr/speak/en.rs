//! English words.

use super::Date;

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const POWERS: [&str; 6] = ["", " thousand", " million", " billion", " trillion", " quadrillion"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ORDINALS: [(&str, &str); 7] = [
    ("one", "first"),
    ("two", "second"),
    ("three", "third"),
    ("five", "fifth"),
    ("eight", "eighth"),
    ("nine", "ninth"),
    ("twelve", "twelfth"),
];

pub(super) fn digit(digit: char) -> Option<&'static str> {
    digit.to_digit(10).map(|digit| ONES[digit as usize])
}

pub(super) fn number(number: i64) -> String {
    let read = magnitude(number.unsigned_abs());
    if number < 0 { format!("minus {read}") } else { read }
}

fn magnitude(number: u64) -> String {
    if number == 0 {
        return ONES[0].to_owned();
    }
    let groups = (0..POWERS.len()).rev().filter_map(|power| {
        let group = (number / 1_000_u64.pow(power as u32) % 1_000) as usize;
        (group > 0).then(|| format!("{}{}", below_thousand(group), POWERS[power]))
    });
    groups.collect::<Vec<_>>().join(" ")
}

fn below_thousand(number: usize) -> String {
    match (number / 100, number % 100) {
        (0, rest) => below_hundred(rest),
        (hundreds, 0) => format!("{} hundred", ONES[hundreds]),
        (hundreds, rest) => format!("{} hundred {}", ONES[hundreds], below_hundred(rest)),
    }
}

fn below_hundred(number: usize) -> String {
    match (number / 10, number % 10) {
        (0 | 1, _) => ONES[number].to_owned(),
        (tens, 0) => TENS[tens].to_owned(),
        (tens, ones) => format!("{}-{}", TENS[tens], ONES[ones]),
    }
}

pub(super) fn decimal(whole: i64, negative_zero: bool, fraction: &str) -> String {
    let sign = if negative_zero { "minus " } else { "" };
    let fraction = fraction.chars().filter_map(digit).collect::<Vec<_>>().join(" ");
    format!("{sign}{} point {fraction}", number(whole))
}

pub(super) fn money(yen: i64) -> String {
    format!("{} yen", number(yen))
}

fn ordinal(number: u32) -> String {
    let read = magnitude(u64::from(number));
    let irregular =
        ORDINALS.iter().find_map(|(cardinal, ordinal)| Some(format!("{}{ordinal}", read.strip_suffix(cardinal)?)));
    irregular.unwrap_or_else(|| match read.strip_suffix('y') {
        Some(head) => format!("{head}ieth"),
        None => format!("{read}th"),
    })
}

pub(super) fn date(date: Date) -> String {
    let weekday = date.weekday().map(|weekday| format!("{}, ", WEEKDAYS[weekday])).unwrap_or_default();
    format!("{weekday}{} {}", MONTHS[date.month as usize - 1], ordinal(date.day))
}

pub(super) fn time(hour: u32, minute: u32) -> String {
    let half = match (hour, minute) {
        (12, 0) => return "noon".to_owned(),
        (0 | 24, 0) => return "midnight".to_owned(),
        _ if hour % 24 < 12 => "a.m.",
        _ => "p.m.",
    };
    let spoken_hour = if hour.is_multiple_of(12) { 12 } else { hour as usize % 12 };
    match minute as usize {
        0 => format!("{} {half}", ONES[spoken_hour]),
        minute @ 1..=9 => format!("{} oh {} {half}", ONES[spoken_hour], ONES[minute]),
        minute => format!("{} {} {half}", ONES[spoken_hour], below_hundred(minute)),
    }
}

pub(super) fn place(place: u32, wait_minutes: Option<u32>) -> String {
    let place = if place <= 1 {
        "You are next in line.".to_owned()
    } else {
        format!("You are number {} in line.", number(i64::from(place)))
    };
    match wait_minutes {
        None => place,
        Some(0 | 1) => format!("{place} An agent will be with you shortly."),
        Some(60..) => format!("{place} The expected wait is about an hour."),
        Some(wait) => format!("{place} The expected wait is about {} minutes.", number(i64::from(wait))),
    }
}
