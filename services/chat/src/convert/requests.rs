//! What comes in, checked.

use chassis::refusal::{Code, Refusal};
use proto::chat::v1::{self as pb, command::What};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use super::{canonical, contact, form::form};
use crate::{
    conversation::{Action, Command, MAX_FILE_BYTES, MAX_NAME_CHARS, MAX_TEXT_CHARS, Party, PartyKind, Summary},
    error::invalid,
};

/// Agents that one note calls.
const MAX_MENTIONS: usize = 20;
/// Tags of one wrap-up.
const MAX_TAGS: usize = 20;
const MAX_TAG_CHARS: usize = 40;
const MAX_COMMENT_CHARS: usize = 2_000;
const MAX_FILE_NAME_CHARS: usize = 200;
const MAX_PHONE_CHARS: usize = 40;

/// The conversation and the command, or what is wrong with them.
pub(crate) fn command(request: Option<pb::Command>) -> Result<(Uuid, Command<String>), Refusal> {
    let request = request.ok_or_else(|| invalid("bad_frame", "the command is missing"))?;
    let conversation = id(&request.conversation_id)?;
    let by = party(request.by)?;
    let what = request.what.ok_or_else(|| invalid("bad_frame", "the command says nothing"))?;
    let action = match what {
        What::Open(open) => opening(open)?,
        What::Post(post) => {
            let (message, text) = (id(&post.message_id)?.as_u128(), text(post.text)?);
            Action::Post { message, form: post.form.map(|told| form(told, &text)).transpose()?, text }
        }
        What::MarkDelivered(mark) => Action::MarkDelivered { up_to: mark.up_to },
        What::MarkRead(mark) => Action::MarkRead { up_to: mark.up_to },
        What::Assign(assign) => assignment(conversation, assign)?,
        What::Transfer(transfer) => transferring(transfer)?,
        What::Close(_) => Action::Close,
        What::Reopen(_) => Action::Reopen,
        What::Note(note) => noting(note)?,
        What::Wrap(wrap) => wrapping(wrap)?,
        What::Join(_) => Action::Join,
        What::Leave(_) => Action::Leave,
        What::Take(take) => Action::Take { from: optional(take.from_agent_id, name)? },
        What::Rate(rate) => rating(rate)?,
        What::PostFile(file) => posting_file(file)?,
        What::AskCallback(ask) => Action::AskCallback {
            message: id(&ask.message_id)?.as_u128(),
            phone: phone(&ask.phone)?,
            at: Some(ask.at_ms).filter(|at| *at > 0),
        },
        What::CancelCallback(_) => Action::CancelCallback,
        What::Served(served) => Action::Served { round: served.round },
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
        reason: optional(open.reason, name)?.unwrap_or_default(),
        answers: at_most(open.answers, MAX_TEXT_CHARS, "the answers have more than 4,000 characters")?,
        segment: optional(open.segment, name)?.unwrap_or_default(),
        channel: optional(open.channel, name)?.unwrap_or_default(),
    })
}

/// A number in one spelling of its digits (NFKC: the wide ones of Japanese keyboards too), as it is dialled.
fn phone(text: &str) -> Result<String, Refusal> {
    let text = text.nfkc().map(|c| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | 'ー') { '-' } else { c });
    let text: String = text.collect::<String>().trim().to_owned();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let fits = text.bytes().all(|byte| byte.is_ascii_digit() || b"+()- ".contains(&byte));
    let plus = text.rfind('+').is_none_or(|place| place == 0);
    if fits && plus && (3..=20).contains(&digits) && text.len() <= MAX_PHONE_CHARS {
        Ok(text)
    } else {
        Err(invalid("bad_phone", "a telephone number is 3 to 20 digits, with + ( ) - and spaces at most 40 characters"))
    }
}

fn transferring(transfer: pb::Transfer) -> Result<Action<String>, Refusal> {
    let summary = match at_most(transfer.summary, MAX_TEXT_CHARS, "the summary has more than 4,000 characters")? {
        Some(text) => Some(Summary { message: id(&transfer.summary_id)?.as_u128(), text }),
        None => None,
    };
    let (queue, to_agent) = (optional(transfer.queue, name)?, optional(transfer.to_agent_id, name)?);
    Ok(Action::Transfer { queue, to_agent, summary })
}

fn noting(note: pb::Note) -> Result<Action<String>, Refusal> {
    if note.mentions.len() > MAX_MENTIONS {
        return Err(invalid("bad_frame", "a note calls at most 20 agents"));
    }
    let mentions = note.mentions.into_iter().map(name).collect::<Result<_, _>>()?;
    let (message, text) = (id(&note.message_id)?.as_u128(), text(note.text)?);
    Ok(Action::Note { message, text, mentions, whisper: note.whisper, consult: note.consult })
}

fn wrapping(wrap: pb::Wrap) -> Result<Action<String>, Refusal> {
    let fits = |tag: &String| {
        !tag.trim().is_empty() && tag.chars().count() <= MAX_TAG_CHARS && !tag.chars().any(char::is_control)
    };
    if wrap.tags.len() > MAX_TAGS || !wrap.tags.iter().all(fits) {
        return Err(invalid("bad_frame", "at most 20 tags of 1 to 40 characters"));
    }
    Ok(Action::Wrap {
        message: id(&wrap.message_id)?.as_u128(),
        code: optional(wrap.code, name)?.unwrap_or_default(),
        tags: wrap.tags,
        summary: at_most(wrap.summary, MAX_TEXT_CHARS, "the summary has more than 4,000 characters")?,
        follow_up_at: Some(wrap.follow_up_at_ms).filter(|at| *at > 0),
    })
}

fn rating(rate: pb::Rate) -> Result<Action<String>, Refusal> {
    if !(1..=5).contains(&rate.score) {
        return Err(invalid("bad_frame", "a score is 1 to 5"));
    }
    let comment = at_most(rate.comment, MAX_COMMENT_CHARS, "the comment has more than 2,000 characters")?;
    Ok(Action::Rate { message: id(&rate.message_id)?.as_u128(), score: rate.score, comment })
}

fn posting_file(file: pb::PostFile) -> Result<Action<String>, Refusal> {
    let name = at_most(file.name, MAX_FILE_NAME_CHARS, "the file's name has more than 200 characters")?;
    let type_fits =
        (1..=100).contains(&file.media_type.len()) && file.media_type.bytes().all(|byte| byte.is_ascii_graphic());
    if !type_fits || !(1..=MAX_FILE_BYTES).contains(&file.bytes) {
        return Err(invalid("bad_frame", "a file has a media type and 1 byte to 10 MiB"));
    }
    Ok(Action::PostFile {
        message: id(&file.message_id)?.as_u128(),
        file: id(&file.file_id)?.as_u128(),
        name: name.ok_or_else(|| invalid("text_empty", "the file has no name"))?,
        media_type: file.media_type,
        bytes: file.bytes,
    })
}

/// Unset when there is nothing but spaces.
fn at_most(text: String, chars: usize, message: &'static str) -> Result<Option<String>, Refusal> {
    if text.len() > chars && text.chars().count() > chars {
        return Err(invalid("text_too_long", message));
    }
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
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
        What::Post(pb::Post { message_id: ID.into(), text: text.into(), form: None })
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
        let bad = What::Post(pb::Post { message_id: "7".into(), text: "x".into(), form: None });
        assert_eq!(ask(bad).err(), Some("bad_id"));
        let open = |queue: &str, name: &str, language: &str| {
            ask(What::Open(pb::Open {
                queue: queue.into(),
                customer_name: name.into(),
                language: language.into(),
                ..pb::Open::default()
            }))
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

    #[test]
    fn numbers_are_dialled_as_they_are_written() {
        for (written, dialled) in [
            ("03-1234-5678", "03-1234-5678"),
            (" ０９０－１２３４－５６７８ ", "090-1234-5678"),
            ("090ー1234ー5678", "090-1234-5678"),
            ("+81 (0)3 1234 5678", "+81 (0)3 1234 5678"),
            ("110", "110"),
        ] {
            assert_eq!(phone(written).as_deref(), Ok(dialled));
        }
        for wrong in ["", "12", "call me", "03-1234-5678;ext=1", "0\n3123", "81+312345", "123456789012345678901"] {
            assert_eq!(phone(wrong).unwrap_err().reason, "bad_phone", "{wrong}");
        }
    }
}
