//! Names of people and companies.

use crate::text::fold;

/// Old, variant and look-alike forms of kanji in names, each with the form that is written most.
#[rustfmt::skip]
const FORMS: [(char, char); 45] = [
    ('髙', '高'), ('﨑', '崎'), ('嵜', '崎'), ('碕', '崎'), ('邊', '辺'), ('邉', '辺'), ('齋', '斎'), ('齊', '斎'), ('斉', '斎'), ('澤', '沢'),
    ('濱', '浜'), ('濵', '浜'), ('德', '徳'), ('廣', '広'), ('櫻', '桜'), ('國', '国'), ('嶋', '島'), ('嶌', '島'), ('瀨', '瀬'), ('龍', '竜'),
    ('眞', '真'), ('惠', '恵'), ('榮', '栄'), ('學', '学'), ('澁', '渋'), ('黑', '黒'), ('會', '会'), ('靜', '静'), ('關', '関'), ('濟', '済'),
    ('條', '条'), ('豐', '豊'), ('槇', '槙'), ('彌', '弥'), ('假', '仮'), ('淺', '浅'), ('𠮷', '吉'), ('藏', '蔵'),
    ('鐵', '鉄'), ('萬', '万'), ('壽', '寿'), ('曾', '曽'), ('圓', '円'), ('舘', '館'), ('冨', '富'),
];

/// What a company's name may begin or end with, folded.
const KINDS: [&str; 22] = [
    "株式会社",
    "有限会社",
    "合同会社",
    "合名会社",
    "合資会社",
    "一般社団法人",
    "一般財団法人",
    "公益社団法人",
    "公益財団法人",
    "医療法人",
    "学校法人",
    "特定非営利活動法人",
    "npo法人",
    "(株)",
    "(有)",
    "(同)",
    "(名)",
    "(資)",
    "(医)",
    "(学)",
    "(社)",
    "(財)",
];

/// The same in English, as whole words.
const WORDS: [&str; 11] =
    ["co.,ltd.", "co.,", "co.", "ltd.", "ltd", "inc.", "inc", "corp.", "corporation", "k.k.", "llc"];

/// A name as it is compared and found: [`fold`]ed, kanji in one form, without what kind of company it is.
#[must_use]
pub fn name(text: &str) -> String {
    let folded: String = text.chars().map(form).collect();
    let folded = fold(&folded);
    let bare = KINDS.iter().fold(folded.clone(), |name, kind| name.replace(kind, " "));
    let words: Vec<&str> = bare.split(' ').filter(|word| !word.is_empty() && !WORDS.contains(word)).collect();
    // A name that is nothing but a kind stays as it is.
    if words.is_empty() { folded.trim().to_owned() } else { words.join(" ").trim_end_matches(',').to_owned() }
}

/// Whether a word says only what kind of company it is.
#[must_use]
pub fn is_kind(word: &str) -> bool {
    let folded = fold(word);
    KINDS.contains(&folded.as_str()) || WORDS.contains(&folded.as_str())
}

fn form(c: char) -> char {
    FORMS.iter().find(|(variant, _)| *variant == c).map_or(c, |(_, usual)| *usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_however_it_is_written() {
        let alike: [&[&str]; 8] = [
            &["髙橋 一郎", "高橋　一郎", " 髙橋 一郎 "],
            &["渡邊 花子", "渡邉 花子", "渡辺 花子"],
            &["齋藤 龍", "斉藤 竜", "齊藤 龍"],
            &["山﨑 太郎", "山崎 太郎", "山嵜 太郎"],
            &["株式会社山田商店", "(株)山田商店", "㈱山田商店", "山田商店（株）", "山田商店　株式会社", "山田商店"],
            &["Example Inc.", "EXAMPLE, Inc.", "ｅｘａｍｐｌｅ", "Example Co., Ltd."],
            &["医療法人 例会", "(医)例会"],
            &["有限会社エヌシステム", "㈲ｴﾇｼｽﾃﾑ", "エヌシステム"],
        ];
        for forms in alike {
            for form in forms {
                assert_eq!(name(form), name(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (one, other) in [("山田 花子", "山田 華子"), ("株式会社山田", "株式会社山口"), ("伊藤", "伊東")]
        {
            assert_ne!(name(one), name(other), "{one} {other}");
        }
        assert_eq!(name("株式会社"), "株式会社");
        assert_eq!(name("Lincoln Inco"), "lincoln inco", "only whole words");
    }

    proptest::proptest! {
        #[test]
        fn folding_twice_is_folding_once(text in "[ぁ-んァ-ヶ一-龠a-z]{0,8}( [ぁ-んァ-ヶ一-龠a-z]{0,8})?") {
            proptest::prop_assert_eq!(name(&name(&text)), name(&text));
        }
    }
}
