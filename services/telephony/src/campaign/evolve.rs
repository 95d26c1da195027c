//! What an event changes.

use super::Millis;
use super::event::{Event, Outcome};
use super::state::{Campaign, Entry, Phase, Stage};

/// Applies an event. Events of entries that are not there change nothing.
pub fn evolve(campaign: &mut Campaign, event: &Event) {
    match event {
        Event::Defined { plan } => campaign.plan = Some((**plan).clone()),
        Event::Added { entry, number } => add(campaign, entry, number),
        Event::Started => campaign.phase = Phase::Running,
        Event::Paused => campaign.phase = Phase::Paused,
        Event::Finished => campaign.phase = Phase::Finished,
        Event::DoNotCall { number } => {
            campaign.do_not_call.insert(number.clone());
        }
        Event::MayCall { number } => {
            campaign.do_not_call.remove(number);
        }
        Event::Previewed { entry, agent, until } => {
            place(campaign, entry, Stage::Previewed { agent: agent.clone(), until: *until });
            campaign.looking.insert(agent.clone(), entry.clone());
        }
        Event::Returned { entry, again_at, .. } => place(campaign, entry, Stage::Due(*again_at)),
        Event::Dialled { entry, attempt, by, at, until, .. } => {
            dialled(campaign, entry, *attempt, *at);
            place(campaign, entry, Stage::Dialled { by: by.clone(), until: *until });
        }
        Event::Ended { entry, outcome, at, again_at, .. } => {
            ended(campaign, entry, *outcome, *at);
            place(campaign, entry, again_at.map_or(Stage::Done, Stage::Due));
        }
    }
}

fn add(campaign: &mut Campaign, id: &str, number: &str) {
    let entry = Entry {
        number: number.to_owned(),
        stage: Stage::Done,
        attempts: 0,
        today: (0, 0),
        last: None,
        order: campaign.added,
    };
    campaign.added += 1;
    campaign.numbers.insert(number.to_owned());
    campaign.entries.insert(id.to_owned(), entry);
    place(campaign, id, Stage::Due(0));
}

/// Moves an entry from what it was in to what it is in now.
fn place(campaign: &mut Campaign, id: &str, stage: Stage) {
    let Some(entry) = campaign.entries.get_mut(id) else { return };
    let order = entry.order;
    match std::mem::replace(&mut entry.stage, stage.clone()) {
        Stage::Due(at) => {
            campaign.due.remove(&(at, order, id.to_owned()));
        }
        Stage::Previewed { agent, until } => {
            campaign.looking.remove(&agent);
            campaign.under_way.remove(&(until, id.to_owned()));
        }
        Stage::Dialled { until, .. } => {
            campaign.ringing = campaign.ringing.saturating_sub(1);
            campaign.under_way.remove(&(until, id.to_owned()));
        }
        Stage::Done => {}
    }
    match stage {
        Stage::Due(at) => {
            campaign.due.insert((at, order, id.to_owned()));
        }
        Stage::Previewed { until, .. } => {
            campaign.under_way.insert((until, id.to_owned()));
        }
        Stage::Dialled { until, .. } => {
            campaign.ringing += 1;
            campaign.under_way.insert((until, id.to_owned()));
        }
        Stage::Done => {}
    }
}

fn dialled(campaign: &mut Campaign, id: &str, attempt: u32, at: Millis) {
    let day = campaign.plan.as_ref().map_or(0, |plan| plan.day(at));
    let Some(entry) = campaign.entries.get_mut(id) else { return };
    entry.attempts = attempt;
    entry.today = if entry.today.0 == day { (day, entry.today.1 + 1) } else { (day, 1) };
}

fn ended(campaign: &mut Campaign, id: &str, outcome: Outcome, at: Millis) {
    if let Some(entry) = campaign.entries.get_mut(id) {
        entry.last = Some(outcome);
    }
    let found_nobody = match outcome {
        Outcome::Abandoned => true,
        Outcome::Answered | Outcome::AskedNotToCall => false,
        Outcome::Busy
        | Outcome::NoAnswer
        | Outcome::Machine
        | Outcome::NoSuchNumber
        | Outcome::Failed
        | Outcome::Lost => return,
    };
    campaign.picked_up.push_back((at, found_nobody));
    let window = campaign.plan.as_ref().map_or(0, |plan| plan.abandon.window_ms);
    while campaign.picked_up.front().is_some_and(|(first, _)| first + window.max(86_400_000) < at) {
        campaign.picked_up.pop_front();
    }
}
