//! The trunks: what is known of each, and what its limits say.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use tokio_util::sync::CancellationToken;

use super::{
    acl::Network,
    admission::{Bucket, Limits},
    choice::{self, Candidate},
    config::Trunk,
    event::TrunkStatus,
    gate::lock,
    health::{Health, Probe},
};

/// All trunks; changed while running.
#[derive(Debug, Default)]
pub(super) struct Trunks(Mutex<BTreeMap<String, Line>>);

#[derive(Debug)]
struct Line {
    trunk: Arc<Trunk>,
    /// The host's own addresses, when its calls may come from nowhere else.
    addresses: Vec<IpAddr>,
    health: Health,
    registered: Option<bool>,
    bucket: Bucket,
    refused: u64,
    failed: u64,
    /// Ends its probes and its registration.
    stop: CancellationToken,
}

/// A trunk's limits. A burst of one second's calls: carriers hand over in bunches.
fn limits(trunk: &Trunk) -> Limits {
    Limits { calls_per_s: trunk.calls_per_s, burst: trunk.calls_per_s.max(1), at_once: trunk.channels }
}

impl Trunks {
    /// Takes a new list. Those whose settings stay the same go on untouched; says which are new or changed, with what
    /// ends their tasks.
    pub(super) fn set(
        &self,
        trunks: Vec<Trunk>,
        now_ms: u64,
        stop: &CancellationToken,
    ) -> Vec<(Arc<Trunk>, CancellationToken)> {
        let mut lines = lock(&self.0);
        let mut old = std::mem::take(&mut *lines);
        let mut begun = Vec::new();
        for trunk in trunks {
            let before = old.remove(&trunk.id);
            if let Some(line) = before.as_ref()
                && format!("{:?}", line.trunk) == format!("{trunk:?}")
                && same_secret(&line.trunk, &trunk)
            {
                lines.extend(before.map(|line| (trunk.id, line)));
                continue;
            }
            let trunk = Arc::new(trunk);
            let child = stop.child_token();
            begun.push((trunk.clone(), child.clone()));
            lines.insert(trunk.id.clone(), Line::new(trunk, before, now_ms, child));
        }
        for line in old.values() {
            line.stop.cancel();
        }
        begun
    }

    /// The trunk whose calls come from there.
    pub(super) fn by_source(&self, source: IpAddr) -> Option<String> {
        let source = source.to_canonical();
        lock(&self.0).values().find(|line| line.owns(source)).map(|line| line.trunk.id.clone())
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Trunk>> {
        lock(&self.0).get(id).map(|line| line.trunk.clone())
    }

    /// Whether the trunk's limits let a call begin; then it counts until [`Trunks::end`].
    pub(super) fn begin(&self, id: &str, now_ms: u64) -> bool {
        let mut lines = lock(&self.0);
        let Some(line) = lines.get_mut(id) else { return false };
        let room = line.bucket.begin(now_ms).is_ok();
        line.refused += u64::from(!room);
        room
    }

    /// Counts a call that was taken over.
    pub(super) fn join(&self, id: &str) {
        if let Some(line) = lock(&self.0).get_mut(id) {
            line.bucket.join();
        }
    }

    pub(super) fn end(&self, id: &str) {
        if let Some(line) = lock(&self.0).get_mut(id) {
            line.bucket.end();
        }
    }

    /// A trunk did not take a call.
    pub(super) fn failed(&self, id: &str) {
        if let Some(line) = lock(&self.0).get_mut(id) {
            line.failed += 1;
        }
    }

    /// In which order to try them.
    pub(super) fn order(&self, now_ms: u64, chance: impl FnMut(u32) -> u32) -> Vec<String> {
        let candidates = lock(&self.0).values_mut().map(|line| line.candidate(now_ms)).collect();
        choice::order(candidates, chance)
    }

    /// Takes a probe in.
    pub(super) fn probed(&self, id: &str, probe: Probe) {
        let changed = lock(&self.0).get_mut(id).and_then(|line| line.health.take(probe));
        match changed {
            Some(true) => tracing::info!(trunk = id, "the trunk is back"),
            Some(false) => tracing::warn!(trunk = id, ?probe, "the trunk does not answer: other trunks go first"),
            None => {}
        }
    }

    pub(super) fn registered(&self, id: &str, registered: bool) {
        if let Some(line) = lock(&self.0).get_mut(id) {
            line.registered = Some(registered);
        }
    }

    /// The host's addresses, as just looked up.
    pub(super) fn resolved(&self, id: &str, addresses: Vec<IpAddr>) {
        if let Some(line) = lock(&self.0).get_mut(id)
            && !addresses.is_empty()
        {
            line.addresses = addresses.iter().map(IpAddr::to_canonical).collect();
        }
    }

    pub(super) fn status(&self) -> Vec<TrunkStatus> {
        lock(&self.0).values().map(Line::status).collect()
    }
}

impl Line {
    fn new(trunk: Arc<Trunk>, before: Option<Self>, now_ms: u64, stop: CancellationToken) -> Self {
        let limits = limits(&trunk);
        let addresses = trunk.host.trim_matches(['[', ']']).parse::<IpAddr>().into_iter().map(|ip| ip.to_canonical());
        let registered = trunk.register_s.map(|_| false);
        let mut line = Self {
            addresses: addresses.collect(),
            health: Health::default(),
            registered,
            bucket: Bucket::new(limits, now_ms),
            refused: 0,
            failed: 0,
            stop,
            trunk,
        };
        if let Some(before) = before {
            before.stop.cancel();
            line.bucket = before.bucket;
            line.bucket.set(limits);
            (line.refused, line.failed) = (before.refused, before.failed);
        }
        line
    }

    fn owns(&self, source: IpAddr) -> bool {
        if self.trunk.sources.is_empty() {
            self.addresses.contains(&source)
        } else {
            self.trunk.sources.iter().any(|network: &Network| network.contains(source))
        }
    }

    fn candidate(&mut self, now_ms: u64) -> Candidate {
        Candidate {
            id: self.trunk.id.clone(),
            priority: self.trunk.priority,
            weight: self.trunk.weight,
            up: self.health.up() && self.registered != Some(false),
            room: self.bucket.has_room(now_ms),
        }
    }

    fn status(&self) -> TrunkStatus {
        TrunkStatus {
            id: self.trunk.id.clone(),
            up: self.health.up(),
            registered: self.registered,
            calls: self.bucket.there(),
            channels: self.trunk.channels,
            refused: self.refused,
            failed: self.failed,
        }
    }
}

/// `Debug` leaves secrets out, so that a changed one is looked at by itself.
fn same_secret(a: &Trunk, b: &Trunk) -> bool {
    let secret = |trunk: &Trunk| trunk.credential.as_ref().map(|credential| credential.secret.clone());
    secret(a) == secret(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trunks(list: Vec<Trunk>) -> Trunks {
        let trunks = Trunks::default();
        trunks.set(list, 0, &CancellationToken::new());
        trunks
    }

    #[test]
    fn calls_come_from_known_networks() {
        let mut wide = Trunk::new("wide", "carrier.example", 5060);
        wide.sources = vec!["203.0.113.0/24".parse().unwrap()];
        let trunks = trunks(vec![wide, Trunk::new("one", "198.51.100.1", 5060)]);
        let by = |address: &str| trunks.by_source(address.parse().unwrap());
        assert_eq!(by("203.0.113.9").as_deref(), Some("wide"));
        assert_eq!(by("198.51.100.1").as_deref(), Some("one"));
        assert_eq!(by("198.51.100.2"), None);
        trunks.resolved("one", vec!["198.51.100.2".parse().unwrap()]);
        assert_eq!(by("198.51.100.2").as_deref(), Some("one"));
    }

    #[test]
    fn channels_are_counted_and_survive_a_change() {
        let mut trunk = Trunk::new("a", "198.51.100.1", 5060);
        trunk.channels = 2;
        let trunks = trunks(vec![trunk.clone()]);
        assert!(trunks.begin("a", 0) && trunks.begin("a", 0));
        assert!(!trunks.begin("a", 0));
        assert!(trunks.order(0, |_| 0).is_empty());
        trunk.channels = 3;
        assert_eq!(trunks.set(vec![trunk.clone()], 0, &CancellationToken::new()).len(), 1);
        assert!(trunks.begin("a", 0));
        assert!(!trunks.begin("a", 0));
        trunks.end("a");
        assert!(trunks.begin("a", 0));
        assert_eq!(trunks.status()[0].calls, 3);
        assert_eq!(trunks.status()[0].refused, 2);
        assert!(trunks.set(vec![trunk], 0, &CancellationToken::new()).is_empty(), "nothing changed");
    }

    #[test]
    fn a_removed_trunk_ends_its_tasks() {
        let trunks = Trunks::default();
        let begun = trunks.set(vec![Trunk::new("a", "198.51.100.1", 5060)], 0, &CancellationToken::new());
        trunks.set(Vec::new(), 0, &CancellationToken::new());
        assert!(begun[0].1.is_cancelled());
        assert!(!trunks.begin("a", 0));
    }

    #[test]
    fn a_silent_trunk_goes_to_the_end() {
        let mut second = Trunk::new("b", "198.51.100.2", 5060);
        second.priority = 1;
        let trunks = trunks(vec![Trunk::new("a", "198.51.100.1", 5060), second]);
        assert_eq!(trunks.order(0, |_| 0), ["a", "b"]);
        for _ in 0..3 {
            trunks.probed("a", Probe::Silence);
        }
        assert_eq!(trunks.order(0, |_| 0), ["b", "a"]);
        assert!(!trunks.status()[0].up);
    }
}
