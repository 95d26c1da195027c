//! The floor with its journal position.

use journal::Journal;
use prost::Message as _;
use proto::journal::v1::Claim;
use sqlx::{PgPool, Row as _};

use super::Database;
use crate::{
    Config, STREAM,
    floor::{Floor, Rules, Snapshot},
};

/// What a start goes on from.
pub(crate) struct Kept {
    pub(crate) floor: Floor,
    /// Stream sequence up to which it holds everything.
    pub(crate) position: u64,
    /// The claim that stood then.
    pub(crate) claim: Option<Claim>,
    /// Last sequence of the floor's own subject then.
    pub(crate) last: u64,
}

impl Kept {
    fn nothing(rules: Rules) -> Kept {
        Kept { floor: Floor::new(rules), position: 0, claim: None, last: 0 }
    }
}

/// What was stored last; a floor at the journal's beginning when there is nothing usable.
pub(crate) async fn load(database: &Database, journal: &Journal, config: &Config) -> Kept {
    let nothing = || Kept::nothing(config.rules());
    let Some(pool) = &database.pool else {
        return nothing();
    };
    let kept = match read(pool, config).await {
        Ok(Some(kept)) => kept,
        Ok(None) => return nothing(),
        Err(error) => {
            tracing::warn!(error = super::error_chain(error.as_ref()), "replaying the floor from its beginning");
            return nothing();
        }
    };
    // A journal that was made anew is shorter than a snapshot of the old one.
    match journal.last_sequence(&STREAM).await {
        Ok(last) if last < kept.position => {
            tracing::warn!(last, position = kept.position, "the snapshot is of another journal");
            nothing()
        }
        Ok(_) => kept,
        Err(error) => {
            tracing::warn!(%error, "the snapshot cannot be compared with the journal");
            nothing()
        }
    }
}

async fn read(pool: &PgPool, config: &Config) -> Result<Option<Kept>, Box<dyn std::error::Error + Send + Sync>> {
    let query = "select position, subject_last, owner, epoch, body from floor_snapshot where floor = $1";
    let Some(row) = sqlx::query(query).bind(&config.floor).fetch_optional(pool).await? else {
        return Ok(None);
    };
    let owner: Option<String> = row.try_get("owner")?;
    let epoch: i64 = row.try_get("epoch")?;
    let position: i64 = row.try_get("position")?;
    let last: i64 = row.try_get("subject_last")?;
    let body: Vec<u8> = row.try_get("body")?;
    Ok(Some(Kept {
        floor: Snapshot::decode_floor(&body, config.rules())?,
        position: position as u64,
        claim: owner.map(|owner| Claim { owner, epoch: epoch as u64 }),
        last: last as u64,
    }))
}

/// Stores a snapshot in the place of the one before.
pub(super) async fn store(pool: &PgPool, floor: &str, kept: Kept) -> Result<(), sqlx::Error> {
    let epoch = kept.claim.as_ref().map_or(0, |claim| claim.epoch);
    let owner = kept.claim.as_ref().map(|claim| claim.owner.as_str());
    let body = Snapshot::of(&kept.floor).encode_to_vec();
    let query = "insert into floor_snapshot (floor, position, subject_last, owner, epoch, body) \
         values ($1, $2, $3, $4, $5, $6) on conflict (floor) do update set position = excluded.position, \
         subject_last = excluded.subject_last, owner = excluded.owner, epoch = excluded.epoch, body = excluded.body";
    sqlx::query(query)
        .bind(floor)
        .bind(kept.position as i64)
        .bind(kept.last as i64)
        .bind(owner)
        .bind(epoch as i64)
        .bind(body)
        .execute(pool)
        .await?;
    Ok(())
}
