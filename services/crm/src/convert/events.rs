//! What is stored, as the core's facts: sealed identities and fields are opened once, hashed, and kept as the boxes that they are.

use bytes::Bytes;
use journal::DataKey;
use prost::Message as _;
use proto::{
    crm::v1::{self as pb, crm_event::What as Stored},
    journal::v1::Sealed,
};
use spelling::{kana, names, places};

use crate::{
    fold,
    record::{Boxed, Fact, Hash, Touch, What},
    secret::Hasher,
};

/// The field of the name that a customer typed into a channel's form: shown while nobody reported one.
pub(crate) const GIVEN_NAME: i16 = 1_000;

/// Whether the record's key is needed to make facts of any of these events.
///
/// # Errors
/// When one is no event.
pub(crate) fn records_to_open(events: &[Bytes]) -> Result<bool, String> {
    for bytes in events {
        let event = decode(bytes)?;
        let opens = matches!(event.what, Some(Stored::Identified(_) | Stored::IdentityWithdrawn(_)))
            || matches!(&event.what, Some(Stored::ProfileSet(set)) if set.fields.iter().any(|field| field.value.is_some()));
        if opens {
            return Ok(true);
        }
    }
    Ok(false)
}

fn decode(bytes: &Bytes) -> Result<pb::CrmEvent, String> {
    pb::CrmEvent::decode(bytes.clone()).map_err(|error| format!("decoding a fact: {error}"))
}

/// The facts of one event. Without the key only a link that was undone is left: that must outlive the record.
///
/// # Errors
/// When it is no event, or its boxes do not open with its record's key.
pub(crate) fn facts(bytes: &Bytes, subject: &str, key: Option<&DataKey>, hasher: &Hasher) -> Result<Vec<Fact>, String> {
    let event = decode(bytes)?;
    let (name, at_ms, by) = (format!("{}/{}", event.fact_id, event.source), event.at_ms, event.by);
    let Some(what) = event.what else { return Ok(Vec::new()) };
    let reader = Reader { subject, key, hasher };
    let whats = reader.whats(what)?;
    Ok(whats.into_iter().map(|what| Fact { key: name.clone(), at_ms, by: by.clone(), what }).collect())
}

struct Reader<'a> {
    subject: &'a str,
    key: Option<&'a DataKey>,
    hasher: &'a Hasher,
}

impl Reader<'_> {
    fn whats(&self, what: Stored) -> Result<Vec<What>, String> {
        Ok(match what {
            Stored::Identified(said) => self.identified(said)?.into_iter().collect(),
            Stored::IdentityWithdrawn(said) => {
                let found = said.identity.as_ref().map(|sealed| self.identity(sealed)).transpose()?.flatten();
                found.map(|(_, identity)| What::Withdrawn { identity }).into_iter().collect()
            }
            Stored::ProfileSet(set) => {
                let mut fields = Vec::with_capacity(set.fields.len());
                for field in set.fields {
                    fields.extend(self.field(field)?);
                }
                fields
            }
            Stored::Touched(touched) => {
                touched.touchpoint.map(|point| self.touch(point, touched.text)).into_iter().collect()
            }
            Stored::Linked(said) => vec![What::Linked { link: said.link_id, other: said.other_record_id }],
            Stored::LinkUndone(said) => vec![What::LinkUndone { link: said.link_id }],
            Stored::ConsentSet(said) => {
                let set = |it: pb::Consent| What::ConsentSet {
                    purpose: it.purpose,
                    channel: it.channel,
                    granted: it.granted,
                };
                said.consent.map(set).into_iter().collect()
            }
            Stored::KindSet(said) => vec![What::KindSet(small(said.kind))],
        })
    }

    fn open(&self, sealed: &Sealed) -> Result<Option<Vec<u8>>, String> {
        let Some(key) = self.key else { return Ok(None) };
        key.open(self.subject, sealed).map(Some).map_err(|error| error.to_string())
    }

    fn boxed(&self, sealed: Sealed) -> Boxed {
        Boxed { place: self.subject.to_owned(), bytes: sealed.r#box }
    }

    fn identity(&self, sealed: &Sealed) -> Result<Option<(pb::Identity, Hash)>, String> {
        let Some(plain) = self.open(sealed)? else { return Ok(None) };
        let identity =
            pb::Identity::decode(plain.as_slice()).map_err(|error| format!("decoding an identity: {error}"))?;
        let hash = self.hasher.identity(identity.kind, &identity.namespace, &identity.value);
        Ok(Some((identity, hash)))
    }

    fn identified(&self, said: pb::Identified) -> Result<Option<What>, String> {
        let Some(sealed) = said.identity else { return Ok(None) };
        let Some((identity, hash)) = self.identity(&sealed)? else { return Ok(None) };
        let pieces = identity_pieces(self.hasher, identity.kind, &identity.value);
        let sealed = self.boxed(sealed);
        Ok(Some(What::Identified { identity: hash, kind: small(said.kind), verified: said.verified, sealed, pieces }))
    }

    fn field(&self, said: pb::SealedField) -> Result<Option<What>, String> {
        let field = small(said.field);
        let Some(sealed) = said.value else {
            return Ok(Some(What::FieldSet { field, value: None, pieces: Vec::new() }));
        };
        let Some(plain) = self.open(&sealed)? else { return Ok(None) };
        let plain = String::from_utf8(plain).map_err(|error| format!("reading a field: {error}"))?;
        // A field that a newer version wrote is kept, and found once this one knows it and the view was made anew.
        let pieces =
            pb::ProfileField::try_from(said.field).map_or(Vec::new(), |known| field_pieces(self.hasher, known, &plain));
        Ok(Some(What::FieldSet { field, value: Some(self.boxed(sealed)), pieces }))
    }

    fn touch(&self, point: pb::Touchpoint, text: Option<Sealed>) -> What {
        What::Touched(Touch {
            kind: point.kind,
            channel: point.channel,
            route: point.route,
            reason: point.reason,
            mood: small(point.mood),
            reference: point.reference,
            stage: small(point.stage),
            amount: point.amount,
            text: text.map(|sealed| self.boxed(sealed)),
        })
    }
}

fn small(value: i32) -> i16 {
    i16::try_from(value).unwrap_or(0)
}

/// What an identity is found by.
pub(crate) fn identity_pieces(hasher: &Hasher, kind: i32, value: &str) -> Vec<i32> {
    fold::pieces(hasher, &fold::identity_forms(kind, value))
}

/// What a field is found by: its parts, and for suggestions the whole. Contacts are found by their company: a record's id is no secret to guess, so
/// its keyed hash is kept whole.
pub(crate) fn field_pieces(hasher: &Hasher, field: pb::ProfileField, value: &str) -> Vec<i32> {
    if field == pb::ProfileField::CompanyId {
        let hash = hasher.identity(pb::IdentityKind::Center.into(), "", value);
        let (parts, _) = hash.0.as_chunks::<4>();
        return parts.iter().map(|part| i32::from_le_bytes(*part)).collect();
    }
    let mut pieces = fold::pieces(hasher, &fold::forms(field, value));
    pieces.extend(wholes(field, value).iter().map(|(sort, whole)| fold::whole(hasher, sort, whole)));
    pieces
}

/// The whole values that make two customers alike.
fn wholes(field: pb::ProfileField, value: &str) -> Vec<(&'static str, String)> {
    let name = || ("name", names::name(value).replace(' ', ""));
    let reading = || kana::reading(value).map(|reading| ("kana", reading));
    match field {
        pb::ProfileField::Name => [Some(name()), reading()].into_iter().flatten().collect(),
        pb::ProfileField::Kana => reading().into_iter().collect(),
        pb::ProfileField::Address => vec![("address", places::address(value))],
        pb::ProfileField::Birthday
        | pb::ProfileField::Unspecified
        | pb::ProfileField::Postcode
        | pb::ProfileField::Language
        | pb::ProfileField::Note
        | pb::ProfileField::CompanyId
        | pb::ProfileField::Department
        | pb::ProfileField::Post
        | pb::ProfileField::Stage
        | pb::ProfileField::Tier
        | pb::ProfileField::Gender => Vec::new(),
    }
}
