//! Katakana, hiragana and romaji.

/// Syllables in Hepburn and Kunrei romaji with their hiragana, the longest first where one begins another.
#[rustfmt::skip]
const SYLLABLES: [(&str, &str); 147] = [
    ("kya", "きゃ"), ("kyu", "きゅ"), ("kyo", "きょ"), ("gya", "ぎゃ"), ("gyu", "ぎゅ"), ("gyo", "ぎょ"),
    ("sha", "しゃ"), ("shi", "し"), ("shu", "しゅ"), ("she", "しぇ"), ("sho", "しょ"), ("sya", "しゃ"), ("syu", "しゅ"), ("syo", "しょ"),
    ("cha", "ちゃ"), ("chi", "ち"), ("chu", "ちゅ"), ("che", "ちぇ"), ("cho", "ちょ"), ("tya", "ちゃ"), ("tyu", "ちゅ"), ("tyo", "ちょ"),
    ("tsu", "つ"), ("nya", "にゃ"), ("nyu", "にゅ"), ("nyo", "にょ"), ("hya", "ひゃ"), ("hyu", "ひゅ"), ("hyo", "ひょ"),
    ("bya", "びゃ"), ("byu", "びゅ"), ("byo", "びょ"), ("pya", "ぴゃ"), ("pyu", "ぴゅ"), ("pyo", "ぴょ"),
    ("mya", "みゃ"), ("myu", "みゅ"), ("myo", "みょ"), ("rya", "りゃ"), ("ryu", "りゅ"), ("ryo", "りょ"),
    ("jya", "じゃ"), ("jyu", "じゅ"), ("jyo", "じょ"), ("zya", "じゃ"), ("zyu", "じゅ"), ("zyo", "じょ"),
    ("dya", "ぢゃ"), ("dyu", "ぢゅ"), ("dyo", "ぢょ"), ("dzu", "づ"), ("thi", "てぃ"), ("dhi", "でぃ"),
    ("ja", "じゃ"), ("ji", "じ"), ("ju", "じゅ"), ("je", "じぇ"), ("jo", "じょ"),
    ("fa", "ふぁ"), ("fi", "ふぃ"), ("fu", "ふ"), ("fe", "ふぇ"), ("fo", "ふぉ"),
    ("ka", "か"), ("ki", "き"), ("ku", "く"), ("ke", "け"), ("ko", "こ"), ("ga", "が"), ("gi", "ぎ"), ("gu", "ぐ"), ("ge", "げ"), ("go", "ご"),
    ("sa", "さ"), ("si", "し"), ("su", "す"), ("se", "せ"), ("so", "そ"), ("za", "ざ"), ("zi", "じ"), ("zu", "ず"), ("ze", "ぜ"), ("zo", "ぞ"),
    ("ta", "た"), ("ti", "ち"), ("tu", "つ"), ("te", "て"), ("to", "と"), ("da", "だ"), ("di", "ぢ"), ("du", "づ"), ("de", "で"), ("do", "ど"),
    ("na", "な"), ("ni", "に"), ("nu", "ぬ"), ("ne", "ね"), ("no", "の"), ("ha", "は"), ("hi", "ひ"), ("hu", "ふ"), ("he", "へ"), ("ho", "ほ"),
    ("ba", "ば"), ("bi", "び"), ("bu", "ぶ"), ("be", "べ"), ("bo", "ぼ"), ("pa", "ぱ"), ("pi", "ぴ"), ("pu", "ぷ"), ("pe", "ぺ"), ("po", "ぽ"),
    ("ma", "ま"), ("mi", "み"), ("mu", "む"), ("me", "め"), ("mo", "も"), ("ya", "や"), ("yu", "ゆ"), ("yo", "よ"),
    ("ra", "ら"), ("ri", "り"), ("ru", "る"), ("re", "れ"), ("ro", "ろ"), ("wa", "わ"), ("wo", "を"), ("wi", "うぃ"), ("we", "うぇ"),
    ("va", "ゔぁ"), ("vi", "ゔぃ"), ("vu", "ゔ"), ("ve", "ゔぇ"), ("vo", "ゔぉ"), ("la", "ら"), ("li", "り"), ("lu", "る"), ("le", "れ"), ("lo", "ろ"),
    ("a", "あ"), ("i", "い"), ("u", "う"), ("e", "え"), ("o", "お"), ("n", "ん"), ("-", "ー"),
];

/// One piece of text in hiragana, as it is compared. Long vowels are left out in any spelling: `おおの`, `おうの`, `オーノ`, `Ohno`, `Ono`, `Ōno` are one.
#[must_use]
pub fn reading(text: &str) -> Option<String> {
    let folded = crate::text::fold(text).replace(' ', "");
    let kana =
        if folded.is_ascii() || folded.chars().any(|c| plain(c).is_some()) { from_romaji(&folded)? } else { folded };
    kana.chars().all(is_hiragana).then(|| short(&kana)).filter(|reading| !reading.is_empty())
}

/// Hiragana and half-width katakana as katakana, width folded: how a reading is kept. Anything else stays.
#[must_use]
pub fn katakana(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let whole = text.nfkc().map(|c| match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    });
    whole.collect()
}

/// A word in romaji as hiragana; none when it is not romaji to its end.
#[must_use]
pub fn from_romaji(word: &str) -> Option<String> {
    let lower: String = word.chars().flat_map(char::to_lowercase).map(|c| plain(c).unwrap_or(c)).collect();
    let (mut rest, mut kana) = (lower.as_str(), String::new());
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            rest = &rest[1..];
        } else if doubled(rest) {
            kana.push('っ');
            rest = &rest[1..];
        } else if let Some(after) = nasal(rest) {
            kana.push('ん');
            rest = after;
        } else if let Some(after) = long_h(rest, &kana) {
            rest = after;
        } else {
            let (romaji, syllable) = SYLLABLES.iter().find(|(romaji, _)| rest.starts_with(romaji))?;
            kana.push_str(syllable);
            rest = &rest[romaji.len()..];
        }
    }
    Some(kana)
}

/// `Ō` and `ô` are a plain `o`: the length is left out anyway.
fn plain(c: char) -> Option<char> {
    match c {
        'ā' | 'â' => Some('a'),
        'ī' | 'î' => Some('i'),
        'ū' | 'û' => Some('u'),
        'ē' | 'ê' => Some('e'),
        'ō' | 'ô' => Some('o'),
        _ => None,
    }
}

/// `kk`, `tt`, `tch`: a small tsu.
fn doubled(rest: &str) -> bool {
    let mut chars = rest.chars();
    let (Some(first), Some(second)) = (chars.next(), chars.next()) else { return false };
    let consonant = first.is_ascii_lowercase() && !matches!(first, 'a' | 'i' | 'u' | 'e' | 'o' | 'n');
    consonant && (first == second || rest.starts_with("tch"))
}

/// `n` and `m` before a consonant: `Honda`, `Shimbun`. `nn` before a vowel is one ん and the n of the next syllable.
fn nasal(rest: &str) -> Option<&str> {
    let after =
        rest.strip_prefix('n').or_else(|| rest.strip_prefix('m').filter(|after| after.starts_with(['b', 'p', 'm'])))?;
    let vowel = after.starts_with(['a', 'i', 'u', 'e', 'o', 'y']);
    (!vowel).then_some(after)
}

/// The h of `Ohno`, `Satoh`: a long vowel, written so in passports.
fn long_h<'a>(rest: &'a str, kana: &str) -> Option<&'a str> {
    let after =
        rest.strip_prefix('h').filter(|_| kana.chars().next_back().is_some_and(|last| row(last) == Some('お')))?;
    (!after.starts_with(['a', 'i', 'u', 'e', 'o', 'y'])).then_some(after)
}

fn is_hiragana(c: char) -> bool {
    ('ぁ'..='ゖ').contains(&c) || c == 'ー'
}

/// Leaves the length of vowels out, and makes one of the kana that sound alike.
fn short(kana: &str) -> String {
    let mut out = String::with_capacity(kana.len());
    let mut before: Option<char> = None;
    for c in kana.chars() {
        let c = match c {
            'ぢ' => 'じ',
            'づ' => 'ず',
            'を' => 'お',
            c => c,
        };
        let vowel = before.and_then(row);
        let long = match c {
            'ー' => true,
            'う' => matches!(vowel, Some('お' | 'う')),
            'お' => vowel == Some('お'),
            _ => false,
        };
        if !long {
            out.push(c);
            before = Some(c);
        }
    }
    out
}

/// The vowel on which a kana of the o and u rows ends; the others do not matter here.
fn row(c: char) -> Option<char> {
    if "おこごそぞとどのほぼぽもよょろをぉ".contains(c) {
        return Some('お');
    }
    "うくぐすずつづぬふぶぷむゆゅるぅゔ".contains(c).then_some('う')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_one_however_it_is_written() {
        let alike: [&[&str]; 14] = [
            &[
                "ヤマダ ハナコ",
                "ﾔﾏﾀﾞ ﾊﾅｺ",
                "やまだ　はなこ",
                "Yamada Hanako",
                "YAMADA HANAKO",
                "ｙａｍａｄａ ｈａｎａｋｏ",
            ],
            &["サトウ", "さとう", "サトー", "Sato", "Satou", "Satoh", "Satō", "ｻﾄｳ"],
            &["オオノ", "おおの", "オーノ", "Ohno", "Oono", "Ono", "Ōno"],
            &["シンイチ", "Shin'ichi", "しんいち"],
            &["ジュンコ", "じゅんこ", "Junko", "Zyunko", "ｼﾞｭﾝｺ"],
            &["ハットリ", "Hattori", "はっとり"],
            &["マッチャ", "Matcha", "まっちゃ"],
            &["シンバシ", "Shimbashi", "Shinbashi"],
            &["ツヅキ", "つずき", "Tsuzuki", "Tuduki"],
            &["フジワラ", "Fujiwara", "Huziwara", "ふぢわら"],
            &["チバ", "Chiba", "Tiba"],
            &["リョウコ", "りょうこ", "Ryoko", "Ryouko", "Ryohko"],
            &["コンノ", "Konno", "こんの"],
            &["ユウコ", "Yuko", "Yuuko", "ゆうこ", "Yūko"],
        ];
        for forms in alike {
            let first = reading(forms[0]);
            assert!(first.is_some(), "{}", forms[0]);
            for form in forms {
                assert_eq!(reading(form), first, "{form}");
            }
        }
    }

    #[test]
    fn what_differs_stays_different_and_what_is_no_reading_has_none() {
        for (one, other) in
            [("ハナコ", "ハンナコ"), ("オノ", "オナ"), ("ユキ", "ユウキョ"), ("カト", "ガト"), ("ヒロシ", "ヒロキ")]
        {
            assert_ne!(reading(one), reading(other), "{one} {other}");
        }
        for text in ["", " ", "山田", "abc", "Smith", "12", "山田 ハナコ", "x"] {
            assert_eq!(reading(text), None, "{text}");
        }
    }

    #[test]
    fn readings_are_kept_in_katakana() {
        for text in ["やまだ はなこ", "ﾔﾏﾀﾞ ﾊﾅｺ", "ヤマダ　ハナコ", "ヤマダ ハナコ"] {
            assert_eq!(katakana(text), "ヤマダ ハナコ", "{text}");
        }
        assert_eq!(katakana("ゔ"), "ヴ");
    }

    proptest::proptest! {
        #[test]
        fn a_reading_of_a_reading_is_itself(text in "[ァ-ヴー]{1,12}|[a-z']{1,12}") {
            if let Some(once) = reading(&text) {
                proptest::prop_assert_eq!(reading(&once), Some(once));
            }
        }
    }
}
