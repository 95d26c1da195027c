//! What goes wrong, and when: made from the seed before anything runs.

use rand::{Rng as _, rngs::StdRng};

use crate::{Millis, SITES, SiteId};

/// Something goes wrong, or is right again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A site's services and servers die.
    Kill(SiteId),
    /// They start again and know nothing.
    Start(SiteId),
    /// A site hears nobody but its own people.
    Cut(SiteId),
    /// It hears everybody again.
    Join(SiteId),
    /// A site's services stand still, its servers do not.
    Freeze(SiteId),
    /// They go on as if nothing had happened.
    Thaw(SiteId),
    /// The witness, where the leaders live, dies.
    LoseWitness,
    /// It is back.
    RegainWitness,
    /// A site's wall clock jumps by so many ms.
    Jump(SiteId, i64),
}

/// Faults of a run, in order of time. All is healed by `until`.
pub fn schedule(random: &mut StdRng, until: Millis) -> Vec<(Millis, Fault)> {
    let mut faults = Vec::new();
    let mut at = random.random_range(2_000..8_000);
    while at + 12_000 < until {
        let length = random.random_range(500..9_000);
        let site = random.random_range(0..SITES);
        let (begin, end) = match random.random_range(0..9) {
            0 | 1 => (Fault::Kill(site), Some(Fault::Start(site))),
            2 | 3 => (Fault::Cut(site), Some(Fault::Join(site))),
            4 | 5 => (Fault::Freeze(site), Some(Fault::Thaw(site))),
            6 => (Fault::LoseWitness, Some(Fault::RegainWitness)),
            _ => (Fault::Jump(site, random.random_range(-20_000..20_000)), None),
        };
        faults.push((at, begin));
        faults.extend(end.map(|end| (at + length, end)));
        // Now and then the next one comes before this one is over: quorum may be lost.
        at += random.random_range(300..9_000);
    }
    faults.extend(
        (0..SITES)
            .flat_map(|site| [Fault::Start(site), Fault::Join(site), Fault::Thaw(site)].map(|heal| (until, heal))),
    );
    faults.push((until, Fault::RegainWitness));
    faults.sort_by_key(|(at, _)| *at);
    faults
}
