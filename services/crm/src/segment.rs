//! Segments, recency–frequency–money scores, lifetime value and the next offer: what a customer's history says.
//!
//! | part | what |
//! |---|---|
//! | [`Figures`] | a customer in figures; pure |
//! | [`Rule`] | who belongs to a segment, as data; pure |
//! | [`rfm`], [`value`] | scores and worth; pure |
//! | `next` | what to propose next; pure |
//! | `settings` | what a supervisor wrote, checked |
//! | `view` | the settings and histories in this site's database: all SQL |
//! | `known` | customers with their figures, segments and offers |
//! | `members` | who belongs to a segment, and who of them may be called |
//! | `trend` | how many belong to each, day by day |
//! | `door` | requests in, answers out |
//!
//! Nothing but the daily counts is stored, and nothing with a customer: the same history at the same time gives the same answer at every site, so a segment is current whenever it
//! is asked for.

mod door;
mod figures;
mod known;
mod members;
mod next;
mod rule;
mod settings;
mod trend;
mod value;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use door::Door;
pub use figures::{Figure, Figures, Touched};
pub(crate) use known::Knower;
pub(crate) use members::members;
pub use rule::{Rule, RuleFault, Segment, standard};
pub(crate) use trend::{apply as apply_days, keep as keep_days};
pub use value::{Rfm, Thresholds, Value, rfm, value};
pub(crate) use view::{apply, page};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;

/// A day, ms.
pub const DAY: Millis = 86_400_000;

/// Segments that the figures fall into, by id, in the rules' order.
#[must_use]
pub fn segments_of(rules: &[Segment], figures: &Figures, now: Millis) -> Vec<String> {
    rules.iter().filter(|segment| segment.rule.holds(figures, now)).map(|segment| segment.id.clone()).collect()
}
