//! Many events, each stored or told why not.

use chassis::refusal::Refusal;
use journal::Journal;
use proto::crm::v1 as pb;

use super::read::{self, Read};
use crate::{
    convert::{check, is_reporter},
    error::invalid,
    order::{
        check::{Fault, fault},
        report::Orders,
    },
    secret::Hasher,
    service::{Reporter, now_ms},
    stock,
};

/// Events in one request.
pub(crate) const MOST: usize = 500;
/// Facts in one report.
const FACTS: usize = 500;

/// Stores events of every type.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) journal: Journal,
    pub(crate) hasher: Hasher,
    pub(crate) reporter: Reporter,
    pub(crate) orders: Orders,
}

/// What became of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The order or the record; empty: refused, or stock.
    pub(crate) id: String,
    /// Why it can never be stored; empty: it is.
    pub(crate) reason: String,
    /// The field; empty: the whole.
    pub(crate) field: String,
}

impl Outcome {
    fn stored(id: String) -> Self {
        Self { id, ..Self::default() }
    }

    fn refused(reason: &str, field: &str) -> Self {
        Self { reason: reason.to_owned(), field: field.to_owned(), id: String::new() }
    }
}

impl From<Fault> for Outcome {
    fn from(Fault { reason, field }: Fault) -> Self {
        Self::refused(reason, field)
    }
}

/// Events by type, each with its place.
#[derive(Default)]
struct Sorted {
    orders: (Vec<usize>, Vec<pb::OrderReport>),
    stock: (Vec<usize>, Vec<pb::StockLevel>),
    facts: (Vec<usize>, Vec<pb::Fact>),
}

impl Store {
    /// Stores what can be stored, or only looks whether it could be. A reporter is trusted for all shops.
    ///
    /// # Errors
    /// When the request as a whole is malformed, or the journal did not confirm: then some may be stored, and the same may be sent again.
    pub(crate) async fn events(
        &self,
        source: &str,
        by: &str,
        events: &[String],
        check_only: bool,
    ) -> Result<Vec<Outcome>, Refusal> {
        let read = events.iter().map(|event| read::event(event)).collect();
        self.take(source, by, read, check_only).await
    }

    /// Stores what a shop tells by itself: of orders and stock its own only.
    ///
    /// # Errors
    /// As [`Self::events`].
    pub(crate) async fn of_shop(&self, shop: &str, events: &[String]) -> Result<Vec<Outcome>, Refusal> {
        let own = |read: Read| {
            let its = read.shop().is_none_or(|named| named == shop);
            if its { Ok(read) } else { Err(fault("bad_shop", "shop")) }
        };
        let read = events.iter().map(|event| read::event(event).and_then(own)).collect();
        self.take(&format!("ec.{shop}"), "", read, false).await
    }

    async fn take(
        &self,
        source: &str,
        by: &str,
        events: Vec<Result<Read, Fault>>,
        check_only: bool,
    ) -> Result<Vec<Outcome>, Refusal> {
        if events.len() > MOST {
            return Err(invalid("too_many", "a request holds at most 500 events"));
        }
        if !is_reporter(source) {
            return Err(invalid("bad_source", "a source is 1 to 64 of [a-z0-9._-], and not the center itself"));
        }
        let mut outcomes = vec![Outcome::default(); events.len()];
        let mut sorted = Sorted::default();
        for (at, event) in events.into_iter().enumerate() {
            match event {
                Ok(read) if check_only => outcomes[at] = self.look(read),
                Ok(read) => sorted.take(at, read),
                Err(fault) => outcomes[at] = fault.into(),
            }
        }
        self.facts(source, by, sorted.facts, &mut outcomes).await?;
        let (places, orders) = sorted.orders;
        for (at, outcome) in places.into_iter().zip(self.orders.report(source, orders).await?) {
            outcomes[at] = outcome.map_or_else(Outcome::from, |stored| Outcome::stored(stored.order_id));
        }
        let (places, levels) = sorted.stock;
        for (at, outcome) in places.into_iter().zip(stock::report::report(&self.journal, source, levels).await?) {
            outcomes[at] = outcome.map_or_else(Outcome::from, |()| Outcome::default());
        }
        Ok(outcomes)
    }

    /// The facts of one event are stored together with the others'; the first that is refused speaks for its event.
    async fn facts(
        &self,
        source: &str,
        by: &str,
        (places, facts): (Vec<usize>, Vec<pb::Fact>),
        outcomes: &mut [Outcome],
    ) -> Result<(), Refusal> {
        for (places, facts) in places.chunks(FACTS).zip(facts.chunks(FACTS)) {
            let request = pb::ReportRequest { source: source.to_owned(), by: by.to_owned(), facts: facts.to_vec() };
            let told = self.reporter.report(request).await?.outcomes;
            for (at, outcome) in places.iter().zip(told) {
                let refused = !outcome.refused.is_empty();
                if refused && outcomes[*at].reason.is_empty() {
                    outcomes[*at] = Outcome::refused(&outcome.refused, "");
                } else if !refused && outcomes[*at].reason.is_empty() {
                    outcomes[*at].id = outcome.record_id;
                }
            }
        }
        Ok(())
    }

    /// Whether an event could be stored.
    fn look(&self, read: Read) -> Outcome {
        let fault = match read {
            Read::Order(report) => self.orders.check(&report).err().map(Outcome::from),
            Read::Stock(level) => stock::level::check(&level, now_ms()).err().map(Outcome::from),
            Read::Facts(facts) => {
                let refused = |fact| check(fact, &self.hasher, now_ms()).err();
                facts.into_iter().find_map(refused).map(|reason| Outcome::refused(reason, ""))
            }
        };
        fault.unwrap_or_default()
    }
}

impl Sorted {
    fn take(&mut self, at: usize, read: Read) {
        match read {
            Read::Order(report) => {
                self.orders.0.push(at);
                self.orders.1.push(*report);
            }
            Read::Stock(level) => {
                self.stock.0.push(at);
                self.stock.1.push(level);
            }
            Read::Facts(facts) => {
                self.facts.0.extend(facts.iter().map(|_| at));
                self.facts.1.extend(facts);
            }
        }
    }
}
