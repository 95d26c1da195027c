//! All ways, counted.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use super::{Entry, Spread, Stage, Way};

/// Different paths that are counted; who goes another one is counted as elsewhere.
pub const MOST_PATHS: usize = 20_000;
/// Different entries that are counted.
pub const MOST_ENTRIES: usize = 2_000;

/// What became of those who reached a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageCount {
    /// Customers with a touchpoint of it.
    pub reached: u64,
    /// Customers after whose first one another stage followed.
    pub went_on: u64,
}

/// From one stage to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    /// From which.
    pub from: Stage,
    /// To which.
    pub to: Stage,
    /// How long it took, from the first touchpoint of the one to the first of the other.
    pub times: Spread,
}

/// Ways, counted. What it holds is bounded, whatever customers do.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    customers: u64,
    paths: HashMap<(Vec<String>, bool), u64>,
    stages: BTreeMap<Stage, StageCount>,
    crossings: BTreeMap<(Stage, Stage), Spread>,
    entries: BTreeMap<Entry, u64>,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Customers with a way.
    pub customers: u64,
    /// The most travelled paths, whether each is cut, and who went it.
    pub paths: Vec<((Vec<String>, bool), u64)>,
    /// Customers on no path that is told.
    pub elsewhere: u64,
    /// Stages that anybody reached.
    pub stages: BTreeMap<Stage, StageCount>,
    /// Steps from one stage to the next.
    pub crossings: Vec<Crossing>,
    /// How ways began, most first.
    pub entries: Vec<(Entry, u64)>,
}

impl Tally {
    /// Takes a customer's way in.
    pub fn add(&mut self, way: Way) {
        self.customers += 1;
        let mut reached = BTreeSet::new();
        for (at, step) in way.steps.iter().enumerate() {
            if reached.insert(step.stage) {
                let count = self.stages.entry(step.stage).or_default();
                count.reached += 1;
                // The next step, if there is one, is another stage.
                count.went_on += u64::from(at + 1 < way.steps.len());
            }
        }
        for pair in way.steps.windows(2) {
            if let [from, to] = pair {
                let took = to.from.saturating_sub(from.from);
                self.crossings.entry((from.stage, to.stage)).or_default().add(took);
            }
        }
        if self.entries.len() < MOST_ENTRIES || self.entries.contains_key(&way.entry) {
            *self.entries.entry(way.entry).or_default() += 1;
        }
        let path = (way.path, way.cut);
        if !path.0.is_empty() && (self.paths.len() < MOST_PATHS || self.paths.contains_key(&path)) {
            *self.paths.entry(path).or_default() += 1;
        }
    }

    /// What was counted, with so many paths and entries at most.
    #[must_use]
    pub fn report(self, most_paths: usize, most_entries: usize) -> Report {
        let mut paths: Vec<_> = self.paths.into_iter().collect();
        paths.sort_unstable_by(|one, other| (Reverse(one.1), &one.0).cmp(&(Reverse(other.1), &other.0)));
        paths.truncate(most_paths);
        let told: u64 = paths.iter().map(|(_, count)| *count).sum();
        let mut entries: Vec<_> = self.entries.into_iter().collect();
        // A stable sort: entries of the same count stay in their own order.
        entries.sort_by_key(|(_, count)| Reverse(*count));
        entries.truncate(most_entries);
        let crossings = self.crossings.into_iter().map(|((from, to), times)| Crossing { from, to, times });
        Report {
            customers: self.customers,
            paths,
            elsewhere: self.customers - told,
            stages: self.stages,
            crossings: crossings.collect(),
            entries,
        }
    }
}
