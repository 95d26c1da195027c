//! Rows of orders into whole orders: pure. A state of an order replaces the one before, so one without some of its lines must not be stored.

use std::collections::{BTreeMap, BTreeSet};

use csv::StringRecord;
use serde_json::Value;

use super::{
    Fault,
    table::{Row, integer},
};

/// Which orders of a file are not whole.
#[derive(Debug, Default)]
pub(super) struct Whole {
    /// A row is wrong of which nobody knows whose it is.
    any: bool,
    /// Numbers of orders with a wrong row of which nobody knows which state's it is.
    numbers: BTreeSet<String>,
    /// States with a wrong row.
    states: BTreeSet<State>,
}

/// Number and version.
type State = (String, i64);

fn state(event: &Value) -> State {
    (event["number"].as_str().unwrap_or_default().to_owned(), event["version"].as_i64().unwrap_or_default())
}

impl Whole {
    /// This row is wrong.
    pub(super) fn lacks(&mut self, headers: &StringRecord, record: &StringRecord) {
        if record.iter().all(str::is_empty) {
            return;
        }
        let cell = |name: &str| {
            let at = headers.iter().position(|header| header == name)?;
            record.get(at).filter(|text| !text.is_empty())
        };
        // Of a row that has too much or too little, only what stands first is where it should be.
        let version = cell("version").filter(|_| record.len() == headers.len()).and_then(integer);
        match (cell("number"), version) {
            (None, _) => self.any = true,
            (Some(number), None) => drop(self.numbers.insert(number.to_owned())),
            (Some(number), Some(version)) => drop(self.states.insert((number.to_owned(), version))),
        }
    }

    /// A row is wrong, and nothing of it can be read.
    pub(super) fn lacks_any(&mut self) {
        self.any = true;
    }

    fn has(&self, state: &State) -> bool {
        !self.any && !self.numbers.contains(&state.0) && !self.states.contains(state)
    }

    /// Rows of one state: the first has the order, the others add their lines. What is not whole is told of at its first line.
    pub(super) fn orders(&self, rows: Vec<Row>) -> (Vec<Row>, Vec<Fault>) {
        let mut places: BTreeMap<(String, State), usize> = BTreeMap::new();
        let mut orders: Vec<Row> = Vec::new();
        for row in rows {
            let shop = row.event["shop"].as_str().unwrap_or_default().to_owned();
            let state = (shop, state(&row.event));
            match places.get(&state).and_then(|at| orders.get_mut(*at)) {
                Some(first) => {
                    let more = row.event["lines"].as_array().cloned().unwrap_or_default();
                    if let Some(lines) = first.event["lines"].as_array_mut() {
                        lines.extend(more);
                    }
                }
                None => {
                    places.insert(state, orders.len());
                    orders.push(row);
                }
            }
        }
        let (whole, lost): (Vec<Row>, Vec<Row>) = orders.into_iter().partition(|order| self.has(&state(&order.event)));
        let fault =
            |order: Row| Fault { line: order.line, column: String::new(), reason: "incomplete_order".to_owned() };
        (whole, lost.into_iter().map(fault).collect())
    }
}
