//! Watches of all sockets over one `Watch` stream.
//!
//! `chat` says nothing when a watch begins, so the first one asks from one event before the wanted place: that event is the
//! proof that the watch holds, and is not passed on. On a new stream every watch asks from the last number pushed, and
//! numbers are checked on the way: no event is missing and none comes twice, whatever happens to the stream.
//!
//! A backlog may be larger than what one socket may hold waiting: then its watch rests until the socket has taken what it
//! was given, and asks again from there.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chassis::refusal::{Code, Refusal};
use proto::chat::v1::{ReadableEvent, Typing, WatchRequest, WatchResponse, watch_response};
use tokio::sync::mpsc::UnboundedSender;

use super::{refusal_of, stream::Table, unavailable};
use crate::{
    audit::Audit,
    frames::{By, Event, ServerFrame},
    socket::handle::{Handle, may_retry},
};

/// A watch that `chat` could not serve for the moment is asked again after.
const AGAIN: Duration = Duration::from_millis(200);

/// The watches.
pub(crate) struct Watches {
    state: Mutex<State>,
    up: AtomicBool,
    patience: Duration,
    per_socket: usize,
    audit: Audit,
}

#[derive(Default)]
struct State {
    next_tag: u64,
    watches: HashMap<u64, Watch>,
    of_socket: HashMap<u64, HashMap<Arc<str>, u64>>,
    /// Watches that `chat` has not confirmed, with the time until which it may.
    unconfirmed: BTreeMap<u64, Instant>,
    again: Vec<(Instant, u64)>,
    out: Option<UnboundedSender<WatchRequest>>,
}

struct Watch {
    to: Arc<Handle>,
    conversation: Arc<str>,
    /// The last number that the socket has.
    pushed: u64,
    reference: Option<String>,
    confirmed: bool,
    /// Until the socket has room again; `chat` was told to stop.
    resting: bool,
}

/// What an answer means for its socket.
enum Push {
    Confirm { reference: Option<String>, event: bool },
    Event,
    Nothing,
}

impl Watches {
    pub(crate) fn new(patience: Duration, per_socket: usize, audit: Audit) -> Self {
        Self { state: Mutex::default(), up: AtomicBool::new(false), patience, per_socket, audit }
    }

    /// Watches a conversation from `after` on; replaces the socket's watch of it.
    pub(crate) fn watch(
        &self,
        to: &Arc<Handle>,
        reference: Option<String>,
        conversation: String,
        after: u64,
        now: Instant,
    ) {
        let conversation: Arc<str> = conversation.into();
        let mut state = self.lock();
        let known = state.of_socket.entry(to.id).or_default();
        if known.len() >= self.per_socket && !known.contains_key(&conversation) {
            drop(state);
            let reason = "this socket watches too many conversations";
            return to
                .refuse(reference.as_deref(), &Refusal::new(Code::ResourceExhausted, "too_many_requests", reason));
        }
        if let Some(replaced) = state.remove_of(to.id, &conversation) {
            to.done(replaced.reference.as_deref(), None, false);
        }
        let watch = Watch { to: to.clone(), conversation, pushed: after, reference, confirmed: false, resting: false };
        let tag = state.insert(watch);
        state.unconfirmed.insert(tag, now + self.patience);
    }

    /// Ends a socket's watch of a conversation.
    pub(crate) fn unwatch(&self, socket: u64, conversation: &str) {
        let removed = self.lock().remove_of(socket, conversation);
        if let Some(watch) = removed {
            watch.to.done(watch.reference.as_deref(), None, false);
        }
    }

    /// Ends all watches of a socket.
    pub(crate) fn forget(&self, socket: u64) {
        let mut state = self.lock();
        for tag in state.of_socket.remove(&socket).unwrap_or_default().into_values() {
            state.remove(tag);
        }
    }

    /// The socket has taken all that it was given: its resting watches go on.
    pub(crate) fn resume(&self, socket: u64) {
        let mut state = self.lock();
        let tags: Vec<u64> = state.of_socket.get(&socket).into_iter().flat_map(HashMap::values).copied().collect();
        for tag in tags {
            if state.watches.get(&tag).is_some_and(|watch| watch.resting) {
                state.renew(tag);
            }
        }
    }

    /// Gives up what was not confirmed in time and asks again what is due.
    pub(crate) fn expire(&self, now: Instant) {
        let mut state = self.lock();
        let (due, later) = std::mem::take(&mut state.again).into_iter().partition(|(at, _)| *at <= now);
        state.again = later;
        let due: Vec<(Instant, u64)> = due;
        for (_, tag) in due {
            state.renew(tag);
        }
        let mut over = Vec::new();
        while let Some(first) = state.unconfirmed.first_entry().filter(|first| *first.get() <= now) {
            let tag = first.remove_entry().0;
            over.extend(state.remove(tag));
        }
        drop(state);
        for watch in over {
            watch.to.refuse(watch.reference.as_deref(), &unavailable());
        }
    }

    /// Conversations that customers watch, as far as `chat` let them.
    pub(crate) fn of_customers(&self) -> Vec<(Arc<Handle>, Arc<str>)> {
        let state = self.lock();
        let watches = state.watches.values().filter(|watch| watch.confirmed && !watch.to.identity.is_agent());
        watches.map(|watch| (watch.to.clone(), watch.conversation.clone())).collect()
    }

    /// Whether `chat` said that this socket may read this conversation.
    pub(crate) fn is_confirmed(&self, socket: u64, conversation: &str) -> bool {
        let state = self.lock();
        let tag = state.of_socket.get(&socket).and_then(|known| known.get(conversation));
        tag.and_then(|tag| state.watches.get(tag)).is_some_and(|watch| watch.confirmed)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    fn event(&self, tag: u64, readable: &ReadableEvent) {
        let number = readable.event.as_ref().map_or(0, |event| event.number);
        let mut state = self.lock();
        let Some((push, to, conversation)) = state.advance(tag, number) else { return };
        drop(state);
        let event = match push {
            Push::Confirm { reference, event } => {
                to.done(reference.as_deref(), None, false);
                event
            }
            Push::Event => true,
            Push::Nothing => false,
        };
        if event && let Some(event) = Event::from_readable(readable) {
            to.send(&ServerFrame::Event { conversation: (&*conversation).into(), event });
        }
    }

    fn typing(&self, tag: u64, typing: &Typing) {
        let state = self.lock();
        let Some(watch) = state.watches.get(&tag) else { return };
        let by = By::from_party(typing.by.as_ref());
        if by.id != *watch.to.identity.id {
            watch.to.send(&ServerFrame::Typing { conversation: (&*watch.conversation).into(), by });
        }
    }

    fn refused(&self, tag: u64, refusal: &Refusal) {
        let mut state = self.lock();
        if may_retry(refusal.code) {
            state.again.push((Instant::now() + AGAIN, tag));
            return;
        }
        let Some(watch) = state.remove(tag) else { return };
        drop(state);
        watch.to.refuse(watch.reference.as_deref(), refusal);
        if refusal.code == Code::PermissionDenied {
            self.audit.of_socket(&watch.to, "watch", &watch.conversation, &refusal.reason);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn insert(&mut self, watch: Watch) -> u64 {
        let tag = self.next_tag;
        self.next_tag += 1;
        self.of_socket.entry(watch.to.id).or_default().insert(watch.conversation.clone(), tag);
        self.watches.insert(tag, watch);
        self.ask(tag);
        tag
    }

    fn ask(&self, tag: u64) {
        if let (Some(out), Some(watch)) = (&self.out, self.watches.get(&tag)) {
            let _lost = out.send(watch.request(tag));
        }
    }

    /// Ends the watch at `chat` too.
    fn remove(&mut self, tag: u64) -> Option<Watch> {
        let watch = self.watches.remove(&tag)?;
        self.unconfirmed.remove(&tag);
        if let Some(of_socket) = self.of_socket.get_mut(&watch.to.id) {
            of_socket.remove(&watch.conversation);
            if of_socket.is_empty() {
                self.of_socket.remove(&watch.to.id);
            }
        }
        self.stop(tag, &watch);
        Some(watch)
    }

    fn remove_of(&mut self, socket: u64, conversation: &str) -> Option<Watch> {
        let tag = *self.of_socket.get(&socket)?.get(conversation)?;
        self.remove(tag)
    }

    fn stop(&self, tag: u64, watch: &Watch) {
        if let Some(out) = &self.out {
            let conversation_id = watch.conversation.to_string();
            let _lost = out.send(WatchRequest { conversation_id, stop: true, tag, ..WatchRequest::default() });
        }
    }

    /// Asks again under a new tag, so that late answers to the old one are not mistaken.
    fn renew(&mut self, tag: u64) {
        let Some(mut watch) = self.watches.remove(&tag) else { return };
        self.stop(tag, &watch);
        watch.resting = false;
        let deadline = self.unconfirmed.remove(&tag);
        let tag = self.insert(watch);
        if let Some(deadline) = deadline {
            self.unconfirmed.insert(tag, deadline);
        }
    }

    /// Stops a watch until its socket has room.
    fn rest(&mut self, tag: u64) {
        let Some(watch) = self.watches.get_mut(&tag).filter(|watch| !watch.resting) else { return };
        watch.resting = true;
        watch.to.outbox.hold_back();
        if let Some(watch) = self.watches.get(&tag) {
            self.stop(tag, watch);
        }
    }

    /// Takes an event's number into account.
    fn advance(&mut self, tag: u64, number: u64) -> Option<(Push, Arc<Handle>, Arc<str>)> {
        let watch = self.watches.get_mut(&tag)?;
        if watch.resting || !watch.to.outbox.has_room() {
            self.rest(tag);
            return None;
        }
        let next = number == watch.pushed + 1;
        if number > watch.pushed + 1 {
            tracing::warn!(number, pushed = watch.pushed, "a watch missed events and asks again");
            self.renew(tag);
            return None;
        }
        if next {
            watch.pushed = number;
        }
        let push = if !watch.confirmed {
            watch.confirmed = true;
            self.unconfirmed.remove(&tag);
            Push::Confirm { reference: watch.reference.take(), event: next }
        } else if next {
            Push::Event
        } else {
            Push::Nothing
        };
        Some((push, watch.to.clone(), watch.conversation.clone()))
    }
}

impl Watch {
    fn request(&self, tag: u64) -> WatchRequest {
        WatchRequest {
            conversation_id: self.conversation.to_string(),
            by: Some(self.to.identity.party()),
            after: if self.confirmed { self.pushed } else { self.pushed.saturating_sub(1) },
            stop: false,
            tag,
        }
    }
}

impl Table for Watches {
    type Request = WatchRequest;
    type Answer = WatchResponse;
    const NAME: &'static str = "chat.Watch";

    fn connected(&self, out: UnboundedSender<WatchRequest>) {
        let mut state = self.lock();
        state.again.clear();
        for (tag, watch) in state.watches.iter().filter(|(_, watch)| !watch.resting) {
            let _lost = out.send(watch.request(*tag));
        }
        state.out = Some(out);
    }

    fn lost(&self) {
        self.lock().out = None;
    }

    fn answer(&self, answer: WatchResponse) {
        match answer.what {
            Some(watch_response::What::Event(readable)) => self.event(answer.tag, &readable),
            Some(watch_response::What::Typing(typing)) => self.typing(answer.tag, &typing),
            Some(watch_response::What::Refusal(refusal)) => self.refused(answer.tag, &refusal_of(refusal)),
            None => {}
        }
    }

    fn up(&self) -> &AtomicBool {
        &self.up
    }
}

#[cfg(test)]
#[path = "watch_tests.rs"]
mod tests;
