//! What a reporter says, checked and folded, and as it is stored.

use bytes::Bytes;
use journal::DataKey;
use prost::Message as _;
use proto::{crm::v1 as pb, journal::v1::Sealed};
use uuid::Uuid;

use crate::{
    fold::{self, Folded, is_record_id},
    secret::Hasher,
    word::usual_channel,
};

/// A clock may be a day ahead, no more.
const AHEAD_MS: u64 = 24 * 3_600 * 1_000;
const MOST_FIELDS: usize = 32;

/// A fact that can be stored.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub record: String,
    pub fact: String,
    pub at_ms: u64,
    /// The identity that named the record, and whether it is proven.
    pub owner: Option<(Folded, bool)>,
    what: Option<Open>,
}

/// What is true, in the open.
#[derive(Clone, Debug)]
enum Open {
    Identified(Folded, bool),
    Withdrawn(Folded),
    Profile(Vec<(i32, String)>),
    Touched(pb::Touchpoint),
    Linked(String),
    Undone(String),
    Consent(pb::Consent),
    Kind(i32),
}

/// Whether this may be a source's name. Those of the center itself are derived, not reported.
pub(crate) fn is_reporter(source: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    (1..=64).contains(&source.len()) && source.bytes().all(fits) && source != "center" && !source.starts_with("center.")
}

/// Checks one fact.
///
/// # Errors
/// A word for why it can never be stored.
pub(crate) fn check(fact: pb::Fact, hasher: &Hasher, now_ms: u64) -> Result<Checked, &'static str> {
    let at_ms = if fact.at_ms == 0 { now_ms } else { fact.at_ms };
    if at_ms > now_ms + AHEAD_MS {
        return Err("bad_time");
    }
    let id = if fact.fact_id.is_empty() { Uuid::now_v7().to_string() } else { fact.fact_id };
    if !is_token(&id, 64, b"._:-") {
        return Err("bad_id");
    }
    let (record, owner) = match fact.owner {
        _ if is_record_id(&fact.record_id) => (fact.record_id, None),
        _ if !fact.record_id.is_empty() => return Err("bad_id"),
        Some(owner) => {
            let verified = owner.verified;
            let folded = folded(&owner)?;
            if folded.kind == i32::from(pb::IdentityKind::Center) {
                (folded.value, None)
            } else {
                (hasher.record(folded.kind, &folded.namespace, &folded.value), Some((folded, verified)))
            }
        }
        None => return Err("no_owner"),
    };
    let what = fact.what.map(|what| open(what, &record)).transpose()?;
    if what.is_none() && owner.is_none() {
        return Err("nothing");
    }
    Ok(Checked { record, fact: id, at_ms, owner, what })
}

fn folded(identity: &pb::Identity) -> Result<Folded, &'static str> {
    fold::identity(identity.kind, &identity.namespace, &identity.value).ok_or("bad_identity")
}

fn open(what: pb::fact::What, record: &str) -> Result<Open, &'static str> {
    use pb::fact::What;
    Ok(match what {
        What::Identified(identity) => Open::Identified(own(&identity)?, identity.verified),
        What::IdentityWithdrawn(identity) => Open::Withdrawn(own(&identity)?),
        What::Profile(profile) => Open::Profile(fields(profile)?),
        What::Touchpoint(touchpoint) if is_touchpoint(&touchpoint) => Open::Touched(with_channel(touchpoint)),
        What::Touchpoint(_) => return Err("bad_touchpoint"),
        What::LinkTo(other) if is_record_id(&other) && other != record => Open::Linked(other),
        What::UndoLink(link) if is_token(&link, 64, b"._:-") => Open::Undone(link),
        What::LinkTo(_) | What::UndoLink(_) => return Err("bad_link"),
        What::Consent(consent) if is_consent(&consent) => Open::Consent(consent),
        What::Consent(_) => return Err("bad_consent"),
        What::Kind(kind)
            if matches!(pb::RecordKind::try_from(kind), Ok(pb::RecordKind::Person | pb::RecordKind::Company)) =>
        {
            Open::Kind(kind)
        }
        What::Kind(_) => return Err("bad_kind"),
    })
}

/// A channel's own customer id is a record, not one of its identities.
fn own(identity: &pb::Identity) -> Result<Folded, &'static str> {
    folded(identity).and_then(|folded| {
        if folded.kind == i32::from(pb::IdentityKind::Center) { Err("bad_identity") } else { Ok(folded) }
    })
}

fn fields(profile: pb::ProfileValues) -> Result<Vec<(i32, String)>, &'static str> {
    if profile.fields.is_empty() || profile.fields.len() > MOST_FIELDS {
        return Err("bad_field");
    }
    let mut fields: Vec<(i32, String)> = Vec::with_capacity(profile.fields.len());
    for value in profile.fields {
        let field = pb::ProfileField::try_from(value.field).map_err(|_| "bad_field")?;
        let kept = fold::field(field, &value.value).ok_or("bad_field")?;
        if fields.iter().any(|(known, _)| *known == value.field) {
            return Err("bad_field");
        }
        fields.push((value.field, kept));
    }
    Ok(fields)
}

/// Every touchpoint has a channel: what its reporter left out its kind tells.
fn with_channel(mut touchpoint: pb::Touchpoint) -> pb::Touchpoint {
    if touchpoint.channel.is_empty() {
        usual_channel(&touchpoint.kind).clone_into(&mut touchpoint.channel);
    }
    touchpoint
}

fn is_touchpoint(touchpoint: &pb::Touchpoint) -> bool {
    let short = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
    is_word(&touchpoint.kind, 1)
        && is_word(&touchpoint.channel, 0)
        && short(&touchpoint.route, 128)
        && (touchpoint.reason.is_empty() || is_token(&touchpoint.reason, 64, b"_.-"))
        && (-2..=2).contains(&touchpoint.mood)
        && touchpoint.text.chars().count() <= 2_000
        && !touchpoint.text.contains('\0')
        && short(&touchpoint.reference, 64)
        && pb::Stage::try_from(touchpoint.stage).is_ok()
}

fn is_consent(consent: &pb::Consent) -> bool {
    is_word(&consent.purpose, 1) && is_word(&consent.channel, 0)
}

/// Up to 32 of `[a-z0-9_]`.
pub(crate) fn is_word(text: &str, least: usize) -> bool {
    (least..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn is_token(text: &str, most: usize, signs: &[u8]) -> bool {
    (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || signs.contains(&b))
}

impl Checked {
    /// Whether it takes a link back: that holds whatever became of the record on which it is said.
    pub(crate) fn undoes(&self) -> bool {
        matches!(self.what, Some(Open::Undone(_)))
    }

    /// Whether anything of it is sealed.
    pub(crate) fn is_personal(&self) -> bool {
        self.owner.is_some()
            || match &self.what {
                Some(Open::Identified(..) | Open::Withdrawn(_)) => true,
                Some(Open::Profile(fields)) => fields.iter().any(|(_, value)| !value.is_empty()),
                Some(Open::Touched(touchpoint)) => !touchpoint.text.is_empty(),
                Some(Open::Linked(_) | Open::Undone(_) | Open::Consent(_) | Open::Kind(_)) | None => false,
            }
    }
}

/// Writes the events of one record.
pub(crate) struct Events<'a> {
    /// Where they are written.
    pub subject: &'a str,
    /// Who reports.
    pub source: &'a str,
    /// For whom.
    pub by: &'a str,
    /// The record's key; none is needed when nothing is personal.
    pub key: Option<&'a DataKey>,
}

impl Events<'_> {
    /// One fact.
    pub(crate) fn of(&self, checked: Checked) -> Option<Bytes> {
        let what = self.what(&checked.fact, checked.what?)?;
        Some(self.event(checked.fact, checked.at_ms, what))
    }

    /// That the record is known by the identity that named it.
    pub(crate) fn owner(&self, owner: &Folded, verified: bool, at_ms: u64, hasher: &Hasher) -> Option<Bytes> {
        let id = format!("own.{}", hasher.identity(owner.kind, &owner.namespace, &owner.value));
        let what = self.identified(owner, verified)?;
        Some(self.event(id, at_ms, what))
    }

    fn event(&self, fact_id: String, at_ms: u64, what: pb::crm_event::What) -> Bytes {
        let event =
            pb::CrmEvent { fact_id, source: self.source.to_owned(), at_ms, by: self.by.to_owned(), what: Some(what) };
        event.encode_to_vec().into()
    }

    fn seal(&self, plain: &[u8]) -> Option<Sealed> {
        Some(self.key?.seal(self.subject, plain))
    }

    fn identified(&self, folded: &Folded, verified: bool) -> Option<pb::crm_event::What> {
        let identity = self.seal(&identity(folded, verified).encode_to_vec())?;
        Some(pb::crm_event::What::Identified(pb::Identified { identity: Some(identity), kind: folded.kind, verified }))
    }

    fn what(&self, fact: &str, open: Open) -> Option<pb::crm_event::What> {
        use pb::crm_event::What;
        Some(match open {
            Open::Identified(folded, verified) => self.identified(&folded, verified)?,
            Open::Withdrawn(folded) => {
                let identity = self.seal(&identity(&folded, false).encode_to_vec())?;
                What::IdentityWithdrawn(pb::IdentityWithdrawn { identity: Some(identity) })
            }
            Open::Profile(values) => {
                let seal = |(field, value): (i32, String)| {
                    let value = if value.is_empty() { None } else { Some(self.seal(value.as_bytes())?) };
                    Some(pb::SealedField { field, value })
                };
                What::ProfileSet(pb::ProfileSet { fields: values.into_iter().map(seal).collect::<Option<_>>()? })
            }
            Open::Touched(mut touchpoint) => {
                let text = std::mem::take(&mut touchpoint.text);
                let text = if text.is_empty() { None } else { Some(self.seal(text.as_bytes())?) };
                What::Touched(pb::Touched { touchpoint: Some(touchpoint), text })
            }
            Open::Linked(other_record_id) => What::Linked(pb::Linked { link_id: fact.to_owned(), other_record_id }),
            Open::Undone(link_id) => What::LinkUndone(pb::LinkUndone { link_id }),
            Open::Consent(consent) => What::ConsentSet(pb::ConsentSet { consent: Some(consent) }),
            Open::Kind(kind) => What::KindSet(pb::KindSet { kind }),
        })
    }
}

fn identity(folded: &Folded, verified: bool) -> pb::Identity {
    pb::Identity { kind: folded.kind, namespace: folded.namespace.clone(), value: folded.value.clone(), verified }
}
