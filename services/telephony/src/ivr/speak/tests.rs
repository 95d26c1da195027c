//! Readings as a person would say them.

use proptest::prelude::*;

use super::*;
use Language::{En, Ja};
use SayWhat::{Date as Day, Digits, Money, Name, Number, Text, Time};

#[test]
fn japanese_readings() {
    let table = [
        (Money, "1300", "せんさんびゃくえん"),
        (Money, "¥1,300", "せんさんびゃくえん"),
        (Money, "4", "よえん"),
        (Money, "14円", "じゅうよえん"),
        (Money, "8640", "はっせんろっぴゃくよんじゅうえん"),
        (Money, "10000", "いちまんえん"),
        (Money, "12345678", "いっせんにひゃくさんじゅうよんまんごせんろっぴゃくななじゅうはちえん"),
        (Number, "0", "ぜろ"),
        (Number, "-20", "まいなすにじゅう"),
        (Number, "10000000", "いっせんまん"),
        (Number, "300000000", "さんおく"),
        (Number, "1000000000000", "いっちょう"),
        (Number, "8000000000000", "はっちょう"),
        (Number, "10000000000000", "じゅっちょう"),
        (Number, "3600", "さんぜんろっぴゃく"),
        (Number, "3.14", "さんてんいちよん"),
        (Number, "0.5", "れいてんごー"),
        (Number, "-0.5", "まいなすれいてんごー"),
        (Number, "8.2", "はってんにー"),
        (Number, "10.0", "じゅってんぜろ"),
        (Digits, "090-1234-5678", "ぜろきゅうぜろ、いちにーさんよん、ごーろくななはち"),
        (Digits, "0312345678", "ぜろさん、いちにーさんよん、ごーろくななはち"),
        (Digits, "0120123456", "ぜろいちにーぜろ、いちにーさん、よんごーろく"),
        (Digits, "12345678", "いちにーさんよん、ごーろくななはち"),
        (Digits, "123456", "いちにーさん、よんごーろく"),
        (Digits, "7", "なな"),
        (Day, "2026-12-08", "じゅうにがつようか、かようび"),
        (Day, "12-08", "じゅうにがつようか"),
        (Day, "2026/4/1", "しがつついたち、すいようび"),
        (Day, "07-14", "しちがつじゅうよっか"),
        (Day, "09-17", "くがつじゅうしちにち"),
        (Day, "09-19", "くがつじゅうくにち"),
        (Day, "01-20", "いちがつはつか"),
        (Day, "01-24", "いちがつにじゅうよっか"),
        (Day, "03-31", "さんがつさんじゅういちにち"),
        (Day, "02-30", "02-30"),
        (Time, "09:30", "ごぜんくじさんじゅっぷん"),
        (Time, "00:05", "ごぜんれいじごふん"),
        (Time, "12:00", "しょうご"),
        (Time, "12:04", "ごごれいじよんぷん"),
        (Time, "16:11", "ごごよじじゅういっぷん"),
        (Time, "19:58", "ごごしちじごじゅうはっぷん"),
        (Time, "23:47", "ごごじゅういちじよんじゅうななふん"),
        (Time, "25:00", "25:00"),
        (Name, "山田", "山田さま"),
        (Name, "山田様", "山田様"),
        (Name, "", ""),
        (Text, " そのまま ", "そのまま"),
        (Number, "たくさん", "たくさん"),
        (Money, "99999999999999999999", "99999999999999999999"),
    ];
    for (what, value, read) in table {
        assert_eq!(say(what, value, Ja), read, "{what:?} {value}");
    }
}

#[test]
fn english_readings() {
    let table = [
        (Money, "1300", "one thousand three hundred yen"),
        (Number, "0", "zero"),
        (Number, "-21", "minus twenty-one"),
        (Number, "1000001", "one million one"),
        (Number, "119", "one hundred nineteen"),
        (Number, "3.14", "three point one four"),
        (Digits, "090-1234-5678", "zero nine zero, one two three four, five six seven eight"),
        (Day, "2026-12-08", "Tuesday, December eighth"),
        (Day, "01-20", "January twentieth"),
        (Day, "03-31", "March thirty-first"),
        (Day, "05-12", "May twelfth"),
        (Time, "09:30", "nine thirty a.m."),
        (Time, "13:05", "one oh five p.m."),
        (Time, "12:00", "noon"),
        (Time, "00:00", "midnight"),
        (Time, "00:10", "twelve ten a.m."),
        (Name, "Ms Yamada", "Ms Yamada"),
    ];
    for (what, value, read) in table {
        assert_eq!(say(what, value, En), read, "{what:?} {value}");
    }
}

#[test]
fn the_place_and_the_wait_are_said_in_round_figures() {
    let table = [
        (1, None, "つぎに、おつなぎいたします。"),
        (3, None, "お待ちの順番は、さんばんめです。"),
        (4, Some(30_000), "お待ちの順番は、よんばんめです。まもなく、おつなぎできる見込みです。"),
        (2, Some(150_000), "お待ちの順番は、にばんめです。お待ちいただく時間は、およそさんぷんの見込みです。"),
        (2, Some(360_000), "お待ちの順番は、にばんめです。お待ちいただく時間は、およそじゅっぷんの見込みです。"),
        (20, Some(u64::MAX), "お待ちの順番は、にじゅうばんめです。お待ちいただく時間は、いちじかんほどの見込みです。"),
    ];
    for (number, wait, read) in table {
        assert_eq!(place(number, wait, Ja), read);
    }
    assert_eq!(place(2, Some(150_000), En), "You are number two in line. The expected wait is about three minutes.");
    assert_eq!(place(1, Some(10), En), "You are next in line. An agent will be with you shortly.");
}

/// A reading taken back: what it says must be the number that it was made of.
fn heard_ja(read: &str) -> u64 {
    let words = [
        ("いっちょう", 1),
        ("はっちょう", 8),
        ("いっせん", 1_000),
        ("さんびゃく", 300),
        ("ろっぴゃく", 600),
        ("はっぴゃく", 800),
        ("さんぜん", 3_000),
        ("はっせん", 8_000),
        ("じゅっちょう", 10),
        ("ひゃく", 100),
        ("せん", 1_000),
        ("じゅう", 10),
        ("いち", 1),
        ("さん", 3),
        ("よん", 4),
        ("ろく", 6),
        ("なな", 7),
        ("はち", 8),
        ("きゅう", 9),
        ("に", 2),
        ("ご", 5),
        ("ちょう", 0),
        ("おく", 0),
        ("まん", 0),
        ("ぜろ", 0),
    ];
    let (mut rest, mut total, mut group, mut digit) = (read, 0_u64, 0_u64, 0_u64);
    while !rest.is_empty() {
        let (word, value) = words.iter().find(|(word, _)| rest.starts_with(word)).expect(rest);
        rest = &rest[word.len()..];
        let power = match *word {
            "まん" => 10_000,
            "おく" => 100_000_000,
            "ちょう" | "いっちょう" | "はっちょう" | "じゅっちょう" => 1_000_000_000_000,
            _ => 1,
        };
        match *value {
            value if power > 1 => {
                total += (group + digit + value) * power;
                (group, digit) = (0, 0);
            }
            10 | 100 | 1_000 => {
                group += value * u64::max(digit, 1);
                digit = 0;
            }
            300 | 600 | 800 | 3_000 | 8_000 => group += value,
            value => digit = value,
        }
    }
    total + group + digit
}

proptest! {
    #[test]
    fn a_japanese_reading_says_its_number(value in prop_oneof![0..20_000_u64, 0..9_999_999_999_999_u64]) {
        prop_assert_eq!(heard_ja(&number(value as i64, Ja)), value);
    }

    #[test]
    fn anything_can_be_said(value in ".{0,40}", what in 0..7_usize) {
        let what = [Text, Number, Digits, Day, Time, Money, Name][what];
        for language in Language::ALL {
            prop_assert!(say(what, &value, language).len() <= 200 + value.len() * 40);
        }
    }

    #[test]
    fn digits_are_neither_lost_nor_added(value in "[0-9]{1,32}") {
        let spoken = digits(&value, En);
        let words: Vec<&str> = spoken.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let expected: Vec<&str> = value.chars().filter_map(en::digit).collect();
        prop_assert_eq!(words, expected);
    }
}
