//! Customers out of numbers: the same number is the same person in every run.

use proto::crm::v1::{self as pb, IdentityKind, ProfileField, fact::What};

/// Facts of a customer that are no touchpoints.
pub(super) const KNOWN: u64 = 3;

const FAMILIES: [(&str, &str); 20] = [
    ("佐藤", "サトウ"),
    ("鈴木", "スズキ"),
    ("高橋", "タカハシ"),
    ("田中", "タナカ"),
    ("伊藤", "イトウ"),
    ("渡辺", "ワタナベ"),
    ("山本", "ヤマモト"),
    ("中村", "ナカムラ"),
    ("小林", "コバヤシ"),
    ("加藤", "カトウ"),
    ("吉田", "ヨシダ"),
    ("山田", "ヤマダ"),
    ("佐々木", "ササキ"),
    ("松本", "マツモト"),
    ("井上", "イノウエ"),
    ("木村", "キムラ"),
    ("林", "ハヤシ"),
    ("清水", "シミズ"),
    ("山崎", "ヤマザキ"),
    ("森", "モリ"),
];
const FIRST: [(&str, &str); 16] = [
    ("花", "ハナ"),
    ("美", "ミ"),
    ("千", "チ"),
    ("和", "カズ"),
    ("真", "マ"),
    ("明", "アキ"),
    ("春", "ハル"),
    ("夏", "ナツ"),
    ("秋", "アキ"),
    ("雪", "ユキ"),
    ("太", "タ"),
    ("健", "ケン"),
    ("正", "マサ"),
    ("直", "ナオ"),
    ("優", "ユウ"),
    ("恵", "ケイ"),
];
const SECOND: [(&str, &str); 12] = [
    ("子", "コ"),
    ("美", "ミ"),
    ("江", "エ"),
    ("郎", "ロウ"),
    ("一", "イチ"),
    ("男", "オ"),
    ("樹", "キ"),
    ("香", "カ"),
    ("人", "ト"),
    ("之", "ユキ"),
    ("代", "ヨ"),
    ("介", "スケ"),
];
const PLACES: [&str; 10] = [
    "東京都渋谷区道玄坂",
    "東京都新宿区西新宿",
    "大阪府大阪市北区梅田",
    "愛知県名古屋市中区栄",
    "北海道札幌市中央区大通西",
    "福岡県福岡市博多区博多駅前",
    "神奈川県横浜市西区みなとみらい",
    "京都府京都市中京区河原町",
    "宮城県仙台市青葉区一番町",
    "広島県広島市中区紙屋町",
];

/// A number that looks like chance and is the same in every run (SplitMix64).
pub(super) fn any(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn pick<T>(of: &[T], mixed: u64) -> &T {
    &of[usize::try_from(mixed % of.len() as u64).unwrap_or(0)]
}

fn name(n: u64) -> (String, String) {
    let mixed = any(n);
    let (family, first, second) = (pick(&FAMILIES, mixed), pick(&FIRST, mixed >> 16), pick(&SECOND, mixed >> 32));
    (format!("{} {}{}", family.0, first.0, second.0), format!("{} {}{}", family.1, first.1, second.1))
}

fn owner(n: u64) -> pb::Identity {
    pb::Identity { kind: IdentityKind::Ec.into(), namespace: "bench".to_owned(), value: n.to_string(), verified: true }
}

/// A customer's telephone number.
pub(super) fn phone(n: u64) -> pb::Identity {
    let value = format!("090{:08}", n % 100_000_000);
    pb::Identity { kind: IdentityKind::Phone.into(), namespace: String::new(), value, verified: false }
}

fn mail(n: u64) -> pb::Identity {
    let value = format!("customer{n}@example.jp");
    pb::Identity { kind: IdentityKind::Mail.into(), namespace: String::new(), value, verified: true }
}

fn profile(n: u64) -> What {
    let (name, kana) = name(n);
    let (place, mixed) = (pick(&PLACES, any(n) >> 48), any(n ^ 1));
    let address = format!("{place}{}丁目{}番{}号", mixed % 9 + 1, mixed % 30 + 1, mixed % 20 + 1);
    let values = [
        (ProfileField::Name, name),
        (ProfileField::Kana, kana),
        (ProfileField::Postcode, format!("{:07}", any(n ^ 2) % 10_000_000)),
        (ProfileField::Address, address),
    ];
    let fields = values.into_iter().map(|(field, value)| pb::FieldValue { field: field.into(), value });
    What::Profile(pb::ProfileValues { fields: fields.collect() })
}

/// What is reported of a customer: so many facts.
pub(super) fn facts(n: u64, count: u64) -> impl Iterator<Item = pb::Fact> {
    (0..count).map(move |at| {
        let what = match at {
            0 => profile(n),
            1 => What::Identified(phone(n)),
            2 => What::Identified(mail(n)),
            at => What::Touchpoint(pb::Touchpoint {
                kind: (*pick(&["order", "delivery", "page_view", "mail"], at)).to_owned(),
                channel: "web".to_owned(),
                reference: format!("{n}-{at}"),
                amount: i64::try_from(any(n ^ at) % 50_000).unwrap_or(0),
                ..pb::Touchpoint::default()
            }),
        };
        let at_ms = 1_700_000_000_000 + any(n ^ (at << 40)) % 60_000_000_000;
        let fact_id = format!("{n}.{at}");
        pb::Fact { fact_id, at_ms, owner: Some(owner(n)), what: Some(what), ..pb::Fact::default() }
    })
}

/// What an agent types to find a customer: the name in kanji, its reading in romaji or kana, the end of the number, the mail address.
pub(super) fn question(n: u64, sort: u64) -> String {
    let (name, kana) = name(n);
    match sort % 4 {
        0 => name,
        1 => kana,
        2 => format!("{:08}", n % 100_000_000),
        _ => format!("customer{n}@example.jp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_the_same_in_every_run_and_others_are_others() {
        let whole = |n| facts(n, 10).collect::<Vec<_>>();
        assert_eq!(whole(7), whole(7));
        assert_ne!(phone(7), phone(8));
        let touchpoints = whole(7).iter().filter(|fact| matches!(fact.what, Some(What::Touchpoint(_)))).count() as u64;
        assert_eq!(touchpoints, 10 - KNOWN);
    }
}
