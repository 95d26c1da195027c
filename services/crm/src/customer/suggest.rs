//! How alike two customers are, when nothing proves that they are one.

use std::collections::BTreeSet;

/// What of a customer is compared; everything folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// Telephone numbers in E.164.
    pub phones: BTreeSet<String>,
    /// Mail addresses.
    pub mails: BTreeSet<String>,
    /// Other identities, each with kind and namespace.
    pub others: BTreeSet<String>,
    /// Names, without spaces.
    pub names: BTreeSet<String>,
    /// Readings.
    pub readings: BTreeSet<String>,
    /// Addresses.
    pub addresses: BTreeSet<String>,
    /// Days of birth.
    pub birthdays: BTreeSet<String>,
}

/// Less than this is no reason to bother a person.
const LEAST: u32 = 30;
/// Never certain: only a proof or a person joins.
const MOST: u32 = 99;

/// How likely two are one, 30 to 99, and why; none when it is not worth a look. A number or an address is shared by families, a name by strangers;
/// together they are seldom chance. Different days of birth speak against it.
#[must_use]
pub fn likeness(one: &Likeness, other: &Likeness) -> Option<(u32, Vec<&'static str>)> {
    let same = |of: fn(&Likeness) -> &BTreeSet<String>| !of(one).is_disjoint(of(other));
    let signs = [
        (same(|it| &it.phones), "same_phone", 45),
        (same(|it| &it.mails), "same_mail", 60),
        (same(|it| &it.others), "same_identity", 60),
        (same(|it| &it.names), "same_name", 30),
        // Whose names are written the same also read the same: that is one sign, not two.
        (same(|it| &it.readings), "same_kana", if same(|it| &it.names) { 5 } else { 20 }),
        (same(|it| &it.addresses), "same_address", 30),
        (same(|it| &it.birthdays), "same_birthday", 25),
    ];
    let reasons: Vec<&'static str> = signs.iter().filter(|sign| sign.0).map(|sign| sign.1).collect();
    let points: u32 = signs.iter().filter(|sign| sign.0).map(|sign| sign.2).sum();
    let born_apart = !one.birthdays.is_empty() && !other.birthdays.is_empty() && !same(|it| &it.birthdays);
    let points = if born_apart { points / 2 } else { points };
    (points >= LEAST).then(|| (points.min(MOST), reasons))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(values: &[&str]) -> BTreeSet<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn hanako() -> Likeness {
        Likeness {
            phones: set(&["+819012345678"]),
            mails: set(&["hanako@example.jp"]),
            names: set(&["山田花子"]),
            readings: set(&["やまだはなこ"]),
            addresses: set(&["東京都渋谷区道玄坂1-2-3"]),
            birthdays: set(&["1990-01-02"]),
            ..Likeness::default()
        }
    }

    #[test]
    fn more_signs_are_more_likely_and_never_certain() {
        let all = likeness(&hanako(), &hanako()).unwrap();
        assert_eq!(all.0, 99);
        assert_eq!(all.1, ["same_phone", "same_mail", "same_name", "same_kana", "same_address", "same_birthday"]);
        let named = Likeness { names: set(&["山田花子"]), ..Likeness::default() };
        let phoned = Likeness { phones: set(&["+819012345678"]), ..Likeness::default() };
        let both = Likeness { phones: phoned.phones.clone(), ..named.clone() };
        let score = |other: &Likeness| likeness(&hanako(), other).map_or(0, |found| found.0);
        assert!(score(&both) > score(&phoned) && score(&phoned) > score(&named) && score(&named) >= 30);
        assert_eq!(likeness(&hanako(), &both), likeness(&both, &hanako()));
    }

    #[test]
    fn strangers_and_families_are_not_suggested_by_little() {
        let read_alike = Likeness { readings: set(&["やまだはなこ"]), ..Likeness::default() };
        assert_eq!(likeness(&hanako(), &read_alike), None);
        let namesake =
            Likeness { names: set(&["山田花子"]), birthdays: set(&["1950-05-05"]), ..Likeness::default() };
        assert_eq!(likeness(&hanako(), &namesake), None, "born on another day");
        assert_eq!(likeness(&Likeness::default(), &Likeness::default()), None, "nothing is no sign");
    }
}
