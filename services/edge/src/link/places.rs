//! Where customers' contacts wait: told to those who watch a conversation that waits, when it changes.

use std::{collections::HashMap, sync::Arc, time::Duration};

use proto::routing::v1::{GetPlacesRequest, Place};

use crate::{door::App, frames::ServerFrame, socket::handle::Handle};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// So many conversations in one question, as the contract allows.
const AT_ONCE: usize = 5_000;
/// Expected waits are told in steps of so many ms: an estimate that changes by a second is no news.
const STEP_MS: u64 = 5_000;

/// What a socket was told last of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Told {
    place: u32,
    expected_wait_ms: u64,
    open: bool,
    opens_at_ms: u64,
    callback: bool,
    can_call_back: bool,
}

type Key = (u64, Arc<str>);

/// Tells places until it is dropped.
pub(crate) async fn run(app: Arc<App>) {
    let mut told = HashMap::new();
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let watched = app.watches.of_customers();
        let mut places = HashMap::new();
        for some in watched.chunks(AT_ONCE) {
            places.extend(ask(&app, some).await);
        }
        told = tell(watched, &places, &told);
    }
}

async fn ask(app: &App, watched: &[(Arc<Handle>, Arc<str>)]) -> Vec<(Arc<str>, Told)> {
    let conversations = watched.iter().map(|(_, conversation)| conversation.to_string()).collect();
    let request = GetPlacesRequest { floor: app.routing.floor.clone(), conversations };
    match app.routing.client.clone().get_places(request).await {
        Ok(answer) => answer.into_inner().places.into_iter().map(told_of).collect(),
        Err(status) => {
            tracing::debug!(%status, "places not known for the moment");
            Vec::new()
        }
    }
}

fn told_of(place: Place) -> (Arc<str>, Told) {
    let Place { conversation, place, expected_wait_ms, open, opens_at_ms, contact_id: _, callback, can_call_back } =
        place;
    let expected_wait_ms = expected_wait_ms.div_ceil(STEP_MS) * STEP_MS;
    (conversation.into(), Told { place, expected_wait_ms, open, opens_at_ms, callback, can_call_back })
}

/// Sends what is new; returns what every socket knows now. Who does not wait any more hears it from the conversation itself.
fn tell(
    watched: Vec<(Arc<Handle>, Arc<str>)>,
    places: &HashMap<Arc<str>, Told>,
    before: &HashMap<Key, Told>,
) -> HashMap<Key, Told> {
    let mut told = HashMap::new();
    for (handle, conversation) in watched {
        let Some(now) = places.get(&conversation) else { continue };
        let key = (handle.id, conversation);
        if before.get(&key) != Some(now) {
            handle.send(&ServerFrame::Place {
                conversation: (&*key.1).into(),
                place: now.place,
                expected_wait_ms: now.expected_wait_ms,
                open: now.open,
                opens_at: now.opens_at_ms,
                callback: now.callback,
                can_call_back: now.can_call_back,
            });
        }
        told.insert(key, *now);
    }
    told
}
