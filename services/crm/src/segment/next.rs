//! What to propose next.

use super::{DAY, Figures, Millis};

/// Something that agents propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// Segment of those whom it is for; empty: everybody.
    pub segment: String,
    /// Not again for this many days after an answer.
    pub rest_days: u32,
    /// Not from then on; 0: no end.
    pub until: Millis,
}

/// Those that fit a customer of these segments now, in the settings' order: meant for them, not over, and not answered lately.
pub fn proposed<'a>(
    offers: impl IntoIterator<Item = &'a Proposal>,
    segments: &[String],
    figures: &Figures,
    now: Millis,
) -> Vec<&'a str> {
    let rests = |offer: &Proposal| {
        let answered = figures.answered.get(&offer.id);
        answered.is_some_and(|at| now < at.saturating_add(u64::from(offer.rest_days) * DAY))
    };
    let fits = |offer: &&Proposal| {
        (offer.segment.is_empty() || segments.contains(&offer.segment))
            && (offer.until == 0 || now < offer.until)
            && !rests(offer)
    };
    offers.into_iter().filter(fits).map(|offer| offer.id.as_str()).collect()
}
