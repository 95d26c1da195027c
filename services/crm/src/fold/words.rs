//! Finding by a part: texts are cut into pieces of two, three or five characters, and only keyed hashes of the pieces are kept.

use std::collections::BTreeSet;

use proto::crm::v1::IdentityKind;
use spelling::{kana, names, numbers, places};

use crate::secret::Hasher;

/// Stands before the first characters of a word, so that a single character finds what begins with it.
const START: char = '\u{2}';
/// Stands before a whole value.
const WHOLE: char = '\u{3}';

/// One word of a search in the forms that may be meant: any of them is enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without spaces.
    pub forms: Vec<String>,
}

impl Word {
    /// Keyed hashes that all are there where a form is, one list for each form.
    #[must_use]
    pub fn pieces(&self, hasher: &Hasher) -> Vec<Vec<i32>> {
        self.forms.iter().map(|form| asked(hasher, form)).collect()
    }
}

/// The words of a search. A whole telephone number is one word, whatever parts it.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    if let Some(number) = numbers::e164(text) {
        return vec![Word { forms: vec![digits(&number)] }];
    }
    let all: Vec<&str> = text.split_whitespace().collect();
    let telling: Vec<&str> = all.iter().copied().filter(|word| !names::is_kind(word)).collect();
    let words = if telling.is_empty() { all } else { telling };
    words.into_iter().map(word).filter(|word| !word.forms.is_empty()).collect()
}

fn word(text: &str) -> Word {
    let all = [
        Some(names::name(text).replace(' ', "")),
        kana::reading(text),
        Some(places::address(text)),
        numbers::e164(text).map(|number| digits(&number)),
    ];
    let mut forms: Vec<String> = Vec::new();
    for form in all.into_iter().flatten() {
        if !form.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    }
    Word { forms }
}

fn digits(number: &str) -> String {
    number.trim_start_matches('+').to_owned()
}

/// Whether a word is somewhere in what was opened.
#[must_use]
pub fn fits(word: &Word, forms: &[String]) -> bool {
    let single = |form: &String| form.chars().count() == 1;
    word.forms.iter().any(|wanted| {
        forms.iter().any(|form| {
            let joined = form.replace(' ', "");
            if single(wanted) {
                form.split(' ').any(|part| part.starts_with(wanted.as_str()))
            } else {
                joined.contains(wanted.as_str())
            }
        })
    })
}

/// The forms in which an identity is found.
#[must_use]
pub fn identity_forms(kind: i32, value: &str) -> Vec<String> {
    if kind == i32::from(IdentityKind::Phone) {
        let national = value.strip_prefix("+81").map(|rest| format!("0{rest}"));
        return [Some(digits(value)), national].into_iter().flatten().collect();
    }
    // As searches are folded.
    vec![names::name(value).replace(' ', "")]
}

/// Keyed hashes of all pieces of these forms, in order, each once.
#[must_use]
pub fn pieces(hasher: &Hasher, forms: &[String]) -> Vec<i32> {
    let mut all = BTreeSet::new();
    for form in forms {
        for word in form.split(' ').filter(|word| !word.is_empty()) {
            all.extend(starts(word).iter().map(|piece| hasher.piece(piece)));
        }
        let joined: Vec<char> = form.chars().filter(|c| *c != ' ').collect();
        all.extend(cut(&joined).chain(fives(&joined)).map(|piece| hasher.piece(piece)));
    }
    all.into_iter().collect()
}

/// The keyed hash of a whole value of a sort: who has the same one may be the same.
#[must_use]
pub fn whole(hasher: &Hasher, sort: &str, value: &str) -> i32 {
    let text: Vec<char> = [WHOLE].into_iter().chain(sort.chars()).chain([WHOLE]).chain(value.chars()).collect();
    hasher.piece(&text)
}

fn asked(hasher: &Hasher, form: &str) -> Vec<i32> {
    let chars: Vec<char> = form.chars().collect();
    // Many numbers have the same threes: 0000 9009 and 0090 0900, say.
    let long = chars.len() >= 5 && chars.iter().all(char::is_ascii_digit);
    let pieces: Vec<&[char]> = if long { fives(&chars).collect() } else { cut(&chars).collect() };
    let cut: BTreeSet<i32> = pieces.into_iter().map(|piece| hasher.piece(piece)).collect();
    if cut.is_empty() {
        starts(form).last().map(|piece| hasher.piece(piece)).into_iter().collect()
    } else {
        cut.into_iter().collect()
    }
}

/// Three characters of letters and digits, two where there is a kanji or a kana.
fn cut(chars: &[char]) -> impl Iterator<Item = &[char]> {
    let narrow = |piece: &[char]| piece.iter().all(char::is_ascii);
    let threes = chars.windows(3).filter(move |piece| narrow(piece));
    let twos = chars.windows(2).filter(move |piece| !narrow(piece));
    threes.chain(twos)
}

/// Five digits in a row.
fn fives(chars: &[char]) -> impl Iterator<Item = &[char]> {
    chars.windows(5).filter(|piece| piece.iter().all(char::is_ascii_digit))
}

/// The first character, and of letters and digits the first two.
fn starts(word: &str) -> Vec<Vec<char>> {
    let chars: Vec<char> = word.chars().take(2).collect();
    let mut starts = Vec::new();
    if let Some(first) = chars.first() {
        starts.push(vec![START, *first]);
    }
    if chars.len() == 2 && chars.iter().all(char::is_ascii) {
        starts.push([START].into_iter().chain(chars).collect());
    }
    starts
}

#[cfg(test)]
mod tests {
    use chassis::Secret;
    use proto::crm::v1::ProfileField;

    use super::*;
    use crate::fold::forms;

    /// Whether a search finds these forms: by pieces, and when they are opened.
    fn finds(text: &str, forms: &[String]) -> bool {
        let hasher = Hasher::new(&Secret::new("a"));
        let kept: BTreeSet<i32> = pieces(&hasher, forms).into_iter().collect();
        let words = words(text);
        let by_pieces = words.iter().all(|word| {
            word.pieces(&hasher).iter().any(|all| !all.is_empty() && all.iter().all(|piece| kept.contains(piece)))
        });
        let opened = words.iter().all(|word| fits(word, forms));
        assert!(by_pieces || !opened, "{text}: what fits is not found by its pieces");
        by_pieces && opened
    }

    #[test]
    fn customers_are_found_by_parts_of_what_is_known() {
        let profile = |field, value: &str| forms(field, value);
        let table: [(Vec<String>, &[&str], &[&str]); 6] = [
            (
                profile(ProfileField::Name, "山田 花子"),
                &["山田", "花子", "山田花子", "山田　花子", "山", "田花", "花"],
                &["山口", "田", "子"],
            ),
            (
                profile(ProfileField::Kana, "ヤマダ ハナコ"),
                &["やまだ", "ﾔﾏﾀﾞ", "yamada", "Hanako", "yamada hanako", "ハナ", "や"],
                &["さとう", "sato"],
            ),
            (profile(ProfileField::Kana, "サトウ イチロウ"), &["sato", "satou", "サトー", "ichiro"], &["ito"]),
            (profile(ProfileField::Name, "株式会社髙橋商店"), &["高橋", "㈱高橋商店", "髙橋商店"], &["山田"]),
            (
                profile(ProfileField::Address, "東京都渋谷区道玄坂１丁目２番３号"),
                &["渋谷区", "道玄坂1-2-3", "道玄坂一丁目2番3号"],
                &["新宿区"],
            ),
            (
                identity_forms(1, "+819012345678"),
                &["5678", "090-1234", "09012345678", "+81 90-1234-5678", "1234-56"],
                &["8765", "03"],
            ),
        ];
        for (forms, found, other) in table {
            for text in found {
                assert!(finds(text, &forms), "{text} in {forms:?}");
            }
            for text in other {
                assert!(!finds(text, &forms), "{text} in {forms:?}");
            }
        }
        let mail = identity_forms(2, "hanako@example.jp");
        assert!(
            finds("hanako@example.jp", &mail)
                && finds("example.jp", &mail)
                && finds("hanako", &mail)
                && finds("ha", &mail)
        );
    }

    #[test]
    fn numbers_of_the_same_digits_are_told_apart_without_being_opened() {
        let hasher = Hasher::new(&Secret::new("x"));
        let kept: BTreeSet<i32> = pieces(&hasher, &["09000009009".into()]).into_iter().collect();
        let found = |text: &str| asked(&hasher, text).iter().all(|piece| kept.contains(piece));
        assert!(found("00009009") && found("09009") && found("9009") && found("900"));
        assert!(!found("00900900"), "it has the same threes");
    }

    #[test]
    fn whole_values_are_told_from_pieces_and_from_each_other() {
        let hasher = Hasher::new(&Secret::new("a"));
        let name = whole(&hasher, "name", "山田花子");
        assert_ne!(name, whole(&hasher, "kana", "山田花子"));
        assert!(!pieces(&hasher, &["山田花子".into()]).contains(&name));
    }

    proptest::proptest! {
        #[test]
        fn whatever_part_is_asked_for_is_among_the_pieces(text in "[ぁ-ん一-龠a-z0-9]{1,20}", from in 0_usize..20, length in 2_usize..20) {
            let hasher = Hasher::new(&Secret::new("a"));
            let part: String = text.chars().skip(from).take(length).collect();
            let kept = pieces(&hasher, std::slice::from_ref(&text));
            let narrow_and_short = part.chars().count() < 3 && part.is_ascii() || part.chars().count() < 2;
            if !narrow_and_short {
                proptest::prop_assert!(asked(&hasher, &part).iter().all(|piece| kept.contains(piece)));
            }
        }
    }
}
