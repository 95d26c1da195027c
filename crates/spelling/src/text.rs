//! One spelling for what people write in many: for search, never for showing.

use unicode_normalization::UnicodeNormalization as _;

/// Full and half width, katakana and hiragana, small and large letters, the hyphens of numbers and the final long vowel of
/// loan words count as the same. Spaces only part words.
#[must_use]
pub fn fold(text: &str) -> String {
    let plain: Vec<char> = text.nfkc().flat_map(char::to_lowercase).map(hiragana).collect();
    let mut folded = String::with_capacity(text.len());
    for (at, c) in plain.iter().enumerate() {
        // A run of dashes counts as one.
        let before = plain[..at].iter().rev().find(|c| !is_dash(**c));
        let after = plain[at + 1..].iter().find(|c| !is_dash(**c));
        match c {
            c if c.is_whitespace() => folded.push(' '),
            c if is_dash(*c) => {
                // Between digits a dash of any kind parts nothing; after kana it is a long vowel, which many leave out.
                let number = before.is_some_and(char::is_ascii_digit) && after.is_some_and(char::is_ascii_digit);
                let long = before.is_some_and(|c| is_hiragana(*c));
                if !number && !long {
                    folded.push('-');
                }
            }
            c => folded.push(*c),
        }
    }
    folded
}

fn hiragana(c: char) -> char {
    match c {
        'ァ'..='ヶ' => char::from_u32(u32::from(c) - 0x60).unwrap_or(c),
        _ => c,
    }
}

fn is_hiragana(c: char) -> bool {
    ('ぁ'..='ゖ').contains(&c)
}

/// Hyphens, dashes, minus and the long vowel mark, which people mistake for each other.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | 'ー' | '‐'..='―' | '−' | '─' | '━')
}

/// The words of a query, folded.
#[must_use]
pub fn words(query: &str) -> Vec<String> {
    fold(query).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_mean_alike_is_alike() {
        let alike: [&[&str]; 12] = [
            &["サーバー", "サーバ", "ｻｰﾊﾞｰ", "さーばー", "さば"],
            &["ガス", "ｶﾞｽ", "がす", "カ\u{3099}ス"],
            &["０３－１２３４－５６７８", "03-1234-5678", "0312345678", "03ー1234ー5678", "03−1234‐5678"],
            &["ＡＢＣ", "abc", "Abc", "ａｂｃ"],
            &["山田　花子", "山田 花子"],
            &["ヤマダ ハナコ", "ﾔﾏﾀﾞ ﾊﾅｺ", "やまだ はなこ"],
            &["メール", "めーる", "ﾒｰﾙ", "メ―ル", "メ-ル"],
            &["㈱山田", "(株)山田"],
            &["①", "1"],
            &["ヴァイオリン", "ゔぁいおりん"],
            &["注文#8841", "注文＃８８４１"],
            &["～", "~"],
        ];
        for forms in alike {
            for form in forms {
                assert_eq!(fold(form), fold(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in
            [("返品", "返却"), ("はは", "ぱぱ"), ("a-b", "ab"), ("1 2", "12"), ("病院", "美容院"), ("つ", "っ")]
        {
            assert_ne!(fold(one), fold(other), "{one} {other}");
        }
        assert_eq!(words("　返品\t不良　"), ["返品", "不良"]);
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_is_folding_once_for_kana(text in "[ぁ-んァ-ヶーa-z0-9 -]{0,40}") {
            proptest::prop_assert_eq!(fold(&fold(&text)), fold(&text));
        }
    }
}
