//! A campaign as supervisors see it.

use std::collections::BTreeMap;

use proto::telephony::v1 as pb;

use super::{store::Stored, words};
use crate::campaign::{Entry, Never, Phase, Stage, next_deadline, next_dial_at};

/// The campaign in figures.
pub(super) fn campaign(id: &str, stored: &Stored, never: &Never, now: u64) -> pb::Campaign {
    let campaign = &stored.campaign;
    let (picked_up, found_nobody, within_cap) = campaign.picked_up(now);
    let mut view = pb::Campaign {
        campaign_id: id.to_owned(),
        plan_json: campaign.plan().and_then(|plan| serde_json::to_string(plan).ok()).unwrap_or_default(),
        phase: phase(campaign.phase()).into(),
        do_not_call: campaign.not_to_call() as u32,
        site: stored.claim.as_ref().and_then(|claim| claim.owner.split('.').next()).unwrap_or_default().to_owned(),
        changed_by: stored.changed_by.clone(),
        next_at_ms: next_deadline(campaign).into_iter().chain(next_dial_at(campaign, never, now)).min().unwrap_or(0),
        picked_up: picked_up as u32,
        found_nobody: found_nobody as u32,
        capped: !within_cap,
        ..pb::Campaign::default()
    };
    let mut outcomes: BTreeMap<i32, u32> = BTreeMap::new();
    for (_, entry) in campaign.entries() {
        view.entries += 1;
        view.attempts += entry.attempts;
        match &entry.stage {
            Stage::Due(_) => view.due += 1,
            Stage::Previewed { .. } => view.previewed += 1,
            Stage::Dialled { .. } => view.dialled += 1,
            Stage::Done => view.done += 1,
        }
        if let Some(last) = entry.last {
            *outcomes.entry(words::outcome(last).into()).or_default() += 1;
        }
    }
    view.outcomes = outcomes.into_iter().map(|(outcome, entries)| pb::OutcomeCount { outcome, entries }).collect();
    view
}

/// An entry without what is sealed.
pub(super) fn entry(id: &str, entry: &Entry, do_not_call: bool) -> pb::CampaignEntry {
    let (stage, again_at_ms) = match &entry.stage {
        Stage::Due(at) => (pb::EntryStage::Due, *at),
        Stage::Previewed { .. } => (pb::EntryStage::Previewed, 0),
        Stage::Dialled { .. } => (pb::EntryStage::Dialled, 0),
        Stage::Done => (pb::EntryStage::Done, 0),
    };
    pb::CampaignEntry {
        entry_id: id.to_owned(),
        stage: stage.into(),
        attempts: entry.attempts,
        last: entry.last.map_or(pb::AttemptOutcome::Unspecified, words::outcome).into(),
        again_at_ms,
        do_not_call,
        ..pb::CampaignEntry::default()
    }
}

fn phase(phase: Phase) -> pb::CampaignPhase {
    match phase {
        Phase::Paused => pb::CampaignPhase::Paused,
        Phase::Running => pb::CampaignPhase::Running,
        Phase::Finished => pb::CampaignPhase::Finished,
    }
}
