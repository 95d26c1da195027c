//! Identities in one spelling.

use proto::crm::v1::IdentityKind;
use spelling::numbers;
use unicode_normalization::UnicodeNormalization as _;

/// Longest value, characters.
const LONGEST: usize = 256;

/// An identity in the only spelling that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folded {
    /// Its kind, never unspecified.
    pub kind: i32,
    /// Whose numbers these are.
    pub namespace: String,
    /// The value.
    pub value: String,
}

/// Folds one; none when it is no identity of its kind.
#[must_use]
pub fn identity(kind: i32, namespace: &str, value: &str) -> Option<Folded> {
    if namespace.len() > 64
        || !namespace.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
    {
        return None;
    }
    if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
        return None;
    }
    let plain: String = value.nfkc().collect::<String>().trim().to_owned();
    let sort = IdentityKind::try_from(kind).ok()?;
    let needs_namespace = matches!(sort, IdentityKind::Ec | IdentityKind::Sns);
    let has_none =
        matches!(sort, IdentityKind::Phone | IdentityKind::Mail | IdentityKind::Corporate | IdentityKind::Center);
    if (needs_namespace && namespace.is_empty()) || (has_none && !namespace.is_empty()) {
        return None;
    }
    let value = match sort {
        IdentityKind::Unspecified => return None,
        IdentityKind::Phone => numbers::e164(value)?,
        IdentityKind::Mail => mail(&plain)?,
        IdentityKind::Line => bare(&plain)?,
        IdentityKind::Sns => bare(plain.trim_start_matches('@'))?,
        IdentityKind::Ec => bare(&plain)?,
        IdentityKind::Card => number(&plain)?,
        IdentityKind::Center => Some(plain).filter(|id| is_record_id(id))?,
        IdentityKind::Corporate => corporate(&plain)?,
    };
    Some(Folded { kind, namespace: namespace.to_owned(), value })
}

/// An identity as people read it.
#[must_use]
pub fn shown(folded: &Folded) -> String {
    if folded.kind == i32::from(IdentityKind::Phone) { numbers::in_japan(&folded.value) } else { folded.value.clone() }
}

/// 1 to 64 characters of `[A-Za-z0-9_-]`: a subject's token and a key's id.
#[must_use]
pub fn is_record_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// `山田 <Hanako@Example.JP>` → `hanako@example.jp`.
fn mail(text: &str) -> Option<String> {
    let inner = text.rsplit_once('<').map_or(text, |(_, rest)| rest.trim_end().trim_end_matches('>'));
    let address = inner.trim().to_lowercase();
    let address = address.strip_prefix("mailto:").unwrap_or(&address);
    let (local, domain) = address.rsplit_once('@')?;
    let fits = !local.is_empty()
        && !local.contains('@')
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !address.chars().any(|c| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';'));
    fits.then(|| address.to_owned())
}

fn bare(text: &str) -> Option<String> {
    (!text.is_empty() && !text.chars().any(char::is_whitespace)).then(|| text.to_owned())
}

/// A number that is printed in groups.
fn number(text: &str) -> Option<String> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '‐'..='―' | '−' | 'ー'))
        .flat_map(char::to_uppercase)
        .collect();
    (!plain.is_empty()).then_some(plain)
}

/// 13 digits, also as the invoice system's `T` and 13 digits; or the company's own number.
fn corporate(text: &str) -> Option<String> {
    let plain = number(text)?;
    let invoice = plain.strip_prefix('T').filter(|rest| rest.len() == 13 && rest.bytes().all(|b| b.is_ascii_digit()));
    Some(invoice.unwrap_or(&plain).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: IdentityKind, text: &str) -> Option<String> {
        let namespace = if matches!(kind, IdentityKind::Ec | IdentityKind::Sns) { "shop" } else { "" };
        identity(kind.into(), namespace, text).map(|folded| folded.value)
    }

    #[test]
    fn one_identity_however_it_is_written() {
        let table: [(IdentityKind, &str, &[&str]); 7] = [
            (
                IdentityKind::Phone,
                "+819012345678",
                &["090-1234-5678", "０９０－１２３４－５６７８", "+81 90 1234 5678"],
            ),
            (
                IdentityKind::Mail,
                "hanako@example.jp",
                &[
                    "Hanako@Example.JP",
                    " 山田 花子 <hanako@example.jp> ",
                    "ｈａｎａｋｏ＠example.jp",
                    "mailto:hanako@example.jp",
                ],
            ),
            (IdentityKind::Line, "U4af4980629", &["U4af4980629", " U4af4980629 "]),
            (IdentityKind::Sns, "hanako", &["@hanako", "＠hanako", "hanako"]),
            (IdentityKind::Ec, "C-100200", &["C-100200", "Ｃ－100200 "]),
            (IdentityKind::Card, "1234567890123456", &["1234-5678-9012-3456", "１２３４ ５６７８ ９０１２ ３４５６"]),
            (IdentityKind::Corporate, "1234567890123", &["1234567890123", "T1234567890123", "Ｔ1-2345-6789-0123"]),
        ];
        for (kind, wanted, forms) in table {
            for form in forms {
                assert_eq!(value(kind, form).as_deref(), Some(wanted), "{form}");
            }
        }
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        let wrong = [
            (IdentityKind::Phone, "110"),
            (IdentityKind::Phone, "anonymous"),
            (IdentityKind::Mail, "hanako"),
            (IdentityKind::Mail, "a@b@c.jp"),
            (IdentityKind::Mail, "@example.jp"),
            (IdentityKind::Mail, "hanako@localhost"),
            (IdentityKind::Mail, "ha nako@example.jp"),
            (IdentityKind::Center, "a.b"),
            (IdentityKind::Center, ""),
            (IdentityKind::Ec, ""),
            (IdentityKind::Card, " - "),
            (IdentityKind::Line, "a\nb"),
            (IdentityKind::Unspecified, "a"),
        ];
        for (kind, text) in wrong {
            assert_eq!(value(kind, text), None, "{text:?}");
        }
        assert_eq!(identity(IdentityKind::Ec.into(), "", "1"), None, "whose number?");
        assert_eq!(identity(IdentityKind::Card.into(), "A b", "1"), None);
        let unnamed = [
            (IdentityKind::Phone, "090-1234-5678"),
            (IdentityKind::Mail, "hanako@example.jp"),
            (IdentityKind::Corporate, "1234567890123"),
            (IdentityKind::Center, "tel-1"),
        ];
        for (kind, text) in unnamed {
            assert!(identity(kind.into(), "", text).is_some(), "{text}");
            assert_eq!(identity(kind.into(), "shop", text), None, "{text} is the same whoever tells it");
        }
        assert!(identity(IdentityKind::Line.into(), "channel", "U1").is_some());
        assert_eq!(identity(99, "", "1"), None);
        assert_eq!(value(IdentityKind::Ec, &"x".repeat(257)), None);
    }

    #[test]
    fn numbers_are_shown_as_in_japan() {
        let phone = identity(IdentityKind::Phone.into(), "", "+819012345678").unwrap();
        assert_eq!(shown(&phone), "090-1234-5678");
    }
}
