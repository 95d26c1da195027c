//! Who looks at which conversation, so that two agents do not answer at once. Live only: doors tell each other over core NATS
//! (`viewing.<conversation>`), at once and every [`RENEW_MS`]; who is not heard of for [`FORGET_MS`] is gone.

pub(crate) mod bus;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Notify, broadcast};

use crate::{
    door::App,
    frames::{ServerFrame, Viewer},
    socket::handle::Handle,
};

/// A door says again who looks after this.
const RENEW_MS: u64 = 5_000;
/// Who was not heard of for this looks no longer.
const FORGET_MS: u64 = 12_000;
/// Typing is over after this.
const TYPING_MS: u64 = 3_000;
/// Signals waiting to be sent; older ones are dropped.
const ROOM: usize = 1_024;
/// Conversations that one socket looks at.
const PER_SOCKET: usize = 100;

/// What a door tells the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) conversation: Arc<str>,
    pub(crate) agent: String,
    pub(crate) typing: bool,
    pub(crate) stop: bool,
    pub(crate) asks: bool,
}

/// Who looks at what, as far as agents of this door are concerned.
pub(crate) struct Viewing {
    table: Mutex<HashMap<Arc<str>, Looked>>,
    out: broadcast::Sender<Signal>,
    changed: Notify,
}

#[derive(Default)]
struct Looked {
    here: Vec<Looking>,
    /// By account: when they were last heard of at another door.
    elsewhere: BTreeMap<String, u64>,
    typing_until: BTreeMap<String, u64>,
    renewed: u64,
}

struct Looking {
    socket: Arc<Handle>,
    told: Option<Vec<(String, bool)>>,
}

impl Viewing {
    pub(crate) fn new() -> Self {
        Self { table: Mutex::default(), out: broadcast::channel(ROOM).0, changed: Notify::new() }
    }

    /// What is to be told to the other doors.
    pub(crate) fn signals(&self) -> broadcast::Receiver<Signal> {
        self.out.subscribe()
    }

    /// An agent's socket looks at a conversation. Again changes nothing.
    pub(crate) fn begin(&self, socket: &Arc<Handle>, conversation: &str, now: u64) {
        let mut table = self.lock();
        let looks_at = table.values().filter(|looked| looked.has(socket.id)).count();
        if looks_at >= PER_SOCKET {
            return;
        }
        let conversation: Arc<str> = conversation.into();
        let new = !table.contains_key(&conversation);
        let looked = table.entry(conversation.clone()).or_default();
        if !looked.has(socket.id) {
            looked.here.push(Looking { socket: socket.clone(), told: None });
        }
        looked.renewed = now;
        self.tell(conversation, &socket.identity.id, false, false, new);
    }

    /// It looks at it no longer.
    pub(crate) fn end(&self, socket: &Handle, conversation: &str) {
        let mut table = self.lock();
        let Some((name, looked)) = table.get_key_value(conversation).map(|(name, _)| name.clone()).and_then(|name| {
            let looked = table.get_mut(conversation)?;
            Some((name, looked))
        }) else {
            return;
        };
        looked.here.retain(|looking| looking.socket.id != socket.id);
        if !looked.is_here(&socket.identity.id) {
            self.tell(name, &socket.identity.id, false, true, false);
        }
        if looked.here.is_empty() {
            table.remove(conversation);
        }
    }

    /// The socket is gone.
    pub(crate) fn forget(&self, socket: &Handle) {
        let of_socket: Vec<Arc<str>> = {
            let table = self.lock();
            table.iter().filter(|(_, looked)| looked.has(socket.id)).map(|(name, _)| name.clone()).collect()
        };
        of_socket.iter().for_each(|conversation| self.end(socket, conversation));
    }

    /// An agent here types.
    pub(crate) fn typing(&self, socket: &Handle, conversation: &str, now: u64) {
        let mut table = self.lock();
        let Some(looked) = table.get_mut(conversation).filter(|looked| looked.has(socket.id)) else { return };
        looked.typing_until.insert(socket.identity.id.to_string(), now + TYPING_MS);
        self.tell(conversation.into(), &socket.identity.id, true, false, false);
    }

    /// Another door says something.
    pub(crate) fn heard(&self, signal: &Signal, now: u64) {
        let mut table = self.lock();
        let Some(looked) = table.get_mut(&signal.conversation) else { return };
        if signal.stop {
            looked.elsewhere.remove(&signal.agent);
        } else {
            looked.elsewhere.insert(signal.agent.clone(), now);
        }
        if signal.typing {
            looked.typing_until.insert(signal.agent.clone(), now + TYPING_MS);
        }
        if signal.asks {
            looked.renewed = 0;
        }
        self.changed.notify_one();
    }

    /// Says again who looks, and forgets who was not heard of.
    fn renew(&self, now: u64) {
        let mut table = self.lock();
        for (conversation, looked) in table.iter_mut() {
            looked.elsewhere.retain(|_, heard| now.saturating_sub(*heard) < FORGET_MS);
            looked.typing_until.retain(|_, until| *until > now);
            if now.saturating_sub(looked.renewed) >= RENEW_MS {
                looked.renewed = now;
                for agent in looked.agents_here() {
                    self.tell(conversation.clone(), agent, false, false, false);
                }
            }
        }
    }

    /// Whom to tell what: sockets whose list is not what they were told last. Only those whose watch `allows` says that
    /// they may read the conversation.
    fn news(&self, now: u64, allows: impl Fn(&Handle, &str) -> bool) -> Vec<News> {
        let mut table = self.lock();
        let mut news = Vec::new();
        for (conversation, looked) in table.iter_mut() {
            let list = looked.list(now);
            for looking in looked.here.iter_mut().filter(|looking| looking.told.as_ref() != Some(&list)) {
                if allows(&looking.socket, conversation) {
                    looking.told = Some(list.clone());
                    news.push((looking.socket.clone(), conversation.clone(), list.clone()));
                }
            }
        }
        news
    }

    fn tell(&self, conversation: Arc<str>, agent: &str, typing: bool, stop: bool, asks: bool) {
        let signal = Signal { conversation, agent: agent.to_owned(), typing, stop, asks };
        let _nobody_carries_it = self.out.send(signal);
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Looked>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket, a conversation, and who looks at it with who types.
type News = (Arc<Handle>, Arc<str>, Vec<(String, bool)>);

impl Looked {
    fn has(&self, socket: u64) -> bool {
        self.here.iter().any(|looking| looking.socket.id == socket)
    }

    fn is_here(&self, agent: &str) -> bool {
        self.here.iter().any(|looking| &*looking.socket.identity.id == agent)
    }

    fn agents_here(&self) -> impl Iterator<Item = &str> {
        self.here.iter().map(|looking| &*looking.socket.identity.id)
    }

    fn list(&self, now: u64) -> Vec<(String, bool)> {
        let mut agents: Vec<&str> = self.agents_here().chain(self.elsewhere.keys().map(String::as_str)).collect();
        agents.sort_unstable();
        agents.dedup();
        let types = |agent: &str| self.typing_until.get(agent).is_some_and(|until| *until > now);
        agents.into_iter().map(|agent| (agent.to_owned(), types(agent))).collect()
    }
}

/// Tells sockets what changed, at once and every second, for ever.
pub(crate) async fn run(app: Arc<App>) {
    let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = tick.tick() => app.viewing.renew(crate::clock::steady_ms()),
            () = app.viewing.changed.notified() => app.viewing.renew(crate::clock::steady_ms()),
        }
        let allows = |socket: &Handle, conversation: &str| app.watches.is_confirmed(socket.id, conversation);
        for (socket, conversation, list) in app.viewing.news(crate::clock::steady_ms(), allows) {
            let mut agents = Vec::with_capacity(list.len());
            for (id, typing) in list {
                let name = app.accounts.name_of(&id).await;
                agents.push(Viewer { id, name, typing });
            }
            socket.send(&ServerFrame::Viewers { conversation: (&*conversation).into(), agents });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{frames::Role, socket::handle::testing::handle};

    fn names(news: Vec<News>) -> Vec<(u64, Vec<String>)> {
        news.into_iter().map(|(socket, _, list)| (socket.id, list.into_iter().map(|(id, _)| id).collect())).collect()
    }

    fn heard(agent: &str, stop: bool) -> Signal {
        Signal { conversation: "c".into(), agent: agent.to_owned(), typing: !stop, stop, asks: false }
    }

    #[test]
    fn each_socket_is_told_once_and_only_when_it_may_read() {
        let (viewing, sato) = (Viewing::new(), handle(1, "sato", Role::Agent));
        viewing.begin(&sato, "c", 0);
        assert!(viewing.news(0, |_, _| false).is_empty());
        assert_eq!(names(viewing.news(0, |_, _| true)), [(1, vec!["sato".to_owned()])]);
        assert!(viewing.news(0, |_, _| true).is_empty());
        viewing.heard(&heard("abe", false), 1);
        let news = viewing.news(1, |_, _| true);
        assert_eq!(news[0].2, [("abe".to_owned(), true), ("sato".to_owned(), false)]);
        viewing.renew(1 + TYPING_MS);
        assert_eq!(viewing.news(1 + TYPING_MS, |_, _| true)[0].2[0], ("abe".to_owned(), false));
        viewing.heard(&heard("abe", true), 2);
        assert_eq!(names(viewing.news(2, |_, _| true)), [(1, vec!["sato".to_owned()])]);
    }

    #[test]
    fn a_dead_door_is_forgotten_and_a_living_one_says_so_again() {
        let (viewing, sato) = (Viewing::new(), handle(1, "sato", Role::Agent));
        let mut signals = viewing.signals();
        viewing.begin(&sato, "c", 0);
        assert!(signals.try_recv().unwrap().asks);
        viewing.heard(&heard("abe", false), 0);
        viewing.news(0, |_, _| true);
        viewing.renew(RENEW_MS);
        assert_eq!(signals.try_recv().unwrap().agent, "sato");
        assert!(signals.try_recv().is_err());
        viewing.renew(FORGET_MS);
        assert_eq!(names(viewing.news(FORGET_MS, |_, _| true)), [(1, vec!["sato".to_owned()])]);
        viewing.forget(&sato);
        assert!(signals.try_recv().is_ok_and(|signal| !signal.stop) && signals.try_recv().unwrap().stop);
        assert!(viewing.lock().is_empty());
    }
}
