//! Postcodes and addresses.

use unicode_normalization::UnicodeNormalization as _;

use crate::names;

/// Words between the numbers of an address, the longest first.
const BETWEEN: [&str; 8] = ["丁目", "番地の", "番地", "番", "号室", "号", "の", "ノ"];

/// A postcode: seven digits in Japan (`〒150-0041`, `１５０００４１`); other countries' in capitals without signs. None: it is none.
#[must_use]
pub fn postcode(text: &str) -> Option<String> {
    let plain: String =
        text.nfkc().filter(|c| c.is_alphanumeric() && *c != 'ー').flat_map(char::to_uppercase).collect();
    let fits = (3..=10).contains(&plain.len()) && plain.bytes().all(|b| b.is_ascii_alphanumeric());
    (fits && plain.bytes().any(|b| b.is_ascii_digit())).then_some(plain)
}

/// An address as it is compared and found: numbers as `1-2-3`, kanji numbers before 丁目 as digits, no spaces.
#[must_use]
pub fn address(text: &str) -> String {
    let plain: Vec<char> = text.nfkc().filter(|c| !c.is_whitespace()).map(dash).collect();
    let digits = digits_before_block(&plain);
    let mut out = String::with_capacity(text.len());
    let mut rest = digits.as_str();
    while let Some(first) = rest.chars().next() {
        let word = BETWEEN.iter().find(|word| rest.starts_with(**word));
        if let Some(word) = word.filter(|_| out.ends_with(|c: char| c.is_ascii_digit())) {
            rest = &rest[word.len()..];
            if rest.starts_with(|c: char| c.is_ascii_digit()) {
                out.push('-');
            }
            continue;
        }
        out.push(first);
        rest = &rest[first.len_utf8()..];
    }
    // Folding a name leaves dashes between digits out, here they part numbers.
    out.split('-').map(names::name).collect::<Vec<_>>().join("-")
}

fn dash(c: char) -> char {
    if matches!(c, '‐'..='―' | '−' | '─' | '━') { '-' } else { c }
}

/// `三丁目`, `十二丁目` and `一二丁目` with digits.
fn digits_before_block(plain: &[char]) -> String {
    let mut out = String::with_capacity(plain.len() * 3);
    let mut at = 0;
    while at < plain.len() {
        let run = plain[at..].iter().take_while(|c| figure(**c).is_some()).count();
        let numbered = run > 0 && plain.get(at + run) == Some(&'丁') && plain.get(at + run + 1) == Some(&'目');
        if numbered {
            let figures: Vec<u32> = plain[at..at + run].iter().filter_map(|c| figure(*c)).collect();
            out.push_str(&number(&figures).to_string());
            at += run;
        } else {
            // A long vowel mark between digits is a dash that somebody typed so.
            let between = plain[at] == 'ー'
                && out.ends_with(|c: char| c.is_ascii_digit())
                && plain.get(at + 1).is_some_and(char::is_ascii_digit);
            out.push(if between { '-' } else { plain[at] });
            at += 1;
        }
    }
    out
}

fn figure(c: char) -> Option<u32> {
    "〇一二三四五六七八九十".chars().position(|figure| figure == c).and_then(|at| u32::try_from(at).ok())
}

/// `二十三`, and figure by figure `二三`, `二〇`.
fn number(figures: &[u32]) -> u32 {
    if !figures.contains(&10) {
        return figures.iter().fold(0, |sum, figure| sum.saturating_mul(10).saturating_add(*figure));
    }
    let mut tens = 0;
    let mut ones = 0;
    for figure in figures {
        if *figure == 10 {
            tens = ones.max(1);
            ones = 0;
        } else {
            ones = *figure;
        }
    }
    tens * 10 + ones
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_postcode_however_it_is_written() {
        for text in ["150-0041", "〒150-0041", "１５０００４１", "1500041", "１５０－００４１", " 〒 １５０ー００４１ "]
        {
            assert_eq!(postcode(text).as_deref(), Some("1500041"), "{text}");
        }
        assert_eq!(postcode("sw1a 1aa").as_deref(), Some("SW1A1AA"));
        for text in ["", "〒", "東京都", "12", "abc", "12345678901"] {
            assert_eq!(postcode(text), None, "{text}");
        }
    }

    #[test]
    fn one_address_however_it_is_written() {
        let alike: [&[&str]; 5] = [
            &[
                "東京都渋谷区道玄坂1-2-3",
                "東京都渋谷区道玄坂１丁目２番３号",
                "東京都 渋谷区 道玄坂 一丁目2-3",
                "東京都渋谷区道玄坂1丁目2番地3",
                "東京都渋谷区道玄坂１ー２ー３",
                "東京都渋谷区道玄坂1−2−3",
            ],
            &["札幌市中央区大通西十二丁目5", "札幌市中央区大通西12-5", "札幌市中央区大通西一二丁目5"],
            &["札幌市中央区大通西二十丁目", "札幌市中央区大通西二〇丁目", "札幌市中央区大通西20丁目"],
            &["大阪市北区梅田2-20 サンビル301", "大阪市北区梅田２丁目２０番　ｻﾝﾋﾞﾙ３０１号室"],
            &["京都市中京区1番地の2", "京都市中京区1-2"],
        ];
        for forms in alike {
            for form in forms {
                assert_eq!(address(form), address(forms[0]), "{form}");
            }
        }
        for (one, other) in
            [("道玄坂1-23", "道玄坂12-3"), ("一宮市1", "二宮市1"), ("三丁目", "四丁目"), ("十丁目", "二十丁目")]
        {
            assert_ne!(address(one), address(other), "{one} {other}");
        }
    }
}
