//! Protobuf ⇄ core types, and the limits of what may come in.

mod beside;
mod events;
mod form;
mod requests;

pub(crate) use events::{BadEvent, decode, encode, readable, shown_as};
pub(crate) use requests::{command, party, typist};

use uuid::Uuid;

/// The journal subject of a conversation; what its texts are sealed for.
pub(crate) fn subject(conversation: Uuid) -> String {
    format!("chat.{}", conversation.hyphenated())
}

/// The conversation of a subject.
pub(crate) fn conversation_of(subject: &str) -> Option<Uuid> {
    canonical(subject.strip_prefix("chat.")?)
}

/// The routing contact of a conversation's round.
pub(crate) fn contact_id(conversation: Uuid, round: u32) -> String {
    format!("{}.{round}", conversation.hyphenated())
}

/// The conversation and round of a routing contact; `None` when the contact is no conversation.
pub(crate) fn contact(id: &str) -> Option<(Uuid, u32)> {
    let (conversation, round) = id.split_once('.')?;
    Some((canonical(conversation)?, round.parse().ok()?))
}

/// A UUID in the only form that is accepted: hyphenated, lower case. One id, one spelling.
pub(crate) fn canonical(text: &str) -> Option<Uuid> {
    let lower = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    Uuid::try_parse(text).ok().filter(|_| lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_id_has_one_spelling() {
        let text = "0190a2c4-7b1e-7c3d-8a55-0242ac120002";
        assert!(canonical(text).is_some());
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
            String::new(),
        ] {
            assert_eq!(canonical(&other), None, "{other}");
        }
    }

    #[test]
    fn contacts_name_their_conversation() {
        let id = Uuid::from_u128(7);
        assert_eq!(contact(&contact_id(id, 3)), Some((id, 3)));
        assert_eq!(conversation_of(&subject(id)), Some(id));
        for other in
            ["callback-1", "x.1", "00000000-0000-0000-0000-000000000007.", "00000000-0000-0000-0000-000000000007"]
        {
            assert_eq!(contact(other), None, "{other}");
        }
    }
}
