//! What units make of a call's row. The core's own `evolve` carries the events out, with what is personal opened as nothing; the sealed
//! boxes are kept beside.

use std::collections::BTreeSet;

use bytes::Bytes;
use journal::Record;
use prost::Message as _;
use proto::{
    journal::v1::Sealed,
    telephony::v1::{self as pb, call_event::What as PbWhat},
};
use sqlx::{Row as _, postgres::PgRow};

use super::signed;
use crate::{
    book::site_of,
    call::{Call, End, What, evolve},
    convert::{self, BadEvent, Sealer},
    ids::CallId,
};

/// A row of `calls`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Row {
    /// Nothing personal is in it.
    pub call: Call,
    pub end: Option<End>,
    pub dialled_by: String,
    pub people: BTreeSet<String>,
    pub site: String,
    pub number: Option<Vec<u8>>,
    pub name: Option<Vec<u8>>,
    pub answers: Option<Vec<u8>>,
    pub sequence: u64,
}

/// Columns that make a row, as [`Row::read`] wants them.
pub(super) const COLUMNS: &str = "c.call_id::text as id, c.customer_id, c.direction, c.phase, c.end_kind, c.began_at_ms, \
    c.answered_at_ms, c.ended_at_ms, c.dialled, c.trunk, c.queue, c.agent_id, c.dialled_by, c.campaign_id, \
    array_to_string(c.people, e'\\n') as people, c.recording, c.parts, c.moved, c.held, c.message_part, \
    c.message_mailbox, c.message_at_ms, c.message_length_ms, c.heard_at_ms, c.heard_by, c.site, c.legs, c.number_box, \
    c.name_box, c.answers_box, c.sequence";

impl Row {
    /// Applies a unit, once.
    pub(super) fn apply(&mut self, record: &Record) -> Result<(), BadEvent> {
        if record.sequence <= self.sequence {
            return Ok(());
        }
        for bytes in &record.unit.events {
            self.apply_event(bytes.clone())?;
        }
        if let Some(claim) = &record.unit.claim {
            site_of(&claim.owner).clone_into(&mut self.site);
        }
        self.sequence = record.sequence;
        Ok(())
    }

    fn apply_event(&mut self, bytes: Bytes) -> Result<(), BadEvent> {
        let event = pb::CallEvent::decode(bytes)?;
        // A kind that a newer gateway writes.
        let Some(what) = &event.what else { return Ok(()) };
        self.keep(what);
        let event = convert::read(event, &Sealer::new(None, String::new()))?;
        if let What::Ended(why) = event.what {
            self.end = Some(why);
        }
        evolve(&mut self.call, &event);
        Ok(())
    }

    /// What the core's state has not: boxes, who dialled, who took part.
    fn keep(&mut self, what: &PbWhat) {
        let sealed = |sealed: &Option<Sealed>| sealed.as_ref().map(|sealed| sealed.r#box.to_vec());
        match what {
            PbWhat::Began(began) => {
                self.number = sealed(&began.number);
                self.name = sealed(&began.name);
                self.dialled_by.clone_from(&began.agent_id);
            }
            PbWhat::Queued(queued) => self.answers = sealed(&queued.answers),
            PbWhat::LegAdded(pb::LegAdded { person_id, .. }) | PbWhat::LegChanged(pb::LegChanged { person_id, .. })
                if !person_id.is_empty() =>
            {
                self.people.insert(person_id.clone());
            }
            PbWhat::LegAdded(_)
            | PbWhat::LegChanged(_)
            | PbWhat::FlowMoved(_)
            | PbWhat::Assigned(_)
            | PbWhat::Released(_)
            | PbWhat::LegUp(_)
            | PbWhat::LegLost(_)
            | PbWhat::LegDown(_)
            | PbWhat::Consulting(_)
            | PbWhat::Held(_)
            | PbWhat::RecordingChanged(_)
            | PbWhat::Moved(_)
            | PbWhat::Done(_)
            | PbWhat::HandedOut(_)
            | PbWhat::MessageLeft(_)
            | PbWhat::MessageHeard(_)
            | PbWhat::Abandoned(_)
            | PbWhat::Ended(_) => {}
        }
    }

    /// As the contract says it, without what is personal.
    pub(super) fn plain(&self, id: CallId) -> pb::Call {
        convert::call_view(id, &self.call, self.end, &self.site, self.sequence)
    }

    /// The living legs as they are stored.
    pub(super) fn legs(&self) -> Vec<u8> {
        let legs = self.plain(CallId::default()).legs;
        pb::Call { legs, ..pb::Call::default() }.encode_to_vec()
    }

    /// From the [`COLUMNS`].
    pub(super) fn read(found: &PgRow) -> Result<(CallId, Self), sqlx::Error> {
        let id: String = found.try_get("id")?;
        let id = CallId(id.parse().map_err(|error: uuid::Error| sqlx::Error::Decode(error.into()))?);
        let legs: Vec<u8> = found.try_get("legs")?;
        let legs = pb::Call::decode(legs.as_slice()).map_err(|error| sqlx::Error::Decode(error.into()))?.legs;
        let number = |column: &str| found.try_get::<i16, _>(column).map(i32::from);
        let plain = pb::Call {
            direction: number("direction")?,
            phase: number("phase")?,
            recording: number("recording")?,
            end: number("end_kind")?,
            customer_id: found.try_get("customer_id")?,
            dialled: found.try_get("dialled")?,
            trunk: found.try_get("trunk")?,
            queue: found.try_get("queue")?,
            agent_id: found.try_get("agent_id")?,
            campaign_id: found.try_get("campaign_id")?,
            began_at_ms: unsigned(found, "began_at_ms")?,
            answered_at_ms: unsigned(found, "answered_at_ms")?,
            ended_at_ms: unsigned(found, "ended_at_ms")?,
            held: found.try_get("held")?,
            parts: found.try_get::<i32, _>("parts")?.unsigned_abs(),
            moved: found.try_get::<i32, _>("moved")?.unsigned_abs(),
            legs,
            ..pb::Call::default()
        };
        let people: String = found.try_get("people")?;
        let (mut call, end) = convert::restored(&plain);
        restore_message(found, &mut call)?;
        let row = Self {
            call,
            end,
            dialled_by: found.try_get("dialled_by")?,
            people: people.lines().map(str::to_owned).collect(),
            site: found.try_get("site")?,
            number: found.try_get("number_box")?,
            name: found.try_get("name_box")?,
            answers: found.try_get("answers_box")?,
            sequence: unsigned(found, "sequence")?,
        };
        Ok((id, row))
    }
}

fn restore_message(found: &PgRow, call: &mut Call) -> Result<(), sqlx::Error> {
    let part = found.try_get::<i32, _>("message_part")?.unsigned_abs();
    if part != 0 {
        let (mailbox, length_ms) = (found.try_get("message_mailbox")?, unsigned(found, "message_length_ms")?);
        let message = crate::call::Message { mailbox, part, length_ms };
        call.message = Some((message, unsigned(found, "message_at_ms")?));
    }
    let by: String = found.try_get("heard_by")?;
    call.heard = if by.is_empty() { None } else { Some((by, unsigned(found, "heard_at_ms")?)) };
    Ok(())
}

pub(super) fn unsigned(found: &PgRow, column: &str) -> Result<u64, sqlx::Error> {
    found.try_get::<i64, _>(column).map(i64::unsigned_abs)
}

/// The message's columns: part, mailbox, when it was begun, length; when it was heard and by whom.
pub(super) fn message_columns(call: &Call) -> (i32, String, i64, i64, i64, String) {
    let (part, mailbox, at, length) = call.message.as_ref().map_or((0, String::new(), 0, 0), |(message, at)| {
        let part = i32::try_from(message.part).unwrap_or(i32::MAX);
        (part, message.mailbox.clone(), signed(*at), signed(message.length_ms))
    });
    let (heard_by, heard_at) = call.heard.clone().unwrap_or_default();
    (part, mailbox, at, length, signed(heard_at), heard_by)
}
