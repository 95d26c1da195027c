//! Fields of a profile: how they are kept, and in which forms they are found.

use proto::crm::v1::ProfileField;
use spelling::{dates, kana, names, places};

use super::is_record_id;

/// Longest value, characters.
const LONGEST: usize = 1_000;

/// A field's value as it is kept; none when it cannot be one. Empty stays empty: it clears the field.
#[must_use]
pub fn field(field: ProfileField, value: &str) -> Option<String> {
    let multiline = field == ProfileField::Note;
    let control = |c: char| c.is_control() && !(multiline && matches!(c, '\n' | '\t'));
    if value.chars().count() > LONGEST || value.chars().any(control) {
        return None;
    }
    let value = value.trim();
    if value.is_empty() && field != ProfileField::Unspecified {
        return Some(String::new());
    }
    match field {
        ProfileField::Unspecified => None,
        ProfileField::Kana => Some(kana::katakana(value)),
        ProfileField::Postcode => places::postcode(value),
        ProfileField::Birthday => dates::day(value),
        ProfileField::Language => {
            let fits = value.len() <= 35 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            fits.then(|| value.to_owned())
        }
        ProfileField::CompanyId => is_record_id(value).then(|| value.to_owned()),
        ProfileField::Stage => ["prospect", "customer"].contains(&value).then(|| value.to_owned()),
        ProfileField::Name
        | ProfileField::Address
        | ProfileField::Note
        | ProfileField::Department
        | ProfileField::Post
        | ProfileField::Tier
        | ProfileField::Gender => Some(value.to_owned()),
    }
}

/// The forms in which a field's value is found by its pieces: as it is compared, and how it reads. None for fields that nobody searches by.
#[must_use]
pub fn forms(field: ProfileField, value: &str) -> Vec<String> {
    match field {
        ProfileField::Name | ProfileField::Kana => {
            let folded = names::name(value);
            let words: Vec<&str> = folded.split(' ').collect();
            let readings: Option<Vec<String>> = words.iter().map(|word| kana::reading(word)).collect();
            let reading = readings.map(|words| words.join(" ")).filter(|reading| *reading != folded);
            [Some(folded), reading].into_iter().flatten().collect()
        }
        ProfileField::Address => vec![places::address(value)],
        ProfileField::Postcode => vec![value.to_owned()],
        ProfileField::Unspecified
        | ProfileField::Birthday
        | ProfileField::Language
        | ProfileField::Note
        | ProfileField::CompanyId
        | ProfileField::Department
        | ProfileField::Post
        | ProfileField::Stage
        | ProfileField::Tier
        | ProfileField::Gender => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_in_one_form() {
        let table = [
            (ProfileField::Name, " 山田 花子 ", Some("山田 花子")),
            (ProfileField::Kana, "やまだ はなこ", Some("ヤマダ ハナコ")),
            (ProfileField::Kana, "ﾔﾏﾀﾞ ﾊﾅｺ", Some("ヤマダ ハナコ")),
            (ProfileField::Postcode, "〒150-0041", Some("1500041")),
            (ProfileField::Postcode, "渋谷", None),
            (ProfileField::Birthday, "1990年1月2日", Some("1990-01-02")),
            (ProfileField::Birthday, "1990-02-30", None),
            (ProfileField::Language, "ja-JP", Some("ja-JP")),
            (ProfileField::Language, "日本語", None),
            (ProfileField::Stage, "prospect", Some("prospect")),
            (ProfileField::Stage, "lead", None),
            (ProfileField::CompanyId, "rec-1", Some("rec-1")),
            (ProfileField::CompanyId, "a b", None),
            (ProfileField::Note, "a\nb", Some("a\nb")),
            (ProfileField::Name, "a\nb", None),
            (ProfileField::Birthday, " ", Some("")),
            (ProfileField::Unspecified, "a", None),
        ];
        for (sort, value, wanted) in table {
            assert_eq!(field(sort, value).as_deref(), wanted, "{value:?}");
        }
        assert_eq!(field(ProfileField::Note, &"あ".repeat(1_001)), None);
    }

    #[test]
    fn a_name_is_found_as_it_is_written_and_as_it_reads() {
        assert_eq!(forms(ProfileField::Name, "髙橋 一郎"), ["高橋 一郎"]);
        assert_eq!(forms(ProfileField::Kana, "ヤマダ ハナコ"), ["やまだ はなこ"]);
        assert_eq!(forms(ProfileField::Name, "Yamada Hanako"), ["yamada hanako", "やまだ はなこ"]);
        assert_eq!(forms(ProfileField::Name, "Smith"), ["smith"]);
    }
}
