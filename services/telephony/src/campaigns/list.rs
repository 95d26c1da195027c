//! What supervisors ask of the lists of those who are not to be called.

use chassis::refusal::Refusal;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use journal::KeyError;
use proto::telephony::v1 as pb;

use super::{
    door::{KEYS_AT_ONCE, MOST, at_most, key, supervisor},
    never::{Listed, subject},
    store::Campaigns,
};
use crate::{
    campaign::{Command, Phase},
    error::{invalid, unavailable},
    gateway::Gateway,
};
use spelling::numbers;

/// Entries of a page when the request does not say.
const PAGE: usize = 100;

/// Says who is not to be called, or may be after all; how many people changed, or campaigns.
pub(crate) async fn set(gateway: &Gateway, request: pb::SetDoNotCallRequest) -> Result<u32, Refusal> {
    let by = supervisor(request.by)?;
    at_most(request.numbers.len())?;
    let numbers: Option<Vec<String>> = request.numbers.iter().map(|written| numbers::e164(written)).collect();
    let numbers = numbers.ok_or_else(|| invalid("bad_number", "one of them is no telephone number"))?;
    let people: Vec<String> = numbers.iter().map(|number| key(gateway, number)).collect();
    let store = &gateway.campaigns;
    if !request.campaign_id.is_empty() {
        return own(store, &request.campaign_id, &by.id, people, request.may_call).await;
    }
    if !request.may_call {
        return put(store, &by.id, people.into_iter().zip(numbers).collect()).await;
    }
    let going_on =
        |id: &String| store.look(id, |stored| stored.campaign.phase() != Phase::Finished).unwrap_or_default();
    for id in store.ids().iter().filter(|id| going_on(id)) {
        own(store, id, &by.id, people.clone(), true).await?;
    }
    let changes = people.into_iter().map(|person| {
        let by = &by.id;
        async move { store.never.remove(&person, by).await }
    });
    count(changes).await
}

/// A campaign's own list.
async fn own(store: &Campaigns, id: &str, by: &str, numbers: Vec<String>, may_call: bool) -> Result<u32, Refusal> {
    let command = if may_call { Command::MayCall { numbers } } else { Command::DoNotCall { numbers } };
    Ok(u32::from(!store.command(id, by, command).await?.is_empty()))
}

async fn put(store: &Campaigns, by: &str, people: Vec<(String, String)>) -> Result<u32, Refusal> {
    let changes = people.into_iter().map(|(person, number)| async move {
        if store.never.contains(&person) {
            return Ok(false);
        }
        let sealed = store.seal_at(&subject(&person), &person, &number, "").await?;
        store.never.add(&person, by, sealed.and_then(|sealed| sealed.number)).await
    });
    count(changes).await
}

/// Puts somebody of a campaign on the center's list, with the number that the campaign has.
///
/// # Errors
/// The key store or the journal does not answer.
pub(super) async fn put_known(store: &Campaigns, id: &str, person: &str, by: &str) -> Result<(), Refusal> {
    if store.never.contains(person) {
        return Ok(());
    }
    let known = store.person(id, person).await.map_err(|_| unavailable("the key store does not answer"))?;
    let sealed = match known {
        Some((number, _)) => store.seal_at(&subject(person), person, &number, "").await?,
        None => None,
    };
    store.never.add(person, by, sealed.and_then(|sealed| sealed.number)).await.map(|_| ())
}

async fn count(changes: impl Iterator<Item = impl Future<Output = Result<bool, Refusal>>>) -> Result<u32, Refusal> {
    let changed: Vec<bool> = stream::iter(changes).buffered(KEYS_AT_ONCE).try_collect().await?;
    Ok(changed.into_iter().map(u32::from).sum())
}

/// A page of the center's list, or one number of it.
pub(crate) async fn list(
    gateway: &Gateway,
    request: pb::ListDoNotCallRequest,
) -> Result<pb::ListDoNotCallResponse, Refusal> {
    supervisor(request.by)?;
    let store = &gateway.campaigns;
    let limit = if request.limit == 0 { PAGE } else { (request.limit as usize).min(MOST) };
    let found = if request.number.is_empty() {
        store.never.page(&request.after, limit)
    } else {
        let number = numbers::e164(&request.number);
        let number = number.ok_or_else(|| invalid("bad_number", "that is no telephone number"))?;
        let person = key(gateway, &number);
        store.never.get(&person).map(|listed| (person, listed)).into_iter().collect()
    };
    let opened = found.into_iter().map(|(person, listed)| entry(store, person, listed));
    let entries = stream::iter(opened).buffered(KEYS_AT_ONCE).try_collect().await.map_err(|error: KeyError| {
        tracing::warn!(%error, "the do-not-call list cannot be opened");
        unavailable("the key store does not answer")
    })?;
    Ok(pb::ListDoNotCallResponse { entries, total: store.never.all().len() as u32 })
}

async fn entry(store: &Campaigns, person: String, listed: Listed) -> Result<pb::NeverCallEntry, KeyError> {
    let number = store.open_at(&subject(&person), &person, listed.number.as_ref()).await?;
    Ok(pb::NeverCallEntry { number, entry_id: person, by: listed.by, at_ms: listed.at })
}
