//! Which events a command becomes.

use std::collections::BTreeSet;

use super::command::{Command, NewEntry, Rejection};
use super::event::{Event, Outcome, Returned};
use super::pacing;
use super::plan::{Mode, Plan};
use super::state::{Campaign, Entry, MAX_ENTRIES, Phase, Stage};
use super::{Millis, Never};

/// So many numbers one command dials at most.
const MAX_DIALS: usize = 50;
/// So many lapses one tick decides at most; the rest is due at once.
const MAX_LAPSES: usize = 200;
/// A skipped entry is shown again after this.
const SKIPPED_MS: u64 = 600_000;
/// After it stopped ringing a result is waited for so long.
const RESULT_MS: u64 = 120_000;

/// Decides on a command. `never`: who is not called, besides those on the campaign's own list. No events: it changes nothing.
///
/// # Errors
/// Why it is not carried out; the campaign is as it was.
pub fn decide(campaign: &Campaign, never: &Never, command: &Command, now: Millis) -> Result<Vec<Event>, Rejection> {
    match command {
        Command::Define { plan } => define(campaign, plan),
        Command::Add { entries } => add(campaign, entries),
        Command::Start => phase(campaign, Phase::Running, Event::Started),
        Command::Pause => phase(campaign, Phase::Paused, Event::Paused),
        Command::Finish => phase(campaign, Phase::Finished, Event::Finished),
        Command::DoNotCall { numbers } => {
            let new: BTreeSet<&String> = numbers.iter().filter(|it| !campaign.may_not_call(it)).collect();
            Ok(new.into_iter().map(|number| Event::DoNotCall { number: number.clone() }).collect())
        }
        Command::MayCall { numbers } => {
            let known: BTreeSet<&String> = numbers.iter().filter(|it| campaign.may_not_call(it)).collect();
            Ok(known.into_iter().map(|number| Event::MayCall { number: number.clone() }).collect())
        }
        Command::Dial { by, free_agents } => dial(campaign, never, by, *free_agents, now),
        Command::Preview { agent } => preview(campaign, never, agent, now),
        Command::Keep { agent } => Ok(keep(campaign, agent, now)),
        Command::DialPreviewed { agent, by } => dial_previewed(campaign, never, agent, by, now),
        Command::Skip { agent } => skip(campaign, agent, now),
        Command::Result { entry, attempt, outcome } => result(campaign, entry, *attempt, *outcome, now),
        Command::Tick => Ok(lapses(campaign, now)),
    }
}

/// When the next tick is due.
#[must_use]
pub fn next_deadline(campaign: &Campaign) -> Option<Millis> {
    campaign.under_way.first().map(|(until, _)| *until)
}

/// When something can be dialled or looked at, as far as time decides; none: never, as things stand.
#[must_use]
pub fn next_dial_at(campaign: &Campaign, never: &Never, now: Millis) -> Option<Millis> {
    let plan = running(campaign).ok()?;
    let (first, ..) = campaign.due.iter().find(|(_, _, id)| candidate(campaign, never, plan, id))?;
    plan.opens_at(pacing::within_cap_at(campaign, plan.abandon, now.max(*first)))
}

fn define(campaign: &Campaign, plan: &Plan) -> Result<Vec<Event>, Rejection> {
    plan.check()?;
    if campaign.phase == Phase::Finished {
        return Err(Rejection::Finished);
    }
    let same = campaign.plan.as_ref() == Some(plan);
    Ok(if same { Vec::new() } else { vec![Event::Defined { plan: Box::new(plan.clone()) }] })
}

fn add(campaign: &Campaign, entries: &[NewEntry]) -> Result<Vec<Event>, Rejection> {
    if campaign.phase == Phase::Finished {
        return Err(Rejection::Finished);
    }
    let fits = |text: &str| (1..=80).contains(&text.chars().count());
    let bad = |it: &&NewEntry| !fits(&it.id) || !fits(&it.number);
    if let Some(bad) = entries.iter().find(bad) {
        return Err(Rejection::BadEntry(bad.id.clone()));
    }
    let (mut ids, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    let new = entries.iter().filter(|it| {
        let known = campaign.entries.contains_key(&it.id) || campaign.numbers.contains(&it.number);
        !known && ids.insert(&it.id) && numbers.insert(&it.number)
    });
    let events: Vec<Event> = new.map(|it| Event::Added { entry: it.id.clone(), number: it.number.clone() }).collect();
    if campaign.entries.len() + events.len() > MAX_ENTRIES { Err(Rejection::Full) } else { Ok(events) }
}

fn phase(campaign: &Campaign, phase: Phase, event: Event) -> Result<Vec<Event>, Rejection> {
    if campaign.phase == phase {
        return Ok(Vec::new());
    }
    if campaign.phase == Phase::Finished {
        return Err(Rejection::Finished);
    }
    if phase == Phase::Running && campaign.plan.is_none() { Err(Rejection::NoPlan) } else { Ok(vec![event]) }
}

/// The plan of a campaign that dials.
fn running(campaign: &Campaign) -> Result<&Plan, Rejection> {
    match campaign.phase {
        Phase::Running => campaign.plan.as_ref().ok_or(Rejection::NoPlan),
        Phase::Paused => Err(Rejection::NotNow),
        Phase::Finished => Err(Rejection::Finished),
    }
}

/// Whether an entry may be dialled at all.
fn candidate(campaign: &Campaign, never: &Never, plan: &Plan, id: &str) -> bool {
    let Some(entry) = campaign.entries.get(id) else { return false };
    entry.attempts < plan.attempts && !campaign.may_not_call(&entry.number) && !never.contains(&entry.number)
}

/// Whether an entry may be dialled on this day.
fn today(plan: &Plan, entry: &Entry, now: Millis) -> bool {
    entry.today.0 != plan.day(now) || entry.today.1 < plan.attempts_per_day
}

/// What may be dialled now, in order.
fn dialable<'a>(
    campaign: &'a Campaign,
    never: &'a Never,
    plan: &'a Plan,
    now: Millis,
) -> impl Iterator<Item = (&'a String, &'a Entry)> {
    let open = plan.is_open(now) && pacing::within_cap(campaign, plan.abandon, now);
    let due = campaign.due.iter().take_while(move |(at, ..)| open && *at <= now);
    due.filter_map(|(_, _, id)| campaign.entries.get_key_value(id))
        .filter(move |(id, entry)| candidate(campaign, never, plan, id) && today(plan, entry, now))
}

fn dial(campaign: &Campaign, never: &Never, by: &str, free_agents: u32, now: Millis) -> Result<Vec<Event>, Rejection> {
    let plan = running(campaign)?;
    if plan.mode != Mode::Progressive {
        return Err(Rejection::WrongMode);
    }
    let room = free_agents.saturating_sub(campaign.ringing) as usize;
    let chosen = dialable(campaign, never, plan, now).take(room.min(MAX_DIALS));
    Ok(chosen.map(|(id, entry)| dialled(plan, id, entry, by, None, now)).collect())
}

fn dialled(plan: &Plan, id: &str, entry: &Entry, by: &str, agent: Option<&str>, now: Millis) -> Event {
    Event::Dialled {
        entry: id.to_owned(),
        attempt: entry.attempts + 1,
        by: by.to_owned(),
        agent: agent.map(str::to_owned),
        at: now,
        until: now + plan.ring_ms + RESULT_MS,
    }
}

fn preview(campaign: &Campaign, never: &Never, agent: &str, now: Millis) -> Result<Vec<Event>, Rejection> {
    let plan = running(campaign)?;
    if plan.mode != Mode::Preview {
        return Err(Rejection::WrongMode);
    }
    if campaign.looking_at(agent).is_some() {
        return Ok(Vec::new());
    }
    let first = dialable(campaign, never, plan, now).next();
    let until = now + plan.preview_ms;
    Ok(first
        .map(|(id, _)| Event::Previewed { entry: id.clone(), agent: agent.to_owned(), until })
        .into_iter()
        .collect())
}

fn keep(campaign: &Campaign, agent: &str, now: Millis) -> Vec<Event> {
    let looked_at = campaign.plan.as_ref().zip(campaign.looking_at(agent));
    let until = |plan: &Plan| now + plan.preview_ms;
    looked_at
        .map(|(plan, id)| Event::Previewed { entry: id.to_owned(), agent: agent.to_owned(), until: until(plan) })
        .into_iter()
        .collect()
}

fn dial_previewed(
    campaign: &Campaign,
    never: &Never,
    agent: &str,
    by: &str,
    now: Millis,
) -> Result<Vec<Event>, Rejection> {
    let plan = running(campaign)?;
    let id = campaign.looking_at(agent).ok_or(Rejection::NoEntry)?;
    let entry = campaign.entries.get(id).ok_or(Rejection::NoEntry)?;
    let may = plan.is_open(now) && candidate(campaign, never, plan, id) && today(plan, entry, now);
    if may { Ok(vec![dialled(plan, id, entry, by, Some(agent), now)]) } else { Err(Rejection::NotNow) }
}

fn skip(campaign: &Campaign, agent: &str, now: Millis) -> Result<Vec<Event>, Rejection> {
    let Some(id) = campaign.looking_at(agent) else { return Ok(Vec::new()) };
    let again_at = now + SKIPPED_MS;
    Ok(vec![Event::Returned { entry: id.to_owned(), why: Returned::Skipped, again_at }])
}

fn result(campaign: &Campaign, id: &str, attempt: u32, outcome: Outcome, now: Millis) -> Result<Vec<Event>, Rejection> {
    let (plan, entry) = campaign.plan.as_ref().zip(campaign.entries.get(id)).ok_or(Rejection::NotUnderWay)?;
    if entry.attempts != attempt {
        return Err(Rejection::NotUnderWay);
    }
    match &entry.stage {
        Stage::Dialled { .. } => Ok(ended(campaign, plan, id, entry, outcome, now)),
        // A repeat of the result that is known.
        Stage::Due(_) | Stage::Done if entry.last == Some(outcome) => Ok(Vec::new()),
        Stage::Due(_) | Stage::Done | Stage::Previewed { .. } => Err(Rejection::NotUnderWay),
    }
}

fn ended(campaign: &Campaign, plan: &Plan, id: &str, entry: &Entry, outcome: Outcome, now: Millis) -> Vec<Event> {
    let pause = match outcome {
        Outcome::Busy => Some(plan.pauses.busy_ms),
        Outcome::NoAnswer => Some(plan.pauses.no_answer_ms),
        Outcome::Machine => Some(plan.pauses.machine_ms),
        Outcome::Abandoned => Some(plan.pauses.abandoned_ms),
        Outcome::Failed | Outcome::Lost => Some(plan.pauses.failed_ms),
        Outcome::Answered | Outcome::AskedNotToCall | Outcome::NoSuchNumber => None,
    };
    let again = pause.filter(|_| entry.attempts < plan.attempts).map(|pause| now + pause);
    // A day that has had its attempts is over for this number.
    let tomorrow = |at: Millis| if today(plan, entry, at) { at } else { plan.begin_of(plan.day(at) + 1) };
    let again_at = again.map(tomorrow);
    let ended = Event::Ended { entry: id.to_owned(), attempt: entry.attempts, outcome, at: now, again_at };
    let asked = outcome == Outcome::AskedNotToCall && !campaign.may_not_call(&entry.number);
    let never = asked.then(|| Event::DoNotCall { number: entry.number.clone() });
    std::iter::once(ended).chain(never).collect()
}

fn lapses(campaign: &Campaign, now: Millis) -> Vec<Event> {
    let Some(plan) = &campaign.plan else { return Vec::new() };
    let over = campaign.under_way.iter().take_while(|(until, _)| *until <= now).take(MAX_LAPSES);
    let entries = over.filter_map(|(_, id)| Some((id, campaign.entries.get(id)?)));
    let events = entries.flat_map(|(id, entry)| match &entry.stage {
        Stage::Previewed { .. } => {
            vec![Event::Returned { entry: id.clone(), why: Returned::Lapsed, again_at: now }]
        }
        Stage::Dialled { .. } => ended(campaign, plan, id, entry, Outcome::Lost, now),
        Stage::Due(_) | Stage::Done => Vec::new(),
    });
    events.collect()
}
