//! Telephone numbers as people and carriers write them, as one spelling: E.164, `+819012345678`.

use unicode_normalization::UnicodeNormalization as _;

/// Where a number is at home when it says no country: Japan.
const COUNTRY: &str = "81";
/// What carriers send instead of a number.
const HIDDEN: [&str; 9] =
    ["anonymous", "unavailable", "unknown", "private", "restricted", "withheld", "coinline", "payphone", "asterisk"];

/// A telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    /// In E.164.
    Known(String),
    /// Only known within Japan or the house: `110`, `#9110`, an extension. As it was written, without separators.
    Short(String),
    /// The caller hides it, or there is none.
    Hidden,
}

impl Number {
    /// The number in E.164, if that can be said.
    #[must_use]
    pub fn e164(&self) -> Option<&str> {
        match self {
            Number::Known(number) => Some(number),
            Number::Short(_) | Number::Hidden => None,
        }
    }
}

/// Reads a number in any Japanese or international form: `090-1234-5678`, `03(1234)5678`, `+81 90…`, `+81 (0)90…`, `0081 90…`,
/// `010 81 90…`, full-width digits, SIP and tel URIs. A leading 184 or 186 (hide or show the caller's number) is no part of it.
/// None: it is no number.
#[must_use]
pub fn parse(text: &str) -> Option<Number> {
    let text: String = text.nfkc().collect();
    let text = user(text.trim());
    let lower = text.to_lowercase();
    if text.is_empty() || HIDDEN.iter().any(|hidden| lower == *hidden) {
        return Some(Number::Hidden);
    }
    let plus = text.starts_with('+');
    let text = if plus || text.starts_with("00") { text.replace("(0)", "") } else { text.to_owned() };
    let digits = dialled(text.trim_start_matches('+'))?;
    if plus {
        return international(&digits);
    }
    Some(national(without_prefix(&digits)))
}

/// A number in any form as this service keeps and dials it: E.164, or a short number as it is; empty when it is hidden or none.
#[must_use]
pub fn folded(text: &str) -> String {
    match parse(text) {
        Some(Number::Known(number) | Number::Short(number)) => number,
        Some(Number::Hidden) | None => String::new(),
    }
}

/// In E.164, if it can be said: what caller ids and numbers to dial are compared by.
#[must_use]
pub fn e164(text: &str) -> Option<String> {
    parse(text)?.e164().map(str::to_owned)
}

/// A number as it is written in Japan: `090-1234-5678`. Numbers of other countries stay as they are.
#[must_use]
pub fn in_japan(e164: &str) -> String {
    let Some(rest) = e164.strip_prefix("+81") else { return e164.to_owned() };
    let number = format!("0{rest}");
    let sizes: &[usize] = match number.len() {
        11 if number.starts_with("0800") => &[4, 3, 4],
        11 => &[3, 4, 4],
        10 if number.starts_with("0120") || number.starts_with("0570") => &[4, 3, 3],
        10 if number.starts_with("03") || number.starts_with("06") => &[2, 4, 4],
        10 => &[3, 3, 4],
        _ => return e164.to_owned(),
    };
    let (mut groups, mut rest) = (Vec::new(), number.as_str());
    for size in sizes {
        let (group, after) = rest.split_at(*size);
        groups.push(group);
        rest = after;
    }
    groups.join("-")
}

/// The part of a URI that is the number: `sip:+8190…@host;user=phone`, `"Yamada" <tel:090-…>`.
fn user(text: &str) -> &str {
    let inner = text.split_once('<').map_or(text, |(_, rest)| rest.split('>').next().unwrap_or(rest));
    let scheme = ["sips:", "sip:", "tel:"].iter().find_map(|scheme| {
        let head = inner.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &inner[scheme.len()..])
    });
    let user = scheme.unwrap_or(inner);
    user.split(['@', ';']).next().unwrap_or(user).trim()
}

/// The keys without separators; none when there is anything else.
fn dialled(text: &str) -> Option<String> {
    let separator = |it: char| {
        it.is_whitespace() || matches!(it, '-' | '(' | ')' | '.' | '/' | '‐' | '‑' | '–' | '—' | '―' | '−' | 'ー')
    };
    let keys: String = text.chars().filter(|it| !separator(*it)).collect();
    let valid =
        !keys.is_empty() && keys.len() <= 32 && keys.bytes().all(|it| it.is_ascii_digit() || it == b'*' || it == b'#');
    valid.then_some(keys)
}

/// 184 and 186 hide or show the caller's number, the rest is the number.
fn without_prefix(digits: &str) -> &str {
    let rest = digits.strip_prefix("184").or_else(|| digits.strip_prefix("186"));
    rest.filter(|rest| rest.starts_with('0') && rest.len() >= 10).unwrap_or(digits)
}

fn national(digits: &str) -> Number {
    for way_out in ["010", "00"] {
        let abroad = digits.strip_prefix(way_out).filter(|rest| rest.len() >= 8 && !rest.starts_with('0'));
        if let Some(number) = abroad.and_then(international) {
            return number;
        }
    }
    // 010-1234-5678 and the like do not exist in Japan; 0 and nine or ten digits do.
    let known = digits.strip_prefix('0').filter(|rest| {
        (9..=10).contains(&rest.len()) && !rest.starts_with('0') && rest.bytes().all(|it| it.is_ascii_digit())
    });
    match known {
        Some(rest) => Number::Known(format!("+{COUNTRY}{rest}")),
        // Carriers that leave out the plus: 819012345678.
        None => {
            match digits.strip_prefix(COUNTRY).filter(|rest| (9..=10).contains(&rest.len()) && !rest.starts_with('0')) {
                Some(_) => Number::Known(format!("+{digits}")),
                None => Number::Short(digits.to_owned()),
            }
        }
    }
}

/// What follows a `+`: a country and a number of at most 15 digits. A Japanese number's 0 after the country is not dialled.
fn international(digits: &str) -> Option<Number> {
    let digits = match digits.strip_prefix("810") {
        Some(rest) => format!("{COUNTRY}{rest}"),
        None => digits.to_owned(),
    };
    let valid =
        (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit());
    valid.then(|| Number::Known(format!("+{digits}")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_number_however_it_is_written() {
        let mobile = [
            "090-1234-5678",
            "09012345678",
            "090 1234 5678",
            "０９０－１２３４－５６７８",
            "０９０ー１２３４ー５６７８",
            "090.1234.5678",
            "+819012345678",
            "+81 90 1234 5678",
            "+81-90-1234-5678",
            "+81 (0)90-1234-5678",
            "+81 090 1234 5678",
            "＋81 90 1234 5678",
            "0081 90 1234 5678",
            "010 81 90 1234 5678",
            "010-81-90-1234-5678",
            "819012345678",
            "186-090-1234-5678",
            "18409012345678",
            "tel:+81-90-1234-5678",
            "sip:09012345678@carrier.example;user=phone",
            "SIP:+819012345678@10.0.0.1:5060",
            "\"Yamada\" <sip:+819012345678;phone-context=+81@carrier.example>",
        ];
        for text in mobile {
            assert_eq!(e164(text).as_deref(), Some("+819012345678"), "{text}");
        }
    }

    #[test]
    fn every_kind_of_number() {
        let known = [
            ("03(1234)5678", "+81312345678"),
            ("（03）1234-5678", "+81312345678"),
            ("045-123-4567", "+81451234567"),
            ("0120-123-456", "+81120123456"),
            ("0800-123-4567", "+818001234567"),
            ("0570-012-345", "+81570012345"),
            ("050-1234-5678", "+815012345678"),
            ("+1 (212) 555-0100", "+12125550100"),
            ("010-1-212-555-0100", "+12125550100"),
            ("0044 20 7946 0000", "+442079460000"),
            ("+44 20 7946 0000", "+442079460000"),
        ];
        for (text, number) in known {
            assert_eq!(parse(text), Some(Number::Known(number.into())), "{text}");
        }
        for text in ["110", "119", "*72", "#9110", "1234", "0312", "sip:201@desk.example"] {
            assert!(matches!(parse(text), Some(Number::Short(_))), "{text}: {:?}", parse(text));
        }
        for text in [
            "",
            "Anonymous",
            "anonymous@anonymous.invalid",
            "sip:anonymous@anonymous.invalid",
            "<sip:unavailable@x>",
            " ",
        ] {
            assert_eq!(parse(text), Some(Number::Hidden), "{text}");
        }
        for text in ["yamada", "+", "+0312345678", "+12", "+1234567890123456", "090-1234-567x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_shown_as_in_japan() {
        let table = [
            ("+819012345678", "090-1234-5678"),
            ("+81312345678", "03-1234-5678"),
            ("+81120123456", "0120-123-456"),
            ("+818001234567", "0800-123-4567"),
            ("+81451234567", "045-123-4567"),
            ("+12125550100", "+12125550100"),
        ];
        for (number, shown) in table {
            assert_eq!(in_japan(number), shown);
            assert_eq!(e164(shown).as_deref(), Some(number), "and is read back");
        }
    }

    proptest! {
        #[test]
        fn what_is_folded_stays(text in "[-+0-9() ]{0,20}|\\PC{0,30}") {
            if let Some(number) = e164(&text) {
                prop_assert_eq!(e164(&number), Some(number.clone()));
                prop_assert_eq!(e164(&in_japan(&number)), Some(number));
            }
        }
    }
}
