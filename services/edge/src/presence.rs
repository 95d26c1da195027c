//! Who is here: an agent whose last socket anywhere is gone for a while is set away.
//!
//! Every door tells the others over core NATS which agents have a socket there (`presence.<account>`). A door that knew of an
//! agent, has no socket of theirs and heard of none elsewhere for the grace sets them away. All surviving doors do so:
//! it is idempotent, and a site that died can no longer do it for its own. Pure; [`bus`] has the I/O.

pub(crate) mod bus;

use std::{collections::BTreeMap, sync::Arc};

/// What a door knows about the agents it heard of.
#[derive(Debug)]
pub(crate) struct Presence {
    ping_ms: u64,
    grace_ms: u64,
    agents: BTreeMap<Arc<str>, Agent>,
}

#[derive(Debug)]
struct Agent {
    /// Sockets at this door.
    here: usize,
    /// When one of their sockets was last known, here or elsewhere.
    seen_at: u64,
    /// When this door last said that they are here.
    pinged_at: Option<u64>,
}

/// What the caller is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Do {
    /// Tell the other doors that the agent is here.
    Ping(Arc<str>),
    /// Set the agent away if they are ready, then report with [`Presence::settled`].
    SetAway(Arc<str>),
}

impl Presence {
    pub(crate) fn new(ping_ms: u64, grace_ms: u64) -> Self {
        Self { ping_ms, grace_ms, agents: BTreeMap::new() }
    }

    /// A socket of theirs opened here. The others are to know at once.
    pub(crate) fn opened(&mut self, agent: &Arc<str>, now: u64) -> Do {
        let entry = self.agents.entry(agent.clone()).or_insert(Agent { here: 0, seen_at: now, pinged_at: None });
        entry.here += 1;
        entry.seen_at = entry.seen_at.max(now);
        entry.pinged_at = Some(now);
        Do::Ping(agent.clone())
    }

    /// A socket of theirs closed here.
    pub(crate) fn closed(&mut self, agent: &Arc<str>, now: u64) {
        if let Some(entry) = self.agents.get_mut(agent) {
            entry.here = entry.here.saturating_sub(1);
            entry.seen_at = entry.seen_at.max(now);
        }
    }

    /// Another door says that they are there.
    pub(crate) fn heard(&mut self, agent: &str, now: u64) {
        match self.agents.get_mut(agent) {
            Some(entry) => entry.seen_at = entry.seen_at.max(now),
            None => {
                self.agents.insert(agent.into(), Agent { here: 0, seen_at: now, pinged_at: None });
            }
        }
    }

    /// What is due. An agent to be set away is named at every tick until [`Presence::settled`].
    pub(crate) fn tick(&mut self, now: u64) -> Vec<Do> {
        let mut out = Vec::new();
        for (agent, entry) in &mut self.agents {
            if entry.here > 0 {
                entry.seen_at = entry.seen_at.max(now);
                if entry.pinged_at.is_none_or(|at| now.saturating_sub(at) >= self.ping_ms) {
                    entry.pinged_at = Some(now);
                    out.push(Do::Ping(agent.clone()));
                }
            } else if now.saturating_sub(entry.seen_at) >= self.grace_ms {
                out.push(Do::SetAway(agent.clone()));
            }
        }
        out
    }

    /// The agent was set away or needed not to be. Nothing more is done unless they were seen meanwhile.
    pub(crate) fn settled(&mut self, agent: &str, now: u64) {
        if self.agents.get(agent).is_some_and(|entry| !entry.is_seen(now, self.grace_ms)) {
            self.agents.remove(agent);
        }
    }
}

impl Agent {
    fn is_seen(&self, now: u64, grace_ms: u64) -> bool {
        self.here > 0 || now.saturating_sub(self.seen_at) < grace_ms
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sato() -> Arc<str> {
        "sato".into()
    }

    #[test]
    fn the_door_that_lost_the_last_socket_sets_away_after_the_grace() {
        let mut presence = Presence::new(5, 30);
        assert_eq!(presence.opened(&sato(), 0), Do::Ping(sato()));
        presence.opened(&sato(), 1);
        presence.closed(&sato(), 10);
        assert_eq!(presence.tick(11), [Do::Ping(sato())]);
        presence.closed(&sato(), 12);
        assert_eq!(presence.tick(41), []);
        assert_eq!(presence.tick(42), [Do::SetAway(sato())]);
        assert_eq!(presence.tick(43), [Do::SetAway(sato())]);
        presence.settled("sato", 43);
        assert_eq!(presence.tick(99), []);
    }

    #[test]
    fn a_socket_elsewhere_keeps_them() {
        let mut presence = Presence::new(5, 30);
        presence.opened(&sato(), 0);
        presence.closed(&sato(), 1);
        for now in (5..200).step_by(5) {
            presence.heard("sato", now);
            assert_eq!(presence.tick(now), []);
        }
    }

    #[test]
    fn a_survivor_acts_for_a_site_that_died() {
        let mut presence = Presence::new(5, 30);
        presence.heard("sato", 0);
        presence.heard("sato", 5);
        assert_eq!(presence.tick(34), []);
        assert_eq!(presence.tick(35), [Do::SetAway(sato())]);
    }

    #[test]
    fn who_comes_back_in_between_stays() {
        let mut presence = Presence::new(5, 30);
        presence.heard("sato", 0);
        assert_eq!(presence.tick(30), [Do::SetAway(sato())]);
        presence.heard("sato", 31);
        presence.settled("sato", 32);
        assert_eq!(presence.tick(32), []);
        assert_eq!(presence.tick(61), [Do::SetAway(sato())]);
    }

    proptest! {
        /// Two doors and a network that never fails: who has a socket at any of them is never set away.
        #[test]
        fn nobody_who_is_here_is_set_away(steps in proptest::collection::vec((0_u8..4, 0_u64..7), 1..200)) {
            let mut doors = [Presence::new(5, 30), Presence::new(5, 30)];
            let mut sockets = [0_usize; 2];
            let mut now = 0;
            for (what, pass) in steps {
                now += pass;
                let door = usize::from(what % 2);
                if what < 2 {
                    sockets[door] += 1;
                    doors[door].opened(&sato(), now);
                    doors[1 - door].heard("sato", now);
                } else if sockets[door] > 0 {
                    sockets[door] -= 1;
                    doors[door].closed(&sato(), now);
                }
                for door in 0..2 {
                    for action in doors[door].tick(now) {
                        match action {
                            Do::Ping(agent) => doors[1 - door].heard(&agent, now),
                            Do::SetAway(agent) => {
                                prop_assert_eq!(sockets, [0, 0]);
                                doors[door].settled(&agent, now);
                            }
                        }
                    }
                }
            }
            // Left alone, both doors act once and forget.
            for door in 0..2 {
                sockets[door] = 0;
                for _ in 0..200 {
                    doors[door].closed(&sato(), now);
                }
                if !doors[door].agents.is_empty() {
                    prop_assert_eq!(doors[door].tick(now + 30), [Do::SetAway(sato())]);
                    doors[door].settled("sato", now + 30);
                }
                prop_assert!(doors[door].agents.is_empty());
            }
        }
    }
}
