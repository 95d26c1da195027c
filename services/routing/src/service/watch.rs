//! Who watches whom. A watcher that is slow gets the newest state of each agent, never a queue of old ones.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use proto::routing::v1::WatchAgentsResponse;
use tokio::sync::Notify;

use crate::{
    convert,
    floor::{Event, Floor, Id, Stage, What},
};

/// One watching stream.
#[derive(Default)]
pub(crate) struct Watcher {
    news: Mutex<BTreeMap<Id, WatchAgentsResponse>>,
    changed: Notify,
}

impl Watcher {
    /// What changed since the last call, at least one agent; waits for it. Cancel-safe.
    pub(crate) async fn next(&self) -> Vec<WatchAgentsResponse> {
        loop {
            let news = std::mem::take(&mut *self.news());
            if !news.is_empty() {
                return news.into_values().collect();
            }
            self.changed.notified().await;
        }
    }

    fn tell(&self, agent: &Id, news: WatchAgentsResponse) {
        self.news().insert(agent.clone(), news);
        self.changed.notify_one();
    }

    fn news(&self) -> MutexGuard<'_, BTreeMap<Id, WatchAgentsResponse>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All watchers of this process, and whose news they must hear.
#[derive(Default)]
pub(super) struct Watchers {
    by_agent: HashMap<Id, Vec<Weak<Watcher>>>,
    dirty: BTreeSet<Id>,
}

impl Watchers {
    pub(super) fn add(&mut self, watcher: &Arc<Watcher>, agent: Id, floor: &Floor, sequence: u64) {
        watcher.tell(&agent, state_of(floor, &agent, sequence));
        let watchers = self.by_agent.entry(agent).or_default();
        if !watchers.iter().any(|known| is(known, watcher)) {
            watchers.push(Arc::downgrade(watcher));
        }
    }

    pub(super) fn remove(&mut self, watcher: &Arc<Watcher>, agent: &Id) {
        if let Some(watchers) = self.by_agent.get_mut(agent) {
            watchers.retain(|known| !is(known, watcher));
            if watchers.is_empty() {
                self.by_agent.remove(agent);
            }
        }
        watcher.news().remove(agent);
    }

    /// Remembers whom an event concerns; call it before the event is applied.
    pub(super) fn note(&mut self, floor: &Floor, event: &Event) {
        let agent = match &event.what {
            What::QueueDefined(_)
            | What::ContactEnqueued(_)
            | What::ContactReleased { .. }
            | What::ContactChanged { .. }
            | What::SettingDefined(_) => None,
            What::AgentDefined(profile) => Some(profile.id.clone()),
            What::AvailabilityChanged { agent, .. } => Some(agent.clone()),
            What::ContactOffered(offer) => Some(offer.agent.clone()),
            What::OfferAccepted(answer) | What::OfferEnded { offer: answer, .. } => Some(answer.agent.clone()),
            What::ContactEnded { contact, .. } => floor.contact(contact).and_then(|contact| match contact.stage {
                Stage::Waiting => None,
                Stage::Offered(agent) | Stage::Held(agent) => Some(agent),
            }),
        };
        self.dirty.extend(agent.filter(|agent| self.by_agent.contains_key(agent)));
    }

    /// Tells the watchers of everybody noted.
    pub(super) fn publish(&mut self, floor: &Floor, sequence: u64) {
        while let Some(agent) = self.dirty.pop_first() {
            let Some(watchers) = self.by_agent.get_mut(&agent) else {
                continue;
            };
            let news = state_of(floor, &agent, sequence);
            watchers.retain(|watcher| match watcher.upgrade() {
                Some(watcher) => {
                    watcher.tell(&agent, news.clone());
                    true
                }
                None => false,
            });
            if watchers.is_empty() {
                self.by_agent.remove(&agent);
            }
        }
    }
}

fn is(known: &Weak<Watcher>, watcher: &Arc<Watcher>) -> bool {
    std::ptr::eq(known.as_ptr(), Arc::as_ptr(watcher))
}

fn state_of(floor: &Floor, agent: &Id, sequence: u64) -> WatchAgentsResponse {
    let state = floor.agent(agent).map_or_else(|| convert::unknown_agent(agent), |agent| convert::from_agent(&agent));
    WatchAgentsResponse { agent: Some(state), sequence }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::{AgentProfile, Command, Rules, chats, evolve, step};

    #[tokio::test]
    async fn a_slow_watcher_hears_the_newest_state_only() {
        let mut floor = Floor::new(Rules::default());
        let mut watchers = Watchers::default();
        let watcher = Arc::new(Watcher::default());
        watchers.add(&watcher, "a".into(), &floor, 0);
        let first = watcher.next().await;
        assert_eq!(first[0].agent.as_ref().unwrap().name, "");
        for (name, sequence) in [("One", 1), ("Two", 2)] {
            let profile =
                AgentProfile { id: "a".into(), name: name.into(), capacities: chats(1), ..AgentProfile::default() };
            let events = step(&mut floor.clone(), &Command::DefineAgent(profile), 5).unwrap();
            for event in &events {
                watchers.note(&floor, event);
                evolve(&mut floor, event);
            }
            watchers.publish(&floor, sequence);
        }
        let news = watcher.next().await;
        assert_eq!(news.len(), 1);
        assert_eq!((news[0].agent.as_ref().unwrap().name.as_str(), news[0].sequence), ("Two", 2));
        drop(watcher);
        watchers.dirty.insert("a".into());
        watchers.publish(&floor, 3);
        assert!(watchers.by_agent.is_empty(), "a watcher who left is forgotten");
    }
}
