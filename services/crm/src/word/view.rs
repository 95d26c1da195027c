//! A company's words as this site's database has them: all SQL.

use chassis::refusal::Refusal;
use journal::{ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1 as pb;
use sqlx::{PgConnection, PgPool};

use super::Stages;
use crate::{bus::CRM, error::away, view::signed};

/// The words' subject.
pub(super) fn subject() -> String {
    format!("{}.settings.words", CRM.prefix)
}

/// Takes the words of a batch in.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let subject = subject();
    let Some(unit) = units.iter().rev().find(|unit| unit.subject == subject) else { return Ok(()) };
    let Some(bytes) = unit.unit.events.last() else { return Ok(()) };
    let set = pb::WordsSet::decode(bytes.clone());
    let set = set.map_err(|error| ProjectError::Poison(format!("decoding the company's words: {error}")))?;
    let words = pb::CompanyWords { version: unit.sequence, ..set.words.unwrap_or_default() };
    sqlx::query(
        "insert into word_settings (sequence, words) values ($1, $2) on conflict (only_row) do update \
         set sequence = excluded.sequence, words = excluded.words where excluded.sequence > word_settings.sequence",
    )
    .bind(signed(unit.sequence))
    .bind(words.encode_to_vec())
    .execute(tx)
    .await?;
    Ok(())
}

/// The words that hold now; none until somebody sets some.
pub(super) async fn words(pool: &PgPool) -> Result<pb::CompanyWords, sqlx::Error> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("select words from word_settings").fetch_optional(pool).await?;
    bytes.map_or_else(
        || Ok(pb::CompanyWords::default()),
        |bytes| pb::CompanyWords::decode(bytes.as_slice()).map_err(|error| sqlx::Error::Decode(error.into())),
    )
}

/// Where kinds of touchpoints stand now.
///
/// # Errors
/// `unavailable` when the database does not answer.
pub(crate) async fn stages(pool: &PgPool) -> Result<Stages, Refusal> {
    words(pool).await.map(|words| Stages::of(&words)).map_err(|error| away(&error))
}
