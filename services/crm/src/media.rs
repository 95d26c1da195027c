//! What each medium brought: touchpoints of a span of days by kind, channel and route, and what was bought after them.
//!
//! Nothing is stored: the same view gives the same answer at every site. One count at a time, each of bounded time.

mod view;

use std::sync::Arc;

use chassis::refusal::{Code, Refusal};
use proto::crm::v1 as pb;
use sqlx::PgPool;
use tokio::sync::Semaphore;

use crate::{
    convert::is_word,
    error::{away, invalid},
};

const DAY: u64 = 86_400_000;
/// Longest span, days.
const MOST_DAYS: u64 = 400;
/// How long after a touchpoint a purchase counts for it, days.
const DEFAULT_WITHIN: u32 = 30;
const MOST_WITHIN: u32 = 366;
/// Rows that are told.
const DEFAULT_ROWS: u32 = 50;
const MOST_ROWS: u32 = 200;
/// What PostgreSQL says of a statement that took too long.
const TOO_LONG: &str = "57014";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    from_ms: u64,
    until_ms: u64,
    within_ms: u64,
    /// Empty: all.
    kind: String,
    /// Empty: all.
    channel: String,
    rows: u32,
}

/// Counts, one at a time.
#[derive(Clone)]
pub(crate) struct Counter {
    pool: PgPool,
    room: Arc<Semaphore>,
}

impl Counter {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, room: Arc::new(Semaphore::new(1)) }
    }

    /// What each medium brought.
    ///
    /// # Errors
    /// `bad_period`, `bad_kind`, `too_many`, `busy`, `too_much`; `unavailable` when the database does not answer.
    pub(crate) async fn count(&self, request: pb::CountMediaRequest) -> Result<pb::CountMediaResponse, Refusal> {
        let asked = asked(request)?;
        let busy = |_| Refusal::new(Code::FailedPrecondition, "busy", "somebody else's report is being counted");
        let _turn = self.room.try_acquire().map_err(busy)?;
        view::count(&self.pool, &asked).await.map_err(|error| fault(&error))
    }
}

fn fault(error: &sqlx::Error) -> Refusal {
    let stopped = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    if stopped.is_some_and(|code| code == TOO_LONG) {
        let message = "counting took longer than 20 seconds: ask for fewer days, or for one kind or channel";
        return Refusal::new(Code::FailedPrecondition, "too_much", message);
    }
    away(error)
}

/// A sound question.
fn asked(request: pb::CountMediaRequest) -> Result<Asked, Refusal> {
    let or = |value: u32, default| if value == 0 { default } else { value };
    let (within, rows) = (or(request.within_days, DEFAULT_WITHIN), or(request.rows, DEFAULT_ROWS));
    let span = request.until_ms.checked_sub(request.from_ms).filter(|span| *span > 0);
    // A span that crosses a change of clocks is an hour longer than its days.
    if span.is_none_or(|span| span > MOST_DAYS * DAY + DAY / 24) {
        return Err(invalid("bad_period", "a report is of 1 to 400 days"));
    }
    if within > MOST_WITHIN {
        return Err(invalid("bad_period", "a purchase counts for 1 to 366 days"));
    }
    if rows > MOST_ROWS {
        return Err(invalid("too_many", "at most 200 rows are told"));
    }
    if !is_word(&request.kind, 0) || !is_word(&request.channel, 0) {
        return Err(invalid("bad_kind", "kinds and channels are at most 32 of [a-z0-9_]"));
    }
    Ok(Asked {
        from_ms: request.from_ms,
        until_ms: request.until_ms,
        within_ms: u64::from(within) * DAY,
        kind: request.kind,
        channel: request.channel,
        rows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_questions_are_counted() {
        let sound = pb::CountMediaRequest { from_ms: 5, until_ms: 5 + 400 * DAY, ..pb::CountMediaRequest::default() };
        let told = asked(sound.clone()).unwrap();
        assert_eq!((told.within_ms, told.rows), (30 * DAY, 50));
        for (request, reason) in [
            (pb::CountMediaRequest { until_ms: 5, ..sound.clone() }, "bad_period"),
            (pb::CountMediaRequest { from_ms: 6, until_ms: 5, ..sound.clone() }, "bad_period"),
            (pb::CountMediaRequest { until_ms: 5 + 401 * DAY, ..sound.clone() }, "bad_period"),
            (pb::CountMediaRequest { within_days: 367, ..sound.clone() }, "bad_period"),
            (pb::CountMediaRequest { rows: 201, ..sound.clone() }, "too_many"),
            (pb::CountMediaRequest { kind: "Call".into(), ..sound.clone() }, "bad_kind"),
            (pb::CountMediaRequest { channel: "a b".into(), ..sound }, "bad_kind"),
        ] {
            assert_eq!(asked(request.clone()).unwrap_err().reason, reason, "{request:?}");
        }
    }
}
