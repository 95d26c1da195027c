//! What rules look at.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{DAY, Millis};

/// A touchpoint as far as figures look at it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// When.
    pub at: Millis,
    /// What.
    pub kind: String,
    /// What of it: `cancelled`, `refunded`; an offer's answer.
    pub reason: String,
    /// The order that it hangs on.
    pub reference: String,
    /// Where it came from; an offer's id.
    pub route: String,
    /// Its worth, smallest currency unit.
    pub amount: i64,
    /// -2 to 2; 0: nothing is known.
    pub mood: i32,
}

/// A customer in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// When each order was placed, and what it was worth after returns, in the smallest currency unit; in any order.
    pub orders: Vec<(Millis, i64)>,
    /// When each touchpoint of the last 90 days was, and its kind; in any order.
    pub touches: Vec<(Millis, String)>,
    /// Moods of the touchpoints of the last 90 days that had one, with their times.
    pub moods: Vec<(Millis, i32)>,
    /// Offers that were answered, with the time of the last answer.
    pub answered: BTreeMap<String, Millis>,
    /// When anything was first heard of them; 0: never.
    pub first_at: Millis,
    /// Cases that are not solved.
    pub open_cases: u32,
    /// Words of the profile: `tier`, `stage`, `language`, `kind`, `gender`, …
    pub words: BTreeMap<String, String>,
    /// Purposes that they allow.
    pub consents: BTreeSet<String>,
}

/// A figure that a rule compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Orders ever.
    Orders,
    /// Orders in the last 365 days.
    Orders365,
    /// Money ever, smallest currency unit.
    Spent,
    /// Money in the last 365 days.
    Spent365,
    /// Days since the last order; a customer without an order has no such figure.
    DaysSinceOrder,
    /// Days since the first thing that was heard of them.
    DaysKnown,
    /// Touchpoints in the last 90 days.
    Touches90,
    /// Touchpoints of stage "contact" (calls, chats, mails, forms, returns) in the last 90 days.
    Contacts90,
    /// Sum of moods in the last 90 days.
    Mood90,
    /// Cases that are not solved.
    OpenCases,
    /// As [`super::value`], expected over the next 365 days.
    ExpectedValue,
    /// As [`super::value`], 0 to 100.
    ChurnPercent,
}

/// Kinds of touchpoints in which a customer asked for something.
const CONTACTS: [&str; 8] = ["call", "chat", "mail", "form", "return", "sns", "fax", "letter"];

impl Figures {
    /// What a history says, whatever order it comes in. A cancelled order counts for nothing, a return lessens the order that it hangs on.
    #[must_use]
    pub fn of(history: &[Touched]) -> Self {
        let mut figures = Self::default();
        let is = |it: &Touched, reason: &str| it.kind == "order" && it.reason == reason;
        let cancelled: BTreeSet<&str> =
            history.iter().filter(|it| is(it, "cancelled")).map(|it| it.reference.as_str()).collect();
        let mut returned: BTreeMap<&str, i64> = BTreeMap::new();
        for back in history.iter().filter(|it| it.kind == "return") {
            let sum = returned.entry(back.reference.as_str()).or_default();
            *sum = sum.saturating_add(back.amount.min(0));
        }
        for it in history {
            match it.kind.as_str() {
                "order" | "purchase" if it.reason == "cancelled" => {}
                "order" | "purchase" => {
                    let known = !it.reference.is_empty();
                    if !(known && cancelled.contains(it.reference.as_str())) {
                        // What one order takes back is taken once, though it be told of twice.
                        let back = if known { returned.remove(it.reference.as_str()).unwrap_or(0) } else { 0 };
                        figures.orders.push((it.at, it.amount.saturating_add(back)));
                    }
                }
                "offer" => {
                    let last = figures.answered.entry(it.route.clone()).or_default();
                    *last = (*last).max(it.at);
                }
                _ => {}
            }
            figures.touches.push((it.at, it.kind.clone()));
            if it.mood != 0 {
                figures.moods.push((it.at, it.mood));
            }
        }
        figures
    }

    /// A figure at a time; none: this customer has no such figure.
    #[must_use]
    pub fn get(&self, figure: Figure, now: Millis) -> Option<i64> {
        let since = |days: u64| now.saturating_sub(days * DAY);
        let count = |n: usize| Some(i64::try_from(n).unwrap_or(i64::MAX));
        let recent = || self.touches.iter().filter(move |(at, _)| *at > since(90) && *at <= now);
        match figure {
            Figure::Orders => count(self.orders.len()),
            Figure::Orders365 => count(self.orders.iter().filter(|(at, _)| *at > since(365)).count()),
            Figure::Spent => Some(self.spent(0)),
            Figure::Spent365 => Some(self.spent(since(365))),
            Figure::DaysSinceOrder => {
                let last = self.orders.iter().map(|(at, _)| *at).max()?;
                Some((now.saturating_sub(last) / DAY).cast_signed())
            }
            Figure::DaysKnown => (self.first_at > 0).then(|| (now.saturating_sub(self.first_at) / DAY).cast_signed()),
            Figure::Touches90 => count(recent().count()),
            Figure::Contacts90 => count(recent().filter(|(_, kind)| CONTACTS.contains(&kind.as_str())).count()),
            Figure::Mood90 => {
                let recent = self.moods.iter().filter(|(at, _)| *at > since(90) && *at <= now);
                Some(recent.map(|(_, mood)| i64::from(*mood)).sum())
            }
            Figure::OpenCases => Some(i64::from(self.open_cases)),
            Figure::ExpectedValue => Some(super::value(self, now).expected),
            Figure::ChurnPercent => super::value(self, now).churn_percent.map(i64::from),
        }
    }

    /// Worth of the orders after a time.
    pub(super) fn spent(&self, after: Millis) -> i64 {
        let worth = self.orders.iter().filter(|(at, _)| *at > after).map(|(_, worth)| *worth);
        worth.fold(0, i64::saturating_add)
    }
}
