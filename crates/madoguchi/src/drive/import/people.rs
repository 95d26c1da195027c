//! Imported people, each made from a number: the same number is the same person, with the same facts.

use proto::crm::v1::{self as pb, fact::What};

/// Family names with their readings; the usual ones, so that searches find many.
const FAMILIES: [(&str, &str); 12] = [
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
];
/// First and second characters of given names, with their readings.
const GIVEN: [(&str, &str); 16] = [
    ("美", "ミ"),
    ("咲", "サキ"),
    ("翔", "ショウ"),
    ("太", "タ"),
    ("花", "ハナ"),
    ("陽", "ヨウ"),
    ("和", "カズ"),
    ("子", "コ"),
    ("真", "マ"),
    ("由", "ユ"),
    ("健", "ケン"),
    ("一", "イチ"),
    ("恵", "エ"),
    ("樹", "キ"),
    ("奈", "ナ"),
    ("央", "オ"),
];
const KINDS: [(&str, &str); 6] = [
    ("page_view", "web"),
    ("order", "web"),
    ("delivery", "post"),
    ("store_visit", "store"),
    ("chat", "chat"),
    ("purchase", "store"),
];
/// 2025-01-01, ms since the Unix epoch.
const BEGIN_MS: u64 = 1_735_689_600_000;
const HOUR_MS: u64 = 3_600_000;

fn part<T: Copy>(list: &[T], number: u64) -> T {
    list[usize::try_from(number % list.len() as u64).unwrap_or_default()]
}

/// Numbers spread so that neighbours do not look alike.
fn mixed(number: u64) -> u64 {
    let mut it = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    it = (it ^ (it >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    it ^ (it >> 31)
}

/// A mobile number of Japan, one for each person up to 100 million.
pub(super) fn phone_of(number: u64) -> String {
    // A step that shares no divisor with 10^8 visits every number once.
    let line = number.wrapping_mul(59_604_647) % 100_000_000;
    format!("090{line:08}")
}

fn names(number: u64) -> [(&'static str, &'static str); 3] {
    let mixed = mixed(number);
    [part(&FAMILIES, mixed), part(&GIVEN, mixed >> 8), part(&GIVEN, mixed >> 16)]
}

/// Their name.
pub(super) fn name_of(number: u64) -> String {
    let [family, first, second] = names(number);
    format!("{} {}{}", family.0, first.0, second.0)
}

/// Its reading.
pub(super) fn kana_of(number: u64) -> String {
    let [family, first, second] = names(number);
    format!("{} {}{}", family.1, first.1, second.1)
}

/// All that is reported of a person: who they are, and so many touchpoints.
pub(super) fn facts_of(number: u64, events: u64) -> impl Iterator<Item = pb::Fact> {
    let owner = pb::Identity {
        kind: pb::IdentityKind::Ec.into(),
        namespace: "import".to_owned(),
        value: format!("{number:010}"),
        verified: true,
    };
    let fact = move |id: String, at_ms: u64, what: What| pb::Fact {
        fact_id: id,
        at_ms,
        owner: Some(owner.clone()),
        what: Some(what),
        ..pb::Fact::default()
    };
    let field = |field: pb::ProfileField, value: String| pb::FieldValue { field: field.into(), value };
    let fields = vec![
        field(pb::ProfileField::Name, name_of(number)),
        field(pb::ProfileField::Kana, kana_of(number)),
        field(pb::ProfileField::Postcode, format!("{:07}", mixed(number) % 10_000_000)),
    ];
    let phone = pb::Identity { kind: pb::IdentityKind::Phone.into(), value: phone_of(number), ..pb::Identity::default() };
    let known = [
        fact(format!("p{number}"), BEGIN_MS, What::Profile(pb::ProfileValues { fields })),
        fact(format!("i{number}"), BEGIN_MS, What::Identified(phone)),
    ];
    let happened = (0..events).map(move |event| {
        let (kind, channel) = part(&KINDS, mixed(number) + event);
        let touchpoint = pb::Touchpoint {
            kind: kind.to_owned(),
            channel: channel.to_owned(),
            route: "campaign-7".to_owned(),
            amount: if matches!(kind, "order" | "purchase") { 3_980 } else { 0 },
            ..pb::Touchpoint::default()
        };
        let at = BEGIN_MS + (mixed(number ^ event) % 15_000) * HOUR_MS;
        fact(format!("t{number}.{event}"), at, What::Touchpoint(touchpoint))
    });
    known.into_iter().chain(happened.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everybody_has_a_number_of_their_own_and_is_always_the_same() {
        let numbers: BTreeSet<String> = (0..20_000).map(phone_of).collect();
        assert_eq!(numbers.len(), 20_000);
        let ids: BTreeSet<String> = (0..50).flat_map(|it| facts_of(it, 10)).map(|fact| fact.fact_id).collect();
        assert_eq!(ids.len(), 600);
        assert!(facts_of(7, 10).eq(facts_of(7, 10)));
    }
}
