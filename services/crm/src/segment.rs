//! Segments, recency–frequency–money scores and lifetime value: what a customer's figures say. The pure core: no I/O, no clock.
//!
//! Nothing here is stored: the same figures at the same time give the same answer at every site, so a segment is current whenever it
//! is asked for.

mod figures;
mod rule;
mod value;

#[cfg(test)]
mod tests;

pub use figures::{Figure, Figures};
pub use rule::{Rule, RuleFault, Segment, standard};
pub use value::{Rfm, Thresholds, Value, rfm, value};

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;

/// A day, ms.
pub const DAY: Millis = 86_400_000;

/// Segments that the figures fall into, by id, in the rules' order.
#[must_use]
pub fn segments_of(rules: &[Segment], figures: &Figures, now: Millis) -> Vec<String> {
    rules.iter().filter(|segment| segment.rule.holds(figures, now)).map(|segment| segment.id.clone()).collect()
}
