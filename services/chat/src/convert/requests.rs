//! What comes in, checked.

use chassis::refusal::{Code, Refusal};
use proto::chat::v1::{self as pb, command::What};
use uuid::Uuid;

use super::{canonical, contact};
use crate::{
    conversation::{Action, Command, MAX_NAME_CHARS, MAX_TEXT_CHARS, Party, PartyKind},
    error::invalid,
};

/// The conversation and the command, or what is wrong with them.
pub(crate) fn command(request: Option<pb::Command>) -> Result<(Uuid, Command<String>), Refusal> {
    let request = request.ok_or_else(|| invalid("bad_frame", "the command is missing"))?;
    let conversation = id(&request.conversation_id)?;
    let by = party(request.by)?;
    let what = request.what.ok_or_else(|| invalid("bad_frame", "the command says nothing"))?;
    let action = match what {
        What::Open(open) => opening(open)?,
        What::Post(post) => Action::Post { message: id(&post.message_id)?.as_u128(), text: text(post.text)? },
        What::MarkDelivered(mark) => Action::MarkDelivered { up_to: mark.up_to },
        What::MarkRead(mark) => Action::MarkRead { up_to: mark.up_to },
        What::Assign(assign) => assignment(conversation, assign)?,
        What::Transfer(transfer) => {
            Action::Transfer { queue: optional(transfer.queue, name)?, to_agent: optional(transfer.to_agent_id, name)? }
        }
        What::Close(_) => Action::Close,
        What::Reopen(_) => Action::Reopen,
    };
    Ok((conversation, Command { by, action }))
}

/// Who asks, as the door says.
pub(crate) fn party(party: Option<pb::Party>) -> Result<Party, Refusal> {
    let party = party.ok_or_else(|| invalid("bad_frame", "who asks is missing"))?;
    let kind = match party.kind() {
        pb::PartyKind::Customer => PartyKind::Customer,
        pb::PartyKind::Agent => PartyKind::Agent,
        pb::PartyKind::System => PartyKind::System,
        pb::PartyKind::Unspecified => return Err(invalid("bad_frame", "who asks is of no kind")),
    };
    Ok(Party { kind, id: name(party.id)?, supervisor: party.supervisor && kind == PartyKind::Agent })
}

/// Who types, from a live signal; `None` when it is not one.
pub(crate) fn typist(payload: &[u8]) -> Option<Party> {
    let party: pb::Party = prost::Message::decode(payload).ok()?;
    self::party(Some(party)).ok()
}

fn id(text: &str) -> Result<Uuid, Refusal> {
    canonical(text).ok_or_else(|| invalid("bad_id", "an id must be a UUID in lower case with hyphens"))
}

fn opening(open: pb::Open) -> Result<Action<String>, Refusal> {
    let customer_name = open.customer_name.trim();
    if customer_name.chars().count() > MAX_NAME_CHARS {
        return Err(invalid("text_too_long", "the display name has more than 100 characters"));
    }
    let language = if open.language.is_empty() { "ja".to_owned() } else { open.language };
    let fits = language.len() <= 35 && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !fits {
        return Err(invalid("bad_frame", "the language is not a BCP 47 tag"));
    }
    Ok(Action::Open {
        queue: name(open.queue)?,
        name: (!customer_name.is_empty()).then(|| customer_name.to_owned()),
        language,
    })
}

fn text(text: String) -> Result<String, Refusal> {
    if text.trim().is_empty() {
        return Err(invalid("text_empty", "the text is empty"));
    }
    // Bytes bound characters from above: most texts are not counted.
    if text.len() > MAX_TEXT_CHARS && text.chars().count() > MAX_TEXT_CHARS {
        return Err(invalid("text_too_long", "the text has more than 4,000 characters"));
    }
    Ok(text)
}

fn assignment(conversation: Uuid, assign: pb::Assign) -> Result<Action<String>, Refusal> {
    let (of, round) =
        contact(&assign.contact_id).ok_or_else(|| invalid("bad_id", "the contact is no conversation's"))?;
    if of != conversation {
        return Err(Refusal::new(Code::InvalidArgument, "bad_id", "the contact is another conversation's"));
    }
    Ok(Action::Assign { agent: name(assign.agent_id)?, round, routing_sequence: assign.routing_sequence })
}

fn optional(text: String, check: fn(String) -> Result<String, Refusal>) -> Result<Option<String>, Refusal> {
    if text.is_empty() { Ok(None) } else { check(text).map(Some) }
}

/// Ids of people and queues: 1 to 64 of `[A-Za-z0-9_-]`.
fn name(text: String) -> Result<String, Refusal> {
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if fits { Ok(text) } else { Err(invalid("bad_id", "an id must be 1 to 64 of A-Z a-z 0-9 _ -")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190a2c4-7b1e-7c3d-8a55-0242ac120002";

    fn ask(what: What) -> Result<(Uuid, Command<String>), &'static str> {
        let by = pb::Party { kind: pb::PartyKind::Customer.into(), id: "c1".into(), supervisor: true };
        let request = pb::Command { conversation_id: ID.into(), by: Some(by), what: Some(what) };
        command(Some(request)).map_err(|refusal| match refusal.reason {
            std::borrow::Cow::Borrowed(reason) => reason,
            std::borrow::Cow::Owned(_) => "owned",
        })
    }

    fn post(text: &str) -> What {
        What::Post(pb::Post { message_id: ID.into(), text: text.into() })
    }

    #[test]
    fn texts_are_counted_in_characters() {
        assert!(ask(post(&"窓".repeat(4_000))).is_ok());
        assert_eq!(ask(post(&"窓".repeat(4_001))).err(), Some("text_too_long"));
        assert_eq!(ask(post(&"a".repeat(4_001))).err(), Some("text_too_long"));
        assert_eq!(ask(post(" \n\u{3000}")).err(), Some("text_empty"));
    }

    #[test]
    fn customers_are_never_supervisors() {
        let (_, command) = ask(post("hello")).unwrap();
        assert!(!command.by.supervisor);
    }

    #[test]
    fn ids_and_names_are_checked() {
        let bad = What::Post(pb::Post { message_id: "7".into(), text: "x".into() });
        assert_eq!(ask(bad).err(), Some("bad_id"));
        let open = |queue: &str, name: &str, language: &str| {
            ask(What::Open(pb::Open { queue: queue.into(), customer_name: name.into(), language: language.into() }))
        };
        assert!(
            matches!(open("support", "  ", "").unwrap().1.action, Action::Open { name: None, language, .. } if language == "ja")
        );
        assert_eq!(open("a b", "", "").err(), Some("bad_id"));
        assert_eq!(open("support", &"x".repeat(101), "").err(), Some("text_too_long"));
        assert_eq!(open("support", "", "j;a").err(), Some("bad_frame"));
        let assign = |contact: &str| {
            ask(What::Assign(pb::Assign { agent_id: "a".into(), contact_id: contact.into(), routing_sequence: 1 }))
        };
        assert!(assign(&format!("{ID}.2")).is_ok());
        assert_eq!(assign("00000000-0000-0000-0000-000000000007.2").err(), Some("bad_id"));
        assert_eq!(command(None).unwrap_err().reason, "bad_frame");
    }
}
