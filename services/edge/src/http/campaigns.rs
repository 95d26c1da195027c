//! Outbound campaigns: lists of people to call, how they stand, who is not to be called. Supervisors' business.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State},
};
use chassis::refusal::{Code, Refusal};
use proto::telephony::v1::{self as pb, AttemptOutcome, CampaignDeed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    audited::audited,
    calls::{person, telephony},
    error::ApiError,
    extract::{Body, Client, Supervisor},
    words::word,
};
use crate::door::App;

/// A campaign.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Campaign")]
pub(crate) struct Campaign {
    /// Its id.
    id: String,
    /// The rules; docs/telephony-ivr.md has their form.
    plan: Value,
    /// `paused`, `running` or `finished`.
    phase: String,
    /// Entries in all.
    entries: u32,
    /// Not called yet, or again later.
    due: u32,
    /// Offered to agents.
    previewed: u32,
    /// Being called.
    dialled: u32,
    /// Called no more.
    done: u32,
    /// Entries by the outcome of their last attempt: `answered`, `busy`, `no_answer`, `asked_not_to_call`, …
    outcomes: BTreeMap<String, u32>,
    /// People who are not to be called.
    do_not_call: u32,
    /// The site that drives it; empty: nobody yet.
    site: String,
    /// Account of who changed it last.
    changed_by: String,
    /// When something is due next, ms since the Unix epoch; 0: never, as things stand.
    next_at: u64,
    /// Attempts so far, of all entries together.
    attempts: u32,
    /// Who picked up within the window of the plan's abandon cap.
    picked_up: u32,
    /// Who of them found nobody.
    found_nobody: u32,
    /// More found nobody than the cap allows: nothing is dialled for now.
    capped: bool,
}

/// Campaigns.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Campaigns")]
pub(crate) struct List {
    /// By id.
    campaigns: Vec<Campaign>,
}

/// Somebody who is called.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignEntry")]
pub(crate) struct Entry {
    /// The person's key.
    id: String,
    /// In E.164; empty after erasure.
    number: String,
    /// May be empty.
    name: String,
    /// `due`, `previewed`, `dialled` or `done`.
    stage: String,
    /// So far.
    attempts: u32,
    /// The last outcome; empty: none yet.
    last: String,
    /// Called again, not before, ms since the Unix epoch; 0: no time is set.
    again_at: u64,
    /// Not to be called.
    do_not_call: bool,
}

/// A campaign with a page of its entries.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "CampaignPage")]
pub(crate) struct Page {
    /// How it stands.
    campaign: Campaign,
    /// By id.
    entries: Vec<Entry>,
}

fn outcome(outcome: AttemptOutcome) -> String {
    word(outcome.as_str_name(), "ATTEMPT_OUTCOME_")
}

fn campaign(it: pb::Campaign) -> Campaign {
    Campaign {
        phase: word(it.phase().as_str_name(), "CAMPAIGN_PHASE_"),
        outcomes: it.outcomes.iter().map(|count| (outcome(count.outcome()), count.entries)).collect(),
        id: it.campaign_id,
        plan: serde_json::from_str(&it.plan_json).unwrap_or_default(),
        entries: it.entries,
        due: it.due,
        previewed: it.previewed,
        dialled: it.dialled,
        done: it.done,
        do_not_call: it.do_not_call,
        site: it.site,
        changed_by: it.changed_by,
        next_at: it.next_at_ms,
        attempts: it.attempts,
        picked_up: it.picked_up,
        found_nobody: it.found_nobody,
        capped: it.capped,
    }
}

fn entry(it: pb::CampaignEntry) -> Entry {
    Entry {
        stage: word(it.stage().as_str_name(), "ENTRY_STAGE_"),
        last: outcome(it.last()),
        id: it.entry_id,
        number: it.number,
        name: it.name,
        attempts: it.attempts,
        again_at: it.again_at_ms,
        do_not_call: it.do_not_call,
    }
}

/// Of an answer's campaign, which is always set.
fn answered(campaign: Option<pb::Campaign>) -> Result<Json<Campaign>, ApiError> {
    let none = || Refusal::new(Code::NotFound, "no_such_campaign", "there is no such campaign");
    Ok(Json(self::campaign(campaign.ok_or_else(none)?)))
}

/// All campaigns.
pub(super) async fn list(State(app): State<Arc<App>>, Supervisor(by): Supervisor) -> Result<Json<List>, ApiError> {
    let request = pb::ListCampaignsRequest { by: person(&by) };
    let campaigns = telephony(&app)?.list_campaigns(request).await?.into_inner().campaigns;
    Ok(Json(List { campaigns: campaigns.into_iter().map(campaign).collect() }))
}

/// Body of `POST /api/v1/campaigns`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCampaign")]
pub(crate) struct New {
    /// 1 to 40 of a-z 0-9 - _.
    id: String,
    /// The rules.
    plan: Value,
}

/// Makes a campaign; it stands still until it is started.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Body(New { id, plan }): Body<New>,
) -> Result<Json<Campaign>, ApiError> {
    let request = pb::CreateCampaignRequest { campaign_id: id.clone(), plan_json: plan.to_string(), by: person(&by) };
    let done = telephony(&app)?.create_campaign(request).await;
    answered(audited(done, (&app, &by, &client), ("campaign_created", &id))?.campaign)
}

/// Query of `GET /api/v1/campaigns/{id}`.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    limit: u32,
}

/// One campaign, with entries when a limit is given. That somebody looked at people's numbers is in the audit.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Query(Asked { after, limit }): Query<Asked>,
) -> Result<Json<Page>, ApiError> {
    let request = pb::GetCampaignRequest { campaign_id: id.clone(), by: person(&by), after, limit };
    let found = telephony(&app)?.get_campaign(request).await;
    let found = if limit > 0 {
        audited(found, (&app, &by, &client), ("campaign_entries_read", &id))?
    } else {
        found?.into_inner()
    };
    let Json(campaign) = answered(found.campaign)?;
    Ok(Json(Page { campaign, entries: found.entries.into_iter().map(entry).collect() }))
}

/// Body of `POST /api/v1/campaigns/{id}/do`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CampaignDeed")]
pub(crate) struct DeedBody {
    /// `start`, `pause`, `stop` (for good) or `define`.
    #[serde(rename = "do")]
    deed: String,
    /// For `define`: the rules from now on.
    #[serde(default)]
    plan: Option<Value>,
}

/// Starts, pauses or ends a campaign, or changes its rules.
pub(super) async fn act(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(DeedBody { deed, plan }): Body<DeedBody>,
) -> Result<Json<Campaign>, ApiError> {
    let (asked, action) = match deed.as_str() {
        "start" => (CampaignDeed::Start, "campaign_started"),
        "pause" => (CampaignDeed::Pause, "campaign_paused"),
        "stop" => (CampaignDeed::Stop, "campaign_stopped"),
        "define" => (CampaignDeed::Define, "campaign_defined"),
        _ => {
            let message = "a campaign is started, paused, stopped or defined";
            return Err(Refusal::new(Code::InvalidArgument, "bad_deed", message).into());
        }
    };
    let request = pb::ChangeCampaignRequest {
        campaign_id: id.clone(),
        deed: asked.into(),
        plan_json: plan.map(|plan| plan.to_string()).unwrap_or_default(),
        by: person(&by),
    };
    let done = telephony(&app)?.change_campaign(request).await;
    answered(audited(done, (&app, &by, &client), (action, &id))?.campaign)
}

/// Somebody to be called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCampaignEntry")]
pub(crate) struct NewEntry {
    /// In any usual spelling.
    number: String,
    /// At most 100 characters.
    #[serde(default)]
    name: String,
}

/// Body of `POST /api/v1/campaigns/{id}/entries`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewCampaignEntries")]
pub(crate) struct NewEntries {
    /// At most 500, in the order in which they are called.
    entries: Vec<NewEntry>,
}

/// What became of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AddedCampaignEntries")]
pub(crate) struct Added {
    /// Added now.
    added: u32,
    /// In the campaign already.
    known: u32,
    /// Positions, from 0, of those that are no numbers or may not be dialled from here.
    refused: Vec<u32>,
}

/// Adds people to be called.
pub(super) async fn add(
    State(app): State<Arc<App>>,
    Supervisor(by): Supervisor,
    client: Client,
    Path(id): Path<String>,
    Body(NewEntries { entries }): Body<NewEntries>,
) -> Result<Json<Added>, ApiError> {
    let entries = entries.into_iter().map(|it| pb::NewCampaignEntry { number: it.number, name: it.name }).collect();
    let request = pb::AddEntriesRequest { campaign_id: id.clone(), entries, by: person(&by) };
    let done = telephony(&app)?.add_entries(request).await;
    let done = audited(done, (&app, &by, &client), ("campaign_entries_added", &id))?;
    Ok(Json(Added { added: done.added, known: done.known, refused: done.refused }))
}

#[cfg(test)]
mod tests {
    use proto::telephony::v1::{CampaignPhase, EntryStage};

    use super::*;

    #[test]
    fn a_campaign_is_told_in_words() {
        let told = campaign(pb::Campaign {
            campaign_id: "spring".to_owned(),
            plan_json: r#"{"mode":"preview"}"#.to_owned(),
            phase: CampaignPhase::Running.into(),
            outcomes: vec![pb::OutcomeCount { outcome: AttemptOutcome::NoAnswer.into(), entries: 3 }],
            ..pb::Campaign::default()
        });
        assert_eq!((told.phase.as_str(), told.outcomes["no_answer"]), ("running", 3));
        assert_eq!(told.plan["mode"], "preview");
        let due = pb::CampaignEntry { stage: EntryStage::Due.into(), ..pb::CampaignEntry::default() };
        let told = entry(due);
        assert_eq!((told.stage.as_str(), told.last.as_str()), ("due", ""));
    }
}
