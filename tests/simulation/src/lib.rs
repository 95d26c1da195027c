//! Both cores under one virtual clock and one seed, with a simulated journal, network, sites and people.
//!
//! | module | what |
//! |---|---|
//! | [`world`] | the clock, the agenda, who hears what; [`simulate`] |
//! | [`journal`] | compare-and-set, deduplication, quorum: what JetStream promises, and no more |
//! | [`wire`] | what is sent between people, sites and the journal |
//! | [`chat`], [`floor`] | the shells of the two services, as thin as they can be around the real cores |
//! | [`site`] | both shells of a site, the sagas between them, and its restart |
//! | [`people`] | customers and agents, who send again what has no answer |
//! | [`faults`] | what goes wrong and when |
//! | [`day`] | a day on the floor alone: shifts, arrivals, rules, expected wait |
//! | [`invariants`] | what must hold, as plain functions |
//!
//! `SEED=7 cargo test -p simulation` runs one seed again; `SEEDS=5000` runs more than the usual number.

pub mod chat;
pub mod day;
pub mod faults;
pub mod floor;
pub mod invariants;
pub mod journal;
pub mod people;
pub mod site;
pub mod wire;
pub mod world;

pub use world::{Report, simulate};

/// Milliseconds of virtual time.
pub type Millis = u64;

/// A site, by its place in the list.
pub type SiteId = usize;
/// Sites in the simulation.
pub const SITES: usize = 2;
