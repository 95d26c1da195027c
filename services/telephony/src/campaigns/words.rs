//! Events of the core as the journal keeps them.

use proto::telephony::v1::{self as pb, AttemptOutcome, campaign_event::What};

use crate::campaign::{Event, Outcome, Returned};

use super::store::Sealed;

/// An event as the journal keeps it. `sealed` holds what an added entry brings along.
pub(super) fn encode(event: &Event, by: &str, sealed: Option<&Sealed>) -> pb::CampaignEvent {
    let what = match event {
        Event::Defined { plan } => {
            What::Defined(pb::CampaignDefined { plan_json: serde_json::to_string(plan).unwrap_or_default() })
        }
        Event::Added { entry, .. } => What::Added(pb::EntryAdded {
            entry_id: entry.clone(),
            number: sealed.and_then(|it| it.number.clone()),
            name: sealed.and_then(|it| it.name.clone()),
        }),
        Event::Started => What::Started(pb::CampaignStarted {}),
        Event::Paused => What::Paused(pb::CampaignPaused {}),
        Event::Finished => What::Finished(pb::CampaignFinished {}),
        Event::DoNotCall { number } => What::DoNotCall(pb::DoNotCall { entry_id: number.clone() }),
        Event::MayCall { number } => What::MayCall(pb::MayCall { entry_id: number.clone() }),
        Event::Previewed { entry, agent, until } => What::Previewed(pb::EntryPreviewed {
            entry_id: entry.clone(),
            conversation_id: agent.clone(),
            until_ms: *until,
        }),
        Event::Returned { entry, why, again_at } => What::Returned(pb::EntryReturned {
            entry_id: entry.clone(),
            lapsed: *why == Returned::Lapsed,
            again_at_ms: *again_at,
        }),
        Event::Dialled { entry, attempt, by, agent, at, until } => What::Dialled(pb::EntryDialled {
            entry_id: entry.clone(),
            attempt: *attempt,
            call_id: by.clone(),
            conversation_id: agent.clone().unwrap_or_default(),
            at_ms: *at,
            until_ms: *until,
        }),
        Event::Ended { entry, attempt, outcome: what, at, again_at } => What::AttemptEnded(pb::AttemptEnded {
            entry_id: entry.clone(),
            attempt: *attempt,
            outcome: outcome(*what).into(),
            at_ms: *at,
            again_at_ms: *again_at,
        }),
    };
    pb::CampaignEvent { by: by.to_owned(), what: Some(what) }
}

/// The core's event; none when it makes no sense. What is sealed is not part of it: the person's key stands for the number.
pub(super) fn decode(event: &pb::CampaignEvent) -> Option<Event> {
    Some(match event.what.as_ref()? {
        What::Defined(defined) => Event::Defined { plan: Box::new(serde_json::from_str(&defined.plan_json).ok()?) },
        What::Added(added) => Event::Added { entry: added.entry_id.clone(), number: added.entry_id.clone() },
        What::Started(_) => Event::Started,
        What::Paused(_) => Event::Paused,
        What::Finished(_) => Event::Finished,
        What::DoNotCall(never) => Event::DoNotCall { number: never.entry_id.clone() },
        What::MayCall(may) => Event::MayCall { number: may.entry_id.clone() },
        What::Previewed(previewed) => Event::Previewed {
            entry: previewed.entry_id.clone(),
            agent: previewed.conversation_id.clone(),
            until: previewed.until_ms,
        },
        What::Returned(returned) => Event::Returned {
            entry: returned.entry_id.clone(),
            why: if returned.lapsed { Returned::Lapsed } else { Returned::Skipped },
            again_at: returned.again_at_ms,
        },
        What::Dialled(dialled) => Event::Dialled {
            entry: dialled.entry_id.clone(),
            attempt: dialled.attempt,
            by: dialled.call_id.clone(),
            agent: Some(dialled.conversation_id.clone()).filter(|it| !it.is_empty()),
            at: dialled.at_ms,
            until: dialled.until_ms,
        },
        What::AttemptEnded(ended) => Event::Ended {
            entry: ended.entry_id.clone(),
            attempt: ended.attempt,
            outcome: to_outcome(ended.outcome())?,
            at: ended.at_ms,
            again_at: ended.again_at_ms,
        },
    })
}

/// Outcomes in both languages, in the order of the contract.
const OUTCOMES: [(Outcome, AttemptOutcome); 9] = [
    (Outcome::Answered, AttemptOutcome::Answered),
    (Outcome::Abandoned, AttemptOutcome::Abandoned),
    (Outcome::Busy, AttemptOutcome::Busy),
    (Outcome::NoAnswer, AttemptOutcome::NoAnswer),
    (Outcome::Machine, AttemptOutcome::Machine),
    (Outcome::AskedNotToCall, AttemptOutcome::AskedNotToCall),
    (Outcome::NoSuchNumber, AttemptOutcome::NoSuchNumber),
    (Outcome::Failed, AttemptOutcome::Failed),
    (Outcome::Lost, AttemptOutcome::Lost),
];

pub(super) fn outcome(outcome: Outcome) -> AttemptOutcome {
    let found = OUTCOMES.into_iter().find(|(core, _)| *core == outcome);
    found.map_or(AttemptOutcome::Unspecified, |(_, word)| word)
}

fn to_outcome(outcome: AttemptOutcome) -> Option<Outcome> {
    OUTCOMES.into_iter().find(|(_, word)| *word == outcome).map(|(core, _)| core)
}
