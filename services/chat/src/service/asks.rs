//! Answering those who watch and read.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chassis::refusal::{Code, Refusal};
use tokio::sync::mpsc::error::TrySendError;

use super::{
    entry::Entry,
    key::Key,
    watch::{Ask, Item, Page, Watcher},
};
use crate::{
    conversation::{Action, Party, PartyKind, Phase, Rejection},
    convert,
};

/// What answering came to.
#[derive(Default)]
pub(super) struct Answered {
    /// Somebody would be refused on old knowledge: read on first.
    pub load: bool,
    /// Routing is to be told what the conversation wants.
    pub reconcile: bool,
}

impl Entry {
    /// Whether somebody waits for a key that is not here yet.
    pub(super) fn lacks_key(&self) -> bool {
        let opens = || self.pending.iter().any(|pending| matches!(pending.command.action, Action::Open { .. }));
        self.key.is_none()
            && self.flight.is_none()
            && (self.state.phase() != Phase::Absent || opens())
            && !self.is_idle()
    }

    /// Answers the asks that can be answered; the others wait on.
    pub(super) fn answer_asks(&mut self, now: Instant, watch_waits: Duration) -> Answered {
        let mut answered = Answered::default();
        for asking in std::mem::take(&mut self.asking) {
            let fresh = self.verified_since(asking.arrived);
            let allowed = self.exists() && self.allows(&asking.ask);
            let waits = matches!(asking.ask, Ask::Watch { .. }) && now < asking.arrived + watch_waits;
            let ahead = matches!(asking.ask, Ask::Watch { after, .. } if after > self.events.len() as u64);
            if matches!(asking.ask, Ask::Reconcile) && fresh {
                answered.reconcile = self.exists();
            } else if allowed && (fresh || !ahead) && !matches!(asking.ask, Ask::Reconcile) {
                self.grant(asking.ask);
            } else if !fresh || waits {
                answered.load |= !fresh;
                self.asking.push(asking);
            } else {
                let rejection =
                    if self.exists() { Rejection::NotYourConversation } else { Rejection::NoSuchConversation };
                asking.ask.refuse(self.id, rejection.into());
            }
        }
        answered
    }

    fn allows(&self, ask: &Ask) -> bool {
        match ask {
            Ask::Watch { by, .. } | Ask::Read { by, .. } => self.state.may_read(by),
            Ask::MaySpeak { by, .. } => self.state.may_speak(by),
            Ask::Reconcile => true,
        }
    }

    fn grant(&mut self, ask: Ask) {
        let key = self.key.clone().unwrap_or(Key::Erased);
        let after = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).min(self.events.len());
        match ask {
            Ask::Watch { sink, tag, by, after: seen } => {
                let events = self.events[after(seen)..].to_vec();
                self.watchers.retain(|watcher| watcher.sink.stream != sink.stream || watcher.tag != tag);
                let backlog = Item::Backlog { conversation: self.id, tag, key, events, reader: by.kind };
                let seen = seen.max(self.events.len() as u64);
                let watcher = Watcher { sink, tag, by, seen };
                if !watcher.behind(self, backlog) {
                    self.watchers.push(watcher);
                }
            }
            Ask::Read { after: seen, limit, reply, .. } => {
                let events = self.events[after(seen)..].iter().take(limit).cloned().collect();
                let page = Page { events, key, last_number: self.events.len() as u64 };
                let _caller_left = reply.send(Ok(page));
            }
            Ask::MaySpeak { reply, .. } => {
                let _caller_left = reply.send(Ok(()));
            }
            Ask::Reconcile => {}
        }
    }

    /// Gives every watcher the acknowledged events it has not seen. Returns how many were dropped for being slow.
    pub(super) fn tell_watchers(&mut self) -> usize {
        let last = self.events.len() as u64;
        let Some(from) = self.watchers.iter().map(|watcher| watcher.seen).min().filter(|seen| *seen < last) else {
            return 0;
        };
        let key = self.key.clone().unwrap_or(Key::Erased);
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let mut watchers = std::mem::take(&mut self.watchers);
        let before = watchers.len();
        for (number, bytes) in (from as u64 + 1..).zip(&self.events[from..]) {
            let whole = convert::readable(bytes.clone(), &key, &self.subject, PartyKind::System);
            let Some(event) = whole.map(Arc::new) else { continue };
            watchers.retain_mut(|watcher| {
                if watcher.seen >= number {
                    return true;
                }
                watcher.seen = number;
                let event = convert::shown_as(&event, watcher.by.kind);
                let item = Item::Live { conversation: self.id, tag: watcher.tag, event };
                !watcher.behind(self, item)
            });
        }
        let dropped = before - watchers.len();
        self.watchers = watchers;
        dropped
    }

    /// Tells everybody but the typist.
    pub(super) fn tell_typing(&mut self, by: &Party) {
        for watcher in self.watchers.iter().filter(|watcher| watcher.by.kind != by.kind || watcher.by.id != by.id) {
            let item = Item::Typing { conversation: self.id, tag: watcher.tag, by: by.into() };
            // A signal that finds no room is not worth dropping a watch.
            let _full_or_left = watcher.sink.items.try_send(item);
        }
    }
}

impl Watcher {
    /// Sends an item; true when the watcher must be dropped because its stream is full or gone.
    fn behind(&self, entry: &Entry, item: Item) -> bool {
        match self.sink.items.try_send(item) {
            Ok(()) => false,
            Err(TrySendError::Closed(_)) => true,
            Err(TrySendError::Full(_)) => {
                let refusal = Refusal::new(Code::ResourceExhausted, "too_slow", "the watch fell too far behind");
                self.sink.refuse(entry.id, self.tag, &refusal);
                true
            }
        }
    }
}
