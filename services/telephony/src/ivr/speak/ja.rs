//! Japanese readings in kana.

use super::Date;

const DIGITS: [&str; 10] = ["ぜろ", "いち", "にー", "さん", "よん", "ごー", "ろく", "なな", "はち", "きゅう"];
const ONES: [&str; 10] = ["", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"];
const HUNDREDS: [&str; 10] = [
    "",
    "ひゃく",
    "にひゃく",
    "さんびゃく",
    "よんひゃく",
    "ごひゃく",
    "ろっぴゃく",
    "ななひゃく",
    "はっぴゃく",
    "きゅうひゃく",
];
const THOUSANDS: [&str; 10] =
    ["", "せん", "にせん", "さんぜん", "よんせん", "ごせん", "ろくせん", "ななせん", "はっせん", "きゅうせん"];
const MYRIADS: [&str; 4] = ["", "まん", "おく", "ちょう"];
const HOURS: [&str; 12] = [
    "れいじ",
    "いちじ",
    "にじ",
    "さんじ",
    "よじ",
    "ごじ",
    "ろくじ",
    "しちじ",
    "はちじ",
    "くじ",
    "じゅうじ",
    "じゅういちじ",
];
const MONTHS: [&str; 12] = [
    "いちがつ",
    "にがつ",
    "さんがつ",
    "しがつ",
    "ごがつ",
    "ろくがつ",
    "しちがつ",
    "はちがつ",
    "くがつ",
    "じゅうがつ",
    "じゅういちがつ",
    "じゅうにがつ",
];
const DAYS: [&str; 10] =
    ["ついたち", "ふつか", "みっか", "よっか", "いつか", "むいか", "なのか", "ようか", "ここのか", "とおか"];
const WEEKDAYS: [&str; 7] = ["にち", "げつ", "か", "すい", "もく", "きん", "ど"];

pub(super) fn digit(digit: char) -> Option<&'static str> {
    digit.to_digit(10).map(|digit| DIGITS[digit as usize])
}

pub(super) fn number(number: i64) -> String {
    let read = magnitude(number.unsigned_abs());
    if number < 0 { format!("まいなす{read}") } else { read }
}

fn magnitude(number: u64) -> String {
    if number == 0 {
        return "ぜろ".to_owned();
    }
    let groups = (0..MYRIADS.len()).rev().map(|power| {
        let group = (number / 10_000_u64.pow(power as u32) % 10_000) as usize;
        if group == 0 { String::new() } else { myriad(group, power) }
    });
    groups.collect()
}

/// Up to 9,999 of まん, おく, ちょう.
fn myriad(group: usize, power: usize) -> String {
    let name = MYRIADS[power];
    let read = below_myriad(group);
    // 一千万, 一兆, 八兆, 十兆 swallow a syllable.
    let read = if power > 0 && group / 1_000 == 1 { format!("いっ{read}") } else { read };
    if power != 3 {
        return read + name;
    }
    let swallowed = [("いち", "いっ"), ("はち", "はっ"), ("じゅう", "じゅっ")];
    let found = swallowed.iter().find_map(|(full, short)| read.strip_suffix(full).map(|head| format!("{head}{short}")));
    found.unwrap_or(read) + name
}

fn below_myriad(number: usize) -> String {
    let tens = number / 10 % 10;
    let tens = match tens {
        0 => String::new(),
        1 => "じゅう".to_owned(),
        _ => format!("{}じゅう", ONES[tens]),
    };
    format!("{}{}{tens}{}", THOUSANDS[number / 1_000], HUNDREDS[number / 100 % 10], ONES[number % 10])
}

pub(super) fn decimal(whole: i64, negative_zero: bool, fraction: &str) -> String {
    let sign = if negative_zero { "まいなす" } else { "" };
    let fraction: String = fraction.chars().filter_map(digit).collect();
    let whole = if whole == 0 { "れい".to_owned() } else { number(whole) };
    // 一点, 八点, 十点.
    let swallowed = [("いち", "いっ"), ("はち", "はっ"), ("じゅう", "じゅっ")];
    let short =
        swallowed.iter().find_map(|(full, short)| whole.strip_suffix(full).map(|head| format!("{head}{short}")));
    format!("{sign}{}てん{fraction}", short.unwrap_or(whole))
}

pub(super) fn money(yen: i64) -> String {
    let read = number(yen);
    match read.strip_suffix("よん") {
        Some(head) => format!("{head}よえん"),
        None => format!("{read}えん"),
    }
}

pub(super) fn date(date: Date) -> String {
    let weekday = date.weekday().map(|weekday| format!("、{}ようび", WEEKDAYS[weekday])).unwrap_or_default();
    format!("{}{}{weekday}", MONTHS[date.month as usize - 1], day(date.day as usize))
}

fn day(day: usize) -> String {
    match day {
        1..=10 => DAYS[day - 1].to_owned(),
        14 => "じゅうよっか".to_owned(),
        20 => "はつか".to_owned(),
        24 => "にじゅうよっか".to_owned(),
        _ => {
            let ones = match day % 10 {
                7 => "しち",
                9 => "く",
                ones => ONES[ones],
            };
            format!("{}{ones}にち", below_myriad(day / 10 * 10))
        }
    }
}

pub(super) fn time(hour: u32, minute: u32) -> String {
    if (hour, minute) == (12, 0) {
        return "しょうご".to_owned();
    }
    let half = if hour % 24 < 12 { "ごぜん" } else { "ごご" };
    format!("{half}{}{}", HOURS[hour as usize % 12], minutes(minute))
}

/// ぷん or ふん by what stands before it.
fn minutes(minutes: u32) -> String {
    if minutes == 0 {
        return String::new();
    }
    let tens = below_myriad(minutes as usize / 10 * 10);
    match minutes % 10 {
        0 => format!("{}じゅっぷん", tens.strip_suffix("じゅう").unwrap_or_default()),
        1 => format!("{tens}いっぷん"),
        3 => format!("{tens}さんぷん"),
        4 => format!("{tens}よんぷん"),
        6 => format!("{tens}ろっぷん"),
        8 => format!("{tens}はっぷん"),
        ones => format!("{tens}{}ふん", ONES[ones as usize]),
    }
}

pub(super) fn place(place: u32, wait_minutes: Option<u32>) -> String {
    let place = if place <= 1 {
        "つぎに、おつなぎいたします。".to_owned()
    } else {
        format!("お待ちの順番は、{}ばんめです。", number(i64::from(place)))
    };
    match wait_minutes {
        None => place,
        Some(0 | 1) => format!("{place}まもなく、おつなぎできる見込みです。"),
        Some(60..) => format!("{place}お待ちいただく時間は、いちじかんほどの見込みです。"),
        Some(wait) => format!("{place}お待ちいただく時間は、およそ{}の見込みです。", minutes(wait)),
    }
}
