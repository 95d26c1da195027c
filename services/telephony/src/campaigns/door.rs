//! What supervisors ask of campaigns.

use std::collections::HashMap;

use chassis::refusal::{Code, Refusal};
use futures::{StreamExt as _, stream};
use proto::{
    routing::v1::{Channel, GetFloorRequest},
    telephony::v1 as pb,
};
use spelling::numbers;

use super::{
    store::{Campaigns, Sealed, Stored, known},
    view,
};

use crate::{
    call::Person,
    campaign::{Command, Entry, Event, Mode, Never, NewEntry, Plan, Rejection, decide},
    convert::person,
    error::{invalid, unavailable},
    gateway::{Gateway, now_ms},
    ids::CallId,
};

/// Entries and numbers of one request.
pub(super) const MOST: usize = 500;
/// Longest name, characters.
const LONGEST_NAME: usize = 100;
/// Keys asked for at once.
pub(super) const KEYS_AT_ONCE: usize = 16;

/// Makes a campaign.
pub(crate) async fn create(gateway: &Gateway, request: pb::CreateCampaignRequest) -> Result<pb::Campaign, Refusal> {
    let by = supervisor(request.by)?;
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    let id = request.campaign_id;
    if id.is_empty() || id.len() > 40 || !id.bytes().all(good) {
        return Err(invalid("bad_id", "an id has 1 to 40 of a-z 0-9 - _"));
    }
    let plan = plan(gateway, &request.plan_json).await?;
    let store = &gateway.campaigns;
    let define = |stored: &Stored| {
        if stored.campaign.plan().is_some() {
            return Err(Refusal::new(Code::FailedPrecondition, "campaign_exists", "there is a campaign of this id"));
        }
        Ok(decide(&stored.campaign, &Never::new(), &Command::Define { plan: plan.clone() }, now_ms())?)
    };
    store.change(&id, &by.id, &HashMap::new(), define).await?;
    one(store, &id)
}

/// All campaigns.
pub(crate) fn list(gateway: &Gateway, request: pb::ListCampaignsRequest) -> Result<Vec<pb::Campaign>, Refusal> {
    supervisor(request.by)?;
    let store = &gateway.campaigns;
    Ok(store.ids().iter().filter_map(|id| one(store, id).ok()).collect())
}

/// A campaign with a page of its entries.
pub(crate) async fn get(
    gateway: &Gateway,
    request: pb::GetCampaignRequest,
) -> Result<(pb::Campaign, Vec<pb::CampaignEntry>), Refusal> {
    supervisor(request.by)?;
    let (store, id) = (&gateway.campaigns, request.campaign_id);
    let campaign = one(store, &id)?;
    let limit = (request.limit as usize).min(MOST);
    let never = store.never.all();
    let page = |stored: &Stored| -> Vec<pb::CampaignEntry> {
        let barred = |it: &Entry| stored.campaign.may_not_call(&it.number) || never.contains(&it.number);
        let after = stored.campaign.entries().filter(|(entry, _)| *entry > request.after.as_str());
        after.take(limit).map(|(id, it)| view::entry(id, it, barred(it))).collect()
    };
    let mut entries = store.look(&id, page).unwrap_or_default();
    for entry in &mut entries {
        match store.person(&id, &entry.entry_id).await {
            Ok(found) => (entry.number, entry.name) = found.unwrap_or_default(),
            Err(error) => {
                tracing::warn!(%error, campaign = id, "a campaign's entries cannot be opened");
                return Err(unavailable("the key store does not answer"));
            }
        }
    }
    Ok((campaign, entries))
}

/// Starts, pauses, ends a campaign, or changes its plan.
pub(crate) async fn change(gateway: &Gateway, request: pb::ChangeCampaignRequest) -> Result<pb::Campaign, Refusal> {
    let by = supervisor(request.by.clone())?;
    let command = match request.deed() {
        pb::CampaignDeed::Start => Command::Start,
        pb::CampaignDeed::Pause => Command::Pause,
        pb::CampaignDeed::Stop => Command::Finish,
        pb::CampaignDeed::Define => Command::Define { plan: plan(gateway, &request.plan_json).await? },
        pb::CampaignDeed::Unspecified => return Err(invalid("bad_deed", "there is no such deed")),
    };
    gateway.campaigns.command(&request.campaign_id, &by.id, command).await?;
    one(&gateway.campaigns, &request.campaign_id)
}

/// Adds people to be called.
pub(crate) async fn add(gateway: &Gateway, request: pb::AddEntriesRequest) -> Result<pb::AddEntriesResponse, Refusal> {
    let by = supervisor(request.by)?;
    at_most(request.entries.len())?;
    let (store, id) = (&gateway.campaigns, request.campaign_id);
    one(store, &id)?;
    let read = request.entries.into_iter().map(|entry| listed(gateway, &entry));
    let sealing = read.enumerate().map(|(at, entry)| {
        let id = &id;
        async move {
            let Some((person, number, name)) = entry else { return Ok((at, None)) };
            let sealed = store.seal(id, &person, &number, &name).await?;
            Ok::<_, Refusal>((at, sealed.map(|sealed| (person, sealed))))
        }
    });
    let sealed: Vec<_> = stream::iter(sealing).buffered(KEYS_AT_ONCE).collect().await;
    let Gathered { people, entries, refused } = gather(sealed.into_iter().collect::<Result<_, _>>()?);
    let listed = entries.len();
    let added = append(store, &id, &by, entries, &people).await?;
    Ok(pb::AddEntriesResponse { added: added as u32, known: (listed - added) as u32, refused })
}

/// What a request's lines come to.
#[derive(Debug, Default)]
struct Gathered {
    people: HashMap<String, Sealed>,
    entries: Vec<NewEntry>,
    refused: Vec<u32>,
}

/// The first line of a person counts.
fn gather(lines: Vec<(usize, Option<(String, Sealed)>)>) -> Gathered {
    let mut gathered = Gathered::default();
    for (at, line) in lines {
        let Some((person, sealed)) = line else {
            gathered.refused.push(at as u32);
            continue;
        };
        gathered.entries.push(NewEntry { id: person.clone(), number: person.clone() });
        gathered.people.entry(person).or_insert(sealed);
    }
    gathered
}

async fn append(
    store: &Campaigns,
    id: &str,
    by: &Person,
    entries: Vec<NewEntry>,
    people: &HashMap<String, Sealed>,
) -> Result<usize, Refusal> {
    let command = Command::Add { entries };
    let decide = |stored: &Stored| Ok(decide(known(stored)?, &Never::new(), &command, now_ms())?);
    let events = store.change(id, &by.id, people, decide).await?;
    Ok(events.iter().filter(|event| matches!(event, Event::Added { .. })).count())
}

/// Key, number and name of a line; none when it is no number, or one that is not dialled from here.
fn listed(gateway: &Gateway, entry: &pb::NewCampaignEntry) -> Option<(String, String, String)> {
    let number = gateway.dialable(&entry.number).ok().filter(|number| numbers::e164(number).is_some())?;
    let name = entry.name.trim().chars().take(LONGEST_NAME).collect();
    Some((key(gateway, &number), number, name))
}

/// A known number's key has nothing of a call.
pub(super) fn key(gateway: &Gateway, number: &str) -> String {
    gateway.customer_of(number, CallId::new())
}

fn one(store: &Campaigns, id: &str) -> Result<pb::Campaign, Refusal> {
    let found = store.look(id, |stored| view::campaign(id, stored, &store.never.all(), now_ms()));
    found.ok_or_else(|| Rejection::NoPlan.into())
}

/// A plan that this version can carry out, for a queue that there is.
async fn plan(gateway: &Gateway, json: &str) -> Result<Plan, Refusal> {
    let plan = read_plan(json)?;
    let request = GetFloorRequest { floor: gateway.config.floor.clone(), with_lists: false, limit: 1 };
    let floor = gateway.routing.clone().get_floor(request).await;
    let queues = floor.map_err(|_| unavailable("the queues are not known just now"))?.into_inner().queues;
    let Some(queue) = queues.iter().find(|queue| queue.queue_id == plan.queue) else {
        return Err(invalid("no_such_queue", "the plan's queue is not known"));
    };
    // Who picks up is given to who would be asked first for a call.
    if plan.mode == Mode::Progressive && queue.channel() != Channel::Voice {
        return Err(invalid("no_voice_queue", "a campaign that dials by itself needs a queue of calls"));
    }
    Ok(plan)
}

fn read_plan(json: &str) -> Result<Plan, Refusal> {
    let plan: Plan = serde_json::from_str(json).map_err(|error| invalid("bad_plan", &error.to_string()))?;
    plan.check().map_err(Rejection::from)?;
    Ok(plan)
}

pub(super) fn supervisor(by: Option<pb::Person>) -> Result<Person, Refusal> {
    let by = person(by)?;
    if by.supervisor { Ok(by) } else { Err(crate::call::Rejection::Forbidden.into()) }
}

pub(super) fn at_most(count: usize) -> Result<(), Refusal> {
    if count <= MOST { Ok(()) } else { Err(invalid("too_many", "at most 500 at once")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(mode: &str, attempts: u32) -> String {
        let pauses =
            r#"{"busy_ms":60000,"no_answer_ms":60000,"machine_ms":60000,"abandoned_ms":60000,"failed_ms":60000}"#;
        format!(
            r#"{{"name":"案内","mode":"{mode}","queue":"sales","caller_id":"+81312345678","attempts":{attempts},
            "attempts_per_day":1,"pauses":{pauses},"ring_ms":25000,"preview_ms":60000,"utc_offset_minutes":540,
            "windows":[{{"weekday":1,"from":540,"to":1080}}],"abandon":{{"permille":30,"window_ms":3600000}}}}"#
        )
    }

    #[test]
    fn a_person_who_is_listed_twice_has_the_first_name() {
        let sealed = |name: &str| {
            let name = proto::journal::v1::Sealed { key_id: name.to_owned(), ..proto::journal::v1::Sealed::default() };
            Sealed { number: None, name: Some(name) }
        };
        let line = |name: &str| Some(("tel-1".to_owned(), sealed(name)));
        let gathered = gather(vec![(0, line("first")), (1, None), (2, line("second"))]);
        assert_eq!((gathered.entries.len(), gathered.refused), (2, vec![1]));
        assert_eq!(gathered.people["tel-1"].name.as_ref().map(|it| it.key_id.as_str()), Some("first"));
    }

    #[test]
    fn a_plan_that_cannot_be_carried_out_is_refused() {
        assert_eq!(read_plan(&written("preview", 3)).map(|plan| plan.mode), Ok(Mode::Preview));
        let reason = |json: &str| read_plan(json).map_err(|refusal| refusal.reason.into_owned());
        assert_eq!(
            reason(&written("progressive", 3)),
            Err("bad_plan".to_owned()),
            "what is heard by who finds nobody?"
        );
        let nobody = r#""nobody":{"within_ms":3000,"announcement":{"ja":{"text":"失礼いたします。"}}},"abandon""#;
        let told = written("progressive", 3).replace(r#""abandon""#, nobody);
        assert_eq!(read_plan(&told).map(|plan| plan.mode), Ok(Mode::Progressive));
        assert_eq!(reason(&written("preview", 0)), Err("bad_plan".to_owned()));
        assert_eq!(reason("{}"), Err("bad_plan".to_owned()));
    }
}
