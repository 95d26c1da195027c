//! Forms that come in, checked. Which fields a form has is the pages' matter; here is only what any form is.

use std::collections::BTreeMap;

use chassis::refusal::Refusal;
use proto::chat::v1 as pb;

use crate::{conversation::Form, error::invalid};

/// Fields of a form.
const MAX_FIELDS: usize = 20;
const MAX_WORD: usize = 32;
const MAX_VALUE_CHARS: usize = 1_000;

/// A form with its text, which must be a JSON object of strings.
pub(super) fn form(form: pb::Form, text: &str) -> Result<Form, Refusal> {
    let bad = |fault: &'static str| invalid("bad_form", fault);
    let word = |text: &str| {
        (1..=MAX_WORD).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let fields: BTreeMap<String, String> =
        serde_json::from_str(text).map_err(|_| bad("a form's text is a JSON object of strings"))?;
    if !word(&form.form) {
        return Err(bad("a form is named by 1 to 32 of [a-z_]"));
    }
    if !form.filled && form.offer > 0 {
        return Err(bad("only a form that is filled in answers an offer"));
    }
    let fits = |(name, value): (&String, &String)| word(name) && value.chars().count() <= MAX_VALUE_CHARS;
    if fields.len() > MAX_FIELDS || !fields.iter().all(fits) {
        return Err(bad("a form has at most 20 fields of [a-z_] with at most 1,000 characters"));
    }
    Ok(Form { form: form.form, filled: form.filled, offer: form.offer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_form_comes_in() {
        let named = |form: &str, filled, offer| pb::Form { form: form.to_owned(), filled, offer };
        let good = form(named("return", true, 4), r#"{"order":"A-1","words":""}"#).unwrap();
        assert_eq!(good, Form { form: "return".into(), filled: true, offer: 4 });
        assert!(form(named("return", false, 0), "{}").is_ok());
        let (many, long) = (
            (0..21).map(|n| format!(r#""{}":"""#, "a".repeat(n + 1))).collect::<Vec<_>>().join(","),
            "あ".repeat(1_001),
        );
        for (told, text) in [
            (named("return", true, 0), "A-1".to_owned()),
            (named("return", true, 0), r#"{"order":1}"#.to_owned()),
            (named("Return", true, 0), "{}".to_owned()),
            (named("", true, 0), "{}".to_owned()),
            (named("return", false, 3), "{}".to_owned()),
            (named("return", true, 0), format!("{{{many}}}")),
            (named("return", true, 0), format!(r#"{{"words":"{long}"}}"#)),
            (named("return", true, 0), r#"{"Order":"A-1"}"#.to_owned()),
        ] {
            assert_eq!(form(told, &text).unwrap_err().reason, "bad_form", "{text}");
        }
    }
}
